//! Apache Kafka's own broker, for what has to be compared with it.

use std::fs;

use tempfile::TempDir;

use super::ports::free_port;
use super::programs::{interop, run};

/// A running broker; dropping it stops it.
pub(crate) struct ApacheBroker {
    /// `127.0.0.1:PORT`.
    pub(crate) address: String,
    pid: String,
}

impl ApacheBroker {
    /// Starts one over a directory.
    pub(crate) fn start(dir: &TempDir) -> Self {
        let port = free_port();
        run(&format!(
            "{} {port} {}",
            interop("apache-kafka/start-broker"),
            dir.path().display()
        ));
        let pid = fs::read_to_string(dir.path().join("pid")).unwrap();
        Self {
            address: format!("127.0.0.1:{port}"),
            pid: pid.trim().to_owned(),
        }
    }
}

impl Drop for ApacheBroker {
    fn drop(&mut self) {
        run(&format!(
            "{} {}",
            interop("apache-kafka/stop-broker"),
            self.pid
        ));
    }
}
