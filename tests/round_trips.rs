//! What the tools ask brokers for: as little as the protocol allows, and nothing twice.

use crate::support::bench::{Bench, stderr};

/// The requests of a command. Those that go out together come in any order.
fn requests(bench: &Bench, line: &str) -> Vec<String> {
    let output = bench
        .tool(line)
        .env("KAFFA_LOG", "off,kaffa::net::connection=trace")
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", stderr(&output));
    let api = |line: &str| Some(line.split_once("api=")?.1.split('(').next()?.to_owned());
    stderr(&output).lines().filter_map(api).collect()
}

/// A cluster with two topics and a group that has read one of them to its end.
fn cluster() -> Bench {
    let bench = Bench::new();
    for topic in ["orders", "returns"] {
        bench.create(topic, "--partitions 2");
    }
    bench.produce("--topic orders", b"1\n2\n3\n");
    bench.ok(
        "consume --topic orders --group etl --from-beginning --max-messages 3 --timeout-ms 60000",
    );
    bench
}

/// Holds that `line` asks for just this, once it is connected.
#[track_caller]
fn asks(bench: &Bench, line: &str, expected: &[&str]) {
    let mut requests = requests(bench, line);
    assert_eq!(requests.first(), Some(&"ApiVersions".to_owned()), "{line}");
    requests.remove(0);
    requests.sort_unstable();
    // How far a consumer reads ahead before it has what it came for is up to the machine.
    requests.dedup_by(|one, next| one == next && one == "Fetch");
    let mut expected = expected.to_vec();
    expected.sort_unstable();
    assert_eq!(requests, expected, "{line}");
}

#[test]
fn nothing_is_asked_twice() {
    let bench = cluster();
    let asked = |line: &str, expected: Vec<&str>| asks(&bench, line, &expected);
    let described = [
        "DescribeTopicPartitions",
        "DescribeCluster",
        "DescribeConfigs",
        "ListPartitionReassignments",
    ];
    asked("topics --list", vec!["Metadata"]);
    asked("topics --describe", described.to_vec());
    asked("topics --describe --topic orders", described.to_vec());
    asked(
        "topics --describe --topic o.*",
        [&described[..], &["Metadata"]].concat(),
    );
    asked(
        "topics --create --topic new",
        vec!["CreateTopics", "DescribeTopicPartitions"],
    );
    asked(
        "topics --delete --topic new",
        vec!["Metadata", "DeleteTopics", "DescribeTopicPartitions"],
    );
    asked("consumer-groups --list", vec!["Metadata", "ListGroups"]);
    let group = ["FindCoordinator", "DescribeGroups"];
    asked(
        "consumer-groups --describe --group etl --members",
        group.to_vec(),
    );
    let lag = [&group[..], &["OffsetFetch", "Metadata", "ListOffsets"]].concat();
    asked("consumer-groups --describe --group etl", lag);
    let reset = [
        &group[..],
        &[
            "DescribeTopicPartitions",
            "Metadata",
            "ListOffsets",
            "OffsetCommit",
        ],
    ]
    .concat();
    asked(
        "consumer-groups --reset-offsets --group etl --topic orders --to-earliest --execute",
        reset,
    );
    asked(
        "consumer-groups --delete --group etl",
        vec!["FindCoordinator", "DeleteGroups"],
    );
}

/// Another connection is for the group's own traffic and one for fetches; the coordinator first gives a member its id.
#[test]
fn a_consumer_asks_for_nothing_twice_before_its_first_record() {
    let group = [
        "ApiVersions",
        "FindCoordinator",
        "JoinGroup",
        "JoinGroup",
        "SyncGroup",
        "OffsetFetch",
        "OffsetCommit",
        "LeaveGroup",
    ];
    let reading = ["Metadata", "ListOffsets", "ApiVersions", "Fetch"];
    asks(
        &cluster(),
        "consume --topic orders --group new --from-beginning --max-messages 1",
        &[&group[..], &reading].concat(),
    );
}
