//! Writing records: batched, compressed, retried, acknowledged.
//!
//! A record is encoded into its batch when it is sent: nothing is allocated per record, and what becomes of it is told
//! per batch. A task of the producer's own talks to the brokers.

mod accumulator;
mod batch;
pub mod delivery;
pub mod partitioner;
mod sender;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;
use tokio::task::{JoinHandle, yield_now};
use tokio::time::{Instant, timeout};

use self::accumulator::{Accumulator, Appended, QueueId};
use self::batch::Batch;
use self::delivery::{Delivery, Report};
use self::partitioner::{Sticky, partition_for_key};
use self::sender::Sender;
use super::clock::now_ms;
use super::cluster::{Cluster, Topics};
use super::config::ProducerConfig;
use super::error::{Error, check};
use super::retry::Retry;
use crate::net::Backoff;
use crate::protocol::ErrorCode;
pub use crate::protocol::record::Header;
use crate::protocol::record::{HEADER_LEN, NewRecord};

/// After this many bytes the sender gets its turn, should it run on the caller's own thread.
const BYTES_PER_TURN: usize = 128 * 1024;

/// A record to send. Its parts are only borrowed until it is in its batch.
#[derive(Debug, Clone, Copy, Default)]
pub struct ProducerRecord<'r> {
    /// The topic.
    pub topic: &'r str,
    /// The partition; none to go by the key, or to spread.
    pub partition: Option<i32>,
    /// In ms since 1970; none for now.
    pub timestamp: Option<i64>,
    /// The key.
    pub key: Option<&'r [u8]>,
    /// The value.
    pub value: Option<&'r [u8]>,
    /// The headers.
    pub headers: &'r [Header],
}

/// Sends records to a cluster.
#[derive(Debug)]
pub struct Producer {
    shared: Arc<Shared>,
    topics: HashMap<Arc<str>, Topic>,
    /// The topic of the last record, kept out of the map.
    current: Option<Topic>,
    next_record: u64,
    bytes_this_turn: usize,
    sender: JoinHandle<()>,
}

/// What the caller's side and the task share.
#[derive(Debug)]
struct Shared {
    cluster: Cluster,
    config: ProducerConfig,
    accumulator: Mutex<Accumulator>,
    /// There is something for the task to do.
    wake: Notify,
    /// A batch is done: there is room, or nothing left.
    progress: Notify,
}

impl Shared {
    fn accumulator(&self) -> MutexGuard<'_, Accumulator> {
        self.accumulator
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    fn partition_of(&self, batch: &Batch) -> (Arc<str>, i32) {
        let accumulator = self.accumulator();
        let queue = accumulator.queue(batch.queue);
        queue.map_or_else(
            || (Arc::from(""), -1),
            |queue| (Arc::clone(&queue.topic), queue.partition),
        )
    }

    fn backoff(&self) -> Backoff {
        Backoff::new(
            self.config.client.retry_backoff,
            self.config.client.retry_backoff_max,
        )
    }
}

/// A topic as the caller's side knows it.
#[derive(Debug)]
struct Topic {
    name: Arc<str>,
    /// By partition.
    queues: Vec<QueueId>,
    sticky: Sticky,
}

