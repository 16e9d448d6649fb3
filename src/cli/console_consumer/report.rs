//! How far the reading has come, for people and programs.

use std::sync::{Mutex, MutexGuard, PoisonError};

use serde_json::{Value, json};

use crate::cli::printer::{
    Look,
    figures::bytes,
    progress::{Done, Pace, Report, bytes_per_second, fitting, roughly},
};

/// What was read.
#[derive(Debug, Default)]
pub(super) struct Reading(Mutex<Counts>);

#[derive(Debug, Default)]
pub(super) struct Counts {
    pub(super) records: u64,
    /// Of the batches that were read.
    pub(super) bytes: u64,
    /// Records left, if the end is known.
    pub(super) left: Option<u64>,
}

impl Reading {
    pub(super) fn counts(&self) -> MutexGuard<'_, Counts> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Report for Reading {
    fn done(&self) -> Done {
        let counts = self.counts();
        Done {
            bytes: counts.bytes,
            records: counts.records,
        }
    }

    fn lines(&self, pace: &Pace, look: &Look) -> Vec<String> {
        let counts = self.counts();
        let mut parts = vec![
            (format!("{} records", roughly(counts.records)), false),
            (bytes(counts.bytes), true),
            (bytes_per_second(pace.bytes_per_s), false),
        ];
        if let Some(left) = counts.left {
            parts.push((format!("lag {}", roughly(left)), true));
            let estimate = pace.estimate(left, pace.records_per_s);
            parts.extend(estimate.map(|estimate| (estimate, false)));
        }
        vec![fitting(parts, usize::from(look.width))]
    }

    fn fields(&self) -> Value {
        let counts = self.counts();
        json!({"records": counts.records, "bytes": counts.bytes, "lag": counts.left})
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::cli::printer::look::tests::rich;

    #[test]
    fn a_line_says_how_much_how_fast_and_until_when() {
        let reading = Reading(Mutex::new(Counts {
            records: 12_400_000,
            bytes: 3_100_000_000,
            left: Some(2_200_000),
        }));
        let pace = Pace {
            elapsed: Duration::from_secs(8),
            bytes_per_s: 410e6,
            records_per_s: 400e3,
        };
        let line = |width| reading.lines(&pace, &Look { width, ..rich() }).concat();
        assert_eq!(
            line(100),
            " 12.4 M records   3.10 GB   410 MB/s   lag 2.20 M   ETA 6 s"
        );
        assert_eq!(line(45), " 12.4 M records   410 MB/s   ETA 6 s");
    }
}
