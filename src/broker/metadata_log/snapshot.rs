//! Snapshots of the metadata (`SnapshotFileReader`): what all records below an offset come to, in a file beside the log.
//!
//! Read only: a log that Apache's controller shortened begins with one. Ours is never shortened.

use std::path::Path;

use bytes::Bytes;

use super::MetadataLogError;
use crate::protocol::record::Batches;
use crate::storage::{self, Disk};

const SUFFIX: &str = ".checkpoint";

/// A snapshot.
#[derive(Debug)]
pub(super) struct Snapshot {
    /// The offset of the first record that is not in it.
    pub(super) end_offset: i64,
    /// Its batches; the control batches at both ends included.
    pub(super) batches: Batches,
}

/// The snapshot with the most records in it; `None` where there is none.
pub(super) fn newest(disk: &dyn Disk, dir: &Path) -> Result<Option<Snapshot>, MetadataLogError> {
    let failed = |action, source| {
        MetadataLogError::Snapshot(storage::Error::Io {
            action,
            path: dir.to_owned(),
            source,
        })
    };
    let names = disk.list(dir).map_err(|source| failed("list", source))?;
    let newest = names
        .iter()
        .filter_map(|entry| Some((end_offset(&entry.name)?, &entry.name)))
        .max();
    let Some((end_offset, name)) = newest else {
        return Ok(None);
    };
    let bytes = disk
        .read(&dir.join(name))
        .map_err(|source| failed("read a snapshot in", source))?;
    Ok(Some(Snapshot {
        end_offset,
        batches: Batches::new(Bytes::from(bytes)),
    }))
}

/// The offset in `00000000000000000175-0000000001.checkpoint`, whose second number is the epoch.
fn end_offset(name: &str) -> Option<i64> {
    let (offset, epoch) = name.strip_suffix(SUFFIX)?.split_once('-')?;
    epoch.parse::<i32>().ok()?;
    offset.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_snapshot_is_known_by_its_name() {
        assert_eq!(
            end_offset("00000000000000000175-0000000001.checkpoint"),
            Some(175)
        );
        for other in [
            "bootstrap.checkpoint",
            "00000000000000000175.snapshot",
            "x-0000000001.checkpoint",
            "",
        ] {
            assert_eq!(end_offset(other), None);
        }
    }
}
