//! What the disk, or what is on it, can do to us.

use std::io;
use std::path::{Path, PathBuf};

/// Why the storage layer could not do something. The cause is the source, not part of the text.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The operating system refused.
    #[error("cannot {action} {}", path.display())]
    Io {
        /// What was attempted, as a verb: `open`, `write`.
        action: &'static str,
        /// On which file or directory.
        path: PathBuf,
        /// What the operating system says.
        #[source]
        source: io::Error,
    },
    /// A file that is not written as its format asks.
    #[error("{} is malformed: {reason}", path.display())]
    Malformed {
        /// The file.
        path: PathBuf,
        /// What is wrong with it and where.
        reason: String,
    },
    /// Another process uses the directory.
    #[error(
        "data directory {} is in use by another broker; stop that broker or choose another directory",
        path.display()
    )]
    Locked {
        /// The data directory.
        path: PathBuf,
    },
    /// The directory belongs to something else.
    #[error(
        "data directory {} belongs to {key} {found}, not to {expected}; choose another directory or set {key}={found}",
        path.display()
    )]
    Mismatch {
        /// The data directory.
        path: PathBuf,
        /// `cluster.id` or `node.id`.
        key: &'static str,
        /// What this broker is.
        expected: String,
        /// What `meta.properties` says.
        found: String,
    },
    /// An earlier write or sync failed in a way that leaves unknown what is on the disk.
    #[error("log {} stopped taking writes after a failure; restart the broker to recover it", path.display())]
    Poisoned {
        /// The partition's directory.
        path: PathBuf,
    },
    /// The log has been closed, or is about to be removed.
    #[error("log {} is closed", path.display())]
    Closed {
        /// The partition's directory.
        path: PathBuf,
    },
}

impl Error {
    pub(super) fn malformed(path: &Path, reason: impl Into<String>) -> Self {
        Self::Malformed {
            path: path.to_path_buf(),
            reason: reason.into(),
        }
    }

    /// Whether this is about a full disk: appends may succeed again once there is room.
    pub fn is_full(&self) -> bool {
        matches!(self, Self::Io { source, .. } if source.kind() == io::ErrorKind::StorageFull)
    }
}

/// Says what failed, and on what, where only the operating system's word is known.
pub(super) trait At<T> {
    /// Turns an I/O error into [`Error::Io`].
    fn at(self, action: &'static str, path: &Path) -> Result<T, Error>;
}

impl<T> At<T> for io::Result<T> {
    fn at(self, action: &'static str, path: &Path) -> Result<T, Error> {
        self.map_err(|source| Error::Io {
            action,
            path: path.to_path_buf(),
            source,
        })
    }
}
