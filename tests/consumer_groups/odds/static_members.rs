//! Members with an instance id.

use kaffa::protocol::messages::*;

use super::requests::*;
use super::transcript::Transcript;

pub(super) fn replacement(t: &mut Transcript<'_>) {
    let old = t.join("static", &join_static("s", "x", ""), 9);
    t.call("syncs", &sync("s", &old, 1, &[&old]), 5);
    let new = t.join("static again", &join_static("s", "x", ""), 9);
    let instance = Some("x".into());
    let fenced_heartbeat = HeartbeatRequest {
        group_instance_id: instance.clone(),
        ..heartbeat("s", &old, 1)
    };
    let fenced_sync = SyncGroupRequest {
        group_instance_id: instance.clone(),
        ..sync("s", &old, 1, &[])
    };
    let fenced_commit = OffsetCommitRequest {
        group_instance_id: instance,
        ..commit("s", &old, 1)
    };
    t.call("heartbeat under the old id", &fenced_heartbeat, 4);
    t.call(
        "heartbeat under the old id, without instance",
        &heartbeat("s", &old, 1),
        4,
    );
    t.call("sync under the old id", &fenced_sync, 5);
    t.call("commit under the old id", &fenced_commit, 9);
    for version in [6, 9] {
        t.join(
            "join under the old id",
            &join_static("s", "x", &old),
            version,
        );
        t.join(
            "join of another instance",
            &join_static("s", "y", &new),
            version,
        );
    }
    t.call("syncs under the new id", &sync("s", &new, 1, &[]), 5);
    let newer = t.join("static again", &join_static("s", "x", ""), 8);
    t.call("describe static", &describe("s"), 5);
    let by_instance = [(&*new, Some("x")), ("", Some("x")), (&*newer, Some("x"))];
    t.call("leave by instance", &leave("s", &by_instance), 5);
    t.call("describe after", &describe("s"), 5);
}
