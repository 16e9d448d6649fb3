//! `Heartbeat`, `LeaveGroup`, and who may commit offsets.

use super::{Group, State};
use crate::broker::group::offsets::OffsetAge;
use crate::broker::group::{Now, Turn};
use crate::protocol::ErrorCode;
use crate::protocol::messages::{
    HeartbeatRequest, HeartbeatResponse, LeaveGroupRequestMember, LeaveGroupResponseMember,
    OffsetCommitRequest,
};

impl Group {
    /// Renews a member's session. The error tells it to join again.
    pub(in crate::broker::group) fn heartbeat(
        &mut self,
        now: Now,
        request: &HeartbeatRequest,
    ) -> Result<HeartbeatResponse, ErrorCode> {
        let generation = self.generation;
        let is_preparing = matches!(self.state, State::PreparingRebalance(_));
        let member = self.member_mut(&request.member_id, request.group_instance_id.as_ref())?;
        if request.generation_id != generation {
            return Err(ErrorCode::IllegalGeneration);
        }
        member.renew_session(now);
        if is_preparing {
            return Err(ErrorCode::RebalanceInProgress);
        }
        Ok(HeartbeatResponse::default())
    }

    /// Takes members out, each with its own result.
    pub(in crate::broker::group) fn leave(
        &mut self,
        turn: &mut Turn<'_>,
        leaving: &[LeaveGroupRequestMember],
    ) -> Vec<LeaveGroupResponseMember> {
        let results: Vec<_> = leaving
            .iter()
            .map(|member| LeaveGroupResponseMember {
                member_id: member.member_id.clone(),
                group_instance_id: member.group_instance_id.clone(),
                error_code: self
                    .leave_one(turn, member)
                    .err()
                    .map_or(0, ErrorCode::code),
            })
            .collect();
        if results.iter().any(|result| result.error_code == 0) {
            match self.state {
                State::Empty => {}
                State::PreparingRebalance(_) => self.complete_if_all_joined(turn),
                State::CompletingRebalance | State::Stable => self.prepare_rebalance(turn),
            }
        }
        results
    }

    fn leave_one(
        &mut self,
        turn: &mut Turn<'_>,
        leaving: &LeaveGroupRequestMember,
    ) -> Result<(), ErrorCode> {
        let instance_id = leaving.group_instance_id.as_ref();
        let member_id = if leaving.member_id.is_empty() {
            // An administrator knows static members by their instance id.
            let holder = instance_id.and_then(|instance_id| self.static_member(instance_id));
            holder.ok_or(ErrorCode::UnknownMemberId)?.clone()
        } else if self.pending.contains_key(&leaving.member_id) {
            leaving.member_id.clone()
        } else {
            self.member_mut(&leaving.member_id, instance_id)?;
            leaving.member_id.clone()
        };
        self.dismiss(turn, &member_id);
        Ok(())
    }

    /// Lets a commit pass, renewing the session of the member that sent it.
    ///
    /// # Errors
    /// What the committer did wrong, or [`ErrorCode::RebalanceInProgress`].
    pub(in crate::broker::group) fn admit_commit(
        &mut self,
        now: Now,
        request: &OffsetCommitRequest,
    ) -> Result<(), ErrorCode> {
        let generation = request.generation_id_or_member_epoch;
        if generation < 0 && self.is_empty() {
            return Ok(());
        }
        let instance_id = request.group_instance_id.as_ref();
        if generation < 0 && request.member_id.is_empty() && instance_id.is_none() {
            // Tools and consumers that manage their partitions themselves: only while nobody else does.
            return Err(ErrorCode::UnknownMemberId);
        }
        let own_generation = self.generation;
        let is_completing = self.state == State::CompletingRebalance;
        let member = self.member_mut(&request.member_id, instance_id)?;
        if generation != own_generation {
            return Err(ErrorCode::IllegalGeneration);
        }
        if is_completing {
            return Err(ErrorCode::RebalanceInProgress);
        }
        member.renew_session(now);
        Ok(())
    }

    /// Whether offsets may be deleted: not while members of a kind whose subscriptions are unknown hold on to them.
    pub(in crate::broker::group) fn admit_offset_delete(&self) -> Result<(), ErrorCode> {
        if self.is_empty() || self.is_consumer_group() {
            Ok(())
        } else {
            Err(ErrorCode::NonEmptyGroup)
        }
    }

    /// From when offsets count as old; none while they must not expire.
    pub(in crate::broker::group) fn offsets_age_from(&self) -> Option<OffsetAge> {
        match self.state {
            _ if self.protocol_type.is_none() => Some(OffsetAge::Commit),
            State::Empty => Some(OffsetAge::Empty {
                since_ms: self.state_since_ms,
            }),
            State::Stable if self.subscribed_topics().is_some() => Some(OffsetAge::Commit),
            State::PreparingRebalance(_) | State::CompletingRebalance | State::Stable => None,
        }
    }
}
