//! `LeaveGroup` (13): members go, or are sent away by an administrator.
//!
//! Version 3 takes several members, static ones by their instance id (KIP-345), and answers each; 5 added the reason.

use std::ops::RangeInclusive;

use super::{Context, Handler};
use crate::protocol::messages::{LeaveGroupRequest, LeaveGroupResponse};

pub(super) struct LeaveGroup;

impl Handler for LeaveGroup {
    type Request = LeaveGroupRequest;
    const VERSIONS: RangeInclusive<i16> = 0..=5;

    async fn handle(context: &mut Context<'_>, request: LeaveGroupRequest) -> LeaveGroupResponse {
        let answer = context
            .ask_coordinator(&request.group_id.clone(), request)
            .await;
        answer.unwrap_or_else(|error| LeaveGroupResponse {
            error_code: error.code(),
            ..Default::default()
        })
    }
}
