//! What a log does when the disk, or the process, fails.

use super::*;
use crate::protocol::ErrorCode;
use crate::storage::faulty_disk::Operation;

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

#[test]
fn a_clean_close_needs_no_look_at_the_records() {
    let fixture = Fixture::new(small_segments());
    let log = fixture.open(false);
    for value in 0..40 {
        append(
            &log,
            produced(NOW, &[&format!("value {value}")], &idempotent(9, value)),
        );
    }
    log.close().unwrap();
    assert!(matches!(
        log.append_as_leader(batch(&["late"]), 0, Origin::Client, NOW),
        Err(AppendError::Storage(_))
    ));
    let expected = all(&log);
    assert_eq!(log.recovery_point(), 40);
    let damaged = PathBuf::from("/data/t-0/00000000000000000000.log");
    fixture.disk.flip(&damaged, 100);
    let log = fixture.open(true);
    assert_eq!(log.log_end_offset(), 40);
    let duplicate = log
        .append_as_leader(
            produced(NOW, &["value 39"], &idempotent(9, 39)),
            0,
            Origin::Client,
            NOW,
        )
        .unwrap();
    assert!(duplicate.is_duplicate && duplicate.first_offset == 39);
    assert_eq!(values(&log, 30, 40, 1000), expected[30..]);
}

#[test]
fn missing_and_wrong_indexes_are_rebuilt() {
    let fixture = Fixture::new(small_segments());
    let log = fixture.open(false);
    for value in 0..60 {
        append(&log, batch_at(NOW + value, &[&format!("value {value}")]));
    }
    log.close().unwrap();
    let expected = all(&log);
    let files: Vec<_> = fixture
        .disk
        .list(log.dir())
        .unwrap()
        .into_iter()
        .map(|entry| log.dir().join(entry.name))
        .collect();
    let is_index = |path: &PathBuf| {
        path.extension()
            .is_some_and(|extension| extension == "index" || extension == "timeindex")
    };
    for (at, path) in files.iter().filter(|path| is_index(path)).enumerate() {
        match at % 3 {
            0 => fixture.disk.remove(path).unwrap(),
            1 => drop(fixture.disk.write(path, &[0; 120]).unwrap()),
            _ => drop(fixture.disk.write(path, b"nonsense").unwrap()),
        }
    }
    let again = fixture.open(true);
    assert_eq!(all(&again), expected);
    for value in 0..60 {
        let found = again.offset_for_timestamp(NOW + value).unwrap().unwrap();
        assert_eq!((found.offset, found.timestamp), (value, NOW + value));
    }
    assert!(again.offset_for_timestamp(NOW + 60).unwrap().is_none());
    assert_eq!(again.max_timestamp().unwrap().unwrap().offset, 59);
}

#[test]
fn a_failed_sync_ends_all_writing() {
    let fixture = Fixture::new(LogConfig::default());
    let log = fixture.open(false);
    append(&log, batch(&["a"]));
    fixture.disk.fail(Operation::Sync);
    log.flush().unwrap_err();
    fixture.disk.heal();
    let error = log
        .append_as_leader(batch(&["b"]), 0, Origin::Client, NOW)
        .unwrap_err();
    assert!(matches!(
        error,
        AppendError::Storage(Error::Poisoned { .. })
    ));
    assert!(log.close().is_err());
    assert_eq!(all(&log).len(), 1);
}
