//! Odd sequences of group requests, and what a broker says to them.

mod admin;
mod joining;
mod offsets;
mod requests;
mod static_members;
mod transcript;

use bytestring::ByteString;
use kaffa::protocol::Uuid;
use kaffa::protocol::messages::*;

use crate::support::wire::Wire;
use transcript::Transcript;

/// How often to look whether a broker is ready.
const PROBES_MAX: usize = 20_000;

/// Asks a broker that has no groups yet a lot of odd things; returns all answers.
pub(super) fn transcript(address: &str) -> String {
    let mut t = Transcript::new(address);
    let topic_id = create_topic(&mut t.main, "t");
    wait_for_coordinators(&mut t.main);
    t.name(&topic_id.to_string(), "TOPIC-ID");
    t.name(address.rsplit_once(':').unwrap().1, "PORT");
    joining::unknown_groups(&mut t);
    joining::pending_members(&mut t);
    let leader = joining::a_generation_of_one(&mut t);
    joining::a_generation_of_two(&mut t, &leader);
    joining::an_empty_group(&mut t, &leader);
    static_members::replacement(&mut t);
    offsets::simple_groups(&mut t);
    offsets::by_id(&mut t, topic_id);
    offsets::limits(&mut t);
    offsets::fetched(&mut t);
    offsets::fetched_by_several(&mut t, topic_id);
    admin::a_live_group(&mut t);
    admin::deleted_offsets(&mut t);
    admin::lists(&mut t);
    admin::deleted_groups(&mut t);
    admin::coordinators(&mut t);
    t.text
}

/// Creates a topic with two partitions; returns its id.
fn create_topic(wire: &mut Wire, name: &str) -> Uuid {
    let topic = CreateTopicsRequestTopic {
        name: name.into(),
        num_partitions: 2,
        replication_factor: 1,
        ..Default::default()
    };
    let request = CreateTopicsRequest {
        topics: vec![topic],
        timeout_ms: 10_000,
        ..Default::default()
    };
    let id = wire.call(&request, 7).unwrap().topics[0].topic_id;
    let topic = MetadataRequestTopic {
        name: Some(name.into()),
        ..Default::default()
    };
    let request = MetadataRequest {
        topics: Some(vec![topic]),
        ..Default::default()
    };
    eventually(|| wire.call(&request, 9).unwrap().topics[0].error_code == 0);
    id
}

/// Waits until all coordinators are there: there are fewer partitions of `__consumer_offsets` than groups asked for.
fn wait_for_coordinators(wire: &mut Wire) {
    let groups: Vec<ByteString> = (0..500).map(|number| format!("g{number}").into()).collect();
    let find = FindCoordinatorRequest {
        coordinator_keys: groups.clone(),
        ..Default::default()
    };
    let describe = DescribeGroupsRequest {
        groups,
        ..Default::default()
    };
    eventually(|| {
        let found = wire.call(&find, 4).unwrap().coordinators;
        let groups = wire.call(&describe, 5).unwrap().groups;
        found.iter().all(|found| found.error_code == 0)
            && groups.iter().all(|group| group.error_code == 0)
    });
}

fn eventually(mut holds: impl FnMut() -> bool) {
    assert!(
        (0..PROBES_MAX).any(|_| holds()),
        "the broker takes too long"
    );
}
