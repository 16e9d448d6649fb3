//! Dynamic members: join, sync, heartbeat, leave.

use kaffa::protocol::messages::*;

use super::requests::*;
use super::transcript::Transcript;

pub(super) fn unknown_groups(t: &mut Transcript<'_>) {
    let short = JoinGroupRequest {
        session_timeout_ms: 1,
        ..join("g", "m")
    };
    let without_protocols = JoinGroupRequest {
        protocols: vec![],
        ..join("g", "")
    };
    t.join("no group", &join("", ""), 9);
    t.join("short session", &short, 9);
    for version in [4, 9] {
        t.join("unknown group", &join("nope", "m"), version);
        t.join("no protocols", &without_protocols, version);
    }
    for version in [5, 6] {
        t.call("describe unknown", &describe("nope"), version);
    }
    for group in ["", "nope"] {
        t.call("sync unknown", &sync(group, "m", 1, &[]), 5);
        t.call("heartbeat unknown", &heartbeat(group, "m", 1), 4);
        t.call("leave unknown", &leave(group, &[("m", None)]), 5);
        t.call("leave unknown", &leave_alone(group, "m"), 2);
    }
}

pub(super) fn pending_members(t: &mut Transcript<'_>) {
    let id = t.join("new", &join("g", ""), 9);
    t.call("heartbeat of pending", &heartbeat("g", &id, 0), 4);
    t.call("sync of pending", &sync("g", &id, 0, &[]), 5);
    t.call("pending leaves", &leave("g", &[(&id, None)]), 5);
    t.join("pending that left", &join("g", &id), 9);
}

/// Returns the member's id.
pub(super) fn a_generation_of_one(t: &mut Transcript<'_>) -> String {
    let id = t.join("new", &join("g", ""), 9);
    t.join("joins", &join("g", &id), 9);
    t.call("describe completing", &describe("g"), 5);
    t.call("heartbeat completing", &heartbeat("g", &id, 1), 4);
    t.call(
        "heartbeat in a wrong generation",
        &heartbeat("g", &id, 9),
        4,
    );
    t.call("heartbeat of a stranger", &heartbeat("g", "m", 1), 4);
    for version in [6, 9] {
        t.join("joins again", &join("g", &id), version);
        t.join("a stranger joins", &join("g", "m"), version);
    }
    let other_type = JoinGroupRequest {
        protocol_type: "connect".into(),
        ..join("g", "")
    };
    t.join("other type", &other_type, 9);
    for member in ["", "m", &id] {
        let other_protocol = JoinGroupRequest {
            protocols: vec![protocol("sticky")],
            ..join("g", member)
        };
        t.join("other protocol", &other_protocol, 9);
    }
    let wrong_type = SyncGroupRequest {
        protocol_type: Some("connect".into()),
        ..sync("g", &id, 1, &[])
    };
    let no_type = SyncGroupRequest {
        protocol_type: None,
        ..sync("g", &id, 1, &[])
    };
    t.call("sync of another type", &wrong_type, 5);
    t.call("sync without a type", &no_type, 5);
    t.call("sync for a stranger", &sync("g", &id, 1, &["stranger"]), 5);
    t.call("sync of another type, stable", &wrong_type, 5);
    t.call("sync in a wrong generation", &sync("g", &id, 2, &[]), 5);
    t.call("sync again", &sync("g", &id, 1, &[]), 0);
    t.call("describe stable", &describe("g"), 5);
    id
}

pub(super) fn a_generation_of_two(t: &mut Transcript<'_>, leader: &str) {
    let follower = t.join("second", &join("g", ""), 9);
    let mut parked = t.park(&join("g", &follower), 9, "g");
    t.call("heartbeat preparing", &heartbeat("g", leader, 1), 4);
    t.call("sync preparing", &sync("g", leader, 1, &[]), 5);
    t.call("commit preparing", &commit("g", leader, 1), 9);
    t.join("leader joins again", &join("g", leader), 9);
    let response = parked.answer();
    t.joined("second joined", response);
    let mut parked = t.park(&sync("g", &follower, 2, &[]), 5, "g");
    t.call("commit completing", &commit("g", leader, 2), 9);
    t.call(
        "leader syncs",
        &sync("g", leader, 2, &[leader, &follower]),
        5,
    );
    t.note("second synced", &parked.answer());
    t.join("follower joins again", &join("g", &follower), 9);
    let twice = [
        (&*follower, None),
        (&*follower, None),
        ("m", None),
        ("", None),
        ("", Some("i")),
    ];
    t.call("follower leaves twice", &leave("g", &twice), 5);
    t.call("leader leaves", &leave("g", &[(leader, None)]), 5);
}

pub(super) fn an_empty_group(t: &mut Transcript<'_>, former: &str) {
    t.call("describe empty", &describe("g"), 5);
    t.call("sync empty", &sync("g", former, 3, &[]), 5);
    t.call("heartbeat empty", &heartbeat("g", former, 3), 4);
    t.join("former member of an empty group", &join("g", former), 9);
    let id = t.join("without being sent for an id", &join("g", ""), 3);
    t.call("leaves", &leave_alone("g", &id), 2);
}
