//! What became of the records so far, shared with the producer's own task.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;

use super::ledger::{Ledger, Place, Start, to_u64};
use crate::{cli::failure::Failure, client::producer::delivery::Delivery};

/// Counts of records and bytes, and the failures that nobody has told yet. Clones count together.
#[derive(Debug, Clone)]
pub(super) struct Tally {
    counts: Arc<Mutex<Counts>>,
    /// A batch is done.
    pub(super) progress: Arc<Notify>,
}

#[derive(Debug)]
pub(super) struct Counts {
    pub(super) ledger: Ledger,
    /// Bytes of input that were read, from the beginning of the file.
    read_bytes: u64,
    /// Where it began.
    begin_bytes: u64,
    /// Bytes of keys and values that were sent.
    sent_bytes: u64,
    /// Bytes of keys and values that were acknowledged or given up.
    settled_bytes: u64,
    /// Bytes of acknowledged batches.
    pub(super) wire_bytes: u64,
    /// Records that were sent.
    pub(super) sent: u64,
    /// Records that were acknowledged.
    pub(super) acked: u64,
    /// Records that were given up, and lines that are none.
    pub(super) failed: u64,
    /// Of the failed, those that were not even sent.
    pub(super) unsent: u64,
    /// Times that a batch was sent again.
    pub(super) retries: u64,
    /// The first line that failed.
    pub(super) first_failed: Option<Start>,
    untold: Vec<Lost>,
}

/// Records that were given up.
#[derive(Debug)]
pub(super) struct Lost {
    /// Their lines.
    pub(super) places: Vec<Place>,
    /// Bytes of key and value of each, as far as known; no key counts as none.
    pub(super) sizes: Vec<(Option<usize>, usize)>,
    /// Why.
    pub(super) why: Failure,
    /// It is a line of which no record could be made.
    pub(super) is_unreadable: bool,
}

impl Counts {
    /// Bytes of input that are safe: of those read, the share that was acknowledged or given up.
    pub(super) fn done_bytes(&self) -> u64 {
        let read = self.read_bytes.saturating_sub(self.begin_bytes);
        let (all, settled) = (u128::from(self.sent_bytes), u128::from(self.settled_bytes));
        let share = (u128::from(read) * settled).checked_div(all);
        let share = share.map_or(read, |share| share.try_into().unwrap_or(read));
        self.begin_bytes.saturating_add(share.min(read))
    }

    /// The same without what was done before this run.
    pub(super) fn own_bytes(&self) -> u64 {
        self.done_bytes().saturating_sub(self.begin_bytes)
    }

    /// Records that nobody has answered for, and bytes of their keys and values.
    pub(super) fn in_flight(&self) -> (u64, u64) {
        let settled = self
            .acked
            .saturating_add(self.failed.saturating_sub(self.unsent));
        (
            self.sent.saturating_sub(settled),
            self.sent_bytes.saturating_sub(self.settled_bytes),
        )
    }

    /// Bytes of keys and values that were acknowledged or given up.
    pub(super) const fn settled_bytes(&self) -> u64 {
        self.settled_bytes
    }

    /// Everything before this is acknowledged, or was given up as it was asked for if `may_lose`.
    pub(super) fn safe(&self, may_lose: bool) -> Start {
        let safe = self.ledger.safe();
        match self.first_failed {
            Some(failed) if !may_lose && failed.byte < safe.byte => failed,
            _ => safe,
        }
    }
}

impl Tally {
    pub(super) fn new(begin: Start) -> Self {
        let counts = Counts {
            ledger: Ledger::new(begin),
            read_bytes: begin.byte,
            begin_bytes: begin.byte,
            sent_bytes: 0,
            settled_bytes: 0,
            wire_bytes: 0,
            sent: 0,
            acked: 0,
            failed: 0,
            unsent: 0,
            retries: 0,
            first_failed: None,
            untold: Vec::new(),
        };
        Self {
            counts: Arc::new(Mutex::new(counts)),
            progress: Arc::default(),
        }
    }

    pub(super) fn counts(&self) -> MutexGuard<'_, Counts> {
        self.counts.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes note of input that was read up to `next`, and of the records made of it.
    pub(super) fn sent(&self, next: Start, end_record: u64, payload_bytes: u64) {
        let mut counts = self.counts();
        counts.read_bytes = next.byte;
        counts.sent_bytes = counts.sent_bytes.saturating_add(payload_bytes);
        counts.sent = end_record;
        counts.ledger.end(next, end_record);
    }

    /// Takes note of a line that no record was made of.
    pub(super) fn passed_over(&self, at: Start) {
        let mut counts = self.counts();
        counts.ledger.pass_over(at.line);
        counts.failed = counts.failed.saturating_add(1);
        counts.unsent = counts.unsent.saturating_add(1);
        counts.first_failed.get_or_insert(at);
    }

    /// Takes note of what became of a batch; called by the producer.
    pub(super) fn delivered(&self, delivery: &Delivery<'_>) {
        let counts = &mut *self.counts();
        counts.settled_bytes = counts.settled_bytes.saturating_add(delivery.payload_bytes);
        let retries = u64::from(delivery.attempts.saturating_sub(1));
        counts.retries = counts.retries.saturating_add(retries);
        match delivery.outcome {
            Ok(_) => {
                counts.acked = counts.acked.saturating_add(delivery.count);
                let wire_bytes = to_u64(delivery.wire_bytes);
                counts.wire_bytes = counts.wire_bytes.saturating_add(wire_bytes);
            }
            Err(error) => {
                counts.failed = counts.failed.saturating_add(delivery.count);
                let places = counts.ledger.places(delivery.records);
                if let Some(first) = places.first()
                    && counts
                        .first_failed
                        .is_none_or(|known| first.at.byte < known.byte)
                {
                    counts.first_failed = Some(first.at);
                }
                counts.untold.push(Lost {
                    places,
                    sizes: sizes(delivery),
                    why: Failure::from(error),
                    is_unreadable: false,
                });
            }
        }
        counts.ledger.settle(delivery.records);
        self.progress.notify_one();
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
