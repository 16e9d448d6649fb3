//! Balanced first, then few moves (`StickyAssignor`, `CooperativeStickyAssignor`, KIP-54, KIP-429).
//!
//! Counts come out as equal as the subscriptions permit. Where all members subscribe to the same topics, a first
//! assignment is the one Java's assignor makes, and as many partitions stay where they were as in Java's.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet, VecDeque};

use super::{Assignment, Member, PartitionCounts, java_order, partitions_of};
use crate::protocol::TopicPartition;

/// A member by its place in [`Spread::members`].
type Index = usize;

/// Spreads all partitions, beginning with what the members already own.
pub(super) fn assign(members: &[Member], partition_counts: &PartitionCounts) -> Assignment {
    let mut spread = Spread::of_owned(members, partition_counts);
    spread.deal_the_rest(partition_counts);
    while let Some(path) = spread.improving_path() {
        spread.shift_along(&path);
    }
    spread.into_assignment()
}

/// Takes out of a cooperative assignment what another member still owns: that member gives it up first and joins
/// again, and the rebalance after that hands it over.
pub(super) fn withhold_moving_partitions(members: &[Member], assignment: &mut Assignment) {
    let owned_by_someone: HashSet<&TopicPartition> =
        members.iter().flat_map(|member| &member.owned).collect();
    for member in members {
        let own: HashSet<&TopicPartition> = member.owned.iter().collect();
        if let Some(assigned) = assignment.get_mut(&member.id) {
            assigned.retain(|partition| {
                own.contains(partition) || !owned_by_someone.contains(partition)
            });
        }
    }
}

/// What one member holds at some point of the calculation.
struct Holder<'m> {
    member: &'m Member,
    held: BTreeMap<&'m str, BTreeSet<i32>>,
    count: usize,
}

/// One step of a path: `from` hands one partition of `topic` to `to`.
struct Step<'m> {
    from: Index,
    topic: &'m str,
    to: Index,
}

struct Spread<'m> {
    members: Vec<Holder<'m>>,
    subscribers: BTreeMap<&'m str, Vec<Index>>,
    previous_owners: HashMap<&'m TopicPartition, Index>,
}

impl<'m> Spread<'m> {
    /// Every member with what it owned and may keep.
    fn of_owned(members: &'m [Member], partition_counts: &PartitionCounts) -> Self {
        let mut members: Vec<_> = members
            .iter()
            .map(|member| Holder {
                member,
                held: BTreeMap::new(),
                count: 0,
            })
            .collect();
        members.sort_by(|a, b| java_order(&a.member.id, &b.member.id));

        let mut subscribers: BTreeMap<&str, Vec<Index>> = BTreeMap::new();
        for (index, holder) in members.iter().enumerate() {
            let topics: BTreeSet<&str> = holder.member.topics.iter().map(String::as_str).collect();
            for topic in topics {
                subscribers.entry(topic).or_default().push(index);
            }
        }

        let mut spread = Self {
            previous_owners: previous_owners(&members),
            members,
            subscribers,
        };
        let owned: Vec<_> = spread
            .previous_owners
            .iter()
            .map(|(partition, owner)| (*partition, *owner))
            .collect();
        for (partition, owner) in owned {
            let exists = partition_counts
                .get(&partition.topic)
                .is_some_and(|count| (0..*count).contains(&partition.partition));
            let subscribed = spread
                .subscribers
                .get(partition.topic.as_str())
                .is_some_and(|all| all.contains(&owner));
            if exists && subscribed {
                spread.give(owner, &partition.topic, partition.partition);
            }
        }
        spread
    }

    /// Deals the partitions nobody holds, those with the fewest takers first, each to its taker with the least.
    fn deal_the_rest(&mut self, partition_counts: &PartitionCounts) {
        let mut topics: Vec<_> = self
            .subscribers
            .iter()
            .map(|(topic, takers)| (*topic, takers.clone()))
            .collect();
        topics.sort_by_key(|(_, takers)| takers.len());
        for (topic, takers) in topics {
            let held: BTreeSet<i32> = takers
                .iter()
                .filter_map(|taker| self.members.get(*taker)?.held.get(topic))
                .flatten()
                .copied()
                .collect();
            for partition in partitions_of(topic, partition_counts)
                .map(|p| p.partition)
                .filter(|p| !held.contains(p))
            {
                let taker = takers
                    .iter()
                    .copied()
                    .min_by_key(|taker| self.count(*taker));
                if let Some(taker) = taker {
                    self.give(taker, topic, partition);
                }
            }
        }
    }

