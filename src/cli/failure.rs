//! How a command fails: wrong usage, a refusal, an operation that did not work.
//!
//! Plain output keeps the sentences of Apache's tools, because scripts match on them; people get ours, with hints.

use std::{error::Error as _, fmt};

use crate::{client, net, protocol::ErrorCode};

/// Wrong usage: the text, then the option table, both on stderr.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct Usage(pub String);

impl Usage {
    /// A required option is absent.
    pub fn missing(option: &str) -> Self {
        Self(format!("Missing required argument \"[{option}]\""))
    }

    /// `used` makes no sense beside `other`.
    pub fn conflict(used: &str, other: &str) -> Self {
        Self(format!(
            "Option \"[{used}]\" can't be used with option \"[{other}]\""
        ))
    }
}

/// What the original refuses before its error handling begins: the text alone, on stderr, whatever the tool.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct Refused(pub Failure);

/// Something failed and has been told; only the exit code is left.
#[derive(Debug, thiserror::Error)]
#[error("some of it failed")]
pub struct Reported;

/// A failure that scripts and people read in different words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// What Apache's tool says.
    pub plain: String,
    /// What we say: what, on which, why; lower case, no full stop.
    pub message: String,
    /// Facts and commands that help, at most three.
    pub hints: Vec<String>,
    /// Kafka's error, where it is one.
    pub code: Option<ErrorCode>,
}

impl Failure {
    /// A failure with the same words for everyone.
    pub fn new(text: impl Into<String>) -> Self {
        let text = text.into();
        Self {
            plain: text.clone(),
            message: text,
            hints: Vec::new(),
            code: None,
        }
    }

    /// Says it differently to people.
    #[must_use]
    pub fn with_message(mut self, message: impl Into<String>) -> Self {
        self.message = message.into();
        self
    }

    /// Says which of Kafka's errors it is.
    #[must_use]
    pub const fn with_code(mut self, code: ErrorCode) -> Self {
        self.code = Some(code);
        self
    }

    /// Adds a fact or a command that helps.
    #[must_use]
    pub fn with_hint(mut self, hint: impl Into<String>) -> Self {
        self.hints.push(hint.into());
        self
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Failure {}

/// A number that is none, in the words of the original's option parser.
pub fn cannot_parse(option: &str, value: &str) -> Failure {
    Failure::new(format!(
        "Cannot parse argument '{value}' of option {option}"
    ))
}

/// A pattern that is none: what is wrong and where, then the pattern with a mark below it, as Java says it.
pub fn invalid_pattern(pattern: &str, error: &regex::Error) -> Failure {
    let text = error.to_string();
    let why = text.lines().find_map(|line| line.strip_prefix("error: "));
    let mark = text.lines().find(|line| line.trim() == "^");
    let mark = mark.and_then(|line| line.strip_prefix("    "));
    let (why, mark) = (why.unwrap_or(&text), mark.unwrap_or("^"));
    let at = mark.len().saturating_sub(1);
    let mut letters = why.chars();
    let capital = letters.next().map(|letter| letter.to_ascii_uppercase());
    let java: String = capital.into_iter().chain(letters).collect();
    Failure::new(format!("{java} near index {at}\n{pattern}\n{mark}"))
        .with_message(format!("'{pattern}' is not a regular expression: {why}"))
}

/// The failure that `error` stands for: its own, that of the client below it, or one made from its whole chain.
pub fn explain(error: &anyhow::Error) -> Failure {
    if let Some(failure) = error.downcast_ref::<Failure>() {
        failure.clone()
    } else if let Some(Refused(failure)) = error.downcast_ref() {
        failure.clone()
    } else if let Some(error) = error.downcast_ref::<client::Error>() {
        Failure::from(error)
    } else {
        Failure::new(format!("{error:#}"))
    }
}

/// What Apache's tools say when no broker answers; `call` is the name of their call.
pub fn no_answer(error: &client::Error, call: &str) -> Failure {
    match error {
        client::Error::Unreachable { .. }
        | client::Error::TimedOut { .. }
        | client::Error::Net(_) => Failure {
            plain: format!("Timed out waiting for a node assignment. Call: {call}"),
            ..Failure::from(error)
        },
        other => Failure::from(other),
    }
}

/// The name of the exception that Apache's clients raise for `error`, and its message.
pub fn exception(error: &client::Error) -> String {
    let plain = Failure::from(error).plain;
    match error.code() {
        Some(code) => format!(
            "org.apache.kafka.common.errors.{}: {plain}",
            code.exception()
        ),
        None => plain,
    }
}

impl From<&client::Error> for Failure {
    fn from(error: &client::Error) -> Self {
        let mut message = error.to_string();
        let mut source = error.source();
        while let Some(cause) = source {
            message = format!("{message}: {cause}");
            source = cause.source();
        }
        let failure = Self {
            code: error.code(),
            ..Self::new(message)
        };
        match error {
            client::Error::Broker { code, message, .. } => Self {
                plain: message.clone().unwrap_or_else(|| code.message().to_owned()),
                hints: hints(*code),
                ..failure
            },
            client::Error::TimedOut {
                last: Some(last), ..
            } => {
                let Self { plain, hints, .. } = Self::from(&**last);
                Self {
                    plain,
                    hints,
                    ..failure
                }
            }
            client::Error::RecordTooLarge { size, limit, key } => Self {
                plain: format!(
                    "The message is {size} bytes when serialized which is larger than {limit}, which is the value of the {key} \
                     configuration."
                ),
                ..failure
            },
            client::Error::Unreachable { failures, .. } if failures.iter().any(is_silence) => {
                failure.with_hint(SILENCE)
            }
            client::Error::Unreachable { .. } => failure.with_hint("is the broker running?"),
            client::Error::Net(cause) if is_silence(cause) => failure.with_hint(SILENCE),
            client::Error::Advertised { .. } => failure.with_hint(
                "the cluster is reachable, its advertised.listeners are not usable from here; see: kaffa doctor",
            ),
            _ => failure,
        }
    }
}

/// What to do about a broker that takes connections and does not answer.
const SILENCE: &str = "it is there but busy or stuck; to wait longer: request.timeout.ms=MS in a file given by --command-config";

fn is_silence(error: &net::Error) -> bool {
    matches!(error, net::Error::Timeout { .. })
}

/// What to do about a refusal that says only what is wrong.
fn hints(code: ErrorCode) -> Vec<String> {
    let hint = match code {
        ErrorCode::TopicAlreadyExists => "where that is fine: --if-not-exists",
        ErrorCode::InvalidReplicationFactor => {
            "a topic has at most as many replicas as there are brokers: --replication-factor"
        }
        ErrorCode::InvalidTopicException => {
            "a name has letters, digits, '.', '_' and '-', at most 249, and must differ from others in more than '.' and '_'"
        }
        ErrorCode::InvalidPartitions => {
            "partitions can be added, never taken away; how many there are: --describe"
        }
        ErrorCode::InvalidConfig => {
            "every key with its default: kafka-configs.sh --describe --all, or Kafka's documentation"
        }
        ErrorCode::UnknownTopicOrPartition => {
            "what there is: kafka-topics --list, and --describe for its partitions"
        }
        ErrorCode::GroupIdNotFound => "what there is: kafka-consumer-groups --list",
        ErrorCode::MessageTooLarge => "the topic's limit is max.message.bytes",
        ErrorCode::NonEmptyGroup => "stop its members first; who they are: --describe --members",
        _ => return Vec::new(),
    };
    vec![hint.to_owned()]
}
