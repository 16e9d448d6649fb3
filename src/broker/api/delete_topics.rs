//! `DeleteTopics` (20), from v6 also by id. The files go `file.delete.delay.ms` later.

use std::ops::RangeInclusive;
use std::sync::Arc;

use super::{Context, Handler};
use crate::broker::controller::topics::delete;
use crate::protocol::messages::{
    DeleteTopicsRequest, DeleteTopicsResponse, DeleteTopicsResponseTopic,
};

pub(super) struct DeleteTopics;

impl Handler for DeleteTopics {
    type Request = DeleteTopicsRequest;
    const VERSIONS: RangeInclusive<i16> = 1..=6;

    async fn handle(
        context: &mut Context<'_>,
        request: DeleteTopicsRequest,
    ) -> DeleteTopicsResponse {
        let (request, version) = (Arc::new(request), context.version);
        let asked = Arc::clone(&request);
        let decided = context
            .broker
            .controller
            .decide(move |view, _| delete::decide(view, &asked, version));
        decided.await.unwrap_or_else(|error| {
            let topic = |name, topic_id| DeleteTopicsResponseTopic {
                name,
                topic_id,
                error_code: error.code(),
                ..DeleteTopicsResponseTopic::default()
            };
            let by_name = request
                .topic_names
                .iter()
                .map(|name| topic(Some(name.clone()), crate::protocol::Uuid::ZERO));
            let asked = request
                .topics
                .iter()
                .map(|asked| topic(asked.name.clone(), asked.topic_id));
            DeleteTopicsResponse {
                responses: by_name.chain(asked).collect(),
                ..DeleteTopicsResponse::default()
            }
        })
    }
}
