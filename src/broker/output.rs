//! What goes out on a connection: bytes at hand, and ranges of segment files that never pass through this process.

use std::io;
use std::io::IoSlice;
use std::sync::Arc;

use bytes::{Bytes, BytesMut};
use rustix::net::SendFlags;
use tokio::io::Interest;
use tokio::net::TcpStream;

use crate::protocol::wire::Piece;
use crate::storage::disk::DiskFile;

/// A stretch of a segment file.
#[derive(Debug, Clone)]
pub struct FileRange {
    /// The file.
    pub file: Arc<dyn DiskFile>,
    /// Where the stretch begins, in bytes.
    pub position: u64,
    /// How many bytes it has.
    pub length: usize,
}

/// Ranges shorter than this are read and sent with the bytes around them: one system call instead of three.
const COPIED_RANGE_BYTES: usize = 32 * 1024;
/// How much of a range is read at a time where it cannot be sent by the kernel.
const READ_CHUNK_BYTES: usize = 256 * 1024;

/// Whether fetched records go from file to socket inside the kernel (sendfile(2)) or through a buffer of this process.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RangeMethod {
    /// sendfile(2), for ranges that are worth it.
    Sendfile,
    /// Read and write.
    Copy,
}

/// Writes `pieces` to `socket`, taking [`Piece::Elsewhere`] from `ranges`.
///
/// # Errors
/// When the peer is gone or a file cannot be read; the frame is then half-written and the connection of no more use.
pub async fn send(
    socket: &TcpStream,
    pieces: Vec<Piece>,
    ranges: &[FileRange],
    method: RangeMethod,
) -> io::Result<()> {
    let mut pending: Vec<Bytes> = Vec::with_capacity(pieces.len());
    for piece in pieces {
        match piece {
            Piece::Bytes(bytes) => pending.push(bytes),
            Piece::Elsewhere { token, .. } => {
                let range = ranges
                    .get(token)
                    .ok_or_else(|| io::Error::other("a response names no such range"))?;
                if range.length < COPIED_RANGE_BYTES {
                    pending.push(read_range(range, 0, range.length)?);
                } else {
                    send_bytes(socket, &mut pending, SendFlags::MORE).await?;
                    send_range(socket, range, method).await?;
                }
            }
        }
    }
    send_bytes(socket, &mut pending, SendFlags::empty()).await
}

/// Sends all of `pending` and empties it.
async fn send_bytes(
    socket: &TcpStream,
    pending: &mut Vec<Bytes>,
    flags: SendFlags,
) -> io::Result<()> {
    let mut rest: Vec<Bytes> = std::mem::take(pending);
    rest.retain(|bytes| !bytes.is_empty());
    rest.reverse();
    while let Some(last) = rest.last() {
        let sent = if rest.len() == 1 {
            socket
                .async_io(Interest::WRITABLE, || {
                    rustix::net::send(socket, last, flags | SendFlags::NOSIGNAL)
                        .map_err(io::Error::from)
                })
                .await?
        } else {
            let slices: Vec<IoSlice<'_>> =
                rest.iter().rev().map(|bytes| IoSlice::new(bytes)).collect();
            socket
                .async_io(Interest::WRITABLE, || socket.try_write_vectored(&slices))
                .await?
        };
        advance(&mut rest, sent);
    }
    Ok(())
}

/// Takes `sent` bytes off the end of `rest`, whose last item goes out first.
fn advance(rest: &mut Vec<Bytes>, mut sent: usize) {
    while let Some(first) = rest.last_mut() {
        if sent < first.len() {
            drop(first.split_to(sent));
            return;
        }
        sent -= first.len();
        rest.pop();
    }
}

async fn send_range(socket: &TcpStream, range: &FileRange, method: RangeMethod) -> io::Result<()> {
    if let (RangeMethod::Sendfile, Some(file)) = (method, range.file.as_file()) {
        let mut offset = range.position;
        let mut left = range.length;
        while left > 0 {
            let sent = socket
                .async_io(Interest::WRITABLE, || {
                    rustix::fs::sendfile(socket, file, Some(&mut offset), left)
                        .map_err(io::Error::from)
                })
                .await?;
            if sent == 0 {
                return Err(io::Error::new(
                    io::ErrorKind::UnexpectedEof,
                    "a segment file ends inside a response",
                ));
            }
            left = left.saturating_sub(sent);
        }
        return Ok(());
    }
    let mut done = 0;
    while done < range.length {
        let chunk = (range.length - done).min(READ_CHUNK_BYTES);
        let mut pending = vec![read_range(range, done, chunk)?];
        send_bytes(socket, &mut pending, SendFlags::empty()).await?;
        done += chunk;
    }
    Ok(())
}

/// `length` bytes of `range`, from its byte `from` on.
fn read_range(range: &FileRange, from: usize, length: usize) -> io::Result<Bytes> {
    let mut buffer = BytesMut::zeroed(length);
    let from = u64::try_from(from).map_err(io::Error::other)?;
    let read = range
        .file
        .read_at(&mut buffer, range.position.saturating_add(from))?;
    if read < length {
        return Err(io::Error::new(
            io::ErrorKind::UnexpectedEof,
            "a segment file ends inside a response",
        ));
    }
    Ok(buffer.freeze())
}
