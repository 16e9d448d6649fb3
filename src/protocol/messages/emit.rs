//! Writes the Rust code for a message of the model in `schema`.

use crate::schema::{Field, FieldKind, Kind, Message, Versions};

/// Where a struct stands: what its fields' version conditions may leave out.
#[derive(Clone, Copy)]
struct Scope {
    versions: Versions,
    first_flexible: Option<i16>,
}

/// Appends the types of `message` and their implementations.
pub(crate) fn message(code: &mut String, message: &Message) {
    let scope = Scope {
        versions: message.versions,
        first_flexible: message.first_flexible,
    };
    structure(code, &message.name, &message.fields, scope);
    let Message {
        name,
        versions: Versions { first, last },
        ..
    } = message;
    *code += &format!(
        "impl Message for {name} {{
            const NAME: &'static str = \"{name}\";
            const VERSIONS: RangeInclusive<i16> = {first}..={last};
            const FIRST_FLEXIBLE: i16 = {};
            fn decode(input: &mut Decoder, version: i16) -> Result<Self> {{ Self::read(input, version) }}
            fn encode(&self, out: &mut Encoder, version: i16) -> std::result::Result<(), EncodeError> {{
                self.write(out, version)
            }}
        }}\n",
        message.first_flexible.map_or("i16::MAX".to_owned(), |first| first.to_string())
    );
    match &message.kind {
        Kind::Request { key, response } => {
            *code += &format!(
                "impl Request for {name} {{ const KEY: ApiKey = ApiKey({key}); type Response = {response}; }}\n"
            );
        }
        Kind::Response => {}
        Kind::Record { number } => {
            *code += &format!("impl Record for {name} {{ const TYPE: i16 = {number}; }}\n");
        }
    }
}

fn structure(code: &mut String, name: &str, fields: &[Field], scope: Scope) {
    let copy = if fields.is_empty() { "Copy, Eq, " } else { "" };
    *code += &format!(
        "/// Part of the wire protocol: see the schema of this message.\n#[derive(Debug, Clone, {copy}PartialEq"
    );
    let plain_default = fields.iter().all(|field| field.default.is_none());
    *code += if plain_default {
        ", Default)]\n"
    } else {
        ")]\n"
    };
    *code += &format!("pub struct {name} {{\n");
    for field in fields {
        *code += &format!(
            "/// {}\npub {}: {},\n",
            doc(field, scope),
            field.name,
            rust_type(field)
        );
    }
    *code += "}\n";
    if !plain_default {
        let values: String = fields
            .iter()
            .map(|field| format!("{}: {},\n", field.name, default(field)))
            .collect();
        *code += &format!(
            "impl Default for {name} {{ fn default() -> Self {{ Self {{ {values} }} }} }}\n"
        );
    }
    *code += &format!(
        "impl {name} {{\n{}{}}}\n",
        reader(fields, scope),
        writer(fields, scope)
    );
    for field in fields {
        if let FieldKind::Struct { name, fields } = &field.kind {
            let within = Scope {
                versions: meet(scope.versions, field.versions),
                ..scope
            };
            structure(code, name, fields, within);
        }
    }
}

fn meet(a: Versions, b: Versions) -> Versions {
    Versions {
        first: a.first.max(b.first),
        last: a.last.min(b.last),
    }
}

fn doc(field: &Field, scope: Scope) -> String {
    let Versions { first, last } = meet(scope.versions, field.versions);
    let which = match (first == scope.versions.first, last == scope.versions.last) {
        (true, true) => "In every version".to_owned(),
        (true, false) => format!("Up to version {last}"),
        (false, true) => format!("From version {first}"),
        (false, false) => format!("Versions {first} to {last}"),
    };
    let tag = field
        .tag
        .map(|tag| format!(", tag {tag}"))
        .unwrap_or_default();
    format!("{which}{tag}.")
}

fn item_type(field: &Field) -> String {
    match &field.kind {
        FieldKind::Struct { name, .. } => name.clone(),
        FieldKind::Primitive(name) => match name.as_str() {
            "uuid" => "Uuid",
            "string" => "ByteString",
            "bytes" => "Bytes",
            "records" => "Records",
            plain => plain,
        }
        .to_owned(),
    }
}

