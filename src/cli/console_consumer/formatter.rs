//! How a record is printed (Kafka's `DefaultMessageFormatter` and its siblings), for scripts, people and programs.

use std::{
    borrow::Cow,
    io::{self, Write},
};

use super::{
    coordinator_record::CoordinatorRecord,
    deserializer::{Deserializer, Malformed},
};
use crate::{
    cli::failure::Failure,
    properties::Properties,
    protocol::record::{RecordRef, TimestampType},
};

/// Where the original's formatters live.
const PACKAGE: &str = "org.apache.kafka.tools.consumer.";

/// A record and where it was found.
#[derive(Debug, Clone, Copy)]
pub struct Found<'r> {
    /// Its topic.
    pub topic: &'r str,
    /// Its partition.
    pub partition: i32,
    /// What its timestamp means.
    pub timestamp_type: TimestampType,
    /// The record.
    pub record: &'r RecordRef<'r>,
}

/// The parts of a record as its deserializers read them, or as they are.
#[derive(Debug)]
pub struct Shown<'r> {
    /// Its key.
    pub key: Option<Cow<'r, [u8]>>,
    /// Its value.
    pub value: Option<Cow<'r, [u8]>>,
    /// Names and values of its headers, in order.
    pub headers: Vec<ShownHeader<'r>>,
}

/// The name of a header, and its value as it is shown.
pub type ShownHeader<'r> = (&'r [u8], Option<Cow<'r, [u8]>>);

/// Why a record was not printed.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// stdout did not take it.
    #[error(transparent)]
    Output(#[from] io::Error),
    /// A deserializer refused it.
    #[error(transparent)]
    Record(#[from] Malformed),
}

/// What kind of formatter it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// Parts of a record, as text.
    Default,
    /// One JSON object after the other, nothing in between.
    Coordinator(CoordinatorRecord),
    /// Prints nothing.
    NoOp,
}

/// Which parts of a record are printed, and how.
#[derive(Debug, Clone)]
pub struct Formatter {
    kind: Kind,
    timestamp: bool,
    partition: bool,
    offset: bool,
    delivery: bool,
    epoch: bool,
    headers: bool,
    key: bool,
    value: bool,
    key_separator: Vec<u8>,
    line_separator: Vec<u8>,
    headers_separator: Vec<u8>,
    null_literal: Vec<u8>,
    key_deserializer: Option<Deserializer>,
    value_deserializer: Option<Deserializer>,
    headers_deserializer: Option<Deserializer>,
}

/// The properties of the default formatter.
pub const KEYS: [&str; 15] = [
    "headers.deserializer",
    "headers.separator",
    "key.deserializer",
    "key.separator",
    "line.separator",
    "null.literal",
    "print.delivery",
    "print.epoch",
    "print.headers",
    "print.key",
    "print.offset",
    "print.partition",
    "print.timestamp",
    "print.value",
    "value.deserializer",
];

/// Keys that no formatter has. Those of a list's deserializer begin with its key.
pub fn unused(properties: &Properties) -> Vec<String> {
    let is_known = |key: &str| KEYS.contains(&key) || key.contains(".deserializer.default.list.");
    let keys = properties.iter().map(|(key, _value)| key);
    keys.filter(|key| !is_known(key))
        .map(str::to_owned)
        .collect()
}

/// Every formatter there is here, without package and suffix.
pub const NAMES: [&str; 6] = [
    "Default",
    "Logging",
    "NoOp",
    "Offsets",
    "GroupMetadata",
    "TransactionLog",
];

/// Their classes.
pub fn classes() -> Vec<String> {
    NAMES
        .map(|name| format!("{PACKAGE}{name}MessageFormatter"))
        .into()
}

/// Whether a `--formatter` exists here.
pub fn is_known(class: &str) -> bool {
    name(class).is_some_and(|name| NAMES.contains(&name))
}

