//! A broker and our tools beside it, as scripts use them.

use std::fs::{self, File};
use std::io::Write as _;
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};

use serde_json::Value;
use tempfile::{TempDir, tempdir};

use super::broker::BrokerProcess;

/// A broker, a directory, and the tools in it, away from any terminal.
pub(crate) struct Bench {
    pub(crate) broker: BrokerProcess,
    dir: TempDir,
}

impl Bench {
    /// A fresh one.
    pub(crate) fn new() -> Self {
        Self::with(&[])
    }

    /// One whose broker has these `KEY=VALUE`.
    pub(crate) fn with(overrides: &[&str]) -> Self {
        let dir = tempdir().unwrap();
        let broker = BrokerProcess::start(&dir.path().join("data"), overrides);
        Self { broker, dir }
    }

    /// A file in the directory.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    /// A run of `kaffa` with these words, between blanks, after the broker.
    pub(crate) fn tool(&self, line: &str) -> Command {
        let mut words = line.split_whitespace();
        let mut command = Command::new(env!("CARGO_BIN_EXE_kaffa"));
        command
            .arg(words.next().unwrap())
            .args(["--bootstrap-server", &self.broker.address])
            .args(words)
            .current_dir(self.dir.path())
            .env_remove("CI");
        command
    }

    /// Runs it; it must succeed. What it printed.
    pub(crate) fn ok(&self, line: &str) -> String {
        let output = self.tool(line).output().unwrap();
        assert!(output.status.success(), "{line}: {output:?}");
        String::from_utf8(output.stdout).unwrap()
    }

    /// Creates a topic.
    pub(crate) fn create(&self, topic: &str, options: &str) {
        self.ok(&format!("topics --create --topic {topic} {options}"));
    }

    /// Sends a file of `input`.
    pub(crate) fn produce(&self, options: &str, input: &[u8]) -> Output {
        let path = self.path("input");
        fs::write(&path, input).unwrap();
        self.tool(&format!("produce {options}"))
            .stdin(File::open(path).unwrap())
            .output()
            .unwrap()
    }

    /// Sends `input` through a pipe.
    pub(crate) fn pipe(&self, options: &str, input: &[u8]) -> Output {
        let mut child = self
            .tool(&format!("produce {options}"))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        child.stdin.take().unwrap().write_all(input).unwrap();
        child.wait_with_output().unwrap()
    }

    /// The values in a topic, in the order of a single partition.
    pub(crate) fn values(&self, topic: &str, count: usize) -> String {
        self.ok(&format!(
            "consume --topic {topic} --from-beginning --max-messages {count} --timeout-ms 60000"
        ))
    }

    /// Every record of a topic in JSON, by partition and offset.
    pub(crate) fn records(&self, topic: &str, count: usize) -> String {
        let text = self.ok(&format!(
            "consume --output json --topic {topic} --from-beginning --max-messages {count}"
        ));
        let mut lines: Vec<Value> = text
            .lines()
            .map(|line| serde_json::from_str(line).unwrap())
            .collect();
        lines.sort_by_key(|line| (line["partition"].as_i64(), line["offset"].as_i64()));
        let lines: Vec<_> = lines.iter().map(|line| format!("{line}\n")).collect();
        lines.concat()
    }
}

/// What was said on stderr.
pub(crate) fn stderr(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}
