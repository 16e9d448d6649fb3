//! A member of a cluster: listeners, APIs, partitions, coordinators.
#![warn(clippy::future_not_send)]

pub mod api;
pub mod clock;
pub mod config;
pub mod connection;
pub mod delayed;
pub mod metadata;
pub mod output;
pub mod server;

use clock::Clock;
use connection::Limits;

/// What all connections of a broker share.
#[derive(Debug)]
pub struct Broker {
    /// What bounds each connection.
    pub limits: Limits,
    /// How many connections may be open at a time (`max.connections`).
    pub connections_max: usize,
    /// The time of day.
    pub clock: Clock,
}
