//! `AlterConfigs` (33): replaces everything that is set on a resource.

use std::ops::RangeInclusive;
use std::sync::Arc;

use super::{Context, Handler};
use crate::broker::controller::configs;
use crate::protocol::messages::{
    AlterConfigsRequest, AlterConfigsRequestResource, AlterConfigsResponse,
    AlterConfigsResponseResponse,
};

pub(super) struct AlterConfigs;

impl Handler for AlterConfigs {
    type Request = AlterConfigsRequest;
    const VERSIONS: RangeInclusive<i16> = 0..=2;

    async fn handle(
        context: &mut Context<'_>,
        request: AlterConfigsRequest,
    ) -> AlterConfigsResponse {
        let request = Arc::new(request);
        let asked = Arc::clone(&request);
        let decided = context
            .broker
            .controller
            .decide(move |view, _| configs::decide_whole(view, &asked));
        decided.await.unwrap_or_else(|error| {
            let response = |asked: &AlterConfigsRequestResource| AlterConfigsResponseResponse {
                error_code: error.code(),
                resource_type: asked.resource_type,
                resource_name: asked.resource_name.clone(),
                ..AlterConfigsResponseResponse::default()
            };
            let responses = request.resources.iter().map(response).collect();
            AlterConfigsResponse {
                responses,
                ..AlterConfigsResponse::default()
            }
        })
    }
}
