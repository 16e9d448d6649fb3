//! Talks to a cluster; every tool uses this.
//!
//! Works against any broker that speaks Kafka's protocol. Owns what Apache's Java client library owns: bootstrap,
//! metadata, retries, [`admin`] calls, the producer and the [`consumer`]. Says nothing to people: a failure is an
//! [`Error`], and the tools find the words.
#![warn(clippy::future_not_send)]

pub mod admin;
pub mod cluster;
pub mod config;
pub mod consumer;
pub mod duration;
pub mod error;
pub mod metadata;
pub mod retry;

pub use admin::Admin;
pub use cluster::Cluster;
pub use error::Error;
