//! One record batch as bytes: its header read, checked, changed and written back.

use bytes::{Buf, BufMut, Bytes};

use super::compression::Codec;
use super::crc::Crc32c;
use super::error::RecordError;

/// Bytes of a batch before its records.
pub const HEADER_LEN: usize = 61;

/// Bytes that `batch_length` does not count: the base offset and itself.
const LOG_OVERHEAD: usize = 12;

/// Bytes from the start of a batch up to what its CRC covers.
const CRC_START: usize = 21;

/// The least `batch_length`: a header without records.
pub(super) const BATCH_LENGTH_MIN: i32 = 49;

/// The only message format written since Kafka 0.11, and the only one read here.
const MAGIC: i8 = 2;

/// What the timestamps of a batch mean.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum TimestampType {
    /// When the producer made the record.
    #[default]
    CreateTime,
    /// When the leader appended the batch.
    LogAppendTime,
}

/// The attribute bits of a batch; bits this release does not know are kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Attributes(pub i16);

impl Attributes {
    const CODEC: i16 = 0x07;
    const LOG_APPEND_TIME: i16 = 0x08;
    const TRANSACTIONAL: i16 = 0x10;
    const CONTROL: i16 = 0x20;
    const DELETE_HORIZON: i16 = 0x40;

    /// How the records are compressed.
    ///
    /// # Errors
    /// [`RecordError::UnknownCodec`] for 5, 6 and 7.
    pub const fn codec(self) -> Result<Codec, RecordError> {
        Codec::from_id(self.0 & Self::CODEC)
    }

    /// What the timestamps mean.
    pub const fn timestamp_type(self) -> TimestampType {
        if self.has(Self::LOG_APPEND_TIME) {
            TimestampType::LogAppendTime
        } else {
            TimestampType::CreateTime
        }
    }

    /// Whether the batch belongs to a transaction.
    pub const fn is_transactional(self) -> bool {
        self.has(Self::TRANSACTIONAL)
    }

    /// Whether the batch holds control records, which applications never see.
    pub const fn is_control(self) -> bool {
        self.has(Self::CONTROL)
    }

    /// Whether `base_timestamp` is the time from which compaction may drop tombstones.
    pub const fn has_delete_horizon(self) -> bool {
        self.has(Self::DELETE_HORIZON)
    }

    /// The same but for the codec.
    #[must_use]
    pub const fn with_codec(self, codec: Codec) -> Self {
        Self((self.0 & !Self::CODEC) | codec.id())
    }

    /// The same but for the meaning of timestamps.
    #[must_use]
    pub const fn with_timestamp_type(self, timestamp_type: TimestampType) -> Self {
        self.with(
            Self::LOG_APPEND_TIME,
            matches!(timestamp_type, TimestampType::LogAppendTime),
        )
    }

    /// The same, in a transaction or not.
    #[must_use]
    pub const fn with_transactional(self, is_transactional: bool) -> Self {
        self.with(Self::TRANSACTIONAL, is_transactional)
    }

    /// The same, as a control batch or not.
    #[must_use]
    pub const fn with_control(self, is_control: bool) -> Self {
        self.with(Self::CONTROL, is_control)
    }

    /// The same, with `base_timestamp` being the delete horizon or not.
    #[must_use]
    pub const fn with_delete_horizon(self, has_delete_horizon: bool) -> Self {
        self.with(Self::DELETE_HORIZON, has_delete_horizon)
    }

    const fn has(self, bit: i16) -> bool {
        self.0 & bit != 0
    }

    const fn with(self, bit: i16, set: bool) -> Self {
        Self(if set { self.0 | bit } else { self.0 & !bit })
    }
}

