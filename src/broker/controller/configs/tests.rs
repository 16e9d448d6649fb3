use std::collections::BTreeMap;

use super::super::tests::{applied, chance, rules, single};
use super::*;
use crate::broker::controller::{Decision, Rules, topics};
use crate::broker::metadata::Image;
use crate::protocol::messages::{
    AlterConfigsRequest, AlterConfigsRequestConfig, AlterConfigsRequestResource,
    CreateTopicsRequest, CreateTopicsRequestTopic, DescribeConfigsRequest,
    DescribeConfigsRequestResource, DescribeConfigsResponseResult, IncrementalAlterConfigsRequest,
    IncrementalAlterConfigsRequestConfig, IncrementalAlterConfigsRequestResource,
    ListConfigResourcesRequest,
};

const TOPIC: i8 = 2;
const BROKER: i8 = 4;
const SET: i8 = 0;
const DELETE: i8 = 1;
const APPEND: i8 = 2;
const SUBTRACT: i8 = 3;

/// A cluster of one broker with the topic `t`.
fn image() -> Image {
    let image = single();
    let topic = CreateTopicsRequestTopic {
        name: "t".into(),
        num_partitions: 1,
        replication_factor: 1,
        ..Default::default()
    };
    let request = CreateTopicsRequest {
        topics: vec![topic],
        ..Default::default()
    };
    let decision = topics::create::decide(
        View {
            image: &image,
            rules: &rules(),
        },
        &request,
        &mut chance(),
    );
    applied(&image, &decision.records)
}

type Change<'c> = (&'c str, i8, Option<&'c str>);

fn change(image: &Image, kind: i8, name: &str, changes: &[Change<'_>]) -> Decision<(i16, String)> {
    let config = |(name, operation, value): &Change<'_>| IncrementalAlterConfigsRequestConfig {
        name: (*name).into(),
        config_operation: *operation,
        value: value.map(Into::into),
    };
    let resource = IncrementalAlterConfigsRequestResource {
        resource_type: kind,
        resource_name: name.into(),
        configs: changes.iter().map(config).collect(),
    };
    let request = IncrementalAlterConfigsRequest {
        resources: vec![resource],
        validate_only: false,
    };
    let decision = decide_incremental(
        View {
            image,
            rules: &rules(),
        },
        &request,
    );
    let it = &decision.response.responses[0];
    let response = (
        it.error_code,
        it.error_message.as_deref().unwrap_or_default().to_owned(),
    );
    Decision {
        records: decision.records,
        response,
    }
}

/// The topic's own value after a change that is made.
fn after(image: &Image, changes: &[Change<'_>], name: &str) -> (Image, Option<String>) {
    let decision = change(image, TOPIC, "t", changes);
    assert_eq!(decision.response, (0, String::new()));
    let image = applied(image, &decision.records);
    let value = image.topic("t").unwrap().configs.get(name).cloned();
    (image, value)
}

#[test]
fn single_keys_are_set_and_unset() {
    let (image, value) = after(
        &image(),
        &[
            ("retention.ms", SET, Some("100")),
            ("flush.ms", SET, Some("7")),
        ],
        "retention.ms",
    );
    assert_eq!(value.as_deref(), Some("100"));
    let (image, value) = after(
        &image,
        &[("retention.ms", DELETE, None), ("foo", DELETE, None)],
        "retention.ms",
    );
    assert_eq!(value, None);
    assert_eq!(image.topic("t").unwrap().configs.len(), 1);
}

#[test]
fn lists_grow_and_shrink_from_what_counts() {
    let (image, value) = after(
        &image(),
        &[("cleanup.policy", APPEND, Some("compact"))],
        "cleanup.policy",
    );
    assert_eq!(value.as_deref(), Some("delete,compact"));
    let (image, value) = after(
        &image,
        &[("cleanup.policy", APPEND, Some("compact"))],
        "cleanup.policy",
    );
    assert_eq!(value.as_deref(), Some("delete,compact"));
    let (image, value) = after(
        &image,
        &[("cleanup.policy", SUBTRACT, Some("delete"))],
        "cleanup.policy",
    );
    assert_eq!(value.as_deref(), Some("compact"));
    let (_, value) = after(
        &image,
        &[("cleanup.policy", SUBTRACT, Some("compact"))],
        "cleanup.policy",
    );
    assert_eq!(value.as_deref(), Some(""));
}

/// Type and name of the resource, the changes, and how they are refused.
type Refused<'r> = (i8, &'r str, &'r [Change<'r>], i16, &'r str);

