//! How a command fails: wrong usage, a refusal, an operation that did not work.
//!
//! Plain output keeps the sentences of Apache's tools, because scripts match on them; people get ours, with hints.

use std::{error::Error as _, fmt};

use super::{args, dialect::ParserError};
use crate::{client, net, properties, protocol::ErrorCode};

/// Wrong usage: the text, then the option table, both on stderr. The table is its hint; without one, the way to `--help`.
#[derive(Debug, thiserror::Error)]
#[error("{}", .0.plain)]
pub struct Usage(Failure);

impl Usage {
    /// With the words of the original's parser.
    pub fn new(text: impl Into<String>) -> Self {
        Self(Failure::without_hint(text, "what follows is the hint"))
    }

    /// Says it differently to people; the way to the help follows.
    #[must_use]
    pub fn told(self, message: impl Into<String>) -> Self {
        Self(self.0.told(message))
    }

    /// Hints at commands of the help, those that take one line.
    #[must_use]
    pub fn with_examples(self, help: &str) -> Self {
        let lines = help.lines().filter_map(|line| line.strip_prefix("  "));
        let lines = lines.filter(|line| !line.starts_with(' ') && !line.ends_with('\\'));
        Self(lines.take(3).fold(self.0, Failure::with_hint))
    }

    /// Says it differently to people, with what helps.
    #[must_use]
    pub fn with_message(self, message: impl Into<String>, hint: impl Into<String>) -> Self {
        Self(self.0.with_message(message).with_hint(hint))
    }

    /// A required option is absent.
    pub fn missing(option: &str) -> Self {
        let plain = format!("Missing required argument \"[{option}]\"");
        Self::new(plain).told(format!("--{option} is missing"))
    }

    /// `used` makes no sense beside `other`.
    pub fn conflict(used: &str, other: &str) -> Self {
        let plain = format!("Option \"[{used}]\" can't be used with option \"[{other}]\"");
        Self::new(plain).told(format!("--{used} and --{other} do not go together"))
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

/// A failure that scripts and people read in different words. None is made without a hint or a reason for having none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// What Apache's tool says.
    pub plain: String,
    /// What we say: what, on which, why; lower case, no full stop.
    pub message: String,
    hints: Vec<String>,
    /// What `plain` leaves out, and Apache's tool shows in a stack trace.
    pub cause: Option<Box<str>>,
    /// Kafka's error, where it is one.
    pub code: Option<ErrorCode>,
}

impl Failure {
    /// A failure with the same words for everyone, and a fact or a command that helps.
    pub fn new(text: impl Into<String>, hint: impl Into<String>) -> Self {
        Self::without_hint(text, "it follows").with_hint(hint)
    }

    /// A failure that leaves nothing to advise, for the reason given.
    pub fn without_hint(text: impl Into<String>, _reason: &'static str) -> Self {
        let text = text.into();
        Self {
            plain: text.clone(),
            message: text,
            hints: Vec::new(),
            cause: None,
            code: None,
        }
    }

    /// Facts and commands that help, at most three.
    pub fn hints(&self) -> &[String] {
        &self.hints
    }

    /// Says it to scripts in words that leave out why.
    #[must_use]
    pub fn with_plain(mut self, plain: impl Into<String>) -> Self {
        let cause = std::mem::replace(&mut self.plain, plain.into());
        self.cause.get_or_insert(cause.into());
        self
    }

    /// Says more to people.
    #[must_use]
    pub fn with_message(mut self, message: impl Into<String>) -> Self {
        let message = message.into();
        self.cause = Some(message.as_str().into());
        self.told(message)
    }

    /// Says the same to people in other words.
    #[must_use]
    pub fn told(mut self, message: impl Into<String>) -> Self {
        self.message = message.into();
        self
    }

    /// Says the same to scripts as to people: it is about what the original does not have.
    #[must_use]
    pub fn of_ours(mut self) -> Self {
        self.plain.clone_from(&self.message);
        self.cause = None;
        self
    }

    /// Says which of Kafka's errors it is.
    #[must_use]
    pub const fn with_code(mut self, code: ErrorCode) -> Self {
        self.code = Some(code);
        self
    }

    /// Adds another fact or command that helps.
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
    Failure::new(
        format!("Cannot parse argument '{value}' of option {option}"),
        format!("such as --{option} 3"),
    )
    .told(format!("--{option} takes a whole number, not '{value}'"))
}

/// What helps where a pattern was not meant as one.
pub const LITERALLY: &str =
    "to find it as it is, put a backslash before each of . + * ? ( ) [ ] { } ^ $ | \\";

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
    Failure::new(
        format!("{java} near index {at}\n{pattern}\n{mark}"),
        LITERALLY,
    )
    .with_message(format!("'{pattern}' is not a regular expression: {why}"))
}

