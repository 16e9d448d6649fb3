//! `--delete-offsets`: what a group committed for some topics.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::{ConsumerGroups, cell, gather::explained, print_error, reset_plan::nearest_topic};
use crate::{
    cli::{
        args::topic_partitions,
        failure::{self, Failure, Reported, Usage},
        printer::{
            Mode, OutputError, Printer,
            plain::{self, Width},
            table::ranges,
        },
    },
    client::{Admin, Error},
    protocol::{ErrorCode, TopicPartition},
};

/// A whole topic that cannot be found is told in the table only, as the original does.
const PARTITION_LEVEL: &str = "Encountered some partition-level error, see the follow-up details.";

impl ConsumerGroups {
    /// Deletes what the group has committed for the topics, and says what became of each partition.
    ///
    /// # Errors
    /// [`Reported`] when one could not be deleted; [`Usage`] for a malformed topic; what a broker refuses.
    pub(super) async fn delete_offsets(
        &self,
        admin: &Admin,
        out: &mut Printer<'_>,
    ) -> anyhow::Result<()> {
        let [group] = self.group.as_slice() else {
            let text = "Found multiple arguments for option group, but you asked for only one";
            let failure = Failure::new(text, "one command for each group");
            return Err(failure.told("--delete-offsets takes one --group").into());
        };
        let (partitions, missing) = self.partitions_to_delete(admin).await?;
        let results = match admin.delete_group_offsets(group, &partitions).await {
            Ok(results) => Ok(results),
            Err(error @ Error::Broker { .. }) if out.look.mode == Mode::Plain => Err(error),
            Err(error) => return Err(explained(group, error, admin).await),
        };
        let (results, refusal) = match results {
            Ok(results) => (results, None),
            Err(error) => (refused(&partitions, &error), Some(error)),
        };
        let failed =
            !missing.is_empty() || refusal.is_some() || results.values().any(Result::is_err);
        if out.look.mode == Mode::Plain {
            let first = results.values().find_map(|result| result.as_ref().err());
            print_verdict(group, refusal.as_ref().or(first), out)?;
            print_plain(results, missing, out)?;
        } else {
            for (topic, error) in missing {
                out.failure(&nearest_topic(admin, &topic, &error).await);
            }
            for failure in failures(&results) {
                out.failure(&failure);
            }
            for (partition, result) in results {
                match (out.look.mode, &result) {
                    (Mode::Json, _) => out.json(&Outcome::of(partition, result).json(group))?,
                    (_, Ok(())) => {
                        out.line(format_args!("Deleted {partition} of group {group}."))?;
                    }
                    (_, Err(_)) => {}
                }
            }
        }
        if failed { Err(Reported.into()) } else { Ok(()) }
    }

    /// The partitions that the topics stand for, and what is wrong with other topics.
    async fn partitions_to_delete(
        &self,
        admin: &Admin,
    ) -> anyhow::Result<(Vec<TopicPartition>, Vec<(String, Error)>)> {
        let topics = self
            .topic
            .iter()
            .map(|topic| topic_partitions::parse(topic));
        let topics: Vec<_> = topics.collect::<Result<_, Usage>>()?;
        let whole = topics.iter().filter(|topic| topic.partitions.is_none());
        let whole: Vec<_> = whole.map(|topic| topic.topic.clone()).collect();
        let mut partitions = Vec::new();
        let mut missing = Vec::new();
        for (topic, described) in admin.describe_topics(&whole).await? {
            match described {
                Ok(described) => partitions.extend(
                    described
                        .partitions
                        .iter()
                        .map(|it| TopicPartition::new(&topic, it.id)),
                ),
                Err(error) => missing.push((topic, error)),
            }
        }
        for topic in &topics {
            let named = topic.partitions.iter().flatten();
            partitions.extend(named.map(|number| TopicPartition::new(&topic.topic, *number)));
        }
        Ok((partitions, missing))
    }
}

/// What went wrong; the same with partitions of one topic is one failure.
fn failures(results: &BTreeMap<TopicPartition, Result<(), Error>>) -> Vec<Failure> {
    let mut refused = BTreeMap::<_, Vec<i32>>::new();
    let mut others = Vec::new();
    for (partition, result) in results {
        match result {
            Ok(()) => {}
            Err(Error::Broker { code, message, .. }) => {
                let why = (partition.topic.as_str(), *code, message.as_deref());
                refused.entry(why).or_default().push(partition.partition);
            }
            Err(error) => others.push(Failure::from(error)),
        }
    }
    let refused = refused
        .into_iter()
        .map(|((topic, code, message), numbers)| {
            let what = if numbers.len() == 1 {
                "partition"
            } else {
                "partitions"
            };
            let subject = format!("{what} {} of {topic}", ranges(&numbers));
            Failure::from(&Error::broker(code, message, subject))
        });
    refused.chain(others).collect()
}