const REFUSED: &[Refused<'_>] = &[
    (
        TOPIC,
        "nope",
        &[("retention.ms", SET, Some("1"))],
        3,
        "The topic 'nope' does not exist.",
    ),
    (
        TOPIC,
        "",
        &[("retention.ms", SET, Some("1"))],
        42,
        "Default topic resources are not allowed.",
    ),
    (
        TOPIC,
        "t",
        &[("foo", SET, Some("1"))],
        40,
        "Unknown topic config name: foo",
    ),
    (
        TOPIC,
        "t",
        &[
            ("flush.ms", SET, Some("1")),
            ("retention.ms", SET, Some("abc")),
        ],
        40,
        "Invalid value abc for configuration retention.ms: Not a number of type LONG",
    ),
    (
        TOPIC,
        "t",
        &[("retention.ms", SET, None)],
        42,
        "Null value not supported for : retention.ms",
    ),
    (
        TOPIC,
        "t",
        &[("cleanup.policy", APPEND, None)],
        42,
        "Null value not supported for : cleanup.policy",
    ),
    (
        TOPIC,
        "t",
        &[
            ("retention.ms", SET, Some("1")),
            ("retention.ms", SET, Some("2")),
        ],
        42,
        "Error due to duplicate config keys",
    ),
    (
        TOPIC,
        "t",
        &[("retention.ms", APPEND, Some("1"))],
        40,
        "Can't APPEND to key retention.ms because its type is not LIST.",
    ),
    (
        TOPIC,
        "t",
        &[("retention.ms", SUBTRACT, Some("1"))],
        40,
        "Can't SUBTRACT to key retention.ms because its type is not LIST.",
    ),
    (
        TOPIC,
        "t",
        &[("retention.ms", 9, Some("1"))],
        42,
        "Unknown operation type 9",
    ),
    (
        99,
        "t",
        &[("retention.ms", SET, Some("1"))],
        42,
        "Unknown resource type 99",
    ),
    (
        BROKER,
        "x",
        &[("log.retention.ms", SET, Some("1"))],
        42,
        "Node id must be an integer, but it is: x",
    ),
    (
        BROKER,
        "2",
        &[("log.retention.ms", SET, Some("1"))],
        42,
        "Unexpected broker id, expected 1, but received 2",
    ),
    (
        BROKER,
        "1",
        &[("num.partitions", SET, Some("3"))],
        42,
        "Cannot update these configs dynamically: [num.partitions]",
    ),
    (
        BROKER,
        "",
        &[("log.retention.ms", SET, Some("x"))],
        42,
        "Invalid value x for configuration log.retention.ms: Not a number of type LONG",
    ),
    (
        BROKER,
        "1",
        &[("min.insync.replicas", SET, Some("2"))],
        40,
        "Broker-level min.insync.replicas cannot be altered while ELR is enabled.",
    ),
    (
        BROKER,
        "",
        &[("min.insync.replicas", DELETE, None)],
        40,
        "Cluster-level min.insync.replicas cannot be removed while ELR is enabled.",
    ),
    (
        32,
        "g",
        &[("consumer.session.timeout.ms", SET, Some("1"))],
        42,
        "Resources of type GROUP have no configuration on this broker.",
    ),
];

#[test]
fn changes_that_cannot_be_are_refused_and_then_nothing_changes() {
    let image = image();
    let set = |name, value| (name, SET, Some(value));
    for (kind, resource, changes, code, words) in REFUSED {
        let decision = change(&image, *kind, resource, changes);
        assert_eq!(
            (decision.records.len(), decision.response),
            (0, (*code, (*words).to_owned()))
        );
    }
    let bad_name = change(&image, TOPIC, "a b", &[set("retention.ms", "1")]).response;
    assert!(bad_name.0 == 17 && bad_name.1.starts_with("Topic name is invalid: "));
    let long = "delete,".repeat(5000) + "delete";
    assert_eq!(
        change(&image, TOPIC, "t", &[set("cleanup.policy", &long)])
            .response
            .0,
        40
    );
}

