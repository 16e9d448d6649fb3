//! Where a command's words go: the mode, decided once, and the two streams.
//!
//! Nothing else asks whether this is a terminal. stdout carries what was asked for; everything else goes to stderr.

pub mod colour;
pub mod figures;
pub mod glyphs;
pub mod look;
pub mod plain;
pub mod progress;
pub mod table;
pub mod waiting;

use std::{
    fmt::Display,
    fs::File,
    io::{self, BufWriter, Write},
    os::fd::AsFd,
};

use anyhow::Context;
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;

pub use look::{Consent, Look, Mode, Stdio};

use self::{colour::Colour, waiting::Over};
use crate::cli::failure::{self, Failure, Refused, Reported};
use crate::protocol::ErrorCode;

/// Bytes of output gathered before they are written: large enough that system calls do not show in a profile.
const BUFFER_BYTES: usize = 128 * 1024;

/// stdout did not take what was printed. A reader that went away is a normal end, a full disk is not.
#[derive(Debug, thiserror::Error)]
#[error("cannot write to standard output")]
pub struct OutputError(#[from] io::Error);

impl OutputError {
    /// Whether whoever read our output has stopped reading.
    pub fn is_reader_gone(&self) -> bool {
        self.0.kind() == io::ErrorKind::BrokenPipe
    }
}

/// Says things on stdout and stderr as the mode wants them said.
pub struct Printer<'o> {
    /// How things look.
    pub look: Look,
    /// Cancelled when the command should finish: Ctrl-C, SIGTERM.
    pub stop: CancellationToken,
    /// The cluster's name in its colour, and where it is.
    cluster: Option<String>,
    /// Lines on the screen that [`Printer::redraw`] may replace.
    drawn: usize,
    out: BufWriter<Box<dyn Write + 'o>>,
    err: Box<dyn Write + 'o>,
}

impl std::fmt::Debug for Printer<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Printer")
            .field("look", &self.look)
            .finish_non_exhaustive()
    }
}

/// An effect wider than the words typed.
#[derive(Debug)]
pub struct Question {
    /// What a person is asked: what will be touched, a line each, then the question, without a line end.
    pub asked: String,
    /// What is said where nobody can be asked, before it is done.
    pub effect: String,
    /// Why it is not done where nobody may be asked.
    pub refusal: Failure,
}

impl<'o> Printer<'o> {
    /// Prints to the given streams, as tests do.
    pub fn new(look: Look, out: impl Write + 'o, err: impl Write + 'o) -> Self {
        Self {
            look,
            stop: CancellationToken::new(),
            cluster: None,
            drawn: 0,
            out: BufWriter::with_capacity(BUFFER_BYTES, Box::new(out)),
            err: Box::new(err),
        }
    }

    /// Prints to the process's own streams. stdout is used below std's line buffer, which would halve the speed of a
    /// stream of records.
    ///
    /// # Errors
    /// When stdout cannot be duplicated (no file descriptors left).
    pub fn standard(look: Look) -> anyhow::Result<Self> {
        let descriptor = io::stdout()
            .as_fd()
            .try_clone_to_owned()
            .context("open standard output")?;
        let (out, err) = (Over(File::from(descriptor)), Over(io::stderr()));
        Ok(Self::new(look, out, err))
    }

    /// Bytes of the answer, as they are.
    ///
    /// # Errors
    /// [`OutputError`], here and below, when stdout does not take them.
    pub fn bytes(&mut self, bytes: &[u8]) -> Result<(), OutputError> {
        self.out.write_all(bytes).map_err(OutputError)
    }

    /// Where bytes of the answer go, for whoever writes many of them.
    pub fn writer(&mut self) -> &mut (impl Write + use<'o>) {
        &mut self.out
    }

    /// Text of the answer, without a line end of its own.
    ///
    /// # Errors
    /// [`OutputError`].
    pub fn text(&mut self, text: impl Display) -> Result<(), OutputError> {
        write!(self.out, "{text}").map_err(OutputError)
    }

