//! What `DescribeGroups` and `ListGroups` tell of a classic group.

use bytestring::ByteString;

use super::{Group, Member, State};
use crate::broker::group::ListGroups;
use crate::protocol::messages::{
    DescribeGroupsResponseGroup, DescribeGroupsResponseMember, ListGroupsResponseGroup,
};

/// The type of these groups, as Kafka's tools print it.
const TYPE: &str = "classic";

impl Group {
    /// The group and its members. What they read is told only while that is settled.
    pub(in crate::broker::group) fn describe(&self) -> DescribeGroupsResponseGroup {
        let is_stable = self.state == State::Stable;
        let protocol = self.protocol.clone().filter(|_| is_stable);
        let member = |(id, member): (&ByteString, &Member)| DescribeGroupsResponseMember {
            member_id: id.clone(),
            group_instance_id: member.instance_id.clone(),
            client_id: member.client_id.clone(),
            client_host: member.client_host.clone(),
            member_metadata: protocol
                .as_deref()
                .map(|p| member.metadata(p))
                .unwrap_or_default(),
            member_assignment: protocol
                .as_ref()
                .map(|_| member.assignment.clone())
                .unwrap_or_default(),
        };
        DescribeGroupsResponseGroup {
            group_id: self.id.clone(),
            group_state: ByteString::from_static(self.state.name()),
            protocol_type: self.protocol_type.clone().unwrap_or_default(),
            protocol_data: protocol.clone().unwrap_or_default(),
            members: self.members.iter().map(member).collect(),
            ..DescribeGroupsResponseGroup::default()
        }
    }

    /// The group's line in a list, if it is asked for.
    pub(in crate::broker::group) fn list(
        &self,
        wanted: &ListGroups,
    ) -> Option<ListGroupsResponseGroup> {
        let matches = |filter: &[ByteString], value: &str| {
            filter.is_empty()
                || filter
                    .iter()
                    .any(|wanted| wanted.eq_ignore_ascii_case(value))
        };
        let is_wanted = matches(&wanted.states, self.state.name()) && matches(&wanted.types, TYPE);
        is_wanted.then(|| ListGroupsResponseGroup {
            group_id: self.id.clone(),
            protocol_type: self.protocol_type.clone().unwrap_or_default(),
            group_state: ByteString::from_static(self.state.name()),
            group_type: ByteString::from_static(TYPE),
        })
    }
}
