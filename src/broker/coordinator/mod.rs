//! Runs the deciders of [`super::group`]: one task per partition of `__consumer_offsets` that this broker leads.
//!
//! A task owns its shard. It replays the partition, then takes requests one at a time, in order: decide, append, apply,
//! answer. Others reach it through a bounded queue and get their answer through a `oneshot`; a request that has to wait
//! for other members is answered by whatever later decision releases it.

mod log;
mod task;
#[cfg(test)]
mod tests;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::{mpsc, oneshot};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use uuid::Uuid;

use super::api::Context;
use super::clock::Clock;
use super::config::BrokerConfig;
use super::group::{
    Answer, Caller, GroupConfig, GroupRequest, ListGroups, Operation, TopicDeleted,
};
use super::internal_topics::CONSUMER_OFFSETS;
use super::partition::Partition;
use super::partitions::Partitions;
use crate::protocol::ErrorCode;
use crate::protocol::messages::ListGroupsResponseGroup;
use crate::protocol::record::{Codec, Compression};

/// Requests that may wait for one task; further ones wait for room.
const QUEUE_MAX: usize = 1024;

/// A request on its way to a task.
struct Message {
    request: GroupRequest,
    caller: Caller,
    answer: oneshot::Sender<Answer>,
}

/// The task of one partition.
#[derive(Debug)]
struct Shard {
    partition: Arc<Partition>,
    queue: mpsc::Sender<Message>,
}

/// The group coordinators of this broker.
#[derive(Debug)]
pub struct GroupCoordinators {
    settings: task::Settings,
    /// By partition of `__consumer_offsets`.
    shards: Mutex<HashMap<i32, Shard>>,
    tasks: TaskTracker,
    stop: CancellationToken,
}

impl GroupCoordinators {
    /// Coordinators that end when `stop` is cancelled.
    pub fn new(config: &BrokerConfig, clock: Clock, stop: CancellationToken) -> Self {
        Self {
            settings: task::Settings {
                group: group_config(config),
                compression: compression(config.offsets_topic.compression_codec),
                clock,
            },
            shards: Mutex::default(),
            tasks: TaskTracker::new(),
            stop,
        }
    }

    /// Takes charge of all groups whose partition is hosted here. What is asked before they are loaded is answered with
    /// [`ErrorCode::CoordinatorLoadInProgress`].
    pub fn load_all(&self, partitions: &Partitions) {
        if let Some(topic) = partitions.index().by_name(CONSUMER_OFFSETS) {
            topic
                .partitions()
                .for_each(|partition| drop(self.queue_of(partition)));
        }
    }

    /// Waits until all tasks have ended, once `stop` is cancelled.
    pub async fn stopped(&self) {
        self.tasks.close();
        self.tasks.wait().await;
    }

    /// Puts a request to the coordinator that keeps its groups in `partition`.
    ///
    /// # Errors
    /// What the coordinator says, or [`ErrorCode::NotCoordinator`] if it is about to stop.
    pub async fn ask<R: Operation>(
        &self,
        partition: &Arc<Partition>,
        request: R,
        caller: Caller,
    ) -> Result<R::Response, ErrorCode> {
        ask_shard(&self.queue_of(partition), request, caller).await
    }

