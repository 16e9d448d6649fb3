//! What can go wrong between a client and a cluster.

use std::fmt;
use std::time::Duration;

use crate::net::{self, Address};
use crate::properties;
use crate::protocol::record::RecordError;
use crate::protocol::{ErrorCode, TopicPartition};

/// Why an operation on a cluster failed.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Between us and one broker.
    #[error(transparent)]
    Net(#[from] net::Error),
    /// None of the bootstrap servers could be used.
    #[error("{}", unreachable(.failures, *.tries, *.after))]
    Unreachable {
        /// The last failure of each, in the order they were given.
        failures: Vec<net::Error>,
        /// Attempts at each.
        tries: u32,
        /// From the first attempt to the last.
        after: Duration,
    },
    /// A bootstrap server answered, but the address that a broker advertises leads nowhere from here.
    #[error("{}", advertised(*.node, .bootstrap, .failure))]
    Advertised {
        /// The broker's id.
        node: i32,
        /// Who told us.
        bootstrap: Address,
        /// What came of it; part of the text.
        failure: net::Error,
    },
    /// A broker answered with an error code.
    #[error("{subject}: {} ({code})", .message.as_deref().unwrap_or_else(|| code.message()))]
    Broker {
        /// The code.
        code: ErrorCode,
        /// The broker's own words, where it has any.
        message: Option<String>,
        /// What it is about: `topic 'orders'`, `group 'etl'`.
        subject: String,
    },
    /// Retries did not help in time.
    #[error("cannot {step} within {:.1} s", .after.as_secs_f64())]
    TimedOut {
        /// What was attempted: `list topics`.
        step: String,
        /// How long.
        after: Duration,
        /// What the last attempt failed with.
        #[source]
        last: Option<Box<Self>>,
    },
    /// A broker that nobody knows, or that has left.
    #[error("broker {0} is not part of the cluster")]
    UnknownBroker(i32),
    /// A configuration value that cannot be used.
    #[error(transparent)]
    Config(#[from] properties::Error),
    /// Records that cannot be read or written.
    #[error("{subject}")]
    Records {
        /// What it is about: `partition orders-0 at offset 7`.
        subject: String,
        /// Why not.
        source: RecordError,
    },
    /// A record that is larger than the producer may send.
    #[error("a record of {size} bytes is larger than the {limit} that {key} allows")]
    RecordTooLarge {
        /// What it takes in a batch.
        size: usize,
        /// The limit.
        limit: usize,
        /// The configuration key of the limit.
        key: &'static str,
    },
    /// A group has committed nothing and is told not to guess.
    #[error("no committed offset for partition {0}, and auto.offset.reset is none")]
    NoOffset(TopicPartition),
    /// A position that the partition does not have, with nothing said about where to go instead.
    #[error("partition {partition} has no offset {offset}, and auto.offset.reset is none")]
    OffsetOutOfRange {
        /// Which partition.
        partition: TopicPartition,
        /// Where the consumer wanted to read.
        offset: i64,
    },
    /// A subscription that is no regular expression.
    #[error("cannot subscribe to a pattern")]
    Pattern(#[from] regex::Error),
    /// A call that needs a group, on a consumer without one.
    #[error("no group.id is set")]
    NoGroup,
    /// The client was closed.
    #[error("the client is closed")]
    Closed,
}

impl Error {
    /// A broker's refusal.
    pub fn broker(code: ErrorCode, message: Option<&str>, subject: impl Into<String>) -> Self {
        Self::Broker {
            code,
            message: message.map(str::to_owned),
            subject: subject.into(),
        }
    }

    /// The broker's error code, if that is what failed.
    pub fn code(&self) -> Option<ErrorCode> {
        match self {
            Self::Broker { code, .. } => Some(*code),
            Self::TimedOut { last, .. } => last.as_ref().and_then(|last| last.code()),
            _ => None,
        }
    }

    /// Whether trying again may help, perhaps with newer metadata.
    pub fn is_retriable(&self) -> bool {
        match self {
            Self::Net(error) => error.is_retriable(),
            Self::Broker { code, .. } => code.is_retriable(),
            Self::Advertised { failure, .. } => failure.is_retriable(),
            Self::UnknownBroker(_) => true,
            Self::Unreachable { .. }
            | Self::TimedOut { .. }
            | Self::Config(_)
            | Self::Records { .. }
            | Self::RecordTooLarge { .. }
            | Self::NoOffset(_)
            | Self::OffsetOutOfRange { .. }
            | Self::Pattern(_)
            | Self::NoGroup
            | Self::Closed => false,
        }
    }
}

/// `Ok` for code 0, else the refusal.
pub(super) fn check(
    code: i16,
    message: Option<&str>,
    subject: impl fmt::Display,
) -> Result<(), Error> {
    match ErrorCode::from(code) {
        ErrorCode::None => Ok(()),
        code => Err(Error::broker(code, message, subject.to_string())),
    }
}

fn unreachable(failures: &[net::Error], tries: u32, after: Duration) -> String {
    let reasons: Vec<_> = failures.iter().map(ToString::to_string).collect();
    let times = if tries == 1 {
        "once"
    } else {
        &format!("{tries} times in {:.1} s", after.as_secs_f64())
    };
    format!("{} (tried {times})", reasons.join("; "))
}

fn advertised(node: i32, bootstrap: &Address, failure: &net::Error) -> String {
    let who = |address: &Address| {
        format!("broker {address} (node {node}), as advertised by {bootstrap}, ")
    };
    match failure {
        net::Error::Resolve { address, .. } => who(address) + "does not resolve",
        net::Error::Connect { address, kind } => {
            who(address) + &format!("cannot be reached: {kind}")
        }
        net::Error::ConnectTimeout { address, after } => {
            who(address) + &format!("cannot be reached: no answer within {after:?}")
        }
        other => format!("broker {node}, as advertised by {bootstrap}: {other}"),
    }
}

#[cfg(test)]
mod tests {
    use std::io::ErrorKind;

    use super::*;

    fn refused(host: &str) -> net::Error {
        net::Error::Connect {
            address: Address::new(host, 9092),
            kind: ErrorKind::ConnectionRefused,
        }
    }

    #[test]
    fn an_unreachable_cluster_is_told_with_hosts_reasons_and_tries() {
        let error = Error::Unreachable {
            failures: vec![refused("localhost")],
            tries: 3,
            after: Duration::from_millis(1204),
        };
        assert_eq!(
            error.to_string(),
            "cannot reach localhost:9092: connection refused (tried 3 times in 1.2 s)"
        );
    }

    #[test]
    fn an_unusable_advertised_address_is_told_apart_from_a_dead_cluster() {
        let error = Error::Advertised {
            node: 3,
            bootstrap: Address::new("localhost", 9092),
            failure: refused("b3.internal"),
        };
        assert_eq!(
            error.to_string(),
            "broker b3.internal:9092 (node 3), as advertised by localhost:9092, cannot be reached: connection refused"
        );
    }

    #[test]
    fn a_refusal_has_the_brokers_words_or_else_kafkas() {
        let error = Error::broker(
            ErrorCode::TopicAlreadyExists,
            Some("Topic 'x' already exists."),
            "topic 'x'",
        );
        assert_eq!(
            error.to_string(),
            "topic 'x': Topic 'x' already exists. (TOPIC_ALREADY_EXISTS)"
        );
        let error = Error::broker(ErrorCode::GroupIdNotFound, None, "group 'g'");
        assert_eq!(
            error.to_string(),
            "group 'g': The group id does not exist. (GROUP_ID_NOT_FOUND)"
        );
    }
}
