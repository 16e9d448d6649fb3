//! The console producer beyond Apache's: records in JSON, bad records, checkpoints, progress for programs.

use std::fs;

use serde_json::{Value, json};

use crate::support::bench::{Bench, stderr};

/// Records with everything that is hard to carry.
fn odd_records() -> Vec<Value> {
    vec![
        json!({"partition": 0, "timestamp": 1_700_000_000_000_i64, "key": "k", "headers": [], "value": "v"}),
        json!({"partition": 2, "timestamp": 1, "key_b64": "AP/+", "headers": [], "value_b64": "gIGC"}),
        json!({"partition": 1, "timestamp": 2, "key": "tombstone", "headers": [], "value": null}),
        json!({"partition": 1, "timestamp": 3, "key": "", "headers": [], "value": ""}),
        json!({"partition": 2, "timestamp": 4, "key": null, "headers": [], "value": "no key\nbut \"two\" lines\u{0}"}),
        json!({"partition": 0, "timestamp": 5, "key": "h", "headers": [
            {"key": "h", "value": "1"}, {"key": "h", "value": null}, {"key": "h", "value": ""},
            {"key": "", "value_b64": "/w=="}, {"key_b64": "/w==", "value": "é"}], "value": "ünïcödé 🦀"}),
    ]
}

#[test]
fn a_topic_copied_as_json_is_equal_record_by_record() {
    let bench = Bench::new();
    bench.create("from", "--partitions 3");
    bench.create("to", "--partitions 3");
    let wanted = odd_records();
    let lines: Vec<_> = wanted.iter().map(|record| format!("{record}\n")).collect();
    let sent = bench.pipe(
        "--topic from --input json --keep-partitions",
        lines.concat().as_bytes(),
    );
    assert!(sent.status.success(), "{sent:?}");
    let original = bench.records("from", wanted.len());
    for wanted in &wanted {
        let is_found = original.lines().any(|line| {
            let found: Value = serde_json::from_str(line).unwrap();
            let fields = wanted.as_object().unwrap();
            fields
                .iter()
                .all(|(name, value)| found.get(name) == Some(value))
        });
        assert!(is_found, "{wanted} is not among\n{original}");
    }
    let copied = bench.pipe(
        "--topic to --input json --keep-partitions",
        original.as_bytes(),
    );
    assert!(copied.status.success(), "{copied:?}");
    let copy = bench.records("to", wanted.len());
    assert_eq!(
        copy.replace("\"topic\":\"to\"", "\"topic\":\"from\""),
        original
    );
}

#[test]
fn a_record_in_json_goes_by_its_key_unless_told_otherwise() {
    let bench = Bench::new();
    bench.create("t", "--partitions 3");
    let lines = "{\"partition\":0,\"key\":\"a\",\"value\":\"1\"}\n{\"partition\":1,\"key\":\"a\",\"value\":\"2\"}\n";
    assert!(
        bench
            .pipe("--topic t --input json", lines.as_bytes())
            .status
            .success()
    );
    let found = bench.records("t", 2);
    let partitions: Vec<Value> = found
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).unwrap()["partition"].clone())
        .collect();
    assert_eq!(partitions[0], partitions[1]);
}

#[test]
fn bad_records_are_skipped_or_kept_in_a_file_as_they_were() {
    let bench = Bench::new();
    bench.create("t", "");
    let input = b"k1:v1\r\nbad one\r\nk2:v2\nworse";
    let read = "--topic t --reader-property parse.key=true --reader-property key.separator=:";
    let kept = bench.produce(&format!("{read} --on-error file=rejects"), input);
    assert_eq!(kept.status.code(), Some(1));
    assert!(
        stderr(&kept).contains("2 records were not written; their lines are in rejects"),
        "{kept:?}"
    );
    assert_eq!(
        fs::read(bench.path("rejects")).unwrap(),
        b"bad one\r\nworse\n"
    );
    assert_eq!(bench.values("t", 2), "v1\nv2\n");

    let skipped = bench.pipe(&format!("{read} --on-error skip"), input);
    let said = stderr(&skipped);
    assert!(
        said.contains("line 2 (byte 7), 7 B: no key separator in 'bad one'"),
        "{said}"
    );
    assert!(said.contains("line 4 (byte 22)"), "{said}");
    assert_eq!(bench.values("t", 4), "v1\nv2\nv1\nv2\n");
}

