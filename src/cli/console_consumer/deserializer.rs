//! What keys, values and headers are read as before they are printed: Kafka's own deserializers, by class name.

use std::{borrow::Cow, collections::BTreeSet};

use crate::{cli::failure::Failure, properties::Properties};

/// Where those classes live.
const PACKAGE: &str = "org.apache.kafka.common.serialization.";
/// Every one that is known here, without package and suffix.
const NAMES: [&str; 13] = [
    "String",
    "Integer",
    "Long",
    "Short",
    "Float",
    "Double",
    "Boolean",
    "UUID",
    "Bytes",
    "ByteArray",
    "ByteBuffer",
    "Void",
    "List",
];

/// Their classes.
pub fn classes() -> Vec<String> {
    NAMES
        .map(|name| format!("{PACKAGE}{name}Deserializer"))
        .into()
}

/// A deserializer whose result prints differently from its bytes, or may refuse them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Deserializer {
    /// UTF-8; what is not becomes U+FFFD.
    String,
    /// Eight bytes, big-endian.
    Long,
    /// Four bytes, big-endian.
    Integer,
    /// Two bytes, big-endian.
    Short,
    /// Four bytes, IEEE 754.
    Float,
    /// Eight bytes, IEEE 754.
    Double,
    /// One byte.
    Boolean,
    /// The text of a UUID.
    Uuid,
    /// Any bytes; those that are not printable ASCII as `\x0A`.
    Bytes,
    /// Any bytes, of which only the number is printed.
    ByteBuffer,
    /// Nothing; there is always something, if only the null literal.
    Void,
    /// Several of another kind (`ListSerde`).
    List(Box<Self>),
}

/// Bytes that a deserializer refuses; the text is Kafka's.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Malformed(String);

impl Malformed {
    /// A record that cannot be printed, and why.
    pub const fn new(why: String) -> Self {
        Self(why)
    }
}

impl Deserializer {
    /// The one that `PART.deserializer` names; none for bytes as they are.
    ///
    /// # Errors
    /// [`Failure`] for a class that does not exist here.
    pub fn of_part(part: &str, properties: &Properties) -> Result<Option<Self>, Failure> {
        let key = format!("{part}.deserializer");
        let Some(class) = properties.get(&key).filter(|class| !class.is_empty()) else {
            return Ok(None);
        };
        let unknown = |class: &str| {
            Failure::new(
                format!("cannot read {part} with '{class}': no such deserializer here"),
                format!(
                    "there are {}-Deserializer, in {}",
                    NAMES.join("-, "),
                    PACKAGE.trim_end_matches('.')
                ),
            )
        };
        let Some(name) = class
            .strip_prefix(PACKAGE)
            .and_then(|name| name.strip_suffix("Deserializer"))
        else {
            return Err(unknown(class));
        };
        if name == "ByteArray" {
            return Ok(None);
        }
        if name != "List" {
            return Self::named(name).map(Some).ok_or_else(|| unknown(class));
        }
        let side = if part == "key" { "key" } else { "value" };
        let inner = format!("{key}.default.list.{side}.serde.inner");
        let serde = properties.get(&inner).unwrap_or_default();
        let name = serde
            .strip_prefix(PACKAGE)
            .and_then(|name| name.strip_prefix("Serdes$")?.strip_suffix("Serde"));
        match name.and_then(Self::named) {
            Some(of) => Ok(Some(Self::List(Box::new(of)))),
            None => Err(Failure::new(
                format!("cannot read {part} as a list: no such serde: '{serde}'"),
                format!("say what is in it: {inner}={PACKAGE}Serdes$StringSerde"),
            )),
        }
    }

    fn named(name: &str) -> Option<Self> {
        Some(match name {
            "String" => Self::String,
            "Long" => Self::Long,
            "Integer" => Self::Integer,
            "Short" => Self::Short,
            "Float" => Self::Float,
            "Double" => Self::Double,
            "Boolean" => Self::Boolean,
            "UUID" => Self::Uuid,
            "Bytes" => Self::Bytes,
            "ByteBuffer" => Self::ByteBuffer,
            "Void" => Self::Void,
            _ => return None,
        })
    }

