//! `ListGroups` (16): the groups that this broker coordinates.
//!
//! Version 4 can ask for states (KIP-518), 5 for types (KIP-848).

use std::ops::RangeInclusive;

use super::{Context, Handler};
use crate::broker::group;
use crate::protocol::messages::{ListGroupsRequest, ListGroupsResponse};

pub(super) struct ListGroups;

impl Handler for ListGroups {
    type Request = ListGroupsRequest;
    const VERSIONS: RangeInclusive<i16> = 0..=5;

    async fn handle(context: &mut Context<'_>, request: ListGroupsRequest) -> ListGroupsResponse {
        let wanted = group::ListGroups {
            states: request.states_filter,
            types: request.types_filter,
        };
        let broker = context.broker;
        match broker.groups.list(&broker.partitions, &wanted).await {
            Ok(groups) => ListGroupsResponse {
                groups,
                ..Default::default()
            },
            Err(error) => ListGroupsResponse {
                error_code: error.code(),
                ..Default::default()
            },
        }
    }
}
