//! Which of a cluster's topics a `--topic` option means.

use std::collections::BTreeSet;

use crate::{
    cli::{
        args::names,
        failure::{self, Failure},
    },
    client::Pattern,
};

/// A `--topic` option for topics that exist: a regular expression for whole names, where a comma means "or"
/// (`TopicFilter.IncludeList`).
#[derive(Debug, Clone)]
pub struct Selection {
    given: Option<String>,
    pattern: Option<Pattern>,
    exclude_internal: bool,
}

impl Selection {
    /// All topics, or those that `topic` describes.
    ///
    /// # Errors
    /// [`Failure`] for something that is no regular expression.
    pub fn new(topic: Option<&str>, exclude_internal: bool) -> Result<Self, Failure> {
        let pattern = topic.map(|topic| {
            let text = topic.trim().replace(',', "|").replace(' ', "");
            let text = text.trim_matches(['"', '\'']);
            Pattern::new(text).map_err(|error| {
                failure::invalid_pattern(text, &error)
                    .with_plain(format!("{text} is an invalid regex."))
            })
        });
        Ok(Self {
            given: topic.map(str::to_owned),
            pattern: pattern.transpose()?,
            exclude_internal,
        })
    }

    /// The only name that can be meant, if there is only one.
    pub fn literal(&self) -> Option<&str> {
        let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-');
        let given = self.given.as_deref()?;
        let is_one = !given.is_empty() && given.bytes().all(is_plain);
        (is_one && !self.exclude_internal).then_some(given)
    }

    /// The topics meant, sorted by name.
    pub fn of<'n>(&self, names: impl IntoIterator<Item = &'n str>) -> BTreeSet<&'n str> {
        let is_meant = |name: &&str| {
            self.pattern
                .as_ref()
                .is_none_or(|pattern| pattern.matches(name))
                && !(self.exclude_internal && names::is_internal(name))
        };
        names.into_iter().filter(is_meant).collect()
    }

    /// As [`Selection::of`], for actions that need something to act on.
    ///
    /// # Errors
    /// [`Failure`] with the nearest names when there is nothing; an empty `--topic` may mean nothing.
    pub fn of_existing<'n>(&self, names: &BTreeSet<&'n str>) -> Result<BTreeSet<&'n str>, Failure> {
        let found = self.of(names.iter().copied());
        match &self.given {
            Some(topic) if found.is_empty() && !topic.is_empty() => Err(missing(topic, names)),
            _ => Ok(found),
        }
    }
}

fn missing(topic: &str, names: &BTreeSet<&str>) -> Failure {
    let plain = format!("Topic '{topic}' does not exist as expected");
    names::no_topic(topic, plain, names.iter().copied(), names::LIST_TOPICS)
}

#[cfg(test)]
mod tests {
    use super::*;

    const NAMES: [&str; 5] = [
        "__consumer_offsets",
        "orders",
        "quickstart-events",
        "with.dot",
        "with_underscore",
    ];

    fn selected(topic: &str) -> Vec<&'static str> {
        Selection::new(Some(topic), false)
            .unwrap()
            .of(NAMES)
            .into_iter()
            .collect()
    }

    #[test]
    fn a_topic_option_is_a_pattern_for_whole_names() {
        assert_eq!(
            selected("orders|with.*"),
            ["orders", "with.dot", "with_underscore"]
        );
        assert_eq!(
            selected("orders, quickstart-events"),
            ["orders", "quickstart-events"]
        );
        assert_eq!(selected("order"), [""; 0]);
        assert_eq!(selected(" 'orders' "), ["orders"]);
    }

    #[test]
    fn a_name_without_signs_of_a_pattern_means_itself() {
        let literal = |topic| {
            let selection = Selection::new(Some(topic), false).unwrap();
            selection.literal().map(str::to_owned)
        };
        assert_eq!(
            literal("with_underscore").as_deref(),
            Some("with_underscore")
        );
        for pattern in ["", "with.dot", "a,b", "a|b", " a"] {
            assert_eq!(literal(pattern), None, "{pattern}");
        }
    }

    #[test]
    fn internal_topics_can_be_left_out() {
        let all = Selection::new(None, true).unwrap();
        assert!(!all.of(NAMES).contains("__consumer_offsets"));
    }

    #[test]
    fn nothing_found_names_the_nearest() {
        let names = BTreeSet::from(NAMES);
        let failure = Selection::new(Some("ordes"), false)
            .unwrap()
            .of_existing(&names)
            .unwrap_err();
        assert_eq!(failure.plain, "Topic 'ordes' does not exist as expected");
        assert_eq!(failure.hints(), ["did you mean: orders ?"]);
    }

    #[test]
    fn a_broken_pattern_is_told_as_the_original_tells_it() {
        let failure = Selection::new(Some("["), false).unwrap_err();
        assert_eq!(failure.plain, "[ is an invalid regex.");
    }
}
