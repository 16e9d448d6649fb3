//! The history of leader epochs of a log: which epoch began at which offset (`leader-epoch-checkpoint`, KIP-101).

use std::path::Path;

use super::checkpoint;
use super::disk::Disk;
use super::error::{At, Error};

/// Name of the file in a partition's directory.
pub const FILE_NAME: &str = "leader-epoch-checkpoint";

/// Where an epoch begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EpochEntry {
    /// The leader epoch.
    pub epoch: i32,
    /// Offset of the first record appended under it.
    pub start_offset: i64,
}

/// Where an epoch ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EpochEnd {
    /// The largest known epoch not above the one asked for.
    pub epoch: i32,
    /// The offset after its last record.
    pub end_offset: i64,
}

/// Epochs and where they begin; both strictly increasing.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LeaderEpochs {
    entries: Vec<EpochEntry>,
}

impl LeaderEpochs {
    /// Reads the history in a partition's directory; empty if there is none.
    ///
    /// # Errors
    /// [`Error::Malformed`] naming the line, or what the disk says.
    pub fn read(disk: &dyn Disk, dir: &Path) -> Result<Self, Error> {
        let path = dir.join(FILE_NAME);
        let mut epochs = Self::default();
        for (index, line) in checkpoint::read_lines(disk, &path)?.iter().enumerate() {
            let entry = line.split_once(' ').and_then(|(epoch, start_offset)| {
                Some(EpochEntry {
                    epoch: epoch.parse().ok()?,
                    start_offset: start_offset.parse().ok()?,
                })
            });
            let entry = entry.ok_or_else(|| {
                let number = index.saturating_add(3);
                Error::malformed(
                    &path,
                    format!("line {number}: expected epoch and start offset, found {line:?}"),
                )
            })?;
            epochs.assign(entry);
        }
        Ok(epochs)
    }

    /// Replaces the file in a partition's directory.
    ///
    /// # Errors
    /// What the disk says; the old content is then still there.
    pub fn write(&self, disk: &dyn Disk, dir: &Path) -> Result<(), Error> {
        let path = dir.join(FILE_NAME);
        let lines = self
            .entries
            .iter()
            .map(|entry| format!("{} {}", entry.epoch, entry.start_offset));
        disk.replace(&path, checkpoint::text(lines).as_bytes())
            .at("write", &path)
    }

    /// Every entry, oldest first.
    pub fn entries(&self) -> &[EpochEntry] {
        &self.entries
    }

    /// The newest epoch.
    pub fn latest(&self) -> Option<i32> {
        self.entries.last().map(|entry| entry.epoch)
    }

    /// Notes that `entry.epoch` begins; returns whether the history changed. Entries that contradict it go: they are of a
    /// leader whose records were replaced.
    pub fn assign(&mut self, entry: EpochEntry) -> bool {
        if self.entries.last().is_some_and(|last| {
            last.epoch == entry.epoch && last.start_offset <= entry.start_offset
        }) {
            return false;
        }
        if entry.epoch < 0 || entry.start_offset < 0 {
            return false;
        }
        self.entries
            .retain(|known| known.epoch < entry.epoch && known.start_offset < entry.start_offset);
        self.entries.push(entry);
        true
    }

    /// The epoch of the record at `offset`.
    pub fn epoch_at(&self, offset: i64) -> Option<i32> {
        let after = self
            .entries
            .partition_point(|entry| entry.start_offset <= offset);
        Some(self.entries.get(after.checked_sub(1)?)?.epoch)
    }

    /// Where `epoch` ends in a log that ends at `log_end_offset`: at the start of the next larger epoch. If `epoch` is
    /// unknown, the largest below it answers (`LeaderEpochFileCache.endOffsetFor`). `None` if `epoch` is newer than all, or
    /// there is no history.
    pub fn end_of(&self, epoch: i32, log_end_offset: i64) -> Option<EpochEnd> {
        let latest = self.latest()?;
        if epoch == latest {
            return Some(EpochEnd {
                epoch,
                end_offset: log_end_offset,
            });
        }
        let after = self.entries.partition_point(|entry| entry.epoch <= epoch);
        let end_offset = self.entries.get(after)?.start_offset;
        let known = after.checked_sub(1).and_then(|at| self.entries.get(at));
        Some(EpochEnd {
            epoch: known.map_or(epoch, |entry| entry.epoch),
            end_offset,
        })
    }

