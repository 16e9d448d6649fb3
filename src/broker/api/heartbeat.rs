//! `Heartbeat` (12): a member is alive, and learns whether it has to join again.
//!
//! Version 3 added static members (KIP-345).

use std::ops::RangeInclusive;

use super::{Context, Handler};
use crate::protocol::messages::{HeartbeatRequest, HeartbeatResponse};

pub(super) struct Heartbeat;

impl Handler for Heartbeat {
    type Request = HeartbeatRequest;
    const VERSIONS: RangeInclusive<i16> = 0..=4;

    async fn handle(context: &mut Context<'_>, request: HeartbeatRequest) -> HeartbeatResponse {
        let answer = context
            .ask_coordinator(&request.group_id.clone(), request)
            .await;
        answer.unwrap_or_else(|error| HeartbeatResponse {
            error_code: error.code(),
            ..Default::default()
        })
    }
}
