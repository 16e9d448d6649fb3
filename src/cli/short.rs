//! The short commands of the umbrella: `kaffa topics ls`, `kaffa produce orders`, `kaffa groups reset etl`.
//!
//! They are other words for the tools' own options, which work after them; what an option means stays with the tool. Only
//! here options have one-letter forms.

use clap::Command;

use super::{args::names, dialect::Words, failure::Failure};

/// The short form of one tool.
#[derive(Debug)]
pub struct Short {
    /// What is typed for the tool: `kaffa topics`.
    pub name: &'static str,
    /// What comes after it in the usage line.
    usage: &'static str,
    /// What can be done; a tool that does one thing has none.
    verbs: &'static [Verb],
    /// The option that names stand for.
    named: Named,
    /// One-letter forms of options.
    letters: &'static [(char, &'static str)],
    /// Commands that work when pasted.
    examples: &'static str,
}

/// A word for options.
#[derive(Debug)]
struct Verb {
    words: &'static [&'static str],
    options: &'static [&'static str],
}

/// How names become values of an option.
#[derive(Debug, Clone, Copy)]
enum Named {
    /// One value; several names are alternatives, behind commas.
    Alternatives(&'static str),
    /// One value, from one name.
    One(&'static str),
    /// The option once for every name.
    Each(&'static str),
}

const fn verb(words: &'static [&'static str], options: &'static [&'static str]) -> Verb {
    Verb { words, options }
}

/// Every short command.
pub const SHORT: &[Short] = &[
    Short {
        name: "kaffa topics",
        usage: "ls|describe|create|alter|delete [TOPIC...] [OPTIONS]",
        verbs: &[
            verb(&["list", "ls"], &["list"]),
            verb(&["describe"], &["describe"]),
            verb(&["create"], &["create"]),
            verb(&["alter"], &["alter"]),
            verb(&["delete", "rm"], &["delete"]),
        ],
        named: Named::Alternatives("topic"),
        letters: &[
            ('b', "bootstrap-server"),
            ('p', "partitions"),
            ('r', "replication-factor"),
            ('c', "config"),
        ],
        examples: "\
kaffa topics create orders -p 3
kaffa topics ls
kaffa topics describe orders",
    },
    Short {
        name: "kaffa produce",
        usage: "TOPIC [OPTIONS] < FILE",
        verbs: &[],
        named: Named::One("topic"),
        letters: &[
            ('b', "bootstrap-server"),
            ('z', "compression-codec"),
            ('P', "reader-property"),
        ],
        examples: "\
echo hello | kaffa produce orders
kaffa produce orders -z zstd < orders.ndjson
echo key:value | kaffa produce orders -P parse.key=true -P key.separator=:",
    },
    Short {
        name: "kaffa consume",
        usage: "TOPIC [OPTIONS]",
        verbs: &[],
        named: Named::One("topic"),
        letters: &[
            ('b', "bootstrap-server"),
            ('n', "max-messages"),
            ('g', "group"),
            ('p', "partition"),
            ('o', "offset"),
            ('P', "formatter-property"),
        ],
        examples: "\
kaffa consume orders -n 10 --from-beginning
kaffa consume orders -g etl --from-beginning
kaffa consume orders -p 0 -o earliest -n 1 -P print.offset=true",
    },
    Short {
        name: "kaffa groups",
        usage: "ls|describe|members|state|reset|delete-offsets|delete [GROUP...] [OPTIONS]",
        verbs: &[
            verb(&["list", "ls"], &["list"]),
            verb(&["describe"], &["describe"]),
            verb(&["members"], &["describe", "members"]),
            verb(&["state"], &["describe", "state"]),
            verb(&["reset"], &["reset-offsets"]),
            verb(&["delete-offsets"], &["delete-offsets"]),
            verb(&["delete", "rm"], &["delete"]),
        ],
        named: Named::Each("group"),
        letters: &[('b', "bootstrap-server"), ('g', "group"), ('t', "topic")],
        examples: "\
kaffa groups ls
kaffa groups describe etl
kaffa groups reset etl -t orders --to-earliest --dry-run",
    },
    Short {
        name: "kaffa doctor",
        usage: "[HOST:PORT] [OPTIONS]",
        verbs: &[],
        named: Named::One("bootstrap-server"),
        letters: &[('b', "bootstrap-server")],
        examples: "\
kaffa doctor
kaffa doctor localhost:9092
kaffa doctor localhost:9092 --output json",
    },
    Short {
        name: "kaffa profile",
        usage: "add|use|list|show|remove [NAME] [OPTIONS]",
        verbs: &[
            verb(&["add"], &["add"]),
            verb(&["use"], &["use"]),
            verb(&["list", "ls"], &["list"]),
            verb(&["show"], &["show"]),
            verb(&["remove", "rm"], &["remove"]),
        ],
        named: Named::One("name"),
        letters: &[('b', "bootstrap-server")],
        examples: "\
kaffa profile add dev --bootstrap-server localhost:9092
kaffa profile use dev
kaffa profile list",
    },
];

/// The short command that is typed as `name`.
pub fn of(name: &str) -> Option<&'static Short> {
    SHORT.iter().find(|short| short.name == name)
}

