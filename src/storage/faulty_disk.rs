//! A disk in memory that fails as real ones do: it fills up, refuses, tears writes, and forgets what was not synced.
//!
//! For tests, ours and those under `tests/`.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::fs::File;
use std::io::{self, IoSlice};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::disk::{DirEntry, Disk, DiskFile, OpenMode, Space, length};

/// What can be made to fail with [`FaultyDisk::fail`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Operation {
    /// Opening or creating a file.
    Open,
    /// Writing; half of the bytes are written.
    Write,
    /// Reading.
    Read,
    /// Cutting a file.
    Truncate,
    /// Making a file or directory durable.
    Sync,
    /// Renaming.
    Rename,
    /// Removing.
    Remove,
}

/// A disk in memory. Clones share it.
#[derive(Debug, Clone, Default)]
pub struct FaultyDisk {
    state: Arc<Mutex<State>>,
}

#[derive(Debug, Default)]
struct State {
    /// The names a running process sees, and the files they stand for.
    names: BTreeMap<PathBuf, u64>,
    /// The names that a power failure cannot take away.
    durable_names: BTreeMap<PathBuf, u64>,
    directories: BTreeSet<PathBuf>,
    files: BTreeMap<u64, Contents>,
    locked: HashSet<PathBuf>,
    failing: HashSet<Operation>,
    /// Bytes that can still be written; `None` is no limit.
    free_bytes: Option<u64>,
    now_ms: i64,
    crashed: bool,
}

#[derive(Debug, Clone, Default)]
struct Contents {
    bytes: Vec<u8>,
    synced: Vec<u8>,
    modified_ms: i64,
}

impl FaultyDisk {
    /// An empty disk without faults.
    pub fn new() -> Self {
        Self::default()
    }

    /// From now on every `operation` fails, until [`FaultyDisk::heal`].
    pub fn fail(&self, operation: Operation) {
        self.state().failing.insert(operation);
    }

    /// From now on nothing fails, and there is room again.
    pub fn heal(&self) {
        let mut state = self.state();
        state.failing.clear();
        state.free_bytes = None;
    }

    /// Leaves room for this many bytes more.
    pub fn fill_up_after(&self, bytes: u64) {
        self.state().free_bytes = Some(bytes);
    }

    /// Sets the time that files are stamped with.
    pub fn set_time(&self, now_ms: i64) {
        self.state().now_ms = now_ms;
    }

    /// The power fails: this disk stops working, and what is found afterwards is returned. All that was synced is there; of
    /// the rest, `seed` picks what survived, whole, in part, or as zeros.
    #[must_use]
    pub fn crash(&self, seed: u64) -> Self {
        let mut state = self.state();
        state.crashed = true;
        let mut random = Random(seed);
        let mut names = BTreeMap::new();
        let mut kept_current = BTreeMap::new();
        for path in state.names.keys().chain(state.durable_names.keys()) {
            let directory = path.parent().unwrap_or(path).to_path_buf();
            let current = *kept_current
                .entry(directory)
                .or_insert_with(|| random.below(2) == 0);
            let kept = if current {
                &state.names
            } else {
                &state.durable_names
            };
            if let Some(file) = kept.get(path) {
                names.insert(path.clone(), *file);
            }
        }
        let files = state
            .files
            .iter()
            .map(|(id, contents)| (*id, contents.survivor(&mut random)))
            .collect();
        let survivor = State {
            durable_names: names.clone(),
            names,
            directories: state.directories.clone(),
            files,
            now_ms: state.now_ms,
            ..State::default()
        };
        Self {
            state: Arc::new(Mutex::new(survivor)),
        }
    }

    /// Changes one byte of a file behind everybody's back.
    ///
    /// # Panics
    /// When there is no such byte.
    #[expect(
        clippy::expect_used,
        reason = "a test that damages a byte that is not there is wrong"
    )]
    pub fn flip(&self, path: &Path, position: usize) {
        let mut state = self.state();
        let file = *state.names.get(path).expect("the file to damage exists");
        let contents = state.files.get_mut(&file).expect("a name has a file");
        *contents
            .bytes
            .get_mut(position)
            .expect("the byte to damage exists") ^= 0xff;
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The state, if `operation` may go ahead.
    fn attempt(&self, operation: Operation) -> io::Result<MutexGuard<'_, State>> {
        let state = self.state();
        if state.crashed {
            return Err(io::Error::other("the power has failed"));
        }
        if state.failing.contains(&operation) {
            return Err(io::Error::other(format!("{operation:?} fails on request")));
        }
        Ok(state)
    }
}