/// The header of a batch, field by field, in the order of the wire.
///
/// The leader changes a copy and writes [`Self::to_bytes`] in front of the untouched records. `base_offset` and
/// `partition_leader_epoch` lie outside the CRC; after changing anything else call [`Self::seal`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BatchHeader {
    /// Offset of the first record; producers send 0.
    pub base_offset: i64,
    /// Bytes that follow this field.
    pub batch_length: i32,
    /// Epoch of the leader that appended the batch; producers send -1.
    pub partition_leader_epoch: i32,
    /// CRC-32C of everything from the attributes on.
    pub crc: u32,
    /// Codec, kind of timestamp, kind of batch.
    pub attributes: Attributes,
    /// Offset of the last record, less the base offset; outlives compaction.
    pub last_offset_delta: i32,
    /// What record timestamps are relative to, in ms since 1970.
    pub base_timestamp: i64,
    /// The largest record timestamp, or the append time; in ms since 1970, -1 for none.
    pub max_timestamp: i64,
    /// -1 for none.
    pub producer_id: i64,
    /// -1 for none.
    pub producer_epoch: i16,
    /// Sequence of the first record; -1 for none and for control batches.
    pub base_sequence: i32,
    /// Records in the batch; 0 once compaction has taken them all.
    pub records_count: i32,
}

impl BatchHeader {
    /// Reads the header at the start of `bytes`, which need not hold the records.
    ///
    /// # Errors
    /// If there are fewer than [`HEADER_LEN`] bytes, the format is not 2, or the batch length does not cover the header.
    pub fn parse(bytes: &[u8]) -> Result<Self, RecordError> {
        let Some(mut header) = bytes
            .first_chunk::<HEADER_LEN>()
            .map(<[u8; HEADER_LEN]>::as_slice)
        else {
            return Err(RecordError::Incomplete {
                needed: HEADER_LEN,
                available: bytes.len(),
            });
        };
        // The buffer is as long as the fields together, so none of these reads can run out.
        let base_offset = header.get_i64();
        let batch_length = header.get_i32();
        let partition_leader_epoch = header.get_i32();
        let magic = header.get_i8();
        if magic != MAGIC {
            return Err(RecordError::Magic(magic));
        }
        if batch_length < BATCH_LENGTH_MIN {
            return Err(RecordError::BatchLength(batch_length));
        }
        Ok(Self {
            base_offset,
            batch_length,
            partition_leader_epoch,
            crc: header.get_u32(),
            attributes: Attributes(header.get_i16()),
            last_offset_delta: header.get_i32(),
            base_timestamp: header.get_i64(),
            max_timestamp: header.get_i64(),
            producer_id: header.get_i64(),
            producer_epoch: header.get_i16(),
            base_sequence: header.get_i32(),
            records_count: header.get_i32(),
        })
    }

    /// The header as it stands on the wire and on disk.
    pub fn to_bytes(&self) -> [u8; HEADER_LEN] {
        let mut bytes = [0; HEADER_LEN];
        let mut out = bytes.as_mut_slice();
        out.put_i64(self.base_offset);
        out.put_i32(self.batch_length);
        out.put_i32(self.partition_leader_epoch);
        out.put_i8(MAGIC);
        out.put_u32(self.crc);
        out.put_i16(self.attributes.0);
        out.put_i32(self.last_offset_delta);
        out.put_i64(self.base_timestamp);
        out.put_i64(self.max_timestamp);
        out.put_i64(self.producer_id);
        out.put_i16(self.producer_epoch);
        out.put_i32(self.base_sequence);
        out.put_i32(self.records_count);
        bytes
    }

    /// Bytes of the whole batch, header included.
    pub fn total_len(&self) -> usize {
        usize::try_from(self.batch_length)
            .unwrap_or_default()
            .saturating_add(LOG_OVERHEAD)
    }

    /// Offset of the last record, or of the last one there was before compaction.
    pub fn last_offset(&self) -> i64 {
        self.base_offset
            .saturating_add(i64::from(self.last_offset_delta))
    }

    /// Offset of whatever comes after this batch.
    pub fn next_offset(&self) -> i64 {
        self.last_offset().saturating_add(1)
    }

    /// Sequence of the last record; after 2147483647 comes 0. -1 if the batch has no sequence.
    pub fn last_sequence(&self) -> i32 {
        if self.base_sequence < 0 {
            return self.base_sequence;
        }
        // Kafka's DefaultRecordBatch.incrementSequence: wrapping past the sign bit and clearing it counts modulo 2^31.
        self.base_sequence.wrapping_add(self.last_offset_delta) & i32::MAX
    }

    /// Whether an idempotent or transactional producer wrote the batch.
    pub const fn has_producer_id(&self) -> bool {
        self.producer_id >= 0
    }

