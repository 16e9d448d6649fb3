//! The client module against a real cluster: our broker, or the one that `KAFKA_BOOTSTRAP` names (`.ci/run` names Apache's).

use std::collections::{BTreeMap, BTreeSet};
use std::slice::from_ref;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use kaffa::client::admin::configs::{AlterConfig, ConfigResource};
use kaffa::client::admin::offsets::{CommittedOffset, OffsetSpec};
use kaffa::client::admin::topics::{NewPartitions, NewTopic};
use kaffa::client::config::{ClientConfig, ConsumerConfig, IsolationLevel, ProducerConfig};
use kaffa::client::producer::ProducerRecord;
use kaffa::client::{Admin, Consumer, Error, Producer};
use kaffa::properties::Properties;
use kaffa::protocol::config::ConfigSource;
use kaffa::protocol::{ErrorCode, TopicPartition};

use crate::support::cluster;

/// Keys for a client of the cluster under test, and more.
fn properties(more: &[(&str, &str)]) -> Properties {
    let mut properties: Properties = more.iter().copied().collect();
    properties.set("bootstrap.servers", cluster::bootstrap());
    properties
}

async fn admin() -> Admin {
    let (config, unknown) = ClientConfig::from_properties(&properties(&[])).unwrap();
    assert!(unknown.is_empty());
    Admin::connect(config).await.unwrap()
}

/// Creates `name` afresh and waits until the broker knows of it.
async fn topic(admin: &Admin, name: &str, partitions: i32) {
    let names = [name.to_owned()];
    admin.delete_topics(&names).await.unwrap();
    let topic = NewTopic {
        name: name.to_owned(),
        partitions: Some(partitions),
        ..NewTopic::default()
    };
    let mut is_created = false;
    loop {
        if !is_created {
            let created = admin.create_topics(from_ref(&topic), false).await;
            is_created = created.unwrap()[name].is_ok();
        }
        let described = admin.describe_topics(&names).await.unwrap();
        if is_created && described[name].is_ok() {
            return;
        }
        tokio::task::yield_now().await;
    }
}

fn code<T>(outcome: &Result<T, Error>) -> Option<ErrorCode> {
    outcome.as_ref().err().and_then(Error::code)
}

#[tokio::test]
async fn topics_are_created_described_grown_and_deleted() {
    let admin = admin().await;
    topic(&admin, "client-topics", 3).await;
    let names = ["client-topics".to_owned(), "client-none".to_owned()];
    let described = admin.describe_topics(&names).await.unwrap();
    assert_eq!(
        described["client-topics"]
            .as_ref()
            .unwrap()
            .partitions
            .len(),
        3
    );
    assert_eq!(
        code(&described["client-none"]),
        Some(ErrorCode::UnknownTopicOrPartition)
    );
    let id = described["client-topics"].as_ref().unwrap().id;
    let by_id = admin.describe_topics_by_id(&[id]).await.unwrap();
    assert_eq!(by_id[&id].as_ref().unwrap().name, "client-topics");
    let more = NewPartitions {
        topic: "client-topics".to_owned(),
        total: 5,
        assignments: None,
    };
    admin
        .create_partitions(from_ref(&more), false)
        .await
        .unwrap()["client-topics"]
        .as_ref()
        .unwrap();
    let refused = admin.create_partitions(&[more], false).await.unwrap();
    assert_eq!(
        code(&refused["client-topics"]),
        Some(ErrorCode::InvalidPartitions)
    );
    loop {
        let all = admin.describe_all_topics().await.unwrap();
        // The broker that answers may hear of it a little later.
        if all["client-topics"].as_ref().unwrap().partitions.len() == 5 {
            break;
        }
    }
    let listed = admin.list_topics().await.unwrap();
    assert!(
        listed
            .iter()
            .any(|topic| topic.name == "client-topics" && topic.id == id)
    );
    assert!(
        admin
            .list_partition_reassignments(None)
            .await
            .unwrap()
            .is_empty()
    );
    admin.delete_topics_by_id(&[id]).await.unwrap()[&id]
        .as_ref()
        .unwrap();
}

