//! Wrong usage, wrong names, wrong files: each is told in words that say what to do, ends with exit code 1, and harms
//! nothing.

use std::fs::{self, File};
use std::io::Write as _;
use std::net::TcpListener;
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::thread;

use tempfile::{TempDir, tempdir};

use crate::support::broker::BrokerProcess;
use crate::support::ports::free_port;

/// A broker, and the tools pointed at it as a person would see them.
struct Bench {
    broker: BrokerProcess,
    dir: TempDir,
}

impl Bench {
    fn new() -> Self {
        let dir = tempdir().unwrap();
        let broker = BrokerProcess::start(
            &dir.path().join("data"),
            &["auto.create.topics.enable=false"],
        );
        Self { broker, dir }
    }

    fn with_topic(options: &str) -> Self {
        let bench = Self::new();
        assert!(
            bench
                .ok("topics", &format!("--create --topic orders {options}"))
                .contains("Created topic orders.")
        );
        bench
    }

    fn command(&self, tool: &str, options: &str) -> Command {
        let mut command = kaffa();
        let mode = if tool == "console-consumer" {
            "plain"
        } else {
            "table"
        };
        command.args([
            tool,
            "--output",
            mode,
            "--bootstrap-server",
            &self.broker.address,
        ]);
        command.args(options.split_whitespace());
        command
    }

    fn ok(&self, tool: &str, options: &str) -> String {
        let output = self.command(tool, options).output().unwrap();
        assert!(output.status.success(), "{output:?}");
        String::from_utf8(output.stdout).unwrap()
    }

    /// What a command that fails says on stderr.
    fn refused(&self, tool: &str, options: &str) -> String {
        refusal(&self.command(tool, options).output().unwrap())
    }

    /// Sends `input`; returns what came of it.
    fn produce(&self, options: &str, input: &[u8]) -> Output {
        let mut child = self
            .command("console-producer", &format!("--topic orders {options}"))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut stdin = child.stdin.take().unwrap();
        let input = input.to_vec();
        // A tool that stops reading closes the pipe, which is none of the test's business.
        let writer = thread::spawn(move || drop(stdin.write_all(&input)));
        let output = child.wait_with_output().unwrap();
        writer.join().unwrap();
        output
    }

    /// Every record of the topic, a line each.
    fn consume(&self, count: usize) -> Vec<u8> {
        let options =
            format!("--topic orders --from-beginning --max-messages {count} --timeout-ms 20000");
        let mut command = self.command("console-consumer", &options);
        let output = command.output().unwrap();
        assert!(output.status.success(), "{output:?}");
        output.stdout
    }
}

fn kaffa() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_kaffa"));
    command.stdin(Stdio::null());
    command
}

/// The stderr of a command that failed as it should: exit code 1, no panic.
fn refusal(output: &Output) -> String {
    let told = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(1), "{told}");
    assert!(!told.contains("panicked"), "{told}");
    told
}

#[track_caller]
fn says(told: &str, parts: &[&str]) {
    for part in parts {
        assert!(told.contains(part), "{part:?} is not in:\n{told}");
    }
}

#[test]
fn a_broker_that_is_not_there_is_named() {
    let address = format!("127.0.0.1:{}", free_port());
    let output = kaffa()
        .args([
            "topics",
            "--output",
            "table",
            "--bootstrap-server",
            &address,
            "--list",
        ])
        .output()
        .unwrap();
    says(
        &refusal(&output),
        &[
            &format!("cannot reach {address}"),
            "refused",
            "is the broker running?",
        ],
    );
}

#[test]
fn a_web_server_is_told_from_a_broker() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    thread::spawn(move || {
        for stream in listener.incoming() {
            drop(
                stream
                    .unwrap()
                    .write_all(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n"),
            );
        }
    });
    let output = kaffa()
        .args([
            "topics",
            "--output",
            "table",
            "--bootstrap-server",
            &address,
            "--list",
        ])
        .output()
        .unwrap();
    says(&refusal(&output), &[&address, "HTTP"]);
}

