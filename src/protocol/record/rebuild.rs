//! Batches made from batches: another codec, repaired offsets, some records left out.

use bytes::Bytes;

use super::batch::BatchHeader;
use super::builder::{self, Encodable, NewHeaders};
use super::compression::{Codec, Compression};
use super::error::RecordError;
use super::record::{BatchRecords, RecordRef};

impl BatchRecords {
    /// The batch with its records compressed in this way; everything else stays, the producer's fields included.
    ///
    /// # Errors
    /// If the codec fails, or the batch would not fit its length field.
    pub fn to_batch(&self, compression: Compression) -> Result<Bytes, RecordError> {
        let compression = if self.bytes.is_empty() {
            Codec::None.into()
        } else {
            compression
        };
        builder::compress(self.header, &self.bytes, compression)
    }

    /// The records at offset deltas 0, 1, 2 and so on, as a leader wants them.
    ///
    /// # Errors
    /// If a record is not valid.
    pub fn renumber(&self) -> Result<Self, RecordError> {
        let mut next = 0_i32;
        let renumbered = self.rewrite(self.header, |_| {
            let delta = next;
            next = next.saturating_add(1);
            Some(delta)
        })?;
        let last_offset_delta = renumbered.header.records_count.saturating_sub(1);
        Ok(Self {
            header: BatchHeader {
                last_offset_delta,
                ..renumbered.header
            },
            ..renumbered
        })
    }

    /// The records that `keep` wants, at their offsets, as compaction leaves them (`MemoryRecords.filterTo`).
    ///
    /// The batch goes on spanning the same offsets. With a delete horizon, in ms since 1970, the batch is marked with
    /// it, and timestamps become relative to it. The records of a batch stamped on append keep that time.
    ///
    /// # Errors
    /// If a record is not valid.
    pub fn retain(
        &self,
        delete_horizon: Option<i64>,
        mut keep: impl FnMut(&RecordRef<'_>) -> bool,
    ) -> Result<Self, RecordError> {
        let mut header = self.header;
        if let Some(horizon) = delete_horizon {
            header.base_timestamp = horizon;
            header.attributes = header.attributes.with_delete_horizon(true);
        }
        self.rewrite(header, |record| keep(record).then_some(record.offset_delta))
    }

    /// The records for which `place` has an offset delta, under `header`, of which count and latest time are set here.
    fn rewrite(
        &self,
        mut header: BatchHeader,
        mut place: impl FnMut(&RecordRef<'_>) -> Option<i32>,
    ) -> Result<Self, RecordError> {
        let mut bytes = Vec::with_capacity(self.bytes.len());
        let mut max_timestamp = None;
        header.records_count = 0;
        for record in self {
            let record = record?;
            let Some(offset_delta) = place(&record) else {
                continue;
            };
            let encodable = Encodable {
                timestamp_delta: record.timestamp.wrapping_sub(header.base_timestamp),
                offset_delta,
                key: record.key,
                value: record.value,
                headers: NewHeaders::Encoded(record.headers),
            };
            encodable.write(&mut bytes)?;
            header.records_count = header.records_count.saturating_add(1);
            max_timestamp = max_timestamp.max(Some(record.timestamp));
        }
        header.max_timestamp = max_timestamp.unwrap_or(header.max_timestamp);
        Ok(Self {
            header,
            bytes: bytes.into(),
        })
    }
}
