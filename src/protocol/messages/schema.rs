//! The notation of the `*.schema` files, read into a small model.
//!
//! ```text
//! # A comment.
//! api 3 Metadata  versions 0-13  flexible 9+      an API; `request` and `response` follow
//! record 2 TopicRecord  versions 0-0              a record of an internal topic; its fields follow
//!   name  type  v3+  tag 0  = -1                  a field; the fields of its struct follow, two blanks deeper
//! ```
//!
//! Types: `bool i8 i16 u16 i32 i64 f64 uuid string bytes records`, a struct by its name, `[]` before any of them; `?`
//! after it means that it may be null, `?(v2..7)` in those versions. `v3+`, `v3..5`, `v3`, `v..5` are the versions that
//! have the field; all of them where it is left out. `tag` makes it a tagged field, `=` gives a default that is not
//! 0, false, empty or null. `shared` is for an array that structs of a message often have in common.

/// A message and everything below it.
pub(crate) struct Message {
    pub(crate) name: String,
    /// API key with the name of the response, or type of a record.
    pub(crate) kind: Kind,
    pub(crate) versions: Versions,
    pub(crate) first_flexible: Option<i16>,
    pub(crate) fields: Vec<Field>,
}

pub(crate) enum Kind {
    Request { key: i16, response: String },
    Response,
    Record { number: i16 },
}

#[derive(Clone, Copy, PartialEq)]
pub(crate) struct Versions {
    pub(crate) first: i16,
    pub(crate) last: i16,
}

impl Versions {
    pub(crate) const ALL: Self = Self {
        first: 0,
        last: i16::MAX,
    };

    fn parse(text: &str) -> Result<Self, String> {
        let number = |digits: &str| {
            digits
                .parse::<i16>()
                .map_err(|e| format!("version {digits:?}: {e}"))
        };
        let body = text
            .strip_prefix('v')
            .ok_or_else(|| format!("{text:?} is no version"))?;
        if let Some(first) = body.strip_suffix('+') {
            return Ok(Self {
                first: number(first)?,
                last: i16::MAX,
            });
        }
        match body.split_once("..") {
            Some(("", last)) => Ok(Self {
                first: 0,
                last: number(last)?,
            }),
            Some((first, last)) => Ok(Self {
                first: number(first)?,
                last: number(last)?,
            }),
            None => Ok(Self {
                first: number(body)?,
                last: number(body)?,
            }),
        }
    }
}

pub(crate) struct Field {
    pub(crate) name: String,
    pub(crate) kind: FieldKind,
    pub(crate) is_array: bool,
    pub(crate) is_shared: bool,
    pub(crate) nullable: Option<Versions>,
    pub(crate) versions: Versions,
    pub(crate) tag: Option<u32>,
    pub(crate) default: Option<String>,
}

pub(crate) enum FieldKind {
    Primitive(String),
    Struct { name: String, fields: Vec<Field> },
}

const PRIMITIVES: [&str; 11] = [
    "bool", "i8", "i16", "u16", "i32", "i64", "f64", "uuid", "string", "bytes", "records",
];

/// A line without its comment: how deep it stands, and its words.
struct Line<'t> {
    number: usize,
    depth: usize,
    words: Vec<&'t str>,
}

/// Reads a whole file.
pub(crate) fn parse(text: &str) -> Result<Vec<Message>, String> {
    let lines: Vec<Line<'_>> = text.lines().enumerate().filter_map(line).collect();
    let mut messages = Vec::new();
    let mut rest = lines.as_slice();
    while let Some((head, after)) = rest.split_first() {
        let at = |fault: String| format!("line {}: {fault}", head.number);
        match head.words.as_slice() {
            ["api", key, name, spec @ ..] => {
                let (versions, first_flexible) = spec_of(spec).map_err(at)?;
                let key = key
                    .parse()
                    .map_err(|_not_a_number| at(format!("API key {key:?}")))?;
                let response = format!("{name}Response");
                let request_name = format!("{name}Request");
                rest = expect_word(after, "request")?;
                let fields = fields(&mut rest, 1, &request_name)?;
                let kind = Kind::Request {
                    key,
                    response: response.clone(),
                };
                messages.push(Message {
                    name: request_name,
                    kind,
                    versions,
                    first_flexible,
                    fields,
                });
                rest = expect_word(rest, "response")?;
                let fields = self::fields(&mut rest, 1, &response)?;
                messages.push(Message {
                    name: response,
                    kind: Kind::Response,
                    versions,
                    first_flexible,
                    fields,
                });
            }
            ["record", number, name, spec @ ..] => {
                let (versions, first_flexible) = spec_of(spec).map_err(at)?;
                let number = number
                    .parse()
                    .map_err(|_not_a_number| at(format!("record type {number:?}")))?;
                rest = after;
                let fields = fields(&mut rest, 1, name)?;
                let kind = Kind::Record { number };
                messages.push(Message {
                    name: (*name).to_owned(),
                    kind,
                    versions,
                    first_flexible,
                    fields,
                });
            }
            _ => return Err(at("expected `api` or `record`".to_owned())),
        }
    }
    Ok(messages)
}

