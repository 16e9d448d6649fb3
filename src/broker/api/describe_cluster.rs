//! `DescribeCluster` (60): the brokers, from v2 also the fenced ones.

use std::ops::RangeInclusive;

use super::{Context, Handler};
use crate::broker::authorizer::CLUSTER_OPERATIONS;
use crate::broker::metadata::{BrokerRegistration, Image};
use crate::protocol::ErrorCode;
use crate::protocol::messages::{
    DescribeClusterRequest, DescribeClusterResponse, DescribeClusterResponseBroker,
};

/// The endpoint types of a request.
const BROKERS: i8 = 1;
const CONTROLLERS: i8 = 2;

pub(super) struct DescribeCluster;

impl Handler for DescribeCluster {
    type Request = DescribeClusterRequest;
    const VERSIONS: RangeInclusive<i16> = 0..=2;

    async fn handle(
        context: &mut Context<'_>,
        request: DescribeClusterRequest,
    ) -> DescribeClusterResponse {
        let image = context.broker.controller.image();
        answer(
            &image,
            context.broker.config.node_id,
            &context.session.listener,
            &request,
        )
    }
}

fn answer(
    image: &Image,
    node_id: i32,
    listener: &str,
    request: &DescribeClusterRequest,
) -> DescribeClusterResponse {
    let refused = |error: ErrorCode, message: String| DescribeClusterResponse {
        error_code: error.code(),
        error_message: Some(message.into()),
        ..DescribeClusterResponse::default()
    };
    match request.endpoint_type {
        BROKERS => {}
        CONTROLLERS => {
            let words = "The request was sent to an endpoint of type BROKER, but we wanted an endpoint of type CONTROLLER";
            return refused(ErrorCode::MismatchedEndpointType, words.to_owned());
        }
        other => {
            return refused(
                ErrorCode::UnsupportedEndpointType,
                format!("Unsupported endpoint type {other}"),
            );
        }
    }
    let broker = |broker: &BrokerRegistration| {
        let endpoint = broker.endpoint(listener)?;
        Some(DescribeClusterResponseBroker {
            broker_id: broker.id,
            host: endpoint.host.as_str().into(),
            port: endpoint.port.into(),
            rack: broker.rack.as_deref().map(Into::into),
            is_fenced: broker.fenced,
        })
    };
    let told = image
        .brokers()
        .filter(|broker| request.include_fenced_brokers || !broker.fenced);
    let mut response = DescribeClusterResponse {
        cluster_id: (&*image.cluster_id).into(),
        controller_id: node_id,
        brokers: told.filter_map(broker).collect(),
        ..DescribeClusterResponse::default()
    };
    if request.include_cluster_authorized_operations {
        response.cluster_authorized_operations = CLUSTER_OPERATIONS;
    }
    response
}

#[cfg(test)]
mod tests {
    use super::super::tests::image;
    use super::*;

    #[test]
    fn live_brokers_are_told_and_fenced_ones_on_request() {
        let request = DescribeClusterRequest::default();
        let response = answer(&image(), 1, "PLAINTEXT", &request);
        assert_eq!(
            (
                response.error_code,
                &*response.cluster_id,
                response.controller_id
            ),
            (0, "cluster", 1)
        );
        assert_eq!(
            response
                .brokers
                .iter()
                .map(|broker| (broker.broker_id, broker.port))
                .collect::<Vec<_>>(),
            [(1, 9092)]
        );
        assert_eq!(response.cluster_authorized_operations, i32::MIN);
        let request = DescribeClusterRequest {
            include_fenced_brokers: true,
            include_cluster_authorized_operations: true,
            ..request
        };
        let response = answer(&image(), 1, "PLAINTEXT", &request);
        assert_eq!(
            response
                .brokers
                .iter()
                .map(|broker| broker.is_fenced)
                .collect::<Vec<_>>(),
            [false, true]
        );
        assert_eq!(response.cluster_authorized_operations, CLUSTER_OPERATIONS);
    }

    #[test]
    fn other_endpoint_types_are_refused() {
        for (endpoint_type, code, words) in [
            (
                2,
                114,
                "The request was sent to an endpoint of type BROKER, but we wanted an endpoint of type CONTROLLER",
            ),
            (3, 115, "Unsupported endpoint type 3"),
        ] {
            let request = DescribeClusterRequest {
                endpoint_type,
                ..DescribeClusterRequest::default()
            };
            let response = answer(&image(), 1, "PLAINTEXT", &request);
            assert_eq!(
                (response.error_code, response.error_message.as_deref()),
                (code, Some(words))
            );
        }
    }
}
