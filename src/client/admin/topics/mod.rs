//! Topics: list, describe, create, delete, grow.

mod describe;

use std::collections::BTreeMap;

pub use describe::{DescribedTopics, PartitionDescription, TopicDescription};

use super::{Admin, PerItem, millis};
use crate::client::cluster::Topics;
use crate::client::error::{Error, check};
use crate::client::retry::Retry;
use crate::protocol::messages::{
    CreatePartitionsRequest, CreatePartitionsRequestAssignment, CreatePartitionsRequestTopic,
    CreateTopicsRequest, CreateTopicsRequestAssignment, CreateTopicsRequestConfig,
    CreateTopicsRequestTopic, CreateTopicsResponseTopic, DeleteTopicsRequest,
    DeleteTopicsRequestTopic, ListPartitionReassignmentsRequest,
    ListPartitionReassignmentsRequestTopic, Request,
};
use crate::protocol::{ErrorCode, TopicPartition, Uuid};

/// A topic in a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TopicListing {
    /// Its name.
    pub name: String,
    /// Its id.
    pub id: Uuid,
    /// Whether it belongs to Kafka itself.
    pub is_internal: bool,
}

/// A topic to create.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct NewTopic {
    /// Its name.
    pub name: String,
    /// How many partitions; none for the broker's default.
    pub partitions: Option<i32>,
    /// How many replicas each; none for the broker's default.
    pub replication_factor: Option<i16>,
    /// Which brokers have which partition, if not for Kafka to choose.
    pub assignments: Vec<Vec<i32>>,
    /// Configuration keys.
    pub configs: Vec<(String, String)>,
}

/// What was created.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CreatedTopic {
    /// Its id.
    pub id: Uuid,
    /// How many partitions; -1 if the broker does not say.
    pub partitions: i32,
    /// How many replicas each; -1 if the broker does not say.
    pub replication_factor: i16,
}

/// More partitions for a topic.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct NewPartitions {
    /// The topic.
    pub topic: String,
    /// How many it shall have in all.
    pub total: i32,
    /// Which brokers have which new partition, if not for Kafka to choose.
    pub assignments: Option<Vec<Vec<i32>>>,
}

/// A partition that is being moved.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reassignment {
    /// Current replicas, the ones in `adding` and `removing` among them.
    pub replicas: Vec<i32>,
    /// Replicas to come.
    pub adding: Vec<i32>,
    /// Replicas to go.
    pub removing: Vec<i32>,
}

impl Admin {
    /// Every topic, by name.
    ///
    /// # Errors
    /// When no broker answers.
    pub async fn list_topics(&self) -> Result<Vec<TopicListing>, Error> {
        let metadata = self.cluster.refresh(Topics::All, false).await?;
        let mut topics: Vec<_> = metadata
            .topics
            .iter()
            .map(|(name, topic)| TopicListing {
                name: name.clone(),
                id: topic.id,
                is_internal: topic.is_internal,
            })
            .collect();
        topics.sort_unstable_by(|a, b| a.name.cmp(&b.name));
        Ok(topics)
    }

    /// Creates topics, or only checks whether they could be.
    ///
    /// # Errors
    /// When no broker answers. What the broker refuses is an error of that topic.
    pub async fn create_topics(
        &self,
        topics: &[NewTopic],
        validate_only: bool,
    ) -> Result<PerItem<String, CreatedTopic>, Error> {
        let request = CreateTopicsRequest {
            topics: topics.iter().map(to_create).collect(),
            timeout_ms: millis(self.cluster.config().request_timeout),
            validate_only,
        };
        let read = |topic: CreateTopicsResponseTopic| {
            let subject = format!("topic '{}'", topic.name);
            let checked = check(topic.error_code, topic.error_message.as_deref(), subject);
            let created = CreatedTopic {
                id: topic.topic_id,
                partitions: topic.num_partitions,
                replication_factor: topic.replication_factor,
            };
            (topic.name.to_string(), checked.map(|()| created))
        };
        let response = self
            .ask_controller(&request, "create topics", |response| {
                first_code(response.topics.iter().map(|topic| topic.error_code))
            })
            .await?;
        Ok(response.topics.into_iter().map(read).collect())
    }

    /// Deletes topics.
    ///
    /// # Errors
    /// When no broker answers. What the broker refuses is an error of that topic.
    pub async fn delete_topics(&self, names: &[String]) -> Result<PerItem<String, ()>, Error> {
        let topic = |name: &String| DeleteTopicsRequestTopic {
            name: Some(name.as_str().into()),
            topic_id: Uuid::ZERO,
        };
        let request = DeleteTopicsRequest {
            topics: names.iter().map(topic).collect(),
            topic_names: names.iter().map(|name| name.as_str().into()).collect(),
            timeout_ms: millis(self.cluster.config().request_timeout),
        };
        let response = self
            .ask_controller(&request, "delete topics", |response| {
                first_code(response.responses.iter().map(|topic| topic.error_code))
            })
            .await?;
        let deleted = response.responses.into_iter().map(|topic| {
            let name = topic.name.unwrap_or_default().to_string();
            let subject = format!("topic '{name}'");
            let message = topic.error_message.as_deref();
            (name, check(topic.error_code, message, subject))
        });
        Ok(deleted.collect())
    }

