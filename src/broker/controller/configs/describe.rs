//! `DescribeConfigs`: values, where they come from, and what they hide (`ConfigHelper`, `DynamicBrokerConfig`).

use std::cell::OnceCell;
use std::collections::BTreeMap;
use std::rc::Rc;
use std::sync::Arc;

use bytestring::ByteString;

use crate::broker::controller::{BrokerKey, Refusal, View};
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

/// One key with its value. Cheap to copy: a request may ask for the same defaults of thousands of topics.
#[derive(Clone)]
struct Entry {
    name: &'static str,
    value: Option<ByteString>,
    source: ConfigSource,
    key: &'static Key,
    is_read_only: bool,
    synonyms: Rc<Vec<Synonym>>,
    documentation: Option<&'static str>,
}

/// A value that counts, or would count if those before it were not set.
#[derive(Clone)]
struct Synonym {
    name: &'static str,
    value: ByteString,
    source: ConfigSource,
}

/// Answers a request.
pub fn answer(view: View<'_>, request: &DescribeConfigsRequest) -> DescribeConfigsResponse {
    let mut description = Description {
        view,
        request,
        topic_defaults: OnceCell::new(),
        topics: BTreeMap::new(),
    };
    let results = request.resources.iter().map(|resource| {
        let (error_code, error_message, configs) = match description.configs(resource) {
            // Kafka sends an empty text where others send none.
            Ok(configs) => (ErrorCode::None, ByteString::from_static(""), configs),
            Err(refusal) => {
                let text = refusal.text().unwrap_or_default();
                (refusal.code, text, Arc::default())
            }
        };
        DescribeConfigsResponseResult {
            error_code: error_code.code(),
            error_message: Some(error_message),
            resource_type: resource.resource_type,
            resource_name: resource.resource_name.clone(),
            configs,
        }
    });
    DescribeConfigsResponse {
        results: results.collect(),
        ..DescribeConfigsResponse::default()
    }
}

/// What a new topic is set to, as `CreateTopics` answers it.
pub fn created(view: View<'_>, overrides: &ConfigMap) -> Vec<CreateTopicsResponseConfig> {
    let mut entries = with_overrides(&topic_defaults(view), overrides);
    entries.sort_by_key(|entry| entry.name);
    let config = |entry: Entry| CreateTopicsResponseConfig {
        name: ByteString::from_static(entry.name),
        value: entry.value,
        read_only: false,
        config_source: entry.source.code(),
        is_sensitive: false,
    };
    entries.into_iter().map(config).collect()
}

fn config(entry: Entry, request: &DescribeConfigsRequest) -> DescribeConfigsResponseConfig {
    let is_sensitive = entry.key.is_sensitive();
    let shown = |value| (!is_sensitive).then_some(value);
    let synonym = |synonym: &Synonym| DescribeConfigsResponseSynonym {
        name: ByteString::from_static(synonym.name),
        value: shown(synonym.value.clone()),
        source: synonym.source.code(),
    };
    DescribeConfigsResponseConfig {
        name: ByteString::from_static(entry.name),
        value: entry.value.and_then(shown),
        read_only: entry.is_read_only,
        config_source: entry.source.code(),
        is_sensitive,
        synonyms: if request.include_synonyms {
            entry.synonyms.iter().map(synonym).collect()
        } else {
            Vec::new()
        },
        config_type: entry.key.kind.code(),
        documentation: entry
            .documentation
            .filter(|_| request.include_documentation)
            .map(ByteString::from_static),
    }
}

type Configs = Arc<Vec<DescribeConfigsResponseConfig>>;

/// One answer in the making. A request may ask for thousands of topics: what they fall back on is worked out once, and
/// so is what topics have in common that are set alike.
struct Description<'v> {
    view: View<'v>,
    request: &'v DescribeConfigsRequest,
    topic_defaults: OnceCell<Vec<Entry>>,
    /// By what is set on a topic and the keys that are asked for.
    topics: BTreeMap<(&'v ConfigMap, Option<&'v [ByteString]>), Configs>,
}

