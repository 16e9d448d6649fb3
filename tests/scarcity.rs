//! A machine that runs short: of disk, of rights to write, of memory, of standard streams.

use std::fs;
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

use kaffa::protocol::ErrorCode;
use tempfile::{TempDir, tempdir};

use crate::crash_recovery::{RECORDS_PER_BATCH, create_topic, produce_request, read};
use crate::support::broker::BrokerProcess;
use crate::support::wire::Wire;

const KAFFA: &str = env!("CARGO_BIN_EXE_kaffa");

/// A file system in memory that only processes started through it see, gone when dropped.
struct SmallDisk {
    keeper: Child,
    dir: TempDir,
}

impl SmallDisk {
    /// Mounts one with these mount options.
    fn mount(options: &str) -> Self {
        let dir = tempdir().unwrap();
        let mount = format!(
            "mount -t tmpfs -o {options} none {} && echo mounted && exec sleep 300",
            dir.path().display()
        );
        let mut keeper = Command::new("unshare")
            .args(["--user", "--map-root-user", "--mount", "sh", "-c", &mount])
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut said = String::new();
        BufReader::new(keeper.stdout.take().unwrap())
            .read_line(&mut said)
            .unwrap();
        assert_eq!(said, "mounted\n");
        Self { keeper, dir }
    }

    /// A command that runs `program` where the disk is.
    fn command(&self, program: &str) -> Command {
        let mut command = Command::new("nsenter");
        command
            .args(["--preserve-credentials", "--user", "--mount", "--target"])
            .arg(self.keeper.id().to_string())
            .arg(program)
            .stdin(Stdio::null());
        command
    }

    fn data(&self) -> PathBuf {
        self.dir.path().join("data")
    }

    fn start_broker(&self) -> BrokerProcess {
        let overrides = ["offsets.topic.num.partitions=1"];
        BrokerProcess::start_by(self.command(KAFFA), &self.data(), &overrides)
    }

    /// Starts a broker that must not start; what it says.
    fn refused_start(&self) -> String {
        let mut command = self.command(KAFFA);
        let output = command
            .args(["broker", "--port", "0", "--ready-json", "--data-dir"])
            .arg(self.data())
            .output()
            .unwrap();
        let told = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(1), "{told}");
        assert!(output.stdout.is_empty(), "it said that it is ready");
        told
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        drop(self.keeper.kill());
        drop(self.keeper.wait());
    }
}

/// Appends batches to partition 0 until one is refused or there are `batches`; returns the code of the refusal.
fn fill(broker: &BrokerProcess, acknowledged: &mut Vec<u64>, batches: usize) -> ErrorCode {
    let mut wire = Wire::connect(&broker.address);
    for _ in 0..batches {
        let first = acknowledged.last().map_or(0, |last| last + 1);
        let response = wire.call(&produce_request(0, first), 8).unwrap();
        let answer = &response.responses[0].partition_responses[0];
        if answer.error_code != 0 {
            return ErrorCode::from(answer.error_code);
        }
        assert_eq!(
            answer.base_offset,
            i64::try_from(acknowledged.len()).unwrap()
        );
        acknowledged.extend(first..first + RECORDS_PER_BATCH);
    }
    ErrorCode::None
}

fn check(broker: &BrokerProcess, acknowledged: &[u64]) {
    let mut log = Vec::new();
    read(broker, 0, &mut log);
    assert!(
        log == acknowledged,
        "what was acknowledged is not what is there"
    );
}

