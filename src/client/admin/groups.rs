//! Groups: list, describe, delete.

use std::collections::BTreeMap;

use bytes::Bytes;

use super::spread::spread;
use super::{Admin, PerItem};
use crate::client::error::{Error, check};
use crate::client::retry::Retry;
use crate::protocol::TopicPartition;
use crate::protocol::consumer::{ConsumerAssignment, PROTOCOL_TYPE};
use crate::protocol::messages::{
    DeleteGroupsRequest, DescribeGroupsRequest, DescribeGroupsResponseGroup,
    DescribeGroupsResponseMember, ListGroupsRequest, ListGroupsResponseGroup,
};

/// A group in a list.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct GroupListing {
    /// Its id.
    pub id: String,
    /// `consumer` for consumers; empty for groups that only commit.
    pub protocol_type: String,
    /// `Stable`, `Empty` and so on; empty from brokers before 2.6.
    pub state: String,
    /// `Classic`, `Consumer` and so on; empty from brokers before 3.8.
    pub kind: String,
}

/// A group with its members.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GroupDescription {
    /// Its id.
    pub id: String,
    /// `Stable`, `Empty`, `Dead` and so on.
    pub state: String,
    /// `consumer` for consumers; empty for groups that only commit.
    pub protocol_type: String,
    /// The assignor in use.
    pub protocol: String,
    /// The broker that coordinates it.
    pub coordinator: i32,
    /// Empty unless the group is stable.
    pub members: Vec<MemberDescription>,
}

/// A member of a group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MemberDescription {
    /// The id that the coordinator gave it.
    pub id: String,
    /// `group.instance.id`, if it is a static member.
    pub instance_id: Option<String>,
    /// What the client calls itself.
    pub client_id: String,
    /// Where it connects from; begins with `/`.
    pub host: String,
    /// What it has been given; empty for groups of anything but consumers.
    pub assigned: Vec<TopicPartition>,
}

impl Admin {
    /// Every group, by id; all brokers are asked at the same time. Filters are names as in [`GroupListing`], in any
    /// case; empty ones let everything through.
    ///
    /// # Errors
    /// When a broker cannot be reached or refuses.
    pub async fn list_groups(
        &self,
        states: &[String],
        kinds: &[String],
    ) -> Result<Vec<GroupListing>, Error> {
        let mut retry = Retry::new(self.cluster.config(), "list groups");
        loop {
            match self.list_groups_once(states, kinds).await {
                Ok(groups) => return Ok(groups),
                Err(error) => retry.after(error).await?,
            }
        }
    }

    async fn list_groups_once(
        &self,
        states: &[String],
        kinds: &[String],
    ) -> Result<Vec<GroupListing>, Error> {
        let metadata = self.cluster.brokers().await?;
        let request = ListGroupsRequest {
            states_filter: states.iter().map(|state| state.as_str().into()).collect(),
            types_filter: kinds.iter().map(|kind| kind.as_str().into()).collect(),
        };
        let requests: Vec<_> = metadata
            .brokers
            .keys()
            .map(|id| (*id, request.clone()))
            .collect();
        let mut groups = Vec::new();
        for (id, _request, answer) in self.cluster.ask_each(requests).await {
            let response = answer?;
            check(response.error_code, None, format!("groups on broker {id}"))?;
            groups.extend(response.groups.iter().map(listing));
        }
        groups.sort_unstable();
        groups.dedup();
        Ok(groups)
    }

    /// Classic groups with their members. A group that nobody has heard of is `Dead` or, from brokers of 4.0 on, an
    /// error of its own.
    ///
    /// # Errors
    /// When a coordinator cannot be reached.
    pub async fn describe_groups(
        &self,
        groups: &[String],
    ) -> Result<PerItem<String, GroupDescription>, Error> {
        let request = |groups: &[String]| DescribeGroupsRequest {
            groups: groups.iter().map(|group| group.as_str().into()).collect(),
            include_authorized_operations: false,
        };
        let read = |response: crate::protocol::messages::DescribeGroupsResponse| {
            response.groups.into_iter().map(described).collect()
        };
        let mut done = spread(&self.cluster, groups, "describe groups", request, read).await?;
        let coordinators: BTreeMap<_, _> = self
            .cluster
            .coordinators(groups)
            .await
            .into_iter()
            .collect();
        for (id, outcome) in &mut done {
            if let (Ok(group), Some(Ok(coordinator))) = (outcome, coordinators.get(id)) {
                group.coordinator = *coordinator;
            }
        }
        Ok(done)
    }

    /// Deletes groups, which must be empty.
    ///
    /// # Errors
    /// When a coordinator cannot be reached. What it refuses is an error of that group.
    pub async fn delete_groups(&self, groups: &[String]) -> Result<PerItem<String, ()>, Error> {
        let request = |groups: &[String]| DeleteGroupsRequest {
            groups_names: groups.iter().map(|group| group.as_str().into()).collect(),
        };
        let read = |response: crate::protocol::messages::DeleteGroupsResponse| {
            let results = response.results.into_iter().map(|result| {
                let subject = format!("group '{}'", result.group_id);
                (
                    result.group_id.to_string(),
                    check(result.error_code, None, subject),
                )
            });
            results.collect()
        };
        spread(&self.cluster, groups, "delete groups", request, read).await
    }
}

fn listing(group: &ListGroupsResponseGroup) -> GroupListing {
    GroupListing {
        id: group.group_id.to_string(),
        protocol_type: group.protocol_type.to_string(),
        state: group.group_state.to_string(),
        kind: group.group_type.to_string(),
    }
}

fn described(group: DescribeGroupsResponseGroup) -> (String, Result<GroupDescription, Error>) {
    let id = group.group_id.to_string();
    let checked = check(
        group.error_code,
        group.error_message.as_deref(),
        format!("group '{id}'"),
    );
    let is_consumer = group.protocol_type == PROTOCOL_TYPE;
    let members = group
        .members
        .into_iter()
        .map(|member| described_member(member, is_consumer));
    let description = GroupDescription {
        id: id.clone(),
        state: group.group_state.to_string(),
        protocol_type: group.protocol_type.to_string(),
        protocol: group.protocol_data.to_string(),
        coordinator: -1,
        members: members.collect(),
    };
    (id, checked.map(|()| description))
}

fn described_member(member: DescribeGroupsResponseMember, is_consumer: bool) -> MemberDescription {
    MemberDescription {
        id: member.member_id.to_string(),
        instance_id: member.group_instance_id.map(|id| id.to_string()),
        client_id: member.client_id.to_string(),
        host: member.client_host.to_string(),
        assigned: if is_consumer {
            assigned(member.member_assignment)
        } else {
            Vec::new()
        },
    }
}

/// What does not decode is shown as nothing: other members' bytes are no reason to fail.
fn assigned(assignment: Bytes) -> Vec<TopicPartition> {
    if assignment.is_empty() {
        return Vec::new();
    }
    ConsumerAssignment::decode(assignment).map_or_else(|_unreadable| Vec::new(), |it| it.partitions)
}
