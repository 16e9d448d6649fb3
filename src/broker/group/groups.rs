//! Which group a request is for, and what can be answered without one.

use bytestring::ByteString;

use super::classic::join::Joining;
use super::classic::{Group, owned};
use super::{
    Call, Decision, GroupRecord, GroupRequest, GroupResponse, GroupShard, ListGroups, Now, Turn,
};
use crate::protocol::ErrorCode;
use crate::protocol::messages::{
    DescribeGroupsResponseGroup, HeartbeatRequest, HeartbeatResponse, JoinGroupRequest,
    LeaveGroupRequest, LeaveGroupRequestMember, LeaveGroupResponse, LeaveGroupResponseMember,
    ListGroupsResponseGroup, SyncGroupRequest,
};

/// The longest name of anything in a group, in bytes: records hold no string above 32767, and a member id adds 37 to
/// the name of its client.
const NAME_MAX_BYTES: usize = 32_000;

impl GroupShard {
    /// Answers a request, or parks it until something else happens; its answer then comes out of a later decision.
    pub fn decide(&mut self, now: Now, call: &Call) -> Decision {
        let mut decision = Decision::default();
        match self.answer(now, &mut decision, call) {
            Ok(Some(response)) => decision.reply(call.token, Ok(response)),
            Ok(None) => {}
            Err(error) => decision.reply(call.token, Err(error)),
        }
        decision
    }

    /// The answer, unless it is in `decision` or has to wait.
    fn answer(
        &mut self,
        now: Now,
        decision: &mut Decision,
        call: &Call,
    ) -> Result<Option<GroupResponse>, ErrorCode> {
        Ok(Some(match &call.request {
            GroupRequest::Join(request) => {
                self.join(now, decision, call, request)?;
                return Ok(None);
            }
            GroupRequest::Sync(request) => {
                self.sync(now, decision, call, request)?;
                return Ok(None);
            }
            GroupRequest::Heartbeat(request) => {
                GroupResponse::Heartbeat(self.heartbeat(now, request)?)
            }
            GroupRequest::Leave(request) => {
                GroupResponse::Leave(self.leave(now, decision, call, request)?)
            }
            GroupRequest::OffsetCommit(request) => {
                GroupResponse::OffsetCommit(self.commit_offsets(now, decision, call, request)?)
            }
            GroupRequest::OffsetFetch(request) => {
                GroupResponse::OffsetFetch(self.fetch_offsets(&request.0))
            }
            GroupRequest::OffsetDelete(request) => {
                GroupResponse::OffsetDelete(self.delete_offsets(decision, request)?)
            }
            GroupRequest::Describe(request) => GroupResponse::Describe(self.describe(&request.0)?),
            GroupRequest::List(request) => GroupResponse::List(self.list(request)),
            GroupRequest::Delete(request) => {
                self.delete_group(decision, &request.0)?;
                GroupResponse::Delete(())
            }
            GroupRequest::TopicDeleted(topic) => {
                self.delete_topic(decision, topic);
                GroupResponse::TopicDeleted(())
            }
        }))
    }

    fn join(
        &mut self,
        now: Now,
        decision: &mut Decision,
        call: &Call,
        request: &JoinGroupRequest,
    ) -> Result<(), ErrorCode> {
        check_group_id(&request.group_id)?;
        let allowed = self.config.min_session_timeout_ms..=self.config.max_session_timeout_ms;
        if !allowed.contains(&request.session_timeout_ms) {
            return Err(ErrorCode::InvalidSessionTimeout);
        }
        if !names_fit(call, request) {
            return Err(ErrorCode::InvalidRequest);
        }
        let id = &request.group_id;
        if request.member_id.is_empty() {
            self.group_or_new(id);
        }
        let joining = Joining {
            request,
            caller: &call.caller,
            token: call.token,
        };
        self.with_group(id, now, decision, |group, turn| group.join(turn, &joining))
            .ok_or(ErrorCode::UnknownMemberId)?;
        self.drop_if_vacant(id);
        Ok(())
    }