#[test]
fn an_advertised_address_that_does_not_resolve_is_told_from_a_cluster_that_is_down() {
    let dir = tempdir().unwrap();
    let port = free_port();
    let listeners = format!("listeners=PLAINTEXT://127.0.0.1:{port}");
    let advertised = format!("advertised.listeners=PLAINTEXT://nowhere.invalid:{port}");
    let broker = BrokerProcess::start(dir.path(), &[&listeners, &advertised]);
    let mut create = kaffa();
    create.args([
        "console-producer",
        "--output",
        "table",
        "--bootstrap-server",
        &broker.address,
        "--topic",
        "t",
    ]);
    create.args([
        "--max-block-ms",
        "2000",
        "--command-property",
        "delivery.timeout.ms=3000",
    ]);
    let mut child = create
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdin.take().unwrap().write_all(b"x\n"));
    says(
        &refusal(&child.wait_with_output().unwrap()),
        &["nowhere.invalid"],
    );
}

#[test]
fn topics_that_are_not_there_or_cannot_be_are_refused() {
    let bench = Bench::with_topic("--partitions 3");
    let topics = |options: &str| bench.refused("topics", options);
    says(
        &topics("--describe --topic order"),
        &["'order' does not exist", "did you mean", "orders"],
    );
    says(
        &topics("--delete --topic nothing-like-it"),
        &["does not exist", "--list"],
    );
    says(
        &topics("--create --topic orders"),
        &["already exists", "--if-not-exists"],
    );
    says(
        &topics("--create --topic bad/name"),
        &["topic name is invalid", "letters, digits"],
    );
    bench.ok("topics", "--create --topic a_b");
    says(
        &topics("--create --topic a.b"),
        &["collides with existing topic: a_b"],
    );
    says(
        &topics("--create --topic p --partitions 0"),
        &["--partitions must be 1 or more"],
    );
    says(
        &topics("--create --topic p --partitions -1"),
        &["--partitions must be 1 or more"],
    );
    says(
        &topics("--alter --topic orders --partitions 2"),
        &["would not be an increase", "never taken away"],
    );
    says(
        &topics("--create --topic p --replication-factor 3"),
        &["as many replicas as there are brokers"],
    );
    says(
        &topics("--create --topic p --config nonsense=1"),
        &["topics have no config 'nonsense'"],
    );
    says(
        &topics("--create --topic p --config retention.ms=abc"),
        &["retention.ms cannot be 'abc'", "not a whole number"],
    );
    assert_eq!(bench.ok("topics", "--list"), "a_b\norders\n");
}

#[test]
fn lines_that_are_no_records_stop_the_producer_after_what_came_before_them() {
    let bench = Bench::with_topic("");
    let keyed = "--reader-property parse.key=true --reader-property key.separator=:";
    let told = refusal(&bench.produce(keyed, b"k:one\nno key here\nk:three\n"));
    says(&told, &["no key separator in 'no key here'", "line 2"]);
    assert_eq!(bench.consume(1), b"one\n");
}

#[test]
fn a_record_that_is_too_large_is_named_and_the_others_are_written() {
    let bench = Bench::with_topic("--config max.message.bytes=10000");
    let input = [b"before\n".as_slice(), &vec![b'x'; 20_000], b"\nafter\n"].concat();
    let told = refusal(&bench.produce("--batch-size 1", &input));
    says(&told, &["line 2 ", "20.0 kB", "max.message.bytes"]);
    assert_eq!(bench.consume(2), b"before\nafter\n");
}

#[test]
fn input_is_taken_byte_for_byte() {
    let bench = Bench::with_topic("");
    assert!(
        bench.produce("", b"").status.success(),
        "no lines are no error"
    );
    let input = b"not utf-8: \xff\xfe\x00!\r\nlast line without an end";
    assert!(bench.produce("", input).status.success());
    assert_eq!(
        bench.consume(2),
        b"not utf-8: \xff\xfe\x00!\nlast line without an end\n"
    );
}

#[test]
fn a_directory_is_no_input() {
    let bench = Bench::with_topic("");
    let mut command = bench.command("console-producer", "--topic orders");
    let output = command
        .stdin(File::open(bench.dir.path()).unwrap())
        .output()
        .unwrap();
    says(
        &refusal(&output),
        &["cannot read standard input", "directory"],
    );
}

