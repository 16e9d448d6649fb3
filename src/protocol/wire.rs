//! The primitive types of the wire, written and read ([`Encoder`], [`Decoder`]).
//!
//! A decoder works on one frame and hands out slices of it. Every length and count is checked against the bytes that
//! are left before anything is reserved, so a peer's word never allocates.

use std::any::Any;
use std::fmt;
use std::ops::Range;
use std::sync::Arc;

use bytes::{Buf, BufMut, Bytes, BytesMut};
use bytestring::ByteString;

use super::types::Uuid;

/// Why bytes are not the message they claim to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum DecodeError {
    /// A length, a count or a fixed-size field reaches past the end of the frame.
    #[error("{what} reaches past the end of the frame")]
    Truncated {
        /// The kind of field.
        what: &'static str,
    },
    /// A negative length that is not "null", or one that does not fit.
    #[error("length {length} of {what} is not legal")]
    IllegalLength {
        /// The kind of field.
        what: &'static str,
        /// What was read.
        length: i64,
    },
    /// Null where the version does not allow it.
    #[error("{field} must not be null in version {version}")]
    UnexpectedNull {
        /// The field's name.
        field: &'static str,
        /// The version being read.
        version: i16,
    },
    /// A string that is not UTF-8.
    #[error("a string is not UTF-8")]
    NotUtf8,
    /// A varint of more than five (or ten) bytes.
    #[error("a varint does not end")]
    EndlessVarint,
    /// Bytes are left after the last field.
    #[error("{0} bytes are left after the last field")]
    LeftOver(usize),
    /// Items that are small on the wire and large in memory, more of them than a frame of this length may have.
    #[error("{count} items are too many for a frame of this length")]
    TooManyItems {
        /// How many the array has.
        count: usize,
    },
    /// A version outside the range of the schema.
    #[error("version {version} of {message} is not known")]
    UnknownVersion {
        /// The message's name.
        message: &'static str,
        /// What was asked for.
        version: i16,
    },
}

/// What a decoder returns.
pub type Result<T> = std::result::Result<T, DecodeError>;

/// Reads fields off the front of one frame.
#[derive(Debug, Clone)]
pub struct Decoder {
    frame: Bytes,
    /// Bytes of memory that arrays may still take.
    room: usize,
    /// Shared arrays with the bytes they were read from.
    shared: Vec<(Bytes, Arc<dyn Any + Send + Sync>)>,
}

/// Arrays may take this many times the length of the frame in memory, and [`ROOM_MIN`] in any case. A string of one byte
/// takes 32; the answers and requests of real clusters stay below 8.
const ROOM_FACTOR: usize = 8;
/// What the arrays of the shortest frame may take, in bytes.
const ROOM_MIN: usize = 1 << 20;

/// So many different shared arrays of a message are kept in mind, and looked through for each that follows.
const SHARED_MAX: usize = 16;

impl Decoder {
    /// A decoder at the first byte of `frame`.
    pub const fn new(frame: Bytes) -> Self {
        let room = frame
            .len()
            .saturating_mul(ROOM_FACTOR)
            .saturating_add(ROOM_MIN);
        Self {
            frame,
            room,
            shared: Vec::new(),
        }
    }

    /// How many bytes are left.
    pub fn remaining(&self) -> usize {
        self.frame.len()
    }

    /// Everything that is left.
    pub fn into_rest(self) -> Bytes {
        self.frame
    }

    /// Checks that all of the frame was read.
    ///
    /// # Errors
    /// [`DecodeError::LeftOver`] with the number of bytes that were not.
    pub fn finish(self) -> Result<()> {
        if self.frame.is_empty() {
            Ok(())
        } else {
            Err(DecodeError::LeftOver(self.frame.len()))
        }
    }

    fn need(&self, count: usize, what: &'static str) -> Result<()> {
        if self.frame.len() < count {
            Err(DecodeError::Truncated { what })
        } else {
            Ok(())
        }
    }

