//! Frames: the four-byte length prefix, request headers and response headers.

use bytes::{Bytes, BytesMut};
use bytestring::ByteString;

use super::api::ApiKey;
use super::messages::{Message, Request};
use super::wire::{DecodeError, Decoder, EncodeError, Encoder, Piece};

/// Bytes of the length prefix.
pub const PREFIX_LEN: usize = 4;

/// What stands before every request.
///
/// The client id keeps its two-byte length in flexible versions too; the tagged fields behind it are only there in
/// those, which the reader of the body knows: [`RequestHeader::skip_tags`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RequestHeader {
    /// Which API.
    pub api_key: ApiKey,
    /// In which version.
    pub api_version: i16,
    /// Returned in the response.
    pub correlation_id: i32,
    /// What the client calls itself.
    pub client_id: Option<ByteString>,
}

impl RequestHeader {
    /// Reads the four fields.
    ///
    /// # Errors
    /// When the frame is too short for them, or the client id is not UTF-8.
    pub fn decode(input: &mut Decoder) -> Result<Self, DecodeError> {
        Ok(Self {
            api_key: ApiKey(input.i16()?),
            api_version: input.i16()?,
            correlation_id: input.i32()?,
            client_id: input.string(false)?,
        })
    }

    /// Skips the tagged fields where the version of `R` is flexible.
    ///
    /// # Errors
    /// When the frame ends first.
    pub fn skip_tags<R: Request>(&self, input: &mut Decoder) -> Result<(), DecodeError> {
        if self.api_version >= R::FIRST_FLEXIBLE {
            input.tagged_fields(|_, _| Ok(false))
        } else {
            Ok(())
        }
    }
}

/// A whole frame for `request`, length prefix included.
///
/// # Errors
/// When a field cannot be written in `version`, or the frame is too long for its prefix.
pub fn encode_request<R: Request>(
    request: &R,
    version: i16,
    correlation_id: i32,
    client_id: Option<&str>,
) -> Result<Vec<Piece>, EncodeError> {
    if !R::VERSIONS.contains(&version) {
        return Err(EncodeError::UnknownVersion {
            message: R::NAME,
            version,
        });
    }
    let mut out = Encoder::new();
    out.i32(0);
    out.i16(R::KEY.0);
    out.i16(version);
    out.i32(correlation_id);
    out.string(client_id, false)?;
    if version >= R::FIRST_FLEXIBLE {
        out.unsigned_varint(0);
    }
    request.encode(&mut out, version)?;
    finish(out)
}

/// A whole frame for `response`, length prefix included, written into `buffer`.
///
/// # Errors
/// When a field cannot be written in `version`, or the frame is too long for its prefix.
pub fn encode_response<R: Request>(
    response: &R::Response,
    version: i16,
    correlation_id: i32,
    buffer: BytesMut,
) -> Result<Vec<Piece>, EncodeError> {
    let mut out = Encoder::with_buffer(buffer);
    out.i32(0);
    out.i32(correlation_id);
    // A client reads the answer to an ApiVersions version that this broker does not know, so its header never changes.
    if version >= R::FIRST_FLEXIBLE && R::KEY != ApiKey::API_VERSIONS {
        out.unsigned_varint(0);
    }
    response.encode(&mut out, version)?;
    finish(out)
}

fn finish(mut out: Encoder) -> Result<Vec<Piece>, EncodeError> {
    let length = out.len().saturating_sub(PREFIX_LEN);
    let prefix = i32::try_from(length).map_err(|_too_large| EncodeError::TooLong {
        what: "a frame",
        length,
    })?;
    out.patch_i32(0, prefix);
    Ok(out.into_pieces())
}

/// Reads a response to `R` from a whole frame without its prefix: the correlation id and the message.
///
/// # Errors
/// When the bytes are not that response in `version`.
pub fn decode_response<R: Request>(
    frame: Bytes,
    version: i16,
) -> Result<(i32, R::Response), DecodeError> {
    let mut input = Decoder::new(frame);
    let correlation_id = input.i32()?;
    if version >= R::FIRST_FLEXIBLE && R::KEY != ApiKey::API_VERSIONS {
        input.tagged_fields(|_, _| Ok(false))?;
    }
    let response = R::Response::decode(&mut input, version)?;
    input.finish()?;
    Ok((correlation_id, response))
}
