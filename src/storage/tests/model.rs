//! A log against a list, whatever happens to both.
#![expect(clippy::arithmetic_side_effects, reason = "numbers in tests are small")]

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::*;

/// What a random test does to a log.
#[derive(Debug, Clone)]
enum Step {
    Append {
        values: Vec<String>,
        producer_id: i64,
    },
    Flush,
    Checkpoint,
    Truncate(usize),
    DeleteRecords(usize),
    DeleteOldSegments,
    Restart {
        is_clean: bool,
    },
    Crash(u64),
    FillUp(u64),
    Heal,
}

fn step() -> impl Strategy<Value = Step> {
    let values = proptest::collection::vec("[a-z]{0,60}", 1..5);
    prop_oneof![
        12 => (values, -1_i64..3).prop_map(|(values, producer_id)| Step::Append { values, producer_id }),
        1 => Just(Step::Flush),
        1 => Just(Step::Checkpoint),
        1 => any::<usize>().prop_map(Step::Truncate),
        1 => any::<usize>().prop_map(Step::DeleteRecords),
        1 => Just(Step::DeleteOldSegments),
        1 => any::<bool>().prop_map(|is_clean| Step::Restart { is_clean }),
        1 => any::<u64>().prop_map(Step::Crash),
        1 => (0_u64..200).prop_map(Step::FillUp),
        2 => Just(Step::Heal),
    ]
}

/// A log and what should be in it.
struct Pair {
    fixture: Fixture,
    log: Arc<Log>,
    records: Vec<String>,
    start: usize,
    /// Where each producer should go on.
    sequences: BTreeMap<i64, i32>,
    generation: i64,
}

impl Pair {
    fn new() -> Self {
        let fixture = Fixture::new(LogConfig {
            segment_bytes: 400,
            index_interval_bytes: 50,
            ..LogConfig::default()
        });
        let log = fixture.open(false);
        Self {
            fixture,
            log,
            records: Vec::new(),
            start: 0,
            sequences: BTreeMap::new(),
            generation: 0,
        }
    }

    fn take(&mut self, step: Step) {
        match step {
            Step::Append {
                values,
                producer_id,
            } => self.append(&values, producer_id),
            Step::Flush => drop(self.log.flush()),
            Step::Checkpoint => drop(self.log.checkpoint()),
            Step::Truncate(at) => self.truncate(at % (self.records.len() + 2)),
            Step::DeleteRecords(at) => {
                let offset = i64::try_from(at % (self.records.len() + 1)).unwrap();
                self.log.set_high_watermark(self.log.log_end_offset());
                self.start = usize::try_from(self.log.delete_records(offset).unwrap()).unwrap();
            }
            Step::DeleteOldSegments => {
                self.log.set_high_watermark(self.log.log_end_offset());
                drop(self.log.delete_old_segments(NOW));
                drop(self.log.remove_deleted(i64::MAX));
            }
            Step::Restart { is_clean } => {
                self.fixture.disk.heal();
                if is_clean && self.log.close().is_ok() {
                    return self.reopen(true);
                }
                self.reopen(false);
                assert_eq!(
                    usize::try_from(self.log.log_end_offset()).unwrap(),
                    self.records.len()
                );
            }
            Step::Crash(seed) => {
                let durable = usize::try_from(self.log.recovery_point()).unwrap();
                self.fixture.disk = self.fixture.disk.crash(seed);
                self.reopen(false);
                let kept = usize::try_from(self.log.log_end_offset()).unwrap();
                assert!(
                    (durable..=self.records.len()).contains(&kept),
                    "{durable} {kept} {}",
                    self.records.len()
                );
                self.records.truncate(kept);
                self.forget_sequences();
            }
            Step::FillUp(bytes) => self.fixture.disk.fill_up_after(bytes),
            Step::Heal => self.fixture.disk.heal(),
        }
    }

    fn append(&mut self, values: &[String], producer_id: i64) {
        let base_sequence = self.sequences.get(&producer_id).copied().unwrap_or(0);
        let options = match producer_id {
            -1 => BatchOptions::default(),
            // Another epoch begins anew, so that a truncated producer is not out of order.
            _ => BatchOptions {
                producer_epoch: 0,
                ..idempotent(producer_id + 10 * self.generation, base_sequence)
            },
        };
        let refs: Vec<_> = values.iter().map(String::as_str).collect();
        let end = self.log.log_end_offset();
        match self
            .log
            .append_as_leader(produced(NOW, &refs, &options), 0, Origin::Client, NOW)
        {
            Ok(info) => {
                assert_eq!((info.first_offset, info.is_duplicate), (end, false));
                self.records.extend(values.iter().cloned());
                *self.sequences.entry(producer_id).or_default() +=
                    i32::try_from(values.len()).unwrap();
            }
            Err(error) => {
                assert!(matches!(error, AppendError::Storage(_)), "{error:?}");
                assert_eq!(self.log.log_end_offset(), end);
            }
        }
    }

    /// From now on producers have other ids.
    fn forget_sequences(&mut self) {
        self.sequences.clear();
        self.generation += 1;
    }

    fn truncate(&mut self, at: usize) {
        if self
            .log
            .truncate_to(i64::try_from(at).unwrap(), NOW)
            .is_ok()
        {
            let end = usize::try_from(self.log.log_end_offset()).unwrap();
            assert!(end <= self.records.len() && end <= at.max(end));
            self.records.truncate(end);
            self.start = self.start.min(end);
            self.forget_sequences();
        } else {
            self.fixture.disk.heal();
            self.reopen(false);
            self.records
                .truncate(usize::try_from(self.log.log_end_offset()).unwrap());
            self.forget_sequences();
        }
    }

    fn reopen(&mut self, is_clean: bool) {
        self.fixture.recovery_point = self.log.recovery_point();
        self.fixture.log_start_offset = self.log.log_start_offset();
        self.log = self.fixture.open(is_clean);
        self.start = usize::try_from(self.log.log_start_offset()).unwrap();
    }

    fn check(&self) {
        let start = usize::try_from(self.log.log_start_offset()).unwrap();
        let found = all(&self.log);
        let expected: Vec<_> = self.records.iter().enumerate().skip(start).collect();
        assert_eq!(found.len(), expected.len());
        for ((offset, value), (index, record)) in found.iter().zip(expected) {
            assert_eq!((usize::try_from(*offset).unwrap(), value), (index, record));
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_log_does_what_a_list_does_whatever_happens(steps in proptest::collection::vec(step(), 1..60)) {
        let mut pair = Pair::new();
        for step in steps {
            pair.take(step);
            pair.check();
        }
    }
}
