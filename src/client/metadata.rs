//! What a client knows of a cluster: brokers, topics, leaders.

use std::collections::{BTreeMap, HashMap};

use crate::net::Address;
use crate::protocol::messages::{
    MetadataResponse, MetadataResponseBroker, MetadataResponsePartition, MetadataResponseTopic,
};
use crate::protocol::{ErrorCode, Uuid};

/// A snapshot. It never changes; a refresh makes the next one.
#[derive(Debug, Clone, Default)]
pub struct Metadata {
    /// The cluster's id.
    pub cluster_id: Option<String>,
    /// The broker that Kafka names as controller; any broker passes requests on in KRaft clusters.
    pub controller: Option<i32>,
    /// By id.
    pub brokers: BTreeMap<i32, Broker>,
    /// The topics that were asked for so far, by name.
    pub topics: HashMap<String, Topic>,
}

/// A broker.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Broker {
    /// Its id.
    pub id: i32,
    /// Where it says it listens.
    pub address: Address,
    /// `broker.rack`.
    pub rack: Option<String>,
}

/// A topic.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Topic {
    /// Its id; zero from brokers that have none.
    pub id: Uuid,
    /// Whether it belongs to Kafka itself.
    pub is_internal: bool,
    /// What the broker says about it; the rest is empty if it is not `None`.
    pub error: ErrorCode,
    /// By number.
    pub partitions: Vec<Partition>,
}

/// A partition.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Partition {
    /// Its number.
    pub id: i32,
    /// Its leader, if there is one.
    pub leader: Option<i32>,
    /// The leader's epoch; -1 if the broker does not say.
    pub leader_epoch: i32,
    /// The brokers that have or should have it, the preferred leader first.
    pub replicas: Vec<i32>,
    /// The in-sync ones.
    pub isr: Vec<i32>,
    /// The ones that are down.
    pub offline: Vec<i32>,
}

impl Metadata {
    /// A partition, if it is known.
    pub fn partition(&self, topic: &str, partition: i32) -> Option<&Partition> {
        let index = usize::try_from(partition).ok()?;
        self.topics.get(topic)?.partitions.get(index)
    }

    /// How many partitions a topic has, if it is known.
    pub fn partition_count(&self, topic: &str) -> Option<usize> {
        let topic = self.topics.get(topic)?;
        (topic.error == ErrorCode::None).then_some(topic.partitions.len())
    }

    /// The next snapshot. `is_all` says that `response` holds every topic there is.
    pub(super) fn updated(&self, response: MetadataResponse, is_all: bool) -> Self {
        let mut topics = if is_all {
            HashMap::new()
        } else {
            self.topics.clone()
        };
        for topic in response.topics {
            let Some(name) = topic.name.as_deref().map(str::to_owned) else {
                continue;
            };
            let old = self.topics.get(&name);
            topics.insert(name, read_topic(topic, old));
        }
        let brokers = response.brokers.into_iter().map(read_broker);
        Self {
            cluster_id: response.cluster_id.map(|id| id.to_string()),
            controller: (response.controller_id >= 0).then_some(response.controller_id),
            brokers: brokers.map(|broker| (broker.id, broker)).collect(),
            topics,
        }
    }

    /// The same with one more broker.
    pub(super) fn with_broker(&self, broker: Broker) -> Self {
        let mut next = self.clone();
        next.brokers.insert(broker.id, broker);
        next
    }
}

fn read_broker(broker: MetadataResponseBroker) -> Broker {
    Broker {
        id: broker.node_id,
        address: address(&broker.host, broker.port),
        rack: broker.rack.map(|rack| rack.to_string()),
    }
}

/// An address off the wire; a port that is none becomes 0, which nobody listens on.
pub(super) fn address(host: &str, port: i32) -> Address {
    Address::new(host, u16::try_from(port).unwrap_or(0))
}

fn read_topic(topic: MetadataResponseTopic, old: Option<&Topic>) -> Topic {
    let mut partitions: Vec<_> = topic.partitions.into_iter().map(read_partition).collect();
    partitions.sort_unstable_by_key(|partition| partition.id);
    // Partitions are looked up by number: cut at the first gap, which no broker should leave.
    let whole = (0..)
        .zip(&partitions)
        .take_while(|(id, partition)| *id == partition.id)
        .count();
    partitions.truncate(whole);
    if let Some(old) = old.filter(|old| old.id == topic.topic_id) {
        keep_newer_leaders(&mut partitions, &old.partitions);
    }
    Topic {
        id: topic.topic_id,
        is_internal: topic.is_internal,
        error: topic.error_code.into(),
        partitions,
    }
}

/// A broker that is behind must not lead us back to a leader that has gone (KIP-320).
fn keep_newer_leaders(partitions: &mut [Partition], old: &[Partition]) {
    for (partition, old) in partitions.iter_mut().zip(old) {
        if partition.leader_epoch >= 0 && partition.leader_epoch < old.leader_epoch {
            partition.clone_from(old);
        }
    }
}

fn read_partition(partition: MetadataResponsePartition) -> Partition {
    Partition {
        id: partition.partition_index,
        leader: (partition.leader_id >= 0).then_some(partition.leader_id),
        leader_epoch: partition.leader_epoch,
        replicas: partition.replica_nodes,
        isr: partition.isr_nodes,
        offline: partition.offline_replicas,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn response(leader_epoch: i32, leader_id: i32) -> MetadataResponse {
        let partition = |partition_index| MetadataResponsePartition {
            partition_index,
            leader_id,
            leader_epoch,
            ..MetadataResponsePartition::default()
        };
        let topic = MetadataResponseTopic {
            name: Some("t".into()),
            partitions: vec![partition(1), partition(0), partition(7)],
            ..MetadataResponseTopic::default()
        };
        MetadataResponse {
            topics: vec![topic],
            ..MetadataResponse::default()
        }
    }

    #[test]
    fn partitions_are_found_by_number_whatever_their_order() {
        let metadata = Metadata::default().updated(response(3, 1), false);
        assert_eq!(metadata.partition_count("t"), Some(2));
        assert_eq!(metadata.partition("t", 1).unwrap().id, 1);
        assert_eq!(metadata.partition("t", 7), None);
        assert_eq!(metadata.partition("t", -1), None);
    }

    #[test]
    fn an_older_epoch_does_not_bring_back_an_old_leader() {
        let metadata = Metadata::default().updated(response(3, 1), false);
        let metadata = metadata.updated(response(2, 9), false);
        assert_eq!(metadata.partition("t", 0).unwrap().leader, Some(1));
        let metadata = metadata.updated(response(4, 2), false);
        assert_eq!(metadata.partition("t", 0).unwrap().leader, Some(2));
    }

    #[test]
    fn a_topic_that_is_gone_is_forgotten_when_all_were_asked_for() {
        let metadata = Metadata::default().updated(response(3, 1), false);
        let nothing = MetadataResponse::default();
        assert!(
            metadata
                .updated(nothing.clone(), false)
                .topics
                .contains_key("t")
        );
        assert!(metadata.updated(nothing, true).topics.is_empty());
    }
}
