//! All file work of the storage layer: the traits [`Disk`] and [`DiskFile`], and the real disk.
//!
//! Nothing else under `storage` names `std::fs`. The form with faults is [`super::FaultyDisk`].

use std::fmt;
use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, IoSlice};
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::sync::Arc;
use std::time::UNIX_EPOCH;

use rustix::fs::{FallocateFlags, FlockOperation};

/// How [`Disk::open`] treats a file that is there, or is not.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OpenMode {
    /// The file must exist; it is only read.
    Read,
    /// The file must exist; it is read and written.
    Write,
    /// The file is created, or emptied if it exists.
    Create,
}

/// One name in a directory.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct DirEntry {
    /// The last part of the path; names that are not UTF-8 are not ours and are left out.
    pub name: String,
    /// Whether it is a directory.
    pub is_dir: bool,
}

/// How large a file system is, and how much of it this process may still fill.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Space {
    /// Size of the file system.
    pub total_bytes: u64,
    /// What an unprivileged process may still write.
    pub usable_bytes: u64,
}

/// A file system as the storage layer needs it.
pub trait Disk: Send + Sync + fmt::Debug {
    /// Opens the file at `path`.
    ///
    /// # Errors
    /// As the operating system says; so for every method here.
    fn open(&self, path: &Path, mode: OpenMode) -> io::Result<Arc<dyn DiskFile>>;

    /// Takes the lock file at `path`, creating it if need be; the lock is held as long as the handle lives.
    ///
    /// # Errors
    /// `WouldBlock` when somebody else holds it, this process included.
    fn lock(&self, path: &Path) -> io::Result<Arc<dyn DiskFile>>;

    /// Gives a file or directory another name, replacing a file that has it.
    ///
    /// # Errors
    /// As the operating system says.
    fn rename(&self, from: &Path, to: &Path) -> io::Result<()>;

    /// Removes a file, or a directory with all that is in it; what is not there is not missed.
    ///
    /// # Errors
    /// As the operating system says.
    fn remove(&self, path: &Path) -> io::Result<()>;

    /// The names in a directory, sorted.
    ///
    /// # Errors
    /// As the operating system says.
    fn list(&self, path: &Path) -> io::Result<Vec<DirEntry>>;

    /// Creates a directory and those above it; one that exists is fine.
    ///
    /// # Errors
    /// As the operating system says.
    fn create_dir(&self, path: &Path) -> io::Result<()>;

    /// Makes the names in a directory durable: without it a new or renamed file may be gone after a power failure.
    ///
    /// # Errors
    /// As the operating system says.
    fn sync_dir(&self, path: &Path) -> io::Result<()>;

    /// Room on the file system that holds `path`.
    ///
    /// # Errors
    /// As the operating system says.
    fn space(&self, path: &Path) -> io::Result<Space>;

    /// The whole content of a small file.
    ///
    /// # Errors
    /// As the operating system says.
    fn read(&self, path: &Path) -> io::Result<Vec<u8>> {
        let file = self.open(path, OpenMode::Read)?;
        let mut bytes = vec![0; usize::try_from(file.len()?).map_err(io::Error::other)?];
        let read = file.read_at(&mut bytes, 0)?;
        bytes.truncate(read);
        Ok(bytes)
    }

    /// Creates a file with this content, not yet durable.
    ///
    /// # Errors
    /// As the operating system says.
    fn write(&self, path: &Path, bytes: &[u8]) -> io::Result<Arc<dyn DiskFile>> {
        let file = self.open(path, OpenMode::Create)?;
        file.write_at(&mut [IoSlice::new(bytes)], 0)?;
        Ok(file)
    }

    /// Replaces a file so that a reader, even after a power failure, finds the old content or the new one, whole.
    ///
    /// # Errors
    /// As the operating system says.
    fn replace(&self, path: &Path, bytes: &[u8]) -> io::Result<()> {
        let temporary = path.with_added_extension("tmp");
        self.write(&temporary, bytes)?.sync_data()?;
        self.rename(&temporary, path)?;
        match path.parent() {
            Some(parent) => self.sync_dir(parent),
            None => Ok(()),
        }
    }

