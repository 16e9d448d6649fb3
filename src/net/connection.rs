//! A connection to one broker: requests go out as they come, answers come back in that order.

use std::io;
use std::marker::PhantomData;
use std::sync::Arc;
use std::sync::atomic::{AtomicI32, Ordering};
use std::time::Duration;

use bytes::Bytes;
use rustix::net::sockopt;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinHandle;
use tokio::time::timeout;

use super::address::Address;
use super::driver::{self, Answer, Ended, Submission};
use super::error::{Death, Error};
use super::versions::{Versions, newest_here};
use crate::protocol::ErrorCode;
use crate::protocol::frame::{decode_response, encode_request};
use crate::protocol::messages::{
    ApiVersionsRequest, ApiVersionsResponse, DecodeError, Decoder, Message, Request,
};
use crate::protocol::wire::Piece;

/// Requests that may wait for the socket; more wait for room in this queue.
const SUBMISSIONS_MAX: usize = 64;

/// How to connect, and when to give up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Options {
    /// `client.id`.
    pub client_id: String,
    /// For one address of the host (`socket.connection.setup.timeout.ms`).
    pub connect_timeout: Duration,
    /// For the answer to a request that names no time-out of its own (`request.timeout.ms`).
    pub request_timeout: Duration,
    /// A connection without requests for this long is closed (`connections.max.idle.ms`).
    pub idle: Duration,
    /// Of the socket, instead of the system's choice (`send.buffer.bytes`).
    pub send_buffer_bytes: Option<usize>,
    /// Of the socket, instead of the system's choice (`receive.buffer.bytes`).
    pub receive_buffer_bytes: Option<usize>,
    /// The longest answer taken, in bytes. Bounds what a broken peer can make us hold.
    pub frame_bytes_max: usize,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            client_id: String::new(),
            connect_timeout: Duration::from_secs(10),
            request_timeout: Duration::from_secs(30),
            idle: Duration::from_mins(9),
            send_buffer_bytes: None,
            receive_buffer_bytes: None,
            frame_bytes_max: 256 * 1024 * 1024,
        }
    }
}

/// One connection. Clones share it; it closes when the last one is dropped.
#[derive(Debug, Clone)]
pub struct Connection {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    address: Address,
    options: Options,
    versions: Versions,
    line: Line,
}

/// The way to the task that owns the socket.
#[derive(Debug)]
struct Line {
    submissions: mpsc::Sender<Submission>,
    ended: Ended,
    next_id: AtomicI32,
    driver: JoinHandle<()>,
}

impl Drop for Line {
    fn drop(&mut self) {
        self.driver.abort();
    }
}

impl Connection {
    /// Connects to `address` and asks for the versions it serves.
    ///
    /// # Errors
    /// When the name does not resolve, none of its addresses answers, or what answers is no Kafka broker.
    pub async fn connect(address: Address, options: Options) -> Result<Self, Error> {
        let stream = open(&address, &options).await?;
        let (reader, writer) = stream.into_split();
        Self::over(reader, writer, address, options).await
    }

    /// As [`Self::connect`], over streams that are open already.
    ///
    /// # Errors
    /// When what is at the other end is no Kafka broker.
    pub async fn over<R, W>(
        reader: R,
        writer: W,
        address: Address,
        options: Options,
    ) -> Result<Self, Error>
    where
        R: AsyncRead + Send + Unpin + 'static,
        W: AsyncWrite + Send + Unpin + 'static,
    {
        let (submissions, received) = mpsc::channel(SUBMISSIONS_MAX);
        let ended = Ended::default();
        let limits = driver::Limits {
            frame_bytes_max: options.frame_bytes_max,
            idle: options.idle,
        };
        let driver = driver::drive((reader, writer), received, limits, ended.clone());
        let line = Line {
            submissions,
            ended,
            next_id: AtomicI32::new(0),
            driver: tokio::spawn(driver),
        };
        let mut shared = Shared {
            address,
            options,
            versions: Versions::default(),
            line,
        };
        shared.versions = shared.negotiate().await?;
        Ok(Self {
            shared: Arc::new(shared),
        })
    }

    /// Where it goes, as it was written.
    pub fn address(&self) -> &Address {
        &self.shared.address
    }

    /// Whether it has ended, so that no request on it can succeed.
    pub fn is_closed(&self) -> bool {
        self.shared.line.ended.how().is_some()
    }

    /// What the broker serves.
    pub fn versions(&self) -> &Versions {
        &self.shared.versions
    }