/// The failure that `error` stands for: its own, that of the client below it, or one made from its whole chain.
pub fn explain(error: &anyhow::Error) -> Failure {
    if let Some(failure) = error.downcast_ref::<Failure>() {
        failure.clone()
    } else if let Some(Refused(failure)) = error.downcast_ref() {
        failure.clone()
    } else if let Some(Usage(failure)) = error.downcast_ref() {
        failure.clone()
    } else if let Some(error) = error.downcast_ref::<client::Error>() {
        Failure::from(error)
    } else if let Some(error) = error.downcast_ref::<properties::Error>() {
        args::client::unusable(error)
    } else if let Some(error) = error.downcast_ref::<ParserError>() {
        Failure::without_hint(error.to_string(), "the way to --help follows").told(error.told())
    } else if let Some(error) = error.downcast_ref::<clap::Error>() {
        of_parser(error)
    } else {
        Failure::without_hint(
            format!("{error:#}"),
            "the words of a parser, or of the system with what it was doing",
        )
    }
}

/// What is wrong with the value of an option of ours; the values that it may have follow in brackets.
fn of_parser(error: &clap::Error) -> Failure {
    let text = error.to_string();
    let mut lines = text.lines().map(str::trim);
    let what = lines.next().unwrap_or_default();
    let what = what.strip_prefix("error: ").unwrap_or(what);
    match lines.next().filter(|line| line.starts_with('[')) {
        Some(values) => Failure::new(what, values.trim_matches(['[', ']'])),
        None => Failure::without_hint(what, "the way to --help follows"),
    }
}

/// What Apache's tools say when no broker answers; `call` is the name of their call.
pub fn no_answer(error: &client::Error, call: &str) -> Failure {
    match error {
        client::Error::Unreachable { .. }
        | client::Error::TimedOut { .. }
        | client::Error::Net(_) => Failure::from(error).with_plain(format!(
            "Timed out waiting for a node assignment. Call: {call}"
        )),
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
        let mut failure = Self::without_hint(message, "the kinds of error add theirs");
        failure.code = error.code();
        match error {
            client::Error::Broker {
                code,
                message,
                subject,
            } => {
                let plain = message.as_deref().unwrap_or_else(|| code.message());
                let told = match why(*code, message.is_some()) {
                    Some(why) => format!("{subject} {why}"),
                    None => format!("{subject}: {}", phrase(plain)),
                };
                Self {
                    plain: plain.to_owned(),
                    message: format!("{told} ({code})"),
                    ..failure.with_hint(hint(*code))
                }
            }
            client::Error::TimedOut {
                last: Some(last),
                step,
                ..
            } => Self {
                message: failure.message,
                ..Self::from(&**last).with_hint(match step.as_str() {
                    "write records" => "to wait longer: --command-property delivery.timeout.ms=MS",
                    _ => LONGER,
                })
            },
            client::Error::RecordTooLarge { size, limit, key } => Self {
                plain: format!(
                    "The message is {size} bytes when serialized which is larger than {limit}, which is the value of the {key} \
                     configuration."
                ),
                ..failure
                    .with_hint(format!("this producer takes it with: --command-property {key}={size}"))
                    .with_hint(hint(ErrorCode::MessageTooLarge))
            },
            client::Error::Unreachable { failures, .. } => match failures.first() {
                Some(first) => failure.with_hint(about_connection(first)),
                None => failure.with_hint(args::client::SERVERS),
            },
            client::Error::Net(cause) => failure.with_hint(about_connection(cause)),
            client::Error::Advertised { .. } => failure.with_hint(
                "the cluster is reachable, its advertised.listeners are not usable from here; see: kaffa doctor",
            ),
            other => failure.with_hint(about_client(other)),
        }
    }
}

/// Where a call of the client gets more time.
const LONGER: &str =
    "to wait longer: default.api.timeout.ms=MS in a file given by --command-config";

/// What to do about a connection that came to nothing.
const fn about_connection(error: &net::Error) -> &'static str {
    match error {
        net::Error::Resolve { .. } => {
            "is the name right, and known to this machine? step by step: kaffa doctor"
        }
        net::Error::Connect { .. } => "is the broker running?",
        net::Error::ConnectTimeout { .. } => {
            "a firewall may swallow it; to wait longer: socket.connection.setup.timeout.ms=MS in a file given by --command-config"
        }
        net::Error::Timeout { .. } => {
            "it is there but busy or stuck; to wait longer: request.timeout.ms=MS in a file given by --command-config"
        }
        net::Error::Closed {
            death:
                net::Death::NotKafka(_) | net::Death::FrameLength { .. } | net::Death::OutOfStep { .. },
            ..
        }
        | net::Error::Decode { .. } => {
            "is that the port of a PLAINTEXT listener of Kafka? step by step: kaffa doctor"
        }
        net::Error::Closed { .. } => {
            "it stopped, or is no PLAINTEXT listener of Kafka; step by step: kaffa doctor"
        }
        net::Error::Unsupported { .. } => {
            "a broker of Kafka 2.1 or newer serves all of it; what this one serves: kaffa doctor"
        }
        net::Error::Encode { .. } => "a name or a value is longer than the protocol can carry",
    }
}