    fn sync(
        &mut self,
        now: Now,
        decision: &mut Decision,
        call: &Call,
        request: &SyncGroupRequest,
    ) -> Result<(), ErrorCode> {
        check_group_id(&request.group_id)?;
        let sync = |group: &mut Group, turn: &mut Turn<'_>| group.sync(turn, request, call.token);
        self.with_group(&request.group_id, now, decision, sync)
            .ok_or(ErrorCode::UnknownMemberId)
    }

    /// Needs no new wake-up: it can only put off what the group waits for.
    fn heartbeat(
        &mut self,
        now: Now,
        request: &HeartbeatRequest,
    ) -> Result<HeartbeatResponse, ErrorCode> {
        check_group_id(&request.group_id)?;
        let group = self.groups.get_mut(&request.group_id);
        group
            .ok_or(ErrorCode::UnknownMemberId)?
            .heartbeat(now, request)
    }

    fn leave(
        &mut self,
        now: Now,
        decision: &mut Decision,
        call: &Call,
        request: &LeaveGroupRequest,
    ) -> Result<LeaveGroupResponse, ErrorCode> {
        check_group_id(&request.group_id)?;
        let one = [LeaveGroupRequestMember {
            member_id: request.member_id.clone(),
            ..LeaveGroupRequestMember::default()
        }];
        let has_list = call.caller.version >= 3;
        let leaving = if has_list { &request.members[..] } else { &one };
        let leave = |group: &mut Group, turn: &mut Turn<'_>| group.leave(turn, leaving);
        let members = self
            .with_group(&request.group_id, now, decision, leave)
            .unwrap_or_else(|| leaving.iter().map(stranger).collect());
        if has_list {
            return Ok(LeaveGroupResponse {
                members,
                ..LeaveGroupResponse::default()
            });
        }
        let error_code = members.first().map_or(0, |member| member.error_code);
        Ok(LeaveGroupResponse {
            error_code,
            ..LeaveGroupResponse::default()
        })
    }

    fn describe(&self, id: &ByteString) -> Result<DescribeGroupsResponseGroup, ErrorCode> {
        let group = self.groups.get(id).ok_or(ErrorCode::GroupIdNotFound)?;
        Ok(group.describe())
    }

    fn list(&self, wanted: &ListGroups) -> Vec<ListGroupsResponseGroup> {
        self.groups
            .values()
            .filter_map(|group| group.list(wanted))
            .collect()
    }

    fn delete_group(&self, decision: &mut Decision, id: &ByteString) -> Result<(), ErrorCode> {
        let group = self.groups.get(id).ok_or(ErrorCode::GroupIdNotFound)?;
        if !group.is_empty() {
            return Err(ErrorCode::NonEmptyGroup);
        }
        for (topic, partition, _) in group.offsets.iter() {
            decision
                .records
                .push(GroupRecord::no_offset(id, topic, partition));
        }
        decision.records.push(GroupRecord::Group {
            group: owned(id),
            value: None,
        });
        Ok(())
    }

    /// Drops a group that only exists because somebody asked, and was sent away.
    pub(super) fn drop_if_vacant(&mut self, id: &ByteString) {
        if self.groups.get(id).is_some_and(Group::is_vacant) {
            self.forget(id);
        }
    }
}

/// Nobody is a member of a group that is not there.
fn stranger(leaving: &LeaveGroupRequestMember) -> LeaveGroupResponseMember {
    LeaveGroupResponseMember {
        member_id: leaving.member_id.clone(),
        group_instance_id: leaving.group_instance_id.clone(),
        error_code: ErrorCode::UnknownMemberId.code(),
    }
}

/// # Errors
/// [`ErrorCode::InvalidGroupId`] for an empty one, or one that no record could hold.
fn check_group_id(id: &ByteString) -> Result<(), ErrorCode> {
    if id.is_empty() || id.len() > NAME_MAX_BYTES {
        Err(ErrorCode::InvalidGroupId)
    } else {
        Ok(())
    }
}

/// Whether the records of this member could be written.
fn names_fit(call: &Call, request: &JoinGroupRequest) -> bool {
    let instance_id = request.group_instance_id.iter();
    let protocols = request.protocols.iter().map(|protocol| &protocol.name);
    [&call.caller.client_id, &request.protocol_type]
        .into_iter()
        .chain(instance_id)
        .chain(protocols)
        .all(|name| name.len() <= NAME_MAX_BYTES)
}
