//! What can go wrong between two sockets.

use std::io;
use std::time::Duration;

use super::address::Address;
use crate::protocol::ApiKey;
use crate::protocol::wire::{DecodeError, EncodeError};

/// Why a connection could not be made, or a request on it got no answer.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The name has no address.
    #[error("{address} does not resolve")]
    Resolve {
        /// As the user or the broker wrote it.
        address: Address,
        /// What the resolver says.
        source: io::Error,
    },
    /// Nobody listens there, or the way is blocked.
    #[error("cannot reach {address}: {kind}")]
    Connect {
        /// As the user or the broker wrote it.
        address: Address,
        /// What the system says.
        kind: io::ErrorKind,
    },
    /// No connection within the time.
    #[error(
        "cannot reach {address}: no answer within {after:?} (socket.connection.setup.timeout.ms)"
    )]
    ConnectTimeout {
        /// As the user or the broker wrote it.
        address: Address,
        /// The time-out.
        after: Duration,
    },
    /// A request was not answered in time. The connection is closed, for everything behind it waits as well.
    #[error("{address} did not answer {api} within {after:?} (request.timeout.ms)")]
    Timeout {
        /// The peer.
        address: Address,
        /// What was asked.
        api: ApiKey,
        /// The time-out.
        after: Duration,
    },
    /// The connection is gone; whether the request was carried out is not known.
    #[error("connection to {address} lost: {death}")]
    Closed {
        /// The peer.
        address: Address,
        /// How it ended.
        death: Death,
    },
    /// No version of an API is known to both sides.
    #[error("{address} does not serve {api} in a version known here ({theirs}; here {ours})")]
    Unsupported {
        /// The peer.
        address: Address,
        /// Which API.
        api: ApiKey,
        /// What it serves, in words.
        theirs: String,
        /// What we speak.
        ours: String,
    },
    /// The peer answered with bytes that are not the response.
    #[error("cannot read the answer of {address} to {api}")]
    Decode {
        /// The peer.
        address: Address,
        /// What was asked.
        api: ApiKey,
        /// Where it stops making sense.
        source: DecodeError,
    },
    /// The request cannot be written.
    #[error("cannot write {api}")]
    Encode {
        /// Which API.
        api: ApiKey,
        /// Why not.
        source: EncodeError,
    },
}

impl Error {
    /// Whether the same request may succeed on a new connection.
    pub const fn is_retriable(&self) -> bool {
        match self {
            Self::Resolve { .. }
            | Self::Connect { .. }
            | Self::ConnectTimeout { .. }
            | Self::Timeout { .. } => true,
            Self::Closed { death, .. } => death.is_retriable(),
            Self::Unsupported { .. } | Self::Decode { .. } | Self::Encode { .. } => false,
        }
    }
}

/// How a connection ended.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Death {
    /// The peer closed it.
    #[error("the peer closed it")]
    ByPeer,
    /// The socket failed.
    #[error("{0}")]
    Broken(io::ErrorKind),
    /// Nothing was asked for `connections.max.idle.ms`.
    #[error("idle for too long")]
    Idle,
    /// A request on it timed out.
    #[error("an earlier request timed out")]
    TimedOut,
    /// What came back is another protocol.
    #[error("it does not speak Kafka: answered {0}")]
    NotKafka(&'static str),
    /// A frame above the limit.
    #[error("it sent a frame of {claimed} bytes; at most {allowed} are taken")]
    FrameLength {
        /// What the prefix says.
        claimed: i32,
        /// The limit.
        allowed: usize,
    },
    /// An answer that belongs to no request, or to another one.
    #[error("it answered request {got} where {expected} was due")]
    OutOfStep {
        /// The correlation id that came.
        got: i32,
        /// The oldest one that is unanswered; -1 if there is none.
        expected: i32,
    },
    /// It is being closed from this side.
    #[error("it was closed here")]
    Dropped,
}

impl Death {
    const fn is_retriable(&self) -> bool {
        match self {
            Self::ByPeer | Self::Broken(_) | Self::Idle | Self::TimedOut | Self::Dropped => true,
            Self::NotKafka(_) | Self::FrameLength { .. } | Self::OutOfStep { .. } => false,
        }
    }
}
