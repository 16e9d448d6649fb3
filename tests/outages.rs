//! The broker dies, or falls silent, in the middle of a tool's work: the tool says so within its time-out, and what it
//! did not call failed is on disk.

use std::fs;
use std::io::{BufRead as _, BufReader, Write as _};
use std::process::{Child, Command, Output, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};
use tempfile::{TempDir, tempdir};

use crate::support::broker::BrokerProcess;
use crate::support::ports::free_port;
use crate::support::programs::lines;

/// How long any of it may take.
const PATIENCE: Duration = Duration::from_mins(2);

struct Bench {
    dir: TempDir,
    listener: String,
}

impl Bench {
    /// A data directory, and a port that a broker can have again and again.
    fn new() -> Self {
        let address = format!("127.0.0.1:{}", free_port());
        Self {
            dir: tempdir().unwrap(),
            listener: format!("listeners=PLAINTEXT://{address}"),
        }
    }

    fn broker(&self) -> BrokerProcess {
        BrokerProcess::start(&self.dir.path().join("data"), &[&self.listener])
    }

    /// A tool as a person sees it, with these client properties.
    fn tool(&self, broker: &BrokerProcess, line: &str, properties: &str) -> Command {
        let file = self.dir.path().join("client.properties");
        fs::write(&file, properties).unwrap();
        let mut command = Command::new(env!("CARGO_BIN_EXE_kaffa"));
        command
            .args(line.split_whitespace())
            .args(["--bootstrap-server", &broker.address, "--command-config"])
            .arg(file)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        command
    }
}

/// Waits for the end of a tool; it is killed when that takes too long.
fn end(mut child: Child) -> Output {
    let pid = Pid::from_child(&child);
    let (stdout, stderr) = (child.stdout.take(), child.stderr.take());
    let (ended, watch) = mpsc::channel::<()>();
    let watcher = thread::spawn(move || {
        if watch
            .recv_timeout(PATIENCE)
            .is_err_and(|error| error == mpsc::RecvTimeoutError::Timeout)
        {
            kill_process(pid, Signal::KILL).unwrap();
        }
    });
    let err = thread::spawn(move || all(stderr));
    let stdout = all(stdout);
    let stderr = err.join().unwrap();
    let status = child.wait().unwrap();
    drop(ended);
    watcher.join().unwrap();
    Output {
        status,
        stdout,
        stderr,
    }
}

fn all(stream: Option<impl std::io::Read>) -> Vec<u8> {
    let mut bytes = Vec::new();
    stream.map(|mut stream| stream.read_to_end(&mut bytes));
    bytes
}

#[track_caller]
fn says(output: &Output, code: i32, parts: &[&str]) {
    let told = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(code), "{told}");
    for part in parts {
        assert!(told.contains(part), "{part:?} is not in:\n{told}");
    }
}

#[test]
fn what_a_producer_does_not_call_failed_is_on_disk() {
    const BEFORE: usize = 20_000;
    const AFTER: usize = 500;
    let bench = Bench::new();
    let broker = bench.broker();
    let properties = "delivery.timeout.ms=3000\nrequest.timeout.ms=1000\nlinger.ms=0\n";
    let mut producer = bench.tool(&broker, "console-producer --topic t", properties);
    let mut producer = producer.stdin(Stdio::piped()).spawn().unwrap();
    let mut stdin = producer.stdin.take().unwrap();
    let first = lines(BEFORE, |n| n);
    stdin.write_all(first.as_bytes()).unwrap();
    let half = format!(
        "console-consumer --topic t --partition 0 --offset 0 --max-messages {}",
        BEFORE / 2
    );
    assert!(
        bench
            .tool(&broker, &half, "")
            .output()
            .unwrap()
            .status
            .success()
    );
    broker.kill();
    let then = lines(AFTER, |n| BEFORE + n);
    // A tool that has given up does not read.
    drop(stdin.write_all(then.as_bytes()));
    drop(stdin);
    let output = end(producer);
    says(&output, 1, &["Error when sending message to topic t"]);
    let told = String::from_utf8(output.stderr).unwrap();
    let failed = told.matches("Error when sending message").count();

    let broker = bench.broker();
    let all = "console-consumer --topic t --partition 0 --offset 0 --timeout-ms 5000";
    let output = bench.tool(&broker, all, "").output().unwrap();
    let there = String::from_utf8(output.stdout).unwrap();
    for (number, line) in there.lines().enumerate() {
        assert_eq!(line, number.to_string(), "out of order, or twice");
    }
    let count = there.lines().count();
    assert!(
        count + failed >= BEFORE + AFTER,
        "{count} are there, {failed} were called failed"
    );
    assert!(failed >= AFTER, "{failed}");
}

