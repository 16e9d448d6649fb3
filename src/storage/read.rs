//! Reading a log: where records lie in files, and what is known of offsets, times and epochs.

use std::io;
use std::sync::Arc;

use super::disk::DiskFile;
use super::error::{At, Error};
use super::leader_epochs::EpochEnd;
use super::log::Log;
use super::scan::{BatchSpan, invalid, read_batch};
use super::segment::Segment;
use super::time_index::TimestampOffset;
use super::transaction_index::AbortedTransaction;
use crate::protocol::record::{Batch, TimestampType};

/// What to read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ReadRequest {
    /// The first offset wanted; what is returned may begin below it, at the start of its batch.
    pub offset: i64,
    /// Nothing from this offset on is returned: the high watermark, the last stable offset or the end of the log.
    pub bound: i64,
    /// Bytes that may be returned.
    pub max_bytes: u64,
    /// Return the first batch even if it alone is larger than `max_bytes`.
    pub is_batch_owed: bool,
}

/// Whole batches in a file.
#[derive(Debug, Clone)]
pub struct ReadSlice {
    /// The file, which stays readable even if the segment is deleted meanwhile.
    pub file: Arc<dyn DiskFile>,
    /// Where the first batch begins.
    pub position: u64,
    /// Bytes of the batches.
    pub len: u64,
    /// The first batch.
    pub first: BatchSpan,
}

/// Why nothing could be read.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// There is no such offset, or no longer.
    #[error(
        "offset {offset} is not within the log, which goes from {log_start_offset} to {log_end_offset}"
    )]
    OffsetOutOfRange {
        /// As asked for.
        offset: i64,
        /// The first that can be read.
        log_start_offset: i64,
        /// The one the next record will get.
        log_end_offset: i64,
    },
    /// The disk failed, or what it returned is damaged.
    #[error("records could not be read")]
    Storage(#[from] Error),
}

impl Log {
    /// Finds records. Decodes none and copies none: the answer is a range of a file. `None` if there is nothing below the
    /// bound, or the first batch does not fit.
    ///
    /// # Errors
    /// [`ReadError::OffsetOutOfRange`] outside of `[log start, log end]`; what the disk says.
    pub fn read(&self, request: &ReadRequest) -> Result<Option<ReadSlice>, ReadError> {
        let (log_start_offset, log_end_offset) = (self.log_start_offset(), self.log_end_offset());
        let offset = request.offset;
        if !(log_start_offset..=log_end_offset).contains(&offset) {
            return Err(ReadError::OffsetOutOfRange {
                offset,
                log_start_offset,
                log_end_offset,
            });
        }
        for segment in segments_from(&self.segments.load(), offset) {
            if segment.base_offset() >= request.bound {
                break;
            }
            let Some(first) = self.found(segment, segment.find(offset))? else {
                continue;
            };
            if first.last_offset >= request.bound {
                break;
            }
            let end = self.found(segment, segment.end_below(request.bound))?;
            let limit = first.position.saturating_add(request.max_bytes);
            let end = if end <= limit {
                end
            } else if first.end() > limit {
                if !request.is_batch_owed {
                    break;
                }
                first.end()
            } else {
                self.found(segment, segment.cut(&first, limit))?.min(end)
            };
            let file = Arc::clone(segment.file());
            return Ok(Some(ReadSlice {
                file,
                position: first.position,
                len: end.saturating_sub(first.position),
                first,
            }));
        }
        Ok(None)
    }

    /// A segment that is deleted while it is searched is not an error of the disk: its offsets are gone.
    fn found<T>(&self, segment: &Segment, result: io::Result<T>) -> Result<T, ReadError> {
        let (log_start_offset, log_end_offset) = (self.log_start_offset(), self.log_end_offset());
        match result {
            Err(error)
                if error.kind() == io::ErrorKind::NotFound
                    && segment.next_offset() <= log_start_offset =>
            {
                let offset = segment.base_offset();
                Err(ReadError::OffsetOutOfRange {
                    offset,
                    log_start_offset,
                    log_end_offset,
                })
            }
            other => Ok(other.at("read", &segment.path())?),
        }
    }

