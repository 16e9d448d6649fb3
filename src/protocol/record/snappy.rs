//! Snappy as Kafka has it: raw blocks in the framing of the xerial library (`org.xerial.snappy.SnappyOutputStream`).

use std::io;

use bytes::Buf;
use snap::raw::{Decoder, Encoder, decompress_len, max_compress_len};

/// What a framed stream begins with: the name, then version and oldest compatible version.
const MAGIC: [u8; 8] = [0x82, b'S', b'N', b'A', b'P', b'P', b'Y', 0];
const HEADER_LEN: usize = 16;
const HEADER: [u8; HEADER_LEN] = [
    0x82, b'S', b'N', b'A', b'P', b'P', b'Y', 0, 0, 0, 0, 1, 0, 0, 0, 1,
];

/// Input of one block.
const BLOCK_LEN: usize = 32 * 1024;

/// No element of the format says more than 64 bytes in less than 3: a longer claim is a lie, and nothing is reserved
/// for it.
const EXPANSION_MAX: usize = 64 / 3 + 1;

/// Writes `input` to the end of `out` as a framed stream.
pub(super) fn compress(input: &[u8], out: &mut Vec<u8>) -> io::Result<()> {
    let mut encoder = Encoder::new();
    out.extend_from_slice(&HEADER);
    for block in input.chunks(BLOCK_LEN) {
        let start = out.len();
        out.resize(
            start
                .saturating_add(4)
                .saturating_add(max_compress_len(block.len())),
            0,
        );
        let Some((length, compressed)) =
            out.get_mut(start..).and_then(<[u8]>::split_first_chunk_mut)
        else {
            return Err(io::ErrorKind::OutOfMemory.into());
        };
        let written = encoder.compress(block, compressed)?;
        *length = u32::try_from(written)
            .map_err(io::Error::other)?
            .to_be_bytes();
        out.truncate(start.saturating_add(4).saturating_add(written));
    }
    Ok(())
}

/// What `input` holds, up to the block with which it reaches `enough` bytes.
///
/// Without the magic it is one bare block, as librdkafka sends.
pub(super) fn decompress(mut input: &[u8], enough: usize) -> io::Result<Vec<u8>> {
    let mut output = Vec::new();
    if !input.starts_with(&MAGIC) {
        decompress_block(input, enough, &mut output)?;
        return Ok(output);
    }
    while !input.is_empty() && output.len() < enough {
        // Streams may follow one another.
        if input.starts_with(&MAGIC) {
            input = input
                .get(HEADER_LEN..)
                .ok_or(io::ErrorKind::UnexpectedEof)?;
            continue;
        }
        let length = usize::try_from(input.try_get_u32()?).map_err(io::Error::other)?;
        let (block, rest) = input
            .split_at_checked(length)
            .ok_or(io::ErrorKind::UnexpectedEof)?;
        decompress_block(block, enough, &mut output)?;
        input = rest;
    }
    Ok(output)
}

/// Appends what one raw block holds, or zeros up to `enough` bytes if it holds more than that.
fn decompress_block(block: &[u8], enough: usize, output: &mut Vec<u8>) -> io::Result<()> {
    let claimed = decompress_len(block)?;
    if claimed > block.len().saturating_mul(EXPANSION_MAX) {
        return Err(io::Error::new(
            io::ErrorKind::InvalidData,
            "block claims to hold more than it can",
        ));
    }
    let start = output.len();
    let end = start.saturating_add(claimed);
    output.resize(end.min(enough), 0);
    if end <= enough {
        Decoder::new().decompress(block, output.get_mut(start..).unwrap_or_default())?;
    }
    Ok(())
}
