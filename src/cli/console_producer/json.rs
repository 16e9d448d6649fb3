//! What a line of JSON says: a record as `kafka-console-consumer --output json` writes it (docs/json.md).

use base64::{Engine, engine::general_purpose::STANDARD};
use serde::{Deserialize, Deserializer};

use crate::client::producer::Header;

/// A record, read from its line.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Record {
    /// Where it was.
    pub partition: Option<i32>,
    /// In ms since 1970, -1 for a record that has none; absent where the line does not say.
    pub timestamp: Option<i64>,
    /// Its key.
    pub key: Option<Vec<u8>>,
    /// Its value.
    pub value: Option<Vec<u8>>,
    /// Its headers, in order; names may repeat.
    pub headers: Vec<Header>,
}

/// Why a line is no record.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// It is not JSON, or not an object of the right types.
    #[error("not a record in JSON: {0}")]
    Json(#[from] serde_json::Error),
    /// There is nothing to send.
    #[error("no \"value\": a tombstone says \"value\":null")]
    NoValue,
    /// A header without a name.
    #[error("a header has no \"key\"")]
    NoHeaderKey,
    /// The same part in two forms.
    #[error("both \"{0}\" and \"{0}_b64\"")]
    Twice(&'static str),
    /// Bytes that are not in base64.
    #[error("\"{0}_b64\" is not base64: {1}")]
    Base64(&'static str, base64::DecodeError),
}

/// The fields that matter; the others (`topic`, `offset`, and what a later version adds) say where it came from.
#[derive(Deserialize)]
struct Document {
    partition: Option<i32>,
    #[serde(default, deserialize_with = "present")]
    timestamp: Field<i64>,
    key: Option<String>,
    key_b64: Option<String>,
    #[serde(default, deserialize_with = "present")]
    value: Field<String>,
    value_b64: Option<String>,
    headers: Option<Vec<HeaderDocument>>,
}

#[derive(Deserialize)]
struct HeaderDocument {
    key: Option<String>,
    key_b64: Option<String>,
    value: Option<String>,
    value_b64: Option<String>,
}

/// A field where nothing and `null` mean different things.
#[derive(Default)]
enum Field<T> {
    #[default]
    Absent,
    Null,
    Is(T),
}

fn present<'d, T: Deserialize<'d>, D: Deserializer<'d>>(from: D) -> Result<Field<T>, D::Error> {
    let field = Option::deserialize(from)?;
    Ok(field.map_or(Field::Null, Field::Is))
}

/// Reads a line.
///
/// # Errors
/// [`Error`] when it is no record.
pub fn read(line: &[u8]) -> Result<Record, Error> {
    let document: Document = serde_json::from_slice(line)?;
    let value = match document.value {
        Field::Absent if document.value_b64.is_none() => return Err(Error::NoValue),
        Field::Absent | Field::Null => None,
        Field::Is(value) => Some(value),
    };
    let headers = document.headers.unwrap_or_default().into_iter();
    Ok(Record {
        partition: document.partition,
        timestamp: match document.timestamp {
            Field::Absent => None,
            Field::Null => Some(-1),
            Field::Is(millis) => Some(millis),
        },
        key: bytes("key", document.key, document.key_b64)?,
        value: bytes("value", value, document.value_b64)?,
        headers: headers.map(header).collect::<Result<_, _>>()?,
    })
}

fn header(document: HeaderDocument) -> Result<Header, Error> {
    let key = bytes("key", document.key, document.key_b64)?.ok_or(Error::NoHeaderKey)?;
    let value = bytes("value", document.value, document.value_b64)?;
    Ok(Header {
        key: key.into(),
        value: value.map(Into::into),
    })
}

fn bytes(
    name: &'static str,
    text: Option<String>,
    base64: Option<String>,
) -> Result<Option<Vec<u8>>, Error> {
    match (text, base64) {
        (Some(_), Some(_)) => Err(Error::Twice(name)),
        (Some(text), None) => Ok(Some(text.into_bytes())),
        (None, Some(base64)) => match STANDARD.decode(base64) {
            Ok(bytes) => Ok(Some(bytes)),
            Err(error) => Err(Error::Base64(name, error)),
        },
        (None, None) => Ok(None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(line: &str) -> String {
        read(line.as_bytes()).unwrap_err().to_string()
    }

    #[test]
    fn every_part_is_read() {
        let line = br#"{"topic":"t","partition":3,"offset":9,"timestamp":17,"timestamp_type":"CreateTime","key_b64":"/w==",
            "headers":[{"key":"h","value":null},{"key":"h","value_b64":"AP8="}],"value":""}"#;
        let header = |value: Option<&'static [u8]>| Header {
            key: "h".into(),
            value: value.map(Into::into),
        };
        let expected = Record {
            partition: Some(3),
            timestamp: Some(17),
            key: Some(vec![255]),
            value: Some(Vec::new()),
            headers: vec![header(None), header(Some(&[0, 255]))],
        };
        assert_eq!(read(line).unwrap(), expected);
    }

    #[test]
    fn what_is_absent_is_told_from_what_is_null() {
        let read = |line: &str| read(line.as_bytes()).unwrap();
        assert_eq!(read(r#"{"value":null}"#), Record::default());
        assert_eq!(
            read(r#"{"value":null,"timestamp":null}"#).timestamp,
            Some(-1)
        );
        assert_eq!(
            said(r#"{"order":7}"#),
            "no \"value\": a tombstone says \"value\":null"
        );
    }

    #[test]
    fn what_cannot_be_a_record_says_why() {
        assert!(said("hello").starts_with("not a record in JSON: expected value at line 1"));
        assert!(
            said(r#"{"value":7}"#).starts_with("not a record in JSON: invalid type: integer `7`")
        );
        assert_eq!(
            said(r#"{"value":"","value_b64":""}"#),
            "both \"value\" and \"value_b64\""
        );
        assert!(said(r#"{"value_b64":"?"}"#).starts_with("\"value_b64\" is not base64: "));
        assert_eq!(
            said(r#"{"value":"","headers":[{}]}"#),
            "a header has no \"key\""
        );
    }
}
