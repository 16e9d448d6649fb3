//! A member of a cluster: listeners, APIs, partitions, coordinators.
#![warn(clippy::future_not_send)]

pub mod api;
pub mod authorizer;
pub mod clock;
pub mod config;
pub mod connection;
pub mod controller;
pub mod controller_task;
pub mod coordinator;
pub mod delayed;
pub mod group;
pub mod hosting;
pub mod internal_topics;
mod maintenance;
pub mod metadata;
pub mod metadata_log;
pub mod output;
pub mod partition;
pub mod partitions;
pub mod producer_ids;
pub mod replay;
pub mod server;
pub mod start;

use std::net::SocketAddr;
use std::sync::Arc;

use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use clock::Clock;
use config::BrokerConfig;
use connection::Limits;
use controller_task::Controller;
use coordinator::GroupCoordinators;
use hosting::Host;
use partitions::Partitions;
use producer_ids::ProducerIds;
pub use start::StartError;

use crate::storage::Log;

/// What all connections of a broker share.
#[derive(Debug)]
pub struct Broker {
    /// How it was set up.
    pub config: BrokerConfig,
    /// What bounds each connection.
    pub limits: Limits,
    /// Room for requests that are being read and answered, in KiB (`queued.max.request.bytes`); `None` where there is no
    /// limit.
    pub request_room: Option<Arc<Semaphore>>,
    /// The disks.
    pub host: Arc<Host>,
    /// The partitions it hosts.
    pub partitions: Arc<Partitions>,
    /// The cluster: what it is, and how to change it.
    pub controller: Controller,
    /// The groups it coordinates.
    pub groups: Arc<GroupCoordinators>,
    /// The producer ids it gives away.
    pub producer_ids: ProducerIds,
    /// The time of day.
    pub clock: Clock,
    /// Cancelled when it begins to stop.
    pub stopping: CancellationToken,
}

/// A broker that serves; it goes on until [`RunningBroker::shutdown`], or until this is dropped, which is as abrupt as a
/// crash.
#[derive(Debug)]
pub struct RunningBroker {
    broker: Arc<Broker>,
    addresses: Vec<SocketAddr>,
    /// The listeners, the connections and the chores.
    tasks: TaskTracker,
    /// The controller, which outlives them.
    controller: TaskTracker,
    stop_controller: CancellationToken,
    metadata_log: Arc<Log>,
    epoch: i64,
}

impl RunningBroker {
    /// Where clients can connect, in the order of `listeners`.
    pub fn addresses(&self) -> &[SocketAddr] {
        &self.addresses
    }

    /// The cluster's id.
    pub fn cluster_id(&self) -> String {
        self.broker.controller.image().cluster_id.to_string()
    }

    /// The broker itself.
    pub const fn broker(&self) -> &Arc<Broker> {
        &self.broker
    }

    /// Answers what is in progress, writes everything and marks the data directories as properly closed.
    ///
    /// # Errors
    /// When a log could not be closed: the next start checks it.
    pub async fn shutdown(&self) -> Result<(), StartError> {
        self.broker.stopping.cancel();
        self.tasks.close();
        self.tasks.wait().await;
        self.broker.groups.stopped().await;
        self.stop_controller.cancel();
        self.controller.close();
        self.controller.wait().await;
        let (host, epoch) = (Arc::clone(&self.broker.host), self.epoch);
        let metadata_log = Arc::clone(&self.metadata_log);
        start::off_worker(move || {
            metadata_log.close()?;
            Ok(host.close(epoch)?)
        })
        .await
    }
}

impl Drop for RunningBroker {
    fn drop(&mut self) {
        self.broker.stopping.cancel();
        self.stop_controller.cancel();
    }
}
