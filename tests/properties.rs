//! Properties of clients, of the line reader and of formatters: they work, or the tool says that they do not.

use std::fs;
use std::process::{Command, Output};

use tempfile::{TempDir, tempdir};

use crate::support::broker::BrokerProcess;

/// A command of each tool that does something and ends.
const COMMANDS: [&str; 4] = [
    "topics --list",
    "consumer-groups --list",
    "console-producer --topic orders",
    "console-consumer --topic orders --timeout-ms 500",
];

struct Bench {
    broker: BrokerProcess,
    dir: TempDir,
}

impl Bench {
    fn new() -> Self {
        let dir = tempdir().unwrap();
        let broker = BrokerProcess::start(&dir.path().join("data"), &[]);
        let bench = Self { broker, dir };
        let created = bench.run("topics --create --topic orders");
        assert!(created.status.success());
        bench
    }

    /// Runs a tool in plain mode.
    fn run(&self, line: &str) -> Output {
        let (tool, options) = line.split_once(' ').unwrap();
        Command::new(env!("CARGO_BIN_EXE_kaffa"))
            .args([tool, "--bootstrap-server", &self.broker.address])
            .args(options.split_whitespace())
            .env_remove("KAFKA_BOOTSTRAP_SERVERS")
            .stdin(std::process::Stdio::null())
            .output()
            .unwrap()
    }

    /// Runs it with these client properties.
    fn run_with(&self, line: &str, properties: &str) -> Output {
        let file = self.dir.path().join("client.properties");
        fs::write(&file, properties).unwrap();
        self.run(&format!("{line} --command-config {}", file.display()))
    }
}

fn said(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

#[test]
fn client_properties_without_effect_are_named_in_one_warning() {
    let bench = Bench::new();
    let properties = "metric.reporters=x\nlingerms=5\nclient.id=me\nrequest.timeout.ms=20000\n";
    for command in COMMANDS {
        let output = bench.run_with(command, properties);
        let said = said(&output);
        assert!(output.status.success(), "{command}\n{said}");
        let warnings: Vec<_> = said
            .lines()
            .filter(|line| line.contains(" WARN "))
            .collect();
        let [warning] = warnings[..] else {
            panic!("{command}\n{said}");
        };
        assert!(
            warning.contains("client properties without effect here: lingerms, metric.reporters"),
            "{said}"
        );
    }
}

#[test]
fn security_is_refused_without_showing_a_secret() {
    let bench = Bench::new();
    for properties in [
        "security.protocol=SASL_SSL\nsasl.jaas.config=secret\n",
        "ssl.keystore.password=secret\n",
    ] {
        for command in COMMANDS {
            let output = bench.run_with(command, properties);
            let said = said(&output);
            assert_eq!(output.status.code(), Some(1), "{command}\n{said}");
            assert!(
                said.contains("TLS and SASL are not supported yet"),
                "{command}\n{said}"
            );
            assert!(!said.contains("secret"), "{said}");
        }
    }
}

#[test]
fn the_group_protocol_that_is_not_spoken_yet_is_refused_by_name() {
    let bench = Bench::new();
    let output = bench.run_with(COMMANDS[3], "group.protocol=consumer\n");
    assert_eq!(output.status.code(), Some(1));
    let said = said(&output);
    assert!(
        said.contains(
            "configuration group.protocol: the consumer group protocol of KIP-848 is not supported yet"
        ),
        "{said}"
    );
}

#[test]
fn properties_that_no_reader_and_no_formatter_has_are_named() {
    let bench = Bench::new();
    let output = bench.run(&format!(
        "{} --reader-property parse.keys=true",
        COMMANDS[2]
    ));
    assert!(said(&output).contains("reader properties without effect here: parse.keys"));
    let output = bench.run(&format!(
        "{} --formatter-property print.keys=true",
        COMMANDS[3]
    ));
    assert!(said(&output).contains("formatter properties without effect here: print.keys"));
}
