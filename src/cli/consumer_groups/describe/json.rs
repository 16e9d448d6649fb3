//! Groups for programs.

use serde_json::{Value, json};

use super::{Group, Member, Progress};

impl Group {
    /// How far it is.
    pub fn json(&self) -> Value {
        let partitions: Vec<Value> = self
            .offsets
            .iter()
            .map(|progress| self.json_progress(progress))
            .collect();
        json!({
            "kind": "consumer_group", "v": 1, "group": self.group, "state": self.state, "assignor": self.assignor,
            "coordinator": self.coordinator, "coordinator_id": self.coordinator_id, "members": self.members.len(),
            "lag": self.lag(), "partitions": partitions,
        })
    }

    fn json_progress(&self, progress: &Progress) -> Value {
        let member = self.member_of(progress);
        json!({
            "topic": progress.topic, "partition": progress.partition, "committed": progress.committed,
            "end": progress.end, "lag": progress.lag(), "behind_ms": progress.behind_ms,
            "leader_epoch": progress.leader_epoch, "member_id": member.map(|member| &member.id),
            "client_id": member.map(|member| &member.client_id), "host": member.map(Member::address),
        })
    }

    /// Who is in it.
    pub fn json_members(&self) -> Value {
        let members: Vec<Value> = self.members.iter().map(Member::json).collect();
        json!({
            "kind": "consumer_group_members", "v": 1, "group": self.group, "state": self.state, "members": members,
        })
    }

    /// What state it is in.
    pub fn json_state(&self) -> Value {
        json!({
            "kind": "consumer_group_state", "v": 1, "group": self.group, "state": self.state,
            "assignor": self.assignor, "coordinator": self.coordinator, "coordinator_id": self.coordinator_id,
            "members": self.members.len(),
        })
    }
}

impl Member {
    fn json(&self) -> Value {
        let topic = |(topic, partitions): &(String, Vec<i32>)| json!({"topic": topic, "partitions": partitions});
        let assignment: Vec<Value> = self.assignment.iter().map(topic).collect();
        json!({
            "member_id": self.id, "instance_id": self.instance_id, "client_id": self.client_id,
            "host": self.address(), "assignment": assignment,
        })
    }
}
