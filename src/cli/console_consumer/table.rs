//! Records as rows: partition, offset, age, key and value, one line each however long they are.

use std::io::{self, Write};

use super::formatter::{Found, Shown};
use crate::cli::printer::{Look, figures::span};

/// Columns of the partition, the offset and the age, with the blanks before each.
const FIRST_COLUMNS: usize = 2 + 9 + 2 + 10 + 2 + 9 + 2;

/// How wide the last two columns are.
#[derive(Debug, Clone)]
pub(super) struct Table {
    key: usize,
    value: usize,
    is_begun: bool,
    unicode: bool,
}

impl Table {
    pub(super) fn new(look: &Look) -> Self {
        let room = usize::from(look.width).saturating_sub(FIRST_COLUMNS + 2);
        let key = (room / 3).clamp(3, 32);
        Self {
            key,
            value: room.saturating_sub(key).max(5),
            is_begun: false,
            unicode: look.unicode,
        }
    }

    /// The headings, the first time.
    pub(super) fn begin(&mut self, out: &mut impl Write) -> io::Result<()> {
        if !std::mem::replace(&mut self.is_begun, true) {
            let width = self.key;
            writeln!(
                out,
                "  PARTITION      OFFSET        AGE  {:width$}  VALUE",
                "KEY"
            )?;
        }
        Ok(())
    }

    /// A row. `now` is in ms since 1970.
    pub(super) fn write(
        &self,
        found: &Found<'_>,
        shown: &Shown<'_>,
        now: i64,
        out: &mut impl Write,
    ) -> io::Result<()> {
        let record = found.record;
        let age = match record.timestamp {
            millis @ 0.. => span(now.saturating_sub(millis)),
            _none => self.nothing().to_owned(),
        };
        let key = self.cell(shown.key.as_deref(), self.key);
        let value = self.cell(shown.value.as_deref(), self.value);
        let (partition, offset, width) = (found.partition, record.offset, self.key);
        let row = format!("  {partition:>9}  {offset:>10}  {age:>9}  {key:width$}  {value}");
        writeln!(out, "{}", row.trim_end())
    }

    const fn nothing(&self) -> &'static str {
        if self.unicode { "–" } else { "-" }
    }

    /// Text of at most `columns` characters in which nothing moves the cursor.
    fn cell(&self, bytes: Option<&[u8]>, columns: usize) -> String {
        let Some(bytes) = bytes else {
            return self.nothing().to_owned();
        };
        let mut text = String::new();
        let mut length = 0;
        for chunk in bytes.utf8_chunks() {
            let valid = chunk.valid().chars().map(|c| match c {
                c if c.is_control() => c.escape_default().to_string(),
                c => c.to_string(),
            });
            let invalid = chunk.invalid().iter().map(|byte| format!("\\x{byte:02x}"));
            for part in valid.chain(invalid) {
                length += part.chars().count();
                text.push_str(&part);
                if length > columns {
                    return self.cut(&text, columns);
                }
            }
        }
        text
    }

    fn cut(&self, text: &str, columns: usize) -> String {
        let mark = if self.unicode { "…" } else { "..." };
        let kept = columns.saturating_sub(mark.chars().count());
        let text: String = text.chars().take(kept).collect();
        format!("{text}{mark}")
    }
}