    /// One byte, anything but 0 being true.
    ///
    /// # Errors
    /// When the frame ends first, like all that follow.
    pub fn bool(&mut self) -> Result<bool> {
        Ok(self.i8()? != 0)
    }

    /// One signed byte.
    ///
    /// # Errors
    /// When the frame ends first.
    pub fn i8(&mut self) -> Result<i8> {
        self.need(1, "an int8")?;
        Ok(self.frame.get_i8())
    }

    /// Two bytes, big-endian.
    ///
    /// # Errors
    /// When the frame ends first.
    pub fn i16(&mut self) -> Result<i16> {
        self.need(2, "an int16")?;
        Ok(self.frame.get_i16())
    }

    /// Two bytes, big-endian, unsigned.
    ///
    /// # Errors
    /// When the frame ends first.
    pub fn u16(&mut self) -> Result<u16> {
        self.need(2, "a uint16")?;
        Ok(self.frame.get_u16())
    }

    /// Four bytes, big-endian.
    ///
    /// # Errors
    /// When the frame ends first.
    pub fn i32(&mut self) -> Result<i32> {
        self.need(4, "an int32")?;
        Ok(self.frame.get_i32())
    }

    /// Eight bytes, big-endian.
    ///
    /// # Errors
    /// When the frame ends first.
    pub fn i64(&mut self) -> Result<i64> {
        self.need(8, "an int64")?;
        Ok(self.frame.get_i64())
    }

    /// Eight bytes, IEEE-754.
    ///
    /// # Errors
    /// When the frame ends first.
    pub fn f64(&mut self) -> Result<f64> {
        self.need(8, "a float64")?;
        Ok(self.frame.get_f64())
    }

    /// Sixteen bytes.
    ///
    /// # Errors
    /// When the frame ends first.
    pub fn uuid(&mut self) -> Result<Uuid> {
        self.need(16, "a uuid")?;
        let mut bytes = [0; 16];
        self.frame.copy_to_slice(&mut bytes);
        Ok(Uuid::from_bytes(bytes))
    }

    /// An unsigned base-128 number of at most five bytes.
    ///
    /// # Errors
    /// When the frame ends first, or the number does not.
    pub fn unsigned_varint(&mut self) -> Result<u32> {
        let mut value = 0_u32;
        for shift in [0_u32, 7, 14, 21, 28] {
            self.need(1, "a varint")?;
            let byte = self.frame.get_u8();
            value |= u32::from(byte & 0x7f).wrapping_shl(shift);
            if byte & 0x80 == 0 {
                return Ok(value);
            }
        }
        Err(DecodeError::EndlessVarint)
    }

    /// A length: compact (plus one, 0 is null) or in `width` bytes (−1 is null). `None` is null.
    fn length(&mut self, compact: bool, width: Width, what: &'static str) -> Result<Option<usize>> {
        if compact {
            let plus_one = self.unsigned_varint()?;
            return Ok(match plus_one.checked_sub(1) {
                None => None,
                Some(length) => Some(usize::try_from(length).map_err(|_too_large| {
                    DecodeError::IllegalLength {
                        what,
                        length: i64::from(length),
                    }
                })?),
            });
        }
        let length = match width {
            Width::Two => i64::from(self.i16()?),
            Width::Four => i64::from(self.i32()?),
        };
        match length {
            -1 => Ok(None),
            _ => usize::try_from(length)
                .map(Some)
                .map_err(|_too_large| DecodeError::IllegalLength { what, length }),
        }
    }

    fn take(&mut self, length: usize, what: &'static str) -> Result<Bytes> {
        self.need(length, what)?;
        Ok(self.frame.split_to(length))
    }

    /// A nullable string.
    ///
    /// # Errors
    /// When the frame ends first or the text is not UTF-8.
    pub fn string(&mut self, compact: bool) -> Result<Option<ByteString>> {
        let Some(length) = self.length(compact, Width::Two, "a string")? else {
            return Ok(None);
        };
        let bytes = self.take(length, "a string")?;
        ByteString::try_from(bytes)
            .map(Some)
            .map_err(|_not_utf8| DecodeError::NotUtf8)
    }

