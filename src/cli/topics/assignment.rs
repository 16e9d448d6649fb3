//! `--replica-assignment`: which brokers keep which partition.

use crate::cli::failure::Failure;

/// What an assignment looks like.
const FORM: &str =
    "two partitions, each on two brokers, are written 1:2,2:3, the first of each the one to lead";

/// Reads `0:1,1:2`: a comma between partitions, a colon between the broker ids of one.
///
/// # Errors
/// [`Failure`] for something that is no number, a broker named twice, and lists of different length.
pub fn parse(text: &str) -> Result<Vec<Vec<i32>>, Failure> {
    let mut partitions: Vec<Vec<i32>> = Vec::new();
    // As Java splits: nothing comes after the last separator.
    for (partition, replicas) in text.trim_end_matches(',').split(',').enumerate() {
        let replicas = replicas.trim_end_matches(':').split(':').map(broker);
        let replicas: Vec<i32> = replicas.collect::<Result<_, _>>()?;
        let twice = twice(&replicas);
        if !twice.is_empty() {
            let twice = joined(&twice, ",");
            let text =
                format!("Partition replica lists may not contain duplicate entries: {twice}");
            let told =
                format!("--replica-assignment has broker {twice} twice in partition {partition}");
            return Err(Failure::new(text, FORM).told(told));
        }
        let factor = partitions.first().map_or(replicas.len(), Vec::len);
        if replicas.len() != factor {
            let list = joined(&replicas, ", ");
            let text = format!("Partition {partition} has different replication factor: [{list}]");
            let told = format!(
                "--replica-assignment gives partition {partition} another number of replicas than partition 0"
            );
            return Err(Failure::new(text, FORM).told(told));
        }
        partitions.push(replicas);
    }
    Ok(partitions)
}

fn broker(text: &str) -> Result<i32, Failure> {
    let text = text.trim();
    match text.parse() {
        Ok(id) => Ok(id),
        Err(_) => Err(
            Failure::new(format!("For input string: \"{text}\""), FORM).with_message(format!(
                "'{text}' is not a broker id, in --replica-assignment"
            )),
        ),
    }
}

fn twice(ids: &[i32]) -> Vec<i32> {
    let is_repeated =
        |(at, id): (usize, &i32)| ids.iter().take(at).any(|other| other == id).then_some(*id);
    ids.iter().enumerate().filter_map(is_repeated).collect()
}

fn joined(ids: &[i32], between: &str) -> String {
    let ids: Vec<_> = ids.iter().map(ToString::to_string).collect();
    ids.join(between)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commas_part_partitions_and_colons_replicas() {
        assert_eq!(parse("0:1, 1:2").unwrap(), [[0, 1], [1, 2]]);
        assert_eq!(parse("1,1,1").unwrap(), [[1], [1], [1]]);
        assert_eq!(parse("1,2:,").unwrap(), [[1], [2]]);
    }

    #[test]
    fn nonsense_is_refused_in_the_originals_words() {
        let said = |text| parse(text).unwrap_err().plain;
        assert_eq!(said("x"), "For input string: \"x\"");
        assert_eq!(
            said("1:1"),
            "Partition replica lists may not contain duplicate entries: 1"
        );
        assert_eq!(
            said("1:2,1"),
            "Partition 1 has different replication factor: [1]"
        );
    }
}
