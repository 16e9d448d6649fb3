//! Talks to a cluster; every tool uses this.
//!
//! Works against any broker that speaks Kafka's protocol. Owns what Apache's Java client library owns: bootstrap,
//! metadata, retries, [`admin`] calls, the producer and the [`consumer`]. Says nothing to people: a failure is an
//! [`Error`], and the tools find the words.
#![warn(clippy::future_not_send)]

pub mod admin;
pub mod clock;
pub mod cluster;
pub mod config;
pub mod consumer;
pub mod duration;
pub mod error;
pub mod metadata;
pub mod pattern;
pub mod producer;
pub mod retry;

pub use admin::Admin;
pub use cluster::Cluster;
pub use consumer::Consumer;
pub use error::Error;
pub use pattern::Pattern;
pub use producer::Producer;

/// Milliseconds for a wire field.
fn millis(duration: std::time::Duration) -> i32 {
    i32::try_from(duration.as_millis()).unwrap_or(i32::MAX)
}
