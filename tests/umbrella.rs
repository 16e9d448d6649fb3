//! What the umbrella adds to the tools: profiles, `--explain`, `--deadline`, `--quiet`.

use std::fs;
use std::net::TcpListener;
use std::path::Path;
use std::process::{Command, Output};

use serde_json::Value;

use crate::support::broker::BrokerProcess;
use crate::support::terminal::Terminal;

/// Runs a command line of bash, with our tools on the path and `home` for a home.
fn run(home: &Path, line: &str) -> Output {
    let tools = Path::new(env!("CARGO_BIN_EXE_kaffa")).parent().unwrap();
    let path = format!("{}:{}", tools.display(), std::env::var("PATH").unwrap());
    Command::new("bash")
        .args(["-c", line])
        .env_clear()
        .env("PATH", path)
        .env("HOME", home)
        .output()
        .unwrap()
}

/// stdout of a command that must succeed.
fn said(home: &Path, line: &str) -> String {
    let output = run(home, line);
    assert!(output.status.success(), "{line}\n{output:?}");
    String::from_utf8(output.stdout).unwrap()
}

/// stderr of a command that must fail.
fn refused(home: &Path, line: &str) -> String {
    let output = run(home, line);
    assert_eq!(output.status.code(), Some(1), "{line}\n{output:?}");
    String::from_utf8(output.stderr).unwrap()
}

#[test]
fn a_profile_stands_for_its_cluster() {
    let dir = tempfile::tempdir().unwrap();
    let home = dir.path();
    let broker = BrokerProcess::start(&home.join("data"), &[]);
    let add = |name: &str, server: &str, more: &str| {
        said(
            home,
            &format!("kaffa profile add {name} -b {server} {more}"),
        );
    };
    add("dev", &broker.address, "--command-property client.id=me");
    add("prod", &broker.address, "--protected --name-color red");
    assert_eq!(
        said(home, "kaffa profile list").replace(&broker.address, "B"),
        "* dev  B\n  prod  B\n"
    );
    said(home, "kafka-topics --create --topic orders --partitions 2");
    assert_eq!(said(home, "kaffa --profile prod topics ls"), "orders\n");
    assert_eq!(
        said(home, "KAFFA_PROFILE=prod kafka-topics --list"),
        "orders\n"
    );
    said(home, "echo hello | kaffa produce orders");
    assert_eq!(
        said(home, "kaffa consume orders --from-beginning -n 1"),
        "hello\n"
    );

    let explained = said(home, "kafka-console-producer --topic orders --explain");
    assert!(
        explained.contains("client.id=me  (profile dev)"),
        "{explained}"
    );
    let typed = format!(
        "kafka-console-producer --topic orders --explain --bootstrap-server {}",
        broker.address
    );
    assert!(said(home, &typed).contains("client.id=console-producer  (default)"));

    assert_eq!(
        refused(home, "kaffa --profile prod topics rm orders --yes")
            .lines()
            .next(),
        Some("profile 'prod' is protected, and nobody is here to type its name")
    );
    let script = home.join("kafka-topics.sh");
    std::os::unix::fs::symlink(env!("CARGO_BIN_EXE_kaffa"), &script).unwrap();
    let strict = refused(home, &format!("{} --list", script.display()));
    assert!(
        strict.contains("--bootstrap-server must be specified"),
        "{strict}"
    );

    said(home, "kaffa profile remove dev");
    assert!(refused(home, "kafka-topics --list").contains("--bootstrap-server must be specified"));
    let wrong = refused(home, "kafka-topics --list --profile prd --output table");
    assert!(wrong.contains("did you mean: prod ?"), "{wrong}");
}

#[test]
fn commands_that_write_the_same_file_at_once_do_not_harm_it() {
    let home = tempfile::tempdir().unwrap();
    said(home.path(), "kaffa profile add one -b h:1");
    let at_once = "for _ in 1 2 3 4 5 6 7 8; do
        for _ in 1 2 3 4 5; do kaffa profile use one || echo failed; done &
    done; wait";
    let told = said(home.path(), at_once);
    assert!(!told.contains("failed"), "{told}");
    assert!(said(home.path(), "kaffa profile list").contains("one"));
    let left = fs::read_dir(home.path().join(".config/kaffa")).unwrap();
    assert_eq!(left.count(), 1);
}

#[test]
fn the_name_of_a_protected_profile_must_be_typed() {
    let dir = tempfile::tempdir().unwrap();
    let broker = BrokerProcess::start(dir.path(), &[]);
    let setup = "kaffa profile add prod -b $B --protected; kaffa topics create orders > made";
    let mut terminal = Terminal::start(
        100,
        &broker.address,
        &format!("{setup}; kaffa topics rm orders --yes; kaffa topics rm orders; kaffa topics ls"),
    );
    terminal.wait_for("Type its name to go on:");
    terminal.press("y\n");
    terminal.wait_for("nothing was changed");
    terminal.press("prod\n");
    assert_eq!(terminal.finish(), 0);
    let picture = terminal.picture();
    assert!(picture.contains("Deleted topic orders."), "{picture}");
}

