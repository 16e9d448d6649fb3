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
                let message = "Compacted topic cannot accept message without key".to_owned();
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::record::{
        Attributes, BatchBuilder, BatchOptions, Compression, HEADER_LEN, NewRecord,
    };
    use proptest::prelude::*;

    const NOW: i64 = 1_700_000_000_000;

    fn batch(timestamps: &[i64], options: &BatchOptions) -> Bytes {
        let mut builder = BatchBuilder::default();
        for (index, timestamp) in timestamps.iter().enumerate() {
            let key = [b'k', u8::try_from(index).unwrap()];
            let record = NewRecord {
                timestamp: *timestamp,
                key: Some(&key),
                value: Some(b"value"),
                headers: &[],
            };
            builder.append(&record).unwrap();
        }
        builder.build(options).unwrap()
    }

    /// The batch with its header changed, and the checksum to go with it.
    fn with_header(batch: &Bytes, change: impl FnOnce(&mut BatchHeader)) -> Bytes {
        let mut header = BatchHeader::parse(batch).unwrap();
        change(&mut header);
        header.seal(&batch[HEADER_LEN..]);
        [&header.to_bytes(), &batch[HEADER_LEN..]].concat().into()
    }

    fn check(batch: Bytes, config: &LogConfig) -> Result<Valid, AppendError> {
        validate(batch, config, Origin::Client, NOW)
    }

    fn code(batch: Bytes, config: &LogConfig) -> ErrorCode {
        check(batch, config).unwrap_err().error_code()
    }

    fn plain() -> Bytes {
        batch(&[NOW, NOW + 5, NOW + 1], &BatchOptions::default())
    }

    #[test]
    fn a_sound_batch_goes_through_as_it_is() {
        let valid = check(plain(), &LogConfig::default()).unwrap();
        assert_eq!(valid.header, BatchHeader::parse(&plain()).unwrap());
        assert_eq!((valid.batch.bytes(), valid.log_append_time), (&plain(), -1));
    }

    #[test]
    fn headers_that_no_producer_may_send_are_refused() {
        type Change = fn(&mut BatchHeader);
        let changes: [(Change, ErrorCode); 9] = [
            (|header| header.base_offset = 1, ErrorCode::InvalidRecord),
            (|header| header.records_count = 0, ErrorCode::InvalidRecord),
            (|header| header.records_count = -1, ErrorCode::InvalidRecord),
            (
                |header| header.records_count = i32::MAX,
                ErrorCode::InvalidRecord,
            ),
            (
                |header| (header.records_count, header.last_offset_delta) = (4, 3),
                ErrorCode::InvalidRecord,
            ),
            (
                |header| (header.records_count, header.last_offset_delta) = (2, 1),
                ErrorCode::InvalidRecord,
            ),
            (
                |header| header.attributes = header.attributes.with_control(true),
                ErrorCode::InvalidRecord,
            ),
            (|header| header.producer_id = 1, ErrorCode::InvalidRecord),
            (
                |header| header.attributes = Attributes(8),
                ErrorCode::InvalidTimestamp,
            ),
        ];
        for (at, (change, expected)) in changes.into_iter().enumerate() {
            assert_eq!(
                code(with_header(&plain(), change), &LogConfig::default()),
                expected,
                "change {at}"
            );
        }
        let unknown_codec = with_header(&plain(), |header| header.attributes = Attributes(6));
        assert_eq!(
            code(unknown_codec, &LogConfig::default()),
            ErrorCode::UnsupportedCompressionType
        );
    }

    #[test]
    fn bytes_that_are_not_one_batch_are_refused() {
        let config = LogConfig::default();
        let two = Bytes::from([plain(), plain()].concat());
        assert_eq!(code(two, &config), ErrorCode::InvalidRecord);
        assert_eq!(
            code(plain().slice(..plain().len() - 1), &config),
            ErrorCode::CorruptMessage
        );
        assert_eq!(code(Bytes::new(), &config), ErrorCode::CorruptMessage);
        let mut flipped = plain().to_vec();
        *flipped.last_mut().unwrap() ^= 1;
        assert_eq!(code(flipped.into(), &config), ErrorCode::CorruptMessage);
        let mut old = plain().to_vec();
        old[16] = 1;
        assert_eq!(code(old.into(), &config), ErrorCode::InvalidRecord);
    }

    #[test]
    fn sizes_are_limited_for_clients() {
        let len = length(plain().len());
        let config = LogConfig {
            max_message_bytes: len - 1,
            ..LogConfig::default()
        };
        assert_eq!(code(plain(), &config), ErrorCode::MessageTooLarge);
        assert!(validate(plain(), &config, Origin::Coordinator, NOW).is_ok());
        assert!(
            check(
                plain(),
                &LogConfig {
                    max_message_bytes: len,
                    ..LogConfig::default()
                }
            )
            .is_ok()
        );
        let config = LogConfig {
            segment_bytes: len - 1,
            ..LogConfig::default()
        };
        assert_eq!(code(plain(), &config), ErrorCode::RecordListTooLarge);
    }

    #[test]
    fn times_too_far_off_are_refused_record_by_record() {
        let config = LogConfig {
            timestamp_before_max_ms: 10,
            timestamp_after_max_ms: 5,
            ..LogConfig::default()
        };
        let options = BatchOptions::default();
        assert!(check(batch(&[NOW - 10, NOW + 5, -1], &options), &config).is_ok());
        let error = check(batch(&[NOW, NOW - 11, NOW + 6], &options), &config).unwrap_err();
        assert_eq!(error.error_code(), ErrorCode::InvalidTimestamp);
        let at: Vec<_> = error
            .record_errors()
            .iter()
            .map(|record| record.batch_index)
            .collect();
        assert_eq!(at, [1, 2]);
        let config = LogConfig {
            timestamp_type: TimestampType::LogAppendTime,
            ..config
        };
        assert!(check(batch(&[NOW, NOW - 11], &options), &config).is_ok());
    }

    #[test]
    fn append_time_replaces_the_producers() {
        let config = LogConfig {
            timestamp_type: TimestampType::LogAppendTime,
            ..LogConfig::default()
        };
        let valid = check(batch(&[5, 6], &BatchOptions::default()), &config).unwrap();
        assert_eq!(
            (valid.log_append_time, valid.header.max_timestamp),
            (NOW, NOW)
        );
        let mut stored = Bytes::from([&valid.header.to_bytes(), valid.batch.body()].concat());
        let stored = Batch::split(&mut stored).unwrap();
        stored.verify_crc().unwrap();
        let records = stored.records(1000).unwrap();
        assert!(
            records
                .iter()
                .all(|record| record.unwrap().timestamp == NOW)
        );
    }

    #[test]
    fn a_wrong_largest_timestamp_is_put_right() {
        let lying = with_header(&plain(), |header| header.max_timestamp = 9);
        assert_eq!(
            check(lying, &LogConfig::default()).unwrap().header,
            BatchHeader::parse(&plain()).unwrap()
        );
    }

    #[test]
    fn compacted_topics_take_no_records_without_a_key() {
        let mut builder = BatchBuilder::default();
        for key in [Some(b"k".as_slice()), None] {
            builder
                .append(&NewRecord {
                    timestamp: NOW,
                    key,
                    value: None,
                    headers: &[],
                })
                .unwrap();
        }
        let keyless = builder.build(&BatchOptions::default()).unwrap();
        let error = check(
            keyless,
            &LogConfig {
                compact: true,
                ..LogConfig::default()
            },
        )
        .unwrap_err();
        assert_eq!(
            (error.error_code(), error.record_errors().len()),
            (ErrorCode::InvalidRecord, 1)
        );
        assert_eq!(error.record_errors()[0].batch_index, 1);
    }

    #[test]
    fn batches_are_rewritten_with_the_codec_of_the_topic() {
        for (sent, wanted) in [
            (Codec::None, Codec::Lz4),
            (Codec::Zstd, Codec::None),
            (Codec::Gzip, Codec::Snappy),
        ] {
            let options = BatchOptions {
                compression: sent.into(),
                producer_id: 7,
                producer_epoch: 1,
                ..BatchOptions::default()
            };
            let options = BatchOptions {
                base_sequence: 3,
                ..options
            };
            let config = LogConfig {
                compression: Some(Compression::from(wanted)),
                ..LogConfig::default()
            };
            let valid = check(batch(&[NOW, NOW + 1], &options), &config).unwrap();
            assert_eq!(valid.header.attributes.codec().unwrap(), wanted);
            assert_eq!(
                (
                    valid.header.producer_id,
                    valid.header.base_sequence,
                    valid.header.records_count
                ),
                (7, 3, 2)
            );
            valid.batch.verify_crc().unwrap();
            let records = valid.batch.records(1000).unwrap();
            assert!(
                records
                    .iter()
                    .all(|record| record.unwrap().value == Some(b"value".as_slice()))
            );
        }
    }

    proptest! {
        #[test]
        fn damage_is_never_accepted(at in 0_usize..100, bit in 0_u8..8) {
            let mut damaged = plain().to_vec();
            let at = at.checked_rem(damaged.len()).unwrap();
            damaged[at] ^= 1 << bit;
            // The leader epoch is the leader's to set; everything else is checked.
            let is_free = (12..16).contains(&at);
            prop_assert_eq!(check(damaged.into(), &LogConfig::default()).is_ok(), is_free);
        }

        #[test]
        fn sealed_nonsense_does_no_harm(body in proptest::collection::vec(any::<u8>(), 0..200), codec in 0_i16..8, count in 1_i32..9) {
            let length = i32::try_from(body.len()).unwrap().saturating_add(49);
            let nonsense: Bytes = [plain()[..HEADER_LEN].to_vec(), body].concat().into();
            let nonsense = with_header(&nonsense, |header| {
                (header.batch_length, header.attributes) = (length, Attributes(codec));
                (header.records_count, header.last_offset_delta) = (count, count.saturating_sub(1));
            });
            _ = check(nonsense, &LogConfig::default()).is_ok();
        }
    }
}
