//! The topic configuration as a log needs it.

use crate::protocol::record::{Compression, TimestampType};

/// Topic configuration that a log obeys; the fields are Kafka's keys, the defaults Kafka's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogConfig {
    /// `segment.bytes`: a segment is rolled before it would grow beyond this.
    pub segment_bytes: u64,
    /// `segment.ms`: a segment is rolled when it is this old.
    pub segment_ms: i64,
    /// `segment.jitter.ms`: up to this much is taken off `segment_ms`, so that partitions do not roll together.
    pub segment_jitter_ms: i64,
    /// `segment.index.bytes`: a segment is rolled when an index has grown to this.
    pub segment_index_bytes: u64,
    /// `index.interval.bytes`: an index entry per this many bytes of log.
    pub index_interval_bytes: u64,
    /// `retention.ms`: segments whose records are all older may go; -1 for never.
    pub retention_ms: i64,
    /// `retention.bytes`: old segments may go while more than this is left; -1 for never.
    pub retention_bytes: i64,
    /// `max.message.bytes`: the largest batch, header included.
    pub max_message_bytes: u64,
    /// `message.timestamp.type`.
    pub timestamp_type: TimestampType,
    /// `message.timestamp.before.max.ms`: how far a create time may lie back.
    pub timestamp_before_max_ms: i64,
    /// `message.timestamp.after.max.ms`: how far a create time may lie ahead.
    pub timestamp_after_max_ms: i64,
    /// `cleanup.policy` contains `delete`.
    pub delete: bool,
    /// `cleanup.policy` contains `compact`.
    pub compact: bool,
    /// `compression.type` and its level; `None` is `producer`, which leaves batches as they come.
    pub compression: Option<Compression>,
    /// `flush.messages`: records after which a flush is due.
    pub flush_messages: i64,
    /// `flush.ms`: time after which a flush is due.
    pub flush_ms: i64,
    /// `file.delete.delay.ms`: how long removed files stay, renamed.
    pub file_delete_delay_ms: i64,
    /// `preallocate`: set room for a whole segment aside.
    pub preallocate: bool,
}

impl Default for LogConfig {
    fn default() -> Self {
        Self {
            segment_bytes: 1 << 30,
            segment_ms: 604_800_000,
            segment_jitter_ms: 0,
            segment_index_bytes: 10 << 20,
            index_interval_bytes: 4096,
            retention_ms: 604_800_000,
            retention_bytes: -1,
            max_message_bytes: 1_048_588,
            timestamp_type: TimestampType::CreateTime,
            timestamp_before_max_ms: i64::MAX,
            timestamp_after_max_ms: 3_600_000,
            delete: true,
            compact: false,
            compression: None,
            flush_messages: i64::MAX,
            flush_ms: i64::MAX,
            file_delete_delay_ms: 60_000,
            preallocate: false,
        }
    }
}
