//! `DescribeConfigs` (32): what topics and brokers are set to, and why.

use std::ops::RangeInclusive;
use std::sync::Arc;

use super::{Context, Handler};
use crate::broker::controller::Decision;
use crate::broker::controller::configs::describe;
use crate::protocol::messages::{
    DescribeConfigsRequest, DescribeConfigsRequestResource, DescribeConfigsResponse,
    DescribeConfigsResponseResult,
};

pub(super) struct DescribeConfigs;

impl Handler for DescribeConfigs {
    type Request = DescribeConfigsRequest;
    const VERSIONS: RangeInclusive<i16> = 1..=4;

    async fn handle(
        context: &mut Context<'_>,
        request: DescribeConfigsRequest,
    ) -> DescribeConfigsResponse {
        let request = Arc::new(request);
        let asked = Arc::clone(&request);
        let answered = context
            .broker
            .controller
            .decide(move |view, _| Decision::only(describe::answer(view, &asked)));
        answered.await.unwrap_or_else(|error| {
            let result = |asked: &DescribeConfigsRequestResource| DescribeConfigsResponseResult {
                error_code: error.code(),
                resource_type: asked.resource_type,
                resource_name: asked.resource_name.clone(),
                ..DescribeConfigsResponseResult::default()
            };
            let results = request.resources.iter().map(result).collect();
            DescribeConfigsResponse {
                results,
                ..DescribeConfigsResponse::default()
            }
        })
    }
}
