//! Completions and man pages say what the tools say of themselves; every tool answers `--help` and `--version`.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use crate::support::broker::BrokerProcess;

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

/// Words of a man page, without roff.
fn words(page: &str) -> String {
    let page = page.replace("\\-", "-").replace("\\(aq", "'");
    let page = page.replace("\\(ga", "`").replace("\\&", "");
    page.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[test]
fn man_pages_are_whole_and_tell_of_every_difference() {
    let pages = files(Path::new("man"));
    for (name, page) in &pages {
        let wanted = ["NAME", "SYNOPSIS", "EXAMPLES", "EXIT STATUS", "ENVIRONMENT"];
        let scripts = ["OPTIONS", "FILES", "DIFFERENCES FROM APACHE KAFKA"];
        let is_script = SCRIPTS
            .iter()
            .any(|script| *name == format!("kafka-{script}.1"));
        let scripts = scripts.iter().filter(|_| is_script);
        for section in wanted.iter().chain(scripts) {
            assert!(
                page.contains(&format!(".SH \"{section}\"\n")),
                "{name}: {section}"
            );
        }
    }
    let deviations = fs::read_to_string("tests/golden/deviations.toml").unwrap();
    let parts = deviations.split("why = '''").skip(1);
    for why in parts.map(|part| words(part.split("'''").next().unwrap())) {
        let told = pages.values().any(|page| words(page).contains(&why));
        assert!(told, "no man page tells of it: {why}");
    }
    let tells = |page: &str, text| words(&pages[page]).contains(text);
    assert!(tells("kafka-console-producer.1", "carriage return"));
    assert!(!tells("kafka-topics.1", "carriage return"));
}

#[test]
fn nothing_asked_is_wrong_usage() {
    assert_eq!(kaffa(&[]).status.code(), Some(1));
    for script in SCRIPTS {
        assert_eq!(kaffa(&[script]).status.code(), Some(1), "{script}");
    }
}

/// The commands in the help of `words`.
fn examples(words: &[&str]) -> Vec<String> {
    let help = String::from_utf8(kaffa(words).stdout).unwrap();
    let (_, examples) = help.split_once("Examples").unwrap();
    let (_, examples) = examples.split_once('\n').unwrap();
    let (examples, _) = examples.split_once("\n\n").unwrap();
    let joined = examples.replace("\\\n", " ");
    joined.lines().map(str::to_owned).collect()
}

/// What ends a command that would wait for records or for Ctrl-C.
fn ended(example: &str) -> String {
    match example.split_whitespace().take(2).collect::<Vec<_>>()[..] {
        ["kaffa", "broker"] => "true".to_owned(),
        ["kafka-console-consumer", _] | ["kaffa", "consume"] => {
            format!("{example} --timeout-ms 500")
        }
        // A consumer above may have had no time to commit.
        ["kaffa", "groups"] | ["kafka-consumer-groups", _] => {
            let group = "kaffa groups reset etl --topic orders --to-latest --execute --no-undo";
            format!("{group} > /dev/null; {example}")
        }
        _ => example.to_owned(),
    }
}

#[test]
fn the_examples_in_the_help_work() {
    let dir = tempfile::tempdir().unwrap();
    let work = dir.path().join("work");
    fs::create_dir(&work).unwrap();
    fs::write(work.join("orders.ndjson"), "{\"order\":1}\n").unwrap();
    let broker = BrokerProcess::start(&dir.path().join("data"), &[]);
    let tools = Path::new(env!("CARGO_BIN_EXE_kaffa")).parent().unwrap();
    let path = format!("{}:{}", tools.display(), std::env::var("PATH").unwrap());
    let scripts = SCRIPTS.map(|script| format!("kafka-{script}"));
    let scripts = scripts.each_ref().map(String::as_str);
    let setup = ["kaffa topics delete orders".to_owned()];
    for (pages, setup) in [
        (&["", "produce", "consume", "groups"][..], &[][..]),
        (&["topics"], &setup),
        (&scripts, &setup),
    ] {
        let of = |page: &&str| {
            let words: Vec<_> = [*page, "--help"]
                .into_iter()
                .filter(|word| !word.is_empty())
                .collect();
            let examples = examples(&words);
            assert!(examples.len() >= 3, "{page}: {examples:?}");
            examples
        };
        for example in setup.iter().cloned().chain(pages.iter().flat_map(of)) {
            let line = ended(&example).replace("localhost:9092", &broker.address);
            let output = Command::new("bash")
                .args(["-c", &format!("{line} <<< key:value")])
                .current_dir(&work)
                .env_clear()
                .envs([
                    ("PATH", &*path),
                    ("KAFKA_BOOTSTRAP_SERVERS", &broker.address),
                ])
                .output()
                .unwrap();
            assert!(output.status.success(), "{example}\n{output:?}");
        }
    }
}
