//! Every key a `server.properties` of Kafka 4.3 may hold (`AbstractKafkaConfig.CONFIG_DEF`), and what it does here.

use crate::protocol::config::Check::{
    Any, AtLeast, Between, EachOf, MinusOneOrBetween, OneOf, OneOfAnyCase,
};
use crate::protocol::config::{Key, Kind};

/// What setting a key does to this broker.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Use {
    /// What it does in Kafka.
    Honoured,
    /// Nothing: it tunes a part of Kafka that does not exist here, or not yet.
    NoEffect,
    /// Anything but the default is refused: someone relies on it, and this broker cannot do it.
    Refused,
}

/// A key of the broker.
#[derive(Debug)]
pub struct ServerKey {
    /// The key.
    pub key: Key,
    /// What setting it does.
    pub r#use: Use,
}

/// The key of this name.
pub fn key(name: &str) -> Option<&'static ServerKey> {
    let position = KEYS.binary_search_by(|key| key.key.name.cmp(name)).ok()?;
    KEYS.get(position)
}

/// Keys that can be set while the broker runs: of those that Kafka calls dynamic (`DynamicBrokerConfig`), the ones that
/// topics fall back on and the ones that change nothing here.
const DYNAMIC: &[&str] = &[
    "background.threads",
    "compression.gzip.level",
    "compression.lz4.level",
    "compression.type",
    "compression.zstd.level",
    "group.consumer.assignment.interval.ms",
    "group.coordinator.cached.buffer.max.bytes",
    "group.share.assignment.interval.ms",
    "group.streams.assignment.interval.ms",
    "log.cleaner.backoff.ms",
    "log.cleaner.dedupe.buffer.size",
    "log.cleaner.delete.retention.ms",
    "log.cleaner.io.buffer.load.factor",
    "log.cleaner.io.buffer.size",
    "log.cleaner.io.max.bytes.per.second",
    "log.cleaner.max.compaction.lag.ms",
    "log.cleaner.min.cleanable.ratio",
    "log.cleaner.min.compaction.lag.ms",
    "log.cleaner.threads",
    "log.cleanup.policy",
    "log.flush.interval.messages",
    "log.flush.interval.ms",
    "log.index.interval.bytes",
    "log.index.size.max.bytes",
    "log.local.retention.bytes",
    "log.local.retention.ms",
    "log.message.timestamp.after.max.ms",
    "log.message.timestamp.before.max.ms",
    "log.message.timestamp.type",
    "log.preallocate",
    "log.retention.bytes",
    "log.retention.ms",
    "log.roll.jitter.ms",
    "log.roll.ms",
    "log.segment.bytes",
    "log.segment.delete.delay.ms",
    "max.connection.creation.rate",
    "max.connections.per.ip.overrides",
    "message.max.bytes",
    "metric.reporters",
    "min.insync.replicas",
    "num.io.threads",
    "num.network.threads",
    "num.replica.fetchers",
    "transaction.partition.verification.enable",
    "unclean.leader.election.enable",
];

/// Keys that Kafka reads but does not tell of.
const INTERNAL: &[&str] = &[
    "log.initial.task.delay.ms",
    "producer.id.expiration.check.interval.ms",
];

/// Whether the key of this name is left out when the configuration is described.
pub fn is_internal(name: &str) -> bool {
    INTERNAL.contains(&name)
}

/// Whether the key of this name can be set while the broker runs.
pub fn is_dynamic(name: &str) -> bool {
    DYNAMIC.binary_search(&name).is_ok()
}

const CODECS: &[&str] = &["uncompressed", "zstd", "lz4", "snappy", "gzip", "producer"];

/// Writes the table; each row is name, type, default, allowed values and use.
macro_rules! server_keys {
    ($($name:literal $kind:ident, $default:expr, $check:expr, $use:ident;)*) => {
        /// Every key, by name.
        pub static KEYS: &[ServerKey] = &[$(ServerKey {
            key: Key { name: $name, kind: Kind::$kind, default: $default, check: $check },
            r#use: Use::$use,
        },)*];
    };
}

