//! Records that wait to be sent: batches by partition, memory, order and sequences.
//!
//! Pure: time is an argument, and what a broker said is a call. The rules are those of Java's `RecordAccumulator` and,
//! for sequences, of `TransactionManager`.

use std::collections::{BTreeMap, BTreeSet, HashMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;

use super::batch::{Batch, Identity};
use crate::client::config::ProducerConfig;
use crate::net::Backoff;
use crate::protocol::record::{NewRecord, RecordError};

/// The batches of one partition, as an index.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct QueueId(usize);

/// A batch that has to wait for its turn takes more records than `batch.size`, up to this: larger batches cost both sides
/// less and compress better, and nothing is sent later than it would have been.
const GROWN_BYTES_MAX: usize = 256 * 1024;

/// What became of a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Appended {
    /// It is in a batch that takes more.
    Open,
    /// It is in a batch, and there is something new for the sender to do.
    Ready,
    /// There is no memory for it now.
    NoRoom,
}

/// Batches for one broker that may go into one request.
pub(super) type Load = (i32, Vec<Batch>);

#[derive(Debug)]
pub(super) struct Accumulator {
    batch_bytes: usize,
    buffer_bytes: usize,
    request_bytes_max: usize,
    in_flight_max: usize,
    linger: Duration,
    delivery_timeout: Duration,
    backoff: Backoff,
    queues: Vec<Queue>,
    index: HashMap<(Arc<str>, i32), QueueId>,
    /// Queues with batches that wait.
    active: BTreeSet<QueueId>,
    /// Bytes of all batches, in flight or not.
    used: usize,
    /// Batches, in flight or not.
    batches: usize,
    /// Whether somebody waits for everything to be sent, so that nothing lingers.
    is_flushing: bool,
    /// Whether somebody waits for memory.
    is_starved: bool,
    /// Whether a sequence was given away for nothing, so that the broker will take no later one of this producer id.
    has_gap: bool,
}

/// One partition.
#[derive(Debug)]
pub(super) struct Queue {
    pub(super) topic: Arc<str>,
    pub(super) partition: i32,
    /// Oldest first; only the last may be open.
    waiting: VecDeque<Batch>,
    /// Orders of the batches in flight.
    in_flight: BTreeSet<u64>,
    /// How long a batch may become while the ones before it hold it up.
    grown_bytes_max: usize,
    next_sequence: i32,
    /// Whether the broker has taken a batch of this producer id; until then it takes any sequence.
    is_known: bool,
    /// Whether what is in flight must not be followed. A batch that is sent again may have been written already, and the
    /// first one may be refused: what follows could push the one out of the five batches that the broker remembers, and
    /// overtake the other.
    is_alone: bool,
    /// Set after a failure.
    not_before: Option<Instant>,
    backoff: Backoff,
}

impl Accumulator {
    pub(super) fn new(config: &ProducerConfig) -> Self {
        Self {
            batch_bytes: config.batch_bytes,
            buffer_bytes: config.buffer_bytes,
            request_bytes_max: config.request_bytes_max,
            in_flight_max: config.in_flight_max,
            linger: config.linger,
            delivery_timeout: config.delivery_timeout,
            backoff: Backoff::new(config.client.retry_backoff, config.client.retry_backoff_max),
            queues: Vec::new(),
            index: HashMap::new(),
            active: BTreeSet::new(),
            used: 0,
            batches: 0,
            is_flushing: false,
            is_starved: false,
            has_gap: false,
        }
    }

    /// The queue of a partition.
    pub(super) fn queue_id(&mut self, topic: &Arc<str>, partition: i32) -> QueueId {
        let key = (Arc::clone(topic), partition);
        let next = QueueId(self.queues.len());
        let id = *self.index.entry(key).or_insert(next);
        if id == next {
            self.queues.push(Queue {
                topic: Arc::clone(topic),
                partition,
                waiting: VecDeque::new(),
                in_flight: BTreeSet::new(),
                grown_bytes_max: GROWN_BYTES_MAX.min(self.request_bytes_max),
                next_sequence: 0,
                is_known: false,
                is_alone: false,
                not_before: None,
                backoff: self.backoff.clone(),
            });
        }
        id
    }

    /// A queue that [`Self::queue_id`] has named.
    pub(super) fn queue(&self, id: QueueId) -> Option<&Queue> {
        self.queues.get(id.0)
    }

    /// Whether everything has been acknowledged or given up.
    pub(super) const fn is_empty(&self) -> bool {
        self.batches == 0
    }

    /// Topics that records were for so far.
    pub(super) fn topics(&self) -> Vec<String> {
        let topics: BTreeSet<_> = self.queues.iter().map(|queue| &*queue.topic).collect();
        topics.into_iter().map(str::to_owned).collect()
    }