fn rust_type(field: &Field) -> String {
    let item = item_type(field);
    let whole = match (field.is_array, field.is_shared) {
        (true, true) => format!("Arc<Vec<{item}>>"),
        (true, false) => format!("Vec<{item}>"),
        (false, _) => item,
    };
    if field.nullable.is_some() {
        format!("Option<{whole}>")
    } else {
        whole
    }
}

fn default(field: &Field) -> String {
    match (&field.default, item_type(field).as_str()) {
        (None, _) if field.nullable.is_some() => "None".to_owned(),
        (None, _) if field.is_shared => "Arc::default()".to_owned(),
        (None, _) if field.is_array => "Vec::new()".to_owned(),
        (None, "bool") => "false".to_owned(),
        (None, "i8" | "i16" | "u16" | "i32" | "i64") => "0".to_owned(),
        (None, "f64") => "0.0".to_owned(),
        (None, "Uuid") => "Uuid::ZERO".to_owned(),
        (None, other) => format!("{other}::default()"),
        (Some(value), "i32" | "i64") if value.len() > 6 => grouped(value),
        (Some(value), _) => value.clone(),
    }
}

/// `2147483647` as `2_147_483_647`.
fn grouped(number: &str) -> String {
    let (sign, digits) = number
        .strip_prefix('-')
        .map_or(("", number), |digits| ("-", digits));
    let mut out = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            out.push('_');
        }
        out.push(digit);
    }
    format!("{sign}{out}")
}

/// The condition under which `versions` holds inside `scope`; `None` is always.
fn condition(versions: Versions, scope: Scope) -> Option<String> {
    let from = (versions.first > scope.versions.first).then_some(versions.first);
    let to = (versions.last < scope.versions.last).then_some(versions.last);
    match (from, to) {
        (None, None) => None,
        (Some(from), Some(to)) if from == to => Some(format!("version == {from}")),
        (Some(from), Some(to)) => Some(format!("({from}..={to}).contains(&version)")),
        (Some(from), None) => Some(format!("version >= {from}")),
        (None, Some(to)) => Some(format!("version <= {to}")),
    }
}

/// `flexible` as an expression: a constant where the scope decides it.
fn flexible(scope: Scope) -> String {
    match scope.first_flexible {
        None => "false".to_owned(),
        Some(first) if first > scope.versions.last => "false".to_owned(),
        Some(first) if first <= scope.versions.first => "true".to_owned(),
        Some(first) => format!("version >= {first}"),
    }
}

fn read_item(field: &Field, scope: Scope) -> String {
    let flexible = flexible(scope);
    match &field.kind {
        FieldKind::Struct { name, .. } => format!("{name}::read(input, version)"),
        FieldKind::Primitive(kind) => match kind.as_str() {
            "string" | "bytes" => format!(
                "not_null(input.{kind}({flexible})?, \"{}\", version)",
                field.name
            ),
            "records" => format!(
                "not_null(input.bytes({flexible})?.map(Records::Inline), \"{}\", version)",
                field.name
            ),
            plain => format!("input.{plain}()"),
        },
    }
}

fn read_value(field: &Field, scope: Scope) -> String {
    let flexible = flexible(scope);
    let optional = match &field.kind {
        _ if field.is_array => format!(
            "input.array({flexible}, {}, |input| {})?",
            smallest_item(field, scope),
            read_item(field, scope)
        ),
        FieldKind::Primitive(kind) if kind == "string" || kind == "bytes" => {
            format!("input.{kind}({flexible})?")
        }
        FieldKind::Primitive(kind) if kind == "records" => {
            format!("input.bytes({flexible})?.map(Records::Inline)")
        }
        FieldKind::Struct { .. } if field.nullable.is_some() => {
            format!(
                "if input.i8()? < 0 {{ None }} else {{ Some({}?) }}",
                read_item(field, scope)
            )
        }
        _ => return format!("{}?", read_item(field, scope)),
    };
    match field.nullable {
        None if field.is_shared => format!(
            "input.shared(|input| not_null({optional}, \"{}\", version))?",
            field.name
        ),
        None => format!("not_null({optional}, \"{}\", version)?", field.name),
        Some(versions) => match condition(versions, scope) {
            None => optional,
            Some(allowed) => format!(
                "null_if({allowed}, {optional}, \"{}\", version)?",
                field.name
            ),
        },
    }
}

