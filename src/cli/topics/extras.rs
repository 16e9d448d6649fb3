//! What people are told of topics beyond Apache's tool: asked for all at once, and not waited for long.

use std::collections::BTreeMap;

use super::description::{Extras, RECENT_MS, Topic};
use crate::{
    cli::in_time,
    client::{
        Admin, Error,
        admin::offsets::{ListedOffset, OffsetSpec},
        config::IsolationLevel,
    },
    protocol::TopicPartition,
};

/// Fills in the extras of every partition, as far as brokers tell them in time; `now_ms` is the present.
pub(super) async fn fill(admin: &Admin, topics: &mut [Topic], now_ms: i64) {
    let partitions: Vec<_> = topics.iter().flat_map(Topic::all_partitions).collect();
    let offsets = |spec| in_time(offsets(admin, &partitions, spec));
    let (starts, ends, oldest, newest, recent, sizes) = tokio::join!(
        offsets(OffsetSpec::Earliest),
        offsets(OffsetSpec::Latest),
        offsets(OffsetSpec::Timestamp(0)),
        offsets(OffsetSpec::MaxTimestamp),
        offsets(OffsetSpec::Timestamp(now_ms - RECENT_MS)),
        in_time(sizes(admin, &partitions)),
    );
    for topic in topics {
        for partition in &mut topic.partitions {
            let key = TopicPartition::new(&topic.name, partition.number);
            let sizes = sizes.as_ref().and_then(|sizes| sizes.get(&key));
            let listed = |found: &Option<Offsets>| found.as_ref()?.get(&key).copied();
            partition.extras = Some(Box::new(Extras {
                start: listed(&starts).and_then(|it| it.offset),
                end: listed(&ends).and_then(|it| it.offset),
                oldest: listed(&oldest),
                newest: listed(&newest),
                recent: listed(&recent),
                size_bytes: sizes.and_then(|sizes| sizes.get(&partition.leader?.id).copied()),
                disk_bytes: sizes.map(|sizes| sizes.values().sum()),
            }));
        }
    }
}

type Offsets = BTreeMap<TopicPartition, ListedOffset>;

async fn offsets(
    admin: &Admin,
    partitions: &[TopicPartition],
    spec: OffsetSpec,
) -> Result<Offsets, Error> {
    let wanted: Vec<_> = partitions
        .iter()
        .map(|partition| (partition.clone(), spec))
        .collect();
    let found = admin
        .list_offsets(&wanted, IsolationLevel::ReadUncommitted)
        .await?;
    Ok(found
        .into_iter()
        .filter_map(|(partition, listed)| Some((partition, listed.ok()?)))
        .collect())
}

/// Bytes by partition and broker.
pub type Sizes = BTreeMap<TopicPartition, BTreeMap<i32, u64>>;

/// How large every copy of `partitions` is.
///
/// # Errors
/// When one of the brokers cannot be asked.
pub async fn sizes(admin: &Admin, partitions: &[TopicPartition]) -> Result<Sizes, Error> {
    let mut sizes = Sizes::new();
    for (broker, dirs) in admin.describe_log_dirs(None, Some(partitions)).await? {
        for replica in dirs?.into_iter().flat_map(|dir| dir.replicas) {
            let copies = sizes.entry(replica.partition).or_default();
            *copies.entry(broker).or_default() += u64::try_from(replica.size).unwrap_or(0);
        }
    }
    Ok(sizes)
}
