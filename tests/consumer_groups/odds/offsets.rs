//! Commits and fetches.

use kaffa::protocol::Uuid;
use kaffa::protocol::messages::*;

use super::requests::*;
use super::transcript::Transcript;

pub(super) fn simple_groups(t: &mut Transcript<'_>) {
    for version in [8, 9] {
        t.call(
            "commit to an unknown group",
            &commit("nope", "m", 1),
            version,
        );
        t.call("commit to no group", &commit("", "", -1), version);
        t.call("commit", &commit("simple", "", -1), version);
        t.call("commit as a member", &commit("simple", "m", -1), version);
        t.call("commit in a generation", &commit("simple", "m", 3), version);
        t.call(
            "commit to an unknown topic",
            &commit_to(("nope", Uuid::ZERO), 0),
            version,
        );
        t.call(
            "commit to an unknown partition",
            &commit_to(("t", Uuid::ZERO), 5),
            version,
        );
    }
    t.call("describe simple", &describe("simple"), 5);
}

pub(super) fn by_id(t: &mut Transcript<'_>, id: Uuid) {
    t.call("commit by id", &commit_to(("", id), 1), 10);
    t.call(
        "commit by id to an unknown partition",
        &commit_to(("", id), 7),
        10,
    );
    t.call(
        "commit by unknown id",
        &commit_to(("", Uuid::from_bytes([9; 16])), 1),
        10,
    );
    t.call("commit by no id", &commit_to(("", Uuid::ZERO), 1), 10);
}

pub(super) fn limits(t: &mut Transcript<'_>) {
    let mut odd = commit("simple", "", -1);
    odd.topics[0].partitions[0].committed_metadata = Some("x".repeat(4097).into());
    t.call("commit with long metadata", &odd, 9);
    odd.topics[0].partitions[0].committed_metadata = None;
    t.call("commit without metadata", &odd, 9);
    odd.topics[0].partitions[0].committed_offset = -5;
    t.call("commit a negative offset", &odd, 9);
    odd.topics.clear();
    t.call("commit nothing", &odd, 9);
    let nothing = OffsetCommitRequest {
        topics: vec![],
        ..commit("nope", "m", 1)
    };
    t.call("commit nothing to an unknown group", &nothing, 9);
    t.call("describe unknown", &describe("nope"), 5);
    t.call("commit", &commit("simple", "", -1), 2);
}

pub(super) fn fetched(t: &mut Transcript<'_>) {
    let some: &[(&str, &[i32])] = &[("t", &[0, 1, 5]), ("nope", &[0])];
    for version in [1, 2, 5, 7] {
        t.call("fetch", &fetch_one("simple", Some(some)), version);
        t.call(
            "fetch of an unknown group",
            &fetch_one("nope", Some(some)),
            version,
        );
        t.call("fetch of no group", &fetch_one("", Some(some)), version);
        t.call("fetch nothing", &fetch_one("simple", Some(&[])), version);
    }
    for version in [2, 5, 7] {
        t.call("fetch everything", &fetch_one("simple", None), version);
        t.call(
            "fetch everything of an unknown group",
            &fetch_one("nope", None),
            version,
        );
    }
}

pub(super) fn fetched_by_several(t: &mut Transcript<'_>, id: Uuid) {
    let by_name: &[(&str, Uuid, &[i32])] =
        &[("t", Uuid::ZERO, &[0, 1]), ("nope", Uuid::ZERO, &[0])];
    for version in [8, 9] {
        let groups = vec![
            fetch_group("simple", Some(by_name)),
            fetch_group("nope", None),
            fetch_group("simple", None),
            fetch_group("", None),
        ];
        t.call("fetch of groups", &fetch(groups), version);
        t.call("fetch of no groups", &fetch(vec![]), version);
    }
    let unknown = Uuid::from_bytes([9; 16]);
    let by_id: &[(&str, Uuid, &[i32])] = &[
        ("", id, &[0, 1, 5]),
        ("", unknown, &[0]),
        ("", Uuid::ZERO, &[0]),
    ];
    let groups = vec![
        fetch_group("simple", Some(by_id)),
        fetch_group("simple", None),
        fetch_group("nope", Some(&[("", id, &[0])])),
    ];
    t.call("fetch by id", &fetch(groups), 10);
    let as_member = OffsetFetchRequestGroup {
        member_id: Some("m".into()),
        member_epoch: 3,
        ..fetch_group("simple", None)
    };
    let stable = OffsetFetchRequest {
        require_stable: true,
        ..fetch(vec![as_member])
    };
    t.call("fetch as a member", &stable, 9);
}
