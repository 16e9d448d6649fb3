//! The codecs a batch's records may be compressed with, both ways.
//!
//! What comes out of a compressed stream is bounded by the caller, and no buffer is sized by what the stream claims of
//! itself.

use std::cell::RefCell;
use std::fmt;
use std::io::{self, BufRead, Cursor, Read, Write};
use std::str::FromStr;

use flate2::bufread::MultiGzDecoder;
use flate2::write::GzEncoder;
use lz4_flex::frame::{BlockMode, BlockSize, FrameDecoder, FrameEncoder, FrameInfo};
use zstd::bulk::Compressor as ZstdCompressor;
use zstd::stream::raw::{CParameter, Decoder as ZstdDecoder, InBuffer, Operation, OutBuffer};

use super::RecordError;
use super::snappy;

/// How the records of a batch are compressed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Codec {
    /// Not at all.
    #[default]
    None,
    /// RFC 1952.
    Gzip,
    /// Snappy blocks in the framing of the xerial library.
    Snappy,
    /// LZ4 frames.
    Lz4,
    /// Zstandard frames.
    Zstd,
}

impl Codec {
    /// Every codec, by number.
    pub const ALL: [Self; 5] = [Self::None, Self::Gzip, Self::Snappy, Self::Lz4, Self::Zstd];

    /// The number in a batch's attributes.
    pub const fn id(self) -> i16 {
        match self {
            Self::None => 0,
            Self::Gzip => 1,
            Self::Snappy => 2,
            Self::Lz4 => 3,
            Self::Zstd => 4,
        }
    }

    /// The name that `compression.type` takes.
    pub const fn name(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Gzip => "gzip",
            Self::Snappy => "snappy",
            Self::Lz4 => "lz4",
            Self::Zstd => "zstd",
        }
    }

    /// The codec with this number.
    ///
    /// # Errors
    /// [`RecordError::UnknownCodec`] for a number nobody has assigned.
    pub const fn from_id(id: i16) -> Result<Self, RecordError> {
        match id {
            0 => Ok(Self::None),
            1 => Ok(Self::Gzip),
            2 => Ok(Self::Snappy),
            3 => Ok(Self::Lz4),
            4 => Ok(Self::Zstd),
            _ => Err(RecordError::UnknownCodec(id)),
        }
    }
}

impl fmt::Display for Codec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// Text that names no codec.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("unknown compression name: {0}")]
pub struct UnknownCodecName(pub String);

impl FromStr for Codec {
    type Err = UnknownCodecName;

    fn from_str(name: &str) -> Result<Self, UnknownCodecName> {
        Self::ALL
            .into_iter()
            .find(|codec| codec.name() == name)
            .ok_or_else(|| UnknownCodecName(name.to_owned()))
    }
}

/// How to compress: a codec and how hard it should try.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Compression {
    /// The codec.
    pub codec: Codec,
    /// As `compression.gzip.level` and `compression.zstd.level` have it; the codec's own default if absent. LZ4 and
    /// Snappy have one level here.
    pub level: Option<i32>,
}

impl From<Codec> for Compression {
    fn from(codec: Codec) -> Self {
        Self { codec, level: None }
    }
}

impl Compression {
    /// Writes `input`, compressed, to the end of `out`.
    ///
    /// # Errors
    /// [`RecordError::Compress`] if the codec fails, as it may for a level it does not have.
    pub fn compress(self, input: &[u8], out: &mut Vec<u8>) -> Result<(), RecordError> {
        let done = match self.codec {
            Codec::None => out.write_all(input),
            Codec::Gzip => compress_gzip(input, self.level, out),
            Codec::Snappy => snappy::compress(input, out),
            Codec::Lz4 => compress_lz4(input, out),
            Codec::Zstd => compress_zstd(input, self.level, out),
        };
        done.map_err(|source| RecordError::Compress {
            codec: self.codec,
            source,
        })
    }
}

