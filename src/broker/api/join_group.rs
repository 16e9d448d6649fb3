//! `JoinGroup` (11): become a member of a classic group. Answered when the rebalance is complete.
//!
//! Version 4 made new members ask for an id first (KIP-394), 5 added static members (KIP-345), 7 the protocol type in the
//! answer, 8 the reason, 9 `skip_assignment` (KIP-814).

use std::ops::RangeInclusive;

use bytestring::ByteString;

use super::{Context, Handler};
use crate::protocol::messages::{JoinGroupRequest, JoinGroupResponse};

pub(super) struct JoinGroup;

/// The first version in which the protocol's name may be null.
const FIRST_WITH_NULL_NAME: i16 = 7;

impl Handler for JoinGroup {
    type Request = JoinGroupRequest;
    const VERSIONS: RangeInclusive<i16> = 0..=9;

    async fn handle(context: &mut Context<'_>, request: JoinGroupRequest) -> JoinGroupResponse {
        let member_id = request.member_id.clone();
        let answer = context
            .ask_coordinator(&request.group_id.clone(), request)
            .await;
        let mut response = answer.unwrap_or_else(|error| JoinGroupResponse {
            error_code: error.code(),
            member_id,
            ..Default::default()
        });
        if context.version < FIRST_WITH_NULL_NAME {
            response.protocol_name.get_or_insert_with(ByteString::new);
        }
        response
    }
}
