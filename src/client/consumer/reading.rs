//! How a consumer gets records: metadata, positions, fetches, and what comes back.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use tokio::time::Instant;

use super::fetcher::Fetched;
use super::offsets::{Positions, look_up};
use super::records::{Polled, PolledBatch};
use super::subscription::{Start, Subscription};
use super::{Consumer, Event};
use crate::client::cluster::{Lane, Topics};
use crate::client::config::{IsolationLevel, OffsetReset};
use crate::client::error::{Error, check};
use crate::client::millis;
use crate::client::retry::is_stale_leader;
use crate::net::{self, Backoff};
use crate::protocol::messages::{
    FetchRequest, FetchRequestPartition, FetchRequestTopic, FetchResponse, FetchResponsePartition,
};
use crate::protocol::{ErrorCode, TopicPartition};

/// A broker that is fetched from. It has one fetch at a time.
#[derive(Debug)]
pub(super) struct Broker {
    is_busy: bool,
    backoff: Backoff,
    /// Set after a failure.
    pub(super) not_before: Option<Instant>,
}

/// A partition in a fetch.
#[derive(Debug)]
pub(super) struct Asked {
    key: TopicPartition,
    incarnation: u64,
    offset: i64,
    leader_epoch: i32,
}

impl Consumer {
    /// Asks for metadata when it is time.
    pub(super) fn refresh(&mut self, now: Instant) {
        if self.is_refreshing || now < self.refresh_at {
            return;
        }
        self.refresh_at = now + self.config.client.metadata_max_age;
        let topics: Option<Vec<String>> = match &self.subscription {
            Subscription::None => return,
            Subscription::Pattern(..) => None,
            Subscription::Topics(topics) => Some(topics.clone()),
            Subscription::Manual => Some(
                self.partitions
                    .keys()
                    .map(|key| key.topic.clone())
                    .collect(),
            ),
        };
        self.is_refreshing = true;
        let (cluster, may_create) = (self.cluster.clone(), self.config.may_create_topics);
        self.tasks.spawn(async move {
            let wanted = topics.as_deref().map_or(Topics::All, Topics::Named);
            let refreshed = cluster
                .refresh_once(wanted, may_create && topics.is_some())
                .await;
            Event::Refreshed(refreshed.map(drop))
        });
    }

    pub(super) fn hear_refreshed(&mut self, outcome: Result<(), Error>) {
        self.is_refreshing = false;
        let client = &self.config.client;
        if let Err(error) = outcome {
            tracing::debug!(%error, "no metadata");
            self.refresh_at = Instant::now() + client.retry_backoff;
            return;
        }
        let metadata = self.cluster.metadata();
        let is_missing = |topic: &String| metadata.partition_count(topic).is_none();
        if self
            .subscription
            .topics()
            .is_some_and(|topics| topics.iter().any(is_missing))
        {
            self.refresh_at = Instant::now() + client.retry_backoff_max;
        }
        self.match_topics();
    }

    fn refresh_soon(&mut self) {
        let soon = Instant::now() + self.config.client.retry_backoff;
        self.refresh_at = self.refresh_at.min(soon);
    }

    /// Looks for the positions of partitions that have none.
    pub(super) fn look_up(&mut self, now: Instant) {
        let mut wanted = Vec::new();
        let mut asked = Vec::new();
        for (key, partition) in self.partitions.iter_mut() {
            if partition.is_lost(now) {
                partition.is_busy = true;
                wanted.push((key.clone(), partition.start));
                asked.push((key.clone(), partition.incarnation));
            }
        }
        if wanted.is_empty() {
            return;
        }
        let (admin, config) = (self.admin.clone(), Arc::clone(&self.config));
        self.tasks.spawn(async move {
            let positions = look_up(admin, config, wanted).await;
            Event::LookedUp(asked, positions)
        });
    }

    pub(super) fn hear_positions(
        &mut self,
        asked: &[(TopicPartition, u64)],
        positions: Result<Positions, Error>,
    ) {
        let pause = Instant::now() + self.config.client.retry_backoff;
        let (mut positions, failure) = match positions {
            Ok(positions) => (positions, None),
            Err(error) => (Positions::new(), Some(error)),
        };
        let mut trouble = failure;
        for (key, incarnation) in asked {
            let Some(partition) = self.partitions.same(key, *incarnation) else {
                continue;
            };
            partition.is_busy = false;
            match positions.remove(key) {
                Some(Ok(offset)) => partition.set_position(offset),
                Some(Err(error)) => {
                    partition.not_before = Some(pause);
                    trouble = Some(error);
                }
                None => partition.not_before = Some(pause),
            }
        }
        match trouble {
            Some(error) if may_pass(&error) => {
                tracing::debug!(%error, "no position yet");
                self.refresh_soon();
            }
            Some(error) => self.failure = Some(error),
            None => {}
        }
    }

