//! The producer's task: sends what is ready, hears what became of it, finds leaders and the producer id.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;

use bytes::Bytes;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep_until};

use super::Shared;
use super::accumulator::{Load, Queue};
use super::batch::{Batch, Identity};
use super::delivery::{Delivery, Report, Written};
use crate::client::cluster::Topics;
use crate::client::config::Acks;
use crate::client::error::{Error, check};
use crate::client::millis;
use crate::client::retry::{Retry, is_stale_leader};
use crate::net::{Backoff, Connection};
use crate::protocol::ErrorCode;
use crate::protocol::messages::{
    InitProducerIdRequest, ProduceRequest, ProduceRequestPartition, ProduceRequestTopic,
    ProduceResponse, ProduceResponsePartition,
};
use crate::protocol::record::{Codec, RecordError};

/// Batches at least this long are compressed on a thread of their own: a short one takes less time than the way there.
const COMPRESSED_APART_BYTES: usize = 32 * 1024;

/// What the task waits for.
#[derive(Debug)]
enum Event {
    Connected(i32, Result<Connection, Error>),
    Refreshed(Result<(), Error>),
    Identified(Result<Identity, Error>),
    Answered(i32, Vec<Batch>, Result<Option<ProduceResponse>, Error>),
}

/// A broker that batches go to.
#[derive(Debug)]
enum Broker {
    Connecting,
    Connected(Link),
    /// Could not be reached; tried again when the pause is over.
    Pausing(Instant),
}

#[derive(Debug)]
struct Link {
    connection: Connection,
    in_flight: usize,
}

impl Link {
    fn is_usable(&self) -> bool {
        !self.connection.is_closed()
    }
}

#[derive(Debug)]
pub(super) struct Sender {
    shared: Arc<Shared>,
    report: Report,
    tasks: JoinSet<Event>,
    brokers: HashMap<i32, Broker>,
    identity: Option<Identity>,
    is_identifying: bool,
    /// What stands in the way of everything, such as a refused producer id.
    fatal: Option<Error>,
    is_refreshing: bool,
    /// When metadata was asked for last, and when it will be asked for again.
    refreshed: Option<Instant>,
    refresh_at: Instant,
    backoff: Backoff,
    /// The last failure to find or reach a leader, for batches that expire meanwhile.
    trouble: Option<Error>,
}

impl Sender {
    pub(super) fn new(shared: Arc<Shared>, report: Report) -> Self {
        Self {
            report,
            tasks: JoinSet::new(),
            brokers: HashMap::new(),
            identity: None,
            is_identifying: false,
            fatal: None,
            is_refreshing: false,
            refreshed: None,
            refresh_at: Instant::now() + shared.config.client.metadata_max_age,
            backoff: shared.backoff(),
            trouble: None,
            shared,
        }
    }

    /// Sends until the producer is gone; it aborts the task.
    pub(super) async fn run(mut self) {
        loop {
            let now = Instant::now();
            self.expire(now);
            self.identify();
            self.send_ready(now).await;
            self.refresh(now);
            let deadline = self.next_deadline(now);
            let shared = Arc::clone(&self.shared);
            tokio::select! {
                biased;
                Some(event) = self.tasks.join_next() => match event {
                    Ok(event) => self.hear(event),
                    Err(error) => tracing::error!(%error, "a task of the producer failed"),
                },
                () = shared.wake.notified() => {}
                () = sleep_until(deadline) => {}
            }
        }
    }

    fn next_deadline(&self, now: Instant) -> Instant {
        let batches = self.shared.accumulator().next_deadline(now);
        let pauses = self.brokers.values().filter_map(|broker| match broker {
            Broker::Pausing(until) => Some(*until).filter(|until| *until > now),
            Broker::Connecting | Broker::Connected(_) => None,
        });
        let refresh = (!self.is_refreshing).then_some(self.refresh_at);
        let soonest = pauses.chain(batches).chain(refresh).min();
        soonest.unwrap_or(now + self.shared.config.client.metadata_max_age)
    }

    /// Gives up what has waited too long.
    fn expire(&mut self, now: Instant) {
        let late = self.shared.accumulator().expire(now);
        for batch in late {
            let error = Error::TimedOut {
                step: "write records".to_owned(),
                after: now.duration_since(batch.created),
                last: self.trouble.take().map(Box::new),
            };
            self.fail(batch, &error);
        }
    }