impl State {
    fn file(&mut self, id: u64) -> io::Result<&mut Contents> {
        self.files
            .get_mut(&id)
            .ok_or_else(|| io::ErrorKind::NotFound.into())
    }

    /// Takes room for as many of `wanted` bytes as there is.
    fn take_room(&mut self, wanted: u64) -> u64 {
        let Some(free) = self.free_bytes else {
            return wanted;
        };
        let taken = free.min(wanted);
        self.free_bytes = Some(free.saturating_sub(taken));
        taken
    }
}

impl Contents {
    fn write(&mut self, bytes: &[u8], position: u64) -> io::Result<()> {
        let start = usize::try_from(position).map_err(io::Error::other)?;
        let end = start.saturating_add(bytes.len());
        if self.bytes.len() < end {
            self.bytes.resize(end, 0);
        }
        if let Some(target) = self.bytes.get_mut(start..end) {
            target.copy_from_slice(bytes);
        }
        Ok(())
    }

    /// What is left after the power failed: of bytes that were not synced, some, and of those, zeros from some point on.
    fn survivor(&self, random: &mut Random) -> Self {
        if self.bytes == self.synced {
            return self.clone();
        }
        let mut bytes = if random.below(2) == 0 {
            self.synced.clone()
        } else {
            self.bytes.clone()
        };
        let grown = self.bytes.get(self.synced.len()..).unwrap_or_default();
        if self.bytes.starts_with(&self.synced) {
            bytes.clone_from(&self.synced);
            let kept = random.below(grown.len().saturating_add(1));
            let intact = if random.below(2) == 0 {
                kept
            } else {
                random.below(kept.saturating_add(1))
            };
            bytes.extend_from_slice(grown.get(..intact).unwrap_or_default());
            bytes.resize(self.synced.len().saturating_add(kept), 0);
        }
        Self {
            synced: bytes.clone(),
            bytes,
            modified_ms: self.modified_ms,
        }
    }
}

/// `SplitMix64`: enough to pick faults with.
#[derive(Debug)]
struct Random(u64);

impl Random {
    fn below(&mut self, limit: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        let limit = length(limit).max(1);
        usize::try_from((mixed ^ (mixed >> 31)).checked_rem(limit).unwrap_or(0)).unwrap_or(0)
    }
}

impl Disk for FaultyDisk {
    fn open(&self, path: &Path, mode: OpenMode) -> io::Result<Arc<dyn DiskFile>> {
        let mut state = self.attempt(Operation::Open)?;
        let known = state.names.get(path).copied();
        let id = match (known, mode) {
            (Some(id), OpenMode::Create) => {
                state.file(id)?.bytes.clear();
                id
            }
            (Some(id), _) => id,
            (None, OpenMode::Create) => {
                if !path
                    .parent()
                    .is_some_and(|parent| state.directories.contains(parent))
                {
                    return Err(io::ErrorKind::NotFound.into());
                }
                let id = state
                    .files
                    .keys()
                    .next_back()
                    .map_or(0, |last| last.saturating_add(1));
                let modified_ms = state.now_ms;
                state.files.insert(
                    id,
                    Contents {
                        modified_ms,
                        ..Contents::default()
                    },
                );
                state.names.insert(path.to_path_buf(), id);
                id
            }
            (None, _) => return Err(io::ErrorKind::NotFound.into()),
        };
        drop(state);
        Ok(Arc::new(FaultyFile {
            disk: self.clone(),
            id,
            lock: None,
        }))
    }

