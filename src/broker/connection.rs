//! One connection: read a frame, dispatch it, write the answer; in order, by one task.
//!
//! Kafka's broker stops reading from a socket while a request from it is in progress, so that answers leave in the order
//! of the requests. Here the same follows from serving a connection in one task. Answers to produce requests that arrived
//! together leave together.

use std::io;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use tokio::net::TcpStream;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::{sleep, timeout};
use tokio_util::sync::{CancellationToken, WaitForCancellationFuture};

use super::Broker;
use super::api::{Answer, Refusal, Session, dispatch};
use super::output::{FileRange, RangeMethod, send};
use crate::protocol::frame::PREFIX_LEN;
use crate::protocol::wire::{Decoder, Piece};

/// The most that is reserved for a frame ahead of its bytes.
const READ_AHEAD_BYTES: usize = 64 * 1024;
/// A read buffer larger than this is given back once it is empty.
const KEPT_BUFFER_BYTES: usize = 256 * 1024;
/// Answers are held back for the requests that follow them in the same read, up to this many pieces.
const HELD_PIECES: usize = 64;

/// How long answers may take to leave once the broker stops; a peer that does not read is not waited for.
const STOP_GRACE: Duration = Duration::from_secs(2);

/// What bounds a connection.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// The longest frame taken (`socket.request.max.bytes`).
    pub frame_bytes_max: usize,
    /// How long a connection may stand still (`connections.max.idle.ms`).
    pub idle: Duration,
    /// How fetched records leave.
    pub range_method: RangeMethod,
}

/// Why a connection ended, where the peer did not simply close it.
#[derive(Debug, thiserror::Error)]
pub enum ConnectionError {
    /// The socket failed, or the peer went away inside a frame.
    #[error("the connection broke")]
    Broken(#[from] io::Error),
    /// A length prefix that is negative or above the limit; what an HTTP client sends reads as such.
    #[error(
        "a frame claims {claimed} bytes; at most {allowed} are taken (socket.request.max.bytes){hint}"
    )]
    FrameLength {
        /// What the prefix says.
        claimed: i32,
        /// The limit.
        allowed: usize,
        /// What the peer may be.
        hint: &'static str,
    },
    /// Nothing came or went for too long.
    #[error("idle for {0:?} (connections.max.idle.ms)")]
    Idle(Duration),
    /// A request that cannot be answered.
    #[error(transparent)]
    Refused(#[from] Refusal),
}

/// Serves `socket` until the peer closes it, fails it, or `stop` is cancelled; a request in progress is answered first.
///
/// # Errors
/// Why the connection ended, unless the peer closed it between frames.
pub async fn serve(
    broker: &Arc<Broker>,
    socket: &TcpStream,
    mut session: Session,
    stop: &CancellationToken,
) -> Result<(), ConnectionError> {
    let limits = broker.limits;
    let stopped = pin!(stop.cancelled());
    let all_room = broker.config.sockets.queued_max_request_bytes.unwrap_or(0) / 1024;
    let mut reader = Reader {
        socket,
        request_room: broker.request_room.clone(),
        request_room_kib: u32::try_from(all_room.max(1)).unwrap_or(u32::MAX),
        buffer: BytesMut::new(),
        limits,
        stopped,
    };
    let mut held: Vec<Piece> = Vec::new();
    while let Some((frame, _room)) = reader.next_frame().await? {
        let answer = dispatch(broker, &mut session, Decoder::new(frame)).await;
        let ranges = match answer {
            Ok(Answer::Frame { pieces, ranges }) => {
                held.extend(pieces);
                ranges
            }
            Ok(Answer::Silence) => Vec::new(),
            Ok(Answer::Disconnect) => return flush(socket, &mut held, &[], limits, stop).await,
            Err(refusal) => {
                flush(socket, &mut held, &[], limits, stop).await?;
                return Err(refusal.into());
            }
        };
        if !ranges.is_empty() || held.len() > HELD_PIECES || !reader.has_quick_request() {
            flush(socket, &mut held, &ranges, limits, stop).await?;
        }
    }
    flush(socket, &mut held, &[], limits, stop).await
}

async fn flush(
    socket: &TcpStream,
    held: &mut Vec<Piece>,
    ranges: &[FileRange],
    limits: Limits,
    stop: &CancellationToken,
) -> Result<(), ConnectionError> {
    if held.is_empty() {
        return Ok(());
    }
    let sending = send(socket, std::mem::take(held), ranges, limits.range_method);
    let stopped = async {
        stop.cancelled().await;
        sleep(STOP_GRACE).await;
    };
    tokio::select! {
        biased;
        sent = timeout(limits.idle, sending) => match sent {
            Ok(sent) => Ok(sent?),
            Err(_elapsed) => Err(ConnectionError::Idle(limits.idle)),
        },
        () = stopped => Err(ConnectionError::Idle(STOP_GRACE)),
    }
}

