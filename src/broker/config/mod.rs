//! The broker's configuration: every server key, read from the properties it was started with.
//!
//! Keys that topics fall back on (`log.retention.ms` …) stay in [`BrokerConfig::given`], from where
//! [`crate::broker::metadata`] resolves them together with what was set at run time.

pub mod keys;
mod listeners;
mod settings;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

pub use listeners::{HostPort, Listener};

use crate::protocol::config::{InvalidConfig, elements};
use keys::Use;
use settings::Settings;

/// What a broker started without a file is set to, where one node alone is better off than with Kafka's defaults.
pub const DEVELOPMENT: &[(&str, &str)] = &[
    ("node.id", "1"),
    ("process.roles", "broker,controller"),
    ("group.initial.rebalance.delay.ms", "0"),
    ("offsets.topic.replication.factor", "1"),
];

/// How this broker is set up. Field names are those of the keys.
#[derive(Debug, Clone, PartialEq)]
pub struct BrokerConfig {
    /// `node.id`, or `broker.id`; 1 where neither is given.
    pub node_id: i32,
    /// `broker.rack`
    pub rack: Option<String>,
    /// `listeners` and `advertised.listeners`, without the controller's.
    pub listeners: Vec<Listener>,
    /// `log.dirs`, or `log.dir`: where partitions are kept; at least one.
    pub log_dirs: Vec<PathBuf>,
    /// `metadata.log.dir`: where `__cluster_metadata` is kept; the first of `log_dirs` where it is not given.
    pub metadata_log_dir: PathBuf,
    /// `num.recovery.threads.per.data.dir`
    pub num_recovery_threads_per_data_dir: usize,
    /// `num.partitions`
    pub num_partitions: i32,
    /// `default.replication.factor`
    pub default_replication_factor: i16,
    /// `auto.create.topics.enable`
    pub auto_create_topics_enable: bool,
    /// `delete.topic.enable`
    pub delete_topic_enable: bool,
    /// `fetch.max.bytes`
    pub fetch_max_bytes: usize,
    /// `max.incremental.fetch.session.cache.slots`
    pub max_incremental_fetch_session_cache_slots: usize,
    /// `max.request.partition.size.limit`: partitions in one answer to `DescribeTopicPartitions`.
    pub max_request_partition_size_limit: usize,
    /// `request.timeout.ms`
    pub request_timeout: Duration,
    /// Whether fetched records go from file to socket inside the kernel. No key of Kafka's; true unless somebody compares.
    pub zero_copy: bool,
    /// `producer.id.expiration.ms`
    pub producer_id_expiration: Duration,
    /// `producer.id.expiration.check.interval.ms`
    pub producer_id_expiration_check_interval: Duration,
    /// Connections and requests.
    pub sockets: Sockets,
    /// What runs now and then.
    pub intervals: Intervals,
    /// Limits of consumer groups.
    pub groups: Groups,
    /// `__consumer_offsets`.
    pub offsets_topic: OffsetsTopic,
    /// Every known key that was given, as text.
    pub given: BTreeMap<String, String>,
    /// What the person who wrote the properties should be told.
    pub notices: Notices,
}

/// Limits of connections and of what comes in through them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sockets {
    /// `socket.request.max.bytes`: the largest frame.
    pub request_max_bytes: usize,
    /// `queued.max.request.bytes`: bytes of requests in memory at once; `None` for no limit.
    pub queued_max_request_bytes: Option<usize>,
    /// `socket.listen.backlog.size`
    pub listen_backlog: i32,
    /// `socket.send.buffer.bytes`; `None` for what the system prefers.
    pub send_buffer_bytes: Option<usize>,
    /// `socket.receive.buffer.bytes`; `None` for what the system prefers.
    pub receive_buffer_bytes: Option<usize>,
    /// `max.connections`
    pub max_connections: usize,
    /// `max.connections.per.ip`
    pub max_connections_per_ip: usize,
    /// `connections.max.idle.ms`; `None` for ever.
    pub max_idle: Option<Duration>,
}

/// How often background work is done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Intervals {
    /// `log.retention.check.interval.ms`
    pub retention_check: Duration,
    /// `log.initial.task.delay.ms`
    pub initial_task_delay: Duration,
    /// `log.flush.scheduler.interval.ms`
    pub flush_scheduler: Duration,
    /// `log.flush.offset.checkpoint.interval.ms`
    pub recovery_point_checkpoint: Duration,
    /// `log.flush.start.offset.checkpoint.interval.ms`
    pub log_start_offset_checkpoint: Duration,
    /// `replica.high.watermark.checkpoint.interval.ms`
    pub high_watermark_checkpoint: Duration,
}

