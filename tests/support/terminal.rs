//! Command lines in a terminal of their own (a real pseudo-terminal), and the pictures that they leave on it.
//!
//! [`screen`] compares with `tests/golden/screens/NAME-COLUMNS.txt`, which people can read: colour is written as in
//! `‹red:none›`, what differs from run to run is masked. After a wanted change `KAFFA_BLESS=1 cargo test` writes them anew;
//! look at the difference before it is committed.

use std::fmt::Write as _;
use std::fs::{self, File};
use std::io::{ErrorKind, Read as _, Write as _};
use std::path::Path;
use std::process::Command;
use std::sync::mpsc::{self, Receiver};
use std::time::Duration;

use regex::Regex;
use rexpect::process::{PtyProcess, WaitStatus};
use tempfile::TempDir;
use tokio::time::Instant;

/// How long one step on a terminal may take.
const STEP_MAX: Duration = Duration::from_mins(1);
/// Widths that every screen is drawn for.
pub(crate) const COLUMNS: [usize; 3] = [60, 100, 200];
/// Lines of the terminal.
const ROWS: usize = 40;
/// What differs from run to run in many screens, and what stands for it.
const MASKS: [(&str, &str); 3] = [
    (r":\d{5}\b", ":PPPPP"),
    (r"\bid [A-Za-z0-9_-]{22}\b", "id xxxxxxxxxxxxxxxxxxxxxx"),
    (r"\b\d{4}-\d\d-\d\d \d\d:\d\d(:\d\d)?", "YYYY-MM-DD hh:mm"),
];

/// Runs `line` to its end on terminals of several widths, and compares the pictures with those kept under `name`.
/// `$B` is `address`; `masks` are regular expressions and what stands for them.
pub(crate) fn screen(name: &str, address: &str, line: &str, masks: &[(&str, &str)]) {
    screen_after(name, address, line, masks, |_| {});
}

/// The same, with something to `act` on the terminal before the end: type, wait.
pub(crate) fn screen_after(
    name: &str,
    address: &str,
    line: &str,
    masks: &[(&str, &str)],
    act: impl Fn(&mut Terminal),
) {
    for columns in COLUMNS {
        let mut terminal = Terminal::start(columns, address, line);
        act(&mut terminal);
        terminal.finish();
        terminal.is_as_kept(name, masks);
    }
}

/// A terminal on which a command runs.
pub(crate) struct Terminal {
    process: PtyProcess,
    keyboard: File,
    output: Receiver<Vec<u8>>,
    shown: Vec<u8>,
    columns: usize,
    dir: TempDir,
}

