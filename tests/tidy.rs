//! The rules of this code base that no compiler and no lint knows.

use std::fs;
use std::path::{Path, PathBuf};

use crate::support::rust_files;

/// Lines a file may have before its unit tests.
const LINES_MAX: usize = 600;

/// Files that may be longer, each with its reason.
const LONG_FILES: [(&str, &str); 1] = [(
    "src/protocol/wire.rs",
    "reader and writer of every primitive type, best compared side by side",
)];

/// What must not be left behind, in halves so that this file does not hold it: notes to oneself, and what only makes
/// sense on one machine.
const LEFT_BEHIND: [(&str, &str); 9] = [
    ("TO", "DO"),
    ("FIX", "ME"),
    ("XX", "X"),
    ("issue", " #"),
    ("/wo", "rk/"),
    ("/ro", "ot/"),
    ("/ho", "me/"),
    ("\t", ""),
    ("\r", ""),
];

fn check(files: Vec<PathBuf>, fault: impl Fn(&str, &str) -> Option<String>) {
    let faults: Vec<String> = files
        .into_iter()
        .filter_map(|file| {
            let (name, text) = (
                file.display().to_string(),
                fs::read_to_string(&file).unwrap(),
            );
            fault(&name, &text).map(|fault| format!("{name}: {fault}"))
        })
        .collect();
    assert!(faults.is_empty(), "\n{}\n", faults.join("\n"));
}

/// Every Rust file of the library, its binaries, tests and benchmarks.
fn sources() -> Vec<PathBuf> {
    ["src", "tests", "benches"]
        .iter()
        .flat_map(|dir| rust_files(Path::new(dir)))
        .collect()
}

#[test]
fn no_file_is_too_long_to_read() {
    check(sources(), |name, text| {
        let lines = text
            .split("#[cfg(test)]")
            .next()
            .unwrap_or_default()
            .lines()
            .count();
        let is_known = LONG_FILES.iter().any(|(file, _)| *file == name);
        (lines > LINES_MAX && !is_known).then(|| format!("{lines} lines, {LINES_MAX} are enough"))
    });
}

#[test]
fn every_file_says_what_it_is() {
    check(sources(), |name, text| {
        (!text.starts_with("//!") && !name.ends_with("/tests.rs"))
            .then(|| "begins without //!".to_owned())
    });
}

#[test]
fn nothing_is_left_behind() {
    let texts = [
        "README.md",
        "ARCHITECTURE.md",
        "CONTRIBUTING.md",
        "CHANGELOG.md",
        "Cargo.toml",
    ];
    let texts = texts.iter().map(PathBuf::from).filter(|file| file.exists());
    check(sources().into_iter().chain(texts).collect(), |_, text| {
        let words = LEFT_BEHIND.map(|(head, tail)| format!("{head}{tail}"));
        let found = words.iter().find(|word| text.contains(word.as_str()));
        let blank = text.lines().any(|line| line.ends_with(' '));
        found
            .map(|word| format!("{word:?} is left behind"))
            .or(blank.then(|| "blanks at the end of a line".to_owned()))
    });
}

#[test]
fn a_binary_only_calls_the_library() {
    check(rust_files(Path::new("src/bin")), |_, text| {
        let code = text
            .lines()
            .filter(|line| !line.starts_with("//") && !line.is_empty())
            .count();
        (code > 3).then(|| format!("{code} lines of code, three are enough"))
    });
}

#[test]
fn every_api_file_is_in_the_table() {
    let table = fs::read_to_string("src/broker/api/mod.rs").unwrap();
    let (_, rows) = table.split_once("static APIS").unwrap();
    let (rows, _) = rows.split_once(';').unwrap();
    check(rust_files(Path::new("src/broker/api")), |name, text| {
        let module = Path::new(name).file_stem().unwrap().to_string_lossy();
        let is_api = text.contains("impl Handler for");
        (is_api && !rows.contains(&format!("{module}::"))).then(|| "not in APIS".to_owned())
    });
}

#[test]
fn no_test_waits_for_time_to_pass() {
    let files = rust_files(Path::new("tests"));
    let files = files
        .into_iter()
        .filter(|file| !file.starts_with("tests/support") && !file.ends_with("tidy.rs"));
    check(files.collect(), |_, text| {
        text.contains("sleep(")
            .then(|| "sleeps; wait for a condition with a deadline".to_owned())
    });
}

