//! Record batches (magic 2): a view over bytes, a builder, codecs.
//!
//! A batch stays the bytes it arrived in: the broker reads its header, checks its CRC and patches a copy of the header.
//! Records are decoded only by those who need them. Nothing here trusts a length, a count or a compressed stream.

pub mod batch;
pub mod builder;
pub mod compression;
pub mod control;
pub mod crc;
pub mod error;
mod rebuild;
#[expect(
    clippy::module_inception,
    reason = "records of record batches: both words are Kafka's"
)]
pub mod record;
mod snappy;
#[cfg(test)]
#[expect(clippy::arithmetic_side_effects, reason = "numbers in tests are small")]
mod tests;
mod varint;

pub use batch::{Attributes, Batch, BatchHeader, Batches, HEADER_LEN, TimestampType};
pub use builder::{BatchBuilder, BatchOptions, NewRecord};
pub use compression::{Codec, Compression};
pub use control::{ControlType, EndTransactionMarker};
pub use crc::{Crc32c, crc32c};
pub use error::RecordError;
pub use record::{
    BatchRecords, Header, HeaderRef, Headers, OwnedRecords, Record, RecordIter, RecordRef,
};
