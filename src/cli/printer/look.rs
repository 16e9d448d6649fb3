//! How output looks, decided once from the name the command was called by, its options, the environment and the streams.

use std::{
    io::{self, IsTerminal},
    os::fd::AsFd,
};

use clap::ValueEnum;
use rustix::{fs::FileType, termios::Winsize};

use crate::cli::args::output::{Choice, Format, Output, Progress};

/// Who reads stdout.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// A script written for Apache's tools: their bytes.
    Plain,
    /// A person: tables, hints, colour.
    Rich,
    /// A program: JSON.
    Json,
}

/// How progress is shown on stderr.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Drawing {
    /// Not at all.
    Nothing,
    /// As lines that change.
    Lines,
    /// As an object a second.
    Json,
}

/// Which of the standard streams are terminals, and whether stdin or stdout is a regular file.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Stdio {
    /// stdin is a terminal.
    pub stdin: bool,
    /// stdout is a terminal.
    pub stdout: bool,
    /// stderr is a terminal.
    pub stderr: bool,
    /// stdout is a regular file, or `/dev/null`.
    pub is_file: bool,
}

impl Stdio {
    /// Asks the system.
    pub fn of_process() -> Self {
        Self {
            stdin: io::stdin().is_terminal(),
            stdout: io::stdout().is_terminal(),
            stderr: io::stderr().is_terminal(),
            is_file: is_file(io::stdout()),
        }
    }
}

/// From how many ms on a group that is behind is yellow, and from how many red, unless the profile says otherwise.
const BEHIND_MS: [i64; 2] = [10_000, 60_000];

/// How output looks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Look {
    /// Who reads stdout.
    pub mode: Mode,
    /// Called as `NAME.sh` or told to be plain: Apache's ways even where nobody could tell the difference.
    pub strict: bool,
    /// Colour on stdout.
    pub colour_out: bool,
    /// Colour on stderr.
    pub colour_err: bool,
    /// How progress is shown on stderr.
    pub progress: Drawing,
    /// Tables were asked for by name.
    pub is_table: bool,
    /// Columns of the terminal.
    pub width: u16,
    /// Lines of the terminal.
    pub height: u16,
    /// Whether what is on the screen can be drawn again.
    pub is_live: bool,
    /// Whether the terminal shows more than ASCII.
    pub unicode: bool,
    /// stdin and stdout are both a terminal: Apache's producer prompts.
    pub is_interactive: bool,
    /// How a question about an effect wider than the words typed is answered.
    pub consent: Consent,
    /// stdin is a terminal.
    pub reads_terminal: bool,
    /// A person is there, who can be asked.
    pub has_person: bool,
    /// Nothing on stderr but failures.
    pub quiet: bool,
    /// stdout is a regular file, or `/dev/null`.
    pub writes_file: bool,
    /// From how many ms on a group that is behind is yellow, and from how many red.
    pub behind_ms: [i64; 2],
}

/// How a question about an effect wider than the words typed is answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Consent {
    /// By the person at the terminal.
    Ask,
    /// Yes, says `--yes`.
    Yes,
    /// `--no-input`: not at all, so that the command fails.
    Refuse,
    /// Nobody is there: Apache's tools act, and so do we.
    Act,
}

/// Environment variables that matter here, by name.
pub type Environment<'e> = &'e dyn Fn(&str) -> Option<String>;

impl Look {
    /// Plain and strict, without colour.
    pub fn plain() -> Self {
        Self {
            mode: Mode::Plain,
            strict: true,
            colour_out: false,
            colour_err: false,
            progress: Drawing::Nothing,
            is_table: false,
            width: 80,
            height: 24,
            is_live: false,
            unicode: true,
            is_interactive: false,
            consent: Consent::Act,
            reads_terminal: false,
            has_person: false,
            quiet: false,
            writes_file: false,
            behind_ms: BEHIND_MS,
        }
    }

