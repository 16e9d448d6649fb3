//! `kaffa complete -- WORD…`: what the last word of a command line can become, for the scripts in `completions/`.
//!
//! A line for each candidate: the whole word, a tab, a few words about it. Knows the same options as the parser, and asks
//! the cluster that the words before name. Has 300 ms for everything; says nothing where anything fails and nothing is
//! known from before.

mod cluster;
mod keys;

use std::{collections::BTreeSet, ffi::OsString, process::ExitCode};

use clap::{Arg, ArgAction, Command};

use self::cluster::Names;
use super::{
    console_consumer::{deserializer, formatter},
    console_producer::LINE_READERS,
    consumer_groups::list,
    dialect::{self, ParserError, Words},
    printer::{Look, Printer},
    profile::file::File,
    short, target, umbrella,
};
use crate::client::config::{ConsumerConfig, Keys, ProducerConfig};

/// Stands for the names of files, which shells know better.
const FILES: &str = "<file>";

/// A whole word and a few about it.
type Candidate = (String, String);

/// The command: `words` are those of the line, with `--` before them, the last one unfinished. Always succeeds.
pub fn main(words: &[OsString]) -> ExitCode {
    let mut words = words.iter().map(|word| word.to_string_lossy().into_owned());
    let words: Vec<String> = words.by_ref().skip_while(|word| word == "--").collect();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build();
    let (Ok(runtime), Ok(mut out)) = (runtime, Printer::standard(Look::plain())) else {
        return ExitCode::SUCCESS;
    };
    for (word, about) in runtime.block_on(candidates(&words)) {
        out.line(format_args!("{word}\t{about}")).ok();
    }
    out.flush().ok();
    // A resolver that does not answer must not hold the prompt.
    runtime.shutdown_background();
    ExitCode::SUCCESS
}

/// What the last of `words` can become.
async fn candidates(words: &[String]) -> Vec<Candidate> {
    let Some((typed, words)) = words.split_last() else {
        return Vec::new();
    };
    let Some((tool, mut words)) = words.split_first() else {
        return Vec::new();
    };
    let tool = tool.rsplit('/').next().unwrap_or(tool);
    let mut name = tool.strip_suffix(".sh").unwrap_or(tool).to_owned();
    if name == "kaffa" {
        let Some((command, rest)) = words.split_first() else {
            return matching(umbrella::words(), typed, "");
        };
        name = format!("kaffa {command}");
        words = rest;
    }
    let Some(tool) = umbrella::find(name.strip_prefix("kaffa ").unwrap_or(&name)) else {
        return Vec::new();
    };
    let command = (tool.command)(&name);
    let (read, due) = read(&command, words.to_vec());
    let line = Line {
        name,
        tool: tool.binary.unwrap_or_default(),
        command: &command,
        read,
    };
    // A value that may be left out is not missed by the parser.
    let optional = || {
        let name = words.last()?.strip_prefix("--")?;
        let option = dialect::find(&command, name)?;
        let may_be_left_out = option.get_num_args()?.min_values() == 0;
        (option.get_action().takes_values() && may_be_left_out && !typed.starts_with('-'))
            .then_some(option)
    };
    if let Some(option) = due.or_else(optional) {
        return line.values(option, typed, "").await;
    }
    if let Some(named) = typed.strip_prefix('-') {
        let named = named.strip_prefix('-').unwrap_or(named);
        return match named.split_once('=') {
            None => matching(line.options(), typed, ""),
            Some((name, value)) => match dialect::find(&command, name) {
                Some(option) => line.values(option, value, &format!("--{name}=")).await,
                None => Vec::new(),
            },
        };
    }
    line.words(typed).await
}