    /// Forgets epochs that begin at `end_offset` or later; returns whether there were any.
    pub fn truncate_from_end(&mut self, end_offset: i64) -> bool {
        let before = self.entries.len();
        self.entries.retain(|entry| entry.start_offset < end_offset);
        before != self.entries.len()
    }

    /// Forgets epochs that end before `start_offset`; the one it lies in begins there. Returns whether anything changed.
    pub fn truncate_from_start(&mut self, start_offset: i64) -> bool {
        let after = self
            .entries
            .partition_point(|entry| entry.start_offset <= start_offset);
        let Some(current) = after.checked_sub(1) else {
            return false;
        };
        self.entries.drain(..current);
        match self.entries.first_mut() {
            Some(first) if first.start_offset < start_offset => {
                first.start_offset = start_offset;
                true
            }
            _ => current > 0,
        }
    }

    /// Forgets everything.
    pub fn clear(&mut self) {
        self.entries.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::storage::FaultyDisk;

    fn epochs(entries: &[(i32, i64)]) -> LeaderEpochs {
        let mut epochs = LeaderEpochs::default();
        for &(epoch, start_offset) in entries {
            epochs.assign(EpochEntry {
                epoch,
                start_offset,
            });
        }
        epochs
    }

    fn listed(epochs: &LeaderEpochs) -> Vec<(i32, i64)> {
        epochs
            .entries()
            .iter()
            .map(|entry| (entry.epoch, entry.start_offset))
            .collect()
    }

    #[test]
    fn the_file_is_kafkas() {
        let disk = FaultyDisk::new();
        let dir = Path::new("/t-0");
        disk.create_dir(dir).unwrap();
        assert_eq!(
            LeaderEpochs::read(&disk, dir).unwrap(),
            LeaderEpochs::default()
        );
        let history = epochs(&[(0, 0), (3, 17)]);
        history.write(&disk, dir).unwrap();
        assert_eq!(
            disk.read(&dir.join(FILE_NAME)).unwrap(),
            b"0\n2\n0 0\n3 17\n"
        );
        assert_eq!(LeaderEpochs::read(&disk, dir).unwrap(), history);
        disk.write(&dir.join(FILE_NAME), b"0\n1\n0\n").unwrap();
        assert!(
            LeaderEpochs::read(&disk, dir)
                .unwrap_err()
                .to_string()
                .contains("line 3")
        );
    }

    #[test]
    fn an_epoch_ends_where_the_next_begins() {
        let history = epochs(&[(1, 0), (3, 10), (4, 20)]);
        let end = |epoch| {
            history
                .end_of(epoch, 30)
                .map(|end| (end.epoch, end.end_offset))
        };
        assert_eq!(end(0), Some((0, 0)));
        assert_eq!(end(1), Some((1, 10)));
        assert_eq!(end(2), Some((1, 10)));
        assert_eq!(end(3), Some((3, 20)));
        assert_eq!(end(4), Some((4, 30)));
        assert_eq!(end(5), None);
        assert_eq!(LeaderEpochs::default().end_of(0, 30), None);
        assert_eq!(
            (
                history.epoch_at(9),
                history.epoch_at(10),
                history.epoch_at(99)
            ),
            (Some(1), Some(3), Some(4))
        );
        assert_eq!(epochs(&[(1, 5)]).epoch_at(4), None);
    }

    #[test]
    fn entries_that_contradict_a_new_one_go() {
        let mut history = epochs(&[(1, 0), (3, 10), (4, 20)]);
        assert!(!history.assign(EpochEntry {
            epoch: 4,
            start_offset: 25
        }));
        assert!(history.assign(EpochEntry {
            epoch: 5,
            start_offset: 10
        }));
        assert_eq!(listed(&history), [(1, 0), (5, 10)]);
    }

    #[test]
    fn truncation_forgets_what_is_gone() {
        let mut history = epochs(&[(1, 0), (3, 10), (4, 20)]);
        assert!(history.truncate_from_end(20));
        assert_eq!(listed(&history), [(1, 0), (3, 10)]);
        assert!(history.truncate_from_start(15));
        assert_eq!(listed(&history), [(3, 15)]);
        assert!(!history.truncate_from_start(15) && !history.truncate_from_start(3));
    }
}