impl Terminal {
    /// Runs `line` (bash, in an empty directory, our tools by their bare names, `$B` for `address`) on a terminal so wide.
    pub(crate) fn start(columns: usize, address: &str, line: &str) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let tools = Path::new(env!("CARGO_BIN_EXE_kaffa")).parent().unwrap();
        let path = format!("{}:{}", tools.display(), std::env::var("PATH").unwrap());
        // What runs these tests in the background ignores Ctrl-C, and so would all that they start.
        let mut command = Command::new("env");
        command
            .args([
                "--default-signal=INT",
                "bash",
                "-c",
                &format!("stty cols {columns} rows {ROWS} echo; {line}"),
            ])
            .current_dir(dir.path())
            .env_clear()
            .env("HOME", dir.path())
            .envs([("PATH", &*path), ("B", address), ("TZ", "UTC")])
            .envs([("TERM", "xterm-256color"), ("LC_ALL", "C.UTF-8")]);
        let mut process = PtyProcess::new(command).unwrap();
        process.set_kill_timeout(Some(0));
        let keyboard = process.get_file_handle().unwrap();
        Self {
            output: read_all(process.get_file_handle().unwrap()),
            process,
            keyboard,
            shown: Vec::new(),
            columns,
            dir,
        }
    }

    /// Presses these keys; `\x03` is Ctrl-C, `\x04` Ctrl-D.
    pub(crate) fn press(&mut self, keys: &str) {
        self.keyboard.write_all(keys.as_bytes()).unwrap();
    }

    /// Waits until the picture has `text` somewhere.
    pub(crate) fn wait_for(&mut self, text: &str) {
        let deadline = Instant::now() + STEP_MAX;
        while !self.picture().contains(text) {
            let left = deadline.saturating_duration_since(Instant::now());
            match self.output.recv_timeout(left) {
                Ok(bytes) => self.shown.extend(bytes),
                Err(end) => panic!("{end}, no {text:?} on the terminal:\n{}", self.picture()),
            }
        }
    }

    /// Waits for the end of the command; its exit code.
    pub(crate) fn finish(&mut self) -> i32 {
        let deadline = Instant::now() + STEP_MAX;
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            match self.output.recv_timeout(left) {
                Ok(bytes) => self.shown.extend(bytes),
                Err(mpsc::RecvTimeoutError::Disconnected) => break,
                Err(mpsc::RecvTimeoutError::Timeout) => panic!("no end:\n{}", self.picture()),
            }
        }
        match self.process.wait().unwrap() {
            WaitStatus::Exited(_, code) => code,
            other => panic!("{other:?}:\n{}", self.picture()),
        }
    }

    /// What was written to it, byte by byte.
    pub(crate) fn written(&self) -> String {
        String::from_utf8_lossy(&self.shown).into_owned()
    }

    /// What a person sees, or could scroll back to.
    pub(crate) fn picture(&self) -> String {
        Picture::of(&String::from_utf8_lossy(&self.shown), self.columns).text()
    }

    /// Compares the picture with the one kept under `name`, or keeps it if `KAFFA_BLESS` is set.
    pub(crate) fn is_as_kept(&self, name: &str, masks: &[(&str, &str)]) {
        let mut found = self
            .picture()
            .replace(&*self.dir.path().to_string_lossy(), "DIR");
        for (pattern, text) in masks.iter().chain(&MASKS) {
            let pattern = Regex::new(pattern).unwrap();
            found = pattern.replace_all(&found, *text).into_owned();
        }
        let path = format!(
            "{}/tests/golden/screens/{name}-{}.txt",
            env!("CARGO_MANIFEST_DIR"),
            self.columns
        );
        if std::env::var_os("KAFFA_BLESS").is_some() {
            fs::write(path, found).unwrap();
            return;
        }
        let kept = fs::read_to_string(&path).unwrap_or_default();
        assert!(kept == found, "{path}\n--- kept\n{kept}--- found\n{found}");
    }
}

/// What the other end of the terminal writes, until nobody holds it any more.
fn read_all(mut screen: File) -> Receiver<Vec<u8>> {
    let (sender, output) = mpsc::channel();
    std::thread::spawn(move || {
        let mut bytes = [0; 4096];
        loop {
            match screen.read(&mut bytes) {
                Ok(0) => return,
                Ok(count) if sender.send(bytes[..count].to_vec()).is_ok() => {}
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Ok(_) | Err(_) => return,
            }
        }
    });
    output
}

