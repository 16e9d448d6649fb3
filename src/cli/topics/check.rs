//! Which options go together; the order of the checks is the original's, because the first complaint is the one shown.

use super::Topics;
use crate::{
    cli::{
        args::client,
        failure::{Failure, Refused, Usage},
        printer::Printer,
    },
    protocol::Uuid,
};

/// What is done with topics.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Action {
    /// `--describe`
    Describe,
    /// `--alter`
    Alter,
    /// `--delete`
    Delete,
    /// `--create`
    Create,
    /// `--list`
    List,
}

impl Action {
    const fn option(self) -> &'static str {
        match self {
            Self::Describe => "describe",
            Self::Alter => "alter",
            Self::Delete => "delete",
            Self::Create => "create",
            Self::List => "list",
        }
    }
}

use Action::{Alter, Create, Delete, Describe, List};

impl Topics {
    /// The one thing to do.
    ///
    /// # Errors
    /// [`Usage`] when there is none, or more than one.
    pub fn action(&self) -> Result<Action, Usage> {
        let given = [
            (self.describe, Describe),
            (self.alter, Alter),
            (self.delete, Delete),
            (self.create, Create),
            (self.list, List),
        ];
        let mut actions = given.iter().filter(|(is_given, _)| *is_given);
        match (actions.next(), actions.next()) {
            (Some((_, action)), None) => Ok(*action),
            _ => Err(Usage::new(
                "Command must include exactly one action: --list, --describe, --create, --alter or --delete",
            )
            .told("say one thing to do: --list, --describe, --create, --alter or --delete")),
        }
    }

    /// The id to describe, unless it is the zero id, which stands for none.
    pub fn wanted_id(&self) -> Option<&str> {
        self.topic_id
            .as_deref()
            .filter(|id| id.parse() != Ok(Uuid::ZERO))
    }
}

/// # Errors
/// [`Usage`] or [`Refused`] for the first thing that is wrong.
pub fn check(topics: &Topics, out: &mut Printer<'_>) -> anyhow::Result<()> {
    let action = topics.action()?;
    if !topics.delete_config.is_empty() {
        out.deprecation(
            "delete-config option is no longer supported and deprecated since version 4.0. \
             The config will be fully removed in future releases.",
        );
    }
    if topics.connection.bootstrap_server.is_none() {
        let text = "--bootstrap-server must be specified";
        return Err(Refused(Failure::new(text, client::SERVERS)).into());
    }
    check_topic(topics, action, out)?;
    check_options(topics, action)?;
    Ok(())
}

fn check_topic(topics: &Topics, action: Action, out: &mut Printer<'_>) -> anyhow::Result<()> {
    if action == Describe {
        if topics.if_exists && topics.topic.is_none() && topics.topic_id.is_none() {
            let usage = Usage::new("--topic or --topic-id is required to describe a topic");
            return Err(usage.told("--if-exists needs --topic or --topic-id").into());
        }
        if topics.if_exists && topics.topic.is_some() && topics.topic_id.is_some() {
            out.line(
                "Only topic id will be used when both --topic and --topic-id are specified and topicId is not Uuid.ZERO_UUID",
            )?;
        }
    }
    if matches!(action, Create | Alter | Delete) && topics.topic.is_none() {
        return Err(Usage::missing("topic").into());
    }
    if action == Alter && !topics.config.is_empty() {
        return Err(Usage::new(
            "Option combination \"[[bootstrap-server], [config]]\" can't be used with option \"[alter]\" \
             (To alter topic configurations, the kafka-configs tool can be used.)",
        )
        .told("--alter changes partitions; --config of a topic that exists is for kafka-configs")
        .into());
    }
    if action == Alter && topics.partitions.is_none() {
        return Err(Usage::missing("partitions").into());
    }
    Ok(())
}

