//! A topic for programs.

use serde_json::{Value, json};

use super::{Partition, Topic};
use crate::cli::args::names;

impl Topic {
    /// The topic for programs.
    pub fn json(&self) -> Value {
        let partitions: Vec<Value> = self.partitions.iter().map(Partition::json).collect();
        let configs: serde_json::Map<String, Value> = self
            .configs
            .iter()
            .map(|(name, value)| (name.clone(), json!(value)))
            .collect();
        json!({
            "kind": "topic", "v": 1, "name": self.name, "id": self.id.to_string(),
            "internal": names::is_internal(&self.name), "replication_factor": self.replication_factor(),
            "configs": configs, "partitions": partitions,
        })
    }
}

impl Partition {
    fn json(&self) -> Value {
        let mut value = json!({
            "partition": self.number, "leader": self.leader.map(|leader| leader.id), "replicas": self.replicas,
            "isr": self.isr, "elr": self.elr, "last_known_elr": self.last_known_elr,
            "start": self.told(|it| it.start), "end": self.told(|it| it.end),
            "size_bytes": self.told(|it| it.size_bytes),
        });
        if let (Some(moves), Some(fields)) = (&self.reassignment, value.as_object_mut()) {
            fields.insert("adding".to_owned(), json!(moves.adding));
            fields.insert("removing".to_owned(), json!(moves.removing));
        }
        value
    }
}
