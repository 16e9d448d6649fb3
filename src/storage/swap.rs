//! What a start does about a compaction, or the split of a segment, that was under way: results that are complete (`.swap`)
//! take the place of the segments they came from, others (`.cleaned`) go.

use std::path::{Path, PathBuf};

use super::disk::{Disk, OpenMode};
use super::error::{At, Error};
use super::scan::Headers;

/// Removes or puts in place what is left of it; afterwards the directory holds plain segments only.
pub(super) fn complete(disk: &dyn Disk, dir: &Path) -> Result<(), Error> {
    let unfinished = names(disk, dir, ".cleaned")?;
    let first_unfinished = unfinished
        .iter()
        .map(|file| file.base_offset)
        .min()
        .unwrap_or(i64::MAX);
    for file in &unfinished {
        remove(disk, &file.path)?;
    }
    // Results from there on belong to a split of which a part is missing.
    let (replaced_by, useless): (Vec<_>, Vec<_>) = names(disk, dir, ".swap")?
        .into_iter()
        .partition(|file| file.base_offset < first_unfinished);
    for file in &useless {
        remove(disk, &file.path)?;
    }
    let (mut start, mut end) = (i64::MAX, i64::MIN);
    for file in replaced_by
        .iter()
        .filter(|file| file.path.to_string_lossy().ends_with(".log.swap"))
    {
        start = start.min(file.base_offset);
        end = end.max(next_offset(disk, file)?);
    }
    for file in names(disk, dir, "")?
        .iter()
        .filter(|file| (start..end).contains(&file.base_offset))
    {
        remove(disk, &file.path)?;
    }
    for file in &replaced_by {
        disk.rename(&file.path, &file.path.with_extension(""))
            .at("rename", &file.path)?;
    }
    Ok(())
}

/// A file that is named after an offset.
struct Named {
    base_offset: i64,
    path: PathBuf,
}

/// The files of segments whose names end with this behind `.log`, `.index`, `.timeindex` or `.txnindex`.
fn names(disk: &dyn Disk, dir: &Path, suffix: &str) -> Result<Vec<Named>, Error> {
    let mut found = Vec::new();
    for entry in disk.list(dir).at("list", dir)? {
        let parts = entry
            .name
            .strip_suffix(suffix)
            .and_then(|name| name.split_once('.'));
        let Some((stem, "log" | "index" | "timeindex" | "txnindex")) = parts else {
            continue;
        };
        if let Ok(base_offset) = stem.parse() {
            found.push(Named {
                base_offset,
                path: dir.join(&entry.name),
            });
        }
    }
    Ok(found)
}

fn next_offset(disk: &dyn Disk, file: &Named) -> Result<i64, Error> {
    let opened = disk
        .open(&file.path, OpenMode::Read)
        .at("open", &file.path)?;
    let size = opened.len().at("read", &file.path)?;
    let mut next_offset = file.base_offset;
    for next in Headers::new(&*opened, 0, size) {
        next_offset = next.at("read", &file.path)?.0.next_offset();
    }
    Ok(next_offset)
}

fn remove(disk: &dyn Disk, path: &Path) -> Result<(), Error> {
    disk.remove(path).at("remove", path)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::record::{BatchBuilder, BatchOptions, NewRecord};
    use crate::storage::FaultyDisk;

    fn disk_with(names: &[&str]) -> FaultyDisk {
        let disk = FaultyDisk::new();
        disk.create_dir(Path::new("/d")).unwrap();
        for name in names {
            let mut builder = BatchBuilder::default();
            for _ in 0..10 {
                builder
                    .append(&NewRecord {
                        timestamp: 0,
                        key: None,
                        value: None,
                        headers: &[],
                    })
                    .unwrap();
            }
            let base_offset = name.split('.').next().unwrap().parse().unwrap();
            let batch = builder
                .build(&BatchOptions {
                    base_offset,
                    ..BatchOptions::default()
                })
                .unwrap();
            disk.write(&Path::new("/d").join(name), &batch).unwrap();
        }
        disk
    }

    fn after(names: &[&str]) -> Vec<String> {
        let disk = disk_with(names);
        complete(&disk, Path::new("/d")).unwrap();
        disk.list(Path::new("/d"))
            .unwrap()
            .into_iter()
            .map(|entry| entry.name)
            .collect()
    }

    #[test]
    fn complete_results_replace_what_they_came_from() {
        let left = after(&[
            "00000000000000000000.log",
            "00000000000000000000.log.swap",
            "00000000000000000000.index.swap",
            "00000000000000000005.log",
            "00000000000000000005.timeindex",
            "00000000000000000010.log",
        ]);
        assert_eq!(
            left,
            [
                "00000000000000000000.index",
                "00000000000000000000.log",
                "00000000000000000010.log"
            ]
        );
    }

    #[test]
    fn unfinished_results_go() {
        let left = after(&[
            "00000000000000000000.log",
            "00000000000000000005.log.cleaned",
            "00000000000000000007.log.swap",
            "00000000000000000007.snapshot",
        ]);
        assert_eq!(
            left,
            ["00000000000000000000.log", "00000000000000000007.snapshot"]
        );
    }
}
