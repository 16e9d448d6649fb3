//! What a group gets over: members that fall silent, brokers that stop, topics that go.

use bytes::Bytes;
use bytestring::ByteString;
use kaffa::protocol::ErrorCode;
use kaffa::protocol::frame::decode_response;
use kaffa::protocol::messages::*;

use crate::support::embedded::EmbeddedBroker;
use crate::support::wire::Wire;

const GROUP: &str = "readers";

/// A member of group `readers`, on a connection of its own.
struct Member {
    wire: Wire,
    id: ByteString,
    generation: i32,
    session_timeout_ms: i32,
}

impl Member {
    /// Connects and gets an id; joins no generation yet.
    fn new(broker: &EmbeddedBroker) -> Self {
        let mut wire = Wire::connect(&broker.address());
        let id = wire.call(&join(""), 9).unwrap().member_id;
        Self {
            wire,
            id,
            generation: -1,
            session_timeout_ms: 60_000,
        }
    }

    fn request(&self) -> JoinGroupRequest {
        JoinGroupRequest {
            session_timeout_ms: self.session_timeout_ms,
            ..join(&self.id)
        }
    }

    fn join(&mut self) -> JoinGroupResponse {
        let joined = self.wire.call(&self.request(), 9).unwrap();
        self.generation = joined.generation_id;
        joined
    }

    /// Asks to join without waiting for the answer.
    fn begin_to_join(&mut self) {
        self.wire.send(&self.request(), 9).unwrap();
    }

    /// Waits for the answer.
    fn finish_joining(&mut self) -> JoinGroupResponse {
        let frame = self.wire.frame().unwrap();
        let (_, joined) = decode_response::<JoinGroupRequest>(frame, 9).unwrap();
        self.generation = joined.generation_id;
        joined
    }

    /// As the leader, gives every member its own id for an assignment; else gets its own.
    fn sync(&mut self, everyone: &[JoinGroupResponseMember]) -> Bytes {
        let assign = |member: &JoinGroupResponseMember| SyncGroupRequestAssignment {
            member_id: member.member_id.clone(),
            assignment: member.member_id.as_bytes().clone(),
        };
        let request = SyncGroupRequest {
            group_id: GROUP.into(),
            generation_id: self.generation,
            member_id: self.id.clone(),
            assignments: everyone.iter().map(assign).collect(),
            ..Default::default()
        };
        let synced = self.wire.call(&request, 4).unwrap();
        assert_eq!(synced.error_code, 0);
        synced.assignment
    }

    fn heartbeat(&mut self) -> ErrorCode {
        let request = HeartbeatRequest {
            group_id: GROUP.into(),
            generation_id: self.generation,
            member_id: self.id.clone(),
            ..Default::default()
        };
        self.wire.call(&request, 4).unwrap().error_code.into()
    }

    fn commit(&mut self, offset: i64) -> ErrorCode {
        let partition = OffsetCommitRequestPartition {
            committed_offset: offset,
            ..Default::default()
        };
        let topic = OffsetCommitRequestTopic {
            name: "t".into(),
            partitions: vec![partition],
            ..Default::default()
        };
        let request = OffsetCommitRequest {
            group_id: GROUP.into(),
            generation_id_or_member_epoch: self.generation,
            member_id: self.id.clone(),
            topics: vec![topic],
            ..Default::default()
        };
        let committed = self.wire.call(&request, 9).unwrap();
        committed.topics[0].partitions[0].error_code.into()
    }

    /// Connects to the broker anew, as after a restart.
    fn reconnect(&mut self, broker: &EmbeddedBroker) {
        self.wire = Wire::connect(&broker.address());
        wait_until_loaded(&mut self.wire);
    }
}

fn join(member: &str) -> JoinGroupRequest {
    let protocol = JoinGroupRequestProtocol {
        name: "range".into(),
        metadata: Bytes::from_static(b"\0\0\0\0\0\x01\0\x01t\xff\xff\xff\xff"),
    };
    JoinGroupRequest {
        group_id: GROUP.into(),
        session_timeout_ms: 60_000,
        rebalance_timeout_ms: 30_000,
        member_id: member.into(),
        protocol_type: "consumer".into(),
        protocols: vec![protocol],
        ..Default::default()
    }
}

