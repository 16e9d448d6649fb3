//! The console consumer beyond Apache's: ranges, the last records, filters, JSON, and how soon the first byte comes.

use std::io::{BufRead as _, BufReader, Read as _};
use std::process::{Command, Stdio};
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};
use serde_json::{Value, json};
use tokio::time::Instant;

use crate::support::bench::{Bench, stderr};

/// A topic `t` of two partitions with ten records each: `0-0` to `0-9` and `1-0` to `1-9`, made a second apart, in turns.
fn filled() -> Bench {
    let bench = Bench::new();
    bench.create("t", "--partitions 2");
    let line = |number: i64| {
        let (partition, value) = (number % 2, format!("{}-{}", number % 2, number / 2));
        let timestamp = 1_700_000_000_000 + 1000 * number;
        let headers = json!([{"key": "number", "value": number.to_string()}]);
        let record = json!({"partition": partition, "timestamp": timestamp, "key": format!("k{number}"), "headers": headers,
            "value": value});
        format!("{record}\n")
    };
    let lines: String = (0..20).map(line).collect();
    let sent = bench.pipe("--topic t --input json --keep-partitions", lines.as_bytes());
    assert!(sent.status.success(), "{sent:?}");
    bench
}

/// The values that a run prints, in order, all on one line.
fn consumed(bench: &Bench, options: &str) -> String {
    let printed = bench.ok(&format!("consume --topic t {options}"));
    let mut values: Vec<&str> = printed.lines().collect();
    values.sort_unstable();
    values.join(" ")
}

#[test]
fn a_range_ends_where_it_says_in_every_partition() {
    let bench = filled();
    for (range, wanted) in [
        ("start..start+2", "0-0 0-1 1-0 1-1"),
        ("end-1..end", "0-9 1-9"),
        ("..2", "0-0 0-1 1-0 1-1"),
        ("8..1000000", "0-8 0-9 1-8 1-9"),
        ("latest..latest", ""),
        ("@1700000016000..end", "0-8 0-9 1-8 1-9"),
        ("@1700000003000..@1700000006000", "0-2 1-1 1-2"),
        ("@1700000003000..3", "0-2 1-1 1-2"),
        ("5..3", ""),
    ] {
        assert_eq!(
            consumed(&bench, &format!("--range {range}")),
            wanted,
            "{range}"
        );
    }
    assert_eq!(consumed(&bench, "--range 3..5 --partition 1"), "1-3 1-4");
    assert_eq!(
        consumed(&bench, "--range 7.. --max-messages 6"),
        "0-7 0-8 0-9 1-7 1-8 1-9"
    );
}

#[test]
fn the_last_records_are_counted_and_not_their_offsets() {
    let bench = filled();
    let printed = bench.ok("consume --topic t --last 3");
    assert_eq!(printed, "1-8\n0-9\n1-9\n");
    assert_eq!(
        bench.ok("consume --topic t --last 3 --grep-value ^0"),
        "0-7\n0-8\n0-9\n"
    );
    assert_eq!(bench.ok("consume --topic t --last 100").lines().count(), 20);
    assert_eq!(
        bench.ok("consume --topic t --last 1 --partition 0"),
        "0-9\n"
    );
    assert_eq!(bench.ok("consume --topic t --last 0"), "");
}

#[test]
fn filters_look_at_what_they_name_and_tell_what_they_left_out() {
    let bench = filled();
    assert_eq!(consumed(&bench, "--range ..end --grep ^k1$"), "1-0");
    assert_eq!(consumed(&bench, "--range ..end --grep number:19$"), "1-9");
    assert_eq!(
        consumed(&bench, "--range ..end --grep-key 1 --grep-value 0-5"),
        "0-5"
    );
    assert_eq!(
        consumed(&bench, "--range ..end --grep-header ^number:7$"),
        "1-3"
    );
    let output = bench
        .tool("consume --topic t --from-beginning --grep 0-. --max-messages 2")
        .output()
        .unwrap();
    let said = stderr(&output);
    assert!(said.contains("Processed a total of 2 messages"), "{said}");
    assert!(said.contains("records did not match"), "{said}");
}

#[test]
fn a_deserializer_decides_what_json_and_filters_see() {
    let bench = Bench::new();
    bench.create("t", "");
    let line = b"{\"value_b64\":\"AAAAAAAAACo=\"}\n";
    assert!(bench.pipe("--topic t --input json", line).status.success());
    let class = "org.apache.kafka.common.serialization.LongDeserializer";
    let printed = bench.ok(&format!(
        "consume --topic t --range ..end --output json --grep ^42$ --value-deserializer {class}"
    ));
    let found: Value = serde_json::from_str(&printed).unwrap();
    assert_eq!(found["value"], "42");
}

