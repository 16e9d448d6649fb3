//! Reading from topics: alone, or as a member of a group.
//!
//! A consumer does its work while [`Consumer::poll`] waits. Heartbeats and requests are tasks of their own, so that they
//! go on wherever the runtime has a thread to run them. While the caller works through what a poll gave, the next fetch is
//! already on its way.

pub mod assignor;
mod classic_group;
mod fetcher;
mod offsets;
mod reading;
mod rebalance;
pub mod records;
mod subscription;

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use tokio::task::JoinSet;
use tokio::time::{Instant, sleep_until};

use self::classic_group::{Joined, Pulse};
use self::offsets::Positions;
use self::reading::{Asked, Broker};
use self::rebalance::Membership;
pub use self::records::{Polled, PolledBatch};
use self::subscription::{Partitions, Start, Subscription};
use super::admin::Admin;
use super::admin::offsets::Committed;
use super::cluster::Cluster;
use super::config::ConsumerConfig;
use super::error::Error;
use super::pattern::Pattern;
use crate::protocol::TopicPartition;
use crate::protocol::messages::FetchResponse;

/// Reads records.
#[derive(Debug)]
pub struct Consumer {
    cluster: Cluster,
    admin: Admin,
    config: Arc<ConsumerConfig>,
    subscription: Subscription,
    partitions: Partitions,
    brokers: HashMap<i32, Broker>,
    membership: Option<Membership>,
    tasks: JoinSet<Event>,
    is_refreshing: bool,
    refresh_at: Instant,
    /// When offsets are committed next, if that happens by itself.
    commit_at: Option<Instant>,
    /// What the next poll fails with.
    failure: Option<Error>,
}

/// What the consumer waits for.
#[derive(Debug)]
enum Event {
    Fetched(i32, Vec<Asked>, Result<FetchResponse, Error>),
    LookedUp(Vec<(TopicPartition, u64)>, Result<Positions, Error>),
    Refreshed(Result<(), Error>),
    Joined(Result<Joined, Error>),
    /// With the generation it belongs to.
    Pulse(i32, Pulse),
    Committed(Result<(), Error>),
}

impl Consumer {
    /// Connects to the cluster.
    ///
    /// # Errors
    /// As [`Cluster::connect`].
    pub async fn connect(config: ConsumerConfig) -> Result<Self, Error> {
        let cluster = Cluster::connect(config.client.clone()).await?;
        Ok(Self::new(cluster, config))
    }

    /// For a cluster that is connected already.
    pub fn new(cluster: Cluster, config: ConsumerConfig) -> Self {
        let now = Instant::now();
        Self {
            admin: Admin::new(cluster.clone()),
            cluster,
            commit_at: config.auto_commit_interval.map(|interval| now + interval),
            config: Arc::new(config),
            subscription: Subscription::None,
            partitions: Partitions::default(),
            brokers: HashMap::new(),
            membership: None,
            tasks: JoinSet::new(),
            is_refreshing: false,
            refresh_at: now,
            failure: None,
        }
    }

    /// The way to the brokers.
    pub const fn cluster(&self) -> &Cluster {
        &self.cluster
    }

    /// Reads what the group gives of `topics`. Joins in the next poll.
    ///
    /// # Errors
    /// [`Error::NoGroup`] without a `group.id`.
    pub fn subscribe(&mut self, topics: Vec<String>) -> Result<(), Error> {
        self.subscribe_to(Subscription::Topics(topics))
    }

    /// Reads what the group gives of the topics whose whole name `pattern` matches, those that come to be included.
    /// Internal topics only match if `exclude.internal.topics` is off.
    ///
    /// # Errors
    /// [`Error::Pattern`] if it is no regular expression, [`Error::NoGroup`] without a `group.id`.
    pub fn subscribe_pattern(&mut self, pattern: &str) -> Result<(), Error> {
        let whole = Pattern::new(pattern)?;
        self.subscribe_to(Subscription::Pattern(whole, Vec::new()))
    }

