//! What the index files have in common: entries of a fixed size, in order, in memory while a segment grows and in a file
//! once it is closed.

use std::fmt;
use std::io::{self, IoSlice};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::disk::{Disk, DiskFile, OpenMode, length};
use super::error::{At, Error};

/// One entry of an index.
pub(super) trait Entry: Copy + fmt::Debug {
    /// Bytes of an entry in the file.
    const SIZE: usize;
    /// Puts the entry's bytes at the end of `out`.
    fn encode(&self, out: &mut Vec<u8>);
    /// Reads an entry from exactly [`Entry::SIZE`] bytes.
    fn decode(bytes: &[u8]) -> Option<Self>;
    /// Whether `self` may stand right behind `previous`.
    fn follows(&self, previous: &Self) -> bool;
}

/// The entries of one index.
#[derive(Debug)]
pub(super) struct Entries<E> {
    disk: Arc<dyn Disk>,
    path: PathBuf,
    form: Form<E>,
    /// Whether the file is known to hold these entries and nothing else.
    is_current: bool,
}

#[derive(Debug)]
enum Form<E> {
    /// Of a segment that grows; the first `written` entries are in the file as well.
    Memory { entries: Vec<E>, written: usize },
    /// Of a segment that is closed: this many entries, in the file only.
    File { count: usize },
}

impl<E: Entry> Entries<E> {
    /// An index without entries, and without a file yet.
    pub(super) fn new(disk: Arc<dyn Disk>, path: PathBuf) -> Self {
        Self {
            disk,
            path,
            form: Form::Memory {
                entries: Vec::new(),
                written: 0,
            },
            is_current: false,
        }
    }

    /// Reads the file into memory: the entries up to the first that does not follow (an unclosed index ends in zeros).
    /// `None` if there is no file or its size is no multiple of the entry's.
    ///
    /// # Errors
    /// What the disk says.
    pub(super) fn load(disk: Arc<dyn Disk>, path: PathBuf) -> Result<Option<Self>, Error> {
        let bytes = match disk.read(&path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            read => read.at("read", &path)?,
        };
        let chunks = bytes.chunks_exact(E::SIZE);
        if !chunks.remainder().is_empty() {
            return Ok(None);
        }
        let mut entries: Vec<E> = Vec::new();
        for entry in chunks.filter_map(E::decode) {
            if entries.last().is_some_and(|last| !entry.follows(last)) {
                break;
            }
            entries.push(entry);
        }
        let written = entries.len();
        Ok(Some(Self {
            disk,
            path,
            form: Form::Memory { entries, written },
            is_current: false,
        }))
    }

