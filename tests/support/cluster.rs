//! The cluster that tests of the client module run against: ours, or another one that `KAFKA_BOOTSTRAP` names.

use std::cell::OnceCell;

use tempfile::{TempDir, tempdir};

use super::broker::BrokerProcess;

thread_local! {
    /// The broker of this thread, and so of one test; it goes with the thread.
    static BROKER: OnceCell<(BrokerProcess, TempDir)> = const { OnceCell::new() };
}

/// Where a broker listens. Ours is started when it is first asked for.
pub(crate) fn bootstrap() -> String {
    std::env::var("KAFKA_BOOTSTRAP").unwrap_or_else(|_unset| {
        BROKER.with(|broker| {
            let (broker, _) = broker.get_or_init(|| {
                let dir = tempdir().unwrap();
                (BrokerProcess::start(dir.path(), &[]), dir)
            });
            broker.address.clone()
        })
    })
}
