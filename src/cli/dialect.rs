//! The rules of the original tools' option parser (jopt-simple 5, abbreviations off), in front of clap.
//!
//! Scripts rely on its odd corners: `-topic x`, `--shift-by -2`, `--list=yes`, `--topic --list` (a topic named `--list`).
//! [`read`] walks the words with the arity of every option, taken from the clap command, and rewrites them into the one
//! form that clap cannot misread: `--name` and `--name=value`.

use std::{collections::BTreeSet, iter::Peekable, vec};

use clap::{Arg, ArgAction, Command};

/// What the words on the command line mean.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Words {
    /// The same options for clap: `--name` or `--name=value`.
    pub options: Vec<String>,
    /// Words that belong to no option; the original ignores them.
    pub stray: Vec<String>,
    /// Options that take one value and were given several; the original complains when it reads them.
    pub repeated: BTreeSet<String>,
}

/// What the original's parser refuses; its text is the message.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ParserError {
    /// No option has this name.
    #[error("{0} is not a recognized option")]
    Unknown(String),
    /// The command line ends where a value is due.
    #[error("Option {0} requires an argument")]
    MissingArgument(String),
    /// Options that need another option beside them.
    #[error("Option(s) [{}] are unavailable given other options on the command line", .0.join(", "))]
    Unavailable(Vec<String>),
}

