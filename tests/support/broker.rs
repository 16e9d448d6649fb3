//! The real binary as a broker in a process of its own.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc;
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;

/// How long a broker may take to say that it is ready.
const READY_MAX: Duration = Duration::from_secs(30);

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

    /// Kills it as a crash would.
    pub(crate) fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// Asks it to stop, and waits until it has.
    pub(crate) fn stop(mut self) -> ExitStatus {
        let pid = Pid::from_child(&self.child);
        kill_process(pid, Signal::TERM).unwrap();
        self.child.wait().unwrap()
    }
}

impl Drop for BrokerProcess {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}