    /// The bytes as they are printed.
    ///
    /// # Errors
    /// [`Malformed`] when they are of the wrong length or form.
    pub fn text<'b>(&self, bytes: &'b [u8]) -> Result<Cow<'b, str>, Malformed> {
        let text = match self {
            Self::String => return Ok(String::from_utf8_lossy(bytes)),
            Self::Long => i64::from_be_bytes(sized(bytes, "Long")?).to_string(),
            Self::Integer => i32::from_be_bytes(sized(bytes, "Integer")?).to_string(),
            Self::Short => i16::from_be_bytes(sized(bytes, "Short")?).to_string(),
            Self::Float => java_float(f32::from_be_bytes(sized(bytes, "")?)),
            Self::Double => java_double(f64::from_be_bytes(sized(bytes, "")?)),
            Self::Boolean => match sized(bytes, "Boolean")? {
                [0] => "false".to_owned(),
                [1] => "true".to_owned(),
                [other] => {
                    let byte = i8::from_be_bytes([other]);
                    let text = format!("Unexpected byte received by BooleanDeserializer: {byte}");
                    return Err(Malformed(text));
                }
            },
            Self::Uuid => uuid(&String::from_utf8_lossy(bytes))
                .ok_or_else(|| Malformed("Error parsing data into UUID".to_owned()))?,
            Self::Bytes => bytes.iter().map(|byte| escaped(*byte)).collect(),
            Self::ByteBuffer => {
                let length = bytes.len();
                format!("java.nio.HeapByteBuffer[pos=0 lim={length} cap={length}]")
            }
            Self::Void => {
                return Err(Malformed(
                    "Data should be null for a VoidDeserializer.".to_owned(),
                ));
            }
            Self::List(of) => {
                let entries = of.entries(bytes)?;
                format!("[{}]", entries.join(", "))
            }
        };
        Ok(text.into())
    }

    /// The bytes of one of a list, where all have as many.
    const fn fixed_size(&self) -> Option<usize> {
        match self {
            Self::Short => Some(2),
            Self::Integer | Self::Float => Some(4),
            Self::Long | Self::Double => Some(8),
            Self::Uuid => Some(36),
            _ => None,
        }
    }

    /// Those of a list: a flag; the places of nulls if all the others have the same size; how many; and they, each after
    /// its size unless that is known.
    fn entries(&self, mut bytes: &[u8]) -> Result<Vec<String>, Malformed> {
        let mut nulls = BTreeSet::new();
        let size = match take(&mut bytes, 1)? {
            [0] => {
                for _ in 0..int(&mut bytes)? {
                    nulls.insert(int(&mut bytes)?);
                }
                self.fixed_size()
            }
            _ => None,
        };
        let mut entries = Vec::new();
        for at in 0..int(&mut bytes)? {
            let size = match size {
                Some(_) if nulls.contains(&at) => None,
                Some(size) => Some(size),
                None => usize::try_from(int(&mut bytes)?).ok(),
            };
            entries.push(match size {
                Some(size) => self.text(take(&mut bytes, size)?)?.into_owned(),
                None => "null".to_owned(),
            });
        }
        Ok(entries)
    }
}

fn int(bytes: &mut &[u8]) -> Result<i32, Malformed> {
    Ok(i32::from_be_bytes(sized(take(bytes, 4)?, "List")?))
}

fn take<'b>(bytes: &mut &'b [u8], count: usize) -> Result<&'b [u8], Malformed> {
    let cut = bytes.split_at_checked(count);
    let (taken, rest) =
        cut.ok_or_else(|| Malformed("Unable to deserialize into a List".to_owned()))?;
    *bytes = rest;
    Ok(taken)
}

fn sized<const N: usize>(bytes: &[u8], name: &str) -> Result<[u8; N], Malformed> {
    let wrong = |_| {
        Malformed(format!(
            "Size of data received by {name}Deserializer is not {N}"
        ))
    };
    bytes.try_into().map_err(wrong)
}

/// `Float.toString`.
fn java_float(number: f32) -> String {
    if (1e-3..1e7).contains(&number.abs()) {
        return format!("{number:?}");
    }
    java_scientific(&format!("{number:e}"))
}

/// `Double.toString`.
fn java_double(number: f64) -> String {
    if (1e-3..1e7).contains(&number.abs()) {
        return format!("{number:?}");
    }
    java_scientific(&format!("{number:e}"))
}

/// What Rust writes as `1e23`, `0e0`, `inf` and `NaN`, as Java does.
fn java_scientific(text: &str) -> String {
    match text.split_once('e') {
        None => text.replace("inf", "Infinity"),
        Some((digits, "0")) => format!("{digits}.0"),
        Some((digits, exponent)) if digits.contains('.') => format!("{digits}E{exponent}"),
        Some((digits, exponent)) => format!("{digits}.0E{exponent}"),
    }
}

