//! The console producer and consumer.

use crate::support::bench::Bench;
use crate::support::terminal::{COLUMNS, Terminal, screen, screen_after};

/// Speeds and times.
const FIGURES: [(&str, &str); 3] = [
    (r"in [0-9.]+ s,", "in T s,"),
    (
        r"in [0-9.]+ s \([0-9.]+ [kMG]?B/s, [0-9.]+ [kMG]?",
        "in T s (S B/s, N ",
    ),
    (r" +<?\d\.\d s  ", "     A s  "),
];

#[test]
fn records_at_a_terminal_cannot_wreck_it() {
    let bench = Bench::new();
    bench.create("t", "");
    let input = b"plain\ncol\x1b[31mour\x07\nbytes \xff\xfe\n\ttab\n";
    assert!(bench.pipe("--topic t", input).status.success());
    screen(
        "consumer-records",
        &bench.broker.address,
        "kafka-console-consumer --bootstrap-server $B --topic t --from-beginning --max-messages 4",
        &[],
    );
}

#[test]
fn records_as_a_table() {
    let bench = Bench::new();
    for topic in ["t", "placed"] {
        bench.create(topic, "");
    }
    let long = "x".repeat(300);
    let lines = format!(
        "{{\"key\":\"a key that goes on and on and on and on\",\"value\":\"{long}\"}}\n\
         {{\"key\":\"k\",\"value\":null}}\n{{\"key_b64\":\"/w==\",\"value\":\"line\\nline\"}}\n"
    );
    assert!(
        bench
            .pipe("--topic t --input json", lines.as_bytes())
            .status
            .success()
    );
    screen(
        "consumer-table",
        &bench.broker.address,
        "kafka-console-consumer --bootstrap-server $B --topic t --output table --range ..end",
        &FIGURES,
    );
}

#[test]
fn an_idle_topic_does_not_look_like_a_hang() {
    let bench = Bench::new();
    bench.create("orders", "--partitions 6");
    screen_after(
        "consumer-waiting",
        &bench.broker.address,
        "stty -echoctl; kafka-console-consumer --bootstrap-server $B --topic orders",
        &[],
        |terminal| {
            terminal.wait_for("reads what is already there");
            terminal.press("\x03");
        },
    );
}

#[test]
fn a_topic_that_is_not_there_is_waited_for_and_not_created() {
    let bench = Bench::new();
    bench.create("orders", "--partitions 6");
    screen_after(
        "consumer-unknown",
        &bench.broker.address,
        "stty -echoctl; kafka-console-consumer --bootstrap-server $B --topic ordres",
        &[],
        |terminal| {
            terminal.wait_for("did you mean");
            terminal.press("\x03");
        },
    );
    assert!(!bench.ok("topics --list").contains("ordres"));
}

#[test]
fn a_file_that_is_sent_ends_in_one_line() {
    let bench = Bench::new();
    bench.create("t", "");
    screen(
        "producer-summary",
        &bench.broker.address,
        "seq 1000 > numbers; kafka-console-producer --bootstrap-server $B --topic t < numbers",
        &FIGURES,
    );
}

#[test]
fn a_bad_record_is_told_with_its_line_and_the_way_on() {
    let bench = Bench::new();
    bench.create("t", "");
    screen(
        "producer-failure",
        &bench.broker.address,
        r"printf 'k\tv\nbad\nk\tv\n' > input; kafka-console-producer --bootstrap-server $B --topic t \
            --reader-property parse.key=true < input",
        &[],
    );
}

#[test]
fn progress_counts_what_is_acknowledged() {
    let bench = Bench::new();
    bench.create("t", "");
    let moving = [
        (r"[━╸─]{10,}", "━━━╸───"),
        (r"\d[\d,.]*( [kMG]?B| [kM]\b)?", "N"),
        (" +$", ""),
    ];
    let command = "kafka-console-producer --bootstrap-server $B --topic t --compression-codec zstd";
    for columns in COLUMNS {
        let line = format!("seq 1000000 > numbers; {command} --sync < numbers");
        let mut terminal = Terminal::start(columns, &bench.broker.address, &line);
        terminal.wait_for("acked");
        terminal.is_as_kept("producer-progress", &moving);
    }
    for columns in COLUMNS {
        let line = format!("(seq 1000; sleep 60) | {command}");
        let mut terminal = Terminal::start(columns, &bench.broker.address, &line);
        terminal.wait_for("acked 1,000");
        terminal.is_as_kept("producer-progress-pipe", &moving);
    }
}

#[test]
fn reading_to_a_file_says_how_far_it_is() {
    let bench = Bench::new();
    bench.create("t", "");
    bench.produce("--topic t", &b"a record\n".repeat(1000));
    for columns in COLUMNS {
        let line = "kafka-console-consumer --bootstrap-server $B --topic t --from-beginning > out";
        let mut terminal = Terminal::start(columns, &bench.broker.address, line);
        terminal.wait_for("lag 0");
        terminal.is_as_kept("consumer-progress", &[(r"[\d.]+ [kM]?B/s", "N B/s")]);
    }
}

#[test]
fn lines_are_edited_and_long_pastes_stay_whole() {
    let bench = Bench::new();
    for topic in ["t", "placed"] {
        bench.create(topic, "");
    }
    let long = "0123456789".repeat(1000);
    screen_after(
        "producer-prompt",
        &bench.broker.address,
        "kafka-console-producer --bootstrap-server $B --topic t; stty -a | grep -o ' icanon'",
        &[],
        |terminal| {
            terminal.wait_for(">");
            terminal.press("words\x1b[D\x1b[D\x1b[D\x1b[Dh\n");
            terminal.wait_for(">whords");
            terminal.press("\x1b[A\x15again\n");
            terminal.wait_for(">again");
            terminal.press("\x04");
        },
    );
    screen_after(
        "producer-prompt-verbose",
        &bench.broker.address,
        "kafka-console-producer --bootstrap-server $B --topic placed --verbose",
        &[(r"@\d+", "@N")],
        |terminal| {
            terminal.wait_for(">");
            terminal.press("here\n");
            terminal.wait_for("placed-0@");
            terminal.press("again\n\x04");
        },
    );
    let mut terminal = Terminal::start(
        60,
        &bench.broker.address,
        "kafka-console-producer --bootstrap-server $B --topic t",
    );
    terminal.wait_for(">");
    terminal.press(&format!("{long}\n"));
    terminal.wait_for(&long[long.len() - 30..]);
    terminal.press("\x04");
    assert_eq!(terminal.finish(), 0);
    let values = bench.values("t", 7);
    assert!(
        values.starts_with("whords\nagain\n") && values.ends_with(&format!("again\n{long}\n")),
        "{values}"
    );
}
