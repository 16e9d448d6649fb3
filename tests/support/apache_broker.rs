//! Apache Kafka's own broker, for what has to be compared with it.

use std::fs;
use std::net::TcpListener;

use tempfile::TempDir;

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
        let port = free_ports();
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

/// A port that is free, like the one after it.
fn free_ports() -> u16 {
    let pair = |_| {
        let first = TcpListener::bind("127.0.0.1:0").ok()?;
        let port = first.local_addr().ok()?.port();
        TcpListener::bind(("127.0.0.1", port.checked_add(1)?))
            .ok()
            .map(|_| port)
    };
    (0..100).find_map(pair).unwrap()
}
