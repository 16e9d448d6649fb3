//! `OffsetDelete` (47): forget what a group committed for some partitions (KIP-496).

use std::ops::RangeInclusive;

use super::{Context, Handler};
use crate::protocol::ErrorCode;
use crate::protocol::messages::{
    OffsetDeleteRequest, OffsetDeleteRequestPartition, OffsetDeleteRequestTopic,
    OffsetDeleteResponse, OffsetDeleteResponsePartition, OffsetDeleteResponseTopic,
};

pub(super) struct OffsetDelete;

impl Handler for OffsetDelete {
    type Request = OffsetDeleteRequest;
    const VERSIONS: RangeInclusive<i16> = 0..=0;

    async fn handle(
        context: &mut Context<'_>,
        request: OffsetDeleteRequest,
    ) -> OffsetDeleteResponse {
        let image = context.broker.controller.image();
        let (mut known, mut unknown) = (Vec::new(), Vec::new());
        for topic in request.topics {
            let found = image.topic(&topic.name);
            let exists = |partition: &OffsetDeleteRequestPartition| {
                found.is_some_and(|found| found.partitions.contains_key(&partition.partition_index))
            };
            let (there, missing): (Vec<_>, Vec<_>) = topic.partitions.into_iter().partition(exists);
            if !missing.is_empty() {
                unknown.push(missing_topic(topic.name.clone(), missing));
            }
            if !there.is_empty() {
                known.push(OffsetDeleteRequestTopic {
                    name: topic.name,
                    partitions: there,
                });
            }
        }
        let group_id = request.group_id;
        let request = OffsetDeleteRequest {
            group_id: group_id.clone(),
            topics: known,
        };
        match context.ask_coordinator(&group_id, request).await {
            Ok(mut response) => {
                for topic in unknown {
                    match response
                        .topics
                        .iter_mut()
                        .find(|other| other.name == topic.name)
                    {
                        Some(other) => other.partitions.extend(topic.partitions),
                        None => response.topics.push(topic),
                    }
                }
                response
            }
            Err(error) => OffsetDeleteResponse {
                error_code: error.code(),
                ..Default::default()
            },
        }
    }
}

fn missing_topic(
    name: bytestring::ByteString,
    partitions: Vec<OffsetDeleteRequestPartition>,
) -> OffsetDeleteResponseTopic {
    let missing = |partition: OffsetDeleteRequestPartition| OffsetDeleteResponsePartition {
        partition_index: partition.partition_index,
        error_code: ErrorCode::UnknownTopicOrPartition.code(),
    };
    OffsetDeleteResponseTopic {
        name,
        partitions: partitions.into_iter().map(missing).collect(),
    }
}
