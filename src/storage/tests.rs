//! Logs on a disk that fails.

use std::path::PathBuf;
use std::sync::Arc;

use bytes::Bytes;

use super::faulty_disk::Operation;
use super::*;
use crate::protocol::record::{BatchBuilder, BatchHeader, BatchOptions, Batches, NewRecord};
use crate::protocol::{ErrorCode, TopicPartition};

const NOW: i64 = 1_700_000_000_000;

struct Fixture {
    disk: FaultyDisk,
    config: LogConfig,
    recovery_point: i64,
}

impl Fixture {
    fn new(config: LogConfig) -> Self {
        Self {
            disk: FaultyDisk::new(),
            config,
            recovery_point: 0,
        }
    }

    fn open(&self, is_clean: bool) -> Arc<Log> {
        let disk: Arc<dyn Disk> = Arc::new(self.disk.clone());
        let partition = TopicPartition {
            topic: "t".to_owned(),
            partition: 0,
        };
        let open = OpenLog {
            is_clean,
            recovery_point: self.recovery_point,
            ..OpenLog::new(
                partition,
                PathBuf::from("/data/t-0"),
                self.config.clone(),
                NOW,
            )
        };
        Log::open(&disk, open).unwrap()
    }
}

/// A batch of records with these values, one millisecond apart from `timestamp` on.
fn batch_at(timestamp: i64, values: &[&str]) -> Bytes {
    produced(timestamp, values, &BatchOptions::default())
}

fn batch(values: &[&str]) -> Bytes {
    batch_at(NOW, values)
}

fn produced(timestamp: i64, values: &[&str], options: &BatchOptions) -> Bytes {
    let mut builder = BatchBuilder::default();
    for (timestamp, value) in (timestamp..).zip(values) {
        builder
            .append(&NewRecord {
                timestamp,
                key: None,
                value: Some(value.as_bytes()),
                headers: &[],
            })
            .unwrap();
    }
    builder.build(options).unwrap()
}

fn append(log: &Log, batch: Bytes) -> i64 {
    log.append_as_leader(batch, 0, Origin::Client, NOW)
        .unwrap()
        .first_offset
}

/// The values from `offset` up to `bound`, read in slices of `max_bytes`.
fn values(log: &Log, mut offset: i64, bound: i64, max_bytes: u64) -> Vec<(i64, String)> {
    let mut values = Vec::new();
    while let Some(slice) = log
        .read(&ReadRequest {
            offset,
            bound,
            max_bytes,
            is_batch_owed: true,
        })
        .unwrap()
    {
        let mut bytes = vec![0; usize::try_from(slice.len).unwrap()];
        assert_eq!(
            slice.file.read_at(&mut bytes, slice.position).unwrap(),
            bytes.len()
        );
        assert_eq!(
            BatchHeader::parse(&bytes).unwrap().base_offset,
            slice.first.base_offset
        );
        let mut batches = Batches::new(bytes.into());
        for batch in batches.by_ref() {
            let batch = batch.unwrap();
            batch.verify_crc().unwrap();
            for record in &batch.records(1 << 20).unwrap() {
                let record = record.unwrap();
                if record.offset >= offset {
                    values.push((
                        record.offset,
                        String::from_utf8(record.value.unwrap().to_vec()).unwrap(),
                    ));
                }
            }
            offset = batch.header().next_offset();
        }
        assert!(batches.rest().is_empty(), "a slice holds whole batches");
    }
    values
}

fn all(log: &Log) -> Vec<(i64, String)> {
    values(log, log.log_start_offset(), log.log_end_offset(), 1 << 20)
}

fn small_segments() -> LogConfig {
    LogConfig {
        segment_bytes: 1000,
        index_interval_bytes: 100,
        ..LogConfig::default()
    }
}

#[test]
fn what_is_appended_is_read_back_across_segments() {
    let log = Fixture::new(small_segments()).open(false);
    let mut expected = Vec::new();
    for first in (0..100).step_by(2) {
        let pair = [format!("value {first}"), format!("value {}", first + 1)];
        assert_eq!(append(&log, batch(&[&pair[0], &pair[1]])), first);
        expected.extend((first..).zip(pair));
    }
    assert_eq!(log.log_end_offset(), 100);
    for max_bytes in [1, 100, 200, 333, 5000] {
        assert_eq!(values(&log, 0, 100, max_bytes), expected);
        assert_eq!(values(&log, 37, 100, max_bytes), expected[37..]);
        assert_eq!(values(&log, 37, 60, max_bytes), expected[37..60]);
    }
}

