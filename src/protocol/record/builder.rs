//! Batches as producers, coordinators and controllers make them.

use bytes::Bytes;

use super::batch::{Attributes, BATCH_LENGTH_MIN, BatchHeader, HEADER_LEN};
use super::compression::{Codec, Compression};
use super::error::RecordError;
use super::record::{Header, Headers};
use super::varint;

/// A record to be written.
#[derive(Debug, Clone, Copy, Default)]
pub struct NewRecord<'a> {
    /// In ms since 1970; -1 for none.
    pub timestamp: i64,
    /// What decides the partition, and what compaction goes by.
    pub key: Option<&'a [u8]>,
    /// Absent in a tombstone.
    pub value: Option<&'a [u8]>,
    /// In this order.
    pub headers: &'a [Header],
}

/// What a batch says besides its records.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BatchOptions {
    /// How to compress the records.
    pub compression: Compression,
    /// Offset of the first record; the leader assigns it, so producers leave 0.
    pub base_offset: i64,
    /// The leader assigns it, so producers leave -1.
    pub partition_leader_epoch: i32,
    /// -1 for none.
    pub producer_id: i64,
    /// -1 for none.
    pub producer_epoch: i16,
    /// -1 for none.
    pub base_sequence: i32,
    /// Whether the batch belongs to a transaction.
    pub is_transactional: bool,
    /// Whether the records are control records.
    pub is_control: bool,
}

impl Default for BatchOptions {
    fn default() -> Self {
        Self {
            compression: Compression::default(),
            base_offset: 0,
            partition_leader_epoch: -1,
            producer_id: -1,
            producer_epoch: -1,
            base_sequence: -1,
            is_transactional: false,
            is_control: false,
        }
    }
}

/// Collects records, encoded as they come, and makes one batch of them.
#[derive(Debug, Clone)]
pub struct BatchBuilder {
    /// Room for the header, then the records.
    buffer: Vec<u8>,
    records_count: i32,
    base_timestamp: i64,
    max_timestamp: i64,
}

impl Default for BatchBuilder {
    fn default() -> Self {
        Self::with_capacity(HEADER_LEN)
    }
}

impl BatchBuilder {
    /// Without records, and with room for a batch of this many bytes.
    pub fn with_capacity(capacity: usize) -> Self {
        let mut buffer = Vec::with_capacity(capacity.max(HEADER_LEN));
        buffer.resize(HEADER_LEN, 0);
        Self {
            buffer,
            records_count: 0,
            base_timestamp: -1,
            max_timestamp: -1,
        }
    }

    /// Records so far.
    pub fn records_count(&self) -> usize {
        usize::try_from(self.records_count).unwrap_or_default()
    }

    /// Whether there are no records yet.
    pub const fn is_empty(&self) -> bool {
        self.records_count == 0
    }

    /// Bytes of the batch so far, header included and before compression.
    pub fn size(&self) -> usize {
        self.buffer.len()
    }

    /// Bytes of the batch, were `record` appended; compare with `batch.size` before appending.
    pub fn size_with(&self, record: &NewRecord<'_>) -> usize {
        let length = self.encodable(record).length();
        self.buffer
            .len()
            .saturating_add(varint::len(long(length)))
            .saturating_add(length)
    }

    /// Adds a record at the end.
    ///
    /// # Errors
    /// [`RecordError::TooLarge`] if a batch cannot hold it; the batch is then as it was.
    pub fn append(&mut self, record: &NewRecord<'_>) -> Result<(), RecordError> {
        let count = self.records_count.checked_add(1).ok_or(TOO_LARGE)?;
        self.encodable(record).write(&mut self.buffer)?;
        if self.records_count == 0 {
            (self.base_timestamp, self.max_timestamp) = (record.timestamp, record.timestamp);
        }
        self.max_timestamp = self.max_timestamp.max(record.timestamp);
        self.records_count = count;
        Ok(())
    }

    /// The finished batch.
    ///
    /// # Errors
    /// If there are no records, the codec fails, or the batch would not fit its length field.
    pub fn build(self, options: &BatchOptions) -> Result<Bytes, RecordError> {
        let Some(last_offset_delta @ 0..) = self.records_count.checked_sub(1) else {
            return Err(RecordError::Invalid("a batch without records"));
        };
        let attributes = Attributes::default()
            .with_codec(options.compression.codec)
            .with_transactional(options.is_transactional)
            .with_control(options.is_control);
        let header = BatchHeader {
            base_offset: options.base_offset,
            batch_length: 0,
            partition_leader_epoch: options.partition_leader_epoch,
            crc: 0,
            attributes,
            last_offset_delta,
            base_timestamp: self.base_timestamp,
            max_timestamp: self.max_timestamp,
            producer_id: options.producer_id,
            producer_epoch: options.producer_epoch,
            base_sequence: options.base_sequence,
            records_count: self.records_count,
        };
        if options.compression.codec == Codec::None {
            return finish(header, self.buffer);
        }
        compress(
            header,
            self.buffer.get(HEADER_LEN..).unwrap_or_default(),
            options.compression,
        )
    }

