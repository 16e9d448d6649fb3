//! `DescribeConfigs` (32): what topics and brokers are set to, and why.

use std::ops::RangeInclusive;

use super::{Context, Handler};
use crate::broker::controller::configs::describe;
use crate::protocol::messages::{DescribeConfigsRequest, DescribeConfigsResponse};

pub(super) struct DescribeConfigs;

impl Handler for DescribeConfigs {
    type Request = DescribeConfigsRequest;
    const VERSIONS: RangeInclusive<i16> = 1..=4;

    async fn handle(
        context: &mut Context<'_>,
        request: DescribeConfigsRequest,
    ) -> DescribeConfigsResponse {
        context
            .broker
            .controller
            .read(|view| describe::answer(view, &request))
    }
}
