//! Configuration keys as Kafka defines them: name, type, default, which values are allowed, and the words in which a
//! bad value is refused (`org.apache.kafka.common.config.ConfigDef`).
//!
//! Knows what a key is, not where its value comes from: that is `broker::config` and `broker::metadata`.

mod java;
pub mod topic;

use std::fmt;
use std::str::FromStr;

pub use topic::TopicConfig;

/// The type of a value (`ConfigDef.Type`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// `true` or `false`, in any case.
    Boolean,
    /// Any text.
    String,
    /// A 32-bit number.
    Int,
    /// A 16-bit number.
    Short,
    /// A 64-bit number.
    Long,
    /// A floating point number.
    Double,
    /// Texts separated by commas.
    List,
    /// The name of a Java class.
    Class,
    /// A text that is never shown.
    Password,
}

impl Kind {
    /// The number that `DescribeConfigs` sends for it (`DescribeConfigsResponse.ConfigType`).
    pub const fn code(self) -> i8 {
        match self {
            Self::Boolean => 1,
            Self::String => 2,
            Self::Int => 3,
            Self::Short => 4,
            Self::Long => 5,
            Self::Double => 6,
            Self::List => 7,
            Self::Class => 8,
            Self::Password => 9,
        }
    }

    /// Kafka's name for it, as it appears in `Not a number of type LONG`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Boolean => "BOOLEAN",
            Self::String => "STRING",
            Self::Int => "INT",
            Self::Short => "SHORT",
            Self::Long => "LONG",
            Self::Double => "DOUBLE",
            Self::List => "LIST",
            Self::Class => "CLASS",
            Self::Password => "PASSWORD",
        }
    }
}

/// What a configuration belongs to (`ConfigResource.Type`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum ResourceType {
    /// A topic, by name.
    Topic,
    /// A broker, by id; all of them with an empty name.
    Broker,
    /// The log levels of a broker.
    BrokerLogger,
    /// A subscription to client metrics (KIP-714).
    ClientMetrics,
    /// A consumer group.
    Group,
}

impl ResourceType {
    /// The number on the wire.
    pub const fn code(self) -> i8 {
        match self {
            Self::Topic => 2,
            Self::Broker => 4,
            Self::BrokerLogger => 8,
            Self::ClientMetrics => 16,
            Self::Group => 32,
        }
    }

    /// Kafka's name for it, as in `TOPIC`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Topic => "TOPIC",
            Self::Broker => "BROKER",
            Self::BrokerLogger => "BROKER_LOGGER",
            Self::ClientMetrics => "CLIENT_METRICS",
            Self::Group => "GROUP",
        }
    }

    /// The type with this number.
    pub const fn from_code(code: i8) -> Option<Self> {
        Some(match code {
            2 => Self::Topic,
            4 => Self::Broker,
            8 => Self::BrokerLogger,
            16 => Self::ClientMetrics,
            32 => Self::Group,
            _ => return None,
        })
    }
}

/// Where a value comes from (`DescribeConfigsResponse.ConfigSource`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum ConfigSource {
    /// Set on the topic.
    Topic,
    /// Set on this broker at run time.
    DynamicBroker,
    /// Set on all brokers at run time.
    DynamicDefaultBroker,
    /// In the properties the broker was started with.
    StaticBroker,
    /// Nowhere: Kafka's default.
    Default,
    /// Set on a logger.
    DynamicBrokerLogger,
    /// Set on a subscription to client metrics.
    ClientMetrics,
    /// Set on the group.
    Group,
    /// The broker does not say.
    Unknown,
}

impl ConfigSource {
    /// The number on the wire.
    pub const fn code(self) -> i8 {
        match self {
            Self::Topic => 1,
            Self::DynamicBroker => 2,
            Self::DynamicDefaultBroker => 3,
            Self::StaticBroker => 4,
            Self::Default => 5,
            Self::DynamicBrokerLogger => 6,
            Self::ClientMetrics => 7,
            Self::Group => 8,
            Self::Unknown => 0,
        }
    }
}

impl From<i8> for ConfigSource {
    fn from(code: i8) -> Self {
        match code {
            1 => Self::Topic,
            2 => Self::DynamicBroker,
            3 => Self::DynamicDefaultBroker,
            4 => Self::StaticBroker,
            5 => Self::Default,
            6 => Self::DynamicBrokerLogger,
            7 => Self::ClientMetrics,
            8 => Self::Group,
            _ => Self::Unknown,
        }
    }
}