impl Short {
    /// The tool's command with the short command's usage, examples and one-letter options.
    pub fn adapt(&self, mut command: Command) -> Command {
        for (letter, long) in self.letters {
            let id = command
                .get_arguments()
                .find(|option| option.get_long() == Some(long))
                .map(|option| option.get_id().clone());
            if let Some(id) = id {
                command = command.mut_arg(id, |option| option.short(*letter));
            }
        }
        command
            .override_usage(format!("{} {}", self.name, self.usage))
            .before_help(super::examples(self.examples))
    }

    /// The words that can stand after the name, with the options that they stand for.
    pub fn verbs(
        &self,
    ) -> impl Iterator<Item = (&'static [&'static str], &'static [&'static str])> {
        self.verbs.iter().map(|verb| (verb.words, verb.options))
    }

    /// The option that names stand for.
    pub const fn named(&self) -> &'static str {
        match self.named {
            Named::Alternatives(option) | Named::One(option) | Named::Each(option) => option,
        }
    }

    /// Turns the words that belong to no option into options.
    ///
    /// # Errors
    /// [`Failure`] for a verb that does not exist.
    pub fn expand(&self, words: &mut Words) -> Result<(), Failure> {
        let mut stray = std::mem::take(&mut words.stray).into_iter();
        let wants_verb = !self.verbs.is_empty() && !self.has_action(&words.options);
        if wants_verb && let Some(typed) = stray.next() {
            let verb = self
                .verbs
                .iter()
                .find(|verb| verb.words.contains(&typed.as_str()))
                .ok_or_else(|| self.unknown(&typed))?;
            let options = verb.options.iter().map(|option| format!("--{option}"));
            words.options.extend(options);
        }
        let option = self.named();
        let is_given = |given: &String| given.starts_with(&format!("--{option}="));
        let had_one = words.options.iter().any(is_given);
        let named: Vec<String> = match self.named {
            Named::Each(_) => stray.by_ref().collect(),
            Named::One(_) => stray.by_ref().take(1).collect(),
            Named::Alternatives(_) => {
                let names: Vec<_> = stray.by_ref().collect();
                (!names.is_empty())
                    .then(|| names.join(","))
                    .into_iter()
                    .collect()
            }
        };
        if had_one && !named.is_empty() && !matches!(self.named, Named::Each(_)) {
            words.repeated.insert(option.to_owned());
        }
        let options = named.iter().map(|name| format!("--{option}={name}"));
        words.options.extend(options);
        words.stray = stray.collect();
        Ok(())
    }

    /// Whether an option already says what is to be done, or asks for the help.
    fn has_action(&self, options: &[String]) -> bool {
        let verbs = self.verbs.iter().filter_map(|verb| verb.options.first());
        let mut actions = verbs.chain(&["help", "version", "validate-regex"]);
        actions.any(|action| {
            let is_it = |option: &String| {
                let name = option.split('=').next().unwrap_or_default();
                name.strip_prefix("--") == Some(action)
            };
            options.iter().any(is_it)
        })
    }

    fn unknown(&self, typed: &str) -> Failure {
        let words = self.verbs.iter().flat_map(|verb| verb.words).copied();
        let hint = names::did_you_mean(typed, words);
        Failure::new(
            format!("there is no command '{} {typed}'", self.name),
            hint.unwrap_or_else(|| format!("usage: {} {}", self.name, self.usage)),
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::dialect;

    /// The options that a line of words after `kaffa` stands for.
    fn options(line: &str) -> Result<String, String> {
        let mut words = line.split_whitespace().map(str::to_owned);
        let tool = words.next().unwrap();
        let name = format!("kaffa {tool}");
        let entry = crate::cli::umbrella::TOOLS
            .iter()
            .find(|entry| entry.name == tool)
            .unwrap();
        let mut words = dialect::read(&(entry.command)(&name), words.collect())
            .map_err(|error| error.to_string())?;
        of(&name)
            .unwrap()
            .expand(&mut words)
            .map_err(|failure| failure.message)?;
        let stray = words.stray.iter().map(|word| format!("({word})"));
        let all: Vec<_> = words.options.into_iter().chain(stray).collect();
        Ok(all.join(" "))
    }

    #[test]
    fn short_commands_are_the_tools_own_options() {
        for (line, expected) in [
            ("topics ls", "--list"),
            ("topics list -b h:1", "--bootstrap-server=h:1 --list"),
            (
                "topics create orders -p 3",
                "--partitions=3 --create --topic=orders",
            ),
            (
                "topics -p3 create orders",
                "--partitions=3 --create --topic=orders",
            ),
            ("topics rm a b", "--delete --topic=a,b"),
            ("topics --list", "--list"),
            ("topics --topic ls --list", "--topic=ls --list"),
            ("produce orders", "--topic=orders"),
            ("consume orders -n 10", "--max-messages=10 --topic=orders"),
            (
                "consume -n 10 orders more",
                "--max-messages=10 --topic=orders (more)",
            ),
            ("groups describe a b", "--describe --group=a --group=b"),
            ("groups members a", "--describe --members --group=a"),
            (
                "groups reset a -t t --to-earliest",
                "--topic=t --to-earliest --reset-offsets --group=a",
            ),
            ("groups --list --state stable", "--list --state=stable"),
        ] {
            assert_eq!(options(line).as_deref(), Ok(expected), "{line}");
        }
    }

    #[test]
    fn a_verb_that_does_not_exist_is_refused() {
        assert_eq!(
            options("topics orders").unwrap_err(),
            "there is no command 'kaffa topics orders'"
        );
    }
}
