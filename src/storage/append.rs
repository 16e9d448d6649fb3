//! What is asked of an append, and what comes of it.

use super::error::Error;
use crate::protocol::ErrorCode;
use crate::protocol::record::RecordError;

/// Who asks for an append, which decides what is checked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Origin {
    /// A client: everything is checked.
    Client,
    /// A coordinator of this broker: control batches are fine, sizes and timestamps are its own business.
    Coordinator,
}

/// Where a batch went.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AppendInfo {
    /// Offset of the first record.
    pub first_offset: i64,
    /// Offset of the last record.
    pub last_offset: i64,
    /// The append time if the topic stamps records with it, else -1.
    pub log_append_time: i64,
    /// Offset of the first record that can be read.
    pub log_start_offset: i64,
    /// The batch was there already, sent again by an idempotent producer; the offsets are those of the first time.
    pub is_duplicate: bool,
    /// A segment was closed: [`super::Log::checkpoint`] has something to do.
    pub has_rolled: bool,
    /// `flush.messages` is reached: [`super::Log::flush`] is due before the append may be acknowledged.
    pub is_flush_due: bool,
}

/// A record that must not be appended, by its place in the batch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InvalidRecord {
    /// Place in the batch, from 0.
    pub batch_index: i32,
    /// Why not.
    pub message: String,
}

/// Why a batch was not appended. Nothing of it is in the log then.
#[derive(Debug, thiserror::Error)]
pub enum AppendError {
    /// The bytes are not one sound batch.
    #[error("the batch is not valid")]
    Batch(#[from] RecordError),
    /// The batch breaks a rule for what producers may send.
    #[error("{0}")]
    InvalidBatch(String),
    /// Some records break a rule.
    #[error("{} records are not valid, the first at {}", records.len(), records.first().map_or(0, |record| record.batch_index))]
    InvalidRecords {
        /// `INVALID_RECORD` or `INVALID_TIMESTAMP`.
        code: ErrorCode,
        /// Which, and why.
        records: Vec<InvalidRecord>,
    },
    /// Larger than `max.message.bytes`.
    #[error(
        "the batch is {size} bytes in size which exceeds the maximum configured value of {limit}"
    )]
    TooLarge {
        /// Bytes of the batch.
        size: u64,
        /// The limit.
        limit: u64,
    },
    /// Larger than `segment.bytes`.
    #[error(
        "the batch is {size} bytes in size, which exceeds the maximum configured segment size of {limit}"
    )]
    LargerThanSegment {
        /// Bytes of the batch.
        size: u64,
        /// The limit.
        limit: u64,
    },
    /// The producer has been replaced by one with a newer epoch.
    #[error("epoch {epoch} of producer {producer_id} is smaller than the last seen epoch {last}")]
    ProducerEpoch {
        /// Whose.
        producer_id: i64,
        /// As sent.
        epoch: i16,
        /// As known.
        last: i16,
    },
    /// A batch of this producer is missing before this one.
    #[error("sequence {sequence} of producer {producer_id} does not follow {last}")]
    OutOfOrderSequence {
        /// Whose.
        producer_id: i64,
        /// As sent.
        sequence: i32,
        /// The last one in the log, -1 for none.
        last: i32,
    },
    /// A batch outside of a transaction from a producer that has one open.
    #[error(
        "producer {producer_id} has a transaction open and sent a batch that is not part of it"
    )]
    TransactionOpen {
        /// Whose.
        producer_id: i64,
    },
    /// A marker from a coordinator that has been replaced.
    #[error(
        "coordinator epoch {epoch} for producer {producer_id} is smaller than the last known epoch {last}"
    )]
    CoordinatorFenced {
        /// Whose transaction.
        producer_id: i64,
        /// As sent.
        epoch: i32,
        /// As known.
        last: i32,
    },
    /// A batch that does not begin at or after the end of the log (only when the offsets are given).
    #[error("the batch begins at {offset}, before the end of the log at {log_end_offset}")]
    OutOfOrderOffset {
        /// Base offset of the batch.
        offset: i64,
        /// Where the log ends.
        log_end_offset: i64,
    },
    /// The disk failed.
    #[error("the batch could not be stored")]
    Storage(#[from] Error),
}

impl AppendError {
    /// What a client is told.
    pub fn error_code(&self) -> ErrorCode {
        match self {
            Self::Batch(error) => error.code(),
            Self::InvalidBatch(_) => ErrorCode::InvalidRecord,
            Self::InvalidRecords { code, .. } => *code,
            Self::TooLarge { .. } => ErrorCode::MessageTooLarge,
            Self::LargerThanSegment { .. } => ErrorCode::RecordListTooLarge,
            Self::ProducerEpoch { .. } => ErrorCode::InvalidProducerEpoch,
            Self::OutOfOrderSequence { .. } => ErrorCode::OutOfOrderSequenceNumber,
            Self::TransactionOpen { .. } => ErrorCode::InvalidTxnState,
            Self::CoordinatorFenced { .. } => ErrorCode::TransactionCoordinatorFenced,
            Self::OutOfOrderOffset { .. } => ErrorCode::UnknownServerError,
            Self::Storage(_) => ErrorCode::KafkaStorageError,
        }
    }

    /// The records at fault, where they are known.
    pub fn record_errors(&self) -> &[InvalidRecord] {
        match self {
            Self::InvalidRecords { records, .. } => records,
            _ => &[],
        }
    }
}
