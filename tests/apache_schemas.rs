//! Our schemas against the ones Apache Kafka ships in its jars, field by field in every version.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use serde_json::Value;

use crate::support::samples::{contains, schemas};
use crate::support::schema::{Field, FieldKind, Kind, Message, Versions};

const DIR: &str = "target/interop/apache-kafka/schemas/common";

#[test]
#[ignore = "needs Apache Kafka's jars: tests/interop/setup apache"]
fn every_schema_is_the_one_apache_ships() {
    let apache = apache_schemas();
    let mut faults = Vec::new();
    for ours in schemas() {
        let Some(theirs) = apache.get(&ours.name) else {
            faults.push(format!("Apache has no {}", ours.name));
            continue;
        };
        for version in ours.versions.first..=ours.versions.last {
            let (ours, theirs) = (our_lines(&ours, version), their_lines(theirs, version));
            if ours != theirs {
                let both = format!("ours\n{}\nApache's\n{}", ours.join("\n"), theirs.join("\n"));
                faults.push(both);
            }
        }
    }
    assert!(
        faults.is_empty(),
        "{} faults\n{}",
        faults.len(),
        faults.join("\n\n")
    );
}

fn apache_schemas() -> BTreeMap<String, Value> {
    let read = |folder: &str| {
        fs::read_dir(Path::new(DIR).join(folder)).expect("tests/interop/setup apache was run")
    };
    let is_json = |file: &std::path::PathBuf| file.extension().is_some_and(|kind| kind == "json");
    let files = read("message")
        .chain(read("metadata"))
        .map(|entry| entry.unwrap().path())
        .filter(is_json);
    let schemas = files.map(|file| {
        let text = fs::read_to_string(file).unwrap();
        let code: Vec<&str> = text
            .lines()
            .filter(|line| !line.trim_start().starts_with("//"))
            .collect();
        let schema: Value = serde_json::from_str(&code.join("\n")).unwrap();
        (schema["name"].as_str().unwrap().to_owned(), schema)
    });
    schemas.collect()
}

/// A message in one version as text: a head, and a line for each field with all that is on the wire.
fn our_lines(message: &Message, version: i16) -> Vec<String> {
    let (key, valid) = match &message.kind {
        Kind::Request { key, .. } => (Some(*key), true),
        Kind::Response => (None, true),
        Kind::Record { number } => (Some(*number), true),
    };
    let flexible = message.first_flexible.is_some_and(|first| version >= first);
    let mut lines = vec![head(&message.name, version, key, valid, flexible)];
    our_fields(&message.fields, version, 1, &mut lines);
    lines
}

fn our_fields(fields: &[Field], version: i16, depth: usize, lines: &mut Vec<String>) {
    for field in fields
        .iter()
        .filter(|field| contains(field.versions, version))
    {
        let kind = match &field.kind {
            FieldKind::Primitive(kind) => kind.as_str(),
            FieldKind::Struct { .. } => "struct",
        };
        let line = Line {
            name: &field.name.replace('_', ""),
            kind: &format!("{}{kind}", if field.is_array { "[]" } else { "" }),
            nullable: field
                .nullable
                .is_some_and(|versions| contains(versions, version)),
            tag: field.tag,
            default: &field.default.clone().unwrap_or_default(),
        };
        lines.push(line.text(depth));
        if let FieldKind::Struct { fields, .. } = &field.kind {
            our_fields(fields, version, depth + 1, lines);
        }
    }
}

fn their_lines(message: &Value, version: i16) -> Vec<String> {
    let valid = within(&message["validVersions"], version);
    let key = if message["type"] == "response" {
        None
    } else {
        message["apiKey"].as_i64()
    };
    let flexible = within(&message["flexibleVersions"], version);
    let key = key.map(|key| i16::try_from(key).unwrap());
    let mut lines = vec![head(
        message["name"].as_str().unwrap(),
        version,
        key,
        valid,
        flexible,
    )];
    their_fields(message, message, version, 1, &mut lines);
    lines
}

fn their_fields(
    message: &Value,
    owner: &Value,
    version: i16,
    depth: usize,
    lines: &mut Vec<String>,
) {
    for field in owner["fields"].as_array().unwrap() {
        // Some fields that are tagged from the start say only since when.
        if !within(&field["versions"], version) && !within(&field["taggedVersions"], version) {
            continue;
        }
        let (array, kind) = match field["type"].as_str().unwrap() {
            kind if kind.starts_with("[]") => ("[]", &kind[2..]),
            kind => ("", kind),
        };
        let word = match kind {
            "int8" | "int16" | "int32" | "int64" | "uint16" | "float64" => kind
                .replace("int", "i")
                .replace("float", "f")
                .replace("ui", "u"),
            name if name.starts_with(|c: char| c.is_ascii_uppercase()) => "struct".to_owned(),
            plain => plain.to_owned(),
        };
        let line = Line {
            name: &field["name"].as_str().unwrap().to_lowercase(),
            kind: &format!("{array}{word}"),
            nullable: within(&field["nullableVersions"], version),
            tag: field["tag"]
                .as_u64()
                .filter(|_| within(&field["taggedVersions"], version))
                .map(|tag| u32::try_from(tag).unwrap()),
            default: &default(&field["default"]),
        };
        lines.push(line.text(depth));
        if word == "struct" {
            let shared = message["commonStructs"].as_array().into_iter().flatten();
            let fields = shared
                .into_iter()
                .find(|shared| shared["name"] == kind)
                .unwrap_or(field);
            their_fields(message, fields, version, depth + 1, lines);
        }
    }
}

/// A default that is not 0, false, empty or null, as a decimal number.
fn default(value: &Value) -> String {
    let text = value
        .as_str()
        .map_or_else(|| value.to_string(), str::to_owned);
    let number = text
        .strip_prefix("0x")
        .map(|hex| i64::from_str_radix(hex, 16).unwrap());
    let number = number.map_or(text.clone(), |number| number.to_string());
    if ["0", "false", "", "null"].contains(&number.as_str()) {
        String::new()
    } else {
        number
    }
}

fn within(versions: &Value, version: i16) -> bool {
    let Some(text) = versions.as_str().filter(|text| *text != "none") else {
        return false;
    };
    let number = |text: &str| text.parse().unwrap();
    let range = match (text.strip_suffix('+'), text.split_once('-')) {
        (Some(first), _) => Versions {
            first: number(first),
            last: i16::MAX,
        },
        (None, Some((first, last))) => Versions {
            first: number(first),
            last: number(last),
        },
        (None, None) => Versions {
            first: number(text),
            last: number(text),
        },
    };
    contains(range, version)
}

fn head(name: &str, version: i16, key: Option<i16>, valid: bool, flexible: bool) -> String {
    format!("{name} version {version} key {key:?} valid {valid} flexible {flexible}")
}

struct Line<'f> {
    name: &'f str,
    kind: &'f str,
    nullable: bool,
    tag: Option<u32>,
    default: &'f str,
}

impl Line<'_> {
    fn text(&self, depth: usize) -> String {
        let Self {
            name,
            kind,
            nullable,
            tag,
            default,
        } = self;
        let null = if *nullable { "?" } else { "" };
        let tag = tag.map(|tag| format!(" tag {tag}")).unwrap_or_default();
        format!(
            "{:depth$}{name} {kind}{null}{tag} = {default}",
            "",
            depth = depth * 2
        )
    }
}