    fn subscribe_to(&mut self, subscription: Subscription) -> Result<(), Error> {
        let group = self.config.group_id.clone().ok_or(Error::NoGroup)?;
        self.subscription = subscription;
        self.refresh_at = Instant::now();
        match &mut self.membership {
            Some(membership) => membership.rejoin(),
            None => self.membership = Some(Membership::new(group)),
        }
        Ok(())
    }

    /// Reads exactly these partitions, each from where `group.id` has committed or as `auto.offset.reset` says.
    pub fn assign(&mut self, partitions: &[TopicPartition]) {
        self.subscription = Subscription::Manual;
        self.partitions.assign(partitions, Start::Committed);
        self.refresh_at = Instant::now();
    }

    /// The partitions that are read.
    pub fn assignment(&self) -> impl Iterator<Item = &TopicPartition> {
        self.partitions.keys()
    }

    /// The offset of the next record that a poll gives from `partition`, once it is known.
    pub fn position(&self, partition: &TopicPartition) -> Option<i64> {
        self.partitions.get(partition)?.position
    }

    /// How many offsets polls are behind the ends of all partitions, once every one has been fetched.
    pub fn lag(&self) -> Option<u64> {
        let lag = self.partitions.iter().map(|(_key, partition)| {
            let lag = partition.end?.saturating_sub(partition.position?);
            Some(u64::try_from(lag).unwrap_or(0))
        });
        lag.sum()
    }

    /// Goes on at `offset`. Whether the partition is read at all.
    pub fn seek(&mut self, partition: &TopicPartition, offset: i64) -> bool {
        let is_read = self.partitions.restart(partition, Start::Reset);
        if let Some(partition) = self.partitions.get_mut(partition) {
            partition.set_position(offset);
        }
        is_read
    }

    /// Goes on at the oldest record. Whether the partition is read at all.
    pub fn seek_to_beginning(&mut self, partition: &TopicPartition) -> bool {
        self.partitions.restart(partition, Start::Earliest)
    }

    /// Goes on behind the newest record. Whether the partition is read at all.
    pub fn seek_to_end(&mut self, partition: &TopicPartition) -> bool {
        self.partitions.restart(partition, Start::Latest)
    }

    /// Goes on at the first record from `time` on, in ms since 1970. Whether the partition is read at all.
    pub fn seek_to_time(&mut self, partition: &TopicPartition, time: i64) -> bool {
        self.partitions.restart(partition, Start::Time(time))
    }

    /// Gives nothing of `partition` until it is resumed. Whether the partition is read at all.
    pub fn pause(&mut self, partition: &TopicPartition) -> bool {
        self.set_paused(partition, true)
    }

    /// Takes back [`Self::pause`].
    pub fn resume(&mut self, partition: &TopicPartition) -> bool {
        self.set_paused(partition, false)
    }

    fn set_paused(&mut self, partition: &TopicPartition, is_paused: bool) -> bool {
        let found = self.partitions.get_mut(partition);
        found.is_some_and(|partition| {
            partition.is_paused = is_paused;
            true
        })
    }

    /// The next records, as soon as there are some; nothing when the time is up. Gives whole batches, and no more once
    /// `max.poll.records` is reached.
    ///
    /// # Errors
    /// When a partition cannot be read, the group refuses this member, or a position is lost and `auto.offset.reset` is
    /// `none`. What can be retried is.
    ///
    /// # Cancel safety
    /// Cancelling it loses nothing.
    pub async fn poll(&mut self, timeout: Duration) -> Result<Polled, Error> {
        let until = Instant::now() + timeout;
        if let Some(membership) = &self.membership {
            membership.last_poll.touch();
        }
        loop {
            if let Some(failure) = self.failure.take() {
                return Err(failure);
            }
            let now = Instant::now();
            self.work(now);
            let polled = self.take_records();
            if !polled.is_empty() {
                // What was taken makes room: the next fetch leaves before the caller goes to work.
                self.fetch(now);
                tokio::task::yield_now().await;
                return Ok(polled);
            }
            if self.failure.is_some() {
                continue;
            }
            let deadline = self.next_deadline(now).min(until);
            tokio::select! {
                biased;
                Some(event) = self.tasks.join_next() => self.hear(event),
                () = sleep_until(deadline) => {
                    if Instant::now() >= until {
                        return Ok(Polled::default());
                    }
                }
            }
        }
    }

