//! The records of a batch, read where they lie.

use bytes::{Buf, Bytes};

use super::batch::{Batch, BatchHeader, HEADER_LEN, TimestampType};
use super::compression::Codec;
use super::error::RecordError;
use super::varint;

/// The fewest bytes a record takes: a length, attributes, two deltas, two lengths and a count.
const RECORD_LEN_MIN: usize = 7;

/// A header of a record. Keys may repeat, and their order matters.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Header {
    /// UTF-8, as far as clients keep to the protocol; brokers only relay it.
    pub key: Bytes,
    /// Absent and empty are different.
    pub value: Option<Bytes>,
}

/// A record that owns its parts, which are slices of the batch it came in.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Record {
    /// Offset in the partition.
    pub offset: i64,
    /// In ms since 1970; -1 for none.
    pub timestamp: i64,
    /// What decides the partition, and what compaction goes by.
    pub key: Option<Bytes>,
    /// Absent in a tombstone.
    pub value: Option<Bytes>,
    /// In the order they were sent.
    pub headers: Vec<Header>,
}

/// A record as it lies in its batch.
#[derive(Debug, Clone, Copy)]
pub struct RecordRef<'a> {
    /// Offset, less the base offset of the batch.
    pub offset_delta: i32,
    /// Offset in the partition.
    pub offset: i64,
    /// In ms since 1970; -1 for none. The append time where the batch says so.
    pub timestamp: i64,
    /// What decides the partition, and what compaction goes by.
    pub key: Option<&'a [u8]>,
    /// Absent in a tombstone.
    pub value: Option<&'a [u8]>,
    /// In the order they were sent.
    pub headers: Headers<'a>,
}

/// The headers of a record, checked but not yet taken apart.
#[derive(Debug, Clone, Copy, Default)]
pub struct Headers<'a> {
    count: i32,
    bytes: &'a [u8],
}

/// A header as it lies in its batch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HeaderRef<'a> {
    /// UTF-8, as far as clients keep to the protocol.
    pub key: &'a [u8],
    /// Absent and empty are different.
    pub value: Option<&'a [u8]>,
}

/// The records of one batch, decompressed.
#[derive(Debug, Clone)]
pub struct BatchRecords {
    pub(super) header: BatchHeader,
    pub(super) bytes: Bytes,
}

impl Batch {
    /// The records, decompressed if need be into at most `limit` bytes. The CRC is not checked.
    ///
    /// # Errors
    /// If the stream cannot be decompressed, or is too short for the number of records the header states.
    pub fn records(&self, limit: usize) -> Result<BatchRecords, RecordError> {
        let header = *self.header();
        let codec = header.attributes.codec()?;
        let bytes = match codec {
            // A batch that compaction emptied keeps its codec bits in some releases, but has no stream.
            _ if self.body().is_empty() => Bytes::new(),
            Codec::None => self.bytes().slice(HEADER_LEN..),
            Codec::Gzip | Codec::Snappy | Codec::Lz4 | Codec::Zstd => {
                codec.decompress(self.body(), limit)?.into()
            }
        };
        let count = usize::try_from(header.records_count).map_err(|_negative| NEGATIVE_COUNT)?;
        if bytes.len() / RECORD_LEN_MIN < count {
            return Err(RecordError::Invalid(
                "fewer records than the batch header states",
            ));
        }
        Ok(BatchRecords { header, bytes })
    }
}

const NEGATIVE_COUNT: RecordError = RecordError::Invalid("negative record count");

impl BatchRecords {
    /// The header of the batch they came in.
    pub const fn header(&self) -> &BatchHeader {
        &self.header
    }

    /// The records as encoded, one after another.
    pub const fn bytes(&self) -> &Bytes {
        &self.bytes
    }

    /// Every record, in place.
    pub fn iter(&self) -> RecordIter<'_> {
        RecordIter {
            header: &self.header,
            rest: &self.bytes,
            remaining: self.header.records_count,
        }
    }

    /// Every record, owning slices of the bytes.
    pub fn into_owned(self) -> OwnedRecords {
        OwnedRecords {
            remaining: self.header.records_count,
            records: self,
        }
    }
}

impl<'a> IntoIterator for &'a BatchRecords {
    type Item = Result<RecordRef<'a>, RecordError>;
    type IntoIter = RecordIter<'a>;

    fn into_iter(self) -> RecordIter<'a> {
        self.iter()
    }
}

/// Every record of a batch, in place; an error ends it. No allocation, one look at every field.
#[derive(Debug, Clone)]
pub struct RecordIter<'a> {
    header: &'a BatchHeader,
    rest: &'a [u8],
    remaining: i32,
}

impl<'a> Iterator for RecordIter<'a> {
    type Item = Result<RecordRef<'a>, RecordError>;

