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