/// Which values of its type a key allows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Check {
    /// All.
    Any,
    /// Numbers from this one on.
    AtLeast(i64),
    /// Numbers from the first to the second, both included.
    Between(i64, i64),
    /// -1, or numbers from the first to the second.
    MinusOneOrBetween(i64, i64),
    /// One of these texts.
    OneOf(&'static [&'static str]),
    /// One of these texts, in any case.
    OneOfAnyCase(&'static [&'static str]),
    /// A list of these texts.
    EachOf(&'static [&'static str]),
    /// `*`, or a list of `partition:broker`.
    ThrottledReplicas,
}

/// A configuration key.
#[derive(Debug, Clone, Copy)]
pub struct Key {
    /// Its name, such as `retention.ms`.
    pub name: &'static str,
    /// The type of its value.
    pub kind: Kind,
    /// The value where none is given; `None` where there is no default.
    pub default: Option<&'static str>,
    /// Which values are allowed.
    pub check: Check,
}

/// A value of the type that its key asks for.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// Of [`Kind::Boolean`].
    Boolean(bool),
    /// Of [`Kind::Int`], [`Kind::Short`] and [`Kind::Long`].
    Number(i64),
    /// Of [`Kind::Double`].
    Double(f64),
    /// Of [`Kind::String`], [`Kind::Class`] and [`Kind::Password`].
    Text(String),
    /// Of [`Kind::List`].
    List(Vec<String>),
}

/// As Kafka shows it in messages: lists as `[a, b]`, numbers with a fraction as Java writes them.
impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Boolean(value) => value.fmt(f),
            Self::Number(value) => value.fmt(f),
            Self::Double(value) => java::write_double(*value, f),
            Self::Text(value) => f.write_str(value),
            Self::List(values) => write!(f, "[{}]", values.join(", ")),
        }
    }
}

/// A value that a key does not allow; the text is Kafka's.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidConfig {
    /// Of the wrong type, or out of range.
    #[error("Invalid value {value} for configuration {name}: {reason}")]
    Value {
        /// The key.
        name: String,
        /// The offending value.
        value: String,
        /// What is wrong with it.
        reason: String,
    },
    /// A list with nothing between two commas.
    #[error("Configuration '{0}' values must not be empty.")]
    EmptyElement(String),
    /// No topic has such a key.
    #[error("Unknown topic config name: {0}")]
    UnknownTopicKey(String),
    /// Records would have to be compacted before they may be.
    #[error(
        "conflict topic config setting min.compaction.lag.ms ({min}) > max.compaction.lag.ms ({max})"
    )]
    CompactionLag {
        /// `min.compaction.lag.ms`
        min: i64,
        /// `max.compaction.lag.ms`
        max: i64,
    },
}

impl Key {
    /// Whether the value must never be shown.
    pub const fn is_sensitive(&self) -> bool {
        matches!(self.kind, Kind::Password)
    }

    /// Reads `text` as a value of this key.
    ///
    /// # Errors
    /// When the text is not of the key's type, or the key does not allow that value.
    pub fn parse(&self, text: &str) -> Result<Value, InvalidConfig> {
        let value = self.typed(text)?;
        self.checked(&value)?;
        Ok(value)
    }

    fn typed(&self, text: &str) -> Result<Value, InvalidConfig> {
        let trimmed = text.trim();
        match self.kind {
            Kind::Boolean if trimmed.eq_ignore_ascii_case("true") => Ok(Value::Boolean(true)),
            Kind::Boolean if trimmed.eq_ignore_ascii_case("false") => Ok(Value::Boolean(false)),
            Kind::Boolean => Err(self.refuse(text, "Expected value to be either true or false")),
            Kind::Int => self.number::<i32>(text),
            Kind::Short => self.number::<i16>(text),
            Kind::Long => self.number::<i64>(text),
            Kind::Double => match trimmed.parse::<f64>() {
                Ok(number) if number.is_finite() => Ok(Value::Double(number)),
                Ok(_) | Err(_) => Err(self.not_a_number(text)),
            },
            Kind::String | Kind::Class | Kind::Password => Ok(Value::Text(trimmed.to_owned())),
            Kind::List => {
                let mut list: Vec<String> = Vec::new();
                for element in elements(trimmed) {
                    if !list.iter().any(|known| known == element) {
                        list.push(element.to_owned());
                    }
                }
                Ok(Value::List(list))
            }
        }
    }

    fn number<N: FromStr + Into<i64>>(&self, text: &str) -> Result<Value, InvalidConfig> {
        let number = text.trim().parse::<N>().ok();
        number
            .map(|number| Value::Number(number.into()))
            .ok_or_else(|| self.not_a_number(text))
    }

    fn not_a_number(&self, text: &str) -> InvalidConfig {
        self.refuse(text, format!("Not a number of type {}", self.kind.name()))
    }