    fn encodable<'a>(&self, record: &NewRecord<'a>) -> Encodable<'a> {
        let base_timestamp = if self.records_count == 0 {
            record.timestamp
        } else {
            self.base_timestamp
        };
        Encodable {
            timestamp_delta: record.timestamp.wrapping_sub(base_timestamp),
            offset_delta: self.records_count,
            key: record.key,
            value: record.value,
            headers: NewHeaders::Apart(record.headers),
        }
    }
}

const TOO_LARGE: RecordError = RecordError::TooLarge {
    limit: 2_147_483_647,
};

/// A batch of `records`, compressed, under `header`, of which codec, length and CRC are set here.
pub(super) fn compress(
    header: BatchHeader,
    records: &[u8],
    compression: Compression,
) -> Result<Bytes, RecordError> {
    let mut buffer = Vec::with_capacity((records.len() / 2).saturating_add(HEADER_LEN));
    buffer.resize(HEADER_LEN, 0);
    compression.compress(records, &mut buffer)?;
    finish(
        BatchHeader {
            attributes: header.attributes.with_codec(compression.codec),
            ..header
        },
        buffer,
    )
}

/// Completes the header and puts it into the room kept for it.
fn finish(mut header: BatchHeader, mut buffer: Vec<u8>) -> Result<Bytes, RecordError> {
    let Some((room, records)) = buffer.split_first_chunk_mut::<HEADER_LEN>() else {
        return Err(RecordError::Incomplete {
            needed: HEADER_LEN,
            available: 0,
        });
    };
    header.batch_length = i32::try_from(records.len())
        .ok()
        .and_then(|length| length.checked_add(BATCH_LENGTH_MIN))
        .ok_or(TOO_LARGE)?;
    header.seal(records);
    *room = header.to_bytes();
    Ok(buffer.into())
}

/// A record with its place in a batch.
pub(super) struct Encodable<'a> {
    pub(super) timestamp_delta: i64,
    pub(super) offset_delta: i32,
    pub(super) key: Option<&'a [u8]>,
    pub(super) value: Option<&'a [u8]>,
    pub(super) headers: NewHeaders<'a>,
}

/// Headers to be written, or to be copied as they lie in another batch.
#[derive(Clone, Copy)]
pub(super) enum NewHeaders<'a> {
    Apart(&'a [Header]),
    Encoded(Headers<'a>),
}

impl Encodable<'_> {
    /// Bytes of the record after its length.
    fn length(&self) -> usize {
        // The sum is of lengths in memory and cannot come near the end of the address space.
        [
            1,
            varint::len(self.timestamp_delta),
            varint::len(i64::from(self.offset_delta)),
            nullable_len(self.key),
            nullable_len(self.value),
            varint::len(long(self.headers.count())),
            self.headers.length(),
        ]
        .into_iter()
        .fold(0, usize::saturating_add)
    }

    /// Writes the record to the end of `out`, or nothing at all if its batch could not hold it.
    pub(super) fn write(&self, out: &mut Vec<u8>) -> Result<(), RecordError> {
        let length = self.length();
        if i32::try_from(out.len().saturating_add(length)).is_err() {
            return Err(TOO_LARGE);
        }
        out.reserve(length.saturating_add(5));
        varint::write(long(length), out);
        out.push(0);
        varint::write(self.timestamp_delta, out);
        varint::write(i64::from(self.offset_delta), out);
        write_nullable(self.key, out);
        write_nullable(self.value, out);
        varint::write(long(self.headers.count()), out);
        match self.headers {
            NewHeaders::Apart(headers) => {
                for header in headers {
                    write_nullable(Some(&header.key), out);
                    write_nullable(header.value.as_deref(), out);
                }
            }
            NewHeaders::Encoded(headers) => out.extend_from_slice(headers.bytes()),
        }
        Ok(())
    }
}

impl NewHeaders<'_> {
    fn count(self) -> usize {
        match self {
            Self::Apart(headers) => headers.len(),
            Self::Encoded(headers) => headers.len(),
        }
    }

    fn length(self) -> usize {
        match self {
            Self::Apart(headers) => headers
                .iter()
                .map(|header| {
                    nullable_len(Some(&header.key))
                        .saturating_add(nullable_len(header.value.as_deref()))
                })
                .fold(0, usize::saturating_add),
            Self::Encoded(headers) => headers.bytes().len(),
        }
    }
}

fn nullable_len(field: Option<&[u8]>) -> usize {
    field.map_or(1, |field| {
        varint::len(long(field.len())).saturating_add(field.len())
    })
}

fn write_nullable(field: Option<&[u8]>, out: &mut Vec<u8>) {
    match field {
        None => varint::write(-1, out),
        Some(field) => {
            varint::write(long(field.len()), out);
            out.extend_from_slice(field);
        }
    }
}

/// A length as varints take it; lengths in memory fit.
fn long(length: usize) -> i64 {
    i64::try_from(length).unwrap_or(i64::MAX)
}
