use super::*;
use crate::broker::controller::tests::{
    Broker, applied, chance, cluster, found, rules, single, with_topics,
};
use crate::broker::controller::{Decision, View};
use crate::broker::metadata::Image;
use crate::protocol::messages::{
    CreateTopicsRequest, CreateTopicsRequestAssignment, CreateTopicsRequestConfig,
    CreateTopicsRequestTopic, CreateTopicsResponseTopic, TopicRecord,
};

fn topic(name: &str, num_partitions: i32, replication_factor: i16) -> CreateTopicsRequestTopic {
    CreateTopicsRequestTopic {
        name: name.into(),
        num_partitions,
        replication_factor,
        ..CreateTopicsRequestTopic::default()
    }
}

fn with_configs(name: &str, configs: &[(&str, Option<&str>)]) -> CreateTopicsRequestTopic {
    let config = |(name, value): &(&str, Option<&str>)| CreateTopicsRequestConfig {
        name: (*name).into(),
        value: value.map(Into::into),
    };
    CreateTopicsRequestTopic {
        configs: configs.iter().map(config).collect(),
        ..topic(name, 1, 1)
    }
}

fn assigned(
    num_partitions: i32,
    replication_factor: i16,
    assignments: &[(i32, &[i32])],
) -> CreateTopicsRequestTopic {
    let assignment = |(partition_index, brokers): &(i32, &[i32])| CreateTopicsRequestAssignment {
        partition_index: *partition_index,
        broker_ids: brokers.to_vec(),
    };
    let assignments = assignments.iter().map(assignment).collect();
    CreateTopicsRequestTopic {
        assignments,
        ..topic("m", num_partitions, replication_factor)
    }
}

fn created(
    image: &Image,
    topics: Vec<CreateTopicsRequestTopic>,
) -> Decision<Vec<CreateTopicsResponseTopic>> {
    let request = CreateTopicsRequest {
        topics,
        ..CreateTopicsRequest::default()
    };
    let decision = create::decide(
        View {
            image,
            rules: &rules(),
        },
        &request,
        &mut chance(),
    );
    Decision {
        records: decision.records,
        response: decision.response.topics,
    }
}

fn refusal(image: &Image, topic: CreateTopicsRequestTopic) -> (i16, String) {
    let decision = created(image, vec![topic]);
    assert!(decision.records.is_empty());
    let response = &decision.response[0];
    assert_eq!(
        (response.num_partitions, response.replication_factor),
        (-1, -1)
    );
    (
        response.error_code,
        response
            .error_message
            .as_deref()
            .unwrap_or_default()
            .to_owned(),
    )
}

#[test]
fn a_created_topic_has_what_was_asked_for_and_says_so() {
    let image = single();
    let wanted = CreateTopicsRequestTopic {
        num_partitions: 3,
        ..with_configs("t", &[("retention.ms", Some("5"))])
    };
    let decision = created(&image, vec![wanted, topic("defaults", -1, -1)]);
    let response = &decision.response[0];
    assert_eq!(
        (
            response.error_code,
            response.num_partitions,
            response.replication_factor
        ),
        (0, 3, 1)
    );
    let configs = response.configs.as_ref().unwrap();
    assert_eq!(configs.len(), 33);
    let told = |name: &str| {
        configs
            .iter()
            .find(|config| &*config.name == name)
            .map(|config| (config.value.as_deref().unwrap(), config.config_source))
    };
    assert_eq!(told("retention.ms"), Some(("5", 1)));
    assert_eq!(told("min.insync.replicas"), Some(("1", 3)));
    assert_eq!(told("flush.ms"), Some(("9223372036854775807", 5)));
    assert_eq!(decision.response[1].num_partitions, 1);

    let after = applied(&image, &decision.records);
    let created = found(&after, "t");
    assert_eq!(
        (created.id, created.partitions.len()),
        (response.topic_id, 3)
    );
    assert_eq!(created.configs.get("retention.ms").unwrap(), "5");
    let partition = &created.partitions[&2];
    assert_eq!(
        (
            partition.leader,
            partition.leader_epoch,
            partition.partition_epoch
        ),
        (Some(1), 0, 0)
    );
    assert_eq!((&partition.replicas, &partition.isr), (&vec![1], &vec![1]));
    assert_eq!(partition.directories, [Uuid::from_bytes([9; 16])]);
    assert_ne!(found(&after, "defaults").id, created.id);
}

