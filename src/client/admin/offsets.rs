//! Offsets: of partitions, and as groups have committed them.

use std::collections::{BTreeMap, HashMap};

use bytestring::ByteString;
use tokio::task::JoinSet;

use super::spread::{by_topic, spread};
use super::{Admin, PerItem, millis};
use crate::client::config::IsolationLevel;
use crate::client::error::{Error, check};
use crate::client::retry::{Retry, is_coordinator_trouble};
use crate::protocol::TopicPartition;
use crate::protocol::messages::{
    ListOffsetsRequest, ListOffsetsRequestPartition, ListOffsetsRequestTopic, ListOffsetsResponse,
    OffsetCommitRequest, OffsetCommitRequestPartition, OffsetCommitRequestTopic,
    OffsetCommitResponsePartition, OffsetDeleteRequest, OffsetDeleteRequestPartition,
    OffsetDeleteRequestTopic, OffsetDeleteResponsePartition, OffsetFetchRequest,
    OffsetFetchRequestGroup, OffsetFetchRequestGroupTopic, OffsetFetchRequestTopic,
    OffsetFetchResponse, Request,
};

/// Which offset of a partition.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum OffsetSpec {
    /// Of the oldest record.
    Earliest,
    /// Behind the newest record that may be read.
    Latest,
    /// Of the record with the largest timestamp.
    MaxTimestamp,
    /// Of the oldest record on the broker's own disk.
    EarliestLocal,
    /// Of the newest record in remote storage.
    LatestTiered,
    /// Of the oldest record that is not in remote storage yet.
    EarliestPendingUpload,
    /// Of the first record at or after this time, in ms since 1970.
    Timestamp(i64),
}

impl OffsetSpec {
    /// The number on the wire.
    pub const fn code(self) -> i64 {
        match self {
            Self::Latest => -1,
            Self::Earliest => -2,
            Self::MaxTimestamp => -3,
            Self::EarliestLocal => -4,
            Self::LatestTiered => -5,
            Self::EarliestPendingUpload => -6,
            Self::Timestamp(millis) => millis,
        }
    }
}

/// An offset of a partition.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ListedOffset {
    /// None if nothing fits, such as a timestamp behind the last record.
    pub offset: Option<i64>,
    /// Of the record there, in ms since 1970, where the question was about time.
    pub timestamp: Option<i64>,
    /// Of the record there; -1 if the broker does not say.
    pub leader_epoch: i32,
}

/// How far a group has read a partition.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CommittedOffset {
    /// The next offset to read.
    pub offset: i64,
    /// Epoch of the last record that was read; -1 if unknown.
    pub leader_epoch: i32,
    /// What the group noted beside it.
    pub metadata: String,
}

/// What a group has committed, by partition.
pub type Committed = BTreeMap<TopicPartition, CommittedOffset>;

impl Admin {
    /// Offsets of partitions; all leaders are asked at the same time.
    ///
    /// # Errors
    /// When a leader cannot be reached. What it refuses is an error of that partition.
    pub async fn list_offsets(
        &self,
        wanted: &[(TopicPartition, OffsetSpec)],
        isolation_level: IsolationLevel,
    ) -> Result<PerItem<TopicPartition, ListedOffset>, Error> {
        let specs: HashMap<&TopicPartition, OffsetSpec> = wanted
            .iter()
            .map(|(partition, spec)| (partition, *spec))
            .collect();
        let partitions: Vec<_> = wanted
            .iter()
            .map(|(partition, _spec)| partition.clone())
            .collect();
        let timeout_ms = millis(self.cluster.config().request_timeout);
        let request = |partitions: &[TopicPartition]| {
            let of = |partition| specs.get(partition).copied().unwrap_or(OffsetSpec::Latest);
            let with_spec = partitions
                .iter()
                .map(|partition| (partition, of(partition)));
            ListOffsetsRequest {
                replica_id: -1,
                isolation_level: isolation_level.code(),
                topics: by_topic(with_spec).into_iter().map(to_look_up).collect(),
                timeout_ms,
            }
        };
        spread(
            &self.cluster,
            &partitions,
            "list offsets",
            request,
            looked_up,
        )
        .await
    }

    /// Everything that `groups` have committed; all coordinators are asked at the same time.
    ///
    /// # Errors
    /// When a coordinator cannot be reached. What it refuses is an error of that group.
    pub async fn list_group_offsets(
        &self,
        groups: &[String],
    ) -> Result<PerItem<String, Committed>, Error> {
        let mut tasks = JoinSet::new();
        // Coordinators of all groups are looked up in one request.
        self.cluster.coordinators(groups).await;
        for group in groups.iter().cloned() {
            let admin = self.clone();
            tasks.spawn(async move {
                let offsets = admin.fetch_offsets(&group, None).await;
                (group, offsets)
            });
        }
        Ok(tasks.join_all().await.into_iter().collect())
    }

