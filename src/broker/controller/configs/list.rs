//! `ListConfigResources`: what has a configuration of its own.

use std::collections::BTreeSet;

use crate::broker::controller::View;
use crate::protocol::ErrorCode;
use crate::protocol::config::ResourceType;
use crate::protocol::messages::{
    ListConfigResourcesRequest, ListConfigResourcesResponse,
    ListConfigResourcesResponseConfigResource,
};

/// Every type, in the order in which Kafka lists them.
const TYPES: [ResourceType; 5] = [
    ResourceType::Group,
    ResourceType::ClientMetrics,
    ResourceType::BrokerLogger,
    ResourceType::Broker,
    ResourceType::Topic,
];

/// Answers a request of this version; version 0 knows client metrics only.
pub fn answer(
    view: View<'_>,
    request: &ListConfigResourcesRequest,
    version: i16,
) -> ListConfigResourcesResponse {
    let mut response = ListConfigResourcesResponse::default();
    let wanted: BTreeSet<i8> = match version {
        0 => BTreeSet::from([ResourceType::ClientMetrics.code()]),
        _ => request.resource_types.iter().copied().collect(),
    };
    if wanted
        .iter()
        .any(|code| ResourceType::from_code(*code).is_none())
    {
        response.error_code = ErrorCode::UnsupportedVersion.code();
        return response;
    }
    for kind in TYPES
        .into_iter()
        .filter(|kind| wanted.is_empty() || wanted.contains(&kind.code()))
    {
        response
            .config_resources
            .extend(names(view, kind).into_iter().map(|name| {
                ListConfigResourcesResponseConfigResource {
                    resource_name: name.into(),
                    resource_type: kind.code(),
                }
            }));
    }
    response
}

/// Topics and brokers always have one; what else has, has it only once something is set.
fn names(view: View<'_>, kind: ResourceType) -> BTreeSet<String> {
    match kind {
        ResourceType::Topic => view
            .image
            .topics()
            .map(|topic| topic.name.to_string())
            .collect(),
        ResourceType::Broker | ResourceType::BrokerLogger => view
            .image
            .brokers()
            .map(|broker| broker.id.to_string())
            .collect(),
        ResourceType::ClientMetrics | ResourceType::Group => {
            let of_kind = view
                .image
                .configured_resources()
                .filter(|resource| resource.kind == kind);
            of_kind.map(|resource| resource.name.clone()).collect()
        }
    }
}
