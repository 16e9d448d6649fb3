//! `ListConfigResources` (74): what has a configuration of its own. Version 0 is `ListClientMetricsResources`.

use std::ops::RangeInclusive;

use super::{Context, Handler};
use crate::broker::controller::configs::list;
use crate::protocol::messages::{ListConfigResourcesRequest, ListConfigResourcesResponse};

pub(super) struct ListConfigResources;

impl Handler for ListConfigResources {
    type Request = ListConfigResourcesRequest;
    const VERSIONS: RangeInclusive<i16> = 0..=1;

    async fn handle(
        context: &mut Context<'_>,
        request: ListConfigResourcesRequest,
    ) -> ListConfigResourcesResponse {
        let version = context.version;
        context
            .broker
            .controller
            .read(|view| list::answer(view, &request, version))
    }
}
