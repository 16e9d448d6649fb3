//! Recorded command lines and what Apache Kafka 4.3.1 printed for them, played again and compared.
//!
//! A transcript is a list of commands (`$ `, continued by `> `), each with the lines it wrote to stdout (`1|`), those it
//! wrote to stderr other than logs and stack traces (`2|`), and its exit status (`rc N`). A backslash in place of the bar
//! means that the line had no end. Volatile parts are masked by text of the same length, so that columns stay in place; of
//! an option table only the fact is kept.
//!
//! stdout and the exit status must be equal, except that a failure which Apache's tool prints as `Error: ` and then hides
//! from the shell may exit with 1. The recorded lines of stderr must appear in their order; there may be others.

use std::fmt::Write as _;
use std::fs;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::mpsc;
use std::time::Duration;

use regex::{Captures, Regex};
use rustix::process::{Pid, Signal, kill_process_group};

/// How long one command may take.
const COMMAND_MAX: Duration = Duration::from_mins(2);

/// Waits for what other commands do: `await FILE REGEX`, `await_stable GROUP`, `await_empty GROUP`.
const PRELUDE: &str = r#"
set -o pipefail
await() { for _ in $(seq 300); do grep -qE "$2" "$1" 2> /dev/null && return 0; sleep 0.1; done; echo "await: no $2 in $1" >&2; return 1; }
await_state() { for _ in $(seq 60); do kafka-consumer-groups.sh --bootstrap-server $B --describe --group "$1" --state 2> /dev/null | grep -qE " $2 " && return 0; sleep 0.2; done; echo "await: $1 is not $2" >&2; return 1; }
await_stable() { await_state "$1" Stable; }
await_empty() { await_state "$1" Empty; }
"#;

/// A command and what it printed.
#[derive(Debug, Default, PartialEq, Eq)]
struct Step {
    command: String,
    stdout: Vec<String>,
    stderr: Vec<String>,
    status: String,
}

/// Plays the transcript `name` with the tools in `bin` against the broker at `address` (`127.0.0.1:PORT`).
pub(crate) fn plays_as_recorded(name: &str, bin: &Path, address: &str) {
    let path = format!(
        "{}/tests/golden/transcripts/{name}.transcript",
        env!("CARGO_MANIFEST_DIR")
    );
    let dir = tempfile::tempdir().unwrap();
    let stage = Stage {
        bin,
        dir: dir.path(),
        address,
    };
    let mut differences = String::new();
    for wanted in read(&fs::read_to_string(path).unwrap()) {
        let found = stage.play(&wanted.command);
        if let Some(difference) = difference(&wanted, &found) {
            writeln!(differences, "$ {}\n{difference}", wanted.command).unwrap();
        }
    }
    assert!(differences.is_empty(), "{name}\n{differences}");
}

fn read(transcript: &str) -> Vec<Step> {
    let mut steps: Vec<Step> = Vec::new();
    for line in transcript.lines().filter(|line| !line.is_empty()) {
        if let Some(command) = line.strip_prefix("$ ") {
            steps.push(Step {
                command: command.to_owned(),
                ..Step::default()
            });
            continue;
        }
        let step = steps
            .last_mut()
            .expect("a transcript begins with a command");
        if let Some(more) = line.strip_prefix("> ") {
            step.command = format!("{}\n{more}", step.command);
        } else if let Some(status) = line.strip_prefix("rc ") {
            status.clone_into(&mut step.status);
        } else if line.starts_with('1') {
            step.stdout.push(line.to_owned());
        } else {
            step.stderr.push(line.to_owned());
        }
    }
    steps
}

/// Where commands are played.
struct Stage<'s> {
    bin: &'s Path,
    dir: &'s Path,
    address: &'s str,
}

impl Stage<'_> {
    fn play(&self, command: &str) -> Step {
        let (_, port) = self.address.rsplit_once(':').unwrap();
        let path = format!("{}:{}", self.bin.display(), std::env::var("PATH").unwrap());
        let child = Command::new("bash")
            .args(["-c", &format!("{PRELUDE}{command}")])
            .current_dir(self.dir)
            .envs([
                ("PATH", path.as_str()),
                ("B", self.address),
                ("PORT", port),
                ("TZ", "UTC"),
                ("LC_ALL", "C.UTF-8"),
            ])
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .process_group(0)
            .spawn()
            .unwrap();
        let group = Pid::from_child(&child);
        let (ended, watched) = mpsc::channel::<()>();
        let watchdog = std::thread::spawn(move || {
            if watched.recv_timeout(COMMAND_MAX) == Err(mpsc::RecvTimeoutError::Timeout) {
                kill_process_group(group, Signal::KILL).unwrap();
            }
        });
        let output = child.wait_with_output().unwrap();
        drop(ended);
        watchdog.join().unwrap();
        let masks = Masks::new(port, self.dir);
        Step {
            command: command.to_owned(),
            stdout: masks.lines(&output.stdout, '1'),
            stderr: masks.lines(&output.stderr, '2'),
            status: output
                .status
                .code()
                .map_or("killed".to_owned(), |code| code.to_string()),
        }
    }
}

