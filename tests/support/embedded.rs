//! A broker in the process of the test, on a free port, over a directory of its own.

use std::thread;
use std::time::Duration;

use kaffa::broker::config::{BrokerConfig, DEVELOPMENT};
use kaffa::broker::{Broker, RunningBroker};
use tempfile::TempDir;
use tokio::runtime::Runtime;
use tokio::time::Instant;

/// A running broker; dropping it is as abrupt as a crash.
pub(crate) struct EmbeddedBroker {
    runtime: Runtime,
    running: RunningBroker,
    dir: TempDir,
    overrides: Vec<(String, String)>,
}

impl EmbeddedBroker {
    /// Starts one with these keys on top of those for development.
    pub(crate) fn start(overrides: &[(&str, &str)]) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let overrides: Vec<_> = overrides
            .iter()
            .map(|(key, value)| ((*key).to_owned(), (*value).to_owned()))
            .collect();
        let (runtime, running) = start(&dir, &overrides);
        Self {
            runtime,
            running,
            dir,
            overrides,
        }
    }

    /// `127.0.0.1:PORT`.
    pub(crate) fn address(&self) -> String {
        self.running.addresses()[0].to_string()
    }

    /// Stops it properly and starts it again over the same directory.
    pub(crate) fn restart(self) -> Self {
        self.runtime.block_on(self.running.shutdown()).unwrap();
        self.crash()
    }

    /// Ends it without warning and starts it again over the same directory.
    pub(crate) fn crash(self) -> Self {
        let Self {
            runtime,
            running,
            dir,
            overrides,
        } = self;
        drop(running);
        drop(runtime);
        let (runtime, running) = start(&dir, &overrides);
        Self {
            runtime,
            running,
            dir,
            overrides,
        }
    }
}

fn start(dir: &TempDir, overrides: &[(String, String)]) -> (Runtime, RunningBroker) {
    let runtime = Runtime::new().unwrap();
    let dir = dir.path().display().to_string();
    let fixed = [("listeners", "PLAINTEXT://127.0.0.1:0"), ("log.dirs", &dir)];
    let overrides = overrides.iter().map(|(key, value)| (&**key, &**value));
    let properties = DEVELOPMENT.iter().copied().chain(fixed).chain(overrides);
    let config = BrokerConfig::from_properties(properties).unwrap();
    let deadline = Instant::now() + Duration::from_mins(1);
    let running = loop {
        match runtime.block_on(Broker::start(config.clone())) {
            // A child of another test that has not begun its own program yet holds the lock of the directory as well.
            Err(error) if format!("{error:?}").contains("Locked") && Instant::now() < deadline => {
                thread::yield_now();
            }
            other => break other.unwrap(),
        }
    };
    (runtime, running)
}
