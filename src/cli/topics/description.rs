//! What `--describe` tells of a topic, and its three faces: Apache's lines, a table, JSON.

use std::fmt::{self, Display, Write};

use serde_json::{Value, json};

use crate::{
    cli::{
        args::names,
        printer::{
            colour::Colour,
            table::{self, numbers, words},
        },
    },
    protocol::Uuid,
};

/// A topic as `--describe` shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Topic {
    /// Its name.
    pub name: String,
    /// Its id; zero if the cluster knows none.
    pub id: Uuid,
    /// Settings that are not the default, in the order in which the original prints them.
    pub configs: Vec<(String, String)>,
    /// `min.insync.replicas`, where known.
    pub min_isr: Option<usize>,
    /// Its partitions, ascending.
    pub partitions: Vec<Partition>,
}

/// A partition as `--describe` shows it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Partition {
    /// Its number.
    pub number: i32,
    /// The leader's id, and whether that broker is there.
    pub leader: Option<Leader>,
    /// Ids of the brokers that keep it, preferred leader first.
    pub replicas: Vec<i32>,
    /// Ids of those in sync.
    pub isr: Vec<i32>,
    /// Replicas that may lead though they are not in sync (KIP-966); nothing if the cluster does not say.
    pub elr: Option<Vec<i32>>,
    /// The last of those.
    pub last_known_elr: Option<Vec<i32>>,
    /// Replicas that come and go, during a reassignment.
    pub reassignment: Option<Reassignment>,
}

/// Who leads a partition.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Leader {
    /// The broker's id.
    pub id: i32,
    /// Whether that broker is alive.
    pub is_alive: bool,
}

/// Replicas on the move.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Reassignment {
    /// Ids of brokers that will keep it.
    pub adding: Vec<i32>,
    /// Ids of brokers that will no longer keep it.
    pub removing: Vec<i32>,
}

/// Which partitions a report flag asks for.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Filters {
    /// Fewer in sync than there are replicas.
    pub under_replicated: bool,
    /// No leader, or a dead one.
    pub unavailable: bool,
    /// Fewer in sync than `min.insync.replicas`.
    pub under_min_isr: bool,
    /// Exactly as many in sync.
    pub at_min_isr: bool,
}

impl Filters {
    /// Whether any is given: then only partitions are shown, and only those that match one of them.
    pub fn is_any(self) -> bool {
        self != Self::default()
    }

    fn matches(self, topic: &Topic, partition: &Partition) -> bool {
        let in_sync = partition.isr.len();
        self.under_replicated && partition.is_under_replicated()
            || self.unavailable && !partition.leader.is_some_and(|leader| leader.is_alive)
            || self.under_min_isr
                && (partition.leader.is_none() || topic.min_isr.is_some_and(|min| in_sync < min))
            || self.at_min_isr && topic.min_isr == Some(in_sync)
    }
}

impl Partition {
    /// Replicas that count: those on their way do not.
    fn replication_factor(&self) -> usize {
        let adding = self
            .reassignment
            .as_ref()
            .map_or(0, |moves| moves.adding.len());
        self.replicas.len().saturating_sub(adding)
    }

    fn is_under_replicated(&self) -> bool {
        self.replication_factor() > self.isr.len()
    }
}

impl Topic {
    fn replication_factor(&self) -> usize {
        self.partitions
            .first()
            .map_or(0, Partition::replication_factor)
    }

    /// Takes away the partitions that no filter asks for.
    pub fn keep(&mut self, filters: Filters) {
        let partitions = std::mem::take(&mut self.partitions);
        let kept = partitions
            .into_iter()
            .filter(|partition| filters.matches(self, partition));
        let kept = kept.collect();
        self.partitions = kept;
    }

    /// The line of the topic itself, as the original prints it.
    pub fn plain_header(&self) -> String {
        let mut line = format!("Topic: {}", self.name);
        if !self.id.is_zero() {
            write!(line, "\tTopicId: {}", self.id).ok();
        }
        let (count, factor) = (self.partitions.len(), self.replication_factor());
        let configs: Vec<_> = self
            .configs
            .iter()
            .map(|(name, value)| format!("{name}={value}"))
            .collect();
        let configs = configs.join(",");
        writeln!(
            line,
            "\tPartitionCount: {count}\tReplicationFactor: {factor}\tConfigs: {configs}"
        )
        .ok();
        line
    }

    /// The lines of its partitions, as the original prints them.
    pub fn plain_partitions(&self) -> String {
        self.partitions
            .iter()
            .map(|partition| self.plain_partition(partition))
            .collect()
    }