impl ParserError {
    /// The same for people.
    pub fn told(&self) -> String {
        match self {
            Self::Unknown(name) if name.chars().count() == 1 => {
                format!("there is no option -{name}")
            }
            Self::Unknown(name) => format!("there is no option --{name}"),
            Self::MissingArgument(name) => format!("--{name} needs a value"),
            Self::Unavailable(names) => {
                format!("--{} has no meaning in this command", names.join(", --"))
            }
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Arity {
    Flag,
    Optional,
    Required,
}

/// Sorts `words` (without the program's name) into options of `command` and the rest.
///
/// # Errors
/// [`ParserError`] for an unknown name and a missing value.
pub fn read(command: &Command, words: Vec<String>) -> Result<Words, ParserError> {
    let mut read = Words::default();
    let mut seen = BTreeSet::new();
    let mut words = words.into_iter().peekable();
    while let Some(word) = words.next() {
        if word == "--" {
            read.stray.extend(words);
            break;
        }
        let Some(named) = word.strip_prefix('-').filter(|name| !name.is_empty()) else {
            read.stray.push(word);
            continue;
        };
        let long = named.strip_prefix('-');
        let (mut name, mut attached) = match long.unwrap_or(named).split_once('=') {
            Some((name, value)) => (name, Some(value.to_owned())),
            None => (long.unwrap_or(named), None),
        };
        let mut found = find(command, name);
        if let (None, None, Some((option, rest))) = (found, long, letter(command, named)) {
            (found, name) = (Some(option), option.get_long().unwrap_or_default());
            attached = Some(rest.strip_prefix('=').unwrap_or(rest).to_owned());
            attached = attached.filter(|value| !value.is_empty());
        }
        let Some(option) = found else {
            return Err(ParserError::Unknown(unknown(name, long.is_some())));
        };
        let value = value_of(option, attached, &mut words)?;
        if !seen.insert(name.to_owned()) && takes_one(option) {
            read.repeated.insert(name.to_owned());
        }
        read.options.push(match value {
            Some(value) => format!("--{name}={value}"),
            None => format!("--{name}"),
        });
    }
    Ok(read)
}

/// By its long name.
pub fn find<'c>(command: &'c Command, name: &str) -> Option<&'c Arg> {
    let is_named = |option: &&Arg| {
        option.get_long() == Some(name)
            || option
                .get_all_aliases()
                .is_some_and(|aliases| aliases.contains(&name))
    };
    command.get_arguments().find(is_named)
}

/// An option by its letter, and what is written behind that. The originals have none; the umbrella's short commands do.
pub fn letter<'c, 'w>(command: &'c Command, word: &'w str) -> Option<(&'c Arg, &'w str)> {
    let mut rest = word.chars();
    let letter = rest.next()?;
    let option = command
        .get_arguments()
        .find(|option| option.get_short() == Some(letter))?;
    Some((option, rest.as_str()))
}

/// A single-dash word is taken for a cluster of letters, so its first letter is what is unknown.
fn unknown(name: &str, is_long: bool) -> String {
    if is_long {
        name.to_owned()
    } else {
        name.chars().take(1).collect()
    }
}

fn value_of(
    option: &Arg,
    attached: Option<String>,
    words: &mut Peekable<vec::IntoIter<String>>,
) -> Result<Option<String>, ParserError> {
    match arity(option) {
        Arity::Flag => Ok(None),
        Arity::Optional => {
            Ok(attached.or_else(|| words.next_if(|word| !word.starts_with('-') || word == "-")))
        }
        Arity::Required => match attached.or_else(|| words.next()) {
            Some(value) => Ok(Some(value)),
            None => Err(ParserError::MissingArgument(
                option.get_long().unwrap_or_default().to_owned(),
            )),
        },
    }
}

fn arity(option: &Arg) -> Arity {
    if !option.get_action().takes_values() {
        Arity::Flag
    } else if option.get_num_args().is_some_and(|n| n.min_values() == 0) {
        Arity::Optional
    } else {
        Arity::Required
    }
}

fn takes_one(option: &Arg) -> bool {
    matches!(option.get_action(), ArgAction::Set)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn command() -> Command {
        Command::new("tool")
            .arg(Arg::new("list").long("list").action(ArgAction::SetTrue))
            .arg(Arg::new("topic").long("topic"))
            .arg(Arg::new("shift-by").long("shift-by"))
            .arg(Arg::new("config").long("config").action(ArgAction::Append))
            .arg(Arg::new("state").long("state").num_args(0..=1))
    }

    fn parse(words: &[&str]) -> Result<Words, ParserError> {
        let mut command = command();
        command.build();
        read(&command, words.iter().map(ToString::to_string).collect())
    }

    fn options(words: &[&str]) -> Vec<String> {
        parse(words).unwrap().options
    }

    #[test]
    fn one_dash_two_dashes_blank_and_equals_are_the_same() {
        for form in [
            &["--topic", "a=b"][..],
            &["-topic", "a=b"],
            &["--topic=a=b"],
            &["-topic=a=b"],
        ] {
            assert_eq!(options(form), ["--topic=a=b"], "{form:?}");
        }
    }

    #[test]
    fn a_required_value_is_whatever_comes_next() {
        assert_eq!(options(&["--topic", "--list"]), ["--topic=--list"]);
        assert_eq!(options(&["--shift-by", "-2"]), ["--shift-by=-2"]);
        assert_eq!(options(&["--topic", ""]), ["--topic="]);
        assert_eq!(
            parse(&["--list", "--topic"]),
            Err(ParserError::MissingArgument("topic".into()))
        );
    }

    #[test]
    fn an_optional_value_does_not_look_like_an_option() {
        assert_eq!(options(&["--state", "--list"]), ["--state", "--list"]);
        assert_eq!(options(&["--state", "stable"]), ["--state=stable"]);
        assert_eq!(options(&["--state"]), ["--state"]);
    }

    #[test]
    fn a_flag_ignores_what_is_attached_to_it() {
        assert_eq!(options(&["--list=yes"]), ["--list"]);
    }

    #[test]
    fn unknown_names_are_told_as_the_original_tells_them() {
        let message = |words: &[&str]| parse(words).unwrap_err().to_string();
        assert_eq!(
            message(&["--zookeeper", "x"]),
            "zookeeper is not a recognized option"
        );
        assert_eq!(message(&["-zz"]), "z is not a recognized option");
        assert_eq!(message(&["--to"]), "to is not a recognized option");
    }

    #[test]
    fn letters_stand_for_options_only_where_a_command_has_them() {
        let mut command = command().mut_arg("topic", |option| option.short('t'));
        command.build();
        let options = |words: &[&str]| {
            let words = words.iter().map(ToString::to_string).collect();
            read(&command, words).map(|words| words.options)
        };
        for form in [&["-t", "a"][..], &["-ta"], &["-t=a"]] {
            assert_eq!(options(form).unwrap(), ["--topic=a"], "{form:?}");
        }
        assert_eq!(options(&["-topic", "-t"]).unwrap(), ["--topic=-t"]);
        assert!(parse(&["-t", "a"]).is_err());
        assert!(options(&["--t", "a"]).is_err());
    }

    #[test]
    fn stray_words_are_set_aside() {
        let words = parse(&["a", "--list", "b", "-", "--", "--topic"]).unwrap();
        assert_eq!(words.options, ["--list"]);
        assert_eq!(words.stray, ["a", "b", "-", "--topic"]);
    }

    #[test]
    fn only_single_values_count_as_repeated() {
        let words = parse(&[
            "--topic", "a", "-topic", "b", "--config", "c=1", "--config", "d=2", "--list", "--list",
        ]);
        assert_eq!(
            words.unwrap().repeated,
            BTreeSet::from(["topic".to_owned()])
        );
    }
}
