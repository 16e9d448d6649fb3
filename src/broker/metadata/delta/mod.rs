//! How records change an image, and what they changed.
//!
//! [`Draft::apply`] is the only code that changes what brokers know, and the same on replay as on the first day.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, LazyLock};

use crate::broker::metadata::image::{
    BrokerRegistration, ByName, ConfigMap, Endpoint, Image, Partition, Resource, Topic,
};
use crate::broker::metadata::records::MetadataRecord;
use crate::protocol::Uuid;
use crate::protocol::config::ResourceType;
use crate::protocol::messages::{
    BrokerRegistrationChangeRecord, ConfigRecord, PartitionChangeRecord, PartitionRecord,
    RegisterBrokerRecord, TopicRecord,
};

/// Leader of a partition change that leaves the leader alone (`LeaderConstants.NO_LEADER_CHANGE`).
pub const NO_LEADER_CHANGE: i32 = -2;

/// What topics are set to on which nothing is set: one for thousands of them, as it is looked at for each.
static NOTHING_SET: LazyLock<Arc<ConfigMap>> = LazyLock::new(Arc::default);

/// What a batch of records changed (`MetadataDelta`).
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Delta {
    /// Topics that are gone, as they were.
    pub deleted_topics: Vec<Arc<Topic>>,
    /// Partitions that are new or changed, by topic.
    pub partitions: BTreeMap<Uuid, BTreeSet<i32>>,
    /// Topics whose own configuration changed, new ones included.
    pub topic_configs: BTreeSet<Uuid>,
    /// Other resources whose configuration changed.
    pub configs: BTreeSet<Resource>,
    /// Brokers that came, changed or left.
    pub brokers: BTreeSet<i32>,
    /// Whether the level of a feature changed.
    pub has_new_features: bool,
}

/// A record that contradicts those before it: the log is not one that a controller wrote.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ApplyError {
    /// About a topic that does not exist.
    #[error("no topic has the id {0}")]
    NoTopic(Uuid),
    /// About a topic that does not exist.
    #[error("no topic is called {0:?}")]
    NoTopicOfName(String),
    /// About a partition that does not exist.
    #[error("topic {topic} has no partition {partition}")]
    NoPartition {
        /// The topic.
        topic: Uuid,
        /// The partition.
        partition: i32,
    },
    /// A topic that exists already.
    #[error("topic {0:?} exists already")]
    TopicExists(String),
    /// About a broker that is not registered.
    #[error("broker {0} is not registered")]
    NoBroker(i32),
    /// A configuration of something that has none.
    #[error("resources of type {0} have no configuration")]
    NoResourceType(i8),
}

/// An image being changed.
#[derive(Debug)]
pub struct Draft {
    image: Image,
    delta: Delta,
    /// What to go back to when the open transaction is aborted, or never ends.
    before_transaction: Option<Box<(Image, Delta)>>,
}

impl Draft {
    /// A draft that starts as `image`.
    pub fn new(image: &Image) -> Self {
        Self {
            image: image.clone(),
            delta: Delta::default(),
            before_transaction: None,
        }
    }

    /// The image as it would be now.
    pub const fn image(&self) -> &Image {
        &self.image
    }

    /// The image with all records applied, and what changed. An unfinished transaction leaves no trace.
    pub fn finish(self) -> (Image, Delta) {
        match self.before_transaction {
            None => (self.image, self.delta),
            Some(before) => {
                let (mut image, delta) = *before;
                image.offset = self.image.offset;
                (image, delta)
            }
        }
    }

    /// Applies the record at `offset`.
    ///
    /// # Errors
    /// When it contradicts what is known; the draft must then be dropped.
    pub fn apply(&mut self, offset: i64, record: &MetadataRecord) -> Result<(), ApplyError> {
        self.image.offset = offset;
        self.image.by_name = ByName::default();
        match record {
            MetadataRecord::Topic(record) => self.create_topic(record),
            MetadataRecord::Partition(record) => self.create_partition(record),
            MetadataRecord::PartitionChange(record) => self.change_partition(record),
            MetadataRecord::RemoveTopic(record) => self.remove_topic(record.topic_id),
            MetadataRecord::Config(record) => self.set_config(record),
            MetadataRecord::ClearElr(record) => self.clear_elr(&record.topic_name),
            MetadataRecord::RegisterBroker(record) => {
                self.register_broker(record);
                Ok(())
            }
            MetadataRecord::UnregisterBroker(record) => {
                self.delta.brokers.insert(record.broker_id);
                let known = self.image.brokers.remove(&record.broker_id).is_some();
                if known {
                    Ok(())
                } else {
                    Err(ApplyError::NoBroker(record.broker_id))
                }
            }
            MetadataRecord::FenceBroker(record) => {
                self.change_broker(record.id, |broker| broker.fenced = true)
            }
            MetadataRecord::UnfenceBroker(record) => {
                self.change_broker(record.id, |broker| broker.fenced = false)
            }
            MetadataRecord::BrokerRegistrationChange(record) => self.change_registration(record),
            MetadataRecord::FeatureLevel(record) => {
                self.set_feature(&record.name, record.feature_level);
                Ok(())
            }
            MetadataRecord::ProducerIds(record) => {
                self.image.next_producer_id =
                    self.image.next_producer_id.max(record.next_producer_id);
                Ok(())
            }
            MetadataRecord::BeginTransaction(_) => {
                self.before_transaction = Some(Box::new((self.image.clone(), self.delta.clone())));
                Ok(())
            }
            MetadataRecord::EndTransaction(_) => {
                self.before_transaction = None;
                Ok(())
            }
            MetadataRecord::AbortTransaction(_) => {
                if let Some(before) = self.before_transaction.take() {
                    (self.image, self.delta) = *before;
                    self.image.offset = offset;
                }
                Ok(())
            }
            MetadataRecord::NoOp(_) | MetadataRecord::Uninterpreted(_) => Ok(()),
        }
    }

