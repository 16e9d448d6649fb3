//! What a log knows of the idempotent and transactional producers that wrote to it, and the snapshots of that
//! (`ProducerStateManager`, KIP-98).

use std::collections::{BTreeMap, HashMap, VecDeque};

use bytes::{Buf, BufMut};

use super::append::AppendError;
use super::transaction_index::AbortedTransaction;
use crate::protocol::record::{BatchHeader, EndTransactionMarker, crc32c};

/// Batches remembered per producer, so that resent ones are recognised; clients keep no more than five in flight.
const REMEMBERED_MAX: usize = 5;

const VERSION: i16 = 1;

/// Bytes of the version and the checksum, which the checksum does not cover.
const PREFIX_LEN: usize = 6;

const ENTRY_LEN: usize = 46;

const NONE: i64 = -1;

/// A batch that a producer wrote.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ProducedBatch {
    /// Sequence of its last record.
    pub last_sequence: i32,
    /// Offset of its last record.
    pub last_offset: i64,
    /// Its last offset less its first.
    pub offset_delta: i32,
    /// Its largest timestamp.
    pub timestamp: i64,
}

impl ProducedBatch {
    /// Offset of its first record.
    pub fn first_offset(&self) -> i64 {
        self.last_offset.saturating_sub(self.offset_delta.into())
    }

    fn has_sequences_of(&self, header: &BatchHeader) -> bool {
        self.last_sequence == header.last_sequence()
            && self.offset_delta == header.last_offset_delta
    }
}

/// One producer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Producer {
    /// Its newest epoch.
    pub epoch: i16,
    /// Epoch of the transaction coordinator that wrote its last marker; -1 for none.
    pub coordinator_epoch: i32,
    /// Timestamp of what it, or its coordinator, wrote last.
    pub last_timestamp: i64,
    /// Where its open transaction begins.
    pub transaction_start: Option<i64>,
    /// Its last batches, oldest first.
    pub batches: VecDeque<ProducedBatch>,
}

impl Producer {
    fn new(epoch: i16) -> Self {
        Self {
            epoch,
            coordinator_epoch: -1,
            last_timestamp: NONE,
            transaction_start: None,
            batches: VecDeque::new(),
        }
    }

    fn last_sequence(&self) -> i32 {
        self.batches.back().map_or(-1, |batch| batch.last_sequence)
    }
}

/// A transaction that has ended but whose marker is not known to be on all replicas.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Ended {
    first_offset: i64,
    last_offset: i64,
}

/// The producers of one log.
#[derive(Debug, Clone, Default)]
pub struct ProducerState {
    producers: HashMap<i64, Producer>,
    /// Where open transactions begin, and whose they are.
    open: BTreeMap<i64, i64>,
    ended: Vec<Ended>,
}

impl ProducerState {
    /// Every producer.
    pub fn producers(&self) -> impl Iterator<Item = (i64, &Producer)> {
        self.producers.iter().map(|(id, producer)| (*id, producer))
    }

    /// Decides on a batch of records: `Some` if it is one that was appended before, `None` if it may be appended.
    ///
    /// # Errors
    /// When its epoch is old, its sequence does not follow, or it is not part of the open transaction.
    pub(super) fn check(&self, header: &BatchHeader) -> Result<Option<ProducedBatch>, AppendError> {
        let Some(producer) = self.producers.get(&header.producer_id) else {
            return Ok(None);
        };
        if header.producer_epoch == producer.epoch
            && let Some(same) = producer
                .batches
                .iter()
                .find(|batch| batch.has_sequences_of(header))
        {
            return Ok(Some(*same));
        }
        check_epoch(header, producer)?;
        let last = producer.last_sequence();
        let follows = if header.producer_epoch == producer.epoch {
            header.base_sequence == last.wrapping_add(1) & i32::MAX
        } else {
            header.base_sequence == 0
        };
        if !follows {
            let (producer_id, sequence) = (header.producer_id, header.base_sequence);
            return Err(AppendError::OutOfOrderSequence {
                producer_id,
                sequence,
                last,
            });
        }
        if producer.transaction_start.is_some() && !header.attributes.is_transactional() {
            return Err(AppendError::TransactionOpen {
                producer_id: header.producer_id,
            });
        }
        Ok(None)
    }

    /// Decides on a transaction marker.
    ///
    /// # Errors
    /// When it comes from an old epoch of the producer or of its coordinator.
    pub(super) fn check_end(
        &self,
        header: &BatchHeader,
        end: EndTransactionMarker,
    ) -> Result<(), AppendError> {
        let Some(producer) = self.producers.get(&header.producer_id) else {
            return Ok(());
        };
        check_epoch(header, producer)?;
        if producer.coordinator_epoch > end.coordinator_epoch {
            let (producer_id, last) = (header.producer_id, producer.coordinator_epoch);
            return Err(AppendError::CoordinatorFenced {
                producer_id,
                epoch: end.coordinator_epoch,
                last,
            });
        }
        Ok(())
    }

    /// Accounts for a batch of records that is in the log.
    pub(super) fn appended(&mut self, header: &BatchHeader) {
        let producer = current(&mut self.producers, header);
        if producer.batches.len() == REMEMBERED_MAX {
            producer.batches.pop_front();
        }
        producer.last_timestamp = header.max_timestamp;
        producer.batches.push_back(ProducedBatch {
            last_sequence: header.last_sequence(),
            last_offset: header.last_offset(),
            offset_delta: header.last_offset_delta,
            timestamp: header.max_timestamp,
        });
        if header.attributes.is_transactional() && producer.transaction_start.is_none() {
            producer.transaction_start = Some(header.base_offset);
            self.open.insert(header.base_offset, header.producer_id);
        }
    }

