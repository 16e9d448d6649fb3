//! What came from one partition in one fetch, and which of it an application may see.

use std::collections::{HashSet, VecDeque};

use crate::client::config::IsolationLevel;
use crate::protocol::messages::FetchResponseAbortedTransaction;
use crate::protocol::record::{Batch, BatchRecords, Batches, EndTransactionMarker, RecordError};
use crate::protocol::wire::Records;

/// The most that one batch may hold once it is decompressed. Brokers take no more than a few MiB by default; this only
/// keeps a hostile one from filling the memory.
const DECOMPRESSED_BYTES_MAX: usize = 1 << 30;

/// Batches that wait to be polled.
#[derive(Debug)]
pub(super) struct Fetched {
    batches: VecDeque<Batch>,
    /// What follows the batches, if it is no batch.
    broken: Option<RecordError>,
    /// Where the next fetch goes on.
    pub(super) end: i64,
    aborted: Aborted,
    is_checked: bool,
}

/// Which producers' transactions were aborted, as far as the batches have been read.
#[derive(Debug, Default)]
struct Aborted {
    /// First offset and producer, ascending.
    ahead: VecDeque<(i64, i64)>,
    now: HashSet<i64>,
    is_filtered: bool,
}

impl Fetched {
    /// The batches in `records`, which were asked for from `from` on.
    pub(super) fn new(
        records: Option<Records>,
        aborted: Option<Vec<FetchResponseAbortedTransaction>>,
        from: i64,
        (isolation_level, is_checked): (IsolationLevel, bool),
    ) -> Self {
        let mut fetched = Self {
            batches: VecDeque::new(),
            broken: None,
            end: from,
            aborted: Aborted::new(aborted, isolation_level),
            is_checked,
        };
        let bytes = records.and_then(Records::into_bytes).unwrap_or_default();
        for batch in Batches::new(bytes) {
            match batch {
                Ok(batch) => {
                    fetched.end = fetched.end.max(batch.header().next_offset());
                    fetched.batches.push_back(batch);
                }
                Err(error) => fetched.broken = Some(error),
            }
        }
        fetched
    }

    /// Whether nothing is left, not even an error.
    pub(super) fn is_empty(&self) -> bool {
        self.batches.is_empty() && self.broken.is_none()
    }

    /// The next batch: what the application may see of it, and the offset behind it.
    pub(super) fn next(&mut self) -> Option<Result<(Option<BatchRecords>, Batch), RecordError>> {
        let Some(batch) = self.batches.pop_front() else {
            return self.broken.take().map(Err);
        };
        Some(self.open(&batch).map(|records| (records, batch)))
    }

    fn open(&mut self, batch: &Batch) -> Result<Option<BatchRecords>, RecordError> {
        if self.is_checked {
            batch.verify_crc()?;
        }
        if batch.header().attributes.is_control() {
            self.aborted.end(batch)?;
            return Ok(None);
        }
        if self.aborted.hides(batch) || batch.header().records_count == 0 {
            return Ok(None);
        }
        batch.records(DECOMPRESSED_BYTES_MAX).map(Some)
    }
}

impl Aborted {
    fn new(
        aborted: Option<Vec<FetchResponseAbortedTransaction>>,
        isolation_level: IsolationLevel,
    ) -> Self {
        let aborted = aborted.unwrap_or_default().into_iter();
        let mut ahead: Vec<_> = aborted
            .map(|it| (it.first_offset, it.producer_id))
            .collect();
        ahead.sort_unstable();
        Self {
            ahead: ahead.into(),
            now: HashSet::new(),
            is_filtered: isolation_level == IsolationLevel::ReadCommitted,
        }
    }

    /// Whether `batch` belongs to a transaction that was aborted.
    fn hides(&mut self, batch: &Batch) -> bool {
        let header = batch.header();
        if !self.is_filtered || !header.attributes.is_transactional() {
            return false;
        }
        let last = header.last_offset();
        while let Some((_first, producer)) = self.ahead.pop_front_if(|(first, _)| *first <= last) {
            self.now.insert(producer);
        }
        self.now.contains(&header.producer_id)
    }

