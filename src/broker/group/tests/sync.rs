//! `SyncGroup`, `Heartbeat` and `LeaveGroup`.

use super::*;

/// A generation of two whose leader has not assigned anything yet: the leader and the follower.
fn completing(world: &mut World) -> (ByteString, ByteString) {
    let (leader, _) = world.join_new();
    let (follower, _) = world.join_new();
    world.advance(10_000);
    assert_eq!(world.state(), "CompletingRebalance");
    (leader, follower)
}

#[test]
fn members_wait_for_the_leader_and_get_what_it_gives_them() {
    let mut world = World::new();
    let (leader, follower) = completing(&mut world);
    let waiting = world.ask(sync(&follower, 1, &[]));
    assert!(world.is_waiting(waiting));
    assert_eq!(world.log.len(), 0);
    let token = world.ask(sync(&leader, 1, &[leader.clone(), follower.clone()]));
    assert_eq!(world.synced(token).unwrap(), *leader.as_bytes());
    assert_eq!(world.synced(waiting).unwrap(), *follower.as_bytes());
    assert_eq!(world.log.len(), 1);
    assert_eq!(world.state(), "Stable");
}

#[test]
fn members_the_leader_leaves_out_get_nothing() {
    let mut world = World::new();
    let (leader, follower) = completing(&mut world);
    world.ask(sync(&leader, 1, std::slice::from_ref(&leader)));
    let token = world.ask(sync(&follower, 1, &[]));
    assert_eq!(world.synced(token).unwrap(), Bytes::new());
}

#[test]
fn errors_come_in_the_order_of_what_is_wrong() {
    let mut world = World::new();
    let token = world.ask(sync("m", 1, &[]));
    assert_eq!(world.synced(token), Err(ErrorCode::UnknownMemberId));
    let token = world.ask(SyncGroupRequest {
        group_id: "".into(),
        ..sync("m", 1, &[])
    });
    assert_eq!(world.synced(token), Err(ErrorCode::InvalidGroupId));

    let (leader, _) = completing(&mut world);
    let token = world.ask(sync("m", 1, &[]));
    assert_eq!(world.synced(token), Err(ErrorCode::UnknownMemberId));
    let token = world.ask(sync(&leader, 2, &[]));
    assert_eq!(world.synced(token), Err(ErrorCode::IllegalGeneration));
    let wrong_type = SyncGroupRequest {
        protocol_type: Some("connect".into()),
        ..sync(&leader, 1, &[])
    };
    let token = world.ask(wrong_type);
    assert_eq!(
        world.synced(token),
        Err(ErrorCode::InconsistentGroupProtocol)
    );
    let wrong_name = SyncGroupRequest {
        protocol_name: Some("sticky".into()),
        ..sync(&leader, 1, &[])
    };
    let token = world.ask(wrong_name);
    assert_eq!(
        world.synced(token),
        Err(ErrorCode::InconsistentGroupProtocol)
    );

    let (_, _) = world.join_new();
    let token = world.ask(sync(&leader, 1, &[]));
    assert_eq!(world.synced(token), Err(ErrorCode::RebalanceInProgress));
}

#[test]
fn an_empty_group_has_no_assignments() {
    let mut world = World::hurried();
    let ids = world.stable(1);
    assert_eq!(world.leave(&ids[0]), ErrorCode::None);
    let token = world.ask(sync(&ids[0], 2, &[]));
    assert_eq!(world.synced(token), Err(ErrorCode::UnknownMemberId));
}

#[test]
fn a_stable_member_may_ask_again() {
    let mut world = World::hurried();
    let ids = world.stable(2);
    let token = world.ask(sync(&ids[1], 1, &[]));
    assert_eq!(world.synced(token).unwrap(), *ids[1].as_bytes());
}

#[test]
fn assignments_that_cannot_be_stored_are_told_to_nobody() {
    let mut world = World::new();
    let (leader, follower) = completing(&mut world);
    let waiting = world.ask(sync(&follower, 1, &[]));
    world.log_is_full = true;
    let token = world.ask(sync(&leader, 1, &[]));
    assert_eq!(world.synced(token), Err(ErrorCode::CoordinatorNotAvailable));
    assert_eq!(
        world.synced(waiting),
        Err(ErrorCode::CoordinatorNotAvailable)
    );
    assert_eq!(world.state(), "PreparingRebalance");

    world.log_is_full = false;
    let first = world.ask(join(&leader));
    world.ask(join(&follower));
    assert_eq!(world.joined(first).generation_id, 2);
}

#[test]
fn members_that_do_not_sync_are_out_after_the_rebalance_timeout() {
    let mut world = World::new();
    let (leader, follower) = completing(&mut world);
    let token = world.ask(sync(&leader, 1, &[]));
    assert_eq!(world.synced(token).unwrap(), Bytes::new());
    for _ in 0..12 {
        assert_eq!(world.heartbeat(&follower, 1), ErrorCode::None);
        assert_eq!(world.heartbeat(&leader, 1), ErrorCode::None);
        world.advance(5_000);
    }
    assert_eq!(world.heartbeat(&follower, 1), ErrorCode::UnknownMemberId);
    assert_eq!(world.heartbeat(&leader, 1), ErrorCode::RebalanceInProgress);
}

