//! `SyncGroup`.

use std::collections::BTreeMap;

use bytes::Bytes;
use bytestring::ByteString;

use super::{Group, Member, State};
use crate::broker::group::{GroupResponse, Token, Turn};
use crate::protocol::ErrorCode;
use crate::protocol::messages::{SyncGroupRequest, SyncGroupResponse};

impl Group {
    /// Gives a member its assignment, once there is one. The leader's request carries those of all; they are in the
    /// log before anyone is told.
    pub(in crate::broker::group) fn sync(
        &mut self,
        turn: &mut Turn<'_>,
        request: &SyncGroupRequest,
        token: Token,
    ) {
        let member = match self.syncing_member(request) {
            Ok(member) => member,
            Err(error) => return turn.decision.reply(token, Err(error)),
        };
        member.has_synced = true;
        if let Some(earlier) = member.syncing.replace(token) {
            turn.decision
                .reply(earlier, Err(ErrorCode::RebalanceInProgress));
        }
        if self.members.values().all(|member| member.has_synced) {
            self.sync_until = None;
        }
        if self.state == State::Stable {
            let answer = |member: &mut Member| (member.syncing.take(), member.assignment.clone());
            if let Some((Some(token), assignment)) =
                self.members.get_mut(&request.member_id).map(answer)
            {
                turn.decision.reply(token, Ok(self.synced(assignment)));
            }
        } else if self.is_leader(&request.member_id) {
            self.store_assignments(turn, request);
        }
    }

    /// The member that asks, if it may.
    fn syncing_member(&mut self, request: &SyncGroupRequest) -> Result<&mut Member, ErrorCode> {
        if self.is_empty() {
            return Err(ErrorCode::UnknownMemberId);
        }
        self.member_mut(&request.member_id, request.group_instance_id.as_ref())?;
        if request.generation_id != self.generation {
            return Err(ErrorCode::IllegalGeneration);
        }
        // Only from version 5 on do members say what they take the protocol to be.
        let differs =
            |said: &Option<ByteString>, own: &Option<ByteString>| said.is_some() && said != own;
        if differs(&request.protocol_type, &self.protocol_type)
            || differs(&request.protocol_name, &self.protocol)
        {
            return Err(ErrorCode::InconsistentGroupProtocol);
        }
        if matches!(self.state, State::PreparingRebalance(_)) {
            return Err(ErrorCode::RebalanceInProgress);
        }
        self.member_mut(&request.member_id, None)
    }

    /// Writes the generation down and answers everyone who waits. The group is stable once the record is applied.
    fn store_assignments(&mut self, turn: &mut Turn<'_>, request: &SyncGroupRequest) {
        let assignments: BTreeMap<&str, Bytes> = request
            .assignments
            .iter()
            .map(|given| (&*given.member_id, given.assignment.clone()))
            .collect();
        turn.decision.records.push(self.stored(&assignments));
        let waiting: Vec<(Token, Bytes)> = self
            .members
            .iter_mut()
            .filter_map(|(id, member)| {
                let token = member.syncing.take()?;
                member.renew_session(turn.now);
                Some((token, assignments.get(&**id).cloned().unwrap_or_default()))
            })
            .collect();
        for (token, assignment) in waiting {
            turn.decision.reply(token, Ok(self.synced(assignment)));
        }
    }

    fn synced(&self, assignment: Bytes) -> GroupResponse {
        GroupResponse::Sync(SyncGroupResponse {
            protocol_type: self.protocol_type.clone(),
            protocol_name: self.protocol.clone(),
            assignment,
            ..SyncGroupResponse::default()
        })
    }
}
