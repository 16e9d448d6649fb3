//! Keys of properties and settings, and their values where there are only some: from the tables that they are read by.

use super::Candidate;
use crate::{
    broker::config::keys::{self as server, Use},
    cli::{
        console_consumer::{deserializer, formatter},
        console_producer::line_format,
    },
    client::config::{ClientConfig, ConsumerConfig, Keys, ProducerConfig},
    protocol::config::{Check, Key, Kind, topic},
};

const SWITCH: &[&str] = &["true", "false"];

/// A key.
struct Known {
    name: &'static str,
    about: &'static str,
    default: &'static str,
    /// All that there are, if they are few.
    values: Vec<String>,
}

/// What `KEY` or `KEY=VALUE` behind an option of a tool (the name of its binary) can become; none for other options.
pub(super) fn candidates(tool: &str, option: &str, typed: &str) -> Option<Vec<Candidate>> {
    let mut keys = known(tool, option)?.into_iter();
    let Some((name, _)) = typed.split_once('=') else {
        return Some(
            keys.map(|key| (format!("{}=", key.name), key.about.to_owned()))
                .collect(),
        );
    };
    let key = keys.find(|key| key.name == name)?;
    let about = |value: &str| if value == key.default { "default" } else { "" };
    let of_value = |value: String| (format!("{name}={value}"), about(&value).to_owned());
    Some(key.values.into_iter().map(of_value).collect())
}

fn known(tool: &str, option: &str) -> Option<Vec<Known>> {
    Some(match (tool, option) {
        ("kafka-topics", "config") => topic::KEYS
            .iter()
            .map(|it| of_table(&it.key, it.doc))
            .collect(),
        ("kafka-console-producer", "command-property" | "producer-property") => {
            of_client(ProducerConfig::keys())
        }
        ("kafka-console-producer", "reader-property" | "property") => of_names(&line_format::KEYS),
        ("kafka-console-consumer", "command-property" | "consumer-property") => {
            of_client(ConsumerConfig::keys())
        }
        ("kafka-console-consumer", "formatter-property" | "property") => of_names(&formatter::KEYS),
        (_, "command-property") => of_client(ClientConfig::keys()),
        (_, "override") => {
            let honoured = server::KEYS.iter().filter(|it| it.r#use == Use::Honoured);
            honoured.map(|it| of_table(&it.key, "")).collect()
        }
        _ => return None,
    })
}

/// A key of a topic or a broker, with its default if it may have any value.
fn of_table(key: &Key, about: &'static str) -> Known {
    let default = key.default.unwrap_or_default();
    let texts = match (key.kind, key.check) {
        (Kind::Boolean, _) => SWITCH,
        (_, Check::OneOf(texts) | Check::OneOfAnyCase(texts) | Check::EachOf(texts)) => texts,
        _ if default.is_empty() => &[],
        _ => &[default],
    };
    let mut values: Vec<_> = texts.iter().map(|text| (*text).to_owned()).collect();
    if let Check::EachOf(texts) = key.check {
        values.push(texts.join(","));
    }
    Known {
        name: key.name,
        about,
        default,
        values,
    }
}

fn of_client(keys: Keys) -> Vec<Known> {
    let key = |(name, values): (&'static str, Vec<&str>)| Known {
        name,
        about: "",
        default: "",
        values: values.into_iter().map(str::to_owned).collect(),
    };
    keys.into_iter().map(key).collect()
}

/// Keys of the line reader or of a formatter: what they are called says what they take.
fn of_names(names: &[&'static str]) -> Vec<Known> {
    let is_switch = |name: &str| {
        name.starts_with("print.") || name.starts_with("parse.") || name == "ignore.error"
    };
    let values = |name: &str| match name {
        _ if is_switch(name) => SWITCH.iter().map(|value| (*value).to_owned()).collect(),
        _ if name.ends_with(".deserializer") => deserializer::classes(),
        _ => Vec::new(),
    };
    let key = |name: &&'static str| Known {
        name,
        about: "",
        default: "",
        values: values(name),
    };
    names.iter().map(key).collect()
}