    /// Accounts for a transaction marker that is in the log; the transaction it aborts, if any.
    pub(super) fn ended(
        &mut self,
        header: &BatchHeader,
        end: EndTransactionMarker,
    ) -> Option<AbortedTransaction> {
        let producer = current(&mut self.producers, header);
        producer.coordinator_epoch = end.coordinator_epoch;
        producer.last_timestamp = header.max_timestamp;
        let first_offset = producer.transaction_start.take()?;
        self.open.remove(&first_offset);
        let last_offset = header.last_offset();
        self.ended.push(Ended {
            first_offset,
            last_offset,
        });
        let last_stable_offset = self
            .open
            .keys()
            .next()
            .copied()
            .unwrap_or_else(|| last_offset.saturating_add(1));
        let aborted = AbortedTransaction {
            producer_id: header.producer_id,
            first_offset,
            last_offset,
            last_stable_offset,
        };
        (!end.is_commit).then_some(aborted)
    }

    /// Forgets transactions whose markers are on all replicas.
    pub(super) fn replicated(&mut self, high_watermark: i64) {
        self.ended
            .retain(|ended| ended.last_offset >= high_watermark);
    }

    /// The first offset that belongs to a transaction which is not decided for every reader.
    pub(super) fn first_unstable_offset(&self) -> Option<i64> {
        let ended = self.ended.iter().map(|ended| ended.first_offset).min();
        self.open
            .keys()
            .next()
            .copied()
            .into_iter()
            .chain(ended)
            .min()
    }

    /// Forgets producers without an open transaction that wrote nothing since `oldest_ms`.
    pub(super) fn expire(&mut self, oldest_ms: i64) {
        self.producers.retain(|_, producer| {
            producer.transaction_start.is_some() || producer.last_timestamp >= oldest_ms
        });
    }

    /// The bytes of a `.snapshot` file. Only the last batch of each producer is kept.
    pub(super) fn encode(&self) -> Vec<u8> {
        let mut body = Vec::with_capacity(self.producers.len().saturating_mul(ENTRY_LEN));
        body.put_u32(u32::try_from(self.producers.len()).unwrap_or(u32::MAX));
        for (id, producer) in &self.producers {
            let last = producer.batches.back();
            body.put_i64(*id);
            body.put_i16(producer.epoch);
            body.put_i32(producer.last_sequence());
            body.put_i64(last.map_or(NONE, |batch| batch.last_offset));
            body.put_i32(last.map_or(0, |batch| batch.offset_delta));
            body.put_i64(producer.last_timestamp);
            body.put_i32(producer.coordinator_epoch);
            body.put_i64(producer.transaction_start.unwrap_or(NONE));
        }
        let mut bytes = Vec::with_capacity(body.len().saturating_add(PREFIX_LEN));
        bytes.put_i16(VERSION);
        bytes.put_u32(crc32c(&body));
        bytes.append(&mut body);
        bytes
    }

    /// Reads a `.snapshot` file; `None` if it is damaged.
    pub fn decode(bytes: &[u8]) -> Option<Self> {
        let (mut prefix, mut body) = bytes.split_at_checked(PREFIX_LEN)?;
        if prefix.get_i16() != VERSION || prefix.get_u32() != crc32c(body) {
            return None;
        }
        let count = usize::try_from(body.try_get_u32().ok()?).ok()?;
        if body.len() != count.checked_mul(ENTRY_LEN)? {
            return None;
        }
        let mut state = Self::default();
        for mut entry in body.chunks_exact(ENTRY_LEN) {
            let id = entry.get_i64();
            let mut producer = Producer::new(entry.get_i16());
            let last_sequence = entry.get_i32();
            let last_offset = entry.get_i64();
            let offset_delta = entry.get_i32();
            producer.last_timestamp = entry.get_i64();
            producer.coordinator_epoch = entry.get_i32();
            producer.transaction_start = Some(entry.get_i64()).filter(|offset| *offset >= 0);
            if last_offset >= 0 {
                let timestamp = producer.last_timestamp;
                producer.batches.push_back(ProducedBatch {
                    last_sequence,
                    last_offset,
                    offset_delta,
                    timestamp,
                });
            }
            if let Some(first_offset) = producer.transaction_start {
                state.open.insert(first_offset, id);
            }
            state.producers.insert(id, producer);
        }
        Some(state)
    }
}

/// The producer of a batch that is in the log, in the epoch of that batch.
fn current<'p>(
    producers: &'p mut HashMap<i64, Producer>,
    header: &BatchHeader,
) -> &'p mut Producer {
    let epoch = header.producer_epoch;
    let producer = producers
        .entry(header.producer_id)
        .or_insert_with(|| Producer::new(epoch));
    if producer.epoch != epoch {
        producer.epoch = epoch;
        producer.batches.clear();
    }
    producer
}

fn check_epoch(header: &BatchHeader, producer: &Producer) -> Result<(), AppendError> {
    if header.producer_epoch < producer.epoch {
        let (producer_id, epoch) = (header.producer_id, header.producer_epoch);
        return Err(AppendError::ProducerEpoch {
            producer_id,
            epoch,
            last: producer.epoch,
        });
    }
    Ok(())
}
