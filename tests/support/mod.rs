//! What several test files share.

use std::fs;
use std::path::{Path, PathBuf};

pub(crate) mod apache_broker;
pub(crate) mod bench;
pub(crate) mod broker;
pub(crate) mod cluster;
pub(crate) mod embedded;
pub(crate) mod ports;
pub(crate) mod programs;
pub(crate) mod samples;
pub(crate) mod terminal;
pub(crate) mod transcript;
pub(crate) mod wire;

/// The reader of the schemas, which the build script uses.
#[path = "../../src/protocol/messages/schema.rs"]
pub(crate) mod schema;

/// Every Rust file below `dir`, in order.
pub(crate) fn rust_files(dir: &Path) -> Vec<PathBuf> {
    let mut entries: Vec<PathBuf> = fs::read_dir(dir)
        .into_iter()
        .flatten()
        .map(|entry| entry.unwrap().path())
        .collect();
    entries.sort();
    entries
        .into_iter()
        .flat_map(|path| {
            if path.is_dir() {
                rust_files(&path)
            } else {
                vec![path]
            }
        })
        .filter(|path| path.extension().is_some_and(|extension| extension == "rs"))
        .collect()
}
