//! `Metadata` (3): brokers, topics, and who leads what. v0 lists all topics where none is named, later versions where
//! there is no list; v4 lets clients forbid that topics are created; v12 finds topics by id.

use std::collections::BTreeSet;
use std::ops::RangeInclusive;

use super::{Context, Handler};
use crate::broker::authorizer::{CLUSTER_OPERATIONS, TOPIC_OPERATIONS};
use crate::broker::controller::topic_name;
use crate::broker::internal_topics::{
    SHARE_GROUP_STATE, TRANSACTION_STATE, create_missing, is_internal,
};
use crate::broker::metadata::{BrokerRegistration, Image, Partition, Topic};
use crate::protocol::ErrorCode;
use crate::protocol::messages::{
    MetadataRequest, MetadataRequestTopic, MetadataResponse, MetadataResponseBroker,
    MetadataResponsePartition, MetadataResponseTopic,
};

/// The first version in which a leader without the client's listener has an error of its own.
const FIRST_WITH_LISTENER_NOT_FOUND: i16 = 6;
/// The first version whose topics may be given by id.
const FIRST_BY_ID: i16 = 12;

pub(super) struct Metadata;

impl Handler for Metadata {
    type Request = MetadataRequest;
    const VERSIONS: RangeInclusive<i16> = 0..=13;

    async fn handle(context: &mut Context<'_>, request: MetadataRequest) -> MetadataResponse {
        let (broker, version) = (context.broker, context.version);
        if version < FIRST_BY_ID && has_ids(&request) {
            return refused(&request);
        }
        let before = broker.controller.image();
        let view = View {
            image: &before,
            listener: &context.session.listener,
            version,
        };
        let response = view.answer(&request, broker.config.node_id);
        if request.allow_auto_topic_creation && broker.config.auto_create_topics_enable {
            let missing = creatable(&response);
            if !missing.is_empty() {
                // Clients ask again for a topic that is not there yet: what becomes of it they learn then.
                drop(create_missing(broker, &missing).await);
            }
        }
        response
    }
}

fn has_ids(request: &MetadataRequest) -> bool {
    let mut topics = request.topics.iter().flatten();
    topics.any(|topic| topic.name.is_none() || !topic.topic_id.is_zero())
}

fn refused(request: &MetadataRequest) -> MetadataResponse {
    let topic = |topic: &MetadataRequestTopic| MetadataResponseTopic {
        topic_id: topic.topic_id,
        ..failed(
            ErrorCode::InvalidRequest,
            topic.name.as_deref().unwrap_or_default(),
        )
    };
    let topics = request.topics.iter().flatten().map(topic).collect();
    MetadataResponse {
        topics,
        ..MetadataResponse::default()
    }
}

fn failed(error: ErrorCode, name: &str) -> MetadataResponseTopic {
    MetadataResponseTopic {
        error_code: error.code(),
        name: Some(name.into()),
        is_internal: is_internal(name),
        ..MetadataResponseTopic::default()
    }
}

/// The topics that were asked for by name and do not exist. Those of coordinators that are not here stay away.
fn creatable(response: &MetadataResponse) -> Vec<String> {
    let is_missing = |topic: &&MetadataResponseTopic| {
        topic.error_code == ErrorCode::UnknownTopicOrPartition.code()
    };
    let names = response
        .topics
        .iter()
        .filter(is_missing)
        .filter_map(|topic| topic.name.as_deref());
    let is_creatable = |name: &&str| ![TRANSACTION_STATE, SHARE_GROUP_STATE].contains(name);
    names.filter(is_creatable).map(str::to_owned).collect()
}

/// The cluster as one client sees it.
struct View<'v> {
    image: &'v Image,
    listener: &'v str,
    version: i16,
}

