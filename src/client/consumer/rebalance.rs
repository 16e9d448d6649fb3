//! What membership in a group means for a consumer's partitions.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use tokio::task::AbortHandle;
use tokio::time::{Instant, timeout};

use super::assignor::{PartitionCounts, RebalanceProtocol};
use super::classic_group::{Joined, Joining, LastPoll, Member, Pulse, beat, leave};
use super::subscription::{Start, Subscription};
use super::{Consumer, Event};
use crate::client::admin::offsets::Committed;
use crate::client::error::{Error, check};
use crate::client::retry::{Retry, is_coordinator_trouble};
use crate::protocol::TopicPartition;
use crate::protocol::messages::{
    OffsetCommitRequest, OffsetCommitRequestPartition, OffsetCommitRequestTopic,
};

/// How long a consumer that closes waits for the coordinator to take note.
const LEAVE_PATIENCE: Duration = Duration::from_secs(5);

/// A consumer's place in its group.
#[derive(Debug)]
pub(super) struct Membership {
    group: String,
    member: Member,
    state: State,
    /// Whether it has to join, for the first time or again.
    must_join: bool,
    pub(super) last_poll: LastPoll,
    /// What the assignment was made of, if this member made it.
    basis: Option<PartitionCounts>,
    last_assigned: Vec<TopicPartition>,
    /// Positions in partitions that were given up and are not committed yet.
    given_up: Committed,
    heart: Option<AbortHandle>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Out,
    Joining,
    In,
}

impl Membership {
    pub(super) fn new(group: String) -> Self {
        Self {
            group,
            member: Member::none(),
            state: State::Out,
            must_join: true,
            last_poll: LastPoll::now(),
            basis: None,
            last_assigned: Vec::new(),
            given_up: Committed::new(),
            heart: None,
        }
    }

    pub(super) const fn rejoin(&mut self) {
        self.must_join = true;
    }
}

impl Consumer {
    /// Whether commits count: as a member, or where no members are meant.
    pub(super) fn is_member(&self) -> bool {
        let in_group = |membership: &Membership| membership.state == State::In;
        self.config.group_id.is_some() && self.membership.as_ref().is_none_or(in_group)
    }

    /// Joins, for the first time or again, if that is called for.
    pub(super) fn rebalance(&mut self) {
        let is_due =
            |membership: &Membership| membership.must_join && membership.state != State::Joining;
        if !self.membership.as_ref().is_some_and(is_due) {
            return;
        }
        let Some(topics) = self.subscription.topics().map(<[String]>::to_vec) else {
            return;
        };
        if matches!(self.subscription, Subscription::Pattern(..))
            && self.cluster.metadata().brokers.is_empty()
        {
            // Nobody knows yet which topics match.
            return;
        }
        let commit = self.commit_before_joining();
        if self.protocol() == RebalanceProtocol::Eager {
            self.partitions.assign(&[], Start::Committed);
        }
        let owned: Vec<_> = self.partitions.keys().cloned().collect();
        let Some(membership) = &mut self.membership else {
            return;
        };
        let joining = Joining {
            cluster: self.cluster.clone(),
            config: Arc::clone(&self.config),
            group: membership.group.clone(),
            member: membership.member.clone(),
            topics,
            owned,
            last_assigned: membership.last_assigned.clone(),
        };
        membership.must_join = false;
        membership.state = State::Joining;
        if let Some(heart) = membership.heart.take() {
            heart.abort();
        }
        self.tasks.spawn(async move {
            if let Some(commit) = commit
                && let Err(error) = commit.await
            {
                tracing::warn!(%error, "offsets were not committed before the rebalance");
            }
            Event::Joined(joining.join().await)
        });
    }

    /// The lowest that all of its assignors know, for the group may choose any of them.
    fn protocol(&self) -> RebalanceProtocol {
        let protocols = self
            .config
            .assignors
            .iter()
            .map(|assignor| assignor.rebalance_protocol());
        protocols.min().unwrap_or(RebalanceProtocol::Eager)
    }

    fn commit_before_joining(&mut self) -> Option<impl Future<Output = Result<(), Error>> + use<>> {
        self.config.auto_commit_interval?;
        let mut offsets = self.positions();
        let membership = self.membership.as_mut()?;
        offsets.append(&mut membership.given_up);
        if membership.state != State::In || offsets.is_empty() {
            return None;
        }
        self.committing(offsets).ok()
    }