    /// Asks for a producer id where one is needed: at the start, and when the broker has lost track.
    fn identify(&mut self) {
        if !self.shared.config.is_idempotent || self.is_identifying {
            return;
        }
        let mut accumulator = self.shared.accumulator();
        if accumulator.needs_identity() && self.is_quiet() {
            accumulator.reset_sequences();
            self.identity = None;
        }
        drop(accumulator);
        if let Some(error) = self.fatal.take() {
            self.refuse_all(&error);
            self.fatal = Some(error);
        } else if self.identity.is_none() {
            self.is_identifying = true;
            let shared = Arc::clone(&self.shared);
            self.tasks
                .spawn(async move { Event::Identified(identity(&shared).await) });
        }
    }

    /// Whether nothing is in flight.
    fn is_quiet(&self) -> bool {
        self.brokers.values().all(|broker| match broker {
            Broker::Connected(link) => link.in_flight == 0,
            Broker::Connecting | Broker::Pausing(_) => true,
        })
    }

    async fn send_ready(&mut self, now: Instant) {
        let mut loads = Vec::new();
        loop {
            let more = self.drain(now);
            if more.is_empty() {
                break;
            }
            loads.extend(more);
        }
        for (broker, batches) in self.build(loads).await {
            self.send(broker, batches).await;
        }
    }

    /// What can be sent now, one load per broker. Connects to brokers and asks for leaders that are missing.
    fn drain(&mut self, now: Instant) -> Vec<Load> {
        let is_idempotent = self.shared.config.is_idempotent;
        let mut accumulator = self.shared.accumulator();
        if is_idempotent && (self.identity.is_none() || accumulator.needs_identity()) {
            return Vec::new();
        }
        let metadata = self.shared.cluster.metadata();
        let in_flight_max = self.shared.config.in_flight_max;
        let (mut wanted, mut is_lost) = (HashSet::new(), false);
        let target = |queue: &Queue| {
            let partition = metadata.partition(&queue.topic, queue.partition);
            let Some(leader) = partition.and_then(|partition| partition.leader) else {
                is_lost = true;
                return None;
            };
            match self.brokers.get(&leader) {
                Some(Broker::Connected(link)) if link.is_usable() => {
                    (link.in_flight < in_flight_max).then_some(leader)
                }
                // The failures of what was in flight on an old connection are heard first.
                Some(Broker::Connected(link)) if link.in_flight > 0 => None,
                Some(Broker::Connecting) => None,
                Some(Broker::Pausing(until)) if now < *until => None,
                _ => {
                    wanted.insert(leader);
                    None
                }
            }
        };
        let loads = accumulator.drain(now, self.identity, target);
        drop(accumulator);
        for (id, _batches) in &loads {
            if let Some(Broker::Connected(link)) = self.brokers.get_mut(id) {
                link.in_flight = link.in_flight.saturating_add(1);
            }
        }
        for id in wanted {
            self.connect(id);
        }
        if is_lost {
            self.refresh_soon(now);
        }
        loads
    }

    fn connect(&mut self, id: i32) {
        self.brokers.insert(id, Broker::Connecting);
        let cluster = self.shared.cluster.clone();
        self.tasks
            .spawn(async move { Event::Connected(id, cluster.broker(id).await) });
    }

    /// Encodes what is to be sent. Long batches are compressed at the same time, on threads of their own.
    async fn build(&mut self, loads: Vec<Load>) -> Vec<(i32, Vec<(Batch, Bytes)>)> {
        let compression = self.shared.config.compression;
        let mut apart = JoinSet::new();
        let mut built = Vec::with_capacity(loads.len());
        for (at, (broker, batches)) in loads.into_iter().enumerate() {
            built.push((broker, Vec::with_capacity(batches.len())));
            for mut batch in batches {
                let is_slow = compression.codec != Codec::None && batch.is_raw();
                if is_slow && batch.size() >= COMPRESSED_APART_BYTES {
                    apart.spawn_blocking(move || {
                        let bytes = batch.build(compression);
                        (at, batch, bytes)
                    });
                } else {
                    let bytes = batch.build(compression);
                    self.collect(&mut built, (at, batch, bytes));
                }
            }
        }
        while let Some(done) = apart.join_next().await {
            match done {
                Ok(done) => self.collect(&mut built, done),
                Err(error) => tracing::error!(%error, "a batch was lost while it was compressed"),
            }
        }
        built
    }

    fn collect(
        &mut self,
        built: &mut [(i32, Vec<(Batch, Bytes)>)],
        (at, batch, bytes): (usize, Batch, Result<Bytes, RecordError>),
    ) {
        match (bytes, built.get_mut(at)) {
            (Ok(bytes), Some((_broker, batches))) => batches.push((batch, bytes)),
            (Ok(_bytes), None) => {}
            (Err(source), _) => {
                let subject = "cannot encode a batch".to_owned();
                self.fail(batch, &Error::Records { subject, source });
            }
        }
    }

