//! Calls about many things that live on different brokers: found, grouped, asked at the same time, asked again where
//! something has moved.

use std::collections::BTreeMap;

use super::PerItem;
use crate::client::cluster::{Cluster, Topics};
use crate::client::error::Error;
use crate::client::retry::{Retry, is_coordinator_trouble, is_stale_leader};
use crate::protocol::messages::Request;
use crate::protocol::{ErrorCode, TopicPartition};

/// A thing and the broker that is responsible for it, or why there is none.
type Place<K> = (K, Result<i32, Error>);

/// Something that one broker is responsible for.
pub(super) trait Placed: Ord + Clone + Send + Sync {
    /// The responsible broker of each, or why there is none.
    fn places(
        cluster: &Cluster,
        items: &[Self],
    ) -> impl Future<Output = Result<Vec<Place<Self>>, Error>> + Send;

    /// Whether `code` says that another broker is responsible by now, or that this one is not ready.
    fn has_moved(code: ErrorCode) -> bool;

    /// Makes the next [`Self::places`] look again.
    fn forget(cluster: &Cluster, items: &[Self]) -> impl Future<Output = Result<(), Error>> + Send;
}

/// A partition lives on its leader.
impl Placed for TopicPartition {
    async fn places(cluster: &Cluster, items: &[Self]) -> Result<Vec<Place<Self>>, Error> {
        let metadata = cluster.knowing(&topics_of(items)).await?;
        let place = |item: &Self| {
            let refuse = |code| Err(Error::broker(code, None, format!("partition {item}")));
            match metadata.partition(&item.topic, item.partition) {
                None => refuse(ErrorCode::UnknownTopicOrPartition),
                Some(partition) => partition
                    .leader
                    .map_or_else(|| refuse(ErrorCode::LeaderNotAvailable), Ok),
            }
        };
        Ok(items
            .iter()
            .map(|item| (item.clone(), place(item)))
            .collect())
    }

    fn has_moved(code: ErrorCode) -> bool {
        is_stale_leader(code)
            && !matches!(
                code,
                ErrorCode::UnknownTopicOrPartition | ErrorCode::UnknownTopicId
            )
    }

    async fn forget(cluster: &Cluster, items: &[Self]) -> Result<(), Error> {
        let topics = topics_of(items);
        cluster.refresh(Topics::Named(&topics), false).await?;
        Ok(())
    }
}

fn topics_of(partitions: &[TopicPartition]) -> Vec<String> {
    let mut topics: Vec<_> = partitions
        .iter()
        .map(|partition| partition.topic.clone())
        .collect();
    topics.sort_unstable();
    topics.dedup();
    topics
}

/// A group, by its id, lives on its coordinator.
impl Placed for String {
    async fn places(cluster: &Cluster, items: &[Self]) -> Result<Vec<Place<Self>>, Error> {
        Ok(cluster.coordinators(items).await)
    }

    fn has_moved(code: ErrorCode) -> bool {
        is_coordinator_trouble(code)
    }

    async fn forget(cluster: &Cluster, items: &[Self]) -> Result<(), Error> {
        for group in items {
            cluster.forget_coordinator(group);
        }
        Ok(())
    }
}

/// Asks the responsible brokers about `items`: `request` for those of one broker, `read` for its answer, which must name
/// every item. What has moved is asked for again until `default.api.timeout.ms` is over.
pub(super) async fn spread<K: Placed, R: Request + 'static, T: Send>(
    cluster: &Cluster,
    items: &[K],
    step: &str,
    request: impl Fn(&[K]) -> R + Send + Sync,
    read: impl Fn(R::Response) -> Vec<(K, Result<T, Error>)> + Send + Sync,
) -> Result<PerItem<K, T>, Error> {
    let mut retry = Retry::new(cluster.config(), step);
    let mut done = PerItem::new();
    let mut left: Vec<K> = items.to_vec();
    loop {
        let by_broker = group(K::places(cluster, &left).await?, &mut done);
        let requests: Vec<_> = by_broker
            .iter()
            .map(|(id, keys)| (*id, request(keys)))
            .collect();
        let mut trouble = None;
        let mut moved = Vec::new();
        for (id, _request, answer) in cluster.ask_each(requests).await {
            let answer = match answer {
                Ok(answer) => answer,
                Err(error) => {
                    moved.extend(by_broker.get(&id).cloned().unwrap_or_default());
                    trouble = Some(error);
                    continue;
                }
            };
            for (key, outcome) in read(answer) {
                match outcome {
                    Err(error) if error.code().is_some_and(K::has_moved) => {
                        moved.push(key);
                        trouble = Some(error);
                    }
                    outcome => drop(done.insert(key, outcome)),
                }
            }
        }
        let Some(trouble) = trouble else {
            return Ok(done);
        };
        retry.after(trouble).await?;
        K::forget(cluster, &moved).await?;
        left = moved;
    }
}

/// Those that have a place, by broker; the others are done.
fn group<K: Placed, T>(places: Vec<Place<K>>, done: &mut PerItem<K, T>) -> BTreeMap<i32, Vec<K>> {
    let mut by_broker = BTreeMap::<i32, Vec<K>>::new();
    for (key, place) in places {
        match place {
            Ok(id) => by_broker.entry(id).or_default().push(key),
            Err(error) => drop(done.insert(key, Err(error))),
        }
    }
    by_broker
}

/// Partitions by topic, as requests want them.
pub(super) fn by_topic<'p, T: 'p>(
    partitions: impl IntoIterator<Item = (&'p TopicPartition, T)>,
) -> BTreeMap<&'p str, Vec<(i32, T)>> {
    let mut topics = BTreeMap::<&str, Vec<(i32, T)>>::new();
    for (partition, with) in partitions {
        let numbers = topics.entry(partition.topic.as_str()).or_default();
        numbers.push((partition.partition, with));
    }
    topics
}
