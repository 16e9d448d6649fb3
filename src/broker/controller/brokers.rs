//! Brokers: registered when they start (`ClusterControlManager`), and the partitions that follow from it.

use super::{Decision, View};
use crate::broker::metadata::{Endpoint, MetadataRecord, Partition, Topic};
use crate::protocol::Uuid;
use crate::protocol::messages::{
    PartitionChangeRecord, RegisterBrokerRecord, RegisterBrokerRecordEndPoint,
    RegisterBrokerRecordFeature,
};

use super::features::FEATURES;

/// A broker that starts.
#[derive(Debug, Clone)]
pub struct Registration {
    /// Its node id.
    pub id: i32,
    /// New at each start.
    pub incarnation_id: Uuid,
    /// Where it can be reached.
    pub endpoints: Vec<Endpoint>,
    /// Where it stands.
    pub rack: Option<String>,
    /// The ids of its log directories.
    pub log_dirs: Vec<Uuid>,
    /// Whether its last run ended in order. If not, records may be lost that others have read, and the partitions it leads
    /// get a new leader epoch to tell what comes from what was.
    pub was_stopped_cleanly: bool,
}

/// Decides on the registration of a broker that is ready to lead; answers its epoch, which is the offset at which the
/// first record will stand.
pub fn register(view: View<'_>, registration: &Registration, next_offset: i64) -> Decision<i64> {
    let endpoint = |endpoint: &Endpoint| RegisterBrokerRecordEndPoint {
        name: endpoint.listener.as_str().into(),
        host: endpoint.host.as_str().into(),
        port: endpoint.port,
        security_protocol: endpoint.security_protocol,
    };
    let feature = |feature: &super::features::Feature| RegisterBrokerRecordFeature {
        name: feature.name.into(),
        min_supported_version: feature.min_level,
        max_supported_version: feature.max_level,
    };
    let record = RegisterBrokerRecord {
        broker_id: registration.id,
        incarnation_id: registration.incarnation_id,
        broker_epoch: next_offset,
        end_points: registration.endpoints.iter().map(endpoint).collect(),
        features: FEATURES.iter().map(feature).collect(),
        rack: registration.rack.as_deref().map(Into::into),
        fenced: false,
        log_dirs: registration.log_dirs.clone(),
        ..RegisterBrokerRecord::default()
    };
    let mut records = vec![MetadataRecord::from(record)];
    records.extend(new_leaders(view, registration));
    Decision {
        records,
        response: next_offset,
    }
}

/// The partitions that the broker leads from now on, or goes on to lead after it may have lost records.
fn new_leaders(view: View<'_>, registration: &Registration) -> Vec<MetadataRecord> {
    let id = registration.id;
    let mut records = Vec::new();
    for topic in view.image.topics() {
        for (number, partition) in &topic.partitions {
            let leads_anew = match partition.leader {
                None => may_lead(partition, id),
                Some(leader) => leader == id && !registration.was_stopped_cleanly,
            };
            if leads_anew {
                records.push(led_by(view, id, topic, *number));
            }
        }
    }
    records
}

/// The record by which `id` becomes the leader of a partition. Replicas in sync that are enough for acks=all make it
/// needless to remember others (KIP-966).
fn led_by(view: View<'_>, id: i32, topic: &Topic, number: i32) -> MetadataRecord {
    let mut record = PartitionChangeRecord {
        partition_id: number,
        topic_id: topic.id,
        leader: id,
        ..PartitionChangeRecord::default()
    };
    let Some(partition) = topic.partitions.get(&number) else {
        return record.into();
    };
    let is_in_sync = partition.isr.contains(&id);
    let min_isr = view
        .fallbacks()
        .topic_config(&topic.configs)
        .map_or(1, |config| config.min_insync_replicas);
    let needed = usize::try_from(min_isr)
        .unwrap_or_default()
        .min(partition.replicas.len());
    let others = |ids: &[i32]| ids.iter().copied().filter(|other| *other != id).collect();
    record.isr = (!is_in_sync).then(|| vec![id]);
    if partition.isr.len().max(1) >= needed {
        record.eligible_leader_replicas = Some(Vec::new());
        record.last_known_elr = Some(Vec::new());
    } else {
        record.eligible_leader_replicas = Some(others(&partition.eligible_leader_replicas));
        record.last_known_elr = Some(others(&partition.last_known_elr));
    }
    record.into()
}

/// Whether the broker has every committed record of a partition without a leader.
fn may_lead(partition: &Partition, id: i32) -> bool {
    partition.isr.contains(&id)
        || (partition.isr.is_empty() && partition.eligible_leader_replicas.contains(&id))
}