#[tokio::test]
async fn configurations_are_described_and_changed() {
    let admin = admin().await;
    topic(&admin, "client-configs", 1).await;
    let resource = ConfigResource::topic("client-configs");
    let set = AlterConfig::Set("retention.ms".to_owned(), "12345".to_owned());
    let altered = admin
        .alter_configs(&[(resource.clone(), vec![set])], false)
        .await
        .unwrap();
    altered[&resource].as_ref().unwrap();
    let described = admin
        .describe_configs(from_ref(&resource), true)
        .await
        .unwrap();
    let entries = described[&resource].as_ref().unwrap();
    let retention = entries
        .iter()
        .find(|entry| entry.name == "retention.ms")
        .unwrap();
    assert_eq!(retention.value.as_deref(), Some("12345"));
    assert_eq!(retention.source, ConfigSource::Topic);
    let wrong = AlterConfig::Set("retention.mss".to_owned(), "1".to_owned());
    let refused = admin
        .alter_configs(&[(resource.clone(), vec![wrong])], false)
        .await
        .unwrap();
    assert_eq!(code(&refused[&resource]), Some(ErrorCode::InvalidConfig));
}

#[tokio::test]
async fn group_offsets_are_set_listed_and_deleted() {
    let admin = admin().await;
    topic(&admin, "client-offsets", 2).await;
    let group = "client-offsets-group".to_owned();
    let partition = |number| TopicPartition::new("client-offsets", number);
    let committed = |offset| CommittedOffset {
        offset,
        leader_epoch: -1,
        metadata: String::new(),
    };
    let offsets = BTreeMap::from([(partition(0), committed(7)), (partition(1), committed(9))]);
    for outcome in admin
        .alter_group_offsets(&group, &offsets)
        .await
        .unwrap()
        .into_values()
    {
        outcome.unwrap();
    }
    let listed = admin.list_group_offsets(from_ref(&group)).await.unwrap();
    assert_eq!(listed[&group].as_ref().unwrap(), &offsets);
    let one = admin.group_offsets(&group, &[partition(1)]).await.unwrap();
    assert_eq!(one, BTreeMap::from([(partition(1), committed(9))]));
    let deleted = admin
        .delete_group_offsets(&group, &[partition(0)])
        .await
        .unwrap();
    deleted[&partition(0)].as_ref().unwrap();
    let groups = admin.list_groups(&[], &[]).await.unwrap();
    assert!(
        groups
            .iter()
            .any(|listing| listing.id == group && listing.state == "Empty")
    );
    let described = admin.describe_groups(from_ref(&group)).await.unwrap();
    assert_eq!(described[&group].as_ref().unwrap().state, "Empty");
    admin.delete_groups(from_ref(&group)).await.unwrap()[&group]
        .as_ref()
        .unwrap();
    let refused = admin.delete_groups(from_ref(&group)).await.unwrap();
    assert_eq!(code(&refused[&group]), Some(ErrorCode::GroupIdNotFound));
}

#[tokio::test]
async fn the_cluster_its_offsets_and_its_disks_are_described() {
    let admin = admin().await;
    topic(&admin, "client-cluster", 2).await;
    let cluster = admin.describe_cluster(false).await.unwrap();
    assert_eq!(cluster.brokers.len(), 1);
    let partition = |number| TopicPartition::new("client-cluster", number);
    let wanted = [
        (partition(0), OffsetSpec::Earliest),
        (partition(1), OffsetSpec::Timestamp(5)),
        (partition(7), OffsetSpec::Latest),
    ];
    let listed = admin
        .list_offsets(&wanted, IsolationLevel::ReadCommitted)
        .await
        .unwrap();
    assert_eq!(listed[&partition(0)].as_ref().unwrap().offset, Some(0));
    assert_eq!(listed[&partition(1)].as_ref().unwrap().offset, None);
    assert_eq!(
        code(&listed[&partition(7)]),
        Some(ErrorCode::UnknownTopicOrPartition)
    );
    let deleted = admin
        .delete_records(&BTreeMap::from([(partition(0), 0), (partition(1), 5)]))
        .await
        .unwrap();
    assert_eq!(deleted[&partition(0)].as_ref().unwrap(), &0);
    assert_eq!(
        code(&deleted[&partition(1)]),
        Some(ErrorCode::OffsetOutOfRange)
    );
    let dirs = admin.describe_log_dirs(None, None).await.unwrap();
    let dirs = dirs.values().next().unwrap().as_ref().unwrap();
    assert!(
        dirs[0]
            .replicas
            .iter()
            .any(|replica| replica.partition == partition(1))
    );
}

