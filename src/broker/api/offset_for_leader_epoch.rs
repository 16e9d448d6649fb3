//! `OffsetForLeaderEpoch` (23): where the records of a leader epoch end, so that a reader can tell whether what it read
//! is still there (KIP-101, KIP-320).

use std::ops::RangeInclusive;

use super::{Context, Handler};
use crate::protocol::ErrorCode;
use crate::protocol::messages::{
    OffsetForLeaderEpochRequest, OffsetForLeaderEpochRequestPartition,
    OffsetForLeaderEpochResponse, OffsetForLeaderEpochResponsePartition,
    OffsetForLeaderEpochResponseTopic,
};
use crate::storage::leader_epochs::EpochEnd;

pub(super) struct OffsetForLeaderEpoch;

impl Handler for OffsetForLeaderEpoch {
    type Request = OffsetForLeaderEpochRequest;
    const VERSIONS: RangeInclusive<i16> = 2..=4;

    async fn handle(
        context: &mut Context<'_>,
        request: OffsetForLeaderEpochRequest,
    ) -> OffsetForLeaderEpochResponse {
        let topics = request
            .topics
            .into_iter()
            .map(|topic| OffsetForLeaderEpochResponseTopic {
                partitions: topic
                    .partitions
                    .iter()
                    .map(|asked| answer(context, &topic.topic, asked))
                    .collect(),
                topic: topic.topic,
            })
            .collect();
        OffsetForLeaderEpochResponse {
            topics,
            ..Default::default()
        }
    }
}

fn answer(
    context: &Context<'_>,
    topic: &str,
    asked: &OffsetForLeaderEpochRequestPartition,
) -> OffsetForLeaderEpochResponsePartition {
    let mut response = OffsetForLeaderEpochResponsePartition {
        partition: asked.partition,
        ..Default::default()
    };
    let found = context
        .broker
        .partitions
        .get(topic, asked.partition)
        .ok_or(ErrorCode::UnknownTopicOrPartition)
        .and_then(|partition| {
            partition
                .check_epoch(asked.current_leader_epoch)
                .map(|()| partition)
        })
        .map(|partition| partition.log.end_offset_for_epoch(asked.leader_epoch));
    match found {
        Ok(Some(EpochEnd { epoch, end_offset })) => {
            response.leader_epoch = epoch;
            response.end_offset = end_offset;
        }
        Ok(None) => {}
        Err(code) => response.error_code = code.code(),
    }
    response
}
