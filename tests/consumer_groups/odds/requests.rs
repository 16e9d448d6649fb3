//! Requests in few words.

use bytes::Bytes;
use bytestring::ByteString;
use kaffa::protocol::Uuid;
use kaffa::protocol::messages::*;

/// A member that reads topic `t`.
pub(super) fn join(group: &str, member: &str) -> JoinGroupRequest {
    JoinGroupRequest {
        group_id: group.into(),
        session_timeout_ms: 10_000,
        rebalance_timeout_ms: 20_000,
        member_id: member.into(),
        protocol_type: "consumer".into(),
        protocols: vec![protocol("range")],
        ..Default::default()
    }
}

pub(super) fn join_static(group: &str, instance: &str, member: &str) -> JoinGroupRequest {
    JoinGroupRequest {
        group_instance_id: Some(instance.into()),
        ..join(group, member)
    }
}

pub(super) fn protocol(name: &str) -> JoinGroupRequestProtocol {
    JoinGroupRequestProtocol {
        name: name.into(),
        metadata: Bytes::from_static(b"\0\0\0\0\0\x01\0\x01t\xff\xff\xff\xff"),
    }
}

/// Gives everyone in `assigned` something, which only the leader may.
pub(super) fn sync(
    group: &str,
    member: &str,
    generation_id: i32,
    assigned: &[&str],
) -> SyncGroupRequest {
    let assign = |member: &&str| SyncGroupRequestAssignment {
        member_id: (*member).into(),
        assignment: Bytes::from_static(b"\0\0\0\0\0\0\xff\xff\xff\xff"),
    };
    SyncGroupRequest {
        group_id: group.into(),
        generation_id,
        member_id: member.into(),
        protocol_type: Some("consumer".into()),
        protocol_name: Some("range".into()),
        assignments: assigned.iter().map(assign).collect(),
        ..Default::default()
    }
}

pub(super) fn heartbeat(group: &str, member: &str, generation_id: i32) -> HeartbeatRequest {
    HeartbeatRequest {
        group_id: group.into(),
        generation_id,
        member_id: member.into(),
        ..Default::default()
    }
}

/// Members by id and instance id.
pub(super) fn leave(group: &str, members: &[(&str, Option<&str>)]) -> LeaveGroupRequest {
    let leaving = |(id, instance): &(&str, Option<&str>)| LeaveGroupRequestMember {
        member_id: (*id).into(),
        group_instance_id: instance.map(ByteString::from),
        ..Default::default()
    };
    LeaveGroupRequest {
        group_id: group.into(),
        members: members.iter().map(leaving).collect(),
        ..Default::default()
    }
}

/// As versions up to 2 have it.
pub(super) fn leave_alone(group: &str, member: &str) -> LeaveGroupRequest {
    LeaveGroupRequest {
        group_id: group.into(),
        member_id: member.into(),
        ..Default::default()
    }
}

/// Offset 7 of partition 0 of topic `t`.
pub(super) fn commit(group: &str, member: &str, generation: i32) -> OffsetCommitRequest {
    OffsetCommitRequest {
        group_id: group.into(),
        generation_id_or_member_epoch: generation,
        member_id: member.into(),
        ..commit_to(("t", Uuid::ZERO), 0)
    }
}

/// Offset 7 of some partition, for group `simple`.
pub(super) fn commit_to(
    (name, topic_id): (&str, Uuid),
    partition_index: i32,
) -> OffsetCommitRequest {
    let partition = OffsetCommitRequestPartition {
        partition_index,
        committed_offset: 7,
        committed_leader_epoch: 0,
        committed_metadata: Some("m".into()),
    };
    let topic = OffsetCommitRequestTopic {
        name: name.into(),
        topic_id,
        partitions: vec![partition],
    };
    OffsetCommitRequest {
        group_id: "simple".into(),
        topics: vec![topic],
        ..Default::default()
    }
}

/// As versions up to 7 have it.
pub(super) fn fetch_one(group: &str, topics: Option<&[(&str, &[i32])]>) -> OffsetFetchRequest {
    let asked = |(name, partitions): &(&str, &[i32])| OffsetFetchRequestTopic {
        name: (*name).into(),
        partition_indexes: partitions.to_vec(),
    };
    OffsetFetchRequest {
        group_id: group.into(),
        topics: topics.map(|topics| topics.iter().map(asked).collect()),
        ..Default::default()
    }
}

/// One group of a request of version 8 or later; without topics: everything.
pub(super) fn fetch_group(
    group: &str,
    topics: Option<&[(&str, Uuid, &[i32])]>,
) -> OffsetFetchRequestGroup {
    let asked =
        |(name, topic_id, partitions): &(&str, Uuid, &[i32])| OffsetFetchRequestGroupTopic {
            name: (*name).into(),
            topic_id: *topic_id,
            partition_indexes: partitions.to_vec(),
        };
    OffsetFetchRequestGroup {
        group_id: group.into(),
        topics: topics.map(|topics| topics.iter().map(asked).collect()),
        ..Default::default()
    }
}

pub(super) fn fetch(groups: Vec<OffsetFetchRequestGroup>) -> OffsetFetchRequest {
    OffsetFetchRequest {
        groups,
        ..Default::default()
    }
}

pub(super) fn describe(group: &str) -> DescribeGroupsRequest {
    DescribeGroupsRequest {
        groups: vec![group.into()],
        ..Default::default()
    }
}

pub(super) fn delete(groups: &[&str]) -> DeleteGroupsRequest {
    DeleteGroupsRequest {
        groups_names: groups.iter().map(|group| (*group).into()).collect(),
    }
}

pub(super) fn delete_offsets(group: &str, topics: &[(&str, &[i32])]) -> OffsetDeleteRequest {
    let partition = |partition_index: &i32| OffsetDeleteRequestPartition {
        partition_index: *partition_index,
    };
    let topic = |(name, partitions): &(&str, &[i32])| OffsetDeleteRequestTopic {
        name: (*name).into(),
        partitions: partitions.iter().map(partition).collect(),
    };
    OffsetDeleteRequest {
        group_id: group.into(),
        topics: topics.iter().map(topic).collect(),
    }
}

pub(super) fn list(states: &[&str], types: &[&str]) -> ListGroupsRequest {
    let names = |names: &[&str]| names.iter().map(|name| ByteString::from(*name)).collect();
    ListGroupsRequest {
        states_filter: names(states),
        types_filter: names(types),
    }
}
