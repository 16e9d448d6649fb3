//! `IncrementalAlterConfigs` and `AlterConfigs`. All keys of one resource change or none.

use std::collections::BTreeSet;

use bytestring::ByteString;

use crate::broker::controller::{Decision, Refusal, View, repeated};
use crate::broker::metadata::image::ConfigMap;
use crate::broker::metadata::{MetadataRecord, Resource};
use crate::protocol::ErrorCode;
use crate::protocol::config::{Kind, ResourceType, elements, topic};
use crate::protocol::messages::{
    AlterConfigsRequest, AlterConfigsRequestResource, AlterConfigsResponse,
    AlterConfigsResponseResponse, ConfigRecord, IncrementalAlterConfigsRequest,
    IncrementalAlterConfigsRequestResource, IncrementalAlterConfigsResponse,
    IncrementalAlterConfigsResponseResponse,
};

use super::{Subject, check_lengths, configurable_topic, unsupported_type, validate_topic};

const MIN_ISR: &str = "min.insync.replicas";

/// What a request does to one key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Operation {
    Set,
    Delete,
    Append,
    Subtract,
}

impl Operation {
    fn from_code(code: i8) -> Result<Self, Refusal> {
        match code {
            0 => Ok(Self::Set),
            1 => Ok(Self::Delete),
            2 => Ok(Self::Append),
            3 => Ok(Self::Subtract),
            _ => Err(Refusal::new(
                ErrorCode::InvalidRequest,
                format!("Unknown operation type {code}"),
            )),
        }
    }

    const fn name(self) -> &'static str {
        match self {
            Self::Set => "SET",
            Self::Delete => "DELETE",
            Self::Append => "APPEND",
            Self::Subtract => "SUBTRACT",
        }
    }
}

/// Decides on a request to change single keys.
pub fn decide_incremental(
    view: View<'_>,
    request: &IncrementalAlterConfigsRequest,
) -> Decision<IncrementalAlterConfigsResponse> {
    let twice = repeated(
        request
            .resources
            .iter()
            .map(|it| (it.resource_type, &*it.resource_name)),
    );
    let mut decision = Decision::only(IncrementalAlterConfigsResponse::default());
    for resource in &request.resources {
        let is_repeated = twice.contains(&(resource.resource_type, &*resource.resource_name));
        let changed = if is_repeated {
            Err(repeated_resource())
        } else {
            change(view, resource)
        };
        let (records, error_code, error_message) = outcome(changed);
        decision.records.extend(records);
        decision
            .response
            .responses
            .push(IncrementalAlterConfigsResponseResponse {
                error_code,
                error_message,
                resource_type: resource.resource_type,
                resource_name: resource.resource_name.clone(),
            });
    }
    decision.unless(request.validate_only)
}

/// Decides on a request to replace everything that is set on a resource: what it does not list is unset.
pub fn decide_whole(
    view: View<'_>,
    request: &AlterConfigsRequest,
) -> Decision<AlterConfigsResponse> {
    let twice = repeated(
        request
            .resources
            .iter()
            .map(|it| (it.resource_type, &*it.resource_name)),
    );
    let mut decision = Decision::only(AlterConfigsResponse::default());
    for resource in &request.resources {
        let is_repeated = twice.contains(&(resource.resource_type, &*resource.resource_name));
        let changed = if is_repeated {
            Err(repeated_resource())
        } else {
            replace(view, resource)
        };
        let (records, error_code, error_message) = outcome(changed);
        decision.records.extend(records);
        decision
            .response
            .responses
            .push(AlterConfigsResponseResponse {
                error_code,
                error_message,
                resource_type: resource.resource_type,
                resource_name: resource.resource_name.clone(),
            });
    }
    decision.unless(request.validate_only)
}

fn repeated_resource() -> Refusal {
    Refusal::new(
        ErrorCode::InvalidRequest,
        "Each resource must appear at most once.",
    )
}

fn outcome(
    changed: Result<Vec<MetadataRecord>, Refusal>,
) -> (Vec<MetadataRecord>, i16, Option<ByteString>) {
    match changed {
        Ok(records) => (records, 0, None),
        Err(refusal) => (Vec::new(), refusal.code.code(), refusal.text()),
    }
}