    /// The first record whose timestamp is at least `timestamp`; `None` if all are older (`ListOffsets`).
    ///
    /// # Errors
    /// What the disk says.
    pub fn offset_for_timestamp(&self, timestamp: i64) -> Result<Option<TimestampOffset>, Error> {
        let log_start_offset = self.log_start_offset();
        for segment in segments_from(&self.segments.load(), log_start_offset) {
            if segment.largest_timestamp().timestamp < timestamp {
                continue;
            }
            let wanted = |found: &TimestampOffset| {
                found.offset >= log_start_offset && found.timestamp >= timestamp
            };
            let found = first_record(segment, timestamp, wanted).at("read", &segment.path())?;
            if found.is_some() {
                return Ok(found);
            }
        }
        Ok(None)
    }

    /// The record with the largest timestamp, the first if several have it; `None` if there is none.
    ///
    /// # Errors
    /// What the disk says.
    pub fn max_timestamp(&self) -> Result<Option<TimestampOffset>, Error> {
        let segments = self.segments.load();
        let mut largest = TimestampOffset::NONE;
        for segment in &**segments {
            if segment.largest_timestamp().timestamp > largest.timestamp {
                largest = segment.largest_timestamp();
            }
        }
        if largest.timestamp < 0 {
            return Ok(None);
        }
        self.offset_for_timestamp(largest.timestamp)
    }

    /// The newest leader epoch in the log.
    pub fn latest_epoch(&self) -> Option<i32> {
        self.epochs().history.latest()
    }

    /// The leader epoch of the record at `offset`.
    pub fn epoch_at(&self, offset: i64) -> Option<i32> {
        self.epochs().history.epoch_at(offset)
    }

    /// Where `epoch`, or the largest known one below it, ends; `None` if that is not known.
    pub fn end_offset_for_epoch(&self, epoch: i32) -> Option<EpochEnd> {
        let epochs = self.epochs();
        epochs.history.end_of(epoch, self.log_end_offset())
    }

    /// Aborted transactions with records in `[from, to)`, in the order of their markers.
    pub fn aborted_transactions(&self, from: i64, to: i64) -> Vec<AbortedTransaction> {
        let mut found = Vec::new();
        for segment in segments_from(&self.segments.load(), from) {
            let (mut aborted, is_complete) = segment.aborted_between(from, to);
            found.append(&mut aborted);
            if is_complete {
                break;
            }
        }
        found
    }
}

/// The segments that may have `offset` or later ones, oldest first.
fn segments_from(segments: &[Arc<Segment>], offset: i64) -> &[Arc<Segment>] {
    let after = segments.partition_point(|segment| segment.base_offset() <= offset);
    segments.get(after.saturating_sub(1)..).unwrap_or_default()
}

/// The first record of a segment that is `wanted`, none of which is in a batch older than `timestamp`.
fn first_record(
    segment: &Segment,
    timestamp: i64,
    wanted: impl Fn(&TimestampOffset) -> bool,
) -> io::Result<Option<TimestampOffset>> {
    for next in segment.spans_from_timestamp(timestamp)? {
        let (header, span) = next?;
        if header.max_timestamp < timestamp {
            continue;
        }
        if header.attributes.timestamp_type() == TimestampType::LogAppendTime {
            let found = TimestampOffset {
                timestamp: header.max_timestamp,
                offset: header.base_offset,
            };
            if wanted(&found) {
                return Ok(Some(found));
            }
        }
        let batch = Batch::split(&mut read_batch(&**segment.file(), &span)?).map_err(invalid)?;
        for record in &batch.records(DECOMPRESSED_MAX).map_err(invalid)? {
            let record = record.map_err(invalid)?;
            let found = TimestampOffset {
                timestamp: record.timestamp,
                offset: record.offset,
            };
            if wanted(&found) {
                return Ok(Some(found));
            }
        }
    }
    Ok(None)
}

/// What the records of one batch may take when decompressed; higher than for new batches, for these are in the log.
const DECOMPRESSED_MAX: usize = 1 << 30;
