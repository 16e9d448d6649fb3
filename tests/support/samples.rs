//! Messages as bytes, written from the schemas alone: no code of the library under test takes part.
//!
//! What is written is canonical (a tagged field never holds its default), so whoever reads it must write the same bytes
//! again.

use std::fs;

use super::schema::{self, Field, FieldKind, Message, Versions};

/// Every message of `src/protocol/messages/*.schema`.
pub(crate) fn schemas() -> Vec<Message> {
    let mut files: Vec<_> = fs::read_dir("src/protocol/messages")
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|kind| kind == "schema"))
        .collect();
    files.sort();
    files
        .iter()
        .flat_map(|file| schema::parse(&fs::read_to_string(file).unwrap()).unwrap())
        .collect()
}

/// A small generator of numbers (splitmix64): the same seed gives the same message.
#[derive(Clone)]
pub(crate) struct Random(pub(crate) u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    pub(crate) fn below(&mut self, end: usize) -> usize {
        usize::try_from(self.next() % u64::try_from(end).unwrap()).unwrap()
    }

    fn bytes(&mut self, count: usize) -> Vec<u8> {
        (0..count).map(|_| self.next().to_le_bytes()[0]).collect()
    }
}

/// The bytes of some `message` in `version`.
pub(crate) fn sample(message: &Message, version: i16, random: &mut Random) -> Vec<u8> {
    let writer = Writer::new(message, version);
    Writer {
        random: Some(random),
        ..writer
    }
    .message(message)
}

/// The bytes of `message` with as many default items in each of its outer arrays.
pub(crate) fn crowd(message: &Message, version: i16, items: usize) -> Vec<u8> {
    let writer = Writer::new(message, version);
    Writer { items, ..writer }.message(message)
}

pub(crate) fn contains(versions: Versions, version: i16) -> bool {
    (versions.first..=versions.last).contains(&version)
}

struct Writer<'r> {
    version: i16,
    flexible: bool,
    /// `None` writes defaults.
    random: Option<&'r mut Random>,
    /// How many items an array has where defaults are written.
    items: usize,
    out: Vec<u8>,
}

impl Writer<'_> {
    fn new(message: &Message, version: i16) -> Self {
        Self {
            version,
            flexible: message.first_flexible.is_some_and(|first| version >= first),
            random: None,
            items: 0,
            out: Vec::new(),
        }
    }

    fn message(mut self, message: &Message) -> Vec<u8> {
        self.fields(&message.fields);
        self.out
    }

    fn fields(&mut self, fields: &[Field]) {
        let (tagged, plain): (Vec<&Field>, Vec<&Field>) = fields
            .iter()
            .filter(|field| contains(field.versions, self.version))
            .partition(|field| field.tag.is_some());
        for field in plain {
            self.value(field);
        }
        if self.flexible {
            self.tags(tagged);
        }
    }

    fn tags(&mut self, mut fields: Vec<&Field>) {
        fields.sort_by_key(|field| field.tag);
        let mut written = Vec::new();
        for field in fields {
            let content = self.apart(field, true);
            if content != self.apart(field, false) {
                written.push((field.tag.unwrap(), content));
            }
        }
        self.varint(written.len());
        for (tag, content) in written {
            self.varint(usize::try_from(tag).unwrap());
            self.varint(content.len());
            self.out.extend(content);
        }
    }

    /// The content of a tagged field: random, or its default.
    fn apart(&mut self, field: &Field, random: bool) -> Vec<u8> {
        let mut writer = Writer {
            version: self.version,
            flexible: self.flexible,
            random: self.random.as_deref_mut().filter(|_| random),
            items: 0,
            out: Vec::new(),
        };
        writer.value(field);
        writer.out
    }

    fn value(&mut self, field: &Field) {
        let may_be_null = field
            .nullable
            .is_some_and(|versions| contains(versions, self.version));
        let is_null = match &mut self.random {
            None => may_be_null && !(field.is_array && self.items > 0),
            Some(random) => may_be_null && random.below(4) == 0,
        };
        let is_struct = matches!(field.kind, FieldKind::Struct { .. });
        match (is_null, field.is_array) {
            (true, false) if is_struct => self.out.push(0xff),
            (true, false) if is_named(field, "string") => self.length(None, 2),
            (true, _) => self.length(None, 4),
            (false, true) => {
                let items = std::mem::take(&mut self.items);
                let count = self.count(4).max(items);
                self.length(Some(count), 4);
                for _ in 0..count {
                    self.item(field);
                }
                self.items = items;
            }
            (false, false) => {
                if may_be_null && is_struct {
                    self.out.push(1);
                }
                self.item(field);
            }
        }
    }

    fn item(&mut self, field: &Field) {
        match &field.kind {
            FieldKind::Struct { fields, .. } => self.fields(fields),
            FieldKind::Primitive(kind) => match (kind.as_str(), &mut self.random) {
                ("string", _) => self.text(),
                ("bytes" | "records", _) => {
                    let count = self.count(40);
                    self.length(Some(count), 4);
                    self.random_bytes(count);
                }
                ("bool", None) => self.out.push(u8::from(field.default.is_some())),
                ("bool", Some(random)) => {
                    let value = random.below(2).to_le_bytes()[0];
                    self.out.push(value);
                }
                (_, Some(_)) => self.random_bytes(size(kind)),
                (_, None) => {
                    let default: i64 = field
                        .default
                        .as_ref()
                        .map_or(0, |text| text.parse().unwrap());
                    self.out
                        .extend(&default.to_be_bytes()[8_usize.saturating_sub(size(kind))..]);
                    self.out.extend(vec![0; size(kind).saturating_sub(8)]);
                }
            },
        }
    }

    fn text(&mut self) {
        let count = self.count(6);
        let letters = ["a", "Z", ".", "-", "ß", "時", "𝄞"];
        let text: String = (0..count)
            .map(|_| {
                self.random
                    .as_mut()
                    .map_or("", |random| letters[random.below(letters.len())])
            })
            .collect();
        self.length(Some(text.len()), 2);
        self.out.extend(text.bytes());
    }

    fn count(&mut self, end: usize) -> usize {
        self.random.as_mut().map_or(0, |random| random.below(end))
    }

    fn random_bytes(&mut self, count: usize) {
        if let Some(random) = &mut self.random {
            self.out.extend(random.bytes(count));
        }
    }

    fn length(&mut self, length: Option<usize>, width: usize) {
        if self.flexible {
            self.varint(length.map_or(0, |length| length + 1));
        } else {
            let number = length.map_or(-1, |length| i64::try_from(length).unwrap());
            self.out.extend(&number.to_be_bytes()[8 - width..]);
        }
    }

    fn varint(&mut self, mut value: usize) {
        while value > 0x7f {
            self.out.push(0x80 | (value & 0x7f).to_le_bytes()[0]);
            value >>= 7;
        }
        self.out.push(value.to_le_bytes()[0]);
    }
}

fn is_named(field: &Field, name: &str) -> bool {
    matches!(&field.kind, FieldKind::Primitive(kind) if kind == name)
}

fn size(kind: &str) -> usize {
    match kind {
        "i8" => 1,
        "i16" | "u16" => 2,
        "i32" => 4,
        "i64" | "f64" => 8,
        "uuid" => 16,
        other => panic!("{other} has no fixed size"),
    }
}
