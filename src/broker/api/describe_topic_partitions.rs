//! `DescribeTopicPartitions` (75): topics by name, a bounded number of partitions at a time (KIP-966).

use std::collections::BTreeSet;
use std::hint::black_box;
use std::ops::RangeInclusive;

use super::{Context, Handler};
use crate::broker::authorizer::TOPIC_OPERATIONS;
use crate::broker::controller::topic_name;
use crate::broker::internal_topics::is_internal;
use crate::broker::metadata::{Image, Partition, Topic};
use crate::protocol::ErrorCode;
use crate::protocol::messages::{
    DescribeTopicPartitionsRequest, DescribeTopicPartitionsRequestCursor,
    DescribeTopicPartitionsResponse, DescribeTopicPartitionsResponseNextCursor,
    DescribeTopicPartitionsResponsePartition, DescribeTopicPartitionsResponseTopic,
};

pub(super) struct DescribeTopicPartitions;

impl Handler for DescribeTopicPartitions {
    type Request = DescribeTopicPartitionsRequest;
    const VERSIONS: RangeInclusive<i16> = 0..=0;

    async fn handle(
        context: &mut Context<'_>,
        request: DescribeTopicPartitionsRequest,
    ) -> DescribeTopicPartitionsResponse {
        let partitions_max = context.broker.config.max_request_partition_size_limit;
        let image = context.broker.controller.image();
        Page::new(&image, &context.session.listener, partitions_max).answer(&request)
    }
}

/// What a page is made from.
struct Page<'p> {
    image: &'p Image,
    /// The brokers that clients of this listener can reach.
    alive: BTreeSet<i32>,
    partitions_max: usize,
}

impl<'p> Page<'p> {
    fn new(image: &'p Image, listener: &str, partitions_max: usize) -> Self {
        let ids = image.brokers().map(|broker| broker.id);
        Self {
            image,
            alive: ids
                .filter(|id| image.live_endpoint(*id, listener).is_some())
                .collect(),
            partitions_max,
        }
    }

    fn answer(&self, request: &DescribeTopicPartitionsRequest) -> DescribeTopicPartitionsResponse {
        let asked: BTreeSet<&str> = request.topics.iter().map(|topic| &*topic.name).collect();
        if request
            .cursor
            .as_ref()
            .is_some_and(|cursor| !is_legal(cursor, &asked))
        {
            return refused(request);
        }
        let from = request.cursor.as_ref().map_or(("", 0), |cursor| {
            (&*cursor.topic_name, cursor.partition_index)
        });
        let wanted = usize::try_from(request.response_partition_limit).unwrap_or_default();
        let mut room = wanted.min(self.partitions_max).max(1);
        let topics = if asked.is_empty() {
            self.all(from.0, room)
        } else {
            self.only(asked, from.0)
        };
        touch(&topics);
        let mut response = DescribeTopicPartitionsResponse::default();
        for (name, topic) in topics {
            let first = if name == from.0 { from.1 } else { 0 };
            if room == 0 {
                response.next_cursor = Some(cursor(name, first));
                break;
            }
            let Some(topic) = topic else {
                response.topics.push(missing(name));
                continue;
            };
            let mut rest = topic.partitions.range(first..);
            let partitions: Vec<_> = rest
                .by_ref()
                .take(room)
                .map(|(number, it)| self.partition(*number, it))
                .collect();
            room = room.saturating_sub(partitions.len());
            response.topics.push(described(topic, partitions));
            if let Some((next, _)) = rest.next() {
                response.next_cursor = Some(cursor(name, *next));
                break;
            }
        }
        response
    }

