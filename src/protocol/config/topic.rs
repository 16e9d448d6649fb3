//! Every topic configuration key (`LogConfig`, `TopicConfig`), and the settings of one topic that they amount to.

use super::{Check, InvalidConfig, Key, Kind, Value};

/// A key that topics have, and where its default comes from.
#[derive(Debug)]
pub struct TopicKey {
    /// The key.
    pub key: Key,
    /// The broker's keys that give the default, most specific first (`ServerTopicConfigSynonyms`).
    pub synonyms: &'static [Synonym],
    /// What it does, in a sentence.
    pub doc: &'static str,
}

/// A key of the broker that gives a topic key its default.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Synonym {
    /// Its name.
    pub name: &'static str,
    /// How many of the topic key's units one of its units is: 3,600,000 where it counts hours.
    pub unit: i64,
}

/// Writes the table; each row is name, type, default, allowed values, broker keys and documentation.
macro_rules! topic_keys {
    ($($name:literal $kind:ident $default:literal $check:expr, [$($synonym:literal $unit:literal),*], $doc:literal)*) => {
        /// Every key, in the order in which Kafka checks them.
        pub static KEYS: &[TopicKey] = &[$(TopicKey {
            key: Key { name: $name, kind: Kind::$kind, default: Some($default), check: $check },
            synonyms: &[$(Synonym { name: $synonym, unit: $unit }),*],
            doc: $doc,
        },)*];
    };
}

const CODECS: &[&str] = &["uncompressed", "zstd", "lz4", "snappy", "gzip", "producer"];

