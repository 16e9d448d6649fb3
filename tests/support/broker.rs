//! The real binary as a broker in a process of its own.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc;
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;

/// How long a broker may take to say that it is ready.
const READY_MAX: Duration = Duration::from_mins(2);

/// A running broker; dropping it kills it.
pub(crate) struct BrokerProcess {
    child: Child,
    /// `127.0.0.1:PORT`.
    pub(crate) address: String,
    /// The line it printed.
    pub(crate) ready: Value,
}

impl BrokerProcess {
    /// Starts one on a free port over `data_dir`, with these `KEY=VALUE` on top.
    pub(crate) fn start(data_dir: &Path, overrides: &[&str]) -> Self {
        Self::start_by(
            Command::new(env!("CARGO_BIN_EXE_kaffa")),
            data_dir,
            overrides,
        )
    }

    /// The same with a command of the caller's that runs `kaffa`.
    pub(crate) fn start_by(mut command: Command, data_dir: &Path, overrides: &[&str]) -> Self {
        command
            .args(["broker", "--port", "0", "--ready-json", "--data-dir"])
            .arg(data_dir);
        command.args(overrides.iter().flat_map(|pair| ["--override", pair]));
        let mut child = command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let output = child.stdout.take().unwrap();
        let (first, line) = mpsc::channel();
        std::thread::spawn(move || first.send(BufReader::new(output).lines().next()));
        let line = line
            .recv_timeout(READY_MAX)
            .expect("the broker says that it is ready");
        let ready: Value = serde_json::from_str(&line.expect("a line of JSON").unwrap()).unwrap();
        let address = ready["addresses"][0].as_str().unwrap().to_owned();
        Self {
            child,
            address,
            ready,
        }
    }

    /// Sends it a signal.
    pub(crate) fn signal(&self, signal: Signal) {
        kill_process(Pid::from_child(&self.child), signal).unwrap();
    }

    /// Waits until somebody has connected to it; the system takes connections for a broker that stands still.
    pub(crate) fn wait_for_peer(&self) {
        let port: u16 = self.address.rsplit_once(':').unwrap().1.parse().unwrap();
        let peer = format!(":{port:04X} 01");
        let is_there = || {
            let table = std::fs::read_to_string("/proc/net/tcp").unwrap();
            table.lines().any(|line| line.contains(&peer))
        };
        for _ in 0..12_000 {
            if is_there() {
                return;
            }
            pause(Duration::from_millis(5));
        }
        panic!("nobody connects");
    }

    /// Kills it as a crash would.
    pub(crate) fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// Asks it to stop, and waits until it has.
    pub(crate) fn stop(mut self) -> ExitStatus {
        self.signal(Signal::TERM);
        self.child.wait().unwrap()
    }
}

impl Drop for BrokerProcess {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "no runtime to block: a thread of a test waits for a process"
)]
fn pause(duration: Duration) {
    std::thread::sleep(duration);
}
