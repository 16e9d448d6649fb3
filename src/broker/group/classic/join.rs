//! `JoinGroup`.

use bytestring::ByteString;

use super::{Group, Member, NEW_MEMBER_JOIN_TIMEOUT, PENDING_MAX, State, millis, owned};
use crate::broker::group::{Caller, GroupResponse, Token, Turn};
use crate::protocol::ErrorCode;
use crate::protocol::messages::{JoinGroupRequest, JoinGroupResponse, JoinGroupResponseMember};

/// A `JoinGroup` with who sent it.
pub(in crate::broker::group) struct Joining<'j> {
    pub(in crate::broker::group) request: &'j JoinGroupRequest,
    pub(in crate::broker::group) caller: &'j Caller,
    pub(in crate::broker::group) token: Token,
}

impl Joining<'_> {
    fn rebalance_timeout_ms(&self) -> i32 {
        match self.request.rebalance_timeout_ms {
            // Version 0 has none.
            none if none < 0 => self.request.session_timeout_ms,
            ms => ms,
        }
    }

    fn refuse(&self, turn: &mut Turn<'_>, error: ErrorCode) {
        turn.decision.reply(self.token, Err(error));
    }
}

impl Group {
    /// Lets a member in, or keeps it waiting until everyone is there, or sends it away.
    pub(in crate::broker::group) fn join(&mut self, turn: &mut Turn<'_>, joining: &Joining<'_>) {
        let request = joining.request;
        if !self.has_room_for(&request.member_id, turn.config.max_size) {
            self.remove(&request.member_id);
            let response = refusal("", ErrorCode::GroupMaxSizeReached);
            turn.decision
                .reply(joining.token, Ok(GroupResponse::Join(response)));
        } else if !self.supports(&request.protocol_type, &request.protocols) {
            joining.refuse(turn, ErrorCode::InconsistentGroupProtocol);
        } else if request.member_id.is_empty() {
            self.join_unknown(turn, joining);
        } else if self.pending.contains_key(&request.member_id) {
            self.add(turn, joining, owned(&request.member_id));
        } else {
            self.join_again(turn, joining);
        }
    }

    /// While a rebalance is prepared, those that joined first are let in; else those that are in already.
    fn has_room_for(&self, member_id: &ByteString, max_size: usize) -> bool {
        let known = self.members.get(member_id);
        match self.state {
            State::Empty => true,
            State::PreparingRebalance(_) => {
                let joined = self
                    .members
                    .values()
                    .filter(|m| m.joining.is_some())
                    .count();
                known.is_some_and(|member| member.joining.is_some()) || joined < max_size
            }
            State::CompletingRebalance | State::Stable => {
                known.is_some() || self.members.len() < max_size
            }
        }
    }

    /// A client that has no member id: a new member, or a static one that was restarted.
    fn join_unknown(&mut self, turn: &mut Turn<'_>, joining: &Joining<'_>) {
        let request = joining.request;
        let name = request
            .group_instance_id
            .as_ref()
            .unwrap_or(&joining.caller.client_id);
        let member_id = ByteString::from(format!("{name}-{}", joining.caller.fresh_id));
        if let Some(instance_id) = &request.group_instance_id {
            match self.static_member(instance_id).cloned() {
                Some(old_id) => self.replace_static(turn, joining, old_id, &member_id),
                None => self.add(turn, joining, member_id),
            }
        } else if joining.caller.version >= 4 && self.pending.len() >= PENDING_MAX {
            joining.refuse(turn, ErrorCode::CoordinatorNotAvailable);
        } else if joining.caller.version >= 4 {
            let until = turn
                .now
                .uptime
                .saturating_add(millis(request.session_timeout_ms));
            self.pending.insert(member_id.clone(), until);
            let response = refusal(&member_id, ErrorCode::MemberIdRequired);
            turn.decision
                .reply(joining.token, Ok(GroupResponse::Join(response)));
        } else {
            self.add(turn, joining, member_id);
        }
    }

    /// A member that the group knows, or should.
    fn join_again(&mut self, turn: &mut Turn<'_>, joining: &Joining<'_>) {
        let request = joining.request;
        let member_id = &request.member_id;
        let is_leader = self.is_leader(member_id);
        let member = match self.member_mut(member_id, request.group_instance_id.as_ref()) {
            Ok(member) => member,
            Err(error) => return joining.refuse(turn, error),
        };
        let is_unchanged = member.has_protocols(&request.protocols);
        let answer_at_once = match self.state {
            State::Empty => return joining.refuse(turn, ErrorCode::UnknownMemberId),
            State::PreparingRebalance(_) => false,
            // It may just not have got the first answer.
            State::CompletingRebalance => is_unchanged,
            // A leader that joins again wants a rebalance, for reasons that need not show in its protocols.
            State::Stable => is_unchanged && !is_leader,
        };
        if answer_at_once {
            let response = self.joined(member_id);
            turn.decision
                .reply(joining.token, Ok(GroupResponse::Join(response)));
        } else {
            self.update(turn, joining, member_id);
            self.rebalance_or_complete(turn);
        }
    }

