//! What a consumer reads and how far it is in each partition. Plain data: nothing here waits or sends.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use tokio::time::Instant;

use super::fetcher::Fetched;
use crate::client::Pattern;
use crate::protocol::TopicPartition;

/// What is read, and who decides.
#[derive(Debug, Clone, Default)]
pub(super) enum Subscription {
    /// Nothing.
    #[default]
    None,
    /// Partitions the caller chose.
    Manual,
    /// What the group gives of these topics.
    Topics(Vec<String>),
    /// What the group gives of topics whose whole name matches.
    Pattern(Pattern, Vec<String>),
}

impl Subscription {
    /// The topics a group is told of; none if no group is meant.
    pub(super) fn topics(&self) -> Option<&[String]> {
        match self {
            Self::None | Self::Manual => None,
            Self::Topics(topics) | Self::Pattern(_, topics) => Some(topics),
        }
    }
}

/// Where to begin, as long as no position is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Start {
    /// Where the group has committed, else as `auto.offset.reset` says.
    Committed,
    /// As `auto.offset.reset` says.
    Reset,
    /// At the oldest record.
    Earliest,
    /// After the newest record.
    Latest,
    /// At the first record from this time on, in ms since 1970.
    Time(i64),
}

/// A partition that is read.
#[derive(Debug)]
pub(super) struct Partition {
    pub(super) topic: Arc<str>,
    /// The offset of the next record the caller gets, once known.
    pub(super) position: Option<i64>,
    /// Epoch of the last record the caller got; -1 if none.
    pub(super) leader_epoch: i32,
    pub(super) start: Start,
    /// Where the next fetch begins: behind what is buffered.
    pub(super) fetch_from: i64,
    /// Behind the last record that may be read, as the last fetch said.
    pub(super) end: Option<i64>,
    pub(super) is_paused: bool,
    pub(super) is_busy: bool,
    /// What came for an earlier one is thrown away.
    pub(super) incarnation: u64,
    pub(super) buffered: VecDeque<Fetched>,
    /// Set after a failure.
    pub(super) not_before: Option<Instant>,
    /// A follower to read from, as the leader said (KIP-392).
    pub(super) replica: Option<i32>,
    /// When it was served last; those served longest ago come first.
    pub(super) served: u64,
}

/// Responses that may wait for the caller before no more is fetched: one is read while the next is on its way.
const BUFFERED_MAX: usize = 2;

impl Partition {
    fn new(topic: &str, start: Start, incarnation: u64) -> Self {
        Self {
            topic: Arc::from(topic),
            position: None,
            leader_epoch: -1,
            start,
            fetch_from: 0,
            is_paused: false,
            end: None,
            is_busy: false,
            incarnation,
            buffered: VecDeque::new(),
            not_before: None,
            replica: None,
            served: 0,
        }
    }

    /// Moves on to `offset` after a look-up, a seek or an assignment.
    pub(super) fn set_position(&mut self, offset: i64) {
        self.position = Some(offset);
        self.fetch_from = offset;
        self.buffered.clear();
    }

    /// Whether its position must be looked up.
    pub(super) fn is_lost(&self, now: Instant) -> bool {
        self.position.is_none() && !self.is_busy && self.is_rested(now)
    }

    /// Whether it may be in a fetch now.
    pub(super) fn is_fetchable(&self, now: Instant) -> bool {
        self.position.is_some()
            && !self.is_busy
            && !self.is_paused
            && self.buffered.len() < BUFFERED_MAX
            && self.is_rested(now)
    }

    fn is_rested(&self, now: Instant) -> bool {
        self.not_before.is_none_or(|until| now >= until)
    }
}

/// Every partition that is read.
#[derive(Debug, Default)]
pub(super) struct Partitions {
    all: BTreeMap<TopicPartition, Partition>,
    incarnation: u64,
    clock: u64,
}