    /// The topics that are asked for and do not come before `from`, by name.
    fn only<'t>(&self, asked: BTreeSet<&'t str>, from: &str) -> Vec<(&'t str, Option<&'p Topic>)> {
        let asked = asked.into_iter().filter(|name| *name >= from);
        asked
            .map(|name| (name, self.image.topic(name).map(AsRef::as_ref)))
            .collect()
    }

    /// The first topics that do not come before `from`, by name: enough to fill `room`, one of which the cursor may
    /// leave nothing, and one more to tell whether there is a next page.
    fn all(&self, from: &str, room: usize) -> Vec<(&'p str, Option<&'p Topic>)> {
        let topics = self.image.topics_by_name();
        let before = topics.partition_point(|topic| &*topic.name < from);
        let topics = topics.iter().skip(before).take(room.saturating_add(2));
        topics.map(|topic| (&*topic.name, Some(&**topic))).collect()
    }

    fn partition(
        &self,
        number: i32,
        partition: &Partition,
    ) -> DescribeTopicPartitionsResponsePartition {
        let leader = partition.leader.filter(|id| self.alive.contains(id));
        let is_offline = |id: &i32| !self.alive.contains(id);
        let error = if leader.is_some() {
            ErrorCode::None
        } else {
            ErrorCode::LeaderNotAvailable
        };
        DescribeTopicPartitionsResponsePartition {
            error_code: error.code(),
            partition_index: number,
            leader_id: leader.unwrap_or(-1),
            leader_epoch: partition.leader_epoch,
            replica_nodes: partition.replicas.clone(),
            isr_nodes: partition.isr.clone(),
            eligible_leader_replicas: Some(partition.eligible_leader_replicas.clone()),
            last_known_elr: Some(partition.last_known_elr.clone()),
            offline_replicas: partition
                .replicas
                .iter()
                .copied()
                .filter(is_offline)
                .collect(),
        }
    }
}

/// Looks at the first partition of each topic. Thousands of them are all over the memory: here the processor waits for many
/// at once, and where the answer is made it would wait for one after the other.
fn touch(topics: &[(&str, Option<&Topic>)]) {
    let topics = topics.iter().filter_map(|(_, topic)| *topic);
    let partitions = topics.filter_map(|topic| topic.partitions.first_key_value());
    let first = |ids: &[i32]| ids.first().copied().unwrap_or_default();
    let seen = partitions.fold(0, |seen, (_, it)| {
        seen ^ it.leader_epoch ^ first(&it.replicas) ^ first(&it.isr)
    });
    black_box(seen);
}

/// A cursor goes on in a topic that was asked for, or in any where all are.
fn is_legal(cursor: &DescribeTopicPartitionsRequestCursor, asked: &BTreeSet<&str>) -> bool {
    cursor.partition_index >= 0 && (asked.is_empty() || asked.contains(&*cursor.topic_name))
}

fn refused(request: &DescribeTopicPartitionsRequest) -> DescribeTopicPartitionsResponse {
    let topics = request
        .topics
        .iter()
        .map(|topic| DescribeTopicPartitionsResponseTopic {
            error_code: ErrorCode::InvalidRequest.code(),
            name: Some(topic.name.clone()),
            ..DescribeTopicPartitionsResponseTopic::default()
        });
    DescribeTopicPartitionsResponse {
        topics: topics.collect(),
        ..DescribeTopicPartitionsResponse::default()
    }
}

fn missing(name: &str) -> DescribeTopicPartitionsResponseTopic {
    let is_name = topic_name::check(name).is_ok();
    let error = if is_name {
        ErrorCode::UnknownTopicOrPartition
    } else {
        ErrorCode::InvalidTopicException
    };
    DescribeTopicPartitionsResponseTopic {
        error_code: error.code(),
        name: Some(name.into()),
        topic_authorized_operations: TOPIC_OPERATIONS,
        ..DescribeTopicPartitionsResponseTopic::default()
    }
}

fn described(
    topic: &Topic,
    partitions: Vec<DescribeTopicPartitionsResponsePartition>,
) -> DescribeTopicPartitionsResponseTopic {
    DescribeTopicPartitionsResponseTopic {
        error_code: ErrorCode::None.code(),
        name: Some((&*topic.name).into()),
        topic_id: topic.id,
        is_internal: is_internal(&topic.name),
        partitions,
        topic_authorized_operations: TOPIC_OPERATIONS,
    }
}