#[test]
fn a_request_that_only_asks_creates_nothing() {
    let image = single();
    let request = CreateTopicsRequest {
        topics: vec![topic("t", 2, 1)],
        validate_only: true,
        ..CreateTopicsRequest::default()
    };
    let decision = create::decide(
        View {
            image: &image,
            rules: &rules(),
        },
        &request,
        &mut chance(),
    );
    assert!(decision.records.is_empty());
    assert_eq!(decision.response.topics[0].num_partitions, 2);
}

#[test]
fn bad_names_are_refused() {
    let image = with_topics(&[("a", 1), ("d.e", 1)]);
    assert_eq!(
        refusal(&image, topic("a", 0, 1)),
        (36, "Topic 'a' already exists.".to_owned())
    );
    assert_eq!(
        refusal(&image, topic("d_e", 1, 1)),
        (
            17,
            "Topic 'd_e' collides with existing topic: d.e".to_owned()
        )
    );
    assert_eq!(
        refusal(&image, topic("", 1, 1)),
        (
            17,
            "Topic name is invalid: the empty string is not allowed".to_owned()
        )
    );
    let prohibited = "Creation of internal topic __cluster_metadata is prohibited.".to_owned();
    assert_eq!(
        refusal(&image, topic("__cluster_metadata", 1, 1)),
        (42, prohibited)
    );
}

#[test]
fn a_name_listed_twice_is_refused_once_and_leaves_the_others_alone() {
    let decision = created(
        &single(),
        vec![topic("d", 1, 1), topic("d", 2, 1), topic("e", 1, 1)],
    );
    let codes: Vec<_> = decision
        .response
        .iter()
        .map(|topic| (&*topic.name, topic.error_code))
        .collect();
    assert_eq!(codes, [("d", 42), ("e", 0)]);
    assert_eq!(
        decision.response[0].error_message.as_deref(),
        Some("Duplicate topic name.")
    );
}

#[test]
fn counts_out_of_range_are_refused() {
    let image = single();
    let partitions = (
        37,
        "Number of partitions was set to an invalid non-positive value.".to_owned(),
    );
    assert_eq!(refusal(&image, topic("t", 0, 1)), partitions);
    assert_eq!(refusal(&image, topic("t", -2, 1)), partitions);
    let factor = (
        38,
        "Replication factor must be larger than 0, or -1 to use the default value.".to_owned(),
    );
    assert_eq!(refusal(&image, topic("t", 0, 0)), factor);
    assert_eq!(refusal(&image, topic("t", 1, -2)), factor);
    assert_eq!(refusal(&image, topic("t", 1, 2)).0, 38);
    let many = (
        44,
        "Excessively large number of partitions per request.".to_owned(),
    );
    assert_eq!(refusal(&image, topic("t", 10_001, 1)), many);
    let both = created(&image, vec![topic("small", 1, 1), topic("big", 10_000, 1)]);
    assert!(both.records.is_empty() && both.response.iter().all(|topic| topic.error_code == 44));
}

