//! `DescribeConfigs`: values, where they come from, and what they hide (`ConfigHelper`, `DynamicBrokerConfig`).

use crate::broker::controller::{Refusal, View};
use crate::broker::metadata::Resource;
use crate::broker::metadata::image::ConfigMap;
use crate::protocol::ErrorCode;
use crate::protocol::config::topic::{INTERNAL_SEGMENT_BYTES, KEYS, TopicKey};
use crate::protocol::config::{ConfigSource, Key, ResourceType, Value};
use crate::protocol::messages::{
    CreateTopicsResponseConfig, DescribeConfigsRequest, DescribeConfigsRequestResource,
    DescribeConfigsResponse, DescribeConfigsResponseConfig, DescribeConfigsResponseResult,
    DescribeConfigsResponseSynonym,
};

use super::{configurable_topic, unsupported_type};

/// One key with its value.
struct Entry {
    name: &'static str,
    value: Option<String>,
    source: ConfigSource,
    key: &'static Key,
    is_read_only: bool,
    synonyms: Vec<Synonym>,
    documentation: Option<&'static str>,
}

/// A value that counts, or would count if those before it were not set.
struct Synonym {
    name: &'static str,
    value: String,
    source: ConfigSource,
}

/// Answers a request.
pub fn answer(view: View<'_>, request: &DescribeConfigsRequest) -> DescribeConfigsResponse {
    let results = request.resources.iter().map(|resource| {
        let mut result = DescribeConfigsResponseResult {
            resource_type: resource.resource_type,
            resource_name: resource.resource_name.clone(),
            // Kafka sends an empty text where others send none.
            error_message: Some("".into()),
            ..DescribeConfigsResponseResult::default()
        };
        match entries(view, resource) {
            Ok(entries) => {
                result.configs = entries
                    .into_iter()
                    .map(|entry| config(entry, request))
                    .collect();
            }
            Err(refusal) => {
                result.error_code = refusal.code.code();
                result.error_message = Some(refusal.text().unwrap_or_default());
            }
        }
        result
    });
    DescribeConfigsResponse {
        results: results.collect(),
        ..DescribeConfigsResponse::default()
    }
}

/// What a new topic is set to, as `CreateTopics` answers it.
pub fn created(view: View<'_>, overrides: &ConfigMap) -> Vec<CreateTopicsResponseConfig> {
    let mut entries: Vec<Entry> = topic_entries(view, overrides);
    entries.sort_by_key(|entry| entry.name);
    let config = |entry: Entry| CreateTopicsResponseConfig {
        name: entry.name.into(),
        value: entry.value.map(Into::into),
        read_only: false,
        config_source: entry.source.code(),
        is_sensitive: false,
    };
    entries.into_iter().map(config).collect()
}

fn config(entry: Entry, request: &DescribeConfigsRequest) -> DescribeConfigsResponseConfig {
    let is_sensitive = entry.key.is_sensitive();
    let shown = |value: String| (!is_sensitive).then(|| value.into());
    let synonym = |synonym: Synonym| DescribeConfigsResponseSynonym {
        name: synonym.name.into(),
        value: shown(synonym.value),
        source: synonym.source.code(),
    };
    DescribeConfigsResponseConfig {
        name: entry.name.into(),
        value: entry.value.and_then(shown),
        read_only: entry.is_read_only,
        config_source: entry.source.code(),
        is_sensitive,
        synonyms: if request.include_synonyms {
            entry.synonyms.into_iter().map(synonym).collect()
        } else {
            Vec::new()
        },
        config_type: entry.key.kind.code(),
        documentation: entry
            .documentation
            .filter(|_| request.include_documentation)
            .map(Into::into),
    }
}

fn entries(
    view: View<'_>,
    resource: &DescribeConfigsRequestResource,
) -> Result<Vec<Entry>, Refusal> {
    let name = &*resource.resource_name;
    let mut entries = match ResourceType::from_code(resource.resource_type) {
        Some(ResourceType::Topic) => {
            let found = configurable_topic(view, name).map_err(|refusal| match refusal.code {
                ErrorCode::UnknownTopicOrPartition => Refusal::bare(refusal.code),
                _ => refusal,
            })?;
            topic_entries(view, &found.configs)
        }
        Some(ResourceType::Broker) => broker_entries(view, name)?,
        Some(
            kind @ (ResourceType::BrokerLogger | ResourceType::ClientMetrics | ResourceType::Group),
        ) => {
            return Err(unsupported_type(kind));
        }
        None => {
            return Err(Refusal::new(
                ErrorCode::InvalidRequest,
                ErrorCode::InvalidRequest.message(),
            ));
        }
    };
    // An empty list of keys asks for all of them, just as none does.
    if let Some(wanted) = resource
        .configuration_keys
        .as_ref()
        .filter(|wanted| !wanted.is_empty())
    {
        entries.retain(|entry| wanted.iter().any(|name| **name == *entry.name));
    }
    Ok(entries)
}

