//! Topics: list, describe, create, delete, grow.

use std::collections::BTreeMap;

use tokio::task::yield_now;

use super::{Admin, PerItem, millis};
use crate::client::cluster::Topics;
use crate::client::error::{Error, check};
use crate::client::metadata;
use crate::client::retry::Retry;
use crate::net;
use crate::protocol::messages::{
    CreatePartitionsRequest, CreatePartitionsRequestAssignment, CreatePartitionsRequestTopic,
    CreateTopicsRequest, CreateTopicsRequestAssignment, CreateTopicsRequestConfig,
    CreateTopicsRequestTopic, CreateTopicsResponseTopic, DeleteTopicsRequest,
    DeleteTopicsRequestTopic, DescribeTopicPartitionsRequest, DescribeTopicPartitionsRequestCursor,
    DescribeTopicPartitionsRequestTopic, DescribeTopicPartitionsResponse,
    DescribeTopicPartitionsResponsePartition, ListPartitionReassignmentsRequest,
    ListPartitionReassignmentsRequestTopic, Request,
};
use crate::protocol::{ErrorCode, TopicPartition, Uuid};

/// How many partitions to ask for at a time.
const PAGE_PARTITIONS_MAX: i32 = 2000;

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

/// A topic and its partitions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TopicDescription {
    /// Its name.
    pub name: String,
    /// Its id.
    pub id: Uuid,
    /// Whether it belongs to Kafka itself.
    pub is_internal: bool,
    /// By number.
    pub partitions: Vec<PartitionDescription>,
}