    fn lock(&self, path: &Path) -> io::Result<Arc<dyn DiskFile>> {
        if !self
            .attempt(Operation::Open)?
            .locked
            .insert(path.to_path_buf())
        {
            return Err(io::ErrorKind::WouldBlock.into());
        }
        Ok(Arc::new(FaultyFile {
            disk: self.clone(),
            id: u64::MAX,
            lock: Some(path.to_path_buf()),
        }))
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        let mut state = self.attempt(Operation::Rename)?;
        if state.directories.contains(from) {
            state.directories = std::mem::take(&mut state.directories)
                .into_iter()
                .map(|it| moved(it, from, to))
                .collect();
            state.names = std::mem::take(&mut state.names)
                .into_iter()
                .map(|(it, id)| (moved(it, from, to), id))
                .collect();
            let durable = std::mem::take(&mut state.durable_names);
            state.durable_names = durable
                .into_iter()
                .map(|(it, id)| (moved(it, from, to), id))
                .collect();
            return Ok(());
        }
        let id = state.names.remove(from).ok_or(io::ErrorKind::NotFound)?;
        state.names.insert(to.to_path_buf(), id);
        Ok(())
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        let mut state = self.attempt(Operation::Remove)?;
        if state.directories.contains(path) {
            state.directories.retain(|it| !it.starts_with(path));
            state.durable_names.retain(|it, _| !it.starts_with(path));
        }
        state.names.retain(|it, _| !it.starts_with(path));
        Ok(())
    }

    fn list(&self, path: &Path) -> io::Result<Vec<DirEntry>> {
        let state = self.attempt(Operation::Read)?;
        if !state.directories.contains(path) {
            return Err(io::ErrorKind::NotFound.into());
        }
        let files = state.names.keys().map(|it| (it, false));
        let directories = state.directories.iter().map(|it| (it, true));
        let inside = files
            .chain(directories)
            .filter(|(it, _)| it.parent() == Some(path));
        let mut entries: Vec<_> = inside
            .filter_map(|(it, is_dir)| {
                Some(DirEntry {
                    name: it.file_name()?.to_str()?.to_owned(),
                    is_dir,
                })
            })
            .collect();
        entries.sort_unstable();
        Ok(entries)
    }

    fn create_dir(&self, path: &Path) -> io::Result<()> {
        let mut state = self.attempt(Operation::Open)?;
        state
            .directories
            .extend(path.ancestors().map(Path::to_path_buf));
        Ok(())
    }

    fn sync_dir(&self, path: &Path) -> io::Result<()> {
        let mut state = self.attempt(Operation::Sync)?;
        let inside = |it: &Path| it.parent() == Some(path);
        state.durable_names.retain(|it, _| !inside(it));
        let current: Vec<_> = state
            .names
            .iter()
            .filter(|(it, _)| inside(it))
            .map(|(it, id)| (it.clone(), *id))
            .collect();
        state.durable_names.extend(current);
        Ok(())
    }

    fn space(&self, _path: &Path) -> io::Result<Space> {
        let usable_bytes = self.attempt(Operation::Read)?.free_bytes.unwrap_or(1 << 40);
        Ok(Space {
            total_bytes: 1 << 40,
            usable_bytes,
        })
    }
}

fn moved(path: PathBuf, from: &Path, to: &Path) -> PathBuf {
    match path.strip_prefix(from) {
        Ok(rest) if rest.as_os_str().is_empty() => to.to_path_buf(),
        Ok(rest) => to.join(rest),
        Err(_) => path,
    }
}

#[derive(Debug)]
struct FaultyFile {
    disk: FaultyDisk,
    id: u64,
    lock: Option<PathBuf>,
}

impl DiskFile for FaultyFile {
    fn read_at(&self, buffer: &mut [u8], position: u64) -> io::Result<usize> {
        let mut state = self.disk.attempt(Operation::Read)?;
        let start = usize::try_from(position).map_err(io::Error::other)?;
        let available = state.file(self.id)?.bytes.get(start..).unwrap_or_default();
        let read = available.len().min(buffer.len());
        if let (Some(target), Some(source)) = (buffer.get_mut(..read), available.get(..read)) {
            target.copy_from_slice(source);
        }
        Ok(read)
    }

