//! The files of a log as Apache Kafka's own tools see them.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;

use crate::support::programs::installed;
use bytes::Bytes;
use kaffa::protocol::TopicPartition;
use kaffa::protocol::record::{
    BatchBuilder, BatchOptions, Codec, EndTransactionMarker, NewRecord, TimestampType,
};
use kaffa::storage::{Disk, Log, LogConfig, OpenLog, Origin, RealDisk};

const NOW: i64 = 1_700_000_000_000;

fn open(dir: &Path, config: &LogConfig) -> Arc<Log> {
    let disk: Arc<dyn Disk> = Arc::new(RealDisk);
    let partition = TopicPartition {
        topic: "t".to_owned(),
        partition: 0,
    };
    Log::open(
        &disk,
        &OpenLog::new(partition, dir.join("t-0"), config.clone(), NOW),
    )
    .unwrap()
}

fn batch(number: i64, options: &BatchOptions) -> Bytes {
    let mut builder = BatchBuilder::default();
    for index in 0..=number % 7 {
        let (key, value) = (
            format!("key {index}"),
            format!("batch {number}, record {index}"),
        );
        // Times jump back and forth, so that not every batch is news to the time index.
        let timestamp = NOW + number * 1000 + (number * 7919) % 5000 - index;
        let record = NewRecord {
            timestamp,
            key: Some(key.as_bytes()),
            value: Some(value.as_bytes()),
            headers: &[],
        };
        builder.append(&record).unwrap();
    }
    builder.build(options).unwrap()
}

/// Several segments with batches of every kind; some producers have open transactions at the end.
fn write(log: &Log) {
    let mut sequences = [0; 3];
    for number in 0..400 {
        let compression = Codec::ALL[usize::try_from(number).unwrap() % Codec::ALL.len()].into();
        let plain = BatchOptions {
            compression,
            ..BatchOptions::default()
        };
        let producer = usize::try_from(number).unwrap() % 4;
        let options = match sequences.get_mut(producer) {
            Some(sequence) => {
                let base_sequence = *sequence;
                *sequence += i32::try_from(number % 7 + 1).unwrap();
                let producer_id = i64::try_from(producer).unwrap() + 1000;
                BatchOptions {
                    producer_id,
                    producer_epoch: 0,
                    base_sequence,
                    is_transactional: producer > 0,
                    ..plain
                }
            }
            None => plain,
        };
        let epoch = i32::try_from(number / 150).unwrap();
        let now = NOW + number * 1000;
        log.append_as_leader(batch(number, &options), epoch, Origin::Client, now)
            .unwrap();
        if options.is_transactional && number % 10 == 1 {
            let marker = EndTransactionMarker {
                is_commit: number % 20 == 1,
                coordinator_epoch: 3,
            };
            let ended = BatchOptions {
                base_sequence: -1,
                ..options
            };
            let marker = marker.to_batch(
                now,
                &BatchOptions {
                    compression: Codec::None.into(),
                    ..ended
                },
            );
            log.append_as_leader(marker.unwrap(), epoch, Origin::Coordinator, now)
                .unwrap();
        }
    }
}

fn small_segments() -> LogConfig {
    LogConfig {
        segment_bytes: 16 << 10,
        index_interval_bytes: 512,
        ..LogConfig::default()
    }
}

fn files(dir: &Path, extension: &str) -> Vec<PathBuf> {
    let entries = RealDisk.list(dir).unwrap().into_iter();
    let paths = entries.map(|entry| dir.join(entry.name));
    paths
        .filter(|path| path.extension().is_some_and(|found| found == extension))
        .collect()
}