/// Limits of classic groups and of committed offsets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Groups {
    /// `group.min.session.timeout.ms`
    pub min_session_timeout: Duration,
    /// `group.max.session.timeout.ms`
    pub max_session_timeout: Duration,
    /// `group.initial.rebalance.delay.ms`
    pub initial_rebalance_delay: Duration,
    /// `group.max.size`: members of one group.
    pub max_size: usize,
    /// `offset.metadata.max.bytes`
    pub offset_metadata_max_bytes: usize,
    /// `offsets.retention.minutes`
    pub offsets_retention: Duration,
    /// `offsets.retention.check.interval.ms`
    pub offsets_retention_check_interval: Duration,
}

/// How `__consumer_offsets` is created.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OffsetsTopic {
    /// `offsets.topic.num.partitions`
    pub num_partitions: i32,
    /// `offsets.topic.replication.factor`
    pub replication_factor: i16,
    /// `offsets.topic.segment.bytes`
    pub segment_bytes: i32,
    /// `offsets.topic.compression.codec`: the number of a codec, 0 for none.
    pub compression_codec: i32,
}

/// Keys that were given in vain.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Notices {
    /// Keys of Kafka that change nothing here, and were given another value than the default.
    pub without_effect: Vec<String>,
    /// Keys that no broker has.
    pub unknown: Vec<String>,
}

impl BrokerConfig {
    /// Reads `properties`; [`DEVELOPMENT`] is not implied.
    ///
    /// # Errors
    /// The first bad value, or one that asks for something this broker cannot do.
    pub fn from_properties<'p>(
        properties: impl IntoIterator<Item = (&'p str, &'p str)>,
    ) -> Result<Self, InvalidConfig> {
        let mut notices = Notices::default();
        let mut given = BTreeMap::new();
        for (name, value) in properties {
            match keys::key(name) {
                Some(key) => {
                    let is_default = key
                        .key
                        .default
                        .is_some_and(|default| default == value.trim());
                    if key.r#use == Use::NoEffect && !is_default {
                        notices.without_effect.push(name.to_owned());
                    }
                    given.insert(name.to_owned(), value.to_owned());
                }
                None => notices.unknown.push(name.to_owned()),
            }
        }
        let settings = Settings::new(&given);
        settings.check()?;
        check_roles(&settings)?;
        check_retention(&settings)?;
        let log_dirs = log_dirs(&settings)?;
        let config = Self {
            node_id: node_id(&settings)?,
            rack: settings.optional_text("broker.rack")?,
            listeners: listeners::read(&settings)?,
            metadata_log_dir: metadata_log_dir(&settings, &log_dirs)?,
            log_dirs,
            num_recovery_threads_per_data_dir: settings
                .count("num.recovery.threads.per.data.dir")?,
            num_partitions: int(settings.number("num.partitions")?),
            default_replication_factor: short(settings.number("default.replication.factor")?),
            auto_create_topics_enable: settings.flag("auto.create.topics.enable")?,
            delete_topic_enable: settings.flag("delete.topic.enable")?,
            fetch_max_bytes: settings.count("fetch.max.bytes")?,
            max_incremental_fetch_session_cache_slots: settings
                .count("max.incremental.fetch.session.cache.slots")?,
            max_request_partition_size_limit: settings.count("max.request.partition.size.limit")?,
            request_timeout: settings.millis("request.timeout.ms")?,
            zero_copy: true,
            producer_id_expiration: settings.millis("producer.id.expiration.ms")?,
            producer_id_expiration_check_interval: settings
                .millis("producer.id.expiration.check.interval.ms")?,
            sockets: Sockets::read(&settings)?,
            intervals: Intervals::read(&settings)?,
            groups: Groups::read(&settings)?,
            offsets_topic: OffsetsTopic::read(&settings)?,
            given: BTreeMap::new(),
            notices,
        };
        // Each of the two names of the node's id stands for the other.
        let node_id = config.node_id.to_string();
        given.insert("node.id".to_owned(), node_id.clone());
        given.insert("broker.id".to_owned(), node_id);
        Ok(Self { given, ..config })
    }
}

impl Sockets {
    fn read(settings: &Settings<'_>) -> Result<Self, InvalidConfig> {
        Ok(Self {
            request_max_bytes: settings.count("socket.request.max.bytes")?,
            queued_max_request_bytes: settings.limit("queued.max.request.bytes")?,
            listen_backlog: int(settings.number("socket.listen.backlog.size")?),
            send_buffer_bytes: settings.limit("socket.send.buffer.bytes")?,
            receive_buffer_bytes: settings.limit("socket.receive.buffer.bytes")?,
            max_connections: settings.count("max.connections")?,
            max_connections_per_ip: settings.count("max.connections.per.ip")?,
            max_idle: settings
                .limit("connections.max.idle.ms")?
                .map(|_| settings.millis("connections.max.idle.ms"))
                .transpose()?,
        })
    }
}

