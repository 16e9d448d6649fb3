//! What a member wants and has: the metadata of its protocols in `JoinGroup`.

use bytes::Bytes;

use super::{VERSION, read_array, read_partitions, read_string, read_version, write_partitions};
use crate::protocol::types::TopicPartition;
use crate::protocol::wire::{Decoder, EncodeError, Encoder, Result};

/// `ConsumerProtocolSubscription`, versions 0 to 3.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConsumerSubscription {
    /// The topics the member subscribes to.
    pub topics: Vec<String>,
    /// Whatever the assignor adds.
    pub user_data: Option<Bytes>,
    /// The partitions the member holds on to (KIP-429). Version 1.
    pub owned: Vec<TopicPartition>,
    /// The generation in which it came to own them; -1 if unknown (KIP-792). Version 2.
    pub generation: i32,
    /// `client.rack` (KIP-881). Version 3.
    pub rack: Option<String>,
}

impl Default for ConsumerSubscription {
    fn default() -> Self {
        Self {
            topics: Vec::new(),
            user_data: None,
            owned: Vec::new(),
            generation: -1,
            rack: None,
        }
    }
}

impl ConsumerSubscription {
    /// Reads a subscription of any version.
    ///
    /// # Errors
    /// When a field does not decode.
    pub fn decode(bytes: Bytes) -> Result<Self> {
        let mut input = Decoder::new(bytes);
        let version = read_version(&mut input)?;
        let mut subscription = Self {
            topics: read_array(&mut input, read_string)?,
            user_data: input.bytes(false)?,
            ..Self::default()
        };
        if version >= 1 && input.remaining() > 0 {
            subscription.owned = read_partitions(&mut input)?;
        }
        if version >= 2 && input.remaining() > 0 {
            subscription.generation = input.i32()?;
        }
        if version >= 3 && input.remaining() > 0 {
            subscription.rack = input.string(false)?.map(|rack| rack.to_string());
        }
        Ok(subscription)
    }

    /// The newest version's bytes, topics and partitions sorted as Java's client sorts them.
    ///
    /// # Errors
    /// When a name is longer than a string may be.
    pub fn encode(&self) -> std::result::Result<Bytes, EncodeError> {
        let mut out = Encoder::new();
        out.i16(VERSION);
        let mut topics: Vec<&str> = self.topics.iter().map(String::as_str).collect();
        topics.sort_unstable();
        out.array(Some(&topics), false, |out, topic| {
            out.string(Some(topic), false)
        })?;
        out.bytes(self.user_data.as_deref(), false)?;
        write_partitions(&mut out, &self.owned)?;
        out.i32(self.generation);
        out.string(self.rack.as_deref(), false)?;
        Ok(out.into_bytes())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn subscription() -> ConsumerSubscription {
        ConsumerSubscription {
            topics: vec!["b".to_owned(), "a".to_owned()],
            user_data: Some(Bytes::from_static(&[9])),
            owned: vec![
                TopicPartition::new("t", 1),
                TopicPartition::new("s", 0),
                TopicPartition::new("t", 0),
            ],
            generation: 7,
            rack: Some("r".to_owned()),
        }
    }

    #[test]
    fn the_bytes_are_those_of_the_java_client() {
        // ConsumerProtocol.serializeSubscription of Kafka 4.3.1.
        const JAVA: &[u8] =
            b"\0\x03\0\0\0\x02\0\x01a\0\x01b\0\0\0\x01\x09\0\0\0\x02\0\x01s\0\0\0\x01\0\0\0\0\
            \0\x01t\0\0\0\x02\0\0\0\0\0\0\0\x01\0\0\0\x07\0\x01r";
        assert_eq!(subscription().encode().unwrap(), JAVA);
    }

    #[test]
    fn older_versions_end_earlier_and_newer_ones_later() {
        let v0 = b"\0\0\0\0\0\x01\0\x01a\xff\xff\xff\xff";
        let read = ConsumerSubscription::decode(Bytes::from_static(v0)).unwrap();
        assert_eq!(
            read,
            ConsumerSubscription {
                topics: vec!["a".to_owned()],
                ..Default::default()
            }
        );

        let mut v9 = subscription().encode().unwrap().to_vec();
        v9[1] = 9;
        v9.extend([1, 2, 3]);
        assert_eq!(
            ConsumerSubscription::decode(v9.into()).unwrap().generation,
            7
        );
    }

    #[test]
    fn version_1_without_owned_partitions_is_read() {
        let sarama = b"\0\x01\0\0\0\x01\0\x01a\0\0\0\0";
        let read = ConsumerSubscription::decode(Bytes::from_static(sarama)).unwrap();
        assert_eq!(
            (read.topics, read.owned, read.generation),
            (vec!["a".to_owned()], vec![], -1)
        );
    }

    #[test]
    fn a_negative_version_is_refused() {
        assert!(
            ConsumerSubscription::decode(Bytes::from_static(b"\xff\xff\0\0\0\0\0\0\0\0")).is_err()
        );
    }

    #[test]
    fn giant_counts_are_refused() {
        for place in [2, 12, 17] {
            let mut bytes = subscription().encode().unwrap().to_vec();
            bytes[place..place + 4].copy_from_slice(&i32::MAX.to_be_bytes());
            assert!(
                ConsumerSubscription::decode(bytes.into()).is_err(),
                "at {place}"
            );
        }
    }

    proptest! {
        #[test]
        fn anything_written_reads_back(
            topics in prop::collection::btree_set("[a-z.]{1,9}", 0..5),
            owned in prop::collection::btree_set(("[a-z]{1,3}", 0..9), 0..9),
            user_data in prop::option::of(prop::collection::vec(any::<u8>(), 0..9)),
            generation in any::<i32>(),
            rack in prop::option::of("[a-z]{0,3}"),
        ) {
            let written = ConsumerSubscription {
                topics: topics.into_iter().collect(),
                user_data: user_data.map(Bytes::from),
                owned: owned.into_iter().map(|(t, p)| TopicPartition::new(t, p)).collect(),
                generation,
                rack,
            };
            let bytes = written.encode().unwrap();
            prop_assert_eq!(ConsumerSubscription::decode(bytes.clone()).unwrap(), written);
            for end in 0..bytes.len() {
                // Cut off anywhere it may be read with defaults, or refused, but does not panic.
                let _read = ConsumerSubscription::decode(bytes.slice(..end));
            }
        }

        #[test]
        fn random_bytes_do_not_panic(bytes in prop::collection::vec(any::<u8>(), 0..64)) {
            let _read = ConsumerSubscription::decode(bytes.into());
        }
    }
}
