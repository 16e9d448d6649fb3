//! How a command fails: wrong usage, a refusal, an operation that did not work.
//!
//! Plain output keeps the sentences of Apache's tools, because scripts match on them; people get ours, with hints.

use std::fmt;

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
pub struct Refused(pub String);

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
}

impl Failure {
    /// A failure with the same words for everyone.
    pub fn new(text: impl Into<String>) -> Self {
        let text = text.into();
        Self {
            plain: text.clone(),
            message: text,
            hints: Vec::new(),
        }
    }

    /// Says it differently to people.
    #[must_use]
    pub fn with_message(mut self, message: impl Into<String>) -> Self {
        self.message = message.into();
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

/// The failure that `error` stands for: its own, or one made from its whole chain.
pub fn explain(error: &anyhow::Error) -> Failure {
    match error.downcast_ref::<Failure>() {
        Some(failure) => failure.clone(),
        None => Failure::new(format!("{error:#}")),
    }
}