type Log = Arc<Mutex<Vec<(i32, u64, Option<i64>, Option<String>)>>>;

/// A producer, and what its deliveries said: partition, records, base offset, error.
async fn producer(more: &[(&str, &str)]) -> (Producer, Log) {
    let (config, unknown) = ProducerConfig::from_properties(&properties(more)).unwrap();
    assert!(unknown.is_empty(), "{unknown:?}");
    let log = Log::default();
    let told = Arc::clone(&log);
    let producer = Producer::connect(config, move |delivery| {
        let (offset, error) = match &delivery.outcome {
            Ok(written) => (written.base_offset, None),
            Err(error) => (None, Some(error.to_string())),
        };
        let told_of = (delivery.partition, delivery.count, offset, error);
        told.lock().unwrap().push(told_of);
    });
    (producer.await.unwrap(), log)
}

/// Sends `count` records of 100 bytes; the first eight are their number.
async fn send_numbers(producer: &mut Producer, topic: &str, count: u64) {
    let mut value = [b'x'; 100];
    for number in 0..count {
        value[..8].copy_from_slice(&number.to_be_bytes());
        let record = ProducerRecord {
            topic,
            value: Some(&value),
            ..ProducerRecord::default()
        };
        assert_eq!(producer.send(&record).await.unwrap(), number);
    }
}

async fn end_offsets(admin: &Admin, topic: &str, partitions: i32) -> Vec<i64> {
    let latest = |partition| (TopicPartition::new(topic, partition), OffsetSpec::Latest);
    let wanted: Vec<_> = (0..partitions).map(latest).collect();
    let listed = admin
        .list_offsets(&wanted, IsolationLevel::default())
        .await
        .unwrap();
    listed
        .into_values()
        .map(|listed| listed.unwrap().offset.unwrap())
        .collect()
}

#[tokio::test]
async fn every_codec_and_every_acks_gets_records_there_once() {
    let admin = admin().await;
    let settings = [
        ("none", "all"),
        ("gzip", "all"),
        ("snappy", "1"),
        ("lz4", "all"),
        ("zstd", "0"),
        ("zstd", "all"),
    ];
    topic(&admin, "client-produce", 3).await;
    for (done, (codec, acks)) in (1..).zip(settings) {
        let keys = [
            ("compression.type", codec),
            ("acks", acks),
            ("batch.size", "50000"),
        ];
        let (mut producer, log) = producer(&keys).await;
        send_numbers(&mut producer, "client-produce", 10_000).await;
        producer.close().await.unwrap();
        let log = std::mem::take(&mut *log.lock().unwrap());
        for (_, _, _, error) in &log {
            assert_eq!(error, &None, "{codec}");
        }
        assert_eq!(
            log.iter().map(|(_, count, _, _)| count).sum::<u64>(),
            10_000
        );
        // With acks=0 the broker may still be reading.
        let written = || async {
            end_offsets(&admin, "client-produce", 3)
                .await
                .iter()
                .sum::<i64>()
        };
        while written().await < done * 10_000 {
            tokio::task::yield_now().await;
        }
        assert_eq!(written().await, done * 10_000, "{codec}");
    }
}

#[tokio::test]
async fn batches_that_a_topic_finds_too_large_are_split() {
    let admin = admin().await;
    topic(&admin, "client-split", 1).await;
    let resource = ConfigResource::topic("client-split");
    let set = AlterConfig::Set("max.message.bytes".to_owned(), "2000".to_owned());
    admin
        .alter_configs(&[(resource.clone(), vec![set])], false)
        .await
        .unwrap()[&resource]
        .as_ref()
        .unwrap();
    let (mut producer, log) = producer(&[]).await;
    send_numbers(&mut producer, "client-split", 1000).await;
    let record = ProducerRecord {
        topic: "client-split",
        value: Some(&[7; 5000]),
        ..ProducerRecord::default()
    };
    producer.send(&record).await.unwrap();
    producer.close().await.unwrap();
    assert_eq!(end_offsets(&admin, "client-split", 1).await, [1000]);
    let log = log.lock().unwrap();
    let errors: Vec<_> = log
        .iter()
        .filter_map(|(_, count, _, error)| Some((count, error.as_ref()?)))
        .collect();
    assert_eq!(errors.len(), 1);
    assert!(errors[0].1.contains("MESSAGE_TOO_LARGE"), "{errors:?}");
    // In order: each batch starts where the one before it ended.
    let mut next = 0;
    for (_, count, offset, _) in log.iter().filter(|(_, _, _, error)| error.is_none()) {
        assert_eq!(*offset, Some(next));
        next += i64::try_from(*count).unwrap();
    }
}