#[test]
fn a_consumer_says_that_it_waits_and_goes_on_when_the_broker_is_back() {
    let bench = Bench::new();
    let broker = bench.broker();
    let produce = |broker: &BrokerProcess, line: &str| {
        let mut producer = bench
            .tool(broker, "console-producer --topic t", "")
            .stdin(Stdio::piped())
            .spawn()
            .unwrap();
        producer
            .stdin
            .take()
            .unwrap()
            .write_all(line.as_bytes())
            .unwrap();
        says(&end(producer), 0, &[]);
    };
    produce(&broker, "one\n");
    let read =
        "console-consumer --topic t --group g --from-beginning --max-messages 2 --output plain";
    let mut consumer = bench.tool(&broker, read, "").spawn().unwrap();
    let mut lines = BufReader::new(consumer.stdout.take().unwrap()).lines();
    assert_eq!(lines.next().unwrap().unwrap(), "one");
    let address = broker.address.clone();
    broker.kill();
    let mut told = BufReader::new(consumer.stderr.take().unwrap()).lines();
    let waiting = told.next().unwrap().unwrap();
    assert!(
        waiting.contains(&format!(
            "still trying: cannot reach {address}: connection refused"
        )),
        "{waiting}"
    );
    let broker = bench.broker();
    produce(&broker, "two\n");
    assert_eq!(lines.next().unwrap().unwrap(), "two");
    says(&end(consumer), 0, &[]);
    let rest: Vec<_> = told.map(Result::unwrap).collect();
    assert!(
        rest.iter()
            .any(|line| line.contains(&format!("connected to {address} after"))),
        "{rest:?}"
    );
}

#[test]
fn a_broker_that_falls_silent_is_named_with_what_changes_the_time_out() {
    let bench = Bench::new();
    let broker = bench.broker();
    broker.signal(Signal::STOP);
    let properties = "request.timeout.ms=500\ndefault.api.timeout.ms=1000\n";
    for line in [
        "topics --list",
        "topics --describe",
        "console-producer --topic t",
        "consumer-groups --describe --group g",
    ] {
        let mut tool = bench.tool(&broker, &format!("{line} --output table"), properties);
        let mut child = tool.stdin(Stdio::piped()).spawn().unwrap();
        drop(child.stdin.take().unwrap().write_all(b"a line\n"));
        let parts = [
            broker.address.as_str(),
            "did not answer",
            "request.timeout.ms",
            "--command-config",
        ];
        says(&end(child), 1, &parts);
    }
    broker.signal(Signal::CONT);
}

#[test]
fn a_consumer_of_a_dead_broker_ends_when_it_has_waited_long_enough() {
    let bench = Bench::new();
    let broker = bench.broker();
    let mut producer = bench.tool(&broker, "console-producer --topic t", "");
    let mut producer = producer.stdin(Stdio::piped()).spawn().unwrap();
    let mut stdin = producer.stdin.take().unwrap();
    stdin.write_all(b"a line\n").unwrap();
    drop(stdin);
    says(&end(producer), 0, &[]);
    // Less than a call may take by itself, which is how long the consumer once asked what it waits for.
    let line = "console-consumer --topic t --from-beginning --timeout-ms 15000 --deadline 55s";
    let mut consumer = bench.tool(&broker, line, "").spawn().unwrap();
    let mut stdout = BufReader::new(consumer.stdout.take().unwrap());
    let mut read = String::new();
    stdout.read_line(&mut read).unwrap();
    assert_eq!(read, "a line\n");
    broker.kill();
    says(&end(consumer), 0, &["Processed a total of 1 messages"]);
}

#[test]
fn a_broker_that_dies_with_a_request_is_named() {
    for line in [
        "topics --list",
        "topics --create --topic t",
        "consumer-groups --list",
        "console-consumer --topic t --timeout-ms 3000",
    ] {
        let bench = Bench::new();
        let broker = bench.broker();
        broker.signal(Signal::STOP);
        let properties = "default.api.timeout.ms=2000\n";
        let child = bench
            .tool(&broker, &format!("{line} --output table"), properties)
            .spawn()
            .unwrap();
        let address = broker.address.clone();
        broker.wait_for_peer();
        broker.kill();
        says(&end(child), 1, &[&address]);
    }
}
