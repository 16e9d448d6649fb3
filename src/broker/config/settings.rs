//! Values of the broker's keys: what was given, over Kafka's defaults.

use std::collections::BTreeMap;
use std::time::Duration;

use super::keys::{self, Use};
use crate::protocol::config::{InvalidConfig, Value};

/// Reads values by the name and type of their key.
pub(super) struct Settings<'g> {
    given: &'g BTreeMap<String, String>,
}

impl<'g> Settings<'g> {
    pub(super) const fn new(given: &'g BTreeMap<String, String>) -> Self {
        Self { given }
    }

    /// Checks every value that was given, whether or not anything here reads it.
    pub(super) fn check(&self) -> Result<(), InvalidConfig> {
        for (name, text) in self.given {
            let Some(key) = keys::key(name) else { continue };
            let value = key.key.parse(text)?;
            let default = key
                .key
                .default
                .and_then(|default| key.key.parse(default).ok());
            if key.r#use == Use::Refused
                && default.is_none_or(|default| default != value)
                && !text.trim().is_empty()
            {
                let reason = "not supported here; leave it out".to_owned();
                return Err(InvalidConfig::Value {
                    name: name.clone(),
                    value: text.clone(),
                    reason,
                });
            }
        }
        Ok(())
    }

    pub(super) fn is_given(&self, name: &str) -> bool {
        self.given.contains_key(name)
    }

    fn value(&self, name: &str) -> Result<Option<Value>, InvalidConfig> {
        let Some(key) = keys::key(name) else {
            return Ok(None);
        };
        let text = self.given.get(name).map(String::as_str).or(key.key.default);
        text.map(|text| key.key.parse(text)).transpose()
    }

    pub(super) fn number(&self, name: &str) -> Result<i64, InvalidConfig> {
        Ok(if let Some(Value::Number(number)) = self.value(name)? {
            number
        } else {
            0
        })
    }

    /// A count or a size, where negative values stand for none at all.
    pub(super) fn count(&self, name: &str) -> Result<usize, InvalidConfig> {
        Ok(usize::try_from(self.number(name)?).unwrap_or_default())
    }

    /// A count or a size, where negative values stand for no limit.
    pub(super) fn limit(&self, name: &str) -> Result<Option<usize>, InvalidConfig> {
        Ok(usize::try_from(self.number(name)?).ok())
    }

    /// Milliseconds; negative ones count as none.
    pub(super) fn millis(&self, name: &str) -> Result<Duration, InvalidConfig> {
        Ok(Duration::from_millis(
            u64::try_from(self.number(name)?).unwrap_or_default(),
        ))
    }

    pub(super) fn flag(&self, name: &str) -> Result<bool, InvalidConfig> {
        Ok(self.value(name)? == Some(Value::Boolean(true)))
    }

    pub(super) fn text(&self, name: &str) -> Result<String, InvalidConfig> {
        Ok(self.optional_text(name)?.unwrap_or_default())
    }

    pub(super) fn optional_text(&self, name: &str) -> Result<Option<String>, InvalidConfig> {
        Ok(self.value(name)?.map(|value| match value {
            Value::List(elements) => elements.join(","),
            other => other.to_string(),
        }))
    }
}
