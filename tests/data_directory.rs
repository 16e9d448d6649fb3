//! One data directory, served by Apache Kafka's broker, by ours, and by Apache's again.

use std::thread;
use std::time::Duration;

use tempfile::tempdir;
use tokio::time::Instant;

use crate::support::apache_broker::ApacheBroker;
use crate::support::broker::BrokerProcess;
use crate::support::programs::{lines, run_with};

/// One of our tools on a broker, with something to read; what it prints.
fn kaffa(address: &str, line: &str, input: &str) -> String {
    let (tool, words) = line.split_once(' ').unwrap();
    let program = env!("CARGO_BIN_EXE_kaffa");
    run_with(
        &format!("{program} {tool} --bootstrap-server {address} {words}"),
        input,
    )
}

fn numbers(from: usize) -> String {
    lines(500, |n| format!("key{}\tline {}", n % 10, from + n))
}

/// What group `readers` finds: the next 500 lines, as they went in.
fn assert_next(address: &str, from: usize) {
    let consume = "console-consumer --topic letters --group readers --from-beginning --max-messages 500 \
                   --timeout-ms 60000 --formatter-property print.key=true";
    assert_eq!(kaffa(address, consume, ""), numbers(from));
}

fn produce(address: &str, from: usize, options: &str) {
    let keyed = "--reader-property parse.key=true";
    kaffa(
        address,
        &format!("console-producer --topic letters {keyed} {options}"),
        &numbers(from),
    );
}

/// The partitions, leaders and configuration of the topics, and the groups with their offsets.
fn everything(address: &str) -> [String; 2] {
    [
        kaffa(address, "topics --describe", ""),
        kaffa(address, "consumer-groups --describe --all-groups", ""),
    ]
}

/// A broker of Apache's says that it has started before it leads its partitions and has read the groups.
fn assert_comes_to_have(address: &str, expected: &[String; 2]) {
    let deadline = Instant::now() + Duration::from_mins(1);
    while everything(address) != *expected && Instant::now() < deadline {
        thread::yield_now();
    }
    assert_eq!(everything(address), *expected);
}

#[test]
#[ignore = "needs Apache Kafka: tests/interop/setup apache"]
fn a_data_directory_goes_from_apaches_broker_to_ours_and_back() {
    let dir = tempdir().unwrap();
    let there = ApacheBroker::start(&dir);
    let create = "topics --create --topic letters --partitions 1 --config retention.ms=7200000 --config segment.bytes=1048576";
    kaffa(&there.address, create, "");
    kaffa(
        &there.address,
        "topics --create --topic other --partitions 3",
        "",
    );
    kaffa(&there.address, "topics --delete --topic other", "");
    produce(&there.address, 0, "--compression-codec zstd");
    produce(&there.address, 500, "");
    assert_next(&there.address, 0);
    let left = everything(&there.address);
    drop(there);

    let here = BrokerProcess::start(&dir.path().join("logs"), &[]);
    assert_eq!(everything(&here.address), left);
    assert_next(&here.address, 500);
    produce(&here.address, 1000, "--compression-codec lz4");
    produce(&here.address, 1500, "");
    kaffa(
        &here.address,
        "topics --create --topic other --partitions 2 --config max.message.bytes=2000",
        "",
    );
    kaffa(
        &here.address,
        "topics --alter --topic letters --partitions 2",
        "",
    );
    assert_next(&here.address, 1000);
    let left = everything(&here.address);
    assert!(here.stop().success());

    let there = ApacheBroker::start(&dir);
    assert_comes_to_have(&there.address, &left);
    assert_next(&there.address, 1500);
    assert_eq!(
        kaffa(&there.address, "topics --list", ""),
        "__consumer_offsets\nletters\nother\n"
    );
}