impl Partitions {
    pub(super) fn keys(&self) -> impl Iterator<Item = &TopicPartition> {
        self.all.keys()
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = (&TopicPartition, &Partition)> {
        self.all.iter()
    }

    pub(super) fn iter_mut(&mut self) -> impl Iterator<Item = (&TopicPartition, &mut Partition)> {
        self.all.iter_mut()
    }

    pub(super) fn get(&self, key: &TopicPartition) -> Option<&Partition> {
        self.all.get(key)
    }

    pub(super) fn get_mut(&mut self, key: &TopicPartition) -> Option<&mut Partition> {
        self.all.get_mut(key)
    }

    /// The partition, if it is still the one that was asked about.
    pub(super) fn same(
        &mut self,
        key: &TopicPartition,
        incarnation: u64,
    ) -> Option<&mut Partition> {
        self.all
            .get_mut(key)
            .filter(|partition| partition.incarnation == incarnation)
    }

    /// Reads exactly `keys` from now on; those that were read before stay as they are.
    pub(super) fn assign(&mut self, keys: &[TopicPartition], start: Start) {
        self.all.retain(|key, _partition| keys.contains(key));
        for key in keys {
            if !self.all.contains_key(key) {
                let incarnation = self.next_incarnation();
                let partition = Partition::new(&key.topic, start, incarnation);
                self.all.insert(key.clone(), partition);
            }
        }
    }

    /// Forgets the position and finds a new one as `start` says.
    pub(super) fn restart(&mut self, key: &TopicPartition, start: Start) -> bool {
        let incarnation = self.next_incarnation();
        let Some(partition) = self.all.get_mut(key) else {
            return false;
        };
        let is_paused = partition.is_paused;
        *partition = Partition {
            is_paused,
            ..Partition::new(&key.topic, start, incarnation)
        };
        true
    }

    fn next_incarnation(&mut self) -> u64 {
        self.incarnation = self.incarnation.wrapping_add(1);
        self.incarnation
    }

    /// Partitions in which something waits for the caller, the one that waited longest first.
    pub(super) fn waiting(&self) -> Vec<TopicPartition> {
        let has_something =
            |partition: &Partition| !partition.is_paused && !partition.buffered.is_empty();
        self.by_turn(has_something)
    }

    /// Partitions that may be in a fetch now, the one that waited longest first.
    pub(super) fn fetchable(&self, now: Instant) -> Vec<TopicPartition> {
        self.by_turn(|partition| partition.is_fetchable(now))
    }

    fn by_turn(&self, is_wanted: impl Fn(&Partition) -> bool) -> Vec<TopicPartition> {
        let mut wanted: Vec<_> = self
            .all
            .iter()
            .filter(|(_, partition)| is_wanted(partition))
            .collect();
        wanted.sort_by_key(|(_, partition)| partition.served);
        wanted.into_iter().map(|(key, _)| key.clone()).collect()
    }

    /// Notes that it was the turn of `key`.
    pub(super) fn serve(&mut self, key: &TopicPartition) {
        self.clock = self.clock.wrapping_add(1);
        if let Some(partition) = self.all.get_mut(key) {
            partition.served = self.clock;
        }
    }

    /// The soonest end of a pause.
    pub(super) fn next_deadline(&self, now: Instant) -> Option<Instant> {
        let pauses = self
            .all
            .values()
            .filter_map(|partition| partition.not_before);
        pauses.filter(|until| *until > now).min()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(partition: i32) -> TopicPartition {
        TopicPartition::new("t", partition)
    }

    #[test]
    fn a_partition_that_stays_assigned_keeps_its_position() {
        let mut partitions = Partitions::default();
        partitions.assign(&[key(0), key(1)], Start::Committed);
        partitions.get_mut(&key(1)).unwrap().set_position(7);
        partitions.assign(&[key(1), key(2)], Start::Committed);
        assert_eq!(partitions.get(&key(1)).unwrap().position, Some(7));
        assert_eq!(partitions.get(&key(2)).unwrap().position, None);
        assert!(partitions.get(&key(0)).is_none());
    }

    #[test]
    fn what_was_asked_before_a_seek_is_told_apart_from_what_is_asked_after() {
        let mut partitions = Partitions::default();
        partitions.assign(&[key(0)], Start::Committed);
        let before = partitions.get(&key(0)).unwrap().incarnation;
        assert!(partitions.same(&key(0), before).is_some());
        assert!(partitions.restart(&key(0), Start::Earliest));
        assert!(partitions.same(&key(0), before).is_none());
        assert!(!partitions.restart(&key(9), Start::Earliest));
    }

    #[test]
    fn the_partition_served_longest_ago_comes_first() {
        let now = Instant::now();
        let mut partitions = Partitions::default();
        partitions.assign(&[key(0), key(1), key(2)], Start::Committed);
        for (_key, partition) in partitions.iter_mut() {
            partition.set_position(0);
        }
        partitions.serve(&key(0));
        partitions.serve(&key(2));
        assert_eq!(partitions.fetchable(now), [key(1), key(0), key(2)]);
        partitions.get_mut(&key(1)).unwrap().is_paused = true;
        assert_eq!(partitions.fetchable(now), [key(0), key(2)]);
    }
}
