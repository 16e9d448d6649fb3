//! The records of `__cluster_metadata`: everything the controller ever decided.
//!
//! A record's value is framed by three varints (frame version, kind, version of the kind); its key is null.

use bytes::Bytes;

use crate::protocol::messages::{
    AbortTransactionRecord, BeginTransactionRecord, BrokerRegistrationChangeRecord, ClearElrRecord,
    ConfigRecord, DecodeError, Decoder, EncodeError, Encoder, EndTransactionRecord,
    FeatureLevelRecord, FenceBrokerRecord, NoOpRecord, PartitionChangeRecord, PartitionRecord,
    ProducerIdsRecord, Record, RegisterBrokerRecord, RemoveTopicRecord, TopicRecord,
    UnfenceBrokerRecord, UnregisterBrokerRecord,
};

/// The only version of the frame around a record.
const FRAME_VERSION: u32 = 1;

/// Kinds that Apache's controller writes and that change nothing a broker of ours knows: delegation tokens, SCRAM
/// credentials, quotas, ACLs, controllers. They are read over so that a directory of Apache's can be opened.
const UNINTERPRETED: &[u32] = &[10, 11, 14, 18, 19, 21, 22, 26, 27, 29];

/// Why the value of a record is not a metadata record.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RecordError {
    /// A frame of the future, or no frame.
    #[error("frame version {0} of a metadata record is not known")]
    Frame(u32),
    /// A kind of the future.
    #[error("metadata record kind {0} is not known")]
    Kind(u32),
    /// The fields are not what the kind and version say.
    #[error("cannot read a metadata record of kind {kind} and version {version}")]
    Fields {
        /// The kind.
        kind: u32,
        /// Its version.
        version: u32,
        /// What is wrong.
        source: DecodeError,
    },
    /// The frame itself is cut off.
    #[error("cannot read the frame of a metadata record")]
    Truncated(#[source] DecodeError),
}

