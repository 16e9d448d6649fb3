use super::*;

/// The file that Apache Kafka 4.3 ships, without its comments.
const STOCK: &[(&str, &str)] = &[
    ("process.roles", "broker,controller"),
    ("node.id", "1"),
    ("controller.quorum.bootstrap.servers", "localhost:9093"),
    ("listeners", "PLAINTEXT://:9092,CONTROLLER://:9093"),
    ("inter.broker.listener.name", "PLAINTEXT"),
    (
        "advertised.listeners",
        "PLAINTEXT://localhost:9092,CONTROLLER://localhost:9093",
    ),
    ("controller.listener.names", "CONTROLLER"),
    (
        "listener.security.protocol.map",
        "CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT,SSL:SSL,SASL_PLAINTEXT:SASL_PLAINTEXT,SASL_SSL:SASL_SSL",
    ),
    ("num.network.threads", "3"),
    ("num.io.threads", "8"),
    ("socket.send.buffer.bytes", "102400"),
    ("socket.receive.buffer.bytes", "102400"),
    ("socket.request.max.bytes", "104857600"),
    ("log.dirs", "/tmp/kraft-combined-logs"),
    ("num.partitions", "1"),
    ("num.recovery.threads.per.data.dir", "2"),
    ("offsets.topic.replication.factor", "1"),
    ("share.coordinator.state.topic.replication.factor", "1"),
    ("share.coordinator.state.topic.min.isr", "1"),
    ("transaction.state.log.replication.factor", "1"),
    ("transaction.state.log.min.isr", "1"),
    ("log.retention.hours", "168"),
    ("log.segment.bytes", "1073741824"),
    ("log.retention.check.interval.ms", "300000"),
];

fn read(properties: &[(&str, &str)]) -> Result<BrokerConfig, String> {
    BrokerConfig::from_properties(properties.iter().copied()).map_err(|error| error.to_string())
}

#[test]
fn the_file_that_apache_ships_is_accepted() {
    let config = read(STOCK).unwrap();
    assert_eq!(config.node_id, 1);
    assert_eq!(config.listeners.len(), 1);
    assert_eq!(config.log_dirs, [PathBuf::from("/tmp/kraft-combined-logs")]);
    assert_eq!(
        config.metadata_log_dir,
        PathBuf::from("/tmp/kraft-combined-logs")
    );
    assert!(config.notices.unknown.is_empty());
    assert!(
        !config
            .notices
            .without_effect
            .contains(&"num.network.threads".to_owned())
    );
}

#[test]
fn defaults_are_those_of_kafka() {
    let config = read(&[]).unwrap();
    assert_eq!(
        config.groups.initial_rebalance_delay,
        Duration::from_secs(3)
    );
    assert_eq!(config.offsets_topic.num_partitions, 50);
    assert_eq!(config.offsets_topic.replication_factor, 3);
    assert_eq!(config.sockets.request_max_bytes, 104_857_600);
    assert_eq!(config.sockets.max_idle, Some(Duration::from_mins(10)));
    assert_eq!(config.sockets.queued_max_request_bytes, None);
    assert_eq!(
        config.groups.offsets_retention,
        Duration::from_hours(24 * 7)
    );
    assert_eq!(config.listeners[0].bind.port, 9092);
    assert_eq!(config.log_dirs, [PathBuf::from("/tmp/kafka-logs")]);
}

#[test]
fn a_broker_for_development_does_not_wait_for_more_members() {
    let config = read(DEVELOPMENT).unwrap();
    assert_eq!(config.groups.initial_rebalance_delay, Duration::ZERO);
    assert_eq!(config.offsets_topic.replication_factor, 1);
}

#[test]
fn keys_without_effect_and_unknown_keys_are_listed() {
    let config = read(&[
        ("num.io.threads", "16"),
        ("zookeeper.connect", "z:2181"),
        ("background.threads", "10"),
    ])
    .unwrap();
    assert_eq!(config.notices.without_effect, ["num.io.threads"]);
    assert_eq!(config.notices.unknown, ["zookeeper.connect"]);
    assert!(!config.given.contains_key("zookeeper.connect"));
}

#[test]
fn a_bad_value_is_refused_even_where_nothing_reads_it() {
    let refusal = read(&[("num.io.threads", "many")]).unwrap_err();
    assert_eq!(
        refusal,
        "Invalid value many for configuration num.io.threads: Not a number of type INT"
    );
}

#[test]
fn what_someone_would_rely_on_and_is_not_there_is_refused() {
    for (name, value) in [
        (
            "authorizer.class.name",
            "org.apache.kafka.metadata.authorizer.StandardAuthorizer",
        ),
        ("remote.log.storage.system.enable", "true"),
        ("config.providers", "file"),
        ("process.roles", "controller"),
        ("controller.quorum.voters", "1@a:9093,2@b:9093"),
        ("log.retention.ms", "0"),
        ("log.dirs", " , "),
        ("log.dirs", ""),
    ] {
        let refusal = read(&[(name, value)]).unwrap_err();
        assert!(
            refusal.starts_with("Invalid value ") && refusal.contains(name),
            "{refusal}"
        );
    }
    assert!(
        read(&[
            ("authorizer.class.name", ""),
            ("remote.log.storage.system.enable", "false")
        ])
        .is_ok()
    );
}

#[test]
fn the_old_name_of_the_node_id_is_understood() {
    assert_eq!(read(&[("broker.id", "7")]).unwrap().node_id, 7);
    assert_eq!(
        read(&[("broker.id", "7"), ("node.id", "8")])
            .unwrap()
            .node_id,
        8
    );
}

/// Every name that the sources of this module read; a key that says it is honoured must be among them, or be one that
/// topics fall back on.
#[test]
fn every_key_that_claims_to_be_honoured_is_read() {
    let sources = concat!(include_str!("mod.rs"), include_str!("listeners.rs"));
    let falls_back = |name: &str| {
        let topic_keys = crate::protocol::config::topic::KEYS.iter();
        topic_keys
            .flat_map(|key| key.synonyms)
            .any(|synonym| synonym.name == name)
    };
    for key in keys::KEYS.iter().filter(|key| key.r#use == Use::Honoured) {
        let name = key.key.name;
        assert!(
            sources.contains(&format!("\"{name}\"")) || falls_back(name),
            "{name} is not read"
        );
    }
}