    /// Starts whatever can be started.
    fn work(&mut self, now: Instant) {
        while let Some(event) = self.tasks.try_join_next() {
            self.hear(event);
        }
        self.refresh(now);
        self.rebalance();
        self.look_up(now);
        self.fetch(now);
        self.auto_commit(now);
    }

    fn hear(&mut self, event: Result<Event, tokio::task::JoinError>) {
        match event {
            Ok(Event::Fetched(broker, asked, answer)) => self.hear_fetched(broker, asked, answer),
            Ok(Event::LookedUp(asked, positions)) => self.hear_positions(&asked, positions),
            Ok(Event::Refreshed(outcome)) => self.hear_refreshed(outcome),
            Ok(Event::Joined(outcome)) => self.hear_joined(outcome),
            Ok(Event::Pulse(generation, pulse)) => self.hear_pulse(generation, pulse),
            Ok(Event::Committed(Err(error))) => {
                tracing::warn!(%error, "offsets were not committed");
            }
            Ok(Event::Committed(Ok(()))) => {}
            Err(error) if error.is_cancelled() => {}
            Err(error) => tracing::error!(%error, "a task of the consumer failed"),
        }
    }

    fn next_deadline(&self, now: Instant) -> Instant {
        let brokers = self.brokers.values().filter_map(|broker| broker.not_before);
        let brokers = brokers.filter(|until| *until > now);
        let refresh = (!self.is_refreshing).then_some(self.refresh_at);
        let others = [self.partitions.next_deadline(now), self.commit_at, refresh];
        let soonest = brokers.chain(others.into_iter().flatten()).min();
        soonest.unwrap_or(now + self.config.client.metadata_max_age)
    }

    /// How far the caller has come, in every partition where that is known.
    fn positions(&self) -> Committed {
        let known = self.partitions.iter().filter_map(|(key, partition)| {
            let committed = offsets::committed(partition.position?, partition.leader_epoch);
            Some((key.clone(), committed))
        });
        known.collect()
    }

    /// Commits how far polls have come, and waits for it.
    ///
    /// # Errors
    /// [`Error::NoGroup`] without a `group.id`; when the coordinator refuses, as it does while the group rebalances.
    pub async fn commit(&mut self) -> Result<(), Error> {
        self.commit_offsets(&self.positions()).await
    }

    /// Commits these offsets, and waits for it.
    ///
    /// # Errors
    /// As [`Self::commit`].
    pub async fn commit_offsets(&self, offsets: &Committed) -> Result<(), Error> {
        self.committing(offsets.clone())?.await
    }

    /// What the group has committed for `partitions`; those without a commit are left out.
    ///
    /// # Errors
    /// [`Error::NoGroup`] without a `group.id`; when the coordinator refuses.
    pub async fn committed(&self, partitions: &[TopicPartition]) -> Result<Committed, Error> {
        let group = self.config.group_id.as_deref().ok_or(Error::NoGroup)?;
        self.admin.group_offsets(group, partitions).await
    }

    /// Commits if that happens by itself, leaves the group, and ends.
    ///
    /// # Errors
    /// When the last commit fails.
    pub async fn close(mut self) -> Result<(), Error> {
        let committed = if self.config.auto_commit_interval.is_some() && self.is_member() {
            self.commit().await
        } else {
            Ok(())
        };
        self.tasks.abort_all();
        self.leave().await;
        committed
    }
}