topic_keys! {
    "segment.bytes" Int "1073741824" Check::AtLeast(1_048_576), ["log.segment.bytes" 1],
        "Bytes after which a segment is closed and the next one begun."
    "segment.ms" Long "604800000" Check::AtLeast(1), ["log.roll.ms" 1, "log.roll.hours" 3_600_000],
        "Milliseconds after which a segment is closed though it is not full."
    "segment.jitter.ms" Long "0" Check::AtLeast(0), ["log.roll.jitter.ms" 1, "log.roll.jitter.hours" 3_600_000],
        "At most this many milliseconds are taken off segment.ms at random, so that partitions do not roll together."
    "segment.index.bytes" Int "10485760" Check::AtLeast(4), ["log.index.size.max.bytes" 1],
        "Bytes an index file may have; a full index closes its segment."
    "flush.messages" Long "9223372036854775807" Check::AtLeast(1), ["log.flush.interval.messages" 1],
        "Records after which the log is synced to disk."
    "flush.ms" Long "9223372036854775807" Check::AtLeast(0),
        ["log.flush.interval.ms" 1, "log.flush.scheduler.interval.ms" 1],
        "Milliseconds a record may wait to be synced to disk."
    "retention.bytes" Long "-1" Check::Any, ["log.retention.bytes" 1],
        "Bytes a partition may have before its oldest segments are deleted; -1 for no limit."
    "retention.ms" Long "604800000" Check::AtLeast(-1),
        ["log.retention.ms" 1, "log.retention.minutes" 60_000, "log.retention.hours" 3_600_000],
        "Milliseconds after which segments are deleted; -1 for never."
    "max.message.bytes" Int "1048588" Check::AtLeast(0), ["message.max.bytes" 1],
        "Bytes a record batch may have, after compression."
    "index.interval.bytes" Int "4096" Check::AtLeast(0), ["log.index.interval.bytes" 1],
        "Bytes of log between two entries of the offset index."
    "delete.retention.ms" Long "86400000" Check::AtLeast(0), ["log.cleaner.delete.retention.ms" 1],
        "Milliseconds that tombstones of a compacted topic are kept."
    "min.compaction.lag.ms" Long "0" Check::AtLeast(0), ["log.cleaner.min.compaction.lag.ms" 1],
        "Milliseconds a record stays before it may be compacted."
    "max.compaction.lag.ms" Long "9223372036854775807" Check::AtLeast(1), ["log.cleaner.max.compaction.lag.ms" 1],
        "Milliseconds after which a record must be considered for compaction."
    "file.delete.delay.ms" Long "60000" Check::AtLeast(0), ["log.segment.delete.delay.ms" 1],
        "Milliseconds between renaming a deleted file and removing it."
    "min.cleanable.dirty.ratio" Double "0.5" Check::Between(0, 1), ["log.cleaner.min.cleanable.ratio" 1],
        "Share of the log that must be uncompacted before it is compacted."
    "cleanup.policy" List "delete" Check::EachOf(&["compact", "delete"]), ["log.cleanup.policy" 1],
        "Whether old segments are deleted, compacted to the last value of each key, or both; empty for neither."
    "unclean.leader.election.enable" Boolean "false" Check::Any, ["unclean.leader.election.enable" 1],
        "Whether a replica that lacks records may become leader when no other is left."
    "min.insync.replicas" Int "1" Check::AtLeast(1), ["min.insync.replicas" 1],
        "In-sync replicas that writes with acks=all need."
    "compression.type" String "producer" Check::OneOf(CODECS), ["compression.type" 1],
        "Codec in which batches are kept; producer for the one they came in."
    "compression.gzip.level" Int "-1" Check::MinusOneOrBetween(1, 9), ["compression.gzip.level" 1],
        "Level for compression.type=gzip."
    "compression.lz4.level" Int "9" Check::Between(1, 17), ["compression.lz4.level" 1],
        "Level for compression.type=lz4."
    "compression.zstd.level" Int "3" Check::Between(-131_072, 22), ["compression.zstd.level" 1],
        "Level for compression.type=zstd."
    "preallocate" Boolean "false" Check::Any, ["log.preallocate" 1],
        "Whether the disk space of a segment is allocated when it is begun."
    "message.timestamp.type" String "CreateTime" Check::OneOf(&["CreateTime", "LogAppendTime"]),
        ["log.message.timestamp.type" 1],
        "Whether a record's timestamp is the producer's or the time of the append."
    "message.timestamp.before.max.ms" Long "9223372036854775807" Check::AtLeast(0),
        ["log.message.timestamp.before.max.ms" 1],
        "Milliseconds a producer's timestamp may lie in the past."
    "message.timestamp.after.max.ms" Long "3600000" Check::AtLeast(0), ["log.message.timestamp.after.max.ms" 1],
        "Milliseconds a producer's timestamp may lie in the future."
    "leader.replication.throttled.replicas" List "" Check::ThrottledReplicas, [],
        "Replicas, as partition:broker, whose outgoing replication is throttled; * for all."
    "follower.replication.throttled.replicas" List "" Check::ThrottledReplicas, [],
        "Replicas, as partition:broker, whose incoming replication is throttled; * for all."
    "remote.storage.enable" Boolean "false" Check::Any, [],
        "Whether closed segments move to remote storage."
    "local.retention.ms" Long "-2" Check::AtLeast(-2), ["log.local.retention.ms" 1],
        "Milliseconds that segments stay on local disk; -2 for as long as retention.ms."
    "local.retention.bytes" Long "-2" Check::AtLeast(-2), ["log.local.retention.bytes" 1],
        "Bytes of a partition that stay on local disk; -2 for as many as retention.bytes."
    "remote.log.copy.disable" Boolean "false" Check::Any, [],
        "Whether no more segments are copied to remote storage."
    "remote.log.delete.on.disable" Boolean "false" Check::Any, [],
        "Whether remote segments are deleted when remote storage is turned off."
}

/// A topic's segment size below what `segment.bytes` allows. For tests; never described (`internal.segment.bytes`).
pub static INTERNAL_SEGMENT_BYTES: TopicKey = TopicKey {
    key: Key {
        name: "internal.segment.bytes",
        kind: Kind::Int,
        default: None,
        check: Check::Any,
    },
    synonyms: &[],
    doc: "Bytes after which a segment is closed, of any size.",
};

/// The key of this name.
pub fn key(name: &str) -> Option<&'static TopicKey> {
    KEYS.iter()
        .chain([&INTERNAL_SEGMENT_BYTES])
        .find(|key| key.key.name == name)
}