    pub(super) fn hear_joined(&mut self, outcome: Result<Joined, Error>) {
        let Some(membership) = &mut self.membership else {
            return;
        };
        let joined = match outcome {
            Ok(joined) => joined,
            Err(error) => {
                membership.state = State::Out;
                membership.member = Member::none();
                membership.must_join = true;
                self.failure = Some(error);
                return;
            }
        };
        tracing::debug!(group = membership.group, generation = joined.member.generation, assigned = ?joined.assigned, "joined");
        membership.state = State::In;
        membership.member = joined.member;
        membership.basis = joined.basis;
        membership.last_assigned.clone_from(&joined.assigned);
        if joined.was_forgotten {
            self.partitions.assign(&[], Start::Committed);
        }
        self.take_over(&joined.assigned);
        self.start_heart();
    }

    /// Reads what was assigned. A cooperative member that had to give something up joins once more, so that others get it.
    fn take_over(&mut self, assigned: &[TopicPartition]) {
        let had: Committed = self.positions();
        let is_revoked = self.partitions.keys().any(|key| !assigned.contains(key));
        self.partitions.assign(assigned, Start::Committed);
        if let Some(membership) = &mut self.membership
            && is_revoked
        {
            let given_up = had.into_iter().filter(|(key, _)| !assigned.contains(key));
            membership.given_up.extend(given_up);
            membership.must_join = true;
        }
        let metadata = self.cluster.metadata();
        let leader = |key: &TopicPartition| metadata.partition(&key.topic, key.partition)?.leader;
        if assigned.iter().any(|key| leader(key).is_none()) {
            self.refresh_at = Instant::now();
        }
    }

    fn start_heart(&mut self) {
        let Some(membership) = &mut self.membership else {
            return;
        };
        let (member, last_poll) = (membership.member.clone(), membership.last_poll.clone());
        let generation = member.generation;
        let joining = joining(&self.cluster, &self.config, &membership.group, member);
        membership.heart = Some(self.tasks.spawn(async move {
            let pulse = beat(joining, last_poll).await;
            Event::Pulse(generation, pulse)
        }));
    }

    pub(super) fn hear_pulse(&mut self, generation: i32, pulse: Pulse) {
        let Some(membership) = &mut self.membership else {
            return;
        };
        if membership.member.generation != generation || membership.state != State::In {
            return;
        }
        membership.must_join = true;
        match pulse {
            Pulse::Rebalance => {}
            Pulse::Lost => {
                tracing::warn!(
                    group = membership.group,
                    "the group has gone on without this member, joining again"
                );
                membership.member = Member::none();
                membership.state = State::Out;
                self.partitions.assign(&[], Start::Committed);
            }
            Pulse::Fatal(error) => {
                membership.state = State::Out;
                self.failure = Some(error);
            }
        }
    }

    /// Compares new metadata with what a pattern matches and with what an assignment was made of.
    pub(super) fn match_topics(&mut self) {
        let metadata = self.cluster.metadata();
        let Some(membership) = &mut self.membership else {
            return;
        };
        if let Subscription::Pattern(pattern, topics) = &mut self.subscription {
            let excluded = self.config.excludes_internal_topics;
            let is_wanted =
                |name: &str, is_internal: bool| pattern.matches(name) && !(excluded && is_internal);
            let matching = metadata
                .topics
                .iter()
                .filter(|(name, topic)| is_wanted(name, topic.is_internal));
            let mut matching: Vec<_> = matching.map(|(name, _)| name.clone()).collect();
            matching.sort_unstable();
            if matching != *topics {
                *topics = matching;
                membership.must_join = true;
            }
        }
        let has_changed = |basis: &PartitionCounts| {
            let topics = self.subscription.topics().unwrap_or_default();
            topics.iter().any(|topic| {
                let now = metadata
                    .partition_count(topic)
                    .and_then(|count| i32::try_from(count).ok());
                now.is_some() && now != basis.get(topic).copied()
            })
        };
        if membership.state == State::In && membership.basis.as_ref().is_some_and(has_changed) {
            membership.must_join = true;
        }
    }

