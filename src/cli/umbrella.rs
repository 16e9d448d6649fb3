//! `kaffa`: every tool as a subcommand, and under its own name where the binary is called by it.

use std::{ffi::OsString, process::ExitCode};

use clap::{Args, Command};

use super::{
    KAFKA_VERSION, Tool,
    args::names,
    broker, called_by, complete,
    console_consumer::ConsoleConsumer,
    console_producer::ConsoleProducer,
    consumer_groups::ConsumerGroups,
    dialect,
    doctor::Doctor,
    failure::Failure,
    generate, manual,
    printer::{Look, Printer, Stdio},
    profile::Profiles,
    quickstart, topic_help,
    topics::Topics,
};

const HELP: &str = "\
Apache Kafka's command line, and a Kafka broker to point it at.

Usage: kaffa COMMAND [WORDS] [OPTIONS]

Examples, from nothing to a group that has read a topic:
  kaffa broker --ephemeral &
  kaffa topics create orders --partitions 3
  echo hello | kaffa produce orders
  kaffa consume orders --from-beginning -n 1 --group etl
  kaffa groups describe etl

Commands:
  topics      ls, describe, create, alter, delete topics
  produce     send lines of standard input to a topic: kaffa produce TOPIC < FILE
  consume     print the records of a topic: kaffa consume TOPIC -n 10
  groups      ls, describe, members, state, reset, delete-offsets, delete consumer groups
  doctor      find out why a cluster cannot be used from here
  profile     add, use, list, show, remove names for clusters; --profile NAME works everywhere
  broker      run a broker: no configuration and no formatting needed
  quickstart  a broker, a topic, a file in, the same file out: every step shown

Apache's tools take the same options under their own names: kafka-topics, kafka-console-producer,
kafka-console-consumer, kafka-consumer-groups, kafka-server-start; or kaffa console-producer and so on.

Options of a command: kaffa COMMAND --help. How values are written: kaffa help times, sizes or offsets.
";

const NOTES: &str = "\
Options that every tool has may stand in front of the command: kaffa --profile prod topics ls. What a command takes:
kaffa COMMAND --help. The version: kaffa --version.";

/// A tool that the umbrella knows.
#[derive(Debug, Clone, Copy)]
pub struct Entry {
    /// Its name after `kaffa`.
    pub name: &'static str,
    /// Other names for it.
    pub aliases: &'static [&'static str],
    /// The name of its own binary.
    pub binary: Option<&'static str>,
    /// Runs it, called by a name, with the words after it.
    pub run: fn(&str, &[OsString]) -> ExitCode,
    /// Its options.
    pub command: fn(&str) -> Command,
}

impl Entry {
    const fn tool<T: Tool>(
        name: &'static str,
        aliases: &'static [&'static str],
        binary: &'static str,
    ) -> Self {
        Self {
            name,
            aliases,
            binary: Some(binary),
            run: super::run::<T>,
            command: super::command::<T>,
        }
    }

    fn is_called(&self, name: &str) -> bool {
        self.name == name || self.aliases.contains(&name) || self.binary == Some(name)
    }
}

/// Every tool, in the order of the help.
pub const TOOLS: &[Entry] = &[
    Entry::tool::<Topics>("topics", &[], "kafka-topics"),
    Entry::tool::<ConsoleProducer>("produce", &["console-producer"], "kafka-console-producer"),
    Entry::tool::<ConsoleConsumer>("consume", &["console-consumer"], "kafka-console-consumer"),
    Entry::tool::<ConsumerGroups>("groups", &["consumer-groups"], "kafka-consumer-groups"),
    Entry {
        name: "doctor",
        aliases: &[],
        binary: None,
        run: super::run::<Doctor>,
        command: super::command::<Doctor>,
    },
    Entry {
        name: "profile",
        aliases: &[],
        binary: None,
        run: super::run::<Profiles>,
        command: super::command::<Profiles>,
    },
    Entry {
        name: "broker",
        aliases: &[],
        binary: None,
        run: broker::run_broker,
        command: broker::command,
    },
    Entry {
        name: "quickstart",
        aliases: &[],
        binary: None,
        run: quickstart::run,
        command: quickstart::command,
    },
    Entry {
        name: "server-start",
        aliases: &[],
        binary: Some("kafka-server-start"),
        run: broker::run_server_start,
        command: broker::server_start_command,
    },
];

/// The process of the umbrella binary.
pub fn main() -> ExitCode {
    let mut words = std::env::args_os();
    let called = called_by(words.next());
    let words: Vec<OsString> = words.collect();
    let script = called.strip_suffix(".sh").unwrap_or(&called);
    if let Some(tool) = TOOLS.iter().find(|tool| tool.binary == Some(script)) {
        return (tool.run)(&called, &words);
    }
    if let Some((first, rest)) = words.split_first()
        && first == "complete"
    {
        return complete::main(rest);
    }
    let (options, words) = leading_options(words);
    let Some((first, rest)) = words.split_first() else {
        return say(true, |out| out.note(HELP.trim_end()));
    };
    let rest: Vec<OsString> = rest.iter().cloned().chain(options).collect();
    let typed = first.to_string_lossy();
    if let Some(tool) = find(&typed) {
        let name = if tool.binary == Some(&typed) {
            typed.into_owned()
        } else {
            format!("kaffa {typed}")
        };
        return (tool.run)(&name, &rest);
    }
    match (typed.as_ref(), rest.as_slice()) {
        ("--help" | "-h" | "help", words) if manual::is_json_wanted(words) => {
            say(false, |out| drop(out.line(manual::json(&command()))))
        }
        ("--help" | "-h" | "help", []) => say(false, |out| drop(out.text(HELP))),
        ("help", [name]) => explain(&name.to_string_lossy()),
        ("--version" | "-V", _) => say(false, |out| drop(out.line(version()))),
        ("generate", [dir]) => generate::main(dir),
        _ => say(true, |out| out.failure(&unknown(&typed))),
    }
}

