//! What a log does when all is well.

use super::*;
use crate::protocol::ErrorCode;
use crate::protocol::record::EndTransactionMarker;

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
fn duplicates_are_answered_and_gaps_refused() {
    let fixture = Fixture::new(LogConfig::default());
    let log = fixture.open(false);
    let send = |log: &Log, sequence, epoch| {
        let options = BatchOptions {
            producer_epoch: epoch,
            ..idempotent(5, sequence)
        };
        log.append_as_leader(produced(NOW, &["a", "b"], &options), 0, Origin::Client, NOW)
    };
    for sequence in [0, 2, 4, 6, 8, 10] {
        assert_eq!(
            send(&log, sequence, 1).unwrap().first_offset,
            i64::from(sequence)
        );
    }
    let again = send(&log, 2, 1).unwrap();
    assert!(again.is_duplicate && again.first_offset == 2 && again.last_offset == 3);
    assert_eq!(
        send(&log, 0, 1).unwrap_err().error_code(),
        ErrorCode::OutOfOrderSequenceNumber
    );
    assert_eq!(
        send(&log, 14, 1).unwrap_err().error_code(),
        ErrorCode::OutOfOrderSequenceNumber
    );
    assert_eq!(
        send(&log, 12, 0).unwrap_err().error_code(),
        ErrorCode::InvalidProducerEpoch
    );
    assert_eq!(
        send(&log, 12, 2).unwrap_err().error_code(),
        ErrorCode::OutOfOrderSequenceNumber
    );
    assert_eq!(send(&log, 0, 2).unwrap().first_offset, 12);
    let log = fixture.open(false);
    assert!(send(&log, 0, 2).unwrap().is_duplicate);
    assert_eq!(send(&log, 2, 2).unwrap().first_offset, 14);
}

#[test]
fn records_are_found_by_time_in_any_order_of_times() {
    let fixture = Fixture::new(small_segments());
    let log = fixture.open(false);
    let times = [5, 9, 2, 9, 11, 3, 30, 4, 8, 31, 1];
    for time in times {
        append(
            &log,
            batch_at(
                NOW + time,
                &["a long enough value to have several segments", "b"],
            ),
        );
    }
    log.checkpoint().unwrap();
    for wanted in 0..40 {
        let expected = times
            .iter()
            .flat_map(|time| [*time, time + 1])
            .position(|time| time >= wanted);
        let found = log
            .offset_for_timestamp(NOW + wanted)
            .unwrap()
            .map(|found| usize::try_from(found.offset).unwrap());
        assert_eq!(found, expected, "{wanted}");
    }
    assert_eq!(log.max_timestamp().unwrap().unwrap().offset, 19);
}

#[test]
fn old_segments_go_by_time_by_size_and_below_the_start() {
    let config = LogConfig {
        retention_ms: 1000,
        ..small_segments()
    };
    let fixture = Fixture::new(config.clone());
    let log = fixture.open(false);
    for value in 0..60 {
        append(
            &log,
            batch_at(NOW + value * 10, &[&format!("value {value}")]),
        );
    }
    assert_eq!(
        log.delete_old_segments(NOW + 2000).unwrap(),
        0,
        "nothing is replicated yet"
    );
    log.set_high_watermark(60);
    assert!(log.delete_old_segments(NOW + 1200).unwrap() > 0);
    let start = log.log_start_offset();
    assert!(0 < start && start <= 20, "{start}");
    assert!(matches!(
        log.delete_records(61),
        Err(ReadError::OffsetOutOfRange { .. })
    ));
    log.set_config(LogConfig {
        retention_ms: -1,
        retention_bytes: 2500,
        ..config.clone()
    });
    assert!(log.delete_old_segments(NOW).unwrap() > 0);
    assert!((2500..3600).contains(&log.size()), "{}", log.size());
    log.set_config(LogConfig {
        delete: false,
        compact: true,
        ..config.clone()
    });
    assert_eq!(log.delete_old_segments(NOW + 9000).unwrap(), 0);
    assert_eq!(log.delete_records(55).unwrap(), 55);
    assert!(log.delete_old_segments(NOW).unwrap() > 0);
    assert_eq!(all(&log).first().unwrap().0, 55);
    log.set_config(config);
    log.delete_old_segments(NOW + 9000).unwrap();
    assert_eq!(
        (log.log_start_offset(), log.log_end_offset(), log.size()),
        (60, 60, 0)
    );
    let files = || fixture.disk.list(log.dir()).unwrap().len();
    let before = files();
    log.remove_deleted(NOW + 9000 + 59_999).unwrap();
    assert!(files() <= before);
    log.remove_deleted(NOW + 9000 + 60_000).unwrap();
    assert_eq!(files(), 1, "{:?}", fixture.disk.list(log.dir()));
    assert_eq!(append(&log, batch(&["next"])), 60);
}