fn print_verdict(
    group: &str,
    error: Option<&Error>,
    out: &mut Printer<'_>,
) -> Result<(), OutputError> {
    match error {
        None => out.line(format_args!(
            "Request succeeded for deleting offsets from group {group}."
        )),
        Some(error) if is_about_group(error) => print_error(out, &Failure::from(error)),
        Some(_) => out.line(format_args!("\nError: {PARTITION_LEVEL}")),
    }
}

fn print_plain(
    results: BTreeMap<TopicPartition, Result<(), Error>>,
    missing: Vec<(String, Error)>,
    out: &mut Printer<'_>,
) -> Result<(), OutputError> {
    let missing = missing.into_iter().map(|(topic, error)| Outcome {
        topic,
        partition: None,
        result: Err(failure::exception(&error)),
    });
    let results = results.into_iter();
    let outcomes = results.map(|(partition, result)| Outcome::of(partition, result));
    out.text(plain(&outcomes.chain(missing).collect::<Vec<_>>()))
}

/// What the coordinator refuses for the group, it refuses for each of its partitions.
fn refused(
    partitions: &[TopicPartition],
    error: &Error,
) -> BTreeMap<TopicPartition, Result<(), Error>> {
    let again = || match error {
        Error::Broker {
            code,
            message,
            subject,
        } => Error::broker(*code, message.as_deref(), subject),
        _ => Error::Closed,
    };
    partitions
        .iter()
        .map(|partition| (partition.clone(), Err(again())))
        .collect()
}

fn is_about_group(error: &Error) -> bool {
    matches!(
        error.code(),
        Some(
            ErrorCode::InvalidGroupId
                | ErrorCode::GroupIdNotFound
                | ErrorCode::GroupAuthorizationFailed
                | ErrorCode::NonEmptyGroup
        )
    )
}

/// What became of a partition's offset; a topic that nobody knows has no partition.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Outcome {
    /// The topic.
    pub topic: String,
    /// The partition, where known.
    pub partition: Option<i32>,
    /// Deleted, or why not, in the original's words.
    pub result: Result<(), String>,
}

impl Outcome {
    fn of(partition: TopicPartition, result: Result<(), Error>) -> Self {
        Self {
            topic: partition.topic,
            partition: Some(partition.partition),
            result: result.map_err(|error| failure::exception(&error)),
        }
    }

    /// What became of it, for programs.
    fn json(&self, group: &str) -> Value {
        json!({
            "kind": "offset_deleted", "v": 1, "group": group, "topic": self.topic, "partition": self.partition,
            "error": self.result.as_ref().err(),
        })
    }
}

/// The table as the original prints it, after an empty line; sorted by topic and partition as one text.
pub fn plain(outcomes: &[Outcome]) -> String {
    let mut outcomes: Vec<_> = outcomes.iter().collect();
    outcomes.sort_by_key(|outcome| format!("{}{}", outcome.topic, outcome.partition.unwrap_or(-1)));
    let row = |outcome: &&Outcome| {
        let status = match &outcome.result {
            Ok(()) => "Successful".to_owned(),
            Err(why) => format!("Error: {why}"),
        };
        vec![outcome.topic.clone(), cell(outcome.partition), status]
    };
    let rows: Vec<_> = outcomes.iter().map(row).collect();
    let columns = [
        ("TOPIC", Width::Widest(15)),
        ("PARTITION", Width::Fixed(10)),
        ("STATUS", Width::Fixed(15)),
    ];
    format!("\n{}", plain::table(&columns, &rows))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_partition_has_its_status() {
        let outcome = |topic: &str, partition, result| Outcome {
            topic: topic.into(),
            partition,
            result,
        };
        let why = "org.apache.kafka.common.errors.UnknownTopicOrPartitionException: This server does not host this topic-partition.";
        assert_eq!(
            plain(&[
                outcome("t", Some(0), Ok(())),
                outcome("missing", None, Err(why.into()))
            ]),
            format!(
                "\nTOPIC           PARTITION  STATUS         \nmissing         -          Error: {why}\nt               0          Successful     \n"
            )
        );
    }
}
