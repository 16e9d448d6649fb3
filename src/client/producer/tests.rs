//! The accumulator against a broker that follows Kafka's rules for sequences, while everything goes wrong that can.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use proptest::prelude::*;
use tokio::time::Instant;

use super::accumulator::{Accumulator, Appended, QueueId};
use super::batch::{Batch, Identity};
use crate::client::config::ProducerConfig;
use crate::properties::Properties;
use crate::protocol::record::{Batch as RecordBatch, BatchHeader, Compression, NewRecord};

const IDENTITY: Identity = Identity {
    producer_id: 7,
    producer_epoch: 0,
};

fn config(more: &[(&str, &str)]) -> ProducerConfig {
    let keys = [("bootstrap.servers", "b:1"), ("batch.size", "100")];
    let properties: Properties = keys.iter().chain(more).copied().collect();
    ProducerConfig::from_properties(&properties).unwrap().0
}

/// An accumulator for three partitions, all led by broker 1.
struct Bench {
    accumulator: Accumulator,
    queues: Vec<QueueId>,
    next_record: u64,
    now: Instant,
}

impl Bench {
    fn new(more: &[(&str, &str)]) -> Self {
        let mut accumulator = Accumulator::new(&config(more));
        let topic = Arc::from("t");
        let queues = (0..3).map(|partition| accumulator.queue_id(&topic, partition));
        let queues = queues.collect();
        Self {
            accumulator,
            queues,
            next_record: 0,
            now: Instant::now(),
        }
    }

    /// Sends the next record, whose value is its number.
    fn append(&mut self, partition: usize) -> Appended {
        let value = self.next_record.to_be_bytes();
        let record = NewRecord {
            value: Some(&value),
            ..NewRecord::default()
        };
        let (queue, number, now) = (self.queues[partition], self.next_record, self.now);
        let appended = self
            .accumulator
            .append(queue, &record, number, || now)
            .unwrap();
        self.next_record += u64::from(appended != Appended::NoRoom);
        appended
    }

    fn drain(&mut self) -> Option<Vec<Batch>> {
        let loads = self
            .accumulator
            .drain(self.now, Some(IDENTITY), |_queue| Some(1));
        loads.into_iter().next().map(|(_broker, batches)| batches)
    }

    fn partition(&self, batch: &Batch) -> usize {
        self.queues
            .iter()
            .position(|queue| *queue == batch.queue)
            .unwrap()
    }
}

fn numbers(batch: &mut Batch) -> (BatchHeader, Vec<u64>) {
    let mut bytes = batch.build(Compression::default()).unwrap();
    let batch = RecordBatch::split(&mut bytes).unwrap();
    let records = batch.records(usize::MAX).unwrap();
    let number = |value: &[u8]| u64::from_be_bytes(value.try_into().unwrap());
    let numbers = records
        .iter()
        .map(|record| number(record.unwrap().value.unwrap()));
    (*batch.header(), numbers.collect())
}

/// A partition as its leader sees it.
#[derive(Default)]
struct Log {
    records: Vec<u64>,
    /// First and last sequences of the last five batches.
    recent: VecDeque<(i32, i32)>,
}

#[derive(Debug, PartialEq)]
enum Answer {
    Written,
    OutOfOrder,
}

impl Log {
    /// What Kafka's `ProducerAppendInfo` does.
    fn write(&mut self, header: &BatchHeader, records: &[u64]) -> Answer {
        let sequences = (header.base_sequence, header.last_sequence());
        if self.recent.contains(&sequences) {
            return Answer::Written;
        }
        let expected = self.recent.back().map(|(_first, last)| last + 1);
        if expected.is_some_and(|expected| expected != sequences.0) {
            return Answer::OutOfOrder;
        }
        self.records.extend(records);
        self.recent.push_back(sequences);
        if self.recent.len() > 5 {
            self.recent.pop_front();
        }
        Answer::Written
    }
}