    /// Nullable bytes, as a slice of the frame.
    ///
    /// # Errors
    /// When the frame ends first.
    pub fn bytes(&mut self, compact: bool) -> Result<Option<Bytes>> {
        let Some(length) = self.length(compact, Width::Four, "bytes")? else {
            return Ok(None);
        };
        self.take(length, "bytes").map(Some)
    }

    /// A nullable array, its items read by `item` and none of them shorter than `item_size_min` bytes.
    ///
    /// # Errors
    /// When the frame ends first, or an item does not decode.
    pub fn array<T>(
        &mut self,
        compact: bool,
        item_size_min: usize,
        mut item: impl FnMut(&mut Self) -> Result<T>,
    ) -> Result<Option<Vec<T>>> {
        let what = "an array";
        let Some(count) = self.length(compact, Width::Four, what)? else {
            return Ok(None);
        };
        // A count of more items than the rest of the frame has room for is a lie.
        self.need(count.saturating_mul(item_size_min.max(1)), what)?;
        let taken = count.saturating_mul(size_of::<T>());
        self.room = self
            .room
            .checked_sub(taken)
            .ok_or(DecodeError::TooManyItems { count })?;
        let mut items = Vec::with_capacity(count);
        for _ in 0..count {
            items.push(item(self)?);
        }
        Ok(Some(items))
    }

    /// An array that others of this frame may equal: where the bytes of an earlier one come again, it is that one. `read`
    /// must read nothing but the array, and the same way each time.
    ///
    /// # Errors
    /// As `read`.
    pub fn shared<T: Any + Send + Sync>(
        &mut self,
        read: impl FnOnce(&mut Self) -> Result<Vec<T>>,
    ) -> Result<Arc<Vec<T>>> {
        let mut known = self.shared.iter();
        if let Some((bytes, items)) = known.find(|(bytes, _)| self.frame.starts_with(bytes))
            && let Ok(items) = Arc::clone(items).downcast()
        {
            self.frame.advance(bytes.len());
            return Ok(items);
        }
        let before = self.frame.clone();
        let items = Arc::new(read(self)?);
        let taken = before.len().saturating_sub(self.frame.len());
        if self.shared.len() < SHARED_MAX {
            let kept: Arc<Vec<T>> = Arc::clone(&items);
            self.shared.push((before.slice(..taken), kept));
        }
        Ok(items)
    }

    /// The tagged fields at the end of a struct of a flexible version. `field` gets each tag with its content and says
    /// whether it knows it; unknown ones are skipped.
    ///
    /// # Errors
    /// When the frame ends first, or a known field does not decode.
    pub fn tagged_fields(
        &mut self,
        mut field: impl FnMut(u32, &mut Self) -> Result<bool>,
    ) -> Result<()> {
        for _ in 0..self.unsigned_varint()? {
            let tag = self.unsigned_varint()?;
            let length = self.unsigned_varint()?;
            let length =
                usize::try_from(length).map_err(|_too_large| DecodeError::IllegalLength {
                    what: "a tagged field",
                    length: i64::from(length),
                })?;
            let mut content = Self {
                frame: self.take(length, "a tagged field")?,
                room: self.room,
                shared: Vec::new(),
            };
            let is_known = field(tag, &mut content)?;
            self.room = content.room;
            if is_known {
                content.finish()?;
            }
        }
        Ok(())
    }
}

/// How many bytes a length takes outside flexible versions.
#[derive(Clone, Copy)]
enum Width {
    Two,
    Four,
}