    /// A line of the answer.
    ///
    /// # Errors
    /// [`OutputError`].
    pub fn line(&mut self, text: impl Display) -> Result<(), OutputError> {
        writeln!(self.out, "{text}").map_err(OutputError)
    }

    /// Marked text of the answer (see [`colour`]), as this terminal shows it.
    ///
    /// # Errors
    /// [`OutputError`].
    pub fn rich(&mut self, text: &str) -> Result<(), OutputError> {
        for line in text.lines() {
            let line = glyphs::spell(line, self.look.unicode);
            let line = colour::paint(&line, self.look.colour_out);
            self.line(line)?;
        }
        Ok(())
    }

    /// Marked text in the place of what the last call drew. What is higher than the screen is cut off if `may_cut`;
    /// otherwise it is drawn whole and cannot be replaced. Whether it can be.
    ///
    /// # Errors
    /// [`OutputError`].
    pub fn redraw(&mut self, text: &str, may_cut: bool) -> Result<bool, OutputError> {
        if self.drawn > 0 {
            let above = self.drawn;
            self.text(format_args!("\x1b[{above}F\x1b[J"))?;
        }
        let (width, room) = (
            usize::from(self.look.width),
            usize::from(self.look.height).saturating_sub(1),
        );
        let lines_of = |line: &str| colour::width(line).div_ceil(width).max(1);
        let is_higher = text.lines().map(lines_of).sum::<usize>() > room;
        let heading = self.cluster.clone().filter(|_| may_cut && is_higher);
        let mut shown = Vec::new();
        let mut lines = usize::from(heading.is_some());
        for line in text.lines() {
            if may_cut && lines + lines_of(line) > room {
                break;
            }
            lines += lines_of(line);
            shown.push(line);
        }
        heading.map_or(Ok(()), |heading| self.line(heading))?;
        self.rich(&shown.join("\n"))?;
        self.flush()?;
        let fits = self.look.is_live && lines <= room;
        self.drawn = if fits { lines } else { 0 };
        Ok(fits)
    }

    /// One JSON document of the answer, on a line of its own.
    ///
    /// # Errors
    /// [`OutputError`].
    pub fn json(&mut self, value: &Value) -> Result<(), OutputError> {
        self.line(value)
    }

    /// Writes out what is buffered.
    ///
    /// # Errors
    /// [`OutputError`].
    pub fn flush(&mut self) -> Result<(), OutputError> {
        self.out.flush().map_err(OutputError)
    }

    /// A line on stderr. If stderr is closed we carry on: there is nobody to tell.
    pub fn note(&mut self, text: impl Display) {
        if self.look.mode == Mode::Json {
            self.event(&json!({"kind": "note", "v": 1, "message": text.to_string().trim()}));
        } else {
            self.err_line(text);
        }
    }

    /// A JSON document on stderr, on a line of its own.
    pub fn event(&mut self, event: &Value) {
        self.err_line(event);
    }

    fn err_line(&mut self, text: impl Display) {
        self.flush_quietly();
        writeln!(self.err, "{text}").ok();
    }

    /// A line on stderr that only a person at a terminal gets.
    pub fn aside(&mut self, text: impl Display) {
        if self.look.mode == Mode::Rich && !self.look.quiet {
            self.note(text);
        }
    }

    /// Shows a person which cluster this is about: now, and wherever that would be out of sight.
    pub fn heading(&mut self, cluster: String) {
        self.aside(&cluster);
        self.cluster = Some(cluster);
    }

    /// A warning, which Apache's tool logs under `logger`.
    pub fn warning(&mut self, text: &str, logger: &str) {
        if self.look.quiet {
            return;
        }
        match self.look.mode {
            Mode::Plain => self.log("WARN", text, logger),
            Mode::Rich => {
                let word = Colour::Yellow.paint("warning:", self.look.colour_err);
                self.note(format_args!("{word} {text}"));
            }
            Mode::Json => self.event(&warning_json(text)),
        }
    }

