//! Topics that the broker keeps for itself, and how it creates topics that nobody asked it to create.

use std::sync::Arc;

use super::Broker;
use super::config::BrokerConfig;
use super::controller::topics::create;
use crate::protocol::ErrorCode;
use crate::protocol::messages::{
    CreateTopicsRequest, CreateTopicsRequestConfig, CreateTopicsRequestTopic,
    CreateTopicsResponseTopic,
};

/// Where group coordinators keep their groups.
pub const CONSUMER_OFFSETS: &str = "__consumer_offsets";
/// Where transaction coordinators keep their transactions.
pub const TRANSACTION_STATE: &str = "__transaction_state";
/// Where share coordinators keep what was delivered.
pub const SHARE_GROUP_STATE: &str = "__share_group_state";

/// Whether clients are told that a topic is not for them (`Topic.isInternal`).
pub fn is_internal(name: &str) -> bool {
    matches!(
        name,
        CONSUMER_OFFSETS | TRANSACTION_STATE | SHARE_GROUP_STATE
    )
}

/// Creates topics with the broker's own settings, unless they exist (`AutoTopicCreationManager`).
///
/// # Errors
/// When the controller cannot decide; what became of each topic is in the answer.
pub async fn create_missing(
    broker: &Arc<Broker>,
    names: &[String],
) -> Result<Vec<CreateTopicsResponseTopic>, ErrorCode> {
    let topics = names
        .iter()
        .map(|name| wanted(&broker.config, name))
        .collect();
    let request = CreateTopicsRequest {
        topics,
        ..CreateTopicsRequest::default()
    };
    let decided = broker
        .controller
        .decide(move |view, chance| create::decide(view, &request, chance));
    decided.await.map(|response| response.topics)
}

fn wanted(config: &BrokerConfig, name: &str) -> CreateTopicsRequestTopic {
    let set = |name: &str, value: &str| CreateTopicsRequestConfig {
        name: name.into(),
        value: Some(value.into()),
    };
    let (num_partitions, replication_factor, configs) = if name == CONSUMER_OFFSETS {
        let segment_bytes = config.offsets_topic.segment_bytes.to_string();
        let configs = vec![
            set("cleanup.policy", "compact"),
            set("compression.type", "producer"),
            set("segment.bytes", &segment_bytes),
        ];
        (
            config.offsets_topic.num_partitions,
            config.offsets_topic.replication_factor,
            configs,
        )
    } else {
        (
            config.num_partitions,
            config.default_replication_factor,
            Vec::new(),
        )
    };
    CreateTopicsRequestTopic {
        name: name.into(),
        num_partitions,
        replication_factor,
        configs,
        ..CreateTopicsRequestTopic::default()
    }
}