    /// Sets the CRC to that of these fields and `records`, the batch's bytes after the header.
    pub fn seal(&mut self, records: &[u8]) {
        self.crc = self.compute_crc(records);
    }

    /// The CRC that these fields and `records` ask for.
    fn compute_crc(&self, records: &[u8]) -> u32 {
        let header = self.to_bytes();
        let mut crc = Crc32c::new();
        crc.update(header.get(CRC_START..).unwrap_or_default());
        crc.update(records);
        crc.finish()
    }
}

/// One whole batch: its header, and the bytes it came in.
#[derive(Debug, Clone)]
pub struct Batch {
    header: BatchHeader,
    bytes: Bytes,
}

impl Batch {
    /// Takes one batch off the front of `bytes`, without copying. The CRC is not checked.
    ///
    /// # Errors
    /// If the header is not one, or the batch is not all there; `bytes` is then left alone.
    pub fn split(bytes: &mut Bytes) -> Result<Self, RecordError> {
        let header = BatchHeader::parse(bytes)?;
        let needed = header.total_len();
        if bytes.len() < needed {
            return Err(RecordError::Incomplete {
                needed,
                available: bytes.len(),
            });
        }
        Ok(Self {
            header,
            bytes: bytes.split_to(needed),
        })
    }

    /// The header as it is in the bytes.
    pub const fn header(&self) -> &BatchHeader {
        &self.header
    }

    /// The batch as it came, header included.
    pub const fn bytes(&self) -> &Bytes {
        &self.bytes
    }

    /// The batch as it came, header included.
    pub fn into_bytes(self) -> Bytes {
        self.bytes
    }

    /// The bytes after the header: the records, compressed if the batch is.
    pub fn body(&self) -> &[u8] {
        self.bytes.get(HEADER_LEN..).unwrap_or_default()
    }

    /// Checks the bytes against the CRC in the header.
    ///
    /// # Errors
    /// [`RecordError::Crc`] if they differ.
    pub fn verify_crc(&self) -> Result<(), RecordError> {
        let stored = self.header.crc;
        let computed = super::crc32c(self.bytes.get(CRC_START..).unwrap_or_default());
        if stored == computed {
            Ok(())
        } else {
            Err(RecordError::Crc { stored, computed })
        }
    }
}

/// The batches in a stretch of log, as a fetch answers with or a segment holds.
///
/// A batch cut off at the end is left out, for that is how a size limit shows; anything else that is no batch is
/// yielded as an error, once, and ends the iteration.
#[derive(Debug, Clone)]
pub struct Batches {
    bytes: Bytes,
}

impl Batches {
    /// Over these bytes.
    pub const fn new(bytes: Bytes) -> Self {
        Self { bytes }
    }

    /// What has not been yielded: empty, or the batch that is cut off.
    pub const fn rest(&self) -> &Bytes {
        &self.bytes
    }
}

impl Iterator for Batches {
    type Item = Result<Batch, RecordError>;

