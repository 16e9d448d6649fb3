//! The four tools in their main use, against what Apache Kafka's tools printed for the same command lines.

use std::os::unix::fs::symlink;

use tempfile::TempDir;

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
        mod our_tools_on_another_broker {
            $(#[test]
            #[ignore = "needs BROKER=127.0.0.1:PORT"]
            fn $test() {
                let tools = super::our_tools();
                super::plays_as_recorded($name, tools.path(), &std::env::var("BROKER").unwrap());
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