/// The fewest bytes that one item of `field` takes, whatever the version.
fn smallest_item(field: &Field, scope: Scope) -> usize {
    let Versions { first, last } = meet(scope.versions, field.versions);
    let size = |version| {
        let is_flexible = scope.first_flexible.is_some_and(|first| version >= first);
        item_size(field, version, is_flexible)
    };
    (first..=last).map(size).min().unwrap_or_default()
}

fn item_size(field: &Field, version: i16, is_flexible: bool) -> usize {
    match &field.kind {
        FieldKind::Struct { fields, .. } => {
            let is_there = |field: &&Field| {
                field.tag.is_none()
                    && (field.versions.first..=field.versions.last).contains(&version)
            };
            let size = |field| value_size(field, version, is_flexible);
            fields.iter().filter(is_there).map(size).sum::<usize>() + usize::from(is_flexible)
        }
        FieldKind::Primitive(kind) => match kind.as_str() {
            "string" | "bytes" | "records" if is_flexible => 1,
            "bool" | "i8" => 1,
            "string" | "i16" | "u16" => 2,
            "i64" | "f64" => 8,
            "uuid" => 16,
            _ => 4,
        },
    }
}

fn value_size(field: &Field, version: i16, is_flexible: bool) -> usize {
    match &field.kind {
        _ if field.is_array => {
            if is_flexible {
                1
            } else {
                4
            }
        }
        FieldKind::Struct { .. } if field.nullable.is_some() => 1,
        _ => item_size(field, version, is_flexible),
    }
}

fn reader(fields: &[Field], scope: Scope) -> String {
    let mut body = String::new();
    for field in fields.iter().filter(|field| field.tag.is_none()) {
        let value = read_value(field, scope);
        body += &match condition(field.versions, scope) {
            None => format!("let {} = {value};\n", field.name),
            Some(present) => {
                let default = default(field);
                format!(
                    "let {} = if {present} {{ {value} }} else {{ {default} }};\n",
                    field.name
                )
            }
        };
    }
    let mut arms = String::new();
    for field in fields {
        if let Some(tag) = field.tag {
            body += &format!("let mut {} = {};\n", field.name, default(field));
            arms += &format!("{tag} => {} = {},\n", field.name, read_value(field, scope));
        }
    }
    if scope
        .first_flexible
        .is_some_and(|first| first <= scope.versions.last)
    {
        let skip = if arms.is_empty() {
            "input.tagged_fields(|_, _| Ok(false))?;".to_owned()
        } else {
            format!(
                "input.tagged_fields(|tag, input| {{ match tag {{ {arms} _ => return Ok(false) }} Ok(true) }})?;"
            )
        };
        body += &only_if(&flexible(scope), &skip);
    }
    let names: String = fields
        .iter()
        .map(|field| format!("{}, ", field.name))
        .collect();
    let version = if mentions(&body, "version") {
        "version"
    } else {
        "_version"
    };
    let input = if mentions(&body, "input") {
        "input"
    } else {
        "_input"
    };
    format!(
        "fn read({input}: &mut Decoder, {version}: i16) -> Result<Self> {{\n{body}Ok(Self {{ {names} }})\n}}\n"
    )
}

fn only_if(condition: &str, statement: &str) -> String {
    match condition {
        "true" => format!("{statement}\n"),
        "false" => String::new(),
        _ => format!("if {condition} {{ {statement} }}\n"),
    }
}

/// Writes `value`, an expression of the item's type behind a reference.
fn write_item(field: &Field, scope: Scope, value: &str) -> String {
    let flexible = flexible(scope);
    match &field.kind {
        FieldKind::Struct { .. } => format!("{value}.write(out, version)?;"),
        FieldKind::Primitive(kind) => match kind.as_str() {
            "string" | "bytes" | "records" => format!("out.{kind}(Some({value}), {flexible})?;"),
            plain => format!("out.{plain}(*{value});"),
        },
    }
}

