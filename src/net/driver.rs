//! The task that owns a connection's socket: writes what is submitted, hands answers to whoever waits for them.
//!
//! Reading goes on while a long request is being written: a broker that is itself stuck writing would otherwise wait for
//! us while we wait for it.

use std::collections::VecDeque;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use bytes::{Buf, Bytes, BytesMut};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::sync::{mpsc, oneshot};
use tokio::task::yield_now;
use tokio::time::{Instant, sleep_until};
use tokio_util::sync::CancellationToken;

use super::error::Death;
use super::outgoing::Outgoing;
use crate::protocol::frame::PREFIX_LEN;

/// The least that is reserved for a read.
const READ_BYTES: usize = 64 * 1024;

/// A request on its way to the socket.
#[derive(Debug)]
pub(super) struct Submission {
    pub(super) id: i32,
    pub(super) frame: Vec<Bytes>,
    pub(super) answer: Answer,
}

/// Who is told what. Dropped unused when the connection ends first.
#[derive(Debug)]
pub(super) enum Answer {
    /// The response, without its length prefix.
    Frame(oneshot::Sender<Bytes>),
    /// There will be none; that the request has been written.
    Written(oneshot::Sender<()>),
}

/// What bounds a connection.
#[derive(Debug, Clone, Copy)]
pub(super) struct Limits {
    pub(super) frame_bytes_max: usize,
    pub(super) idle: Duration,
}

/// Whether and how a connection has ended; either side may end it.
#[derive(Debug, Clone, Default)]
pub(super) struct Ended {
    how: Arc<OnceLock<Death>>,
    token: CancellationToken,
}

impl Ended {
    pub(super) fn how(&self) -> Option<Death> {
        self.how.get().cloned()
    }

    /// Ends it, unless it has ended already.
    pub(super) fn end(&self, death: Death) {
        let _first = self.how.get_or_init(|| death);
        self.token.cancel();
    }
}

/// Runs a connection until it ends. Whoever still waits then sees their channel closed, after `ended` says why.
pub(super) async fn drive<R, W>(
    (mut reader, mut writer): (R, W),
    mut submissions: mpsc::Receiver<Submission>,
    limits: Limits,
    ended: Ended,
) where
    R: AsyncRead + Send + Unpin,
    W: AsyncWrite + Send + Unpin,
{
    let mut traffic = Traffic::new(limits.frame_bytes_max);
    let mut last_use = Instant::now();
    let token = ended.token.clone();
    let death = loop {
        traffic.make_room();
        tokio::select! {
            biased;
            () = token.cancelled() => break Death::Dropped,
            submission = submissions.recv() => {
                let Some(submission) = submission else { break Death::Dropped };
                traffic.accept(submission);
                // Whatever else is ready leaves in the same system call.
                while let Ok(submission) = submissions.try_recv() {
                    traffic.accept(submission);
                }
                last_use = Instant::now();
            }
            written = writer.write_buf(&mut traffic.outgoing), if traffic.outgoing.has_remaining() => match written {
                Ok(_count) => traffic.tell_written(),
                Err(error) => break Death::Broken(error.kind()),
            },
            read = reader.read_buf(&mut traffic.received) => match read {
                Ok(0) => break traffic.at_end(),
                Ok(_count) => {
                    match traffic.deliver() {
                        // Who waits takes it before more is read, so that long answers to many requests do not pile
                        // up. For short ones the requests that are to be written would only wait.
                        Ok(bytes) if bytes >= READ_BYTES => yield_now().await,
                        Ok(_few) => {}
                        Err(death) => break death,
                    }
                    last_use = Instant::now();
                }
                Err(error) => break Death::Broken(error.kind()),
            },
            () = sleep_until(last_use + limits.idle), if traffic.is_quiet() => break Death::Idle,
        }
    };
    ended.end(death);
}

/// What is between the socket and those who asked.
struct Traffic {
    outgoing: Outgoing,
    /// Requests without an answer, oldest first.
    waiting: VecDeque<(i32, oneshot::Sender<Bytes>)>,
    /// Requests that get no answer, by the place in the stream where they end.
    unanswered: VecDeque<(u64, oneshot::Sender<()>)>,
    received: BytesMut,
    frame_bytes_max: usize,
    /// The longest frame so far: as much as the peer has really sent may be reserved in one go.
    longest: usize,
}

