//! What administrators ask.

use kaffa::protocol::messages::*;

use super::requests::*;
use super::transcript::Transcript;

/// Leaves group `live` with one member.
pub(super) fn a_live_group(t: &mut Transcript<'_>) {
    let id = t.join("new", &join("live", ""), 9);
    t.join("joins", &join("live", &id), 9);
    t.call("syncs", &sync("live", &id, 1, &[]), 5);
    t.call("commit as a member", &commit("live", &id, 1), 9);
    t.call("commit as an administrator", &commit("live", "", -1), 9);
    t.call("commit as a stranger", &commit("live", "m", 1), 9);
    t.call("commit in a wrong generation", &commit("live", &id, 2), 9);
    t.call("commit in no generation", &commit("live", &id, -1), 9);
    t.call("delete live", &delete(&["live", "nope"]), 2);
    t.call("delete live", &delete(&["live", "nope"]), 0);
}

pub(super) fn deleted_offsets(t: &mut Transcript<'_>) {
    let some: &[(&str, &[i32])] = &[("t", &[0, 1, 5]), ("nope", &[0])];
    t.call("delete offsets in use", &delete_offsets("live", some), 0);
    t.call(
        "delete offsets of an unknown group",
        &delete_offsets("nope", some),
        0,
    );
    t.call("delete offsets of no group", &delete_offsets("", some), 0);
    t.call("delete offsets", &delete_offsets("simple", some), 0);
    t.call("delete no offsets", &delete_offsets("simple", &[]), 0);
    t.call("describe without offsets", &describe("simple"), 5);
}

pub(super) fn lists(t: &mut Transcript<'_>) {
    t.call("list", &list(&[], &[]), 0);
    for version in [4, 5] {
        t.call("list stable", &list(&["Stable"], &[]), version);
        t.call("list in any case", &list(&["empty", "DEAD"], &[]), version);
        t.call("list nonsense", &list(&["nonsense"], &[]), version);
    }
    t.call("list classic", &list(&[], &["classic"]), 5);
    t.call("list consumer", &list(&[], &["Consumer"]), 5);
    t.call("list nonsense types", &list(&[], &["nonsense"]), 5);
}

pub(super) fn deleted_groups(t: &mut Transcript<'_>) {
    t.call(
        "delete",
        &delete(&["simple", "simple", "s", "g", "nope", ""]),
        2,
    );
    t.call("describe deleted", &describe("simple"), 6);
    let several = DescribeGroupsRequest {
        groups: vec!["live".into(), "simple".into(), "".into(), "live".into()],
        include_authorized_operations: true,
    };
    for version in [5, 6] {
        t.call("describe with operations", &several, version);
    }
}

pub(super) fn coordinators(t: &mut Transcript<'_>) {
    let find = |key: &str, key_type| FindCoordinatorRequest {
        key: key.into(),
        key_type,
        coordinator_keys: vec![key.into(), key.into()],
    };
    for version in [0, 1, 2, 3, 4, 6] {
        t.call("find", &find("g", 0), version);
        t.call("find nothing", &find("", 0), version);
    }
    for version in [3, 6] {
        t.call("find nonsense", &find("g", 9), version);
    }
    t.call("find nobody", &FindCoordinatorRequest::default(), 6);
}