#[test]
fn wrong_options_say_what_would_be_right() {
    let bench = Bench::new();
    bench.create("t", "");
    for (options, wanted) in [
        ("--range 5", "'5' is no range of offsets"),
        ("--range a..b", "'a' is no place in a partition"),
        ("--range @never..", "never"),
        (
            "--range ..end --last 2",
            "--range and --last do not go together",
        ),
        (
            "--range ..end --group g",
            "--range and --group do not go together",
        ),
        (
            "--last 2 --from-beginning",
            "--last and --from-beginning do not go together",
        ),
        (
            "--last many",
            "--last takes a number of records, not 'many'",
        ),
        (
            "--grep (",
            "'(' of --grep is not a regular expression: unclosed group",
        ),
        (
            "--last 2 --partition 7",
            "topic 't' has no partition 7, only 1",
        ),
    ] {
        for mode in ["plain", "table", "json"] {
            let output = bench
                .tool(&format!("consume --topic t --output {mode} {options}"))
                .output()
                .unwrap();
            assert_eq!(output.status.code(), Some(1), "{options}");
            let said = stderr(&output).replace("\\\"", "\"");
            assert!(said.contains(wanted), "{options}: {said}");
        }
    }
    let output = bench
        .tool("consume --topic tt --last 2 --output json")
        .output()
        .unwrap();
    let error: Value = serde_json::from_str(stderr(&output).lines().last().unwrap()).unwrap();
    assert_eq!(
        error,
        json!({"kind": "error", "v": 1, "code": "UNKNOWN_TOPIC_OR_PARTITION", "message": "topic 'tt' does not exist",
            "hints": ["did you mean: t ?"]})
    );
}

#[test]
fn a_reader_that_stalls_costs_no_membership_and_keeps_nobody_from_leaving() {
    let bench = Bench::with(&["group.min.session.timeout.ms=100"]);
    bench.create("t", "");
    let line = "x".repeat(1000) + "\n";
    assert!(
        bench
            .pipe("--topic t", line.repeat(2000).as_bytes())
            .status
            .success()
    );
    let mut consumer = bench
        .tool(
            "consume --topic t --group g --from-beginning --command-property session.timeout.ms=3000 \
             --command-property heartbeat.interval.ms=500",
        )
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    // Its first byte is there: the pipe fills up, and nobody reads on.
    let mut first = [0];
    let mut output = consumer.stdout.take().unwrap();
    output.read_exact(&mut first).unwrap();
    let began = Instant::now();
    while began.elapsed() < Duration::from_secs(6) {
        let state = bench.ok("groups --describe --group g --state");
        assert!(
            state.contains("Stable"),
            "after {:?}: {state}",
            began.elapsed()
        );
    }
    kill_process(Pid::from_child(&consumer), Signal::TERM).unwrap();
    assert_eq!(consumer.wait().unwrap().code(), Some(143));
}

/// What a script starts with `&` is not what Ctrl-C at its terminal is meant for.
#[test]
fn a_signal_that_is_ignored_from_the_start_stays_ignored() {
    let bench = Bench::new();
    bench.create("t", "");
    assert!(bench.pipe("--topic t", b"one\n").status.success());
    let tool = bench.tool("consume --topic t --from-beginning --max-messages 2");
    let mut consumer = Command::new("sh")
        .args(["-c", "trap '' INT; exec \"$@\"", "sh"])
        .arg(tool.get_program())
        .args(tool.get_args())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(consumer.stdout.take().unwrap()).lines();
    assert_eq!(lines.next().unwrap().unwrap(), "one");
    kill_process(Pid::from_child(&consumer), Signal::INT).unwrap();
    assert!(bench.pipe("--topic t", b"two\n").status.success());
    assert_eq!(lines.next().unwrap().unwrap(), "two");
    assert_eq!(consumer.wait().unwrap().code(), Some(0));
}

#[test]
fn a_table_in_a_pipe_has_one_line_per_record() {
    let bench = Bench::new();
    bench.create("t", "");
    let lines = b"{\"timestamp\":1700000000000,\"key\":null,\"value\":\"two\\nlines \\u001b[31m\"}\n{\"value\":null}\n";
    assert!(bench.pipe("--topic t --input json", lines).status.success());
    let printed = bench
        .tool("consume --topic t --last 5 --output table")
        .env("LC_ALL", "C.UTF-8")
        .output()
        .unwrap();
    let printed = String::from_utf8(printed.stdout).unwrap();
    let lines: Vec<&str> = printed.lines().collect();
    assert_eq!(lines.len(), 3, "{printed}");
    assert!(
        lines[1].ends_with("–               two\\nlines \\u{1b}[31m"),
        "{printed}"
    );
    assert!(lines[2].ends_with("–"), "{printed}");
}
