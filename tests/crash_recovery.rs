//! SIGKILL while producers are at work: no acknowledged record is lost, and none comes out of order.

use std::collections::VecDeque;
use std::path::Path;
use std::sync::mpsc::{Sender, channel};
use std::thread;

use kaffa::protocol::frame::decode_response;
use kaffa::protocol::messages::{
    CreateTopicsRequest, CreateTopicsRequestConfig, CreateTopicsRequestTopic, FetchRequest,
    FetchRequestPartition, FetchRequestTopic, ProduceRequest, ProduceRequestPartition,
    ProduceRequestTopic, ProduceResponse,
};
use kaffa::protocol::record::{BatchBuilder, BatchOptions, Batches, NewRecord};
use kaffa::protocol::wire::Records;
use tempfile::tempdir;

use crate::support::broker::BrokerProcess;
use crate::support::wire::Wire;

const TOPIC: &str = "crash";
const PARTITIONS: i32 = 4;
pub(crate) const RECORDS_PER_BATCH: u64 = 100;
const RECORD_SIZE: usize = 1000;
const IN_FLIGHT: usize = 4;

/// One partition as its producer knows it. A record's value begins with its number.
#[derive(Default)]
struct Partition {
    /// The number to send next; numbers that were sent and not acknowledged are not sent again.
    next: u64,
    /// Base offset and first number of every batch that was acknowledged.
    acknowledged: Vec<(usize, u64)>,
    /// The number at each offset, as read after the latest crash.
    log: Vec<u64>,
    /// The end of the log after the crash before the latest: where the next look begins.
    known: usize,
}

#[test]
fn no_acknowledged_record_is_lost_or_reordered_by_sigkill() {
    let cycles: usize = std::env::var("KAFFA_CRASH_CYCLES").map_or(2, |text| text.parse().unwrap());
    let dir = tempdir().unwrap();
    let mut partitions: Vec<Partition> = (0..PARTITIONS).map(|_| Partition::default()).collect();
    let broker = BrokerProcess::start(dir.path(), &[]);
    create_topic(&broker);
    assert!(broker.stop().success());
    for cycle in 0..cycles {
        let broker = BrokerProcess::start(dir.path(), &[]);
        produce_until_killed(broker, &mut partitions, 80 + cycle * 37 % 150);
        let broker = BrokerProcess::start(dir.path(), &[]);
        for (index, partition) in (0..).zip(&mut partitions) {
            let from = if cycle + 1 == cycles {
                0
            } else {
                partition.known
            };
            read_and_check(&broker, index, partition, from);
        }
        broker.kill();
    }
    for index in 0..PARTITIONS {
        let segments = segments_of(dir.path(), index);
        assert!(segments > 1, "partition {index} never rolled");
    }
    let acknowledged: usize = partitions
        .iter()
        .map(|partition| partition.acknowledged.len())
        .sum();
    println!("{cycles} crashes, {acknowledged} batches acknowledged, all of them there");
}

pub(crate) fn create_topic(broker: &BrokerProcess) {
    let config = CreateTopicsRequestConfig {
        name: "segment.bytes".into(),
        value: Some("1048576".into()),
    };
    let topic = CreateTopicsRequestTopic {
        name: TOPIC.into(),
        num_partitions: PARTITIONS,
        replication_factor: 1,
        configs: vec![config],
        ..Default::default()
    };
    let request = CreateTopicsRequest {
        topics: vec![topic],
        ..Default::default()
    };
    let response = Wire::connect(&broker.address).call(&request, 5).unwrap();
    assert_eq!(response.topics[0].error_code, 0, "{response:?}");
}

/// Producers on every partition; the broker is killed when together they have this many batches acknowledged.
fn produce_until_killed(broker: BrokerProcess, partitions: &mut [Partition], batches: usize) {
    let address = broker.address.clone();
    let (acknowledge, acknowledged) = channel();
    thread::scope(|scope| {
        for (index, partition) in (0..).zip(partitions) {
            let (wire, acknowledge) = (Wire::connect(&address), acknowledge.clone());
            scope.spawn(move || produce(wire, index, partition, &acknowledge));
        }
        drop(acknowledge);
        assert_eq!(
            acknowledged.iter().take(batches).count(),
            batches,
            "the producers ended early"
        );
        broker.kill();
    });
}