    /// Deletes the topics with these ids; needs brokers of 2.8 or later.
    ///
    /// # Errors
    /// When no broker answers. What the broker refuses is an error of that topic.
    pub async fn delete_topics_by_id(&self, ids: &[Uuid]) -> Result<PerItem<Uuid, ()>, Error> {
        let topic = |id: &Uuid| DeleteTopicsRequestTopic {
            name: None,
            topic_id: *id,
        };
        let request = DeleteTopicsRequest {
            topics: ids.iter().map(topic).collect(),
            topic_names: Vec::new(),
            timeout_ms: millis(self.cluster.config().request_timeout),
        };
        let response = self
            .ask_controller(&request, "delete topics", |response| {
                first_code(response.responses.iter().map(|topic| topic.error_code))
            })
            .await?;
        let deleted = response.responses.into_iter().map(|topic| {
            let subject = format!("topic id {}", topic.topic_id);
            let message = topic.error_message.as_deref();
            (topic.topic_id, check(topic.error_code, message, subject))
        });
        Ok(deleted.collect())
    }

    /// Gives topics more partitions, or only checks whether they could have them.
    ///
    /// # Errors
    /// When no broker answers. What the broker refuses is an error of that topic.
    pub async fn create_partitions(
        &self,
        topics: &[NewPartitions],
        validate_only: bool,
    ) -> Result<PerItem<String, ()>, Error> {
        let request = CreatePartitionsRequest {
            topics: topics.iter().map(to_grow).collect(),
            timeout_ms: millis(self.cluster.config().request_timeout),
            validate_only,
        };
        let response = self
            .ask_controller(&request, "create partitions", |response| {
                first_code(response.results.iter().map(|topic| topic.error_code))
            })
            .await?;
        let grown = response.results.into_iter().map(|topic| {
            let subject = format!("topic '{}'", topic.name);
            let message = topic.error_message.as_deref();
            (
                topic.name.to_string(),
                check(topic.error_code, message, subject),
            )
        });
        Ok(grown.collect())
    }

    /// The partitions that are being moved; of these topics, or of all.
    ///
    /// # Errors
    /// When no broker answers, or the broker refuses.
    pub async fn list_partition_reassignments(
        &self,
        partitions: Option<&[TopicPartition]>,
    ) -> Result<BTreeMap<TopicPartition, Reassignment>, Error> {
        let request = ListPartitionReassignmentsRequest {
            timeout_ms: millis(self.cluster.config().request_timeout),
            topics: partitions.map(to_list),
        };
        let response = self
            .ask_controller(&request, "list reassignments", |response| {
                response.error_code.into()
            })
            .await?;
        check(
            response.error_code,
            response.error_message.as_deref(),
            "reassignments",
        )?;
        let mut moving = BTreeMap::new();
        for topic in response.topics {
            for partition in topic.partitions {
                let key = TopicPartition::new(&*topic.name, partition.partition_index);
                let reassignment = Reassignment {
                    replicas: partition.replicas,
                    adding: partition.adding_replicas,
                    removing: partition.removing_replicas,
                };
                moving.insert(key, reassignment);
            }
        }
        Ok(moving)
    }

    /// Asks any broker, which passes the request on; where brokers do not (before KRaft), asks the controller.
    pub(super) async fn ask_controller<R: Request>(
        &self,
        request: &R,
        step: &str,
        code_of: impl Fn(&R::Response) -> ErrorCode + Send + Sync,
    ) -> Result<R::Response, Error> {
        let mut retry = Retry::new(self.cluster.config(), step);
        let mut controller = None;
        loop {
            let answer = match controller {
                None => self.cluster.ask_any(request).await,
                Some(id) => self.cluster.ask(id, request).await,
            };
            let failure = match answer {
                Ok(response) if code_of(&response) == ErrorCode::NotController => {
                    controller = self.cluster.refresh(Topics::None, false).await?.controller;
                    Error::broker(ErrorCode::NotController, None, "the controller")
                }
                Ok(response) => return Ok(response),
                Err(error) => error,
            };
            retry.after(failure).await?;
        }
    }
}

/// The first error among codes; brokers that are not the controller say so of every item.
pub(super) fn first_code(codes: impl IntoIterator<Item = i16>) -> ErrorCode {
    let first = codes.into_iter().find(|code| *code != 0);
    first.map_or(ErrorCode::None, ErrorCode::from)
}

fn to_create(topic: &NewTopic) -> CreateTopicsRequestTopic {
    let assignment =
        |(partition_index, broker_ids): (i32, &Vec<i32>)| CreateTopicsRequestAssignment {
            partition_index,
            broker_ids: broker_ids.clone(),
        };
    let config = |(name, value): &(String, String)| CreateTopicsRequestConfig {
        name: name.as_str().into(),
        value: Some(value.as_str().into()),
    };
    CreateTopicsRequestTopic {
        name: topic.name.as_str().into(),
        num_partitions: topic.partitions.unwrap_or(-1),
        replication_factor: topic.replication_factor.unwrap_or(-1),
        assignments: (0..).zip(&topic.assignments).map(assignment).collect(),
        configs: topic.configs.iter().map(config).collect(),
    }
}

fn to_grow(topic: &NewPartitions) -> CreatePartitionsRequestTopic {
    let assignment = |broker_ids: &Vec<i32>| CreatePartitionsRequestAssignment {
        broker_ids: broker_ids.clone(),
    };
    let assignments = topic.assignments.as_ref();
    CreatePartitionsRequestTopic {
        name: topic.topic.as_str().into(),
        count: topic.total,
        assignments: assignments.map(|lists| lists.iter().map(assignment).collect()),
    }
}

fn to_list(partitions: &[TopicPartition]) -> Vec<ListPartitionReassignmentsRequestTopic> {
    let topics = super::spread::by_topic(partitions.iter().map(|partition| (partition, ())));
    let topic = |(name, numbers): (&str, Vec<(i32, ())>)| ListPartitionReassignmentsRequestTopic {
        name: name.into(),
        partition_indexes: numbers.into_iter().map(|(number, ())| number).collect(),
    };
    topics.into_iter().map(topic).collect()
}