#[derive(Debug, Clone, Copy)]
enum Step {
    Append(usize),
    /// Sends what is ready.
    Send,
    /// The broker answers the oldest request; partitions in the mask refuse it because they have no leader.
    Answer(u8),
    /// The connection breaks; the broker has still read this many of the requests in flight.
    Break(usize),
    /// So many milliseconds pass.
    Wait(u64),
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        6 => (0_usize..3).prop_map(Step::Append),
        4 => Just(Step::Send),
        3 => (0_u8..8).prop_map(Step::Answer),
        1 => (0_usize..6).prop_map(Step::Break),
        2 => (0_u64..400).prop_map(Step::Wait),
    ]
}

/// The accumulator, the broker, and what is between them.
struct World {
    bench: Bench,
    logs: [Log; 3],
    in_flight: VecDeque<Vec<Batch>>,
    sent: [Vec<u64>; 3],
    reported: Vec<u64>,
}

impl World {
    fn take(&mut self, step: Step) {
        match step {
            Step::Append(partition) => {
                let number = self.bench.next_record;
                if self.bench.append(partition) != Appended::NoRoom {
                    self.sent[partition].push(number);
                }
            }
            Step::Send => {
                while self.in_flight.len() < 5
                    && let Some(batches) = self.bench.drain()
                {
                    self.in_flight.push_back(batches);
                }
            }
            Step::Answer(refusing) => {
                for batch in self.in_flight.pop_front().unwrap_or_default() {
                    self.answer(batch, refusing);
                }
            }
            Step::Break(read) => {
                for (at, batches) in std::mem::take(&mut self.in_flight).into_iter().enumerate() {
                    for mut batch in batches {
                        let partition = self.bench.partition(&batch);
                        if at < read {
                            let (header, records) = numbers(&mut batch);
                            self.logs[partition].write(&header, &records);
                        }
                        self.bench.accumulator.retry(batch, self.bench.now);
                    }
                }
            }
            Step::Wait(millis) => self.bench.now += Duration::from_millis(millis),
        }
    }

    fn answer(&mut self, mut batch: Batch, refusing: u8) {
        let partition = self.bench.partition(&batch);
        let (header, records) = numbers(&mut batch);
        let accumulator = &mut self.bench.accumulator;
        if refusing & (1 << partition) != 0 {
            return accumulator.retry(batch, self.bench.now);
        }
        match self.logs[partition].write(&header, &records) {
            Answer::Written => {
                self.reported
                    .extend(batch.records.iter().cloned().flatten());
                accumulator.finish(&batch, true);
            }
            Answer::OutOfOrder => {
                assert!(
                    !accumulator.is_oldest(&batch),
                    "the broker has lost nothing"
                );
                accumulator.retry(batch, self.bench.now);
            }
        }
    }

    /// Lets everything go well until nothing is left.
    fn settle(&mut self) {
        while self.bench.accumulator.flush() {
            self.take(Step::Wait(1000));
            self.take(Step::Send);
            self.take(Step::Answer(0));
        }
    }
}

proptest! {
    #[test]
    fn every_record_is_written_once_and_in_order_whatever_fails(
        steps in proptest::collection::vec(step(), 0..300),
    ) {
        let mut world = World {
            bench: Bench::new(&[("delivery.timeout.ms", "100000000")]),
            logs: Default::default(),
            in_flight: VecDeque::new(),
            sent: Default::default(),
            reported: Vec::new(),
        };
        for step in steps {
            world.take(step);
        }
        world.settle();
        for (log, sent) in world.logs.iter().zip(&world.sent) {
            prop_assert_eq!(&log.records, sent);
        }
        world.reported.sort_unstable();
        prop_assert_eq!(world.reported, (0..world.bench.next_record).collect::<Vec<_>>());
        prop_assert!(world.bench.accumulator.is_empty());
    }
}

#[test]
fn a_batch_waits_for_linger_or_until_it_is_full() {
    let mut bench = Bench::new(&[("linger.ms", "10")]);
    assert_eq!(bench.append(0), Appended::Ready);
    assert!(bench.drain().is_none());
    assert_eq!(
        bench.accumulator.next_deadline(bench.now),
        Some(bench.now + Duration::from_millis(10))
    );
    bench.now += Duration::from_millis(10);
    assert_eq!(bench.drain().unwrap().len(), 1);
    while bench.append(1) != Appended::Ready {}
    while bench.append(1) != Appended::Ready {}
    let batches = bench.drain().unwrap();
    assert_eq!(batches.len(), 1);
    assert!(batches[0].size() <= 100);
}