/// `Default` for `org.apache.kafka.tools.consumer.DefaultMessageFormatter`.
fn name(class: &str) -> Option<&str> {
    class
        .strip_prefix(PACKAGE)?
        .strip_suffix("MessageFormatter")
}

impl Formatter {
    /// A formatter of this class with these properties.
    ///
    /// # Errors
    /// [`Failure`] for a deserializer that does not exist here.
    pub fn new(class: Option<&str>, properties: &Properties) -> Result<Self, Failure> {
        let kind = match class.and_then(name) {
            Some("NoOp") => Kind::NoOp,
            Some("Offsets") => Kind::Coordinator(CoordinatorRecord::Offset),
            Some("GroupMetadata") => Kind::Coordinator(CoordinatorRecord::Group),
            Some("TransactionLog") => Kind::Coordinator(CoordinatorRecord::Transaction),
            _ => Kind::Default,
        };
        let is_true = |text: &str| text.trim().eq_ignore_ascii_case("true");
        let flag = |key| properties.get(key).is_some_and(is_true);
        let bytes =
            |key, otherwise: &str| properties.get(key).unwrap_or(otherwise).as_bytes().to_vec();
        Ok(Self {
            kind,
            timestamp: flag("print.timestamp"),
            partition: flag("print.partition"),
            offset: flag("print.offset"),
            delivery: flag("print.delivery"),
            epoch: flag("print.epoch"),
            headers: flag("print.headers"),
            key: flag("print.key"),
            value: properties.get("print.value").is_none_or(is_true),
            key_separator: bytes("key.separator", "\t"),
            line_separator: bytes("line.separator", "\n"),
            headers_separator: bytes("headers.separator", ","),
            null_literal: bytes("null.literal", "null"),
            key_deserializer: Deserializer::of_part("key", properties)?,
            value_deserializer: Deserializer::of_part("value", properties)?,
            headers_deserializer: Deserializer::of_part("headers", properties)?,
        })
    }

    /// Prints a record.
    ///
    /// # Errors
    /// [`Error`]; what came before a part that cannot be printed has been printed.
    pub fn write(&self, found: &Found<'_>, out: &mut impl Write) -> Result<(), Error> {
        match self.kind {
            Kind::Default => self.write_parts(found, out),
            Kind::Coordinator(kind) => match kind.json(found.record)? {
                Some(json) => Ok(write!(out, "{json}")?),
                None => Ok(()),
            },
            Kind::NoOp => Ok(()),
        }
    }

    /// Prints the parts asked for, with the key separator between them and the line separator at the end; nothing at all
    /// if no part is asked for.
    fn write_parts(&self, found: &Found<'_>, out: &mut impl Write) -> Result<(), Error> {
        let record = found.record;
        let mut parts = Joined {
            out,
            between: &self.key_separator,
            is_first: true,
        };
        if self.timestamp {
            let out = parts.next()?;
            match (record.timestamp, found.timestamp_type) {
                (-1, _) => write!(out, "NO_TIMESTAMP")?,
                (millis, TimestampType::CreateTime) => write!(out, "CreateTime:{millis}")?,
                (millis, TimestampType::LogAppendTime) => write!(out, "LogAppendTime:{millis}")?,
            }
        }
        if self.partition {
            write!(parts.next()?, "Partition:{}", found.partition)?;
        }
        if self.offset {
            write!(parts.next()?, "Offset:{}", record.offset)?;
        }
        if self.delivery {
            write!(parts.next()?, "Delivery:NOT_PRESENT")?;
        }
        if self.epoch {
            write!(parts.next()?, "Epoch:NOT_PRESENT")?;
        }
        if self.headers {
            self.write_headers(record, parts.next()?)?;
        }
        if self.key {
            self.write_field(record.key, self.key_deserializer.as_ref(), parts.next()?)?;
        }
        if self.value {
            self.write_field(
                record.value,
                self.value_deserializer.as_ref(),
                parts.next()?,
            )?;
        }
        if !parts.is_first {
            out.write_all(&self.line_separator)?;
        }
        Ok(())
    }

