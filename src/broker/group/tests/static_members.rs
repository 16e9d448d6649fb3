//! Members with an instance id (KIP-345).

use super::*;

fn join_static(instance: &str, member: &str) -> JoinGroupRequest {
    JoinGroupRequest {
        group_instance_id: Some(instance.into()),
        ..join(member)
    }
}

/// A stable group of static members `x` (the leader) and `y`.
fn stable(world: &mut World) -> (ByteString, ByteString) {
    let x = world.ask(join_static("x", ""));
    let y = world.ask(join_static("y", ""));
    world.advance(10_000);
    let ids = [world.joined(x).member_id, world.joined(y).member_id];
    for id in ids.iter().rev() {
        world.ask(sync(id, 1, &ids));
    }
    assert_eq!(world.state(), "Stable");
    let [x, y] = ids;
    (x, y)
}

#[test]
fn a_static_member_joins_at_once_and_is_named_after_its_instance() {
    let mut world = World::new();
    let (x, _) = stable(&mut world);
    assert_eq!(x, "x-00000000-0000-0000-0000-000000000001");
}

#[test]
fn a_restarted_follower_gets_a_new_id_and_its_old_assignment_without_a_rebalance() {
    let mut world = World::new();
    let (x, y) = stable(&mut world);
    let token = world.ask(join_static("y", ""));
    let response = world.joined(token);
    assert_ne!(response.member_id, y);
    assert_eq!(
        (
            response.generation_id,
            &response.leader,
            response.skip_assignment
        ),
        (1, &x, false)
    );
    assert_eq!(response.members, []);
    let token = world.ask(sync(&response.member_id, 1, &[]));
    assert_eq!(world.synced(token).unwrap(), *y.as_bytes());

    // The change outlives a restart, and the old id is unknown.
    world.restart();
    assert_eq!(world.heartbeat(&response.member_id, 1), ErrorCode::None);
    assert_eq!(world.heartbeat(&y, 1), ErrorCode::UnknownMemberId);
}

#[test]
fn a_restarted_leader_is_told_to_skip_the_assignment() {
    let mut world = World::new();
    let (x, _) = stable(&mut world);
    let token = world.ask_as(9, join_static("x", ""));
    let response = world.joined(token);
    assert!(response.skip_assignment);
    assert_eq!(
        (&response.leader, response.members.len()),
        (&response.member_id, 2)
    );
    assert_ne!(response.member_id, x);
    assert_eq!(world.state(), "Stable");
}

#[test]
fn a_restarted_leader_that_cannot_skip_takes_itself_for_a_follower() {
    let mut world = World::new();
    let (x, _) = stable(&mut world);
    let token = world.ask_as(8, join_static("x", ""));
    let response = world.joined(token);
    assert_eq!(
        (
            &response.leader,
            response.members.len(),
            response.skip_assignment
        ),
        (&x, 0, false)
    );
}

#[test]
fn the_old_id_of_a_static_member_is_fenced() {
    let mut world = World::new();
    let (_, y) = stable(&mut world);
    world.ask(join_static("y", ""));
    let token = world.ask(join_static("y", &y));
    assert_eq!(world.join_error(token), ErrorCode::FencedInstanceId);
    let token = world.ask(SyncGroupRequest {
        group_instance_id: Some("y".into()),
        ..sync(&y, 1, &[])
    });
    assert_eq!(world.synced(token), Err(ErrorCode::FencedInstanceId));
    let token = world.ask(HeartbeatRequest {
        group_id: GROUP.into(),
        generation_id: 1,
        member_id: y,
        group_instance_id: Some("y".into()),
    });
    assert_eq!(
        world.answer::<HeartbeatRequest>(token),
        Err(ErrorCode::FencedInstanceId)
    );
}

#[test]
fn an_unknown_instance_is_an_unknown_member() {
    let mut world = World::new();
    let (x, _) = stable(&mut world);
    let token = world.ask(join_static("z", &x));
    assert_eq!(world.join_error(token), ErrorCode::UnknownMemberId);
}

#[test]
fn a_request_that_is_parked_under_the_old_id_is_fenced() {
    let mut world = World::new();
    let first = world.ask(join_static("x", ""));
    let second = world.ask(join_static("x", ""));
    assert_eq!(world.join_error(first), ErrorCode::FencedInstanceId);
    world.advance(10_000);
    let response = world.joined(second);
    assert_eq!(
        (&response.leader, response.members.len()),
        (&response.member_id, 1)
    );
}

