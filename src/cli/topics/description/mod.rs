//! What `--describe` tells of a topic, and its three faces: Apache's lines, a table, JSON.

mod json;
mod plain;
mod rich;

use std::fmt::{self, Display};

pub use plain::java_hash_order;

use crate::{
    client::admin::offsets::ListedOffset,
    protocol::{TopicPartition, Uuid},
};

/// A topic as `--describe` shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Topic {
    /// Its name.
    pub name: String,
    /// Its id; zero if the cluster knows none.
    pub id: Uuid,
    /// Settings that are not the default, in the order in which the original prints them.
    pub configs: Vec<(String, String)>,
    /// `min.insync.replicas`, where known.
    pub min_isr: Option<usize>,
    /// Its partitions, ascending.
    pub partitions: Vec<Partition>,
}

/// A partition as `--describe` shows it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Partition {
    /// Its number.
    pub number: i32,
    /// The leader's id, and whether that broker is there.
    pub leader: Option<Leader>,
    /// Ids of the brokers that keep it, preferred leader first.
    pub replicas: Vec<i32>,
    /// Ids of those in sync.
    pub isr: Vec<i32>,
    /// Replicas that may lead though they are not in sync (KIP-966); nothing if the cluster does not say.
    pub elr: Option<Vec<i32>>,
    /// The last of those.
    pub last_known_elr: Option<Vec<i32>>,
    /// Replicas that come and go, during a reassignment.
    pub reassignment: Option<Box<Reassignment>>,
    /// What the original does not tell; boxed, for most descriptions go without.
    pub extras: Option<Box<Extras>>,
}

/// What a partition holds, as far as brokers said so in time.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Extras {
    /// Offset of the oldest record.
    pub start: Option<i64>,
    /// Offset of the next record to be written.
    pub end: Option<i64>,
    /// The oldest record that has a time.
    pub oldest: Option<ListedOffset>,
    /// The record with the largest time.
    pub newest: Option<ListedOffset>,
    /// The first record of the last [`RECENT_MS`].
    pub recent: Option<ListedOffset>,
    /// Bytes of the leader's copy.
    pub size_bytes: Option<u64>,
    /// Bytes of all copies.
    pub disk_bytes: Option<u64>,
}

/// How long a rate looks back.
pub const RECENT_MS: i64 = 60_000;

impl Extras {
    /// How many records there can be: compaction and transactions leave gaps.
    fn records(&self) -> Option<i64> {
        Some(self.end? - self.start?)
    }

    /// How many records were written in the last [`RECENT_MS`].
    fn recent_records(&self) -> Option<i64> {
        let recent = self.recent?.offset;
        recent.map_or(Some(0), |offset| Some(self.end? - offset))
    }
}

/// Who leads a partition.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Leader {
    /// The broker's id.
    pub id: i32,
    /// Whether that broker is alive.
    pub is_alive: bool,
}

/// Replicas on the move.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Reassignment {
    /// Ids of brokers that will keep it.
    pub adding: Vec<i32>,
    /// Ids of brokers that will no longer keep it.
    pub removing: Vec<i32>,
}

/// Which partitions a report flag asks for.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Filters {
    /// Fewer in sync than there are replicas.
    pub under_replicated: bool,
    /// No leader, or a dead one.
    pub unavailable: bool,
    /// Fewer in sync than `min.insync.replicas`.
    pub under_min_isr: bool,
    /// Exactly as many in sync.
    pub at_min_isr: bool,
}

impl Filters {
    /// Whether any is given: then only partitions are shown, and only those that match one of them.
    pub fn is_any(self) -> bool {
        self != Self::default()
    }

    /// What the partitions asked for are called.
    pub fn name(self) -> String {
        let names = [
            (self.under_replicated, "under-replicated"),
            (self.unavailable, "unavailable"),
            (self.under_min_isr, "under-min-isr"),
            (self.at_min_isr, "at-min-isr"),
        ];
        let names: Vec<_> = names
            .iter()
            .filter(|(given, _)| *given)
            .map(|(_, name)| *name)
            .collect();
        names.join(" or ")
    }

    fn matches(self, topic: &Topic, partition: &Partition) -> bool {
        let in_sync = partition.isr.len();
        self.under_replicated && partition.is_under_replicated()
            || self.unavailable && !partition.leader.is_some_and(|leader| leader.is_alive)
            || self.under_min_isr
                && (partition.leader.is_none() || topic.min_isr.is_some_and(|min| in_sync < min))
            || self.at_min_isr && topic.min_isr == Some(in_sync)
    }
}

impl Partition {
    /// Replicas that count: those on their way do not.
    fn replication_factor(&self) -> usize {
        let adding = self
            .reassignment
            .as_ref()
            .map_or(0, |moves| moves.adding.len());
        self.replicas.len().saturating_sub(adding)
    }

    /// Something that the original does not tell.
    fn told<T>(&self, of: impl FnOnce(&Extras) -> Option<T>) -> Option<T> {
        self.extras.as_deref().and_then(of)
    }

    /// Whether brokers that should have every record do not.
    pub fn is_under_replicated(&self) -> bool {
        self.replication_factor() > self.isr.len()
    }
}

impl Topic {
    fn replication_factor(&self) -> usize {
        self.partitions
            .first()
            .map_or(0, Partition::replication_factor)
    }

    /// Its partitions by name and number.
    pub fn all_partitions(&self) -> impl Iterator<Item = TopicPartition> {
        self.partitions
            .iter()
            .map(|it| TopicPartition::new(&self.name, it.number))
    }

    /// Takes away the partitions that no filter asks for.
    pub fn keep(&mut self, filters: Filters) {
        let partitions = std::mem::take(&mut self.partitions);
        let kept = partitions
            .into_iter()
            .filter(|partition| filters.matches(self, partition));
        let kept = kept.collect();
        self.partitions = kept;
    }
}

/// Broker ids with something between them.
struct Ids<'i>(&'i [i32], &'static str);

impl Display for Ids<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, id) in self.0.iter().enumerate() {
            let between = if at == 0 { "" } else { self.1 };
            write!(f, "{between}{id}")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