    /// Decides, for a command called by `name`.
    pub fn decide(
        name: &str,
        options: &Output,
        stdio: Stdio,
        environment: Environment<'_>,
    ) -> Self {
        let format = match options.output.or_else(|| format_of(environment)) {
            None | Some(Format::Auto) if name.strip_suffix(".sh").is_some() => Format::Plain,
            None => Format::Auto,
            Some(format) => format,
        };
        let is_ci = environment("CI").is_some_and(|ci| !matches!(ci.as_str(), "" | "0" | "false"));
        let mode = match format {
            Format::Json => Mode::Json,
            Format::Table => Mode::Rich,
            Format::Auto if stdio.stdout && !is_ci => Mode::Rich,
            Format::Plain | Format::Auto => Mode::Plain,
        };
        let strict = format == Format::Plain;
        let has_person = !strict && !is_ci && stdio.stdin && stdio.stderr;
        let by_variable = || Choice::from_str(&environment("KAFFA_COLOR")?, true).ok();
        let color = match options.color {
            Choice::Auto => by_variable().unwrap_or(Choice::Auto),
            choice => choice,
        };
        let colour = |is_terminal| wants_colour(color, is_terminal, environment);
        Self {
            mode,
            strict,
            colour_out: mode == Mode::Rich && colour(stdio.stdout),
            colour_err: !strict && colour(stdio.stderr),
            progress: match options.progress {
                Progress::Json => Drawing::Json,
                Progress::Always => Drawing::Lines,
                Progress::Auto if !options.quiet && stdio.stderr && !strict && !is_ci => {
                    Drawing::Lines
                }
                Progress::Never | Progress::Auto => Drawing::Nothing,
            },
            is_table: format == Format::Table,
            width: width(environment),
            height: window(|size| size.ws_row).unwrap_or(24),
            is_live: mode == Mode::Rich && stdio.stdout && !is_dumb(environment),
            unicode: is_utf8(environment),
            is_interactive: stdio.stdin && stdio.stdout,
            consent: match (options.yes, options.no_input) {
                (true, _) => Consent::Yes,
                (_, true) => Consent::Refuse,
                _ if !strict && is_set("KAFFA_NO_INPUT", environment) => Consent::Refuse,
                _ if has_person => Consent::Ask,
                _ => Consent::Act,
            },
            reads_terminal: stdio.stdin,
            has_person,
            quiet: options.quiet,
            writes_file: stdio.is_file,
            behind_ms: BEHIND_MS,
        }
    }
}

impl Look {
    /// Whether lines are typed here, and edited as they are.
    pub fn has_editor(&self) -> bool {
        self.is_interactive && self.mode == Mode::Rich
    }

    /// Looks how large the terminal is by now.
    pub fn measure(&mut self) {
        self.width = width(&|name| std::env::var(name).ok());
        self.height = window(|size| size.ws_row).unwrap_or(self.height);
    }
}

/// `KAFFA_OUTPUT`, if it names a format.
fn format_of(environment: Environment<'_>) -> Option<Format> {
    let text = environment("KAFFA_OUTPUT")?;
    Format::from_str(&text, true).ok()
}

/// An explicit choice, then `NO_COLOR`, then the forcing variables, then the terminal.
fn wants_colour(choice: Choice, is_terminal: bool, environment: Environment<'_>) -> bool {
    match choice {
        Choice::Always => true,
        Choice::Never => false,
        Choice::Auto if environment("NO_COLOR").is_some_and(|value| !value.is_empty()) => false,
        Choice::Auto
            if is_set("FORCE_COLOR", environment) || is_set("CLICOLOR_FORCE", environment) =>
        {
            true
        }
        Choice::Auto => is_terminal && !is_dumb(environment),
    }
}

fn is_set(name: &str, environment: Environment<'_>) -> bool {
    environment(name).is_some_and(|value| !value.is_empty() && value != "0")
}

/// Whether the locale is one of UTF-8; the first variable that is set decides.
fn is_utf8(environment: Environment<'_>) -> bool {
    let mut locale = ["LC_ALL", "LC_CTYPE", "LANG"]
        .into_iter()
        .filter_map(environment);
    let locale = locale.find(|locale| !locale.is_empty()).unwrap_or_default();
    let locale = locale.to_ascii_lowercase();
    locale.contains("utf-8") || locale.contains("utf8")
}

fn is_file(file: impl AsFd) -> bool {
    rustix::fs::fstat(file).is_ok_and(|stat| {
        let is_null =
            || rustix::fs::stat("/dev/null").is_ok_and(|null| null.st_rdev == stat.st_rdev);
        match FileType::from_raw_mode(stat.st_mode) {
            FileType::RegularFile => true,
            FileType::CharacterDevice => is_null(),
            _ => false,
        }
    })
}

fn width(environment: Environment<'_>) -> u16 {
    let columns = environment("COLUMNS").and_then(|columns| columns.parse().ok());
    columns
        .or_else(|| window(|size| size.ws_col))
        .filter(|columns| *columns > 0)
        .unwrap_or(80)
}

fn window(side: impl FnOnce(Winsize) -> u16) -> Option<u16> {
    let size = rustix::termios::tcgetwinsize(io::stdout()).ok()?;
    Some(side(size)).filter(|side| *side > 0)
}

