//! The files in a partition's directory, by their names.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use tracing::warn;

use super::disk::Disk;
use super::error::{At, Error};
use super::producer_state::ProducerState;
use super::segment::file_name;
use super::swap;

/// How the names end of files that an earlier run wanted gone, or did not finish.
const LEFTOVERS: [&str; 4] = [".deleted", ".tmp", ".cleaned", ".swap"];

/// Those of them that are of no use to anybody.
const REMOVED: [&str; 2] = [".deleted", ".tmp"];

/// The files of a partition.
#[derive(Debug, Default)]
pub(super) struct Files {
    /// Base offsets of segments.
    pub(super) segments: BTreeSet<i64>,
    /// Offsets of producer snapshots.
    snapshots: BTreeSet<i64>,
    /// Index files, with the base offset of their segment.
    indexes: Vec<(i64, PathBuf)>,
    has_leftovers: bool,
}

impl Files {
    /// Lists them, after removing what an earlier run wanted gone or did not finish.
    pub(super) fn sort_out(disk: &dyn Disk, dir: &Path) -> Result<Self, Error> {
        let mut files = Self::list(disk, dir)?;
        if files.has_leftovers {
            for entry in disk.list(dir).at("list", dir)? {
                if REMOVED.iter().any(|suffix| entry.name.ends_with(suffix)) {
                    let path = dir.join(&entry.name);
                    disk.remove(&path).at("remove", &path)?;
                }
            }
            swap::complete(disk, dir)?;
            files = Self::list(disk, dir)?;
        }
        for (offset, path) in &files.indexes {
            if !files.segments.contains(offset) {
                disk.remove(path).at("remove", path)?;
            }
        }
        Ok(files)
    }

    /// Lists them.
    pub(super) fn list(disk: &dyn Disk, dir: &Path) -> Result<Self, Error> {
        let mut files = Self::default();
        for entry in disk.list(dir).at("list", dir)? {
            files.has_leftovers |= LEFTOVERS.iter().any(|suffix| entry.name.ends_with(suffix));
            let Some((stem, extension)) = entry.name.split_once('.') else {
                continue;
            };
            let Some(offset) = stem.parse().ok().filter(|_| stem.len() == 20) else {
                continue;
            };
            match extension {
                "log" => _ = files.segments.insert(offset),
                "snapshot" => _ = files.snapshots.insert(offset),
                "index" | "timeindex" | "txnindex" => {
                    files.indexes.push((offset, dir.join(&entry.name)));
                }
                _ => {}
            }
        }
        Ok(files)
    }

    /// The producers as the newest usable snapshot at or below `end_offset` has them, and its offset. Removes snapshots beyond,
    /// damaged ones, and older ones that are not of the start of a segment.
    pub(super) fn newest_producers(
        &self,
        disk: &dyn Disk,
        dir: &Path,
        end_offset: i64,
    ) -> Result<Option<(ProducerState, i64)>, Error> {
        let mut newest = None;
        for offset in self.snapshots.iter().rev() {
            let path = dir.join(file_name(*offset, "snapshot"));
            if *offset <= end_offset && newest.is_none() {
                newest = ProducerState::decode(&disk.read(&path).at("read", &path)?)
                    .map(|producers| (producers, *offset));
                if newest.is_some() {
                    continue;
                }
                warn!(path = %path.display(), "removing a damaged snapshot of producers");
            } else if *offset <= end_offset && self.segments.contains(offset) {
                continue;
            }
            disk.remove(&path).at("remove", &path)?;
        }
        Ok(newest)
    }
}
