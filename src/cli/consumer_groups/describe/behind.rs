//! How long ago the records were written that a group has yet to read: the time of the first of them, not lag divided by an
//! average rate, which is far off where records come in bursts.

use std::{collections::BTreeMap, time::Duration};

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
    let mut wanted: Vec<_> = groups
        .iter()
        .flat_map(|group| &group.offsets)
        .filter_map(lagging)
        .collect();
    let mut times = BTreeMap::new();
    // Groups may be at different places in the same partition; a consumer is at one.
    while !wanted.is_empty() {
        let mut round = BTreeMap::new();
        wanted.retain(|(partition, offset)| {
            *offset != *round.entry(partition.clone()).or_insert(*offset)
        });
        let found = record_times(admin, &round).await;
        times.extend(found.into_iter().filter_map(|(partition, time)| {
            let offset = *round.get(&partition)?;
            Some(((partition, offset), time))
        }));
    }
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

/// The times of the first records at or after these offsets, in ms since 1970, as far as they come in time.
pub(in super::super) async fn record_times(
    admin: &Admin,
    offsets: &BTreeMap<TopicPartition, i64>,
) -> BTreeMap<TopicPartition, i64> {
    let mut times = BTreeMap::new();
    let Some(mut consumer) = consumer(admin, offsets) else {
        return times;
    };
    let deadline = Instant::now() + EXTRAS_MAX;
    while times.len() < offsets.len() {
        let Ok(Ok(polled)) = timeout_at(deadline, consumer.poll(Duration::from_secs(1))).await
        else {
            break;
        };
        for batch in &polled.batches {
            let partition = TopicPartition::new(batch.topic(), batch.partition());
            if let Some(Ok(record)) = batch.iter().next() {
                consumer.pause(&partition);
                times.entry(partition).or_insert(record.timestamp);
            }
        }
    }
    times
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
