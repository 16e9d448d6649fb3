//! Which value of a topic or broker key counts: topic over broker over all brokers over properties file over default.

use std::collections::BTreeMap;

use super::image::{ConfigMap, Image, Resource};
use crate::protocol::config::topic::{Synonym, TopicKey};
use crate::protocol::config::{ConfigSource, InvalidConfig, TopicConfig};

/// Where values of broker keys come from.
#[derive(Debug, Clone, Copy)]
pub struct Fallbacks<'a> {
    /// What was set at run time.
    pub image: &'a Image,
    /// This broker.
    pub node_id: i32,
    /// What this broker was started with.
    pub fixed: &'a BTreeMap<String, String>,
}

impl<'a> Fallbacks<'a> {
    /// What was set on this broker, on all brokers, and in the properties file, in this order.
    pub fn layers(&self) -> impl Iterator<Item = (ConfigSource, &'a ConfigMap)> {
        let own = self.image.configs_of(&Resource::broker(self.node_id));
        let all = self.image.configs_of(&Resource::all_brokers());
        [
            (ConfigSource::DynamicBroker, own),
            (ConfigSource::DynamicDefaultBroker, all),
            (ConfigSource::StaticBroker, Some(self.fixed)),
        ]
        .into_iter()
        .filter_map(|(source, configs)| Some((source, configs?)))
    }

    /// The value that a broker key was given; `None` where only its default is left.
    pub fn broker_value(&self, name: &str) -> Option<&'a str> {
        self.layers()
            .find_map(|(_, configs)| configs.get(name))
            .map(String::as_str)
    }

    /// The value of a topic key for topics that do not set it; `None` where only its default is left.
    pub fn topic_default(&self, key: &TopicKey) -> Option<String> {
        key.synonyms.iter().find_map(|synonym| {
            let text = self.broker_value(synonym.name)?;
            Some(in_topic_units(text, *synonym))
        })
    }

    /// The settings of a topic on which `overrides` are set.
    ///
    /// # Errors
    /// When a value that was set is none that its key allows.
    pub fn topic_config(&self, overrides: &ConfigMap) -> Result<TopicConfig, InvalidConfig> {
        TopicConfig::resolve(|key| {
            overrides
                .get(key.key.name)
                .cloned()
                .or_else(|| self.topic_default(key))
        })
    }
}

/// Hours and minutes as milliseconds; negative times stand for no limit.
fn in_topic_units(text: &str, synonym: Synonym) -> String {
    match text.trim().parse::<i64>() {
        Ok(number) if number < 0 && synonym.name.starts_with("log.retention.") => "-1".to_owned(),
        Ok(number) if synonym.unit != 1 => number.saturating_mul(synonym.unit).to_string(),
        Ok(_) | Err(_) => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::broker::metadata::{Draft, MetadataRecord};
    use crate::protocol::config::ResourceType;
    use crate::protocol::messages::ConfigRecord;

    fn map(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
        pairs
            .iter()
            .map(|(key, value)| ((*key).to_owned(), (*value).to_owned()))
            .collect()
    }

    fn image(set: &[(&str, &str, &str)]) -> Image {
        let mut draft = Draft::new(&Image::empty("c"));
        for (broker, key, value) in set {
            let record = ConfigRecord {
                resource_type: ResourceType::Broker.code(),
                resource_name: (*broker).into(),
                name: (*key).into(),
                value: Some((*value).into()),
            };
            draft.apply(0, &MetadataRecord::from(record)).unwrap();
        }
        draft.finish().0
    }

    fn retention_ms(image: &Image, fixed: &[(&str, &str)], overrides: &[(&str, &str)]) -> i64 {
        let fallbacks = Fallbacks {
            image,
            node_id: 1,
            fixed: &map(fixed),
        };
        fallbacks
            .topic_config(&map(overrides))
            .unwrap()
            .retention_ms
    }

    #[test]
    fn the_closest_value_counts() {
        let nothing = image(&[]);
        assert_eq!(retention_ms(&nothing, &[], &[]), 604_800_000);
        assert_eq!(retention_ms(&nothing, &[("log.retention.ms", "5")], &[]), 5);
        let all = image(&[
            ("", "log.retention.ms", "6"),
            ("2", "log.retention.ms", "9"),
        ]);
        assert_eq!(retention_ms(&all, &[("log.retention.ms", "5")], &[]), 6);
        let own = image(&[
            ("", "log.retention.ms", "6"),
            ("1", "log.retention.ms", "7"),
        ]);
        assert_eq!(retention_ms(&own, &[("log.retention.ms", "5")], &[]), 7);
        assert_eq!(retention_ms(&own, &[], &[("retention.ms", "8")]), 8);
    }

    #[test]
    fn the_finest_unit_counts() {
        let nothing = image(&[]);
        assert_eq!(
            retention_ms(&nothing, &[("log.retention.hours", "2")], &[]),
            7_200_000
        );
        let minutes = [
            ("log.retention.hours", "2"),
            ("log.retention.minutes", "60"),
        ];
        assert_eq!(retention_ms(&nothing, &minutes, &[]), 3_600_000);
        assert_eq!(
            retention_ms(&nothing, &[("log.retention.hours", "-1")], &[]),
            -1
        );
        let dynamic = image(&[("", "log.retention.ms", "6")]);
        assert_eq!(retention_ms(&dynamic, &minutes, &[]), 6);
    }
}