/// What `kafka-dump-log.sh` says of these files.
fn dump(files: &[PathBuf], options: &[&str]) -> String {
    let names: Vec<_> = files
        .iter()
        .map(|path| path.display().to_string())
        .collect();
    let output = Command::new(installed("apache-kafka/bin/kafka-dump-log.sh"))
        .args(["--files", &names.join(",")])
        .args(options)
        .output()
        .unwrap();
    let streams = [output.stdout, b"\n".to_vec(), output.stderr].concat();
    let text = without_first_offsets(&String::from_utf8_lossy(&streams));
    assert!(output.status.success(), "{text}");
    for complaint in [
        "isvalid: false",
        "mismatch",
        "Mismatch",
        "ismatches",
        "out of order",
        "Out of order",
        "Non-",
        "exception",
        "Exception",
    ] {
        assert!(!text.contains(complaint), "{complaint} in\n{text}");
    }
    text
}

/// The tool takes -1 for the offset before every segment, and finds that its first offset does not follow on that, in
/// Apache's own files too.
fn without_first_offsets(text: &str) -> String {
    let gaps: Vec<_> = text
        .lines()
        .filter(|line| line.contains(" is followed by "))
        .collect();
    assert!(
        gaps.iter().all(|gap| gap.trim().starts_with("-1 ")),
        "{gaps:?}"
    );
    let rest = text
        .lines()
        .filter(|line| !line.contains("Non-consecutive offsets in"));
    rest.collect::<Vec<_>>().join(
        "
",
    )
}

#[test]
#[ignore = "needs Apache Kafka: tests/interop/setup apache"]
fn apaches_dump_tool_has_nothing_to_say_against_our_files() {
    for timestamp_type in [TimestampType::CreateTime, TimestampType::LogAppendTime] {
        let dir = tempfile::tempdir().unwrap();
        let config = LogConfig {
            timestamp_type,
            ..small_segments()
        };
        let log = open(dir.path(), &config);
        write(&log);
        log.close().unwrap();
        let logs = files(log.dir(), "log");
        assert!(logs.len() > 3, "{logs:?}");
        let dumped = dump(&logs, &["--deep-iteration"]);
        let records = dumped
            .lines()
            .filter(|line| line.starts_with("| offset:"))
            .count();
        assert_eq!(i64::try_from(records).unwrap(), log.log_end_offset());
        let indexes = [files(log.dir(), "index"), files(log.dir(), "timeindex")].concat();
        assert_eq!(indexes.len(), logs.len() * 2);
        assert!(dump(&indexes, &[]).contains("position: "));
        dump(&indexes, &["--index-sanity-check"]);
        dump(&indexes, &["--verify-index-only"]);
        let transactions = dump(&files(log.dir(), "txnindex"), &[]);
        let aborted = log.aborted_transactions(0, log.log_end_offset());
        assert_eq!(transactions.matches("producerId: ").count(), aborted.len());
        let snapshots = files(log.dir(), "snapshot");
        assert_eq!(snapshots.len(), logs.len());
        assert!(
            dump(&snapshots, &[]).contains("producerId: 1001 producerEpoch: 0 coordinatorEpoch: 3")
        );
    }
}

#[test]
#[ignore = "needs Apache Kafka: tests/interop/setup apache"]
fn apaches_dump_tool_reads_files_that_were_recovered() {
    let dir = tempfile::tempdir().unwrap();
    let log = open(dir.path(), &small_segments());
    write(&log);
    log.flush().unwrap();
    drop(log);
    let dir_of_log = dir.path().join("t-0");
    for path in [files(&dir_of_log, "index"), files(&dir_of_log, "timeindex")].concat() {
        RealDisk.remove(&path).unwrap();
    }
    let log = open(dir.path(), &small_segments());
    log.close().unwrap();
    let dumped = dump(&files(log.dir(), "log"), &["--deep-iteration"]);
    assert_eq!(
        i64::try_from(dumped.matches("| offset:").count()).unwrap(),
        log.log_end_offset()
    );
    let indexes = [files(log.dir(), "index"), files(log.dir(), "timeindex")].concat();
    dump(&indexes, &[]);
    dump(&indexes, &["--verify-index-only"]);
}
