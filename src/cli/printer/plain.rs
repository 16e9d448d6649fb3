//! Plain tables: cells padded with blanks and joined by one, as `printf` formats of the original tools make them.

/// How wide a column is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Width {
    /// So many characters, or more where a cell is longer.
    Fixed(usize),
    /// As wide as its widest cell, but no less than this.
    Widest(usize),
    /// Not padded; for the last column.
    Free,
}

/// A heading and how wide its column is.
pub type Column = (&'static str, Width);

/// Heading and rows, each a line with its newline.
pub fn table(columns: &[Column], rows: &[Vec<String>]) -> String {
    let width = |at: usize, width: Width| match width {
        Width::Fixed(width) => width,
        Width::Widest(least) => rows
            .iter()
            .filter_map(|row| row.get(at))
            .map(|cell| cell.chars().count())
            .fold(least, usize::max),
        Width::Free => 0,
    };
    let widths: Vec<usize> = columns
        .iter()
        .enumerate()
        .map(|(at, column)| width(at, column.1))
        .collect();
    let headings: Vec<String> = columns
        .iter()
        .map(|(heading, _)| (*heading).to_owned())
        .collect();
    let line = |cells: &Vec<String>| {
        let cells: Vec<_> = cells
            .iter()
            .zip(&widths)
            .map(|(cell, width)| format!("{cell:width$}"))
            .collect();
        cells.join(" ") + "\n"
    };
    std::iter::once(&headings).chain(rows).map(line).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_are_padded_to_their_column() {
        let columns = [
            ("TOPIC", Width::Widest(6)),
            ("PARTITION", Width::Fixed(10)),
            ("OFFSET", Width::Free),
        ];
        let rows = [
            vec!["a-long-one".into(), "0".into(), "7".into()],
            vec!["t".into(), "1".into(), "8".into()],
        ];
        assert_eq!(
            table(&columns, &rows),
            "TOPIC      PARTITION  OFFSET\na-long-one 0          7\nt          1          8\n"
        );
        assert_eq!(table(&columns, &[]), "TOPIC  PARTITION  OFFSET\n");
    }
}