    /// Sends a fetch to every broker that leads something worth asking for and is not busy with one.
    pub(super) fn fetch(&mut self, now: Instant) {
        let metadata = self.cluster.metadata();
        let mut by_broker = BTreeMap::<i32, Vec<Asked>>::new();
        let mut is_lost = false;
        for key in self.partitions.fetchable(now) {
            let known = metadata.partition(&key.topic, key.partition);
            let Some(partition) = self.partitions.get_mut(&key) else {
                continue;
            };
            let Some(broker) = partition.replica.or_else(|| known?.leader) else {
                is_lost = true;
                continue;
            };
            let state = self.brokers.entry(broker).or_insert_with(|| Broker {
                is_busy: false,
                backoff: Backoff::new(
                    self.config.client.retry_backoff,
                    self.config.client.retry_backoff_max,
                ),
                not_before: None,
            });
            if state.is_busy || state.not_before.is_some_and(|until| now < until) {
                continue;
            }
            partition.is_busy = true;
            let asked = Asked {
                incarnation: partition.incarnation,
                offset: partition.fetch_from,
                leader_epoch: known.map_or(-1, |known| known.leader_epoch),
                key,
            };
            by_broker.entry(broker).or_default().push(asked);
        }
        if is_lost {
            self.refresh_soon();
        }
        for (broker, asked) in by_broker {
            self.fetch_from(broker, asked);
        }
    }

    fn fetch_from(&mut self, broker: i32, asked: Vec<Asked>) {
        if let Some(state) = self.brokers.get_mut(&broker) {
            state.is_busy = true;
        }
        let request = self.to_wire(&asked);
        let within = self
            .config
            .client
            .request_timeout
            .saturating_add(self.config.fetch_wait_max);
        let cluster = self.cluster.clone();
        self.tasks.spawn(async move {
            let answer = match cluster.lane(broker, Lane::Fetch).await {
                Ok(connection) => connection
                    .call_within(&request, within)
                    .await
                    .map_err(Error::from),
                Err(error) => Err(error),
            };
            Event::Fetched(broker, asked, answer)
        });
    }

    fn to_wire(&self, asked: &[Asked]) -> FetchRequest {
        let config = &self.config;
        let mut topics = BTreeMap::<&str, Vec<FetchRequestPartition>>::new();
        for it in asked {
            let partitions = topics.entry(&it.key.topic).or_default();
            partitions.push(FetchRequestPartition {
                partition: it.key.partition,
                current_leader_epoch: it.leader_epoch,
                fetch_offset: it.offset,
                partition_max_bytes: config.partition_bytes_max,
                ..FetchRequestPartition::default()
            });
        }
        let topic = |(topic, partitions): (&str, _)| FetchRequestTopic {
            topic: topic.into(),
            partitions,
            ..FetchRequestTopic::default()
        };
        FetchRequest {
            max_wait_ms: millis(config.fetch_wait_max),
            min_bytes: config.fetch_bytes_min,
            max_bytes: config.fetch_bytes_max,
            isolation_level: config.isolation_level.code(),
            topics: topics.into_iter().map(topic).collect(),
            rack_id: config.rack.as_deref().unwrap_or_default().into(),
            ..FetchRequest::default()
        }
    }

    pub(super) fn hear_fetched(
        &mut self,
        broker: i32,
        asked: Vec<Asked>,
        answer: Result<FetchResponse, Error>,
    ) {
        let now = Instant::now();
        let answer = answer.and_then(|answer| {
            check(
                answer.error_code,
                None,
                format!("fetch from broker {broker}"),
            )?;
            Ok(answer)
        });
        if let Some(state) = self.brokers.get_mut(&broker) {
            state.is_busy = false;
            state.not_before = answer.is_err().then(|| now + state.backoff.pause());
        }
        let (mut answers, failure) = match answer {
            Ok(answer) => (by_partition(answer), None),
            Err(error) => (HashMap::new(), Some(error)),
        };
        for asked in asked {
            if let Some(partition) = self.partitions.same(&asked.key, asked.incarnation) {
                partition.is_busy = false;
                if let Some(answer) = answers.remove(&asked.key) {
                    self.hear_partition(&asked, answer);
                }
            }
        }
        match failure {
            Some(error) if error.is_retriable() => {
                tracing::debug!(broker, %error, "a fetch failed");
                for (_key, partition) in self.partitions.iter_mut() {
                    partition.replica = partition.replica.filter(|replica| *replica != broker);
                }
                self.refresh_soon();
            }
            Some(error) => self.failure = Some(error),
            None => {}
        }
    }