/// Why a value cannot be written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum EncodeError {
    /// Null where the version does not allow it.
    #[error("{field} must not be null in version {version}")]
    UnexpectedNull {
        /// The field's name.
        field: &'static str,
        /// The version being written.
        version: i16,
    },
    /// A string, byte field, array or frame longer than its length field can say.
    #[error("{what} of {length} is too long for the wire")]
    TooLong {
        /// The kind of field.
        what: &'static str,
        /// Its length.
        length: usize,
    },
    /// A version outside the range of the schema.
    #[error("version {version} of {message} is not known")]
    UnknownVersion {
        /// The message's name.
        message: &'static str,
        /// What was asked for.
        version: i16,
    },
}

/// What a `records` field holds.
#[derive(Clone, PartialEq, Eq)]
pub enum Records {
    /// The batches themselves.
    Inline(Bytes),
    /// `length` bytes that the sender fetches from elsewhere when the frame goes out (a range of a segment file);
    /// `token` is the sender's own name for them. Never comes out of a decoder.
    Elsewhere {
        /// The sender's name for the bytes.
        token: usize,
        /// How many there are.
        length: usize,
    },
}

impl Records {
    /// How many bytes go out.
    pub fn len(&self) -> usize {
        match self {
            Self::Inline(bytes) => bytes.len(),
            Self::Elsewhere { length, .. } => *length,
        }
    }

    /// Whether no bytes go out.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The bytes, where they are here.
    pub fn into_bytes(self) -> Option<Bytes> {
        match self {
            Self::Inline(bytes) => Some(bytes),
            Self::Elsewhere { .. } => None,
        }
    }
}

impl Default for Records {
    fn default() -> Self {
        Self::Inline(Bytes::new())
    }
}

impl From<Bytes> for Records {
    fn from(bytes: Bytes) -> Self {
        Self::Inline(bytes)
    }
}

impl fmt::Debug for Records {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Inline(bytes) => write!(f, "Inline({} bytes)", bytes.len()),
            Self::Elsewhere { token, length } => write!(f, "Elsewhere({token}, {length} bytes)"),
        }
    }
}

/// A stretch of an encoded frame.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Piece {
    /// Bytes at hand.
    Bytes(Bytes),
    /// Bytes the sender fetches; see [`Records::Elsewhere`].
    Elsewhere {
        /// The sender's name for the bytes.
        token: usize,
        /// How many there are.
        length: usize,
    },
}

/// Writes fields one after another; records are not copied but remembered by position.
#[derive(Debug, Default)]
pub struct Encoder {
    buffer: BytesMut,
    inserted: Vec<(usize, Records)>,
    /// Shared arrays, and where in the buffer they stand.
    shared: Vec<(Arc<dyn Any + Send + Sync>, Range<usize>)>,
}

/// Records shorter than this are copied into the frame: cheaper than a piece of their own.
const COPIED_RECORDS_BYTES: usize = 1024;

impl Encoder {
    /// An empty encoder.
    pub fn new() -> Self {
        Self::default()
    }

    /// An encoder that goes on in `buffer`, keeping its capacity.
    pub fn with_buffer(buffer: BytesMut) -> Self {
        Self {
            buffer,
            ..Self::default()
        }
    }

    /// Bytes written so far, records included.
    pub fn len(&self) -> usize {
        self.inserted
            .iter()
            .fold(self.buffer.len(), |sum, (_, records)| {
                sum.saturating_add(records.len())
            })
    }

    /// Whether nothing was written.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The bytes written, for messages without records elsewhere.
    pub fn into_bytes(self) -> Bytes {
        let mut whole = BytesMut::new();
        for piece in self.into_pieces() {
            if let Piece::Bytes(bytes) = piece {
                whole.unsplit(BytesMut::from(bytes));
            }
        }
        whole.freeze()
    }