    /// Whether a file or directory has this name.
    ///
    /// # Errors
    /// When the answer cannot be had.
    fn exists(&self, path: &Path) -> io::Result<bool> {
        match self.open(path, OpenMode::Read) {
            Ok(_) => Ok(true),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
            Err(error) => Err(error),
        }
    }
}

/// An open file. All access is positional: handles are shared between threads and have no cursor.
pub trait DiskFile: Send + Sync + fmt::Debug {
    /// Reads at `position` until `buffer` is full or the file ends; returns how many bytes were read.
    ///
    /// # Errors
    /// As the operating system says; so for every method here.
    fn read_at(&self, buffer: &mut [u8], position: u64) -> io::Result<usize>;

    /// Writes all pieces, one after the other, from `position` on: one system call unless the kernel takes less.
    ///
    /// # Errors
    /// As the operating system says; some of the bytes may have been written.
    fn write_at(&self, pieces: &mut [IoSlice<'_>], position: u64) -> io::Result<()>;

    /// Size of the file.
    ///
    /// # Errors
    /// As the operating system says.
    fn len(&self) -> io::Result<u64>;

    /// Whether the file has no bytes.
    ///
    /// # Errors
    /// As the operating system says.
    fn is_empty(&self) -> io::Result<bool> {
        Ok(self.len()? == 0)
    }

    /// Cuts the file, or fills it with zeros, to `len` bytes.
    ///
    /// # Errors
    /// As the operating system says.
    fn truncate(&self, len: u64) -> io::Result<()>;

    /// Sets room for `len` bytes aside without changing the size of the file.
    ///
    /// # Errors
    /// As the operating system says.
    fn reserve(&self, len: u64) -> io::Result<()>;

    /// Makes the content durable (fdatasync).
    ///
    /// # Errors
    /// After an error nobody can know what is on the disk: do not try again, stop writing.
    fn sync_data(&self) -> io::Result<()>;

    /// When the content last changed, in milliseconds since 1970.
    ///
    /// # Errors
    /// As the operating system says.
    fn modified_ms(&self) -> io::Result<i64>;

    /// The operating system's file, if there is one, so that a range of it can be sent without copying.
    fn as_file(&self) -> Option<&File>;
}

/// The real disk.
#[derive(Debug, Clone, Copy, Default)]
pub struct RealDisk;

impl Disk for RealDisk {
    fn open(&self, path: &Path, mode: OpenMode) -> io::Result<Arc<dyn DiskFile>> {
        let mut options = OpenOptions::new();
        options.read(true);
        match mode {
            OpenMode::Read => {}
            OpenMode::Write => _ = options.write(true),
            OpenMode::Create => _ = options.write(true).create(true).truncate(true),
        }
        Ok(Arc::new(options.open(path)?))
    }

    fn lock(&self, path: &Path) -> io::Result<Arc<dyn DiskFile>> {
        let file = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .open(path)?;
        // Apache's broker takes a record lock, which flock does not see; record locks do not exclude
        // a second broker in this process, which flock does.
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                // Closing any handle of a file gives up the record lock that this process may hold on it.
                std::mem::forget(file);
                return Err(io::ErrorKind::WouldBlock.into());
            }
            Err(TryLockError::Error(error)) => return Err(error),
        }
        match rustix::fs::fcntl_lock(&file, FlockOperation::NonBlockingLockExclusive) {
            Ok(()) => Ok(Arc::new(file)),
            Err(rustix::io::Errno::AGAIN | rustix::io::Errno::ACCESS) => {
                Err(io::ErrorKind::WouldBlock.into())
            }
            Err(error) => Err(error.into()),
        }
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        fs::rename(from, to)
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        let removed = match fs::symlink_metadata(path) {
            Ok(metadata) if metadata.is_dir() => fs::remove_dir_all(path),
            Ok(_) => fs::remove_file(path),
            Err(error) => Err(error),
        };
        match removed {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            _ => Ok(()),
        }
    }

    fn list(&self, path: &Path) -> io::Result<Vec<DirEntry>> {
        let mut entries = Vec::new();
        for entry in fs::read_dir(path)? {
            let entry = entry?;
            if let Ok(name) = entry.file_name().into_string() {
                entries.push(DirEntry {
                    name,
                    is_dir: entry.file_type()?.is_dir(),
                });
            }
        }
        entries.sort_unstable();
        Ok(entries)
    }

