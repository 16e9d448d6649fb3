//! The aborted transactions of a segment (`.txnindex`), so that readers of committed records can skip them.

use std::path::PathBuf;
use std::sync::Arc;

use bytes::{Buf, BufMut};

use super::disk::{Disk, DiskFile};
use super::error::Error;
use super::index_file::{Entries, Entry};

const VERSION: i16 = 0;

/// A transaction that ended with an abort marker.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AbortedTransaction {
    /// Its producer.
    pub producer_id: i64,
    /// Offset of its first record.
    pub first_offset: i64,
    /// Offset of its abort marker.
    pub last_offset: i64,
    /// The last stable offset when it ended: no transaction that ended later begins before.
    pub last_stable_offset: i64,
}

impl Entry for AbortedTransaction {
    const SIZE: usize = 34;

    fn encode(&self, out: &mut Vec<u8>) {
        out.put_i16(VERSION);
        out.put_i64(self.producer_id);
        out.put_i64(self.first_offset);
        out.put_i64(self.last_offset);
        out.put_i64(self.last_stable_offset);
    }

    fn decode(mut bytes: &[u8]) -> Option<Self> {
        let version = bytes.try_get_i16().ok()?;
        let entry = Self {
            producer_id: bytes.try_get_i64().ok()?,
            first_offset: bytes.try_get_i64().ok()?,
            last_offset: bytes.try_get_i64().ok()?,
            last_stable_offset: bytes.try_get_i64().ok()?,
        };
        (version == VERSION).then_some(entry)
    }

    fn follows(&self, previous: &Self) -> bool {
        self.last_offset > previous.last_offset
    }
}

/// The aborted transactions whose markers are in one segment, in the order of the markers. Always in memory: they are few.
#[derive(Debug)]
pub(super) struct TransactionIndex {
    entries: Entries<AbortedTransaction>,
}

impl TransactionIndex {
    /// An index without entries.
    pub(super) fn new(disk: Arc<dyn Disk>, path: PathBuf) -> Self {
        Self {
            entries: Entries::new(disk, path),
        }
    }

    /// Reads the file; without one there are no entries.
    pub(super) fn load(disk: Arc<dyn Disk>, path: PathBuf) -> Result<Self, Error> {
        let loaded = Entries::load(Arc::clone(&disk), path.clone())?;
        Ok(Self {
            entries: loaded.unwrap_or_else(|| Entries::new(disk, path)),
        })
    }

    pub(super) fn push(&mut self, aborted: AbortedTransaction) {
        self.entries.push(aborted);
    }

    /// The transactions with records in `[from, to)`, and whether later segments cannot have more of them.
    pub(super) fn overlapping(&self, from: i64, to: i64) -> (Vec<AbortedTransaction>, bool) {
        let mut found = Vec::new();
        for aborted in self.entries.in_memory() {
            if aborted.last_offset >= from && aborted.first_offset < to {
                found.push(*aborted);
            }
            if aborted.last_stable_offset >= to {
                return (found, true);
            }
        }
        (found, false)
    }

    /// Forgets transactions that end at `end_offset` or later.
    pub(super) fn truncate(&mut self, end_offset: i64) -> Result<(), Error> {
        self.entries
            .truncate(|aborted| aborted.last_offset < end_offset)
    }

    /// Writes the file, if there is anything to write: most segments have none.
    pub(super) fn write(&mut self) -> Result<Option<Arc<dyn DiskFile>>, Error> {
        if self.entries.is_written() {
            Ok(None)
        } else {
            self.entries.write()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::storage::FaultyDisk;
    use std::path::Path;

    #[test]
    fn transactions_that_overlap_a_range_are_found() {
        let disk: Arc<dyn Disk> = Arc::new(FaultyDisk::new());
        disk.create_dir(Path::new("/")).unwrap();
        let path = PathBuf::from("/x.txnindex");
        let mut index = TransactionIndex::new(Arc::clone(&disk), path.clone());
        index.write().unwrap();
        assert!(!disk.exists(&path).unwrap());
        for (producer_id, first_offset, last_offset) in [(1, 0, 10), (2, 5, 20), (3, 30, 40)] {
            let last_stable_offset = last_offset + 1;
            index.push(AbortedTransaction {
                producer_id,
                first_offset,
                last_offset,
                last_stable_offset,
            });
        }
        index.write().unwrap();
        assert_eq!(disk.read(&path).unwrap().len(), 102);
        let mut index = TransactionIndex::load(disk, path).unwrap();
        let producers = |index: &TransactionIndex, from, to| {
            let (found, complete) = index.overlapping(from, to);
            (
                found
                    .iter()
                    .map(|aborted| aborted.producer_id)
                    .collect::<Vec<_>>(),
                complete,
            )
        };
        assert_eq!(producers(&index, 0, 5), (vec![1], true));
        assert_eq!(producers(&index, 11, 25), (vec![2], true));
        assert_eq!(producers(&index, 0, 99), (vec![1, 2, 3], false));
        index.truncate(20).unwrap();
        assert_eq!(producers(&index, 0, 99), (vec![1], false));
    }
}