#[test]
#[ignore = "needs user namespaces: unshare and nsenter of util-linux"]
fn a_full_disk_refuses_records_and_keeps_those_it_acknowledged() {
    let disk = SmallDisk::mount("size=16m");
    let filler = disk.dir.path().join("filler");
    let mut fill_up = disk.command("fallocate");
    assert!(
        fill_up
            .args(["-l", "8M"])
            .arg(&filler)
            .status()
            .unwrap()
            .success()
    );
    let mut acknowledged = Vec::new();

    let broker = disk.start_broker();
    create_topic(&broker);
    let refusal = fill(&broker, &mut acknowledged, 1000);
    assert_eq!(refusal, ErrorCode::KafkaStorageError);
    assert!(acknowledged.len() > 1000);
    check(&broker, &acknowledged);
    broker.kill();

    let told = disk.refused_start();
    for part in ["No space left on device", "make room"] {
        assert!(told.contains(part), "{part:?} is not in:\n{told}");
    }
    assert!(disk.command("rm").arg(&filler).status().unwrap().success());
    let broker = disk.start_broker();
    check(&broker, &acknowledged);
    assert_eq!(fill(&broker, &mut acknowledged, 10), ErrorCode::None);
    check(&broker, &acknowledged);
    assert!(broker.stop().success());
}

#[test]
#[ignore = "needs user namespaces: unshare and nsenter of util-linux"]
fn a_data_directory_that_is_read_only_is_refused() {
    let disk = SmallDisk::mount("ro");
    let told = disk.refused_start();
    let path = disk.data().display().to_string();
    for part in [path.as_str(), "Read-only file system", "--data-dir"] {
        assert!(told.contains(part), "{part:?} is not in:\n{told}");
    }
}

/// The most memory that a process has used, in MiB.
fn memory_peak_mib(process: &Child) -> u64 {
    let status = fs::read_to_string(format!("/proc/{}/status", process.id())).unwrap();
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kib: u64 = peak.unwrap().trim_end_matches("kB").trim().parse().unwrap();
    kib / 1024
}

/// `KAFFA_PIPE_MEGABYTES` sets how much goes through; the topic keeps little of it.
#[test]
fn a_long_pipe_takes_little_memory() {
    const LINE: &[u8] = &[b'x'; 99];
    let megabytes = std::env::var("KAFFA_PIPE_MEGABYTES").map_or(200, |text| text.parse().unwrap());
    let dir = tempdir().unwrap();
    let overrides = [
        "log.retention.bytes=50000000",
        "log.segment.bytes=16777216",
        "log.segment.delete.delay.ms=0",
        "log.retention.check.interval.ms=500",
    ];
    let broker = BrokerProcess::start(dir.path(), &overrides);
    let mut producer = tool(&["console-producer", "--topic", "pipe"], &broker)
        .stdin(Stdio::piped())
        .spawn()
        .unwrap();
    let mut pipe = producer.stdin.take().unwrap();
    let lines = [LINE, b"\n"].concat().repeat(10_000);
    for _ in 0..megabytes {
        pipe.write_all(&lines).unwrap();
    }
    let peak = memory_peak_mib(&producer);
    drop(pipe);
    assert!(producer.wait().unwrap().success());
    assert!(peak < 64, "{peak} MiB for {megabytes} MB");
    println!("{megabytes} MB through a pipe: the producer took {peak} MiB");
}

fn tool(words: &[&str], broker: &BrokerProcess) -> Command {
    let mut command = Command::new(KAFFA);
    command
        .args(words)
        .args(["--bootstrap-server", &broker.address]);
    command
}

/// Runs `line` with a shell that has closed the streams in `closed`, like `0<&-`.
fn with_closed(closed: &str, line: &str) -> std::process::Output {
    Command::new("sh")
        .args(["-c", &format!("exec {KAFFA} {line} {closed}")])
        .stdin(Stdio::null())
        .output()
        .unwrap()
}

#[test]
fn closed_standard_streams_harm_nothing() {
    let dir = tempdir().unwrap();
    let broker = BrokerProcess::start(dir.path(), &[]);
    let topic = format!("--bootstrap-server {} --topic closed", broker.address);

    let output = with_closed("0<&-", &format!("console-producer {topic}"));
    assert!(output.status.success(), "no input is no lines: {output:?}");
    let output = with_closed("2>&-", &format!("topics {topic} --create --partitions 0"));
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    let output = with_closed("1>&-", &format!("topics {topic} --create"));
    assert!(output.status.success(), "{output:?}");
    let list = with_closed(
        "0<&- 2>&-",
        &format!("topics --bootstrap-server {} --list", broker.address),
    );
    assert_eq!(list.stdout, b"closed\n");
}
