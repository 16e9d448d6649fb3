//! What a log does when the disk, or the process, fails.

use std::collections::BTreeMap;

use proptest::prelude::*;

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

#[test]
fn a_log_that_ends_before_its_start_begins_anew_there() {
    let mut fixture = Fixture::new(small_segments());
    let log = fixture.open(false);
    for value in 0..30 {
        append(
            &log,
            produced(NOW, &[&format!("value {value}")], &idempotent(9, value)),
        );
    }
    log.close().unwrap();
    fixture.log_start_offset = 50;
    let log = fixture.open(true);
    assert_eq!((log.log_start_offset(), log.log_end_offset()), (50, 50));
    assert_eq!(append(&log, batch(&["a"])), 50);
    assert_eq!(all(&fixture.open(false)), all(&log));
}

#[test]
fn a_hole_in_a_log_that_was_not_closed_ends_it() {
    let fixture = Fixture::new(small_segments());
    let log = fixture.open(false);
    for value in 0..30 {
        append(&log, batch(&[&format!("value {value}")]));
    }
    let expected = all(&log);
    let bases: Vec<_> = log
        .segments
        .load()
        .iter()
        .map(|segment| segment.base_offset())
        .collect();
    let hole = log.dir().join(format!("{:020}.log", bases[1]));
    fixture.disk.remove(&hole).unwrap();
    let log = fixture.open(false);
    assert_eq!(all(&log), expected[..usize::try_from(bases[1]).unwrap()]);
}

/// Every file of a log with several segments, and what is in the log.
fn closed_log() -> (BTreeMap<PathBuf, Vec<u8>>, Values) {
    let fixture = Fixture::new(small_segments());
    let log = fixture.open(false);
    for value in 0..30 {
        append(
            &log,
            produced(NOW, &[&format!("value {value}")], &idempotent(9, value)),
        );
    }
    log.close().unwrap();
    let names = fixture
        .disk
        .list(log.dir())
        .unwrap()
        .into_iter()
        .map(|entry| log.dir().join(entry.name));
    let files = names
        .map(|path| (path.clone(), fixture.disk.read(&path).unwrap()))
        .collect();
    (files, all(&log))
}

proptest! {
    #[test]
    fn whatever_is_in_the_files_a_log_opens_with_what_is_sound(
        file in any::<proptest::sample::Index>(),
        at in any::<proptest::sample::Index>(),
        bytes in proptest::collection::vec(any::<u8>(), 0..40),
        is_cut in any::<bool>(),
    ) {
        let (mut files, expected) = closed_log();
        let path = files.keys().nth(file.index(files.len())).unwrap().clone();
        let content = files.get_mut(&path).unwrap();
        let at = at.index(content.len().max(1)).min(content.len());
        let end = if is_cut { content.len() } else { content.len().min(at.saturating_add(bytes.len())) };
        content.splice(at..end, bytes);
        let is_epochs = path.ends_with("leader-epoch-checkpoint");
        let fixture = Fixture::new(small_segments());
        fixture.disk.create_dir(path.parent().unwrap()).unwrap();
        for (path, content) in &files {
            fixture.disk.write(path, content).unwrap();
        }
        let Ok(log) = fixture.try_open(false) else {
            prop_assert!(is_epochs, "only the epochs cannot be made up for");
            return Ok(());
        };
        let found = all(&log);
        // Where a batch begins is not in its checksum: a larger offset passes for a gap.
        let records = |found: &[Value]| found.iter().map(|(_, value)| value.clone()).collect::<Vec<_>>();
        prop_assert_eq!(records(&found), records(&expected[..found.len()]));
        prop_assert!(found.len() == expected.len() || path.extension().unwrap() == "log");
        append(&log, batch(&["goes on"]));
        prop_assert_eq!(all(&log).len().saturating_sub(1), found.len());
    }
}
