//! `kaffa complete -- WORD…`: what the last word of a command line can become, for the scripts in `completions/`.
//!
//! A line for each candidate: the whole word, a tab, a few words about it. Knows the same options as the parser, and asks
//! the cluster that the words before name. Has 300 ms for everything; says nothing where anything fails.

use std::{collections::BTreeSet, ffi::OsString, process::ExitCode, time::Duration};

use clap::{Arg, ArgAction, Command};

use super::{
    args::{client, output::Output},
    dialect::{self, ParserError, Words},
    printer::{Look, Printer},
    profile::file::File,
    short,
    target::{self, Target},
    umbrella,
};
use crate::client::{
    Admin,
    admin::configs::{ConfigEntry, ConfigResource},
};

/// How long a key press may take.
const BUDGET: Duration = Duration::from_millis(300);
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
    let found = async { tokio::time::timeout(BUDGET, candidates(&words)).await };
    for (word, about) in runtime.block_on(found).unwrap_or_default() {
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

fn plain(words: &[&str]) -> Vec<Candidate> {
    words
        .iter()
        .map(|word| ((*word).to_owned(), String::new()))
        .collect()
}

/// The words before the one that is typed.
struct Line<'c> {
    name: String,
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
        let known = match option.get_long().unwrap_or_default() {
            "compression-codec" => plain(&["none", "gzip", "snappy", "lz4", "zstd"]),
            "request-required-acks" => plain(&["all", "1", "0"]),
            "isolation-level" => plain(&["read_committed", "read_uncommitted"]),
            "offset" => plain(&["earliest", "latest"]),
            "state" => plain(&[
                "Stable",
                "Empty",
                "PreparingRebalance",
                "CompletingRebalance",
                "Dead",
            ]),
            "profile" | "name" => profiles(),
            "bootstrap-server" => servers(),
            "topic" | "include" | "group" | "partition" | "config" => {
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
        let environment = |name: &str| std::env::var(name).ok();
        let output = Output {
            profile: target::value(&self.read.options, "profile"),
            ..Output::default()
        };
        let target = Target::find(&self.name, &self.read.options, &output, &environment).ok()?;
        let mut properties = client::over(&target.defaults(), target.file.as_deref()).ok()?;
        properties.set("bootstrap.servers", target.server?.0);
        let (config, _unknown) = client::config(&properties).ok()?;
        let admin = Admin::connect(config).await.ok()?;
        match option.get_long()? {
            "group" => groups(&admin, &self.taken("group")).await,
            "partition" => {
                let topic = target::value(&self.read.options, "topic");
                let topic = topic.or_else(|| self.read.stray.first().cloned())?;
                partitions(&admin, &topic, "").await
            }
            "config" => match typed.split_once('=') {
                Some((key, _)) => values(&admin, key).await,
                None => configs(&admin).await,
            },
            _ if self
                .command
                .get_arguments()
                .any(|option| option.get_long() == Some("reset-offsets")) =>
            {
                match typed.split_once(':') {
                    Some((topic, numbers)) => {
                        let before = numbers
                            .rsplit_once(',')
                            .map_or(String::new(), |(before, _)| format!("{before},"));
                        partitions(&admin, topic, &format!("{topic}:{before}")).await
                    }
                    None => topics(&admin, "", &self.taken("topic")).await,
                }
            }
            _ => match typed.rsplit_once(',') {
                Some((before, _)) => {
                    let taken = before.split(',').map(str::to_owned).collect();
                    topics(&admin, &format!("{before},"), &taken).await
                }
                None => topics(&admin, "", &self.read.stray.iter().cloned().collect()).await,
            },
        }
    }

    /// Names that are on the line already.
    fn taken(&self, option: &str) -> BTreeSet<String> {
        let values = target::values(&self.read.options, option).map(str::to_owned);
        values.chain(self.read.stray.iter().cloned()).collect()
    }
}

async fn topics(admin: &Admin, lead: &str, taken: &BTreeSet<String>) -> Option<Vec<Candidate>> {
    let topics = admin.describe_all_topics().await.ok()?;
    let about = |count: usize| format!("{count} partition{}", if count == 1 { "" } else { "s" });
    let new = topics.into_iter().filter(|(name, _)| !taken.contains(name));
    Some(
        new.filter_map(|(name, topic)| {
            Some((format!("{lead}{name}"), about(topic.ok()?.partitions.len())))
        })
        .collect(),
    )
}

async fn groups(admin: &Admin, taken: &BTreeSet<String>) -> Option<Vec<Candidate>> {
    let groups = admin.list_groups(&[], &[]).await.ok()?;
    let new = groups
        .into_iter()
        .filter(|group| !taken.contains(&group.id));
    let mut new: Vec<_> = new.map(|group| (group.id, group.state)).collect();
    new.sort_unstable();
    Some(new)
}

async fn partitions(admin: &Admin, topic: &str, lead: &str) -> Option<Vec<Candidate>> {
    let topics = admin.describe_topics(&[topic.to_owned()]).await.ok()?;
    let topic = topics.into_values().next()?.ok()?;
    let about =
        |leader: Option<i32>| leader.map_or("no leader".to_owned(), |id| format!("leader {id}"));
    let all = topic.partitions.iter();
    Some(
        all.map(|it| (format!("{lead}{}", it.id), about(it.leader)))
            .collect(),
    )
}

/// The keys that a topic can have, as a topic that exists has them.
async fn entries(admin: &Admin) -> Option<Vec<ConfigEntry>> {
    let topics = admin.list_topics().await.ok()?;
    let some = ConfigResource::topic(&topics.first()?.name);
    let configs = admin.describe_configs(&[some], false).await.ok()?;
    configs.into_values().next()?.ok()
}

async fn configs(admin: &Admin) -> Option<Vec<Candidate>> {
    let all = entries(admin).await?.into_iter();
    Some(
        all.map(|entry| {
            let value = entry.value.unwrap_or_default();
            (format!("{}=", entry.name), value.to_string())
        })
        .collect(),
    )
}

/// Values of a key: the present one first.
async fn values(admin: &Admin, key: &str) -> Option<Vec<Candidate>> {
    let entry = entries(admin)
        .await?
        .into_iter()
        .find(|entry| entry.name == key)?;
    let now = entry.value.unwrap_or_default();
    let others: &[&str] = match (key, &*now) {
        ("cleanup.policy", _) => &["delete", "compact", "compact,delete"],
        ("compression.type", _) => &["producer", "uncompressed", "gzip", "snappy", "lz4", "zstd"],
        ("message.timestamp.type", _) => &["CreateTime", "LogAppendTime"],
        (_, "true" | "false") => &["true", "false"],
        _ => &[],
    };
    let others = others
        .iter()
        .filter(|value| now != **value)
        .map(|value| (format!("{key}={value}"), String::new()));
    let now = (format!("{key}={now}"), "now".to_owned());
    Some(std::iter::once(now).chain(others).collect())
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
