//! A batch on its way from the caller to the broker.

use std::ops::Range;

use bytes::Bytes;
use tokio::time::Instant;

use super::accumulator::QueueId;
use crate::protocol::record::{
    Batch as RecordBatch, BatchBuilder, BatchHeader, BatchOptions, BatchRecords, Compression,
    HEADER_LEN, NewRecord, RecordError,
};

/// Who a broker thinks writes: what `InitProducerId` gave.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Identity {
    pub(super) producer_id: i64,
    pub(super) producer_epoch: i16,
}

impl Identity {
    /// Of a producer that is not idempotent.
    const NONE: Self = Self {
        producer_id: -1,
        producer_epoch: -1,
    };
}

/// Records of one partition that are written together.
#[derive(Debug)]
pub(super) struct Batch {
    pub(super) queue: QueueId,
    contents: Contents,
    /// Which of the producer's records these are, counted from its first.
    pub(super) records: Vec<Range<u64>>,
    /// Bytes of keys and values.
    pub(super) payload_bytes: u64,
    /// What it counts for in `buffer.memory`.
    pub(super) held_bytes: usize,
    pub(super) created: Instant,
    /// How often it was sent.
    pub(super) attempts: u32,
    /// Writer and sequence of the first record, once it was sent by an idempotent producer.
    pub(super) sequence: Option<(Identity, i32)>,
}

#[derive(Debug)]
enum Contents {
    /// Takes more records.
    Open(BatchBuilder),
    /// Takes no more.
    Full(BatchBuilder),
    /// As it is sent.
    Built(Bytes),
}

impl Batch {
    pub(super) fn new(queue: QueueId, capacity: usize, now: Instant) -> Self {
        Self {
            queue,
            contents: Contents::Open(BatchBuilder::with_capacity(capacity)),
            records: Vec::new(),
            payload_bytes: 0,
            held_bytes: 0,
            created: now,
            attempts: 0,
            sequence: None,
        }
    }

    /// Its place among the batches of its partition.
    pub(super) fn order(&self) -> u64 {
        self.records.first().map_or(0, |range| range.start)
    }

    pub(super) fn count(&self) -> u64 {
        self.records
            .iter()
            .map(|range| range.end.saturating_sub(range.start))
            .sum()
    }

    pub(super) const fn is_open(&self) -> bool {
        matches!(self.contents, Contents::Open(_))
    }

    /// Bytes it takes, before compression unless it was sent.
    pub(super) fn size(&self) -> usize {
        match &self.contents {
            Contents::Open(builder) | Contents::Full(builder) => builder.size(),
            Contents::Built(bytes) => bytes.len(),
        }
    }

    /// Whether `record` still fits into `batch_bytes`; the first one always does.
    pub(super) fn fits(&self, record: &NewRecord<'_>, batch_bytes: usize) -> bool {
        match &self.contents {
            Contents::Open(builder) => {
                builder.is_empty() || builder.size_with(record) <= batch_bytes
            }
            Contents::Full(_) | Contents::Built(_) => false,
        }
    }

    /// Adds record number `number`. Only an open batch may be asked to.
    pub(super) fn append(
        &mut self,
        record: &NewRecord<'_>,
        number: u64,
    ) -> Result<(), RecordError> {
        let Contents::Open(builder) = &mut self.contents else {
            return Err(RecordError::Invalid("the batch takes no more records"));
        };
        builder.append(record)?;
        let next = number.saturating_add(1);
        match self.records.last_mut() {
            Some(last) if last.end == number => last.end = next,
            _ => self.records.push(number..next),
        }
        let length = |field: Option<&[u8]>| field.map_or(0, <[u8]>::len);
        let payload = length(record.key).saturating_add(length(record.value));
        self.payload_bytes = self
            .payload_bytes
            .saturating_add(u64::try_from(payload).unwrap_or(u64::MAX));
        Ok(())
    }

    /// Takes no more records from now on.
    pub(super) fn close(&mut self) {
        self.contents = match self.take_contents() {
            Contents::Open(builder) => Contents::Full(builder),
            other => other,
        };
    }

    fn take_contents(&mut self) -> Contents {
        std::mem::replace(&mut self.contents, Contents::Built(Bytes::new()))
    }

    /// Whether [`Self::build`] has to encode it.
    pub(super) const fn is_raw(&self) -> bool {
        !matches!(self.contents, Contents::Built(_))
    }

    /// The bytes to send, with the sequence that was assigned last.
    pub(super) fn build(&mut self, compression: Compression) -> Result<Bytes, RecordError> {
        let (identity, base_sequence) = self.sequence.unwrap_or((Identity::NONE, -1));
        let bytes = match self.take_contents() {
            Contents::Open(builder) | Contents::Full(builder) => {
                let options = BatchOptions {
                    compression,
                    producer_id: identity.producer_id,
                    producer_epoch: identity.producer_epoch,
                    base_sequence,
                    ..BatchOptions::default()
                };
                builder.build(&options)?
            }
            Contents::Built(bytes) => stamped(bytes, identity, base_sequence)?,
        };
        self.contents = Contents::Built(bytes.clone());
        Ok(bytes)
    }

    /// The same records in two batches of half the size; none if there is only one record.
    pub(super) fn split(&mut self) -> Result<Option<[Self; 2]>, RecordError> {
        let half = self.count() / 2;
        if half == 0 {
            return Ok(None);
        }
        let records = self.contents()?;
        let half_bytes = records.bytes().len() / 2;
        let mut first = Self::new(self.queue, half_bytes, self.created);
        let mut second = Self::new(self.queue, half_bytes, self.created);
        let numbers = self.records.iter().cloned().flatten();
        for (at, (record, number)) in (0..).zip(records.into_owned().zip(numbers)) {
            let record = record?;
            let record = NewRecord {
                timestamp: record.timestamp,
                key: record.key.as_deref(),
                value: record.value.as_deref(),
                headers: &record.headers,
            };
            let part = if at < half { &mut first } else { &mut second };
            part.append(&record, number)?;
        }
        for part in [&mut first, &mut second] {
            part.close();
            part.held_bytes = part.size();
            part.attempts = self.attempts;
        }
        Ok(Some([first, second]))
    }

    /// The records, to look at after a failure.
    pub(super) fn contents(&mut self) -> Result<BatchRecords, RecordError> {
        let mut bytes = match &self.contents {
            Contents::Built(bytes) => bytes.clone(),
            Contents::Open(_) | Contents::Full(_) => self.build(Compression::default())?,
        };
        // The producer's own batch: no larger than what it was made of.
        RecordBatch::split(&mut bytes)?.records(usize::MAX)
    }
}

/// `bytes` as they are, or with another writer or sequence in the header.
fn stamped(bytes: Bytes, identity: Identity, base_sequence: i32) -> Result<Bytes, RecordError> {
    let old = BatchHeader::parse(&bytes)?;
    let mut header = BatchHeader {
        producer_id: identity.producer_id,
        producer_epoch: identity.producer_epoch,
        base_sequence,
        ..old
    };
    if header == old {
        return Ok(bytes);
    }
    let body = bytes.get(HEADER_LEN..).unwrap_or_default();
    header.seal(body);
    Ok([&header.to_bytes(), body].concat().into())
}