    /// A chain of hand-overs from a member to one that has at least two partitions fewer; none if no such chain is
    /// left, and then no other assignment is better balanced.
    fn improving_path(&self) -> Option<Vec<Step<'m>>> {
        let least = self.members.iter().map(|holder| holder.count).min()?;
        let mut sources: Vec<Index> = (0..self.members.len())
            .filter(|from| self.count(*from) >= least + 2)
            .collect();
        sources.sort_by_key(|from| Reverse(self.count(*from)));
        sources
            .into_iter()
            .find_map(|from| self.path_from(from, least))
    }

    /// The shortest chain from `from` to the member with the fewest partitions it can reach, if that is an
    /// improvement. `least` is the smallest count of all: there is no point in looking further than that.
    fn path_from(&self, from: Index, least: usize) -> Option<Vec<Step<'m>>> {
        let mut reached: HashMap<Index, (Index, &'m str)> = HashMap::new();
        let mut topics_seen: HashSet<&str> = HashSet::new();
        let mut to_visit = VecDeque::from([from]);
        let mut best: Option<Index> = None;
        while let Some(giver) = to_visit.pop_front() {
            if best.is_some_and(|best| self.count(best) == least) {
                break;
            }
            for topic in self
                .topics_held(giver)
                .rev()
                .filter(|topic| topics_seen.insert(topic))
            {
                for taker in self.subscribers.get(topic).into_iter().flatten().copied() {
                    if taker == from || reached.contains_key(&taker) {
                        continue;
                    }
                    reached.insert(taker, (giver, topic));
                    to_visit.push_back(taker);
                    if self.count(taker) < best.map_or(usize::MAX, |best| self.count(best)) {
                        best = Some(taker);
                    }
                }
            }
        }
        let mut to = best.filter(|best| self.count(*best) + 2 <= self.count(from))?;
        let mut path = Vec::new();
        while let Some((giver, topic)) = reached.get(&to) {
            path.push(Step {
                from: *giver,
                topic,
                to,
            });
            to = *giver;
        }
        Some(path)
    }

    /// Hands one partition over at each step. The last step comes first, so nobody passes on what it just got.
    fn shift_along(&mut self, path: &[Step<'m>]) {
        for step in path {
            if let Some(partition) = self.least_attached(step) {
                self.take(step.from, step.topic, partition);
                self.give(step.to, step.topic, partition);
            }
        }
    }

    /// Which partition to hand over: one the taker used to own, else one the giver did not, else the highest.
    fn least_attached(&self, step: &Step<'m>) -> Option<i32> {
        let held = self.members.get(step.from)?.held.get(step.topic)?;
        held.iter().copied().min_by_key(|partition| {
            let owner = self
                .previous_owners
                .get(&TopicPartition::new(step.topic, *partition))
                .copied();
            let attachment = match owner {
                Some(owner) if owner == step.to => 0,
                Some(owner) if owner == step.from => 2,
                _ => 1,
            };
            (attachment, Reverse(*partition))
        })
    }

    fn count(&self, member: Index) -> usize {
        self.members.get(member).map_or(0, |holder| holder.count)
    }

    fn topics_held(&self, member: Index) -> impl DoubleEndedIterator<Item = &'m str> {
        self.members
            .get(member)
            .into_iter()
            .flat_map(|holder| holder.held.keys().copied())
    }

    fn give(&mut self, member: Index, topic: &'m str, partition: i32) {
        if let Some(holder) = self.members.get_mut(member)
            && holder.held.entry(topic).or_default().insert(partition)
        {
            holder.count += 1;
        }
    }

    fn take(&mut self, member: Index, topic: &str, partition: i32) {
        if let Some(holder) = self.members.get_mut(member)
            && let Some(held) = holder.held.get_mut(topic)
            && held.remove(&partition)
        {
            holder.count -= 1;
            if held.is_empty() {
                holder.held.remove(topic);
            }
        }
    }

    fn into_assignment(self) -> Assignment {
        let partitions = |held: BTreeMap<&str, BTreeSet<i32>>| {
            let of_topic = |(topic, partitions): (&str, BTreeSet<i32>)| {
                let topic = topic.to_owned();
                partitions
                    .into_iter()
                    .map(move |partition| TopicPartition::new(topic.clone(), partition))
            };
            held.into_iter().flat_map(of_topic).collect()
        };
        self.members
            .into_iter()
            .map(|holder| (holder.member.id.clone(), partitions(holder.held)))
            .collect()
    }
}

/// Who owned what before. The claim of the later generation holds; two claims of one generation cancel out.
fn previous_owners<'m>(members: &[Holder<'m>]) -> HashMap<&'m TopicPartition, Index> {
    let mut claims: HashMap<&TopicPartition, (i32, Option<Index>)> = HashMap::new();
    for (index, holder) in members.iter().enumerate() {
        let generation = holder.member.generation;
        let owned: BTreeSet<&TopicPartition> = holder.member.owned.iter().collect();
        for partition in owned {
            let claim = claims.entry(partition).or_insert((generation, Some(index)));
            if claim.0 < generation {
                *claim = (generation, Some(index));
            } else if claim.0 == generation && claim.1 != Some(index) {
                claim.1 = None;
            }
        }
    }
    claims
        .into_iter()
        .filter_map(|(partition, (_, owner))| Some((partition, owner?)))
        .collect()
}