fn write_value(field: &Field, scope: Scope) -> String {
    let flexible = flexible(scope);
    let place = format!("self.{}", field.name);
    let check = field.nullable.and_then(|versions| condition(versions, scope)).map_or(String::new(), |allowed| {
        format!("if {place}.is_none() && !({allowed}) {{ return Err(EncodeError::UnexpectedNull {{ field: \"{}\", version }}); }}\n", field.name)
    });
    let is_null = field.nullable.is_some();
    check
        + &match &field.kind {
            _ if field.is_array => {
                let items = if is_null {
                    format!("{place}.as_deref()")
                } else {
                    format!("Some({place}.as_slice())")
                };
                let item = write_item(field, scope, "item");
                let array =
                    format!("out.array({items}, {flexible}, |out, item| {{ {item} Ok(()) }})");
                if field.is_shared {
                    format!("out.shared(&{place}, |out| {array})?;")
                } else {
                    format!("{array}?;")
                }
            }
            FieldKind::Primitive(kind) if kind == "records" && is_null => {
                format!("out.records({place}.as_ref(), {flexible})?;")
            }
            FieldKind::Primitive(_) if is_null => {
                format!("out.{}({place}.as_deref(), {flexible})?;", wire_name(field))
            }
            FieldKind::Struct { .. } if is_null => {
                format!(
                    "match &{place} {{ None => out.i8(-1), Some(value) => {{ out.i8(1); value.write(out, version)?; }} }}"
                )
            }
            FieldKind::Primitive(kind)
                if !matches!(kind.as_str(), "string" | "bytes" | "records") =>
            {
                format!("out.{kind}({place});")
            }
            FieldKind::Primitive(_) => write_item(field, scope, &format!("&{place}")),
            FieldKind::Struct { .. } => write_item(field, scope, &place),
        }
}

fn wire_name(field: &Field) -> &str {
    match &field.kind {
        FieldKind::Primitive(kind) => kind,
        FieldKind::Struct { name, .. } => name,
    }
}

fn writer(fields: &[Field], scope: Scope) -> String {
    let mut body = String::new();
    for field in fields.iter().filter(|field| field.tag.is_none()) {
        let statement = write_value(field, scope);
        body += &match condition(field.versions, scope) {
            None => format!("{statement}\n"),
            Some(present) => format!("if {present} {{ {statement} }}\n"),
        };
    }
    if scope
        .first_flexible
        .is_some_and(|first| first <= scope.versions.last)
    {
        body += &only_if(&flexible(scope), &tags(fields, scope));
    }
    let version = if mentions(&body, "version") {
        "version"
    } else {
        "_version"
    };
    let out = if mentions(&body, "out") {
        "out"
    } else {
        "_out"
    };
    format!(
        "fn write(&self, {out}: &mut Encoder, {version}: i16) -> std::result::Result<(), EncodeError> {{\n{body}Ok(())\n}}\n"
    )
}

/// The tagged fields, ascending; one that equals its default is left out.
fn tags(fields: &[Field], scope: Scope) -> String {
    let mut tagged: Vec<(u32, &Field)> = fields
        .iter()
        .filter_map(|field| field.tag.map(|tag| (tag, field)))
        .collect();
    tagged.sort_by_key(|(tag, _)| *tag);
    if tagged.is_empty() {
        return "out.unsigned_varint(0);".to_owned();
    }
    let mut conditions = String::new();
    let mut writes = String::new();
    for (tag, field) in tagged {
        let name = &field.name;
        let set = match default(field).as_str() {
            "None" => format!("self.{name}.is_some()"),
            "Vec::new()" => format!("!self.{name}.is_empty()"),
            "false" => format!("self.{name}"),
            value => format!("self.{name} != {value}"),
        };
        let set = condition(field.versions, scope)
            .map_or(set.clone(), |present| format!("{present} && {set}"));
        conditions += &format!("let has_{name} = {set};\n");
        writes += &format!(
            "if has_{name} {{ out.tagged_field({tag}, |out| {{ {} Ok(()) }})?; }}\n",
            write_value(field, scope)
        );
    }
    let count: Vec<String> = fields
        .iter()
        .filter(|field| field.tag.is_some())
        .map(|field| format!("u32::from(has_{})", field.name))
        .collect();
    format!(
        "{conditions}out.unsigned_varint([{}].iter().sum());\n{writes}",
        count.join(", ")
    )
}

/// Whether `code` names the variable `word`.
fn mentions(code: &str, word: &str) -> bool {
    code.split(|c: char| !(c.is_alphanumeric() || c == '_'))
        .any(|part| part == word)
}
