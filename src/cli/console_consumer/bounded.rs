//! Reading between two places of every partition, and the last records of a topic.

use std::collections::BTreeMap;

use super::ConsoleConsumer;
use crate::{
    cli::{
        args::names,
        failure::Failure,
        offsets::{Position, Range},
    },
    client::{
        Admin, Cluster, Consumer, Error, admin::offsets::OffsetSpec, cluster::Topics,
        config::IsolationLevel,
    },
    protocol::{ErrorCode, TopicPartition},
};

/// Offsets of partitions, where there are any.
type Offsets = BTreeMap<TopicPartition, Option<i64>>;

/// A part of a partition.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Window {
    pub(super) partition: TopicPartition,
    /// The oldest offset there is.
    pub(super) start: i64,
    pub(super) from: i64,
    /// Up to, and without; none goes on with what is written meanwhile.
    pub(super) to: Option<i64>,
}

impl Window {
    /// The next window towards the start, twice as long; nothing at the start.
    pub(super) fn before(&self) -> Option<Self> {
        let length = self.to?.saturating_sub(self.from).max(1);
        let from = self
            .from
            .saturating_sub(length.saturating_mul(2))
            .max(self.start);
        (from < self.from).then(|| Self {
            from,
            to: Some(self.from),
            ..self.clone()
        })
    }
}

impl ConsoleConsumer {
    /// The part of each partition that `range` stands for now.
    ///
    /// # Errors
    /// [`Failure`] when the topic or `--partition` does not exist; what a broker refuses.
    pub(super) async fn windows(
        &self,
        range: Range,
        consumer: &Consumer,
        isolation_level: IsolationLevel,
    ) -> anyhow::Result<Vec<Window>> {
        let admin = Admin::new(consumer.cluster().clone());
        let partitions = self.partitions(consumer).await?;
        let list = async |spec: OffsetSpec| {
            let wanted: Vec<_> = partitions.iter().map(|key| (key.clone(), spec)).collect();
            let mut offsets = Offsets::new();
            for (key, listed) in admin.list_offsets(&wanted, isolation_level).await? {
                offsets.insert(key, listed?.offset);
            }
            Ok::<_, Error>(offsets)
        };
        let at_time = async |place: Option<Position>| match place {
            Some(Position::Time(millis)) => list(OffsetSpec::Timestamp(millis)).await,
            _ => Ok(Offsets::new()),
        };
        let (starts, ends, from, to) = tokio::try_join!(
            list(OffsetSpec::Earliest),
            list(OffsetSpec::Latest),
            at_time(range.from),
            at_time(range.to),
        )?;
        let window = |key: &TopicPartition| {
            let offset = |offsets: &Offsets| offsets.get(key).copied().flatten();
            let start = offset(&starts).unwrap_or(0);
            let end = offset(&ends).unwrap_or(start);
            let resolve = |place: Position, times| place.resolve(start, end, offset(times));
            Window {
                partition: key.clone(),
                start,
                from: range.from.map_or(start, |place| resolve(place, &from)),
                to: range.to.map(|place| resolve(place, &to)),
            }
        };
        Ok(partitions.iter().map(window).collect())
    }

    /// What is wrong with the topic or the partition that is to be read, if that is not there or cannot be.
    ///
    /// # Errors
    /// When no broker answers.
    pub(super) async fn missing(&self, cluster: &Cluster) -> Result<Option<Failure>, Error> {
        let Some(topic) = &self.topic else {
            return Ok(None);
        };
        let wanted = Topics::Named(std::slice::from_ref(topic));
        let metadata = cluster.refresh(wanted, false).await?;
        let unknown = ErrorCode::UnknownTopicOrPartition;
        let code = metadata.topics.get(topic).map_or(unknown, |it| it.error);
        if code == unknown {
            let admin = Admin::new(cluster.clone());
            let topics = admin.list_topics().await.unwrap_or_default();
            let names = topics.iter().map(|topic| topic.name.as_str());
            let plain = format!("topic '{topic}' does not exist");
            let failure = names::no_topic(topic, plain, names, names::LIST_TOPICS);
            return Ok(Some(failure));
        }
        if code == ErrorCode::InvalidTopicException {
            let error = Error::broker(code, None, format!("topic '{topic}'"));
            return Ok(Some(Failure::from(&error)));
        }
        let count = metadata.partition_count(topic).unwrap_or(0);
        let partition = self.wanted_partition().ok().flatten();
        let partition = partition.filter(|it| !usize::try_from(*it).is_ok_and(|it| it < count));
        Ok(partition.map(|partition| {
            Failure::new(
                format!("topic '{topic}' has no partition {partition}, only {count}"),
                format!(
                    "what there is: --partition 0 to {}",
                    count.saturating_sub(1)
                ),
            )
        }))
    }

    /// Every partition of the topic, or the one that was asked for.
    async fn partitions(&self, consumer: &Consumer) -> anyhow::Result<Vec<TopicPartition>> {
        if let Some(missing) = self.missing(consumer.cluster()).await? {
            return Err(missing.into());
        }
        let topic = self.topic.clone().unwrap_or_default();
        let metadata = consumer.cluster().metadata();
        let partitions = match self.wanted_partition()? {
            Some(wanted) => vec![wanted],
            None => (0..i32::MAX)
                .take(metadata.partition_count(&topic).unwrap_or(0))
                .collect(),
        };
        let key = |partition| TopicPartition::new(topic.clone(), partition);
        Ok(partitions.into_iter().map(key).collect())
    }
}

/// The newest records of a topic, printed already but not yet shown.
#[derive(Debug, Default)]
pub(super) struct Tail {
    max: usize,
    /// By timestamp, partition and offset.
    kept: BTreeMap<(i64, i32, i64), Vec<u8>>,
    /// How many were found in each partition.
    found: BTreeMap<i32, usize>,
}

impl Tail {
    /// Keeps the last `max`.
    pub(super) fn new(max: usize) -> Self {
        Self {
            max,
            ..Self::default()
        }
    }

    /// Takes a record as it prints.
    pub(super) fn push(&mut self, timestamp: i64, (partition, offset): (i32, i64), text: Vec<u8>) {
        *self.found.entry(partition).or_default() += 1;
        self.kept.insert((timestamp, partition, offset), text);
        if self.kept.len() > self.max {
            self.kept.pop_first();
        }
    }

    /// Whether there may be newer records further back in a partition.
    pub(super) fn lacks(&self, window: &Window) -> bool {
        let found = self.found.get(&window.partition.partition);
        found.copied().unwrap_or(0) < self.max
    }

    /// The records, oldest first.
    pub(super) fn into_texts(self) -> impl Iterator<Item = Vec<u8>> {
        self.kept.into_values()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn windows_reach_back_to_the_start() {
        let mut window = Window {
            partition: TopicPartition::new("t", 0),
            start: 3,
            from: 90,
            to: Some(100),
        };
        let mut from = Vec::new();
        while let Some(before) = window.before() {
            assert_eq!(before.to, Some(window.from));
            from.push(before.from);
            window = before;
        }
        assert_eq!(from, [70, 30, 3]);
    }

    #[test]
    fn the_last_are_those_with_the_largest_timestamps() {
        let mut tail = Tail::new(2);
        for (timestamp, partition) in [(5, 0), (9, 0), (7, 1), (1, 1)] {
            tail.push(
                timestamp,
                (partition, timestamp),
                vec![u8::try_from(timestamp).unwrap()],
            );
        }
        assert_eq!(tail.into_texts().collect::<Vec<_>>(), [vec![7], vec![9]]);
    }
}