    fn create_topic(&mut self, record: &TopicRecord) -> Result<(), ApplyError> {
        let name: Arc<str> = Arc::from(&*record.name);
        let id = record.topic_id;
        if self.image.topic(&name).is_some() || self.image.topic_by_id(id).is_some() {
            return Err(ApplyError::TopicExists(record.name.to_string()));
        }
        let topic = Topic {
            name: Arc::clone(&name),
            id,
            partitions: BTreeMap::new(),
            configs: Arc::clone(&NOTHING_SET),
        };
        self.image.names.insert(name, id);
        self.image.topics.insert(id, Arc::new(topic));
        self.delta.topic_configs.insert(id);
        Ok(())
    }

    fn topic_mut(&mut self, id: Uuid) -> Result<&mut Topic, ApplyError> {
        self.image
            .topics
            .get_mut(&id)
            .map(Arc::make_mut)
            .ok_or(ApplyError::NoTopic(id))
    }

    fn create_partition(&mut self, record: &PartitionRecord) -> Result<(), ApplyError> {
        let partition = Partition {
            replicas: record.replicas.clone(),
            isr: record.isr.clone(),
            adding_replicas: record.adding_replicas.clone(),
            removing_replicas: record.removing_replicas.clone(),
            leader: leader(record.leader),
            leader_epoch: record.leader_epoch,
            partition_epoch: record.partition_epoch,
            is_recovering: record.leader_recovery_state == 1,
            directories: record.directories.clone(),
            eligible_leader_replicas: record.eligible_leader_replicas.clone().unwrap_or_default(),
            last_known_elr: record.last_known_elr.clone().unwrap_or_default(),
        };
        let topic = self.topic_mut(record.topic_id)?;
        topic
            .partitions
            .insert(record.partition_id, Arc::new(partition));
        self.delta
            .partitions
            .entry(record.topic_id)
            .or_default()
            .insert(record.partition_id);
        Ok(())
    }

    /// `PartitionRegistration.merge`
    fn change_partition(&mut self, record: &PartitionChangeRecord) -> Result<(), ApplyError> {
        let missing = ApplyError::NoPartition {
            topic: record.topic_id,
            partition: record.partition_id,
        };
        let topic = self.topic_mut(record.topic_id)?;
        let partition = topic
            .partitions
            .get_mut(&record.partition_id)
            .map(Arc::make_mut)
            .ok_or(missing)?;
        replace(&mut partition.replicas, record.replicas.as_ref());
        replace(&mut partition.isr, record.isr.as_ref());
        replace(
            &mut partition.adding_replicas,
            record.adding_replicas.as_ref(),
        );
        replace(
            &mut partition.removing_replicas,
            record.removing_replicas.as_ref(),
        );
        replace(&mut partition.directories, record.directories.as_ref());
        replace(
            &mut partition.eligible_leader_replicas,
            record.eligible_leader_replicas.as_ref(),
        );
        replace(
            &mut partition.last_known_elr,
            record.last_known_elr.as_ref(),
        );
        if record.leader != NO_LEADER_CHANGE {
            partition.leader = leader(record.leader);
            partition.leader_epoch = partition.leader_epoch.saturating_add(1);
        }
        if record.leader_recovery_state >= 0 {
            partition.is_recovering = record.leader_recovery_state == 1;
        }
        partition.partition_epoch = partition.partition_epoch.saturating_add(1);
        self.delta
            .partitions
            .entry(record.topic_id)
            .or_default()
            .insert(record.partition_id);
        Ok(())
    }

    fn remove_topic(&mut self, id: Uuid) -> Result<(), ApplyError> {
        let topic = self
            .image
            .topics
            .remove(&id)
            .ok_or(ApplyError::NoTopic(id))?;
        self.image.names.remove(&*topic.name);
        self.delta.partitions.remove(&id);
        self.delta.topic_configs.remove(&id);
        self.delta.deleted_topics.push(topic);
        Ok(())
    }

