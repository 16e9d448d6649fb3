//! Topics and their partitions, page by page.

use tokio::task::yield_now;

use crate::client::admin::{Admin, Answers, PerItem};
use crate::client::cluster::Topics;
use crate::client::error::{Error, check};
use crate::client::metadata;
use crate::client::retry::Retry;
use crate::net;
use crate::protocol::messages::{
    DescribeTopicPartitionsRequest, DescribeTopicPartitionsRequestCursor,
    DescribeTopicPartitionsRequestTopic, DescribeTopicPartitionsResponse,
    DescribeTopicPartitionsResponsePartition,
};
use crate::protocol::{ErrorCode, Uuid};

/// How many partitions to ask for at a time.
const PAGE_PARTITIONS_MAX: i32 = 2000;

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

/// Topics that are there, and by name why others are not described.
pub type DescribedTopics = Answers<TopicDescription, String>;

impl Admin {
    /// Every topic with its partitions.
    ///
    /// # Errors
    /// When no broker answers.
    pub async fn describe_all_topics(&self) -> Result<PerItem<String, TopicDescription>, Error> {
        let described = self.describe_topics_in_pages(None, None, |_| {}).await?;
        Ok(per_name(described))
    }

    /// These topics with their partitions.
    ///
    /// # Errors
    /// When no broker answers. A topic that does not exist is an error of its own.
    pub async fn describe_topics(
        &self,
        names: &[String],
    ) -> Result<PerItem<String, TopicDescription>, Error> {
        let described = self.describe_topics_in_pages(Some(names), None, |_| {});
        Ok(per_name(described.await?))
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
    ) -> Result<DescribedTopics, Error> {
        let (named, nameless): (Vec<_>, Vec<_>) = names
            .unwrap_or_default()
            .iter()
            .cloned()
            .partition(|name| !name.is_empty());
        let mut described = DescribedTopics::default();
        if names.is_none() || !named.is_empty() {
            let page_partitions_max = page_partitions_max.unwrap_or(PAGE_PARTITIONS_MAX);
            described = self
                .describe(&named, page_partitions_max, &mut seen)
                .await?;
        }
        let said = "The given topic name '' cannot be represented in a request.";
        let refused = nameless.into_iter().map(|name| {
            let error = Error::broker(ErrorCode::InvalidTopicException, Some(said), "topic ''");
            (name, error)
        });
        described.failed.splice(..0, refused);
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
    ) -> Result<DescribedTopics, Error> {
        let mut retry = Retry::new(self.cluster.config(), "describe topics");
        loop {
            match self.describe_pages(names, page_partitions_max, seen).await {
                Err(Error::Net(net::Error::Unsupported { .. })) => {
                    let topics = self.describe_by_metadata(names).await?;
                    let names = topics.found.iter().map(|topic| topic.name.as_str());
                    seen(&names.collect::<Vec<_>>());
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
    ) -> Result<DescribedTopics, Error> {
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
        let mut topics = DescribedTopics::default();
        let mut asked = Some(self.cluster.start_any(&request).await?);
        while let Some(page) = asked.take() {
            let response = page.answer(within).await?;
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
            // A page may begin with the rest of the topic that the last one ended with.
            let begun = topics.found.last().map(|topic| &*topic.name);
            seen(
                &names
                    .filter(|name| begun != Some(*name))
                    .collect::<Vec<_>>(),
            );
            // What was asked for now leaves before the page is looked at.
            yield_now().await;
            collect_page(response, &mut topics);
        }
        // Brokers answer in this order; whoever reads it should not have to believe them.
        topics.found.sort_by(|one, other| one.name.cmp(&other.name));
        topics.failed.sort_by(|(one, _), (other, _)| one.cmp(other));
        Ok(topics)
    }

    async fn describe_by_metadata(&self, names: &[String]) -> Result<DescribedTopics, Error> {
        let wanted = if names.is_empty() {
            Topics::All
        } else {
            Topics::Named(names)
        };
        let metadata = self.cluster.refresh(wanted, false).await?;
        let is_wanted = |name: &String| names.is_empty() || names.contains(name);
        let mut topics: Vec<_> = metadata.topics.iter().collect();
        topics.retain(|(name, _topic)| is_wanted(name));
        topics.sort_unstable_by_key(|(name, _topic)| *name);
        let mut described = DescribedTopics::default();
        for (name, topic) in topics {
            match from_metadata(name, topic) {
                Ok(topic) => described.found.push(topic),
                Err(error) => described.failed.push((name.clone(), error)),
            }
        }
        Ok(described)
    }
}

fn collect_page(response: DescribeTopicPartitionsResponse, topics: &mut DescribedTopics) {
    topics.found.reserve(response.topics.len());
    for topic in response.topics {
        let name = topic.name.unwrap_or_default().to_string();
        if let Err(error) = check(topic.error_code, None, format_args!("topic '{name}'")) {
            topics.failed.push((name, error));
            continue;
        }
        let partitions: Vec<_> = topic.partitions.into_iter().map(from_page).collect();
        // A topic may be spread over pages, which come in the order of names.
        match topics.found.last_mut().filter(|last| last.name == name) {
            Some(last) => last.partitions.extend(partitions),
            None => topics.found.push(TopicDescription {
                name,
                id: topic.topic_id,
                is_internal: topic.is_internal,
                partitions,
            }),
        }
    }
}

fn per_name(described: DescribedTopics) -> PerItem<String, TopicDescription> {
    let found = described.found.into_iter();
    let failed = described.failed.into_iter();
    found
        .map(|topic| (topic.name.clone(), Ok(topic)))
        .chain(failed.map(|(name, error)| (name, Err(error))))
        .collect()
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
