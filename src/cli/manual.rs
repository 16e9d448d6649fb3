//! What every manual tells of a command: `--help --output json`, the man pages, and the table after wrong usage.

use std::ffi::OsString;

use clap::{Arg, ArgAction, Command};
use serde::Serialize;
use serde_json::{Value, json};

/// A number, and what it means.
type ExitStatus = (u8, &'static str);

/// The exit status of a tool.
const OF_TOOLS: [ExitStatus; 4] = [
    (0, "Everything was done."),
    (1, "Something failed, or the usage was wrong."),
    (130, "Ended by Ctrl-C."),
    (143, "Ended by SIGTERM."),
];

/// That of a broker, which is there to be stopped.
const OF_BROKERS: [ExitStatus; 2] = [
    (
        0,
        "Everything was done; or the broker was told to stop, by Ctrl-C or SIGTERM, and has written everything.",
    ),
    (1, "Something failed, or the usage was wrong."),
];

/// Something outside the command line: its name, the option without which it does not matter, and what it is for.
type Outside = (&'static str, &'static str, &'static str);

/// Environment variables.
const ENVIRONMENT: [Outside; 17] = [
    (
        "KAFKA_BOOTSTRAP_SERVERS",
        "profile",
        "The cluster to talk to where --bootstrap-server is not given. What was typed wins, then the file of \
         --command-config, then --profile, then this, then the current profile.",
    ),
    (
        "KAFKA_BOOTSTRAP",
        "profile",
        "The same, where KAFKA_BOOTSTRAP_SERVERS is not set.",
    ),
    (
        "KAFFA_PROFILE",
        "profile",
        "The current profile, instead of the one that kaffa profile use chose. A tool that is called by a name with .sh \
         at the end has no current profile.",
    ),
    (
        "KAFFA_CONFIG",
        "profile",
        "The file of profiles, instead of $XDG_CONFIG_HOME/kaffa/config.toml.",
    ),
    (
        "KAFFA_OUTPUT",
        "output",
        "What --output says where it is not given.",
    ),
    (
        "KAFFA_COLOR",
        "color",
        "What --color says where it is not given.",
    ),
    (
        "KAFFA_NO_INPUT",
        "no-input",
        "Set to anything but 0: never ask, as with --no-input; but not for a tool that is called by a name with .sh at the end.",
    ),
    (
        "KAFFA_LOG",
        "",
        "What to log: error, warn, info, debug or trace; a broker logs info where this is not set.",
    ),
    (
        "NO_COLOR",
        "color",
        "No colour, unless --color asks for it.",
    ),
    (
        "FORCE_COLOR",
        "color",
        "Colour in a pipe, too, unless --color says otherwise. CLICOLOR_FORCE is the same.",
    ),
    (
        "CI",
        "output",
        "Set to anything but 0 or false: a terminal is treated as a pipe.",
    ),
    ("COLUMNS", "output", "How wide tables may be."),
    (
        "TERM",
        "output",
        "A terminal that is dumb has neither colour nor progress.",
    ),
    (
        "LC_ALL",
        "output",
        "Bars, dashes and arrows are ASCII unless this says UTF-8.",
    ),
    ("LC_CTYPE", "output", "The same, where LC_ALL is not set."),
    ("LANG", "output", "The same, where neither is set."),
    ("TZ", "output", "The time zone of times that name none."),
];

/// Files.
const FILES: [Outside; 4] = [
    (
        "$XDG_CONFIG_HOME/kaffa/config.toml",
        "profile",
        "Profiles: clusters by name; see kaffa-profile(1). In one of them behind = [\"10s\", \"1m\"] says from when on a group \
         that is behind is shown in yellow, and from when on in red. Without XDG_CONFIG_HOME below ~/.config. It need not \
         exist.",
    ),
    (
        "$XDG_STATE_HOME/kaffa/undo",
        "undo-file",
        "Offsets as they were before a reset, for thirty days; see --undo-file. Without XDG_STATE_HOME below ~/.local/state.",
    ),
    (
        "$XDG_CACHE_HOME/kaffa/completion",
        "profile",
        "Names of topics and groups that completion has seen; it can be deleted. Without XDG_CACHE_HOME below ~/.cache.",
    ),
    (
        "$XDG_DATA_HOME/kaffa/broker",
        "data-dir",
        "Where topics are kept unless --data-dir says otherwise. Without XDG_DATA_HOME below ~/.local/share.",
    ),
];

/// What the exit status of a command can be.
pub fn exit_status(command: &Command) -> &'static [ExitStatus] {
    if matters(&("", "output", ""), command) {
        &OF_TOOLS
    } else {
        &OF_BROKERS
    }
}

/// The variables that matter to a command.
pub fn environment(command: &Command) -> impl Iterator<Item = &'static Outside> {
    ENVIRONMENT.iter().filter(|it| matters(it, command))
}

/// The files that matter to a command.
pub fn files(command: &Command) -> impl Iterator<Item = &'static Outside> {
    FILES.iter().filter(|it| matters(it, command))
}

