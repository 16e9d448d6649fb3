//! Java `.properties` text and typed configuration values.
//!
//! Owns the syntax and the conversions of `org.apache.kafka.common.config.ConfigDef`; which keys exist, their defaults and
//! their bounds belong to whoever reads them.

use std::{collections::BTreeMap, fmt::Display, io::Read, str::FromStr};

use java_properties::{PropertiesError, PropertiesIter};

/// Keys and their values, sorted by key. Of a key given twice the later value counts.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Properties {
    entries: BTreeMap<String, String>,
}

/// Why text or a value of it cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The text is not `.properties` syntax, or could not be read.
    #[error("cannot read properties{}", at_line(*.line))]
    Syntax {
        /// Line of the text, from 1, where known.
        line: Option<usize>,
        /// What the parser or the reader says.
        #[source]
        source: PropertiesError,
    },
    /// A value has the wrong type or is out of bounds. The text is that of Kafka's `ConfigException`.
    #[error("Invalid value {value} for configuration {key}: {reason}")]
    Invalid {
        /// The configuration key.
        key: String,
        /// The value as given.
        value: String,
        /// Why not, as Kafka words it.
        reason: String,
    },
    /// Values that exclude each other, in Kafka's words.
    #[error("{0}")]
    Contradiction(String),
}

impl Error {
    /// Refuses `value` of `key`, in the words of Kafka's `ConfigException`.
    pub fn invalid(key: &str, value: impl Display, reason: impl Into<String>) -> Self {
        Self::Invalid {
            key: key.to_owned(),
            value: value.to_string(),
            reason: reason.into(),
        }
    }
}

impl Properties {
    /// Reads `.properties` text (ISO 8859-1 with Java's escapes).
    ///
    /// # Errors
    /// [`Error::Syntax`] when the reader fails or a `\u` escape is malformed.
    pub fn read(text: impl Read) -> Result<Self, Error> {
        let mut properties = Self::default();
        PropertiesIter::new(text)
            .read_into(|key, value| properties.set(key, value))
            .map_err(|source| Error::Syntax {
                line: source.line_number(),
                source,
            })?;
        Ok(properties)
    }

    /// Gives `key` a value, replacing any earlier one.
    pub fn set(&mut self, key: impl Into<String>, value: impl Into<String>) {
        self.entries.insert(key.into(), value.into());
    }

    /// Gives `key` a value unless it has one.
    pub fn set_default(&mut self, key: &str, value: impl Into<String>) {
        if !self.entries.contains_key(key) {
            self.set(key, value);
        }
    }

    /// Takes `key` out.
    pub fn remove(&mut self, key: &str) -> Option<String> {
        self.entries.remove(key)
    }

    /// Adds all of `other`, whose values win.
    pub fn extend(&mut self, other: Self) {
        self.entries.extend(other.entries);
    }

    /// The text of `key`.
    pub fn get(&self, key: &str) -> Option<&str> {
        self.entries.get(key).map(String::as_str)
    }

