//! What a broker does with peers that do not speak Kafka, or not well: it ends their connection and serves the others.

use std::io::{Read as _, Write as _};
use std::net::{Shutdown, TcpStream};
use std::time::Duration;

use kaffa::protocol::messages::{ApiVersionsRequest, MetadataRequest};
use tempfile::tempdir;

use crate::support::broker::BrokerProcess;
use crate::support::wire::Wire;

/// A bystander's connection that must go on working, and the broker.
struct Scene {
    broker: BrokerProcess,
    bystander: Wire,
    dir: tempfile::TempDir,
}

impl Scene {
    fn new(overrides: &[&str]) -> Self {
        let dir = tempdir().unwrap();
        let broker = BrokerProcess::start(dir.path(), overrides);
        let mut bystander = Wire::connect(&broker.address);
        bystander.call(&api_versions(), 3).unwrap();
        Self {
            broker,
            bystander,
            dir,
        }
    }

    fn connect(&self) -> Wire {
        Wire::connect(&self.broker.address)
    }

    /// The bystander and newcomers are served, and the broker stops as it should.
    fn goes_on(mut self) {
        self.bystander.call(&api_versions(), 3).unwrap();
        let mut newcomer = self.connect();
        let versions = newcomer.call(&api_versions(), 3).unwrap();
        assert_eq!(versions.error_code, 0);
        assert!(self.broker.stop().success());
        drop(self.dir);
    }
}

fn api_versions() -> ApiVersionsRequest {
    ApiVersionsRequest {
        client_software_name: "hostile".into(),
        client_software_version: "1".into(),
    }
}

/// A request header: API key, version, correlation id 7, client id "x".
fn header(api_key: i16, version: i16) -> Vec<u8> {
    [
        &api_key.to_be_bytes()[..],
        &version.to_be_bytes(),
        &7_i32.to_be_bytes(),
        b"\0\x01x",
    ]
    .concat()
}

fn framed(body: &[u8]) -> Vec<u8> {
    [&u32::try_from(body.len()).unwrap().to_be_bytes(), body].concat()
}

/// Sends `bytes` and expects that the broker hangs up without a word.
fn is_hung_up_on(bytes: &[u8]) {
    let scene = Scene::new(&[]);
    let mut wire = scene.connect();
    wire.socket.write_all(bytes).unwrap();
    assert!(wire.is_closed());
    scene.goes_on();
}

#[test]
fn a_frame_above_the_limit_ends_its_connection_before_it_is_read() {
    is_hung_up_on(&(100 * 1024 * 1024 + 1_i32).to_be_bytes());
    is_hung_up_on(&i32::MAX.to_be_bytes());
}

#[test]
fn the_limit_is_socket_request_max_bytes() {
    let scene = Scene::new(&["socket.request.max.bytes=1000"]);
    let mut wire = scene.connect();
    wire.socket.write_all(&1001_i32.to_be_bytes()).unwrap();
    assert!(wire.is_closed());
    scene.goes_on();
}

#[test]
fn a_negative_frame_length_ends_its_connection() {
    is_hung_up_on(&(-1_i32).to_be_bytes());
    is_hung_up_on(&i32::MIN.to_be_bytes());
}

