//! Man pages in roff, of what a manual tells of a command.

use std::fmt::Write;

use clap::Command;

use super::{
    manual::{self, Described},
    topic_help, umbrella,
};

/// What differs where somebody looks at it.
const MODES: &str = "At a terminal, called by its bare name, the tool prints for people. In a pipe, with --output plain, and by \
                     its name with .sh at the end it prints what Apache Kafka's prints, but for this:";

/// A page that is being written.
struct Page(String);

impl Page {
    fn line(&mut self, line: &str) {
        self.0.push_str(line);
        self.0.push('\n');
    }

    fn section(&mut self, title: &str) {
        self.line(&format!(".SH \"{title}\""));
    }

    /// Running text.
    fn text(&mut self, text: &str) {
        for line in text.lines() {
            self.line(&escaped(line));
        }
    }

    /// Lines as they are.
    fn lines(&mut self, lines: &str) {
        self.line(".nf");
        self.text(lines.trim_end());
        self.line(".fi");
    }

    /// A term, in roff, and what it is.
    fn item(&mut self, term: &str, about: &str) {
        self.line(".TP");
        self.line(term);
        self.text(about);
    }

    fn option(&mut self, option: &Described) {
        let value = option.value.as_deref().unwrap_or_default();
        let value = match value {
            "" => String::new(),
            _ if !option.name.starts_with('-') => String::new(),
            value if option.value_optional => format!(" [{}]", italic(value)),
            value => format!(" {}", italic(value)),
        };
        let letter = option
            .letter
            .map(|letter| bold(&format!("-{letter}")) + ", ");
        let letter = letter.unwrap_or_default();
        let name = bold(&option.name);
        self.item(&format!("{letter}{name}{value}"), &sentence(&option.about));
        for possible in &option.values {
            let about = sentence(&possible.about);
            self.line(".br");
            self.line(&format!("{}: {}", bold(&possible.value), escaped(&about)));
        }
    }
}

/// The page of a command. `short` is what else it can be called as; `differences` are those from Apache's tool.
pub fn render(command: &Command, short: Option<&Command>, differences: &[String]) -> String {
    let name = manual::name(command);
    let title = name.replace(' ', "-");
    let about = command.get_about().map(ToString::to_string);
    let about = about.unwrap_or_default();
    let (examples, notes) = manual::examples_and_notes(command);
    let mut page = Page(String::new());
    let version = env!("CARGO_PKG_VERSION");
    page.line(&format!(
        ".TH {} 1 \"\" \"kaffa {version}\"",
        escaped(&title)
    ));
    page.section("NAME");
    page.line(&format!("{} \\- {}", escaped(&title), escaped(&about)));
    page.section("SYNOPSIS");
    page.lines(&manual::usage(command));
    let short = short.map(manual::usage);
    if let Some(short) = short.filter(|short| *short != manual::usage(command)) {
        page.lines(&short);
    }
    page.section("DESCRIPTION");
    page.text(&sentence(&about));
    if !notes.is_empty() {
        page.line(".PP");
        page.text(&notes);
    }
    options(&mut page, command);
    if command.has_subcommands() {
        commands(&mut page);
    }
    if !examples.is_empty() {
        page.section("EXAMPLES");
        page.lines(&examples);
    }
    page.section("EXIT STATUS");
    for (code, about) in manual::exit_status(command) {
        page.item(&bold(&code.to_string()), about);
    }
    page.section("ENVIRONMENT");
    for (name, _, about) in manual::environment(command) {
        page.item(&bold(name), about);
    }
    let mut files = manual::files(command).peekable();
    if files.peek().is_some() {
        page.section("FILES");
    }
    for (name, _, about) in files {
        page.item(&italic(name), about);
    }
    if !differences.is_empty() {
        page.section("DIFFERENCES FROM APACHE KAFKA");
        let mut options = command.get_arguments();
        if options.any(|it| it.get_long() == Some("output")) {
            page.text(MODES);
        }
        for difference in differences {
            page.line(".IP \\(bu 2");
            page.text(difference);
        }
    }
    see_also(&mut page, &title);
    page.0
}

/// Every option under its heading, in the order of the help.
fn options(page: &mut Page, command: &Command) {
    let options = manual::options(command);
    let mut sections: Vec<&str> = Vec::new();
    for option in &options {
        if !sections.contains(&&*option.section) {
            sections.push(&option.section);
        }
    }
    if !sections.is_empty() {
        page.section("OPTIONS");
    }
    for section in sections {
        if section != "Options" {
            page.line(&format!(".SS \"{}\"", escaped(section)));
        }
        for option in options.iter().filter(|option| option.section == section) {
            page.option(option);
        }
    }
}

/// What can stand behind `kaffa`.
fn commands(page: &mut Page) {
    page.section("COMMANDS");
    for tool in umbrella::TOOLS {
        let command = (tool.command)(&format!("kaffa {}", tool.name));
        let about = command.get_about().map(ToString::to_string);
        let of = tool
            .binary
            .map_or(format!("kaffa-{}", tool.name), str::to_owned);
        let mut text = format!("{} See {of}(1).", sentence(&about.unwrap_or_default()));
        let options = manual::options(&command);
        let letter = |it: &Described| Some(format!("-{} is {}", it.letter?, it.name));
        let letters: Vec<_> = options.iter().filter_map(letter).collect();
        if tool.binary.is_some() && !letters.is_empty() {
            write!(text, " In short: {}.", letters.join(", ")).ok();
        }
        page.item(&bold(&manual::usage(&command)), &text);
    }
    page.item(
        &bold("kaffa help COMMAND"),
        "What a command does, or how values are written:",
    );
    for (_, text) in topic_help::PAGES {
        page.line(".sp");
        page.lines(text);
    }
}

fn see_also(page: &mut Page, title: &str) {
    page.section("SEE ALSO");
    let others = umbrella::pages().filter(|(name, ..)| name != title);
    let others: Vec<_> = others
        .map(|(name, ..)| format!("{}(1)", bold(&name)))
        .collect();
    page.line(&others.join(", "));
}

/// Help ends without a full stop.
fn sentence(text: &str) -> String {
    format!("{}.", text.trim_end_matches('.'))
}

fn bold(text: &str) -> String {
    format!("\\fB{}\\fR", escaped(text))
}

fn italic(text: &str) -> String {
    format!("\\fI{}\\fR", escaped(text))
}

/// Text that roff prints as it is.
fn escaped(text: &str) -> String {
    let text = text.replace('\\', "\\e").replace('-', "\\-");
    let text = text.replace('\'', "\\(aq").replace('`', "\\(ga");
    if text.starts_with('.') {
        format!("\\&{text}")
    } else {
        text
    }
}
