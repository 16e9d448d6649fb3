//! How far each group has come: `OffsetCommit`, `OffsetFetch`, `OffsetDelete`, and when offsets expire.

use std::collections::BTreeMap;

use bytestring::ByteString;

use super::classic::{Group, owned};
use super::{Call, Decision, GroupRecord, GroupShard, Now, TopicDeleted};
use crate::protocol::messages::{
    OffsetCommitRequest, OffsetCommitRequestPartition, OffsetCommitResponse,
    OffsetCommitResponsePartition, OffsetCommitResponseTopic, OffsetCommitValue,
    OffsetDeleteRequest, OffsetDeleteResponse, OffsetDeleteResponsePartition,
    OffsetDeleteResponseTopic, OffsetFetchRequestGroup, OffsetFetchRequestGroupTopic,
    OffsetFetchResponseGroup, OffsetFetchResponseGroupTopic,
    OffsetFetchResponseGroupTopicPartition,
};
use crate::protocol::{ErrorCode, Uuid};

/// A committed offset.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Committed {
    offset: i64,
    leader_epoch: i32,
    metadata: ByteString,
    commit_timestamp_ms: i64,
    /// Only where the client chose one (`OffsetCommit` 2 to 4).
    expire_timestamp_ms: Option<i64>,
    /// Zero in records from before topics had ids.
    topic_id: Uuid,
}

/// The committed offsets of a group, by topic and partition.
#[derive(Debug, Default)]
pub(super) struct Offsets {
    topics: BTreeMap<ByteString, BTreeMap<i32, Committed>>,
}

