//! Record batches to segment files and back, byte for byte as Apache Kafka keeps them. Synchronous; knows no network, and
//! no clock: `now_ms` is an argument, in milliseconds since 1970.
//!
//! [`LogDirectory`] owns a data directory, a [`Log`] one partition in it. Appending is one positional write under a mutex;
//! reading hands out ranges of files. Whatever may block (sync, index files, snapshots, removal) is in methods of its own
//! that the caller runs elsewhere: [`Log::checkpoint`], [`Log::flush`], [`Log::delete_old_segments`].
#![warn(clippy::arithmetic_side_effects)]

pub mod append;
pub mod checkpoint;
pub mod config;
pub mod disk;
pub mod error;
pub mod faulty_disk;
mod files;
mod flush;
mod index_file;
pub mod leader_epochs;
pub mod log;
pub mod log_dir;
pub mod meta_properties;
pub mod offset_index;
pub mod producer_state;
pub mod read;
pub mod recovery;
mod retention;
pub mod scan;
pub mod segment;
mod swap;
pub mod time_index;
pub mod transaction_index;
mod truncate;
mod validate;

pub use append::{AppendError, AppendInfo, InvalidRecord, Origin};
pub use config::LogConfig;
pub use disk::{Disk, DiskFile, RealDisk};
pub use error::Error;
pub use faulty_disk::FaultyDisk;
pub use log::Log;
pub use log_dir::LogDirectory;
pub use meta_properties::MetaProperties;
pub use read::{ReadError, ReadRequest, ReadSlice};
pub use recovery::OpenLog;

#[cfg(test)]
mod tests;
