//! What a line says: `[HEADERS delimiter] [KEY separator] VALUE`, in bytes (Kafka's `LineMessageReader`).

use memchr::memmem::Finder;
use regex::bytes::Regex;

use crate::{
    cli::{
        failure::{self, Failure},
        printer::glyphs::cut,
    },
    properties::Properties,
};

/// What helps where a separator is missing.
const INCOMPLETE: &str = "to take such lines as they are: --reader-property ignore.error=true";

/// Characters of a line that a person is shown.
const SHOWN_MAX: usize = 60;

/// The properties of the line reader.
pub const KEYS: [&str; 8] = [
    "headers.delimiter",
    "headers.key.separator",
    "headers.separator",
    "ignore.error",
    "key.separator",
    "null.marker",
    "parse.headers",
    "parse.key",
];

/// Keys that the line reader does not have.
pub fn unused(properties: &Properties) -> Vec<String> {
    let keys = properties.iter().map(|(key, _value)| key);
    keys.filter(|key| !KEYS.contains(key))
        .map(str::to_owned)
        .collect()
}

/// How lines are taken apart.
#[derive(Debug, Clone)]
pub struct LineFormat {
    key_separator: Option<Finder<'static>>,
    headers: Option<Headers>,
    null_marker: Option<Vec<u8>>,
    ignore_error: bool,
}

#[derive(Debug, Clone)]
struct Headers {
    delimiter: Finder<'static>,
    /// A regular expression, as in the original.
    separator: Regex,
    key_separator: Finder<'static>,
}

/// A header's name and value.
pub type Header<'l> = (&'l [u8], Option<&'l [u8]>);

/// A record, as slices of its line.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Line<'l> {
    /// Its key.
    pub key: Option<&'l [u8]>,
    /// Its value.
    pub value: Option<&'l [u8]>,
    /// Its headers, in order; names may repeat.
    pub headers: Vec<Header<'l>>,
}

impl LineFormat {
    /// # Errors
    /// [`Failure`] when separators cannot be told apart.
    pub fn new(properties: &Properties) -> Result<Self, Failure> {
        let is_true = |key| {
            properties
                .get(key)
                .is_some_and(|text| text.trim().eq_ignore_ascii_case("true"))
        };
        let text = |key, otherwise| properties.get(key).unwrap_or(otherwise);
        let key_separator = text("key.separator", "\t");
        let delimiter = text("headers.delimiter", "\t");
        let separator = text("headers.separator", ",");
        let header_key_separator = text("headers.key.separator", ":");
        let null_marker = properties.get("null.marker");
        differ(
            ("headers.delimiter", delimiter),
            ("headers.separator", separator),
        )?;
        differ(
            ("headers.delimiter", delimiter),
            ("headers.key.separator", header_key_separator),
        )?;
        differ(
            ("headers.separator", separator),
            ("headers.key.separator", header_key_separator),
        )?;
        if let Some(marker) = null_marker {
            for (name, text) in [
                ("key.separator", key_separator),
                ("headers.separator", separator),
                ("headers.delimiter", delimiter),
                ("headers.key.separator", header_key_separator),
            ] {
                differ(("null.marker", marker), (name, text))?;
            }
        }
        let separator =
            Regex::new(separator).map_err(|error| failure::invalid_pattern(separator, &error))?;
        let finder = |text: &str| Finder::new(text.as_bytes()).into_owned();
        Ok(Self {
            key_separator: is_true("parse.key").then(|| finder(key_separator)),
            headers: is_true("parse.headers").then(|| Headers {
                delimiter: finder(delimiter),
                separator,
                key_separator: finder(header_key_separator),
            }),
            null_marker: null_marker.map(|marker| marker.as_bytes().to_vec()),
            ignore_error: is_true("ignore.error"),
        })
    }

    /// Whether a line is a value and nothing else, so that [`LineFormat::read`] has nothing to do.
    pub fn is_value_only(&self) -> bool {
        self.key_separator.is_none() && self.headers.is_none() && self.null_marker.is_none()
    }

