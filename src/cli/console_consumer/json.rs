//! A record as a line of JSON, from which the console producer makes the same record again (docs/json.md).

use std::io::{self, Write};

use base64::{display::Base64Display, engine::general_purpose::STANDARD};

use super::formatter::{Found, Shown};
use crate::protocol::record::TimestampType;

/// Writes the record that was `found`, its parts as `shown`, and a newline. Bytes that are not UTF-8 go to `key_b64` and
/// `value_b64`.
///
/// # Errors
/// As `out`.
pub fn write(found: &Found<'_>, shown: &Shown<'_>, out: &mut impl Write) -> io::Result<()> {
    out.write_all(b"{\"topic\":")?;
    serde_json::to_writer(&mut *out, found.topic)?;
    let (partition, offset) = (found.partition, found.record.offset);
    write!(out, ",\"partition\":{partition},\"offset\":{offset}")?;
    match found.record.timestamp {
        millis @ 0.. => write!(out, ",\"timestamp\":{millis}")?,
        _none => out.write_all(b",\"timestamp\":null")?,
    }
    out.write_all(match found.timestamp_type {
        TimestampType::CreateTime => b",\"timestamp_type\":\"CreateTime\",",
        TimestampType::LogAppendTime => b",\"timestamp_type\":\"LogAppendTime\",",
    })?;
    write_field("key", shown.key.as_deref(), out)?;
    out.write_all(b",\"headers\":[")?;
    for (at, (key, value)) in shown.headers.iter().enumerate() {
        out.write_all(if at > 0 { b",{" } else { b"{" })?;
        write_field("key", Some(key), out)?;
        out.write_all(b",")?;
        write_field("value", value.as_deref(), out)?;
        out.write_all(b"}")?;
    }
    out.write_all(b"],")?;
    write_field("value", shown.value.as_deref(), out)?;
    out.write_all(b"}\n")
}

fn write_field(name: &str, bytes: Option<&[u8]>, out: &mut impl Write) -> io::Result<()> {
    let Some(bytes) = bytes else {
        return write!(out, "\"{name}\":null");
    };
    match std::str::from_utf8(bytes) {
        Ok(text) => {
            write!(out, "\"{name}\":")?;
            Ok(serde_json::to_writer(out, text)?)
        }
        Err(_binary) => {
            let text = Base64Display::new(bytes, &STANDARD);
            write!(out, "\"{name}_b64\":\"{text}\"")
        }
    }
}