    /// What `group` has committed for `partitions`; those without a commit are left out.
    ///
    /// # Errors
    /// When the coordinator cannot be reached or refuses.
    pub async fn group_offsets(
        &self,
        group: &str,
        partitions: &[TopicPartition],
    ) -> Result<Committed, Error> {
        self.fetch_offsets(group, Some(partitions)).await
    }

    async fn fetch_offsets(
        &self,
        group: &str,
        partitions: Option<&[TopicPartition]>,
    ) -> Result<Committed, Error> {
        let request = to_fetch(group, partitions);
        let step = format!("fetch the offsets of group '{group}'");
        let mut retry = Retry::new(self.cluster.config(), step);
        loop {
            let answer = self.ask_coordinator(group, &request).await;
            match answer.and_then(|response| fetched(response, group)) {
                Ok(offsets) => return Ok(offsets),
                Err(error) => {
                    self.cluster.forget_coordinator(group);
                    retry.after(error).await?;
                }
            }
        }
    }

    /// Sets how far `group` has read. The group must have no members.
    ///
    /// # Errors
    /// When the coordinator cannot be reached. What it refuses is an error of that partition.
    pub async fn alter_group_offsets(
        &self,
        group: &str,
        offsets: &Committed,
    ) -> Result<PerItem<TopicPartition, ()>, Error> {
        let request = OffsetCommitRequest {
            group_id: group.into(),
            topics: by_topic(offsets).into_iter().map(to_commit).collect(),
            ..OffsetCommitRequest::default()
        };
        let response = self
            .ask_coordinator_until(group, &request, "commit offsets", |response| {
                first_moved(
                    response
                        .topics
                        .iter()
                        .flat_map(|topic| &topic.partitions)
                        .map(|it| it.error_code),
                )
            })
            .await?;
        let codes = response.topics.iter().flat_map(|topic| {
            let code = |it: &OffsetCommitResponsePartition| {
                (&topic.name, it.partition_index, it.error_code)
            };
            topic.partitions.iter().map(code)
        });
        Ok(codes.map(outcome).collect())
    }

    /// Deletes what `group` has committed. No member may subscribe to the topics.
    ///
    /// # Errors
    /// When the coordinator cannot be reached or refuses. What it refuses for a partition is an error of that partition.
    pub async fn delete_group_offsets(
        &self,
        group: &str,
        partitions: &[TopicPartition],
    ) -> Result<PerItem<TopicPartition, ()>, Error> {
        let topic = |(name, numbers): (&str, Vec<(i32, ())>)| OffsetDeleteRequestTopic {
            name: name.into(),
            partitions: numbers
                .into_iter()
                .map(|(partition_index, ())| OffsetDeleteRequestPartition { partition_index })
                .collect(),
        };
        let topics = by_topic(partitions.iter().map(|partition| (partition, ())));
        let request = OffsetDeleteRequest {
            group_id: group.into(),
            topics: topics.into_iter().map(topic).collect(),
        };
        let response = self
            .ask_coordinator_until(group, &request, "delete offsets", |response| {
                first_moved([response.error_code])
            })
            .await?;
        check(response.error_code, None, format!("group '{group}'"))?;
        let codes = response.topics.iter().flat_map(|topic| {
            let code = |it: &OffsetDeleteResponsePartition| {
                (&topic.name, it.partition_index, it.error_code)
            };
            topic.partitions.iter().map(code)
        });
        Ok(codes.map(outcome).collect())
    }

    async fn ask_coordinator<R: Request>(
        &self,
        group: &str,
        request: &R,
    ) -> Result<R::Response, Error> {
        let id = self.cluster.coordinator(group).await?;
        self.cluster.ask(id, request).await
    }

    /// Asks the coordinator, and whoever is it next when `trouble` finds that it has moved.
    async fn ask_coordinator_until<R: Request>(
        &self,
        group: &str,
        request: &R,
        step: &str,
        trouble: impl Fn(&R::Response) -> Result<(), Error> + Send + Sync,
    ) -> Result<R::Response, Error> {
        let mut retry = Retry::new(self.cluster.config(), step);
        loop {
            let failure = match self.ask_coordinator(group, request).await {
                Ok(response) => match trouble(&response) {
                    Ok(()) => return Ok(response),
                    Err(error) => error,
                },
                Err(error) => error,
            };
            self.cluster.forget_coordinator(group);
            retry.after(failure).await?;
        }
    }
}

fn outcome(
    (topic, partition, code): (&ByteString, i32, i16),
) -> (TopicPartition, Result<(), Error>) {
    let key = TopicPartition::new(&**topic, partition);
    let checked = check(code, None, format!("partition {key}"));
    (key, checked)
}

