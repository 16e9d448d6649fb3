//! Completion in real shells on real terminals, with topics and groups of a real broker.

use std::net::TcpListener;
use std::process::Command;

use crate::support::broker::BrokerProcess;
use crate::support::terminal::Terminal;

/// What is typed before Tab, and what stands there after it. `@` is the broker's address.
const TYPED: [(&str, &str); 11] = [
    (
        "kafka-topics --exclude-int",
        "kafka-topics --exclude-internal ",
    ),
    (
        "kafka-topics.sh --topics-w",
        "kafka-topics.sh --topics-with-overrides ",
    ),
    (
        "kafka-topics --bootstrap-server @ --topic ord",
        "--topic orders ",
    ),
    (
        "kafka-topics --bootstrap-server @ --topic=ord",
        "--topic=orders ",
    ),
    (
        "kafka-topics --bootstrap-server @ --topic __con",
        "--topic __consumer_offsets ",
    ),
    (
        "kafka-topics --bootstrap-server @ --create --config cleanup.pol",
        "--config cleanup.policy=",
    ),
    (
        "kafka-topics --bootstrap-server @ --create --config compression.type=zs",
        "compression.type=zstd ",
    ),
    (
        "kafka-consumer-groups --bootstrap-server @ --topic orders:",
        "--topic orders:0 ",
    ),
    ("kaffa groups describe -b @ e", "-b @ etl "),
    (
        "kafka-topics --command-config /dev/nul",
        "-config /dev/null ",
    ),
    (
        "kafka-topics --command-config=/dev/nul",
        "-config=/dev/null ",
    ),
];

/// A broker with a topic of one partition and a group.
fn broker(dir: &std::path::Path) -> BrokerProcess {
    let broker = BrokerProcess::start(dir, &[]);
    for line in [
        "topics create orders -p 1",
        "consume orders -g etl --timeout-ms 100",
    ] {
        let words = line.split(' ').chain(["-b", &broker.address]);
        let output = Command::new(env!("CARGO_BIN_EXE_kaffa"))
            .args(words)
            .output()
            .unwrap();
        assert!(output.status.success(), "{output:?}");
    }
    broker
}

/// Presses Tab behind each line in a shell that `start` starts.
fn completes(start: &str, suffix: &str) {
    let dir = tempfile::tempdir().unwrap();
    let broker = broker(dir.path());
    let scripts = format!("{}/completions", env!("CARGO_MANIFEST_DIR"));
    let start = start.replace("SCRIPTS", &scripts);
    let mut terminal = Terminal::start(200, &broker.address, &start);
    for (number, (typed, expected)) in TYPED.into_iter().enumerate() {
        // The number makes each expectation new on the terminal.
        let typed = typed.replace('@', &broker.address);
        let expected = format!("{}#{number}", expected.replace('@', &broker.address));
        terminal.wait_for(&format!("{number}>"));
        terminal.press(&format!("{typed}\t"));
        terminal.press(&format!("#{number}"));
        terminal.wait_for(&expected);
        terminal.press(suffix);
    }
    terminal.press("exit\n");
    terminal.finish();
    let picture = terminal.picture();
    assert!(!picture.contains("error"), "{picture}");
}

#[test]
fn bash_completes() {
    // Each prompt counts, so that the test knows when the line before it is gone.
    let start = "cat SCRIPTS/kaffa.bash SCRIPTS/kafka-topics.bash SCRIPTS/kafka-consumer-groups.bash > rc; \
                 echo \"n=0; PROMPT_COMMAND='PS1=\\$n\\>\\ ; ((n++))'; bind 'set enable-bracketed-paste off'\" >> rc; \
                 timeout --foreground 300 bash --noprofile --rcfile rc -i";
    completes(start, "\u{15}\n");
}

#[test]
#[ignore = "needs zsh: tests/interop/setup zsh"]
fn zsh_completes() {
    let start = "echo 'fpath=(SCRIPTS $fpath); autoload -Uz compinit; compinit -u -D; n=0; \
                 precmd() { PS1=\"$n> \"; ((n++)) }' > .zshrc; TERM=dumb ZDOTDIR=$PWD timeout --foreground 300 zsh -i";
    completes(start, "\u{15}\r");
}

#[test]
#[ignore = "needs fish: tests/interop/setup fish"]
fn fish_completes() {
    // Without that directory fish reads every man page there is before it ends.
    let start = "mkdir -p .config/fish .local/share/fish/generated_completions; ln -s SCRIPTS .config/fish/completions; echo 'set -g n 0; set -g fish_autosuggestion_enabled 0; \
                 function fish_prompt; echo -n \"$n> \"; set n (math $n + 1); end' > .config/fish/config.fish; \
                 TERM=dumb timeout --foreground 300 fish -i";
    completes(start, "\u{15}\r");
}

#[test]
fn nothing_is_said_where_nobody_answers() {
    let mute = TcpListener::bind("127.0.0.1:0").unwrap();
    let mute = mute.local_addr().unwrap().to_string();
    for server in [
        mute.as_str(),
        "127.0.0.1:1",
        "nowhere.invalid:9092",
        "nonsense",
    ] {
        let output = Command::new(env!("CARGO_BIN_EXE_kaffa"))
            .args([
                "complete",
                "--",
                "kafka-topics",
                "--bootstrap-server",
                server,
                "--topic",
                "",
            ])
            .output()
            .unwrap();
        assert!(
            output.status.success() && output.stdout.is_empty() && output.stderr.is_empty(),
            "{output:?}"
        );
    }
}
