//! A coordinator's records in its partition: appended as batches, and read back when the coordinator takes over.

use std::collections::HashMap;

use crate::broker::group::{GroupRecord, GroupShard};
use crate::broker::partition::Partition;
use crate::broker::replay::{ReplayError, replay};
use crate::protocol::ErrorCode;
use crate::protocol::messages::EncodeError;
use crate::protocol::record::{
    Batch, BatchBuilder, BatchOptions, Compression, EndTransactionMarker, NewRecord, RecordError,
};
use crate::storage::{AppendError, Log, Origin};

/// Where a batch is full and another one begins, in bytes.
const BATCH_BYTES: usize = 512 * 1024;

/// What the records of one batch may come to when decompressed, in bytes.
const BATCH_MAX_BYTES: usize = 128 * 1024 * 1024;

/// Why records could not be appended.
#[derive(Debug, thiserror::Error)]
pub(super) enum StoreError {
    #[error("cannot encode a record")]
    Record(#[from] EncodeError),
    #[error("cannot build a batch")]
    Batch(#[from] RecordError),
    #[error("cannot append a batch")]
    Append(#[from] AppendError),
}

impl StoreError {
    /// What clients are told, which makes them look for a coordinator again or try once more.
    pub(super) fn answer(&self) -> ErrorCode {
        let Self::Append(error) = self else {
            return ErrorCode::UnknownServerError;
        };
        match error.error_code() {
            ErrorCode::UnknownTopicOrPartition
            | ErrorCode::NotEnoughReplicas
            | ErrorCode::NotEnoughReplicasAfterAppend
            | ErrorCode::RequestTimedOut => ErrorCode::CoordinatorNotAvailable,
            ErrorCode::NotLeaderOrFollower | ErrorCode::KafkaStorageError => {
                ErrorCode::NotCoordinator
            }
            _ => ErrorCode::UnknownServerError,
        }
    }
}

/// Appends `records`, in as few batches as sensible. Returns how many of them, from the front, are in the log.
pub(super) fn store(
    partition: &Partition,
    records: &[GroupRecord],
    compression: Compression,
    now_ms: i64,
) -> (usize, Result<(), StoreError>) {
    let mut stored = 0;
    while stored < records.len() {
        let rest = records.get(stored..).unwrap_or_default();
        match store_batch(partition, rest, compression, now_ms) {
            Ok(count) => stored += count,
            Err(error) => return (stored, Err(error)),
        }
    }
    (stored, Ok(()))
}

/// Appends one batch with as many of `records` as it holds, at least one.
fn store_batch(
    partition: &Partition,
    records: &[GroupRecord],
    compression: Compression,
    now_ms: i64,
) -> Result<usize, StoreError> {
    let mut batch = BatchBuilder::default();
    for record in records {
        let (key, value) = record.encode()?;
        let record = NewRecord {
            timestamp: now_ms,
            key: Some(&key),
            value: value.as_deref(),
            headers: &[],
        };
        if !batch.is_empty() && batch.size_with(&record) > BATCH_BYTES {
            break;
        }
        batch.append(&record)?;
    }
    let count = batch.records_count();
    let options = BatchOptions {
        compression,
        ..BatchOptions::default()
    };
    partition.append(batch.build(&options)?, Origin::Coordinator, now_ms)?;
    Ok(count)
}

/// Offsets of transactions that are not over yet, by producer id.
type Pending = HashMap<i64, Vec<GroupRecord>>;

/// Applies everything in the log. Blocks.
pub(super) fn load(log: &Log, shard: &mut GroupShard) -> Result<(), ReplayError> {
    let mut pending = Pending::new();
    replay(log, |batch| Ok(apply_batch(batch, shard, &mut pending)?))
}

fn apply_batch(
    batch: &Batch,
    shard: &mut GroupShard,
    pending: &mut Pending,
) -> Result<(), RecordError> {
    let header = *batch.header();
    let records = batch.records(BATCH_MAX_BYTES)?;
    if header.attributes.is_control() {
        for record in &records {
            let marker = EndTransactionMarker::read(&record?)?;
            let written = pending.remove(&header.producer_id).unwrap_or_default();
            if marker.is_some_and(|marker| marker.is_commit) {
                for record in &written {
                    shard.apply(record);
                }
            }
        }
        return Ok(());
    }
    for record in records.into_owned() {
        let record = record?;
        let decoded = GroupRecord::decode(record.key.unwrap_or_default(), record.value);
        match decoded {
            Ok(Some(decoded)) if header.attributes.is_transactional() => {
                pending.entry(header.producer_id).or_default().push(decoded);
            }
            Ok(Some(decoded)) => shard.apply(&decoded),
            Ok(None) => {
                tracing::debug!(offset = record.offset, "record of an unknown type skipped");
            }
            Err(error) => {
                tracing::warn!(offset = record.offset, %error, "record that cannot be read skipped");
            }
        }
    }
    Ok(())
}
