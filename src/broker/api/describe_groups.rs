//! `DescribeGroups` (15): state and members of classic groups.
//!
//! Until version 5 a group that does not exist is one in state `Dead`; from 6 on it is an error, too.

use std::ops::RangeInclusive;

use bytestring::ByteString;

use super::{Context, Handler};
use crate::broker::authorizer::GROUP_OPERATIONS;
use crate::broker::group::DescribeGroup;
use crate::protocol::ErrorCode;
use crate::protocol::messages::{
    DescribeGroupsRequest, DescribeGroupsResponse, DescribeGroupsResponseGroup,
};

pub(super) struct DescribeGroups;

/// The first version in which a missing group is an error.
const FIRST_WITH_NOT_FOUND: i16 = 6;

impl Handler for DescribeGroups {
    type Request = DescribeGroupsRequest;
    const VERSIONS: RangeInclusive<i16> = 0..=6;

    async fn handle(
        context: &mut Context<'_>,
        request: DescribeGroupsRequest,
    ) -> DescribeGroupsResponse {
        let mut groups = Vec::with_capacity(request.groups.len());
        for id in request.groups {
            let answer = context
                .ask_coordinator(&id.clone(), DescribeGroup(id.clone()))
                .await;
            let mut group = answer.unwrap_or_else(|error| unavailable(id, error, context.version));
            if request.include_authorized_operations && group.error_code == ErrorCode::None.code() {
                group.authorized_operations = GROUP_OPERATIONS;
            }
            groups.push(group);
        }
        DescribeGroupsResponse {
            groups,
            ..Default::default()
        }
    }
}

fn unavailable(id: ByteString, error: ErrorCode, version: i16) -> DescribeGroupsResponseGroup {
    let unknown = DescribeGroupsResponseGroup {
        group_state: ByteString::from_static("Dead"),
        ..Default::default()
    };
    match error {
        ErrorCode::GroupIdNotFound if version < FIRST_WITH_NOT_FOUND => {
            DescribeGroupsResponseGroup {
                group_id: id,
                ..unknown
            }
        }
        ErrorCode::GroupIdNotFound => DescribeGroupsResponseGroup {
            error_code: error.code(),
            error_message: Some(format!("Group {id} not found.").into()),
            group_id: id,
            ..unknown
        },
        _ => DescribeGroupsResponseGroup {
            error_code: error.code(),
            group_id: id,
            ..Default::default()
        },
    }
}