#[test]
fn a_slice_outlives_the_deletion_of_its_segment() {
    let log = Fixture::new(LogConfig {
        retention_ms: 0,
        ..small_segments()
    })
    .open(false);
    append(&log, batch(&["kept by whoever reads it"]));
    log.set_high_watermark(1);
    let slice = log
        .read(&ReadRequest {
            offset: 0,
            bound: 1,
            max_bytes: 1000,
            is_batch_owed: true,
        })
        .unwrap()
        .unwrap();
    log.delete_old_segments(NOW + 1).unwrap();
    log.remove_deleted(i64::MAX).unwrap();
    let mut bytes = vec![0; usize::try_from(slice.len).unwrap()];
    assert_eq!(
        slice.file.read_at(&mut bytes, slice.position).unwrap(),
        bytes.len()
    );
    assert!(
        Batches::new(bytes.into())
            .next()
            .unwrap()
            .unwrap()
            .verify_crc()
            .is_ok()
    );
}

#[test]
fn transactions_hold_back_the_last_stable_offset() {
    let fixture = Fixture::new(small_segments());
    let log = fixture.open(false);
    let open = |producer_id, sequence| BatchOptions {
        is_transactional: true,
        ..idempotent(producer_id, sequence)
    };
    let end = |producer_id, is_commit| {
        let marker = EndTransactionMarker {
            is_commit,
            coordinator_epoch: 0,
        };
        marker
            .to_batch(
                NOW,
                &BatchOptions {
                    producer_id,
                    producer_epoch: 0,
                    ..BatchOptions::default()
                },
            )
            .unwrap()
    };
    append(&log, batch(&["plain"]));
    append(&log, produced(NOW, &["first of 1"], &open(1, 0)));
    append(&log, produced(NOW, &["first of 2"], &open(2, 0)));
    log.set_high_watermark(log.log_end_offset());
    assert_eq!((log.high_watermark(), log.last_stable_offset()), (3, 1));
    let plain = produced(NOW, &["not in the transaction"], &idempotent(1, 1));
    assert_eq!(
        log.append_as_leader(plain, 0, Origin::Client, NOW)
            .unwrap_err()
            .error_code(),
        ErrorCode::InvalidTxnState
    );
    assert_eq!(
        log.append_as_leader(end(1, false), 0, Origin::Client, NOW)
            .unwrap_err()
            .error_code(),
        ErrorCode::InvalidRecord
    );
    log.append_as_leader(end(1, false), 0, Origin::Coordinator, NOW)
        .unwrap();
    assert_eq!(
        log.last_stable_offset(),
        1,
        "the marker is not replicated yet"
    );
    log.set_high_watermark(4);
    assert_eq!(log.last_stable_offset(), 2);
    log.append_as_leader(end(2, true), 0, Origin::Coordinator, NOW)
        .unwrap();
    log.set_high_watermark(5);
    assert_eq!(log.last_stable_offset(), 5);
    let aborted = log.aborted_transactions(0, 5);
    assert_eq!(aborted.len(), 1);
    assert_eq!(
        (
            aborted[0].producer_id,
            aborted[0].first_offset,
            aborted[0].last_offset
        ),
        (1, 1, 3)
    );
    assert_eq!(fixture.open(false).aborted_transactions(0, 5), aborted);
    log.close().unwrap();
    assert_eq!(fixture.open(true).aborted_transactions(0, 5), aborted);
}

#[test]
fn many_threads_append_and_read_at_once() {
    let log = Fixture::new(LogConfig {
        segment_bytes: 20_000,
        ..LogConfig::default()
    })
    .open(false);
    let log = &log;
    std::thread::scope(|scope| {
        for thread in 0..4 {
            scope.spawn(move || {
                for number in 0..200 {
                    let value = format!("{thread} {number}");
                    let info = log
                        .append_as_leader(batch(&[&value, &value]), 0, Origin::Client, NOW)
                        .unwrap();
                    log.set_high_watermark(info.last_offset + 1);
                    if info.has_rolled {
                        log.checkpoint().unwrap();
                    }
                }
            });
        }
        for max_bytes in [300, 1 << 20] {
            scope.spawn(move || {
                let mut offset = 0;
                while offset < 1600 {
                    let bound = log.high_watermark();
                    let found = values(log, offset, bound, max_bytes);
                    assert!(
                        found.iter().map(|(offset, _)| *offset).eq(offset..bound),
                        "{offset} {bound}"
                    );
                    offset = bound;
                }
            });
        }
    });
    let mut last = [-1; 4];
    for pair in all(log).chunks(2) {
        let (thread, number) = pair[1].1.split_once(' ').unwrap();
        let (thread, number): (usize, i32) = (thread.parse().unwrap(), number.parse().unwrap());
        assert_eq!((&pair[0].1, number), (&pair[1].1, last[thread] + 1));
        last[thread] = number;
    }
    assert_eq!(last, [199; 4]);
}
