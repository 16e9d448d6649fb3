//! How long ago the records were written that a group has yet to read: the time of the first of them, not lag divided by an
//! average rate, which is far off where records come in bursts.

use std::collections::BTreeMap;

use tokio::time::{Instant, timeout_at};

use super::{Group, Progress};
use crate::{
    cli::EXTRAS_MAX,
    client::{
        Admin,
        config::{ConsumerConfig, IsolationLevel},
        consumer::Consumer,
    },
    properties::Properties,
    protocol::TopicPartition,
};

/// Bytes of a partition to fetch at once: mostly one batch.
const PARTITION_BYTES: &str = "16384";

/// Fills in how far behind every partition is, as far as that is found out in time.
pub(super) async fn fill(admin: &Admin, groups: &mut [Group]) {
    let lagging = |progress: &Progress| {
        let partition = TopicPartition::new(&progress.topic, progress.partition);
        Some((
            partition,
            progress.committed.filter(|_| progress.lag() > Some(0))?,
        ))
    };
    let lagging = groups
        .iter()
        .flat_map(|group| &group.offsets)
        .filter_map(lagging);
    let times = record_times(admin, lagging.collect()).await;
    let now_ms = chrono::Utc::now().timestamp_millis();
    for progress in groups.iter_mut().flat_map(|group| &mut group.offsets) {
        let partition = TopicPartition::new(&progress.topic, progress.partition);
        progress.behind_ms = match (progress.lag(), progress.committed) {
            (Some(..=0), _) => Some(0),
            (_, Some(offset)) => times
                .get(&(partition, offset))
                .map(|time| (now_ms - time).max(0)),
            (_, None) => None,
        };
    }
}

/// Times of records, in ms since 1970, by partition and offset.
pub(in super::super) type Times = BTreeMap<(TopicPartition, i64), i64>;

/// The times of the first records at or after these offsets, as far as they come in time.
pub(in super::super) async fn record_times(
    admin: &Admin,
    mut wanted: Vec<(TopicPartition, i64)>,
) -> Times {
    let deadline = Instant::now() + EXTRAS_MAX;
    let mut times = Times::new();
    // Groups may be at different places in the same partition; a consumer is at one.
    while !wanted.is_empty() && Instant::now() < deadline {
        let mut round = BTreeMap::new();
        wanted.retain(|(partition, offset)| {
            *offset != *round.entry(partition.clone()).or_insert(*offset)
        });
        if let Some(consumer) = consumer(admin, &round) {
            read_one_each(consumer, round, deadline, &mut times).await;
        }
    }
    times
}

async fn read_one_each(
    mut consumer: Consumer,
    mut left: BTreeMap<TopicPartition, i64>,
    deadline: Instant,
    times: &mut Times,
) {
    while !left.is_empty() {
        let Ok(Ok(polled)) = timeout_at(deadline, consumer.poll(EXTRAS_MAX)).await else {
            return;
        };
        for batch in &polled.batches {
            let partition = TopicPartition::new(batch.topic(), batch.partition());
            if let Some(Ok(record)) = batch.iter().next() {
                consumer.pause(&partition);
                let time = record.timestamp;
                if let Some(offset) = left.remove(&partition) {
                    times.insert((partition, offset), time);
                }
            }
        }
    }
}

fn consumer(admin: &Admin, offsets: &BTreeMap<TopicPartition, i64>) -> Option<Consumer> {
    let mut properties = Properties::default();
    properties.set("bootstrap.servers", "unused:0");
    properties.set("max.partition.fetch.bytes", PARTITION_BYTES);
    properties.set("auto.offset.reset", "earliest");
    properties.set("enable.auto.commit", "false");
    let (mut config, _unknown) = ConsumerConfig::from_properties(&properties).ok()?;
    config.client = admin.cluster().config().clone();
    config.isolation_level = IsolationLevel::ReadUncommitted;
    let mut consumer = Consumer::new(admin.cluster().clone(), config);
    let partitions: Vec<_> = offsets.keys().cloned().collect();
    consumer.assign(&partitions);
    for (partition, offset) in offsets {
        consumer.seek(partition, *offset);
    }
    Some(consumer)
}