/// Files of `src/cli` where an error may be no `Failure`, and why.
const WITHOUT_FAILURES: [(&str, &str); 6] = [
    (
        "src/cli/broker.rs",
        "a server tells what stopped it, with hints of its own",
    ),
    (
        "src/cli/quickstart.rs",
        "a demonstration ends with the words of the tool that failed",
    ),
    ("src/cli/generate.rs", "for those who build this"),
    (
        "src/cli/mod.rs",
        "about a system without threads or signals there is nothing to advise",
    ),
    (
        "src/cli/printer/mod.rs",
        "without standard output there is nobody to tell",
    ),
    (
        "src/cli/consumer_groups/undo.rs",
        "its words become those of a question, which has a hint",
    ),
];

/// The last argument of the call whose opening bracket ends `before`: what its name stands for, if it is bound there.
fn last_argument<'t>(before: &'t str, call: &'t str) -> &'t str {
    let (mut depth, mut is_quoted, mut from) = (0_u32, false, 0);
    let mut letters = call.char_indices();
    let mut last = call;
    while let Some((at, letter)) = letters.next() {
        match letter {
            '\\' => drop(letters.next()),
            '"' => is_quoted = !is_quoted,
            _ if is_quoted => {}
            '(' | '[' | '{' => depth += 1,
            ')' if depth == 0 => {
                last = &call[from..at];
                break;
            }
            ')' | ']' | '}' => depth -= 1,
            ',' if depth == 0 && !call[at + 1..].trim_start().starts_with(')') => from = at + 1,
            _ => {}
        }
    }
    let last = last.trim().trim_end_matches(',');
    let names = [format!("let {last} = "), format!("const {last}: &str =")];
    let bound = names.iter().find_map(|name| before.rsplit_once(name));
    bound.map_or(last, |(_, value)| {
        value
            .split_once(";\n")
            .map_or(value, |(value, _)| value)
            .trim()
    })
}

/// The first failure in a source of `src/cli` that says neither what to do nor why there is nothing to do.
fn without_advice(name: &str, text: &str) -> Option<String> {
    let code = text.split("#[cfg(test)]").next().unwrap_or_default();
    let constructors = ["Failure::new(", "Failure::without_hint(", ".with_hint("];
    for constructor in constructors {
        for (at, _) in code.match_indices(constructor) {
            let (before, call) = code.split_at(at + constructor.len());
            let advice = last_argument(before, call);
            let quoted = advice.strip_prefix('"');
            let quoted = quoted.and_then(|words| words.strip_suffix('"'));
            if quoted.is_some_and(|words| words.split_whitespace().count() < 2) {
                return Some(format!("{constructor} with {advice} to help"));
            }
        }
    }
    let is_known = WITHOUT_FAILURES.iter().any(|(file, _)| *file == name);
    let passing = ["bail!(", "anyhow!(", ".context(", ".with_context("];
    let passing = passing.iter().find(|word| code.contains(**word))?;
    (!is_known).then(|| format!("{passing} makes an error without a hint"))
}

#[test]
fn every_failure_says_what_to_do_or_why_there_is_nothing() {
    check(rust_files(Path::new("src/cli")), without_advice);
}

#[test]
fn a_failure_without_advice_is_found() {
    let fault = |text| without_advice("src/cli/some.rs", text).is_some();
    assert!(fault("Failure::new(format!(\"no {x}, {y}\"), \"\")"));
    assert!(fault("Failure::new(\n    \"no (\",\n    \" \",\n)"));
    assert!(fault("let hint = \"\";\nFailure::new(\"no\", hint)"));
    assert!(fault(
        "const HINT: &str = \"?\";\nFailure::new(\"no\", HINT)"
    ));
    assert!(fault("Failure::without_hint(\"no\", \"none\")"));
    assert!(fault("it.with_hint(\"\")"));
    assert!(fault("bail!(\"no\")"));
    assert!(fault("open().context(\"no\")?"));
    assert!(!fault("Failure::new(\"no\", \"try again\")"));
    assert!(!fault(
        "let hint = \"try again\";\nFailure::new(\"no\", hint)"
    ));
    assert!(!fault(
        "Failure::without_hint(f(\"\"), \"the text says it\")"
    ));
}