server_keys! {
    "add.partitions.to.txn.retry.backoff.max.ms" Int, Some("100"), AtLeast(0), NoEffect;
    "add.partitions.to.txn.retry.backoff.ms" Int, Some("20"), AtLeast(1), NoEffect;
    "advertised.listeners" List, None, Any, Honoured;
    "alter.config.policy.class.name" Class, None, Any, Refused;
    "alter.log.dirs.replication.quota.window.num" Int, Some("11"), AtLeast(1), NoEffect;
    "alter.log.dirs.replication.quota.window.size.seconds" Int, Some("1"), AtLeast(1), NoEffect;
    "authorizer.class.name" String, Some(""), Any, Refused;
    "auto.create.topics.enable" Boolean, Some("true"), Any, Honoured;
    "auto.leader.rebalance.enable" Boolean, Some("true"), Any, NoEffect;
    "background.threads" Int, Some("10"), AtLeast(1), NoEffect;
    "broker.heartbeat.interval.ms" Int, Some("2000"), Any, NoEffect;
    "broker.id" Int, Some("-1"), Any, Honoured;
    "broker.rack" String, None, Any, Honoured;
    "broker.session.timeout.ms" Int, Some("9000"), Any, NoEffect;
    "client.quota.callback.class" Class, None, Any, Refused;
    "compression.gzip.level" Int, Some("-1"), MinusOneOrBetween(1, 9), Honoured;
    "compression.lz4.level" Int, Some("9"), Between(1, 17), Honoured;
    "compression.type" String, Some("producer"), OneOf(CODECS), Honoured;
    "compression.zstd.level" Int, Some("3"), Between(-131_072, 22), Honoured;
    "config.providers" List, Some(""), Any, Refused;
    "connection.failed.authentication.delay.ms" Int, Some("100"), AtLeast(0), NoEffect;
    "connections.max.idle.ms" Long, Some("600000"), Any, Honoured;
    "connections.max.reauth.ms" Long, Some("0"), Any, NoEffect;
    "controlled.shutdown.enable" Boolean, Some("true"), Any, NoEffect;
    "controller.listener.names" List, None, Any, Honoured;
    "controller.quorum.append.linger.ms" Int, Some("25"), AtLeast(0), NoEffect;
    "controller.quorum.auto.join.enable" Boolean, Some("false"), Any, NoEffect;
    "controller.quorum.bootstrap.servers" List, Some(""), Any, NoEffect;
    "controller.quorum.election.backoff.max.ms" Int, Some("1000"), AtLeast(0), NoEffect;
    "controller.quorum.election.timeout.ms" Int, Some("1000"), AtLeast(0), NoEffect;
    "controller.quorum.fetch.max.bytes" Int, Some("1048576"), AtLeast(1), NoEffect;
    "controller.quorum.fetch.snapshot.max.bytes" Int, Some("1048576"), AtLeast(1), NoEffect;
    "controller.quorum.fetch.timeout.ms" Int, Some("2000"), AtLeast(0), NoEffect;
    "controller.quorum.request.timeout.ms" Int, Some("2000"), AtLeast(0), NoEffect;
    "controller.quorum.retry.backoff.ms" Int, Some("20"), AtLeast(0), NoEffect;
    "controller.quorum.voters" List, Some(""), Any, Honoured;
    "controller.quota.window.num" Int, Some("11"), AtLeast(1), NoEffect;
    "controller.quota.window.size.seconds" Int, Some("1"), AtLeast(1), NoEffect;
    "controller.socket.timeout.ms" Int, Some("30000"), Any, NoEffect;
    "cordoned.log.dirs" List, Some(""), Any, Refused;
    "create.topic.policy.class.name" Class, None, Any, Refused;
    "default.replication.factor" Int, Some("1"), Any, Honoured;
    "delegation.token.expiry.check.interval.ms" Long, Some("3600000"), AtLeast(1), NoEffect;
    "delegation.token.expiry.time.ms" Long, Some("86400000"), AtLeast(1), NoEffect;
    "delegation.token.max.lifetime.ms" Long, Some("604800000"), AtLeast(1), NoEffect;
    "delegation.token.secret.key" Password, None, Any, NoEffect;
    "delete.records.purgatory.purge.interval.requests" Int, Some("1"), Any, NoEffect;
    "delete.topic.enable" Boolean, Some("true"), Any, Honoured;
    "early.start.listeners" List, None, Any, NoEffect;
    "fetch.max.bytes" Int, Some("57671680"), AtLeast(1_024), Honoured;
    "fetch.purgatory.purge.interval.requests" Int, Some("1000"), Any, NoEffect;
    "follower.fetch.last.tiered.offset.enable" Boolean, Some("false"), Any, NoEffect;
    "group.consumer.assignment.interval.ms" Int, Some("1000"), AtLeast(0), NoEffect;
    "group.consumer.assignors" List, Some("uniform,range"), Any, NoEffect;
    "group.consumer.heartbeat.interval.ms" Int, Some("5000"), AtLeast(1), NoEffect;
    "group.consumer.max.assignment.interval.ms" Int, Some("15000"), AtLeast(0), NoEffect;
    "group.consumer.max.heartbeat.interval.ms" Int, Some("15000"), AtLeast(1), NoEffect;
    "group.consumer.max.session.timeout.ms" Int, Some("60000"), AtLeast(1), NoEffect;
    "group.consumer.max.size" Int, Some("2147483647"), AtLeast(1), NoEffect;
    "group.consumer.migration.policy" String,
        Some("bidirectional"), OneOfAnyCase(&["DISABLED", "DOWNGRADE", "UPGRADE", "BIDIRECTIONAL"]), NoEffect;
    "group.consumer.min.assignment.interval.ms" Int, Some("0"), AtLeast(0), NoEffect;
    "group.consumer.min.heartbeat.interval.ms" Int, Some("5000"), AtLeast(1), NoEffect;
    "group.consumer.min.session.timeout.ms" Int, Some("45000"), AtLeast(1), NoEffect;
    "group.consumer.session.timeout.ms" Int, Some("45000"), AtLeast(1), NoEffect;
    "group.coordinator.append.linger.ms" Int, Some("-1"), AtLeast(-1), NoEffect;
    "group.coordinator.background.threads" Int, Some("2"), AtLeast(1), NoEffect;
    "group.coordinator.cached.buffer.max.bytes" Int, Some("1048588"), AtLeast(524_288), NoEffect;
    "group.coordinator.rebalance.protocols" List,
        Some("classic,consumer,streams"), EachOf(&["consumer", "classic", "share", "streams"]), NoEffect;
    "group.coordinator.threads" Int, Some("4"), AtLeast(1), NoEffect;
    "group.initial.rebalance.delay.ms" Int, Some("3000"), Any, Honoured;
    "group.max.session.timeout.ms" Int, Some("1800000"), Any, Honoured;
    "group.max.size" Int, Some("2147483647"), AtLeast(1), Honoured;
    "group.min.session.timeout.ms" Int, Some("6000"), Any, Honoured;
    "group.share.assignment.interval.ms" Int, Some("1000"), AtLeast(0), NoEffect;
    "group.share.assignors" List, Some("simple"), Any, NoEffect;
    "group.share.delivery.count.limit" Int, Some("5"), Between(2, 10), NoEffect;
    "group.share.heartbeat.interval.ms" Int, Some("5000"), AtLeast(1), NoEffect;
    "group.share.max.assignment.interval.ms" Int, Some("15000"), AtLeast(0), NoEffect;
    "group.share.max.delivery.count.limit" Int, Some("10"), Between(5, 25), NoEffect;
    "group.share.max.heartbeat.interval.ms" Int, Some("15000"), AtLeast(1), NoEffect;
    "group.share.max.partition.max.record.locks" Int, Some("4000"), Between(2_000, 10_000), NoEffect;
    "group.share.max.record.lock.duration.ms" Int, Some("60000"), Between(30_000, 3_600_000), NoEffect;
    "group.share.max.session.timeout.ms" Int, Some("60000"), AtLeast(1), NoEffect;
    "group.share.max.share.sessions" Int, Some("2000"), AtLeast(1), NoEffect;
    "group.share.max.size" Int, Some("200"), Between(1, 1_000), NoEffect;
    "group.share.min.assignment.interval.ms" Int, Some("0"), AtLeast(0), NoEffect;
    "group.share.min.delivery.count.limit" Int, Some("2"), Between(2, 5), NoEffect;
    "group.share.min.heartbeat.interval.ms" Int, Some("5000"), AtLeast(1), NoEffect;
    "group.share.min.partition.max.record.locks" Int, Some("100"), Between(100, 2_000), NoEffect;
    "group.share.min.record.lock.duration.ms" Int, Some("15000"), Between(1_000, 30_000), NoEffect;
    "group.share.min.session.timeout.ms" Int, Some("45000"), AtLeast(1), NoEffect;
    "group.share.partition.max.record.locks" Int, Some("2000"), Between(100, 10_000), NoEffect;
    "group.share.record.lock.duration.ms" Int, Some("30000"), Between(1_000, 3_600_000), NoEffect;
    "group.share.session.timeout.ms" Int, Some("45000"), AtLeast(1), NoEffect;
    "group.streams.assignment.interval.ms" Int, Some("1000"), AtLeast(0), NoEffect;
    "group.streams.heartbeat.interval.ms" Int, Some("5000"), AtLeast(1), NoEffect;
    "group.streams.initial.rebalance.delay.ms" Int, Some("3000"), AtLeast(0), NoEffect;
    "group.streams.max.assignment.interval.ms" Int, Some("15000"), AtLeast(0), NoEffect;
    "group.streams.max.heartbeat.interval.ms" Int, Some("15000"), AtLeast(1), NoEffect;
    "group.streams.max.session.timeout.ms" Int, Some("60000"), AtLeast(1), NoEffect;
    "group.streams.max.size" Int, Some("2147483647"), AtLeast(1), NoEffect;
    "group.streams.max.standby.replicas" Int, Some("2"), AtLeast(0), NoEffect;
    "group.streams.min.assignment.interval.ms" Int, Some("0"), AtLeast(0), NoEffect;
    "group.streams.min.heartbeat.interval.ms" Int, Some("5000"), AtLeast(1), NoEffect;
    "group.streams.min.session.timeout.ms" Int, Some("45000"), AtLeast(1), NoEffect;
    "group.streams.num.standby.replicas" Int, Some("0"), AtLeast(0), NoEffect;
    "group.streams.session.timeout.ms" Int, Some("45000"), AtLeast(1), NoEffect;
    "initial.broker.registration.timeout.ms" Int, Some("60000"), Any, NoEffect;
    "inter.broker.listener.name" String, None, Any, Honoured;
    "kafka.metrics.polling.interval.secs" Int, Some("10"), AtLeast(1), NoEffect;
    "kafka.metrics.reporters" List, Some(""), Any, NoEffect;
    "leader.imbalance.check.interval.seconds" Long, Some("300"), AtLeast(1), NoEffect;
    "listener.security.protocol.map" String,
        Some("SASL_SSL:SASL_SSL,PLAINTEXT:PLAINTEXT,SSL:SSL,SASL_PLAINTEXT:SASL_PLAINTEXT"), Any, Honoured;
    "listeners" List, Some("PLAINTEXT://:9092"), Any, Honoured;
    "log.cleaner.backoff.ms" Long, Some("15000"), AtLeast(0), NoEffect;
    "log.cleaner.dedupe.buffer.size" Long, Some("134217728"), Any, NoEffect;
    "log.cleaner.delete.retention.ms" Long, Some("86400000"), AtLeast(0), Honoured;
    "log.cleaner.enable" Boolean, Some("true"), Any, NoEffect;
    "log.cleaner.io.buffer.load.factor" Double, Some("0.9"), Any, NoEffect;
    "log.cleaner.io.buffer.size" Int, Some("524288"), AtLeast(0), NoEffect;
    "log.cleaner.io.max.bytes.per.second" Double, Some("1.7976931348623157E308"), Any, NoEffect;
    "log.cleaner.max.compaction.lag.ms" Long, Some("9223372036854775807"), AtLeast(1), Honoured;
    "log.cleaner.min.cleanable.ratio" Double, Some("0.5"), Between(0, 1), Honoured;
    "log.cleaner.min.compaction.lag.ms" Long, Some("0"), AtLeast(0), Honoured;
    "log.cleaner.threads" Int, Some("1"), AtLeast(0), NoEffect;
    "log.cleanup.policy" List, Some("delete"), EachOf(&["compact", "delete"]), Honoured;
    "log.dir" List, Some("/tmp/kafka-logs"), Any, Honoured;
    "log.dir.failure.timeout.ms" Long, Some("30000"), AtLeast(1), NoEffect;
    "log.dirs" List, None, Any, Honoured;
    "log.flush.interval.messages" Long, Some("9223372036854775807"), AtLeast(1), Honoured;
    "log.flush.interval.ms" Long, None, Any, Honoured;
    "log.flush.offset.checkpoint.interval.ms" Int, Some("60000"), AtLeast(0), Honoured;
    "log.flush.scheduler.interval.ms" Long, Some("9223372036854775807"), Any, Honoured;
    "log.flush.start.offset.checkpoint.interval.ms" Int, Some("60000"), AtLeast(0), Honoured;
    "log.index.interval.bytes" Int, Some("4096"), AtLeast(0), Honoured;
    "log.index.size.max.bytes" Int, Some("10485760"), AtLeast(4), Honoured;
    "log.initial.task.delay.ms" Long, Some("30000"), AtLeast(0), Honoured;
    "log.local.retention.bytes" Long, Some("-2"), AtLeast(-2), Honoured;
    "log.local.retention.ms" Long, Some("-2"), AtLeast(-2), Honoured;
    "log.message.timestamp.after.max.ms" Long, Some("3600000"), AtLeast(0), Honoured;
    "log.message.timestamp.before.max.ms" Long, Some("9223372036854775807"), AtLeast(0), Honoured;
    "log.message.timestamp.type" String, Some("CreateTime"), OneOf(&["CreateTime", "LogAppendTime"]), Honoured;
    "log.preallocate" Boolean, Some("false"), Any, Honoured;
    "log.retention.bytes" Long, Some("-1"), Any, Honoured;
    "log.retention.check.interval.ms" Long, Some("300000"), AtLeast(1), Honoured;
    "log.retention.hours" Int, Some("168"), Any, Honoured;
    "log.retention.minutes" Int, None, Any, Honoured;
    "log.retention.ms" Long, None, Any, Honoured;
    "log.roll.hours" Int, Some("168"), AtLeast(1), Honoured;
    "log.roll.jitter.hours" Int, Some("0"), AtLeast(0), Honoured;
    "log.roll.jitter.ms" Long, None, Any, Honoured;
    "log.roll.ms" Long, None, Any, Honoured;
    "log.segment.bytes" Int, Some("1073741824"), AtLeast(1_048_576), Honoured;
    "log.segment.delete.delay.ms" Long, Some("60000"), AtLeast(0), Honoured;
    "max.connection.creation.rate" Int, Some("2147483647"), AtLeast(0), NoEffect;
    "max.connections" Int, Some("2147483647"), AtLeast(0), Honoured;
    "max.connections.per.ip" Int, Some("2147483647"), AtLeast(0), Honoured;
    "max.connections.per.ip.overrides" String, Some(""), Any, NoEffect;
    "max.incremental.fetch.session.cache.slots" Int, Some("1000"), AtLeast(0), Honoured;
    "max.request.partition.size.limit" Int, Some("2000"), AtLeast(1), Honoured;
    "message.max.bytes" Int, Some("1048588"), AtLeast(0), Honoured;
    "metadata.log.dir" String, None, Any, Honoured;
    "metadata.log.max.record.bytes.between.snapshots" Long, Some("20971520"), AtLeast(1), NoEffect;
    "metadata.log.max.snapshot.interval.ms" Long, Some("3600000"), AtLeast(0), NoEffect;
    "metadata.log.segment.bytes" Int, Some("1073741824"), AtLeast(8_388_608), NoEffect;
    "metadata.log.segment.ms" Long, Some("604800000"), Any, NoEffect;
    "metadata.max.idle.interval.ms" Int, Some("500"), AtLeast(0), NoEffect;
    "metadata.max.retention.bytes" Long, Some("104857600"), Any, NoEffect;
    "metadata.max.retention.ms" Long, Some("604800000"), Any, NoEffect;
    "metric.reporters" List, Some("org.apache.kafka.common.metrics.JmxReporter"), Any, NoEffect;
    "metrics.num.samples" Int, Some("2"), AtLeast(1), NoEffect;
    "metrics.recording.level" String, Some("INFO"), Any, NoEffect;
    "metrics.sample.window.ms" Long, Some("30000"), AtLeast(1), NoEffect;
    "min.insync.replicas" Int, Some("1"), AtLeast(1), Honoured;
    "node.id" Int, None, AtLeast(0), Honoured;
    "num.io.threads" Int, Some("8"), AtLeast(1), NoEffect;
    "num.network.threads" Int, Some("3"), AtLeast(1), NoEffect;
    "num.partitions" Int, Some("1"), AtLeast(1), Honoured;
    "num.recovery.threads.per.data.dir" Int, Some("2"), AtLeast(1), Honoured;
    "num.replica.alter.log.dirs.threads" Int, None, Any, NoEffect;
    "num.replica.fetchers" Int, Some("1"), AtLeast(1), NoEffect;
    "offset.metadata.max.bytes" Int, Some("4096"), Any, Honoured;
    "offsets.commit.timeout.ms" Int, Some("5000"), AtLeast(1), NoEffect;
    "offsets.load.buffer.size" Int, Some("5242880"), AtLeast(1), NoEffect;
    "offsets.retention.check.interval.ms" Long, Some("600000"), AtLeast(1), Honoured;
    "offsets.retention.minutes" Int, Some("10080"), AtLeast(1), Honoured;
    "offsets.topic.compression.codec" Int, Some("0"), Any, Honoured;
    "offsets.topic.num.partitions" Int, Some("50"), AtLeast(1), Honoured;
    "offsets.topic.replication.factor" Short, Some("3"), AtLeast(1), Honoured;
    "offsets.topic.segment.bytes" Int, Some("104857600"), AtLeast(1), Honoured;
    "principal.builder.class" Class,
        Some("org.apache.kafka.common.security.authenticator.DefaultKafkaPrincipalBuilder"), Any, NoEffect;
    "process.roles" List, None, EachOf(&["broker", "controller"]), Honoured;
    "producer.id.expiration.check.interval.ms" Int, Some("600000"), AtLeast(1), Honoured;
    "producer.id.expiration.ms" Int, Some("86400000"), AtLeast(1), Honoured;
    "producer.purgatory.purge.interval.requests" Int, Some("1000"), Any, NoEffect;
    "queued.max.request.bytes" Long, Some("-1"), Any, Honoured;
    "queued.max.requests" Int, Some("500"), AtLeast(1), NoEffect;
    "quota.window.num" Int, Some("11"), AtLeast(1), NoEffect;
    "quota.window.size.seconds" Int, Some("1"), AtLeast(1), NoEffect;
    "remote.fetch.max.wait.ms" Int, Some("500"), AtLeast(1), NoEffect;
    "remote.list.offsets.request.timeout.ms" Long, Some("30000"), AtLeast(1), NoEffect;
    "remote.log.index.file.cache.total.size.bytes" Long, Some("1073741824"), AtLeast(1), NoEffect;
    "remote.log.manager.copier.thread.pool.size" Int, Some("10"), AtLeast(1), NoEffect;
    "remote.log.manager.copy.max.bytes.per.second" Long, Some("9223372036854775807"), AtLeast(1), NoEffect;
    "remote.log.manager.copy.quota.window.num" Int, Some("11"), AtLeast(1), NoEffect;
    "remote.log.manager.copy.quota.window.size.seconds" Int, Some("1"), AtLeast(1), NoEffect;
    "remote.log.manager.expiration.thread.pool.size" Int, Some("10"), AtLeast(1), NoEffect;
    "remote.log.manager.fetch.max.bytes.per.second" Long, Some("9223372036854775807"), AtLeast(1), NoEffect;
    "remote.log.manager.fetch.quota.window.num" Int, Some("11"), AtLeast(1), NoEffect;
    "remote.log.manager.fetch.quota.window.size.seconds" Int, Some("1"), AtLeast(1), NoEffect;
    "remote.log.manager.follower.thread.pool.size" Int, Some("2"), AtLeast(1), NoEffect;
    "remote.log.manager.task.interval.ms" Long, Some("30000"), AtLeast(1), NoEffect;
    "remote.log.manager.thread.pool.size" Int, Some("2"), AtLeast(1), NoEffect;
    "remote.log.metadata.custom.metadata.max.bytes" Int, Some("128"), AtLeast(0), NoEffect;
    "remote.log.metadata.manager.class.name" String,
        Some("org.apache.kafka.server.log.remote.metadata.storage.TopicBasedRemoteLogMetadataManager"), Any, NoEffect;
    "remote.log.metadata.manager.class.path" String, None, Any, NoEffect;
    "remote.log.metadata.manager.impl.prefix" String, Some("rlmm.config."), Any, NoEffect;
    "remote.log.metadata.manager.listener.name" String, None, Any, NoEffect;
    "remote.log.reader.max.pending.tasks" Int, Some("100"), AtLeast(1), NoEffect;
    "remote.log.reader.threads" Int, Some("10"), AtLeast(1), NoEffect;
    "remote.log.storage.manager.class.name" String, None, Any, NoEffect;
    "remote.log.storage.manager.class.path" String, None, Any, NoEffect;
    "remote.log.storage.manager.impl.prefix" String, Some("rsm.config."), Any, NoEffect;
    "remote.log.storage.system.enable" Boolean, Some("false"), Any, Refused;
    "replica.fetch.backoff.ms" Int, Some("1000"), AtLeast(0), NoEffect;
    "replica.fetch.max.bytes" Int, Some("1048576"), AtLeast(0), NoEffect;
    "replica.fetch.min.bytes" Int, Some("1"), Any, NoEffect;
    "replica.fetch.response.max.bytes" Int, Some("10485760"), AtLeast(0), NoEffect;
    "replica.fetch.wait.max.ms" Int, Some("500"), Any, NoEffect;
    "replica.high.watermark.checkpoint.interval.ms" Long, Some("5000"), Any, Honoured;
    "replica.lag.time.max.ms" Long, Some("30000"), Any, NoEffect;
    "replica.selector.class" String, None, Any, NoEffect;
    "replica.socket.receive.buffer.bytes" Int, Some("65536"), Any, NoEffect;
    "replica.socket.timeout.ms" Int, Some("30000"), Any, NoEffect;
    "replication.quota.window.num" Int, Some("11"), AtLeast(1), NoEffect;
    "replication.quota.window.size.seconds" Int, Some("1"), AtLeast(1), NoEffect;
    "request.timeout.ms" Int, Some("30000"), Any, Honoured;
    "sasl.client.callback.handler.class" Class, None, Any, NoEffect;
    "sasl.enabled.mechanisms" List, Some("GSSAPI"), Any, NoEffect;
    "sasl.jaas.config" Password, None, Any, NoEffect;
    "sasl.kerberos.kinit.cmd" String, Some("/usr/bin/kinit"), Any, NoEffect;
    "sasl.kerberos.min.time.before.relogin" Long, Some("60000"), Any, NoEffect;
    "sasl.kerberos.principal.to.local.rules" List, Some("DEFAULT"), Any, NoEffect;
    "sasl.kerberos.service.name" String, None, Any, NoEffect;
    "sasl.kerberos.ticket.renew.jitter" Double, Some("0.05"), Any, NoEffect;
    "sasl.kerberos.ticket.renew.window.factor" Double, Some("0.8"), Any, NoEffect;
    "sasl.login.callback.handler.class" Class, None, Any, NoEffect;
    "sasl.login.class" Class, None, Any, NoEffect;
    "sasl.login.connect.timeout.ms" Int, None, Any, NoEffect;
    "sasl.login.read.timeout.ms" Int, None, Any, NoEffect;
    "sasl.login.refresh.buffer.seconds" Short, Some("300"), Any, NoEffect;
    "sasl.login.refresh.min.period.seconds" Short, Some("60"), Any, NoEffect;
    "sasl.login.refresh.window.factor" Double, Some("0.8"), Any, NoEffect;
    "sasl.login.refresh.window.jitter" Double, Some("0.05"), Any, NoEffect;
    "sasl.login.retry.backoff.max.ms" Long, Some("10000"), Any, NoEffect;
    "sasl.login.retry.backoff.ms" Long, Some("100"), Any, NoEffect;
    "sasl.mechanism.controller.protocol" String, Some("GSSAPI"), Any, NoEffect;
    "sasl.mechanism.inter.broker.protocol" String, Some("GSSAPI"), Any, NoEffect;
    "sasl.oauthbearer.assertion.algorithm" String, Some("RS256"), OneOfAnyCase(&["ES256", "RS256"]), NoEffect;
    "sasl.oauthbearer.assertion.claim.aud" String, None, Any, NoEffect;
    "sasl.oauthbearer.assertion.claim.exp.seconds" Int, Some("300"), Between(0, 86_400), NoEffect;
    "sasl.oauthbearer.assertion.claim.iss" String, None, Any, NoEffect;
    "sasl.oauthbearer.assertion.claim.jti.include" Boolean, Some("false"), Any, NoEffect;
    "sasl.oauthbearer.assertion.claim.nbf.seconds" Int, Some("60"), Between(0, 3_600), NoEffect;
    "sasl.oauthbearer.assertion.claim.sub" String, None, Any, NoEffect;
    "sasl.oauthbearer.assertion.file" String, None, Any, NoEffect;
    "sasl.oauthbearer.assertion.private.key.file" String, None, Any, NoEffect;
    "sasl.oauthbearer.assertion.private.key.passphrase" Password, None, Any, NoEffect;
    "sasl.oauthbearer.assertion.template.file" String, None, Any, NoEffect;
    "sasl.oauthbearer.client.credentials.client.id" String, None, Any, NoEffect;
    "sasl.oauthbearer.client.credentials.client.secret" Password, None, Any, NoEffect;
    "sasl.oauthbearer.clock.skew.seconds" Int, Some("30"), Any, NoEffect;
    "sasl.oauthbearer.expected.audience" List, Some(""), Any, NoEffect;
    "sasl.oauthbearer.expected.issuer" String, None, Any, NoEffect;
    "sasl.oauthbearer.jwks.endpoint.refresh.ms" Long, Some("3600000"), Any, NoEffect;
    "sasl.oauthbearer.jwks.endpoint.retry.backoff.max.ms" Long, Some("10000"), Any, NoEffect;
    "sasl.oauthbearer.jwks.endpoint.retry.backoff.ms" Long, Some("100"), Any, NoEffect;
    "sasl.oauthbearer.jwks.endpoint.url" String, None, Any, NoEffect;
    "sasl.oauthbearer.jwt.retriever.class" Class,
        Some("org.apache.kafka.common.security.oauthbearer.DefaultJwtRetriever"), Any, NoEffect;
    "sasl.oauthbearer.jwt.validator.class" Class,
        Some("org.apache.kafka.common.security.oauthbearer.DefaultJwtValidator"), Any, NoEffect;
    "sasl.oauthbearer.scope" String, None, Any, NoEffect;
    "sasl.oauthbearer.scope.claim.name" String, Some("scope"), Any, NoEffect;
    "sasl.oauthbearer.sub.claim.name" String, Some("sub"), Any, NoEffect;
    "sasl.oauthbearer.token.endpoint.url" String, None, Any, NoEffect;
    "sasl.server.callback.handler.class" Class, None, Any, NoEffect;
    "sasl.server.max.receive.size" Int, Some("524288"), Any, NoEffect;
    "security.inter.broker.protocol" String,
        Some("PLAINTEXT"), OneOf(&["PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL"]), NoEffect;
    "security.providers" String, None, Any, NoEffect;
    "share.coordinator.append.linger.ms" Int, Some("-1"), AtLeast(-1), NoEffect;
    "share.coordinator.cached.buffer.max.bytes" Int, Some("1048588"), AtLeast(524_288), NoEffect;
    "share.coordinator.load.buffer.size" Int, Some("5242880"), AtLeast(1), NoEffect;
    "share.coordinator.snapshot.update.records.per.snapshot" Int, Some("500"), Between(0, 500), NoEffect;
    "share.coordinator.state.topic.compression.codec" Int, Some("0"), Any, NoEffect;
    "share.coordinator.state.topic.min.isr" Short, Some("2"), AtLeast(1), NoEffect;
    "share.coordinator.state.topic.num.partitions" Int, Some("50"), AtLeast(1), NoEffect;
    "share.coordinator.state.topic.replication.factor" Short, Some("3"), AtLeast(1), NoEffect;
    "share.coordinator.state.topic.segment.bytes" Int, Some("104857600"), AtLeast(1), NoEffect;
    "share.coordinator.threads" Int, Some("1"), AtLeast(1), NoEffect;
    "share.coordinator.write.timeout.ms" Int, Some("5000"), AtLeast(1), NoEffect;
    "share.fetch.purgatory.purge.interval.requests" Int, Some("1000"), Any, NoEffect;
    "socket.connection.setup.timeout.max.ms" Long, Some("30000"), Any, NoEffect;
    "socket.connection.setup.timeout.ms" Long, Some("10000"), Any, NoEffect;
    "socket.listen.backlog.size" Int, Some("50"), AtLeast(1), Honoured;
    "socket.receive.buffer.bytes" Int, Some("102400"), Any, Honoured;
    "socket.request.max.bytes" Int, Some("104857600"), AtLeast(1), Honoured;
    "socket.send.buffer.bytes" Int, Some("102400"), Any, Honoured;
    "ssl.allow.dn.changes" Boolean, Some("false"), Any, NoEffect;
    "ssl.allow.san.changes" Boolean, Some("false"), Any, NoEffect;
    "ssl.cipher.suites" List, Some(""), Any, NoEffect;
    "ssl.client.auth" String, Some("none"), OneOf(&["required", "requested", "none"]), NoEffect;
    "ssl.enabled.protocols" List, Some("TLSv1.2,TLSv1.3"), Any, NoEffect;
    "ssl.endpoint.identification.algorithm" String, Some("https"), Any, NoEffect;
    "ssl.engine.factory.class" Class, None, Any, NoEffect;
    "ssl.key.password" Password, None, Any, NoEffect;
    "ssl.keymanager.algorithm" String, Some("SunX509"), Any, NoEffect;
    "ssl.keystore.certificate.chain" Password, None, Any, NoEffect;
    "ssl.keystore.key" Password, None, Any, NoEffect;
    "ssl.keystore.location" String, None, Any, NoEffect;
    "ssl.keystore.password" Password, None, Any, NoEffect;
    "ssl.keystore.type" String, Some("JKS"), Any, NoEffect;
    "ssl.principal.mapping.rules" String, Some("DEFAULT"), Any, NoEffect;
    "ssl.protocol" String, Some("TLSv1.3"), Any, NoEffect;
    "ssl.provider" String, None, Any, NoEffect;
    "ssl.secure.random.implementation" String, None, Any, NoEffect;
    "ssl.trustmanager.algorithm" String, Some("PKIX"), Any, NoEffect;
    "ssl.truststore.certificates" Password, None, Any, NoEffect;
    "ssl.truststore.location" String, None, Any, NoEffect;
    "ssl.truststore.password" Password, None, Any, NoEffect;
    "ssl.truststore.type" String, Some("JKS"), Any, NoEffect;
    "telemetry.max.bytes" Int, Some("1048576"), AtLeast(1), NoEffect;
    "transaction.abort.timed.out.transaction.cleanup.interval.ms" Int, Some("10000"), AtLeast(1), NoEffect;
    "transaction.max.timeout.ms" Int, Some("900000"), AtLeast(1), NoEffect;
    "transaction.partition.verification.enable" Boolean, Some("true"), Any, NoEffect;
    "transaction.remove.expired.transaction.cleanup.interval.ms" Int, Some("3600000"), AtLeast(1), NoEffect;
    "transaction.state.log.load.buffer.size" Int, Some("5242880"), AtLeast(1), NoEffect;
    "transaction.state.log.min.isr" Int, Some("2"), AtLeast(1), NoEffect;
    "transaction.state.log.num.partitions" Int, Some("50"), AtLeast(1), NoEffect;
    "transaction.state.log.replication.factor" Short, Some("3"), AtLeast(1), NoEffect;
    "transaction.state.log.segment.bytes" Int, Some("104857600"), AtLeast(1), NoEffect;
    "transaction.two.phase.commit.enable" Boolean, Some("false"), Any, Refused;
    "transactional.id.expiration.ms" Int, Some("604800000"), AtLeast(1), NoEffect;
    "unclean.leader.election.enable" Boolean, Some("false"), Any, Honoured;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_sorted_so_that_it_can_be_searched() {
        assert!(KEYS.is_sorted_by_key(|key| key.key.name));
        assert!(DYNAMIC.is_sorted());
        assert_eq!(key("num.partitions").unwrap().key.default, Some("1"));
        assert!(key("zookeeper.connect").is_none());
    }

    #[test]
    fn what_topics_fall_back_on_or_nothing_reads_is_dynamic_and_no_more() {
        let topic_keys = crate::protocol::config::topic::KEYS.iter();
        let falls_back = |name: &str| {
            topic_keys
                .clone()
                .flat_map(|key| key.synonyms)
                .any(|other| other.name == name)
        };
        for name in DYNAMIC {
            assert!(
                falls_back(name) || key(name).unwrap().r#use == Use::NoEffect,
                "{name}"
            );
        }
        assert!(is_dynamic("log.retention.ms") && !is_dynamic("num.partitions"));
    }

    #[test]
    fn every_default_is_a_value_that_its_key_allows() {
        for key in KEYS {
            if let Some(default) = key.key.default {
                key.key.parse(default).unwrap();
            }
        }
    }
}
