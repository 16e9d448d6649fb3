//! The controller: what may be asked of the cluster as a whole, decided.
//!
//! Pure: a function reads a [`View`] and returns records and an answer ([`Decision`]). It changes nothing; the records
//! do, once they are in the metadata log and applied to the image. One task runs all of this: see
//! [`super::controller_task`].

pub mod brokers;
pub mod configs;
pub mod features;
mod placement;
pub mod producer_ids;
pub mod topic_name;
pub mod topics;

use std::collections::BTreeMap;

use bytestring::ByteString;

use crate::broker::metadata::{Fallbacks, Image, MetadataRecord};
use crate::protocol::ErrorCode;
use crate::protocol::config::Key;

/// The most partitions that one request may ask for (`ReplicationControlManager.MAX_PARTITIONS_PER_BATCH`).
const PARTITIONS_PER_REQUEST_MAX: i64 = 10_000;

/// What does not change while the broker runs.
#[derive(Debug, Clone)]
pub struct Rules {
    /// This broker's id.
    pub node_id: i32,
    /// `num.partitions`
    pub num_partitions: i32,
    /// `default.replication.factor`
    pub default_replication_factor: i16,
    /// `delete.topic.enable`
    pub delete_topic_enable: bool,
    /// Every key that brokers have, by name.
    pub broker_keys: BTreeMap<&'static str, BrokerKey>,
    /// The properties this broker was started with.
    pub fixed: BTreeMap<String, String>,
}

/// A key that brokers have.
#[derive(Debug, Clone, Copy)]
pub struct BrokerKey {
    /// The key.
    pub key: &'static Key,
    /// Whether it can be set while the broker runs.
    pub is_dynamic: bool,
}

/// What a decision is made from.
#[derive(Debug, Clone, Copy)]
pub struct View<'a> {
    /// The cluster as it is.
    pub image: &'a Image,
    /// What does not change.
    pub rules: &'a Rules,
}

impl<'a> View<'a> {
    fn fallbacks(&self) -> Fallbacks<'a> {
        Fallbacks {
            image: self.image,
            node_id: self.rules.node_id,
            fixed: &self.rules.fixed,
        }
    }
}

/// 128 random bits at each call: what decisions have instead of a random number generator.
pub type Chance<'a> = &'a mut (dyn FnMut() -> u128 + Send);

/// What is to be written, and what is answered once it is.
#[derive(Debug, Clone, PartialEq)]
pub struct Decision<T> {
    /// The records, all or none of which count.
    pub records: Vec<MetadataRecord>,
    /// The answer.
    pub response: T,
}

/// Why one item of a request is not done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// The code.
    pub code: ErrorCode,
    /// What Kafka says about it beyond the code.
    pub message: Option<String>,
}

impl Refusal {
    fn new(code: ErrorCode, message: impl Into<String>) -> Self {
        Self {
            code,
            message: Some(message.into()),
        }
    }

    const fn bare(code: ErrorCode) -> Self {
        Self {
            code,
            message: None,
        }
    }

    /// The message as responses carry it.
    pub fn text(&self) -> Option<ByteString> {
        self.message.as_deref().map(ByteString::from)
    }
}

impl<T> Decision<T> {
    /// An answer that needs nothing to be written.
    pub const fn only(response: T) -> Self {
        Self {
            records: Vec::new(),
            response,
        }
    }

    /// Drops the records of a request that only asked what would happen.
    fn unless(mut self, validate_only: bool) -> Self {
        if validate_only {
            self.records.clear();
        }
        self
    }
}

/// The elements that occur more than once.
fn repeated<T: Ord + Copy>(items: impl Iterator<Item = T>) -> std::collections::BTreeSet<T> {
    let mut seen = std::collections::BTreeSet::new();
    items.filter(|item| !seen.insert(*item)).collect()
}

#[cfg(test)]
mod tests;