    fn add(&mut self, turn: &mut Turn<'_>, joining: &Joining<'_>, member_id: ByteString) {
        let request = joining.request;
        let mut member = Member {
            instance_id: request.group_instance_id.as_ref().map(owned),
            client_id: owned(&joining.caller.client_id),
            client_host: owned(&joining.caller.client_host),
            rebalance_timeout_ms: joining.rebalance_timeout_ms(),
            session_timeout_ms: request.session_timeout_ms,
            protocols: Vec::new(),
            assignment: bytes::Bytes::new(),
            joining: Some(joining.token),
            syncing: None,
            has_synced: false,
            is_new: true,
            expires_at: turn.now.uptime.saturating_add(NEW_MEMBER_JOIN_TIMEOUT),
        };
        member.set_protocols(&request.protocols);
        if self.members.is_empty() {
            self.protocol_type = Some(owned(&request.protocol_type));
        }
        if let State::PreparingRebalance(preparation) = &mut self.state
            && let Some(delay) = &mut preparation.initial
        {
            delay.has_new_members = true;
        }
        self.pending.remove(&member_id);
        self.leader.get_or_insert_with(|| member_id.clone());
        self.members.insert(member_id, member);
        self.rebalance_or_complete(turn);
    }

    /// Takes over what the member says of itself now, and parks its request.
    fn update(&mut self, turn: &mut Turn<'_>, joining: &Joining<'_>, member_id: &str) {
        let Some(member) = self.members.get_mut(member_id) else {
            return;
        };
        member.set_protocols(&joining.request.protocols);
        member.rebalance_timeout_ms = joining.rebalance_timeout_ms();
        member.session_timeout_ms = joining.request.session_timeout_ms;
        if let Some(earlier) = member.joining.replace(joining.token) {
            // Its connection is gone, or it would not have asked twice.
            turn.decision
                .reply(earlier, Err(ErrorCode::RebalanceInProgress));
        }
    }

    /// A restarted static member takes its old place under a new id; the old id is fenced.
    fn replace_static(
        &mut self,
        turn: &mut Turn<'_>,
        joining: &Joining<'_>,
        old_id: ByteString,
        new_id: &ByteString,
    ) {
        let Some(mut member) = self.members.remove(&old_id) else {
            return;
        };
        if let Some(token) = member.joining.take() {
            let response = refusal(&old_id, ErrorCode::FencedInstanceId);
            turn.decision
                .reply(token, Ok(GroupResponse::Join(response)));
        }
        if let Some(token) = member.syncing.take() {
            turn.decision.reply(token, Err(ErrorCode::FencedInstanceId));
        }
        let was_leader = self.is_leader(&old_id);
        if was_leader {
            self.leader = Some(new_id.clone());
        }
        self.members.insert(new_id.clone(), member);
        self.update(turn, joining, new_id);
        if let Some(member) = self.members.get_mut(new_id) {
            member.renew_session(turn.now);
        }
        match self.state {
            State::Stable if self.select_protocol() == self.protocol => {
                self.keep_generation(turn, joining, new_id, was_leader.then_some(old_id));
            }
            // The leader may be computing an assignment for the old id.
            State::Stable | State::CompletingRebalance => self.prepare_rebalance(turn),
            State::Empty | State::PreparingRebalance(_) => self.complete_if_all_joined(turn),
        }
    }

    /// Answers a replaced static member with the generation as it is. `led_as` is its old id if it was the leader:
    /// clients that cannot be told to skip the assignment must take themselves for a follower.
    fn keep_generation(
        &mut self,
        turn: &mut Turn<'_>,
        joining: &Joining<'_>,
        member_id: &ByteString,
        led_as: Option<ByteString>,
    ) {
        let assignments = self
            .members
            .iter()
            .map(|(id, m)| (&**id, m.assignment.clone()))
            .collect();
        turn.decision.records.push(self.stored(&assignments));
        let mut response = self.joined(member_id);
        if joining.caller.version >= 9 {
            response.skip_assignment = led_as.is_some();
        } else if let Some(old_id) = led_as {
            response.leader = old_id;
            response.members = Vec::new();
        }
        if let Some(member) = self.members.get_mut(member_id) {
            member.joining = None;
        }
        turn.decision
            .reply(joining.token, Ok(GroupResponse::Join(response)));
    }

    /// The generation, as told to one of its members: only the leader learns of the others.
    pub(super) fn joined(&self, member_id: &ByteString) -> JoinGroupResponse {
        let protocol = self.protocol.as_deref().unwrap_or_default();
        let told = |(id, member): (&ByteString, &Member)| JoinGroupResponseMember {
            member_id: id.clone(),
            group_instance_id: member.instance_id.clone(),
            metadata: member.metadata(protocol),
        };
        let members = if self.is_leader(member_id) {
            self.members.iter().map(told).collect()
        } else {
            Vec::new()
        };
        JoinGroupResponse {
            generation_id: self.generation,
            protocol_type: self.protocol_type.clone(),
            protocol_name: self.protocol.clone(),
            leader: self.leader.clone().unwrap_or_default(),
            member_id: owned(member_id),
            members,
            ..JoinGroupResponse::default()
        }
    }
}

/// A `JoinGroup` response that lets nobody in.
pub(in crate::broker::group) fn refusal(member_id: &str, error: ErrorCode) -> JoinGroupResponse {
    JoinGroupResponse {
        error_code: error.code(),
        member_id: ByteString::from(member_id),
        ..JoinGroupResponse::default()
    }
}
