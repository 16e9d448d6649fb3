//! What a poll gives: batches of records, read where they lie.

use std::sync::Arc;

use crate::protocol::record::{BatchRecords, RecordError, RecordRef, TimestampType};

/// Records of one or more partitions, in order within each.
#[derive(Debug, Default)]
pub struct Polled {
    /// By partition, oldest first.
    pub batches: Vec<PolledBatch>,
}

impl Polled {
    /// Whether there is nothing: the time was up.
    pub const fn is_empty(&self) -> bool {
        self.batches.is_empty()
    }
}

/// Records that were written together.
#[derive(Debug, Clone)]
pub struct PolledBatch {
    pub(super) topic: Arc<str>,
    pub(super) partition: i32,
    pub(super) records: BatchRecords,
    /// What the consumer asked for; a batch may begin before it.
    pub(super) from: i64,
}

impl PolledBatch {
    /// The topic.
    pub fn topic(&self) -> &str {
        &self.topic
    }

    /// The partition.
    pub const fn partition(&self) -> i32 {
        self.partition
    }

    /// Epoch of the leader that appended the records.
    pub const fn leader_epoch(&self) -> i32 {
        self.records.header().partition_leader_epoch
    }

    /// What the timestamps mean.
    pub const fn timestamp_type(&self) -> TimestampType {
        self.records.header().attributes.timestamp_type()
    }

    /// The records, without a copy or an allocation.
    pub fn iter(&self) -> impl Iterator<Item = Result<RecordRef<'_>, RecordError>> {
        let from = self.from;
        let is_wanted = move |record: &Result<RecordRef<'_>, RecordError>| {
            record.as_ref().map_or(true, |record| record.offset >= from)
        };
        self.records.iter().filter(is_wanted)
    }

    /// Bytes of the records, decompressed.
    pub const fn len_bytes(&self) -> usize {
        self.records.bytes().len()
    }
}
