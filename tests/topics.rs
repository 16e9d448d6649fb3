//! Topics: created, described, given more partitions, deleted, over real connections and across restarts.

use kaffa::protocol::Uuid;
use kaffa::protocol::messages::{
    CreatePartitionsRequest, CreatePartitionsRequestTopic, CreateTopicsRequest,
    CreateTopicsRequestConfig, CreateTopicsRequestTopic, DeleteTopicsRequest,
    DeleteTopicsRequestTopic, DescribeTopicPartitionsRequest, InitProducerIdRequest,
    MetadataRequest, MetadataRequestTopic, MetadataResponseTopic,
};

use crate::support::bench::Bench;
use crate::support::embedded::EmbeddedBroker;
use crate::support::wire::Wire;

fn create(wire: &mut Wire, name: &str, num_partitions: i32, configs: &[(&str, &str)]) -> i16 {
    let config = |(name, value): &(&str, &str)| CreateTopicsRequestConfig {
        name: (*name).into(),
        value: Some((*value).into()),
    };
    let topic = CreateTopicsRequestTopic {
        name: name.into(),
        num_partitions,
        replication_factor: 1,
        configs: configs.iter().map(config).collect(),
        ..CreateTopicsRequestTopic::default()
    };
    let request = CreateTopicsRequest {
        topics: vec![topic],
        ..CreateTopicsRequest::default()
    };
    wire.call(&request, 7).unwrap().topics[0].error_code
}

fn delete(wire: &mut Wire, name: &str) -> i16 {
    let topic = DeleteTopicsRequestTopic {
        name: Some(name.into()),
        topic_id: Uuid::ZERO,
    };
    let request = DeleteTopicsRequest {
        topics: vec![topic],
        ..DeleteTopicsRequest::default()
    };
    wire.call(&request, 6).unwrap().responses[0].error_code
}

fn metadata(wire: &mut Wire, name: &str, allow_auto_topic_creation: bool) -> MetadataResponseTopic {
    let topic = MetadataRequestTopic {
        name: Some(name.into()),
        ..MetadataRequestTopic::default()
    };
    let request = MetadataRequest {
        topics: Some(vec![topic]),
        allow_auto_topic_creation,
        ..MetadataRequest::default()
    };
    wire.call(&request, 12).unwrap().topics.remove(0)
}

fn all_topics(wire: &mut Wire) -> Vec<String> {
    let request = MetadataRequest {
        topics: None,
        ..MetadataRequest::default()
    };
    let topics = wire.call(&request, 12).unwrap().topics;
    topics
        .iter()
        .map(|topic| topic.name.as_deref().unwrap().to_owned())
        .collect()
}

#[test]
fn a_topic_has_leaders_once_its_creation_is_answered_and_still_has_them_after_a_restart() {
    let broker = EmbeddedBroker::start(&[]);
    let mut wire = Wire::connect(&broker.address());
    assert_eq!(create(&mut wire, "orders", 3, &[]), 0);
    let before = metadata(&mut wire, "orders", false);
    let leaders: Vec<_> = before
        .partitions
        .iter()
        .map(|it| (it.partition_index, it.leader_id, it.error_code))
        .collect();
    assert_eq!(leaders, [(0, 1, 0), (1, 1, 0), (2, 1, 0)]);

    let broker = broker.restart();
    let mut wire = Wire::connect(&broker.address());
    assert_eq!(metadata(&mut wire, "orders", false), before);
    assert_eq!(create(&mut wire, "orders", 1, &[]), 36);
}

#[test]
fn a_deleted_topic_is_gone_and_its_name_is_free() {
    let broker = EmbeddedBroker::start(&[]);
    let mut wire = Wire::connect(&broker.address());
    create(&mut wire, "orders", 2, &[]);
    let first = metadata(&mut wire, "orders", false).topic_id;
    assert_eq!(delete(&mut wire, "orders"), 0);
    assert_eq!(delete(&mut wire, "orders"), 3);
    assert_eq!(metadata(&mut wire, "orders", false).error_code, 3);
    assert_eq!(create(&mut wire, "orders", 1, &[]), 0);
    let second = metadata(&mut wire, "orders", false);
    assert_ne!(second.topic_id, first);

    let broker = broker.restart();
    assert_eq!(
        metadata(&mut Wire::connect(&broker.address()), "orders", false),
        second
    );
}

#[test]
fn partitions_are_added_to_a_topic_that_is_there() {
    let broker = EmbeddedBroker::start(&[]);
    let mut wire = Wire::connect(&broker.address());
    create(&mut wire, "orders", 1, &[]);
    let topic = CreatePartitionsRequestTopic {
        name: "orders".into(),
        count: 4,
        assignments: None,
    };
    let request = CreatePartitionsRequest {
        topics: vec![topic],
        ..CreatePartitionsRequest::default()
    };
    assert_eq!(wire.call(&request, 3).unwrap().results[0].error_code, 0);
    assert_eq!(wire.call(&request, 3).unwrap().results[0].error_code, 37);
    let broker = broker.restart();
    assert_eq!(
        metadata(&mut Wire::connect(&broker.address()), "orders", false)
            .partitions
            .len(),
        4
    );
}