    async fn send(&mut self, id: i32, batches: Vec<(Batch, Bytes)>) {
        let request = to_wire(&self.shared, &batches);
        let batches: Vec<_> = batches.into_iter().map(|(batch, _bytes)| batch).collect();
        let Some(Broker::Connected(link)) = self.brokers.get(&id) else {
            return self.hear(Event::Answered(id, batches, Err(Error::UnknownBroker(id))));
        };
        let connection = link.connection.clone();
        let within = self.shared.config.client.request_timeout;
        if self.shared.config.acks == Acks::None {
            self.tasks.spawn(async move {
                let told = connection.tell(&request).await;
                Event::Answered(id, batches, told.map(|()| None).map_err(Error::from))
            });
            return;
        }
        // Handed over here and not in the task, so that requests leave in order.
        let started = connection.start(&request).await;
        self.tasks.spawn(async move {
            let answer = match started {
                Ok(pending) => pending.answer(within).await,
                Err(error) => Err(error),
            };
            Event::Answered(id, batches, answer.map(Some).map_err(Error::from))
        });
    }

    fn hear(&mut self, event: Event) {
        let now = Instant::now();
        match event {
            Event::Connected(id, Ok(connection)) => {
                let link = Link {
                    connection,
                    in_flight: 0,
                };
                self.brokers.insert(id, Broker::Connected(link));
                self.backoff = self.shared.backoff();
            }
            Event::Connected(id, Err(error)) => {
                tracing::debug!(node = id, %error, "cannot connect");
                self.brokers
                    .insert(id, Broker::Pausing(now + self.backoff.pause()));
                self.trouble = Some(error);
                self.refresh_soon(now);
            }
            Event::Refreshed(outcome) => {
                self.refreshed = Some(now);
                self.is_refreshing = false;
                self.trouble = outcome.err().or(self.trouble.take());
            }
            Event::Identified(Ok(identity)) => {
                self.is_identifying = false;
                self.identity = Some(identity);
            }
            Event::Identified(Err(error)) => {
                self.is_identifying = false;
                self.refuse_all(&error);
                self.fatal = Some(error);
            }
            Event::Answered(id, batches, answer) => {
                if let Some(Broker::Connected(link)) = self.brokers.get_mut(&id) {
                    link.in_flight = link.in_flight.saturating_sub(1);
                }
                self.conclude_all(batches, answer);
            }
        }
    }

    fn conclude_all(
        &mut self,
        batches: Vec<Batch>,
        answer: Result<Option<ProduceResponse>, Error>,
    ) {
        match answer {
            // With acks=0 nobody says where.
            Ok(None) => {
                for batch in batches {
                    self.succeed(batch, None);
                }
            }
            Ok(Some(response)) => {
                let mut answers = by_partition(response);
                for batch in batches {
                    let key = self.shared.partition_of(&batch);
                    self.conclude(batch, &answers.remove(&key).unwrap_or_default());
                }
            }
            Err(error) => {
                self.refresh_soon(Instant::now());
                for batch in batches {
                    self.retry_or_fail(batch, &error);
                }
                self.trouble = Some(error);
            }
        }
    }

    /// What a broker said of one batch.
    fn conclude(&mut self, mut batch: Batch, answer: &ProduceResponsePartition) {
        let code = ErrorCode::from(answer.error_code);
        match code {
            ErrorCode::None => return self.succeed(batch, Some(answer)),
            // It was written by an earlier attempt, too long ago for the broker to know where.
            ErrorCode::DuplicateSequenceNumber => return self.succeed(batch, None),
            ErrorCode::MessageTooLarge | ErrorCode::RecordListTooLarge => {
                let split = self.shared.accumulator().split(&mut batch);
                if matches!(split, Ok(true)) {
                    return;
                }
            }
            ErrorCode::OutOfOrderSequenceNumber
            | ErrorCode::UnknownProducerId
            | ErrorCode::InvalidProducerEpoch
                if batch.sequence.is_some() =>
            {
                let mut accumulator = self.shared.accumulator();
                if accumulator.is_oldest(&batch) {
                    accumulator.lose_track();
                }
                return accumulator.retry(batch, Instant::now());
            }
            code if is_stale_leader(code) => self.refresh_soon(Instant::now()),
            _ => {}
        }
        let (topic, partition) = self.shared.partition_of(&batch);
        // What is wrong with a record says more than how many are wrong.
        let record = answer.record_errors.first();
        let message = record.and_then(|record| record.batch_index_error_message.as_deref());
        let error = Error::broker(
            code,
            message.or(answer.error_message.as_deref()),
            format!("partition {topic}-{partition}"),
        );
        self.retry_or_fail(batch, &error);
    }

