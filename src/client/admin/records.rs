//! Records: delete the oldest ones.

use std::collections::{BTreeMap, HashMap};

use super::spread::{by_topic, spread};
use super::{Admin, PerItem, millis};
use crate::client::error::{Error, check};
use crate::protocol::TopicPartition;
use crate::protocol::messages::{
    DeleteRecordsRequest, DeleteRecordsRequestPartition, DeleteRecordsRequestTopic,
    DeleteRecordsResponse,
};

impl Admin {
    /// Deletes the records before these offsets, -1 being the high watermark; answers with the lowest offset that is
    /// left (`low_watermark`).
    ///
    /// # Errors
    /// When a leader cannot be reached. What it refuses is an error of that partition.
    pub async fn delete_records(
        &self,
        before: &BTreeMap<TopicPartition, i64>,
    ) -> Result<PerItem<TopicPartition, i64>, Error> {
        let offsets: HashMap<&TopicPartition, i64> =
            before.iter().map(|(key, offset)| (key, *offset)).collect();
        let partitions: Vec<_> = before.keys().cloned().collect();
        let timeout_ms = millis(self.cluster.config().request_timeout);
        let request = |partitions: &[TopicPartition]| {
            let with_offset = partitions
                .iter()
                .filter_map(|partition| Some((partition, *offsets.get(partition)?)));
            DeleteRecordsRequest {
                topics: by_topic(with_offset).into_iter().map(to_delete).collect(),
                timeout_ms,
            }
        };
        spread(
            &self.cluster,
            &partitions,
            "delete records",
            request,
            deleted,
        )
        .await
    }
}

fn to_delete((name, partitions): (&str, Vec<(i32, i64)>)) -> DeleteRecordsRequestTopic {
    let partition = |(partition_index, offset)| DeleteRecordsRequestPartition {
        partition_index,
        offset,
    };
    DeleteRecordsRequestTopic {
        name: name.into(),
        partitions: partitions.into_iter().map(partition).collect(),
    }
}

fn deleted(response: DeleteRecordsResponse) -> Vec<(TopicPartition, Result<i64, Error>)> {
    let mut done = Vec::new();
    for topic in response.topics {
        for partition in topic.partitions {
            let key = TopicPartition::new(&*topic.name, partition.partition_index);
            let checked = check(partition.error_code, None, format!("partition {key}"));
            done.push((key, checked.map(|()| partition.low_watermark)));
        }
    }
    done
}