    /// Puts record number `number` into the partition's last batch or a new one. Numbers must rise.
    ///
    /// # Errors
    /// When no batch could hold it.
    pub(super) fn append(
        &mut self,
        id: QueueId,
        record: &NewRecord<'_>,
        number: u64,
        now: impl FnOnce() -> Instant,
    ) -> Result<Appended, RecordError> {
        let no_queue = RecordError::Invalid("a partition nobody has asked for");
        let queue = self.queues.get_mut(id.0).ok_or(no_queue)?;
        let mut appended = Appended::Open;
        let room = queue.batch_bytes(self.batch_bytes, self.in_flight_max);
        let last = queue.waiting.back();
        let has_room = last.is_some_and(|batch| batch.fits(record, room));
        let needed = if has_room { 0 } else { self.batch_bytes };
        if self.used > 0 && self.used.saturating_add(needed) > self.buffer_bytes {
            self.is_starved = true;
            return Ok(Appended::NoRoom);
        }
        if !has_room {
            if let Some(full) = queue.waiting.back_mut() {
                full.close();
            }
            queue.waiting.push_back(Batch::new(id, room, now()));
            self.active.insert(id);
            self.batches = self.batches.saturating_add(1);
            appended = Appended::Ready;
        }
        let batch = queue
            .waiting
            .back_mut()
            .ok_or(RecordError::Invalid("no batch"))?;
        let before = batch.size();
        batch.append(record, number)?;
        let more = batch.size().saturating_sub(before);
        batch.held_bytes = batch.held_bytes.saturating_add(more);
        self.used = self.used.saturating_add(more);
        Ok(appended)
    }

    /// Makes everything leave without lingering, until nothing is left. Whether there is anything.
    pub(super) const fn flush(&mut self) -> bool {
        self.is_flushing = !self.is_empty();
        self.is_flushing
    }

    /// Takes what may be sent now, at most one batch per partition and one load per broker. `target` names the broker of
    /// a partition if that takes another request now. What an idempotent producer sends gets its
    /// sequence here.
    pub(super) fn drain(
        &mut self,
        now: Instant,
        identity: Option<Identity>,
        mut target: impl FnMut(&Queue) -> Option<i32>,
    ) -> Vec<Load> {
        let mut loads = BTreeMap::<i32, (usize, Vec<QueueId>)>::new();
        let mut ready = BTreeSet::new();
        for id in &self.active {
            let Some(queue) = self.queues.get(id.0) else {
                continue;
            };
            let Some(batch) = queue.takeable(now) else {
                continue;
            };
            let Some(broker) = target(queue) else {
                continue;
            };
            if self.is_ripe(batch, now) {
                ready.insert(broker);
            }
            let (bytes, ids) = loads.entry(broker).or_default();
            let total = bytes.saturating_add(batch.size());
            if ids.is_empty() || total <= self.request_bytes_max {
                *bytes = total;
                ids.push(*id);
            }
        }
        // Whatever else waits for a broker goes along with what is ripe.
        loads.retain(|broker, _load| ready.contains(broker));
        let mut taken = Vec::new();
        for (broker, (_bytes, ids)) in loads {
            let batches: Vec<_> = ids
                .into_iter()
                .filter_map(|id| self.take(id, identity))
                .collect();
            taken.push((broker, batches));
        }
        taken
    }

    /// Whether a batch should not wait for more records.
    fn is_ripe(&self, batch: &Batch, now: Instant) -> bool {
        let is_full = !batch.is_open() || batch.size() > self.batch_bytes;
        is_full || self.is_flushing || self.is_starved || now >= batch.created + self.linger
    }

    fn take(&mut self, id: QueueId, identity: Option<Identity>) -> Option<Batch> {
        let queue = self.queues.get_mut(id.0)?;
        let mut batch = queue.waiting.pop_front()?;
        if queue.waiting.is_empty() {
            self.active.remove(&id);
        }
        batch.close();
        queue.is_alone = batch.attempts > 0 || !queue.is_known;
        batch.attempts = batch.attempts.saturating_add(1);
        if let (Some(identity), None) = (identity, batch.sequence) {
            batch.sequence = Some((identity, queue.next_sequence));
            queue.next_sequence = after(queue.next_sequence, batch.count());
        }
        queue.in_flight.insert(batch.order());
        Some(batch)
    }

    /// Takes back a batch whose sending failed, to send it again after a pause.
    pub(super) fn retry(&mut self, batch: Batch, now: Instant) {
        let Some(queue) = self.queues.get_mut(batch.queue.0) else {
            return;
        };
        queue.not_before = Some(now + queue.backoff.pause());
        self.put_back(batch);
    }

    fn put_back(&mut self, batch: Batch) {
        let id = batch.queue;
        let Some(queue) = self.queues.get_mut(id.0) else {
            return;
        };
        let order = batch.order();
        queue.in_flight.remove(&order);
        let at = queue.waiting.partition_point(|other| other.order() < order);
        queue.waiting.insert(at, batch);
        self.active.insert(id);
    }

