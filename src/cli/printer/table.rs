//! Tables for people: columns under capitals, numbers to the right, no boxes.

use comfy_table::{CellAlignment, ContentArrangement, Table, presets};

/// A column: its heading, and whether it holds numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Column {
    /// In capitals.
    pub heading: &'static str,
    /// Aligned to the right.
    pub is_number: bool,
}

/// A column of words.
pub const fn words(heading: &'static str) -> Column {
    Column {
        heading,
        is_number: false,
    }
}

/// A column of numbers.
pub const fn numbers(heading: &'static str) -> Column {
    Column {
        heading,
        is_number: true,
    }
}

/// The rows under their headings, one line each, two blanks in front; ends with a newline.
pub fn render(columns: &[Column], rows: impl IntoIterator<Item = Vec<String>>) -> String {
    let mut table = Table::new();
    table
        .load_style(presets::NOTHING)
        .set_content_arrangement(ContentArrangement::Disabled);
    table.set_header(columns.iter().map(|column| column.heading));
    for row in rows {
        table.add_row(row);
    }
    for (column, described) in table.column_iter_mut().zip(columns) {
        if described.is_number {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
    let lines = table.lines().map(|line| format!(" {}\n", line.trim_end()));
    lines.collect()
}

/// A number with its thousands separated by commas, whatever the locale.
pub fn thousands(number: i64) -> String {
    let digits = number.unsigned_abs().to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3 + 1);
    if number < 0 {
        text.push('-');
    }
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_line_up_and_no_line_ends_in_blanks() {
        let columns = [words("TOPIC"), numbers("PARTITION"), words("OWNER")];
        let rows = [
            vec!["orders".into(), "0".into(), String::new()],
            vec!["o".into(), "12".into(), "me".into()],
        ];
        assert_eq!(
            render(&columns, rows),
            "  TOPIC   PARTITION  OWNER\n  orders          0\n  o              12  me\n"
        );
    }

    #[test]
    fn thousands_are_separated() {
        assert_eq!(thousands(0), "0");
        assert_eq!(thousands(999), "999");
        assert_eq!(thousands(1_204_377), "1,204,377");
        assert_eq!(thousands(-82_824), "-82,824");
        assert_eq!(thousands(i64::MIN), "-9,223,372,036,854,775,808");
    }
}
