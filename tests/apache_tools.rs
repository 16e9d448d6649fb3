//! Apache Kafka's own tools on our broker, and each other's files.

use std::fs;

use tempfile::{TempDir, tempdir};

use crate::support::apache_broker::ApacheBroker;
use crate::support::broker::BrokerProcess;
use crate::support::programs::{
    apache, apache_with, installed, interop, lines, run, run_with, sorted,
};

#[test]
#[ignore = "needs Apache Kafka: tests/interop/setup apache"]
fn the_console_tools_pass_lines_and_groups() {
    let dir = tempdir().unwrap();
    let broker = BrokerProcess::start(dir.path(), &[]);
    apache(
        &broker,
        "topics --create --topic letters --partitions 2 --config retention.ms=3600000",
    );
    let described = apache(&broker, "topics --describe --topic letters");
    let facts = [
        "PartitionCount: 2",
        "ReplicationFactor: 1",
        "retention.ms=3600000",
    ];
    assert!(
        facts.iter().all(|fact| described.contains(fact)),
        "{described}"
    );

    let letters = lines(1000, |n| format!("key{}:letter {n}", n % 10));
    let keyed = "--reader-property parse.key=true --reader-property key.separator=:";
    apache_with(
        &broker,
        &format!("console-producer --topic letters {keyed}"),
        &letters,
    );
    let keyed = "--formatter-property print.key=true --formatter-property key.separator=:";
    let consume =
        "console-consumer --topic letters --group readers --from-beginning --max-messages 1000";
    let read = apache(&broker, &format!("{consume} --timeout-ms 60000 {keyed}"));
    assert_eq!(sorted(&read), sorted(&letters));

    let described = apache(&broker, "consumer-groups --describe --group readers");
    let rows = described.lines().filter(|line| line.contains("letters"));
    let lags: Vec<_> = rows.map(|row| row.split_whitespace().nth(5)).collect();
    assert_eq!(lags, [Some("0"), Some("0")], "{described}");
    let reset = "--group readers --topic letters --reset-offsets --to-earliest --execute";
    apache(&broker, &format!("consumer-groups {reset}"));
    let again = apache(&broker, &format!("{consume} --timeout-ms 60000"));
    assert_eq!(again.lines().count(), 1000);
    apache(&broker, "consumer-groups --delete --group readers");
    assert_eq!(apache(&broker, "consumer-groups --list").trim(), "");
}