    fn checked(&self, value: &Value) -> Result<(), InvalidConfig> {
        let allowed = match (self.check, value) {
            (Check::AtLeast(least), Value::Number(_) | Value::Double(_)) => {
                within(value, least, i64::MAX)
            }
            (Check::Between(least, most), Value::Number(_) | Value::Double(_)) => {
                within(value, least, most)
            }
            (Check::MinusOneOrBetween(least, most), Value::Number(number)) => {
                if *number == -1 || (least..=most).contains(number) {
                    return Ok(());
                }
                Err(format!(
                    "Value must be between {least} and {most} or equal to -1"
                ))
            }
            (Check::OneOf(texts), Value::Text(text)) if !texts.contains(&text.as_str()) => {
                Err(format!("String must be one of: {}", texts.join(", ")))
            }
            (Check::OneOfAnyCase(texts), Value::Text(text))
                if !texts.iter().any(|t| t.eq_ignore_ascii_case(text)) =>
            {
                Err(format!(
                    "String must be one of (case insensitive): {}",
                    texts.join(", ")
                ))
            }
            (Check::EachOf(texts), Value::List(elements)) => {
                return self.check_elements(texts, elements);
            }
            (Check::ThrottledReplicas, Value::List(elements))
                if !are_throttled_replicas(elements) =>
            {
                Err(format!(
                    "{} must be the literal '*' or a list of replicas in the following format: \
                 [partitionId]:[brokerId],[partitionId]:[brokerId],...",
                    self.name
                ))
            }
            _ => Ok(()),
        };
        allowed.map_err(|reason| self.refuse(&value.to_string(), reason))
    }

    fn check_elements(&self, texts: &[&str], elements: &[String]) -> Result<(), InvalidConfig> {
        if elements.iter().any(String::is_empty) {
            return Err(InvalidConfig::EmptyElement(self.name.to_owned()));
        }
        match elements
            .iter()
            .find(|element| !texts.contains(&element.as_str()))
        {
            Some(odd) => {
                Err(self.refuse(odd, format!("String must be one of: {}", texts.join(", "))))
            }
            None => Ok(()),
        }
    }

    fn refuse(&self, value: &str, reason: impl Into<String>) -> InvalidConfig {
        InvalidConfig::Value {
            name: self.name.to_owned(),
            value: value.to_owned(),
            reason: reason.into(),
        }
    }
}

/// The parts of a list value; an empty text has none.
pub fn elements(text: &str) -> impl Iterator<Item = &str> {
    text.split(',')
        .map(str::trim)
        .filter(move |_| !text.trim().is_empty())
}

fn within(value: &Value, least: i64, most: i64) -> Result<(), String> {
    let (below, above) = match value {
        Value::Number(number) => (*number < least, *number > most),
        Value::Double(number) => (
            java::is_below(*number, least),
            java::is_above(*number, most),
        ),
        Value::Boolean(_) | Value::Text(_) | Value::List(_) => (false, false),
    };
    match (below, above) {
        (true, _) => Err(format!("Value must be at least {least}")),
        (_, true) => Err(format!("Value must be no more than {most}")),
        (false, false) => Ok(()),
    }
}

/// `ThrottledReplicaListValidator`: nothing, `*`, or numbers around a colon.
fn are_throttled_replicas(elements: &[String]) -> bool {
    let is_number = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    match elements {
        [only] if only == "*" => true,
        _ => elements.iter().all(|element| {
            element
                .split_once(':')
                .is_some_and(|(p, b)| is_number(p) && is_number(b))
        }),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const INT: Key = Key {
        name: "port",
        kind: Kind::Int,
        default: None,
        check: Check::Between(1, 9),
    };

    #[test]
    fn a_number_must_fit_its_type_and_its_bounds() {
        assert_eq!(INT.parse(" 7 "), Ok(Value::Number(7)));
        assert_eq!(
            INT.parse("99999999999").unwrap_err().to_string(),
            "Invalid value 99999999999 for configuration port: Not a number of type INT"
        );
        assert_eq!(
            INT.parse("0").unwrap_err().to_string(),
            "Invalid value 0 for configuration port: Value must be at least 1"
        );
    }

    #[test]
    fn an_empty_list_has_no_elements_and_a_lone_comma_has_two() {
        assert_eq!(elements("  ").count(), 0);
        assert_eq!(elements("a , b").collect::<Vec<_>>(), ["a", "b"]);
        assert_eq!(elements(",").count(), 2);
    }

    proptest! {
        #[test]
        fn no_text_is_too_strange_to_be_judged(text in ".*") {
            for key in topic::KEYS {
                if let Err(error) = key.key.parse(&text) {
                    prop_assert!(error.to_string().contains(key.key.name));
                }
            }
        }
    }
}