    /// What Apache's tool says in passing about options that have another name now, in its words.
    pub fn deprecation(&mut self, text: &str) {
        match self.look.mode {
            _ if self.look.quiet => {}
            Mode::Plain | Mode::Rich => self.note(text),
            Mode::Json => self.event(&warning_json(text)),
        }
    }

    /// An error that is not the end, which Apache's tool logs under `logger`.
    pub fn error(&mut self, failure: &Failure, logger: &str) {
        if self.look.mode == Mode::Plain {
            self.log("ERROR", &failure.plain, logger);
        } else {
            self.failure(failure);
        }
    }

    /// A failure on stderr, with its hints.
    pub fn failure(&mut self, failure: &Failure) {
        match self.look.mode {
            Mode::Plain => {
                self.note(&failure.plain);
                self.cause(failure);
            }
            Mode::Rich => {
                let word = Colour::Red.paint("error:", self.look.colour_err);
                self.note(format_args!(
                    "{word} {}",
                    glyphs::escaped(failure.message.as_bytes())
                ));
            }
            Mode::Json => {
                let (message, hints) = (&failure.message, failure.hints());
                let code = failure.code.map(ErrorCode::name);
                self.event(&json!({
                    "kind": "error", "v": 1, "code": code, "message": message, "hints": hints,
                }));
            }
        }
        self.hints(failure);
    }

    /// Gets consent to an effect that is wider than the words typed.
    ///
    /// # Errors
    /// [`Reported`] for a no; the question's refusal where nobody may be asked.
    pub async fn consent(&mut self, question: Question) -> anyhow::Result<()> {
        match self.look.consent {
            Consent::Yes => return Ok(()),
            Consent::Refuse => return Err(question.refusal.into()),
            Consent::Act => {
                if !self.look.strict {
                    self.note(question.effect);
                }
                return Ok(());
            }
            Consent::Ask => {}
        }
        let answer = self.answer(&format!("{}   [y/N] ", question.asked)).await;
        if matches!(answer.trim().to_ascii_lowercase().as_str(), "y" | "yes") {
            return Ok(());
        }
        self.declined(&answer)
    }

    /// Has the name of a protected cluster typed before something is lost there.
    ///
    /// # Errors
    /// [`Reported`] for another answer; a refusal where nobody may be asked.
    pub async fn typed(&mut self, name: &str) -> anyhow::Result<()> {
        if !self.look.has_person || self.look.consent == Consent::Refuse {
            let text =
                format!("profile '{name}' is protected, and nobody is here to type its name");
            let hint = "run this at a terminal, without --no-input, or name the cluster by --bootstrap-server";
            return Err(Refused(Failure::new(text, hint)).into());
        }
        let question = format!("'{name}' is protected. Type its name to go on: ");
        let answer = self.answer(&question).await;
        if answer.trim() == name {
            return Ok(());
        }
        self.declined(&answer)
    }

    /// Asks a question on stderr; the line that is typed.
    async fn answer(&mut self, question: &str) -> String {
        if let Some(cluster) = self.cluster.clone()
            && (self.look.mode != Mode::Rich || self.look.quiet)
        {
            self.err_line(cluster);
        }
        self.flush_quietly();
        let asked: Vec<_> = question
            .lines()
            .map(|line| glyphs::spell(line, self.look.unicode))
            .collect();
        write!(self.err, "{}", asked.join("\n")).ok();
        self.err.flush().ok();
        // A thread of its own, which nobody waits for when the command is told to stop.
        let (sender, answer) = tokio::sync::oneshot::channel();
        std::thread::spawn(move || {
            let mut line = String::new();
            io::stdin().read_line(&mut line).ok();
            sender.send(line).ok();
        });
        answer.await.unwrap_or_default()
    }

    fn declined(&mut self, answer: &str) -> anyhow::Result<()> {
        // The end of input has moved the cursor to no new line.
        if !answer.ends_with('\n') {
            self.note("");
        }
        self.note("nothing was changed");
        Err(Reported.into())
    }

