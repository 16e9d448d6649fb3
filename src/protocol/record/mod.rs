//! Record batches (magic 2): a view over bytes, a builder, codecs.
//!
//! A batch stays the bytes it arrived in: the broker reads its header, checks its CRC and patches a copy of the header.
//! Records are decoded only by those who need them. Nothing here trusts a length, a count or a compressed stream.

pub mod batch;
pub mod compression;
pub mod crc;
pub mod error;

pub use batch::{Attributes, Batch, BatchHeader, Batches, HEADER_LEN, TimestampType};
pub use compression::Codec;
pub use crc::{Crc32c, crc32c};
pub use error::RecordError;
