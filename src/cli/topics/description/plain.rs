//! A topic as the original prints it.

use std::fmt::Write;

use super::{Ids, Partition, Topic};

/// What a line takes as a rule.
const LINE_BYTES: usize = 160;

impl Topic {
    /// The line of the topic itself, as the original prints it.
    pub fn plain_header(&self) -> String {
        let mut line = String::with_capacity(LINE_BYTES);
        line.extend(["Topic: ", self.name.as_str()]);
        if !self.id.is_zero() {
            write!(line, "\tTopicId: {}", self.id).ok();
        }
        let (count, factor) = (self.partitions.len(), self.replication_factor());
        write!(
            line,
            "\tPartitionCount: {count}\tReplicationFactor: {factor}\tConfigs: "
        )
        .ok();
        for (at, (name, value)) in self.configs.iter().enumerate() {
            let between = if at == 0 { "" } else { "," };
            line.extend([between, name, "=", value]);
        }
        line.push('\n');
        line
    }

    /// The lines of its partitions, as the original prints them.
    pub fn plain_partitions(&self) -> String {
        let mut lines = String::with_capacity(self.partitions.len().saturating_mul(LINE_BYTES));
        for partition in &self.partitions {
            self.plain_partition(partition, &mut lines);
        }
        lines
    }

    fn plain_partition(&self, partition: &Partition, line: &mut String) {
        line.extend(["\tTopic: ", &self.name]);
        write!(line, "\tPartition: {}", partition.number).ok();
        match partition.leader {
            Some(leader) => write!(line, "\tLeader: {}", leader.id).unwrap_or_default(),
            None => line.push_str("\tLeader: none"),
        }
        let mut field = |name: &str, ids: Option<&[i32]>| {
            line.extend(["\t", name, ": "]);
            match ids {
                Some(ids) => write!(line, "{}", Ids(ids, ",")).unwrap_or_default(),
                None => line.push_str("N/A"),
            }
        };
        field("Replicas", Some(&partition.replicas));
        field("Isr", Some(&partition.isr));
        if let Some(moves) = &partition.reassignment {
            field("Adding Replicas", Some(&moves.adding));
            field("Removing Replicas", Some(&moves.removing));
        }
        field("Elr", partition.elr.as_deref());
        field("LastKnownElr", partition.last_known_elr.as_deref());
        line.push('\n');
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