impl View<'_> {
    fn answer(&self, request: &MetadataRequest, node_id: i32) -> MetadataResponse {
        let live = self.image.brokers().filter(|broker| !broker.fenced);
        MetadataResponse {
            brokers: live.filter_map(|broker| self.broker(broker)).collect(),
            cluster_id: Some((&*self.image.cluster_id).into()),
            controller_id: node_id,
            topics: self.topics(request),
            cluster_authorized_operations: operations(
                request.include_cluster_authorized_operations,
                CLUSTER_OPERATIONS,
            ),
            ..MetadataResponse::default()
        }
    }

    fn broker(&self, broker: &BrokerRegistration) -> Option<MetadataResponseBroker> {
        let endpoint = broker.endpoint(self.listener)?;
        Some(MetadataResponseBroker {
            node_id: broker.id,
            host: endpoint.host.as_str().into(),
            port: endpoint.port.into(),
            rack: broker.rack.as_deref().map(Into::into),
        })
    }

    fn topics(&self, request: &MetadataRequest) -> Vec<MetadataResponseTopic> {
        let operations = operations(
            request.include_topic_authorized_operations,
            TOPIC_OPERATIONS,
        );
        let mut topics: Vec<_> = match &request.topics {
            Some(asked) if self.version > 0 || !asked.is_empty() => {
                let mut seen = BTreeSet::new();
                let unseen = asked
                    .iter()
                    .filter(|topic| seen.insert((topic.name.as_deref(), topic.topic_id)));
                unseen.map(|topic| self.asked(topic)).collect()
            }
            _ => {
                let all = self.image.topics_by_name().iter();
                all.map(|topic| self.topic(topic)).collect()
            }
        };
        // Whether a name that is none exists is not a question of rights.
        let tells = |topic: &&mut MetadataResponseTopic| {
            ![
                ErrorCode::InvalidTopicException.code(),
                ErrorCode::UnknownTopicId.code(),
            ]
            .contains(&topic.error_code)
        };
        topics
            .iter_mut()
            .filter(tells)
            .for_each(|topic| topic.topic_authorized_operations = operations);
        topics
    }

    fn asked(&self, asked: &MetadataRequestTopic) -> MetadataResponseTopic {
        match asked.name.as_deref() {
            // Apache's admin client leaves the name empty where it asks by id.
            Some(name) if asked.topic_id.is_zero() => match self.image.topic(name) {
                Some(topic) => self.topic(topic),
                None if topic_name::check(name).is_err() => {
                    failed(ErrorCode::InvalidTopicException, name)
                }
                None => failed(ErrorCode::UnknownTopicOrPartition, name),
            },
            _ => match self.image.topic_by_id(asked.topic_id) {
                Some(topic) => self.topic(topic),
                None => MetadataResponseTopic {
                    error_code: ErrorCode::UnknownTopicId.code(),
                    name: None,
                    topic_id: asked.topic_id,
                    ..MetadataResponseTopic::default()
                },
            },
        }
    }

    fn topic(&self, topic: &Topic) -> MetadataResponseTopic {
        let partitions = topic
            .partitions
            .iter()
            .map(|(number, partition)| self.partition(*number, partition));
        MetadataResponseTopic {
            error_code: ErrorCode::None.code(),
            name: Some((&*topic.name).into()),
            topic_id: topic.id,
            is_internal: is_internal(&topic.name),
            partitions: partitions.collect(),
            ..MetadataResponseTopic::default()
        }
    }

    fn partition(&self, number: i32, partition: &Partition) -> MetadataResponsePartition {
        let is_online = |id: &i32| self.image.live_endpoint(*id, self.listener).is_some();
        let is_offline = |id: &i32| !is_online(id);
        let offline: Vec<i32> = partition
            .replicas
            .iter()
            .copied()
            .filter(is_offline)
            .collect();
        let (leader_id, error) = match partition.leader {
            Some(leader) if is_online(&leader) => (leader, ErrorCode::None),
            Some(leader)
                if self.version >= FIRST_WITH_LISTENER_NOT_FOUND && self.image.is_alive(leader) =>
            {
                (-1, ErrorCode::ListenerNotFound)
            }
            Some(_) | None => (-1, ErrorCode::LeaderNotAvailable),
        };
        // Clients of v0 take every replica they are told of for one they can connect to.
        let told = |ids: &[i32]| {
            ids.iter()
                .copied()
                .filter(|id| self.version > 0 || is_online(id))
                .collect()
        };
        let is_degraded = self.version == 0 && error == ErrorCode::None && !offline.is_empty();
        MetadataResponsePartition {
            error_code: if is_degraded {
                ErrorCode::ReplicaNotAvailable
            } else {
                error
            }
            .code(),
            partition_index: number,
            leader_id,
            leader_epoch: partition.leader_epoch,
            replica_nodes: told(&partition.replicas),
            isr_nodes: told(&partition.isr),
            offline_replicas: offline,
        }
    }
}