/// Sends batches, a few at a time in flight, until the connection breaks. Even partitions ask for `acks=all`.
fn produce(mut wire: Wire, index: i32, partition: &mut Partition, acknowledge: &Sender<()>) {
    let mut in_flight = VecDeque::new();
    loop {
        if wire
            .send(&produce_request(index, partition.next), 8)
            .is_err()
        {
            return;
        }
        in_flight.push_back(partition.next);
        partition.next += RECORDS_PER_BATCH;
        if in_flight.len() < IN_FLIGHT {
            continue;
        }
        let Ok(frame) = wire.frame() else { return };
        let (_, response): (_, ProduceResponse) =
            decode_response::<ProduceRequest>(frame, 8).unwrap();
        let answer = &response.responses[0].partition_responses[0];
        assert_eq!(answer.error_code, 0);
        let place = usize::try_from(answer.base_offset).unwrap();
        partition
            .acknowledged
            .push((place, in_flight.pop_front().unwrap()));
        // The one who counts leaves when the broker is to be killed.
        let _nobody_counts_any_more = acknowledge.send(()).is_err();
    }
}

pub(crate) fn produce_request(index: i32, first: u64) -> ProduceRequest {
    let mut batch = BatchBuilder::default();
    for number in first..first + RECORDS_PER_BATCH {
        let value = format!("{number:020}{:.>1$}", "", RECORD_SIZE - 20);
        let record = NewRecord {
            timestamp: 1,
            value: Some(value.as_bytes()),
            ..Default::default()
        };
        batch.append(&record).unwrap();
    }
    let records = batch.build(&BatchOptions::default()).unwrap();
    let partition = ProduceRequestPartition {
        index,
        records: Some(Records::Inline(records)),
    };
    let topic = ProduceRequestTopic {
        name: TOPIC.into(),
        partition_data: vec![partition],
        ..Default::default()
    };
    let acks = if index % 2 == 0 { -1 } else { 1 };
    ProduceRequest {
        acks,
        timeout_ms: 10_000,
        topic_data: vec![topic],
        ..Default::default()
    }
}

/// Reads the partition from offset `from` on. What was there before must still be there, numbers must grow, and every
/// batch that was acknowledged must be where the acknowledgement said.
fn read_and_check(broker: &BrokerProcess, index: i32, partition: &mut Partition, from: usize) {
    let was: Vec<u64> = partition.log.split_off(from);
    read(broker, index, &mut partition.log);
    let is = &partition.log[from..];
    assert!(
        is.len() >= was.len(),
        "partition {index} lost records that had been read"
    );
    assert!(
        is[..was.len()] == was,
        "partition {index} changed records that had been read"
    );
    let log = &partition.log;
    assert!(
        log.is_sorted_by(|before, after| before < after),
        "partition {index} is out of order"
    );
    for &(place, first) in partition
        .acknowledged
        .iter()
        .filter(|(place, _)| *place >= from)
    {
        let expected: Vec<u64> = (first..first + RECORDS_PER_BATCH).collect();
        let there = log.get(place..place + expected.len());
        assert_eq!(
            there,
            Some(&expected[..]),
            "partition {index} lost the batch at {place}"
        );
    }
    partition.known = from + was.len();
}

/// Appends the number of every record from offset `log.len()` on.
pub(crate) fn read(broker: &BrokerProcess, index: i32, log: &mut Vec<u64>) {
    let mut wire = Wire::connect(&broker.address);
    loop {
        let request = fetch_request(index, i64::try_from(log.len()).unwrap());
        let mut response = wire.call(&request, 11).unwrap();
        let answer = response.responses[0].partitions.remove(0);
        assert_eq!(answer.error_code, 0);
        for batch in Batches::new(
            answer
                .records
                .and_then(Records::into_bytes)
                .unwrap_or_default(),
        ) {
            let batch = batch.unwrap();
            batch.verify_crc().unwrap();
            for record in &batch.records(usize::MAX).unwrap() {
                let record = record.unwrap();
                if record.offset < i64::try_from(log.len()).unwrap() {
                    continue; // a batch is sent whole
                }
                assert_eq!(
                    usize::try_from(record.offset).unwrap(),
                    log.len(),
                    "an offset is missing"
                );
                let value = std::str::from_utf8(record.value.unwrap()).unwrap();
                assert_eq!(value.len(), RECORD_SIZE);
                log.push(value[..20].parse().unwrap());
            }
        }
        if i64::try_from(log.len()).unwrap() == answer.high_watermark {
            return;
        }
    }
}

fn fetch_request(partition: i32, fetch_offset: i64) -> FetchRequest {
    let partition = FetchRequestPartition {
        partition,
        fetch_offset,
        partition_max_bytes: 8 << 20,
        ..Default::default()
    };
    let topic = FetchRequestTopic {
        topic: TOPIC.into(),
        partitions: vec![partition],
        ..Default::default()
    };
    FetchRequest {
        max_wait_ms: 100,
        min_bytes: 1,
        topics: vec![topic],
        ..Default::default()
    }
}

fn segments_of(data_dir: &Path, index: i32) -> usize {
    let entries = std::fs::read_dir(data_dir.join(format!("{TOPIC}-{index}"))).unwrap();
    let names = entries.map(|entry| entry.unwrap().path());
    names
        .filter(|path| path.extension().is_some_and(|kind| kind == "log"))
        .count()
}