impl Intervals {
    fn read(settings: &Settings<'_>) -> Result<Self, InvalidConfig> {
        Ok(Self {
            retention_check: settings.millis("log.retention.check.interval.ms")?,
            initial_task_delay: settings.millis("log.initial.task.delay.ms")?,
            flush_scheduler: settings.millis("log.flush.scheduler.interval.ms")?,
            recovery_point_checkpoint: settings
                .millis("log.flush.offset.checkpoint.interval.ms")?,
            log_start_offset_checkpoint: settings
                .millis("log.flush.start.offset.checkpoint.interval.ms")?,
            high_watermark_checkpoint: settings
                .millis("replica.high.watermark.checkpoint.interval.ms")?,
        })
    }
}

impl Groups {
    fn read(settings: &Settings<'_>) -> Result<Self, InvalidConfig> {
        let retention_minutes =
            u64::try_from(settings.number("offsets.retention.minutes")?).unwrap_or_default();
        Ok(Self {
            min_session_timeout: settings.millis("group.min.session.timeout.ms")?,
            max_session_timeout: settings.millis("group.max.session.timeout.ms")?,
            initial_rebalance_delay: settings.millis("group.initial.rebalance.delay.ms")?,
            max_size: settings.count("group.max.size")?,
            offset_metadata_max_bytes: settings.count("offset.metadata.max.bytes")?,
            offsets_retention: Duration::from_secs(retention_minutes.saturating_mul(60)),
            offsets_retention_check_interval: settings
                .millis("offsets.retention.check.interval.ms")?,
        })
    }
}

impl OffsetsTopic {
    fn read(settings: &Settings<'_>) -> Result<Self, InvalidConfig> {
        Ok(Self {
            num_partitions: int(settings.number("offsets.topic.num.partitions")?),
            replication_factor: short(settings.number("offsets.topic.replication.factor")?),
            segment_bytes: int(settings.number("offsets.topic.segment.bytes")?),
            compression_codec: int(settings.number("offsets.topic.compression.codec")?),
        })
    }
}

/// A value whose key is of type INT.
fn int(number: i64) -> i32 {
    i32::try_from(number).unwrap_or(i32::MAX)
}

/// A value that goes into 16 bits wherever it is sent.
fn short(number: i64) -> i16 {
    i16::try_from(number).unwrap_or(i16::MAX)
}

fn node_id(settings: &Settings<'_>) -> Result<i32, InvalidConfig> {
    match (settings.is_given("node.id"), settings.is_given("broker.id")) {
        (true, _) => Ok(int(settings.number("node.id")?)),
        (false, true) => Ok(int(settings.number("broker.id")?.max(0))),
        (false, false) => Ok(1),
    }
}

fn log_dirs(settings: &Settings<'_>) -> Result<Vec<PathBuf>, InvalidConfig> {
    let text = match settings.optional_text("log.dirs")? {
        Some(text) => text,
        None => settings.text("log.dir")?,
    };
    let dirs: Vec<PathBuf> = elements(&text)
        .filter(|dir| !dir.is_empty())
        .map(PathBuf::from)
        .collect();
    if dirs.is_empty() {
        return Err(refuse(
            "log.dirs",
            &text,
            "expected a directory, or several separated by commas",
        ));
    }
    Ok(dirs)
}

fn metadata_log_dir(
    settings: &Settings<'_>,
    log_dirs: &[PathBuf],
) -> Result<PathBuf, InvalidConfig> {
    let given = settings
        .optional_text("metadata.log.dir")?
        .map(PathBuf::from);
    Ok(given
        .or_else(|| log_dirs.first().cloned())
        .unwrap_or_default())
}

/// This node must be all of its cluster: a broker with the only controller in it.
fn check_roles(settings: &Settings<'_>) -> Result<(), InvalidConfig> {
    let roles = settings.text("process.roles")?;
    let lacks = |role| !elements(&roles).any(|other| other == role);
    if !roles.is_empty() && (lacks("broker") || lacks("controller")) {
        let reason = "only nodes that are both are supported yet: expected broker,controller";
        return Err(refuse("process.roles", &roles, reason));
    }
    let voters = settings.text("controller.quorum.voters")?;
    let own = format!("{}@", node_id(settings)?);
    if elements(&voters).any(|voter| !voter.starts_with(&own)) {
        let reason = format!(
            "clusters of several nodes are not supported yet: expected {own}HOST:PORT alone"
        );
        return Err(refuse("controller.quorum.voters", &voters, reason));
    }
    Ok(())
}

/// Time limits of 0 would delete what was just written.
fn check_retention(settings: &Settings<'_>) -> Result<(), InvalidConfig> {
    for name in [
        "log.retention.ms",
        "log.retention.minutes",
        "log.retention.hours",
    ] {
        if settings.is_given(name) && settings.number(name)? == 0 {
            return Err(refuse(name, "0", "expected -1 for no limit, or at least 1"));
        }
    }
    Ok(())
}

fn refuse(name: &str, value: &str, reason: impl Into<String>) -> InvalidConfig {
    InvalidConfig::Value {
        name: name.to_owned(),
        value: value.to_owned(),
        reason: reason.into(),
    }
}

#[cfg(test)]
mod tests;