    /// All keys and values, sorted by key.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.entries
            .iter()
            .map(|(key, value)| (key.as_str(), value.as_str()))
    }

    /// Whether there is no key at all.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// The value of `key` as Kafka's type `INT`.
    ///
    /// # Errors
    /// [`Error::Invalid`] when it is not one.
    pub fn int(&self, key: &str) -> Result<Option<i32>, Error> {
        self.number(key, "Not a number of type INT")
    }

    /// The value of `key` as Kafka's type `LONG`.
    ///
    /// # Errors
    /// [`Error::Invalid`] when it is not one.
    pub fn long(&self, key: &str) -> Result<Option<i64>, Error> {
        self.number(key, "Not a number of type LONG")
    }

    /// The value of `key` as Kafka's type `DOUBLE`.
    ///
    /// # Errors
    /// [`Error::Invalid`] when it is not one.
    pub fn double(&self, key: &str) -> Result<Option<f64>, Error> {
        self.number(key, "Not a number of type DOUBLE")
    }

    /// The value of `key` as Kafka's type `BOOLEAN`: `true` or `false` in any case.
    ///
    /// # Errors
    /// [`Error::Invalid`] when it is neither.
    pub fn boolean(&self, key: &str) -> Result<Option<bool>, Error> {
        let Some(text) = self.get(key).map(str::trim) else {
            return Ok(None);
        };
        if text.eq_ignore_ascii_case("true") {
            Ok(Some(true))
        } else if text.eq_ignore_ascii_case("false") {
            Ok(Some(false))
        } else {
            Err(Error::invalid(
                key,
                text,
                "Expected value to be either true or false",
            ))
        }
    }

    /// The value of `key` as Kafka's type `LIST`: parts between commas, without surrounding blanks; none if it is blank.
    pub fn list(&self, key: &str) -> Option<Vec<&str>> {
        let text = self.get(key)?.trim();
        if text.is_empty() {
            return Some(Vec::new());
        }
        Some(text.split(',').map(str::trim).collect())
    }

    /// The value of `key`, which must be one of `choices`.
    ///
    /// # Errors
    /// [`Error::Invalid`] when it is none of them.
    pub fn one_of(&self, key: &str, choices: &[&str]) -> Result<Option<&str>, Error> {
        match self.get(key).map(str::trim) {
            Some(text) if !choices.contains(&text) => Err(Error::invalid(
                key,
                text,
                format!("String must be one of: {}", choices.join(", ")),
            )),
            found => Ok(found),
        }
    }

    fn number<T: FromStr>(&self, key: &str, otherwise: &str) -> Result<Option<T>, Error> {
        let Some(text) = self.get(key).map(str::trim) else {
            return Ok(None);
        };
        match text.parse() {
            Ok(number) => Ok(Some(number)),
            Err(_) => Err(Error::invalid(key, text, otherwise)),
        }
    }
}

impl<K: Into<String>, V: Into<String>> FromIterator<(K, V)> for Properties {
    fn from_iter<I: IntoIterator<Item = (K, V)>>(pairs: I) -> Self {
        let mut properties = Self::default();
        for (key, value) in pairs {
            properties.set(key, value);
        }
        properties
    }
}

fn at_line(line: Option<usize>) -> String {
    line.map(|line| format!(" at line {line}"))
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Properties {
        Properties::read(text.as_bytes()).unwrap()
    }

    #[test]
    fn java_escapes_continuations_and_separators_are_understood() {
        let properties =
            read("# comment\na=1\nb : two\\\n   words\nkey.separator=\\t|\nempty\na=2\n");
        let pairs: Vec<_> = properties.iter().collect();
        assert_eq!(
            pairs,
            [
                ("a", "2"),
                ("b", "twowords"),
                ("empty", ""),
                ("key.separator", "\t|")
            ]
        );
    }

    #[test]
    fn a_malformed_escape_names_its_line() {
        let error = Properties::read(&b"a=1\nb=\\u12\n"[..]).unwrap_err();
        assert!(
            error.to_string().contains("cannot read properties"),
            "{error}"
        );
    }

    #[test]
    fn values_convert_as_kafka_converts_them() {
        let properties = read("i= 5 \nl=-1\nb=TRUE\nlist=a, b ,c\nnone=\nd=0.5\n");
        assert_eq!(properties.int("i").unwrap(), Some(5));
        assert_eq!(properties.long("l").unwrap(), Some(-1));
        assert_eq!(properties.boolean("b").unwrap(), Some(true));
        assert_eq!(properties.list("list"), Some(vec!["a", "b", "c"]));
        assert_eq!(properties.list("none"), Some(vec![]));
        assert_eq!(properties.double("d").unwrap(), Some(0.5));
        assert_eq!(properties.int("missing").unwrap(), None);
    }

    #[test]
    fn refusals_use_kafkas_words() {
        let properties = read("retention.ms=abc\npreallocate=maybe\nacks=7\n");
        assert_eq!(
            properties.long("retention.ms").unwrap_err().to_string(),
            "Invalid value abc for configuration retention.ms: Not a number of type LONG"
        );
        assert_eq!(
            properties.boolean("preallocate").unwrap_err().to_string(),
            "Invalid value maybe for configuration preallocate: Expected value to be either true or false"
        );
        assert_eq!(
            properties
                .one_of("acks", &["all", "-1", "0", "1"])
                .unwrap_err()
                .to_string(),
            "Invalid value 7 for configuration acks: String must be one of: all, -1, 0, 1"
        );
    }
}
