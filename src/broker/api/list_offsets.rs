//! `ListOffsets` (2): the offset at an end of a partition, or of the first record at or after a time.

use std::ops::RangeInclusive;
use std::sync::Arc;

use super::{Context, Handler};
use crate::broker::partition::{Partition, Visibility};
use crate::protocol::ErrorCode;
use crate::protocol::messages::{
    ListOffsetsRequest, ListOffsetsRequestPartition, ListOffsetsResponse,
    ListOffsetsResponsePartition, ListOffsetsResponseTopic,
};

pub(super) struct ListOffsets;

/// Times that are none (`ListOffsetsRequest` in Apache's clients).
const LATEST: i64 = -1;
const EARLIEST: i64 = -2;
const MAX_TIMESTAMP: i64 = -3;
const EARLIEST_LOCAL: i64 = -4;
const LATEST_TIERED: i64 = -5;
const EARLIEST_PENDING_UPLOAD: i64 = -6;

/// What is found: a timestamp, −1 for an end, and an offset, −1 for none.
#[derive(Debug, Clone, Copy)]
struct Found {
    timestamp: i64,
    offset: i64,
}

impl Found {
    const NONE: Self = Self {
        timestamp: -1,
        offset: -1,
    };

    const fn end(offset: i64) -> Self {
        Self {
            timestamp: -1,
            offset,
        }
    }
}

impl Handler for ListOffsets {
    type Request = ListOffsetsRequest;
    const VERSIONS: RangeInclusive<i16> = 1..=11;

    async fn handle(context: &mut Context<'_>, request: ListOffsetsRequest) -> ListOffsetsResponse {
        let visibility = match (request.replica_id, request.isolation_level) {
            (0.., _) => Visibility::All,
            (_, 1) => Visibility::Stable,
            _ => Visibility::Committed,
        };
        let mut topics = Vec::with_capacity(request.topics.len());
        for topic in request.topics {
            let mut partitions = Vec::with_capacity(topic.partitions.len());
            for asked in &topic.partitions {
                let is_repeated = topic
                    .partitions
                    .iter()
                    .filter(|other| other.partition_index == asked.partition_index)
                    .count()
                    > 1;
                let partition = context
                    .broker
                    .partitions
                    .get(&topic.name, asked.partition_index);
                let answer = match partition {
                    _ if is_repeated => Err(ErrorCode::InvalidRequest),
                    None => Err(ErrorCode::UnknownTopicOrPartition),
                    Some(partition) => look_up(context.version, partition, asked, visibility).await,
                };
                partitions.push(respond(asked.partition_index, answer));
            }
            topics.push(ListOffsetsResponseTopic {
                name: topic.name,
                partitions,
            });
        }
        ListOffsetsResponse {
            topics,
            ..Default::default()
        }
    }
}

/// What was found, with the leader epoch of its offset.
async fn look_up(
    version: i16,
    partition: Arc<Partition>,
    asked: &ListOffsetsRequestPartition,
    visibility: Visibility,
) -> Result<(Found, i32), ErrorCode> {
    partition.check_epoch(asked.current_leader_epoch)?;
    let log = &partition.log;
    let found = match asked.timestamp {
        LATEST => Found::end(partition.readable_end(visibility)),
        EARLIEST => Found::end(log.log_start_offset()),
        EARLIEST_LOCAL if version >= 8 => Found::end(log.log_start_offset()),
        LATEST_TIERED if version >= 9 => Found::NONE,
        EARLIEST_PENDING_UPLOAD if version >= 11 => Found::NONE,
        timestamp if timestamp >= 0 || (timestamp == MAX_TIMESTAMP && version >= 7) => {
            search(Arc::clone(&partition), timestamp, visibility).await?
        }
        _ => return Err(ErrorCode::UnsupportedVersion),
    };
    let epoch = match found.offset {
        -1 => None,
        offset if offset == log.log_end_offset() => log.latest_epoch(),
        offset => log.epoch_at(offset),
    };
    Ok((found, epoch.unwrap_or(-1)))
}

/// Looks records up by time, away from the runtime's workers: it reads files.
async fn search(
    partition: Arc<Partition>,
    timestamp: i64,
    visibility: Visibility,
) -> Result<Found, ErrorCode> {
    let search = tokio::task::spawn_blocking(move || {
        let found = match timestamp {
            MAX_TIMESTAMP => partition.log.max_timestamp(),
            timestamp => partition.log.offset_for_timestamp(timestamp),
        };
        let visible = |offset: i64| offset < partition.readable_end(visibility);
        match found {
            Ok(Some(found)) if visible(found.offset) => Ok(Found {
                timestamp: found.timestamp,
                offset: found.offset,
            }),
            Ok(_) => Ok(Found::NONE),
            Err(error) => {
                tracing::error!(partition = %partition.name, %error, "cannot look a time up");
                Err(ErrorCode::KafkaStorageError)
            }
        }
    });
    search.await.unwrap_or(Err(ErrorCode::UnknownServerError))
}

fn respond(
    partition_index: i32,
    answer: Result<(Found, i32), ErrorCode>,
) -> ListOffsetsResponsePartition {
    match answer {
        Ok((Found { timestamp, offset }, leader_epoch)) => ListOffsetsResponsePartition {
            partition_index,
            error_code: 0,
            timestamp,
            offset,
            leader_epoch,
        },
        Err(code) => ListOffsetsResponsePartition {
            partition_index,
            error_code: code.code(),
            ..Default::default()
        },
    }
}
