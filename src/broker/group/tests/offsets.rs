//! Commits, fetches, deletions and expiry.

use super::*;
use crate::protocol::Uuid;

fn commit(member: &str, generation: i32, offset: i64) -> OffsetCommitRequest {
    OffsetCommitRequest {
        group_id: GROUP.into(),
        generation_id_or_member_epoch: generation,
        member_id: member.into(),
        topics: vec![OffsetCommitRequestTopic {
            name: "t".into(),
            topic_id: id(1),
            partitions: vec![OffsetCommitRequestPartition {
                partition_index: 0,
                committed_offset: offset,
                committed_leader_epoch: 5,
                committed_metadata: Some("m".into()),
            }],
        }],
        ..OffsetCommitRequest::default()
    }
}

fn id(byte: u8) -> Uuid {
    Uuid::from_bytes([byte; 16])
}

impl World {
    fn commit(&mut self, version: i16, request: OffsetCommitRequest) -> ErrorCode {
        let token = self.ask_as(version, request);
        match self.answer::<OffsetCommitRequest>(token) {
            Ok(response) => response.topics[0].partitions[0].error_code.into(),
            Err(error) => error,
        }
    }

    fn fetch(
        &mut self,
        topics: Option<Vec<OffsetFetchRequestGroupTopic>>,
    ) -> OffsetFetchResponseGroup {
        let token = self.ask(FetchOffsets(OffsetFetchRequestGroup {
            group_id: GROUP.into(),
            topics,
            ..OffsetFetchRequestGroup::default()
        }));
        self.answer::<FetchOffsets>(token).unwrap()
    }

    /// What is committed for partition 0 of `t`.
    fn committed(&mut self) -> i64 {
        self.committed_under(Uuid::ZERO)
    }

    fn committed_under(&mut self, topic_id: Uuid) -> i64 {
        let topic = OffsetFetchRequestGroupTopic {
            name: "t".into(),
            topic_id,
            partition_indexes: vec![0],
        };
        self.fetch(Some(vec![topic])).topics[0].partitions[0].committed_offset
    }

    fn delete_offset(&mut self, topic: &str) -> ErrorCode {
        let token = self.ask(OffsetDeleteRequest {
            group_id: GROUP.into(),
            topics: vec![OffsetDeleteRequestTopic {
                name: topic.into(),
                partitions: vec![OffsetDeleteRequestPartition { partition_index: 0 }],
            }],
        });
        match self.answer::<OffsetDeleteRequest>(token) {
            Ok(response) => response.topics[0].partitions[0].error_code.into(),
            Err(error) => error,
        }
    }

    fn delete_group(&mut self) -> ErrorCode {
        let token = self.ask(DeleteGroup(GROUP.into()));
        self.answer::<DeleteGroup>(token)
            .err()
            .unwrap_or(ErrorCode::None)
    }
}

const DAY: u64 = 24 * 60 * 60 * 1000;

#[test]
fn a_client_without_a_group_makes_a_simple_one_by_committing() {
    let mut world = World::new();
    assert_eq!(world.commit(8, commit("", -1, 42)), ErrorCode::None);
    assert_eq!(world.committed(), 42);
    let group = world.describe().unwrap();
    assert_eq!((&*group.group_state, &*group.protocol_type), ("Empty", ""));
    world.restart();
    assert_eq!(world.committed(), 42);
}

#[test]
fn a_member_of_an_unknown_group_is_told_so_in_the_words_of_its_version() {
    let mut world = World::new();
    assert_eq!(
        world.commit(8, commit("m", 1, 42)),
        ErrorCode::IllegalGeneration
    );
    assert_eq!(
        world.commit(9, commit("m", 1, 42)),
        ErrorCode::GroupIdNotFound
    );
}

#[test]
fn members_commit_in_their_own_name_and_generation() {
    let mut world = World::hurried();
    let ids = world.stable(1);
    assert_eq!(world.commit(9, commit(&ids[0], 1, 42)), ErrorCode::None);
    assert_eq!(
        world.commit(9, commit("m", 1, 42)),
        ErrorCode::UnknownMemberId
    );
    assert_eq!(
        world.commit(9, commit(&ids[0], 2, 42)),
        ErrorCode::IllegalGeneration
    );
    assert_eq!(
        world.commit(9, commit("", -1, 42)),
        ErrorCode::UnknownMemberId
    );
    assert_eq!(
        world.commit(9, commit(&ids[0], -1, 42)),
        ErrorCode::IllegalGeneration
    );
}

#[test]
fn commits_pass_while_a_rebalance_is_prepared_but_not_while_it_completes() {
    let mut world = World::hurried();
    let ids = world.stable(1);
    let (_, _) = world.join_new();
    assert_eq!(world.commit(9, commit(&ids[0], 1, 42)), ErrorCode::None);
    world.ask(join(&ids[0]));
    assert_eq!(
        world.commit(9, commit(&ids[0], 2, 43)),
        ErrorCode::RebalanceInProgress
    );
    assert_eq!(world.committed(), 42);
}

#[test]
fn a_commit_renews_the_session() {
    let mut world = World::hurried();
    let ids = world.stable(1);
    for _ in 0..5 {
        world.advance(9_000);
        assert_eq!(world.commit(9, commit(&ids[0], 1, 42)), ErrorCode::None);
    }
    assert_eq!(world.state(), "Stable");
}