/// What replaces the parts of output that differ from run to run.
struct Masks {
    port: String,
    dir: String,
    uuid: Regex,
    topic_id: Regex,
    timestamp: Regex,
    random_group: Regex,
    unordered: Regex,
    table: Regex,
}

impl Masks {
    fn new(port: &str, dir: &Path) -> Self {
        let regex = |text| Regex::new(text).unwrap();
        Self {
            port: port.to_owned(),
            dir: dir.display().to_string(),
            uuid: regex("[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"),
            topic_id: regex("(TopicId: )[A-Za-z0-9_-]{22}"),
            timestamp: regex(r"(CreateTime|LogAppendTime):\d{13}"),
            random_group: regex(r"(console-consumer-)\d{1,5}"),
            unordered: regex(r"\[[a-z-]+\](?:, \[[a-z-]+\])+"),
            table: regex(r"^(\* )?Option( \(\* = required\))? +Description"),
        }
    }

    /// The lines of a stream, masked and marked; nothing after an option table.
    fn lines(&self, bytes: &[u8], stream: char) -> Vec<String> {
        let text = String::from_utf8_lossy(bytes);
        let mut lines = Vec::new();
        for line in text.split_inclusive('\n') {
            let (line, mark) = match line.strip_suffix('\n') {
                Some(line) => (line, '|'),
                None => (line, '\\'),
            };
            if self.table.is_match(line) {
                lines.push(format!("{stream}|<option table>"));
                break;
            }
            lines.push(format!("{stream}{mark}{}", self.mask(line)));
        }
        lines
    }

    fn mask(&self, line: &str) -> String {
        let (port, hidden) = (&self.port, "P".repeat(self.port.len()));
        let line = line.replace(&self.dir, "<dir>");
        let line = line.replace(&format!("localhost:{port}"), &format!("127.0.0.1:{port}"));
        let line = line.replace(&format!(":{port}"), &format!(":{hidden}"));
        let line = self
            .uuid
            .replace_all(&line, "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx");
        let line = self
            .topic_id
            .replace_all(&line, "${1}xxxxxxxxxxxxxxxxxxxxxx");
        let line = self.timestamp.replace_all(&line, "${1}:nnnnnnnnnnnnn");
        let line = self.random_group.replace_all(&line, "${1}N");
        let sorted = |set: &Captures<'_>| {
            let mut parts: Vec<&str> = set[0].split(", ").collect();
            parts.sort_unstable();
            parts.join(", ")
        };
        self.unordered.replace_all(&line, sorted).into_owned()
    }
}

/// What is wrong with `found`, if anything.
fn difference(wanted: &Step, found: &Step) -> Option<String> {
    let hides_failure = wanted
        .stdout
        .iter()
        .any(|line| line.starts_with("1|Error: "));
    let is_status_right = wanted.status == found.status
        || (hides_failure && (&*wanted.status, &*found.status) == ("0", "1"));
    let missing = missing_in_order(&wanted.stderr, &found.stderr);
    if wanted.stdout == found.stdout && is_status_right && missing.is_none() {
        return None;
    }
    let mut text = format!(
        "--- recorded, rc {}\n{}\n",
        wanted.status,
        wanted.stdout.join("\n")
    );
    write!(
        text,
        "--- found, rc {}\n{}\n{}\n",
        found.status,
        found.stdout.join("\n"),
        found.stderr.join("\n")
    )
    .unwrap();
    if let Some(line) = missing {
        write!(text, "--- stderr lacks\n{line}\n").unwrap();
    }
    Some(text)
}

/// The first of the `wanted` lines that does not follow its predecessor in `found`, Java's class names aside.
fn missing_in_order<'w>(wanted: &'w [String], found: &[String]) -> Option<&'w str> {
    let class =
        r#"^2.(Exception in thread "main" )?(?:(?:[a-z]\w*\.)+[A-Z][\w$]*(?:Exception|Error): )*"#;
    let class = Regex::new(class).unwrap();
    let mut found = found.iter().map(|line| class.replace(line, ""));
    let is_missing = |line: &&String| {
        let line = class.replace(line, "");
        !found.any(|other| other == line)
    };
    wanted.iter().find(is_missing).map(String::as_str)
}