/// Writes the enum and its two conversions from one list of kinds.
macro_rules! metadata_records {
    ($($(#[doc = $doc:literal])* $variant:ident $type:ident)*) => {
        /// One record of the metadata log.
        #[derive(Debug, Clone, PartialEq)]
        pub enum MetadataRecord {
            $($(#[doc = $doc])* $variant($type),)*
            /// Of a kind that has no effect here.
            Uninterpreted(i16),
        }

        impl MetadataRecord {
            /// The value of the record in the log.
            ///
            /// # Errors
            /// When a text is too long for the wire.
            pub fn encode(&self) -> Result<Bytes, EncodeError> {
                match self {
                    $(Self::$variant(fields) => frame(fields),)*
                    Self::Uninterpreted(_) => frame(&NoOpRecord::default()),
                }
            }

            /// Reads the value of a record of the log.
            ///
            /// # Errors
            /// When it is not a metadata record, or one that this version does not know.
            pub fn decode(value: Bytes) -> Result<Self, RecordError> {
                let mut input = Decoder::new(value);
                let frame_version = input.unsigned_varint().map_err(RecordError::Truncated)?;
                if frame_version != FRAME_VERSION {
                    return Err(RecordError::Frame(frame_version));
                }
                let kind = input.unsigned_varint().map_err(RecordError::Truncated)?;
                let version = input.unsigned_varint().map_err(RecordError::Truncated)?;
                $(if i16::try_from(kind) == Ok($type::TYPE) {
                    return fields(input, kind, version).map(Self::$variant);
                })*
                match i16::try_from(kind) {
                    Ok(known) if UNINTERPRETED.contains(&kind) => Ok(Self::Uninterpreted(known)),
                    Ok(_) | Err(_) => Err(RecordError::Kind(kind)),
                }
            }
        }

        $(impl From<$type> for MetadataRecord {
            fn from(record: $type) -> Self {
                Self::$variant(record)
            }
        })*
    };
}

metadata_records! {
    /// A broker joined, or came back.
    RegisterBroker RegisterBrokerRecord
    /// A broker left for good.
    UnregisterBroker UnregisterBrokerRecord
    /// A topic was created.
    Topic TopicRecord
    /// A partition was created.
    Partition PartitionRecord
    /// A configuration key was set, or with a null value removed.
    Config ConfigRecord
    /// A partition's replicas, leader or in-sync replicas changed.
    PartitionChange PartitionChangeRecord
    /// A broker may no longer lead.
    FenceBroker FenceBrokerRecord
    /// A broker may lead.
    UnfenceBroker UnfenceBrokerRecord
    /// A topic was deleted, with its partitions and configuration.
    RemoveTopic RemoveTopicRecord
    /// The level of a feature was set.
    FeatureLevel FeatureLevelRecord
    /// A block of producer ids was handed out.
    ProducerIds ProducerIdsRecord
    /// A broker was fenced, unfenced or began to shut down.
    BrokerRegistrationChange BrokerRegistrationChangeRecord
    /// Nothing happened: Apache's controller says so twice a second.
    NoOp NoOpRecord
    /// The records that follow count together.
    BeginTransaction BeginTransactionRecord
    /// They count.
    EndTransaction EndTransactionRecord
    /// They do not.
    AbortTransaction AbortTransactionRecord
    /// The eligible leader replicas of a topic, or with an empty name of all, are forgotten.
    ClearElr ClearElrRecord
}

fn frame<R: Record>(fields: &R) -> Result<Bytes, EncodeError> {
    let version = *R::VERSIONS.end();
    let mut out = Encoder::new();
    out.unsigned_varint(FRAME_VERSION);
    out.unsigned_varint(u32::try_from(R::TYPE).unwrap_or_default());
    out.unsigned_varint(u32::try_from(version).unwrap_or_default());
    fields.encode(&mut out, version)?;
    Ok(out.into_bytes())
}

fn fields<R: Record>(mut input: Decoder, kind: u32, version: u32) -> Result<R, RecordError> {
    let failed = |source| RecordError::Fields {
        kind,
        version,
        source,
    };
    let Some(known) = i16::try_from(version)
        .ok()
        .filter(|version| R::VERSIONS.contains(version))
    else {
        let version = i16::try_from(version).unwrap_or(i16::MAX);
        return Err(failed(DecodeError::UnknownVersion {
            message: R::NAME,
            version,
        }));
    };
    let record = R::decode(&mut input, known).map_err(failed)?;
    input.finish().map_err(failed)?;
    Ok(record)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::protocol::Uuid;

    #[test]
    fn records_have_the_bytes_that_apache_gives_them() {
        let feature = FeatureLevelRecord {
            name: "group.version".into(),
            feature_level: 1,
        };
        let bytes = MetadataRecord::from(feature.clone()).encode().unwrap();
        assert_eq!(&bytes[..], b"\x01\x0c\x00\x0egroup.version\x00\x01\x00");
        assert_eq!(
            MetadataRecord::decode(bytes),
            Ok(MetadataRecord::FeatureLevel(feature))
        );
    }

    #[test]
    fn what_is_not_known_is_refused_and_what_is_not_needed_is_read_over() {
        let decode = |bytes: &'static [u8]| MetadataRecord::decode(Bytes::from_static(bytes));
        assert_eq!(decode(&[2, 12, 0]), Err(RecordError::Frame(2)));
        assert_eq!(decode(&[1, 99, 0]), Err(RecordError::Kind(99)));
        assert!(matches!(
            decode(&[1, 2, 9]),
            Err(RecordError::Fields {
                kind: 2,
                version: 9,
                ..
            })
        ));
        assert!(matches!(decode(&[1, 2]), Err(RecordError::Truncated(_))));
        assert!(matches!(
            decode(&[1, 20, 0, 0, 0]),
            Err(RecordError::Fields { .. })
        ));
        assert_eq!(
            decode(&[1, 27, 0, 1, 2, 3]),
            Ok(MetadataRecord::Uninterpreted(27))
        );
    }

    #[test]
    fn a_record_cut_off_anywhere_is_refused() {
        let record = PartitionRecord {
            topic_id: Uuid::from_bytes([7; 16]),
            replicas: vec![1, 2],
            isr: vec![1],
            directories: vec![Uuid::from_bytes([8; 16])],
            eligible_leader_replicas: Some(vec![2]),
            ..PartitionRecord::default()
        };
        let bytes = MetadataRecord::from(record).encode().unwrap();
        for end in 0..bytes.len() {
            assert!(MetadataRecord::decode(bytes.slice(..end)).is_err(), "{end}");
        }
    }

    proptest! {
        #[test]
        fn random_bytes_are_refused_or_read_and_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..200), kind in 0u8..30) {
            let mut framed = vec![1, kind, 0];
            framed.extend(&bytes);
            for value in [framed, bytes] {
                if let Ok(record) = MetadataRecord::decode(Bytes::from(value)) {
                    prop_assert!(record.encode().is_ok());
                }
            }
        }
    }
}