fn change(
    view: View<'_>,
    resource: &IncrementalAlterConfigsRequestResource,
) -> Result<Vec<MetadataRecord>, Refusal> {
    check_keys(resource.configs.iter().map(|config| {
        let needs_value = Operation::from_code(config.config_operation) != Ok(Operation::Delete);
        (&*config.name, !needs_value || config.value.is_some())
    }))?;
    let subject = subject(view, resource.resource_type, &resource.resource_name)?;
    let before = subject.current(view);
    let mut after = before.clone();
    for config in &resource.configs {
        let value = config.value.as_deref().unwrap_or_default();
        apply(
            view,
            &subject,
            &mut after,
            (
                &config.name,
                Operation::from_code(config.config_operation)?,
                value,
            ),
        )?;
    }
    let touched = resource.configs.iter().map(|config| &*config.name);
    check(view, &subject, &after, touched)?;
    Ok(records(
        resource.resource_type,
        &resource.resource_name,
        &before,
        &after,
    ))
}

fn replace(
    view: View<'_>,
    resource: &AlterConfigsRequestResource,
) -> Result<Vec<MetadataRecord>, Refusal> {
    check_keys(
        resource
            .configs
            .iter()
            .map(|config| (&*config.name, config.value.is_some())),
    )?;
    let subject = subject(view, resource.resource_type, &resource.resource_name)?;
    let before = subject.current(view);
    let pair = |config: &crate::protocol::messages::AlterConfigsRequestConfig| {
        (
            config.name.to_string(),
            config.value.as_deref().unwrap_or_default().to_owned(),
        )
    };
    let after: ConfigMap = resource.configs.iter().map(pair).collect();
    let touched: Vec<&str> = before
        .keys()
        .chain(after.keys())
        .map(String::as_str)
        .collect();
    check(view, &subject, &after, touched.into_iter())?;
    Ok(records(
        resource.resource_type,
        &resource.resource_name,
        &before,
        &after,
    ))
}

/// Checks names, and whether there is a value where one is needed.
fn check_keys<'r>(keys: impl Iterator<Item = (&'r str, bool)> + Clone) -> Result<(), Refusal> {
    if !repeated(keys.clone().map(|(name, _)| name)).is_empty() {
        return Err(Refusal::new(
            ErrorCode::InvalidRequest,
            "Error due to duplicate config keys",
        ));
    }
    let nulls: Vec<_> = keys
        .filter(|(_, has_value)| !has_value)
        .map(|(name, _)| name)
        .collect();
    if nulls.is_empty() {
        return Ok(());
    }
    let words = format!("Null value not supported for : {}", nulls.join(","));
    Err(Refusal::new(ErrorCode::InvalidRequest, words))
}

fn subject<'v>(view: View<'v>, code: i8, name: &str) -> Result<Subject<'v>, Refusal> {
    let invalid = |words: String| Refusal::new(ErrorCode::InvalidRequest, words);
    match ResourceType::from_code(code) {
        Some(ResourceType::Topic) if name.is_empty() => Err(invalid(
            "Default topic resources are not allowed.".to_owned(),
        )),
        Some(ResourceType::Topic) => configurable_topic(view, name).map(Subject::Topic),
        Some(ResourceType::Broker) if name.is_empty() => {
            Ok(Subject::Broker(Resource::all_brokers()))
        }
        Some(ResourceType::Broker) => {
            let not_a_number = || invalid(format!("Node id must be an integer, but it is: {name}"));
            let id: i32 = name.parse().ok().ok_or_else(not_a_number)?;
            if id == view.rules.node_id {
                return Ok(Subject::Broker(Resource::broker(id)));
            }
            let own = view.rules.node_id;
            Err(invalid(format!(
                "Unexpected broker id, expected {own}, but received {name}"
            )))
        }
        Some(
            kind @ (ResourceType::BrokerLogger | ResourceType::ClientMetrics | ResourceType::Group),
        ) => Err(unsupported_type(kind)),
        None => Err(invalid(format!("Unknown resource type {code}"))),
    }
}

