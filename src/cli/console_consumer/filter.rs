//! Which records are printed: those whose shown text matches.

use regex::bytes::Regex;

use super::{beyond::Beyond, formatter::Shown};
use crate::cli::failure::{self, Failure};

/// Regular expressions, all of which must match.
#[derive(Debug, Clone)]
pub(super) struct Filter {
    anywhere: Option<Regex>,
    key: Option<Regex>,
    value: Option<Regex>,
    header: Option<Regex>,
}

impl Filter {
    /// Nothing if every record is wanted.
    ///
    /// # Errors
    /// [`Failure`] for what is no regular expression.
    pub(super) fn new(options: &Beyond) -> Result<Option<Self>, Failure> {
        let filter = Self {
            anywhere: regex("grep", options.grep.as_deref())?,
            key: regex("grep-key", options.grep_key.as_deref())?,
            value: regex("grep-value", options.grep_value.as_deref())?,
            header: regex("grep-header", options.grep_header.as_deref())?,
        };
        let all = [&filter.anywhere, &filter.key, &filter.value, &filter.header];
        let is_used = all.iter().any(|regex| regex.is_some());
        Ok(is_used.then_some(filter))
    }

    pub(super) fn matches(&self, shown: &Shown<'_>) -> bool {
        let text =
            |regex: &Regex, text: Option<&[u8]>| text.is_some_and(|text| regex.is_match(text));
        let in_key = |regex| text(regex, shown.key.as_deref());
        let in_value = |regex| text(regex, shown.value.as_deref());
        let in_headers = |regex: &Regex| {
            let mut headers = shown.headers.iter();
            headers.any(|(name, value)| {
                let value = value.as_deref().unwrap_or(b"null");
                regex.is_match(&[name, &b":"[..], value].concat())
            })
        };
        let anywhere = |regex| in_value(regex) || in_key(regex) || in_headers(regex);
        self.key.as_ref().is_none_or(in_key)
            && self.value.as_ref().is_none_or(in_value)
            && self.header.as_ref().is_none_or(in_headers)
            && self.anywhere.as_ref().is_none_or(anywhere)
    }
}

fn regex(option: &str, text: Option<&str>) -> Result<Option<Regex>, Failure> {
    let Some(text) = text else { return Ok(None) };
    Regex::new(text).map(Some).map_err(|error| {
        let why = error.to_string();
        let why = why
            .lines()
            .find_map(|line| line.strip_prefix("error: "))
            .unwrap_or(&why);
        Failure::new(
            format!("'{text}' of --{option} is not a regular expression: {why}"),
            failure::LITERALLY,
        )
    })
}

#[cfg(test)]
mod tests {
    use std::borrow::Cow;

    use super::*;

    fn matches(options: &Beyond) -> bool {
        let shown = Shown {
            key: Some(Cow::Borrowed(b"user-7")),
            value: Some(Cow::Borrowed(b"paid \xff 12")),
            headers: vec![(b"trace", Some(Cow::Borrowed(b"abc"))), (b"flag", None)],
        };
        Filter::new(options)
            .unwrap()
            .is_none_or(|filter| filter.matches(&shown))
    }

    #[test]
    fn all_of_the_expressions_must_match_where_they_look() {
        let text = |text: &str| Some(text.to_owned());
        assert!(matches(&Beyond::default()));
        assert!(matches(&Beyond {
            grep: text("^user"),
            ..Beyond::default()
        }));
        assert!(matches(&Beyond {
            grep: text("trace:abc"),
            ..Beyond::default()
        }));
        assert!(!matches(&Beyond {
            grep: text("nowhere"),
            ..Beyond::default()
        }));
        assert!(matches(&Beyond {
            grep_header: text("flag:null"),
            ..Beyond::default()
        }));
        assert!(!matches(&Beyond {
            grep_key: text("paid"),
            ..Beyond::default()
        }));
        let both = Beyond {
            grep_key: text("7$"),
            grep_value: text(r"paid .* \d+"),
            ..Beyond::default()
        };
        assert!(!matches(&both));
        assert!(matches(&Beyond {
            grep_value: text(r"(?-u)paid .* \d+"),
            ..both
        }));
    }
}
