//! The four tools in their main use, against what Apache Kafka's tools printed for the same command lines.

use std::os::unix::fs::symlink;

use tempfile::TempDir;

use crate::support::apache_broker::ApacheBroker;
use crate::support::broker::BrokerProcess;
use crate::support::programs::installed;
use crate::support::transcript::plays_as_recorded;

/// A directory with our tools under their names as scripts.
fn our_tools() -> TempDir {
    let dir = tempfile::tempdir().unwrap();
    for name in [
        "topics",
        "console-producer",
        "console-consumer",
        "consumer-groups",
    ] {
        let script = dir.path().join(format!("kafka-{name}.sh"));
        symlink(env!("CARGO_BIN_EXE_kaffa"), script).unwrap();
    }
    dir
}

macro_rules! transcripts {
    ($($test:ident $name:literal)*) => {
        mod our_tools_on_our_broker {
            $(#[test]
            fn $test() {
                let dir = tempfile::tempdir().unwrap();
                let broker = super::BrokerProcess::start(dir.path(), &[]);
                super::plays_as_recorded($name, super::our_tools().path(), &broker.address);
            })*
        }

        mod our_tools_on_apaches_broker {
            $(#[test]
            #[ignore = "needs Apache Kafka: tests/interop/setup apache"]
            fn $test() {
                let dir = tempfile::tempdir().unwrap();
                let broker = super::ApacheBroker::start(&dir);
                super::plays_as_recorded($name, super::our_tools().path(), &broker.address);
            })*
        }

        mod apaches_tools_on_our_broker {
            $(#[test]
            #[ignore = "needs Apache Kafka: tests/interop/setup apache"]
            fn $test() {
                let dir = tempfile::tempdir().unwrap();
                let broker = super::BrokerProcess::start(dir.path(), &[]);
                let tools = super::installed("apache-kafka/bin");
                super::plays_as_recorded($name, tools.as_ref(), &broker.address);
            })*
        }
    };
}

transcripts! {
    topics_come_and_go "topics-1-life"
    topics_get_more_partitions "topics-3-alter"
    lines_become_records "producer-1-lines"
    consumers_begin_where_they_are_told "consumer-2-offsets"
    groups_are_reset "groups-2-reset"
    groups_are_deleted "groups-4-delete"
}
