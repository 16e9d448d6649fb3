//! Log directories and what lies in them.

use super::spread::by_topic;
use super::{Admin, PerItem};
use crate::client::error::{Error, check};
use crate::protocol::TopicPartition;
use crate::protocol::messages::{
    DescribeLogDirsRequest, DescribeLogDirsRequestTopic, DescribeLogDirsResponse,
    DescribeLogDirsResponseResult,
};

/// A log directory of a broker.
#[derive(Debug)]
pub struct LogDir {
    /// Its path, on the broker's machine.
    pub path: String,
    /// Why it cannot be used, if it cannot.
    pub error: Option<Error>,
    /// Bytes of its file system; -1 if the broker does not say.
    pub total_bytes: i64,
    /// Bytes left; -1 if the broker does not say.
    pub usable_bytes: i64,
    /// Whether new partitions avoid it.
    pub is_cordoned: bool,
    /// What lies in it.
    pub replicas: Vec<LogDirReplica>,
}

/// A replica in a log directory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogDirReplica {
    /// Of which partition.
    pub partition: TopicPartition,
    /// Bytes of its segments.
    pub size: i64,
    /// How far it is behind the high watermark, or a copy being moved behind the original.
    pub offset_lag: i64,
    /// Whether it is a copy that is being moved here.
    pub is_future: bool,
}

impl Admin {
    /// The log directories of `brokers`, or of all, and what lies in them of `partitions`, or of all; the brokers are asked
    /// at the same time.
    ///
    /// # Errors
    /// When the brokers of the cluster cannot be found out. What one refuses is an error of that broker.
    pub async fn describe_log_dirs(
        &self,
        brokers: Option<&[i32]>,
        partitions: Option<&[TopicPartition]>,
    ) -> Result<PerItem<i32, Vec<LogDir>>, Error> {
        let metadata = self.cluster.brokers().await?;
        let all: Vec<i32> = metadata.brokers.keys().copied().collect();
        let ids = brokers.unwrap_or(&all);
        let topic = |(topic, numbers): (&str, Vec<(i32, ())>)| DescribeLogDirsRequestTopic {
            topic: topic.into(),
            partitions: numbers.into_iter().map(|(number, ())| number).collect(),
        };
        let topics = |partitions: &[TopicPartition]| {
            let topics = by_topic(partitions.iter().map(|partition| (partition, ())));
            topics.into_iter().map(topic).collect()
        };
        let request = DescribeLogDirsRequest {
            topics: partitions.map(topics),
        };
        let requests: Vec<_> = ids.iter().map(|id| (*id, request.clone())).collect();
        let answers = self.cluster.ask_each(requests).await;
        let read = |(id, _request, answer): (i32, _, Result<_, Error>)| {
            (id, answer.and_then(|answer| dirs(id, answer)))
        };
        Ok(answers.into_iter().map(read).collect())
    }
}

fn dirs(id: i32, response: DescribeLogDirsResponse) -> Result<Vec<LogDir>, Error> {
    check(
        response.error_code,
        None,
        format!("log directories of broker {id}"),
    )?;
    Ok(response.results.into_iter().map(dir).collect())
}

fn dir(result: DescribeLogDirsResponseResult) -> LogDir {
    let mut replicas = Vec::new();
    for topic in result.topics {
        for partition in topic.partitions {
            replicas.push(LogDirReplica {
                partition: TopicPartition::new(&*topic.name, partition.partition_index),
                size: partition.partition_size,
                offset_lag: partition.offset_lag,
                is_future: partition.is_future_key,
            });
        }
    }
    LogDir {
        error: check(
            result.error_code,
            None,
            format!("log directory {}", result.log_dir),
        )
        .err(),
        path: result.log_dir.to_string(),
        total_bytes: result.total_bytes,
        usable_bytes: result.usable_bytes,
        is_cordoned: result.is_cordoned,
        replicas,
    }
}
