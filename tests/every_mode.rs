//! Bad input of every kind through every mode: each message names what it is about, in the form that the mode asks for,
//! with what to do next, and the exit code is 1.

use std::fs;
use std::io::{Read as _, Write as _, copy, sink};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Command, Output};
use std::sync::Mutex;
use std::thread;

use regex::Regex;
use serde_json::Value;
use tempfile::{TempDir, tempdir};

use crate::support::broker::BrokerProcess;
use crate::support::ports::free_port;
use crate::support::terminal::Terminal;

/// Commands at once: many of them wait for a server that is none.
const AT_ONCE: usize = 12;

/// A broker, servers that are none, and a directory with files of many kinds.
struct Bench {
    dir: TempDir,
    servers: Vec<(&'static str, String)>,
    _broker: BrokerProcess,
}

impl Bench {
    fn new() -> Self {
        let dir = tempdir().unwrap();
        let settings = ["auto.create.topics.enable=false"];
        let broker = BrokerProcess::start(&dir.path().join("data"), &settings);
        let servers = vec![
            ("$B", broker.address.clone()),
            ("$NOBODY", format!("127.0.0.1:{}", free_port())),
            (
                "$HTTP",
                serve(|peer| answer(peer, b"HTTP/1.1 400 Bad\r\n\r\n")),
            ),
            (
                "$TLS",
                serve(|peer| answer(peer, b"\x15\x03\x01\x00\x02\x02\x46")),
            ),
            (
                "$GIANT",
                serve(|peer| answer(peer, b"\x7f\xff\xff\xff\0\0\0\0")),
            ),
            ("$JUNK", serve(|peer| answer(peer, b"\0\0\0\x08junkjunk"))),
            ("$CLOSES", serve(drop)),
            ("$MUTE", serve(|peer| drop(thread::spawn(|| hold(peer))))),
        ];
        let files: [(&str, &[u8]); 8] = [
            (
                "quick.properties",
                b"request.timeout.ms=400\nmax.block.ms=500\ndelivery.timeout.ms=3000\n",
            ),
            ("junk", b"\x00\xff\xfe\\uZZZZ\x01=\x80\n"),
            ("line", b"a line\n"),
            ("none.csv", b""),
            ("zero.csv", b"orders,0,0\norders,zero,1\n"),
            ("wide.csv", b"etl,orders,0,0,9\n"),
            ("other.csv", b"else,orders,0,0\n"),
            ("beyond.csv", b"orders,9,0\n"),
        ];
        for (name, bytes) in files {
            fs::write(dir.path().join(name), bytes).unwrap();
        }
        fs::create_dir(dir.path().join("directory")).unwrap();
        let bench = Self {
            dir,
            servers,
            _broker: broker,
        };
        for line in [
            "topics --create --topic orders --partitions 2",
            "topics --create --topic small --config max.message.bytes=1000",
            "console-producer --topic orders < line",
            "consumer-groups --reset-offsets --group etl --topic orders --to-earliest --execute --no-undo",
        ] {
            let output = bench.run("plain", line);
            assert!(output.status.success(), "{line}\n{output:?}");
        }
        bench
    }

    /// What a shell runs for a command of `kaffa`, against `$B` if it names no server.
    fn command(&self, mode: &str, line: &str) -> String {
        let (tool, options) = line.split_once(' ').unwrap_or((line, ""));
        let has_server = line.contains("-server");
        let server = if has_server {
            ""
        } else {
            "--bootstrap-server $B"
        };
        let options = self.named(&format!("{server} {}", options.replace("--no-server", "")));
        format!("kaffa {tool} --output {mode} {options}")
    }

    fn run(&self, mode: &str, line: &str) -> Output {
        let tools = Path::new(env!("CARGO_BIN_EXE_kaffa")).parent().unwrap();
        Command::new("bash")
            .args(["-c", &self.command(mode, line)])
            .current_dir(self.dir.path())
            .env_clear()
            .env("PATH", format!("{}:/usr/bin:/bin", tools.display()))
            .env("HOME", self.dir.path())
            .output()
            .unwrap()
    }

