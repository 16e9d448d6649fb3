//! `OffsetCommit` (8): how far a group has come.
//!
//! Versions 2 to 4 may choose how long to keep it; 6 added the leader's epoch (KIP-320), 7 static members (KIP-345); 9
//! tells of groups that do not exist; 10 names topics by id (KIP-848).

use std::ops::RangeInclusive;

use super::{Context, Handler};
use crate::broker::metadata::Topic;
use crate::protocol::ErrorCode;
use crate::protocol::messages::{
    OffsetCommitRequest, OffsetCommitRequestPartition, OffsetCommitRequestTopic,
    OffsetCommitResponse, OffsetCommitResponsePartition, OffsetCommitResponseTopic,
};

pub(super) struct OffsetCommit;

/// The first version that names topics by id alone.
const FIRST_WITH_IDS: i16 = 10;

impl Handler for OffsetCommit {
    type Request = OffsetCommitRequest;
    const VERSIONS: RangeInclusive<i16> = 2..=10;

    async fn handle(
        context: &mut Context<'_>,
        request: OffsetCommitRequest,
    ) -> OffsetCommitResponse {
        let image = context.broker.controller.image();
        let mut response = OffsetCommitResponse::default();
        let mut to_commit = Vec::new();
        for topic in request.topics {
            let found = if context.version >= FIRST_WITH_IDS {
                image
                    .topic_by_id(topic.topic_id)
                    .ok_or(ErrorCode::UnknownTopicId)
            } else {
                image
                    .topic(&topic.name)
                    .ok_or(ErrorCode::UnknownTopicOrPartition)
            };
            match found {
                Ok(found) => to_commit.push(existing(topic, found, &mut response)),
                Err(error) => response.topics.push(refused(topic, error)),
            }
        }
        to_commit.retain(|topic| !topic.partitions.is_empty());
        if to_commit.is_empty() {
            return response;
        }
        let commit = OffsetCommitRequest {
            topics: to_commit.clone(),
            ..request
        };
        let answer = context
            .ask_coordinator(&commit.group_id.clone(), commit)
            .await;
        let committed = match answer {
            Ok(committed) => committed.topics,
            Err(error) => to_commit
                .into_iter()
                .map(|topic| refused(topic, error))
                .collect(),
        };
        for topic in committed {
            add(&mut response, topic, context.version);
        }
        response
    }
}

/// The topic with its name and id, and only those of its partitions that exist; the others are refused.
fn existing(
    topic: OffsetCommitRequestTopic,
    found: &Topic,
    response: &mut OffsetCommitResponse,
) -> OffsetCommitRequestTopic {
    let exists = |partition: &OffsetCommitRequestPartition| {
        found.partitions.contains_key(&partition.partition_index)
    };
    let (known, unknown): (Vec<_>, Vec<_>) = topic.partitions.into_iter().partition(exists);
    if !unknown.is_empty() {
        let topic = OffsetCommitRequestTopic {
            name: topic.name.clone(),
            topic_id: topic.topic_id,
            partitions: unknown,
        };
        response
            .topics
            .push(refused(topic, ErrorCode::UnknownTopicOrPartition));
    }
    OffsetCommitRequestTopic {
        name: (&*found.name).into(),
        topic_id: found.id,
        partitions: known,
    }
}

fn refused(topic: OffsetCommitRequestTopic, error: ErrorCode) -> OffsetCommitResponseTopic {
    let refuse = |partition: OffsetCommitRequestPartition| OffsetCommitResponsePartition {
        partition_index: partition.partition_index,
        error_code: error.code(),
    };
    OffsetCommitResponseTopic {
        name: topic.name,
        topic_id: topic.topic_id,
        partitions: topic.partitions.into_iter().map(refuse).collect(),
    }
}

/// Adds a topic's result, to those of its partitions that were refused if there are any.
fn add(response: &mut OffsetCommitResponse, topic: OffsetCommitResponseTopic, version: i16) {
    let is_same = |other: &&mut OffsetCommitResponseTopic| {
        if version >= FIRST_WITH_IDS {
            other.topic_id == topic.topic_id
        } else {
            other.name == topic.name
        }
    };
    match response.topics.iter_mut().find(is_same) {
        Some(other) => other.partitions.extend(topic.partitions),
        None => response.topics.push(topic),
    }
}