/// A broker with topic `t`, where sessions may be short.
fn broker() -> EmbeddedBroker {
    let broker = EmbeddedBroker::start(&[
        ("group.min.session.timeout.ms", "100"),
        ("offsets.topic.num.partitions", "3"),
    ]);
    let mut wire = Wire::connect(&broker.address());
    let topic = CreateTopicsRequestTopic {
        name: "t".into(),
        num_partitions: 1,
        replication_factor: 1,
        ..Default::default()
    };
    let request = CreateTopicsRequest {
        topics: vec![topic],
        ..Default::default()
    };
    assert_eq!(wire.call(&request, 7).unwrap().topics[0].error_code, 0);
    let request = FindCoordinatorRequest {
        coordinator_keys: vec![GROUP.into()],
        ..Default::default()
    };
    assert_eq!(
        wire.call(&request, 4).unwrap().coordinators[0].error_code,
        0
    );
    wait_until_loaded(&mut wire);
    broker
}

fn wait_until_loaded(wire: &mut Wire) {
    while fetch(wire).error_code == ErrorCode::CoordinatorLoadInProgress.code() {}
}

fn fetch(wire: &mut Wire) -> OffsetFetchResponseGroup {
    let topic = OffsetFetchRequestGroupTopic {
        name: "t".into(),
        partition_indexes: vec![0],
        ..Default::default()
    };
    let group = OffsetFetchRequestGroup {
        group_id: GROUP.into(),
        topics: Some(vec![topic]),
        ..Default::default()
    };
    let request = OffsetFetchRequest {
        groups: vec![group],
        ..Default::default()
    };
    wire.call(&request, 8).unwrap().groups.remove(0)
}

fn committed(broker: &EmbeddedBroker) -> i64 {
    let mut wire = Wire::connect(&broker.address());
    wait_until_loaded(&mut wire);
    fetch(&mut wire).topics[0].partitions[0].committed_offset
}

/// A stable group of one.
fn stable(broker: &EmbeddedBroker) -> Member {
    let mut member = Member::new(broker);
    let joined = member.join();
    let assignment = member.sync(&joined.members);
    assert_eq!(assignment, *member.id.as_bytes());
    member
}

#[test]
fn members_share_what_there_is_and_take_over_from_one_that_falls_silent() {
    let broker = broker();
    let mut first = stable(&broker);
    let mut second = Member::new(&broker);
    second.session_timeout_ms = 3000;
    second.begin_to_join();
    while first.heartbeat() == ErrorCode::None {}
    let joined = first.join();
    assert_eq!((joined.generation_id, joined.members.len()), (2, 2));
    second.finish_joining();
    first.sync(&joined.members);
    let assignment = second.sync(&[]);
    assert_eq!(assignment, *second.id.as_bytes());

    // The second says nothing any more; the first goes on until it is called upon to join.
    while first.heartbeat() == ErrorCode::None {}
    let joined = first.join();
    assert_eq!((joined.generation_id, joined.members.len()), (3, 1));
    assert_eq!(second.heartbeat(), ErrorCode::UnknownMemberId);
}

#[test]
fn members_go_on_as_if_nothing_had_happened_when_the_broker_restarts() {
    let broker = broker();
    let mut member = stable(&broker);
    assert_eq!(member.commit(42), ErrorCode::None);
    let broker = broker.restart();
    member.reconnect(&broker);
    assert_eq!(member.heartbeat(), ErrorCode::None);
    assert_eq!(member.commit(43), ErrorCode::None);
    assert_eq!(member.sync(&[]), *member.id.as_bytes());
    assert_eq!(committed(&broker), 43);
}

#[test]
fn what_was_committed_survives_a_crash() {
    let broker = broker();
    let mut member = stable(&broker);
    for offset in 1..=100 {
        assert_eq!(member.commit(offset), ErrorCode::None);
    }
    let broker = broker.crash();
    assert_eq!(committed(&broker), 100);
    member.reconnect(&broker);
    assert_eq!(member.heartbeat(), ErrorCode::None);
}

#[test]
fn offsets_go_with_their_topic() {
    let broker = broker();
    let mut member = stable(&broker);
    assert_eq!(member.commit(42), ErrorCode::None);
    let request = DeleteTopicsRequest {
        topic_names: vec!["t".into()],
        ..Default::default()
    };
    let deleted = member.wire.call(&request, 5).unwrap();
    assert_eq!(deleted.responses[0].error_code, 0);
    assert_eq!(committed(&broker), -1);
    assert_eq!(member.commit(43), ErrorCode::UnknownTopicOrPartition);
}