impl Producer {
    /// Connects to the cluster. `on_delivery` is told what became of every batch.
    ///
    /// # Errors
    /// As [`Cluster::connect`].
    pub async fn connect(
        config: ProducerConfig,
        on_delivery: impl FnMut(&Delivery<'_>) + Send + 'static,
    ) -> Result<Self, Error> {
        let cluster = Cluster::connect(config.client.clone()).await?;
        Ok(Self::new(cluster, config, on_delivery))
    }

    /// For a cluster that is connected already. Needs a runtime to run its task on.
    pub fn new(
        cluster: Cluster,
        config: ProducerConfig,
        on_delivery: impl FnMut(&Delivery<'_>) + Send + 'static,
    ) -> Self {
        let shared = Arc::new(Shared {
            cluster,
            accumulator: Mutex::new(Accumulator::new(&config)),
            config,
            wake: Notify::new(),
            progress: Notify::new(),
        });
        let sender = Sender::new(Arc::clone(&shared), Report(Box::new(on_delivery)));
        Self {
            topics: HashMap::new(),
            current: None,
            next_record: 0,
            bytes_this_turn: 0,
            sender: tokio::spawn(sender.run()),
            shared,
        }
    }

    /// Puts a record on its way and gives its number: 0, 1, 2 and so on. Waits while `buffer.memory` is full, and the
    /// first time for the topic's metadata, each for at most `max.block.ms`.
    ///
    /// # Errors
    /// When the record is too large, the topic or the partition does not exist, or the wait takes too long. What happens
    /// later is told to `on_delivery`.
    ///
    /// # Cancel safety
    /// The record is either on its way or not at all; which of the two is not known.
    pub async fn send(&mut self, record: &ProducerRecord<'_>) -> Result<u64, Error> {
        let number = self.next_record;
        while !self.try_send(record)? {
            self.wait_for(record).await?;
        }
        if self.bytes_this_turn >= BYTES_PER_TURN {
            self.take_turns().await;
        }
        Ok(number)
    }

    /// As [`Self::send`] without waiting: `false` if that is needed.
    fn try_send(&mut self, record: &ProducerRecord<'_>) -> Result<bool, Error> {
        self.turn_to(record.topic);
        let config = &self.shared.config;
        let Some(topic) = &mut self.current else {
            return Ok(false);
        };
        let Some(queue) = topic.queue_for(record, &self.shared) else {
            return Ok(false);
        };
        let new = NewRecord {
            timestamp: record.timestamp.unwrap_or_else(now_ms),
            key: record.key,
            value: record.value,
            headers: record.headers,
        };
        let size = size_alone(&new);
        check_size(size, config)?;
        let mut accumulator = self.shared.accumulator();
        let appended = accumulator.append(queue, &new, self.next_record, Instant::now);
        drop(accumulator);
        let appended = appended.map_err(|source| Error::Records {
            subject: format!("cannot send a record to topic '{}'", record.topic),
            source,
        })?;
        if appended == Appended::NoRoom {
            return Ok(false);
        }
        let size = size.saturating_sub(HEADER_LEN);
        topic.sticky.sent(size, config.batch_bytes);
        self.next_record = self.next_record.saturating_add(1);
        self.bytes_this_turn = self.bytes_this_turn.saturating_add(size);
        if appended == Appended::Ready {
            self.shared.wake.notify_one();
        }
        Ok(true)
    }

    /// Makes the topic current if it is known.
    fn turn_to(&mut self, topic: &str) {
        if self
            .current
            .as_ref()
            .is_some_and(|current| *current.name == *topic)
        {
            return;
        }
        let next = self.topics.remove(topic);
        if let Some(last) = std::mem::replace(&mut self.current, next) {
            self.topics.insert(Arc::clone(&last.name), last);
        }
    }

    /// Lets the task work, and takes note of partitions that were added meanwhile.
    async fn take_turns(&mut self) {
        self.bytes_this_turn = 0;
        yield_now().await;
        if let Some(topic) = &mut self.current {
            topic.grow(&self.shared);
        }
    }

    /// Waits for what `record` lacks: metadata or memory.
    async fn wait_for(&mut self, record: &ProducerRecord<'_>) -> Result<(), Error> {
        let is_known = self
            .current
            .as_ref()
            .is_some_and(|topic| topic.queue_count_covers(record));
        if !is_known {
            return self.learn(record).await;
        }
        let within = self.shared.config.max_block;
        self.shared.wake.notify_one();
        match timeout(within, self.progress()).await {
            Ok(outcome) => outcome,
            Err(_elapsed) => Err(Error::TimedOut {
                step: "send a record: the memory of buffer.memory did not become free".to_owned(),
                after: within,
                last: None,
            }),
        }
    }

    /// Waits until a batch is done.
    async fn progress(&mut self) -> Result<(), Error> {
        tokio::select! {
            () = self.shared.progress.notified() => Ok(()),
            _ended = &mut self.sender => Err(Error::Closed),
        }
    }

    /// Finds out how many partitions a topic has.
    async fn learn(&mut self, record: &ProducerRecord<'_>) -> Result<(), Error> {
        let config = &self.shared.config;
        let step = format!("find topic '{}'", record.topic);
        let mut retry = Retry::within(&config.client, config.max_block, step);
        loop {
            match self.learn_once(record).await {
                Ok(()) => return Ok(()),
                Err(error) => retry.after(error).await?,
            }
        }
    }

    async fn learn_once(&mut self, record: &ProducerRecord<'_>) -> Result<(), Error> {
        let cluster = &self.shared.cluster;
        let wanted = [record.topic.to_owned()];
        let metadata = cluster.refresh_once(Topics::Named(&wanted), true).await?;
        let subject = || format!("topic '{}'", record.topic);
        let unknown = ErrorCode::UnknownTopicOrPartition;
        let code = metadata
            .topics
            .get(record.topic)
            .map_or(unknown, |topic| topic.error);
        check(code.code(), None, subject())?;
        let mut topic = self.current.take().unwrap_or_else(|| Topic {
            name: Arc::from(record.topic),
            queues: Vec::new(),
            sticky: Sticky::new(),
        });
        topic.grow(&self.shared);
        let is_covered = topic.queue_count_covers(record);
        self.current = Some(topic);
        match (is_covered, record.partition) {
            (true, _) => Ok(()),
            (false, None) => Err(Error::broker(
                ErrorCode::LeaderNotAvailable,
                None,
                subject(),
            )),
            (false, Some(partition)) => {
                let subject = format!("partition {}-{partition}", record.topic);
                Err(Error::broker(unknown, None, subject))
            }
        }
    }

    /// Sends everything that waits, and waits until all of it is acknowledged or given up.
    ///
    /// # Errors
    /// When the producer's task has ended. Failures of batches are told to `on_delivery`.
    ///
    /// # Cancel safety
    /// Cancelling it only stops the wait.
    pub async fn flush(&mut self) -> Result<(), Error> {
        while self.shared.accumulator().flush() {
            self.shared.wake.notify_one();
            self.progress().await?;
        }
        Ok(())
    }

    /// Flushes, then ends.
    ///
    /// # Errors
    /// As [`Self::flush`].
    pub async fn close(mut self) -> Result<(), Error> {
        self.flush().await
    }
}

impl Drop for Producer {
    fn drop(&mut self) {
        self.sender.abort();
    }
}

impl Topic {
    /// The queue of the partition that `record` goes to, if it is known.
    fn queue_for(&mut self, record: &ProducerRecord<'_>, shared: &Shared) -> Option<QueueId> {
        let count = self.queues.len();
        let partition = match (record.partition, record.key) {
            (Some(partition), _) => usize::try_from(partition).ok()?,
            (None, Some(key)) if !shared.config.ignores_keys => partition_for_key(key, count),
            (None, _) => {
                let has_leader = |partition| {
                    let metadata = shared.cluster.metadata();
                    let partition = i32::try_from(partition).unwrap_or(-1);
                    let known = metadata.partition(&self.name, partition);
                    known.is_some_and(|known| known.leader.is_some())
                };
                self.sticky.partition(count, has_leader)
            }
        };
        self.queues.get(partition).copied()
    }

    fn queue_count_covers(&self, record: &ProducerRecord<'_>) -> bool {
        let wanted = record.partition.unwrap_or(0);
        usize::try_from(wanted).is_ok_and(|wanted| wanted < self.queues.len())
    }

    /// Adds queues for the partitions that metadata knows by now.
    fn grow(&mut self, shared: &Shared) {
        let metadata = shared.cluster.metadata();
        let count = metadata.partition_count(&self.name).unwrap_or(0);
        if count > self.queues.len() {
            let mut accumulator = shared.accumulator();
            let more = (0..).take(count).skip(self.queues.len());
            let more = more.map(|partition| accumulator.queue_id(&self.name, partition));
            self.queues.extend(more);
        }
    }
}

fn check_size(size: usize, config: &ProducerConfig) -> Result<(), Error> {
    let too_large = |limit, key| Err(Error::RecordTooLarge { size, limit, key });
    if size > config.request_bytes_max {
        return too_large(config.request_bytes_max, "max.request.size");
    }
    if size > config.buffer_bytes {
        return too_large(config.buffer_bytes, "buffer.memory");
    }
    Ok(())
}

/// The most that a batch with this record alone can take, as Java's `estimateSizeInBytesUpperBound` has it.
fn size_alone(record: &NewRecord<'_>) -> usize {
    /// Length, attributes, two deltas and the number of headers at their longest.
    const RECORD_OVERHEAD_MAX: usize = 21;
    let headers = record.headers.iter();
    let headers =
        headers.map(|header| field_size(Some(&header.key)) + field_size(header.value.as_deref()));
    HEADER_LEN
        + RECORD_OVERHEAD_MAX
        + field_size(record.key)
        + field_size(record.value)
        + headers.sum::<usize>()
        + 1
}

/// Bytes of a length and what it is the length of.
fn field_size(field: Option<&[u8]>) -> usize {
    field.map_or(1, |field| {
        // Zigzag doubles it; seven bits to the byte.
        let bits = usize::BITS - (field.len() * 2).leading_zeros();
        let groups = bits.div_ceil(7).max(1);
        field
            .len()
            .saturating_add(usize::try_from(groups).unwrap_or(0))
    })
}

#[cfg(test)]
mod tests;
