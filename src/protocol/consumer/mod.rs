//! What consumers of a classic group tell each other through the coordinator, which passes it on unread: the protocol
//! type `consumer` (Kafka's `ConsumerProtocol`).
//!
//! Readers are tolerant, as Java's: a version above the highest known is read as the highest known, bytes after the
//! last field are ignored, and fields that are missing at the end take their defaults (sarama writes version 1
//! without owned partitions).

mod assignment;
mod subscription;

pub use assignment::ConsumerAssignment;
pub use subscription::ConsumerSubscription;

use std::collections::BTreeMap;

use super::types::TopicPartition;
use super::wire::{DecodeError, Decoder, EncodeError, Encoder, Result};

/// The protocol type of consumer groups in `JoinGroup`.
pub const PROTOCOL_TYPE: &str = "consumer";

/// The version written, and the highest that is told from those before it.
const VERSION: i16 = 3;

/// The version at the start of a blob.
fn read_version(input: &mut Decoder) -> Result<i16> {
    match input.i16()? {
        version if version < 0 => Err(DecodeError::UnknownVersion {
            message: "ConsumerProtocol",
            version,
        }),
        version => Ok(version.min(VERSION)),
    }
}

fn read_string(input: &mut Decoder) -> Result<String> {
    let text = input.string(false)?.ok_or(DecodeError::IllegalLength {
        what: "a string",
        length: -1,
    })?;
    Ok(text.to_string())
}

fn read_array<T>(
    input: &mut Decoder,
    item: impl FnMut(&mut Decoder) -> Result<T>,
) -> Result<Vec<T>> {
    let null = DecodeError::IllegalLength {
        what: "an array",
        length: -1,
    };
    // The shortest item there is, a string, has two bytes.
    input.array(false, 2, item)?.ok_or(null)
}

/// `[topic string, [partition i32]]`, the form of partitions in blobs and in the sticky assignor's user data.
///
/// # Errors
/// When the bytes end first.
pub fn read_partitions(input: &mut Decoder) -> Result<Vec<TopicPartition>> {
    let topics = read_array(input, |input| {
        Ok((read_string(input)?, read_array(input, Decoder::i32)?))
    })?;
    let of_topic = |(topic, partitions): (String, Vec<i32>)| {
        partitions
            .into_iter()
            .map(move |partition| TopicPartition::new(topic.clone(), partition))
    };
    Ok(topics.into_iter().flat_map(of_topic).collect())
}

/// Writes what [`read_partitions`] reads, sorted.
///
/// # Errors
/// When a topic's name is longer than a string may be.
pub fn write_partitions(
    out: &mut Encoder,
    partitions: &[TopicPartition],
) -> std::result::Result<(), EncodeError> {
    let mut by_topic: BTreeMap<&str, Vec<i32>> = BTreeMap::new();
    for partition in partitions {
        by_topic
            .entry(&partition.topic)
            .or_default()
            .push(partition.partition);
    }
    let mut by_topic: Vec<_> = by_topic.into_iter().collect();
    for (_, partitions) in &mut by_topic {
        partitions.sort_unstable();
    }
    out.array(Some(&by_topic), false, |out, (topic, partitions)| {
        out.string(Some(topic), false)?;
        out.array(Some(partitions), false, |out, partition| {
            out.i32(*partition);
            Ok(())
        })
    })
}
