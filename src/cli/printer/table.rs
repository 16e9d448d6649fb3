//! Tables for people: columns under capitals, numbers to the right, no boxes, no row wider than the terminal.

use comfy_table::{CellAlignment, ContentArrangement, Table, presets};

use super::{Look, colour, glyphs};

/// A column: its heading, whether it holds numbers, and what may happen to it where there is little room.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Column {
    heading: &'static str,
    is_number: bool,
    /// The largest goes first; 0 stays.
    expendable: u8,
}

/// A column of words.
pub const fn words(heading: &'static str) -> Column {
    Column {
        heading,
        is_number: false,
        expendable: 0,
    }
}

/// A column of numbers, aligned to the right.
pub const fn numbers(heading: &'static str) -> Column {
    Column {
        is_number: true,
        ..words(heading)
    }
}

impl Column {
    /// Left out of narrow tables; of several such columns the one with the largest number first.
    #[must_use]
    pub const fn expendable(self, order: u8) -> Self {
        Self {
            expendable: order,
            ..self
        }
    }
}

/// Blanks in front of every row.
const INDENT: usize = 2;
/// Blanks between columns.
const GAP: usize = 2;
/// Names are not cut to less than this.
const NAME_MIN: usize = 9;

/// The rows under their headings, one line each, two blanks in front; ends with a newline. Where the terminal is too
/// narrow, expendable columns are left out, then names are cut in the middle.
pub fn render(columns: &[Column], rows: Vec<Vec<String>>, look: &Look) -> String {
    let spell = |row: Vec<String>| -> Vec<String> {
        row.iter()
            .map(|cell| glyphs::spell(cell, look.unicode))
            .collect()
    };
    let mut columns = columns.to_vec();
    let mut rows: Vec<_> = rows.into_iter().map(spell).collect();
    drop_columns(&mut columns, &mut rows, look.width.into());
    cut_names(&columns, &mut rows, look);
    let mut table = Table::new();
    table
        .load_style(presets::NOTHING)
        .set_content_arrangement(ContentArrangement::Disabled)
        .set_header(columns.iter().map(|column| column.heading))
        .add_rows(rows);
    for (column, described) in table.column_iter_mut().zip(&columns) {
        if described.is_number {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
    let lines = table.lines().map(|line| format!(" {}\n", line.trim_end()));
    lines.collect()
}

fn widths(columns: &[Column], rows: &[Vec<String>]) -> Vec<usize> {
    let width = |(at, column): (usize, &Column)| {
        let cells = rows.iter().filter_map(|row| row.get(at));
        cells
            .map(|cell| colour::width(cell))
            .fold(column.heading.len(), usize::max)
    };
    columns.iter().enumerate().map(width).collect()
}

fn total(widths: &[usize]) -> usize {
    INDENT + widths.iter().map(|width| width + GAP).sum::<usize>() - GAP
}

fn drop_columns(columns: &mut Vec<Column>, rows: &mut [Vec<String>], room: usize) {
    while total(&widths(columns, rows)) > room {
        let most = columns
            .iter()
            .enumerate()
            .max_by_key(|(_, column)| column.expendable);
        let Some((at, _)) = most.filter(|(_, column)| column.expendable > 0) else {
            return;
        };
        columns.remove(at);
        for row in rows.iter_mut().filter(|row| at < row.len()) {
            row.remove(at);
        }
    }
}

/// Cuts the widest columns of words, evenly, until the table fits or none can be cut any more.
fn cut_names(columns: &[Column], rows: &mut [Vec<String>], look: &Look) {
    let mut widths = widths(columns, rows);
    let mut is_cut = false;
    while total(&widths) > look.width.into() {
        let names = widths
            .iter_mut()
            .zip(columns)
            .filter(|(_, column)| !column.is_number);
        match names.map(|(width, _)| width).max() {
            Some(widest) if *widest > NAME_MIN => *widest -= 1,
            _ => break,
        }
        is_cut = true;
    }
    if is_cut {
        for row in rows {
            for ((cell, width), column) in row.iter_mut().zip(&widths).zip(columns) {
                if !column.is_number {
                    *cell = glyphs::cut(cell, *width, look.unicode);
                }
            }
        }
    }
}

/// Pieces after a label, three blanks between them; what does not fit goes on below, under the first. Nothing for none.
pub fn flow(label: &str, pieces: &[String], look: &Look) -> String {
    let margin = if label.is_empty() {
        INDENT
    } else {
        colour::width(label)
    };
    let mut text = label.to_owned();
    let mut column = colour::width(label);
    for (at, piece) in pieces.iter().enumerate() {
        let width = colour::width(piece);
        if at > 0 && column + 3 + width > look.width.into() {
            text.push('\n');
            text.extend(std::iter::repeat_n(' ', margin));
            column = margin;
        } else if at > 0 {
            text += "   ";
            column += 3;
        }
        text += piece;
        column += width;
    }
    if pieces.is_empty() {
        String::new()
    } else {
        text + "\n"
    }
}

/// `1 partition`, `2 partitions`.
pub fn count(number: impl TryInto<i64>, thing: &str) -> String {
    let number = number.try_into().unwrap_or(i64::MAX);
    format!(
        "{} {thing}{}",
        thousands(number),
        if number == 1 { "" } else { "s" }
    )
}

/// Ascending numbers as ranges: `0-3, 7`.
pub fn ranges(numbers: &[i32]) -> String {
    let runs = numbers.chunk_by(|a, b| i64::from(*b) - i64::from(*a) == 1);
    let run = |run: &[i32]| match run {
        [first, .., last] => format!("{first}-{last}"),
        one => one.iter().map(ToString::to_string).collect(),
    };
    runs.map(run).collect::<Vec<_>>().join(", ")
}

/// A number with its thousands separated by commas, whatever the locale.
pub fn thousands(number: i64) -> String {
    let digits = number.unsigned_abs().to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3 + 1);
    if number < 0 {
        text.push('−');
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
    use crate::cli::printer::{colour::Colour, look::tests::rich};

    const COLUMNS: [Column; 3] = [
        words("TOPIC"),
        numbers("PARTITION").expendable(1),
        words("OWNER").expendable(2),
    ];

    fn render_at(width: u16, rows: &[[&str; 3]]) -> String {
        let rows = rows
            .iter()
            .map(|row| row.map(str::to_owned).to_vec())
            .collect();
        render(&COLUMNS, rows, &Look { width, ..rich() })
    }

    #[test]
    fn columns_line_up_and_no_line_ends_in_blanks() {
        assert_eq!(
            render_at(80, &[["orders", "0", ""], ["o", "12", "me"]]),
            "  TOPIC   PARTITION  OWNER\n  orders          0\n  o              12  me\n"
        );
    }

    #[test]
    fn narrow_tables_lose_columns_and_then_the_middle_of_names() {
        let rows = [["a-topic-with-a-long-name", "0", "me"]];
        let lines = |width| render_at(width, &rows).lines().last().unwrap().to_owned();
        assert_eq!(lines(44), "  a-topic-with-a-long-name          0  me");
        assert_eq!(lines(43), "  a-topic-with-a-long-name          0");
        assert_eq!(lines(36), "  a-topic-with-a-long-name");
        assert_eq!(lines(20), "  a-topic-…long-name");
        assert_eq!(lines(1), "  a-to…name");
    }

    #[test]
    fn colour_takes_no_room() {
        let painted = Colour::Red.mark("orders");
        let text = render(&COLUMNS[..2], vec![vec![painted, "1".into()]], &rich());
        assert_eq!(
            colour::paint(&text, true),
            "  TOPIC   PARTITION\n  \u{1b}[31morders\u{1b}[0m          1\n"
        );
        assert_eq!(
            colour::paint(&text, false),
            "  TOPIC   PARTITION\n  orders          1\n"
        );
    }

    #[test]
    fn pieces_flow_onto_the_next_line() {
        let pieces = [
            "one".to_owned(),
            Colour::Bold.mark("two"),
            "three".to_owned(),
        ];
        let flow =
            |label, width| colour::paint(&flow(label, &pieces, &Look { width, ..rich() }), false);
        assert_eq!(flow("", 80), "one   two   three\n");
        assert_eq!(
            flow("  label  ", 18),
            "  label  one   two\n         three\n"
        );
        assert_eq!(flow("", 9), "one   two\n  three\n");
        assert_eq!(super::flow("label", &[], &rich()), "");
    }

    #[test]
    fn numbers_are_gathered_in_ranges() {
        assert_eq!(ranges(&[0, 1, 2, 5, 7, 8]), "0-2, 5, 7-8");
        assert_eq!(ranges(&[]), "");
    }

    #[test]
    fn thousands_are_separated() {
        assert_eq!(thousands(0), "0");
        assert_eq!(thousands(999), "999");
        assert_eq!(thousands(1_204_377), "1,204,377");
        assert_eq!(thousands(-82_824), "−82,824");
        assert_eq!(thousands(i64::MIN), "−9,223,372,036,854,775,808");
    }
}
