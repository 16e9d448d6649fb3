//! Walks over the batches of a segment file: headers only, or whole batches.

use std::io;

use bytes::Bytes;

use super::disk::{DiskFile, length};
use crate::protocol::record::{BatchHeader, Crc32c, HEADER_LEN, RecordError};

/// Read at once when walking over headers: many small batches, or one header of a large one.
const WINDOW_LEN: usize = 4096;

/// Read at once when every byte is looked at.
const CHUNK_LEN: usize = 1 << 20;

/// Bytes from the start of a batch up to what its CRC covers.
const CRC_START: u64 = 21;

/// Where a batch lies in a segment's file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BatchSpan {
    /// Offset of its first record.
    pub base_offset: i64,
    /// Offset of its last record.
    pub last_offset: i64,
    /// Where its header begins in the file.
    pub position: u64,
    /// Bytes of the whole batch.
    pub len: u64,
}

impl BatchSpan {
    /// Of a batch whose header was found at `position`.
    pub(super) fn new(header: &BatchHeader, position: u64) -> Self {
        Self {
            base_offset: header.base_offset,
            last_offset: header.last_offset(),
            position,
            len: length(header.total_len()),
        }
    }

    /// Where the next batch begins.
    pub const fn end(&self) -> u64 {
        self.position.saturating_add(self.len)
    }
}

/// The headers of the batches in `[position, end)` of a file.
///
/// Yields an error, once, where there is no batch, or where one does not end within the range.
#[derive(Debug)]
pub(super) struct Headers<'f> {
    file: &'f dyn DiskFile,
    position: u64,
    end: u64,
    window: [u8; WINDOW_LEN],
    window_start: u64,
    window_len: usize,
}

impl<'f> Headers<'f> {
    pub(super) fn new(file: &'f dyn DiskFile, position: u64, end: u64) -> Self {
        Self {
            file,
            position,
            end,
            window: [0; WINDOW_LEN],
            window_start: 0,
            window_len: 0,
        }
    }

    fn header(&mut self) -> io::Result<(BatchHeader, BatchSpan)> {
        let header = BatchHeader::parse(self.window()?).map_err(invalid)?;
        let span = BatchSpan::new(&header, self.position);
        if span.end() > self.end {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        self.position = span.end();
        Ok((header, span))
    }

    /// The bytes at the current position, a header at least unless the range ends before that.
    fn window(&mut self) -> io::Result<&[u8]> {
        let wanted = HEADER_LEN
            .min(usize::try_from(self.end.saturating_sub(self.position)).unwrap_or(HEADER_LEN));
        let skip = self
            .position
            .checked_sub(self.window_start)
            .and_then(|skip| usize::try_from(skip).ok());
        let skip = skip.filter(|skip| skip.saturating_add(wanted) <= self.window_len);
        let skip = if let Some(skip) = skip {
            skip
        } else {
            self.window_len = self.file.read_at(&mut self.window, self.position)?;
            self.window_start = self.position;
            0
        };
        Ok(self.window.get(skip..self.window_len).unwrap_or_default())
    }
}

impl Iterator for Headers<'_> {
    type Item = io::Result<(BatchHeader, BatchSpan)>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.position >= self.end {
            return None;
        }
        let next = self.header();
        if next.is_err() {
            self.end = self.position;
        }
        Some(next)
    }
}

/// The sound batches from the start of a file on, each read whole and its checksum compared.
///
/// Ends at the first byte that cannot be part of a batch which follows the one before.
#[derive(Debug)]
pub(super) struct SoundBatches<'f> {
    file: &'f dyn DiskFile,
    position: u64,
    end: u64,
    next_offset: i64,
    offset_max: i64,
    window: Vec<u8>,
    window_start: u64,
    window_len: usize,
}

impl<'f> SoundBatches<'f> {
    /// Over the first `end` bytes of the segment that begins at `base_offset`.
    pub(super) fn new(file: &'f dyn DiskFile, end: u64, base_offset: i64) -> Self {
        let offset_max = base_offset.saturating_add(i32::MAX.into());
        let window_len = usize::try_from(end).unwrap_or(CHUNK_LEN).min(CHUNK_LEN);
        let window = vec![0; window_len];
        Self {
            file,
            position: 0,
            end,
            next_offset: base_offset,
            offset_max,
            window,
            window_start: 0,
            window_len: 0,
        }
    }

    /// The next batch; `None` where there is none, or no sound one.
    pub(super) fn next(&mut self) -> io::Result<Option<(BatchHeader, BatchSpan)>> {
        let Ok(header) = BatchHeader::parse(self.bytes(self.position, HEADER_LEN)?) else {
            return Ok(None);
        };
        let span = BatchSpan::new(&header, self.position);
        let is_in_place = (self.next_offset..=self.offset_max).contains(&span.base_offset)
            && (span.base_offset..=self.offset_max).contains(&span.last_offset);
        if !is_in_place || span.end() > self.end || self.crc(&span)? != Some(header.crc) {
            return Ok(None);
        }
        self.position = span.end();
        self.next_offset = header.next_offset();
        Ok(Some((header, span)))
    }

    fn crc(&mut self, span: &BatchSpan) -> io::Result<Option<u32>> {
        let mut crc = Crc32c::new();
        let mut at = span.position.saturating_add(CRC_START);
        while at < span.end() {
            let left = usize::try_from(span.end().saturating_sub(at)).unwrap_or(usize::MAX);
            let bytes = self.bytes(at, 1)?;
            let Some(part) = bytes
                .get(..left.min(bytes.len()))
                .filter(|part| !part.is_empty())
            else {
                return Ok(None);
            };
            crc.update(part);
            at = at.saturating_add(length(part.len()));
        }
        Ok(Some(crc.finish()))
    }

    /// The bytes from `position` on that are at hand; at least `wanted` unless the file ends.
    fn bytes(&mut self, position: u64, wanted: usize) -> io::Result<&[u8]> {
        let skip = position
            .checked_sub(self.window_start)
            .and_then(|skip| usize::try_from(skip).ok());
        let skip = if let Some(skip) =
            skip.filter(|skip| skip.saturating_add(wanted) <= self.window_len)
        {
            skip
        } else {
            self.window_len = self.file.read_at(&mut self.window, position)?;
            self.window_start = position;
            0
        };
        Ok(self.window.get(skip..self.window_len).unwrap_or_default())
    }
}

/// Reads a whole batch.
pub(super) fn read_batch(file: &dyn DiskFile, span: &BatchSpan) -> io::Result<Bytes> {
    let mut bytes = vec![0; usize::try_from(span.len).map_err(io::Error::other)?];
    if file.read_at(&mut bytes, span.position)? < bytes.len() {
        return Err(io::ErrorKind::UnexpectedEof.into());
    }
    Ok(bytes.into())
}

/// Bytes that should be a batch and are not.
pub(super) fn invalid(error: RecordError) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, error)
}
