use bytes::Bytes;
use proptest::prelude::*;

use super::*;
use crate::protocol::messages::{
    AbortTransactionRecord, BeginTransactionRecord, ClearElrRecord, EndTransactionRecord,
    FeatureLevelRecord, FenceBrokerRecord, NoOpRecord, ProducerIdsRecord, RemoveTopicRecord,
    UnfenceBrokerRecord, UnregisterBrokerRecord,
};

fn id(number: u8) -> Uuid {
    Uuid::from_bytes([number; 16])
}

fn topic(number: u8) -> MetadataRecord {
    TopicRecord {
        name: format!("topic-{number}").into(),
        topic_id: id(number),
    }
    .into()
}

fn partition(topic: u8, partition: i32) -> MetadataRecord {
    PartitionRecord {
        partition_id: partition,
        topic_id: id(topic),
        replicas: vec![1, 2],
        isr: vec![1, 2],
        leader: 1,
        leader_epoch: 0,
        partition_epoch: 0,
        directories: vec![id(101), id(102)],
        ..PartitionRecord::default()
    }
    .into()
}

fn change(topic: u8, partition: i32, leader: i32) -> MetadataRecord {
    PartitionChangeRecord {
        partition_id: partition,
        topic_id: id(topic),
        isr: Some(vec![2]),
        leader,
        eligible_leader_replicas: Some(vec![1]),
        ..PartitionChangeRecord::default()
    }
    .into()
}

fn config(kind: ResourceType, name: &str, key: &str, value: Option<&str>) -> MetadataRecord {
    ConfigRecord {
        resource_type: kind.code(),
        resource_name: name.into(),
        name: key.into(),
        value: value.map(Into::into),
    }
    .into()
}

fn broker(id: i32) -> MetadataRecord {
    RegisterBrokerRecord {
        broker_id: id,
        broker_epoch: 7,
        ..RegisterBrokerRecord::default()
    }
    .into()
}

fn applied(records: &[MetadataRecord]) -> (Image, Delta) {
    let mut draft = Draft::new(&Image::empty("cluster"));
    for (offset, record) in (0..).zip(records) {
        draft.apply(offset, record).unwrap();
    }
    draft.finish()
}

#[test]
fn a_topic_comes_with_its_partitions_and_leaves_with_its_configuration() {
    let records = [
        topic(1),
        config(ResourceType::Topic, "topic-1", "retention.ms", Some("5")),
        partition(1, 0),
    ];
    let (image, delta) = applied(&records);
    let found = image.topic("topic-1").unwrap();
    assert_eq!(found.configs.get("retention.ms").unwrap(), "5");
    assert_eq!(found.partitions[&0].leader, Some(1));
    assert_eq!(delta.partitions[&id(1)], BTreeSet::from([0]));
    assert_eq!(image.topic_by_id(id(1)), Some(found));

    let mut draft = Draft::new(&image);
    draft
        .apply(9, &RemoveTopicRecord { topic_id: id(1) }.into())
        .unwrap();
    let (after, delta) = draft.finish();
    assert!(after.topic("topic-1").is_none() && after.topic_by_id(id(1)).is_none());
    assert_eq!((delta.deleted_topics.len(), after.offset), (1, 9));
    assert!(
        image.topic("topic-1").is_some(),
        "the image it was made from stays as it was"
    );
}

#[test]
fn a_change_of_leader_counts_both_epochs_and_other_changes_only_one() {
    let (image, _) = applied(&[
        topic(1),
        partition(1, 0),
        change(1, 0, NO_LEADER_CHANGE),
        change(1, 0, 2),
    ]);
    let found = &image.topic("topic-1").unwrap().partitions[&0];
    assert_eq!(
        (found.leader, found.leader_epoch, found.partition_epoch),
        (Some(2), 1, 2)
    );
    assert_eq!(
        (
            found.isr.as_slice(),
            found.eligible_leader_replicas.as_slice()
        ),
        (&[2][..], &[1][..])
    );
    let (image, _) = applied(&[topic(1), partition(1, 0), change(1, 0, -1)]);
    assert_eq!(
        image.topic("topic-1").unwrap().partitions[&0].leader_id(),
        -1
    );
}

#[test]
fn eligible_leader_replicas_are_forgotten_where_there_are_any() {
    let clear = ClearElrRecord {
        topic_name: "".into(),
    };
    let (image, _) = applied(&[
        topic(1),
        partition(1, 0),
        partition(1, 1),
        change(1, 0, 2),
        clear.into(),
    ]);
    let partitions = &image.topic("topic-1").unwrap().partitions;
    assert!(partitions[&0].eligible_leader_replicas.is_empty());
    assert_eq!(
        (
            partitions[&0].partition_epoch,
            partitions[&1].partition_epoch
        ),
        (2, 0)
    );
}

#[test]
fn brokers_register_are_fenced_and_leave() {
    let (image, delta) = applied(&[broker(1), UnfenceBrokerRecord { id: 1, epoch: 7 }.into()]);
    assert!(image.is_alive(1) && delta.brokers.contains(&1));
    let fence = FenceBrokerRecord { id: 1, epoch: 7 };
    assert!(!applied(&[broker(1), fence.into()]).0.is_alive(1));
    let unfence = BrokerRegistrationChangeRecord {
        broker_id: 1,
        broker_epoch: 7,
        fenced: -1,
        in_controlled_shutdown: 1,
        ..BrokerRegistrationChangeRecord::default()
    };
    let (image, _) = applied(&[broker(1), unfence.into()]);
    assert!(image.is_alive(1) && image.broker(1).unwrap().in_controlled_shutdown);
    let left = UnregisterBrokerRecord {
        broker_id: 1,
        broker_epoch: 7,
    };
    assert!(applied(&[broker(1), left.into()]).0.broker(1).is_none());
}