    /// What is wrong with how a command fails at a terminal.
    fn faults_at_terminal(&self, line: &str, names: &[&str]) -> Vec<String> {
        let (dir, line) = (self.dir.path().display(), self.command("auto", line));
        let line = format!(
            "cd {dir}; was=$(stty -g); {line}\nended=$?; [ \"$was\" = \"$(stty -g)\" ] || echo OTHER TTY; exit $ended"
        );
        let mut terminal = Terminal::start(2000, "", &line);
        let code = terminal.finish();
        let shown = Regex::new(r"waiting for \S+ …\r\x1b\[K|\x1b\[[0-9;?]*[A-Za-z]").unwrap();
        let shown = shown
            .replace_all(&terminal.written(), "")
            .replace("\r\n", "\n");
        let errors = shown.lines().filter(|line| line.starts_with("error: "));
        let is = [
            (code != 1, "not exit code 1"),
            (errors.count() != 1, "not one error"),
            (!shown.contains("\n  "), "no hint"),
            (shown.contains("panicked"), "a crash"),
            (shown.contains("OTHER TTY"), "the terminal left changed"),
            (
                shown.replace('\n', "").contains(char::is_control),
                "control characters",
            ),
        ];
        let is = is.iter().filter(|(is_wrong, _)| *is_wrong);
        let mut faults: Vec<_> = is.map(|(_, fault)| (*fault).to_owned()).collect();
        let absent = names
            .iter()
            .filter(|name| !name.starts_with('(') && !shown.contains(&self.named(name)));
        faults.extend(absent.map(|name| format!("no {name:?}")));
        if !faults.is_empty() {
            faults.push(shown);
        }
        faults
    }

    /// With the addresses of the servers.
    fn named(&self, text: &str) -> String {
        self.servers
            .iter()
            .fold(text.to_owned(), |text, (name, address)| {
                text.replace(name, address)
            })
    }

    /// What is wrong with how a command fails.
    fn faults(&self, mode: &str, line: &str, names: &[&str]) -> Vec<String> {
        let output = self.run(mode, line);
        let (out, err) = texts(&output);
        let mut faults = general_faults(&output, mode);
        if output.status.code() != Some(1) {
            faults.push(format!("{}", output.status));
        }
        let is_plain = mode == "plain";
        if mode == "table" && !names.contains(&"(stdout)") && !out.is_empty() {
            faults.push("something on stdout".to_owned());
        }
        let mut names = names.iter().filter(|name| !name.starts_with('('));
        let mut names = names.by_ref().take(if is_plain { 1 } else { usize::MAX });
        if let Some(name) = names.find(|name| {
            let name = self.named(name);
            !(err.contains(&name) || is_plain && out.contains(&name))
        }) {
            faults.push(format!("no {name:?}"));
        }
        if mode == "table" && !err.contains("\n  ") {
            faults.push("no hint".to_owned());
        }
        if !faults.is_empty() {
            faults.push(format!("{out}{err}"));
        }
        faults
    }
}

/// What no command may do, whatever it is given.
fn general_faults(output: &Output, mode: &str) -> Vec<String> {
    let (out, err) = texts(output);
    let mut faults = Vec::new();
    if !matches!(output.status.code(), Some(0 | 1)) || err.contains("panicked") {
        faults.push(format!("a crash: {}", output.status));
    }
    if format!("{out}{err}").contains('\x1b') {
        faults.push("colour in a pipe".to_owned());
    }
    if mode == "json" {
        let lines = out.lines().chain(err.lines());
        let documents: Result<Vec<Value>, _> = lines.map(serde_json::from_str).collect();
        let documents = documents.unwrap_or_else(|error| {
            faults.push(format!("not JSON: {error}"));
            Vec::new()
        });
        let is_told = documents.iter().any(|it| {
            let hints = it["hints"].as_array();
            it["kind"] == "error" && it["message"] != "" && hints.is_some_and(|it| !it.is_empty())
        });
        if !output.status.success() && !is_told {
            faults.push("no error with a hint".to_owned());
        }
    }
    faults
}

fn texts(output: &Output) -> (String, String) {
    let text = |bytes| String::from_utf8_lossy(bytes).into_owned();
    (text(&output.stdout), text(&output.stderr))
}

/// Lets `act` deal with everybody who connects; the address.
fn serve(act: fn(TcpStream)) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    thread::spawn(move || listener.incoming().flatten().for_each(act));
    address
}