/// `UUID.fromString`, which takes groups of fewer digits and drops digits that are too many.
fn uuid(text: &str) -> Option<String> {
    let mut groups = text
        .split('-')
        .map(|group| u64::from_str_radix(group, 16).ok());
    let mut group = |bits: u32| Some(groups.next()?? & (u64::MAX >> (64 - bits)));
    let (low, mid, high) = (group(32)?, group(16)?, group(16)?);
    let (sequence, node) = (group(16)?, group(48)?);
    let is_all = groups.next().is_none() && text.len() <= 36;
    is_all.then(|| format!("{low:08x}-{mid:04x}-{high:04x}-{sequence:04x}-{node:012x}"))
}

/// As `Bytes.toString`.
fn escaped(byte: u8) -> String {
    match byte {
        b' '..=b'~' if byte != b'\\' => char::from(byte).to_string(),
        _ => format!("\\x{byte:02X}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn deserializer(class: &str) -> Result<Option<Deserializer>, Failure> {
        let properties = [
            ("value.deserializer", class),
            (
                "value.deserializer.default.list.value.serde.inner",
                "org.apache.kafka.common.serialization.Serdes$IntegerSerde",
            ),
        ];
        Deserializer::of_part("value", &properties.into_iter().collect())
    }

    fn text(name: &str, bytes: &[u8]) -> String {
        let deserializer = deserializer(&format!("{PACKAGE}{name}Deserializer"))
            .unwrap()
            .unwrap();
        let text = deserializer.text(bytes);
        text.map_or_else(|malformed| malformed.to_string(), Cow::into_owned)
    }

    #[test]
    fn bytes_print_as_what_they_stand_for() {
        assert_eq!(text("Long", b"12345678"), "3544952156018063160");
        assert_eq!(text("Integer", &[255; 4]), "-1");
        assert_eq!(text("Short", &[1, 0]), "256");
        assert_eq!(text("Boolean", &[1]), "true");
        assert_eq!(text("String", b"a\xff"), "a\u{fffd}");
        assert_eq!(text("Bytes", b"a\xff\\ ~"), "a\\xFF\\x5C ~");
        assert_eq!(
            text("ByteBuffer", b"abc"),
            "java.nio.HeapByteBuffer[pos=0 lim=3 cap=3]"
        );
        assert_eq!(
            text("UUID", b"1-2-3-4-5"),
            "00000001-0002-0003-0004-000000000005"
        );
    }

    #[test]
    fn numbers_with_a_fraction_print_as_java_prints_them() {
        let numbers = [
            (1.0, "1.0"),
            (0.001, "0.001"),
            (0.000_999, "9.99E-4"),
            (9_999_999.0, "9999999.0"),
            (1e7, "1.0E7"),
            (-1.5e300, "-1.5E300"),
            (0.0, "0.0"),
            (-0.0, "-0.0"),
            (f64::NAN, "NaN"),
            (f64::NEG_INFINITY, "-Infinity"),
        ];
        for (number, expected) in numbers {
            assert_eq!(text("Double", &number.to_be_bytes()), expected);
        }
        assert_eq!(text("Float", &0.1_f32.to_be_bytes()), "0.1");
        assert_eq!(text("Float", &1e10_f32.to_be_bytes()), "1.0E10");
    }

    #[test]
    fn lists_print_in_brackets() {
        let fixed = b"\0\0\0\0\x01\0\0\0\x01\0\0\0\x03\0\0\0\x07\0\0\0\x08";
        assert_eq!(text("List", fixed), "[7, null, 8]");
        let sized = b"\x01\0\0\0\x02\xff\xff\xff\xff\0\0\0\x04\0\0\0\x09";
        assert_eq!(text("List", sized), "[null, 9]");
        assert_eq!(
            text("List", b"\x01\x7f\xff\xff\xff"),
            "Unable to deserialize into a List"
        );
    }

    #[test]
    fn wrong_sizes_are_told_in_kafkas_words() {
        assert_eq!(
            text("Long", b"v1"),
            "Size of data received by LongDeserializer is not 8"
        );
        assert_eq!(
            text("Float", b"v1"),
            "Size of data received by Deserializer is not 4"
        );
        assert_eq!(text("UUID", b"v1"), "Error parsing data into UUID");
        assert_eq!(
            text("Void", b"null"),
            "Data should be null for a VoidDeserializer."
        );
    }

    #[test]
    fn byte_arrays_stay_as_they_are_and_other_classes_are_refused() {
        assert_eq!(
            deserializer(&format!("{PACKAGE}ByteArrayDeserializer")),
            Ok(None)
        );
        let refused = deserializer("no.such.Class").unwrap_err();
        assert_eq!(
            refused.plain,
            "cannot read value with 'no.such.Class': no such deserializer here"
        );
    }
}
