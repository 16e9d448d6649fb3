//! Where the controller's records go: `__cluster_metadata`.
//!
//! What is proposed counts once it is committed. A node alone commits by writing and syncing ([`Alone`]); a quorum will
//! commit by majority behind the same trait.

mod alone;
mod snapshot;

use std::future::Future;

pub use alone::Alone;

use super::metadata::{ApplyError, MetadataRecord, RecordError};
use super::replay::ReplayError;
use crate::protocol::ErrorCode;
use crate::protocol::messages::EncodeError;
use crate::storage;

/// Why the metadata log failed.
#[derive(Debug, thiserror::Error)]
pub enum MetadataLogError {
    /// It cannot be read back.
    #[error("cannot replay the metadata log")]
    Replay(#[from] ReplayError),
    /// A snapshot cannot be found or read.
    #[error("cannot read the snapshot that the metadata log begins with")]
    Snapshot(#[source] storage::Error),
    /// Records are missing between the newest snapshot and the log.
    #[error(
        "the metadata log goes from {start} to {end}, and the newest snapshot ends at {snapshot}"
    )]
    Gap {
        /// The first offset of the log.
        start: i64,
        /// The offset after its last.
        end: i64,
        /// The offset after the last one in the snapshot; 0 where there is no snapshot.
        snapshot: i64,
    },
    /// A record in it is none that this release knows.
    #[error("cannot read the record at offset {offset} of the metadata log")]
    Record {
        /// Where it stands.
        offset: i64,
        /// What is wrong with it.
        source: RecordError,
    },
    /// A record in it contradicts those before it.
    #[error("cannot apply the record at offset {offset} of the metadata log")]
    Apply {
        /// Where it stands.
        offset: i64,
        /// What it contradicts.
        source: ApplyError,
    },
    /// A record cannot be written.
    #[error("cannot encode a metadata record")]
    Encode(#[from] EncodeError),
    /// A batch cannot be built.
    #[error("cannot build a batch of metadata records")]
    Batch(#[from] crate::protocol::record::RecordError),
    /// A batch cannot be appended.
    #[error("cannot append to the metadata log")]
    Append(#[from] storage::AppendError),
    /// What was appended cannot be made durable.
    #[error("cannot sync the metadata log")]
    Sync(#[from] storage::Error),
    /// The task that was to do it is gone.
    #[error("the metadata log was interrupted")]
    Interrupted,
}

impl MetadataLogError {
    /// What whoever proposed the records is told, where it is certain that they do not count; `None` where it is not.
    pub fn refusal(&self) -> Option<ErrorCode> {
        match self {
            // The request asked for more than one batch can hold.
            Self::Encode(_) | Self::Batch(_) => Some(ErrorCode::PolicyViolation),
            // The log is as it was before.
            Self::Append(error) => Some(error.error_code()),
            Self::Replay(_)
            | Self::Snapshot(_)
            | Self::Gap { .. }
            | Self::Record { .. }
            | Self::Apply { .. }
            | Self::Sync(_)
            | Self::Interrupted => None,
        }
    }
}

/// The log of the cluster's metadata.
pub trait MetadataLog: Send + 'static {
    /// Makes `records` count, all or none of them; returns the offset of the first.
    ///
    /// # Errors
    /// When they could not be committed; whether they are in the log is then unknown.
    fn propose(
        &mut self,
        records: &[MetadataRecord],
        now_ms: i64,
    ) -> impl Future<Output = Result<i64, MetadataLogError>> + Send;
}