fn topic_entries(view: View<'_>, overrides: &ConfigMap) -> Vec<Entry> {
    let hidden = overrides
        .contains_key(INTERNAL_SEGMENT_BYTES.key.name)
        .then_some(&INTERNAL_SEGMENT_BYTES);
    KEYS.iter()
        .chain(hidden)
        .map(|key| topic_entry(view, overrides, key))
        .collect()
}

fn topic_entry(view: View<'_>, overrides: &ConfigMap, topic_key: &'static TopicKey) -> Entry {
    let key = &topic_key.key;
    let own = overrides.get(key.name);
    let given = own
        .cloned()
        .or_else(|| view.fallbacks().topic_default(topic_key));
    let value = given
        .or_else(|| key.default.map(str::to_owned))
        .map(|text| canonical(key, &text));
    let mut synonyms = Vec::new();
    if let (Some(_), Some(value)) = (own, &value) {
        synonyms.push(Synonym {
            name: key.name,
            value: value.clone(),
            source: ConfigSource::Topic,
        });
    }
    if let Some(first) = topic_key.synonyms.first() {
        synonyms.extend(broker_synonyms(view, first.name));
    }
    Entry {
        name: key.name,
        value,
        source: synonyms
            .first()
            .map_or(ConfigSource::Default, |synonym| synonym.source),
        key,
        is_read_only: false,
        synonyms,
        documentation: Some(topic_key.doc),
    }
}

fn broker_entries(view: View<'_>, name: &str) -> Result<Vec<Entry>, Refusal> {
    let invalid = |words: String| Refusal::new(ErrorCode::InvalidRequest, words);
    if name.is_empty() {
        return Ok(cluster_entries(view));
    }
    let not_a_number = || invalid(format!("Broker id must be an integer, but it is: {name}"));
    let id: i32 = name.parse().ok().ok_or_else(not_a_number)?;
    let own = view.rules.node_id;
    if id != own {
        return Err(invalid(format!(
            "Unexpected broker id, expected {own} or empty string, but received {name}"
        )));
    }
    let entry = |(name, broker_key): (&&'static str, &crate::broker::controller::BrokerKey)| {
        let key = broker_key.key;
        let given = view.fallbacks().broker_value(name).or(key.default);
        let synonyms = broker_synonyms(view, name);
        Entry {
            name,
            value: given.map(|text| canonical(key, text)),
            source: synonyms
                .first()
                .map_or(ConfigSource::Default, |synonym| synonym.source),
            key,
            is_read_only: !broker_key.is_dynamic,
            synonyms,
            documentation: None,
        }
    };
    Ok(view.rules.broker_keys.iter().map(entry).collect())
}

/// What was set on all brokers together; nothing else is told of them together.
fn cluster_entries(view: View<'_>) -> Vec<Entry> {
    let set = view
        .image
        .configs_of(&Resource::all_brokers())
        .into_iter()
        .flatten();
    let known =
        set.filter_map(|(name, value)| Some((view.rules.broker_keys.get(name.as_str())?, value)));
    known
        .map(|(broker_key, value)| {
            let (key, value) = (broker_key.key, canonical(broker_key.key, value));
            let source = ConfigSource::DynamicDefaultBroker;
            Entry {
                name: key.name,
                value: Some(value.clone()),
                source,
                key,
                is_read_only: !broker_key.is_dynamic,
                synonyms: vec![Synonym {
                    name: key.name,
                    value,
                    source,
                }],
                documentation: None,
            }
        })
        .collect()
}

/// Every value that was given for a broker key or for a coarser one it falls back on, the closest first. What stands
/// before the first of the key itself is not told, and so nothing is where only coarser keys have values.
fn broker_synonyms(view: View<'_>, name: &'static str) -> Vec<Synonym> {
    let family = family(view, name);
    let mut synonyms = Vec::new();
    for (source, configs) in view.fallbacks().layers() {
        for key in &family {
            let given = configs.get(key.name).map(|value| canonical(key, value));
            synonyms.extend(given.map(|value| Synonym {
                name: key.name,
                value,
                source,
            }));
        }
    }
    for key in &family {
        let default = key.default.map(str::to_owned);
        synonyms.extend(default.map(|value| Synonym {
            name: key.name,
            value,
            source: ConfigSource::Default,
        }));
    }
    synonyms
        .into_iter()
        .skip_while(|synonym| synonym.name != name)
        .collect()
}

/// A key and all that say the same in other units, the finest first.
fn family(view: View<'_>, name: &'static str) -> Vec<&'static Key> {
    let mut of_topic = KEYS.iter().map(|key| key.synonyms);
    let names = of_topic.find(|synonyms| synonyms.iter().any(|synonym| synonym.name == name));
    let keys = &view.rules.broker_keys;
    match names {
        Some(synonyms) => synonyms
            .iter()
            .filter_map(|synonym| keys.get(synonym.name))
            .map(|key| key.key)
            .collect(),
        None => keys.get(name).map(|key| key.key).into_iter().collect(),
    }
}

/// A value as Kafka writes it once it has read it.
fn canonical(key: &Key, text: &str) -> String {
    match key.parse(text) {
        Ok(Value::List(elements)) => elements.join(","),
        Ok(value) => value.to_string(),
        Err(_) => text.to_owned(),
    }
}