    /// Takes line `number` (from 1) apart.
    ///
    /// # Errors
    /// [`Failure`] where a separator is missing, unless `ignore.error` is set: then that part is absent.
    pub fn read<'l>(&self, line: &'l [u8], number: u64) -> Result<Line<'l>, Failure> {
        let mut rest = line;
        let mut part = |finder: Option<&Finder<'_>>, what: &str| {
            let Some(finder) = finder else {
                return Ok(None);
            };
            match split_once(rest, finder) {
                Some((part, after)) => {
                    rest = after;
                    Ok(Some(part))
                }
                None if self.ignore_error => Ok(None),
                None => {
                    let line = String::from_utf8_lossy(line);
                    let text = format!("No {what} found on line number {number}: '{line}'");
                    let told = format!("no {what} in '{}'", cut(&line, SHOWN_MAX, true));
                    Err(Failure::new(text, INCOMPLETE).told(told))
                }
            }
        };
        let headers = part(
            self.headers.as_ref().map(|headers| &headers.delimiter),
            "headers delimiter",
        )?;
        let key = part(self.key_separator.as_ref(), "key separator")?;
        Ok(Line {
            key: key.filter(|key| !self.is_null(key)),
            value: Some(rest).filter(|value| !self.is_null(value)),
            headers: match (headers, &self.headers) {
                (Some(block), Some(format)) if !self.is_null(block) => {
                    self.split_headers(block, format, number)?
                }
                _ => Vec::new(),
            },
        })
    }

    fn split_headers<'l>(
        &self,
        block: &'l [u8],
        format: &Headers,
        number: u64,
    ) -> Result<Vec<Header<'l>>, Failure> {
        let mut headers = Vec::new();
        for pair in java_split(&format.separator, block) {
            match split_once(pair, &format.key_separator) {
                Some((key, _)) if self.is_null(key) => {
                    let marker = String::from_utf8_lossy(key);
                    let text = format!(
                        "Header keys should not be equal to the null marker '{marker}' as they can't be null"
                    );
                    let hint = "another one: --reader-property null.marker=TEXT";
                    return Err(Failure::new(text, hint));
                }
                Some((key, value)) => {
                    headers.push((key, Some(value).filter(|value| !self.is_null(value))));
                }
                None if self.ignore_error => headers.push((pair, None)),
                None => {
                    let pair = String::from_utf8_lossy(pair);
                    let text = format!(
                        "No header key separator found in pair '{pair}' on line number {number}"
                    );
                    let told = format!(
                        "no header key separator in '{}'",
                        cut(&pair, SHOWN_MAX, true)
                    );
                    return Err(Failure::new(text, INCOMPLETE).told(told));
                }
            }
        }
        Ok(headers)
    }

    fn is_null(&self, bytes: &[u8]) -> bool {
        self.null_marker.as_deref() == Some(bytes)
    }
}

fn differ((one, a): (&str, &str), (other, b): (&str, &str)) -> Result<(), Failure> {
    if a == b {
        return Err(Failure::new(
            format!("{one} and {other} may not be equal"),
            format!("both are '{a}'; another one: --reader-property {one}=TEXT"),
        ));
    }
    Ok(())
}

fn split_once<'l>(bytes: &'l [u8], finder: &Finder<'_>) -> Option<(&'l [u8], &'l [u8])> {
    let (before, after) = bytes.split_at_checked(finder.find(bytes)?)?;
    Some((before, after.get(finder.needle().len()..)?))
}

