//! One connection that speaks Kafka, for clients and between brokers.
//!
//! Owns sockets, frames on them, correlation ids, time-outs and the versions both sides know. Who to talk to and what to
//! do about an error code is for the layers above.
#![warn(clippy::future_not_send)]

pub mod address;
pub mod backoff;
pub mod connection;
mod driver;
pub mod error;
mod outgoing;
pub mod versions;

pub use address::{Address, InvalidAddress};
pub use backoff::Backoff;
pub use connection::{Connection, Options, Pending};
pub use error::{Death, Error};
pub use versions::Versions;

#[cfg(test)]
mod tests;
