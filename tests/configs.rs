//! Configuration that is changed while the broker runs, and what it does.

use kaffa::protocol::messages::{
    CreateTopicsRequest, CreateTopicsRequestTopic, DescribeConfigsRequest,
    DescribeConfigsRequestResource, IncrementalAlterConfigsRequest,
    IncrementalAlterConfigsRequestConfig, IncrementalAlterConfigsRequestResource, ProduceRequest,
    ProduceRequestPartition, ProduceRequestTopic, Records,
};
use kaffa::protocol::record::{BatchBuilder, BatchOptions, NewRecord};

use crate::support::embedded::EmbeddedBroker;
use crate::support::wire::Wire;

const TOPIC: i8 = 2;
const BROKER: i8 = 4;

/// A broker with the topic `t`, and a connection to it.
fn started(overrides: &[(&str, &str)]) -> (EmbeddedBroker, Wire) {
    let broker = EmbeddedBroker::start(overrides);
    let mut wire = Wire::connect(&broker.address());
    let topic = CreateTopicsRequestTopic {
        name: "t".into(),
        num_partitions: 1,
        replication_factor: 1,
        ..CreateTopicsRequestTopic::default()
    };
    let request = CreateTopicsRequest {
        topics: vec![topic],
        ..CreateTopicsRequest::default()
    };
    assert_eq!(wire.call(&request, 7).unwrap().topics[0].error_code, 0);
    (broker, wire)
}

/// Sets a key, or with no value unsets it.
fn alter(wire: &mut Wire, kind: i8, resource: &str, key: &str, value: Option<&str>) -> i16 {
    let config = IncrementalAlterConfigsRequestConfig {
        name: key.into(),
        config_operation: i8::from(value.is_none()),
        value: value.map(Into::into),
    };
    let resource = IncrementalAlterConfigsRequestResource {
        resource_type: kind,
        resource_name: resource.into(),
        configs: vec![config],
    };
    let request = IncrementalAlterConfigsRequest {
        resources: vec![resource],
        validate_only: false,
    };
    wire.call(&request, 1).unwrap().responses[0].error_code
}

/// Value and source of a key of `t`.
fn described(wire: &mut Wire, key: &str) -> (String, i8) {
    let resource = DescribeConfigsRequestResource {
        resource_type: TOPIC,
        resource_name: "t".into(),
        configuration_keys: Some(vec![key.into()]),
    };
    let request = DescribeConfigsRequest {
        resources: vec![resource],
        ..DescribeConfigsRequest::default()
    };
    let response = wire.call(&request, 4).unwrap();
    let config = &response.results[0].configs[0];
    let value = config.value.as_deref().unwrap();
    (value.to_owned(), config.config_source)
}

/// The error of a record of this many bytes written to `t`.
fn produce(wire: &mut Wire, bytes: usize) -> i16 {
    let mut batch = BatchBuilder::default();
    batch
        .append(&NewRecord {
            value: Some(&vec![b'x'; bytes]),
            ..NewRecord::default()
        })
        .unwrap();
    let batch = batch.build(&BatchOptions::default()).unwrap();
    let partition_data = vec![ProduceRequestPartition {
        index: 0,
        records: Some(Records::from(batch)),
    }];
    let topic_data = vec![ProduceRequestTopic {
        name: "t".into(),
        partition_data,
        ..ProduceRequestTopic::default()
    }];
    let request = ProduceRequest {
        acks: -1,
        timeout_ms: 10_000,
        topic_data,
        ..ProduceRequest::default()
    };
    wire.call(&request, 9).unwrap().responses[0].partition_responses[0].error_code
}

#[test]
fn what_is_set_on_a_topic_outlives_a_restart() {
    let (broker, mut wire) = started(&[]);
    assert_eq!(
        described(&mut wire, "retention.ms"),
        ("604800000".to_owned(), 5)
    );
    assert_eq!(
        alter(&mut wire, TOPIC, "t", "retention.ms", Some("60000")),
        0
    );
    assert_eq!(
        alter(&mut wire, TOPIC, "t", "retention.ms", Some("soon")),
        40
    );
    let broker = broker.restart();
    let mut wire = Wire::connect(&broker.address());
    assert_eq!(
        described(&mut wire, "retention.ms"),
        ("60000".to_owned(), 1)
    );
    assert_eq!(alter(&mut wire, TOPIC, "t", "retention.ms", None), 0);
    assert_eq!(
        described(&mut wire, "retention.ms"),
        ("604800000".to_owned(), 5)
    );
}

#[test]
fn the_size_of_batches_is_limited_by_topic_then_broker_then_all_brokers_then_the_file() {
    let (_broker, mut wire) = started(&[("message.max.bytes", "5000")]);
    assert_eq!(
        (produce(&mut wire, 4000), produce(&mut wire, 6000)),
        (0, 10)
    );
    assert_eq!(
        alter(&mut wire, BROKER, "", "message.max.bytes", Some("7000")),
        0
    );
    assert_eq!(
        (produce(&mut wire, 6000), produce(&mut wire, 8000)),
        (0, 10)
    );
    assert_eq!(
        alter(&mut wire, BROKER, "1", "message.max.bytes", Some("9000")),
        0
    );
    assert_eq!(
        (produce(&mut wire, 8000), produce(&mut wire, 10_000)),
        (0, 10)
    );
    assert_eq!(
        alter(&mut wire, TOPIC, "t", "max.message.bytes", Some("11000")),
        0
    );
    assert_eq!(
        (produce(&mut wire, 10_000), produce(&mut wire, 12_000)),
        (0, 10)
    );
    assert_eq!(
        described(&mut wire, "max.message.bytes"),
        ("11000".to_owned(), 1)
    );
    assert_eq!(alter(&mut wire, TOPIC, "t", "max.message.bytes", None), 0);
    assert_eq!(
        (produce(&mut wire, 8000), produce(&mut wire, 10_000)),
        (0, 10)
    );
}

#[test]
fn keys_that_are_read_at_the_start_cannot_be_set_later() {
    let (_broker, mut wire) = started(&[]);
    assert_eq!(
        alter(&mut wire, BROKER, "1", "num.partitions", Some("3")),
        42
    );
    assert_eq!(
        alter(&mut wire, BROKER, "", "log.retention.hours", Some("3")),
        42
    );
    assert_eq!(
        alter(&mut wire, BROKER, "7", "log.retention.ms", Some("3000")),
        42
    );
}
