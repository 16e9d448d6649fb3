//! Apache Kafka's command line, and a Kafka broker to point it at.
//!
//! Each layer names only the ones above it in this list; `tests/layering.rs` holds it to that.
//!
//! - [`protocol`]: bytes to values and back: messages, record batches, error codes. No I/O.
//! - [`properties`]: Java `.properties` text and typed configuration values.
//! - [`storage`]: record batches to segment files and back. Synchronous; knows no network.
//! - [`net`]: one connection that speaks Kafka.
//! - [`client`]: talks to a cluster: metadata, admin calls, producer, consumer.
//! - [`broker`]: is a member of a cluster.
//! - [`cli`]: one file per script.

pub mod broker;
pub mod cli;
pub mod client;
pub mod net;
pub mod properties;
pub mod protocol;
pub mod storage;