/// Reads words that need not make sense yet, and finds the option whose value comes next.
fn read(command: &Command, mut words: Vec<String>) -> (Words, Option<&Arg>) {
    let mut due = None;
    loop {
        let dropped = match dialect::read(command, words.clone()) {
            Ok(read) => return (read, due),
            Err(ParserError::MissingArgument(name)) => {
                due = dialect::find(command, &name);
                words.pop()
            }
            Err(ParserError::Unknown(_) | ParserError::Unavailable(_)) => {
                let is_unknown = |word: &String| {
                    let name = word.trim_start_matches('-');
                    let name = name.split('=').next().unwrap_or_default();
                    word.starts_with('-')
                        && dialect::find(command, name).is_none()
                        && dialect::letter(command, name).is_none()
                };
                let at = words.iter().position(is_unknown);
                at.map(|at| words.remove(at))
            }
        };
        if dropped.is_none() {
            return (Words::default(), due);
        }
    }
}

/// Those of `words` that the unfinished word can become, with `lead` in front.
fn matching(words: Vec<Candidate>, typed: &str, lead: &str) -> Vec<Candidate> {
    let last = typed.rsplit([',', ':']).next().unwrap_or_default();
    let is_safe = |word: &str| {
        word == FILES
            || word
                .chars()
                .all(|c| c.is_ascii_alphanumeric() || "._-:,=@/+%".contains(c))
    };
    let fits = |word: &str| {
        word == FILES
            || (word.starts_with(typed) && (!word.starts_with("__") || last.starts_with("__")))
    };
    let fitting = words
        .into_iter()
        .filter(|(word, _)| is_safe(word) && fits(word));
    fitting
        .map(|(word, about)| {
            if word == FILES {
                (word, about)
            } else {
                (format!("{lead}{word}"), about)
            }
        })
        .collect()
}

fn plain(words: &[impl ToString]) -> Vec<Candidate> {
    words
        .iter()
        .map(|word| (word.to_string(), String::new()))
        .collect()
}

/// The words before the one that is typed.
struct Line<'c> {
    /// What the tool is called by.
    name: String,
    /// The name of its binary.
    tool: &'static str,
    command: &'c Command,
    read: Words,
}

