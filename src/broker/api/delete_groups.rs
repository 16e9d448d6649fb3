//! `DeleteGroups` (42): delete groups that have no members, with what they committed.

use std::collections::HashSet;
use std::ops::RangeInclusive;

use super::{Context, Handler};
use crate::broker::group::DeleteGroup;
use crate::protocol::ErrorCode;
use crate::protocol::messages::{
    DeleteGroupsRequest, DeleteGroupsResponse, DeleteGroupsResponseResult,
};

pub(super) struct DeleteGroups;

impl Handler for DeleteGroups {
    type Request = DeleteGroupsRequest;
    const VERSIONS: RangeInclusive<i16> = 0..=2;

    async fn handle(
        context: &mut Context<'_>,
        request: DeleteGroupsRequest,
    ) -> DeleteGroupsResponse {
        let mut seen = HashSet::new();
        let mut results = Vec::new();
        for id in request.groups_names {
            if !seen.insert(id.clone()) {
                continue;
            }
            let answer = context
                .ask_coordinator(&id.clone(), DeleteGroup(id.clone()))
                .await;
            results.push(DeleteGroupsResponseResult {
                group_id: id,
                error_code: answer.err().map_or(0, ErrorCode::code),
            });
        }
        DeleteGroupsResponse {
            results,
            ..Default::default()
        }
    }
}
