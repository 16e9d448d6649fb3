//! Configuration of topics and brokers, changed while the cluster runs (`ConfigAdminManager`, `ConfigurationControlManager`).

mod alter;
pub mod describe;
pub mod list;

pub use alter::{decide_incremental, decide_whole};

use super::{Refusal, View, topic_name};
use crate::broker::metadata::image::ConfigMap;
use crate::broker::metadata::{Resource, Topic};
use crate::protocol::ErrorCode;
use crate::protocol::config::{ResourceType, topic};

/// Something whose configuration a request is about.
#[derive(Debug)]
enum Subject<'v> {
    Topic(&'v Topic),
    /// One broker, or with an empty name all of them.
    Broker(Resource),
}

impl Subject<'_> {
    fn current(&self, view: View<'_>) -> ConfigMap {
        match self {
            Self::Topic(topic) => (*topic.configs).clone(),
            Self::Broker(resource) => view.image.configs_of(resource).cloned().unwrap_or_default(),
        }
    }
}

/// The longest value (`ConfigurationControlManager`).
const VALUE_LENGTH_MAX: usize = 32_767;

/// Checks what would be set on a topic.
pub(super) fn validate_topic(configs: &ConfigMap) -> Result<(), Refusal> {
    check_lengths(configs)?;
    let pairs: Vec<_> = configs
        .iter()
        .map(|(name, value)| (name.as_str(), value.as_str()))
        .collect();
    topic::validate(&pairs)
        .map_err(|error| Refusal::new(ErrorCode::InvalidConfig, error.to_string()))?;
    let wants_remote = configs.get("remote.storage.enable");
    if wants_remote.is_some_and(|value| value.trim().eq_ignore_ascii_case("true")) {
        let words = "Tiered Storage functionality is disabled in the broker. Topic cannot be configured with remote log storage.";
        return Err(Refusal::new(ErrorCode::InvalidConfig, words));
    }
    Ok(())
}

fn check_lengths(configs: &ConfigMap) -> Result<(), Refusal> {
    match configs
        .iter()
        .find(|(_, value)| value.len() > VALUE_LENGTH_MAX)
    {
        Some((name, _)) => {
            let words = format!(
                "The configuration value of {name} is longer than {VALUE_LENGTH_MAX} bytes."
            );
            Err(Refusal::new(ErrorCode::InvalidConfig, words))
        }
        None => Ok(()),
    }
}

/// The topic of this name, if it may be configured.
fn configurable_topic<'v>(view: View<'v>, name: &str) -> Result<&'v Topic, Refusal> {
    topic_name::check(name)
        .map_err(|words| Refusal::new(ErrorCode::InvalidTopicException, words))?;
    let missing = || {
        let words = format!("The topic '{name}' does not exist.");
        Refusal::new(ErrorCode::UnknownTopicOrPartition, words)
    };
    view.image
        .topic(name)
        .map(AsRef::as_ref)
        .ok_or_else(missing)
}

fn unsupported_type(kind: ResourceType) -> Refusal {
    let words = format!(
        "Resources of type {} have no configuration on this broker.",
        kind.name()
    );
    Refusal::new(ErrorCode::InvalidRequest, words)
}

#[cfg(test)]
mod tests;
