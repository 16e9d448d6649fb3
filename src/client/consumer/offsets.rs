//! Positions: where to begin in a partition, and telling the group how far one got.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::subscription::Start;
use crate::client::admin::Admin;
use crate::client::admin::offsets::{CommittedOffset, OffsetSpec};
use crate::client::clock::now_ms;
use crate::client::config::{ConsumerConfig, OffsetReset};
use crate::client::error::Error;
use crate::protocol::TopicPartition;

/// Where partitions begin, by partition.
pub(super) type Positions = BTreeMap<TopicPartition, Result<i64, Error>>;

/// Finds where `wanted` begin: at what the group has committed, or by a look-up at the leaders.
pub(super) async fn look_up(
    admin: Admin,
    config: Arc<ConsumerConfig>,
    wanted: Vec<(TopicPartition, Start)>,
) -> Result<Positions, Error> {
    let mut positions = Positions::new();
    let mut left = wanted;
    if let Some(group) = &config.group_id {
        let is_committed = |(_, start): &(_, Start)| *start == Start::Committed;
        let asked: Vec<_> = left
            .iter()
            .filter(|it| is_committed(it))
            .map(|(key, _)| key.clone())
            .collect();
        if !asked.is_empty() {
            let committed = admin.group_offsets(group, &asked).await?;
            left.retain(|(key, _start)| !committed.contains_key(key));
            let found = committed.into_iter();
            positions.extend(found.map(|(key, committed)| (key, Ok(committed.offset))));
        }
    }
    let mut asked = Vec::new();
    for (key, start) in left {
        if let Some(spec) = spec(start, config.offset_reset) {
            asked.push((key, spec));
        } else {
            let error = Error::NoOffset(key.clone());
            positions.insert(key, Err(error));
        }
    }
    positions.extend(list(&admin, &config, asked).await?);
    Ok(positions)
}

/// Offsets at the leaders; behind the last record where a time has nothing after it.
async fn list(
    admin: &Admin,
    config: &ConsumerConfig,
    asked: Vec<(TopicPartition, OffsetSpec)>,
) -> Result<Positions, Error> {
    let mut positions = Positions::new();
    let mut at_end = Vec::new();
    for (key, outcome) in admin.list_offsets(&asked, config.isolation_level).await? {
        match outcome.map(|listed| listed.offset) {
            Ok(Some(offset)) => drop(positions.insert(key, Ok(offset))),
            Ok(None) => at_end.push((key, OffsetSpec::Latest)),
            Err(error) => drop(positions.insert(key, Err(error))),
        }
    }
    let listed = admin.list_offsets(&at_end, config.isolation_level).await?;
    let ends = listed.into_iter();
    positions.extend(ends.map(|(key, outcome)| (key, outcome.map(|end| end.offset.unwrap_or(0)))));
    Ok(positions)
}

fn spec(start: Start, reset: OffsetReset) -> Option<OffsetSpec> {
    match start {
        Start::Earliest => Some(OffsetSpec::Earliest),
        Start::Latest => Some(OffsetSpec::Latest),
        Start::Time(time) => Some(OffsetSpec::Timestamp(time)),
        Start::Committed | Start::Reset => match reset {
            OffsetReset::Earliest => Some(OffsetSpec::Earliest),
            OffsetReset::Latest => Some(OffsetSpec::Latest),
            OffsetReset::None => None,
            OffsetReset::ByDuration(ago) => {
                let ago = i64::try_from(ago.as_millis()).unwrap_or(i64::MAX);
                Some(OffsetSpec::Timestamp(now_ms().saturating_sub(ago).max(0)))
            }
        },
    }
}

/// A position to commit.
pub(super) const fn committed(offset: i64, leader_epoch: i32) -> CommittedOffset {
    CommittedOffset {
        offset,
        leader_epoch,
        metadata: String::new(),
    }
}