    /// The groups that are coordinated here.
    ///
    /// # Errors
    /// [`ErrorCode::CoordinatorLoadInProgress`] while some of them are not known yet.
    pub async fn list(
        &self,
        partitions: &Partitions,
        wanted: &ListGroups,
    ) -> Result<Vec<ListGroupsResponseGroup>, ErrorCode> {
        let mut groups = Vec::new();
        for queue in self.queues(partitions) {
            match ask_shard(&queue, wanted.clone(), Caller::default()).await {
                Ok(listed) => groups.extend(listed),
                // Its groups are somewhere else by now.
                Err(ErrorCode::NotCoordinator) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(groups)
    }

    /// Forgets what was committed for a topic that is gone.
    pub async fn topic_deleted(&self, partitions: &Partitions, deleted: &TopicDeleted) {
        if deleted.name == CONSUMER_OFFSETS {
            // Without their queues the tasks end.
            self.shards().clear();
        }
        for queue in self.queues(partitions) {
            if let Err(error) = ask_shard(&queue, deleted.clone(), Caller::default()).await {
                tracing::warn!(topic = %deleted.name, %error, "cannot delete the offsets committed for a deleted topic");
            }
        }
    }

    fn queues(&self, partitions: &Partitions) -> Vec<mpsc::Sender<Message>> {
        let index = partitions.index();
        let topic = index.by_name(CONSUMER_OFFSETS);
        topic
            .into_iter()
            .flat_map(|topic| topic.partitions())
            .map(|p| self.queue_of(p))
            .collect()
    }

    fn shards(&self) -> MutexGuard<'_, HashMap<i32, Shard>> {
        self.shards.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The queue of the task that runs on `partition`, which is started if there is none, or if the partition is not the
    /// one it was: a topic that was deleted and created again begins anew.
    fn queue_of(&self, partition: &Arc<Partition>) -> mpsc::Sender<Message> {
        let mut shards = self.shards();
        if let Some(shard) = shards.get(&partition.name.partition)
            && Arc::ptr_eq(&shard.partition, partition)
        {
            return shard.queue.clone();
        }
        let (queue, inbox) = mpsc::channel(QUEUE_MAX);
        let task = task::run(self.settings.clone(), Arc::clone(partition), inbox);
        let stop = self.stop.clone();
        self.tasks.spawn(async move {
            // Whoever waits for an answer learns from the broken channel that the coordinator is gone.
            stop.run_until_cancelled_owned(task).await;
        });
        let shard = Shard {
            partition: Arc::clone(partition),
            queue: queue.clone(),
        };
        shards.insert(partition.name.partition, shard);
        queue
    }
}

async fn ask_shard<R: Operation>(
    queue: &mpsc::Sender<Message>,
    request: R,
    caller: Caller,
) -> Result<R::Response, ErrorCode> {
    let (answer, answered) = oneshot::channel();
    let message = Message {
        request: request.into(),
        caller,
        answer,
    };
    let gone = ErrorCode::NotCoordinator;
    queue.send(message).await.ok().ok_or(gone)?;
    let response = answered.await.ok().ok_or(gone)??;
    R::response(response).ok_or(ErrorCode::UnknownServerError)
}

/// Which of `count` partitions keeps a group, or a transactional id: Java's hash of the text, without its sign.
pub fn partition_for(id: &str, count: i32) -> i32 {
    let hash = id.encode_utf16().fold(0_i32, |hash, unit| {
        hash.wrapping_mul(31).wrapping_add(i32::from(unit))
    });
    // The least number has no positive counterpart; Kafka takes it for 0.
    hash.checked_abs().unwrap_or(0) % count.max(1)
}

impl Context<'_> {
    /// Puts a request to the coordinator of a group.
    ///
    /// # Errors
    /// What the coordinator says, or [`ErrorCode::NotCoordinator`] if it is another broker.
    pub(super) async fn ask_coordinator<R: Operation>(
        &self,
        group_id: &str,
        request: R,
    ) -> Result<R::Response, ErrorCode> {
        let image = self.broker.controller.image();
        let count = image
            .topic(CONSUMER_OFFSETS)
            .map_or(0, |topic| topic.partitions.len());
        let number = partition_for(group_id, i32::try_from(count).unwrap_or(i32::MAX));
        let partition = self.broker.partitions.get(CONSUMER_OFFSETS, number);
        let partition = partition.ok_or(ErrorCode::NotCoordinator)?;
        let caller = Caller {
            client_id: self.client_id.clone(),
            client_host: self.session.client_host.as_str().into(),
            version: self.version,
            fresh_id: Uuid::new_v4(),
        };
        self.broker.groups.ask(&partition, request, caller).await
    }
}

fn group_config(config: &BrokerConfig) -> GroupConfig {
    let groups = &config.groups;
    let millis =
        |duration: std::time::Duration| i32::try_from(duration.as_millis()).unwrap_or(i32::MAX);
    GroupConfig {
        min_session_timeout_ms: millis(groups.min_session_timeout),
        max_session_timeout_ms: millis(groups.max_session_timeout),
        initial_rebalance_delay: groups.initial_rebalance_delay,
        max_size: groups.max_size,
        offset_metadata_max_bytes: groups.offset_metadata_max_bytes,
        offsets_retention: groups.offsets_retention,
        offsets_retention_check_interval: groups.offsets_retention_check_interval,
    }
}

/// `offsets.topic.compression.codec`, by the number of the codec.
fn compression(number: i32) -> Compression {
    let codec = i16::try_from(number)
        .ok()
        .and_then(|number| Codec::from_id(number).ok());
    codec.unwrap_or(Codec::None).into()
}