    fn write_at(&self, pieces: &mut [IoSlice<'_>], position: u64) -> io::Result<()> {
        let bytes: Vec<u8> = pieces
            .iter()
            .flat_map(|piece| piece.iter().copied())
            .collect();
        let failing = self.disk.state().failing.contains(&Operation::Write);
        let mut state = if failing {
            self.disk.state()
        } else {
            self.disk.attempt(Operation::Write)?
        };
        let wanted = if failing {
            bytes.len().div_ceil(2)
        } else {
            bytes.len()
        };
        let room = usize::try_from(state.take_room(length(wanted))).map_err(io::Error::other)?;
        let now_ms = state.now_ms;
        let contents = state.file(self.id)?;
        contents.modified_ms = now_ms;
        contents.write(bytes.get(..room).unwrap_or_default(), position)?;
        match (failing, room < bytes.len()) {
            (true, _) => Err(io::Error::other("Write fails on request")),
            (false, true) => Err(io::ErrorKind::StorageFull.into()),
            (false, false) => Ok(()),
        }
    }

    fn len(&self) -> io::Result<u64> {
        Ok(length(
            self.disk
                .attempt(Operation::Read)?
                .file(self.id)?
                .bytes
                .len(),
        ))
    }

    fn truncate(&self, len: u64) -> io::Result<()> {
        let len = usize::try_from(len).map_err(io::Error::other)?;
        self.disk
            .attempt(Operation::Truncate)?
            .file(self.id)?
            .bytes
            .resize(len, 0);
        Ok(())
    }

    fn reserve(&self, _len: u64) -> io::Result<()> {
        Ok(())
    }

    fn sync_data(&self) -> io::Result<()> {
        let mut state = self.disk.attempt(Operation::Sync)?;
        let contents = state.file(self.id)?;
        contents.synced.clone_from(&contents.bytes);
        Ok(())
    }

    fn modified_ms(&self) -> io::Result<i64> {
        Ok(self
            .disk
            .attempt(Operation::Read)?
            .file(self.id)?
            .modified_ms)
    }

    fn as_file(&self) -> Option<&File> {
        None
    }
}

impl Drop for FaultyFile {
    fn drop(&mut self) {
        if let Some(path) = &self.lock {
            self.disk.state().locked.remove(path);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn disk() -> (FaultyDisk, PathBuf) {
        let disk = FaultyDisk::new();
        disk.create_dir(Path::new("/d")).unwrap();
        (disk, PathBuf::from("/d/file"))
    }

    #[test]
    fn a_crash_keeps_what_was_synced_and_some_of_the_rest() {
        let mut lengths = BTreeSet::new();
        for seed in 0..50 {
            let (disk, path) = disk();
            let file = disk.open(&path, OpenMode::Create).unwrap();
            file.write_at(&mut [IoSlice::new(b"durable")], 0).unwrap();
            file.sync_data().unwrap();
            disk.sync_dir(Path::new("/d")).unwrap();
            file.write_at(&mut [IoSlice::new(b"perhaps")], 7).unwrap();
            let after = disk.crash(seed);
            assert!(file.len().is_err());
            let bytes = after.read(&path).unwrap();
            assert!(bytes.starts_with(b"durable") && bytes.len() <= 14);
            lengths.insert(bytes.len());
        }
        assert!(lengths.len() > 5, "{lengths:?}");
    }

    #[test]
    fn names_that_were_not_synced_may_be_gone_after_a_crash() {
        let survived = |seed| {
            let (disk, path) = disk();
            disk.open(&path, OpenMode::Create).unwrap();
            disk.crash(seed).exists(&path).unwrap()
        };
        assert!((0..20).any(survived) && !(0..20).all(survived));
    }

    #[test]
    fn a_full_disk_takes_what_fits() {
        let (disk, path) = disk();
        let file = disk.open(&path, OpenMode::Create).unwrap();
        disk.fill_up_after(3);
        let error = file
            .write_at(&mut [IoSlice::new(b"abcdef")], 0)
            .unwrap_err();
        assert_eq!(
            (error.kind(), file.len().unwrap()),
            (io::ErrorKind::StorageFull, 3)
        );
        disk.heal();
        disk.fail(Operation::Sync);
        assert!(file.sync_data().is_err());
    }
}