    fn plain_partition(&self, partition: &Partition) -> String {
        let mut line = format!("\tTopic: {}\tPartition: {}", self.name, partition.number);
        let mut field = |name: &str, value: &dyn Display| write!(line, "\t{name}: {value}").ok();
        match partition.leader {
            Some(leader) => field("Leader", &leader.id),
            None => field("Leader", &"none"),
        };
        field("Replicas", &Ids(&partition.replicas, ","));
        field("Isr", &Ids(&partition.isr, ","));
        if let Some(moves) = &partition.reassignment {
            field("Adding Replicas", &Ids(&moves.adding, ","));
            field("Removing Replicas", &Ids(&moves.removing, ","));
        }
        for (name, ids) in [
            ("Elr", &partition.elr),
            ("LastKnownElr", &partition.last_known_elr),
        ] {
            match ids {
                Some(ids) => field(name, &Ids(ids, ",")),
                None => field(name, &"N/A"),
            };
        }
        line.push('\n');
        line
    }

    /// The topic and its partitions for people.
    pub fn rich(&self, colour: bool) -> String {
        let count =
            |number, thing| format!("{number} {thing}{}", if number == 1 { "" } else { "s" });
        let mut text = format!(
            "{}   {} × {}",
            Colour::Bold.paint(&self.name, colour),
            count(self.partitions.len(), "partition"),
            count(self.replication_factor(), "replica"),
        );
        if let Some(min) = self.min_isr {
            write!(text, "   min.insync {min}").ok();
        }
        if !self.id.is_zero() {
            write!(text, "   id {}", self.id).ok();
        }
        text.push('\n');
        for (at, (name, value)) in self.configs.iter().enumerate() {
            let label = if at == 0 { "config" } else { "" };
            writeln!(text, "  {label:<8} {name}={value}").ok();
        }
        text.push('\n');
        text.push_str(&self.rich_partitions());
        for remark in self.remarks() {
            writeln!(text, "  {}", Colour::Yellow.paint(&remark, colour)).ok();
        }
        text
    }

    fn rich_partitions(&self) -> String {
        let columns = [
            numbers("PARTITION"),
            numbers("LEADER"),
            words("REPLICAS"),
            words("IN SYNC"),
        ];
        let rows = self.partitions.iter().map(|partition| {
            let mut replicas = Ids(&partition.replicas, " ").to_string();
            if let Some(moves) = &partition.reassignment {
                moves
                    .adding
                    .iter()
                    .for_each(|id| write!(replicas, " +{id}").unwrap_or_default());
                moves
                    .removing
                    .iter()
                    .for_each(|id| write!(replicas, " −{id}").unwrap_or_default());
            }
            let leader = partition
                .leader
                .map_or("none".to_owned(), |leader| leader.id.to_string());
            vec![
                partition.number.to_string(),
                leader,
                replicas,
                Ids(&partition.isr, " ").to_string(),
            ]
        });
        table::render(&columns, rows)
    }

    /// What is wrong now, a line each.
    fn remarks(&self) -> Vec<String> {
        let mut remarks = Vec::new();
        for partition in &self.partitions {
            let number = partition.number;
            match partition.leader {
                None => remarks.push(format!("! partition {number} has no leader")),
                Some(leader) if !leader.is_alive => {
                    remarks.push(format!(
                        "! partition {number}: its leader, broker {}, is not there",
                        leader.id
                    ));
                }
                Some(_) if partition.is_under_replicated() => {
                    let behind = partition
                        .replicas
                        .iter()
                        .filter(|id| !partition.isr.contains(id));
                    let behind: Vec<i32> = behind.copied().collect();
                    let behind = Ids(&behind, ", ").to_string();
                    remarks.push(format!(
                        "! partition {number} is under-replicated: not in sync: broker {behind}"
                    ));
                }
                Some(_) => {}
            }
        }
        remarks
    }

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
        });
        if let (Some(moves), Some(fields)) = (&self.reassignment, value.as_object_mut()) {
            fields.insert("adding".to_owned(), json!(moves.adding));
            fields.insert("removing".to_owned(), json!(moves.removing));
        }
        value
    }
}

/// Broker ids with something between them.
struct Ids<'i>(&'i [i32], &'static str);

impl Display for Ids<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, id) in self.0.iter().enumerate() {
            let between = if at == 0 { "" } else { self.1 };
            write!(f, "{between}{id}")?;
        }
        Ok(())
    }
}

