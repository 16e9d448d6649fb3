//! `--delete-offsets`: what a group committed for some topics.

use super::cell;
use crate::cli::printer::plain::{self, Width};

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
