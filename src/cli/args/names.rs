//! Names of topics and groups: which are Kafka's own, and which a mistyped one was meant to be.

use crate::{cli::failure::Failure, protocol::ErrorCode};

/// What helps where no name is near.
pub const LIST_TOPICS: &str = "what there is: kafka-topics --list";

/// How many candidates a hint shows.
const SHOWN_MAX: usize = 3;

/// Whether Kafka keeps this topic for itself.
pub fn is_internal(topic: &str) -> bool {
    matches!(
        topic,
        "__consumer_offsets" | "__transaction_state" | "__share_group_state"
    )
}

/// The failure for a topic that does not exist: `plain` is what Apache's tool says, `otherwise` the hint where none of
/// `names` is near.
pub fn no_topic<'n>(
    topic: &str,
    plain: impl Into<String>,
    names: impl IntoIterator<Item = &'n str>,
    otherwise: impl Into<String>,
) -> Failure {
    let hint = did_you_mean(topic, names).unwrap_or_else(|| otherwise.into());
    Failure::new(plain, hint)
        .with_message(format!("topic '{topic}' does not exist"))
        .with_code(ErrorCode::UnknownTopicOrPartition)
}

/// `did you mean: a, b ?` with the names nearest to `typed`, if any is near.
pub fn did_you_mean<'n>(typed: &str, names: impl IntoIterator<Item = &'n str>) -> Option<String> {
    let near = typed.chars().count().div_ceil(3).max(1);
    let mut found: Vec<_> = names
        .into_iter()
        .map(|name| {
            let starts = typed.len() > 2 && name.starts_with(typed);
            let distance = if starts { 1 } else { distance(typed, name) };
            (distance, name.len(), name)
        })
        .filter(|(distance, ..)| *distance <= near)
        .collect();
    found.sort_unstable();
    let names: Vec<_> = found
        .into_iter()
        .take(SHOWN_MAX)
        .map(|(.., name)| name)
        .collect();
    (!names.is_empty()).then(|| format!("did you mean: {} ?", names.join(", ")))
}

/// How many letters must be put in, taken out or changed to turn one word into the other (Levenshtein).
fn distance(from: &str, to: &str) -> usize {
    let to: Vec<char> = to.chars().collect();
    let mut row: Vec<usize> = (0..=to.len()).collect();
    for (at, letter) in from.chars().enumerate() {
        let mut next = vec![at + 1];
        let costs = row.windows(2).zip(&to);
        for (costs, other) in costs {
            let [diagonal, above] = costs else { continue };
            let left = next.last().copied().unwrap_or_default();
            next.push(
                (diagonal + usize::from(letter != *other))
                    .min(above + 1)
                    .min(left + 1),
            );
        }
        row = next;
    }
    row.last().copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn near_names_are_offered_nearest_first() {
        let names = ["orders", "orders.dlq", "payments"];
        assert_eq!(
            did_you_mean("order", names).unwrap(),
            "did you mean: orders, orders.dlq ?"
        );
        assert_eq!(
            did_you_mean("odrers", names).unwrap(),
            "did you mean: orders ?"
        );
        assert_eq!(did_you_mean("x", names), None);
    }

    #[test]
    fn distance_counts_changes() {
        assert_eq!(distance("kitten", "sitting"), 3);
        assert_eq!(distance("", "abc"), 3);
        assert_eq!(distance("abc", "abc"), 0);
    }
}
