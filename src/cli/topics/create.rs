//! `--create`: a topic with partitions, replicas and settings.

use serde_json::json;

use super::{Topics, assignment, number, settle::settle};
use crate::{
    cli::{
        args::names,
        failure::{self, Failure},
        printer::{Mode, Printer},
    },
    client::{
        Admin,
        admin::topics::{NewTopic, TopicDescription},
    },
    protocol::{
        ErrorCode,
        config::{self, InvalidConfig},
    },
};

/// What metric names cannot tell apart.
const COLLISION: &str = "Due to limitations in metric names, topics with a period ('.') or underscore ('_') could collide. \
                         To avoid issues it is best to use either, but not both.";

impl Topics {
    /// The topic to create, as far as it can be checked here.
    ///
    /// # Errors
    /// [`Failure`] for numbers, assignments and settings that no broker would take.
    fn new_topic(&self, out: &mut Printer<'_>) -> anyhow::Result<NewTopic> {
        let name = self.topic.clone().unwrap_or_default();
        let partitions = number("partitions", self.partitions.as_ref())?;
        let factor = number("replication-factor", self.replication_factor.as_ref())?;
        let assignments = match self.replica_assignment.as_deref() {
            Some(text) if !text.is_empty() => assignment::parse(text)?,
            _ => Vec::new(),
        };
        let configs = configs(&self.config)?;
        if name.contains(['.', '_']) {
            match out.look.mode {
                Mode::Plain => out.line(format_args!("WARNING: {COLLISION}"))?,
                Mode::Rich | Mode::Json => {}
            }
        }
        let factor = factor.map(|factor: i32| match i16::try_from(factor) {
            Ok(factor) if factor >= 1 => Ok(factor),
            _ => Err(Failure::new(
                "The replication factor must be between 1 and 32767 inclusive",
                "without --replication-factor the broker's default.replication.factor counts",
            )
            .told("--replication-factor must be from 1 to 32767")),
        });
        let factor = factor.transpose()?;
        if partitions.is_some_and(|partitions| partitions < 1) {
            return Err(Failure::new(
                "The partitions must be greater than 0",
                "without --partitions the broker's num.partitions counts",
            )
            .told("--partitions must be 1 or more")
            .into());
        }
        if name.is_empty() {
            return Err(Failure::new(
                "The given topic name '' cannot be represented in a request.",
                failure::TOPIC_NAME,
            )
            .told("a topic name cannot be empty")
            .into());
        }
        Ok(NewTopic {
            name,
            partitions,
            replication_factor: factor,
            assignments,
            configs,
        })
    }

    /// Creates it.
    ///
    /// # Errors
    /// [`Failure`], and what the broker refuses.
    pub(super) async fn create(&self, admin: &Admin, out: &mut Printer<'_>) -> anyhow::Result<()> {
        let topic = self.new_topic(out)?;
        let mut created = admin
            .create_topics(std::slice::from_ref(&topic), false)
            .await?;
        match created.remove(&topic.name).transpose() {
            Ok(_) => {}
            Err(error)
                if self.if_not_exists && error.code() == Some(ErrorCode::TopicAlreadyExists) =>
            {
                return Ok(());
            }
            Err(error) => return Err(error.into()),
        }
        settle(admin, std::slice::from_ref(&topic.name), |topic| {
            topic.as_ref().is_ok_and(has_leaders)
        })
        .await;
        match out.look.mode {
            Mode::Json => {
                out.json(&json!({"kind": "topic_created", "v": 1, "name": topic.name}))?;
            }
            Mode::Plain | Mode::Rich => out.line(format_args!("Created topic {}.", topic.name))?,
        }
        Ok(())
    }
}

fn has_leaders(topic: &TopicDescription) -> bool {
    topic
        .partitions
        .iter()
        .all(|partition| partition.leader.is_some())
}

/// Settings as `name=value` words.
fn configs(words: &[String]) -> Result<Vec<(String, String)>, Failure> {
    let pair = |word: &String| {
        let parts: Vec<&str> = word.split('=').map(str::trim).collect();
        match parts[..] {
            [name, value] if !value.is_empty() => Ok((name.to_owned(), value.to_owned())),
            _ => Err(Failure::new(
                "requirement failed: Invalid topic config: all configs to be added must be in the format \"key=val\".",
                "such as --config retention.ms=604800000; several of them: --config once for each",
            )
            .with_message(format!("--config takes NAME=VALUE, not '{word}'"))),
        }
    };
    let configs: Vec<_> = words.iter().map(pair).collect::<Result<_, _>>()?;
    let borrowed: Vec<_> = configs
        .iter()
        .map(|(name, value)| (name.as_str(), value.as_str()))
        .collect();
    config::topic::validate(&borrowed).map_err(|invalid| {
        let unknown = configs
            .iter()
            .find(|(name, _)| config::topic::key(name).is_none());
        let known = config::topic::KEYS.iter().map(|key| key.key.name);
        let hint = unknown.and_then(|(name, _)| names::did_you_mean(name, known));
        let told = match &invalid {
            InvalidConfig::UnknownTopicKey(name) => format!("topics have no config '{name}'"),
            InvalidConfig::Value {
                name,
                value,
                reason,
            } => failure::wrong_value(name, value, reason),
            other => failure::phrase(&other.to_string()),
        };
        let hint = hint.unwrap_or_else(|| failure::EVERY_KEY.to_owned());
        Failure::new(invalid.to_string(), hint).told(told)
    })?;
    Ok(configs)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(words: &[&str]) -> Failure {
        let words: Vec<_> = words.iter().map(|word| (*word).to_owned()).collect();
        configs(&words).unwrap_err()
    }

    #[test]
    fn settings_are_checked_before_a_broker_is_asked() {
        let format = "requirement failed: Invalid topic config: all configs to be added must be in the format \"key=val\".";
        assert_eq!(said(&["retention.ms"]).plain, format);
        assert_eq!(said(&["retention.ms="]).plain, format);
        assert_eq!(said(&["a=b=c"]).plain, format);
        assert_eq!(
            said(&["nonsense=1"]).plain,
            "Unknown topic config name: nonsense"
        );
        assert_eq!(
            said(&["retention.m=1"]).hints(),
            ["did you mean: retention.ms ?"]
        );
        assert_eq!(
            said(&["retention.ms=abc"]).plain,
            "Invalid value abc for configuration retention.ms: Not a number of type LONG"
        );
    }
}
