//! What every broker knows of the cluster, as of one offset of the metadata log. Immutable once published; a copy shares
//! everything that did not change.
//!
//! Read here, changed only by [`super::delta::Draft`].

use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};

use super::shards::Shards;
use crate::protocol::Uuid;
use crate::protocol::config::ResourceType;

/// Keys and values that were set on one resource.
pub type ConfigMap = BTreeMap<String, String>;

/// The cluster as of one offset (`MetadataImage`).
#[derive(Debug, Clone, PartialEq)]
pub struct Image {
    /// The cluster's id, from `meta.properties`.
    pub cluster_id: Arc<str>,
    /// The offset of the last record that is in here; -1 before the first.
    pub offset: i64,
    pub(super) brokers: BTreeMap<i32, Arc<BrokerRegistration>>,
    pub(super) names: Shards<Arc<str>, Uuid>,
    pub(super) topics: Shards<Uuid, Arc<Topic>>,
    pub(super) by_name: ByName,
    pub(super) configs: Arc<BTreeMap<Resource, ConfigMap>>,
    pub(super) features: Arc<BTreeMap<String, i16>>,
    /// The first producer id that was never handed out.
    pub next_producer_id: i64,
}

/// The topics by name, once somebody asked for them.
#[derive(Debug, Default)]
pub(super) struct ByName(OnceLock<Box<[Arc<Topic>]>>);

/// A copy is there to be changed.
impl Clone for ByName {
    fn clone(&self) -> Self {
        Self::default()
    }
}

/// It follows from the topics themselves.
impl PartialEq for ByName {
    fn eq(&self, _other: &Self) -> bool {
        true
    }
}

/// Something other than a topic that has a configuration; topics keep theirs with them.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Resource {
    /// What it is.
    pub kind: ResourceType,
    /// Its name; empty for all brokers together.
    pub name: String,
}

/// A broker (`BrokerRegistration`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BrokerRegistration {
    /// Its node id.
    pub id: i32,
    /// The offset of the record that registered it, which tells one life of it from the next.
    pub epoch: i64,
    /// Chosen by the broker at each start.
    pub incarnation_id: Uuid,
    /// Where it can be reached.
    pub endpoints: Vec<Endpoint>,
    /// Where it stands.
    pub rack: Option<String>,
    /// Whether it must not lead, and is not told to clients.
    pub fenced: bool,
    /// Whether it is about to stop.
    pub in_controlled_shutdown: bool,
    /// The ids of its log directories.
    pub log_dirs: Vec<Uuid>,
}

/// An address of a broker.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Endpoint {
    /// The listener's name.
    pub listener: String,
    /// Name or address.
    pub host: String,
    /// TCP port.
    pub port: u16,
    /// Number of the security protocol (`SecurityProtocol.id`): 0 for `PLAINTEXT`.
    pub security_protocol: i16,
}

/// A topic.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Topic {
    /// Its name.
    pub name: Arc<str>,
    /// Its id.
    pub id: Uuid,
    /// Its partitions, by number.
    pub partitions: BTreeMap<i32, Arc<Partition>>,
    /// What was set on it.
    pub configs: Arc<ConfigMap>,
}

/// A partition (`PartitionRegistration`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Partition {
    /// The brokers that keep it, the preferred leader first.
    pub replicas: Vec<i32>,
    /// Those of them that have every committed record.
    pub isr: Vec<i32>,
    /// Replicas that a reassignment brings in.
    pub adding_replicas: Vec<i32>,
    /// Replicas that a reassignment takes out.
    pub removing_replicas: Vec<i32>,
    /// The leader, if there is one.
    pub leader: Option<i32>,
    /// Counts the leaders.
    pub leader_epoch: i32,
    /// Counts all changes.
    pub partition_epoch: i32,
    /// Whether the leader was elected uncleanly and is still making up its mind about the log.
    pub is_recovering: bool,
    /// The log directory of each replica.
    pub directories: Vec<Uuid>,
    /// Replicas outside of `isr` that may still lead without loss (KIP-966).
    pub eligible_leader_replicas: Vec<i32>,
    /// The former ones.
    pub last_known_elr: Vec<i32>,
}

