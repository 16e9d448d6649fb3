//! The sparse map of a segment from offsets to file positions (`.index`).

use std::io;
use std::path::PathBuf;
use std::sync::Arc;

use bytes::{Buf, BufMut};

use super::disk::{Disk, DiskFile};
use super::error::{At, Error};
use super::index_file::{Entries, Entry};

/// Bytes of an entry in the file.
pub const ENTRY_LEN: u64 = 8;

/// A batch that an index knows: its last offset, less the segment's base offset, and where it starts in the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct OffsetEntry {
    relative: u32,
    position: u32,
}

impl Entry for OffsetEntry {
    const SIZE: usize = 8;

    fn encode(&self, out: &mut Vec<u8>) {
        out.put_u32(self.relative);
        out.put_u32(self.position);
    }

    fn decode(mut bytes: &[u8]) -> Option<Self> {
        Some(Self {
            relative: bytes.try_get_u32().ok()?,
            position: bytes.try_get_u32().ok()?,
        })
    }

    fn follows(&self, previous: &Self) -> bool {
        self.relative > previous.relative && self.position > previous.position
    }
}

/// A sparse map from the last offset of a batch to the position at which that batch starts.
#[derive(Debug)]
pub(super) struct OffsetIndex {
    base_offset: i64,
    entries: Entries<OffsetEntry>,
}

impl OffsetIndex {
    /// An index without entries.
    pub(super) fn new(disk: Arc<dyn Disk>, path: PathBuf, base_offset: i64) -> Self {
        Self {
            base_offset,
            entries: Entries::new(disk, path),
        }
    }

    /// Reads the index of a segment of `log_size` bytes that will grow. `None` if the file is missing or cannot be right.
    pub(super) fn load(
        disk: Arc<dyn Disk>,
        path: PathBuf,
        base_offset: i64,
        log_size: u64,
    ) -> Result<Option<Self>, Error> {
        let Some(entries) = Entries::load(disk, path)? else {
            return Ok(None);
        };
        let last = entries.last().at("read", entries.path())?;
        Ok(is_sane(last, log_size).then_some(Self {
            base_offset,
            entries,
        }))
    }

    /// Opens the index of a closed segment of `log_size` bytes. `None` as for [`OffsetIndex::load`].
    pub(super) fn open(
        disk: Arc<dyn Disk>,
        path: PathBuf,
        base_offset: i64,
        log_size: u64,
    ) -> Result<Option<Self>, Error> {
        let opened = Entries::open(disk, path)?;
        Ok(opened
            .filter(|(_, last)| is_sane(*last, log_size))
            .map(|(entries, _)| Self {
                base_offset,
                entries,
            }))
    }

    /// Adds the batch that ends with `last_offset` and starts at `position`.
    pub(super) fn push(&mut self, last_offset: i64, position: u64) {
        let relative = u32::try_from(last_offset.saturating_sub(self.base_offset));
        if let (Ok(relative), Ok(position)) = (relative, u32::try_from(position)) {
            self.entries.push(OffsetEntry { relative, position });
        }
    }

    /// Where to start looking for `offset`: no batch before this position has it or a later one.
    pub(super) fn floor(&self, offset: i64) -> io::Result<u64> {
        let relative = offset.saturating_sub(self.base_offset);
        let entry = self
            .entries
            .last_where(|entry| i64::from(entry.relative) <= relative)?;
        Ok(entry.map_or(0, |entry| entry.position.into()))
    }

    /// The last position not above `limit` at which a batch is known to start.
    pub(super) fn last_start_up_to(&self, limit: u64) -> io::Result<u64> {
        let entry = self
            .entries
            .last_where(|entry| u64::from(entry.position) <= limit)?;
        Ok(entry.map_or(0, |entry| entry.position.into()))
    }