impl Codec {
    /// What `input` holds, if that is at most `limit` bytes.
    ///
    /// # Errors
    /// [`RecordError::TooLarge`] beyond the limit, [`RecordError::Decompress`] if the stream is damaged.
    pub fn decompress(self, input: &[u8], limit: usize) -> Result<Vec<u8>, RecordError> {
        // Every reader is asked for one byte too many, so that it need not know of limits.
        let enough = limit.saturating_add(1);
        let output = match self {
            Self::None => Ok(input.get(..enough).unwrap_or(input).to_vec()),
            Self::Gzip => decompress_gzip(input, enough),
            Self::Snappy => snappy::decompress(input, enough),
            Self::Lz4 => decompress_lz4(input, enough),
            Self::Zstd => decompress_zstd(input, enough),
        };
        let output = output.map_err(|source| RecordError::Decompress {
            codec: self,
            source,
        })?;
        if output.len() > limit {
            Err(RecordError::TooLarge { limit })
        } else {
            Ok(output)
        }
    }
}

/// How much room to begin with: records shrink to a quarter, give or take.
fn first_guess(input: &[u8], enough: usize) -> usize {
    input.len().saturating_mul(4).min(enough)
}

fn compress_gzip(input: &[u8], level: Option<i32>, out: &mut Vec<u8>) -> io::Result<()> {
    let level = match level.map(u32::try_from) {
        Some(Ok(level @ 0..=9)) => flate2::Compression::new(level),
        Some(_) => {
            return Err(io::Error::new(
                io::ErrorKind::InvalidInput,
                "gzip has levels 0 to 9",
            ));
        }
        None => flate2::Compression::default(),
    };
    let mut encoder = GzEncoder::new(out, level);
    encoder.write_all(input)?;
    encoder.try_finish()
}

fn decompress_gzip(input: &[u8], enough: usize) -> io::Result<Vec<u8>> {
    let mut output = Vec::with_capacity(first_guess(input, enough));
    let bound = u64::try_from(enough).unwrap_or(u64::MAX);
    MultiGzDecoder::new(input)
        .take(bound)
        .read_to_end(&mut output)?;
    Ok(output)
}

/// The frame Java's client reads: independent blocks, and none of the optional fields.
fn compress_lz4(input: &[u8], out: &mut Vec<u8>) -> io::Result<()> {
    let info = FrameInfo::new()
        .block_size(BlockSize::Max64KB)
        .block_mode(BlockMode::Independent);
    let mut encoder = FrameEncoder::with_frame_info(info, out);
    encoder.write_all(input)?;
    Ok(encoder.try_finish()?)
}

/// One frame; bytes after it are nobody's, as in Java's client.
fn decompress_lz4(input: &[u8], enough: usize) -> io::Result<Vec<u8>> {
    let mut decoder = FrameDecoder::new(input);
    let mut output = Vec::with_capacity(first_guess(input, enough));
    loop {
        let block = decoder.fill_buf()?;
        if block.is_empty() || output.len() >= enough {
            return Ok(output);
        }
        output.extend_from_slice(block);
        let used = block.len();
        decoder.consume(used);
    }
}

thread_local! {
    /// Contexts are dear to make and take 1.3 to 5 MB, so each thread keeps those it has used.
    static ZSTD_COMPRESSOR: RefCell<Option<ZstdCompressor<'static>>> = const { RefCell::new(None) };
    static ZSTD_DECODER: RefCell<Option<ZstdDecoder<'static>>> = const { RefCell::new(None) };
}

fn compress_zstd(input: &[u8], level: Option<i32>, out: &mut Vec<u8>) -> io::Result<()> {
    ZSTD_COMPRESSOR.with_borrow_mut(|slot| {
        let compressor = match slot {
            Some(compressor) => compressor,
            None => slot.insert(ZstdCompressor::new(0)?),
        };
        compressor.set_parameter(CParameter::CompressionLevel(
            level.unwrap_or(zstd::DEFAULT_COMPRESSION_LEVEL),
        ))?;
        let written = out.len();
        out.reserve(zstd::zstd_safe::compress_bound(input.len()));
        let mut end = Cursor::new(out);
        end.set_position(u64::try_from(written).map_err(io::Error::other)?);
        compressor.compress_to_buffer(input, &mut end)?;
        Ok(())
    })
}

