//! All partitions dealt in a circle (`RoundRobinAssignor`).

use std::collections::BTreeSet;

use super::{
    Assignment, Member, PartitionCounts, empty_assignment, partitions_of, static_members_first,
};

/// Deals all partitions, topic by topic, to the members in a circle; a member that does not subscribe to the topic
/// is skipped, and the circle goes on from the member that got one.
pub(super) fn assign(members: &[Member], partition_counts: &PartitionCounts) -> Assignment {
    let mut assignment = empty_assignment(members);
    let mut circle: Vec<&Member> = members.iter().collect();
    circle.sort_by(|a, b| static_members_first(a, b));
    let mut circle = circle.into_iter().cycle();

    let topics: BTreeSet<&String> = members.iter().flat_map(|member| &member.topics).collect();
    for topic in topics {
        for partition in partitions_of(topic, partition_counts) {
            // Ends: the topic came from some member's subscription.
            let taker = circle.find(|member| member.topics.contains(topic));
            if let Some(assigned) = taker.and_then(|member| assignment.get_mut(&member.id)) {
                assigned.push(partition);
            }
        }
    }
    assignment
}