#[tokio::test]
async fn a_topic_that_cannot_be_is_refused_at_once_and_a_record_that_is_too_large_too() {
    let admin = admin().await;
    topic(&admin, "client-refused", 1).await;
    let (mut producer, _log) = producer(&[("max.block.ms", "500")]).await;
    let record = |topic| ProducerRecord {
        topic,
        value: Some(b"x"),
        ..ProducerRecord::default()
    };
    let error = producer.send(&record("a b")).await.unwrap_err();
    assert_eq!(error.code(), Some(ErrorCode::InvalidTopicException));
    let beyond = ProducerRecord {
        partition: Some(5),
        ..record("client-refused")
    };
    let error = producer.send(&beyond).await.unwrap_err();
    assert!(matches!(error, Error::TimedOut { .. }), "{error}");
    let value = vec![0; 2_000_000];
    let large = ProducerRecord {
        value: Some(&value),
        ..record("client-refused")
    };
    let error = producer.send(&large).await.unwrap_err();
    assert!(error.to_string().contains("max.request.size"), "{error}");
}

async fn consumer(more: &[(&str, &str)]) -> Consumer {
    let keys = [("auto.offset.reset", "earliest")]
        .iter()
        .chain(more)
        .copied();
    let keys: Vec<_> = keys.collect();
    let (config, unknown) = ConsumerConfig::from_properties(&properties(&keys)).unwrap();
    assert!(unknown.is_empty(), "{unknown:?}");
    Consumer::connect(config).await.unwrap()
}

/// The numbers of [`send_numbers`] that come within a second of silence, by partition.
async fn read_numbers(consumer: &mut Consumer, count: usize) -> BTreeMap<i32, Vec<u64>> {
    let mut numbers = BTreeMap::<i32, Vec<u64>>::new();
    let mut total = 0;
    while total < count {
        let polled = consumer.poll(Duration::from_mins(1)).await.unwrap();
        assert!(!polled.is_empty(), "{total} of {count} records in time");
        for batch in &polled.batches {
            for record in batch.iter() {
                let value = record.unwrap().value.unwrap();
                let number = u64::from_be_bytes(*value.first_chunk().unwrap());
                numbers.entry(batch.partition()).or_default().push(number);
                total += 1;
            }
        }
    }
    numbers
}

/// Every number once, in order within each partition.
fn assert_complete(numbers: &BTreeMap<i32, Vec<u64>>, count: u64) {
    for partition in numbers.values() {
        assert!(partition.is_sorted(), "{partition:?}");
    }
    let mut all: Vec<_> = numbers.values().flatten().copied().collect();
    all.sort_unstable();
    assert_eq!(all, (0..count).collect::<Vec<_>>());
}

#[tokio::test]
async fn assigned_partitions_are_read_whole_from_any_place() {
    let admin = admin().await;
    topic(&admin, "client-assign", 3).await;
    let (mut producer, _log) = producer(&[("compression.type", "lz4")]).await;
    send_numbers(&mut producer, "client-assign", 20_000).await;
    producer.close().await.unwrap();
    let mut consumer = consumer(&[]).await;
    let partitions: Vec<_> = (0..3)
        .map(|it| TopicPartition::new("client-assign", it))
        .collect();
    consumer.assign(&partitions);
    let numbers = read_numbers(&mut consumer, 20_000).await;
    assert_complete(&numbers, 20_000);
    let ends = end_offsets(&admin, "client-assign", 3).await;
    for (partition, end) in partitions.iter().zip(&ends) {
        assert_eq!(consumer.position(partition), Some(*end));
    }
    // The middle of a batch, a time before everything, the end.
    assert!(consumer.seek(&partitions[1], 5));
    let again = read_numbers(&mut consumer, usize::try_from(ends[1] - 5).unwrap()).await;
    assert_eq!(again[&1], numbers[&1][5..]);
    assert!(consumer.seek_to_time(&partitions[2], 1));
    assert_eq!(
        read_numbers(&mut consumer, numbers[&2].len()).await[&2],
        numbers[&2]
    );
    assert!(consumer.seek_to_end(&partitions[0]));
    assert!(
        consumer
            .poll(Duration::from_millis(200))
            .await
            .unwrap()
            .is_empty()
    );
    assert!(consumer.seek_to_beginning(&partitions[0]));
    assert!(consumer.pause(&partitions[0]));
    assert!(
        consumer
            .poll(Duration::from_millis(200))
            .await
            .unwrap()
            .is_empty()
    );
    assert!(consumer.resume(&partitions[0]));
    assert_eq!(
        read_numbers(&mut consumer, numbers[&0].len()).await[&0],
        numbers[&0]
    );
}