impl Line<'_> {
    /// Every option that is not given yet.
    fn options(&self) -> Vec<Candidate> {
        let is_new = |option: &&Arg| {
            let long = option.get_long().unwrap_or_default();
            let given = |word: &String| word.split('=').next() == Some(&format!("--{long}"));
            !long.is_empty()
                && !option.is_hide_set()
                && (matches!(option.get_action(), ArgAction::Append)
                    || !self.read.options.iter().any(given))
        };
        let shown = self.command.get_arguments().filter(is_new);
        let about = |option: &Arg| {
            option
                .get_help()
                .map(ToString::to_string)
                .unwrap_or_default()
        };
        shown
            .map(|option| {
                (
                    format!("--{}", option.get_long().unwrap_or_default()),
                    about(option),
                )
            })
            .collect()
    }

    /// What a word that belongs to no option can become.
    async fn words(&self, typed: &str) -> Vec<Candidate> {
        let Some(short) = short::of(&self.name) else {
            let takes_files = self.command.get_positionals().next().is_some();
            return if takes_files {
                plain(&[FILES])
            } else {
                Vec::new()
            };
        };
        if short.verbs().next().is_some() && self.read.stray.is_empty() {
            let verbs = short.verbs().filter_map(|(words, _)| words.first());
            return matching(plain(&verbs.copied().collect::<Vec<_>>()), typed, "");
        }
        match dialect::find(self.command, short.named()) {
            Some(option) => self.values(option, typed, "").await,
            None => Vec::new(),
        }
    }

    /// What the value of an option can become, with `lead` in front of each.
    async fn values(&self, option: &Arg, typed: &str, lead: &str) -> Vec<Candidate> {
        let possible = option.get_possible_values();
        if option.get_action().takes_values() && !possible.is_empty() {
            let values = possible.iter().map(|value| {
                let about = value
                    .get_help()
                    .map(ToString::to_string)
                    .unwrap_or_default();
                (value.get_name().to_owned(), about)
            });
            return matching(values.collect(), typed, lead);
        }
        let name = option.get_long().unwrap_or_default();
        if let Some(known) = keys::candidates(self.tool, name, typed) {
            return matching(known, typed, lead);
        }
        let key = |keys: Keys, key| plain(keys.get(key).map(Vec::as_slice).unwrap_or_default());
        let known = match name {
            "compression-codec" => key(ProducerConfig::keys(), "compression.type"),
            "request-required-acks" => key(ProducerConfig::keys(), "acks"),
            "isolation-level" => key(ConsumerConfig::keys(), "isolation.level"),
            "offset" => plain(&["earliest", "latest"]),
            "state" => plain(&list::STATES),
            "type" => plain(&list::TYPES),
            "formatter" => plain(&formatter::classes()),
            "key-deserializer" | "value-deserializer" => plain(&deserializer::classes()),
            "line-reader" => plain(&LINE_READERS),
            "profile" | "name" => profiles(),
            "bootstrap-server" => servers(),
            "topic" | "include" | "group" | "partition" => {
                self.live(option, typed).await.unwrap_or_default()
            }
            _ if option
                .get_value_names()
                .is_some_and(|names| names == ["FILE"]) =>
            {
                plain(&[FILES])
            }
            _ => Vec::new(),
        };
        matching(known, typed, lead)
    }

    /// Asks the cluster.
    async fn live(&self, option: &Arg, typed: &str) -> Option<Vec<Candidate>> {
        let mut options = self.command.get_arguments();
        let takes_partitions = options.any(|it| it.get_long() == Some("reset-offsets"));
        let none = BTreeSet::new;
        let listed = |before: &str| before.split(',').map(str::to_owned).collect();
        let (names, lead, taken) = match option.get_long()? {
            "group" => (Names::Groups, String::new(), self.taken("group")),
            "partition" => {
                let topic = target::value(&self.read.options, "topic");
                let topic = topic.or_else(|| self.read.stray.first().cloned())?;
                (Names::Partitions(topic), String::new(), none())
            }
            _ if takes_partitions => match typed.split_once(':') {
                Some((topic, numbers)) => {
                    let before = numbers.rsplit_once(',').map_or("", |(before, _)| before);
                    let comma = if before.is_empty() { "" } else { "," };
                    let lead = format!("{topic}:{before}{comma}");
                    (Names::Partitions(topic.to_owned()), lead, listed(before))
                }
                None => (Names::Topics, String::new(), self.taken("topic")),
            },
            _ => match typed.rsplit_once(',') {
                Some((before, _)) => (Names::Topics, format!("{before},"), listed(before)),
                None => (Names::Topics, String::new(), self.taken("topic")),
            },
        };
        let names = cluster::names(&self.name, &self.read.options, &names).await?;
        let new = names.into_iter().filter(|(name, _)| !taken.contains(name));
        Some(
            new.map(|(name, about)| (format!("{lead}{name}"), about))
                .collect(),
        )
    }

    /// Names that are on the line already.
    fn taken(&self, option: &str) -> BTreeSet<String> {
        let values = target::values(&self.read.options, option).map(str::to_owned);
        values.chain(self.read.stray.iter().cloned()).collect()
    }
}

fn profiles() -> Vec<Candidate> {
    let environment = |name: &str| std::env::var(name).ok();
    let profiles = File::read(&environment)
        .unwrap_or_default()
        .profiles
        .into_iter();
    profiles
        .map(|(name, profile)| (name, profile.bootstrap.join(",")))
        .collect()
}

