//! What the leader gives a member: its bytes in `SyncGroup`.

use bytes::Bytes;

use super::{VERSION, read_partitions, read_version, write_partitions};
use crate::protocol::types::TopicPartition;
use crate::protocol::wire::{Decoder, EncodeError, Encoder, Result};

/// `ConsumerProtocolAssignment`, versions 0 to 3, which are all alike.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ConsumerAssignment {
    /// The partitions the member is to read.
    pub partitions: Vec<TopicPartition>,
    /// Whatever the assignor adds.
    pub user_data: Option<Bytes>,
}

impl ConsumerAssignment {
    /// Reads an assignment of any version; no bytes at all are an empty one.
    ///
    /// # Errors
    /// When a field does not decode.
    pub fn decode(bytes: Bytes) -> Result<Self> {
        if bytes.is_empty() {
            return Ok(Self::default());
        }
        let mut input = Decoder::new(bytes);
        read_version(&mut input)?;
        let partitions = read_partitions(&mut input)?;
        let user_data = if input.remaining() > 0 {
            input.bytes(false)?
        } else {
            None
        };
        Ok(Self {
            partitions,
            user_data,
        })
    }

    /// The newest version's bytes.
    ///
    /// # Errors
    /// When a name is longer than a string may be.
    pub fn encode(&self) -> std::result::Result<Bytes, EncodeError> {
        let mut out = Encoder::new();
        out.i16(VERSION);
        write_partitions(&mut out, &self.partitions)?;
        out.bytes(self.user_data.as_deref(), false)?;
        Ok(out.into_bytes())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_bytes_are_those_of_the_java_client() {
        // ConsumerProtocol.serializeAssignment of Kafka 4.3.1.
        const JAVA: &[u8] = b"\0\x03\0\0\0\x01\0\x01t\0\0\0\x02\0\0\0\0\0\0\0\x01\xff\xff\xff\xff";
        let assignment = ConsumerAssignment {
            partitions: vec![TopicPartition::new("t", 0), TopicPartition::new("t", 1)],
            user_data: None,
        };
        assert_eq!(assignment.encode().unwrap(), JAVA);
        assert_eq!(
            ConsumerAssignment::decode(Bytes::from_static(JAVA)),
            Ok(assignment)
        );
    }

    #[test]
    fn no_bytes_are_no_partitions() {
        assert_eq!(
            ConsumerAssignment::decode(Bytes::new()),
            Ok(ConsumerAssignment::default())
        );
    }

    proptest! {
        #[test]
        fn anything_cut_off_is_refused_or_lacks_only_user_data(
            partitions in prop::collection::btree_set(("[a-z]{1,3}", 0..9), 0..9),
        ) {
            let written = ConsumerAssignment {
                partitions: partitions.into_iter().map(|(t, p)| TopicPartition::new(t, p)).collect(),
                user_data: None,
            };
            let bytes = written.encode().unwrap();
            prop_assert_eq!(ConsumerAssignment::decode(bytes.clone()).unwrap(), written.clone());
            for end in 1..bytes.len() {
                let read = ConsumerAssignment::decode(bytes.slice(..end));
                prop_assert!(read.is_err() || read == Ok(written.clone()));
            }
        }

        #[test]
        fn random_bytes_do_not_panic(bytes in prop::collection::vec(any::<u8>(), 0..64)) {
            let _read = ConsumerAssignment::decode(bytes.into());
        }
    }
}