#[test]
fn a_topic_that_a_client_asks_for_is_created_unless_somebody_forbids_it() {
    let broker = EmbeddedBroker::start(&[("num.partitions", "2")]);
    let mut wire = Wire::connect(&broker.address());
    assert_eq!(metadata(&mut wire, "wanted", false).error_code, 3);
    assert_eq!(metadata(&mut wire, "wanted", true).error_code, 3);
    assert_eq!(metadata(&mut wire, "wanted", false).partitions.len(), 2);
    assert_eq!(metadata(&mut wire, "not a name", true).error_code, 17);
    assert_eq!(all_topics(&mut wire), ["wanted"]);

    let strict = EmbeddedBroker::start(&[("auto.create.topics.enable", "false")]);
    let mut wire = Wire::connect(&strict.address());
    metadata(&mut wire, "wanted", true);
    assert_eq!(metadata(&mut wire, "wanted", true).error_code, 3);
}

#[test]
fn names_that_would_share_their_metrics_are_refused() {
    let broker = EmbeddedBroker::start(&[]);
    let mut wire = Wire::connect(&broker.address());
    assert_eq!(create(&mut wire, "a.b", 1, &[]), 0);
    assert_eq!(create(&mut wire, "a_b", 1, &[]), 17);
    assert_eq!(create(&mut wire, "a-b", 1, &[]), 0);
}

#[test]
fn what_is_refused_leaves_nothing_behind() {
    let broker = EmbeddedBroker::start(&[]);
    let mut wire = Wire::connect(&broker.address());
    assert_eq!(create(&mut wire, "t", 0, &[]), 37);
    assert_eq!(create(&mut wire, "t", 10_001, &[]), 44);
    assert_eq!(create(&mut wire, "t", 1, &[("retention.ms", "soon")]), 40);
    let endless = "1:1,".repeat(20_000) + "1:1";
    assert_eq!(
        create(
            &mut wire,
            "t",
            1,
            &[("leader.replication.throttled.replicas", &endless)]
        ),
        40
    );
    assert!(all_topics(&mut wire).is_empty());
    let broker = broker.restart();
    assert!(all_topics(&mut Wire::connect(&broker.address())).is_empty());
}

#[test]
fn thousands_of_topics_are_listed_page_by_page() {
    let broker = EmbeddedBroker::start(&[("max.request.partition.size.limit", "700")]);
    let mut wire = Wire::connect(&broker.address());
    let topic = |number: i32| CreateTopicsRequestTopic {
        name: format!("topic-{number:04}").into(),
        num_partitions: 1,
        replication_factor: 1,
        ..CreateTopicsRequestTopic::default()
    };
    let request = CreateTopicsRequest {
        topics: (0..2000).map(topic).collect(),
        ..CreateTopicsRequest::default()
    };
    assert!(
        wire.call(&request, 7)
            .unwrap()
            .topics
            .iter()
            .all(|topic| topic.error_code == 0)
    );

    let mut request = DescribeTopicPartitionsRequest::default();
    let mut pages: Vec<usize> = Vec::new();
    loop {
        let response = wire.call(&request, 0).unwrap();
        pages.push(response.topics.len());
        let Some(next) = response.next_cursor else {
            break;
        };
        let (topic_name, partition_index) = (next.topic_name, next.partition_index);
        request.cursor = Some(
            kaffa::protocol::messages::DescribeTopicPartitionsRequestCursor {
                topic_name,
                partition_index,
            },
        );
    }
    assert_eq!(pages, [700, 700, 600]);
}

/// Settings that topics have in common cross the wire once; more kinds of them than are kept in mind there.
#[test]
fn every_topic_is_described_with_its_own_settings() {
    let bench = Bench::new();
    let mut wire = Wire::connect(&bench.broker.address);
    let retention = |number: usize| (number % 23 * 1000).to_string();
    for number in 0..150 {
        let configs = [("retention.ms", &*retention(number))];
        let configs = &configs[..usize::from(number % 3 > 0)];
        assert_eq!(create(&mut wire, &format!("t{number:03}"), 1, configs), 0);
    }
    let described = bench.ok("topics --describe");
    let headers = described.lines().filter(|line| line.starts_with("Topic:"));
    let found: Vec<_> = headers
        .map(|line| line.rsplit("Configs: ").next().unwrap().to_owned())
        .collect();
    let expected: Vec<_> = (0..150)
        .map(|number| match number % 3 {
            0 => "min.insync.replicas=1".to_owned(),
            _ => format!("min.insync.replicas=1,retention.ms={}", retention(number)),
        })
        .collect();
    assert_eq!(found, expected);
}

#[test]
fn producer_ids_are_given_once_even_across_restarts() {
    let mut broker = EmbeddedBroker::start(&[]);
    let mut seen = std::collections::BTreeSet::new();
    for _ in 0..3 {
        for _ in 0..2 {
            let mut wire = Wire::connect(&broker.address());
            let response = wire.call(&InitProducerIdRequest::default(), 4).unwrap();
            assert_eq!((response.error_code, response.producer_epoch), (0, 0));
            assert!(seen.insert(response.producer_id));
        }
        broker = broker.restart();
    }
}

#[test]
fn partitions_are_spread_over_the_data_directories() {
    let dirs = [tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap()];
    let paths = dirs.each_ref().map(|dir| dir.path().display().to_string());
    let broker = EmbeddedBroker::start(&[("log.dirs", &paths.join(","))]);
    let mut wire = Wire::connect(&broker.address());
    assert_eq!(create(&mut wire, "spread", 6, &[]), 0);
    let partitions = |dir: &tempfile::TempDir| {
        let names = std::fs::read_dir(dir.path())
            .unwrap()
            .map(|entry| entry.unwrap().file_name());
        names
            .filter(|name| name.to_string_lossy().starts_with("spread-"))
            .count()
    };
    assert_eq!(dirs.each_ref().map(partitions), [3, 3]);
    let broker = broker.restart();
    assert_eq!(
        metadata(&mut Wire::connect(&broker.address()), "spread", false)
            .partitions
            .len(),
        6
    );
}