/// `Pattern.split`: no empty parts at the end, none in front of a match of nothing at the start.
fn java_split<'l>(separator: &Regex, bytes: &'l [u8]) -> Vec<&'l [u8]> {
    let mut parts = Vec::new();
    let mut from = 0;
    for found in separator.find_iter(bytes).filter(|found| found.end() > 0) {
        parts.extend(bytes.get(from..found.start()));
        from = found.end();
    }
    parts.extend(bytes.get(from..));
    if from == 0 {
        return parts;
    }
    while parts.last().is_some_and(|part| part.is_empty()) {
        parts.pop();
    }
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    fn format(properties: &[(&str, &str)]) -> LineFormat {
        LineFormat::new(&properties.iter().copied().collect()).unwrap()
    }

    /// A record as `key|value|name=value,...`, with `null` for what is absent.
    fn shown(line: &Line<'_>) -> String {
        let text = |bytes: Option<&[u8]>| {
            bytes.map_or("null".into(), |bytes| {
                String::from_utf8_lossy(bytes).into_owned()
            })
        };
        let headers: Vec<_> = line
            .headers
            .iter()
            .map(|(name, value)| format!("{}={}", text(Some(name)), text(*value)))
            .collect();
        format!(
            "{}|{}|{}",
            text(line.key),
            text(line.value),
            headers.join(",")
        )
    }

    fn read(properties: &[(&str, &str)], line: &str) -> String {
        match format(properties).read(line.as_bytes(), 3) {
            Ok(line) => shown(&line),
            Err(failure) => failure.plain,
        }
    }

    const KEY: (&str, &str) = ("parse.key", "TRUE ");
    const COLON: (&str, &str) = ("key.separator", ":");
    const HEADERS: (&str, &str) = ("parse.headers", "true");
    const IGNORE: (&str, &str) = ("ignore.error", "true");
    const NULL: (&str, &str) = ("null.marker", "NULL");

    #[test]
    fn a_line_is_a_value_unless_told_otherwise() {
        assert_eq!(read(&[], "a\tb"), "null|a\tb|");
        assert!(format(&[]).is_value_only() && !format(&[KEY]).is_value_only());
    }

    #[test]
    fn the_first_separator_ends_the_key() {
        assert_eq!(read(&[KEY], "k\tv"), "k|v|");
        assert_eq!(read(&[KEY, COLON], "k2:v2:more"), "k2|v2:more|");
        assert_eq!(read(&[KEY, COLON], ":no key"), "|no key|");
        assert_eq!(read(&[KEY, COLON], "k3:"), "k3||");
    }

    #[test]
    fn headers_stand_in_front() {
        assert_eq!(
            read(&[KEY, HEADERS], "h1:v1,h2:v2\tkey\tvalue"),
            "key|value|h1=v1,h2=v2"
        );
        assert_eq!(read(&[HEADERS], "h1:\tvalue"), "null|value|h1=");
        let other = [
            HEADERS,
            ("headers.delimiter", "|"),
            ("headers.separator", ";"),
            ("headers.key.separator", "="),
        ];
        assert_eq!(read(&other, "h1=a;h2=;h1=b|val"), "null|val|h1=a,h2=,h1=b");
    }

    #[test]
    fn headers_split_as_java_splits() {
        let lenient = [KEY, HEADERS, IGNORE];
        assert_eq!(read(&lenient, ",a:1,,\tk\tv"), "k|v|=null,a=1");
        assert_eq!(read(&lenient, "\tk\tv"), "k|v|=null");
        let everywhere = [HEADERS, IGNORE, ("headers.separator", "|")];
        assert_eq!(
            read(&everywhere, "a|b:1|\tv"),
            "null|v|a=null,|=null,b=null,=,1=null,|=null"
        );
    }

    #[test]
    fn the_null_marker_stands_for_nothing() {
        let null = [KEY, COLON, NULL];
        assert_eq!(read(&null, "NULL:NULL"), "null|null|");
        assert_eq!(read(&null, "a:NULL"), "a|null|");
        assert_eq!(read(&[HEADERS, NULL], "h:NULL\tv"), "null|v|h=null");
        assert_eq!(read(&[HEADERS, NULL], "NULL\tv"), "null|v|");
        assert_eq!(
            read(&[HEADERS, NULL], "NULL:1\tv"),
            "Header keys should not be equal to the null marker 'NULL' as they can't be null"
        );
    }

    #[test]
    fn what_is_missing_is_named_with_its_line() {
        assert_eq!(
            read(&[KEY, COLON], "no separator"),
            "No key separator found on line number 3: 'no separator'"
        );
        assert_eq!(
            read(&[HEADERS], "none"),
            "No headers delimiter found on line number 3: 'none'"
        );
        assert_eq!(
            read(&[HEADERS], "bad,h:v\tx"),
            "No header key separator found in pair 'bad' on line number 3"
        );
        assert_eq!(
            read(&[KEY, COLON, IGNORE], "no separator"),
            "null|no separator|"
        );
    }

    #[test]
    fn separators_must_differ() {
        let said = |properties: &[(&str, &str)]| {
            LineFormat::new(&properties.iter().copied().collect())
                .unwrap_err()
                .plain
        };
        assert_eq!(
            said(&[("headers.delimiter", ",")]),
            "headers.delimiter and headers.separator may not be equal"
        );
        assert_eq!(
            said(&[COLON, ("null.marker", ":")]),
            "null.marker and key.separator may not be equal"
        );
    }
}
