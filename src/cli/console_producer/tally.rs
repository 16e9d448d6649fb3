//! What became of the records so far, shared with the producer's own task.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::{
    cli::{failure::Failure, printer::progress::Progress},
    client::producer::delivery::Delivery,
};

/// Counts of records and bytes, and the failures that nobody has told yet. Clones count together.
#[derive(Debug, Clone)]
pub(super) struct Tally {
    counts: Arc<Mutex<Counts>>,
    progress: Progress,
}

#[derive(Debug, Default)]
pub(super) struct Counts {
    /// Bytes of input that were read.
    pub(super) read_bytes: u64,
    /// Bytes of keys and values that were sent.
    sent_bytes: u64,
    /// Bytes of keys and values that were acknowledged.
    acked_bytes: u64,
    /// Records that were acknowledged.
    pub(super) acked: u64,
    /// Records that were given up.
    pub(super) failed: u64,
    untold: Vec<Lost>,
}

/// Records that were given up.
#[derive(Debug)]
pub(super) struct Lost {
    /// Which lines they were, from 1, if lines and records still count alike.
    pub(super) first_line: u64,
    /// How many.
    pub(super) count: u64,
    /// Bytes of key and value of each, as far as known; no key counts as none.
    pub(super) sizes: Vec<(Option<usize>, usize)>,
    /// Why.
    pub(super) why: Failure,
}

impl Counts {
    /// Bytes of input that are safe: of those read, the share that was acknowledged.
    pub(super) fn acked_input(&self) -> u64 {
        let (read, acked, sent) = (
            u128::from(self.read_bytes),
            u128::from(self.acked_bytes),
            u128::from(self.sent_bytes),
        );
        let share = (read * acked).checked_div(sent).unwrap_or(read).min(read);
        share.try_into().unwrap_or(u64::MAX)
    }
}

impl Tally {
    pub(super) fn new(progress: Progress) -> Self {
        Self {
            counts: Arc::default(),
            progress,
        }
    }

    pub(super) fn counts(&self) -> MutexGuard<'_, Counts> {
        self.counts.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) const fn progress(&self) -> &Progress {
        &self.progress
    }

    /// Takes note of input that was read and the records made of it.
    pub(super) fn sent(&self, read_bytes: usize, payload_bytes: u64) {
        let mut counts = self.counts();
        counts.read_bytes = counts
            .read_bytes
            .saturating_add(u64::try_from(read_bytes).unwrap_or(u64::MAX));
        counts.sent_bytes = counts.sent_bytes.saturating_add(payload_bytes);
    }

    /// Takes note of what became of a batch; called by the producer.
    pub(super) fn delivered(&self, delivery: &Delivery<'_>) {
        let mut counts = self.counts();
        match delivery.outcome {
            Ok(_) => {
                counts.acked = counts.acked.saturating_add(delivery.count);
                counts.acked_bytes = counts.acked_bytes.saturating_add(delivery.payload_bytes);
                let (bytes, records) = (counts.acked_input(), counts.acked);
                drop(counts);
                self.progress.set(bytes, records);
            }
            Err(error) => {
                counts.failed = counts.failed.saturating_add(delivery.count);
                counts.untold.push(Lost {
                    first_line: delivery
                        .records
                        .first()
                        .map_or(0, |range| range.start.saturating_add(1)),
                    count: delivery.count,
                    sizes: sizes(delivery),
                    why: Failure::from(error),
                });
            }
        }
    }

    /// Failures since the last call.
    pub(super) fn untold(&self) -> Vec<Lost> {
        std::mem::take(&mut self.counts().untold)
    }
}

fn sizes(delivery: &Delivery<'_>) -> Vec<(Option<usize>, usize)> {
    let records = delivery.failed.iter().flatten().filter_map(Result::ok);
    records
        .map(|record| {
            (
                record.key.map(<[u8]>::len),
                record.value.map_or(0, <[u8]>::len),
            )
        })
        .collect()
}
