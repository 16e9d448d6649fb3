//! Other people's programs, as `tests/interop/setup` puts them on the machine.

use std::fmt::Display;
use std::io::{Seek as _, Write as _};
use std::process::{Command, Stdio};

use super::broker::BrokerProcess;

/// Seconds that one program may take.
const PROGRAM_MAX: u32 = 240;

/// A file of `tests/interop`.
pub(crate) fn interop(path: &str) -> String {
    format!("{}/tests/interop/{path}", env!("CARGO_MANIFEST_DIR"))
}

/// A file that `tests/interop/setup` made.
pub(crate) fn installed(path: &str) -> String {
    format!("{}/target/interop/{path}", env!("CARGO_MANIFEST_DIR"))
}

/// Runs a command line, words between blanks, to its end; it must succeed. Returns what it printed.
pub(crate) fn run(line: &str) -> String {
    run_with(line, "")
}

/// The same with something to read.
pub(crate) fn run_with(line: &str, input: &str) -> String {
    let mut file = tempfile::tempfile().unwrap();
    file.write_all(input.as_bytes()).unwrap();
    file.rewind().unwrap();
    let mut command = Command::new("timeout");
    command
        .arg("--kill-after=5")
        .arg(PROGRAM_MAX.to_string())
        .args(line.split_whitespace());
    command
        .env("NODE_PATH", installed("kafkajs/node_modules"))
        .env("KAFKAJS_NO_PARTITIONER_WARNING", "1");
    let output = command.stdin(Stdio::from(file)).output().unwrap();
    let (said, complained) = (
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr),
    );
    assert!(
        output.status.success(),
        "{line}\n{}\n{said}\n{complained}",
        output.status
    );
    said.into_owned()
}

/// One of Apache's scripts on `broker`: its name without `kafka-` and `.sh`, and its words.
pub(crate) fn apache(broker: &BrokerProcess, line: &str) -> String {
    apache_with(broker, line, "")
}

/// The same with something to read.
pub(crate) fn apache_with(broker: &BrokerProcess, line: &str, input: &str) -> String {
    let (script, words) = line.split_once(' ').unwrap_or((line, ""));
    let script = installed(&format!("apache-kafka/bin/kafka-{script}.sh"));
    run_with(
        &format!("{script} --bootstrap-server {} {words}", broker.address),
        input,
    )
}

/// Numbered lines.
pub(crate) fn lines<T: Display>(count: usize, line: impl Fn(usize) -> T) -> String {
    let all: Vec<String> = (0..count)
        .map(|number| format!("{}\n", line(number)))
        .collect();
    all.concat()
}

/// The lines of `text` in order.
pub(crate) fn sorted(text: &str) -> Vec<&str> {
    let mut lines: Vec<&str> = text.lines().collect();
    lines.sort_unstable();
    lines
}
