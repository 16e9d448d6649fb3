//! Control records: what brokers write into partitions for one another, and no application sees.

use bytes::Bytes;

use super::builder::{BatchBuilder, BatchOptions, NewRecord};
use super::error::RecordError;
use super::record::RecordRef;

/// What a control record is about, by the second half of its key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ControlType {
    /// A transaction of this producer was aborted.
    Abort,
    /// A transaction of this producer was committed.
    Commit,
    /// A new leader of a quorum.
    LeaderChange,
    /// The first record of a snapshot.
    SnapshotHeader,
    /// The last record of a snapshot.
    SnapshotFooter,
    /// The version of the quorum's protocol.
    KRaftVersion,
    /// The voters of the quorum.
    KRaftVoters,
    /// Of a later release; readers pass over it.
    Unknown(i16),
}

impl ControlType {
    /// The number in a control record's key.
    pub const fn id(self) -> i16 {
        match self {
            Self::Abort => 0,
            Self::Commit => 1,
            Self::LeaderChange => 2,
            Self::SnapshotHeader => 3,
            Self::SnapshotFooter => 4,
            Self::KRaftVersion => 5,
            Self::KRaftVoters => 6,
            Self::Unknown(id) => id,
        }
    }

    /// The key of a control record of this type: version 0, then the type.
    pub const fn key(self) -> [u8; 4] {
        let [high, low] = self.id().to_be_bytes();
        [0, 0, high, low]
    }

    /// Reads the key of a control record.
    ///
    /// # Errors
    /// If there is no key, it is too short, or its version is negative.
    pub fn of_key(key: Option<&[u8]>) -> Result<Self, RecordError> {
        // Versions past 0 only add fields; a negative one is no version.
        let Some([0..0x80, _, high, low]) = key.and_then(<[u8]>::first_chunk) else {
            return Err(RecordError::Invalid("control record without a valid key"));
        };
        Ok(match i16::from_be_bytes([*high, *low]) {
            0 => Self::Abort,
            1 => Self::Commit,
            2 => Self::LeaderChange,
            3 => Self::SnapshotHeader,
            4 => Self::SnapshotFooter,
            5 => Self::KRaftVersion,
            6 => Self::KRaftVoters,
            id => Self::Unknown(id),
        })
    }
}

/// The end of a transaction in one partition (`EndTransactionMarker`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct EndTransactionMarker {
    /// Whether what the transaction wrote counts.
    pub is_commit: bool,
    /// Of the transaction coordinator that decided; an older one is fenced.
    pub coordinator_epoch: i32,
}

impl EndTransactionMarker {
    /// The batch of this one marker, made at `timestamp` (in ms since 1970), for the producer in `options`.
    ///
    /// # Errors
    /// None that can come about; the builder's signature has one.
    pub fn to_batch(self, timestamp: i64, options: &BatchOptions) -> Result<Bytes, RecordError> {
        let control_type = if self.is_commit {
            ControlType::Commit
        } else {
            ControlType::Abort
        };
        let [a, b, c, d] = self.coordinator_epoch.to_be_bytes();
        let mut builder = BatchBuilder::default();
        builder.append(&NewRecord {
            timestamp,
            key: Some(&control_type.key()),
            value: Some(&[0, 0, a, b, c, d]),
            headers: &[],
        })?;
        builder.build(&BatchOptions {
            is_transactional: true,
            is_control: true,
            ..*options
        })
    }

    /// Reads a control record; `None` if it is not about transactions.
    ///
    /// # Errors
    /// If key or value are not those of a control record.
    pub fn read(record: &RecordRef<'_>) -> Result<Option<Self>, RecordError> {
        let is_commit = match ControlType::of_key(record.key)? {
            ControlType::Commit => true,
            ControlType::Abort => false,
            _ => return Ok(None),
        };
        match record.value.and_then(<[u8]>::first_chunk) {
            Some([0..0x80, _, a, b, c, d]) => Ok(Some(Self {
                is_commit,
                coordinator_epoch: i32::from_be_bytes([*a, *b, *c, *d]),
            })),
            _ => Err(RecordError::Invalid(
                "transaction marker without a valid value",
            )),
        }
    }
}