#[test]
fn configurations_features_and_producer_ids_are_kept() {
    let all = Resource::all_brokers();
    let level = |level| FeatureLevelRecord {
        name: "group.version".into(),
        feature_level: level,
    };
    let ids = ProducerIdsRecord {
        broker_id: 1,
        broker_epoch: 7,
        next_producer_id: 1000,
    };
    let set = config(ResourceType::Broker, "", "log.retention.ms", Some("5"));
    let (image, delta) = applied(&[set.clone(), level(1).into(), ids.into()]);
    assert_eq!(image.configs_of(&all).unwrap().len(), 1);
    assert_eq!(
        (image.feature_level("group.version"), image.next_producer_id),
        (1, 1000)
    );
    assert!(delta.has_new_features && delta.configs.contains(&all));
    let unset = config(ResourceType::Broker, "", "log.retention.ms", None);
    let (image, _) = applied(&[set, unset, level(1).into(), level(0).into()]);
    assert!(image.configs_of(&all).is_none() && image.features().next().is_none());
}

#[test]
fn a_transaction_counts_when_it_ends_and_not_before() {
    let begin: MetadataRecord = BeginTransactionRecord::default().into();
    let end: MetadataRecord = EndTransactionRecord::default().into();
    let abort: MetadataRecord = AbortTransactionRecord::default().into();
    assert!(
        applied(&[begin.clone(), topic(1), end])
            .0
            .topic("topic-1")
            .is_some()
    );
    assert!(
        applied(&[begin.clone(), topic(1), abort])
            .0
            .topic("topic-1")
            .is_none()
    );
    let (image, delta) = applied(&[topic(2), begin, topic(1)]);
    assert!(image.topic("topic-1").is_none() && image.topic("topic-2").is_some());
    assert_eq!((image.offset, delta.topic_configs.len()), (2, 1));
}

#[test]
fn records_that_contradict_what_is_known_are_refused() {
    let mut draft = Draft::new(&Image::empty("cluster"));
    draft.apply(0, &topic(1)).unwrap();
    assert_eq!(
        draft.apply(1, &topic(1)),
        Err(ApplyError::TopicExists("topic-1".to_owned()))
    );
    assert_eq!(
        draft.apply(1, &partition(2, 0)),
        Err(ApplyError::NoTopic(id(2)))
    );
    assert_eq!(
        draft.apply(1, &change(1, 5, 1)),
        Err(ApplyError::NoPartition {
            topic: id(1),
            partition: 5
        })
    );
    assert!(
        draft
            .apply(1, &config(ResourceType::Topic, "x", "k", None))
            .is_err()
    );
    assert!(
        draft
            .apply(1, &FenceBrokerRecord { id: 3, epoch: 0 }.into())
            .is_err()
    );
    let odd = ConfigRecord {
        resource_type: 77,
        ..ConfigRecord::default()
    };
    assert_eq!(
        draft.apply(1, &odd.into()),
        Err(ApplyError::NoResourceType(77))
    );
}

fn any_record() -> impl Strategy<Value = MetadataRecord> {
    prop_oneof![
        (0u8..6).prop_map(topic),
        (0u8..6, 0..4).prop_map(|(t, p)| partition(t, p)),
        (0u8..6, 0..4, -2..3).prop_map(|(t, p, leader)| change(t, p, leader)),
        (0u8..6).prop_map(|t| RemoveTopicRecord { topic_id: id(t) }.into()),
        (0u8..6, prop::option::of("[0-9]{1,3}")).prop_map(|(t, v)| config(
            ResourceType::Topic,
            &format!("topic-{t}"),
            "retention.ms",
            v.as_deref()
        )),
        prop::option::of("[0-9]{1,3}").prop_map(|v| config(
            ResourceType::Broker,
            "",
            "log.retention.ms",
            v.as_deref()
        )),
        (0..3).prop_map(broker),
        (0..3).prop_map(|id| UnregisterBrokerRecord {
            broker_id: id,
            broker_epoch: 7
        }
        .into()),
        Just(NoOpRecord::default().into()),
        Just(BeginTransactionRecord::default().into()),
        Just(EndTransactionRecord::default().into()),
        Just(AbortTransactionRecord::default().into()),
    ]
}

proptest! {
    /// Applying records as they are decided, a batch at a time, gives what replaying their bytes from the log gives.
    #[test]
    fn replay_ends_where_applying_ended(records in prop::collection::vec(any_record(), 0..60), batch in 1usize..8) {
        let mut image = Image::empty("cluster");
        let mut log: Vec<Bytes> = Vec::new();
        for chunk in records.chunks(batch) {
            let mut draft = Draft::new(&image);
            let is_open = chunk.iter().any(|record| matches!(record, MetadataRecord::BeginTransaction(_)));
            let mut end = log.len();
            let consistent = !is_open && chunk.iter().all(|record| {
                end += 1;
                draft.apply(i64::try_from(end).unwrap() - 1, record).is_ok()
            });
            if consistent {
                log.extend(chunk.iter().map(|record| record.encode().unwrap()));
                image = draft.finish().0;
            }
        }
        let mut replay = Draft::new(&Image::empty("cluster"));
        for (offset, value) in (0..).zip(&log) {
            replay.apply(offset, &MetadataRecord::decode(value.clone()).unwrap()).unwrap();
        }
        prop_assert_eq!(replay.finish().0, image);
    }
}
