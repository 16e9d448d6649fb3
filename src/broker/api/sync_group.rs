//! `SyncGroup` (14): get the assignment; the leader brings those of all members. Answered when the leader's has come.
//!
//! Version 3 added static members (KIP-345), 5 the protocol, which then has to be the group's.

use std::ops::RangeInclusive;

use super::{Context, Handler};
use crate::protocol::ErrorCode;
use crate::protocol::messages::{SyncGroupRequest, SyncGroupResponse};

pub(super) struct SyncGroup;

/// The first version that names the protocol.
const FIRST_WITH_PROTOCOL: i16 = 5;

impl Handler for SyncGroup {
    type Request = SyncGroupRequest;
    const VERSIONS: RangeInclusive<i16> = 0..=5;

    async fn handle(context: &mut Context<'_>, request: SyncGroupRequest) -> SyncGroupResponse {
        let names_protocol = request.protocol_type.is_some() && request.protocol_name.is_some();
        let answer = if context.version >= FIRST_WITH_PROTOCOL && !names_protocol {
            Err(ErrorCode::InconsistentGroupProtocol)
        } else {
            context
                .ask_coordinator(&request.group_id.clone(), request)
                .await
        };
        answer.unwrap_or_else(|error| SyncGroupResponse {
            error_code: error.code(),
            ..Default::default()
        })
    }
}