    fn clear_elr(&mut self, name: &str) -> Result<(), ApplyError> {
        let topics: Vec<Arc<Topic>> = if name.is_empty() {
            self.image.topics().map(Arc::clone).collect()
        } else {
            let topic = self
                .image
                .topic(name)
                .ok_or_else(|| ApplyError::NoTopicOfName(name.to_owned()))?;
            vec![Arc::clone(topic)]
        };
        for topic in topics {
            for (number, partition) in &topic.partitions {
                if partition.eligible_leader_replicas.is_empty()
                    && partition.last_known_elr.is_empty()
                {
                    continue;
                }
                self.change_partition(&PartitionChangeRecord {
                    partition_id: *number,
                    topic_id: topic.id,
                    eligible_leader_replicas: Some(Vec::new()),
                    last_known_elr: Some(Vec::new()),
                    ..PartitionChangeRecord::default()
                })?;
            }
        }
        Ok(())
    }

    fn set_config(&mut self, record: &ConfigRecord) -> Result<(), ApplyError> {
        let kind = ResourceType::from_code(record.resource_type);
        let kind = kind.ok_or(ApplyError::NoResourceType(record.resource_type))?;
        let (key, value) = (
            record.name.to_string(),
            record.value.as_ref().map(ToString::to_string),
        );
        if kind == ResourceType::Topic {
            let missing = || ApplyError::NoTopicOfName(record.resource_name.to_string());
            let id = self
                .image
                .topic(&record.resource_name)
                .ok_or_else(missing)?
                .id;
            set(Arc::make_mut(&mut self.topic_mut(id)?.configs), key, value);
            self.delta.topic_configs.insert(id);
            return Ok(());
        }
        let resource = Resource {
            kind,
            name: record.resource_name.to_string(),
        };
        let configs = Arc::make_mut(&mut self.image.configs);
        let own = configs.entry(resource.clone()).or_default();
        set(own, key, value);
        if own.is_empty() {
            configs.remove(&resource);
        }
        self.delta.configs.insert(resource);
        Ok(())
    }

    fn register_broker(&mut self, record: &RegisterBrokerRecord) {
        let endpoint =
            |endpoint: &crate::protocol::messages::RegisterBrokerRecordEndPoint| Endpoint {
                listener: endpoint.name.to_string(),
                host: endpoint.host.to_string(),
                port: endpoint.port,
                security_protocol: endpoint.security_protocol,
            };
        let registration = BrokerRegistration {
            id: record.broker_id,
            epoch: record.broker_epoch,
            incarnation_id: record.incarnation_id,
            endpoints: record.end_points.iter().map(endpoint).collect(),
            rack: record.rack.as_ref().map(ToString::to_string),
            fenced: record.fenced,
            in_controlled_shutdown: record.in_controlled_shutdown,
            log_dirs: record.log_dirs.clone(),
        };
        self.image
            .brokers
            .insert(record.broker_id, Arc::new(registration));
        self.delta.brokers.insert(record.broker_id);
    }

    fn change_broker(
        &mut self,
        id: i32,
        change: impl FnOnce(&mut BrokerRegistration),
    ) -> Result<(), ApplyError> {
        let broker = self
            .image
            .brokers
            .get_mut(&id)
            .ok_or(ApplyError::NoBroker(id))?;
        change(Arc::make_mut(broker));
        self.delta.brokers.insert(id);
        Ok(())
    }

    fn change_registration(
        &mut self,
        record: &BrokerRegistrationChangeRecord,
    ) -> Result<(), ApplyError> {
        self.change_broker(record.broker_id, |broker| {
            if record.fenced != 0 {
                broker.fenced = record.fenced > 0;
            }
            if record.in_controlled_shutdown != 0 {
                broker.in_controlled_shutdown = record.in_controlled_shutdown > 0;
            }
            if !record.log_dirs.is_empty() {
                broker.log_dirs.clone_from(&record.log_dirs);
            }
        })
    }

    fn set_feature(&mut self, name: &str, level: i16) {
        let features = Arc::make_mut(&mut self.image.features);
        if level == 0 {
            features.remove(name);
        } else {
            features.insert(name.to_owned(), level);
        }
        self.delta.has_new_features = true;
    }
}

fn leader(id: i32) -> Option<i32> {
    (id >= 0).then_some(id)
}

fn replace<T: Clone>(field: &mut Vec<T>, change: Option<&Vec<T>>) {
    if let Some(change) = change {
        field.clone_from(change);
    }
}

fn set(configs: &mut ConfigMap, key: String, value: Option<String>) {
    match value {
        Some(value) => configs.insert(key, value),
        None => configs.remove(&key),
    };
}

#[cfg(test)]
mod tests;
