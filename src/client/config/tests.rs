use std::time::Duration;

use super::*;
use crate::client::consumer::assignor::Assignor;
use crate::protocol::record::{Codec, Compression};

fn with(pairs: &[(&str, &str)]) -> Properties {
    [("bootstrap.servers", "localhost:9092")]
        .iter()
        .chain(pairs)
        .copied()
        .collect()
}

fn producer(pairs: &[(&str, &str)]) -> Result<ProducerConfig, String> {
    let read = ProducerConfig::from_properties(&with(pairs));
    read.map(|(config, _unknown)| config)
        .map_err(|error| error.to_string())
}

fn consumer(pairs: &[(&str, &str)]) -> Result<ConsumerConfig, String> {
    let read = ConsumerConfig::from_properties(&with(pairs));
    read.map(|(config, _unknown)| config)
        .map_err(|error| error.to_string())
}

#[test]
fn defaults_are_those_of_the_java_clients() {
    let config = producer(&[]).unwrap();
    assert_eq!(config.acks, Acks::All);
    assert_eq!(config.linger, Duration::from_millis(5));
    assert!(config.is_idempotent);
    assert_eq!(config.delivery_timeout, Duration::from_mins(2));
    let config = consumer(&[]).unwrap();
    assert_eq!(config.offset_reset, OffsetReset::Latest);
    assert_eq!(
        config.assignors,
        [Assignor::Range, Assignor::CooperativeSticky]
    );
    assert_eq!(config.auto_commit_interval, None);
    assert_eq!(
        consumer(&[("group.id", "g")]).unwrap().auto_commit_interval,
        Some(Duration::from_secs(5))
    );
}

#[test]
fn keys_without_effect_are_collected() {
    let properties = with(&[("lingerms", "1"), ("acks", "1"), ("key.serializer", "x")]);
    let (_config, unused) = ProducerConfig::from_properties(&properties).unwrap();
    assert_eq!(unused, ["key.serializer", "lingerms"]);
}

#[test]
fn several_servers_are_read_and_bad_ones_named() {
    let properties = Properties::from_iter([("bootstrap.servers", "a:1, [::1]:2 ,b:3")]);
    let (config, _unknown) = ClientConfig::from_properties(&properties).unwrap();
    assert_eq!(config.bootstrap_servers.len(), 3);
    for (servers, needle) in [
        ("a", "'a' is not an address"),
        ("", "No resolvable"),
        (",", "No resolvable"),
    ] {
        let properties = Properties::from_iter([("bootstrap.servers", servers)]);
        let error = ClientConfig::from_properties(&properties).unwrap_err();
        assert!(error.to_string().contains(needle), "{error}");
    }
}

#[test]
fn idempotence_gives_way_unless_it_is_asked_for() {
    assert!(!producer(&[("acks", "1")]).unwrap().is_idempotent);
    assert!(!producer(&[("retries", "0")]).unwrap().is_idempotent);
    let many = ("max.in.flight.requests.per.connection", "6");
    let error = producer(&[many]).unwrap_err();
    assert!(error.contains("Current value is 6"), "{error}");
    assert!(producer(&[many, ("enable.idempotence", "false")]).is_ok());
    let error = producer(&[("acks", "1"), ("enable.idempotence", "true")]).unwrap_err();
    assert!(error.contains("Must set acks to all"), "{error}");
}

#[test]
fn levels_belong_to_their_codec() {
    let config = producer(&[
        ("compression.type", "zstd"),
        ("compression.zstd.level", "7"),
    ])
    .unwrap();
    let expected = Compression {
        codec: Codec::Zstd,
        level: Some(7),
    };
    assert_eq!(config.compression, expected);
    assert!(
        producer(&[("compression.type", "brotli")])
            .unwrap_err()
            .contains("String must be one of")
    );
    assert!(producer(&[("compression.gzip.level", "0")]).is_err());
}

#[test]
fn bounds_are_stated_in_kafkas_words() {
    assert_eq!(
        producer(&[("linger.ms", "-1")]).unwrap_err(),
        "Invalid value -1 for configuration linger.ms: Value must be at least 0"
    );
    assert!(
        producer(&[("delivery.timeout.ms", "1")])
            .unwrap_err()
            .contains("should be equal to or larger")
    );
    assert_eq!(
        consumer(&[("max.poll.interval.ms", "0")]).unwrap_err(),
        "Invalid value 0 for configuration max.poll.interval.ms: Value must be at least 1"
    );
    let never_in_time = ("heartbeat.interval.ms", "45000");
    assert!(consumer(&[never_in_time]).is_ok());
    assert_eq!(
        consumer(&[("group.id", "g"), never_in_time]).unwrap_err(),
        "Heartbeat must be set lower than the session timeout (heartbeat.interval.ms=45000, session.timeout.ms=45000)"
    );
}

#[test]
fn what_is_not_supported_is_refused_by_name() {
    for (key, value) in [
        ("security.protocol", "SASL_SSL"),
        ("ssl.keystore.password", "secret"),
        ("sasl.mechanism", "PLAIN"),
        ("transactional.id", "t"),
    ] {
        assert!(
            producer(&[(key, value)])
                .unwrap_err()
                .contains("not supported yet")
        );
    }
    assert!(consumer(&[("group.protocol", "consumer")]).is_err());
    assert!(
        consumer(&[
            ("security.protocol", "plaintext"),
            ("ssl.keystore.password", "x")
        ])
        .is_ok()
    );
    let offered = [ProducerConfig::keys(), ConsumerConfig::keys()];
    assert!(offered.iter().all(|keys| keys.contains_key("client.id")));
    for refused in ["security.protocol", "transactional.id", "group.protocol"] {
        assert!(offered.iter().all(|keys| !keys.contains_key(refused)));
    }
}

#[test]
fn a_start_can_be_given_as_a_duration() {
    assert_eq!(
        consumer(&[("auto.offset.reset", "by_duration:PT1H")])
            .unwrap()
            .offset_reset,
        OffsetReset::ByDuration(Duration::from_hours(1))
    );
    assert!(consumer(&[("auto.offset.reset", "smallest")]).is_err());
}