fn is_dumb(environment: Environment<'_>) -> bool {
    environment("TERM").is_some_and(|term| term == "dumb")
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// What a person sees, without colour.
    pub(crate) fn rich() -> Look {
        Look {
            mode: Mode::Rich,
            strict: false,
            ..Look::plain()
        }
    }

    const TERMINAL: Stdio = Stdio {
        stdin: true,
        stdout: true,
        stderr: true,
        is_file: false,
    };

    fn decide(name: &str, options: &Output, stdio: Stdio, variables: &[(&str, &str)]) -> Look {
        let environment = |name: &str| {
            let found = variables.iter().find(|(variable, _)| *variable == name);
            found.map(|(_, value)| (*value).to_owned())
        };
        Look::decide(name, options, stdio, &environment)
    }

    #[test]
    fn a_bare_name_at_a_terminal_is_rich_and_a_script_name_is_not() {
        let auto = Output::default();
        assert_eq!(
            decide("kafka-topics", &auto, TERMINAL, &[]).mode,
            Mode::Rich
        );
        assert_eq!(
            decide("kafka-topics", &auto, Stdio::default(), &[]).mode,
            Mode::Plain
        );
        let script = decide("kafka-topics.sh", &auto, TERMINAL, &[]);
        assert_eq!(
            (script.mode, script.strict, script.colour_err),
            (Mode::Plain, true, false)
        );
    }

    #[test]
    fn options_win_over_the_environment_which_wins_over_the_terminal() {
        let json = Output {
            output: Some(Format::Json),
            ..Output::default()
        };
        assert_eq!(
            decide("kafka-topics.sh", &json, TERMINAL, &[]).mode,
            Mode::Json
        );
        let plain = [("KAFFA_OUTPUT", "plain")];
        assert_eq!(
            decide("t", &Output::default(), TERMINAL, &plain).mode,
            Mode::Plain
        );
        assert_eq!(decide("t", &json, TERMINAL, &plain).mode, Mode::Json);
        assert_eq!(
            decide("t", &Output::default(), TERMINAL, &[("CI", "true")]).mode,
            Mode::Plain
        );
    }

    #[test]
    fn a_table_can_be_had_in_a_pipe_without_colour() {
        let table = Output {
            output: Some(Format::Table),
            ..Output::default()
        };
        let look = decide("t", &table, Stdio::default(), &[]);
        assert_eq!((look.mode, look.colour_out), (Mode::Rich, false));
    }

    #[test]
    fn questions_are_asked_where_somebody_can_answer() {
        let auto = Output::default();
        let asked =
            |name, options, stdio, variables| decide(name, options, stdio, variables).consent;
        assert_eq!(asked("t", &auto, TERMINAL, &[]), Consent::Ask);
        assert_eq!(asked("t.sh", &auto, TERMINAL, &[]), Consent::Act);
        assert_eq!(asked("t", &auto, Stdio::default(), &[]), Consent::Act);
        assert_eq!(asked("t", &auto, TERMINAL, &[("CI", "1")]), Consent::Act);
        assert_eq!(
            asked("t", &auto, TERMINAL, &[("KAFFA_NO_INPUT", "1")]),
            Consent::Refuse
        );
        let yes = Output {
            yes: true,
            ..Output::default()
        };
        assert_eq!(asked("t", &yes, TERMINAL, &[]), Consent::Yes);
        let no_input = Output {
            no_input: true,
            ..Output::default()
        };
        assert_eq!(
            asked("t.sh", &no_input, Stdio::default(), &[]),
            Consent::Refuse
        );
    }

    #[test]
    fn the_locale_says_what_can_be_shown() {
        let unicode = |variables| decide("t", &Output::default(), TERMINAL, variables).unicode;
        assert!(unicode(&[("LANG", "en_GB.UTF-8")]));
        assert!(unicode(&[
            ("LC_ALL", ""),
            ("LC_CTYPE", "C.utf8"),
            ("LANG", "C")
        ]));
        assert!(!unicode(&[("LC_ALL", "C"), ("LANG", "en_GB.UTF-8")]));
        assert!(!unicode(&[]));
    }

    #[test]
    fn no_color_and_dumb_terminals_are_respected() {
        let auto = Output::default();
        assert!(decide("t", &auto, TERMINAL, &[]).colour_out);
        assert!(!decide("t", &auto, TERMINAL, &[("NO_COLOR", "1")]).colour_out);
        assert!(decide("t", &auto, TERMINAL, &[("NO_COLOR", "")]).colour_out);
        assert!(!decide("t", &auto, TERMINAL, &[("KAFFA_COLOR", "never")]).colour_out);
        assert!(!decide("t", &auto, TERMINAL, &[("TERM", "dumb")]).colour_out);
        let always = Output {
            color: Choice::Always,
            ..Output::default()
        };
        assert!(decide("t", &always, TERMINAL, &[("NO_COLOR", "1")]).colour_out);
        assert!(decide("t", &always, TERMINAL, &[("KAFFA_COLOR", "never")]).colour_out);
    }
}