    /// Opens the file of a closed segment and reads only its last entry. `None` as for [`Entries::load`].
    ///
    /// # Errors
    /// What the disk says.
    pub(super) fn open(
        disk: Arc<dyn Disk>,
        path: PathBuf,
    ) -> Result<Option<(Self, Option<E>)>, Error> {
        let file = match disk.open(&path, OpenMode::Read) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            opened => opened.at("open", &path)?,
        };
        let bytes = usize::try_from(file.len().at("read", &path)?).unwrap_or(usize::MAX);
        let (Some(count), Some(0)) = (bytes.checked_div(E::SIZE), bytes.checked_rem(E::SIZE))
        else {
            return Ok(None);
        };
        let last = match count.checked_sub(1) {
            Some(last) => Some(read_entry(&*file, last).at("read", &path)?),
            None => None,
        };
        Ok(Some((
            Self {
                disk,
                path,
                form: Form::File { count },
                is_current: true,
            },
            last,
        )))
    }

    pub(super) fn len(&self) -> usize {
        match &self.form {
            Form::Memory { entries, .. } => entries.len(),
            Form::File { count } => *count,
        }
    }

    /// Bytes the entries take in the file.
    pub(super) fn size(&self) -> u64 {
        length(self.len().saturating_mul(E::SIZE))
    }

    pub(super) fn last(&self) -> io::Result<Option<E>> {
        match &self.form {
            Form::Memory { entries, .. } => Ok(entries.last().copied()),
            Form::File { count } => self.file_entry(count.checked_sub(1)),
        }
    }

    /// The last entry for which `is_before` holds, given that it holds for all before that one.
    pub(super) fn last_where(&self, is_before: impl Fn(&E) -> bool) -> io::Result<Option<E>> {
        match &self.form {
            Form::Memory { entries, .. } => {
                let after = entries.partition_point(is_before);
                Ok(after.checked_sub(1).and_then(|at| entries.get(at).copied()))
            }
            Form::File { count } => {
                let file = self.disk.open(&self.path, OpenMode::Read)?;
                let (mut found, mut low, mut high) = (None, 0_usize, *count);
                while low < high {
                    let middle = low.midpoint(high);
                    let entry = read_entry::<E>(&*file, middle)?;
                    if is_before(&entry) {
                        found = Some(entry);
                        low = middle.saturating_add(1);
                    } else {
                        high = middle;
                    }
                }
                Ok(found)
            }
        }
    }

    /// Adds an entry to an index that is in memory.
    pub(super) fn push(&mut self, entry: E) {
        self.is_current = false;
        match &mut self.form {
            Form::Memory { entries, .. } => {
                debug_assert!(
                    entries.last().is_none_or(|last| entry.follows(last)),
                    "{entry:?} is out of order"
                );
                entries.push(entry);
            }
            Form::File { .. } => debug_assert!(false, "a closed index takes no entries"),
        }
    }

    /// Keeps the entries for which `is_kept` holds, given that these come first. The index is in memory afterwards.
    pub(super) fn truncate(&mut self, is_kept: impl Fn(&E) -> bool) -> Result<(), Error> {
        self.bring_to_memory()?;
        self.is_current = false;
        if let Form::Memory { entries, written } = &mut self.form {
            entries.truncate(entries.partition_point(is_kept));
            *written = entries.len().min(*written);
        }
        Ok(())
    }

    /// Reads a closed index back into memory.
    pub(super) fn bring_to_memory(&mut self) -> Result<(), Error> {
        if matches!(self.form, Form::File { .. }) {
            let loaded = Self::load(Arc::clone(&self.disk), self.path.clone())?;
            *self = loaded.unwrap_or_else(|| Self::new(Arc::clone(&self.disk), self.path.clone()));
        }
        Ok(())
    }

    /// Writes what is not in the file yet and cuts the file to the entries there are.
    pub(super) fn write(&mut self) -> Result<Option<Arc<dyn DiskFile>>, Error> {
        let size = self.size();
        let Form::Memory { entries, written } = &mut self.form else {
            return Ok(None);
        };
        let opened = match self.disk.open(&self.path, OpenMode::Write) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                *written = 0;
                self.disk.open(&self.path, OpenMode::Create)
            }
            opened => opened,
        };
        let file = opened.at("open", &self.path)?;
        let mut bytes = Vec::new();
        for entry in entries.iter().skip(*written) {
            entry.encode(&mut bytes);
        }
        let position = length(written.saturating_mul(E::SIZE));
        file.write_at(&mut [IoSlice::new(&bytes)], position)
            .at("write", &self.path)?;
        file.truncate(size).at("truncate", &self.path)?;
        *written = entries.len();
        self.is_current = true;
        Ok(Some(file))
    }

    /// The same, where the file is not known to be as it should.
    pub(super) fn write_if_new(&mut self) -> Result<(), Error> {
        if !self.is_current {
            self.write()?;
        }
        Ok(())
    }

    /// Forgets the entries in memory, all of which are in the file.
    pub(super) fn leave_to_file(&mut self) {
        if let Form::Memory { entries, written } = &self.form {
            debug_assert!(entries.len() == *written, "a closed index is written");
            self.form = Form::File { count: *written };
        }
    }

    /// The entries of an index that is in memory.
    pub(super) fn in_memory(&self) -> &[E] {
        match &self.form {
            Form::Memory { entries, .. } => entries,
            Form::File { .. } => &[],
        }
    }

    /// Whether the entries are in the file only.
    pub(super) fn is_closed(&self) -> bool {
        matches!(self.form, Form::File { .. })
    }

    /// Whether the file has all entries.
    pub(super) fn is_written(&self) -> bool {
        match &self.form {
            Form::Memory { entries, written } => entries.len() == *written,
            Form::File { .. } => true,
        }
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    fn file_entry(&self, at: Option<usize>) -> io::Result<Option<E>> {
        let Some(at) = at else { return Ok(None) };
        let file = self.disk.open(&self.path, OpenMode::Read)?;
        read_entry(&*file, at).map(Some)
    }
}

fn read_entry<E: Entry>(file: &dyn DiskFile, at: usize) -> io::Result<E> {
    const SIZE_MAX: usize = 40;
    let mut buffer = [0; SIZE_MAX];
    let bytes = buffer
        .get_mut(..E::SIZE)
        .ok_or(io::ErrorKind::InvalidInput)?;
    if file.read_at(bytes, length(at.saturating_mul(E::SIZE)))? < E::SIZE {
        return Err(io::ErrorKind::UnexpectedEof.into());
    }
    E::decode(bytes).ok_or_else(|| io::ErrorKind::InvalidData.into())
}