#[test]
fn assignments_that_cannot_be_are_refused() {
    let image = cluster(&[1, 2, 3].map(|id| Broker {
        id,
        rack: None,
        fenced: id == 3,
    }));
    for (topic, code, words) in [
        (
            assigned(1, -1, &[(0, &[1])]),
            42,
            "A manual partition assignment was specified, but numPartitions was not set to -1.",
        ),
        (
            assigned(1, 1, &[(0, &[1])]),
            42,
            "A manual partition assignment was specified, but replication factor was not set to -1.",
        ),
        (
            assigned(-1, -1, &[(0, &[1]), (2, &[1])]),
            39,
            "partitions should be a consecutive 0-based integer sequence",
        ),
        (
            assigned(-1, -1, &[(-1, &[1])]),
            39,
            "partitions should be a consecutive 0-based integer sequence",
        ),
        (
            assigned(-1, -1, &[(0, &[1]), (0, &[1])]),
            39,
            "Found multiple manual partition assignments for partition 0",
        ),
        (
            assigned(-1, -1, &[(0, &[])]),
            39,
            "The manual partition assignment includes an empty replica list.",
        ),
        (
            assigned(-1, -1, &[(0, &[1, 1])]),
            39,
            "The manual partition assignment includes the broker 1 more than once.",
        ),
        (
            assigned(-1, -1, &[(0, &[1, 9])]),
            39,
            "The manual partition assignment includes broker 9, but no such broker is registered.",
        ),
        (
            assigned(-1, -1, &[(0, &[1]), (1, &[1, 2])]),
            39,
            "The manual partition assignment includes a partition with 2 replica(s), but this is not consistent with \
             previous partitions, which have 1 replica(s).",
        ),
        (
            assigned(-1, -1, &[(0, &[3])]),
            39,
            "All brokers specified in the manual partition assignment for partition 0 are fenced or in controlled shutdown.",
        ),
    ] {
        assert_eq!(refusal(&image, topic), (code, words.to_owned()));
    }
}

#[test]
fn an_assignment_is_followed() {
    let image = cluster(&[1, 2, 3].map(|id| Broker {
        id,
        rack: None,
        fenced: id == 3,
    }));
    let decision = created(
        &image,
        vec![assigned(-1, -1, &[(1, &[3, 2]), (0, &[2, 1])])],
    );
    let after = applied(&image, &decision.records);
    let partitions = &found(&after, "m").partitions;
    assert_eq!(
        (&partitions[&0].replicas, partitions[&0].leader),
        (&vec![2, 1], Some(2))
    );
    assert_eq!(
        (
            &partitions[&1].replicas,
            &partitions[&1].isr,
            partitions[&1].leader
        ),
        (&vec![3, 2], &vec![2], Some(2))
    );
}

#[test]
fn configs_that_cannot_be_are_refused() {
    let image = single();
    for (configs, words) in [
        (
            vec![("retention.ms", None)],
            "Null value not supported for topic configs: retention.ms",
        ),
        (vec![("foo", Some("1"))], "Unknown topic config name: foo"),
        (
            vec![("retention.ms", Some("abc"))],
            "Invalid value abc for configuration retention.ms: Not a number of type LONG",
        ),
        (
            vec![("remote.storage.enable", Some("true"))],
            "Tiered Storage functionality is disabled in the broker. Topic cannot be configured with remote log storage.",
        ),
    ] {
        assert_eq!(
            refusal(&image, with_configs("c", &configs)),
            (40, words.to_owned())
        );
    }
    let twice = created(
        &image,
        vec![with_configs(
            "c",
            &[("retention.ms", Some("1")), ("retention.ms", Some("2"))],
        )],
    );
    assert_eq!(
        found(&applied(&image, &twice.records), "c")
            .configs
            .get("retention.ms")
            .unwrap(),
        "2"
    );
}

#[test]
fn a_record_of_a_topic_id_that_is_taken_is_not_made_again() {
    let image = single();
    let taken = Uuid::from_bytes(chance()().to_be_bytes());
    let image = applied(
        &image,
        &[TopicRecord {
            name: "x".into(),
            topic_id: taken,
        }
        .into()],
    );
    let request = CreateTopicsRequest {
        topics: vec![assigned(-1, -1, &[(0, &[1])])],
        ..CreateTopicsRequest::default()
    };
    let decision = create::decide(
        View {
            image: &image,
            rules: &rules(),
        },
        &request,
        &mut chance(),
    );
    assert_ne!(decision.response.topics[0].topic_id, taken);
}
