//! The two-column option table that the original tools print after wrong usage.

use std::fmt::Write;

use clap::Command;

use super::manual::{self, Described};

/// Columns of the whole table.
const WIDTH: usize = 80;
/// Blanks between the two columns.
const GAP: usize = 2;

/// All options of `command` that `--help` shows, sorted by name.
pub fn render(command: &Command) -> String {
    let mut options = manual::options(command);
    options.sort_by(|a, b| a.name.cmp(&b.name));
    let rows: Vec<_> = options
        .into_iter()
        .map(|option| (name(&option), option.about))
        .collect();
    let widest = rows.iter().map(|(name, _)| name.len()).max().unwrap_or(0);
    let left = widest.max("Option".len()).min((WIDTH - GAP) / 2);
    let right = WIDTH - GAP - left;
    let mut table = String::new();
    let mut row = |name: &str, description: &str| {
        let (names, lines) = (wrap(name, left), wrap(description, right));
        for at in 0..names.len().max(lines.len()) {
            let cell = |cells: &[String]| cells.get(at).cloned().unwrap_or_default();
            let (name, line) = (cell(&names), cell(&lines));
            writeln!(table, "{name:left$}{:GAP$}{line:right$}", "").ok();
        }
    };
    row("Option", "Description");
    row("------", "-----------");
    for (name, description) in &rows {
        row(name, description);
    }
    table
}

/// `--name`, and what its value is: in angle brackets, or in square ones if it may be left out.
fn name(option: &Described) -> String {
    let name = &option.name;
    match &option.value {
        None => name.clone(),
        Some(value) if option.value_optional => format!("{name} [{value}]"),
        Some(value) => format!("{name} <{value}>"),
    }
}

/// `text` in lines of at most `width` columns, unless a word is longer.
fn wrap(text: &str, width: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in text.split_whitespace() {
        match lines.last_mut() {
            Some(line) if line.len() + 1 + word.len() <= width => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(word.to_owned()),
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::{Arg, ArgAction};

    #[test]
    fn options_are_sorted_and_wrapped_in_two_columns() {
        let mut command = Command::new("t")
            .disable_help_flag(true)
            .arg(Arg::new("topic").long("topic").value_name("TOPIC").help("The topic."))
            .arg(Arg::new("list").long("list").action(ArgAction::SetTrue).help("One two three four five six seven eight nine ten eleven twelve thirteen fourteen."));
        command.build();
        let table = render(&command);
        let lines: Vec<_> = table.lines().map(str::trim_end).collect();
        assert_eq!(
            lines,
            [
                "Option           Description",
                "------           -----------",
                "--list           One two three four five six seven eight nine ten eleven twelve",
                "                 thirteen fourteen.",
                "--topic <TOPIC>  The topic.",
            ]
        );
    }
}
