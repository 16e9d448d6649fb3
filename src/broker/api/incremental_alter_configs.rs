//! `IncrementalAlterConfigs` (44): sets, unsets, appends to and takes from single keys.

use std::ops::RangeInclusive;
use std::sync::Arc;

use super::{Context, Handler};
use crate::broker::controller::configs;
use crate::protocol::messages::{
    IncrementalAlterConfigsRequest, IncrementalAlterConfigsRequestResource,
    IncrementalAlterConfigsResponse, IncrementalAlterConfigsResponseResponse,
};

pub(super) struct IncrementalAlterConfigs;

impl Handler for IncrementalAlterConfigs {
    type Request = IncrementalAlterConfigsRequest;
    const VERSIONS: RangeInclusive<i16> = 0..=1;

    async fn handle(
        context: &mut Context<'_>,
        request: IncrementalAlterConfigsRequest,
    ) -> IncrementalAlterConfigsResponse {
        let request = Arc::new(request);
        let asked = Arc::clone(&request);
        let decided = context
            .broker
            .controller
            .decide(move |view, _| configs::decide_incremental(view, &asked));
        decided.await.unwrap_or_else(|error| {
            let response = |asked: &IncrementalAlterConfigsRequestResource| {
                IncrementalAlterConfigsResponseResponse {
                    error_code: error.code(),
                    resource_type: asked.resource_type,
                    resource_name: asked.resource_name.clone(),
                    ..IncrementalAlterConfigsResponseResponse::default()
                }
            };
            let responses = request.resources.iter().map(response).collect();
            IncrementalAlterConfigsResponse {
                responses,
                ..IncrementalAlterConfigsResponse::default()
            }
        })
    }
}
