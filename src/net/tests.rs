use std::io::ErrorKind;
use std::time::Duration;

use bytes::{BufMut, Bytes, BytesMut};
use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream, duplex, split};

use super::{Address, Connection, Death, Error, Options};
use crate::protocol::frame::{RequestHeader, encode_response};
use crate::protocol::messages::{
    ApiVersionsRequest, ApiVersionsResponse, ApiVersionsResponseApiVersion,
    ApiVersionsResponseSupportedFeature, Decoder, HeartbeatRequest, HeartbeatResponse, Message,
    MetadataRequest, ProduceRequest, ProduceRequestPartition, ProduceRequestTopic, Request,
};
use crate::protocol::wire::Piece;

/// The broker's end of a connection.
struct Peer(DuplexStream);

impl Peer {
    async fn receive(&mut self) -> (RequestHeader, Decoder) {
        let length = self.0.read_i32().await.unwrap();
        let mut frame = vec![0; usize::try_from(length).unwrap()];
        self.0.read_exact(&mut frame).await.unwrap();
        let mut input = Decoder::new(Bytes::from(frame));
        (RequestHeader::decode(&mut input).unwrap(), input)
    }

    async fn answer<R: Request>(&mut self, header: &RequestHeader, response: &R::Response) {
        let (version, id) = (header.api_version, header.correlation_id);
        let pieces = encode_response::<R>(response, version, id, BytesMut::new()).unwrap();
        for piece in pieces {
            let Piece::Bytes(bytes) = piece else { panic!() };
            self.0.write_all(&bytes).await.unwrap();
        }
    }

    /// Answers a heartbeat with `code` as the error code, so that answers can be told apart.
    async fn beat(&mut self, header: &RequestHeader, code: i16) {
        let response = HeartbeatResponse {
            error_code: code,
            ..HeartbeatResponse::default()
        };
        self.answer::<HeartbeatRequest>(header, &response).await;
    }

    async fn serve_versions(&mut self) {
        let (header, _body) = self.receive().await;
        assert_eq!(header.api_key.0, 18);
        self.answer::<ApiVersionsRequest>(
            &header,
            &versions(&[(0, 3, 12), (12, 0, 4), (18, 0, 4)]),
        )
        .await;
    }
}

fn versions(ranges: &[(i16, i16, i16)]) -> ApiVersionsResponse {
    let api = |&(api_key, min_version, max_version)| ApiVersionsResponseApiVersion {
        api_key,
        min_version,
        max_version,
    };
    ApiVersionsResponse {
        api_keys: ranges.iter().map(api).collect(),
        ..ApiVersionsResponse::default()
    }
}

async fn connect(stream: DuplexStream) -> Result<Connection, Error> {
    let (reader, writer) = split(stream);
    let options = Options {
        frame_bytes_max: 1_000_000,
        ..Options::default()
    };
    Connection::over(reader, writer, Address::new("peer", 9092), options).await
}

/// Both ends of a connection, versions exchanged.
async fn pair(buffer: usize) -> (Connection, Peer) {
    let (ours, theirs) = duplex(buffer);
    let mut peer = Peer(theirs);
    let (connection, ()) = tokio::join!(connect(ours), peer.serve_versions());
    (connection.unwrap(), peer)
}

async fn beat(connection: &Connection) -> Result<i16, Error> {
    let response = connection.call(&HeartbeatRequest::default()).await?;
    Ok(response.error_code)
}

/// What a connection says when the peer answers its first request with `bytes` and closes.
async fn after_hearing(bytes: &[u8]) -> Error {
    let (ours, mut theirs) = duplex(1000);
    let (connected, ()) = tokio::join!(connect(ours), async {
        theirs.write_all(bytes).await.unwrap();
        theirs.shutdown().await.unwrap();
    });
    connected.unwrap_err()
}

#[tokio::test]
async fn requests_leave_before_earlier_ones_are_answered() {
    let (connection, mut peer) = pair(1000).await;
    let (first, second, ()) = tokio::join!(beat(&connection), beat(&connection), async {
        let (one, _body) = peer.receive().await;
        let (two, _body) = peer.receive().await;
        peer.beat(&one, 22).await;
        peer.beat(&two, 25).await;
    });
    assert_eq!((first.unwrap(), second.unwrap()), (22, 25));
}