    /// Forgets batches that start at `size` or later.
    pub(super) fn truncate(&mut self, size: u64) -> Result<(), Error> {
        self.entries
            .truncate(|entry| u64::from(entry.position) < size)
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

    pub(super) fn is_closed(&self) -> bool {
        self.entries.is_closed()
    }

    pub(super) fn leave_to_file(&mut self) {
        self.entries.leave_to_file();
    }

    pub(super) fn bring_to_memory(&mut self) -> Result<(), Error> {
        self.entries.bring_to_memory()
    }
}

/// An entry is only added behind the first `index.interval.bytes`, so never at the base offset; one that is there stands
/// for the zeros of an index that was not closed.
fn is_sane(last: Option<OffsetEntry>, log_size: u64) -> bool {
    last.is_none_or(|entry| entry.relative > 0 && u64::from(entry.position) < log_size)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::storage::FaultyDisk;
    use proptest::prelude::*;
    use std::path::Path;

    fn index(entries: &[(i64, u64)]) -> (Arc<dyn Disk>, OffsetIndex) {
        let disk: Arc<dyn Disk> = Arc::new(FaultyDisk::new());
        disk.create_dir(Path::new("/")).unwrap();
        let mut index = OffsetIndex::new(Arc::clone(&disk), PathBuf::from("/i"), 100);
        for &(offset, position) in entries {
            index.push(offset, position);
        }
        (disk, index)
    }

    #[test]
    fn a_look_up_finds_the_last_entry_not_above() {
        let (_, index) = index(&[(109, 5000), (119, 10_000)]);
        let floors: Vec<_> = [100, 108, 109, 118, 119, 500]
            .map(|offset| index.floor(offset).unwrap())
            .into();
        assert_eq!(floors, [0, 0, 5000, 5000, 10_000, 10_000]);
        let starts: Vec<_> = [0, 4999, 5000, 9999, 10_000]
            .map(|limit| index.last_start_up_to(limit).unwrap())
            .into();
        assert_eq!(starts, [0, 0, 5000, 5000, 10_000]);
    }

    #[test]
    fn the_file_holds_big_endian_pairs() {
        let (disk, mut index) = index(&[(109, 5000)]);
        index.write().unwrap();
        assert_eq!(
            disk.read(Path::new("/i")).unwrap(),
            [0, 0, 0, 9, 0, 0, 0x13, 0x88]
        );
        index.push(119, 10_000);
        index.write().unwrap();
        assert_eq!(disk.read(Path::new("/i")).unwrap().len(), 16);
        index.truncate(10_000).unwrap();
        index.write().unwrap();
        assert_eq!(disk.read(Path::new("/i")).unwrap().len(), 8);
    }

    #[test]
    fn an_unclosed_file_ends_where_its_zeros_begin() {
        let (disk, mut index) = index(&[(109, 5000), (119, 10_000)]);
        index.write().unwrap().unwrap().truncate(1 << 10).unwrap();
        let open =
            |size| OffsetIndex::open(Arc::clone(&disk), PathBuf::from("/i"), 100, size).unwrap();
        let load =
            |size| OffsetIndex::load(Arc::clone(&disk), PathBuf::from("/i"), 100, size).unwrap();
        assert!(open(1 << 20).is_none(), "the last entry is zero");
        assert_eq!(load(1 << 20).unwrap().size(), 16);
        assert!(load(10_000).is_none(), "an entry lies beyond the log");
        disk.write(Path::new("/i"), b"123").unwrap();
        assert!(load(1 << 20).is_none() && open(1 << 20).is_none());
    }

    proptest! {
        #[test]
        fn memory_and_file_agree(gaps in proptest::collection::vec((1_i64..50, 1_u64..9000), 0..60), offset in 90_i64..3000) {
            let mut entries = vec![(100_i64, 0_u64)];
            for (gap, bytes) in gaps {
                let (last, position) = entries[entries.len().saturating_sub(1)];
                entries.push((last.saturating_add(gap), position.saturating_add(bytes)));
            }
            entries.remove(0);
            let (disk, mut index) = index(&entries);
            let expected = entries.iter().rev().find(|entry| entry.0 <= offset).map_or(0, |entry| entry.1);
            prop_assert_eq!(index.floor(offset).unwrap(), expected);
            index.write().unwrap();
            let opened = OffsetIndex::open(disk, PathBuf::from("/i"), 100, u64::MAX).unwrap().unwrap();
            prop_assert_eq!(opened.floor(offset).unwrap(), expected);
            index.leave_to_file();
            prop_assert_eq!(index.floor(offset).unwrap(), expected);
            index.bring_to_memory().unwrap();
            prop_assert_eq!(index.floor(offset).unwrap(), expected);
        }
    }
}
