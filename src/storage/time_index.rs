//! The sparse map of a segment from timestamps to offsets (`.timeindex`).

use std::io;
use std::path::PathBuf;
use std::sync::Arc;

use bytes::{Buf, BufMut};

use super::disk::{Disk, DiskFile};
use super::error::{At, Error};
use super::index_file::{Entries, Entry};

/// Bytes of an entry in the file.
pub const ENTRY_LEN: u64 = 12;

/// A timestamp, and an offset that goes with it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TimestampOffset {
    /// In milliseconds since 1970; -1 for none.
    pub timestamp: i64,
    /// Of a record with that timestamp, or of the last record of its batch where only batches were looked at.
    pub offset: i64,
}

impl TimestampOffset {
    /// No timestamp, no offset.
    pub const NONE: Self = Self {
        timestamp: -1,
        offset: -1,
    };
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct TimeEntry {
    timestamp: i64,
    relative: u32,
}

impl Entry for TimeEntry {
    const SIZE: usize = 12;

    fn encode(&self, out: &mut Vec<u8>) {
        out.put_i64(self.timestamp);
        out.put_u32(self.relative);
    }

    fn decode(mut bytes: &[u8]) -> Option<Self> {
        Some(Self {
            timestamp: bytes.try_get_i64().ok()?,
            relative: bytes.try_get_u32().ok()?,
        })
    }

    fn follows(&self, previous: &Self) -> bool {
        self.timestamp > previous.timestamp && self.relative >= previous.relative
    }
}

/// A sparse map: up to this offset, this is the largest timestamp.
#[derive(Debug)]
pub(super) struct TimeIndex {
    base_offset: i64,
    entries: Entries<TimeEntry>,
}

impl TimeIndex {
    /// An index without entries.
    pub(super) fn new(disk: Arc<dyn Disk>, path: PathBuf, base_offset: i64) -> Self {
        Self {
            base_offset,
            entries: Entries::new(disk, path),
        }
    }

    /// Reads the index of a segment that will grow. `None` if the file is missing or cannot be right.
    pub(super) fn load(
        disk: Arc<dyn Disk>,
        path: PathBuf,
        base_offset: i64,
    ) -> Result<Option<Self>, Error> {
        Ok(Entries::load(disk, path)?.map(|entries| Self {
            base_offset,
            entries,
        }))
    }

    /// Opens the index of a closed segment. `None` as for [`TimeIndex::load`].
    pub(super) fn open(
        disk: Arc<dyn Disk>,
        path: PathBuf,
        base_offset: i64,
    ) -> Result<Option<Self>, Error> {
        let opened = Entries::<TimeEntry>::open(disk, path)?;
        Ok(opened
            .filter(|(_, last)| last.is_none_or(is_sane))
            .map(|(entries, _)| Self {
                base_offset,
                entries,
            }))
    }

    /// Notes the largest timestamp so far, if it is news.
    pub(super) fn push(&mut self, largest: TimestampOffset) -> io::Result<()> {
        let Ok(relative) = u32::try_from(largest.offset.saturating_sub(self.base_offset)) else {
            return Ok(());
        };
        let entry = TimeEntry {
            timestamp: largest.timestamp,
            relative,
        };
        if self.entries.last()?.is_none_or(|last| entry.follows(&last)) && largest.timestamp >= 0 {
            self.entries.push(entry);
        }
        Ok(())
    }

    /// The largest timestamp it knows.
    pub(super) fn last(&self) -> Result<TimestampOffset, Error> {
        let last = self.entries.last().at("read", self.entries.path())?;
        Ok(last.map_or(TimestampOffset::NONE, |entry| self.absolute(entry)))
    }

    /// An offset up to which every timestamp is smaller than `timestamp`; `None` if it knows of none.
    pub(super) fn last_before(&self, timestamp: i64) -> io::Result<Option<i64>> {
        let entry = self
            .entries
            .last_where(|entry| entry.timestamp < timestamp)?;
        Ok(entry.map(|entry| self.absolute(entry).offset))
    }

    /// Forgets offsets from `end_offset` on.
    pub(super) fn truncate(&mut self, end_offset: i64) -> Result<(), Error> {
        let base_offset = self.base_offset;
        self.entries
            .truncate(|entry| base_offset.saturating_add(entry.relative.into()) < end_offset)
    }

