//! `CreatePartitions` (37): more partitions for a topic.

use std::ops::RangeInclusive;
use std::sync::Arc;

use super::{Context, Handler};
use crate::broker::controller::topics::partitions;
use crate::protocol::messages::{
    CreatePartitionsRequest, CreatePartitionsRequestTopic, CreatePartitionsResponse,
    CreatePartitionsResponseResult,
};

pub(super) struct CreatePartitions;

impl Handler for CreatePartitions {
    type Request = CreatePartitionsRequest;
    const VERSIONS: RangeInclusive<i16> = 0..=3;

    async fn handle(
        context: &mut Context<'_>,
        request: CreatePartitionsRequest,
    ) -> CreatePartitionsResponse {
        let request = Arc::new(request);
        let asked = Arc::clone(&request);
        let decided = context
            .broker
            .controller
            .decide(move |view, chance| partitions::decide(view, &asked, chance));
        decided.await.unwrap_or_else(|error| {
            let result = |asked: &CreatePartitionsRequestTopic| CreatePartitionsResponseResult {
                name: asked.name.clone(),
                error_code: error.code(),
                ..CreatePartitionsResponseResult::default()
            };
            let results = request.topics.iter().map(result).collect();
            CreatePartitionsResponse {
                results,
                ..CreatePartitionsResponse::default()
            }
        })
    }
}