#[test]
fn what_is_ready_takes_along_what_lingers_for_the_same_broker() {
    let mut bench = Bench::new(&[("linger.ms", "1000")]);
    bench.append(0);
    bench.append(1);
    while bench.append(2) != Appended::Ready {}
    while bench.append(2) != Appended::Ready {}
    assert_eq!(bench.drain().unwrap().len(), 3);
}

#[test]
fn memory_is_bounded_and_comes_back() {
    let mut bench = Bench::new(&[("buffer.memory", "1000")]);
    while bench.append(0) != Appended::NoRoom {}
    let sent = bench.next_record;
    assert!((20..80).contains(&sent), "{sent}");
    let batches = bench.drain().unwrap();
    assert_eq!(bench.append(0), Appended::NoRoom);
    bench.accumulator.finish(&batches[0], true);
    while let Some(batches) = bench.drain() {
        bench.accumulator.finish(&batches[0], true);
    }
    assert_ne!(bench.append(0), Appended::NoRoom);
}

#[test]
fn batches_grow_while_they_have_to_wait() {
    let mut bench = Bench::new(&[("linger.ms", "1000")]);
    for _ in 0..1000 {
        bench.append(0);
    }
    let sizes = std::iter::from_fn(|| {
        let batch = bench.drain()?.remove(0);
        bench.accumulator.finish(&batch, true);
        Some(batch.size())
    });
    let sizes: Vec<_> = sizes.collect();
    assert_eq!(sizes.len(), 6, "{sizes:?}");
    assert!(sizes[..5].iter().all(|size| *size <= 100), "{sizes:?}");
}

#[test]
fn a_batch_that_is_too_large_goes_as_two_under_the_same_sequences() {
    let mut bench = Bench::new(&[("batch.size", "1000")]);
    for _ in 0..11 {
        bench.append(0);
    }
    bench.accumulator.flush();
    let mut batch = bench.drain().unwrap().remove(0);
    let (_header, all) = numbers(&mut batch);
    assert!(bench.accumulator.split(&mut batch).unwrap());
    let mut halves = Vec::new();
    while let Some(mut batches) = bench.drain() {
        let (header, records) = numbers(&mut batches[0]);
        halves.push((header.base_sequence, records));
        bench.accumulator.finish(&batches[0], true);
    }
    assert_eq!(halves, [(0, all[..5].to_vec()), (5, all[5..].to_vec())]);
    assert!(bench.accumulator.is_empty());
    bench.append(0);
    bench.accumulator.flush();
    let mut single = bench.drain().unwrap().remove(0);
    assert!(!bench.accumulator.split(&mut single).unwrap());
}

#[test]
fn after_a_batch_is_given_up_a_new_producer_id_starts_at_zero() {
    let mut bench = Bench::new(&[]);
    for _ in 0..20 {
        bench.append(0);
    }
    bench.accumulator.flush();
    let batch = bench.drain().unwrap().remove(0);
    bench.accumulator.finish(&batch, false);
    assert!(bench.accumulator.needs_identity());
    bench.accumulator.reset_sequences();
    assert!(!bench.accumulator.needs_identity());
    let (header, _records) = numbers(&mut bench.drain().unwrap()[0]);
    assert_eq!(header.base_sequence, 0);
}

#[test]
fn what_waits_too_long_is_given_up() {
    let mut bench = Bench::new(&[("delivery.timeout.ms", "40000")]);
    bench.append(0);
    bench.now += Duration::from_secs(39);
    bench.append(1);
    assert!(bench.accumulator.expire(bench.now).is_empty());
    bench.now += Duration::from_secs(1);
    let late = bench.accumulator.expire(bench.now);
    assert_eq!(late.len(), 1);
    bench.accumulator.finish(&late[0], false);
    assert!(!bench.accumulator.is_empty());
}
