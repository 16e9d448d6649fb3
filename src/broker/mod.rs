//! A member of a cluster: listeners, APIs, partitions, coordinators.
#![warn(clippy::future_not_send)]

pub mod api;
pub mod clock;
pub mod config;
pub mod connection;
pub mod controller;
pub mod coordinator;
pub mod delayed;
pub mod group;
pub mod metadata;
pub mod output;
pub mod partition;
pub mod partitions;
pub mod server;

use clock::Clock;
use config::BrokerConfig;
use connection::Limits;
use partitions::Partitions;
use tokio_util::sync::CancellationToken;

/// What all connections of a broker share.
#[derive(Debug)]
pub struct Broker {
    /// How it was set up.
    pub config: BrokerConfig,
    /// What bounds each connection.
    pub limits: Limits,
    /// The partitions it hosts.
    pub partitions: Partitions,
    /// The time of day.
    pub clock: Clock,
    /// Cancelled when it begins to stop.
    pub stopping: CancellationToken,
}
