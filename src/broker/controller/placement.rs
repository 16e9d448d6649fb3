//! Which brokers keep a new partition (`StripedReplicaPlacer`): racks take turns, and within a rack its brokers do, from
//! a random start; fenced brokers come last.

use std::collections::BTreeMap;

use super::Refusal;
use crate::broker::metadata::Image;
use crate::protocol::ErrorCode;

/// Replicas of `partitions` new partitions, the preferred leader of each first.
pub(super) fn place(
    image: &Image,
    partitions: usize,
    replication_factor: usize,
    start: usize,
) -> Result<Vec<Vec<i32>>, Refusal> {
    let brokers = image.brokers().len();
    let refuse = |reason: String| {
        let words =
            format!("Unable to replicate the partition {replication_factor} time(s): {reason}");
        Err(Refusal::new(ErrorCode::InvalidReplicationFactor, words))
    };
    if replication_factor > brokers {
        return refuse(format!(
            "The target replication factor of {replication_factor} cannot be reached because only {brokers} broker(s) \
             are registered or some brokers have all their log directories cordoned."
        ));
    }
    let alive = striped(image, false);
    if alive.is_empty() {
        return refuse("All brokers are currently fenced.".to_owned());
    }
    let fenced = striped(image, true);
    let replicas = |partition: usize| {
        let turn = start.wrapping_add(partition);
        let live =
            (0..alive.len()).filter_map(|step| alive.get(turn.wrapping_add(step) % alive.len()));
        live.chain(&fenced)
            .take(replication_factor)
            .copied()
            .collect()
    };
    Ok((0..partitions).map(replicas).collect())
}

/// Brokers in an order in which neighbours stand in different racks as far as possible.
fn striped(image: &Image, fenced: bool) -> Vec<i32> {
    let mut racks: BTreeMap<Option<&str>, Vec<i32>> = BTreeMap::new();
    for broker in image.brokers().filter(|broker| broker.fenced == fenced) {
        racks
            .entry(broker.rack.as_deref())
            .or_default()
            .push(broker.id);
    }
    let rounds = racks.values().map(Vec::len).max().unwrap_or_default();
    (0..rounds)
        .flat_map(|round| {
            racks
                .values()
                .filter_map(move |rack| rack.get(round))
                .copied()
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::super::tests::{Broker, cluster};
    use super::*;

    #[test]
    fn leaders_and_racks_take_turns() {
        let brokers = [(1, "a"), (2, "a"), (3, "b"), (4, "b")];
        let image = cluster(&brokers.map(|(id, rack)| Broker {
            id,
            rack: Some(rack),
            fenced: false,
        }));
        let placed = place(&image, 4, 2, 0).unwrap();
        assert_eq!(placed, [[1, 3], [3, 2], [2, 4], [4, 1]]);
        assert_eq!(place(&image, 1, 2, 7).unwrap(), [[4, 1]]);
    }

    #[test]
    fn fenced_brokers_come_last_and_never_first() {
        let brokers = [(1, true), (2, false), (3, true)];
        let image = cluster(&brokers.map(|(id, fenced)| Broker {
            id,
            rack: None,
            fenced,
        }));
        assert_eq!(place(&image, 2, 3, 0).unwrap(), [[2, 1, 3], [2, 1, 3]]);
    }

    #[test]
    fn what_cannot_be_placed_is_refused_in_kafkas_words() {
        let words =
            |image: &Image, factor| place(image, 1, factor, 0).unwrap_err().message.unwrap();
        assert_eq!(
            words(
                &cluster(&[Broker {
                    id: 1,
                    rack: None,
                    fenced: false
                }]),
                3
            ),
            "Unable to replicate the partition 3 time(s): The target replication factor of 3 cannot be reached because \
             only 1 broker(s) are registered or some brokers have all their log directories cordoned."
        );
        assert_eq!(
            words(
                &cluster(&[Broker {
                    id: 1,
                    rack: None,
                    fenced: true
                }]),
                1
            ),
            "Unable to replicate the partition 1 time(s): All brokers are currently fenced."
        );
    }
}