    fn next(&mut self) -> Option<Self::Item> {
        match Batch::split(&mut self.bytes) {
            Err(RecordError::Incomplete { .. }) => None,
            Err(error) => {
                self.bytes.clear();
                Some(Err(error))
            }
            Ok(batch) => Some(Ok(batch)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn header() -> BatchHeader {
        BatchHeader {
            base_offset: 1 << 40,
            batch_length: 52,
            partition_leader_epoch: 7,
            crc: 0,
            attributes: Attributes(0x0b),
            last_offset_delta: 2,
            base_timestamp: 1_700_000_000_000,
            max_timestamp: 1_700_000_000_005,
            producer_id: 4000,
            producer_epoch: 3,
            base_sequence: i32::MAX,
            records_count: 3,
        }
    }

    fn batch_of(records: &[u8]) -> Bytes {
        let mut header = header();
        header.batch_length = i32::try_from(records.len())
            .unwrap()
            .saturating_add(BATCH_LENGTH_MIN);
        header.seal(records);
        [header.to_bytes().as_slice(), records].concat().into()
    }

    #[test]
    fn attributes_read_their_bits() {
        let attributes = Attributes(0x7b);
        assert_eq!(attributes.codec().unwrap(), Codec::Lz4);
        assert_eq!(attributes.timestamp_type(), TimestampType::LogAppendTime);
        assert!(
            attributes.is_transactional()
                && attributes.is_control()
                && attributes.has_delete_horizon()
        );
        assert!(matches!(
            Attributes(5).codec(),
            Err(RecordError::UnknownCodec(5))
        ));
        let plain = attributes
            .with_codec(Codec::None)
            .with_control(false)
            .with_transactional(false);
        assert_eq!(
            plain
                .with_delete_horizon(false)
                .with_timestamp_type(TimestampType::CreateTime),
            Attributes(0)
        );
    }

    #[test]
    fn a_sequence_wraps_to_zero() {
        assert_eq!(header().last_sequence(), 1);
        assert_eq!(
            BatchHeader {
                base_sequence: -1,
                ..header()
            }
            .last_sequence(),
            -1
        );
        assert_eq!(
            BatchHeader {
                base_sequence: 10,
                ..header()
            }
            .last_sequence(),
            12
        );
        assert_eq!(header().last_offset(), (1 << 40) + 2);
    }

    #[test]
    fn a_header_written_and_read_is_the_same() {
        assert_eq!(BatchHeader::parse(&header().to_bytes()).unwrap(), header());
    }

    #[test]
    fn the_leaders_own_fields_are_outside_the_crc() {
        let mut bytes = batch_of(b"abc");
        let batch = Batch::split(&mut bytes).unwrap();
        let moved = BatchHeader {
            base_offset: 9,
            partition_leader_epoch: 1,
            ..*batch.header()
        };
        let mut moved = Bytes::from([moved.to_bytes().as_slice(), batch.body()].concat());
        Batch::split(&mut moved).unwrap().verify_crc().unwrap();
        let aged = BatchHeader {
            max_timestamp: 1,
            ..*batch.header()
        };
        let mut aged = Bytes::from([aged.to_bytes().as_slice(), batch.body()].concat());
        assert!(matches!(
            Batch::split(&mut aged).unwrap().verify_crc(),
            Err(RecordError::Crc { .. })
        ));
    }

    #[test]
    fn a_batch_cut_off_at_the_end_is_left_out() {
        let two = [batch_of(b"abc"), batch_of(b"")].concat();
        for len in 0..=two.len() {
            let mut batches = Batches::new(two[..len].to_vec().into());
            let whole = batches
                .by_ref()
                .map(Result::unwrap)
                .map(|batch| batch.body().len())
                .collect::<Vec<_>>();
            let expected: &[usize] = if len < 64 {
                &[]
            } else if len < 125 {
                &[3]
            } else {
                &[3, 0]
            };
            assert_eq!(whole, expected);
            assert_eq!(
                batches.rest().len(),
                len - if len < 64 {
                    0
                } else if len < 125 {
                    64
                } else {
                    125
                }
            );
        }
    }

    #[test]
    fn what_is_no_batch_is_refused_once() {
        for (at, byte, needle) in [
            (16, 1, "message format 1"),
            (8, 0x80, "batch length -"),
            (11, 48, "batch length 48"),
        ] {
            let mut bytes = batch_of(b"").to_vec();
            bytes[at] = byte;
            let mut batches = Batches::new(bytes.into());
            let error = batches.next().unwrap().unwrap_err().to_string();
            assert!(error.contains(needle), "{error}");
            assert!(batches.next().is_none());
        }
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_without_harm(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            for batch in Batches::new(bytes.into()).flatten() {
                let _checked = batch.verify_crc();
                let _offsets = (batch.header().last_offset(), batch.header().last_sequence(), batch.body());
            }
        }

        #[test]
        fn any_header_survives(mut bytes in proptest::array::uniform32(any::<u8>())) {
            bytes[16] = 2;
            bytes[8..12].copy_from_slice(&1000_i32.to_be_bytes());
            let whole: Vec<u8> = bytes.iter().chain(&bytes).copied().take(HEADER_LEN).collect();
            let written = BatchHeader::parse(&whole).unwrap().to_bytes();
            prop_assert_eq!(written.as_slice(), whole.as_slice());
        }
    }
}
