//! The requests, responses and internal-topic records, generated from `messages/*.schema`.
//!
//! Field names and order are Kafka's. A field that a version does not have is left out when that version is written and
//! takes its default when it is read.

use std::ops::RangeInclusive;
use std::sync::Arc;

use bytes::Bytes;
use bytestring::ByteString;

use super::api::ApiKey;
use super::types::Uuid;
use super::wire::Result;
pub use super::wire::{DecodeError, Decoder, EncodeError, Encoder, Records};

/// Something with a schema: it can be written and read in every version of it.
pub trait Message: Sized + Send + Sync {
    /// Its name, as Kafka's.
    const NAME: &'static str;
    /// The versions its schema knows.
    const VERSIONS: RangeInclusive<i16>;
    /// The first flexible version; `i16::MAX` where there is none (KIP-482).
    const FIRST_FLEXIBLE: i16;

    /// Reads one off the front of `input`.
    ///
    /// # Errors
    /// When the bytes are not this message in `version`.
    fn decode(input: &mut Decoder, version: i16) -> Result<Self>;

    /// Appends it to `out`.
    ///
    /// # Errors
    /// When a field is null that `version` needs, or too long for the wire.
    fn encode(&self, out: &mut Encoder, version: i16) -> std::result::Result<(), EncodeError>;

    /// Reads one from all of `bytes`.
    ///
    /// # Errors
    /// When `version` is not in the schema, or the bytes are not this message, all of it and nothing more.
    fn from_bytes(bytes: Bytes, version: i16) -> Result<Self> {
        if !Self::VERSIONS.contains(&version) {
            return Err(DecodeError::UnknownVersion {
                message: Self::NAME,
                version,
            });
        }
        let mut input = Decoder::new(bytes);
        let message = Self::decode(&mut input, version)?;
        input.finish()?;
        Ok(message)
    }

    /// Its bytes in `version`.
    ///
    /// # Errors
    /// As [`Message::encode`], and when `version` is not in the schema.
    fn to_bytes(&self, version: i16) -> std::result::Result<Bytes, EncodeError> {
        if !Self::VERSIONS.contains(&version) {
            return Err(EncodeError::UnknownVersion {
                message: Self::NAME,
                version,
            });
        }
        let mut out = Encoder::new();
        self.encode(&mut out, version)?;
        Ok(out.into_bytes())
    }
}

/// A request of an API.
pub trait Request: Message {
    /// The API.
    const KEY: ApiKey;
    /// What answers it.
    type Response: Message;
}

/// A record of an internal topic.
pub trait Record: Message {
    /// Its type: the first number of its key, or of its frame.
    const TYPE: i16;
}

fn not_null<T>(value: Option<T>, field: &'static str, version: i16) -> Result<T> {
    value.ok_or(DecodeError::UnexpectedNull { field, version })
}

fn null_if<T>(
    allowed: bool,
    value: Option<T>,
    field: &'static str,
    version: i16,
) -> Result<Option<T>> {
    if value.is_none() && !allowed {
        Err(DecodeError::UnexpectedNull { field, version })
    } else {
        Ok(value)
    }
}

#[expect(
    clippy::nonminimal_bool,
    clippy::redundant_closure_for_method_calls,
    clippy::trivially_copy_pass_by_ref,
    clippy::unnecessary_wraps,
    clippy::unused_self,
    reason = "generated code has one shape, needed or not"
)]
mod generated {
    use super::{
        ApiKey, Arc, ByteString, Bytes, Decoder, EncodeError, Encoder, Message, RangeInclusive,
        Record, Records, Request, Result, Uuid, not_null, null_if,
    };

    include!(concat!(env!("OUT_DIR"), "/messages.rs"));
}
pub use generated::*;
