//! What can be wrong with a record batch.

use std::io;

use super::compression::Codec;
use crate::protocol::ErrorCode;

/// Why bytes are not a batch, or a batch cannot be made.
#[derive(Debug, thiserror::Error)]
pub enum RecordError {
    /// Fewer bytes than the batch says it has, or than a header needs.
    #[error("batch is cut off: {needed} bytes expected, {available} present")]
    Incomplete {
        /// Bytes the header or the batch takes.
        needed: usize,
        /// Bytes there are.
        available: usize,
    },
    /// A `batch_length` that does not even cover the header.
    #[error("batch length {0} is shorter than a batch header")]
    BatchLength(i32),
    /// A message format other than 2.
    #[error("message format {0} is not supported")]
    Magic(i8),
    /// The bytes do not have the checksum that the header states.
    #[error("batch checksum is {computed:08x} but its header says {stored:08x}")]
    Crc {
        /// As the header has it.
        stored: u32,
        /// Of the bytes at hand.
        computed: u32,
    },
    /// A codec number nobody has assigned.
    #[error("unknown compression codec {0}")]
    UnknownCodec(i16),
    /// Records that break the rules of the format.
    #[error("invalid record: {0}")]
    Invalid(&'static str),
    /// A compressed stream that is damaged or cut off.
    #[error("cannot decompress {codec} records")]
    Decompress {
        /// The batch's codec.
        codec: Codec,
        /// What the codec says.
        source: io::Error,
    },
    /// A batch that could not be compressed.
    #[error("cannot compress records with {codec}")]
    Compress {
        /// The codec asked for.
        codec: Codec,
        /// What the codec says.
        source: io::Error,
    },
    /// More bytes than the caller allows, or than a batch can hold.
    #[error("records take more than {limit} bytes")]
    TooLarge {
        /// The limit, in bytes.
        limit: usize,
    },
}

impl RecordError {
    /// The code a broker answers with when a producer sent this.
    pub const fn code(&self) -> ErrorCode {
        match self {
            Self::Incomplete { .. }
            | Self::BatchLength(_)
            | Self::Crc { .. }
            | Self::Decompress { .. } => ErrorCode::CorruptMessage,
            Self::Magic(_) | Self::Invalid(_) => ErrorCode::InvalidRecord,
            Self::UnknownCodec(_) => ErrorCode::UnsupportedCompressionType,
            Self::TooLarge { .. } => ErrorCode::MessageTooLarge,
            Self::Compress { .. } => ErrorCode::UnknownServerError,
        }
    }
}