    /// The newest version of `R` that both sides know.
    ///
    /// # Errors
    /// [`Error::Unsupported`] if there is none.
    pub fn version_for<R: Request>(&self) -> Result<i16, Error> {
        let versions = &self.shared.versions;
        versions.best::<R>().ok_or_else(|| Error::Unsupported {
            address: self.shared.address.clone(),
            api: R::KEY,
            theirs: versions.range(R::KEY).map_or_else(
                || "not at all".to_owned(),
                |(oldest, newest)| format!("versions {oldest} to {newest}"),
            ),
            ours: format!("{} to {}", R::VERSIONS.start(), newest_here::<R>()),
        })
    }

    /// Asks in the best common version and waits `request.timeout.ms` for the answer.
    ///
    /// # Errors
    /// When there is no common version, no answer in time, or no connection any more.
    pub async fn call<R: Request>(&self, request: &R) -> Result<R::Response, Error> {
        self.call_within(request, self.shared.options.request_timeout)
            .await
    }

    /// As [`Self::call`], waiting `within`.
    ///
    /// # Errors
    /// As [`Self::call`].
    pub async fn call_within<R: Request>(
        &self,
        request: &R,
        within: Duration,
    ) -> Result<R::Response, Error> {
        let version = self.version_for::<R>()?;
        self.request(request, version, within).await
    }

    /// Asks in `version` and waits `within` for the answer. After a time-out the connection is closed: answers come in
    /// order, so nothing behind the missing one would be read either.
    ///
    /// # Errors
    /// When the request cannot be written, there is no answer in time, or no connection any more.
    ///
    /// # Cancel safety
    /// The request is sent whole or not at all; its answer is thrown away.
    pub async fn request<R: Request>(
        &self,
        request: &R,
        version: i16,
        within: Duration,
    ) -> Result<R::Response, Error> {
        let frame = self.shared.ask(request, version, within).await?;
        self.shared.decode::<R>(frame, version)
    }

    /// Hands a request to the connection and returns before it is answered, so that more can follow it.
    ///
    /// # Errors
    /// When there is no common version, the request cannot be written, or the connection is gone.
    pub async fn start<R: Request>(&self, request: &R) -> Result<Pending<R>, Error> {
        let version = self.version_for::<R>()?;
        let (done, answer) = oneshot::channel();
        let submitted = self.shared.submit(request, version, Answer::Frame(done));
        submitted.await?;
        Ok(Pending {
            shared: Arc::clone(&self.shared),
            version,
            answer,
            request: PhantomData,
        })
    }

    /// Sends a request that the broker will not answer (Produce with acks=0); returns once it is with the system.
    ///
    /// # Errors
    /// When the request cannot be written or the connection is gone.
    pub async fn tell<R: Request>(&self, request: &R) -> Result<(), Error> {
        let version = self.version_for::<R>()?;
        let (done, written) = oneshot::channel();
        let shared = &self.shared;
        shared
            .submit(request, version, Answer::Written(done))
            .await?;
        shared
            .wait::<R, _>(written, shared.options.request_timeout)
            .await
    }
}

/// A request that is on its way.
#[derive(Debug)]
pub struct Pending<R> {
    shared: Arc<Shared>,
    version: i16,
    answer: oneshot::Receiver<Bytes>,
    request: PhantomData<fn() -> R>,
}

impl<R: Request> Pending<R> {
    /// Waits `within` for the answer.
    ///
    /// # Errors
    /// As [`Connection::request`].
    pub async fn answer(self, within: Duration) -> Result<R::Response, Error> {
        let frame = self.shared.wait::<R, _>(self.answer, within).await?;
        self.shared.decode::<R>(frame, self.version)
    }
}

impl Shared {
    async fn ask<R: Request>(
        &self,
        request: &R,
        version: i16,
        within: Duration,
    ) -> Result<Bytes, Error> {
        let (done, answer) = oneshot::channel();
        self.submit(request, version, Answer::Frame(done)).await?;
        self.wait::<R, _>(answer, within).await
    }

    async fn submit<R: Request>(
        &self,
        request: &R,
        version: i16,
        answer: Answer,
    ) -> Result<(), Error> {
        tracing::trace!(api = %R::KEY, version, to = %self.address, "request");
        let id = self.line.next_id.fetch_add(1, Ordering::Relaxed) & i32::MAX;
        let frame = encode_request(request, version, id, Some(&self.options.client_id)).map_err(
            |source| Error::Encode {
                api: R::KEY,
                source,
            },
        )?;
        let submission = Submission {
            id,
            frame: frame.into_iter().filter_map(bytes_of).collect(),
            answer,
        };
        let sent = self.line.submissions.send(submission).await;
        sent.map_err(|_closed| self.closed())
    }

