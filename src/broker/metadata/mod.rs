//! What every broker knows of the cluster: the image, the records it is made of, and how configuration is resolved.
//!
//! Pure: no files, no clock, no network. Records come from [`super::metadata_log`].

pub mod configs;
pub mod delta;
pub mod image;
pub mod records;
mod shards;

pub use configs::Fallbacks;
pub use delta::{ApplyError, Delta, Draft};
pub use image::{BrokerRegistration, Endpoint, Image, Partition, Resource, Topic};
pub use records::{MetadataRecord, RecordError};