/// Checks settings of a topic as `LogConfig.validate` does: names first, then values, then what must fit together.
///
/// # Errors
/// The first unknown name, bad value or conflict.
pub fn validate(configs: &[(&str, &str)]) -> Result<(), InvalidConfig> {
    if let Some((unknown, _)) = configs.iter().find(|(name, _)| key(name).is_none()) {
        return Err(InvalidConfig::UnknownTopicKey((*unknown).to_owned()));
    }
    let value_of = |key: &TopicKey| {
        let given = configs.iter().find(|(name, _)| *name == key.key.name);
        given.map(|(_, value)| (*value).to_owned())
    };
    for topic_key in KEYS.iter().chain([&INTERNAL_SEGMENT_BYTES]) {
        if let Some(text) = value_of(topic_key) {
            topic_key.key.parse(&text)?;
        }
    }
    TopicConfig::resolve(value_of).map(|_| ())
}

/// What a topic is set to, after every default (the part of `LogConfig` that says how a partition is kept).
#[derive(Debug, Clone, PartialEq)]
pub struct TopicConfig {
    /// `segment.bytes`, or `internal.segment.bytes` where that is set.
    pub segment_bytes: i64,
    /// `segment.ms`
    pub segment_ms: i64,
    /// `segment.jitter.ms`
    pub segment_jitter_ms: i64,
    /// `segment.index.bytes`
    pub segment_index_bytes: i64,
    /// `flush.messages`
    pub flush_messages: i64,
    /// `flush.ms`
    pub flush_ms: i64,
    /// `retention.bytes`; negative for no limit.
    pub retention_bytes: i64,
    /// `retention.ms`; -1 for no limit.
    pub retention_ms: i64,
    /// `max.message.bytes`
    pub max_message_bytes: i64,
    /// `index.interval.bytes`
    pub index_interval_bytes: i64,
    /// `delete.retention.ms`
    pub delete_retention_ms: i64,
    /// `min.compaction.lag.ms`
    pub min_compaction_lag_ms: i64,
    /// `max.compaction.lag.ms`
    pub max_compaction_lag_ms: i64,
    /// `file.delete.delay.ms`
    pub file_delete_delay_ms: i64,
    /// `min.cleanable.dirty.ratio`
    pub min_cleanable_dirty_ratio: f64,
    /// Whether `cleanup.policy` holds `compact`.
    pub is_compacted: bool,
    /// Whether `cleanup.policy` holds `delete`.
    pub is_deleted: bool,
    /// `unclean.leader.election.enable`
    pub unclean_leader_election_enable: bool,
    /// `min.insync.replicas`
    pub min_insync_replicas: i64,
    /// `compression.type`
    pub compression_type: String,
    /// `compression.gzip.level`
    pub compression_gzip_level: i64,
    /// `compression.lz4.level`
    pub compression_lz4_level: i64,
    /// `compression.zstd.level`
    pub compression_zstd_level: i64,
    /// `preallocate`
    pub preallocate: bool,
    /// Whether `message.timestamp.type` is `LogAppendTime`.
    pub is_log_append_time: bool,
    /// `message.timestamp.before.max.ms`
    pub message_timestamp_before_max_ms: i64,
    /// `message.timestamp.after.max.ms`
    pub message_timestamp_after_max_ms: i64,
    /// `remote.storage.enable`
    pub remote_storage_enable: bool,
}

