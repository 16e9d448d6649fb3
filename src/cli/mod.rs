//! The command line: one file per script.
//!
//! Owns everything that a person or a script sees: options, output, exit codes (0 done, 1 failed or wrong usage, 130 Ctrl-C,
//! 143 SIGTERM). Talks to clusters only through [`crate::client`], and to the broker only to run one.

pub mod args;
pub mod broker;
pub mod complete;
pub mod console_consumer;
pub mod console_producer;
pub mod consumer_groups;
pub mod dialect;
pub mod doctor;
pub mod explain;
pub mod failure;
pub mod files;
pub mod generate;
pub mod interrupt;
pub mod log_lines;
pub mod man_page;
pub mod manual;
pub mod offsets;
pub mod option_table;
pub mod printer;
pub mod profile;
pub mod quickstart;
pub mod short;
pub mod target;
pub mod time;
mod topic_help;
pub mod topics;
pub mod umbrella;

use std::{
    convert::Infallible, ffi::OsString, os::unix::process::CommandExt as _, path::Path, process,
    process::ExitCode, time::Duration,
};

use anyhow::Context;
use clap::{Arg, ArgAction, ArgMatches, Args, Command, FromArgMatches, ValueHint};
use tokio_util::sync::CancellationToken;

use self::{
    args::{names, output::Output},
    dialect::ParserError,
    explain::Plan,
    failure::{Failure, Refused, Reported, Usage},
    interrupt::{Signal, Signals},
    printer::{
        Look, Mode, OutputError, Printer, Stdio, glyphs,
        look::{Drawing, Environment},
        waiting,
    },
    target::Target,
};
use crate::properties::Properties;

/// The release of Apache Kafka whose tools these mirror; `--version` prints it.
pub const KAFKA_VERSION: &str = "4.3.1";

/// What `--help` says, in this order: one sentence, usage, examples, options by task, notes.
const HELP: &str = "\
{about}

{usage-heading} {usage}

{before-help}{all-args}{after-help}";

/// A command: its arguments, and what it does with them.
pub trait Tool: clap::Parser {
    /// How the original of this name behaves where it matters to scripts.
    const ORIGINAL: Original;
    /// Whether it may wait long for whoever reads its stdout, and has to talk to the cluster meanwhile.
    const WAITS_FOR_READER: bool = false;

