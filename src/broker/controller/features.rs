//! Features: what this release can do, and the records that a new cluster begins with.

use crate::broker::metadata::MetadataRecord;
use crate::protocol::config::ResourceType;
use crate::protocol::messages::{ConfigRecord, FeatureLevelRecord};

/// A feature with a level that all brokers agree on (KIP-584).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Feature {
    /// Its name.
    pub name: &'static str,
    /// The lowest level that can be worked with.
    pub min_level: i16,
    /// The highest.
    pub max_level: i16,
    /// The level of a new cluster; 0 is off.
    pub new_cluster_level: i16,
}

/// The features of Kafka 4.3 that this release has. Those of newer group protocols and of transactions are missing until
/// it serves them: a client that sees such a level relies on it.
pub const FEATURES: &[Feature] = &[
    Feature {
        name: "metadata.version",
        min_level: 7,
        max_level: 30,
        new_cluster_level: 30,
    },
    Feature {
        name: "eligible.leader.replicas.version",
        min_level: 0,
        max_level: 1,
        new_cluster_level: 1,
    },
];

/// What a new cluster is formatted with: feature levels, and the minimum of in-sync replicas that eligible leader replicas
/// ask to be the same everywhere.
pub fn new_cluster() -> Vec<MetadataRecord> {
    let level = |feature: &Feature| {
        let record = FeatureLevelRecord {
            name: feature.name.into(),
            feature_level: feature.new_cluster_level,
        };
        MetadataRecord::from(record)
    };
    let min_isr = ConfigRecord {
        resource_type: ResourceType::Broker.code(),
        resource_name: "".into(),
        name: "min.insync.replicas".into(),
        value: Some("1".into()),
    };
    FEATURES.iter().map(level).chain([min_isr.into()]).collect()
}