/// `kaffa help NAME`: a command's help, or the page about a kind of value.
fn explain(name: &str) -> ExitCode {
    match (find(name), topic_help::page(name)) {
        (Some(tool), _) => (tool.run)(&format!("kaffa {name}"), &["--help".into()]),
        (None, Some(page)) => say(false, |out| drop(out.text(page))),
        (None, None) => say(true, |out| {
            out.failure(&Failure::new(
                format!("there is no help about '{name}'"),
                "there is about every command, and about times, sizes and offsets",
            ));
        }),
    }
}

/// The tool of this name.
pub fn find(name: &str) -> Option<&'static Entry> {
    TOOLS.iter().find(|tool| tool.is_called(name))
}

/// The words that can stand after `kaffa`, and what they are for.
pub fn words() -> Vec<(String, String)> {
    let about = |tool: &Entry| {
        (tool.command)(tool.name)
            .get_about()
            .map(ToString::to_string)
    };
    let tools = TOOLS
        .iter()
        .map(|tool| (tool.name.to_owned(), about(tool).unwrap_or_default()));
    tools
        .chain([("help".to_owned(), "what a command does".to_owned())])
        .collect()
}

/// Takes the options that every tool has from in front of the tool's name: they stand behind it as well.
fn leading_options(words: Vec<OsString>) -> (Vec<OsString>, Vec<OsString>) {
    let common = super::Output::augment_args(Command::new("kaffa"));
    let mut options = Vec::new();
    let mut words = words.into_iter().peekable();
    let common = |word: &mut OsString| {
        let word = word.to_string_lossy();
        let name = word.strip_prefix("--")?;
        let (name, has_value) = match name.split_once('=') {
            Some((name, _)) => (name, true),
            None => (name, false),
        };
        let option = dialect::find(&common, name)?;
        Some(option.get_action().takes_values() && !has_value)
    };
    while let Some(wants_value) = words.peek_mut().and_then(common) {
        options.extend(words.by_ref().take(1 + usize::from(wants_value)));
    }
    (options, words.collect())
}

/// Every command that has a man page: the page's name, the command, and what else it can be called as.
pub fn pages() -> impl Iterator<Item = (String, Command, Option<Command>)> {
    let tools = TOOLS.iter().map(|tool| {
        let name = format!("kaffa {}", tool.name);
        let short = (tool.command)(&name);
        match tool.binary {
            Some(binary) => (binary.to_owned(), (tool.command)(binary), Some(short)),
            None => (name.replace(' ', "-"), short, None),
        }
    });
    std::iter::once(("kaffa".to_owned(), command(), None)).chain(tools)
}

/// The umbrella's own command, with every tool below it.
pub fn command() -> Command {
    let tool = |tool: &Entry| {
        (tool.command)(&format!("kaffa {}", tool.name))
            .name(tool.name)
            .visible_aliases(tool.aliases)
    };
    let (_, examples) = HELP.split_once("a topic:").unwrap_or_default();
    let (examples, _) = examples.split_once("\n\n").unwrap_or_default();
    Command::new("kaffa")
        .override_usage("kaffa COMMAND [WORDS] [OPTIONS]")
        .before_help(format!("Examples:{examples}"))
        .after_help(NOTES)
        .about("Apache Kafka's command line, and a Kafka broker to point it at.")
        .version(version())
        .subcommands(TOOLS.iter().map(tool))
        .disable_help_subcommand(true)
}

fn version() -> String {
    format!(
        "{} (Apache Kafka {KAFKA_VERSION})",
        env!("CARGO_PKG_VERSION")
    )
}

fn unknown(name: &str) -> Failure {
    let hint = names::did_you_mean(name, TOOLS.iter().map(|tool| tool.name));
    let hint = hint.unwrap_or_else(|| "every command: kaffa --help".to_owned());
    Failure::new(format!("there is no command '{name}'"), hint)
}

/// Says something for the umbrella itself.
fn say(has_failed: bool, what: impl FnOnce(&mut Printer<'_>)) -> ExitCode {
    let environment = |name: &str| std::env::var(name).ok();
    let look = Look::decide(
        "kaffa",
        &super::Output::default(),
        Stdio::of_process(),
        &environment,
    );
    let Ok(mut out) = Printer::standard(look) else {
        return ExitCode::FAILURE;
    };
    what(&mut out);
    match out.flush() {
        Err(error) if !error.is_reader_gone() => ExitCode::FAILURE,
        _ => ExitCode::from(u8::from(has_failed)),
    }
}