impl TopicConfig {
    /// The settings that result when `value_of` gives the values and Kafka's defaults fill the gaps.
    ///
    /// # Errors
    /// The first bad value, or a conflict between two.
    pub fn resolve(value_of: impl Fn(&TopicKey) -> Option<String>) -> Result<Self, InvalidConfig> {
        let values = Values(value_of);
        let cleanup_policy = values.list("cleanup.policy")?;
        let config = Self {
            segment_bytes: match (values.0)(&INTERNAL_SEGMENT_BYTES) {
                Some(_) => values.number(INTERNAL_SEGMENT_BYTES.key.name)?,
                None => values.number("segment.bytes")?,
            },
            segment_ms: values.number("segment.ms")?,
            segment_jitter_ms: values.number("segment.jitter.ms")?,
            segment_index_bytes: values.number("segment.index.bytes")?,
            flush_messages: values.number("flush.messages")?,
            flush_ms: values.number("flush.ms")?,
            retention_bytes: values.number("retention.bytes")?,
            retention_ms: values.number("retention.ms")?,
            max_message_bytes: values.number("max.message.bytes")?,
            index_interval_bytes: values.number("index.interval.bytes")?,
            delete_retention_ms: values.number("delete.retention.ms")?,
            min_compaction_lag_ms: values.number("min.compaction.lag.ms")?,
            max_compaction_lag_ms: values.number("max.compaction.lag.ms")?,
            file_delete_delay_ms: values.number("file.delete.delay.ms")?,
            min_cleanable_dirty_ratio: values.ratio("min.cleanable.dirty.ratio")?,
            is_compacted: cleanup_policy.iter().any(|policy| policy == "compact"),
            is_deleted: cleanup_policy.iter().any(|policy| policy == "delete"),
            unclean_leader_election_enable: values.flag("unclean.leader.election.enable")?,
            min_insync_replicas: values.number("min.insync.replicas")?,
            compression_type: values.text("compression.type")?,
            compression_gzip_level: values.number("compression.gzip.level")?,
            compression_lz4_level: values.number("compression.lz4.level")?,
            compression_zstd_level: values.number("compression.zstd.level")?,
            preallocate: values.flag("preallocate")?,
            is_log_append_time: values.text("message.timestamp.type")? == "LogAppendTime",
            message_timestamp_before_max_ms: values.number("message.timestamp.before.max.ms")?,
            message_timestamp_after_max_ms: values.number("message.timestamp.after.max.ms")?,
            remote_storage_enable: values.flag("remote.storage.enable")?,
        };
        let (min, max) = (config.min_compaction_lag_ms, config.max_compaction_lag_ms);
        if min > max {
            Err(InvalidConfig::CompactionLag { min, max })
        } else {
            Ok(config)
        }
    }
}

/// Reads the value of a key, or its default, as the type that a field has.
struct Values<F>(F);

impl<F: Fn(&TopicKey) -> Option<String>> Values<F> {
    fn value(&self, name: &str) -> Result<Value, InvalidConfig> {
        let topic_key = key(name).ok_or_else(|| InvalidConfig::UnknownTopicKey(name.to_owned()))?;
        let given = (self.0)(topic_key);
        topic_key.key.parse(
            given
                .as_deref()
                .or(topic_key.key.default)
                .unwrap_or_default(),
        )
    }

    fn number(&self, name: &str) -> Result<i64, InvalidConfig> {
        Ok(if let Value::Number(number) = self.value(name)? {
            number
        } else {
            0
        })
    }

    fn flag(&self, name: &str) -> Result<bool, InvalidConfig> {
        Ok(self.value(name)? == Value::Boolean(true))
    }

    fn ratio(&self, name: &str) -> Result<f64, InvalidConfig> {
        Ok(if let Value::Double(ratio) = self.value(name)? {
            ratio
        } else {
            0.0
        })
    }

    fn text(&self, name: &str) -> Result<String, InvalidConfig> {
        Ok(if let Value::Text(text) = self.value(name)? {
            text
        } else {
            String::new()
        })
    }

