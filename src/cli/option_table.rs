//! The two-column option table that the original tools print after wrong usage.

use std::fmt::Write;

use clap::{Arg, Command};

/// Columns of the whole table.
const WIDTH: usize = 80;
/// Blanks between the two columns.
const GAP: usize = 2;

/// All options of `command` that `--help` shows, sorted by name.
pub fn render(command: &Command) -> String {
    let mut options: Vec<_> = command
        .get_arguments()
        .filter(|option| !option.is_hide_set())
        .collect();
    options.sort_by_key(|option| option.get_long());
    let rows: Vec<_> = options
        .iter()
        .map(|option| (name(option), description(option)))
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
fn name(option: &Arg) -> String {
    let long = option.get_long().unwrap_or_default();
    if !option.get_action().takes_values() {
        return format!("--{long}");
    }
    let value = option
        .get_value_names()
        .and_then(<[_]>::first)
        .map_or("VALUE", |name| name.as_str());
    if option.get_num_args().is_some_and(|n| n.min_values() == 0) {
        format!("--{long} [{value}]")
    } else {
        format!("--{long} <{value}>")
    }
}

fn description(option: &Arg) -> String {
    option
        .get_help()
        .map(|help| help.to_string().replace('\n', " "))
        .unwrap_or_default()
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
    use clap::ArgAction;

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