    /// Takes back a batch that the broker finds too large, as two halves. `false` if it holds one record, which cannot be
    /// helped.
    ///
    /// # Errors
    /// When its bytes cannot be read back.
    pub(super) fn split(&mut self, batch: &mut Batch) -> Result<bool, RecordError> {
        let Some([mut first, mut second]) = batch.split()? else {
            return Ok(false);
        };
        if let Some(queue) = self.queues.get_mut(batch.queue.0) {
            queue.grown_bytes_max = queue.grown_bytes_max.min(first.size());
        }
        if let Some((identity, base)) = batch.sequence {
            first.sequence = batch.sequence;
            second.sequence = Some((identity, after(base, first.count())));
        }
        self.batches = self.batches.saturating_add(1);
        self.used = self.used.saturating_sub(batch.held_bytes);
        for half in [first, second] {
            self.used = self.used.saturating_add(half.held_bytes);
            self.put_back(half);
        }
        Ok(true)
    }

    /// Notes that `batch` has left for good: acknowledged, or given up.
    pub(super) fn finish(&mut self, batch: &Batch, is_success: bool) {
        self.used = self.used.saturating_sub(batch.held_bytes);
        self.batches = self.batches.saturating_sub(1);
        self.is_starved = false;
        self.is_flushing = self.is_flushing && !self.is_empty();
        // The broker expects the sequences of this batch next and would refuse all later ones.
        self.has_gap |= !is_success && batch.sequence.is_some();
        if let Some(queue) = self.queues.get_mut(batch.queue.0) {
            queue.in_flight.remove(&batch.order());
            if is_success {
                queue.is_known = true;
                queue.not_before = None;
                queue.backoff = self.backoff.clone();
            }
        }
    }

    /// Takes out the batches that have waited for `delivery.timeout.ms`.
    pub(super) fn expire(&mut self, now: Instant) -> Vec<Batch> {
        let timeout = self.delivery_timeout;
        self.take_if(|batch| now >= batch.created + timeout)
    }

    /// Takes out everything that waits.
    pub(super) fn take_all(&mut self) -> Vec<Batch> {
        self.take_if(|_batch| true)
    }

    fn take_if(&mut self, is_late: impl Fn(&Batch) -> bool) -> Vec<Batch> {
        let mut late = Vec::new();
        for id in self.active.clone() {
            let Some(queue) = self.queues.get_mut(id.0) else {
                continue;
            };
            while let Some(batch) = queue.waiting.pop_front_if(|batch| is_late(batch)) {
                late.push(batch);
            }
            if queue.waiting.is_empty() {
                self.active.remove(&id);
            }
        }
        late
    }

    /// When there may be something to do although nothing happens.
    pub(super) fn next_deadline(&self, now: Instant) -> Option<Instant> {
        let queues = self.active.iter().filter_map(|id| self.queue(*id));
        queues
            .filter_map(|queue| self.deadline_of(queue, now))
            .min()
    }

    fn deadline_of(&self, queue: &Queue, now: Instant) -> Option<Instant> {
        let batch = queue.waiting.front()?;
        let expiry = batch.created + self.delivery_timeout;
        let pause = queue.not_before.filter(|until| *until > now);
        let linger = (!self.is_ripe(batch, now)).then(|| batch.created + self.linger);
        [pause, linger].into_iter().flatten().chain([expiry]).min()
    }

    /// Whether a batch refused for its sequence is the oldest unresolved one, so that sending it again cannot help.
    pub(super) fn is_oldest(&self, batch: &Batch) -> bool {
        let Some(queue) = self.queue(batch.queue) else {
            return true;
        };
        let is_older = |order: &u64| *order < batch.order();
        !queue.in_flight.iter().any(is_older)
            && !queue
                .waiting
                .front()
                .is_some_and(|front| is_older(&front.order()))
    }

    /// Says that the broker has lost track of this producer's sequences.
    pub(super) const fn lose_track(&mut self) {
        self.has_gap = true;
    }

    /// Whether a new producer id is needed before anything more is sent.
    pub(super) const fn needs_identity(&self) -> bool {
        self.has_gap
    }

    /// Starts all sequences at 0 again, for a new producer id. Nothing may be in flight.
    pub(super) fn reset_sequences(&mut self) {
        debug_assert!(self.queues.iter().all(|queue| queue.in_flight.is_empty()));
        self.has_gap = false;
        for queue in &mut self.queues {
            queue.next_sequence = 0;
            queue.is_known = false;
            for batch in &mut queue.waiting {
                batch.sequence = None;
            }
        }
    }
}

impl Queue {
    /// When the last batch is full: at `batch.size`, or later while it could not be sent anyway.
    fn batch_bytes(&self, batch_bytes: usize, in_flight_max: usize) -> usize {
        let backlog = self.in_flight.len().saturating_add(self.waiting.len());
        if backlog > in_flight_max {
            batch_bytes.max(self.grown_bytes_max)
        } else {
            batch_bytes
        }
    }

    fn takeable(&self, now: Instant) -> Option<&Batch> {
        if self.not_before.is_some_and(|until| now < until) {
            return None;
        }
        let batch = self.waiting.front()?;
        let may_follow = batch.attempts == 0 && !self.is_alone;
        (may_follow || self.in_flight.is_empty()).then_some(batch)
    }
}

/// The sequence after `count` records from `sequence`; 0 follows 2147483647.
fn after(sequence: i32, count: u64) -> i32 {
    let count = i32::try_from(count).unwrap_or(i32::MAX);
    sequence.wrapping_add(count) & i32::MAX
}