/// Answers the first request, whatever it is.
fn answer(mut peer: TcpStream, bytes: &[u8]) {
    let mut length = [0; 4];
    if peer.read_exact(&mut length).is_ok() {
        let request = u64::from(u32::from_be_bytes(length));
        drop(copy(&mut (&peer).take(request), &mut sink()));
        drop(peer.write_all(bytes));
        hold(peer);
    }
}

/// Says nothing until the other side goes.
fn hold(mut peer: TcpStream) {
    drop(copy(&mut peer, &mut sink()));
}

/// Checks every case, several at once; `fault` says what is wrong with one.
fn check<T: Sync>(cases: &[T], fault: impl Fn(&T) -> Option<String> + Sync) {
    let next = Mutex::new(cases.iter());
    let work = || {
        let mut found = Vec::new();
        loop {
            let Some(case) = next.lock().unwrap().next() else {
                return found;
            };
            found.extend(fault(case));
        }
    };
    let wrong: Vec<_> = thread::scope(|scope| {
        let workers: Vec<_> = (0..AT_ONCE).map(|_| scope.spawn(work)).collect();
        let found = workers.into_iter().map(|worker| worker.join().unwrap());
        found.flatten().collect()
    });
    let (count, told) = (wrong.len(), wrong.join("\n"));
    assert!(wrong.is_empty(), "{count} wrong\n{told}");
}

#[test]
fn bad_input_is_told_in_every_mode() {
    let bench = Bench::new();
    let lines = include_str!("golden/bad_input.txt").lines();
    let lines = lines.filter(|line| !line.is_empty() && !line.starts_with('#'));
    let modes = ["plain", "table", "json", "rich"];
    let cases: Vec<_> = lines
        .flat_map(|line| modes.map(|mode| (mode, line)))
        .collect();
    check(&cases, |(mode, case)| {
        let (line, names) = case.rsplit_once(" | ").unwrap();
        let names: Vec<_> = names.split("; ").collect();
        let faults = match *mode {
            "rich" if names.contains(&"(pipe)") => Vec::new(),
            "rich" => bench.faults_at_terminal(line, &names),
            mode => bench.faults(mode, line, &names),
        };
        let told = faults.join("\n");
        (!told.is_empty()).then(|| format!("[{mode}] {line}\n{told}\n"))
    });
}

#[test]
fn any_value_of_any_option_is_taken_or_refused_with_a_hint() {
    let bench = Bench::new();
    let commands = [
        "topics --create --topic fresh",
        "topics --describe",
        "topics --alter --topic orders --partitions 3",
        "console-producer --topic orders",
        "console-consumer --topic orders --from-beginning --max-messages 1",
        "consumer-groups --list",
        "consumer-groups --describe --group etl --no-sample",
        "consumer-groups --reset-offsets --group etl --topic orders --to-latest",
        "consumer-groups --delete --group other",
    ];
    let option = Regex::new(r"(?m)^ +(?:-\w, )?--([a-z.-]+) (?:<|\[<)").unwrap();
    let mut cases = Vec::new();
    for command in commands {
        let tool = command.split(' ').next().unwrap();
        let help = bench.run("plain", &format!("{tool} --help"));
        let help = texts(&help).0;
        let options = option.captures_iter(&help).map(|found| found[1].to_owned());
        let options = options.filter(|option| !["output", "bootstrap-server"].contains(&&**option));
        for option in options {
            for value in ["''", "99999999999999999999", r"$'\x01=\xff'"] {
                cases.push(format!("{command} --deadline 3s --{option} {value} < line"));
            }
        }
    }
    assert!(cases.len() > 300, "only {} options", cases.len());
    check(&cases, |line| {
        let output = bench.run("json", line);
        let faults = general_faults(&output, "json").join("\n");
        let (out, err) = texts(&output);
        (!faults.is_empty()).then(|| format!("{line}\n{faults}\n{out}{err}"))
    });
}
