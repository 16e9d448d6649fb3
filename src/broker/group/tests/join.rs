//! `JoinGroup`, and the rebalances it takes part in.

use super::*;

#[test]
fn a_group_needs_a_name() {
    let mut world = World::new();
    let token = world.ask(JoinGroupRequest {
        group_id: "".into(),
        ..join("")
    });
    assert_eq!(world.join_error(token), ErrorCode::InvalidGroupId);
}

#[test]
fn names_that_no_record_could_hold_are_refused() {
    let mut world = World::new();
    let long = ByteString::from("x".repeat(32_001));
    let token = world.ask(JoinGroupRequest {
        group_id: long.clone(),
        ..join("")
    });
    assert_eq!(world.join_error(token), ErrorCode::InvalidGroupId);
    let token = world.ask(JoinGroupRequest {
        group_instance_id: Some(long),
        ..join("")
    });
    assert_eq!(world.join_error(token), ErrorCode::InvalidRequest);
}

#[test]
fn a_session_timeout_must_be_within_the_configured_bounds() {
    let mut world = World::new();
    for session_timeout_ms in [5_999, 1_800_001, -1] {
        let token = world.ask(JoinGroupRequest {
            session_timeout_ms,
            ..join("")
        });
        assert_eq!(world.join_error(token), ErrorCode::InvalidSessionTimeout);
    }
}

#[test]
fn a_member_of_an_unknown_group_is_unknown() {
    let mut world = World::new();
    let token = world.ask(join("m"));
    assert_eq!(world.join_error(token), ErrorCode::UnknownMemberId);
}

#[test]
fn an_unknown_member_of_a_known_group_is_unknown() {
    let mut world = World::hurried();
    world.stable(1);
    let token = world.ask(join("m"));
    assert_eq!(world.join_error(token), ErrorCode::UnknownMemberId);
}

#[test]
fn a_new_member_is_first_sent_for_its_id() {
    let mut world = World::hurried();
    let token = world.ask(join(""));
    let response = world.joined(token);
    assert_eq!(response.error_code, ErrorCode::MemberIdRequired.code());
    assert_eq!(
        response.member_id,
        "client-00000000-0000-0000-0000-000000000001"
    );
    assert_eq!((response.generation_id, &*response.leader), (-1, ""));

    let token = world.ask(join(&response.member_id));
    world.advance(0);
    assert_eq!(world.joined(token).member_id, response.member_id);
}

#[test]
fn before_version_4_a_new_member_joins_at_once() {
    let mut world = World::hurried();
    let token = world.ask_as(3, join(""));
    world.advance(0);
    let response = world.joined(token);
    assert_eq!((response.error_code, response.generation_id), (0, 1));
    assert_eq!(response.leader, response.member_id);
}

#[test]
fn version_0_takes_the_session_timeout_for_the_rebalance_timeout() {
    let mut world = World::hurried();
    let first = world.ask_as(
        0,
        JoinGroupRequest {
            rebalance_timeout_ms: -1,
            ..join("")
        },
    );
    world.advance(0);
    let id = world.joined(first).member_id;
    let token = world.ask(sync(&id, 1, std::slice::from_ref(&id)));
    world.synced(token).unwrap();
    let second = world.ask_as(
        0,
        JoinGroupRequest {
            rebalance_timeout_ms: -1,
            ..join("")
        },
    );
    world.advance(9_999);
    assert!(world.is_waiting(second));
    world.advance(1);
    assert_eq!(world.joined(second).generation_id, 2);
}

#[test]
fn protocols_must_be_given_and_shared_by_all() {
    let mut world = World::hurried();
    let token = world.ask(JoinGroupRequest {
        protocols: vec![],
        ..join("")
    });
    assert_eq!(
        world.join_error(token),
        ErrorCode::InconsistentGroupProtocol
    );
    let token = world.ask(JoinGroupRequest {
        protocol_type: "".into(),
        ..join("")
    });
    assert_eq!(
        world.join_error(token),
        ErrorCode::InconsistentGroupProtocol
    );
    assert_eq!(world.state(), "Dead");

    world.stable(1);
    let token = world.ask(JoinGroupRequest {
        protocol_type: "connect".into(),
        ..join("")
    });
    assert_eq!(
        world.join_error(token),
        ErrorCode::InconsistentGroupProtocol
    );
    let token = world.ask(JoinGroupRequest {
        protocols: vec![protocol("sticky", "t")],
        ..join("")
    });
    assert_eq!(
        world.join_error(token),
        ErrorCode::InconsistentGroupProtocol
    );
}

