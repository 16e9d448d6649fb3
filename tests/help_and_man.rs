//! Completions and man pages say what the tools say of themselves; every tool answers `--help` and `--version`.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::{Command, Output};

const TOOLS: [&str; 7] = [
    "topics",
    "console-producer",
    "console-consumer",
    "consumer-groups",
    "broker",
    "quickstart",
    "server-start",
];

/// Those whose original is a script for clients.
const SCRIPTS: [&str; 4] = [
    "topics",
    "console-producer",
    "console-consumer",
    "consumer-groups",
];

fn kaffa(words: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_kaffa"))
        .args(words)
        .output()
        .unwrap()
}

/// The files of a directory by name.
fn files(dir: &Path) -> BTreeMap<String, String> {
    let entry = |entry: fs::DirEntry| {
        (
            entry.file_name().into_string().unwrap(),
            fs::read_to_string(entry.path()).unwrap(),
        )
    };
    fs::read_dir(dir)
        .unwrap()
        .map(|found| entry(found.unwrap()))
        .collect()
}

#[test]
fn completions_and_man_pages_are_up_to_date() {
    let made = tempfile::tempdir().unwrap();
    assert!(
        kaffa(&["generate", made.path().to_str().unwrap()])
            .status
            .success()
    );
    for folder in ["completions", "man"] {
        let (ours, fresh) = (files(Path::new(folder)), files(&made.path().join(folder)));
        assert!(!fresh.is_empty());
        let names: Vec<_> = fresh
            .keys()
            .chain(ours.keys())
            .filter(|name| ours.get(*name) != fresh.get(*name))
            .collect();
        assert!(
            names.is_empty(),
            "{folder}/ is stale, run `cargo run -- generate .`: {names:?}"
        );
    }
}

#[test]
fn every_tool_explains_itself_on_stdout() {
    for tool in TOOLS {
        let help = kaffa(&[tool, "--help"]);
        let text = String::from_utf8(help.stdout).unwrap();
        assert!(help.status.success(), "{tool}");
        assert!(text.contains("Usage"), "{tool}: {text}");
        assert!(help.stderr.is_empty(), "{tool}");
        let version = kaffa(&[tool, "--version"]);
        assert!(
            version.status.success()
                && String::from_utf8(version.stdout).unwrap().contains("4.3.1"),
            "{tool}"
        );
    }
}

#[test]
fn every_option_of_a_script_is_in_its_man_page() {
    for (page, text) in files(Path::new("man")) {
        let Some(tool) = page
            .strip_suffix(".1")
            .and_then(|name| name.strip_prefix("kafka-"))
        else {
            continue;
        };
        let help = String::from_utf8(kaffa(&[tool, "--help"]).stdout).unwrap();
        let options = help
            .split_whitespace()
            .filter_map(|word| word.strip_prefix("--"));
        for option in
            options.filter(|option| option.chars().all(|c| c.is_ascii_lowercase() || c == '-'))
        {
            assert!(
                text.contains(&option.replace('-', "\\-")),
                "{page} does not tell of --{option}"
            );
        }
    }
}

#[test]
fn nothing_asked_is_wrong_usage() {
    assert_eq!(kaffa(&[]).status.code(), Some(1));
    for script in SCRIPTS {
        assert_eq!(kaffa(&[script]).status.code(), Some(1), "{script}");
    }
}

#[test]
fn the_examples_in_the_help_parse() {
    for script in SCRIPTS {
        let help = String::from_utf8(kaffa(&[script, "--help"]).stdout)
            .unwrap()
            .replace("\\\n", " ");
        let name = format!("kafka-{script} ");
        let examples: Vec<_> = help
            .lines()
            .filter_map(|line| line.trim().strip_prefix(&name))
            .collect();
        assert!(
            examples.len() >= 3,
            "{script} has {} examples",
            examples.len()
        );
        for example in examples {
            // There is no such port, so that is as far as a command that parses can get.
            let line = example
                .split(" < ")
                .next()
                .unwrap()
                .replace("localhost:9092", "localhost:99999");
            let words: Vec<_> = std::iter::once(script)
                .chain(line.split_whitespace())
                .collect();
            let said = String::from_utf8(kaffa(&words).stderr).unwrap();
            assert!(
                said.contains("Failed to c") || said.contains("bootstrap.servers"),
                "{line}\n{said}"
            );
        }
    }
}
