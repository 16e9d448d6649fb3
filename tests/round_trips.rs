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

#[test]
fn nothing_is_asked_twice() {
    let bench = Bench::new();
    for topic in ["orders", "returns"] {
        bench.create(topic, "--partitions 2");
    }
    bench.produce("--topic orders", b"1\n2\n3\n");
    bench.ok(
        "consume --topic orders --group etl --from-beginning --max-messages 3 --timeout-ms 60000",
    );
    let asked = |line: &str, mut expected: Vec<&str>| {
        let mut requests = requests(&bench, line);
        assert_eq!(requests.first(), Some(&"ApiVersions".to_owned()), "{line}");
        requests.remove(0);
        requests.sort_unstable();
        expected.sort_unstable();
        assert_eq!(requests, expected, "{line}");
    };
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