#[tokio::test]
async fn a_broker_that_knows_only_older_versions_is_asked_again() {
    let (ours, theirs) = duplex(1000);
    let mut peer = Peer(theirs);
    let (connection, ()) = tokio::join!(connect(ours), async {
        let (mut header, _body) = peer.receive().await;
        assert_eq!(header.api_version, 4);
        let refusal = ApiVersionsResponse {
            error_code: 35,
            ..versions(&[(18, 0, 2)])
        };
        header.api_version = 0;
        peer.answer::<ApiVersionsRequest>(&header, &refusal).await;
        let (header, _body) = peer.receive().await;
        assert_eq!(header.api_version, 2);
        peer.answer::<ApiVersionsRequest>(&header, &versions(&[(12, 0, 1)]))
            .await;
    });
    assert_eq!(
        connection
            .unwrap()
            .version_for::<HeartbeatRequest>()
            .unwrap(),
        1
    );
}

#[tokio::test]
async fn an_api_that_is_not_served_is_refused_here() {
    let (connection, _peer) = pair(1000).await;
    let error = connection
        .call(&MetadataRequest::default())
        .await
        .unwrap_err();
    assert_eq!(
        error.to_string(),
        "peer:9092 does not serve Metadata(3) in a version known here (not at all; here 0 to 13)"
    );
}

#[tokio::test(start_paused = true)]
async fn a_time_out_names_peer_and_request_and_ends_the_connection() {
    let (connection, mut peer) = pair(1000).await;
    let late = tokio::spawn({
        let connection = connection.clone();
        async move {
            tokio::time::sleep(Duration::from_secs(10)).await;
            beat(&connection).await
        }
    });
    let error = beat(&connection).await.unwrap_err();
    assert_eq!(
        error.to_string(),
        "peer:9092 did not answer Heartbeat(12) within 30s (request.timeout.ms)"
    );
    let error = late.await.unwrap().unwrap_err();
    assert!(
        matches!(
            error,
            Error::Closed {
                death: Death::TimedOut,
                ..
            }
        ),
        "{error}"
    );
    assert!(connection.is_closed());
    peer.receive().await;
}

#[tokio::test]
async fn everyone_learns_that_the_peer_closed() {
    let (connection, mut peer) = pair(1000).await;
    let (first, second, ()) = tokio::join!(beat(&connection), beat(&connection), async {
        peer.receive().await;
        peer.0.write_all(&[0, 0, 0, 9, 1]).await.unwrap();
        peer.0.shutdown().await.unwrap();
    });
    for result in [first, second, beat(&connection).await] {
        let error = result.unwrap_err();
        assert_eq!(
            error.to_string(),
            "connection to peer:9092 lost: the peer closed it"
        );
        assert!(error.is_retriable());
    }
}

#[tokio::test]
async fn other_protocols_are_recognised() {
    for (bytes, name) in [
        (&b"HTTP/1.1 400 Bad Request\r\n"[..], "HTTP"),
        (
            &[0x15, 3, 1, 0, 2, 2, 70][..],
            "TLS (set security.protocol)",
        ),
        (&b"SSH-2.0-OpenSSH\r\n"[..], "SSH"),
    ] {
        let error = after_hearing(bytes).await;
        let expected =
            format!("connection to peer:9092 lost: it does not speak Kafka: answered {name}");
        assert_eq!(error.to_string(), expected);
        assert!(!error.is_retriable());
    }
}

#[tokio::test]
async fn a_frame_above_the_limit_is_refused_before_it_is_read() {
    for prefix in [1_000_001, i32::MAX, -1, 3] {
        let error = after_hearing(&prefix.to_be_bytes()).await;
        assert!(
            matches!(error, Error::Closed { death: Death::FrameLength { claimed, .. }, .. } if claimed == prefix),
            "{error}"
        );
    }
}

#[tokio::test]
async fn an_answer_to_another_request_ends_the_connection() {
    let error = after_hearing(&[0, 0, 0, 6, 0, 0, 0, 77, 0, 0]).await;
    let out_of_step = Death::OutOfStep {
        got: 77,
        expected: 0,
    };
    assert!(matches!(error, Error::Closed { death, .. } if death == out_of_step));
}

#[tokio::test]
async fn an_answer_that_does_not_decode_is_an_error_of_its_own() {
    let (connection, mut peer) = pair(1000).await;
    let (answer, ()) = tokio::join!(beat(&connection), async {
        let (header, _body) = peer.receive().await;
        let mut frame = BytesMut::new();
        frame.put_i32(6);
        frame.put_i32(header.correlation_id);
        frame.put_i16(0);
        peer.0.write_all(&frame).await.unwrap();
    });
    assert!(matches!(answer.unwrap_err(), Error::Decode { .. }));
}

