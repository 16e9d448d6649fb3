//! The records of `__consumer_offsets`: a key `type, fields` and a value `version, fields`; no value removes.

use bytes::Bytes;
use bytestring::ByteString;

use super::classic::owned;
use crate::protocol::messages::{
    DecodeError, Decoder, EncodeError, Encoder, GroupMetadataKey, GroupMetadataValue, Message,
    OffsetCommitKey, OffsetCommitValue, Record as _,
};

/// The type of offset keys before Kafka 0.9; the fields are the same.
const OLD_OFFSET_KEY: i16 = 0;

/// The version of offset values with a time to live chosen by the client; later ones cannot express it.
const OFFSET_WITH_EXPIRY: i16 = 1;

/// The version of all other offset values (with the topic's id).
const OFFSET: i16 = 4;

/// The version of group values.
const GROUP: i16 = 3;

/// A change of what a shard remembers.
#[derive(Debug, Clone, PartialEq)]
pub enum GroupRecord {
    /// An offset is committed, or deleted.
    Offset {
        /// Which.
        key: OffsetCommitKey,
        /// The offset; none if it is deleted.
        value: Option<OffsetCommitValue>,
    },
    /// A generation of a classic group is complete, or the group is deleted.
    Group {
        /// Which.
        group: ByteString,
        /// The generation; none if the group is deleted.
        value: Option<GroupMetadataValue>,
    },
}

impl GroupRecord {
    pub(super) fn offset(
        group: &ByteString,
        topic: &ByteString,
        partition: i32,
        value: OffsetCommitValue,
    ) -> Self {
        let mut record = Self::no_offset(group, topic, partition);
        if let Self::Offset { value: place, .. } = &mut record {
            *place = Some(value);
        }
        record
    }

    pub(super) fn no_offset(group: &ByteString, topic: &ByteString, partition: i32) -> Self {
        let key = OffsetCommitKey {
            group: owned(group),
            topic: owned(topic),
            partition,
        };
        Self::Offset { key, value: None }
    }

    /// Key and value, in the versions that Kafka 4.3 writes.
    ///
    /// # Errors
    /// When a name is too long.
    pub fn encode(&self) -> Result<(Bytes, Option<Bytes>), EncodeError> {
        match self {
            Self::Offset { key, value } => {
                let version = match value {
                    Some(value) if value.expire_timestamp >= 0 => OFFSET_WITH_EXPIRY,
                    Some(_) | None => OFFSET,
                };
                let value = value
                    .as_ref()
                    .map(|value| prefixed(version, value, version));
                Ok((prefixed(OffsetCommitKey::TYPE, key, 0)?, value.transpose()?))
            }
            Self::Group { group, value } => {
                let key = GroupMetadataKey {
                    group: group.clone(),
                };
                let value = value.as_ref().map(|value| prefixed(GROUP, value, GROUP));
                Ok((
                    prefixed(GroupMetadataKey::TYPE, &key, 0)?,
                    value.transpose()?,
                ))
            }
        }
    }

    /// Reads a record of any version. None for a type that this release does not know; the log may have been written
    /// by a later one, or by Kafka with groups of other kinds.
    ///
    /// # Errors
    /// When the bytes are not what their type and version say.
    pub fn decode(key: Bytes, value: Option<Bytes>) -> Result<Option<Self>, DecodeError> {
        let mut key = Decoder::new(key);
        Ok(match key.i16()? {
            OLD_OFFSET_KEY | OffsetCommitKey::TYPE => Some(Self::Offset {
                key: OffsetCommitKey::decode(&mut key, 0)?,
                value: value.map(versioned).transpose()?,
            }),
            GroupMetadataKey::TYPE => Some(Self::Group {
                group: GroupMetadataKey::decode(&mut key, 0)?.group,
                value: value.map(versioned).transpose()?,
            }),
            _ => None,
        })
    }
}

/// `number`, then the message.
fn prefixed(number: i16, message: &impl Message, version: i16) -> Result<Bytes, EncodeError> {
    let mut out = Encoder::new();
    out.i16(number);
    message.encode(&mut out, version)?;
    Ok(out.into_bytes())
}

/// A value that begins with its version.
fn versioned<M: Message>(value: Bytes) -> Result<M, DecodeError> {
    let mut value = Decoder::new(value);
    let version = value.i16()?;
    M::from_bytes(value.into_rest(), version)
}