    fn create_dir(&self, path: &Path) -> io::Result<()> {
        fs::create_dir_all(path)
    }

    fn sync_dir(&self, path: &Path) -> io::Result<()> {
        File::open(path)?.sync_all()
    }

    fn space(&self, path: &Path) -> io::Result<Space> {
        let room = rustix::fs::statvfs(path)?;
        Ok(Space {
            total_bytes: room.f_blocks.saturating_mul(room.f_frsize),
            usable_bytes: room.f_bavail.saturating_mul(room.f_frsize),
        })
    }
}

impl DiskFile for File {
    fn read_at(&self, buffer: &mut [u8], position: u64) -> io::Result<usize> {
        let mut read = 0;
        while let Some(rest) = buffer.get_mut(read..).filter(|rest| !rest.is_empty()) {
            match FileExt::read_at(self, rest, position.saturating_add(length(read))) {
                Ok(0) => break,
                Ok(more) => read = read.saturating_add(more),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(read)
    }

    fn write_at(&self, mut pieces: &mut [IoSlice<'_>], mut position: u64) -> io::Result<()> {
        IoSlice::advance_slices(&mut pieces, 0);
        while !pieces.is_empty() {
            match rustix::io::pwritev(self, pieces, position) {
                Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
                Ok(written) => {
                    position = position.saturating_add(length(written));
                    IoSlice::advance_slices(&mut pieces, written);
                }
                Err(rustix::io::Errno::INTR) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Ok(())
    }

    fn len(&self) -> io::Result<u64> {
        Ok(self.metadata()?.len())
    }

    fn truncate(&self, len: u64) -> io::Result<()> {
        self.set_len(len)
    }

    fn reserve(&self, len: u64) -> io::Result<()> {
        Ok(rustix::fs::fallocate(
            self,
            FallocateFlags::KEEP_SIZE,
            0,
            len,
        )?)
    }

    fn sync_data(&self) -> io::Result<()> {
        Self::sync_data(self)
    }

    fn modified_ms(&self) -> io::Result<i64> {
        let modified = self.metadata()?.modified()?;
        let since = modified
            .duration_since(UNIX_EPOCH)
            .map_err(io::Error::other)?;
        i64::try_from(since.as_millis()).map_err(io::Error::other)
    }

    fn as_file(&self) -> Option<&File> {
        Some(self)
    }
}

/// A size in memory as a size in a file.
pub(super) fn length(len: usize) -> u64 {
    u64::try_from(len).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_are_written_one_after_the_other() {
        let dir = tempfile::tempdir().unwrap();
        let disk = RealDisk;
        let path = dir.path().join("file");
        let file = disk.open(&path, OpenMode::Create).unwrap();
        file.write_at(
            &mut [IoSlice::new(b"ab"), IoSlice::new(b""), IoSlice::new(b"cde")],
            0,
        )
        .unwrap();
        file.write_at(&mut [IoSlice::new(b""), IoSlice::new(b"X")], 1)
            .unwrap();
        assert_eq!(disk.read(&path).unwrap(), b"aXcde");
        let mut buffer = [0; 8];
        assert_eq!(file.read_at(&mut buffer, 3).unwrap(), 2);
        disk.replace(&path, b"new").unwrap();
        assert_eq!(disk.read(&path).unwrap(), b"new");
        assert_eq!(
            disk.list(dir.path()).unwrap(),
            [DirEntry {
                name: "file".to_owned(),
                is_dir: false
            }]
        );
    }

    #[test]
    fn a_lock_is_held_once_until_it_is_dropped() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join(".lock");
        let held = RealDisk.lock(&path).unwrap();
        assert_eq!(
            RealDisk.lock(&path).unwrap_err().kind(),
            io::ErrorKind::WouldBlock
        );
        drop(held);
        RealDisk.lock(&path).unwrap();
    }

    #[test]
    fn what_is_not_there_may_be_removed() {
        let dir = tempfile::tempdir().unwrap();
        let inner = dir.path().join("a/b");
        RealDisk.create_dir(&inner).unwrap();
        RealDisk.remove(&dir.path().join("a")).unwrap();
        RealDisk.remove(&dir.path().join("a")).unwrap();
        assert!(RealDisk.space(dir.path()).unwrap().total_bytes > 0);
    }
}