    /// The bytes written, in order.
    pub fn into_pieces(mut self) -> Vec<Piece> {
        let mut pieces =
            Vec::with_capacity(self.inserted.len().saturating_mul(2).saturating_add(1));
        let mut taken = 0_usize;
        for (position, records) in self.inserted {
            let before = self
                .buffer
                .split_to(position.saturating_sub(taken))
                .freeze();
            taken = position;
            pieces.push(Piece::Bytes(before));
            pieces.push(match records {
                Records::Inline(bytes) => Piece::Bytes(bytes),
                Records::Elsewhere { token, length } => Piece::Elsewhere { token, length },
            });
        }
        if !self.buffer.is_empty() {
            pieces.push(Piece::Bytes(self.buffer.freeze()));
        }
        pieces
    }

    /// Overwrites the four bytes at `position`, which must have been written, with `value`.
    pub fn patch_i32(&mut self, position: usize, value: i32) {
        let end = position.saturating_add(4);
        if let Some(place) = self.buffer.get_mut(position..end) {
            place.copy_from_slice(&value.to_be_bytes());
        }
    }

    /// One byte, 1 or 0.
    pub fn bool(&mut self, value: bool) {
        self.buffer.put_u8(u8::from(value));
    }

    /// One signed byte.
    pub fn i8(&mut self, value: i8) {
        self.buffer.put_i8(value);
    }

    /// Two bytes, big-endian.
    pub fn i16(&mut self, value: i16) {
        self.buffer.put_i16(value);
    }

    /// Two bytes, big-endian, unsigned.
    pub fn u16(&mut self, value: u16) {
        self.buffer.put_u16(value);
    }

    /// Four bytes, big-endian.
    pub fn i32(&mut self, value: i32) {
        self.buffer.put_i32(value);
    }

    /// Eight bytes, big-endian.
    pub fn i64(&mut self, value: i64) {
        self.buffer.put_i64(value);
    }

    /// Eight bytes, IEEE-754.
    pub fn f64(&mut self, value: f64) {
        self.buffer.put_f64(value);
    }

    /// Sixteen bytes.
    pub fn uuid(&mut self, value: Uuid) {
        self.buffer.put_slice(value.as_bytes());
    }

    /// An unsigned base-128 number.
    pub fn unsigned_varint(&mut self, mut value: u32) {
        while let Some(more) = value.checked_shr(7).filter(|rest| *rest > 0) {
            self.buffer.put_u8((value & 0x7f | 0x80).to_le_bytes()[0]);
            value = more;
        }
        self.buffer.put_u8(value.to_le_bytes()[0]);
    }

    /// A length, or null.
    fn length(
        &mut self,
        length: Option<usize>,
        compact: bool,
        width: Width,
        what: &'static str,
    ) -> std::result::Result<(), EncodeError> {
        let too_long = |_too_large| EncodeError::TooLong {
            what,
            length: length.unwrap_or_default(),
        };
        if compact {
            let plus_one = length
                .map_or(Ok(0), |length| u32::try_from(length.saturating_add(1)))
                .map_err(too_long)?;
            self.unsigned_varint(plus_one);
            return Ok(());
        }
        match width {
            Width::Two => self.i16(length.map_or(Ok(-1), i16::try_from).map_err(too_long)?),
            Width::Four => self.i32(length.map_or(Ok(-1), i32::try_from).map_err(too_long)?),
        }
        Ok(())
    }

    /// A nullable string.
    ///
    /// # Errors
    /// When it is too long for its length field.
    pub fn string(
        &mut self,
        value: Option<&str>,
        compact: bool,
    ) -> std::result::Result<(), EncodeError> {
        self.length(value.map(str::len), compact, Width::Two, "a string")?;
        self.buffer.put_slice(value.unwrap_or_default().as_bytes());
        Ok(())
    }

    /// Nullable bytes.
    ///
    /// # Errors
    /// When they are too long for their length field.
    pub fn bytes(
        &mut self,
        value: Option<&[u8]>,
        compact: bool,
    ) -> std::result::Result<(), EncodeError> {
        self.length(value.map(<[u8]>::len), compact, Width::Four, "bytes")?;
        self.buffer.put_slice(value.unwrap_or_default());
        Ok(())
    }