#[test]
fn what_the_broker_refuses_is_traced_to_its_line() {
    let bench = Bench::new();
    bench.create("t", "--config max.message.bytes=1000");
    let large = "x".repeat(2000);
    let input = format!("one\ntwo\n{large}\nfour\n");
    let skipped = bench.produce("--topic t --on-error skip", input.as_bytes());
    assert!(
        stderr(&skipped).contains("line 3 (byte 8), 2.00 kB: "),
        "{skipped:?}"
    );
    assert_eq!(bench.values("t", 3), "one\ntwo\nfour\n");
    let kept = bench.pipe("--topic t --on-error file=rejects", input.as_bytes());
    assert_eq!(kept.status.code(), Some(1));
    assert_eq!(
        fs::read_to_string(bench.path("rejects")).unwrap(),
        format!("{large}\n")
    );
}

#[test]
fn a_run_that_stopped_goes_on_where_it_was() {
    let bench = Bench::new();
    bench.create("t", "");
    let read = "--topic t --reader-property parse.key=true --on-error stop --resume c.ckpt";
    let first = bench.produce(read, b"k\tone\nk\ttwo\nbad\nk\tfour\n");
    assert_eq!(first.status.code(), Some(1));
    let said = stderr(&first);
    assert!(said.contains("line 3 (byte 12)"), "{said}");
    assert!(
        said.contains("stopped: 2 records acked.  Continue with:  --resume c.ckpt"),
        "{said}"
    );
    let checkpoint: Value =
        serde_json::from_slice(&fs::read(bench.path("c.ckpt")).unwrap()).unwrap();
    assert_eq!(
        (&checkpoint["position"], &checkpoint["line"]),
        (&json!(12), &json!(3))
    );

    let again = bench.produce(read, b"k\tone\nk\ttwo\nk\tbetter\nk\tfour\n");
    assert!(again.status.success(), "{again:?}");
    assert!(
        stderr(&again).contains("resuming at line 3 (byte 12)"),
        "{again:?}"
    );
    assert_eq!(bench.values("t", 4), "one\ntwo\nbetter\nfour\n");
    assert!(!bench.path("c.ckpt").exists());
}

#[test]
fn a_checkpoint_of_something_else_stops_the_run() {
    let bench = Bench::new();
    bench.create("t", "");
    let bad = b"bad\n";
    let read = "--reader-property parse.key=true --on-error stop --resume c.ckpt";
    bench.produce(&format!("--topic t {read}"), bad);
    let other = bench.produce(&format!("--topic u {read}"), bad);
    assert!(
        stderr(&other).contains("the checkpoint is of topic 't', not of 'u'"),
        "{other:?}"
    );
    let piped = bench.pipe(&format!("--topic t {read}"), bad);
    assert!(
        stderr(&piped).contains("cannot resume: standard input is not a file"),
        "{piped:?}"
    );
    fs::write(bench.path("c.ckpt"), "nonsense").unwrap();
    let broken = bench.produce(&format!("--topic t {read}"), bad);
    assert!(
        stderr(&broken).contains("'c.ckpt' is not a checkpoint of this tool"),
        "{broken:?}"
    );
}

#[test]
fn programs_get_progress_and_errors_as_json() {
    let bench = Bench::new();
    bench.create("t", "");
    let sent = bench.produce("--topic t --progress json", b"one\ntwo\n");
    let said = stderr(&sent);
    let last: Value = serde_json::from_str(said.lines().last().unwrap()).unwrap();
    let elapsed = last["elapsed_ms"].clone();
    let wanted = json!({"kind": "progress", "v": 1, "acked": 2, "bytes": 8, "total_bytes": 8, "in_flight": 0, "retries": 0,
        "errors": 0, "elapsed_ms": elapsed});
    assert_eq!(last, wanted);
    let failed = bench.produce("--topic t --output json --input json", b"{\"value\":7}\n");
    assert_eq!(failed.status.code(), Some(1));
    let kinds: Vec<Value> = stderr(&failed)
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).unwrap()["kind"].clone())
        .collect();
    assert_eq!(kinds, ["error", "stopped"]);
}

#[test]
fn wrong_options_say_what_would_be_right() {
    let bench = Bench::new();
    for (options, wanted) in [
        (
            "--on-error explode",
            "--on-error is stop, skip or file=PATH, not 'explode'",
        ),
        ("--on-error file=", "--on-error is stop, skip or file=PATH"),
        (
            "--on-error file=missing/dir",
            "cannot open 'missing/dir' for --on-error: No such file or directory",
        ),
        ("--keep-partitions", "--keep-partitions needs --input json"),
        ("--input xml", "invalid value 'xml' for '--input <FORMAT>'"),
        (
            "--input json --keep-partitions",
            "topic 't' has no partition 7, only 1",
        ),
    ] {
        let refused = bench.produce(
            &format!("--topic t {options}"),
            b"{\"partition\":7,\"value\":\"\"}",
        );
        assert_eq!(refused.status.code(), Some(1), "{options}");
        assert!(
            stderr(&refused).contains(wanted),
            "{options}: {}",
            stderr(&refused)
        );
    }
}