    fn list(&self, name: &str) -> Result<Vec<String>, InvalidConfig> {
        Ok(if let Value::List(elements) = self.value(name)? {
            elements
        } else {
            Vec::new()
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(configs: &[(&str, &str)]) -> Option<String> {
        validate(configs).err().map(|error| error.to_string())
    }

    #[test]
    fn defaults_are_those_of_kafka() {
        let config = TopicConfig::resolve(|_| None).unwrap();
        assert_eq!(config.retention_ms, 604_800_000);
        assert_eq!(config.segment_bytes, 1_073_741_824);
        assert_eq!(config.compression_type, "producer");
        assert_eq!(config.max_message_bytes, 1_048_588);
        assert!((config.min_cleanable_dirty_ratio - 0.5).abs() < f64::EPSILON);
        assert!(config.is_deleted && !config.is_compacted && !config.is_log_append_time);
    }

    #[test]
    fn every_default_is_a_value_that_its_key_allows() {
        for key in KEYS {
            key.key.parse(key.key.default.unwrap()).unwrap();
        }
    }

    #[test]
    fn values_that_kafka_takes_are_taken() {
        for (name, value) in [
            ("retention.ms", " 5 "),
            ("retention.ms", "+5"),
            ("retention.bytes", "-5"),
            ("cleanup.policy", ""),
            ("cleanup.policy", " compact , delete "),
            ("compression.gzip.level", "-1"),
            ("preallocate", "TRUE"),
            ("min.cleanable.dirty.ratio", "1e-10"),
            ("follower.replication.throttled.replicas", "*"),
            ("follower.replication.throttled.replicas", "1:2, 3:4 "),
            ("follower.replication.throttled.replicas", ""),
            ("internal.segment.bytes", "5"),
        ] {
            assert_eq!(refusal(&[(name, value)]), None, "{name}={value}");
        }
    }

    /// Name, value and the words of Apache Kafka 4.3.1.
    const REFUSED: &[(&str, &str, &str)] = &[
        (
            "retention.ms",
            "",
            "Invalid value  for configuration retention.ms: Not a number of type LONG",
        ),
        (
            "retention.ms",
            "abc ",
            "Invalid value abc  for configuration retention.ms: Not a number of type LONG",
        ),
        (
            "retention.ms",
            "-2",
            "Invalid value -2 for configuration retention.ms: Value must be at least -1",
        ),
        (
            "segment.bytes",
            "1.5",
            "Invalid value 1.5 for configuration segment.bytes: Not a number of type INT",
        ),
        (
            "segment.bytes",
            "1048575",
            "Invalid value 1048575 for configuration segment.bytes: Value must be at least 1048576",
        ),
        (
            "cleanup.policy",
            "Compact",
            "Invalid value Compact for configuration cleanup.policy: String must be one of: compact, delete",
        ),
        (
            "cleanup.policy",
            "compact,",
            "Configuration 'cleanup.policy' values must not be empty.",
        ),
        (
            "cleanup.policy",
            ",",
            "Configuration 'cleanup.policy' values must not be empty.",
        ),
        (
            "compression.type",
            "none",
            "Invalid value none for configuration compression.type: \
                 String must be one of: uncompressed, zstd, lz4, snappy, gzip, producer",
        ),
        (
            "compression.gzip.level",
            "10",
            "Invalid value 10 for configuration compression.gzip.level: \
                 Value must be between 1 and 9 or equal to -1",
        ),
        (
            "compression.zstd.level",
            "23",
            "Invalid value 23 for configuration compression.zstd.level: Value must be no more than 22",
        ),
        (
            "preallocate",
            "1",
            "Invalid value 1 for configuration preallocate: Expected value to be either true or false",
        ),
        (
            "min.cleanable.dirty.ratio",
            "2",
            "Invalid value 2.0 for configuration min.cleanable.dirty.ratio: Value must be no more than 1",
        ),
        (
            "min.cleanable.dirty.ratio",
            "-0.1",
            "Invalid value -0.1 for configuration min.cleanable.dirty.ratio: Value must be at least 0",
        ),
        (
            "leader.replication.throttled.replicas",
            "*,1:2",
            "Invalid value [*, 1:2] for configuration leader.replication.throttled.replicas: \
                 leader.replication.throttled.replicas must be the literal '*' or a list of replicas in the following \
                 format: [partitionId]:[brokerId],[partitionId]:[brokerId],...",
        ),
        (
            "message.format.version",
            "3.0",
            "Unknown topic config name: message.format.version",
        ),
    ];

    #[test]
    fn values_that_kafka_refuses_are_refused_in_its_words() {
        for (name, value, words) in REFUSED {
            assert_eq!(refusal(&[(name, value)]).as_deref(), Some(*words));
        }
    }

    #[test]
    fn an_unknown_name_is_reported_before_a_bad_value_and_the_first_bad_value_before_others() {
        assert_eq!(
            refusal(&[("retention.ms", "abc"), ("foo", "1")]).unwrap(),
            "Unknown topic config name: foo"
        );
        assert!(
            refusal(&[("retention.ms", "abc"), ("segment.bytes", "x")])
                .unwrap()
                .contains("segment.bytes")
        );
    }

    #[test]
    fn a_compaction_lag_that_cannot_be_kept_is_refused() {
        assert_eq!(
            refusal(&[
                ("min.compaction.lag.ms", "10"),
                ("max.compaction.lag.ms", "5")
            ])
            .unwrap(),
            "conflict topic config setting min.compaction.lag.ms (10) > max.compaction.lag.ms (5)"
        );
    }
}