/// A character and its colour; no name for none.
type Cell = (char, &'static str);

/// The lines of a terminal, also those that have scrolled away.
struct Picture {
    lines: Vec<Vec<Cell>>,
    columns: usize,
    row: usize,
    column: usize,
    colour: &'static str,
}

impl Picture {
    /// What a terminal makes of `output`: as much of ECMA-48 as command line tools use.
    fn of(output: &str, columns: usize) -> Self {
        let mut picture = Self {
            lines: vec![Vec::new()],
            columns,
            row: 0,
            column: 0,
            colour: "",
        };
        let control =
            Regex::new(r"^\x1b(?:\[([?0-9;]*)([A-Za-z])|\].*?(?:\x07|\x1b\\)|.)").unwrap();
        let mut rest = output;
        while let Some(c) = rest.chars().next() {
            if let Some(found) = control.captures(rest) {
                if let (Some(numbers), Some(what)) = (found.get(1), found.get(2)) {
                    picture.obey(numbers.as_str(), what.as_str());
                }
                rest = &rest[found[0].len()..];
            } else {
                picture.put(c);
                rest = &rest[c.len_utf8()..];
            }
        }
        picture
    }

    fn put(&mut self, c: char) {
        match c {
            '\n' => self.row += 1,
            '\r' => self.column = 0,
            '\x08' => self.column = self.column.saturating_sub(1),
            '\t' => self.column = (self.column / 8 * 8 + 8).min(self.columns - 1),
            c if c.is_control() => {}
            c => {
                if self.column == self.columns {
                    (self.row, self.column) = (self.row + 1, 0);
                }
                let colour = self.colour;
                let line = self.line();
                line.0[line.1] = (c, colour);
                self.column += 1;
            }
        }
        self.line();
    }

    /// The line with the cursor, long enough for it.
    fn line(&mut self) -> (&mut Vec<Cell>, usize) {
        let lines = self.lines.len().max(self.row + 1);
        self.lines.resize(lines, Vec::new());
        let line = &mut self.lines[self.row];
        line.resize(line.len().max(self.column + 1), (' ', ""));
        (line, self.column)
    }

    fn obey(&mut self, numbers: &str, what: &str) {
        let number = |at: usize| {
            let number = numbers.split(';').nth(at)?.parse::<usize>().ok()?;
            Some(number).filter(|number| *number > 0)
        };
        let count = number(0).unwrap_or(1);
        let top = self.lines.len().saturating_sub(ROWS);
        match what {
            "A" => self.row = self.row.saturating_sub(count).max(top),
            "B" => self.row = (self.row + count).min(top + ROWS - 1),
            "C" => self.column = (self.column + count).min(self.columns - 1),
            "D" => self.column = self.column.saturating_sub(count),
            "F" => (self.row, self.column) = (self.row.saturating_sub(count).max(top), 0),
            "G" => self.column = count - 1,
            "H" => (self.row, self.column) = (top + count - 1, number(1).unwrap_or(1) - 1),
            "J" if number(0).is_some() => self.lines.truncate(top),
            "J" => {
                let line = self.line();
                line.0.truncate(line.1);
                self.lines.truncate(self.row + 1);
            }
            "K" if number(0).is_some() => self.line().0.clear(),
            "K" => {
                let line = self.line();
                line.0.truncate(line.1);
            }
            "m" => self.colour = colour(numbers),
            _ => {}
        }
        self.line();
    }

    /// Line by line, without blanks at the ends and empty lines at the end.
    fn text(&self) -> String {
        let mut text = String::new();
        for line in &self.lines {
            let used = line.iter().rposition(|(c, _)| *c != ' ');
            let line = &line[..used.map_or(0, |last| last + 1)];
            for run in line.chunk_by(|a, b| a.1 == b.1) {
                let words: String = run.iter().map(|(c, _)| *c).collect();
                match run[0].1 {
                    "" => text.push_str(&words),
                    colour => write!(text, "‹{colour}:{words}›").unwrap(),
                }
            }
            text.push('\n');
        }
        format!("{}\n", text.trim_end_matches('\n'))
    }
}

/// The name of what `CSI … m` begins.
fn colour(numbers: &str) -> &'static str {
    match numbers {
        "" | "0" | "39" | "22" => "",
        "1" => "bold",
        "2" => "dim",
        "31" => "red",
        "32" => "green",
        "33" => "yellow",
        "36" => "cyan",
        _ => "other",
    }
}

#[test]
fn a_picture_is_what_a_terminal_shows() {
    let shown = |output| Picture::of(output, 10).text();
    assert_eq!(shown("one\r\ntwo\r\n"), "one\ntwo\n");
    assert_eq!(shown("12345678901\r\n"), "1234567890\n1\n");
    assert_eq!(shown("a \x1b[31mred\x1b[0m"), "a ‹red:red›\n");
    assert_eq!(shown("bar 1\r\x1b[2Kdone\r\n"), "done\n");
    assert_eq!(shown("a\r\nb\r\nc\x1b[1A\rB\x1b[J"), "a\nB\n");
    assert_eq!(shown("a\tb"), "a       b\n");
}

#[test]
fn a_command_runs_on_a_terminal_of_its_own() {
    let mut terminal = Terminal::start(
        60,
        "",
        "stty size; read -r word; echo \"got $word\"; exit 3",
    );
    terminal.wait_for("40 60");
    terminal.press("it\n");
    assert_eq!(terminal.finish(), 3);
    assert_eq!(terminal.picture(), "40 60\nit\ngot it\n");
}