    /// The parts of `record` as they are shown, whichever of them are asked for.
    ///
    /// # Errors
    /// [`Malformed`] when a deserializer refuses one.
    pub fn shown<'r>(&self, record: &'r RecordRef<'r>) -> Result<Shown<'r>, Malformed> {
        let headers = record.headers.iter().map(|header| {
            let value = read(self.headers_deserializer.as_ref(), header.value)?;
            Ok((header.key, value))
        });
        Ok(Shown {
            key: read(self.key_deserializer.as_ref(), record.key)?,
            value: read(self.value_deserializer.as_ref(), record.value)?,
            headers: headers.collect::<Result<_, _>>()?,
        })
    }

    fn write_headers(&self, record: &RecordRef<'_>, out: &mut impl Write) -> Result<(), Error> {
        if record.headers.is_empty() {
            return Ok(out.write_all(b"NO_HEADERS")?);
        }
        for (at, header) in record.headers.iter().enumerate() {
            if at > 0 {
                out.write_all(&self.headers_separator)?;
            }
            out.write_all(header.key)?;
            out.write_all(b":")?;
            self.write_field(header.value, self.headers_deserializer.as_ref(), out)?;
        }
        Ok(())
    }

    /// The bytes as they are, or as a deserializer reads them; it is given the null literal for what is absent.
    fn write_field(
        &self,
        bytes: Option<&[u8]>,
        deserializer: Option<&Deserializer>,
        out: &mut impl Write,
    ) -> Result<(), Error> {
        let bytes = bytes.unwrap_or(&self.null_literal);
        match deserializer {
            None => out.write_all(bytes)?,
            Some(deserializer) => out.write_all(deserializer.text(bytes)?.as_bytes())?,
        }
        Ok(())
    }
}

fn read<'b>(
    deserializer: Option<&Deserializer>,
    bytes: Option<&'b [u8]>,
) -> Result<Option<Cow<'b, [u8]>>, Malformed> {
    let text = match (deserializer, bytes) {
        (_, None) => return Ok(None),
        (None, Some(bytes)) => return Ok(Some(Cow::Borrowed(bytes))),
        (Some(deserializer), Some(bytes)) => deserializer.text(bytes)?,
    };
    Ok(Some(match text {
        Cow::Borrowed(text) => Cow::Borrowed(text.as_bytes()),
        Cow::Owned(text) => Cow::Owned(text.into_bytes()),
    }))
}

/// Writes separators between parts.
struct Joined<'p, W> {
    out: &'p mut W,
    between: &'p [u8],
    is_first: bool,
}

