//! A client in a few lines: one blocking connection, one request at a time.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use bytes::Bytes;
use kaffa::protocol::frame::{decode_response, encode_request};
use kaffa::protocol::messages::Request;
use kaffa::protocol::wire::Piece;

/// How long a broker may take to answer.
const ANSWER_MAX: Duration = Duration::from_mins(1);

pub(crate) struct Wire {
    pub(crate) socket: TcpStream,
    correlation_id: i32,
}

impl Wire {
    pub(crate) fn connect(address: &str) -> Self {
        let socket = TcpStream::connect(address).unwrap();
        socket.set_nodelay(true).unwrap();
        socket.set_read_timeout(Some(ANSWER_MAX)).unwrap();
        socket.set_write_timeout(Some(ANSWER_MAX)).unwrap();
        Self {
            socket,
            correlation_id: 0,
        }
    }

    /// The answer to `request`.
    pub(crate) fn call<R: Request>(
        &mut self,
        request: &R,
        version: i16,
    ) -> std::io::Result<R::Response> {
        self.send(request, version)?;
        let (correlation_id, response) = decode_response::<R>(self.frame()?, version).unwrap();
        assert_eq!(correlation_id, self.correlation_id);
        Ok(response)
    }

    /// Sends `request` and does not wait.
    pub(crate) fn send<R: Request>(&mut self, request: &R, version: i16) -> std::io::Result<()> {
        self.correlation_id += 1;
        for piece in encode_request(request, version, self.correlation_id, Some("wire")).unwrap() {
            match piece {
                Piece::Bytes(bytes) => self.socket.write_all(&bytes)?,
                Piece::Elsewhere { .. } => unreachable!("requests are whole"),
            }
        }
        Ok(())
    }

    /// The next frame, without its length.
    pub(crate) fn frame(&mut self) -> std::io::Result<Bytes> {
        let mut length = [0; 4];
        self.socket.read_exact(&mut length)?;
        let mut frame = vec![0; usize::try_from(i32::from_be_bytes(length)).unwrap()];
        self.socket.read_exact(&mut frame)?;
        Ok(frame.into())
    }

    /// Whether the broker closes the connection without sending anything more.
    pub(crate) fn is_closed(&mut self) -> bool {
        match self.socket.read(&mut [0]) {
            Ok(count) => count == 0,
            Err(error) => error.kind() == std::io::ErrorKind::ConnectionReset,
        }
    }
}