/// Cuts the bytes of a socket into frames.
struct Reader<'s, 'c> {
    socket: &'s TcpStream,
    request_room: Option<Arc<Semaphore>>,
    /// All of that room: a frame that is longer takes it whole.
    request_room_kib: u32,
    buffer: BytesMut,
    limits: Limits,
    stopped: Pin<&'s mut WaitForCancellationFuture<'c>>,
}

impl Reader<'_, '_> {
    /// The next frame without its prefix; `None` when the peer closed the connection or the broker stops.
    /// With it comes the room that it takes up, to be given back once it is answered.
    async fn next_frame(
        &mut self,
    ) -> Result<Option<(Bytes, Option<OwnedSemaphorePermit>)>, ConnectionError> {
        let mut room = None;
        loop {
            let missing = match self.frame_length()? {
                Some(length) if self.buffer.len() >= PREFIX_LEN + length => {
                    let mut frame = self.buffer.split_to(PREFIX_LEN + length);
                    return Ok(Some((frame.split_off(PREFIX_LEN).freeze(), room)));
                }
                Some(length) => {
                    if room.is_none() && length > READ_AHEAD_BYTES {
                        room = self.take_room(length).await?;
                    }
                    PREFIX_LEN + length - self.buffer.len()
                }
                None => PREFIX_LEN,
            };
            if !self.read_more(missing).await? {
                return Ok(None);
            }
        }
    }

    /// The length of the frame at the front of the buffer, once its prefix is there.
    fn frame_length(&self) -> Result<Option<usize>, ConnectionError> {
        let Some(prefix) = self.buffer.first_chunk::<PREFIX_LEN>() else {
            return Ok(None);
        };
        let claimed = i32::from_be_bytes(*prefix);
        let allowed = self.limits.frame_bytes_max;
        match usize::try_from(claimed) {
            Ok(length) if length <= allowed => Ok(Some(length)),
            _ => {
                let hint = match prefix {
                    b"GET " | b"POST" | b"PUT " | b"HEAD" => "; this is an HTTP request",
                    [0x16, 0x03, ..] => "; this is a TLS handshake, and the listener is plain text",
                    _ => "",
                };
                Err(ConnectionError::FrameLength {
                    claimed,
                    allowed,
                    hint,
                })
            }
        }
    }

    /// Waits until a long frame fits among those that other connections are reading; short ones always do.
    async fn take_room(
        &self,
        length: usize,
    ) -> Result<Option<OwnedSemaphorePermit>, ConnectionError> {
        let Some(room) = &self.request_room else {
            return Ok(None);
        };
        let wanted = u32::try_from(length / 1024)
            .unwrap_or(u32::MAX)
            .min(self.request_room_kib);
        let idle = self.limits.idle;
        match timeout(idle, Arc::clone(room).acquire_many_owned(wanted)).await {
            Ok(taken) => Ok(taken.ok()),
            Err(_elapsed) => Err(ConnectionError::Idle(idle)),
        }
    }

    /// Whether a whole request is at hand that will be answered without waiting, so that answers may be held for it.
    fn has_quick_request(&self) -> bool {
        const PRODUCE: [u8; 2] = [0, 0];
        let whole = self
            .frame_length()
            .ok()
            .flatten()
            .is_some_and(|length| self.buffer.len() >= PREFIX_LEN + length);
        whole && self.buffer.get(PREFIX_LEN..PREFIX_LEN + 2) == Some(&PRODUCE)
    }

    /// Reads what is there, waiting for it; false at the end.
    async fn read_more(&mut self, missing: usize) -> Result<bool, ConnectionError> {
        if self.buffer.is_empty() && self.buffer.capacity() > KEPT_BUFFER_BYTES {
            self.buffer = BytesMut::new();
        }
        loop {
            // Room grows with what has come, never with what was announced.
            let ahead = READ_AHEAD_BYTES.max(self.buffer.len());
            if self.buffer.capacity() - self.buffer.len() < missing.min(ahead) {
                self.buffer.reserve(missing.min(ahead).max(4096));
            }
            match self.socket.try_read_buf(&mut self.buffer) {
                Ok(0) if self.buffer.is_empty() => return Ok(false),
                Ok(0) => return Err(io::Error::from(io::ErrorKind::UnexpectedEof).into()),
                Ok(_) => return Ok(true),
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                Err(error) => return Err(error.into()),
            }
            let idle = self.limits.idle;
            tokio::select! {
                biased;
                () = self.stopped.as_mut() => return Ok(false),
                ready = timeout(idle, self.socket.readable()) => match ready {
                    Ok(ready) => ready?,
                    Err(_elapsed) => return Err(ConnectionError::Idle(idle)),
                },
            }
        }
    }
}
