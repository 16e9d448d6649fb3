//! `--reset-offsets`: where a group goes on reading.

use std::time::Duration;

use chrono::{DateTime, Local};

use super::{ConsumerGroups, csv::Plans};
use crate::{
    cli::{
        args::topic_partitions::{self, TopicPartitions},
        failure::{self, Failure, Usage},
        printer::plain::{self, Width},
        time,
    },
    protocol::TopicPartition,
};

/// Where to go.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Scenario {
    /// `--to-offset`
    ToOffset(i64),
    /// `--shift-by`
    ShiftBy(i64),
    /// `--to-datetime`: milliseconds since 1970.
    ToTime(i64),
    /// `--by-duration`: milliseconds before now, negative for after.
    ByDuration(i64),
    /// `--from-file`
    FromFile(String),
    /// `--to-earliest`
    ToEarliest,
    /// `--to-latest`
    ToLatest,
    /// `--to-current`
    ToCurrent,
}

/// Which partitions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Scope {
    /// All that the group has committed for.
    AllTopics,
    /// These.
    Topics(Vec<TopicPartitions>),
    /// Those that a plan names.
    Planned,
}

impl ConsumerGroups {
    /// The one scenario given, at this time.
    ///
    /// # Errors
    /// [`Usage`] for none; [`Failure`] for a value that cannot be read.
    pub fn scenario(&self, now: &DateTime<Local>) -> anyhow::Result<Scenario> {
        if let Some(text) = &self.to_offset {
            Ok(Scenario::ToOffset(number("to-offset", text)?))
        } else if let Some(text) = &self.to_datetime {
            Ok(Scenario::ToTime(time::instant(text, now)?))
        } else if let Some(text) = &self.by_duration {
            Ok(Scenario::ByDuration(time::duration(text, None)?))
        } else if let Some(text) = &self.shift_by {
            Ok(Scenario::ShiftBy(number("shift-by", text)?))
        } else if let Some(path) = &self.from_file {
            Ok(Scenario::FromFile(path.clone()))
        } else {
            match (self.to_earliest, self.to_latest, self.to_current) {
                (true, ..) => Ok(Scenario::ToEarliest),
                (_, true, _) => Ok(Scenario::ToLatest),
                (.., true) => Ok(Scenario::ToCurrent),
                _ => Err(Usage::new(
                    "Option '[reset-offsets]' requires one of the following scenarios: [[to-offset], [to-current], \
                     [to-datetime], [from-file], [by-duration], [to-earliest], [to-latest], [shift-by]]",
                )
                .told(
                    "say where to, by one of: --to-earliest, --to-latest, --to-datetime, --by-duration, --to-offset, \
                     --shift-by, --to-current, --from-file",
                )
                .into()),
            }
        }
    }

    /// The partitions meant.
    ///
    /// # Errors
    /// [`Usage`] when none are named, or a name is malformed.
    pub fn scope(&self) -> Result<Scope, Usage> {
        if self.all_topics {
            return Ok(Scope::AllTopics);
        }
        if !self.topic.is_empty() {
            let topics = self
                .topic
                .iter()
                .map(|topic| topic_partitions::parse(topic));
            return Ok(Scope::Topics(topics.collect::<Result<_, _>>()?));
        }
        if self.from_file.is_some() {
            return Ok(Scope::Planned);
        }
        Err(
            Usage::new("One of the reset scopes should be defined: --all-topics, --topic.")
                .told("say what to reset, by --topic or --all-topics"),
        )
    }

    /// How long to wait for an answer.
    ///
    /// # Errors
    /// [`Failure`] when it is no number.
    pub fn wait(&self) -> Result<Duration, Failure> {
        let Some(text) = &self.timeout else {
            return Ok(Duration::from_secs(30));
        };
        let millis: i64 = number("timeout", text)?;
        Ok(Duration::from_millis(millis.try_into().unwrap_or(0)))
    }
}

fn number(option: &str, text: &str) -> Result<i64, Failure> {
    match text.parse() {
        Ok(number) => Ok(number),
        Err(_) => Err(failure::cannot_parse(option, text)),
    }
}

/// `offset` brought into what a partition holds, and the original's warning if it had to be.
pub fn clamp(
    partition: &TopicPartition,
    offset: i64,
    start: i64,
    end: i64,
) -> (i64, Option<String>) {
    let (side, bound) = if offset > end {
        ("higher than latest", end)
    } else if offset < start {
        ("lower than earliest", start)
    } else {
        return (offset, None);
    };
    let text = format!(
        "New offset ({offset}) is {side} offset for topic partition {partition}. Value will be set to {bound}"
    );
    (bound, Some(text))
}

/// The new offsets as the original prints them, after an empty line.
pub fn plain(plans: &Plans) -> String {
    let rows: Vec<_> = plans
        .iter()
        .flat_map(|(group, offsets)| {
            offsets.iter().map(move |(partition, offset)| {
                vec![
                    group.clone(),
                    partition.topic.clone(),
                    partition.partition.to_string(),
                    offset.to_string(),
                ]
            })
        })
        .collect();
    let least = Width::Widest(15);
    let columns = [
        ("GROUP", least),
        ("TOPIC", least),
        ("PARTITION", Width::Fixed(10)),
        ("NEW-OFFSET", Width::Free),
    ];
    format!("\n{}", plain::table(&columns, &rows))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;

    #[test]
    fn offsets_stay_within_the_partition() {
        let partition = TopicPartition::new("t", 0);
        assert_eq!(clamp(&partition, 3, 0, 7), (3, None));
        let (offset, warning) = clamp(&partition, 106, 0, 7);
        assert_eq!(offset, 7);
        assert_eq!(
            warning.unwrap(),
            "New offset (106) is higher than latest offset for topic partition t-0. Value will be set to 7"
        );
        assert_eq!(clamp(&partition, -5, 0, 7).0, 0);
    }

    #[test]
    fn new_offsets_are_printed_as_the_original_prints_them() {
        let offsets = BTreeMap::from([
            (TopicPartition::new("t", 0), 0),
            (TopicPartition::new("a-topic-with-a-rather-long-name", 1), 7),
        ]);
        assert_eq!(
            plain(&Plans::from([("g".to_owned(), offsets)])),
            "\nGROUP           TOPIC                           PARTITION  NEW-OFFSET\n\
             g               a-topic-with-a-rather-long-name 1          7\n\
             g               t                               0          0\n"
        );
    }

    #[test]
    fn scenarios_are_read_when_they_are_needed() {
        let tool = |set: fn(&mut ConsumerGroups)| {
            let mut tool = ConsumerGroups::default();
            set(&mut tool);
            tool.scenario(&Local::now())
                .map_err(|error| failure::explain(&error).plain)
        };
        assert_eq!(
            tool(|tool| tool.shift_by = Some("-2".into())),
            Ok(Scenario::ShiftBy(-2))
        );
        assert_eq!(
            tool(|tool| tool.to_offset = Some("x".into())),
            Err("Cannot parse argument 'x' of option to-offset".into())
        );
        assert_eq!(
            tool(|tool| tool.by_duration = Some("P1W".into())),
            Err("Text cannot be parsed to a Duration".into())
        );
        assert!(
            tool(|_| {})
                .unwrap_err()
                .starts_with("Option '[reset-offsets]' requires one of")
        );
    }
}
