//! `OffsetFetch` (9): how far groups have come.
//!
//! Version 2 can ask for everything, 5 added the leader's epoch (KIP-320), 7 waits for open transactions (KIP-447), 8 asks
//! for several groups (KIP-709), 10 names topics by id (KIP-848).

use std::ops::RangeInclusive;

use super::{Context, Handler};
use crate::broker::group::FetchOffsets;
use crate::broker::metadata::Image;
use crate::protocol::ErrorCode;
use crate::protocol::messages::{
    OffsetFetchRequest, OffsetFetchRequestGroup, OffsetFetchRequestGroupTopic, OffsetFetchResponse,
    OffsetFetchResponseGroup, OffsetFetchResponseGroupTopic,
    OffsetFetchResponseGroupTopicPartition, OffsetFetchResponsePartition, OffsetFetchResponseTopic,
};

pub(super) struct OffsetFetch;

/// The first version that asks for several groups.
const FIRST_WITH_GROUPS: i16 = 8;
/// The first version that names topics by id alone.
const FIRST_WITH_IDS: i16 = 10;
/// The first version with an error for the group; before, each partition has it.
const FIRST_WITH_GROUP_ERROR: i16 = 2;

impl Handler for OffsetFetch {
    type Request = OffsetFetchRequest;
    const VERSIONS: RangeInclusive<i16> = 1..=10;

    async fn handle(context: &mut Context<'_>, request: OffsetFetchRequest) -> OffsetFetchResponse {
        if context.version < FIRST_WITH_GROUPS {
            return fetch_one(context, request).await;
        }
        let mut groups = Vec::with_capacity(request.groups.len());
        for group in request.groups {
            groups.push(if context.version >= FIRST_WITH_IDS {
                fetch_by_id(context, group).await
            } else {
                fetch(context, group).await
            });
        }
        OffsetFetchResponse {
            groups,
            ..Default::default()
        }
    }
}

/// The offsets of a group, for topics by name.
async fn fetch(context: &Context<'_>, group: OffsetFetchRequestGroup) -> OffsetFetchResponseGroup {
    let group_id = group.group_id.clone();
    let answer = context
        .ask_coordinator(&group_id.clone(), FetchOffsets(group))
        .await;
    answer.unwrap_or_else(|error| OffsetFetchResponseGroup {
        group_id,
        error_code: error.code(),
        ..Default::default()
    })
}

/// As [`fetch`], for topics by id.
async fn fetch_by_id(
    context: &Context<'_>,
    mut group: OffsetFetchRequestGroup,
) -> OffsetFetchResponseGroup {
    let image = context.broker.controller.image();
    let mut unknown = Vec::new();
    if let Some(topics) = group.topics.take() {
        let mut known = Vec::with_capacity(topics.len());
        for mut topic in topics {
            if let Some(found) = image.topic_by_id(topic.topic_id) {
                topic.name = (&*found.name).into();
                known.push(topic);
            } else {
                unknown.push(unknown_topic(&topic));
            }
        }
        group.topics = Some(known);
    }
    let mut response = fetch(context, group).await;
    response
        .topics
        .retain_mut(|topic| name_by_id(topic, &image));
    response.topics.extend(unknown);
    response
}

/// Sees to the id, which is missing where everything was asked for. False for a topic that is gone.
fn name_by_id(topic: &mut OffsetFetchResponseGroupTopic, image: &Image) -> bool {
    let Some(found) = image.topic(&topic.name) else {
        return false;
    };
    topic.topic_id = found.id;
    true
}

fn unknown_topic(topic: &OffsetFetchRequestGroupTopic) -> OffsetFetchResponseGroupTopic {
    let unknown = |partition: &i32| OffsetFetchResponseGroupTopicPartition {
        partition_index: *partition,
        committed_offset: -1,
        metadata: Some("".into()),
        error_code: ErrorCode::UnknownTopicId.code(),
        ..Default::default()
    };
    OffsetFetchResponseGroupTopic {
        topic_id: topic.topic_id,
        partitions: topic.partition_indexes.iter().map(unknown).collect(),
        ..Default::default()
    }
}

/// Up to version 7: one group, in the form of that time.
async fn fetch_one(context: &Context<'_>, request: OffsetFetchRequest) -> OffsetFetchResponse {
    let topics = request.topics.map(|topics| {
        let convert = |topic: crate::protocol::messages::OffsetFetchRequestTopic| {
            OffsetFetchRequestGroupTopic {
                name: topic.name,
                partition_indexes: topic.partition_indexes,
                ..Default::default()
            }
        };
        topics.into_iter().map(convert).collect::<Vec<_>>()
    });
    let asked = topics.clone().unwrap_or_default();
    let group = OffsetFetchRequestGroup {
        group_id: request.group_id,
        topics,
        ..Default::default()
    };
    let group = fetch(context, group).await;
    if group.error_code == 0 {
        return OffsetFetchResponse {
            topics: group.topics.into_iter().map(old_topic).collect(),
            ..Default::default()
        };
    }
    if context.version >= FIRST_WITH_GROUP_ERROR {
        return OffsetFetchResponse {
            error_code: group.error_code,
            ..Default::default()
        };
    }
    let failed = |topic: &OffsetFetchRequestGroupTopic| {
        let mut topic = unknown_topic(topic);
        for partition in &mut topic.partitions {
            partition.error_code = group.error_code;
        }
        topic
    };
    let topics = asked.iter().map(|topic| OffsetFetchResponseTopic {
        name: topic.name.clone(),
        ..old_topic(failed(topic))
    });
    OffsetFetchResponse {
        topics: topics.collect(),
        ..Default::default()
    }
}

fn old_topic(topic: OffsetFetchResponseGroupTopic) -> OffsetFetchResponseTopic {
    let convert =
        |partition: OffsetFetchResponseGroupTopicPartition| OffsetFetchResponsePartition {
            partition_index: partition.partition_index,
            committed_offset: partition.committed_offset,
            committed_leader_epoch: partition.committed_leader_epoch,
            metadata: partition.metadata,
            error_code: partition.error_code,
        };
    OffsetFetchResponseTopic {
        name: topic.name,
        partitions: topic.partitions.into_iter().map(convert).collect(),
    }
}