    /// Notes the end of a transaction.
    fn end(&mut self, batch: &Batch) -> Result<(), RecordError> {
        if !self.is_filtered || !batch.header().attributes.is_transactional() {
            return Ok(());
        }
        let records = batch.records(DECOMPRESSED_BYTES_MAX)?;
        let Some(record) = records.iter().next() else {
            return Ok(());
        };
        let marker = EndTransactionMarker::read(&record?)?;
        if marker.is_some_and(|marker| !marker.is_commit) {
            // An empty transaction's marker may come before anything of it.
            let (producer, offset) = (batch.header().producer_id, batch.header().base_offset);
            self.ahead
                .retain(|(first, other)| *other != producer || *first > offset);
            self.now.remove(&producer);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use super::*;
    use crate::protocol::record::{BatchBuilder, BatchOptions, NewRecord};

    fn batch(base_offset: i64, producer_id: i64, count: usize) -> Bytes {
        let mut builder = BatchBuilder::default();
        for _ in 0..count {
            builder.append(&NewRecord::default()).unwrap();
        }
        let options = options(base_offset, producer_id);
        builder.build(&options).unwrap()
    }

    fn options(base_offset: i64, producer_id: i64) -> BatchOptions {
        BatchOptions {
            base_offset,
            producer_id,
            is_transactional: producer_id >= 0,
            ..BatchOptions::default()
        }
    }

    fn marker(base_offset: i64, producer_id: i64, is_commit: bool) -> Bytes {
        let marker = EndTransactionMarker {
            is_commit,
            coordinator_epoch: 0,
        };
        marker
            .to_batch(0, &options(base_offset, producer_id))
            .unwrap()
    }

    /// Base offsets of the batches that an application sees.
    fn seen(parts: &[Bytes], aborted: &[(i64, i64)], level: IsolationLevel) -> Vec<i64> {
        let aborted =
            aborted.iter().map(
                |&(producer_id, first_offset)| FetchResponseAbortedTransaction {
                    producer_id,
                    first_offset,
                },
            );
        let records = Bytes::from(parts.concat());
        let mut fetched = Fetched::new(
            Some(records.into()),
            Some(aborted.collect()),
            0,
            (level, true),
        );
        let mut seen = Vec::new();
        while let Some(next) = fetched.next() {
            let (records, batch) = next.unwrap();
            seen.extend(records.map(|_| batch.header().base_offset));
        }
        seen
    }

    #[test]
    fn aborted_transactions_and_markers_are_hidden_from_readers_of_committed_data() {
        let parts = [
            batch(0, -1, 2),
            batch(2, 7, 1),
            batch(3, 8, 1),
            marker(4, 7, false),
            batch(5, 7, 1),
            marker(6, 7, true),
            marker(7, 8, true),
            batch(8, 8, 1),
            marker(9, 8, false),
            batch(10, -1, 1),
        ];
        let aborted = [(7, 2), (8, 8)];
        let all = [0, 2, 3, 5, 8, 10];
        assert_eq!(seen(&parts, &aborted, IsolationLevel::ReadUncommitted), all);
        assert_eq!(
            seen(&parts, &aborted, IsolationLevel::ReadCommitted),
            [0, 3, 5, 10]
        );
    }

    #[test]
    fn a_damaged_batch_is_an_error_after_what_is_whole() {
        let mut damaged = batch(2, -1, 1).to_vec();
        *damaged.last_mut().unwrap() ^= 1;
        let bytes = Bytes::from([batch(0, -1, 2).to_vec(), damaged].concat());
        let level = IsolationLevel::default();
        let mut fetched = Fetched::new(Some(bytes.into()), None, 0, (level, true));
        assert_eq!(fetched.end, 3);
        assert!(fetched.next().unwrap().is_ok());
        assert!(matches!(
            fetched.next().unwrap(),
            Err(RecordError::Crc { .. })
        ));
        assert!(fetched.next().is_none());
    }

    #[test]
    fn a_batch_cut_off_at_the_end_is_asked_for_again() {
        let mut bytes = [batch(0, -1, 2), batch(2, -1, 2)].concat();
        bytes.pop();
        let level = IsolationLevel::default();
        let fetched = Fetched::new(Some(Bytes::from(bytes).into()), None, 0, (level, true));
        assert_eq!((fetched.batches.len(), fetched.end), (1, 2));
    }
}