fn first_moved(codes: impl IntoIterator<Item = i16>) -> Result<(), Error> {
    let mut moved = codes
        .into_iter()
        .filter(|code| is_coordinator_trouble((*code).into()));
    moved
        .next()
        .map_or(Ok(()), |code| check(code, None, "the coordinator"))
}

fn to_look_up((name, partitions): (&str, Vec<(i32, OffsetSpec)>)) -> ListOffsetsRequestTopic {
    let partition = |(partition_index, spec): (i32, OffsetSpec)| ListOffsetsRequestPartition {
        partition_index,
        current_leader_epoch: -1,
        timestamp: spec.code(),
    };
    ListOffsetsRequestTopic {
        name: name.into(),
        partitions: partitions.into_iter().map(partition).collect(),
    }
}

fn looked_up(response: ListOffsetsResponse) -> Vec<(TopicPartition, Result<ListedOffset, Error>)> {
    let mut found = Vec::new();
    for topic in response.topics {
        for partition in topic.partitions {
            let key = TopicPartition::new(&*topic.name, partition.partition_index);
            let checked = check(partition.error_code, None, format!("partition {key}"));
            let listed = ListedOffset {
                offset: (partition.offset >= 0).then_some(partition.offset),
                timestamp: (partition.timestamp >= 0).then_some(partition.timestamp),
                leader_epoch: partition.leader_epoch,
            };
            found.push((key, checked.map(|()| listed)));
        }
    }
    found
}

/// A request in the shape of every version: before version 8 it is about one group.
fn to_fetch(group: &str, partitions: Option<&[TopicPartition]>) -> OffsetFetchRequest {
    let topics =
        partitions.map(|partitions| by_topic(partitions.iter().map(|partition| (partition, ()))));
    let list = |name: &str, numbers: &[(i32, ())]| {
        (
            ByteString::from(name),
            numbers
                .iter()
                .map(|(number, ())| *number)
                .collect::<Vec<_>>(),
        )
    };
    let lists: Option<Vec<_>> = topics.map(|topics| {
        topics
            .iter()
            .map(|(name, numbers)| list(name, numbers))
            .collect()
    });
    let old = lists.clone().map(|lists| {
        let topic = |(name, partition_indexes)| OffsetFetchRequestTopic {
            name,
            partition_indexes,
        };
        lists.into_iter().map(topic).collect()
    });
    let new = lists.map(|lists| {
        let topic = |(name, partition_indexes)| OffsetFetchRequestGroupTopic {
            name,
            partition_indexes,
            ..OffsetFetchRequestGroupTopic::default()
        };
        lists.into_iter().map(topic).collect()
    });
    OffsetFetchRequest {
        group_id: group.into(),
        topics: old,
        groups: vec![OffsetFetchRequestGroup {
            group_id: group.into(),
            topics: new,
            ..OffsetFetchRequestGroup::default()
        }],
        require_stable: true,
    }
}

/// What is in the answer, whatever its shape.
fn fetched(response: OffsetFetchResponse, group: &str) -> Result<Committed, Error> {
    let subject = format!("group '{group}'");
    check(response.error_code, None, &subject)?;
    let mut offsets = Committed::new();
    for topic in response.topics {
        for it in topic.partitions {
            let key = TopicPartition::new(&*topic.name, it.partition_index);
            let committed = (it.committed_offset, it.committed_leader_epoch, it.metadata);
            collect(&mut offsets, key, it.error_code, committed)?;
        }
    }
    for found in response.groups {
        check(found.error_code, None, &subject)?;
        for topic in found.topics {
            for it in topic.partitions {
                let key = TopicPartition::new(&*topic.name, it.partition_index);
                let committed = (it.committed_offset, it.committed_leader_epoch, it.metadata);
                collect(&mut offsets, key, it.error_code, committed)?;
            }
        }
    }
    Ok(offsets)
}

fn collect(
    offsets: &mut Committed,
    key: TopicPartition,
    code: i16,
    (offset, leader_epoch, metadata): (i64, i32, Option<ByteString>),
) -> Result<(), Error> {
    check(code, None, format!("partition {key}"))?;
    if offset >= 0 {
        let committed = CommittedOffset {
            offset,
            leader_epoch,
            metadata: metadata.unwrap_or_default().to_string(),
        };
        offsets.insert(key, committed);
    }
    Ok(())
}

fn to_commit((name, partitions): (&str, Vec<(i32, &CommittedOffset)>)) -> OffsetCommitRequestTopic {
    let partition =
        |(partition_index, committed): (i32, &CommittedOffset)| OffsetCommitRequestPartition {
            partition_index,
            committed_offset: committed.offset,
            committed_leader_epoch: committed.leader_epoch,
            committed_metadata: Some(committed.metadata.as_str().into()),
        };
    OffsetCommitRequestTopic {
        name: name.into(),
        partitions: partitions.into_iter().map(partition).collect(),
        ..OffsetCommitRequestTopic::default()
    }
}