/// What to do about a failure on our side.
fn about_client(error: &client::Error) -> &'static str {
    match error {
        client::Error::Config(error) => args::client::about(error),
        client::Error::Records { .. } => {
            "the records behind it: --partition P --offset N; is the disk of the broker sound?"
        }
        client::Error::NoOffset(_) | client::Error::OffsetOutOfRange { .. } => {
            "where to begin then: --command-property auto.offset.reset=earliest, or =latest"
        }
        client::Error::Pattern(_) => LITERALLY,
        client::Error::NoGroup => "name one: --group GROUP",
        client::Error::UnknownBroker(_) => "which there are: kaffa doctor",
        _ => LONGER,
    }
}

/// What a topic may be called.
pub const TOPIC_NAME: &str = "a name has letters, digits, '.', '_' and '-', at most 249, and must differ from others in more than '.' and '_'";

/// Where the settings of a topic are told.
pub const EVERY_KEY: &str =
    "every key, its values and its default: https://kafka.apache.org/documentation/#topicconfigs";

/// A value that `key` does not take, and Kafka's words about it.
pub fn wrong_value(key: &str, value: &str, reason: &str) -> String {
    let reason = match reason.strip_prefix("Not a number of type ") {
        Some("DOUBLE") => "not a number".to_owned(),
        Some(_) => "not a whole number that it can hold".to_owned(),
        None => phrase(reason),
    };
    format!("{key} cannot be '{value}': {reason}")
}

/// What a refusal comes to, where the broker has no better words, or none are needed.
const fn why(code: ErrorCode, is_told: bool) -> Option<&'static str> {
    match code {
        ErrorCode::TopicAlreadyExists => Some("already exists"),
        ErrorCode::UnknownTopicOrPartition | ErrorCode::GroupIdNotFound => Some("does not exist"),
        ErrorCode::InvalidTopicException | ErrorCode::InvalidGroupId if !is_told => {
            Some("cannot be called so")
        }
        ErrorCode::NonEmptyGroup => Some("still has members"),
        ErrorCode::MessageTooLarge => Some("takes no record so large"),
        ErrorCode::TopicAuthorizationFailed
        | ErrorCode::GroupAuthorizationFailed
        | ErrorCode::ClusterAuthorizationFailed => Some("is not open to this user"),
        _ => None,
    }
}

/// A sentence of Apache's as part of one of ours: it begins small and has no full stop.
pub fn phrase(text: &str) -> String {
    let mut letters = text.strip_suffix('.').unwrap_or(text).chars();
    let first = letters.next().map(|letter| letter.to_ascii_lowercase());
    first.into_iter().chain(letters).collect()
}

/// What to do about a refusal of a broker.
const fn hint(code: ErrorCode) -> &'static str {
    match code {
        ErrorCode::TopicAlreadyExists => "where that is fine: --if-not-exists",
        ErrorCode::InvalidReplicationFactor => {
            "a topic has at most as many replicas as there are brokers: --replication-factor"
        }
        ErrorCode::InvalidTopicException => TOPIC_NAME,
        ErrorCode::InvalidPartitions => {
            "partitions can be added, never taken away; how many there are: --describe"
        }
        ErrorCode::InvalidReplicaAssignment => "the brokers that there are: kaffa doctor",
        ErrorCode::InvalidConfig => EVERY_KEY,
        ErrorCode::UnknownTopicOrPartition => {
            "what there is: kafka-topics --list, and --describe for its partitions"
        }
        ErrorCode::GroupIdNotFound => "what there is: kafka-consumer-groups --list",
        ErrorCode::InvalidGroupId => "a group has a name: --group NAME",
        ErrorCode::MessageTooLarge => {
            "a topic takes up to max.message.bytes, 1048588 unless made with: kafka-topics --create --config max.message.bytes=BYTES"
        }
        ErrorCode::NonEmptyGroup | ErrorCode::GroupSubscribedToTopic => {
            "stop its members first; who they are: --describe --members"
        }
        ErrorCode::NotEnoughReplicas | ErrorCode::NotEnoughReplicasAfterAppend => {
            "where brokers are missing: kafka-topics --describe --under-min-isr-partitions"
        }
        ErrorCode::LeaderNotAvailable | ErrorCode::NotLeaderOrFollower => {
            "where brokers are missing: kafka-topics --describe --unavailable-partitions"
        }
        ErrorCode::TopicAuthorizationFailed
        | ErrorCode::GroupAuthorizationFailed
        | ErrorCode::ClusterAuthorizationFailed => "the rights that are needed: --explain",
        _ => "what the cluster looks like from here: kaffa doctor",
    }
}