    /// Commits when it is time, without waiting for it.
    pub(super) fn auto_commit(&mut self, now: Instant) {
        let (Some(due), Some(interval)) = (self.commit_at, self.config.auto_commit_interval) else {
            return;
        };
        if now < due {
            return;
        }
        self.commit_at = Some(now + interval);
        let offsets = self.positions();
        if !offsets.is_empty()
            && self.is_member()
            && let Ok(commit) = self.committing(offsets)
        {
            self.tasks
                .spawn(async move { Event::Committed(commit.await) });
        }
    }

    /// A commit of `offsets` in the name of this member.
    pub(super) fn committing(
        &self,
        offsets: Committed,
    ) -> Result<impl Future<Output = Result<(), Error>> + Send + use<>, Error> {
        let group = self.config.group_id.clone().ok_or(Error::NoGroup)?;
        let member = self
            .membership
            .as_ref()
            .map_or_else(Member::none, |it| it.member.clone());
        let joining = joining(&self.cluster, &self.config, &group, member);
        Ok(async move { commit(&joining, &offsets).await })
    }

    /// Leaves the group, if this is a member that leaves.
    pub(super) async fn leave(&mut self) {
        let Some(membership) = self.membership.take() else {
            return;
        };
        let joining = joining(
            &self.cluster,
            &self.config,
            &membership.group,
            membership.member,
        );
        let left = timeout(
            LEAVE_PATIENCE,
            leave(&joining, "the consumer is being closed"),
        )
        .await;
        if left.is_err() {
            tracing::debug!("leaving the group took too long; the session will end by itself");
        }
    }
}

fn joining(
    cluster: &crate::client::Cluster,
    config: &Arc<crate::client::config::ConsumerConfig>,
    group: &str,
    member: Member,
) -> Joining {
    Joining {
        cluster: cluster.clone(),
        config: Arc::clone(config),
        group: group.to_owned(),
        member,
        topics: Vec::new(),
        owned: Vec::new(),
        last_assigned: Vec::new(),
    }
}

async fn commit(joining: &Joining, offsets: &Committed) -> Result<(), Error> {
    let request = to_wire(joining, offsets);
    let step = format!("commit the offsets of group '{}'", joining.group);
    let mut retry = Retry::new(&joining.config.client, step);
    loop {
        let error = match commit_once(joining, &request).await {
            Ok(()) => return Ok(()),
            Err(error) => error,
        };
        if error.code().is_none_or(is_coordinator_trouble) {
            joining.cluster.forget_coordinator(&joining.group);
        }
        retry.after(error).await?;
    }
}

async fn commit_once(joining: &Joining, request: &OffsetCommitRequest) -> Result<(), Error> {
    let id = joining.cluster.coordinator(&joining.group).await?;
    let response = joining.cluster.ask(id, request).await?;
    for topic in response.topics {
        for partition in topic.partitions {
            let key = TopicPartition::new(&*topic.name, partition.partition_index);
            check(
                partition.error_code,
                None,
                format!("commit of partition {key} by group '{}'", joining.group),
            )?;
        }
    }
    Ok(())
}

fn to_wire(joining: &Joining, offsets: &Committed) -> OffsetCommitRequest {
    let mut topics = BTreeMap::<&str, Vec<OffsetCommitRequestPartition>>::new();
    for (key, committed) in offsets {
        let partitions = topics.entry(&key.topic).or_default();
        partitions.push(OffsetCommitRequestPartition {
            partition_index: key.partition,
            committed_offset: committed.offset,
            committed_leader_epoch: committed.leader_epoch,
            committed_metadata: Some(committed.metadata.as_str().into()),
        });
    }
    let topic = |(name, partitions): (&str, _)| OffsetCommitRequestTopic {
        name: name.into(),
        partitions,
        ..OffsetCommitRequestTopic::default()
    };
    OffsetCommitRequest {
        group_id: joining.group.as_str().into(),
        generation_id_or_member_epoch: joining.member.generation,
        member_id: joining.member.id.as_str().into(),
        group_instance_id: joining.config.instance_id.as_deref().map(Into::into),
        topics: topics.into_iter().map(topic).collect(),
        ..OffsetCommitRequest::default()
    }
}