    /// Nullable records; long ones become a piece of their own.
    ///
    /// # Errors
    /// When they are too long for their length field.
    pub fn records(
        &mut self,
        value: Option<&Records>,
        compact: bool,
    ) -> std::result::Result<(), EncodeError> {
        self.length(value.map(Records::len), compact, Width::Four, "records")?;
        match value {
            None => {}
            Some(Records::Inline(bytes)) if bytes.len() < COPIED_RECORDS_BYTES => {
                self.buffer.put_slice(bytes);
            }
            Some(records) => self.inserted.push((self.buffer.len(), records.clone())),
        }
        Ok(())
    }

    /// A nullable array, its items written by `item`.
    ///
    /// # Errors
    /// When it has too many items, or one cannot be written.
    pub fn array<T>(
        &mut self,
        items: Option<&[T]>,
        compact: bool,
        mut item: impl FnMut(&mut Self, &T) -> std::result::Result<(), EncodeError>,
    ) -> std::result::Result<(), EncodeError> {
        self.length(items.map(<[T]>::len), compact, Width::Four, "an array")?;
        items
            .unwrap_or_default()
            .iter()
            .try_for_each(|value| item(self, value))
    }

    /// An array that others of this message may be: where an earlier one comes again, its bytes are copied. `write` must
    /// write nothing but the array, no records, and the same way each time.
    ///
    /// # Errors
    /// As `write`.
    pub fn shared<T: Any + Send + Sync>(
        &mut self,
        items: &Arc<Vec<T>>,
        write: impl FnOnce(&mut Self) -> std::result::Result<(), EncodeError>,
    ) -> std::result::Result<(), EncodeError> {
        let start = self.buffer.len();
        let is_same = |known: &Arc<_>| std::ptr::addr_eq(Arc::as_ptr(known), Arc::as_ptr(items));
        if let Some((_known, place)) = self.shared.iter().find(|(known, _)| is_same(known)) {
            self.buffer.resize(start.saturating_add(place.len()), 0);
            self.buffer.copy_within(place.clone(), start);
            return Ok(());
        }
        write(self)?;
        if self.shared.len() < SHARED_MAX {
            let kept: Arc<Vec<T>> = Arc::clone(items);
            self.shared.push((kept, start..self.buffer.len()));
        }
        Ok(())
    }