    /// Bytes the entries take in the file.
    pub(super) fn size(&self) -> u64 {
        self.entries.size()
    }

    pub(super) fn write(&mut self) -> Result<Option<Arc<dyn DiskFile>>, Error> {
        self.entries.write()
    }

    pub(super) fn write_if_new(&mut self) -> Result<(), Error> {
        self.entries.write_if_new()
    }

    pub(super) fn leave_to_file(&mut self) {
        self.entries.leave_to_file();
    }

    pub(super) fn bring_to_memory(&mut self) -> Result<(), Error> {
        self.entries.bring_to_memory()
    }

    fn absolute(&self, entry: TimeEntry) -> TimestampOffset {
        TimestampOffset {
            timestamp: entry.timestamp,
            offset: self.base_offset.saturating_add(entry.relative.into()),
        }
    }
}

/// An unclosed index ends in zeros.
fn is_sane(last: TimeEntry) -> bool {
    last.timestamp > 0 || last.relative > 0
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::storage::FaultyDisk;
    use std::path::Path;

    fn index(entries: &[(i64, i64)]) -> (Arc<dyn Disk>, TimeIndex) {
        let disk: Arc<dyn Disk> = Arc::new(FaultyDisk::new());
        disk.create_dir(Path::new("/")).unwrap();
        let mut index = TimeIndex::new(Arc::clone(&disk), PathBuf::from("/t"), 100);
        for &(timestamp, offset) in entries {
            index.push(TimestampOffset { timestamp, offset }).unwrap();
        }
        (disk, index)
    }

    #[test]
    fn only_a_larger_timestamp_is_news() {
        let (_, index) = index(&[(-1, 100), (1000, 105), (1000, 110), (900, 120), (2000, 130)]);
        assert_eq!(index.size(), 24);
        assert_eq!(
            index.last().unwrap(),
            TimestampOffset {
                timestamp: 2000,
                offset: 130
            }
        );
        let before: Vec<_> = [0, 1000, 1001, 2000, 2001]
            .map(|time| index.last_before(time).unwrap())
            .into();
        assert_eq!(before, [None, None, Some(105), Some(105), Some(130)]);
    }

    #[test]
    fn a_file_is_not_touched_until_there_is_something_new() {
        let (disk, mut index) = index(&[(1000, 105)]);
        let file = Path::new("/t");
        index.write_if_new().unwrap();
        disk.remove(file).unwrap();
        index.write_if_new().unwrap();
        assert!(disk.read(file).is_err());
        let next = TimestampOffset {
            timestamp: 2000,
            offset: 130,
        };
        index.push(next).unwrap();
        index.write_if_new().unwrap();
        assert_eq!(disk.read(file).unwrap().len(), 24);
        index.truncate(130).unwrap();
        index.write_if_new().unwrap();
        assert_eq!(disk.read(file).unwrap().len(), 12);
    }

    #[test]
    fn a_file_is_written_and_opened() {
        let (disk, mut index) = index(&[(1000, 105), (2000, 130)]);
        index.truncate(130).unwrap();
        index.write().unwrap();
        assert_eq!(
            disk.read(Path::new("/t")).unwrap(),
            [0, 0, 0, 0, 0, 0, 3, 232, 0, 0, 0, 5]
        );
        let opened = TimeIndex::open(Arc::clone(&disk), PathBuf::from("/t"), 100)
            .unwrap()
            .unwrap();
        assert_eq!(
            opened.last().unwrap(),
            TimestampOffset {
                timestamp: 1000,
                offset: 105
            }
        );
        disk.open(Path::new("/t"), OpenMode::Write)
            .unwrap()
            .truncate(1200)
            .unwrap();
        assert!(
            TimeIndex::open(Arc::clone(&disk), PathBuf::from("/t"), 100)
                .unwrap()
                .is_none()
        );
        let loaded = TimeIndex::load(disk, PathBuf::from("/t"), 100)
            .unwrap()
            .unwrap();
        assert_eq!(
            loaded.last().unwrap(),
            TimestampOffset {
                timestamp: 1000,
                offset: 105
            }
        );
    }

    use crate::storage::disk::OpenMode;
}