#[tokio::test]
async fn a_group_goes_on_where_it_committed() {
    let admin = admin().await;
    topic(&admin, "client-resume", 2).await;
    let (mut producer, _log) = producer(&[]).await;
    send_numbers(&mut producer, "client-resume", 1000).await;
    // A run that failed leaves a member behind for the time of its session.
    let group = format!("client-resume-{}", std::process::id());
    let mut first = consumer(&[("group.id", &group)]).await;
    first.subscribe(vec!["client-resume".to_owned()]).unwrap();
    assert_complete(&read_numbers(&mut first, 1000).await, 1000);
    first.close().await.unwrap();
    let ends = end_offsets(&admin, "client-resume", 2).await;
    let committed = admin.list_group_offsets(from_ref(&group)).await.unwrap();
    let committed: Vec<_> = committed[&group]
        .as_ref()
        .unwrap()
        .values()
        .map(|it| it.offset)
        .collect();
    assert_eq!(committed, ends);
    let described = admin.describe_groups(from_ref(&group)).await.unwrap();
    assert_eq!(described[&group].as_ref().unwrap().state, "Empty");
    let mut second = consumer(&[("group.id", &group)]).await;
    second.subscribe_pattern("client-res.*").unwrap();
    let record = ProducerRecord {
        topic: "client-resume",
        value: Some(&1000_u64.to_be_bytes()),
        ..ProducerRecord::default()
    };
    producer.send(&record).await.unwrap();
    producer.close().await.unwrap();
    let numbers = read_numbers(&mut second, 1).await;
    assert_eq!(numbers.values().flatten().collect::<Vec<_>>(), [&1000]);
    second.close().await.unwrap();
}

/// Lets `consumers` poll until together they have every partition of `topic` once.
async fn settle(consumers: &mut [Consumer], partitions: usize) {
    loop {
        for consumer in &mut *consumers {
            let _records = consumer.poll(Duration::from_millis(50)).await.unwrap();
        }
        let owned = consumers
            .iter()
            .map(|consumer| consumer.assignment().count());
        let all: BTreeSet<_> = consumers
            .iter()
            .flat_map(Consumer::assignment)
            .cloned()
            .collect();
        if all.len() == partitions
            && owned.clone().sum::<usize>() == partitions
            && owned.clone().all(|count| count > 0)
        {
            return;
        }
    }
}

#[tokio::test]
async fn members_share_a_topic_whatever_the_assignor() {
    let admin = admin().await;
    for assignor in ["range", "roundrobin", "sticky", "cooperative-sticky"] {
        let name = format!("client-share-{assignor}");
        topic(&admin, &name, 4).await;
        let keys = [
            ("group.id", name.as_str()),
            ("partition.assignment.strategy", assignor),
            ("heartbeat.interval.ms", "100"),
        ];
        let mut members = vec![consumer(&keys).await, consumer(&keys).await];
        for member in &mut members {
            member.subscribe(vec![name.clone()]).unwrap();
        }
        tokio::time::timeout(Duration::from_mins(2), settle(&mut members, 4))
            .await
            .expect(assignor);
        members.push(consumer(&keys).await);
        members[2].subscribe(vec![name.clone()]).unwrap();
        tokio::time::timeout(Duration::from_mins(2), settle(&mut members, 4))
            .await
            .expect(assignor);
        let described = admin.describe_groups(from_ref(&name)).await.unwrap();
        assert_eq!(described[&name].as_ref().unwrap().members.len(), 3);
        members.remove(0).close().await.unwrap();
        tokio::time::timeout(Duration::from_mins(2), settle(&mut members, 4))
            .await
            .expect(assignor);
    }
}
