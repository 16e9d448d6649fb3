//! Topics: created, deleted, given more partitions (`ReplicationControlManager`).

pub mod create;
pub mod delete;
pub mod partitions;

use super::{Refusal, View};
use crate::broker::metadata::MetadataRecord;
use crate::protocol::messages::PartitionRecord;
use crate::protocol::{ErrorCode, Uuid};

/// The words for a name that a request lists more than once.
const DUPLICATE_NAME: &str = "Duplicate topic name.";
/// The words for a request that asks for more than [`super::PARTITIONS_PER_REQUEST_MAX`].
const TOO_MANY_PARTITIONS: &str = "Excessively large number of partitions per request.";

/// Checks the brokers that a request wants a partition on, and that there are as many as the other partitions have.
fn check_assignment(
    view: View<'_>,
    brokers: &[i32],
    replication_factor: Option<usize>,
) -> Result<(), Refusal> {
    let refuse = |words: String| Err(Refusal::new(ErrorCode::InvalidReplicaAssignment, words));
    if brokers.is_empty() {
        return refuse(
            "The manual partition assignment includes an empty replica list.".to_owned(),
        );
    }
    let mut sorted = brokers.to_vec();
    sorted.sort_unstable();
    let mut previous = None;
    for broker in sorted {
        if view.image.broker(broker).is_none() {
            return refuse(format!(
                "The manual partition assignment includes broker {broker}, but no such broker is registered."
            ));
        }
        if previous == Some(broker) {
            return refuse(format!(
                "The manual partition assignment includes the broker {broker} more than once."
            ));
        }
        previous = Some(broker);
    }
    match replication_factor {
        Some(factor) if factor != brokers.len() => refuse(format!(
            "The manual partition assignment includes a partition with {} replica(s), but this is not consistent with \
             previous partitions, which have {factor} replica(s).",
            brokers.len()
        )),
        _ => Ok(()),
    }
}

/// The record of a new partition, led by its first live replica.
fn partition_record(
    view: View<'_>,
    topic_id: Uuid,
    partition: i32,
    replicas: Vec<i32>,
) -> Result<MetadataRecord, Refusal> {
    let is_ready = |id: &i32| {
        view.image
            .broker(*id)
            .is_some_and(|broker| !broker.fenced && !broker.in_controlled_shutdown)
    };
    let isr: Vec<i32> = replicas.iter().copied().filter(is_ready).collect();
    let Some(leader) = isr.first().copied() else {
        let words = format!(
            "All brokers specified in the manual partition assignment for partition {partition} are fenced or in \
             controlled shutdown."
        );
        return Err(Refusal::new(ErrorCode::InvalidReplicaAssignment, words));
    };
    let directories = replicas.iter().map(|id| only_log_dir(view, *id)).collect();
    let record = PartitionRecord {
        partition_id: partition,
        topic_id,
        replicas,
        isr,
        leader,
        leader_epoch: 0,
        partition_epoch: 0,
        directories,
        ..PartitionRecord::default()
    };
    Ok(record.into())
}

/// The log directory a broker will use where it has no choice; zero where it has (`DirectoryId.UNASSIGNED`).
fn only_log_dir(view: View<'_>, broker: i32) -> Uuid {
    match view
        .image
        .broker(broker)
        .map(|broker| broker.log_dirs.as_slice())
    {
        Some([only]) => *only,
        _ => Uuid::ZERO,
    }
}

#[cfg(test)]
mod tests;