#[test]
fn metadata_has_a_limit() {
    let mut world = World::new();
    let mut request = commit("", -1, 42);
    request.topics[0].partitions[0].committed_metadata = Some("x".repeat(4097).into());
    assert_eq!(
        world.commit(9, request.clone()),
        ErrorCode::OffsetMetadataTooLarge
    );
    assert_eq!(world.committed(), -1);
    request.topics[0].partitions[0].committed_metadata = Some("x".repeat(4096).into());
    assert_eq!(world.commit(9, request), ErrorCode::None);
}

#[test]
fn nothing_committed_is_minus_one_and_no_error() {
    let mut world = World::new();
    let topic = OffsetFetchRequestGroupTopic {
        name: "t".into(),
        topic_id: Uuid::ZERO,
        partition_indexes: vec![0],
    };
    let partition = &world.fetch(Some(vec![topic])).topics[0].partitions[0];
    assert_eq!(
        (partition.committed_offset, partition.committed_leader_epoch),
        (-1, -1)
    );
    assert_eq!(
        (partition.metadata.as_deref(), partition.error_code),
        (Some(""), 0)
    );
    assert_eq!(world.fetch(None).topics, []);
}

#[test]
fn all_offsets_are_fetched_where_no_topic_is_named() {
    let mut world = World::new();
    world.commit(9, commit("", -1, 42));
    let all = world.fetch(None);
    assert_eq!(all.topics.len(), 1);
    assert_eq!(&*all.topics[0].name, "t");
    let partition = &all.topics[0].partitions[0];
    assert_eq!(
        (partition.committed_offset, partition.committed_leader_epoch),
        (42, 5)
    );
    assert_eq!(partition.metadata.as_deref(), Some("m"));
}

#[test]
fn what_was_committed_for_a_namesake_of_the_topic_does_not_count() {
    let mut world = World::new();
    world.commit(9, commit("", -1, 42));
    assert_eq!(world.committed_under(id(1)), 42);
    assert_eq!(world.committed_under(id(2)), -1);
}

#[test]
fn offsets_go_with_their_topic() {
    let mut world = World::new();
    world.commit(9, commit("", -1, 42));
    world.ask(TopicDeleted {
        name: "t".into(),
        id: id(2),
    });
    assert_eq!(world.committed(), 42);
    world.ask(TopicDeleted {
        name: "t".into(),
        id: id(1),
    });
    assert_eq!(world.committed(), -1);
}

#[test]
fn a_commit_that_cannot_be_stored_changes_nothing() {
    let mut world = World::new();
    world.commit(9, commit("", -1, 42));
    world.log_is_full = true;
    assert_eq!(
        world.commit(9, commit("", -1, 43)),
        ErrorCode::CoordinatorNotAvailable
    );
    assert_eq!(world.committed(), 42);
}

#[test]
fn offsets_of_subscribed_topics_are_not_deleted() {
    let mut world = World::hurried();
    assert_eq!(world.delete_offset("t"), ErrorCode::GroupIdNotFound);
    let ids = world.stable(1);
    world.commit(9, commit(&ids[0], 1, 42));
    assert_eq!(world.delete_offset("t"), ErrorCode::GroupSubscribedToTopic);
    assert_eq!(world.delete_offset("u"), ErrorCode::None);
    world.leave(&ids[0]);
    assert_eq!(world.delete_offset("t"), ErrorCode::None);
    assert_eq!(world.committed(), -1);
}

#[test]
fn offsets_of_members_that_are_not_consumers_are_not_deleted() {
    let mut world = World::hurried();
    world.ask_as(
        3,
        JoinGroupRequest {
            protocol_type: "connect".into(),
            ..join("")
        },
    );
    assert_eq!(world.delete_offset("t"), ErrorCode::NonEmptyGroup);
}

#[test]
fn only_empty_groups_are_deleted_and_all_of_them() {
    let mut world = World::hurried();
    assert_eq!(world.delete_group(), ErrorCode::GroupIdNotFound);
    let ids = world.stable(1);
    world.commit(9, commit(&ids[0], 1, 42));
    assert_eq!(world.delete_group(), ErrorCode::NonEmptyGroup);
    world.leave(&ids[0]);
    assert_eq!(world.delete_group(), ErrorCode::None);
    assert_eq!((world.state(), world.committed()), ("Dead".to_owned(), -1));
    world.restart();
    assert_eq!((world.state(), world.committed()), ("Dead".to_owned(), -1));
}

#[test]
fn offsets_of_a_simple_group_expire_by_the_age_of_the_commit() {
    let mut world = World::new();
    world.commit(9, commit("", -1, 42));
    world.advance(7 * DAY - 1);
    assert_eq!(world.committed(), 42);
    world.advance(600_000);
    assert_eq!((world.state(), world.committed()), ("Dead".to_owned(), -1));
}

#[test]
fn offsets_of_a_group_expire_by_how_long_it_has_been_empty() {
    let mut world = World::hurried();
    let ids = world.stable(1);
    world.commit(9, commit(&ids[0], 1, 42));
    for _ in 0..(8 * DAY / 9_000) {
        world.advance(9_000);
        world.heartbeat(&ids[0], 1);
    }
    assert_eq!(world.committed(), 42);
    world.leave(&ids[0]);
    world.restart();
    world.advance(6 * DAY);
    assert_eq!(world.committed(), 42);
    world.advance(DAY + 600_000);
    assert_eq!((world.state(), world.committed()), ("Dead".to_owned(), -1));
}

#[test]
fn a_commit_may_choose_its_own_time_to_live() {
    let mut world = World::new();
    world.commit(
        4,
        OffsetCommitRequest {
            retention_time_ms: 1000,
            ..commit("", -1, 42)
        },
    );
    world.restart();
    world.advance(600_000);
    assert_eq!(world.committed(), -1);
}