#[test]
fn a_restart_keeps_members_and_assignments() {
    let mut world = World::hurried();
    let ids = world.stable(2);
    let before = world.describe();
    world.restart();
    assert_eq!(world.describe(), before);
    world.advance(9_999);
    assert_eq!(world.heartbeat(&ids[0], 1), ErrorCode::None);
    world.advance(1);
    // The other did not come back within its session.
    assert_eq!(world.heartbeat(&ids[1], 1), ErrorCode::UnknownMemberId);
    assert_eq!(world.heartbeat(&ids[0], 1), ErrorCode::RebalanceInProgress);
}

#[test]
fn a_restart_in_the_middle_of_a_rebalance_goes_back_to_the_generation_before() {
    let mut world = World::hurried();
    let ids = world.stable(1);
    let (newcomer, _) = world.join_new();
    world.ask(join(&ids[0]));
    assert_eq!(world.state(), "CompletingRebalance");
    world.restart();
    assert_eq!(world.state(), "Stable");
    assert_eq!(world.heartbeat(&newcomer, 2), ErrorCode::UnknownMemberId);
    assert_eq!(world.heartbeat(&ids[0], 2), ErrorCode::IllegalGeneration);
}

#[test]
fn heartbeats_say_where_the_group_stands() {
    let mut world = World::new();
    assert_eq!(world.heartbeat("m", 1), ErrorCode::UnknownMemberId);
    let (leader, _) = completing(&mut world);
    assert_eq!(world.heartbeat(&leader, 1), ErrorCode::None);
    assert_eq!(world.heartbeat("m", 1), ErrorCode::UnknownMemberId);
    assert_eq!(world.heartbeat(&leader, 0), ErrorCode::IllegalGeneration);
    world.join_new();
    assert_eq!(world.heartbeat(&leader, 1), ErrorCode::RebalanceInProgress);
}

#[test]
fn heartbeats_keep_a_session_alive() {
    let mut world = World::hurried();
    let ids = world.stable(1);
    for _ in 0..10 {
        world.advance(9_999);
        assert_eq!(world.heartbeat(&ids[0], 1), ErrorCode::None);
    }
    world.advance(10_000);
    assert_eq!(world.state(), "Empty");
}

#[test]
fn a_member_that_leaves_starts_a_rebalance_and_the_last_one_empties_the_group() {
    let mut world = World::hurried();
    let ids = world.stable(2);
    assert_eq!(world.leave(&ids[1]), ErrorCode::None);
    assert_eq!(world.state(), "PreparingRebalance");
    assert_eq!(world.leave(&ids[1]), ErrorCode::UnknownMemberId);
    assert_eq!(world.leave(&ids[0]), ErrorCode::None);
    assert_eq!(world.state(), "Empty");
}

#[test]
fn a_pending_member_may_leave() {
    let mut world = World::hurried();
    let ids = world.stable(1);
    let token = world.ask(join(""));
    let pending = world.joined(token).member_id;
    let leader = world.ask(join(&ids[0]));
    assert!(world.is_waiting(leader));
    assert_eq!(world.leave(&pending), ErrorCode::None);
    assert_eq!(world.joined(leader).generation_id, 2);
}

#[test]
fn leaving_ends_the_members_own_parked_join() {
    let mut world = World::hurried();
    let ids = world.stable(2);
    let parked = world.ask(join(&ids[0]));
    assert_eq!(world.leave(&ids[0]), ErrorCode::None);
    assert_eq!(world.join_error(parked), ErrorCode::UnknownMemberId);
}

#[test]
fn before_version_3_one_member_leaves_with_the_error_on_top() {
    let mut world = World::hurried();
    let ids = world.stable(1);
    let leave = |id: &str| LeaveGroupRequest {
        group_id: GROUP.into(),
        member_id: id.into(),
        ..LeaveGroupRequest::default()
    };
    let token = world.ask_as(2, leave("m"));
    let response = world.answer::<LeaveGroupRequest>(token).unwrap();
    assert_eq!(response.error_code, ErrorCode::UnknownMemberId.code());
    let token = world.ask_as(2, leave(&ids[0]));
    assert_eq!(
        world.answer::<LeaveGroupRequest>(token).unwrap(),
        LeaveGroupResponse::default()
    );
}

#[test]
fn what_members_read_is_told_only_while_it_is_settled() {
    let mut world = World::hurried();
    let ids = world.stable(1);
    let group = world.describe().unwrap();
    assert_eq!(
        (&*group.protocol_type, &*group.protocol_data),
        ("consumer", "range")
    );
    let member = &group.members[0];
    assert_eq!(
        (&member.member_id, &*member.client_host),
        (&ids[0], "/127.0.0.1")
    );
    assert_eq!(member.member_assignment, *ids[0].as_bytes());
    assert_eq!(member.member_metadata, protocol("range", "t").metadata);

    world.join_new();
    let group = world.describe().unwrap();
    assert_eq!(&*group.protocol_data, "");
    assert_eq!(group.members[0].member_metadata, Bytes::new());
    assert_eq!(group.members[0].member_assignment, Bytes::new());
}

#[test]
fn groups_are_listed_by_state_and_type_in_any_case() {
    let mut world = World::hurried();
    world.stable(1);
    let mut list = |states: &[&str], types: &[&str]| {
        let names = |names: &[&str]| names.iter().map(|name| ByteString::from(*name)).collect();
        let token = world.ask(ListGroups {
            states: names(states),
            types: names(types),
        });
        world.answer::<ListGroups>(token).unwrap().len()
    };
    assert_eq!(list(&[], &[]), 1);
    assert_eq!(list(&["stable", "EMPTY"], &["CLASSIC"]), 1);
    assert_eq!(list(&["Empty"], &[]), 0);
    assert_eq!(list(&[], &["consumer"]), 0);
}