/// Sorts configuration entries as `java.util.HashMap` would iterate over all `count` of them, which is how the original
/// prints them.
pub fn java_hash_order(entries: &mut [(String, String)], count: usize) {
    let mut buckets: u32 = 16;
    while count > usize::try_from(buckets / 4 * 3).unwrap_or(usize::MAX) && buckets < 1 << 30 {
        buckets *= 2;
    }
    entries.sort_by_key(|(name, _)| {
        let hash = name.encode_utf16().fold(0_u32, |hash, unit| {
            hash.wrapping_mul(31).wrapping_add(u32::from(unit))
        });
        (hash ^ (hash >> 16)) & (buckets - 1)
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    fn orders() -> Topic {
        let partition = |number, isr: &[i32]| Partition {
            number,
            leader: Some(Leader {
                id: 1,
                is_alive: true,
            }),
            replicas: vec![1, 2],
            isr: isr.to_vec(),
            elr: Some(vec![]),
            last_known_elr: Some(vec![]),
            reassignment: None,
        };
        Topic {
            name: "orders".into(),
            id: "Nkv7K4MdQ7yoB-QypvL12g".parse().unwrap(),
            configs: vec![
                ("min.insync.replicas".into(), "1".into()),
                ("retention.ms".into(), "60000".into()),
            ],
            min_isr: Some(1),
            partitions: vec![partition(0, &[1, 2]), partition(1, &[1])],
        }
    }

    #[test]
    fn plain_lines_are_those_of_the_original() {
        let mut topic = orders();
        topic.partitions[1].leader = None;
        topic.partitions[1].elr = None;
        topic.partitions[1].reassignment = Some(Reassignment {
            adding: vec![3],
            removing: vec![],
        });
        assert_eq!(
            topic.plain_header(),
            "Topic: orders\tTopicId: Nkv7K4MdQ7yoB-QypvL12g\tPartitionCount: 2\tReplicationFactor: 2\tConfigs: min.insync.replicas=1,retention.ms=60000\n"
        );
        assert_eq!(
            topic.plain_partitions(),
            "\tTopic: orders\tPartition: 0\tLeader: 1\tReplicas: 1,2\tIsr: 1,2\tElr: \tLastKnownElr: \n\
             \tTopic: orders\tPartition: 1\tLeader: none\tReplicas: 1,2\tIsr: 1\tAdding Replicas: 3\tRemoving Replicas: \tElr: N/A\tLastKnownElr: \n"
        );
        topic.id = Uuid::ZERO;
        topic.configs.clear();
        assert_eq!(
            topic.plain_header(),
            "Topic: orders\tPartitionCount: 2\tReplicationFactor: 2\tConfigs: \n"
        );
    }

    #[test]
    fn people_see_a_table_and_what_is_wrong() {
        assert_eq!(
            orders().rich(false),
            "orders   2 partitions × 2 replicas   min.insync 1   id Nkv7K4MdQ7yoB-QypvL12g\n  \
             config   min.insync.replicas=1\n           retention.ms=60000\n\n  \
             PARTITION  LEADER  REPLICAS  IN SYNC\n          \
             0       1  1 2       1 2\n          \
             1       1  1 2       1\n  \
             ! partition 1 is under-replicated: not in sync: broker 2\n"
        );
    }

    #[test]
    fn programs_get_all_of_it() {
        let value = orders().json();
        assert_eq!(value["partitions"][1]["isr"], json!([1]));
        assert_eq!(value["configs"]["retention.ms"], "60000");
    }

    #[test]
    fn filters_leave_the_partitions_they_ask_for() {
        let left = |filters| {
            let mut topic = orders();
            topic.keep(filters);
            topic
                .partitions
                .iter()
                .map(|partition| partition.number)
                .collect::<Vec<_>>()
        };
        let none = Filters::default();
        assert_eq!(
            left(Filters {
                under_replicated: true,
                ..none
            }),
            [1]
        );
        assert_eq!(
            left(Filters {
                unavailable: true,
                ..none
            }),
            [0; 0]
        );
        assert_eq!(
            left(Filters {
                at_min_isr: true,
                ..none
            }),
            [1]
        );
        assert_eq!(
            left(Filters {
                under_min_isr: true,
                ..none
            }),
            [0; 0]
        );
    }

    #[test]
    fn settings_come_in_the_order_of_a_java_hash_map() {
        let names = [
            "segment.bytes",
            "retention.ms",
            "cleanup.policy",
            "min.insync.replicas",
            "compression.type",
        ];
        let mut entries: Vec<_> = names
            .iter()
            .map(|name| ((*name).to_owned(), String::new()))
            .collect();
        java_hash_order(&mut entries, 36);
        let order: Vec<_> = entries.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(
            order,
            [
                "compression.type",
                "min.insync.replicas",
                "cleanup.policy",
                "segment.bytes",
                "retention.ms"
            ]
        );
    }
}