#[test]
fn http_ends_its_connection() {
    is_hung_up_on(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n");
}

#[test]
fn tls_ends_its_connection() {
    is_hung_up_on(b"\x16\x03\x01\x02\0\x01\0\x01\xfc\x03\x03");
}

#[test]
fn an_unknown_api_or_version_ends_its_connection() {
    is_hung_up_on(&framed(&header(9999, 0)));
    is_hung_up_on(&framed(&header(-1, 0)));
    is_hung_up_on(&framed(&header(3, 999)));
    is_hung_up_on(&framed(&header(3, -1)));
}

#[test]
fn a_frame_without_a_header_ends_its_connection() {
    is_hung_up_on(&framed(b""));
    is_hung_up_on(&framed(b"\0\x03"));
}

#[test]
fn a_request_that_ends_early_or_counts_too_far_ends_its_connection() {
    is_hung_up_on(&framed(&header(3, 1)));
    is_hung_up_on(&framed(
        &[&header(3, 1)[..], &i32::MAX.to_be_bytes()].concat(),
    ));
    is_hung_up_on(&framed(
        &[&header(3, 9)[..], b"\0\xff\xff\xff\xff\x0f"].concat(),
    ));
}

#[test]
fn an_api_versions_request_from_the_future_is_told_which_version_to_use() {
    let scene = Scene::new(&[]);
    let mut wire = scene.connect();
    let future = [&header(18, 99)[..], b"\0\x04new\x021\x05more\0"].concat();
    wire.socket.write_all(&framed(&future)).unwrap();
    let answer = wire.frame().unwrap();
    let body = b"\0\0\0\x07\0\x23\0\0\0\x01\0\x12\0\0\0";
    assert_eq!(answer[..15], body[..]);
    assert_eq!(answer.len(), 16);
    scene.goes_on();
}

#[test]
fn half_a_frame_is_not_a_request() {
    let scene = Scene::new(&[]);
    let whole = framed(&header(18, 0));
    for end in 1..whole.len() {
        let mut wire = scene.connect();
        wire.socket.write_all(&whole[..end]).unwrap();
        wire.socket.shutdown(Shutdown::Write).unwrap();
        assert!(wire.is_closed(), "half a frame of {end} bytes is answered");
    }
    scene.goes_on();
}

#[test]
fn a_frame_may_come_byte_by_byte() {
    let scene = Scene::new(&[]);
    let mut wire = scene.connect();
    for byte in framed(&header(18, 0)) {
        wire.socket.write_all(&[byte]).unwrap();
    }
    assert_eq!(wire.frame().unwrap()[..6], [0, 0, 0, 7, 0, 0]);
    scene.goes_on();
}

#[test]
fn a_connection_that_is_idle_too_long_is_closed() {
    let scene = Scene::new(&["connections.max.idle.ms=300"]);
    let mut slow = scene.connect();
    slow.socket.write_all(&[0, 0]).unwrap();
    assert!(slow.is_closed());
    let Scene { broker, .. } = scene;
    assert!(broker.stop().success());
}

#[test]
fn connections_above_the_limit_are_closed_and_the_others_served() {
    let mut scene = Scene::new(&["max.connections=2"]);
    let mut second = scene.connect();
    second.call(&api_versions(), 3).unwrap();
    let mut third = scene.connect();
    assert!(third.is_closed());
    second.call(&api_versions(), 3).unwrap();
    scene.bystander.call(&api_versions(), 3).unwrap();
    drop((second, third));
    assert!(scene.broker.stop().success());
}

#[test]
fn answers_come_in_the_order_of_the_requests() {
    let scene = Scene::new(&[]);
    let mut wire = scene.connect();
    for _ in 0..100 {
        wire.send(&api_versions(), 3).unwrap();
        wire.send(&MetadataRequest::default(), 9).unwrap();
    }
    for correlation_id in 1..=200_i32 {
        assert_eq!(wire.frame().unwrap()[..4], correlation_id.to_be_bytes());
    }
    scene.goes_on();
}

#[test]
fn a_peer_that_sends_and_never_reads_is_held_back_alone() {
    let scene = Scene::new(&[]);
    let mut deaf = scene.connect();
    deaf.socket.set_nonblocking(true).unwrap();
    let request = framed(&header(18, 0));
    let many = request.repeat(1000);
    let sent = (0..10_000).find(|_| deaf.socket.write_all(&many).is_err());
    assert!(
        sent.is_some(),
        "the broker took ten million requests that it could not answer"
    );
    scene.goes_on();
}

#[test]
fn a_long_request_that_never_ends_gives_its_room_back_when_its_connection_does() {
    let dir = tempdir().unwrap();
    let broker = BrokerProcess::start(dir.path(), &["queued.max.request.bytes=100000"]);
    let long = |length: i32| {
        let mut stream = TcpStream::connect(&broker.address).unwrap();
        stream
            .set_read_timeout(Some(Duration::from_mins(1)))
            .unwrap();
        stream.write_all(&length.to_be_bytes()).unwrap();
        stream
    };
    let hogs: Vec<_> = (0..4).map(|_| long(95_000)).collect();
    let mut honest = long(80_000);
    // ApiVersions, version 0, correlation id 7, no client id; what follows the request is let pass.
    let mut request = vec![0, 18, 0, 0, 0, 0, 0, 7, 0xff, 0xff];
    request.resize(80_000, 0);
    honest.write_all(&request).unwrap();
    drop(hogs);
    let mut answer = [0; 8];
    honest.read_exact(&mut answer).unwrap();
    assert_eq!(answer[4..], [0, 0, 0, 7]);
}