#[test]
fn a_resource_listed_twice_is_refused_each_time() {
    let resource = |name: &str| IncrementalAlterConfigsRequestResource {
        resource_type: BROKER,
        resource_name: name.into(),
        configs: Vec::new(),
    };
    let request = IncrementalAlterConfigsRequest {
        resources: vec![resource("1"), resource("1"), resource("")],
        validate_only: false,
    };
    let decision = decide_incremental(
        View {
            image: &image(),
            rules: &rules(),
        },
        &request,
    );
    let codes: Vec<_> = decision
        .response
        .responses
        .iter()
        .map(|response| response.error_code)
        .collect();
    assert_eq!(codes, [42, 42, 0]);
}

fn replace(
    image: &Image,
    kind: i8,
    name: &str,
    configs: &[(&str, &str)],
) -> Decision<(i16, String)> {
    let config = |(name, value): &(&str, &str)| AlterConfigsRequestConfig {
        name: (*name).into(),
        value: Some((*value).into()),
    };
    let resource = AlterConfigsRequestResource {
        resource_type: kind,
        resource_name: name.into(),
        configs: configs.iter().map(config).collect(),
    };
    let request = AlterConfigsRequest {
        resources: vec![resource],
        validate_only: false,
    };
    let decision = decide_whole(
        View {
            image,
            rules: &rules(),
        },
        &request,
    );
    let it = &decision.response.responses[0];
    let response = (
        it.error_code,
        it.error_message.as_deref().unwrap_or_default().to_owned(),
    );
    Decision {
        records: decision.records,
        response,
    }
}

#[test]
fn replacing_unsets_what_is_not_listed() {
    let (image, _) = after(
        &image(),
        &[("retention.ms", SET, Some("100"))],
        "retention.ms",
    );
    let decision = replace(&image, TOPIC, "t", &[("flush.ms", "8")]);
    assert_eq!(decision.response.0, 0);
    let image = applied(&image, &decision.records);
    let configs = &image.topic("t").unwrap().configs;
    assert_eq!(
        configs
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_str()))
            .collect::<Vec<_>>(),
        [("flush.ms", "8")]
    );
    let refused = replace(&image, BROKER, "", &[("log.retention.ms", "3")]);
    assert_eq!(
        refused.response,
        (
            40,
            "Cluster-level min.insync.replicas cannot be removed while ELR is enabled.".to_owned()
        )
    );
    assert_eq!(
        replace(&image, BROKER, "1", &[("log.retention.ms", "3")])
            .response
            .0,
        0
    );
}

fn describe(
    image: &Image,
    rules: &Rules,
    kind: i8,
    name: &str,
    keys: Option<&[&str]>,
) -> DescribeConfigsResponseResult {
    let resource = DescribeConfigsRequestResource {
        resource_type: kind,
        resource_name: name.into(),
        configuration_keys: keys.map(|keys| keys.iter().map(|key| (*key).into()).collect()),
    };
    let request = DescribeConfigsRequest {
        resources: vec![resource],
        include_synonyms: true,
        include_documentation: true,
    };
    let mut response = describe::answer(View { image, rules }, &request);
    response.results.remove(0)
}

/// Value, source and synonyms of one key.
fn told(result: &DescribeConfigsResponseResult, name: &str) -> String {
    let config = result
        .configs
        .iter()
        .find(|config| &*config.name == name)
        .unwrap();
    let synonyms = config.synonyms.iter().map(|it| {
        format!(
            " {}={}:{}",
            it.name,
            it.value.as_deref().unwrap_or("-"),
            it.source
        )
    });
    format!(
        "{}:{}{}",
        config.value.as_deref().unwrap_or("-"),
        config.config_source,
        synonyms.collect::<String>()
    )
}

#[test]
fn a_topic_tells_its_values_and_what_they_hide() {
    let (image, _) = after(
        &image(),
        &[("retention.bytes", SET, Some(" 77 "))],
        "retention.bytes",
    );
    let result = describe(&image, &rules(), TOPIC, "t", None);
    assert_eq!((result.error_code, result.configs.len()), (0, 33));
    assert_eq!(
        told(&result, "min.insync.replicas"),
        "1:3 min.insync.replicas=1:3 min.insync.replicas=1:5"
    );
    assert_eq!(told(&result, "retention.ms"), "604800000:5");
    assert_eq!(
        told(&result, "retention.bytes"),
        "77:1 retention.bytes=77:1"
    );
    assert_eq!(
        told(&result, "cleanup.policy"),
        "delete:5 log.cleanup.policy=delete:5"
    );
    assert!(
        result
            .configs
            .iter()
            .all(|config| config.documentation.is_some() && !config.read_only)
    );
}

