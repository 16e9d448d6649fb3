//! Administration: one file per kind of thing, each call with as few round trips as the protocol allows.
//!
//! A call about several things answers for each of them; it fails as a whole only when a broker that it needs cannot be
//! reached.

pub mod cluster;
pub mod configs;
pub mod groups;
pub mod log_dirs;
pub mod offsets;
pub mod records;
mod spread;
pub mod topics;

use std::collections::BTreeMap;

use super::cluster::Cluster;
use super::config::ClientConfig;
use super::error::Error;
use super::millis;

/// An answer for each thing that was asked about.
pub type PerItem<K, T> = BTreeMap<K, Result<T, Error>>;

/// Answers about things of which there may be thousands. What failed is apart, for errors are large and rare.
#[derive(Debug)]
pub struct Answers<T, K> {
    /// What is known, sorted.
    pub found: Vec<T>,
    /// What is not, and why; sorted.
    pub failed: Vec<(K, Error)>,
}

impl<T, K> Answers<T, K> {
    /// Everything.
    ///
    /// # Errors
    /// The first failure.
    pub fn all(self) -> Result<Vec<T>, Error> {
        match self.failed.into_iter().next() {
            Some((_, error)) => Err(error),
            None => Ok(self.found),
        }
    }
}

impl<T, K> Default for Answers<T, K> {
    fn default() -> Self {
        Self {
            found: Vec::new(),
            failed: Vec::new(),
        }
    }
}

/// Asks a cluster about itself and changes it.
#[derive(Debug, Clone)]
pub struct Admin {
    cluster: Cluster,
}

impl Admin {
    /// Connects to the cluster.
    ///
    /// # Errors
    /// As [`Cluster::connect`].
    pub async fn connect(config: ClientConfig) -> Result<Self, Error> {
        Ok(Self {
            cluster: Cluster::connect(config).await?,
        })
    }

    /// For a cluster that is connected already.
    pub const fn new(cluster: Cluster) -> Self {
        Self { cluster }
    }

    /// The way to the brokers.
    pub const fn cluster(&self) -> &Cluster {
        &self.cluster
    }
}
