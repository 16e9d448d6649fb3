//! Who gets which partitions: the assignors a group's leader runs between `JoinGroup` and `SyncGroup`.
//!
//! Pure functions with the names and results of the Java client's assignors
//! (`org.apache.kafka.clients.consumer.*Assignor`). Racks (KIP-881) are not taken into account.

mod range;
mod round_robin;
mod sticky;
mod user_data;

use std::cmp::Ordering;
use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use crate::protocol::TopicPartition;

/// A member of a group as its leader sees it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Member {
    /// The id the coordinator gave it.
    pub id: String,
    /// `group.instance.id` of a static member.
    pub instance_id: Option<String>,
    /// The topics it subscribes to.
    pub topics: Vec<String>,
    /// What it says it owns.
    pub owned: Vec<TopicPartition>,
    /// The generation in which it came to own them; -1 if it did not say.
    pub generation: i32,
}

/// How many partitions each topic has. A topic that is missing here is given to nobody.
pub type PartitionCounts = BTreeMap<String, i32>;

/// What each member is given, by member id; members that get nothing are in it too. Partitions are sorted.
pub type Assignment = BTreeMap<String, Vec<TopicPartition>>;

/// Whether members give up everything before a rebalance, or only what the rebalance takes away (KIP-429).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum RebalanceProtocol {
    /// Everything is given up before joining.
    Eager,
    /// Partitions are kept while joining; only those assigned to others are given up.
    Cooperative,
}

/// A way to spread partitions, by its name in `JoinGroup`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Assignor {
    /// Contiguous blocks, topic by topic.
    Range,
    /// All partitions dealt in a circle.
    RoundRobin,
    /// Balanced, and then with as few moves as possible.
    Sticky,
    /// As [`Self::Sticky`], but a partition that moves is first given up and handed over in a second rebalance.
    CooperativeSticky,
}

impl Assignor {
    /// Every assignor.
    pub const ALL: [Self; 4] = [
        Self::Range,
        Self::RoundRobin,
        Self::Sticky,
        Self::CooperativeSticky,
    ];

    /// The name in `JoinGroup` and in `partition.assignment.strategy`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Range => "range",
            Self::RoundRobin => "roundrobin",
            Self::Sticky => "sticky",
            Self::CooperativeSticky => "cooperative-sticky",
        }
    }

    /// The rebalance protocol the members follow. A member that lists several assignors follows the lowest of theirs.
    pub const fn rebalance_protocol(self) -> RebalanceProtocol {
        match self {
            Self::Range | Self::RoundRobin | Self::Sticky => RebalanceProtocol::Eager,
            Self::CooperativeSticky => RebalanceProtocol::Cooperative,
        }
    }

    /// Spreads the partitions of the subscribed topics over `members`.
    pub fn assign(self, members: &[Member], partition_counts: &PartitionCounts) -> Assignment {
        match self {
            Self::Range => range::assign(members, partition_counts),
            Self::RoundRobin => round_robin::assign(members, partition_counts),
            Self::Sticky => sticky::assign(members, partition_counts),
            Self::CooperativeSticky => {
                let mut assignment = sticky::assign(members, partition_counts);
                sticky::withhold_moving_partitions(members, &mut assignment);
                assignment
            }
        }
    }
}

impl fmt::Display for Assignor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A name that is no assignor of ours.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "unknown partition assignor {0} (known: range, roundrobin, sticky, cooperative-sticky, \
     or the Java class names of these)"
)]
pub struct UnknownAssignor(pub String);

/// Reads a protocol name, or the class name that `partition.assignment.strategy` has in Java's configuration.
impl FromStr for Assignor {
    type Err = UnknownAssignor;

    fn from_str(name: &str) -> Result<Self, UnknownAssignor> {
        match name
            .strip_prefix("org.apache.kafka.clients.consumer.")
            .unwrap_or(name)
        {
            "range" | "RangeAssignor" => Ok(Self::Range),
            "roundrobin" | "RoundRobinAssignor" => Ok(Self::RoundRobin),
            "sticky" | "StickyAssignor" => Ok(Self::Sticky),
            "cooperative-sticky" | "CooperativeStickyAssignor" => Ok(Self::CooperativeSticky),
            _ => Err(UnknownAssignor(name.to_owned())),
        }
    }
}

/// An assignment in which every member has nothing yet.
fn empty_assignment(members: &[Member]) -> Assignment {
    members
        .iter()
        .map(|member| (member.id.clone(), Vec::new()))
        .collect()
}

/// The partitions of `topic`, in order; none if the topic is unknown.
fn partitions_of(
    topic: &str,
    partition_counts: &PartitionCounts,
) -> impl Iterator<Item = TopicPartition> {
    let count = partition_counts.get(topic).copied().unwrap_or(0);
    (0..count).map(move |partition| TopicPartition::new(topic, partition))
}

/// The order of members that range and round robin deal in: static members first, by instance id, so that a
/// restart under a new member id changes nothing.
fn static_members_first(a: &Member, b: &Member) -> Ordering {
    match (&a.instance_id, &b.instance_id) {
        (Some(a), Some(b)) => java_order(a, b),
        (Some(_), None) => Ordering::Less,
        (None, Some(_)) => Ordering::Greater,
        (None, None) => java_order(&a.id, &b.id),
    }
}

/// The order of Java strings, which differs from ours for characters outside the basic plane.
fn java_order(a: &str, b: &str) -> Ordering {
    a.encode_utf16().cmp(b.encode_utf16())
}

#[cfg(test)]
mod tests;