#[test]
fn a_static_member_that_comes_back_while_completing_starts_over() {
    let mut world = World::new();
    let x = world.ask(join_static("x", ""));
    world.ask(join_static("y", ""));
    world.advance(10_000);
    let x = world.joined(x).member_id;
    let waiting = world.ask(sync(&x, 1, &[]));
    assert!(!world.is_waiting(waiting));
    let again = world.ask(JoinGroupRequest {
        protocols: vec![protocol("range", "u")],
        ..join_static("x", &x)
    });
    world.ask(join_static("y", ""));
    let generation = world.joined(again).generation_id;
    assert_eq!(generation, 2);
    world.ask(join_static("y", ""));
    assert_eq!(world.state(), "PreparingRebalance");
}

#[test]
fn a_static_member_that_changes_the_protocol_choice_starts_a_rebalance() {
    let mut world = World::hurried();
    let both = |names: [&str; 2]| JoinGroupRequest {
        protocols: names.iter().map(|name| protocol(name, "t")).collect(),
        ..join_static("x", "")
    };
    let token = world.ask(both(["range", "sticky"]));
    world.advance(0);
    let id = world.joined(token).member_id;
    world.ask(sync(&id, 1, &[]));
    let token = world.ask(both(["sticky", "range"]));
    assert_eq!(world.joined(token).generation_id, 2);
    assert_eq!(world.joined(token).protocol_name.as_deref(), Some("sticky"));
}

#[test]
fn static_members_keep_their_place_through_a_rebalance_they_miss() {
    let mut world = World::new();
    let (x, y) = stable(&mut world);
    let slow = |member: &str| JoinGroupRequest {
        session_timeout_ms: 100_000,
        ..join_static("x", member)
    };
    let token = world.ask(slow(&x));
    for _ in 0..10 {
        assert_eq!(world.heartbeat(&y, 1), ErrorCode::RebalanceInProgress);
        world.advance(6_000);
    }
    let response = world.joined(token);
    assert_eq!((response.generation_id, response.members.len()), (2, 2));
}

#[test]
fn when_only_static_members_are_left_and_none_joins_the_group_waits_for_their_sessions() {
    let mut world = World::new();
    let (x, _) = stable(&mut world);
    let (dynamic, _) = world.join_new();
    assert_eq!(world.leave(&dynamic), ErrorCode::None);
    assert_eq!(world.state(), "PreparingRebalance");
    for _ in 0..20 {
        assert_eq!(world.heartbeat(&x, 1), ErrorCode::RebalanceInProgress);
        world.advance(9_000);
    }
    world.advance(10_000);
    assert_eq!(world.state(), "Empty");
}

#[test]
fn an_administrator_removes_static_members_by_instance() {
    let mut world = World::new();
    let (x, y) = stable(&mut world);
    let leaving = |instance: &str, member: &ByteString| LeaveGroupRequestMember {
        member_id: member.clone(),
        group_instance_id: Some(instance.into()),
        ..LeaveGroupRequestMember::default()
    };
    let none = ByteString::new();
    let token = world.ask(LeaveGroupRequest {
        group_id: GROUP.into(),
        members: vec![
            leaving("z", &none),
            leaving("y", &x),
            leaving("x", &none),
            leaving("y", &y),
        ],
        ..LeaveGroupRequest::default()
    });
    let response = world.answer::<LeaveGroupRequest>(token).unwrap();
    let errors: Vec<ErrorCode> = response
        .members
        .iter()
        .map(|m| m.error_code.into())
        .collect();
    assert_eq!(
        errors,
        [
            ErrorCode::UnknownMemberId,
            ErrorCode::FencedInstanceId,
            ErrorCode::None,
            ErrorCode::None
        ]
    );
    assert_eq!(response.error_code, 0);
    assert_eq!(world.state(), "Empty");
}

#[test]
fn a_replacement_that_cannot_be_stored_starts_a_rebalance() {
    let mut world = World::new();
    let (x, _) = stable(&mut world);
    world.log_is_full = true;
    let token = world.ask(join_static("y", ""));
    assert_eq!(world.join_error(token), ErrorCode::CoordinatorNotAvailable);
    assert_eq!(world.heartbeat(&x, 1), ErrorCode::RebalanceInProgress);
}