    fn retry_or_fail(&mut self, batch: Batch, error: &Error) {
        let now = Instant::now();
        let config = &self.shared.config;
        let is_late = now >= batch.created + config.delivery_timeout;
        if error.is_retriable() && batch.attempts <= config.retries && !is_late {
            tracing::debug!(%error, attempts = batch.attempts, "sending a batch again");
            self.shared.accumulator().retry(batch, now);
        } else {
            self.fail(batch, error);
        }
    }

    fn succeed(&mut self, batch: Batch, answer: Option<&ProduceResponsePartition>) {
        let known = |value: i64| (value >= 0).then_some(value);
        let written = Written {
            base_offset: answer.and_then(|answer| known(answer.base_offset)),
            append_time: answer.and_then(|answer| known(answer.log_append_time_ms)),
        };
        self.finish(batch, Ok(written));
    }

    fn fail(&mut self, batch: Batch, error: &Error) {
        self.finish(batch, Err(error));
    }

    /// Reports, and only then lets go of the batch: whoever waits for the last one may rely on having heard.
    fn finish(&mut self, mut batch: Batch, outcome: Result<Written, &Error>) {
        let (topic, partition) = self.shared.partition_of(&batch);
        let failed = outcome.is_err().then(|| batch.contents().ok()).flatten();
        (self.report.0)(&Delivery {
            topic: &topic,
            partition,
            records: &batch.records,
            count: batch.count(),
            payload_bytes: batch.payload_bytes,
            wire_bytes: batch.size(),
            attempts: batch.attempts,
            outcome,
            failed,
        });
        self.shared.accumulator().finish(&batch, outcome.is_ok());
        self.shared.progress.notify_one();
    }

    fn refuse_all(&mut self, error: &Error) {
        let waiting = self.shared.accumulator().take_all();
        for batch in waiting {
            self.fail(batch, error);
        }
    }

    /// Asks for metadata again, but not without a pause after the last time.
    fn refresh_soon(&mut self, now: Instant) {
        let pause = self.shared.config.client.retry_backoff;
        let earliest = self.refreshed.map_or(now, |last| last + pause);
        self.refresh_at = self.refresh_at.min(earliest.max(now));
    }

    fn refresh(&mut self, now: Instant) {
        if self.is_refreshing || now < self.refresh_at {
            return;
        }
        self.is_refreshing = true;
        self.refresh_at = now + self.shared.config.client.metadata_max_age;
        let shared = Arc::clone(&self.shared);
        let topics = shared.accumulator().topics();
        self.tasks.spawn(async move {
            let refreshed = shared
                .cluster
                .refresh_once(Topics::Named(&topics), true)
                .await;
            Event::Refreshed(refreshed.map(drop))
        });
    }
}

/// A producer id from any broker.
async fn identity(shared: &Shared) -> Result<Identity, Error> {
    let request = InitProducerIdRequest {
        transaction_timeout_ms: i32::MAX,
        ..InitProducerIdRequest::default()
    };
    let config = &shared.config;
    let mut retry = Retry::within(&config.client, config.delivery_timeout, "get a producer id");
    loop {
        let answer = shared.cluster.ask_any(&request).await;
        let checked = answer.and_then(|response| {
            check(response.error_code, None, "the producer id")?;
            Ok(Identity {
                producer_id: response.producer_id,
                producer_epoch: response.producer_epoch,
            })
        });
        match checked {
            Ok(identity) => return Ok(identity),
            Err(error) => retry.after(error).await?,
        }
    }
}

fn to_wire(shared: &Shared, batches: &[(Batch, Bytes)]) -> ProduceRequest {
    let mut topics = BTreeMap::<Arc<str>, Vec<ProduceRequestPartition>>::new();
    for (batch, bytes) in batches {
        let (topic, index) = shared.partition_of(batch);
        topics
            .entry(topic)
            .or_default()
            .push(ProduceRequestPartition {
                index,
                records: Some(bytes.clone().into()),
            });
    }
    let topic = |(name, partition_data): (Arc<str>, _)| ProduceRequestTopic {
        name: (&*name).into(),
        partition_data,
        ..ProduceRequestTopic::default()
    };
    ProduceRequest {
        acks: shared.config.acks.code(),
        timeout_ms: millis(shared.config.client.request_timeout),
        topic_data: topics.into_iter().map(topic).collect(),
        ..ProduceRequest::default()
    }
}

fn by_partition(response: ProduceResponse) -> HashMap<(Arc<str>, i32), ProduceResponsePartition> {
    let mut answers = HashMap::new();
    for topic in response.responses {
        let name: Arc<str> = Arc::from(&*topic.name);
        for partition in topic.partition_responses {
            answers.insert((Arc::clone(&name), partition.index), partition);
        }
    }
    answers
}
