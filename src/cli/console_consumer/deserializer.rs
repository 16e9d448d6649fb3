//! What keys, values and headers are read as before they are printed: Kafka's own deserializers, by class name.

use std::borrow::Cow;

/// Where those classes live.
const PACKAGE: &str = "org.apache.kafka.common.serialization.";

/// A deserializer whose result prints differently from its bytes, or may refuse them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Deserializer {
    /// UTF-8; what is not becomes U+FFFD.
    String,
    /// Eight bytes, big-endian.
    Long,
    /// Four bytes, big-endian.
    Integer,
    /// Two bytes, big-endian.
    Short,
    /// One byte.
    Boolean,
    /// The text of a UUID.
    Uuid,
}

/// Bytes that a deserializer refuses; the text is Kafka's.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Malformed(String);

impl Deserializer {
    /// The one of this class; none for raw bytes, and for a class that is not known, which the original only logs.
    pub fn of_class(class: &str) -> Option<Self> {
        match class.strip_prefix(PACKAGE)? {
            "StringDeserializer" => Some(Self::String),
            "LongDeserializer" => Some(Self::Long),
            "IntegerDeserializer" => Some(Self::Integer),
            "ShortDeserializer" => Some(Self::Short),
            "BooleanDeserializer" => Some(Self::Boolean),
            "UUIDDeserializer" => Some(Self::Uuid),
            _ => None,
        }
    }

    /// The bytes as they are printed.
    ///
    /// # Errors
    /// [`Malformed`] when they are of the wrong length or form.
    pub fn text(self, bytes: &[u8]) -> Result<Cow<'_, str>, Malformed> {
        match self {
            Self::String => Ok(String::from_utf8_lossy(bytes)),
            Self::Long => Ok(i64::from_be_bytes(sized(bytes, "Long")?).to_string().into()),
            Self::Integer => Ok(i32::from_be_bytes(sized(bytes, "Integer")?)
                .to_string()
                .into()),
            Self::Short => Ok(i16::from_be_bytes(sized(bytes, "Short")?)
                .to_string()
                .into()),
            Self::Boolean => match sized(bytes, "Boolean")? {
                [0] => Ok("false".into()),
                [1] => Ok("true".into()),
                [other] => Err(Malformed(format!(
                    "Unexpected byte received by BooleanDeserializer: {}",
                    i8::from_be_bytes([other])
                ))),
            },
            Self::Uuid => {
                let text = String::from_utf8_lossy(bytes);
                let parsed = uuid::Uuid::parse_str(&text);
                let id = parsed
                    .map_err(|_malformed| Malformed("Error parsing data into UUID".to_owned()))?;
                Ok(id.to_string().into())
            }
        }
    }
}

fn sized<const N: usize>(bytes: &[u8], name: &str) -> Result<[u8; N], Malformed> {
    let wrong = |_| {
        Malformed(format!(
            "Size of data received by {name}Deserializer is not {N}"
        ))
    };
    bytes.try_into().map_err(wrong)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(class: &str, bytes: &[u8]) -> String {
        let deserializer = Deserializer::of_class(&format!("{PACKAGE}{class}")).unwrap();
        deserializer
            .text(bytes)
            .map_or_else(|malformed| malformed.to_string(), Cow::into_owned)
    }

    #[test]
    fn bytes_print_as_what_they_stand_for() {
        assert_eq!(text("LongDeserializer", b"12345678"), "3544952156018063160");
        assert_eq!(text("IntegerDeserializer", &[255; 4]), "-1");
        assert_eq!(text("ShortDeserializer", &[1, 0]), "256");
        assert_eq!(text("BooleanDeserializer", &[1]), "true");
        assert_eq!(text("StringDeserializer", b"a\xff"), "a\u{fffd}");
    }

    #[test]
    fn wrong_sizes_are_told_in_kafkas_words() {
        assert_eq!(
            text("LongDeserializer", b"v1"),
            "Size of data received by LongDeserializer is not 8"
        );
        assert_eq!(
            text("UUIDDeserializer", b"v1"),
            "Error parsing data into UUID"
        );
    }

    #[test]
    fn classes_that_are_not_known_leave_bytes_alone() {
        assert_eq!(Deserializer::of_class("no.such.Class"), None);
        assert_eq!(
            Deserializer::of_class("org.apache.kafka.common.serialization.ByteArrayDeserializer"),
            None
        );
    }
}