/// A partition and where it lives.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PartitionDescription {
    /// Its number.
    pub id: i32,
    /// Its leader, if there is one.
    pub leader: Option<i32>,
    /// The leader's epoch; -1 if the broker does not say.
    pub leader_epoch: i32,
    /// The preferred leader first.
    pub replicas: Vec<i32>,
    /// In-sync replicas.
    pub isr: Vec<i32>,
    /// Replicas that are down.
    pub offline: Vec<i32>,
    /// Replicas that may lead although they are not in sync (KIP-966); none if the broker does not say.
    pub eligible_leader_replicas: Option<Vec<i32>>,
    /// The last of them before there was none; none if the broker does not say.
    pub last_known_elr: Option<Vec<i32>>,
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

    /// Every topic with its partitions.
    ///
    /// # Errors
    /// When no broker answers.
    pub async fn describe_all_topics(&self) -> Result<PerItem<String, TopicDescription>, Error> {
        self.describe_topics_in_pages(None, None, |_| {}).await
    }

    /// These topics with their partitions.
    ///
    /// # Errors
    /// When no broker answers. A topic that does not exist is an error of its own.
    pub async fn describe_topics(
        &self,
        names: &[String],
    ) -> Result<PerItem<String, TopicDescription>, Error> {
        self.describe_topics_in_pages(Some(names), None, |_| {})
            .await
    }

    /// These topics, or every topic, asking for so many partitions at a time. What is found is `seen` by its name as soon as
    /// it is known, while more is on its way; once more if another attempt is needed.
    ///
    /// # Errors
    /// As [`Self::describe_topics`].
    pub async fn describe_topics_in_pages(
        &self,
        names: Option<&[String]>,
        page_partitions_max: Option<i32>,
        mut seen: impl FnMut(&[&str]) + Send,
    ) -> Result<PerItem<String, TopicDescription>, Error> {
        let (named, nameless): (Vec<_>, Vec<_>) = names
            .unwrap_or_default()
            .iter()
            .cloned()
            .partition(|name| !name.is_empty());
        let mut described = PerItem::new();
        if names.is_none() || !named.is_empty() {
            let page_partitions_max = page_partitions_max.unwrap_or(PAGE_PARTITIONS_MAX);
            described = self
                .describe(&named, page_partitions_max, &mut seen)
                .await?;
        }
        let said = "The given topic name '' cannot be represented in a request.";
        described.extend(nameless.into_iter().map(|name| {
            let error = Error::broker(ErrorCode::InvalidTopicException, Some(said), "topic ''");
            (name, Err(error))
        }));
        Ok(described)
    }

    /// The topics with these ids.
    ///
    /// # Errors
    /// When no broker answers. An id that nothing has is an error of its own.
    pub async fn describe_topics_by_id(
        &self,
        ids: &[Uuid],
    ) -> Result<PerItem<Uuid, TopicDescription>, Error> {
        let metadata = self.cluster.refresh(Topics::Ids(ids), false).await?;
        let describe = |id: &Uuid| {
            let found = metadata
                .topics
                .iter()
                .find(|(_name, topic)| topic.id == *id);
            let outcome = found.map(|(name, topic)| from_metadata(name, topic));
            let unknown = || {
                Err(Error::broker(
                    ErrorCode::UnknownTopicId,
                    None,
                    format!("topic id {id}"),
                ))
            };
            (*id, outcome.unwrap_or_else(unknown))
        };
        Ok(ids.iter().map(describe).collect())
    }

    async fn describe(
        &self,
        names: &[String],
        page_partitions_max: i32,
        seen: &mut (impl FnMut(&[&str]) + Send),
    ) -> Result<PerItem<String, TopicDescription>, Error> {
        let mut retry = Retry::new(self.cluster.config(), "describe topics");
        loop {
            match self.describe_pages(names, page_partitions_max, seen).await {
                Err(Error::Net(net::Error::Unsupported { .. })) => {
                    let topics = self.describe_by_metadata(names).await?;
                    let found = topics.iter().filter(|(_name, topic)| topic.is_ok());
                    seen(&found.map(|(name, _)| name.as_str()).collect::<Vec<_>>());
                    return Ok(topics);
                }
                Ok(topics) => return Ok(topics),
                Err(error) => retry.after(error).await?,
            }
        }
    }

    /// Page by page, as many partitions at a time as the broker likes to give, but no more than asked for. The next page is
    /// in the making while one is looked at.
    async fn describe_pages(
        &self,
        names: &[String],
        page_partitions_max: i32,
        seen: &mut (impl FnMut(&[&str]) + Send),
    ) -> Result<PerItem<String, TopicDescription>, Error> {
        let name = |name: &String| DescribeTopicPartitionsRequestTopic {
            name: name.as_str().into(),
        };
        let mut names: Vec<_> = names.iter().map(name).collect();
        names.sort_unstable_by(|a, b| a.name.cmp(&b.name));
        let mut request = DescribeTopicPartitionsRequest {
            topics: names,
            response_partition_limit: page_partitions_max,
            ..DescribeTopicPartitionsRequest::default()
        };
        let within = self.cluster.config().request_timeout;
        let mut topics = Vec::new();
        let mut asked = Some(self.cluster.start_any(&request).await?);
        while let Some(page) = asked.take() {
            let response = page.answer(within).await?;
            let begun = request
                .cursor
                .take_if(|cursor| cursor.partition_index > 0)
                .map(|cursor| cursor.topic_name);
            if let Some(next) = &response.next_cursor {
                // Topics before the cursor are done; a broker refuses a cursor it was not asked for.
                request.topics.retain(|topic| topic.name >= next.topic_name);
                request.cursor = Some(DescribeTopicPartitionsRequestCursor {
                    topic_name: next.topic_name.clone(),
                    partition_index: next.partition_index,
                });
                asked = Some(self.cluster.start_any(&request).await?);
            }
            let found = response.topics.iter().filter(|topic| topic.error_code == 0);
            let names = found.filter_map(|topic| topic.name.as_deref());
            let names: Vec<_> = names
                .filter(|name| begun.as_deref() != Some(name))
                .collect();
            seen(&names);
            // What was asked for now leaves before the page is looked at.
            yield_now().await;
            collect_page(response, &mut topics);
        }
        Ok(topics.into_iter().collect())
    }

    async fn describe_by_metadata(
        &self,
        names: &[String],
    ) -> Result<PerItem<String, TopicDescription>, Error> {
        let wanted = if names.is_empty() {
            Topics::All
        } else {
            Topics::Named(names)
        };
        let metadata = self.cluster.refresh(wanted, false).await?;
        let is_wanted = |name: &String| names.is_empty() || names.contains(name);
        Ok(metadata
            .topics
            .iter()
            .filter(|(name, _topic)| is_wanted(name))
            .map(|(name, topic)| (name.clone(), from_metadata(name, topic)))
            .collect())
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

fn collect_page(
    response: DescribeTopicPartitionsResponse,
    topics: &mut Vec<(String, Result<TopicDescription, Error>)>,
) {
    topics.reserve(response.topics.len());
    for topic in response.topics {
        let name = topic.name.unwrap_or_default().to_string();
        let partitions: Vec<_> = topic.partitions.into_iter().map(from_page).collect();
        // A topic may be spread over pages, which come in the order of names.
        if let Some((_, Ok(last))) = topics.last_mut().filter(|(last, _)| *last == name) {
            last.partitions.extend(partitions);
            continue;
        }
        let checked = check(topic.error_code, None, format_args!("topic '{name}'"));
        let description = TopicDescription {
            name: name.clone(),
            id: topic.topic_id,
            is_internal: topic.is_internal,
            partitions,
        };
        topics.push((name, checked.map(|()| description)));
    }
}

fn from_page(partition: DescribeTopicPartitionsResponsePartition) -> PartitionDescription {
    PartitionDescription {
        id: partition.partition_index,
        leader: (partition.leader_id >= 0).then_some(partition.leader_id),
        leader_epoch: partition.leader_epoch,
        replicas: partition.replica_nodes,
        isr: partition.isr_nodes,
        offline: partition.offline_replicas,
        eligible_leader_replicas: partition.eligible_leader_replicas,
        last_known_elr: partition.last_known_elr,
    }
}

fn from_metadata(name: &str, topic: &metadata::Topic) -> Result<TopicDescription, Error> {
    check(topic.error.code(), None, format_args!("topic '{name}'"))?;
    let partition = |partition: &metadata::Partition| PartitionDescription {
        id: partition.id,
        leader: partition.leader,
        leader_epoch: partition.leader_epoch,
        replicas: partition.replicas.clone(),
        isr: partition.isr.clone(),
        offline: partition.offline.clone(),
        eligible_leader_replicas: None,
        last_known_elr: None,
    };
    Ok(TopicDescription {
        name: name.to_owned(),
        id: topic.id,
        is_internal: topic.is_internal,
        partitions: topic.partitions.iter().map(partition).collect(),
    })
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