fn line((index, text): (usize, &str)) -> Option<Line<'_>> {
    let code = text.split('#').next().unwrap_or_default();
    let depth = (code.len() - code.trim_start().len()) / 2;
    let words: Vec<&str> = code.split_whitespace().collect();
    (!words.is_empty()).then_some(Line {
        number: index + 1,
        depth,
        words,
    })
}

fn expect_word<'l, 't>(lines: &'l [Line<'t>], word: &str) -> Result<&'l [Line<'t>], String> {
    match lines.split_first() {
        Some((line, rest)) if line.words == [word] => Ok(rest),
        Some((line, _)) => Err(format!("line {}: expected `{word}`", line.number)),
        None => Err(format!("expected `{word}` at the end")),
    }
}

fn spec_of(words: &[&str]) -> Result<(Versions, Option<i16>), String> {
    let (versions, flexible) = match words {
        ["versions", range] => (*range, None),
        ["versions", range, "flexible", first] => (*range, Some(*first)),
        _ => return Err("expected `versions A-B` and perhaps `flexible C+`".to_owned()),
    };
    let (first, last) = versions.split_once('-').ok_or("expected `versions A-B`")?;
    let range = Versions::parse(&format!("v{first}..{last}"))?;
    let flexible = flexible
        .map(|text| Versions::parse(&format!("v{text}")))
        .transpose()?;
    Ok((range, flexible.map(|versions| versions.first)))
}

/// The fields at `depth`; structs below them are named after `owner`, the message.
fn fields(rest: &mut &[Line<'_>], depth: usize, owner: &str) -> Result<Vec<Field>, String> {
    let mut found = Vec::new();
    while let Some((line, after)) = rest.split_first().filter(|(line, _)| line.depth == depth) {
        if line.words.len() == 1 {
            break; // `response`
        }
        *rest = after;
        let mut field =
            field(&line.words).map_err(|fault| format!("line {}: {fault}", line.number))?;
        if let FieldKind::Struct {
            name,
            fields: inner,
        } = &mut field.kind
        {
            *name = format!("{owner}{name}");
            *inner = fields(rest, depth + 1, owner)?;
        }
        found.push(field);
    }
    match rest.first() {
        Some(line) if line.depth > depth => Err(format!("line {}: indented too far", line.number)),
        _ => Ok(found),
    }
}

fn field(words: &[&str]) -> Result<Field, String> {
    let [name, kind, rest @ ..] = words else {
        return Err("expected a name and a type".to_owned());
    };
    let (kind, nullable) = match kind.split_once('?') {
        None => (*kind, None),
        Some((kind, "")) => (kind, Some(Versions::ALL)),
        Some((kind, versions)) => (
            kind,
            Some(Versions::parse(versions.trim_matches(['(', ')']))?),
        ),
    };
    let (kind, is_array) = kind
        .strip_prefix("[]")
        .map_or((kind, false), |item| (item, true));
    let kind = if PRIMITIVES.contains(&kind) {
        FieldKind::Primitive(kind.to_owned())
    } else if kind.starts_with(|c: char| c.is_ascii_uppercase()) {
        FieldKind::Struct {
            name: kind.to_owned(),
            fields: Vec::new(),
        }
    } else {
        return Err(format!("{kind:?} is no type"));
    };
    let mut field = Field {
        name: (*name).to_owned(),
        kind,
        is_array,
        is_shared: false,
        nullable,
        versions: Versions::ALL,
        tag: None,
        default: None,
    };
    let mut words = rest.iter();
    while let Some(word) = words.next() {
        let mut value = || {
            words
                .next()
                .ok_or_else(|| format!("a value after {word:?}"))
        };
        match *word {
            "tag" => field.tag = Some(value()?.parse().map_err(|e| format!("tag: {e}"))?),
            "shared" if is_array && nullable.is_none() => field.is_shared = true,
            "=" => field.default = Some((*value()?).to_owned()),
            versions => field.versions = Versions::parse(versions)?,
        }
    }
    Ok(field)
}