#[test]
#[ignore = "needs Apache Kafka: tests/interop/setup apache"]
fn the_administration_tools_work() {
    let dir = tempdir().unwrap();
    let broker = BrokerProcess::start(dir.path(), &[]);
    apache(&broker, "topics --create --topic letters");
    apache(
        &broker,
        "configs --alter --add-config retention.bytes=123456 --entity-type topics --entity-name letters",
    );
    let configs = apache(
        &broker,
        "configs --describe --entity-type topics --entity-name letters",
    );
    assert!(configs.contains("retention.bytes=123456"), "{configs}");
    apache(&broker, "topics --alter --topic letters --partitions 4");

    let produced = apache(
        &broker,
        "verifiable-producer --topic letters --max-messages 1000 --acks -1",
    );
    assert!(
        produced.contains(r#""sent":1000,"acked":1000"#),
        "{produced}"
    );
    let file = dir.path().join("delete.json");
    let all =
        r#"{"partitions": [{"topic": "letters", "partition": 0, "offset": -1}], "version": 1}"#;
    fs::write(&file, all).unwrap();
    apache(
        &broker,
        &format!("delete-records --offset-json-file {}", file.display()),
    );
    let earliest = apache(&broker, "get-offsets --topic letters --time -2");
    let latest = apache(&broker, "get-offsets --topic letters --time -1");
    assert_eq!(earliest.lines().next(), latest.lines().next());

    let dirs = apache(&broker, "log-dirs --describe --topic-list letters");
    assert!(dirs.contains(r#""partition":"letters-3""#), "{dirs}");
    let tool = installed("apache-kafka/bin/kafka-cluster.sh");
    let cluster = run(&format!(
        "{tool} cluster-id --bootstrap-server {}",
        broker.address
    ));
    assert!(
        cluster.contains(broker.ready["cluster_id"].as_str().unwrap()),
        "{cluster}"
    );
    apache(&broker, "topics --delete --topic letters");
    assert!(!apache(&broker, "topics --list").contains("letters"));
}

#[test]
#[ignore = "needs Apache Kafka: tests/interop/setup apache"]
fn every_api_told_is_told_by_apaches_broker_too() {
    let dir = tempdir().unwrap();
    let broker = BrokerProcess::start(dir.path(), &[]);
    let ours = apache(&broker, "broker-api-versions");
    let theirs = fs::read_to_string(interop("apache-kafka/api-versions.txt")).unwrap();
    let theirs: Vec<&str> = theirs.lines().collect();
    let apis = ours
        .lines()
        .filter(|line| line.contains("[usable"))
        .map(|line| line.trim().trim_end_matches(','));
    let unknown: Vec<_> = apis.filter(|api| !theirs.contains(api)).collect();
    assert!(unknown.is_empty(), "{unknown:#?}");
}

#[test]
#[ignore = "needs Apache Kafka and kcat: tests/interop/setup apache kcat"]
fn the_dump_tool_reads_our_files() {
    let dir = tempdir().unwrap();
    let broker = BrokerProcess::start(dir.path(), &[]);
    apache(
        &broker,
        "topics --create --topic dumped --config segment.bytes=1048576",
    );
    for (codec, acks) in [
        ("none", "1"),
        ("gzip", "all"),
        ("snappy", "all"),
        ("lz4", "1"),
        ("zstd", "all"),
    ] {
        let kcat = format!(
            "kcat -b {} -P -t dumped -K : -z {codec} -X acks={acks}",
            broker.address
        );
        let idempotent = format!(
            "{kcat} -X batch.size=20000 -X enable.idempotence={}",
            acks == "all"
        );
        run_with(
            &idempotent,
            &lines(20_000, |n| format!("{n}:{codec} {n:040}")),
        );
    }
    assert!(broker.stop().success());
    let files = files_of(&dir, "dumped-0");
    let named = |kind: &str| {
        files
            .iter()
            .filter(|file| file.ends_with(kind))
            .cloned()
            .collect::<Vec<_>>()
    };
    assert!(named(".log").len() > 1, "{files:?}");
    let tool = installed("apache-kafka/bin/kafka-dump-log.sh");
    let logs = named(".log").join(",");
    let dumped = run(&format!(
        "{tool} --deep-iteration --print-data-log --files {logs}"
    ));
    assert_eq!(
        dumped
            .lines()
            .filter(|line| line.starts_with("| offset: "))
            .count(),
        100_000
    );
    assert!(!dumped.contains("isvalid: false"));
    let rest = [named(".index"), named(".timeindex"), named(".snapshot")]
        .concat()
        .join(",");
    let dumped = run(&format!(
        "{tool} --deep-iteration --verify-index-only --files {rest}"
    ));
    let complaints = ["Mismatches", "Found ", "corrupt", "Exception", "not sane"];
    let complaint = dumped
        .lines()
        .find(|line| complaints.iter().any(|word| line.contains(word)));
    assert_eq!(complaint, None, "{dumped}");
}

#[test]
#[ignore = "needs Apache Kafka and kcat: tests/interop/setup apache kcat"]
fn segments_that_apache_wrote_are_served() {
    let (theirs, ours) = (tempdir().unwrap(), tempdir().unwrap());
    let create = "--create --topic moved --config segment.bytes=1048576";
    let numbered = lines(30_000, |n| format!("{n}:{n:040}"));
    let broker = ApacheBroker::start(&theirs);
    run(&format!(
        "{} --bootstrap-server {} {create}",
        installed("apache-kafka/bin/kafka-topics.sh"),
        broker.address
    ));
    for codec in ["none", "zstd"] {
        run_with(
            &format!("kcat -b {} -P -t moved -K : -z {codec}", broker.address),
            &numbered,
        );
    }
    drop(broker);
    let broker = BrokerProcess::start(ours.path(), &[]);
    apache(&broker, &format!("topics {create}"));
    assert!(broker.stop().success());

    // The id of the topic is ours, everything else is theirs.
    let is_moved = |file: &&String| !file.ends_with("partition.metadata");
    files_of(&ours, "moved-0")
        .iter()
        .filter(is_moved)
        .for_each(|file| fs::remove_file(file).unwrap());
    for file in files_of(&theirs, "logs/moved-0").iter().filter(is_moved) {
        let name = file.rsplit('/').next().unwrap();
        fs::copy(file, ours.path().join("moved-0").join(name)).unwrap();
    }
    let broker = BrokerProcess::start(ours.path(), &[]);
    let read = run(&format!(
        "kcat -b {} -C -t moved -o beginning -e -q -f %k:%s\\n",
        broker.address
    ));
    assert_eq!(read.lines().count(), 60_000);
    assert!(read == numbered.repeat(2), "the records differ");
}

/// The files of a partition's directory.
fn files_of(data_dir: &TempDir, partition: &str) -> Vec<String> {
    let entries = fs::read_dir(data_dir.path().join(partition)).unwrap();
    let mut files: Vec<_> = entries
        .map(|entry| entry.unwrap().path().display().to_string())
        .collect();
    files.sort();
    files
}