    fn hear_partition(&mut self, asked: &Asked, answer: FetchResponsePartition) {
        let key = &asked.key;
        let code = ErrorCode::from(answer.error_code);
        let Some(partition) = self.partitions.get_mut(key) else {
            return;
        };
        match code {
            ErrorCode::None if answer.preferred_read_replica >= 0 => {
                partition.replica = Some(answer.preferred_read_replica);
            }
            ErrorCode::None => {
                partition.end = Some(match self.config.isolation_level {
                    IsolationLevel::ReadCommitted => answer.last_stable_offset,
                    IsolationLevel::ReadUncommitted => answer.high_watermark,
                });
                let seen = (self.config.isolation_level, self.config.checks_crcs);
                let fetched = Fetched::new(
                    answer.records,
                    answer.aborted_transactions,
                    asked.offset,
                    seen,
                );
                if !fetched.is_empty() {
                    partition.fetch_from = fetched.end;
                    partition.buffered.push_back(fetched);
                    self.partitions.serve(key);
                }
            }
            // A follower may be behind: the leader knows better.
            _ if partition.replica.take().is_some() => {}
            ErrorCode::OffsetOutOfRange if self.config.offset_reset == OffsetReset::None => {
                self.failure = Some(Error::OffsetOutOfRange {
                    partition: key.clone(),
                    offset: asked.offset,
                });
            }
            ErrorCode::OffsetOutOfRange => {
                tracing::info!(partition = %key, offset = asked.offset, "offset out of range, starting again");
                self.restart_behind_buffer(key);
            }
            code => {
                partition.not_before = Some(Instant::now() + self.config.client.retry_backoff);
                if is_stale_leader(code) {
                    self.refresh_soon();
                } else if !code.is_retriable() {
                    self.failure = Some(Error::broker(code, None, format!("partition {key}")));
                }
            }
        }
    }

    /// A position that was only fetched ahead says nothing about records that still wait for the caller.
    fn restart_behind_buffer(&mut self, key: &TopicPartition) {
        let has_records = self
            .partitions
            .get(key)
            .is_some_and(|partition| !partition.buffered.is_empty());
        if has_records {
            let pause = Instant::now() + self.config.client.retry_backoff;
            if let Some(partition) = self.partitions.get_mut(key) {
                partition.not_before = Some(pause);
            }
        } else {
            self.partitions.restart(key, Start::Reset);
        }
    }

    /// Takes up to `max.poll.records` of what has come, and the rest of the batch in which that is reached.
    pub(super) fn take_records(&mut self) -> Polled {
        let mut polled = Polled::default();
        let mut left = self.config.poll_records_max;
        for key in self.partitions.waiting() {
            while left > 0
                && let Some(batch) = self.take_batch(&key)
            {
                let count = batch.records.header().records_count;
                left = left.saturating_sub(usize::try_from(count).unwrap_or(0));
                polled.batches.push(batch);
            }
        }
        polled
    }

    /// The next batch of a partition that the caller may see.
    fn take_batch(&mut self, key: &TopicPartition) -> Option<PolledBatch> {
        let partition = self.partitions.get_mut(key)?;
        let from = partition.position?;
        loop {
            let fetched = partition.buffered.front_mut()?;
            match fetched.next() {
                None => drop(partition.buffered.pop_front()),
                Some(Ok((records, batch))) => {
                    let header = batch.header();
                    if header.next_offset() <= from {
                        continue;
                    }
                    partition.position = Some(header.next_offset());
                    partition.leader_epoch = header.partition_leader_epoch;
                    if let Some(records) = records {
                        return Some(PolledBatch {
                            topic: Arc::clone(&partition.topic),
                            partition: key.partition,
                            records,
                            from,
                        });
                    }
                }
                Some(Err(source)) => {
                    partition.set_position(partition.position.unwrap_or(from));
                    self.failure = Some(Error::Records {
                        subject: format!("cannot read partition {key} after offset {from}"),
                        source,
                    });
                    return None;
                }
            }
        }
    }
}

fn by_partition(answer: FetchResponse) -> HashMap<TopicPartition, FetchResponsePartition> {
    let mut answers = HashMap::new();
    for topic in answer.responses {
        for partition in topic.partitions {
            let key = TopicPartition::new(&*topic.topic, partition.partition_index);
            answers.insert(key, partition);
        }
    }
    answers
}

/// Whether waiting may help. An advertised name that does not resolve is wrong more often than it is late.
fn may_pass(error: &Error) -> bool {
    match error {
        Error::TimedOut { last, .. } => last.as_deref().is_none_or(may_pass),
        Error::Advertised {
            failure: net::Error::Resolve { .. },
            ..
        } => false,
        other => other.is_retriable(),
    }
}
