//! `FindCoordinator` (10): which broker coordinates a group. The topic that groups are kept in is created when the first
//! one is asked for.
//!
//! Version 1 can ask for transactional ids, 4 for several at once (KIP-699), 6 for share groups (KIP-932).

use std::ops::RangeInclusive;

use bytestring::ByteString;

use super::{Context, Handler};
use crate::broker::coordinator::partition_for;
use crate::broker::internal_topics::{CONSUMER_OFFSETS, create_missing};
use crate::broker::metadata::{Image, Topic};
use crate::protocol::ErrorCode;
use crate::protocol::messages::{
    FindCoordinatorRequest, FindCoordinatorResponse, FindCoordinatorResponseCoordinator,
};

pub(super) struct FindCoordinator;

/// The first version that asks for several.
const FIRST_WITH_KEYS: i16 = 4;

const GROUP: i8 = 0;
const TRANSACTION: i8 = 1;

/// Why there is no coordinator.
struct Refusal {
    code: ErrorCode,
    message: &'static str,
}

impl From<ErrorCode> for Refusal {
    fn from(code: ErrorCode) -> Self {
        let message = code.message();
        Self { code, message }
    }
}

impl Handler for FindCoordinator {
    type Request = FindCoordinatorRequest;
    const VERSIONS: RangeInclusive<i16> = 0..=6;

    async fn handle(
        context: &mut Context<'_>,
        request: FindCoordinatorRequest,
    ) -> FindCoordinatorResponse {
        if context.version >= FIRST_WITH_KEYS {
            let mut coordinators = Vec::with_capacity(request.coordinator_keys.len());
            for key in request.coordinator_keys {
                let found = find(context, request.key_type, &key).await;
                coordinators.push(coordinator(key, found, ""));
            }
            return FindCoordinatorResponse {
                coordinators,
                ..Default::default()
            };
        }
        let found = find(context, request.key_type, &request.key).await;
        let found = coordinator(request.key, found, "NONE");
        FindCoordinatorResponse {
            error_code: found.error_code,
            error_message: found.error_message,
            node_id: found.node_id,
            host: found.host,
            port: found.port,
            ..Default::default()
        }
    }
}

/// A broker and where this client reaches it.
struct Node {
    id: i32,
    host: ByteString,
    port: i32,
}

/// `success` is what Kafka says where there is nothing to say.
fn coordinator(
    key: ByteString,
    found: Result<Node, Refusal>,
    success: &'static str,
) -> FindCoordinatorResponseCoordinator {
    match found {
        Ok(node) => FindCoordinatorResponseCoordinator {
            key,
            node_id: node.id,
            host: node.host,
            port: node.port,
            error_code: ErrorCode::None.code(),
            error_message: Some(ByteString::from_static(success)),
        },
        Err(refusal) => FindCoordinatorResponseCoordinator {
            key,
            node_id: -1,
            host: ByteString::new(),
            port: -1,
            error_code: refusal.code.code(),
            error_message: Some(ByteString::from_static(refusal.message)),
        },
    }
}

async fn find(context: &Context<'_>, key_type: i8, key: &str) -> Result<Node, Refusal> {
    match key_type {
        GROUP => {}
        TRANSACTION => {
            return Err(Refusal {
                code: ErrorCode::UnsupportedVersion,
                message: "This broker does not support transactions yet.",
            });
        }
        _ => return Err(ErrorCode::InvalidRequest.into()),
    }
    let mut image = context.broker.controller.image();
    if image.topic(CONSUMER_OFFSETS).is_none() {
        create_offsets_topic(context).await?;
        image = context.broker.controller.image();
    }
    let topic = image
        .topic(CONSUMER_OFFSETS)
        .ok_or(ErrorCode::CoordinatorNotAvailable)?;
    node(&image, topic, key, &context.session.listener)
        .ok_or(ErrorCode::CoordinatorNotAvailable.into())
}

/// The leader of the partition that keeps `key`, as it is reached through `listener`.
fn node(image: &Image, topic: &Topic, key: &str, listener: &str) -> Option<Node> {
    let count = i32::try_from(topic.partitions.len()).ok()?;
    let leader = topic.partitions.get(&partition_for(key, count))?.leader?;
    let endpoint = image.broker(leader)?.endpoint(listener)?;
    Some(Node {
        id: leader,
        host: endpoint.host.as_str().into(),
        port: endpoint.port.into(),
    })
}

/// # Errors
/// [`ErrorCode::CoordinatorNotAvailable`] as long as it cannot be created, for example for want of brokers.
async fn create_offsets_topic(context: &Context<'_>) -> Result<(), ErrorCode> {
    let created = create_missing(context.broker, &[CONSUMER_OFFSETS.to_owned()]).await;
    let error = match created {
        Ok(topics) => topics.first().map_or(0, |topic| topic.error_code).into(),
        Err(error) => error,
    };
    match error {
        // Somebody else may have asked at the same time.
        ErrorCode::None | ErrorCode::TopicAlreadyExists => Ok(()),
        error => {
            tracing::warn!(error = error.name(), "cannot create {CONSUMER_OFFSETS}");
            Err(ErrorCode::CoordinatorNotAvailable)
        }
    }
}