    /// Refuses what the original refuses before it contacts a cluster, and prints what it prints by then.
    ///
    /// # Errors
    /// [`Usage`] as a rule.
    fn check(&self, out: &mut Printer<'_>) -> anyhow::Result<()>;

    /// Does it.
    fn run(self, out: &mut Printer<'_>) -> impl Future<Output = anyhow::Result<()>>;

    /// What `run` would send, and the client's properties.
    ///
    /// # Errors
    /// As `run`, before it connects.
    fn plan(&self) -> anyhow::Result<Plan>;

    /// Takes client properties that count where the command line says nothing: those of a profile.
    fn set_defaults(&mut self, _defaults: Properties) {}

    /// Whether something is deleted or overwritten.
    fn destroys(&self) -> bool {
        false
    }

    /// Tells a failure of `run` as the original does.
    ///
    /// # Errors
    /// [`OutputError`], where it tells it on stdout.
    fn fail(error: &anyhow::Error, out: &mut Printer<'_>) -> Result<(), OutputError> {
        out.fail(error);
        Ok(())
    }
}

/// How long anything is waited for that people like to see but did not ask for. Tests look at all of it, on machines that
/// may be busy.
const EXTRAS_MAX: Duration =
    Duration::from_millis(if cfg!(debug_assertions) { 20_000 } else { 300 });

/// An extra, if it comes in time and nobody refuses it.
async fn in_time<T, E>(extra: impl Future<Output = Result<T, E>>) -> Option<T> {
    tokio::time::timeout(EXTRAS_MAX, extra).await.ok()?.ok()
}

/// What scripts may know about an original tool.
#[derive(Debug, Clone, Copy)]
pub struct Original {
    /// What the tool is for: the first line of its help.
    pub about: &'static str,
    /// Commands that work when pasted, one per line.
    pub examples: &'static str,
    /// What it says first when called without arguments; nothing if it needs none.
    pub summary: &'static str,
    /// Whether its option table follows a complaint of its option parser.
    pub parser_errors_show_usage: bool,
    /// How long it may take to finish after a first signal: to flush, to leave a group.
    pub patience: Duration,
}

/// The process of a script-named binary.
pub fn main<T: Tool>() -> ExitCode {
    let mut words = std::env::args_os();
    let name = called_by(words.next());
    run::<T>(&name, &words.collect::<Vec<_>>())
}

/// The last part of the path that the process was called by.
pub fn called_by(path: Option<OsString>) -> String {
    let path = path.unwrap_or_default();
    Path::new(&path)
        .file_name()
        .unwrap_or_default()
        .to_string_lossy()
        .into_owned()
}

/// The clap command of a tool, with the options that all tools have.
pub fn command<T: Tool>(name: &str) -> Command {
    let help = Arg::new("help")
        .long("help")
        .action(ArgAction::SetTrue)
        .help("Print this and exit");
    let version = Arg::new("version")
        .long("version")
        .action(ArgAction::SetTrue);
    let mut command = Output::augment_args(T::command())
        .about(T::ORIGINAL.about)
        .before_help(examples(T::ORIGINAL.examples))
        .help_template(HELP)
        .version(KAFKA_VERSION)
        .name(name.to_owned())
        .bin_name(name)
        .disable_help_flag(true)
        .disable_version_flag(true)
        .args_override_self(true)
        .arg(help.help_heading("Help"))
        .arg(
            version
                .help("Print the version of Apache Kafka that this mirrors and exit")
                .help_heading("Help"),
        );
    if let Some(short) = short::of(name) {
        command = short.adapt(command);
    }
    command.build();
    command.mut_args(|option| {
        let is_file = option
            .get_value_names()
            .is_some_and(|names| names == ["FILE"]);
        option.value_hint(if is_file {
            ValueHint::FilePath
        } else {
            ValueHint::Other
        })
    })
}

/// Commands as the help shows them.
fn examples(commands: &str) -> String {
    let indented: String = commands.lines().flat_map(|line| ["\n  ", line]).collect();
    format!("Examples:{indented}")
}

/// Runs one tool, called by `name` with these words after it.
pub fn run<T: Tool>(name: &str, words: &[OsString]) -> ExitCode {
    let words: Vec<String> = words
        .iter()
        .map(|word| word.to_string_lossy().into_owned())
        .collect();
    let mut command = command::<T>(name);
    let environment = |name: &str| std::env::var(name).ok();
    let parsed = parse::<T>(&mut command, &words, &environment);
    let output = parsed
        .as_ref()
        .map_or_else(|_| Output::among(&words), |parsed| parsed.output.clone());
    let look = Look::decide(name, &output, Stdio::of_process(), &environment);
    log_lines::start_for_tool(&look);
    let Ok(mut printer) = Printer::standard(look) else {
        return ExitCode::FAILURE;
    };
    let outcome = serve(parsed, &mut command, &words, &mut printer);
    conclude::<T>(outcome, &command, &mut printer)
}

/// A command line that was understood.
struct Parsed<T> {
    tool: T,
    output: Output,
    wish: Wish,
    target: Target,
    deadline: Option<Duration>,
    /// All options, in the dialect's form.
    options: Vec<String>,
    stray: Vec<String>,
    /// An option that may be given once and was given twice.
    repeated: Option<String>,
}

/// What a command line asks for.
enum Wish {
    Help,
    Version,
    Work,
}

/// What became of it.
enum Outcome {
    Ended(anyhow::Result<()>),
    Stopped(Signal, anyhow::Result<()>),
}

/// Shows `$0` a screen at a time.
const PAGE: &str = r#"printf %s "$0" | eval "${PAGER:-$(command -v less >/dev/null && echo less -R || echo cat)}""#;

/// Reads the words of one command.
///
/// # Errors
/// As the tool's own parser.
pub(crate) fn parse_tool<T: Tool>(name: &str, words: &[String]) -> anyhow::Result<T> {
    Ok(parse::<T>(&mut command::<T>(name), words, &|_| None)?.tool)
}

fn parse<T: Tool>(
    command: &mut Command,
    words: &[String],
    environment: Environment<'_>,
) -> anyhow::Result<Parsed<T>> {
    let name = command.get_bin_name().unwrap_or_default().to_owned();
    let mut words = dialect::read(command, words.to_vec())?;
    if let Some(short) = short::of(&name) {
        short.expand(&mut words).map_err(Refused)?;
    }
    let mut matches = matches(command, &words.options)?;
    let output = Output::from_arg_matches(&matches)?;
    let asks = matches.get_flag("help") || matches.get_flag("version");
    let has_cluster = matches.try_contains_id("bootstrap_server").is_ok();
    let mut target = Target::default();
    if has_cluster && !asks {
        let found = Target::find(&name, &words.options, &output, environment);
        target = found.map_err(Refused)?;
    }
    if let Some(option) = target.option() {
        words.options.push(option);
        matches = self::matches(command, &words.options)?;
    }
    let deadline = output
        .deadline
        .as_deref()
        .map(|text| time::duration(text, Some(1)));
    let deadline = deadline
        .transpose()
        .map_err(Failure::of_ours)
        .map_err(Refused)?;
    let wish = match (matches.get_flag("help"), matches.get_flag("version")) {
        (true, _) => Wish::Help,
        (false, true) => Wish::Version,
        (false, false) => Wish::Work,
    };
    let mut tool = T::from_arg_matches(&matches)?;
    tool.set_defaults(target.defaults());
    Ok(Parsed {
        tool,
        output,
        wish,
        target,
        deadline: deadline.map(|ms| Duration::from_millis(ms.unsigned_abs())),
        options: words.options,
        stray: words.stray,
        repeated: words.repeated.into_iter().next(),
    })
}

fn matches(command: &mut Command, options: &[String]) -> clap::error::Result<ArgMatches> {
    let name = command.get_name().to_owned();
    command.try_get_matches_from_mut(std::iter::once(&name).chain(options))
}

fn serve<T: Tool>(
    parsed: anyhow::Result<Parsed<T>>,
    command: &mut Command,
    words: &[String],
    out: &mut Printer<'_>,
) -> Outcome {
    if words.is_empty() && !T::ORIGINAL.summary.is_empty() {
        let examples = command.get_before_help().map(ToString::to_string);
        let usage = Usage::new(T::ORIGINAL.summary).told("nothing is asked for; for example:");
        let usage = usage.with_examples(&examples.unwrap_or_default());
        return Outcome::Ended(Err(usage.into()));
    }
    let parsed = match parsed {
        Ok(parsed) => parsed,
        Err(error) => return Outcome::Ended(Err(error)),
    };
    match parsed.wish {
        Wish::Help => Outcome::Ended(help(command, out)),
        Wish::Version => Outcome::Ended(version(out)),
        Wish::Work => work(parsed, out),
    }
}

fn help(command: &mut Command, out: &mut Printer<'_>) -> anyhow::Result<()> {
    if out.look.mode == Mode::Json {
        return Ok(out.json(&manual::json(command))?);
    }
    let help = command.render_help();
    let help = if out.look.colour_out {
        help.ansi().to_string()
    } else {
        help.to_string()
    };
    let is_higher = help.lines().count() >= usize::from(out.look.height);
    if out.look.is_live && out.look.has_person && is_higher {
        // Only comes back where there is no shell.
        drop(process::Command::new("sh").args(["-c", PAGE, &help]).exec());
    }
    Ok(out.text(help)?)
}

fn version(out: &mut Printer<'_>) -> anyhow::Result<()> {
    out.line(KAFKA_VERSION)?;
    out.aside(format_args!("kaffa {}", env!("CARGO_PKG_VERSION")));
    Ok(())
}

/// Checks, then runs on this thread until done or told to stop.
fn work<T: Tool>(parsed: Parsed<T>, out: &mut Printer<'_>) -> Outcome {
    if let Err(error) = parsed.tool.check(out) {
        return Outcome::Ended(Err(error));
    }
    if let Some(option) = parsed.repeated {
        let text =
            format!("Found multiple arguments for option {option}, but you asked for only one");
        let hint = "take all but one of them out; the profile and the file give way to it";
        let failure = Failure::new(text, hint);
        let failure = failure.told(format!("--{option} is given more than once"));
        return Outcome::Ended(Err(failure.into()));
    }
    if !parsed.stray.is_empty() {
        let words = parsed.stray.join(" ");
        out.warning(
            &format!("ignored, for no option takes it: {words}"),
            "kaffa",
        );
    }
    for warning in &parsed.target.warnings {
        out.warning(warning, "kaffa.profile");
    }
    if parsed.output.explain {
        let plan = parsed.tool.plan();
        return Outcome::Ended(
            plan.and_then(|plan| explain::print(&plan, &parsed.options, &parsed.target, out)),
        );
    }
    let mut runtime = if T::WAITS_FOR_READER {
        tokio::runtime::Builder::new_multi_thread()
    } else {
        tokio::runtime::Builder::new_current_thread()
    };
    let runtime = runtime.worker_threads(1).enable_all().build();
    match runtime.context("start a runtime") {
        Ok(runtime) => runtime.block_on(until_stopped(parsed, out)),
        Err(error) => Outcome::Ended(Err(error)),
    }
}

/// Takes on a profile's ways: shows its name in its colour, and has that of a protected one typed before anything is lost there.
async fn enter<T: Tool>(tool: &T, target: &Target, out: &mut Printer<'_>) -> anyhow::Result<()> {
    let Some((name, profile)) = &target.profile else {
        return Ok(());
    };
    if let Some(behind_ms) = profile.behind_ms {
        out.look.behind_ms = behind_ms;
    }
    if let Some(name) = profile::painted(name, profile, out.look.colour_err) {
        out.heading(format!("{name}  {}", profile.bootstrap.join(",")));
    }
    if profile.protected && tool.destroys() {
        out.typed(name).await?;
    }
    Ok(())
}

/// How long a terminal may show nothing of a command.
const UNSEEN_MAX: Duration = Duration::from_millis(500);

async fn until_stopped<T: Tool>(parsed: Parsed<T>, out: &mut Printer<'_>) -> Outcome {
    let mut signals = match Signals::catch().context("catch signals") {
        Ok(signals) => signals,
        Err(error) => return Outcome::Ended(Err(error)),
    };
    let stop = CancellationToken::new();
    out.stop = stop.clone();
    let Parsed { tool, target, .. } = parsed;
    let deadline = parsed.deadline.unwrap_or(Duration::MAX);
    let awaited = target.server.as_ref().map(|(server, _)| {
        let room = usize::from(out.look.width).saturating_sub(20);
        let server = glyphs::cut(server, room, out.look.unicode);
        glyphs::spell(&format!("waiting for {server} …"), out.look.unicode)
    });
    if out.look.is_live && out.look.progress == Drawing::Lines {
        waiting::begin();
    }
    if T::WAITS_FOR_READER {
        tokio::spawn(interrupt::leave(deadline, T::ORIGINAL.patience));
    }
    let mut run = std::pin::pin!(async {
        enter(&tool, &target, out).await?;
        tool.run(out).await
    });
    let mut waiting = std::pin::pin!(async {
        tokio::time::sleep(UNSEEN_MAX).await;
        waiting::show(awaited.as_deref().unwrap_or_default());
        std::future::pending::<Infallible>().await
    });
    let signal = tokio::select! {
        result = &mut run => {
            waiting::end();
            return Outcome::Ended(result);
        }
        never = &mut waiting => match never {},
        signal = signals.next() => Some(signal),
        () = tokio::time::sleep(deadline) => None,
    };
    stop.cancel();
    waiting::end();
    let result = tokio::select! {
        biased;
        result = &mut run => result,
        _ = signals.next() => Ok(()),
        () = tokio::time::sleep(T::ORIGINAL.patience) => Ok(()),
    };
    match signal {
        Some(signal) => Outcome::Stopped(signal, result),
        None => Outcome::Ended(Err(late(deadline))),
    }
}

fn late(deadline: Duration) -> anyhow::Error {
    Refused(Failure::new(
        format!("not done within {deadline:?}, the --deadline"),
        "more time: a longer --deadline, or none",
    ))
    .into()
}

/// Tells what went wrong, once, and finds the exit code.
fn conclude<T: Tool>(outcome: Outcome, command: &Command, out: &mut Printer<'_>) -> ExitCode {
    let (signal, result) = match outcome {
        Outcome::Ended(result) => (None, result),
        Outcome::Stopped(signal, result) => (Some(signal), result),
    };
    let failed = result.is_err();
    let told = match result {
        Ok(()) => Ok(()),
        Err(error) => tell::<T>(error, command, out),
    };
    let code = match told.and_then(|()| out.flush()) {
        Ok(()) if failed => ExitCode::FAILURE,
        Ok(()) => ExitCode::SUCCESS,
        Err(error) if error.is_reader_gone() => ExitCode::from(u8::from(failed)),
        Err(error) => {
            out.fail(&error.into());
            ExitCode::FAILURE
        }
    };
    signal.map_or(code, |signal| ExitCode::from(signal.code()))
}

/// # Errors
/// When it is stdout that failed, or fails now.
fn tell<T: Tool>(
    error: anyhow::Error,
    command: &Command,
    out: &mut Printer<'_>,
) -> Result<(), OutputError> {
    let error = match error.downcast::<OutputError>() {
        Ok(error) => return Err(error),
        Err(error) => error,
    };
    let is_usage = match error.downcast_ref::<ParserError>() {
        Some(_) => T::ORIGINAL.parser_errors_show_usage,
        None => error.is::<Usage>() || error.is::<clap::Error>(),
    };
    if is_usage || error.is::<ParserError>() || error.is::<Refused>() {
        tell_usage(&error, is_usage, command, out);
    } else if !error.is::<Reported>() {
        T::fail(&error, out)?;
    }
    Ok(())
}

/// Wrong usage: scripts get the option table after it, people the way to the help.
fn tell_usage(error: &anyhow::Error, show_table: bool, command: &Command, out: &mut Printer<'_>) {
    let mut failure = failure::explain(error);
    if let Some(ParserError::Unknown(name)) = error.downcast_ref() {
        let options = command.get_arguments().filter_map(Arg::get_long);
        let options: Vec<_> = options.map(|option| format!("--{option}")).collect();
        let near = names::did_you_mean(&format!("--{name}"), options.iter().map(String::as_str));
        failure = near.into_iter().fold(failure, Failure::with_hint);
    }
    if !error.is::<Refused>() {
        let name = command.get_name();
        failure = failure.with_hint(format!("every option: {name} --help"));
    }
    if out.look.mode == Mode::Plain && error.is::<Usage>() {
        out.note(&failure.plain);
    } else {
        out.failure(&failure);
    }
    if show_table && out.look.mode == Mode::Plain {
        out.note(option_table::render(command).trim_end());
    }
}
