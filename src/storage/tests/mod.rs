//! Logs on a disk that fails.

use std::path::PathBuf;
use std::sync::Arc;

use bytes::Bytes;

use super::*;
use crate::protocol::TopicPartition;
use crate::protocol::record::{BatchBuilder, BatchHeader, BatchOptions, Batches, NewRecord};

mod failures;
mod log;
mod model;

const NOW: i64 = 1_700_000_000_000;

/// An offset, and the value of the record there.
type Value = (i64, String);

type Values = Vec<Value>;

struct Fixture {
    disk: FaultyDisk,
    config: LogConfig,
    recovery_point: i64,
    log_start_offset: i64,
}

impl Fixture {
    fn new(config: LogConfig) -> Self {
        Self {
            disk: FaultyDisk::new(),
            config,
            recovery_point: 0,
            log_start_offset: 0,
        }
    }

    fn open(&self, is_clean: bool) -> Arc<Log> {
        self.try_open(is_clean).unwrap()
    }

    fn try_open(&self, is_clean: bool) -> Result<Arc<Log>, Error> {
        let disk: Arc<dyn Disk> = Arc::new(self.disk.clone());
        let partition = TopicPartition {
            topic: "t".to_owned(),
            partition: 0,
        };
        let open = OpenLog {
            is_clean,
            recovery_point: self.recovery_point,
            log_start_offset: self.log_start_offset,
            ..OpenLog::new(
                partition,
                PathBuf::from("/data/t-0"),
                self.config.clone(),
                NOW,
            )
        };
        Log::open(&disk, &open)
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
fn values(log: &Log, mut offset: i64, bound: i64, max_bytes: u64) -> Values {
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

fn all(log: &Log) -> Values {
    values(log, log.log_start_offset(), log.log_end_offset(), 1 << 20)
}

fn small_segments() -> LogConfig {
    LogConfig {
        segment_bytes: 1000,
        index_interval_bytes: 100,
        ..LogConfig::default()
    }
}

fn idempotent(producer_id: i64, base_sequence: i32) -> BatchOptions {
    BatchOptions {
        producer_id,
        producer_epoch: 0,
        base_sequence,
        ..BatchOptions::default()
    }
}