impl Offsets {
    pub(super) const fn new() -> Self {
        Self {
            topics: BTreeMap::new(),
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.topics.is_empty()
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = (&ByteString, i32, &Committed)> {
        self.topics.iter().flat_map(|(topic, partitions)| {
            partitions
                .iter()
                .map(move |(partition, committed)| (topic, *partition, committed))
        })
    }

    fn get(&self, topic: &str, partition: i32) -> Option<&Committed> {
        self.topics.get(topic)?.get(&partition)
    }

    pub(super) fn insert(&mut self, topic: &ByteString, partition: i32, value: &OffsetCommitValue) {
        let committed = Committed {
            offset: value.offset,
            leader_epoch: value.leader_epoch,
            metadata: owned(&value.metadata),
            commit_timestamp_ms: value.commit_timestamp,
            expire_timestamp_ms: Some(value.expire_timestamp).filter(|at| *at >= 0),
            topic_id: value.topic_id,
        };
        if let Some(partitions) = self.topics.get_mut(topic) {
            partitions.insert(partition, committed);
        } else {
            self.topics
                .insert(owned(topic), BTreeMap::from([(partition, committed)]));
        }
    }

    pub(super) fn remove(&mut self, topic: &str, partition: i32) {
        if let Some(partitions) = self.topics.get_mut(topic) {
            partitions.remove(&partition);
            if partitions.is_empty() {
                self.topics.remove(topic);
            }
        }
    }
}

impl GroupShard {
    /// Commits offsets of partitions that exist; whether they do is for the caller to see to.
    pub(super) fn commit_offsets(
        &mut self,
        now: Now,
        decision: &mut Decision,
        call: &Call,
        request: &OffsetCommitRequest,
    ) -> Result<OffsetCommitResponse, ErrorCode> {
        match self.groups.get_mut(&request.group_id) {
            Some(group) => group.admit_commit(now, request)?,
            // Whoever does without a coordinator gets a group that has nothing but offsets.
            None if request.generation_id_or_member_epoch < 0 => {}
            None if call.caller.version >= 9 => return Err(ErrorCode::GroupIdNotFound),
            None => return Err(ErrorCode::IllegalGeneration),
        }
        let metadata_max = self.config.offset_metadata_max_bytes;
        let mut response = OffsetCommitResponse::default();
        for topic in &request.topics {
            let mut commit = |partition: &OffsetCommitRequestPartition| {
                let metadata = partition
                    .committed_metadata
                    .as_ref()
                    .map(owned)
                    .unwrap_or_default();
                let error = if metadata.len() > metadata_max {
                    ErrorCode::OffsetMetadataTooLarge
                } else {
                    let value = committed_value(partition, topic.topic_id, metadata);
                    let value = with_times(value, request.retention_time_ms, now);
                    let record = GroupRecord::offset(
                        &request.group_id,
                        &topic.name,
                        partition.partition_index,
                        value,
                    );
                    decision.records.push(record);
                    ErrorCode::None
                };
                OffsetCommitResponsePartition {
                    partition_index: partition.partition_index,
                    error_code: error.code(),
                }
            };
            response.topics.push(OffsetCommitResponseTopic {
                name: topic.name.clone(),
                topic_id: topic.topic_id,
                partitions: topic.partitions.iter().map(&mut commit).collect(),
            });
        }
        Ok(response)
    }

    /// What a group committed; -1 where it did not, also if nobody knows the group. No topics at all: everything.
    pub(super) fn fetch_offsets(
        &self,
        request: &OffsetFetchRequestGroup,
    ) -> OffsetFetchResponseGroup {
        let nothing = Offsets::new();
        let offsets = self
            .groups
            .get(&request.group_id)
            .map_or(&nothing, |group| &group.offsets);
        let topics = match &request.topics {
            Some(topics) => topics
                .iter()
                .map(|topic| fetch_topic(offsets, topic))
                .collect(),
            None => fetch_all(offsets),
        };
        OffsetFetchResponseGroup {
            group_id: request.group_id.clone(),
            topics,
            ..OffsetFetchResponseGroup::default()
        }
    }

    /// Deletes what is not in use.
    pub(super) fn delete_offsets(
        &self,
        decision: &mut Decision,
        request: &OffsetDeleteRequest,
    ) -> Result<OffsetDeleteResponse, ErrorCode> {
        if request.group_id.is_empty() {
            return Err(ErrorCode::InvalidGroupId);
        }
        let group = self
            .groups
            .get(&request.group_id)
            .ok_or(ErrorCode::GroupIdNotFound)?;
        group.admit_offset_delete()?;
        let mut response = OffsetDeleteResponse::default();
        for topic in &request.topics {
            let is_subscribed = group.is_subscribed_to(&topic.name);
            let error = if is_subscribed {
                ErrorCode::GroupSubscribedToTopic
            } else {
                ErrorCode::None
            };
            let mut partitions = Vec::with_capacity(topic.partitions.len());
            for partition in topic
                .partitions
                .iter()
                .map(|partition| partition.partition_index)
            {
                if !is_subscribed && group.offsets.get(&topic.name, partition).is_some() {
                    let record = GroupRecord::no_offset(&request.group_id, &topic.name, partition);
                    decision.records.push(record);
                }
                partitions.push(OffsetDeleteResponsePartition {
                    partition_index: partition,
                    error_code: error.code(),
                });
            }
            response.topics.push(OffsetDeleteResponseTopic {
                name: topic.name.clone(),
                partitions,
            });
        }
        Ok(response)
    }

    /// Forgets what was committed for a topic that no longer exists.
    pub(super) fn delete_topic(&self, decision: &mut Decision, deleted: &TopicDeleted) {
        for group in self.groups.values() {
            for (partition, committed) in group
                .offsets
                .topics
                .get(&deleted.name)
                .into_iter()
                .flatten()
            {
                if committed.topic_id.is_zero() || committed.topic_id == deleted.id {
                    let record = GroupRecord::no_offset(&group.id, &deleted.name, *partition);
                    decision.records.push(record);
                }
            }
        }
    }

    /// Removes offsets past their time, and groups that then have nothing left.
    pub(super) fn expire(&self, now: Now, decision: &mut Decision) {
        let retention =
            i64::try_from(self.config.offsets_retention.as_millis()).unwrap_or(i64::MAX);
        for group in self.groups.values() {
            let mut is_left_with_offsets = false;
            for (topic, partition, committed) in group.offsets.iter() {
                if !group.is_subscribed_to(topic) && group.has_expired(committed, now, retention) {
                    decision
                        .records
                        .push(GroupRecord::no_offset(&group.id, topic, partition));
                } else {
                    is_left_with_offsets = true;
                }
            }
            if group.is_empty() && !is_left_with_offsets {
                decision.records.push(GroupRecord::Group {
                    group: group.id.clone(),
                    value: None,
                });
            }
        }
    }
}

impl Group {
    /// Whether an offset is past its time: for simple groups since the commit, else since the group became empty; with
    /// members only in a stable consumer group (KIP-211).
    fn has_expired(&self, committed: &Committed, now: Now, retention_ms: i64) -> bool {
        let since = match self.offsets_age_from() {
            None => return false,
            Some(OffsetAge::Commit) => committed.commit_timestamp_ms,
            Some(OffsetAge::Empty { since_ms }) if since_ms < 0 => committed.commit_timestamp_ms,
            Some(OffsetAge::Empty { since_ms }) => since_ms,
        };
        match committed.expire_timestamp_ms {
            Some(at) => now.timestamp_ms >= at,
            None => now.timestamp_ms.saturating_sub(since) >= retention_ms,
        }
    }
}

/// From when the retention of a group's offsets counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum OffsetAge {
    /// From each commit.
    Commit,
    /// From when the group lost its last member; negative where that is not known.
    Empty {
        /// Since 1970.
        since_ms: i64,
    },
}

fn committed_value(
    partition: &OffsetCommitRequestPartition,
    topic_id: Uuid,
    metadata: ByteString,
) -> OffsetCommitValue {
    OffsetCommitValue {
        offset: partition.committed_offset,
        leader_epoch: partition.committed_leader_epoch,
        metadata,
        topic_id,
        ..OffsetCommitValue::default()
    }
}

/// The value as it is committed now. One with a time to live is of the only version that can say so, which has neither
/// the leader's epoch nor the topic's id.
fn with_times(value: OffsetCommitValue, retention_time_ms: i64, now: Now) -> OffsetCommitValue {
    let commit_timestamp = now.timestamp_ms;
    if retention_time_ms < 0 {
        return OffsetCommitValue {
            commit_timestamp,
            ..value
        };
    }
    OffsetCommitValue {
        leader_epoch: -1,
        topic_id: Uuid::ZERO,
        commit_timestamp,
        expire_timestamp: commit_timestamp.saturating_add(retention_time_ms),
        ..value
    }
}

fn fetch_topic(
    offsets: &Offsets,
    topic: &OffsetFetchRequestGroupTopic,
) -> OffsetFetchResponseGroupTopic {
    // What was committed for a topic of that name that has been deleted since says nothing about this one.
    let is_same_topic = |committed: &&Committed| {
        committed.topic_id.is_zero()
            || topic.topic_id.is_zero()
            || committed.topic_id == topic.topic_id
    };
    let fetch = |partition: &i32| {
        fetched(
            *partition,
            offsets.get(&topic.name, *partition).filter(is_same_topic),
        )
    };
    OffsetFetchResponseGroupTopic {
        name: topic.name.clone(),
        topic_id: topic.topic_id,
        partitions: topic.partition_indexes.iter().map(fetch).collect(),
    }
}

fn fetch_all(offsets: &Offsets) -> Vec<OffsetFetchResponseGroupTopic> {
    let of_topic = |(topic, partitions): (&ByteString, &BTreeMap<i32, Committed>)| {
        let fetch = |(partition, committed): (&i32, _)| fetched(*partition, Some(committed));
        OffsetFetchResponseGroupTopic {
            name: topic.clone(),
            topic_id: Uuid::ZERO,
            partitions: partitions.iter().map(fetch).collect(),
        }
    };
    offsets.topics.iter().map(of_topic).collect()
}

fn fetched(
    partition: i32,
    committed: Option<&Committed>,
) -> OffsetFetchResponseGroupTopicPartition {
    OffsetFetchResponseGroupTopicPartition {
        partition_index: partition,
        committed_offset: committed.map_or(-1, |committed| committed.offset),
        committed_leader_epoch: committed.map_or(-1, |committed| committed.leader_epoch),
        metadata: Some(
            committed
                .map(|committed| committed.metadata.clone())
                .unwrap_or_default(),
        ),
        error_code: ErrorCode::None.code(),
    }
}
