//! Which parts of the input are done with. Holds every block until all of its records are, so that a failure can be traced
//! to its line.

use std::{collections::VecDeque, ops::Range, sync::Arc};

use super::input::{Block, raw_lines};

/// Blocks of input whose records are on their way.
#[derive(Debug)]
pub(super) struct Ledger {
    held: VecDeque<Held>,
    /// Where the next block begins.
    next: Start,
}

/// Where a block begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Start {
    /// Its first line, from 1.
    pub(super) line: u64,
    /// Its first byte, from 0.
    pub(super) byte: u64,
}

impl Start {
    /// Behind a line with its end.
    pub(super) fn after(self, line: &[u8]) -> Self {
        Self {
            line: self.line.saturating_add(1),
            byte: self.byte.saturating_add(to_u64(line.len())),
        }
    }
}

#[derive(Debug)]
struct Held {
    block: Arc<Block>,
    start: Start,
    /// The number of its first record.
    first_record: u64,
    /// Numbers of the records made of it; open-ended while there may be more.
    end_record: Option<u64>,
    /// How many of them are done with.
    settled: u64,
    /// Lines that no record was made of.
    barren: Vec<u64>,
}

/// A line of the input.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Place {
    /// Where it is.
    pub(super) at: Start,
    /// Its bytes, with its end.
    pub(super) text: Vec<u8>,
}

impl Ledger {
    /// For input that is read from `start` on.
    pub(super) const fn new(start: Start) -> Self {
        Self {
            held: VecDeque::new(),
            next: start,
        }
    }

    /// How many blocks are not done with.
    pub(super) fn held(&self) -> usize {
        self.held.len()
    }

    /// Everything before this is done with.
    pub(super) fn safe(&self) -> Start {
        self.held.front().map_or(self.next, |held| held.start)
    }

    /// Takes a block whose first record will have the number `first_record`; where it begins.
    pub(super) fn begin(&mut self, block: &Arc<Block>, first_record: u64) -> Start {
        self.held.push_back(Held {
            block: Arc::clone(block),
            start: self.next,
            first_record,
            end_record: None,
            settled: 0,
            barren: Vec::new(),
        });
        self.next
    }

    /// Notes that no record comes of line `line`, which is in the last block.
    pub(super) fn pass_over(&mut self, line: u64) {
        if let Some(held) = self.held.back_mut() {
            held.barren.push(line);
        }
    }

    /// Notes that the last block was read up to `next`, and that the next record will be `end_record`.
    pub(super) fn end(&mut self, next: Start, end_record: u64) {
        if let Some(held) = self.held.back_mut() {
            held.end_record = Some(end_record);
        }
        self.next = next;
        self.let_go();
    }

    /// Notes that these records are done with.
    pub(super) fn settle(&mut self, records: &[Range<u64>]) {
        for range in records {
            let from = self.held.partition_point(|held| held.last() <= range.start);
            for held in self.held.range_mut(from..) {
                let first = held.first_record.max(range.start);
                let end = held.last().min(range.end);
                if first >= end {
                    break;
                }
                held.settled = held.settled.saturating_add(end - first);
            }
        }
        self.let_go();
    }

    fn let_go(&mut self) {
        let is_done = |held: &mut Held| {
            let count = held
                .end_record
                .map(|end| end.saturating_sub(held.first_record));
            count.is_some_and(|count| held.settled >= count)
        };
        while self.held.pop_front_if(is_done).is_some() {}
    }

    /// The lines that these records were made of; `records` ascend.
    pub(super) fn places(&self, records: &[Range<u64>]) -> Vec<Place> {
        let mut places = Vec::new();
        let mut wanted = records.iter().cloned().flatten().peekable();
        for held in &self.held {
            let mut record = held.first_record;
            let mut at = held.start;
            for text in raw_lines(&held.block) {
                if held.barren.binary_search(&at.line).is_err() {
                    if wanted.next_if_eq(&record).is_some() {
                        let text = text.to_vec();
                        places.push(Place { at, text });
                    }
                    record = record.saturating_add(1);
                }
                at = at.after(text);
            }
        }
        places
    }
}

impl Held {
    /// Behind its last record.
    fn last(&self) -> u64 {
        self.end_record.unwrap_or(u64::MAX)
    }
}

pub(super) fn to_u64(count: usize) -> u64 {
    u64::try_from(count).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use std::slice::from_ref;

    use super::*;
    use proptest::prelude::*;

    const START: Start = Start { line: 1, byte: 0 };

    fn block(text: &str) -> Arc<Block> {
        Arc::new(text.as_bytes().to_vec())
    }

    fn at(line: u64, byte: u64) -> Start {
        Start { line, byte }
    }

    /// Two blocks of two lines each; the second line of the first makes no record.
    fn ledger() -> Ledger {
        let mut ledger = Ledger::new(START);
        ledger.begin(&block("a\nbad\n"), 0);
        ledger.pass_over(2);
        ledger.end(at(3, 6), 1);
        ledger.begin(&block("c\r\nd"), 1);
        ledger.end(at(5, 10), 3);
        ledger
    }

    #[test]
    fn what_is_safe_ends_at_the_first_block_with_a_record_on_its_way() {
        let mut ledger = ledger();
        ledger.settle(from_ref(&(1..3)));
        assert_eq!((ledger.safe(), ledger.held()), (at(1, 0), 2));
        ledger.settle(from_ref(&(0..1)));
        assert_eq!((ledger.safe(), ledger.held()), (at(5, 10), 0));
    }

    #[test]
    fn records_are_traced_to_their_lines() {
        let places = ledger().places(&[0..1, 2..3]);
        let found: Vec<_> = places
            .iter()
            .map(|place| (place.at, place.text.as_slice()))
            .collect();
        assert_eq!(found, [(at(1, 0), &b"a\n"[..]), (at(4, 9), b"d")]);
    }

    #[test]
    fn a_block_whose_lines_are_all_bad_holds_nothing_up() {
        let mut ledger = Ledger::new(at(7, 100));
        ledger.begin(&block("x\n"), 0);
        ledger.pass_over(7);
        ledger.end(at(8, 102), 0);
        assert_eq!((ledger.safe(), ledger.held()), (at(8, 102), 0));
    }

    proptest! {
        #[test]
        fn nothing_is_safe_before_it_is_settled(order in Just((0..12_u64).collect::<Vec<_>>()).prop_shuffle()) {
            let mut ledger = Ledger::new(START);
            for first in (0..12).step_by(4) {
                ledger.begin(&block("1\n2\n3\n4\n"), first);
                ledger.end(at(first + 5, 2 * (first + 4)), first + 4);
            }
            let mut settled = Vec::new();
            for record in order {
                ledger.settle(from_ref(&(record..record + 1)));
                settled.push(record);
                let safe = (ledger.safe().line - 1)..;
                prop_assert!((0..safe.start).all(|record| settled.contains(&record)));
            }
            prop_assert_eq!(ledger.held(), 0);
        }
    }
}