#[test]
fn offsets_outside_the_log_are_refused() {
    let log = Fixture::new(LogConfig::default()).open(false);
    append(&log, batch(&["a"]));
    let read = |offset| {
        log.read(&ReadRequest {
            offset,
            bound: 1,
            max_bytes: 1000,
            is_batch_owed: true,
        })
    };
    assert!(read(0).unwrap().is_some());
    assert!(read(1).unwrap().is_none());
    for offset in [-1, 2] {
        assert!(matches!(
            read(offset),
            Err(ReadError::OffsetOutOfRange {
                log_end_offset: 1,
                ..
            })
        ));
    }
    let small = ReadRequest {
        offset: 0,
        bound: 1,
        max_bytes: 10,
        is_batch_owed: false,
    };
    assert!(log.read(&small).unwrap().is_none());
}

#[test]
fn the_leader_sets_offsets_and_epoch_without_touching_the_checksum() {
    let log = Fixture::new(LogConfig::default()).open(false);
    append(&log, batch(&["a", "b"]));
    log.append_as_leader(batch(&["c"]), 7, Origin::Client, NOW)
        .unwrap();
    let slice = log
        .read(&ReadRequest {
            offset: 2,
            bound: 3,
            max_bytes: 1000,
            is_batch_owed: true,
        })
        .unwrap()
        .unwrap();
    let mut bytes = vec![0; usize::try_from(slice.len).unwrap()];
    slice.file.read_at(&mut bytes, slice.position).unwrap();
    let header = BatchHeader::parse(&bytes).unwrap();
    assert_eq!((header.base_offset, header.partition_leader_epoch), (2, 7));
    assert_eq!(
        (log.latest_epoch(), log.epoch_at(1), log.epoch_at(2)),
        (Some(7), Some(0), Some(7))
    );
}

#[test]
fn a_full_disk_refuses_and_leaves_the_log_as_it_was() {
    let fixture = Fixture::new(LogConfig::default());
    let log = fixture.open(false);
    append(&log, batch(&["a"]));
    fixture.disk.fill_up_after(70);
    let error = log
        .append_as_leader(batch(&["does not fit"]), 0, Origin::Client, NOW)
        .unwrap_err();
    assert_eq!(error.error_code(), ErrorCode::KafkaStorageError);
    fixture.disk.heal();
    assert_eq!(append(&log, batch(&["b"])), 1);
    assert_eq!(all(&log), [(0, "a".to_owned()), (1, "b".to_owned())]);
    assert_eq!(all(&fixture.open(false)), all(&log));
}

#[test]
fn a_write_that_cannot_be_undone_is_overwritten_later() {
    let fixture = Fixture::new(LogConfig::default());
    let log = fixture.open(false);
    append(&log, batch(&["a"]));
    fixture.disk.fail(Operation::Write);
    fixture.disk.fail(Operation::Truncate);
    log.append_as_leader(batch(&["lost"]), 0, Origin::Client, NOW)
        .unwrap_err();
    fixture.disk.heal();
    append(&log, batch(&["b"]));
    assert_eq!(
        all(&fixture.open(false)),
        [(0, "a".to_owned()), (1, "b".to_owned())]
    );
}

#[test]
fn a_torn_tail_is_cut_off_and_the_rest_is_read() {
    let fixture = Fixture::new(small_segments());
    let log = fixture.open(false);
    for value in ["a", "b", "c"] {
        append(&log, batch(&[value]));
    }
    let path = PathBuf::from("/data/t-0/00000000000000000000.log");
    fixture
        .disk
        .flip(&path, usize::try_from(log.size()).unwrap() - 1);
    let log = fixture.open(false);
    assert_eq!(all(&log), [(0, "a".to_owned()), (1, "b".to_owned())]);
    assert_eq!(append(&log, batch(&["d"])), 2);
}