impl Traffic {
    fn new(frame_bytes_max: usize) -> Self {
        Self {
            outgoing: Outgoing::default(),
            waiting: VecDeque::new(),
            unanswered: VecDeque::new(),
            received: BytesMut::new(),
            frame_bytes_max,
            longest: 0,
        }
    }

    fn is_quiet(&self) -> bool {
        self.waiting.is_empty() && !self.outgoing.has_remaining()
    }

    fn accept(&mut self, submission: Submission) {
        for piece in submission.frame {
            self.outgoing.push(piece);
        }
        match submission.answer {
            Answer::Frame(done) => self.waiting.push_back((submission.id, done)),
            Answer::Written(done) => self.unanswered.push_back((self.outgoing.end(), done)),
        }
    }

    fn tell_written(&mut self) {
        let position = self.outgoing.position();
        while let Some((_end, done)) = self.unanswered.pop_front_if(|(end, _)| *end <= position) {
            // Whoever asked may have stopped waiting.
            let _gone = done.send(());
        }
    }

    /// Reserves for the next read: the rest of the frame that has begun, but never much more than has really come.
    fn make_room(&mut self) {
        let claimed = self.claimed().unwrap_or(0);
        let earned = self.longest.max(self.received.len()).max(READ_BYTES);
        let missing = claimed.saturating_sub(self.received.len());
        self.received.reserve(missing.clamp(READ_BYTES, earned));
    }

    /// The length of the frame that begins `received`, prefix included.
    fn claimed(&self) -> Option<usize> {
        let prefix = self.received.first_chunk::<PREFIX_LEN>()?;
        let length = usize::try_from(i32::from_be_bytes(*prefix)).ok()?;
        Some(length.saturating_add(PREFIX_LEN))
    }

    /// Hands every whole frame to the one who waits for it; says how many bytes that were.
    fn deliver(&mut self) -> Result<usize, Death> {
        let mut delivered = 0_usize;
        while let Some(prefix) = self.received.first_chunk::<PREFIX_LEN>().copied() {
            let claimed = i32::from_be_bytes(prefix);
            let length = usize::try_from(claimed)
                .ok()
                .filter(|length| (PREFIX_LEN..=self.frame_bytes_max).contains(length))
                .ok_or_else(|| refuse(prefix, self.frame_bytes_max))?;
            let end = length.saturating_add(PREFIX_LEN);
            if self.received.len() < end {
                break;
            }
            self.longest = self.longest.max(end);
            let mut frame = self.received.split_to(end).freeze();
            frame.advance(PREFIX_LEN);
            self.answer(frame)?;
            delivered = delivered.saturating_add(end);
        }
        Ok(delivered)
    }

    fn answer(&mut self, frame: Bytes) -> Result<(), Death> {
        let got = frame.first_chunk().copied().map_or(-1, i32::from_be_bytes);
        if let Some((_id, done)) = self.waiting.pop_front_if(|(id, _done)| *id == got) {
            // Whoever asked may have stopped waiting.
            let _gone = done.send(frame);
            return Ok(());
        }
        // Who waits for the oldest is not let go before it is known how this ends.
        let expected = self.waiting.front().map_or(-1, |(id, _done)| *id);
        Err(Death::OutOfStep { got, expected })
    }

    /// Why the peer may have closed: some protocols answer with less than a frame.
    fn at_end(&self) -> Death {
        match foreign(&self.received) {
            Some(protocol) => Death::NotKafka(protocol),
            None => Death::ByPeer,
        }
    }
}

fn refuse(prefix: [u8; PREFIX_LEN], allowed: usize) -> Death {
    match foreign(&prefix) {
        Some(protocol) => Death::NotKafka(protocol),
        None => Death::FrameLength {
            claimed: i32::from_be_bytes(prefix),
            allowed,
        },
    }
}

/// The protocol that `bytes` are the beginning of, if it is one that people meet by getting a port wrong.
fn foreign(bytes: &[u8]) -> Option<&'static str> {
    const KNOWN: [(&[u8], &str); 4] = [
        (b"HTTP", "HTTP"),
        (b"SSH-", "SSH"),
        (&[0x15, 3], "TLS (set security.protocol)"),
        (b"-ERR", "Redis"),
    ];
    let known = KNOWN.iter().find(|(start, _name)| bytes.starts_with(start));
    known.map(|(_start, name)| *name)
}