fn decompress_zstd(input: &[u8], enough: usize) -> io::Result<Vec<u8>> {
    ZSTD_DECODER.with_borrow_mut(|slot| {
        let decoder = match slot {
            Some(decoder) => decoder,
            None => slot.insert(ZstdDecoder::new()?),
        };
        decoder.reinit()?;
        let mut input = InBuffer::around(input);
        let mut output = Vec::with_capacity(first_guess(input.src, enough).max(1));
        loop {
            let written = output.len();
            let mut room = OutBuffer::around_pos(&mut output, written);
            let frame_is_whole = decoder.run(&mut input, &mut room)? == 0;
            if output.len() >= enough || (frame_is_whole && input.pos() == input.src.len()) {
                return Ok(output);
            }
            if output.len() == output.capacity() {
                output.reserve(1);
            } else if !frame_is_whole {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn compressed(codec: Codec, level: Option<i32>, input: &[u8]) -> Vec<u8> {
        let mut out = b"before".to_vec();
        Compression { codec, level }
            .compress(input, &mut out)
            .unwrap();
        out.split_off(6)
    }

    #[test]
    fn names_and_numbers_lead_back() {
        for codec in Codec::ALL {
            assert_eq!(codec.name().parse(), Ok(codec));
            assert_eq!(Codec::from_id(codec.id()).unwrap(), codec);
        }
        assert_eq!(
            "LZ4".parse::<Codec>().unwrap_err().to_string(),
            "unknown compression name: LZ4"
        );
    }

    #[test]
    fn levels_are_heeded_and_bad_ones_refused() {
        let input: Vec<u8> = (0..200_000_u32)
            .flat_map(|n| (n / 3).wrapping_mul(2_654_435_761).to_le_bytes())
            .collect();
        for (codec, low, high) in [(Codec::Gzip, 1, 9), (Codec::Zstd, -5, 19)] {
            let fast = compressed(codec, Some(low), &input);
            let small = compressed(codec, Some(high), &input);
            assert!(small.len() < fast.len(), "{codec}");
            assert_eq!(codec.decompress(&small, input.len()).unwrap(), input);
        }
        let gzip = Compression {
            codec: Codec::Gzip,
            level: Some(10),
        };
        assert!(matches!(
            gzip.compress(&input, &mut Vec::new()),
            Err(RecordError::Compress { .. })
        ));
    }

    #[test]
    fn streams_one_after_another_are_one() {
        for codec in [Codec::Gzip, Codec::Snappy, Codec::Zstd] {
            let twice = [
                compressed(codec, None, b"one and "),
                compressed(codec, None, b"two"),
            ]
            .concat();
            assert_eq!(
                codec.decompress(&twice, 11).unwrap(),
                b"one and two",
                "{codec}"
            );
        }
    }

    #[test]
    fn a_bare_snappy_block_is_read() {
        let block = snap::raw::Encoder::new()
            .compress_vec(b"as librdkafka sends it")
            .unwrap();
        assert_eq!(
            Codec::Snappy.decompress(&block, 100).unwrap(),
            b"as librdkafka sends it"
        );
    }

    #[test]
    fn lz4_frames_of_other_clients_are_read() {
        let input: Vec<u8> = (0..100_000_u32)
            .flat_map(|n| (n % 7777).to_le_bytes())
            .collect();
        let info = FrameInfo::new()
            .block_mode(BlockMode::Linked)
            .block_size(BlockSize::Max256KB)
            .block_checksums(true)
            .content_checksum(true)
            .content_size(Some(400_000));
        let mut encoder = FrameEncoder::with_frame_info(info, Vec::new());
        encoder.write_all(&input).unwrap();
        assert_eq!(
            Codec::Lz4
                .decompress(&encoder.finish().unwrap(), input.len())
                .unwrap(),
            input
        );
    }

    #[test]
    fn a_zstd_frame_of_unknown_size_is_read() {
        let input: Vec<u8> = (0..100_000_u32)
            .flat_map(|n| (n % 7777).to_le_bytes())
            .collect();
        let mut encoder = zstd::stream::write::Encoder::new(Vec::new(), 3).unwrap();
        encoder.write_all(&input).unwrap();
        assert_eq!(
            Codec::Zstd
                .decompress(&encoder.finish().unwrap(), input.len())
                .unwrap(),
            input
        );
    }

    #[test]
    fn a_snappy_block_that_claims_too_much_is_refused() {
        let claims_4_gb = [0xff, 0xff, 0xff, 0xff, 0x0f, 0];
        assert!(matches!(
            Codec::Snappy.decompress(&claims_4_gb, 1 << 40),
            Err(RecordError::Decompress { .. })
        ));
    }
}
