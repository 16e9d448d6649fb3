//! The consumer's and the formatter's properties, from options, property words, files and the tool's own defaults.

use super::ConsoleConsumer;
use crate::{cli::args::client, properties::Properties};

/// Values that `isolation.level` may have, in Kafka's order.
const ISOLATION_LEVELS: [&str; 2] = ["read_committed", "read_uncommitted"];
/// Names of groups that nobody named are numbered below this.
const RANDOM_GROUPS: u128 = 100_000;

impl ConsoleConsumer {
    pub(super) fn config_file(&self) -> Option<&str> {
        let renamed = self.command_config.as_deref();
        renamed.or(self.consumer_config.as_deref())
    }

    /// Properties that the user gave for the consumer.
    ///
    /// # Errors
    /// For a file that cannot be read.
    pub(super) fn client_properties(&self) -> anyhow::Result<Properties> {
        let mut properties = client::over(&self.defaults, self.config_file())?;
        properties.extend(client::read_words(&self.consumer_property));
        properties.extend(client::read_words(&self.command_property));
        Ok(properties)
    }

    /// All of the consumer's properties. A group that nobody named gets a random name and commits nothing; a single
    /// partition is read without a group.
    ///
    /// # Errors
    /// As [`ConsoleConsumer::client_properties`], and for an isolation level that does not exist.
    pub(super) fn settings(&self) -> anyhow::Result<Properties> {
        let mut settings = self.client_properties()?;
        settings.set(
            "bootstrap.servers",
            self.bootstrap_server.clone().unwrap_or_default(),
        );
        settings.set_default("client.id", "console-consumer");
        settings.set_default(
            "auto.offset.reset",
            if self.from_beginning || self.beyond.is_bounded() {
                "earliest"
            } else {
                "latest"
            },
        );
        if let Some(level) = &self.isolation_level {
            settings.set("isolation.level", level);
        }
        settings.set_default("isolation.level", "read_uncommitted");
        settings.one_of("isolation.level", &ISOLATION_LEVELS)?;
        if self.beyond.is_bounded() {
            settings.set("enable.auto.commit", "false");
        }
        if self.partition.is_some() || self.beyond.is_bounded() {
            return Ok(settings);
        }
        if let Some(group) = &self.group {
            settings.set("group.id", group);
        }
        if settings.get("group.id").is_none() {
            let number = uuid::Uuid::new_v4().as_u128() % RANDOM_GROUPS;
            settings.set("group.id", format!("console-consumer-{number}"));
            settings.set_default("enable.auto.commit", "false");
        }
        Ok(settings)
    }

    /// Properties of the formatter.
    ///
    /// # Errors
    /// For a file that cannot be read.
    pub(super) fn formatter_properties(&self) -> anyhow::Result<Properties> {
        let mut properties = match &self.formatter_config {
            Some(path) => client::read_file(path)?,
            None => Properties::default(),
        };
        for (key, class) in [
            ("key.deserializer", &self.key_deserializer),
            ("value.deserializer", &self.value_deserializer),
        ] {
            if let Some(class) = class.as_ref().filter(|class| !class.trim().is_empty()) {
                properties.set(key, class);
            }
        }
        properties.extend(client::read_words(&self.property));
        properties.extend(client::read_words(&self.formatter_property));
        Ok(properties)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_group_that_nobody_named_commits_nothing() {
        let settings = ConsoleConsumer::default().settings().unwrap();
        assert!(
            settings
                .get("group.id")
                .unwrap()
                .starts_with("console-consumer-")
        );
        assert_eq!(settings.get("enable.auto.commit"), Some("false"));
        let named = ConsoleConsumer {
            group: Some("g".into()),
            ..ConsoleConsumer::default()
        }
        .settings()
        .unwrap();
        assert_eq!(
            (named.get("group.id"), named.get("enable.auto.commit")),
            (Some("g"), None)
        );
    }

    #[test]
    fn an_unknown_isolation_level_is_told_in_kafkas_words() {
        let dirty = ConsoleConsumer {
            isolation_level: Some("dirty".into()),
            ..ConsoleConsumer::default()
        };
        assert_eq!(
            dirty.settings().unwrap_err().to_string(),
            "Invalid value dirty for configuration isolation.level: String must be one of: read_committed, read_uncommitted"
        );
    }
}