#[test]
fn resets_that_make_no_sense_are_refused_and_change_nothing() {
    let bench = Bench::with_topic("--partitions 1");
    let reset = |options: &str| {
        bench.refused(
            "consumer-groups",
            &format!("--reset-offsets --group g --dry-run {options}"),
        )
    };
    says(
        &reset("--topic missing --to-earliest"),
        &["missing", "--list"],
    );
    says(&reset("--topic orders:7 --to-earliest"), &["orders-7"]);
    says(
        &reset("--topic orders --to-datetime yesterdayish"),
        &[
            "'yesterdayish' is not a time",
            "UTC, as Apache Kafka writes it",
        ],
    );
    says(&reset("--topic orders --by-duration soon"), &["P7D"]);
    says(
        &bench.refused("consumer-groups", "--describe --group nobody"),
        &["nobody", "does not exist", "--list"],
    );
    says(
        &bench.refused("consumer-groups", "--delete --group nobody"),
        &["nobody", "does not exist", "--list"],
    );

    let plan = bench.dir.path().join("plan.csv");
    fs::write(&plan, "orders,0,0\norders,zero,1\n").unwrap();
    says(
        &reset(&format!("--from-file {}", plan.display())),
        &["line 2", "'zero'", "topic,partition,offset"],
    );
    says(
        &reset("--from-file no-such-plan.csv"),
        &["no-such-plan.csv", "No such file"],
    );
    assert_eq!(bench.ok("consumer-groups", "--list"), "");
}

#[test]
fn a_group_with_members_is_not_reset() {
    let bench = Bench::with_topic("");
    assert!(bench.produce("", b"one\n").status.success());
    let mut member = bench.command(
        "console-consumer",
        "--topic orders --group g --from-beginning",
    );
    let mut member = member.stdout(Stdio::piped()).spawn().unwrap();
    let mut first = [0; 4];
    std::io::Read::read_exact(member.stdout.as_mut().unwrap(), &mut first).unwrap();
    let told = bench.refused(
        "consumer-groups",
        "--reset-offsets --group g --topic orders --to-earliest --execute",
    );
    member.kill().unwrap();
    member.wait().unwrap();
    says(&told, &["'g'", "Stable"]);
}

#[test]
fn a_reader_that_went_away_is_no_error_but_a_full_disk_is() {
    let bench = Bench::with_topic("");
    let mut list = bench.command("topics", "--list");
    let full = File::options().write(true).open("/dev/full").unwrap();
    says(
        &refusal(&list.stdout(full).output().unwrap()),
        &["standard output", "No space left"],
    );

    let lines = "a line of a stream that nobody reads\n".repeat(50_000);
    assert!(bench.produce("", lines.as_bytes()).status.success());
    let mut consumer = bench.command(
        "console-consumer",
        "--topic orders --from-beginning --max-messages 50000",
    );
    let mut consumer = consumer
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(consumer.stdout.take());
    let output = consumer.wait_with_output().unwrap();
    assert!(output.status.success(), "{output:?}");
}

/// Starts a broker that must not start; what it says.
fn start_refused(options: &[&str]) -> String {
    refusal(
        &kaffa()
            .args(["broker", "--ready-json"])
            .args(options)
            .output()
            .unwrap(),
    )
}

#[test]
fn a_data_directory_that_cannot_be_used_is_refused() {
    let dir = tempdir().unwrap();
    let data = dir.path().join("data");
    let path = data.to_str().unwrap();
    let broker = BrokerProcess::start(&data, &[]);
    says(
        &start_refused(&["--port", "0", "--data-dir", path]),
        &[path, "another"],
    );
    assert!(broker.stop().success());

    says(
        &start_refused(&["--port", "0", "--data-dir", path, "--override", "node.id=7"]),
        &["node.id", path],
    );
    let other = dir.path().join("other");
    assert!(BrokerProcess::start(&other, &[]).stop().success());
    let both = format!("log.dirs={path},{}", other.display());
    says(
        &start_refused(&["--port", "0", "--override", &both]),
        &["cluster.id"],
    );

    let file = dir.path().join("file");
    fs::write(&file, "").unwrap();
    says(
        &start_refused(&[
            "--port",
            "0",
            "--data-dir",
            file.join("below").to_str().unwrap(),
        ]),
        &["file"],
    );
}

#[test]
fn a_port_in_use_is_named() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    says(
        &start_refused(&["--port", &port, "--ephemeral"]),
        &[&port, "in use", "--port"],
    );
}

#[test]
fn a_configuration_that_cannot_be_read_is_refused_by_key() {
    says(
        &start_refused(&[
            "--ephemeral",
            "--port",
            "0",
            "--override",
            "num.partitions=many",
        ]),
        &["num.partitions", "many"],
    );
    says(
        &start_refused(&["--ephemeral", "--port", "0", "--override", "nonsense"]),
        &["KEY=VALUE", "nonsense"],
    );
    says(
        &start_refused(&["--config", "/no/such/server.properties"]),
        &["/no/such/server.properties"],
    );
    assert!(!Path::new("/no").exists());
}
