//! Completion in real shells on real terminals, with topics and groups of a real broker.

use std::fs;
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use tokio::time::Instant;

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
fn broker(dir: &Path) -> BrokerProcess {
    let broker = BrokerProcess::start(dir, &[]);
    for line in [
        "topics create orders -p 1",
        "groups reset etl -t orders --to-latest --execute --no-undo",
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
    let broker = broker(&dir.path().join("data"));
    let scripts = format!("{}/completions", env!("CARGO_MANIFEST_DIR"));
    let cache = dir.path().join("cache");
    let start = start.replace("SCRIPTS", &scripts);
    let start = format!("export XDG_CACHE_HOME={}; {start}", cache.display());
    // What is known from here on needs no answer in time.
    for (typed, _) in TYPED.into_iter().filter(|(typed, _)| typed.contains('@')) {
        complete_in_time(&cache, &typed.replace('@', &broker.address));
    }
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

/// What `kaffa complete` says of a line, with its cache below a directory. Never says why it says nothing.
fn complete(cache: &Path, line: &str) -> String {
    let output = Command::new(env!("CARGO_BIN_EXE_kaffa"))
        .args(["complete", "--"])
        .args(line.split(' '))
        .env("XDG_CACHE_HOME", cache)
        .output()
        .unwrap();
    assert!(
        output.status.success() && output.stderr.is_empty(),
        "{output:?}"
    );
    String::from_utf8(output.stdout).unwrap()
}

/// The same, once the broker answers within the time that completion has: a busy machine may need some tries.
fn complete_in_time(cache: &Path, line: &str) -> String {
    let deadline = Instant::now() + Duration::from_mins(1);
    loop {
        let said = complete(cache, line);
        if !said.is_empty() {
            return said;
        }
        assert!(Instant::now() < deadline, "nothing for {line}");
    }
}

#[test]
fn nothing_is_said_where_nobody_answers() {
    let cache = tempfile::tempdir().unwrap();
    let mute = TcpListener::bind("127.0.0.1:0").unwrap();
    let mute = mute.local_addr().unwrap().to_string();
    for server in [
        mute.as_str(),
        "127.0.0.1:1",
        "nowhere.invalid:9092",
        "nonsense",
    ] {
        let line = format!("kafka-topics --bootstrap-server {server} --topic ");
        assert_eq!(complete(cache.path(), &line), "", "{line}");
    }
}

#[test]
fn the_last_answer_stands_in_for_a_broker_that_is_gone() {
    let dir = tempfile::tempdir().unwrap();
    let cache = dir.path().join("cache");
    let broker = broker(&dir.path().join("data"));
    let line = format!(
        "kafka-topics --bootstrap-server {} --topic ord",
        broker.address
    );
    let known = "orders\t1 partition\n";
    assert_eq!(complete_in_time(&cache, &line), known);
    drop(broker);
    let kept = cache.join("kaffa/completion");
    let file = fs::read_dir(&kept).unwrap().next().unwrap().unwrap().path();
    let mode = fs::metadata(&kept).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o700);
    let has_age = |hours| {
        let file = fs::File::options().write(true).open(&file).unwrap();
        let written = file.metadata().unwrap().modified().unwrap();
        file.set_modified(written - Duration::from_hours(hours))
            .unwrap();
    };
    has_age(1);
    assert_eq!(complete(&cache, &line), known);
    has_age(24);
    assert_eq!(complete(&cache, &line), "", "too old");
    for junk in [
        &b""[..],
        b"orders\t1 partition\n",
        b"\xff\x1b[2J",
        b"orders\ntopics",
    ] {
        fs::write(&file, junk).unwrap();
        assert_eq!(complete(&cache, &line), "", "{junk:?}");
    }
}