#[tokio::test]
async fn a_request_given_up_does_not_disturb_the_next() {
    let (connection, mut peer) = pair(1000).await;
    let mut given_up = Box::pin(beat(&connection));
    tokio::select! {
        biased;
        _ = &mut given_up => panic!("nobody has answered"),
        (header, _body) = peer.receive() => {
            drop(given_up);
            let (next, ()) = tokio::join!(beat(&connection), async {
                peer.beat(&header, 1).await;
                let (header, _body) = peer.receive().await;
                peer.beat(&header, 2).await;
            });
            assert_eq!(next.unwrap(), 2);
        }
    }
}

fn a_large_request() -> ProduceRequest {
    let partition = ProduceRequestPartition {
        records: Some(Bytes::from(vec![7; 100_000]).into()),
        ..ProduceRequestPartition::default()
    };
    let topic = ProduceRequestTopic {
        partition_data: vec![partition],
        ..ProduceRequestTopic::default()
    };
    ProduceRequest {
        topic_data: vec![topic],
        ..ProduceRequest::default()
    }
}

#[tokio::test]
async fn answers_are_read_while_a_long_request_is_written() {
    let (connection, mut peer) = pair(64).await;
    let request = a_large_request();
    let (answer, told, ()) = tokio::join!(beat(&connection), connection.tell(&request), async {
        // The answer fills the pipe while nobody reads the long request at this end.
        let (header, _body) = peer.receive().await;
        peer.beat(&header, 5).await;
        let (header, mut body) = peer.receive().await;
        header.skip_tags::<ProduceRequest>(&mut body).unwrap();
        assert_eq!(
            ProduceRequest::decode(&mut body, header.api_version),
            Ok(a_large_request())
        );
    });
    assert_eq!(answer.unwrap(), 5);
    told.unwrap();
}

#[tokio::test]
async fn nothing_is_awaited_for_a_request_without_an_answer() {
    let (connection, mut peer) = pair(1000).await;
    let request = ProduceRequest::default();
    let (told, answer, ()) = tokio::join!(connection.tell(&request), beat(&connection), async {
        peer.receive().await;
        let (header, _body) = peer.receive().await;
        peer.beat(&header, 3).await;
    });
    told.unwrap();
    assert_eq!(answer.unwrap(), 3);
}

#[tokio::test(start_paused = true)]
async fn a_connection_nobody_uses_is_closed() {
    let (connection, mut peer) = pair(1000).await;
    tokio::time::sleep(Duration::from_mins(10)).await;
    let error = beat(&connection).await.unwrap_err();
    assert!(
        matches!(
            error,
            Error::Closed {
                death: Death::Idle,
                ..
            }
        ),
        "{error}"
    );
    assert_eq!(
        peer.0.read_i32().await.unwrap_err().kind(),
        ErrorKind::UnexpectedEof
    );
}

#[tokio::test]
async fn dropping_the_last_handle_closes_the_socket() {
    let (connection, mut peer) = pair(1000).await;
    drop(connection.clone());
    assert!(!connection.is_closed());
    drop(connection);
    assert_eq!(
        peer.0.read_i32().await.unwrap_err().kind(),
        ErrorKind::UnexpectedEof
    );
}

#[tokio::test]
async fn a_long_answer_arrives_whole_whatever_its_pieces() {
    let (connection, mut peer) = pair(7).await;
    let message = "x".repeat(200_000);
    let request = ApiVersionsRequest::default();
    let (answer, ()) = tokio::join!(
        connection.request(&request, 3, Duration::from_secs(30)),
        async {
            let (header, _body) = peer.receive().await;
            let mut response = versions(&[]);
            response.supported_features = vec![ApiVersionsResponseSupportedFeature {
                name: message.clone().into(),
                ..Default::default()
            }];
            peer.answer::<ApiVersionsRequest>(&header, &response).await;
        }
    );
    let features = answer.unwrap().supported_features;
    assert_eq!(features[0].name, message);
}

#[tokio::test]
async fn a_port_where_nobody_listens_is_named() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    drop(listener);
    let refused = Connection::connect(Address::new("127.0.0.1", port), Options::default()).await;
    assert_eq!(
        refused.unwrap_err().to_string(),
        format!("cannot reach 127.0.0.1:{port}: connection refused")
    );
}