    #[inline]
    fn next(&mut self) -> Option<Self::Item> {
        if self.remaining <= 0 && self.rest.is_empty() {
            return None;
        }
        let record = self.read();
        if record.is_ok() {
            self.remaining = self.remaining.saturating_sub(1);
        } else {
            (self.remaining, self.rest) = (0, &[]);
        }
        Some(record.map_err(RecordError::Invalid))
    }
}

impl<'a> RecordIter<'a> {
    fn read(&mut self) -> Result<RecordRef<'a>, &'static str> {
        if self.remaining <= 0 {
            return Err("bytes after the last record");
        }
        let length = varint::read_i32(&mut self.rest).ok_or("no record length")?;
        let length = usize::try_from(length).map_err(|_negative| "negative record length")?;
        let (mut record, rest) = self
            .rest
            .split_at_checked(length)
            .ok_or("record runs past the end of its batch")?;
        self.rest = rest;
        let (_attributes, fields) = record.split_first().ok_or("record without attributes")?;
        record = fields;
        let timestamp_delta = varint::read_i64(&mut record).ok_or("no timestamp delta")?;
        let offset_delta = varint::read_i32(&mut record).ok_or("no offset delta")?;
        if offset_delta < 0 || offset_delta > self.header.last_offset_delta {
            return Err("offset delta outside the batch");
        }
        Ok(RecordRef {
            offset_delta,
            offset: self
                .header
                .base_offset
                .wrapping_add(i64::from(offset_delta)),
            timestamp: match self.header.attributes.timestamp_type() {
                TimestampType::CreateTime => {
                    self.header.base_timestamp.wrapping_add(timestamp_delta)
                }
                TimestampType::LogAppendTime => self.header.max_timestamp,
            },
            key: read_nullable(&mut record)?,
            value: read_nullable(&mut record)?,
            headers: Headers::read(record)?,
        })
    }
}

/// Takes a length and as many bytes off the front; any negative length is "absent", as Kafka reads it.
#[inline]
fn read_nullable<'a>(bytes: &mut &'a [u8]) -> Result<Option<&'a [u8]>, &'static str> {
    let length = varint::read_i32(bytes).ok_or("no field length")?;
    let Ok(length) = usize::try_from(length) else {
        return Ok(None);
    };
    let (field, rest) = bytes
        .split_at_checked(length)
        .ok_or("field runs past the end of its record")?;
    *bytes = rest;
    Ok(Some(field))
}

impl<'a> Headers<'a> {
    /// How many there are.
    pub fn len(self) -> usize {
        usize::try_from(self.count).unwrap_or_default()
    }

    /// Whether there are none.
    pub const fn is_empty(self) -> bool {
        self.count == 0
    }

    /// Each in turn.
    pub fn iter(self) -> impl Iterator<Item = HeaderRef<'a>> {
        let mut rest = self.bytes;
        (0..self.count).map_while(move |_| read_header(&mut rest).ok())
    }

    /// The headers as encoded, without their count.
    pub(super) const fn bytes(self) -> &'a [u8] {
        self.bytes
    }

    /// The end of a record: a count and as many headers, and nothing after them.
    #[inline]
    fn read(mut bytes: &'a [u8]) -> Result<Self, &'static str> {
        let count = varint::read_i32(&mut bytes).ok_or("no header count")?;
        if count < 0 {
            return Err("negative header count");
        }
        let mut rest = bytes;
        for _ in 0..count {
            read_header(&mut rest)?;
        }
        if rest.is_empty() {
            Ok(Self { count, bytes })
        } else {
            Err("record is longer than its fields")
        }
    }
}

fn read_header<'a>(bytes: &mut &'a [u8]) -> Result<HeaderRef<'a>, &'static str> {
    let key = read_nullable(bytes)?.ok_or("header without a key")?;
    Ok(HeaderRef {
        key,
        value: read_nullable(bytes)?,
    })
}

/// Every record of a batch, owning slices of it; an error ends it.
#[derive(Debug, Clone)]
pub struct OwnedRecords {
    records: BatchRecords,
    remaining: i32,
}

impl Iterator for OwnedRecords {
    type Item = Result<Record, RecordError>;

    fn next(&mut self) -> Option<Self::Item> {
        let bytes = &mut self.records.bytes;
        let mut records = RecordIter {
            header: &self.records.header,
            rest: bytes,
            remaining: self.remaining,
        };
        let record = records.next()?.map(|record| own(record, bytes));
        self.remaining = records.remaining;
        let left = records.rest.len();
        bytes.advance(bytes.len().saturating_sub(left));
        Some(record)
    }
}

/// The record as slices of `bytes`, which it lies in.
fn own(record: RecordRef<'_>, bytes: &Bytes) -> Record {
    let slice = |field| bytes.slice_ref(field);
    Record {
        offset: record.offset,
        timestamp: record.timestamp,
        key: record.key.map(slice),
        value: record.value.map(slice),
        headers: record
            .headers
            .iter()
            .map(|header| Header {
                key: slice(header.key),
                value: header.value.map(slice),
            })
            .collect(),
    }
}