/// Everything matters to a command that has others below it.
fn matters((_, option, _): &Outside, command: &Command) -> bool {
    let mut options = command.get_arguments();
    option.is_empty()
        || command.has_subcommands()
        || options.any(|it| it.get_long() == Some(option))
}

/// An option, or a word that belongs to none.
#[derive(Debug, Serialize)]
pub struct Described {
    /// With its dashes; without for a word.
    pub name: String,
    /// Its name of one letter.
    pub letter: Option<char>,
    /// What its value is, if it takes one.
    pub value: Option<String>,
    /// Whether the value may be left out.
    pub value_optional: bool,
    /// All values that it can have, if they are few.
    pub values: Vec<Possible>,
    /// The value where it is not given, or a few words about it.
    pub default: Option<String>,
    /// Whether it may be given more than once.
    pub repeats: bool,
    /// The heading that it stands under.
    pub section: String,
    /// What it is for, with its default.
    pub about: String,
}

/// A value of an option.
#[derive(Debug, Serialize)]
pub struct Possible {
    /// The value.
    pub value: String,
    /// What it means.
    pub about: String,
}

/// What can be given to a command: all that `--help` shows, in its order.
pub fn options(command: &Command) -> Vec<Described> {
    // Only then clap adds --help and --version.
    let mut command = command.clone();
    command.build();
    let shown = command
        .get_arguments()
        .filter(|option| !option.is_hide_set());
    shown.map(describe).collect()
}

fn describe(option: &Arg) -> Described {
    let takes_values = option.get_action().takes_values();
    let value_name = option.get_value_names().and_then(<[_]>::first);
    let value = value_name.map_or("VALUE", |name| name.as_str()).to_owned();
    let possible = option.get_possible_values().into_iter();
    let values = possible.filter(|_| takes_values).map(|it| Possible {
        value: it.get_name().to_owned(),
        about: text(it.get_help()),
    });
    let mut about = text(option.get_help());
    if takes_values && let Some(default) = option.get_default_values().first() {
        about = format!("{about} [default: {}]", default.to_string_lossy());
    }
    let default = about
        .split_once("[default: ")
        .and_then(|(_, it)| it.split_once(']'));
    Described {
        name: option
            .get_long()
            .map_or(value.clone(), |long| format!("--{long}")),
        letter: option.get_short(),
        value: takes_values.then_some(value),
        value_optional: option.get_num_args().is_some_and(|n| n.min_values() == 0) && takes_values,
        values: values.collect(),
        default: default.map(|(default, _)| default.to_owned()),
        repeats: matches!(option.get_action(), ArgAction::Append),
        section: option.get_help_heading().unwrap_or("Options").to_owned(),
        about,
    }
}

/// Help in one line.
fn text(help: Option<&clap::builder::StyledStr>) -> String {
    help.map(|help| help.to_string().replace('\n', " "))
        .unwrap_or_default()
}

/// What a command is called.
pub fn name(command: &Command) -> &str {
    command.get_bin_name().unwrap_or(command.get_name())
}

/// How a command is called, without its options.
pub fn usage(command: &Command) -> String {
    let usage = command.clone().render_usage().to_string();
    usage.trim_start_matches("Usage: ").to_owned()
}

/// Commands that work when pasted, and the notes below the help.
pub fn examples_and_notes(command: &Command) -> (String, String) {
    let (mut examples, mut notes) = (String::new(), String::new());
    for help in [command.get_before_help(), command.get_after_help()] {
        let help = help.map(ToString::to_string).unwrap_or_default();
        match help.strip_prefix("Examples:\n") {
            Some(lines) => examples.push_str(lines),
            None => notes.push_str(&help),
        }
    }
    (examples, notes)
}

/// Whether these words ask for JSON, for commands that have no other use for --output.
pub fn is_json_wanted(words: &[OsString]) -> bool {
    words.iter().any(|word| word == "--output=json")
        || words.windows(2).any(|pair| pair == ["--output", "json"])
}

/// The document of `--help --output json`.
pub fn json(command: &Command) -> Value {
    let (examples, notes) = examples_and_notes(command);
    let examples = examples.replace("\\\n", "");
    let examples: Vec<_> = examples.lines().map(str::trim).collect();
    let environment = environment(command);
    let environment = environment.map(|(name, _, about)| json!({"name": name, "about": about}));
    let commands = command.get_subcommands().map(|command| {
        let aliases: Vec<_> = command.get_visible_aliases().collect();
        json!({"name": command.get_name(), "aliases": aliases, "about": text(command.get_about())})
    });
    let exit_status = exit_status(command).iter();
    let exit_status = exit_status.map(|(code, about)| json!({"code": code, "about": about}));
    json!({
        "kind": "help",
        "v": 1,
        "name": name(command),
        "about": text(command.get_about()),
        "usage": usage(command),
        "examples": examples,
        "notes": notes,
        "commands": commands.collect::<Vec<_>>(),
        "options": options(command),
        "environment": environment.collect::<Vec<_>>(),
        "exit_status": exit_status.collect::<Vec<_>>(),
    })
}