impl<'v> Description<'v> {
    fn configs(
        &mut self,
        resource: &'v DescribeConfigsRequestResource,
    ) -> Result<Configs, Refusal> {
        // An empty list of keys asks for all of them, just as none does.
        let wanted = resource.configuration_keys.as_deref();
        let wanted = wanted.filter(|wanted| !wanted.is_empty());
        let name = &*resource.resource_name;
        match ResourceType::from_code(resource.resource_type) {
            Some(ResourceType::Topic) => self.topic(name, wanted),
            Some(ResourceType::Broker) => {
                let entries = broker_entries(self.view, name)?;
                Ok(self.shown(entries, wanted))
            }
            Some(
                kind @ (ResourceType::BrokerLogger
                | ResourceType::ClientMetrics
                | ResourceType::Group),
            ) => Err(unsupported_type(kind)),
            None => {
                let words = ErrorCode::InvalidRequest.message();
                Err(Refusal::new(ErrorCode::InvalidRequest, words))
            }
        }
    }

    fn topic(&mut self, name: &str, wanted: Option<&'v [ByteString]>) -> Result<Configs, Refusal> {
        let found = configurable_topic(self.view, name).map_err(|refusal| match refusal.code {
            ErrorCode::UnknownTopicOrPartition => Refusal::bare(refusal.code),
            _ => refusal,
        })?;
        let alike = (&*found.configs, wanted);
        if let Some(configs) = self.topics.get(&alike) {
            return Ok(Arc::clone(configs));
        }
        let defaults = self
            .topic_defaults
            .get_or_init(|| topic_defaults(self.view));
        let configs = self.shown(with_overrides(defaults, &found.configs), wanted);
        self.topics.insert(alike, Arc::clone(&configs));
        Ok(configs)
    }

    fn shown(&self, mut entries: Vec<Entry>, wanted: Option<&[ByteString]>) -> Configs {
        if let Some(wanted) = wanted {
            entries.retain(|entry| wanted.iter().any(|name| **name == *entry.name));
        }
        let configs = entries.into_iter().map(|entry| config(entry, self.request));
        Arc::new(configs.collect())
    }
}

/// What topics are set to on which nothing is set.
fn topic_defaults(view: View<'_>) -> Vec<Entry> {
    let entry = |topic_key: &'static TopicKey| {
        let key = &topic_key.key;
        let given = view
            .fallbacks()
            .topic_default(topic_key)
            .or_else(|| key.default.map(str::to_owned));
        let first = topic_key.synonyms.first();
        let synonyms = first
            .map(|first| broker_synonyms(view, first.name))
            .unwrap_or_default();
        Entry {
            name: key.name,
            value: given.map(|text| canonical(key, &text)),
            source: synonyms
                .first()
                .map_or(ConfigSource::Default, |synonym| synonym.source),
            key,
            is_read_only: false,
            synonyms: Rc::new(synonyms),
            documentation: Some(topic_key.doc),
        }
    };
    KEYS.iter().map(entry).collect()
}

fn with_overrides(defaults: &[Entry], overrides: &ConfigMap) -> Vec<Entry> {
    let mut entries = defaults.to_vec();
    if overrides.contains_key(INTERNAL_SEGMENT_BYTES.key.name) {
        entries.push(Entry {
            name: INTERNAL_SEGMENT_BYTES.key.name,
            value: None,
            source: ConfigSource::Topic,
            key: &INTERNAL_SEGMENT_BYTES.key,
            is_read_only: false,
            synonyms: Rc::default(),
            documentation: Some(INTERNAL_SEGMENT_BYTES.doc),
        });
    }
    for entry in &mut entries {
        let Some(own) = overrides.get(entry.name) else {
            continue;
        };
        let (name, value, source) = (entry.name, canonical(entry.key, own), ConfigSource::Topic);
        let synonym = Synonym {
            name,
            value: value.clone(),
            source,
        };
        Rc::make_mut(&mut entry.synonyms).insert(0, synonym);
        entry.value = Some(value);
        entry.source = source;
    }
    entries
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
    let entry = |(name, broker_key): (&&'static str, &BrokerKey)| {
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
            synonyms: Rc::new(synonyms),
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
                synonyms: Rc::new(vec![Synonym {
                    name: key.name,
                    value,
                    source,
                }]),
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
        synonyms.extend(key.default.map(|value| Synonym {
            name: key.name,
            value: ByteString::from_static(value),
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
fn canonical(key: &Key, text: &str) -> ByteString {
    match key.parse(text) {
        Ok(Value::List(elements)) => elements.join(",").into(),
        Ok(value) => value.to_string().into(),
        Err(_) => text.into(),
    }
}
