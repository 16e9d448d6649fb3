//! Recorded command lines and what Apache Kafka 4.3.1 printed for them, played again and compared.
//!
//! A transcript is a list of commands (`$ `, continued by `> `), each with the lines it wrote to stdout (`1|`), those it
//! wrote to stderr other than logs and stack traces (`2|`), and its exit status (`rc N`). A backslash in place of the bar
//! means that the line had no end. Volatile parts are masked by text of the same length, so that columns stay in place; of
//! an option table only the fact is kept. Lines in front of the first command are comments (`# `).
//!
//! stdout and the exit status must be equal. The recorded lines of stderr must appear in their order, Java's class names
//! aside; there may be others. Where our tools mean to differ, `tests/golden/deviations.toml` says so.

mod deviations;
mod masks;

use std::fmt::Write as _;
use std::fs;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::mpsc;
use std::time::Duration;

use regex::Regex;
use rustix::process::{Pid, Signal, kill_process_group};

pub(crate) use deviations::check as check_deviations;

use self::deviations::Deviations;
use self::masks::{Masks, without_logs};

/// How long one command may take.
const COMMAND_MAX: Duration = Duration::from_mins(2);

/// Waits for what other commands do: `await FILE REGEX`, `await_stable GROUP`, `await_empty GROUP`.
const PRELUDE: &str = r#"
set -o pipefail
await() { for _ in $(seq 300); do grep -qE "$2" "$1" 2> /dev/null && return 0; sleep 0.1; done; echo "await: no $2 in $1" >&2; return 1; }
await_state() { for _ in $(seq $TRIES); do kafka-consumer-groups.sh --bootstrap-server $B --describe --group "$1" --state 2> /dev/null | grep -qE " $2 " && return 0; sleep 0.2; done; echo "await: $1 is not $2" >&2; return 1; }
await_stable() { await_state "$1" Stable; }
await_empty() { await_state "$1" Empty; }
"#;

/// A command and what it printed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Step {
    command: String,
    stdout: Vec<String>,
    stderr: Vec<String>,
    /// `rc N`, alone.
    status: Vec<String>,
}

/// Whose tools play, and on whose broker.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Cast {
    /// Our tools; the broker may be anybody's.
    OurTools,
    /// Apache's tools on our broker.
    OurBroker,
    /// Nothing of ours.
    Apache,
}

/// Plays the transcript `name` with the tools in `bin` against the broker at `address` (`127.0.0.1:PORT`).
pub(crate) fn plays_as_recorded(name: &str, cast: Cast, bin: &Path, address: &str) {
    let transcript = Transcript::read(name);
    let deviations = Deviations::of(name);
    let dir = tempfile::tempdir().unwrap();
    let stage = Stage {
        bin,
        dir: dir.path(),
        address,
    };
    let mut differences = String::new();
    for recorded in &transcript.steps {
        let open = deviations.open(recorded);
        let found = stage.play(&recorded.command, open.is_none());
        let difference = match (cast, open) {
            (Cast::OurTools | Cast::OurBroker, Some(why)) => {
                let is_done = difference(recorded, &found).is_none();
                is_done.then(|| format!("works by now, though listed as open: {why}"))
            }
            (Cast::OurTools, None) => difference(&deviations.apply(recorded), &found),
            _ => difference(recorded, &found),
        };
        if let Some(difference) = difference {
            writeln!(differences, "$ {}\n{difference}", recorded.command).unwrap();
        }
    }
    assert!(differences.is_empty(), "{name}\n{differences}");
}

/// Plays the commands of the transcript `name` and writes down what they print.
pub(crate) fn records(name: &str, bin: &Path, address: &str) {
    let mut transcript = Transcript::read(name);
    let dir = tempfile::tempdir().unwrap();
    let stage = Stage {
        bin,
        dir: dir.path(),
        address,
    };
    for step in &mut transcript.steps {
        let mut found = stage.play(&step.command, true);
        found.stderr = without_logs(found.stderr);
        *step = found;
    }
    fs::write(Transcript::path(name), transcript.text()).unwrap();
}

/// A file of them.
struct Transcript {
    head: String,
    steps: Vec<Step>,
}

impl Transcript {
    fn path(name: &str) -> PathBuf {
        let dir = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/golden/transcripts");
        Path::new(dir).join(format!("{name}.transcript"))
    }

    fn read(name: &str) -> Self {
        let path = Self::path(name);
        let text = fs::read_to_string(&path).unwrap_or_else(|error| panic!("{name}: {error}"));
        let mut steps: Vec<Step> = Vec::new();
        let mut head = String::new();
        for line in text.lines().filter(|line| !line.is_empty()) {
            if let Some(command) = line.strip_prefix("$ ") {
                steps.push(Step {
                    command: command.to_owned(),
                    ..Step::default()
                });
                continue;
            }
            let Some(step) = steps.last_mut() else {
                writeln!(head, "{line}").unwrap();
                continue;
            };
            if let Some(more) = line.strip_prefix("> ") {
                step.command = format!("{}\n{more}", step.command);
            } else {
                step.stream(line).push(line.to_owned());
            }
        }
        Self { head, steps }
    }

    fn text(&self) -> String {
        let mut text = self.head.clone();
        for (at, step) in self.steps.iter().enumerate() {
            if at > 0 || !text.is_empty() {
                text.push('\n');
            }
            let command = step.command.replace('\n', "\n> ");
            writeln!(text, "$ {command}").unwrap();
            for line in step.lines() {
                writeln!(text, "{line}").unwrap();
            }
        }
        text
    }
}

impl Step {
    /// What it printed, and its exit status.
    fn lines(&self) -> impl Iterator<Item = String> {
        let all = [&self.stdout, &self.stderr, &self.status];
        all.into_iter().flatten().cloned()
    }

    /// Those lines that begin like `line`.
    fn stream(&mut self, line: &str) -> &mut Vec<String> {
        match line.as_bytes()[0] {
            b'1' => &mut self.stdout,
            b'2' => &mut self.stderr,
            b'r' => &mut self.status,
            _ => panic!("not a line of a transcript: {line}"),
        }
    }
}

/// Where commands are played.
struct Stage<'s> {
    bin: &'s Path,
    dir: &'s Path,
    address: &'s str,
}

impl Stage<'_> {
    /// Plays a command; what it waits for comes, or probably not.
    fn play(&self, command: &str, is_patient: bool) -> Step {
        let (_, port) = self.address.rsplit_once(':').unwrap();
        let path = format!("{}:{}", self.bin.display(), std::env::var("PATH").unwrap());
        let child = Command::new("bash")
            .args(["-c", &format!("{PRELUDE}{command}")])
            .current_dir(self.dir)
            .envs([
                ("PATH", path.as_str()),
                ("B", self.address),
                ("PORT", port),
                ("TRIES", if is_patient { "60" } else { "3" }),
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
            status: vec![match output.status.code() {
                Some(code) => format!("rc {code}"),
                None => "rc killed".to_owned(),
            }],
        }
    }
}

/// What is wrong with `found`, if anything.
fn difference(wanted: &Step, found: &Step) -> Option<String> {
    let missing = missing_in_order(&wanted.stderr, &found.stderr);
    if wanted.stdout == found.stdout && wanted.status == found.status && missing.is_none() {
        return None;
    }
    let mut text = format!(
        "--- wanted, {}\n{}\n",
        wanted.status.concat(),
        wanted.stdout.join("\n")
    );
    write!(
        text,
        "--- found, {}\n{}\n{}\n",
        found.status.concat(),
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