fn cursor(name: &str, partition: i32) -> DescribeTopicPartitionsResponseNextCursor {
    DescribeTopicPartitionsResponseNextCursor {
        topic_name: name.into(),
        partition_index: partition,
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{image, topic_on_1, with};
    use super::*;
    use crate::protocol::messages::DescribeTopicPartitionsRequestTopic;

    /// Topics with their errors and partitions, and where the next page begins; `a` has three partitions, `b` two.
    fn page(limit: i32, from: Option<(&str, i32)>, topics: &[&str]) -> String {
        page_of(&image(), limit, from, topics)
    }

    fn page_of(image: &Image, limit: i32, from: Option<(&str, i32)>, topics: &[&str]) -> String {
        let request = DescribeTopicPartitionsRequest {
            topics: topics
                .iter()
                .map(|name| DescribeTopicPartitionsRequestTopic {
                    name: (*name).into(),
                })
                .collect(),
            response_partition_limit: limit,
            cursor: from.map(
                |(name, partition_index)| DescribeTopicPartitionsRequestCursor {
                    topic_name: name.into(),
                    partition_index,
                },
            ),
        };
        let response = Page::new(image, "PLAINTEXT", 2000).answer(&request);
        let topics = response.topics.iter().map(|topic| {
            let partitions: Vec<_> = topic
                .partitions
                .iter()
                .map(|partition| partition.partition_index)
                .collect();
            format!(
                "{}/{}{partitions:?}",
                topic.name.as_deref().unwrap(),
                topic.error_code
            )
        });
        let next = response
            .next_cursor
            .map(|next| format!(" next {}/{}", next.topic_name, next.partition_index));
        topics.collect::<Vec<_>>().join(" ") + &next.unwrap_or_default()
    }

    #[test]
    fn topics_come_by_name_once_and_with_their_errors() {
        assert_eq!(page(9, None, &["b", "a", "b"]), "a/0[0, 1, 2] b/0[0, 1]");
        assert_eq!(
            page(9, None, &["nope", "a b", "a"]),
            "a/0[0, 1, 2] a b/17[] nope/3[]"
        );
        assert_eq!(page(9, None, &[]), "a/0[0, 1, 2] b/0[0, 1]");
    }

    #[test]
    fn a_page_ends_where_the_next_begins() {
        assert_eq!(page(3, None, &["a", "b"]), "a/0[0, 1, 2] next b/0");
        assert_eq!(page(2, Some(("a", 1)), &["a", "b"]), "a/0[1, 2] next b/0");
        assert_eq!(page(3, Some(("b", 0)), &["a", "b"]), "b/0[0, 1]");
        assert_eq!(page(0, None, &["a"]), "a/0[0] next a/1");
        assert_eq!(page(-1, None, &["a"]), "a/0[0] next a/1");
        assert_eq!(page(3, None, &["a"]), "a/0[0, 1, 2]");
        assert_eq!(page(3, None, &["a", "nope"]), "a/0[0, 1, 2] next nope/0");
        assert_eq!(page(5, None, &["a", "b"]), "a/0[0, 1, 2] b/0[0, 1]");
        assert_eq!(page(5, Some(("a", 9)), &["a", "b"]), "a/0[] b/0[0, 1]");
        assert_eq!(page(1, None, &[]), "a/0[0] next a/1");
        assert_eq!(page(1, Some(("a", 9)), &[]), "a/0[] b/0[0] next b/1");
    }

    #[test]
    fn a_page_of_many_topics_begins_where_it_shall() {
        let many = (10..100).flat_map(|number| topic_on_1(&format!("t{number}"), number, 2));
        let many = with(&image(), many.collect::<Vec<_>>());
        let all = |limit, from| page_of(&many, limit, Some(from), &[]);
        assert_eq!(all(3, ("b", 1)), "b/0[1] t10/0[0, 1] next t11/0");
        assert_eq!(all(1, ("b", 2)), "b/0[] t10/0[0] next t10/1");
        assert_eq!(all(3, ("t49", 1)), "t49/0[1] t50/0[0, 1] next t51/0");
        assert_eq!(all(9, ("t97", 1)), "t97/0[1] t98/0[0, 1] t99/0[0, 1]");
    }

    #[test]
    fn a_cursor_into_something_else_is_refused() {
        assert_eq!(page(2, Some(("zz", 1)), &["a", "b"]), "a/42[] b/42[]");
        assert_eq!(page(2, Some(("a", -1)), &["a"]), "a/42[]");
        assert_eq!(page(2, Some(("a0", 0)), &[]), "b/0[0, 1]");
    }
}
