//! `kaffa doctor` tells what is wrong, each time in one sentence.

use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::process::Command;

use serde_json::Value;

use crate::support::broker::BrokerProcess;
use crate::support::ports::free_port;

/// Exit code and lines of a visit; words that take time are masked.
fn visit(server: &str, words: &[&str]) -> (i32, Vec<String>) {
    let output = Command::new(env!("CARGO_BIN_EXE_kaffa"))
        .args([
            "doctor",
            server,
            "--command-property",
            "request.timeout.ms=3000",
        ])
        .args(words)
        .output()
        .unwrap();
    assert!(output.stderr.is_empty(), "{output:?}");
    let text = String::from_utf8(output.stdout).unwrap();
    let lines = text.lines().map(str::to_owned).collect();
    (output.status.code().unwrap(), lines)
}

/// The sentence about a server that is of no use.
fn verdict(server: &str) -> String {
    let (code, lines) = visit(server, &[]);
    assert_eq!(code, 1, "{lines:?}");
    lines.last().unwrap().replace(server, "SERVER")
}

#[test]
fn a_healthy_broker_is_well() {
    let dir = tempfile::tempdir().unwrap();
    let broker = BrokerProcess::start(dir.path(), &[]);
    let (code, lines) = visit(&broker.address, &[]);
    let steps: Vec<_> = lines
        .iter()
        .map(|line| {
            line.split_whitespace()
                .take(2)
                .collect::<Vec<_>>()
                .join(" ")
        })
        .collect();
    assert_eq!(
        steps,
        [
            "ok resolve",
            "ok connect",
            "ok versions",
            "ok metadata",
            "ok resolve",
            "ok connect",
            "ok versions",
            "- clock",
            "- coordinator",
            "all is"
        ]
    );
    assert_eq!(code, 0);
    let consume = [
        "consume",
        "t",
        "-g",
        "g",
        "--timeout-ms",
        "200",
        "-b",
        &broker.address,
    ];
    for words in [
        &["topics", "create", "t", "-b", &broker.address][..],
        &consume,
    ] {
        Command::new(env!("CARGO_BIN_EXE_kaffa"))
            .args(words)
            .output()
            .unwrap();
    }
    let (code, lines) = visit(&broker.address, &["--output", "json"]);
    let json: Value = serde_json::from_str(&lines[0]).unwrap();
    assert_eq!(
        (code, &json["ok"], &json["verdict"]),
        (0, &Value::Bool(true), &Value::from("all is well"))
    );
    let last = json["steps"].as_array().unwrap().last().unwrap().clone();
    assert_eq!(
        (&last["step"], &last["ok"]),
        (&Value::from("coordinator"), &Value::Bool(true))
    );
}

#[test]
fn nobody_listens() {
    assert_eq!(
        verdict(&format!("127.0.0.1:{}", free_port())),
        "SERVER cannot be reached (connection refused)"
    );
    assert_eq!(verdict("nowhere.invalid:9092"), "SERVER does not resolve");
}

#[test]
fn another_protocol_answers() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let server = listener.local_addr().unwrap().to_string();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            if stream.read(&mut [0; 512]).is_ok_and(|read| read > 0) {
                drop(stream.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n"));
            }
        }
    });
    assert_eq!(
        verdict(&server),
        "SERVER takes connections but speaks HTTP, not Kafka"
    );
}

#[test]
fn nobody_answers() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let server = listener.local_addr().unwrap().to_string();
    assert_eq!(
        verdict(&server),
        "SERVER takes connections but has not answered within 3s: stuck, or a listener for TLS"
    );
}

#[test]
fn an_advertised_address_leads_nowhere() {
    let dir = tempfile::tempdir().unwrap();
    let broker = BrokerProcess::start(
        dir.path(),
        &["advertised.listeners=PLAINTEXT://nowhere.invalid:9092"],
    );
    assert_eq!(
        verdict(&broker.address),
        "broker 1 tells clients to connect to nowhere.invalid:9092, which does not resolve: its advertised.listeners are \
         of no use from here"
    );
}