/// Applies one operation, given as key, operation and value.
fn apply(
    view: View<'_>,
    subject: &Subject<'_>,
    configs: &mut ConfigMap,
    (name, operation, value): (&str, Operation, &str),
) -> Result<(), Refusal> {
    match operation {
        Operation::Set => {
            configs.insert(name.to_owned(), value.to_owned());
        }
        Operation::Delete => {
            configs.remove(name);
        }
        Operation::Append | Operation::Subtract => {
            if kind(view, subject, name) != Some(Kind::List) {
                let words = format!(
                    "Can't {} to key {name} because its type is not LIST.",
                    operation.name()
                );
                return Err(Refusal::new(ErrorCode::InvalidConfig, words));
            }
            let current = configs
                .get(name)
                .cloned()
                .or_else(|| inherited(view, subject, name))
                .unwrap_or_default();
            let mut list: Vec<&str> = elements(&current).collect();
            for element in elements(value) {
                let is_in = list.contains(&element);
                match operation {
                    Operation::Append if !is_in => list.push(element),
                    Operation::Subtract => list.retain(|other| *other != element),
                    Operation::Append | Operation::Set | Operation::Delete => {}
                }
            }
            configs.insert(name.to_owned(), list.join(","));
        }
    }
    Ok(())
}

fn kind(view: View<'_>, subject: &Subject<'_>, name: &str) -> Option<Kind> {
    match subject {
        Subject::Topic(_) => topic::key(name).map(|key| key.key.kind),
        Subject::Broker(_) => view.rules.broker_keys.get(name).map(|key| key.key.kind),
    }
}

/// The list that an element is added to or taken from where the resource has none of its own.
fn inherited(view: View<'_>, subject: &Subject<'_>, name: &str) -> Option<String> {
    match subject {
        Subject::Topic(_) => {
            let key = topic::key(name)?;
            view.fallbacks()
                .topic_default(key)
                .or_else(|| key.key.default.map(str::to_owned))
        }
        Subject::Broker(_) => view
            .rules
            .broker_keys
            .get(name)?
            .key
            .default
            .map(str::to_owned),
    }
}

/// Checks what a resource would be set to.
fn check<'r>(
    view: View<'_>,
    subject: &Subject<'_>,
    after: &ConfigMap,
    touched: impl Iterator<Item = &'r str>,
) -> Result<(), Refusal> {
    match subject {
        Subject::Topic(_) => validate_topic(after),
        Subject::Broker(resource) => {
            check_lengths(after)?;
            check_broker(view, resource, after, touched)
        }
    }
}

/// Keys that no broker has are kept, as in Kafka, where plugins may read them.
fn check_broker<'r>(
    view: View<'_>,
    resource: &Resource,
    after: &ConfigMap,
    touched: impl Iterator<Item = &'r str>,
) -> Result<(), Refusal> {
    let touched: Vec<&str> = touched.collect();
    let keys = &view.rules.broker_keys;
    let is_fixed = |name: &&&str| keys.get(**name).is_some_and(|key| !key.is_dynamic);
    let fixed: Vec<&str> = touched.iter().filter(is_fixed).copied().collect();
    if !fixed.is_empty() {
        let words = format!(
            "Cannot update these configs dynamically: [{}]",
            fixed.join(", ")
        );
        return Err(Refusal::new(ErrorCode::InvalidRequest, words));
    }
    for (name, value) in after {
        if let Some(key) = keys.get(name.as_str()) {
            key.key
                .parse(value)
                .map_err(|error| Refusal::new(ErrorCode::InvalidRequest, error.to_string()))?;
        }
    }
    if view.image.feature_level("eligible.leader.replicas.version") > 0
        && touched.contains(&MIN_ISR)
    {
        check_min_isr(resource, after)?;
    }
    Ok(())
}

/// With eligible leader replicas, all brokers must agree on the minimum (KIP-966).
fn check_min_isr(resource: &Resource, after: &ConfigMap) -> Result<(), Refusal> {
    let words = if !resource.name.is_empty() {
        "Broker-level min.insync.replicas cannot be altered while ELR is enabled."
    } else if !after.contains_key(MIN_ISR) {
        "Cluster-level min.insync.replicas cannot be removed while ELR is enabled."
    } else {
        return Ok(());
    };
    Err(Refusal::new(ErrorCode::InvalidConfig, words))
}

/// The records that lead from one set to the other.
fn records(code: i8, resource: &str, before: &ConfigMap, after: &ConfigMap) -> Vec<MetadataRecord> {
    let names: BTreeSet<&String> = before.keys().chain(after.keys()).collect();
    let changed = names
        .into_iter()
        .filter(|name| before.get(*name) != after.get(*name));
    changed
        .map(|name| {
            MetadataRecord::from(ConfigRecord {
                resource_type: code,
                resource_name: resource.into(),
                name: name.as_str().into(),
                value: after.get(name).map(|value| value.as_str().into()),
            })
        })
        .collect()
}
