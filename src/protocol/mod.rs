//! Kafka's wire protocol: bytes to values and back. No I/O, no clock, no async.
#![warn(clippy::arithmetic_side_effects)]

pub mod api;
pub mod config;
pub mod consumer;
pub mod error_code;
pub mod frame;
pub mod messages;
pub mod record;
pub mod types;
pub mod wire;

pub use api::ApiKey;
pub use error_code::ErrorCode;
pub use types::{TopicPartition, Uuid};