fn servers() -> Vec<Candidate> {
    let known = profiles()
        .into_iter()
        .map(|(name, servers)| (servers, name));
    known.chain(plain(&["localhost:9092"])).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What the last word of `line` can become, without a cluster.
    fn completed(line: &str) -> String {
        let words: Vec<_> = line.split(' ').map(str::to_owned).collect();
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap();
        let found = runtime.block_on(candidates(&words));
        let words: Vec<_> = found.into_iter().map(|(word, _)| word).collect();
        words.join(" ")
    }

    #[test]
    fn options_verbs_and_values_are_known_without_a_cluster() {
        for (line, expected) in [
            ("kafka-topics.sh --descr", "--describe"),
            (
                "/bin/kafka-topics --if-e --if-",
                "--if-exists --if-not-exists",
            ),
            ("kafka-topics --list --li", ""),
            ("kafka-topics --output j", "json"),
            ("kafka-topics --output=j", "--output=json"),
            ("kafka-console-producer --compression-codec z", "zstd"),
            ("kafka-console-consumer --command-config ", FILES),
            (
                "kafka-console-consumer --value-deserializer org.apache.kafka.common.serialization.B",
                "org.apache.kafka.common.serialization.BooleanDeserializer \
                 org.apache.kafka.common.serialization.BytesDeserializer \
                 org.apache.kafka.common.serialization.ByteArrayDeserializer \
                 org.apache.kafka.common.serialization.ByteBufferDeserializer",
            ),
            ("kaffa to", "topics"),
            ("kaffa groups des", "describe"),
            ("kaffa groups describe --off", "--offsets"),
            ("kaffa consume t -o ", "earliest latest"),
            ("kafka-server-start ", FILES),
            (
                "kafka-topics --topic",
                "--topic --topic-id --topics-with-overrides",
            ),
            ("something-else --", ""),
            ("kafka-topics", ""),
        ] {
            assert_eq!(completed(line), expected, "{line}");
        }
    }

    #[test]
    fn keys_of_properties_and_their_values_come_from_the_tables() {
        for (line, expected) in [
            ("kafka-topics --create --config cleanup.", "cleanup.policy="),
            (
                "kaffa topics create t --config=cleanup.policy=",
                "--config=cleanup.policy=compact --config=cleanup.policy=delete \
                 --config=cleanup.policy=compact,delete",
            ),
            (
                "kafka-topics --config retention.ms=",
                "retention.ms=604800000",
            ),
            ("kafka-topics --config preallocate=t", "preallocate=true"),
            ("kafka-topics --config nothing=", ""),
            ("kafka-console-producer --command-property ac", "acks="),
            (
                "kafka-console-producer --producer-property compression.type=z",
                "compression.type=zstd",
            ),
            (
                "kaffa produce t --reader-property parse.",
                "parse.headers= parse.key=",
            ),
            (
                "kafka-console-producer --property parse.key=",
                "parse.key=true parse.key=false",
            ),
            (
                "kafka-console-consumer --consumer-property auto.offset.reset=",
                "auto.offset.reset=earliest auto.offset.reset=latest auto.offset.reset=none",
            ),
            (
                "kafka-console-consumer --formatter-property print.k",
                "print.key=",
            ),
            (
                "kafka-console-consumer --property=key.deserializer=org.apache.kafka.common.serialization.U",
                "--property=key.deserializer=org.apache.kafka.common.serialization.UUIDDeserializer",
            ),
            (
                "kaffa doctor --command-property request.t",
                "request.timeout.ms=",
            ),
            (
                "kafka-server-start --override log.cleanup.policy=d",
                "log.cleanup.policy=delete",
            ),
        ] {
            assert_eq!(completed(line), expected, "{line}");
        }
    }

    #[test]
    fn names_of_kafkas_own_and_unsafe_ones_are_left_out() {
        let words = || plain(&["orders", "__consumer_offsets", "a b", "$(x)", "a,__x"]);
        let fitting = |typed| {
            let found = matching(words(), typed, "--topic=").into_iter();
            found.map(|(word, _)| word).collect::<Vec<_>>().join(" ")
        };
        assert_eq!(fitting(""), "--topic=orders --topic=a,__x");
        assert_eq!(fitting("__"), "--topic=__consumer_offsets");
        assert_eq!(fitting("x"), "");
    }
}
