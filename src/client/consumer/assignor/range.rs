//! Contiguous blocks, topic by topic (`RangeAssignor`).

use std::collections::BTreeMap;

use super::{
    Assignment, Member, PartitionCounts, empty_assignment, partitions_of, static_members_first,
};

/// Gives each subscriber of a topic a block of its partitions; the first few members get one more where it does not
/// divide evenly. Topics with equal partition counts and subscribers come out aligned.
pub(super) fn assign(members: &[Member], partition_counts: &PartitionCounts) -> Assignment {
    let mut assignment = empty_assignment(members);
    for (topic, mut subscribers) in subscribers_by_topic(members) {
        subscribers.sort_by(|a, b| static_members_first(a, b));
        let partitions: Vec<_> = partitions_of(topic, partition_counts).collect();
        let (each, extra) = (
            partitions.len() / subscribers.len(),
            partitions.len() % subscribers.len(),
        );
        let mut partitions = partitions.into_iter();
        for (position, member) in subscribers.iter().enumerate() {
            let block = each + usize::from(position < extra);
            if let Some(assigned) = assignment.get_mut(&member.id) {
                assigned.extend(partitions.by_ref().take(block));
            }
        }
    }
    assignment
}

/// Each subscribed topic with its subscribers; a topic that a member names twice counts once.
fn subscribers_by_topic(members: &[Member]) -> BTreeMap<&str, Vec<&Member>> {
    let mut by_topic: BTreeMap<&str, Vec<&Member>> = BTreeMap::new();
    for member in members {
        for topic in &member.topics {
            let subscribers = by_topic.entry(topic).or_default();
            if subscribers.last().is_none_or(|last| last.id != member.id) {
                subscribers.push(member);
            }
        }
    }
    by_topic
}
