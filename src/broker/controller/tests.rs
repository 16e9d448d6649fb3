use super::*;
use crate::broker::metadata::{Draft, Topic};
use crate::protocol::Uuid;
use crate::protocol::config::{Check, Kind};
use crate::protocol::messages::{
    CreateTopicsRequest, CreateTopicsRequestTopic, PartitionChangeRecord, RegisterBrokerRecord,
};

/// A broker of a test's cluster.
#[derive(Clone, Copy)]
pub(super) struct Broker {
    pub(super) id: i32,
    pub(super) rack: Option<&'static str>,
    pub(super) fenced: bool,
}

pub(super) fn applied(image: &Image, records: &[MetadataRecord]) -> Image {
    let mut draft = Draft::new(image);
    for (offset, record) in (image.offset + 1..).zip(records) {
        draft.apply(offset, record).unwrap();
    }
    draft.finish().0
}

pub(super) fn cluster(brokers: &[Broker]) -> Image {
    let record = |broker: &Broker| {
        MetadataRecord::from(RegisterBrokerRecord {
            broker_id: broker.id,
            rack: broker.rack.map(Into::into),
            fenced: broker.fenced,
            log_dirs: vec![Uuid::from_bytes([9; 16])],
            ..RegisterBrokerRecord::default()
        })
    };
    let records: Vec<_> = features::new_cluster()
        .into_iter()
        .chain(brokers.iter().map(record))
        .collect();
    applied(&Image::empty("cluster"), &records)
}

pub(super) fn single() -> Image {
    cluster(&[Broker {
        id: 1,
        rack: None,
        fenced: false,
    }])
}

const BROKER_KEYS: [Key; 8] = [
    Key {
        name: "log.cleanup.policy",
        kind: Kind::List,
        default: Some("delete"),
        check: Check::EachOf(&["compact", "delete"]),
    },
    Key {
        name: "log.retention.hours",
        kind: Kind::Int,
        default: Some("168"),
        check: Check::Any,
    },
    Key {
        name: "log.retention.minutes",
        kind: Kind::Int,
        default: None,
        check: Check::Any,
    },
    Key {
        name: "log.retention.ms",
        kind: Kind::Long,
        default: None,
        check: Check::Any,
    },
    Key {
        name: "log.segment.bytes",
        kind: Kind::Int,
        default: Some("1073741824"),
        check: Check::AtLeast(1_048_576),
    },
    Key {
        name: "min.insync.replicas",
        kind: Kind::Int,
        default: Some("1"),
        check: Check::AtLeast(1),
    },
    Key {
        name: "num.partitions",
        kind: Kind::Int,
        default: Some("1"),
        check: Check::AtLeast(1),
    },
    Key {
        name: "ssl.key.password",
        kind: Kind::Password,
        default: None,
        check: Check::Any,
    },
];

pub(super) fn rules() -> Rules {
    let broker_key = |key: &'static Key| {
        let is_dynamic = ![
            "num.partitions",
            "log.retention.hours",
            "log.retention.minutes",
        ]
        .contains(&key.name);
        (key.name, BrokerKey { key, is_dynamic })
    };
    Rules {
        node_id: 1,
        num_partitions: 1,
        default_replication_factor: 1,
        delete_topic_enable: true,
        broker_keys: BROKER_KEYS.iter().map(broker_key).collect(),
        fixed: BTreeMap::new(),
    }
}

/// Bits that look random and are the same every time.
pub(super) fn chance() -> impl FnMut() -> u128 + Send {
    let mut state: u128 = 1;
    move || {
        state = state
            .wrapping_mul(0x2360_ed05_1fc6_5da4_4385_df64_9fcc_f645)
            .wrapping_add(1);
        state ^ (state >> 64)
    }
}

/// A cluster of one broker with these topics, each with its number of partitions.
pub(super) fn with_topics(names: &[(&str, i32)]) -> Image {
    let image = single();
    let topic = |(name, partitions): &(&str, i32)| CreateTopicsRequestTopic {
        name: (*name).into(),
        num_partitions: *partitions,
        replication_factor: 1,
        ..CreateTopicsRequestTopic::default()
    };
    let request = CreateTopicsRequest {
        topics: names.iter().map(topic).collect(),
        ..CreateTopicsRequest::default()
    };
    let decision = topics::create::decide(
        View {
            image: &image,
            rules: &rules(),
        },
        &request,
        &mut chance(),
    );
    applied(&image, &decision.records)
}

pub(super) fn found<'i>(image: &'i Image, name: &str) -> &'i Topic {
    image.topic(name).unwrap()
}

#[test]
fn producer_ids_come_in_blocks_that_follow_each_other() {
    let image = single();
    let first = producer_ids::allocate(
        View {
            image: &image,
            rules: &rules(),
        },
        1,
    );
    assert_eq!(
        first.response,
        Some(producer_ids::Block {
            first: 0,
            end: 1000
        })
    );
    let after = applied(&image, &first.records);
    let second = producer_ids::allocate(
        View {
            image: &after,
            rules: &rules(),
        },
        1,
    );
    assert_eq!(
        second.response,
        Some(producer_ids::Block {
            first: 1000,
            end: 2000
        })
    );
}

#[test]
fn a_broker_that_comes_back_leads_what_had_no_leader_and_counts_epochs_after_a_crash() {
    let registration = |was_stopped_cleanly| brokers::Registration {
        id: 1,
        incarnation_id: Uuid::from_bytes([5; 16]),
        endpoints: Vec::new(),
        rack: None,
        log_dirs: Vec::new(),
        was_stopped_cleanly,
    };
    let image = with_topics(&[("a", 1)]);
    let view = View {
        image: &image,
        rules: &rules(),
    };
    let clean = brokers::register(view, &registration(true), 77);
    assert_eq!((clean.records.len(), clean.response), (1, 77));
    assert!(applied(&image, &clean.records).is_alive(1));
    let crashed = applied(
        &image,
        &brokers::register(view, &registration(false), 77).records,
    );
    assert_eq!(found(&crashed, "a").partitions[&0].leader_epoch, 1);

    let leaderless = PartitionChangeRecord {
        topic_id: found(&image, "a").id,
        partition_id: 0,
        leader: -1,
        isr: Some(Vec::new()),
        eligible_leader_replicas: Some(vec![1]),
        last_known_elr: Some(vec![1]),
        ..PartitionChangeRecord::default()
    };
    let image = applied(&image, &[leaderless.into()]);
    let view = View {
        image: &image,
        rules: &rules(),
    };
    let back = applied(
        &image,
        &brokers::register(view, &registration(true), 77).records,
    );
    let partition = &found(&back, "a").partitions[&0];
    assert_eq!(
        (partition.leader, partition.isr.as_slice()),
        (Some(1), &[1][..])
    );
    assert!(partition.eligible_leader_replicas.is_empty() && partition.last_known_elr.is_empty());
}