    /// The cause of a failure, for scripts, where the original shows it in a stack trace.
    pub fn cause(&mut self, failure: &Failure) {
        if let (Some(cause), None) = (&failure.cause, failure.code) {
            self.note(format_args!("Caused by: {cause}"));
        }
    }

    /// Only the hints of a failure that has been told elsewhere, for people.
    pub fn hints(&mut self, failure: &Failure) {
        if self.look.mode == Mode::Rich {
            for hint in failure.hints() {
                self.note(format_args!("  {}", glyphs::escaped(hint.as_bytes())));
            }
        }
    }

    /// Tells an error that ends the command.
    pub fn fail(&mut self, error: &anyhow::Error) {
        self.failure(&failure::explain(error));
    }

    /// A line in the layout of the original's log.
    pub fn log(&mut self, level: &str, text: &str, logger: &str) {
        let time = chrono::Local::now().format("%Y-%m-%d %H:%M:%S,%3f");
        self.note(format_args!("[{time}] {level} {text} ({logger})"));
    }

    /// Before something goes to stderr: both may be the same terminal. A failure shows at the next write to stdout.
    fn flush_quietly(&mut self) {
        self.out.flush().ok();
    }
}

fn warning_json(text: &str) -> Value {
    json!({"kind": "warning", "v": 1, "message": text})
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::printer::look::tests::rich;

    /// What `print` says on stdout and stderr.
    fn said(look: Look, print: impl FnOnce(&mut Printer<'_>)) -> (String, String) {
        let (mut out, mut err) = (Vec::new(), Vec::new());
        let mut printer = Printer::new(look, &mut out, &mut err);
        print(&mut printer);
        printer.flush().unwrap();
        drop(printer);
        (
            String::from_utf8(out).unwrap(),
            String::from_utf8(err).unwrap(),
        )
    }

    fn missing_topic() -> Failure {
        Failure::new("Topic 'x' does not exist as expected", "did you mean: y ?")
            .with_message("topic 'x' does not exist")
            .with_code(ErrorCode::UnknownTopicOrPartition)
    }

    #[test]
    fn people_get_our_words_and_hints() {
        let (out, err) = said(rich(), |printer| printer.failure(&missing_topic()));
        assert_eq!(out, "");
        assert_eq!(
            err,
            "error: topic 'x' does not exist\n  did you mean: y ?\n"
        );
    }

    #[test]
    fn scripts_get_the_words_of_the_original() {
        let (_, err) = said(Look::plain(), |printer| printer.failure(&missing_topic()));
        assert_eq!(err, "Topic 'x' does not exist as expected\n");
    }

    #[test]
    fn programs_get_one_object() {
        let look = Look {
            mode: Mode::Json,
            ..Look::plain()
        };
        let (_, err) = said(look, |printer| printer.failure(&missing_topic()));
        assert_eq!(
            err,
            "{\"kind\":\"error\",\"v\":1,\"code\":\"UNKNOWN_TOPIC_OR_PARTITION\",\"message\":\"topic 'x' does not exist\",\"hints\":[\"did you mean: y ?\"]}\n"
        );
    }

    #[test]
    fn old_names_of_options_are_told_in_the_words_of_the_original_unless_nobody_wants_to_hear() {
        let told = |mode, quiet| {
            let look = Look {
                mode,
                quiet,
                ..Look::plain()
            };
            said(look, |printer| printer.deprecation("x is y now")).1
        };
        assert_eq!(told(Mode::Plain, false), "x is y now\n");
        assert_eq!(
            told(Mode::Json, false),
            "{\"kind\":\"warning\",\"v\":1,\"message\":\"x is y now\"}\n"
        );
        assert_eq!(told(Mode::Plain, true), "");
    }

    #[test]
    fn warnings_have_the_layout_of_the_log_in_plain_output() {
        let (_, err) = said(Look::plain(), |printer| {
            printer.warning("careful", "org.apache.kafka.X");
        });
        assert!(
            err.starts_with('[') && err.ends_with("] WARN careful (org.apache.kafka.X)\n"),
            "{err}"
        );
    }
}