    async fn wait<R: Request, T: Send>(
        &self,
        answer: oneshot::Receiver<T>,
        within: Duration,
    ) -> Result<T, Error> {
        match timeout(within, answer).await {
            Ok(Ok(answer)) => Ok(answer),
            Ok(Err(_dropped)) => Err(self.closed()),
            Err(_elapsed) => {
                self.line.ended.end(Death::TimedOut);
                Err(Error::Timeout {
                    address: self.address.clone(),
                    api: R::KEY,
                    after: within,
                })
            }
        }
    }

    fn closed(&self) -> Error {
        Error::Closed {
            address: self.address.clone(),
            death: self.line.ended.how().unwrap_or(Death::Dropped),
        }
    }

    fn decode<R: Request>(&self, frame: Bytes, version: i16) -> Result<R::Response, Error> {
        decode_response::<R>(frame, version)
            .map(|(_id, response)| response)
            .map_err(|source| Error::Decode {
                address: self.address.clone(),
                api: R::KEY,
                source,
            })
    }

    /// Learns the versions the broker serves. A broker that does not know ours says which it knows, in a body of
    /// version 0.
    async fn negotiate(&self) -> Result<Versions, Error> {
        let request = ApiVersionsRequest {
            client_software_name: env!("CARGO_PKG_NAME").into(),
            client_software_version: env!("CARGO_PKG_VERSION").into(),
        };
        let within = self.options.request_timeout;
        let mut version = newest_here::<ApiVersionsRequest>();
        loop {
            let frame = self.ask(&request, version, within).await?;
            let response = read_api_versions(frame, version).map_err(|source| Error::Decode {
                address: self.address.clone(),
                api: ApiVersionsRequest::KEY,
                source,
            })?;
            let versions = Versions::of(&response);
            let is_refused = ErrorCode::from(response.error_code) == ErrorCode::UnsupportedVersion;
            if !is_refused || version == 0 {
                return Ok(versions);
            }
            let best = versions.best::<ApiVersionsRequest>().unwrap_or(0);
            version = best.min(version.saturating_sub(1));
        }
    }
}

/// Reads an answer to `ApiVersions`, which has the body of version 0 if it refuses.
fn read_api_versions(frame: Bytes, version: i16) -> Result<ApiVersionsResponse, DecodeError> {
    let mut input = Decoder::new(frame);
    let _id = input.i32()?;
    let code = input.clone().i16()?;
    let is_refused = ErrorCode::from(code) == ErrorCode::UnsupportedVersion;
    ApiVersionsResponse::decode(&mut input, if is_refused { 0 } else { version })
}

/// The bytes of a piece; requests never hold anything but bytes.
fn bytes_of(piece: Piece) -> Option<Bytes> {
    match piece {
        Piece::Bytes(bytes) => Some(bytes),
        Piece::Elsewhere { .. } => None,
    }
}

fn tune(stream: &TcpStream, options: &Options) -> io::Result<()> {
    if let Some(bytes) = options.send_buffer_bytes {
        sockopt::set_socket_send_buffer_size(stream, bytes)?;
    }
    if let Some(bytes) = options.receive_buffer_bytes {
        sockopt::set_socket_recv_buffer_size(stream, bytes)?;
    }
    // Requests are written whole, so waiting for more to send only delays them.
    stream.set_nodelay(true)
}

/// A socket to the first address of the host that answers.
async fn open(address: &Address, options: &Options) -> Result<TcpStream, Error> {
    let within = options.connect_timeout;
    let resolved = tokio::net::lookup_host((address.host.as_str(), address.port)).await;
    let candidates = resolved.map_err(|source| Error::Resolve {
        address: address.clone(),
        source,
    })?;
    let mut failure = Error::Connect {
        address: address.clone(),
        kind: io::ErrorKind::AddrNotAvailable,
    };
    for candidate in candidates {
        let address = address.clone();
        failure = match timeout(within, TcpStream::connect(candidate)).await {
            Ok(Ok(stream)) => {
                return match tune(&stream, options) {
                    Ok(()) => Ok(stream),
                    Err(error) => Err(Error::Connect {
                        address,
                        kind: error.kind(),
                    }),
                };
            }
            Ok(Err(error)) => Error::Connect {
                address,
                kind: error.kind(),
            },
            Err(_elapsed) => Error::ConnectTimeout {
                address,
                after: within,
            },
        };
    }
    Err(failure)
}