#[test]
fn a_full_group_sends_new_members_away() {
    let mut world = World::with(GroupConfig {
        max_size: 1,
        initial_rebalance_delay: Duration::ZERO,
        ..GroupConfig::default()
    });
    world.stable(1);
    let token = world.ask(join(""));
    let response = world.joined(token);
    assert_eq!(response.error_code, ErrorCode::GroupMaxSizeReached.code());
    assert_eq!(response.member_id, "");
}

#[test]
fn the_first_rebalance_waits_for_more_members() {
    let mut world = World::new();
    let (_, first) = world.join_new();
    world.advance(2_000);
    let (_, second) = world.join_new();
    world.advance(1_000);
    // Somebody came, so it waits once more.
    assert!(world.is_waiting(first));
    world.advance(2_999);
    assert!(world.is_waiting(first));
    world.advance(1);
    assert_eq!(world.joined(first).generation_id, 1);
    assert_eq!(world.joined(second).generation_id, 1);
}

#[test]
fn the_first_rebalance_is_not_put_off_beyond_the_rebalance_timeout() {
    let mut world = World::new();
    let request = JoinGroupRequest {
        rebalance_timeout_ms: 5_000,
        ..join("")
    };
    let first = world.ask_as(3, request.clone());
    for _ in 0..4 {
        world.advance(1_250);
        world.ask_as(3, request.clone());
    }
    assert_eq!(world.joined(first).generation_id, 1);
}

#[test]
fn only_the_leader_learns_of_the_others() {
    let mut world = World::new();
    let (leader, first) = world.join_new();
    let (_, second) = world.join_new();
    world.advance(10_000);
    let first = world.joined(first);
    assert_eq!(first.leader, leader);
    assert_eq!(first.protocol_name.as_deref(), Some("range"));
    assert_eq!(first.protocol_type.as_deref(), Some("consumer"));
    assert_eq!(first.members.len(), 2);
    assert_eq!(first.members[0].metadata, protocol("range", "t").metadata);
    let second = world.joined(second);
    assert_eq!(second.leader, leader);
    assert_eq!(second.members, []);
}

#[test]
fn the_protocol_with_most_votes_among_those_all_have_is_chosen() {
    let mut world = World::new();
    let prefer = |names: &[&str]| JoinGroupRequest {
        protocols: names.iter().map(|name| protocol(name, "t")).collect(),
        ..join("")
    };
    let token = world.ask_as(3, prefer(&["only-me", "range", "sticky"]));
    world.ask_as(3, prefer(&["sticky", "range"]));
    world.ask_as(3, prefer(&["sticky", "range"]));
    world.advance(10_000);
    assert_eq!(world.joined(token).protocol_name.as_deref(), Some("sticky"));
}

#[test]
fn a_new_member_makes_a_stable_group_rebalance() {
    let mut world = World::hurried();
    let ids = world.stable(1);
    let (_, newcomer) = world.join_new();
    assert_eq!(world.state(), "PreparingRebalance");
    assert_eq!(world.heartbeat(&ids[0], 1), ErrorCode::RebalanceInProgress);
    assert!(world.is_waiting(newcomer));
    let token = world.ask(join(&ids[0]));
    assert_eq!(world.joined(token).generation_id, 2);
    assert_eq!(world.joined(newcomer).generation_id, 2);
    assert_eq!(world.state(), "CompletingRebalance");
}

#[test]
fn a_pending_member_holds_the_barrier_until_it_comes_or_is_late() {
    let mut world = World::hurried();
    let ids = world.stable(1);
    world.ask(join(""));
    let leader = world.ask(join(&ids[0]));
    assert!(world.is_waiting(leader));
    world.advance(10_000);
    assert_eq!(world.joined(leader).generation_id, 2);
}

#[test]
fn members_that_do_not_rejoin_in_time_are_out() {
    let mut world = World::hurried();
    let ids = world.stable(2);
    let leader = world.ask(join(&ids[0]));
    for _ in 0..9 {
        // The other is alive, but does not join.
        assert_eq!(world.heartbeat(&ids[1], 1), ErrorCode::RebalanceInProgress);
        world.advance(6_000);
        assert!(world.is_waiting(leader));
    }
    assert_eq!(world.heartbeat(&ids[1], 1), ErrorCode::RebalanceInProgress);
    world.advance(6_000);
    let response = world.joined(leader);
    assert_eq!((response.generation_id, response.members.len()), (2, 1));
    assert_eq!(world.heartbeat(&ids[1], 1), ErrorCode::UnknownMemberId);
}