/// Options beside actions that they mean nothing to.
fn check_options(topics: &Topics, action: Action) -> Result<(), Usage> {
    let allow = |option: &str, is_given: bool, actions: &[Action]| {
        if is_given && !actions.contains(&action) {
            return Err(Usage::conflict(option, action.option()));
        }
        Ok(())
    };
    allow("config", !topics.config.is_empty(), &[Create])?;
    allow("partitions", topics.partitions.is_some(), &[Create, Alter])?;
    allow(
        "replication-factor",
        topics.replication_factor.is_some(),
        &[Create],
    )?;
    allow(
        "replica-assignment",
        topics.replica_assignment.is_some(),
        &[Create, Alter],
    )?;
    if action == Create && topics.replica_assignment.is_some() {
        if topics.partitions.is_some() {
            return Err(Usage::conflict("replica-assignment", "partitions"));
        }
        if topics.replication_factor.is_some() {
            return Err(Usage::conflict("replica-assignment", "replication-factor"));
        }
    }
    for (option, is_given) in [
        (
            "under-replicated-partitions",
            topics.under_replicated_partitions,
        ),
        ("under-min-isr-partitions", topics.under_min_isr_partitions),
        ("at-min-isr-partitions", topics.at_min_isr_partitions),
        ("unavailable-partitions", topics.unavailable_partitions),
    ] {
        allow(option, is_given, &[Describe])?;
        if is_given && topics.topics_with_overrides {
            return Err(Usage::conflict(option, "topics-with-overrides"));
        }
    }
    allow(
        "topics-with-overrides",
        topics.topics_with_overrides,
        &[Describe],
    )?;
    allow("if-exists", topics.if_exists, &[Alter, Delete, Describe])?;
    allow("if-not-exists", topics.if_not_exists, &[Create])?;
    allow(
        "exclude-internal",
        topics.exclude_internal,
        &[List, Describe],
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::{dialect, printer::Look};
    use clap::FromArgMatches;

    /// What the check says of a command line; nothing if it is content.
    fn complaint(line: &str) -> String {
        let mut command = crate::cli::command::<Topics>("kafka-topics.sh");
        let words = line.split_whitespace().map(str::to_owned).collect();
        let words = dialect::read(&command, words).unwrap();
        let line = std::iter::once("kafka-topics.sh".to_owned()).chain(words.options);
        let matches = command.try_get_matches_from_mut(line).unwrap();
        let topics = Topics::from_arg_matches(&matches).unwrap();
        let mut out = Printer::new(Look::plain(), std::io::sink(), std::io::sink());
        check(&topics, &mut out)
            .err()
            .map(|error| error.to_string())
            .unwrap_or_default()
    }

    #[test]
    fn the_first_complaint_is_the_one_of_the_original() {
        let cases = [
            (
                "--list --create --topic x",
                "Command must include exactly one action: --list, --describe, --create, --alter or --delete",
            ),
            ("--list", "--bootstrap-server must be specified"),
            (
                "--bootstrap-server b --create",
                "Missing required argument \"[topic]\"",
            ),
            (
                "--bootstrap-server b --alter --topic a",
                "Missing required argument \"[partitions]\"",
            ),
            (
                "--bootstrap-server b --list --partitions 3",
                "Option \"[partitions]\" can't be used with option \"[list]\"",
            ),
            (
                "--bootstrap-server b --describe --config a=b",
                "Option \"[config]\" can't be used with option \"[describe]\"",
            ),
            (
                "--bootstrap-server b --create --topic x --if-exists",
                "Option \"[if-exists]\" can't be used with option \"[create]\"",
            ),
            (
                "--bootstrap-server b --create --topic n --replica-assignment 1 --partitions 2",
                "Option \"[replica-assignment]\" can't be used with option \"[partitions]\"",
            ),
            (
                "--bootstrap-server b --describe --topics-with-overrides --under-replicated-partitions",
                "Option \"[under-replicated-partitions]\" can't be used with option \"[topics-with-overrides]\"",
            ),
            (
                "--bootstrap-server b --describe --if-exists",
                "--topic or --topic-id is required to describe a topic",
            ),
            ("--bootstrap-server b --list --topic-id x", ""),
        ];
        for (line, expected) in cases {
            assert_eq!(complaint(line), expected, "{line}");
        }
    }
}
