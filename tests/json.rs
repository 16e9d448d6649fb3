//! The shapes in `docs/json.md` are those that the tools print.

use std::collections::BTreeMap;
use std::process::Command;

use serde_json::Value;

use crate::support::cluster::bootstrap;

/// Every command that has a shape, with something to show.
const SCRIPT: &str = r"
    set -e
    topics() { kafka-topics --bootstrap-server $B --output json $*; }
    groups() { kafka-consumer-groups --bootstrap-server $B --output json $*; }
    topics --create --topic orders --partitions 1 --config retention.ms=604800000
    echo hello | kafka-console-producer --bootstrap-server $B --topic orders
    topics --list --exclude-internal
    groups --reset-offsets --group etl --topic orders --to-latest --execute --no-undo >/dev/null
    groups --reset-offsets --group etl --topic orders --to-earliest --execute
    kafka-console-consumer --bootstrap-server $B --topic orders --group live >/dev/null 2>&1 &
    consumer=$!
    until groups --describe --group live --members | grep -q partitions; do :; done
    groups --list
    groups --describe --group etl
    groups --describe --group live --members
    groups --describe --group live --state
    kill $consumer; wait $consumer || true
    topics --describe --topic orders
    groups --delete-offsets --group etl --topic orders:0
    groups --reset-offsets --group old --topic orders --to-latest --execute >/dev/null
    groups --delete --group old
    topics --alter --topic orders --partitions 5
    topics --delete --topic orders
";

/// The documents in a text, by kind.
fn documents(text: &str) -> BTreeMap<String, Value> {
    let lines = text.lines().filter(|line| line.starts_with('{'));
    let documents = lines.map(|line| serde_json::from_str::<Value>(line).unwrap());
    documents
        .map(|document| (document["kind"].to_string(), document))
        .collect()
}

/// The names in a document, without the values.
fn shape(value: &Value) -> String {
    match value {
        Value::Object(fields) => {
            let fields: Vec<_> = fields
                .iter()
                .map(|(name, value)| name.clone() + &shape(value))
                .collect();
            format!("{{{}}}", fields.join(","))
        }
        Value::Array(items) => format!("[{}]", items.first().map(shape).unwrap_or_default()),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => String::new(),
    }
}

#[test]
fn topics_and_groups_are_told_in_the_documented_shapes() {
    let state = tempfile::tempdir().unwrap();
    let tools = std::path::Path::new(env!("CARGO_BIN_EXE_kaffa"))
        .parent()
        .unwrap();
    let path = format!("{}:{}", tools.display(), std::env::var("PATH").unwrap());
    let output = Command::new("bash")
        .args(["-c", SCRIPT])
        .envs([("PATH", &*path), ("B", &*bootstrap())])
        .env("XDG_STATE_HOME", state.path())
        .output()
        .unwrap();
    let printed = String::from_utf8(output.stdout).unwrap();
    let complaints = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{printed}{complaints}");
    assert!(
        printed.lines().all(|line| line.starts_with('{')),
        "{printed}"
    );
    let page = include_str!("../docs/json.md");
    let (_, sections) = page.split_once("## Topics:").unwrap();
    let (sections, _) = sections.split_once("## Progress:").unwrap();
    let shapes = |text| -> BTreeMap<String, String> {
        documents(text)
            .into_iter()
            .map(|(kind, document)| (kind, shape(&document)))
            .collect()
    };
    assert_eq!(shapes(&printed), shapes(sections));
}

#[test]
fn help_is_told_in_the_documented_shape() {
    let help = |words: &[&str]| -> Value {
        let output = Command::new(env!("CARGO_BIN_EXE_kaffa"))
            .args(words)
            .args(["--help", "--output", "json"])
            .output()
            .unwrap();
        assert!(output.status.success() && output.stderr.is_empty());
        serde_json::from_slice(&output.stdout).unwrap()
    };
    let all = documents(include_str!("../docs/json.md"));
    let documented = &all["\"help\""];
    let printed = help(&["kafka-topics"]);
    let names = |document: &Value| -> Vec<String> {
        let fields = document.as_object().unwrap();
        fields.keys().cloned().collect()
    };
    assert_eq!(names(&printed), names(documented));
    for key in ["name", "about", "usage", "notes"] {
        assert_eq!(printed[key], documented[key]);
    }
    for key in ["examples", "options", "environment", "exit_status"] {
        let (printed, told) = (printed[key].as_array().unwrap(), &documented[key][0]);
        assert!(printed.contains(told), "{told} is not among {printed:?}");
    }
    for command in help(&[])["commands"].as_array().unwrap() {
        let document = help(&[command["name"].as_str().unwrap()]);
        assert_eq!(names(&document), names(documented), "{command}");
    }
}