#[test]
fn another_member_takes_over_from_a_leader_that_does_not_rejoin() {
    let mut world = World::hurried();
    let ids = world.stable(2);
    let changed = JoinGroupRequest {
        protocols: vec![protocol("range", "u")],
        ..join(&ids[1])
    };
    let follower = world.ask(changed);
    world.advance(60_000);
    let response = world.joined(follower);
    assert_eq!((&response.leader, response.members.len()), (&ids[1], 1));
}

#[test]
fn a_follower_that_rejoins_unchanged_is_told_the_generation_as_it_is() {
    let mut world = World::hurried();
    let ids = world.stable(2);
    let token = world.ask(join(&ids[1]));
    let response = world.joined(token);
    assert_eq!((response.generation_id, &response.leader), (1, &ids[0]));
    assert_eq!(world.state(), "Stable");
}

#[test]
fn a_leader_that_rejoins_always_starts_a_rebalance() {
    let mut world = World::hurried();
    let ids = world.stable(2);
    let token = world.ask(join(&ids[0]));
    assert!(world.is_waiting(token));
    assert_eq!(world.state(), "PreparingRebalance");
}

#[test]
fn a_member_that_changes_its_subscription_starts_a_rebalance() {
    let mut world = World::hurried();
    let ids = world.stable(2);
    world.ask(JoinGroupRequest {
        protocols: vec![protocol("range", "u")],
        ..join(&ids[1])
    });
    assert_eq!(world.state(), "PreparingRebalance");
}

#[test]
fn while_completing_only_a_changed_member_starts_over() {
    let mut world = World::new();
    let (leader, _) = world.join_new();
    let (follower, _) = world.join_new();
    world.advance(10_000);
    for id in [&leader, &follower] {
        let token = world.ask(join(id));
        assert_eq!(world.joined(token).generation_id, 1);
        assert_eq!(
            world.joined(token).members.len(),
            if id == &leader { 2 } else { 0 }
        );
    }
    let waiting = world.ask(sync(&follower, 1, &[]));
    world.ask(JoinGroupRequest {
        protocols: vec![protocol("range", "u")],
        ..join(&leader)
    });
    assert_eq!(world.state(), "PreparingRebalance");
    assert_eq!(world.synced(waiting), Err(ErrorCode::RebalanceInProgress));
}

#[test]
fn a_parked_member_does_not_expire_however_long_the_rebalance_takes() {
    let mut world = World::hurried();
    let ids = world.stable(2);
    let parked = world.ask(join(&ids[0]));
    world.advance(59_000);
    // The session of the other, which neither joined nor sent heartbeats, ended the wait at 10 s.
    assert_eq!(world.joined(parked).generation_id, 2);
}

#[test]
fn a_member_without_an_id_has_five_minutes_to_get_through_its_first_join() {
    let mut world = World::hurried();
    let ids = world.stable(1);
    let slow = JoinGroupRequest {
        rebalance_timeout_ms: 3_600_000,
        ..join(&ids[0])
    };
    let leader = world.ask(slow);
    let token = world.ask(sync(&ids[0], world.joined(leader).generation_id, &ids));
    world.synced(token).unwrap();
    let newcomer = world.ask_as(3, join(""));
    for _ in 0..299 {
        world.advance(1_000);
        assert_eq!(world.heartbeat(&ids[0], 2), ErrorCode::RebalanceInProgress);
    }
    assert!(world.is_waiting(newcomer));
    world.advance(1_000);
    assert_eq!(world.join_error(newcomer), ErrorCode::UnknownMemberId);
}

#[test]
fn a_group_whose_members_all_expired_is_empty_in_a_new_generation() {
    let mut world = World::hurried();
    world.stable(2);
    world.advance(10_000);
    assert_eq!(world.state(), "Empty");
    world.restart();
    let group = world.describe().unwrap();
    assert_eq!(
        (&*group.group_state, &*group.protocol_type),
        ("Empty", "consumer")
    );
    let (_, token) = world.join_new();
    world.advance(0);
    assert_eq!(world.joined(token).generation_id, 3);
}

#[test]
fn a_second_join_of_a_member_replaces_the_first() {
    let mut world = World::new();
    let (id, first) = world.join_new();
    let second = world.ask(join(&id));
    assert_eq!(world.join_error(first), ErrorCode::RebalanceInProgress);
    world.advance(3_000);
    assert_eq!(world.joined(second).generation_id, 1);
}

#[test]
fn ids_are_not_given_out_without_end() {
    let mut world = World::hurried();
    let token = (0..=2_000).map(|_| world.ask(join(""))).last().unwrap();
    assert_eq!(world.join_error(token), ErrorCode::CoordinatorNotAvailable);
    world.advance(10_000);
    let token = world.ask(join(""));
    assert_eq!(world.join_error(token), ErrorCode::MemberIdRequired);
}