fn operations(are_asked_for: bool, all: i32) -> i32 {
    if are_asked_for { all } else { i32::MIN }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{id, image};
    use super::*;

    fn answer(version: i16, request: &MetadataRequest) -> MetadataResponse {
        View {
            image: &image(),
            listener: "PLAINTEXT",
            version,
        }
        .answer(request, 1)
    }

    fn by_name(names: &[&str]) -> MetadataRequest {
        let topic = |name: &&str| MetadataRequestTopic {
            name: Some((*name).into()),
            ..MetadataRequestTopic::default()
        };
        MetadataRequest {
            topics: Some(names.iter().map(topic).collect()),
            ..MetadataRequest::default()
        }
    }

    fn names(response: &MetadataResponse) -> Vec<(i16, &str)> {
        response
            .topics
            .iter()
            .map(|topic| (topic.error_code, topic.name.as_deref().unwrap_or("-")))
            .collect()
    }

    #[test]
    fn an_empty_list_is_all_topics_in_v0_and_none_later() {
        assert_eq!(names(&answer(0, &by_name(&[]))), [(0, "a"), (0, "b")]);
        assert_eq!(names(&answer(1, &by_name(&[]))), []);
        let all = MetadataRequest {
            topics: None,
            ..MetadataRequest::default()
        };
        assert_eq!(names(&answer(9, &all)), [(0, "a"), (0, "b")]);
    }

    #[test]
    fn live_brokers_are_told_with_the_listener_of_the_client() {
        let response = answer(9, &by_name(&[]));
        let brokers: Vec<_> = response
            .brokers
            .iter()
            .map(|broker| (broker.node_id, &*broker.host, broker.port))
            .collect();
        assert_eq!(brokers, [(1, "localhost", 9092)]);
        assert_eq!(
            (response.cluster_id.as_deref(), response.controller_id),
            (Some("cluster"), 1)
        );
    }

    #[test]
    fn names_that_are_not_there_or_are_none_have_errors() {
        let response = answer(9, &by_name(&["b", "nope", "a b", "b", ""]));
        assert_eq!(
            names(&response),
            [(0, "b"), (3, "nope"), (17, "a b"), (17, "")]
        );
        assert_eq!(creatable(&response), ["nope"]);
    }

    #[test]
    fn ids_find_topics_from_v12_and_are_refused_before() {
        let topic = |topic_id, name: Option<&str>| MetadataRequestTopic {
            topic_id,
            name: name.map(Into::into),
        };
        let request = MetadataRequest {
            topics: Some(vec![
                topic(id(1), None),
                topic(id(99), None),
                topic(id(1), Some("")),
            ]),
            ..MetadataRequest::default()
        };
        let response = answer(12, &request);
        assert_eq!(names(&response), [(0, "a"), (100, "-"), (0, "a")]);
        assert_eq!(response.topics[1].topic_id, id(99));
        assert!(has_ids(&request) && !has_ids(&by_name(&["a"])));
        assert_eq!(names(&refused(&request)), [(42, ""), (42, ""), (42, "")]);
    }

    /// Partition 0 of `a` is led by broker 1, partition 1 by nobody, partition 2 by 1 with the fenced broker 2 behind it.
    #[test]
    fn partitions_tell_their_leader_or_why_they_have_none() {
        let told = |version| {
            let response = answer(version, &by_name(&["a"]));
            let partitions = response.topics[0].partitions.iter();
            let told = partitions.map(|it| {
                (
                    it.error_code,
                    it.leader_id,
                    it.replica_nodes.clone(),
                    it.offline_replicas.clone(),
                )
            });
            told.collect::<Vec<_>>()
        };
        let later = vec![
            (0, 1, vec![1], vec![]),
            (5, -1, vec![2], vec![2]),
            (0, 1, vec![1, 2], vec![2]),
        ];
        assert_eq!((told(1), told(9)), (later.clone(), later));
        assert_eq!(
            told(0),
            [
                (0, 1, vec![1], vec![]),
                (5, -1, vec![], vec![2]),
                (9, 1, vec![1], vec![2])
            ]
        );
    }

    #[test]
    fn a_leader_that_does_not_listen_where_the_client_came_in_is_none_to_it() {
        let error = |version| {
            let view = View {
                image: &image(),
                listener: "OTHER",
                version,
            };
            view.answer(&by_name(&["b"]), 1).topics[0].partitions[0].error_code
        };
        assert_eq!((error(5), error(6)), (5, 72));
    }

    #[test]
    fn operations_are_told_when_asked_for() {
        let request = MetadataRequest {
            include_topic_authorized_operations: true,
            include_cluster_authorized_operations: true,
            ..by_name(&["a", "nope", "a b"])
        };
        let response = answer(9, &request);
        let topics: Vec<_> = response
            .topics
            .iter()
            .map(|topic| topic.topic_authorized_operations)
            .collect();
        assert_eq!(topics, [TOPIC_OPERATIONS, TOPIC_OPERATIONS, i32::MIN]);
        assert_eq!(response.cluster_authorized_operations, CLUSTER_OPERATIONS);
        assert_eq!(
            answer(9, &by_name(&["a"])).topics[0].topic_authorized_operations,
            i32::MIN
        );
    }
}