#[test]
fn a_broker_tells_dynamic_static_and_default_values() {
    let fixed = Rules {
        fixed: BTreeMap::from([("log.retention.hours".to_owned(), "2".to_owned())]),
        ..rules()
    };
    let start = image();
    let before = describe(&start, &fixed, TOPIC, "t", Some(&["retention.ms"]));
    assert_eq!(told(&before, "retention.ms"), "7200000:5");
    let image = applied(
        &start,
        &change(&start, BROKER, "", &[("log.retention.ms", SET, Some("5"))]).records,
    );
    let image = applied(
        &image,
        &change(&image, BROKER, "1", &[("log.retention.ms", SET, Some("6"))]).records,
    );
    let result = describe(
        &image,
        &fixed,
        TOPIC,
        "t",
        Some(&["retention.ms", "nonsense"]),
    );
    assert_eq!(result.configs.len(), 1);
    let hidden = "log.retention.ms=6:2 log.retention.ms=5:3 log.retention.hours=2:4 log.retention.hours=168:5";
    assert_eq!(told(&result, "retention.ms"), format!("6:2 {hidden}"));
    let broker = describe(&image, &fixed, BROKER, "1", None);
    assert_eq!(told(&broker, "log.retention.ms"), format!("6:2 {hidden}"));
    assert_eq!(
        told(&broker, "log.retention.hours"),
        "2:4 log.retention.hours=2:4 log.retention.hours=168:5"
    );
    assert!(
        broker
            .configs
            .iter()
            .any(|config| &*config.name == "num.partitions" && config.read_only)
    );
    let all = describe(&image, &fixed, BROKER, "", None);
    assert_eq!(all.configs.len(), 2);
    assert_eq!(told(&all, "log.retention.ms"), "5:3 log.retention.ms=5:3");
}

#[test]
fn secrets_are_not_told() {
    let fixed = Rules {
        fixed: BTreeMap::from([("ssl.key.password".to_owned(), "x".to_owned())]),
        ..rules()
    };
    let result = describe(&image(), &fixed, BROKER, "1", Some(&["ssl.key.password"]));
    assert_eq!(
        told(&result, "ssl.key.password"),
        "-:4 ssl.key.password=-:4"
    );
    assert!(result.configs[0].is_sensitive);
}

#[test]
fn what_cannot_be_described_says_why() {
    let image = image();
    for (kind, name, code, words) in [
        (TOPIC, "nope", 3, ""),
        (
            TOPIC,
            "",
            17,
            "Topic name is invalid: the empty string is not allowed",
        ),
        (
            BROKER,
            "2",
            42,
            "Unexpected broker id, expected 1 or empty string, but received 2",
        ),
        (
            BROKER,
            "x",
            42,
            "Broker id must be an integer, but it is: x",
        ),
        (
            32,
            "g",
            42,
            "Resources of type GROUP have no configuration on this broker.",
        ),
        (77, "x", 42, ErrorCode::InvalidRequest.message()),
    ] {
        let result = describe(&image, &rules(), kind, name, None);
        assert_eq!(
            (result.error_code, result.error_message.as_deref()),
            (code, Some(words))
        );
    }
}

#[test]
fn resources_are_listed_by_type() {
    let image = image();
    let list = |version, types: &[i8]| {
        let request = ListConfigResourcesRequest {
            resource_types: types.to_vec(),
        };
        let response = list::answer(
            View {
                image: &image,
                rules: &rules(),
            },
            &request,
            version,
        );
        let found = response
            .config_resources
            .iter()
            .map(|it| format!("{}:{}", it.resource_type, it.resource_name));
        (response.error_code, found.collect::<Vec<_>>())
    };
    assert_eq!(list(1, &[2]), (0, vec!["2:t".to_owned()]));
    assert_eq!(
        list(1, &[]),
        (
            0,
            vec!["8:1".to_owned(), "4:1".to_owned(), "2:t".to_owned()]
        )
    );
    assert_eq!(list(0, &[]), (0, vec![]));
    assert_eq!(list(1, &[2, 77]), (35, vec![]));
}