impl BrokerRegistration {
    /// Where it can be reached through the listener of this name.
    pub fn endpoint(&self, listener: &str) -> Option<&Endpoint> {
        self.endpoints
            .iter()
            .find(|endpoint| endpoint.listener == listener)
    }
}

impl Partition {
    /// The leader's id; -1 where there is none.
    pub fn leader_id(&self) -> i32 {
        self.leader.unwrap_or(-1)
    }
}

impl Image {
    /// A cluster in which nothing happened yet.
    pub fn empty(cluster_id: impl Into<Arc<str>>) -> Self {
        Self {
            cluster_id: cluster_id.into(),
            offset: -1,
            brokers: BTreeMap::new(),
            names: Shards::default(),
            topics: Shards::default(),
            by_name: ByName::default(),
            configs: Arc::default(),
            features: Arc::default(),
            next_producer_id: 0,
        }
    }

    /// All registered brokers, by id, fenced ones included.
    pub fn brokers(&self) -> impl ExactSizeIterator<Item = &BrokerRegistration> {
        self.brokers.values().map(AsRef::as_ref)
    }

    /// The broker with this id.
    pub fn broker(&self, id: i32) -> Option<&BrokerRegistration> {
        self.brokers.get(&id).map(AsRef::as_ref)
    }

    /// Whether the broker with this id is registered and not fenced.
    pub fn is_alive(&self, id: i32) -> bool {
        self.broker(id).is_some_and(|broker| !broker.fenced)
    }

    /// Where the broker with this id can be reached through a listener of this name; `None` if it is fenced or not there.
    pub fn live_endpoint(&self, id: i32, listener: &str) -> Option<&Endpoint> {
        self.broker(id)
            .filter(|broker| !broker.fenced)?
            .endpoint(listener)
    }

    /// The topic with this name.
    pub fn topic(&self, name: &str) -> Option<&Arc<Topic>> {
        self.topics.get(self.names.get(name)?)
    }

    /// The topic with this id.
    pub fn topic_by_id(&self, id: Uuid) -> Option<&Arc<Topic>> {
        self.topics.get(&id)
    }

    /// All topics, in no order that means anything.
    pub fn topics(&self) -> impl Iterator<Item = &Arc<Topic>> {
        self.topics.iter().map(|(_, topic)| topic)
    }

    /// All topics, by name; sorted once for every image that is asked.
    pub fn topics_by_name(&self) -> &[Arc<Topic>] {
        self.by_name.0.get_or_init(|| {
            let mut topics: Box<[_]> = self.topics().map(Arc::clone).collect();
            topics.sort_unstable_by(|one, other| one.name.cmp(&other.name));
            topics
        })
    }

    /// How many topics there are.
    pub const fn topic_count(&self) -> usize {
        self.topics.len()
    }

    /// What was set on a resource that is not a topic.
    pub fn configs_of(&self, resource: &Resource) -> Option<&ConfigMap> {
        self.configs.get(resource)
    }

    /// All resources other than topics on which something is set.
    pub fn configured_resources(&self) -> impl Iterator<Item = &Resource> {
        self.configs.keys()
    }

    /// The finalized level of a feature; 0 where it is off.
    pub fn feature_level(&self, name: &str) -> i16 {
        self.features.get(name).copied().unwrap_or_default()
    }

    /// All features that are on, with their levels.
    pub fn features(&self) -> impl Iterator<Item = (&str, i16)> {
        self.features
            .iter()
            .map(|(name, level)| (name.as_str(), *level))
    }
}

impl Resource {
    /// The broker `id`.
    pub fn broker(id: i32) -> Self {
        Self {
            kind: ResourceType::Broker,
            name: id.to_string(),
        }
    }

    /// All brokers together.
    pub const fn all_brokers() -> Self {
        Self {
            kind: ResourceType::Broker,
            name: String::new(),
        }
    }
}
