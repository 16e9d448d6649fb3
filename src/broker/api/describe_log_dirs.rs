//! `DescribeLogDirs` (35): the data directories, and how much of them each partition takes (KIP-113, KIP-827).

use std::collections::BTreeMap;
use std::ops::RangeInclusive;
use std::sync::Arc;

use super::{Context, Handler};
use crate::broker::partition::Partition;
use crate::protocol::messages::{
    DescribeLogDirsRequest, DescribeLogDirsResponse, DescribeLogDirsResponsePartition,
    DescribeLogDirsResponseResult, DescribeLogDirsResponseTopic,
};
use crate::storage::LogDirectory;

pub(super) struct DescribeLogDirs;

impl Handler for DescribeLogDirs {
    type Request = DescribeLogDirsRequest;
    const VERSIONS: RangeInclusive<i16> = 1..=5;

    async fn handle(
        context: &mut Context<'_>,
        request: DescribeLogDirsRequest,
    ) -> DescribeLogDirsResponse {
        let mut partitions = context.broker.partitions.all();
        if let Some(topics) = &request.topics {
            partitions.retain(|partition| {
                let asked = topics
                    .iter()
                    .find(|topic| *topic.topic == partition.name.topic);
                asked.is_some_and(|topic| topic.partitions.contains(&partition.name.partition))
            });
        }
        partitions.sort_by(|a, b| a.name.cmp(&b.name));
        let results = context
            .broker
            .host
            .dirs()
            .map(|dir| describe(dir, &partitions))
            .collect();
        DescribeLogDirsResponse {
            results,
            ..Default::default()
        }
    }
}

fn describe(dir: &LogDirectory, partitions: &[Arc<Partition>]) -> DescribeLogDirsResponseResult {
    let bytes = |count: u64| i64::try_from(count).unwrap_or(i64::MAX);
    let mut topics: BTreeMap<&str, Vec<DescribeLogDirsResponsePartition>> = BTreeMap::new();
    for partition in partitions
        .iter()
        .filter(|partition| partition.log.dir().starts_with(dir.path()))
    {
        topics
            .entry(&partition.name.topic)
            .or_default()
            .push(DescribeLogDirsResponsePartition {
                partition_index: partition.name.partition,
                partition_size: bytes(partition.log.size()),
                offset_lag: 0,
                is_future_key: false,
            });
    }
    let space = dir.space().ok();
    DescribeLogDirsResponseResult {
        log_dir: dir.path().display().to_string().into(),
        topics: topics
            .into_iter()
            .map(|(name, partitions)| DescribeLogDirsResponseTopic {
                name: name.to_owned().into(),
                partitions,
            })
            .collect(),
        total_bytes: space.map_or(-1, |space| bytes(space.total_bytes)),
        usable_bytes: space.map_or(-1, |space| bytes(space.usable_bytes)),
        ..Default::default()
    }
}