impl<W: Write> Joined<'_, W> {
    /// Where the next part goes.
    fn next(&mut self) -> io::Result<&mut W> {
        if !self.is_first {
            self.out.write_all(self.between)?;
        }
        self.is_first = false;
        Ok(self.out)
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::cli::console_consumer::json;
    use crate::protocol::record::{Batch, BatchBuilder, BatchOptions, Header, NewRecord};
    use bytes::Bytes;

    /// What `print` makes of a record with these parts, at offset 0 of partition 0, made at 1700000000000.
    pub(in crate::cli::console_consumer) fn with_record<T>(
        key: Option<&[u8]>,
        value: Option<&[u8]>,
        headers: &[(&str, Option<&str>)],
        print: impl Fn(&Found<'_>) -> T,
    ) -> T {
        let bytes = |text: &str| Bytes::copy_from_slice(text.as_bytes());
        let headers: Vec<_> = headers
            .iter()
            .map(|(key, value)| Header {
                key: bytes(key),
                value: value.map(bytes),
            })
            .collect();
        let record = NewRecord {
            timestamp: 1_700_000_000_000,
            key,
            value,
            headers: &headers,
        };
        let mut builder = BatchBuilder::default();
        builder.append(&record).unwrap();
        let mut batch = builder.build(&BatchOptions::default()).unwrap();
        let records = Batch::split(&mut batch).unwrap().records(1 << 20).unwrap();
        let record = records.iter().next().unwrap().unwrap();
        print(&Found {
            topic: "t",
            partition: 0,
            timestamp_type: TimestampType::CreateTime,
            record: &record,
        })
    }

    fn plain(properties: &[(&str, &str)], found: &Found<'_>) -> String {
        let mut out = Vec::new();
        let formatter = Formatter::new(None, &properties.iter().copied().collect()).unwrap();
        formatter.write(found, &mut out).map_or_else(
            |error| error.to_string(),
            |()| String::from_utf8(out).unwrap(),
        )
    }

    const ALL: [(&str, &str); 7] = [
        ("print.timestamp", "true"),
        ("print.partition", "true"),
        ("print.offset", "TRUE "),
        ("print.headers", "true"),
        ("print.key", "true"),
        ("print.epoch", "true"),
        ("print.delivery", "true"),
    ];

    #[test]
    fn parts_come_in_the_originals_order_and_form() {
        with_record(
            Some(b"k1"),
            Some(b"v1"),
            &[("h", Some("1")), ("i", None)],
            |found| {
                assert_eq!(plain(&[], found), "v1\n");
                assert_eq!(
                    plain(&ALL, found),
                    "CreateTime:1700000000000\tPartition:0\tOffset:0\tDelivery:NOT_PRESENT\tEpoch:NOT_PRESENT\th:1,i:null\tk1\tv1\n"
                );
                assert_eq!(plain(&[("print.value", "false")], found), "");
                assert_eq!(
                    plain(&[("print.value", "false"), ("print.key", "true")], found),
                    "k1\n"
                );
                assert_eq!(plain(&[("line.separator", ";")], found), "v1;");
            },
        );
    }

    #[test]
    fn what_is_absent_prints_as_the_null_literal() {
        with_record(None, None, &[], |found| {
            assert_eq!(
                plain(
                    &[
                        ("print.key", "true"),
                        ("null.literal", "<nil>"),
                        ("key.separator", " => ")
                    ],
                    found
                ),
                "<nil> => <nil>\n"
            );
            assert_eq!(
                plain(&[("print.headers", "true")], found),
                "NO_HEADERS\tnull\n"
            );
            let long = [(
                "value.deserializer",
                "org.apache.kafka.common.serialization.LongDeserializer",
            )];
            assert_eq!(
                plain(&long, found),
                "Size of data received by LongDeserializer is not 8"
            );
        });
    }

    #[test]
    fn programs_get_every_part() {
        let line = |found: &Found<'_>| {
            let formatter = Formatter::new(None, &Properties::default()).unwrap();
            let (shown, mut out) = (formatter.shown(found.record).unwrap(), Vec::new());
            json::write(found, &shown, &mut out).unwrap();
            String::from_utf8(out).unwrap()
        };
        let headers = [("h", Some("1")), ("h", None)];
        with_record(Some(b"\"k\n"), None, &headers, |found| {
            assert_eq!(
                line(found),
                "{\"topic\":\"t\",\"partition\":0,\"offset\":0,\"timestamp\":1700000000000,\"timestamp_type\":\"CreateTime\",\
                 \"key\":\"\\\"k\\n\",\"headers\":[{\"key\":\"h\",\"value\":\"1\"},{\"key\":\"h\",\"value\":null}],\"value\":null}\n"
            );
        });
    }

    #[test]
    fn the_no_op_formatter_prints_nothing() {
        let formatter = Formatter::new(
            Some("org.apache.kafka.tools.consumer.NoOpMessageFormatter"),
            &Properties::default(),
        )
        .unwrap();
        with_record(None, Some(b"v"), &[], |found| {
            let mut out = Vec::new();
            formatter.write(found, &mut out).unwrap();
            assert_eq!(out, b"");
        });
    }
}