#[test]
fn a_person_is_told_what_to_type_where_it_goes_and_what_became_of_it() {
    let dir = tempfile::tempdir().unwrap();
    let broker = BrokerProcess::start(dir.path(), &[]);
    let mut terminal = Terminal::start(
        100,
        &broker.address,
        "kaffa consume
         PAGER='sed s/Usage/PAGED/' kaffa topics --help
         kaffa profile add prod -b $B --name-color red
         kaffa topics create orders -p 2
         kaffa topics alter orders -p 6
         kaffa topics rm 'o.*' | cat",
    );
    terminal.wait_for("[y/N]");
    terminal.press("\n");
    terminal.finish();
    let picture = terminal.picture();
    for told in [
        "\n  kaffa consume orders -n 10 --from-beginning\n",
        "‹other:PAGED:› kaffa topics ls|",
        "prod counts now where no server is named\n",
        "orders: 2 → 6 partitions\n",
        &format!(
            "‹red:prod›  {}\n'o.*' is a regular expression",
            broker.address
        ),
    ] {
        assert!(picture.contains(told), "no {told:?}\n{picture}");
    }
}

#[test]
fn a_screen_that_is_too_high_keeps_the_name_of_its_cluster() {
    let dir = tempfile::tempdir().unwrap();
    let broker = BrokerProcess::start(dir.path(), &[]);
    let mut terminal = Terminal::start(
        100,
        &broker.address,
        "stty rows 8; kaffa profile add prod -b $B --name-color red
         kaffa topics create orders -p 9
         kaffa groups reset etl -t orders --to-earliest --execute
         trap : INT; kaffa groups describe etl --watch=100ms",
    );
    terminal.wait_for("two samples");
    terminal.press("\x03");
    terminal.finish();
    let picture = terminal.picture();
    let (_, last) = picture.rsplit_once("written").unwrap();
    assert_eq!(last.matches("‹red:prod›").count(), 2, "{picture}");
}

#[test]
fn a_group_that_is_read_with_is_left_as_it_is_and_told_about_once() {
    let dir = tempfile::tempdir().unwrap();
    let broker = BrokerProcess::start(dir.path(), &[]);
    let mut terminal = Terminal::start(
        200,
        &broker.address,
        "export KAFKA_BOOTSTRAP_SERVERS=$B
         kaffa topics create orders -p 6
         kaffa consume orders -g live > /dev/null 2>&1 &
         until kaffa groups ls --state Stable | grep live; do sleep 0.1; done
         kaffa groups reset live -t orders --to-earliest --execute
         kaffa groups delete-offsets live -t orders
         kill $!; wait",
    );
    terminal.finish();
    let picture = terminal.picture();
    assert!(!picture.contains("written"), "{picture}");
    assert_eq!(picture.matches("error:").count(), 2, "{picture}");
    let told = "partitions 0-5 of orders: deleting offsets";
    assert!(picture.contains(told), "{picture}");
}

#[test]
fn what_would_happen_is_explained_and_does_not_happen() {
    let dir = tempfile::tempdir().unwrap();
    let nobody = "--bootstrap-server localhost:1 --explain";
    for (line, api) in [
        ("kafka-topics --delete --topic t", "DeleteTopics"),
        ("kafka-console-producer --topic t", "Produce"),
        ("kafka-console-consumer --topic t --group g", "JoinGroup"),
        (
            "kafka-consumer-groups --reset-offsets --group g --topic t --to-earliest --execute",
            "OffsetCommit",
        ),
    ] {
        let plain = said(dir.path(), &format!("{line} {nobody}"));
        assert!(plain.contains(api), "{line}\n{plain}");
        let json = said(dir.path(), &format!("{line} {nobody} --output json"));
        let json: Value = serde_json::from_str(&json).unwrap();
        assert!(
            json["requests"]
                .as_array()
                .unwrap()
                .iter()
                .any(|request| request["api"] == api)
        );
    }
    refused(dir.path(), "kaffa profile list --explain");
}

#[test]
fn a_server_that_says_nothing_is_named_until_something_else_is_said() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let mute = listener.local_addr().unwrap().to_string();
    let line = "kaffa topics ls -b $B --deadline 5s";
    let mut terminal = Terminal::start(100, &mute, line);
    terminal.wait_for(&format!("waiting for {mute} …"));
    assert_eq!(terminal.finish(), 1);
    let picture = terminal.picture();
    assert!(
        picture.starts_with("‹red:error:› not done within 5s"),
        "{picture}"
    );
}

#[test]
fn a_deadline_ends_any_command() {
    let dir = tempfile::tempdir().unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let mute = listener.local_addr().unwrap();
    for line in [
        "kafka-topics --list",
        "kafka-console-producer --topic t",
        "kafka-console-consumer --topic t",
        "kafka-consumer-groups --list",
    ] {
        let line = format!("echo x | {line} --bootstrap-server {mute} --deadline 200ms");
        let error = refused(dir.path(), &line);
        assert!(
            error.contains("not done within 200ms, the --deadline\n"),
            "{line}\n{error}"
        );
    }
    let wrong = refused(dir.path(), "kaffa topics ls --deadline soon");
    assert_eq!(wrong, "'soon' is not a duration\n");
}
