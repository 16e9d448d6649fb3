//! What a batch must satisfy before a leader appends it (`LogValidator`, `UnifiedLog.analyzeAndValidateRecords`).
//!
//! Nothing here depends on the log's state, so it runs before the log's mutex is taken. The checksum is computed once.

use bytes::Bytes;

use super::append::{AppendError, InvalidRecord, Origin};
use super::config::LogConfig;
use super::disk::length;
use crate::protocol::ErrorCode;
use crate::protocol::record::{Batch, BatchHeader, BatchRecords, Codec, TimestampType};

/// What the records of one batch may take when decompressed; a producer told so sends smaller batches.
const DECOMPRESSED_MAX: usize = 64 << 20;

/// Faults that are listed; more are only counted by their absence.
const INVALID_RECORDS_MAX: usize = 1000;

/// A batch that may be appended, but for what its producer did before.
#[derive(Debug)]
pub(super) struct Valid {
    /// As it will be written, except for the base offset and the leader epoch.
    pub(super) header: BatchHeader,
    /// The batch as sent, or as rewritten; its header is replaced.
    pub(super) batch: Batch,
    /// The time all its records have, if the topic says so, else -1.
    pub(super) log_append_time: i64,
}

/// Checks the one batch in `bytes`.
///
/// # Errors
/// Whatever is wrong with the batch.
pub(super) fn validate(
    mut bytes: Bytes,
    config: &LogConfig,
    origin: Origin,
    now_ms: i64,
) -> Result<Valid, AppendError> {
    let batch = Batch::split(&mut bytes)?;
    if !bytes.is_empty() {
        return Err(invalid("a partition takes exactly one batch per request"));
    }
    check_size(&batch, config, origin)?;
    batch.verify_crc()?;
    check_header(batch.header(), origin)?;
    if origin == Origin::Coordinator {
        return Ok(Valid {
            header: *batch.header(),
            batch,
            log_append_time: -1,
        });
    }
    let records = batch.records(DECOMPRESSED_MAX)?;
    let walk = Walk::over(&records, config, now_ms)?;
    let batch = rewrite(batch, records, &walk, config)?;
    let mut header = *batch.header();
    let log_append_time = match config.timestamp_type {
        TimestampType::LogAppendTime => now_ms,
        TimestampType::CreateTime => -1,
    };
    header.attributes = header.attributes.with_timestamp_type(config.timestamp_type);
    header.max_timestamp = if log_append_time >= 0 {
        log_append_time
    } else {
        walk.max_timestamp
    };
    if header != *batch.header() {
        header.seal(batch.body());
    }
    Ok(Valid {
        header,
        batch,
        log_append_time,
    })
}

fn check_size(batch: &Batch, config: &LogConfig, origin: Origin) -> Result<(), AppendError> {
    let size = length(batch.bytes().len());
    if origin == Origin::Client && size > config.max_message_bytes {
        return Err(AppendError::TooLarge {
            size,
            limit: config.max_message_bytes,
        });
    }
    if size > config.segment_bytes {
        return Err(AppendError::LargerThanSegment {
            size,
            limit: config.segment_bytes,
        });
    }
    Ok(())
}

fn check_header(header: &BatchHeader, origin: Origin) -> Result<(), AppendError> {
    if header.records_count <= 0
        || header.last_offset_delta != header.records_count.saturating_sub(1)
    {
        let (count, delta) = (header.records_count, header.last_offset_delta);
        return Err(invalid(format!(
            "a batch of {count} records cannot have last offset delta {delta}"
        )));
    }
    if origin == Origin::Coordinator {
        return Ok(());
    }
    if header.base_offset != 0 {
        return Err(invalid(format!(
            "the base offset of a new batch is 0, not {}",
            header.base_offset
        )));
    }
    if header.attributes.is_control() {
        return Err(invalid("clients cannot write control batches"));
    }
    if header.has_producer_id() && (header.base_sequence < 0 || header.producer_epoch < 0) {
        let (sequence, producer_id, epoch) = (
            header.base_sequence,
            header.producer_id,
            header.producer_epoch,
        );
        return Err(invalid(format!(
            "sequence {sequence} in epoch {epoch} of producer {producer_id} is negative"
        )));
    }
    if header.attributes.timestamp_type() == TimestampType::LogAppendTime {
        let message = "only the broker sets the timestamp type to LogAppendTime".to_owned();
        let records = vec![InvalidRecord {
            batch_index: 0,
            message,
        }];
        return Err(AppendError::InvalidRecords {
            code: ErrorCode::InvalidTimestamp,
            records,
        });
    }
    Ok(())
}

/// What one look at every record says.
#[derive(Debug)]
struct Walk {
    max_timestamp: i64,
    /// Whether the offset deltas are 0, 1, 2 and so on.
    is_numbered: bool,
}

impl Walk {
    fn over(records: &BatchRecords, config: &LogConfig, now_ms: i64) -> Result<Self, AppendError> {
        let checks_time = config.timestamp_type == TimestampType::CreateTime;
        let oldest = now_ms.saturating_sub(config.timestamp_before_max_ms);
        let newest = now_ms.saturating_add(config.timestamp_after_max_ms);
        let mut walk = Self {
            max_timestamp: -1,
            is_numbered: true,
        };
        let (mut keyless, mut untimely) = (Vec::new(), Vec::new());
        let mut batch_index = 0_i32;
        for record in records {
            let record = record?;
            walk.is_numbered &= record.offset_delta == batch_index;
            walk.max_timestamp = walk.max_timestamp.max(record.timestamp);
            if config.compact && record.key.is_none() && keyless.len() < INVALID_RECORDS_MAX {
                let message = "a compacted topic takes no records without a key".to_owned();
                keyless.push(InvalidRecord {
                    batch_index,
                    message,
                });
            }
            let is_timely = record.timestamp == -1 || (oldest..=newest).contains(&record.timestamp);
            if checks_time && !is_timely && untimely.len() < INVALID_RECORDS_MAX {
                let message = format!(
                    "timestamp {} is not within {oldest} and {newest}",
                    record.timestamp
                );
                untimely.push(InvalidRecord {
                    batch_index,
                    message,
                });
            }
            batch_index = batch_index.saturating_add(1);
        }
        if !untimely.is_empty() {
            return Err(AppendError::InvalidRecords {
                code: ErrorCode::InvalidTimestamp,
                records: untimely,
            });
        }
        if !keyless.is_empty() {
            return Err(AppendError::InvalidRecords {
                code: ErrorCode::InvalidRecord,
                records: keyless,
            });
        }
        Ok(walk)
    }
}

/// The batch with the codec that the topic asks for, and offsets without gaps; mostly the batch as it came.
fn rewrite(
    batch: Batch,
    records: BatchRecords,
    walk: &Walk,
    config: &LogConfig,
) -> Result<Batch, AppendError> {
    let codec = batch.header().attributes.codec()?;
    if !walk.is_numbered && codec == Codec::None {
        return Err(invalid("the offset deltas of a batch count up from 0"));
    }
    let target = config.compression.filter(|target| target.codec != codec);
    let numbered = if walk.is_numbered {
        records
    } else {
        records.renumber()?
    };
    let target = match target {
        Some(target) => target,
        None if walk.is_numbered => return Ok(batch),
        None => codec.into(),
    };
    let rewritten = Batch::split(&mut numbered.to_batch(target)?)?;
    check_size(&rewritten, config, Origin::Client)?;
    Ok(rewritten)
}

fn invalid(message: impl Into<String>) -> AppendError {
    AppendError::InvalidBatch(message.into())
}
