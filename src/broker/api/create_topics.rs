//! `CreateTopics` (19). From v4 -1 stands for the broker's defaults, from v5 the answer tells what came of them, from v7
//! the topic's id.

use std::ops::RangeInclusive;
use std::sync::Arc;

use super::{Context, Handler};
use crate::broker::controller::topics::create;
use crate::protocol::messages::{
    CreateTopicsRequest, CreateTopicsResponse, CreateTopicsResponseTopic,
};

pub(super) struct CreateTopics;

impl Handler for CreateTopics {
    type Request = CreateTopicsRequest;
    const VERSIONS: RangeInclusive<i16> = 2..=7;

    async fn handle(
        context: &mut Context<'_>,
        request: CreateTopicsRequest,
    ) -> CreateTopicsResponse {
        let request = Arc::new(request);
        let asked = Arc::clone(&request);
        let decided = context
            .broker
            .controller
            .decide(move |view, chance| create::decide(view, &asked, chance));
        decided.await.unwrap_or_else(|error| {
            let topic = |name: &bytestring::ByteString| CreateTopicsResponseTopic {
                name: name.clone(),
                error_code: error.code(),
                ..CreateTopicsResponseTopic::default()
            };
            let topics = request
                .topics
                .iter()
                .map(|asked| topic(&asked.name))
                .collect();
            CreateTopicsResponse {
                topics,
                ..CreateTopicsResponse::default()
            }
        })
    }
}