    /// One tagged field: its tag, the size of what `content` writes, and that.
    ///
    /// # Errors
    /// When the content cannot be written.
    pub fn tagged_field(
        &mut self,
        tag: u32,
        content: impl FnOnce(&mut Self) -> std::result::Result<(), EncodeError>,
    ) -> std::result::Result<(), EncodeError> {
        let mut inner = Self::new();
        content(&mut inner)?;
        let length = inner.len();
        let size = u32::try_from(length).map_err(|_too_large| EncodeError::TooLong {
            what: "a tagged field",
            length,
        })?;
        self.unsigned_varint(tag);
        self.unsigned_varint(size);
        self.buffer.put_slice(&inner.into_bytes());
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unsigned_varints_survive_the_wire() {
        for value in [0, 1, 127, 128, 300, 16_383, 16_384, u32::MAX] {
            let mut encoder = Encoder::new();
            encoder.unsigned_varint(value);
            let mut decoder = Decoder::new(encoder.into_bytes());
            assert_eq!(decoder.unsigned_varint(), Ok(value));
            assert_eq!(decoder.finish(), Ok(()));
        }
    }

    #[test]
    fn a_count_above_what_is_left_is_refused_before_anything_is_reserved() {
        let mut decoder = Decoder::new(Bytes::from_static(&[0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0]));
        assert_eq!(
            decoder.array(false, 8, Decoder::i64),
            Err(DecodeError::Truncated { what: "an array" })
        );
    }

    #[test]
    fn items_that_take_far_more_memory_than_frame_are_refused() {
        let strings = |count: u32| {
            let mut encoder = Encoder::new();
            encoder.unsigned_varint(count + 1);
            let mut frame = encoder.into_bytes().to_vec();
            frame.resize(frame.len() + usize::try_from(count).unwrap(), 1);
            Decoder::new(frame.into()).array(true, 1, |item| item.string(true))
        };
        assert_eq!(strings(20_000).unwrap().unwrap().len(), 20_000);
        assert_eq!(
            strings(1_000_000),
            Err(DecodeError::TooManyItems { count: 1_000_000 })
        );
    }

    #[test]
    fn shared_arrays_are_written_and_read_once_while_they_repeat() {
        let write = |encoder: &mut Encoder, items: &Arc<Vec<i16>>| {
            encoder.shared(items, |out| {
                out.array(Some(items), true, |out, item| {
                    out.i16(*item);
                    Ok(())
                })
            })
        };
        let read = |decoder: &mut Decoder| {
            decoder.shared(|input| Ok(input.array(true, 2, Decoder::i16)?.unwrap_or_default()))
        };
        let (one, other) = (Arc::new(vec![7, 8]), Arc::new(vec![9]));
        let order = [&one, &one, &other, &one];
        let mut encoder = Encoder::new();
        for items in order {
            write(&mut encoder, items).unwrap();
        }
        let frame = encoder.into_bytes();
        assert_eq!(frame[..10], [3, 0, 7, 0, 8, 3, 0, 7, 0, 8]);
        let mut decoder = Decoder::new(frame);
        let found = order.map(|_| read(&mut decoder).unwrap());
        assert_eq!(found, order.map(Arc::clone));
        assert!(Arc::ptr_eq(&found[0], &found[1]) && Arc::ptr_eq(&found[0], &found[3]));
        assert_eq!(decoder.finish(), Ok(()));
    }

    #[test]
    fn bytes_that_only_begin_like_a_shared_array_are_read_on_their_own() {
        let mut decoder = Decoder::new(Bytes::from_static(&[2, 5, 3, 5, 6]));
        let mut read =
            || decoder.shared(|input| Ok(input.array(true, 1, Decoder::i8)?.unwrap_or_default()));
        assert_eq!(*read().unwrap(), [5]);
        assert_eq!(*read().unwrap(), [5, 6]);
        let shorter = read().unwrap_err();
        assert_eq!(shorter, DecodeError::Truncated { what: "a varint" });
    }

    #[test]
    fn a_negative_length_is_null_only_when_it_is_minus_one() {
        assert_eq!(
            Decoder::new(Bytes::from_static(&[0xff, 0xff])).string(false),
            Ok(None)
        );
        assert_eq!(
            Decoder::new(Bytes::from_static(&[0xff, 0xfe])).string(false),
            Err(DecodeError::IllegalLength {
                what: "a string",
                length: -2
            })
        );
    }

    #[test]
    fn records_keep_their_place_between_copied_bytes() {
        let mut encoder = Encoder::new();
        encoder.i8(1);
        encoder
            .records(
                Some(&Records::Elsewhere {
                    token: 7,
                    length: 5000,
                }),
                false,
            )
            .unwrap();
        encoder.i8(2);
        encoder
            .records(Some(&Records::from(Bytes::from(vec![3; 2000]))), true)
            .unwrap();
        assert_eq!(encoder.len(), 1 + 4 + 5000 + 1 + 2 + 2000);
        let pieces = encoder.into_pieces();
        assert_eq!(
            pieces[0],
            Piece::Bytes(Bytes::from_static(&[1, 0, 0, 0x13, 0x88]))
        );
        assert_eq!(
            pieces[1],
            Piece::Elsewhere {
                token: 7,
                length: 5000
            }
        );
        assert_eq!(
            pieces[2],
            Piece::Bytes(Bytes::from_static(&[2, 0xd1, 0x0f]))
        );
        assert_eq!(pieces[3], Piece::Bytes(Bytes::from(vec![3; 2000])));
    }
}
