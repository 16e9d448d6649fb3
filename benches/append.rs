//! What an append costs, in CPU time: `cargo bench --bench append`. The same batches go to a disk that does nothing, which
//! leaves the checks and the bookkeeping, to real files, and, for comparison, straight to a file without any log. The last
//! column is what finding the newest batch costs a reader.
#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a benchmark ends where something fails, and says what it measured"
)]

use std::fs::File;
use std::io::{self, IoSlice};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use kaffa::protocol::TopicPartition;
use kaffa::protocol::record::{BatchBuilder, BatchOptions, Codec, NewRecord};
use kaffa::storage::disk::{DirEntry, OpenMode, Space};
use kaffa::storage::{Disk, DiskFile, Log, LogConfig, OpenLog, Origin, ReadRequest, RealDisk};

const BATCHES: u32 = 20_000;
const ROUNDS: usize = 5;
const NOW_MS: i64 = 1_700_000_000_000;

/// A disk that keeps nothing.
#[derive(Debug)]
struct Nowhere;

impl Disk for Nowhere {
    fn open(&self, _path: &Path, mode: OpenMode) -> io::Result<Arc<dyn DiskFile>> {
        match mode {
            OpenMode::Create => Ok(Arc::new(Self)),
            OpenMode::Read | OpenMode::Write => Err(io::ErrorKind::NotFound.into()),
        }
    }

    fn lock(&self, _path: &Path) -> io::Result<Arc<dyn DiskFile>> {
        Ok(Arc::new(Self))
    }

    fn rename(&self, _from: &Path, _to: &Path) -> io::Result<()> {
        Ok(())
    }

    fn remove(&self, _path: &Path) -> io::Result<()> {
        Ok(())
    }

    fn list(&self, _path: &Path) -> io::Result<Vec<DirEntry>> {
        Ok(Vec::new())
    }

    fn create_dir(&self, _path: &Path) -> io::Result<()> {
        Ok(())
    }

    fn sync_dir(&self, _path: &Path) -> io::Result<()> {
        Ok(())
    }

    fn space(&self, _path: &Path) -> io::Result<Space> {
        Err(io::ErrorKind::Unsupported.into())
    }
}

impl DiskFile for Nowhere {
    fn read_at(&self, _buffer: &mut [u8], _position: u64) -> io::Result<usize> {
        Ok(0)
    }

    fn write_at(&self, _pieces: &mut [IoSlice<'_>], _position: u64) -> io::Result<()> {
        Ok(())
    }

    fn len(&self) -> io::Result<u64> {
        Ok(0)
    }

    fn truncate(&self, _len: u64) -> io::Result<()> {
        Ok(())
    }

    fn reserve(&self, _len: u64) -> io::Result<()> {
        Ok(())
    }

    fn sync_data(&self) -> io::Result<()> {
        Ok(())
    }

    fn modified_ms(&self) -> io::Result<i64> {
        Ok(NOW_MS)
    }

    fn as_file(&self) -> Option<&File> {
        None
    }
}

fn batch(records: usize, value_len: usize, codec: Codec) -> Bytes {
    let value: Vec<u8> = (b'a'..=b'z').cycle().take(value_len).collect();
    let mut builder = BatchBuilder::default();
    for _ in 0..records {
        let record = NewRecord {
            timestamp: NOW_MS,
            key: None,
            value: Some(&value),
            headers: &[],
        };
        builder.append(&record).unwrap();
    }
    builder
        .build(&BatchOptions {
            compression: codec.into(),
            ..BatchOptions::default()
        })
        .unwrap()
}

/// CPU time this thread has used: on a busy machine the clock on the wall measures the neighbours.
fn cpu_time() -> Duration {
    let text = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap();
    Duration::from_nanos(text.split(' ').next().unwrap().parse().unwrap())
}

/// CPU time of one of [`BATCHES`] in the best of several rounds.
fn best(mut round: impl FnMut()) -> Duration {
    let rounds = (0..ROUNDS).map(|_| {
        let start = cpu_time();
        round();
        cpu_time().saturating_sub(start)
    });
    rounds.min().unwrap_or_default() / BATCHES
}

fn log_on(disk: &Arc<dyn Disk>, dir: &Path) -> Arc<Log> {
    let partition = TopicPartition {
        topic: "t".to_owned(),
        partition: 0,
    };
    Log::open(
        disk,
        &OpenLog::new(partition, dir.to_path_buf(), LogConfig::default(), NOW_MS),
    )
    .unwrap()
}

fn append_all(disk: &Arc<dyn Disk>, batch: &Bytes) {
    let dir = tempfile::tempdir_in("target").unwrap();
    let log = log_on(disk, dir.path());
    for _ in 0..BATCHES {
        log.append_as_leader(batch.clone(), 0, Origin::Client, NOW_MS)
            .unwrap();
    }
}

/// Finds the batch appended last, over and over.
fn read_tail(disk: &Arc<dyn Disk>, batch: &Bytes) -> Duration {
    let dir = tempfile::tempdir_in("target").unwrap();
    let log = log_on(disk, dir.path());
    for _ in 0..1000 {
        log.append_as_leader(batch.clone(), 0, Origin::Client, NOW_MS)
            .unwrap();
    }
    let bound = log.log_end_offset();
    let request = ReadRequest {
        offset: bound.saturating_sub(1),
        bound,
        max_bytes: 1 << 20,
        is_batch_owed: true,
    };
    best(|| {
        for _ in 0..BATCHES {
            assert!(log.read(&request).unwrap().is_some());
        }
    })
}

fn main() {
    let (nowhere, real): (Arc<dyn Disk>, Arc<dyn Disk>) = (Arc::new(Nowhere), Arc::new(RealDisk));
    println!(
        "{:26} {:>7} {:>10} {:>10} {:>10} {:>10}",
        "batch", "bytes", "no disk", "file", "bare file", "read"
    );
    for (name, batch) in [
        ("160 records of 100 bytes", batch(160, 92, Codec::None)),
        ("16 records of 1 KiB", batch(16, 1016, Codec::None)),
        ("1 record of 100 bytes", batch(1, 92, Codec::None)),
        ("160 of 100 bytes, lz4", batch(160, 92, Codec::Lz4)),
    ] {
        let bare = best(|| {
            let file = tempfile::tempfile_in("target").unwrap();
            for position in (0_u64..)
                .step_by(batch.len())
                .take(BATCHES.try_into().unwrap())
            {
                file.write_at(&mut [IoSlice::new(&batch)], position)
                    .unwrap();
            }
        });
        let checks = best(|| append_all(&nowhere, &batch));
        let files = best(|| append_all(&real, &batch));
        let read = read_tail(&real, &batch);
        println!(
            "{name:26} {:>7} {checks:>10.2?} {files:>10.2?} {bare:>10.2?} {read:>10.2?}",
            batch.len()
        );
    }
}
