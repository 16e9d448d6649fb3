//! One `.log` file and its indexes.
//!
//! Readers and the one writer share a segment: what grows is behind a mutex that is held for a few instructions, never
//! while records are written or read.

use std::collections::VecDeque;
use std::io::{self, IoSlice};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::config::LogConfig;
use super::disk::{Disk, DiskFile, OpenMode};
use super::error::{At, Error};
use super::offset_index::{self, OffsetIndex};
use super::scan::{BatchSpan, Headers, SoundBatches};
use super::time_index::{self, TimeIndex, TimestampOffset};
use super::transaction_index::{AbortedTransaction, TransactionIndex};
use crate::protocol::record::BatchHeader;

/// Suffix of a file that is to be removed.
pub(super) const DELETED: &str = "deleted";

/// The files of a segment; the snapshot is of the producers before its first record.
const EXTENSIONS: [&str; 5] = ["log", "index", "timeindex", "txnindex", "snapshot"];

/// Batches at the end of a growing segment whose place is remembered, so that readers of the tail touch no file.
const RECENT_MAX: usize = 64;

/// One file of records, and what is needed to find them.
#[derive(Debug)]
pub struct Segment {
    base_offset: i64,
    created_ms: i64,
    dir: PathBuf,
    disk: Arc<dyn Disk>,
    file: Arc<dyn DiskFile>,
    state: Mutex<State>,
}

/// What grows with a segment.
#[derive(Debug)]
struct State {
    size: u64,
    next_offset: i64,
    /// Timestamp of the first batch, from which `segment.ms` counts.
    first_timestamp: Option<i64>,
    largest: TimestampOffset,
    bytes_since_entry: u64,
    recent: VecDeque<BatchSpan>,
    offsets: OffsetIndex,
    times: TimeIndex,
    aborted: TransactionIndex,
}

/// What there is to know of a batch that is about to be appended, or was.
#[derive(Debug, Clone, Copy)]
pub(super) struct Incoming {
    pub(super) span: BatchSpan,
    pub(super) max_timestamp: i64,
}

impl Incoming {
    pub(super) fn new(header: &BatchHeader, position: u64) -> Self {
        Self {
            span: BatchSpan::new(header, position),
            max_timestamp: header.max_timestamp,
        }
    }
}

/// What the recovery of a segment needs and tells.
pub(super) struct Recovery<'v> {
    pub(super) now_ms: i64,
    pub(super) index_interval_bytes: u64,
    /// Is called with every sound batch.
    pub(super) visit: &'v mut dyn FnMut(&BatchHeader),
}

/// Name of the file of a segment or snapshot.
pub(super) fn file_name(base_offset: i64, extension: &str) -> String {
    format!("{base_offset:020}.{extension}")
}

impl Segment {
    /// Creates an empty segment; its name is durable once the directory is synced.
    pub(super) fn create(
        disk: &Arc<dyn Disk>,
        dir: &Path,
        base_offset: i64,
        now_ms: i64,
    ) -> Result<Self, Error> {
        let path = dir.join(file_name(base_offset, "log"));
        let file = disk.open(&path, OpenMode::Create).at("create", &path)?;
        let state = State::new(disk, dir, base_offset);
        Ok(Self::with(disk, dir, file, (base_offset, now_ms), state))
    }

    /// Opens a segment that no longer grows and ends before `next_offset`. `None` if its indexes must be rebuilt.
    pub(super) fn open_closed(
        disk: &Arc<dyn Disk>,
        dir: &Path,
        base_offset: i64,
        next_offset: i64,
    ) -> Result<Option<Self>, Error> {
        let (file, size) = open_log(disk, dir, base_offset)?;
        let path = |extension| dir.join(file_name(base_offset, extension));
        let offsets = OffsetIndex::open(Arc::clone(disk), path("index"), base_offset, size)?;
        let times = TimeIndex::open(Arc::clone(disk), path("timeindex"), base_offset)?;
        let (Some(offsets), Some(times)) = (offsets, times) else {
            return Ok(None);
        };
        let aborted = TransactionIndex::load(Arc::clone(disk), path("txnindex"))?;
        let state = State {
            size,
            next_offset,
            first_timestamp: None,
            largest: times.last()?,
            bytes_since_entry: 0,
            recent: VecDeque::new(),
            offsets,
            times,
            aborted,
        };
        Ok(Some(Self::with(disk, dir, file, (base_offset, 0), state)))
    }

    /// Opens the segment that will grow, after a clean stop. `None` if it must be recovered.
    pub(super) fn open_active(
        disk: &Arc<dyn Disk>,
        dir: &Path,
        base_offset: i64,
        now_ms: i64,
    ) -> Result<Option<Self>, Error> {
        let (file, size) = open_log(disk, dir, base_offset)?;
        let path = |extension| dir.join(file_name(base_offset, extension));
        let offsets = OffsetIndex::load(Arc::clone(disk), path("index"), base_offset, size)?;
        let times = TimeIndex::load(Arc::clone(disk), path("timeindex"), base_offset)?;
        let (Some(offsets), Some(times)) = (offsets, times) else {
            return Ok(None);
        };
        let aborted = TransactionIndex::load(Arc::clone(disk), path("txnindex"))?;
        let first = Headers::new(&*file, 0, size).next();
        let Ok(first) = first.transpose() else {
            return Ok(None);
        };
        let mut state = State {
            size,
            next_offset: base_offset,
            first_timestamp: first.map(|(header, _)| header.max_timestamp),
            largest: times.last()?,
            bytes_since_entry: 0,
            recent: VecDeque::new(),
            offsets,
            times,
            aborted,
        };
        let last_known = state.offsets.last_start_up_to(size).at("read", dir)?;
        for next in Headers::new(&*file, last_known, size) {
            let Ok((header, span)) = next else {
                return Ok(None);
            };
            state.remember(&Incoming {
                span,
                max_timestamp: header.max_timestamp,
            });
            state.bytes_since_entry = span.end().saturating_sub(last_known);
        }
        Ok(Some(Self::with(
            disk,
            dir,
            file,
            (base_offset, now_ms),
            state,
        )))
    }

    /// Opens a segment and rebuilds its indexes from its batches, every one of which is checked. What comes after the last
    /// sound batch is cut off; returns how much that was.
    pub(super) fn recover(
        disk: &Arc<dyn Disk>,
        dir: &Path,
        base_offset: i64,
        recovery: &mut Recovery<'_>,
    ) -> Result<(Self, u64), Error> {
        let path = dir.join(file_name(base_offset, "log"));
        let (file, size) = open_log(disk, dir, base_offset)?;
        for extension in ["index", "timeindex", "txnindex"] {
            let index = dir.join(file_name(base_offset, extension));
            disk.remove(&index).at("remove", &index)?;
        }
        let state = State::new(disk, dir, base_offset);
        let segment = Self::with(
            disk,
            dir,
            Arc::clone(&file),
            (base_offset, recovery.now_ms),
            state,
        );
        let mut batches = SoundBatches::new(&*file, size, base_offset);
        while let Some((header, span)) = batches.next().at("read", &path)? {
            let incoming = Incoming {
                span,
                max_timestamp: header.max_timestamp,
            };
            segment
                .appended(&incoming, recovery.index_interval_bytes)
                .at("index", &path)?;
            (recovery.visit)(&header);
        }
        let cut = size.saturating_sub(segment.size());
        if cut > 0 {
            file.truncate(segment.size()).at("truncate", &path)?;
        }
        Ok((segment, cut))
    }

    fn with(
        disk: &Arc<dyn Disk>,
        dir: &Path,
        file: Arc<dyn DiskFile>,
        born: (i64, i64),
        state: State,
    ) -> Self {
        let (base_offset, created_ms) = born;
        let (disk, dir, state) = (Arc::clone(disk), dir.to_path_buf(), Mutex::new(state));
        Self {
            base_offset,
            created_ms,
            dir,
            disk,
            file,
            state,
        }
    }

    /// The offset in its name: no record in it has a smaller one.
    pub const fn base_offset(&self) -> i64 {
        self.base_offset
    }

    /// The file of records.
    pub fn file(&self) -> &Arc<dyn DiskFile> {
        &self.file
    }

    /// Bytes of whole batches.
    pub fn size(&self) -> u64 {
        self.state().size
    }

    /// The offset that the next record would have.
    pub fn next_offset(&self) -> i64 {
        self.state().next_offset
    }

    /// The largest timestamp, and the last offset of the batch that has it.
    pub fn largest_timestamp(&self) -> TimestampOffset {
        self.state().largest
    }

    /// Path of the file of records.
    pub fn path(&self) -> PathBuf {
        self.dir.join(file_name(self.base_offset, "log"))
    }

    /// Whether a new segment has to be begun before `incoming` (`LogSegment.shouldRoll`).
    pub(super) fn must_roll(
        &self,
        config: &LogConfig,
        incoming: &Incoming,
        now_ms: i64,
        jitter_ms: i64,
    ) -> bool {
        let state = self.state();
        let relative = incoming.span.last_offset.saturating_sub(self.base_offset);
        if relative > i64::from(i32::MAX) {
            return true;
        }
        if state.size == 0 {
            return false;
        }
        let waited = match state.first_timestamp {
            Some(first) if first >= 0 && incoming.max_timestamp >= 0 => {
                incoming.max_timestamp.saturating_sub(first)
            }
            _ => now_ms.saturating_sub(self.created_ms),
        };
        let index_room = config.segment_index_bytes;
        state.size > config.segment_bytes.saturating_sub(incoming.span.len)
            || waited > config.segment_ms.saturating_sub(jitter_ms)
            || state.offsets.size().saturating_add(offset_index::ENTRY_LEN) > index_room
            || state
                .times
                .size()
                .saturating_add(time_index::ENTRY_LEN.saturating_mul(2))
                > index_room
    }

    /// Writes a batch where `incoming` says, which is the end; [`Segment::appended`] makes it visible.
    pub(super) fn write(&self, pieces: &mut [IoSlice<'_>], incoming: &Incoming) -> io::Result<()> {
        self.file.write_at(pieces, incoming.span.position)
    }

    /// Accounts for a batch that was written.
    pub(super) fn appended(
        &self,
        incoming: &Incoming,
        index_interval_bytes: u64,
    ) -> io::Result<()> {
        let mut state = self.state();
        debug_assert_eq!(
            state.size, incoming.span.position,
            "a batch lands at the end"
        );
        state.size = incoming.span.end();
        state.first_timestamp.get_or_insert(incoming.max_timestamp);
        state.remember(incoming);
        if state.bytes_since_entry > index_interval_bytes {
            state
                .offsets
                .push(incoming.span.last_offset, incoming.span.position);
            let largest = state.largest;
            state.times.push(largest)?;
            state.bytes_since_entry = 0;
        }
        state.bytes_since_entry = state.bytes_since_entry.saturating_add(incoming.span.len);
        Ok(())
    }

    /// Notes an aborted transaction whose marker was just appended.
    pub(super) fn aborted(&self, aborted: AbortedTransaction) {
        self.state().aborted.push(aborted);
    }

    /// Aborted transactions with records in `[from, to)`, and whether later segments cannot have more.
    pub(super) fn aborted_between(&self, from: i64, to: i64) -> (Vec<AbortedTransaction>, bool) {
        self.state().aborted.overlapping(from, to)
    }

    /// The first batch that has `offset` or a later one.
    pub(super) fn find(&self, offset: i64) -> io::Result<Option<BatchSpan>> {
        let (start, end) = {
            let state = self.state();
            if offset >= state.next_offset {
                return Ok(None);
            }
            if state
                .recent
                .front()
                .is_some_and(|oldest| oldest.base_offset <= offset)
            {
                let at = state
                    .recent
                    .partition_point(|span| span.last_offset < offset);
                return Ok(state.recent.get(at).copied());
            }
            (state.offsets.floor(offset)?, state.size)
        };
        self.spans(start, end)
            .find(|span| {
                span.as_ref()
                    .map_or(true, |span| span.last_offset >= offset)
            })
            .transpose()
    }

    /// Where the batches that lie wholly below `bound` end.
    pub(super) fn end_below(&self, bound: i64) -> io::Result<u64> {
        {
            let state = self.state();
            if bound >= state.next_offset {
                return Ok(state.size);
            }
        }
        Ok(self
            .find(bound)?
            .map_or_else(|| self.size(), |span| span.position))
    }

    /// The end of a batch that is not beyond `limit`, and near it; the end of `first` at least.
    pub(super) fn cut(&self, first: &BatchSpan, limit: u64) -> io::Result<u64> {
        let (start, size) = {
            let state = self.state();
            (state.offsets.last_start_up_to(limit)?, state.size)
        };
        if start > first.end() {
            return Ok(start);
        }
        let mut end = first.end();
        for span in self.spans(end, size) {
            let span = span?;
            if span.end() > limit {
                break;
            }
            end = span.end();
        }
        Ok(end)
    }

    /// Batches from which on a record may have `timestamp` or a later one.
    pub(super) fn spans_from_timestamp(&self, timestamp: i64) -> io::Result<Headers<'_>> {
        let state = self.state();
        let start = match state.times.last_before(timestamp)? {
            Some(offset) => state.offsets.floor(offset)?,
            None => 0,
        };
        Ok(Headers::new(&*self.file, start, state.size))
    }

    /// The headers of the batches from `position` on.
    pub(super) fn headers(&self, position: u64) -> Headers<'_> {
        Headers::new(&*self.file, position, self.size())
    }

    fn spans(&self, start: u64, end: u64) -> impl Iterator<Item = io::Result<BatchSpan>> {
        Headers::new(&*self.file, start, end).map(|next| next.map(|(_, span)| span))
    }

    /// Cuts everything from `span` on, which is the batch in this segment that has `end_offset` or the next one after.
    pub(super) fn truncate(&self, span: &BatchSpan, end_offset: i64) -> Result<(), Error> {
        let mut state = self.state();
        state.offsets.truncate(span.position)?;
        state.times.truncate(span.base_offset)?;
        state.aborted.truncate(span.base_offset)?;
        self.file
            .truncate(span.position)
            .at("truncate", &self.path())?;
        state.size = span.position;
        state
            .recent
            .retain(|recent| recent.position < span.position);
        state.next_offset = span.base_offset.min(end_offset);
        state.largest = state.times.last()?;
        state.bytes_since_entry = 0;
        if span.position == 0 {
            state.first_timestamp = None;
        }
        // Batches behind the last entry are in no index; what they say of timestamps counts.
        let last_known = state
            .offsets
            .last_start_up_to(span.position)
            .at("read", &self.path())?;
        for next in Headers::new(&*self.file, last_known, span.position) {
            let (header, kept) = next.at("read", &self.path())?;
            state.first_timestamp.get_or_insert(header.max_timestamp);
            if header.max_timestamp > state.largest.timestamp {
                state.largest = TimestampOffset {
                    timestamp: header.max_timestamp,
                    offset: kept.last_offset,
                };
            }
            state.bytes_since_entry = kept.end().saturating_sub(last_known);
        }
        Ok(())
    }

    /// Adds the last entry of the time index: the segment will not grow any more.
    pub(super) fn seal(&self) -> Result<(), Error> {
        let mut state = self.state();
        let largest = state.largest;
        state.times.push(largest).at("read", &self.path())?;
        state.recent = VecDeque::new();
        Ok(())
    }

    /// Writes the index files; returns them, so that they can be synced.
    pub(super) fn write_indexes(&self) -> Result<Vec<Arc<dyn DiskFile>>, Error> {
        let mut state = self.state();
        let files = [
            state.offsets.write()?,
            state.times.write()?,
            state.aborted.write()?,
        ];
        Ok(files.into_iter().flatten().collect())
    }

    /// The same, where something is new.
    pub(super) fn write_new_indexes(&self) -> Result<(), Error> {
        let mut state = self.state();
        state.offsets.write_if_new()?;
        state.times.write_if_new()?;
        state.aborted.write().map(drop)
    }

    /// Writes the index files of a sealed segment and leaves them to the disk.
    pub(super) fn close_indexes(&self) -> Result<(), Error> {
        for file in self.write_indexes()? {
            file.sync_data().at("sync an index of", &self.path())?;
        }
        let mut state = self.state();
        state.offsets.leave_to_file();
        state.times.leave_to_file();
        Ok(())
    }

    /// Brings the indexes of a sealed segment back, for it will grow again.
    pub(super) fn unseal(&self) -> Result<(), Error> {
        let mut state = self.state();
        state.offsets.bring_to_memory()?;
        state.times.bring_to_memory()?;
        if let (None, Some(first)) = (
            state.first_timestamp,
            Headers::new(&*self.file, 0, state.size).next(),
        ) {
            state.first_timestamp = Some(first.at("read", &self.path())?.0.max_timestamp);
        }
        Ok(())
    }

    /// Whether [`Segment::close_indexes`] has nothing to do.
    pub(super) fn has_closed_indexes(&self) -> bool {
        self.state().offsets.is_closed()
    }

    /// Makes the records durable.
    pub(super) fn sync(&self) -> Result<(), Error> {
        self.file.sync_data().at("sync", &self.path())
    }

    /// Renames the files so that a later removal, or the next start, finds them.
    pub(super) fn mark_deleted(&self) -> Result<(), Error> {
        for extension in EXTENSIONS {
            let path = self.dir.join(file_name(self.base_offset, extension));
            match self.disk.rename(&path, &path.with_added_extension(DELETED)) {
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                renamed => renamed.at("rename", &path)?,
            }
        }
        Ok(())
    }

    /// Removes the files that [`Segment::mark_deleted`] renamed.
    pub(super) fn remove_deleted(&self) -> Result<(), Error> {
        for extension in EXTENSIONS {
            let path = self
                .dir
                .join(file_name(self.base_offset, extension))
                .with_added_extension(DELETED);
            self.disk.remove(&path).at("remove", &path)?;
        }
        Ok(())
    }

    /// Removes the files at once.
    pub(super) fn remove(&self) -> Result<(), Error> {
        for extension in EXTENSIONS {
            let path = self.dir.join(file_name(self.base_offset, extension));
            self.disk.remove(&path).at("remove", &path)?;
        }
        Ok(())
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn new(disk: &Arc<dyn Disk>, dir: &Path, base_offset: i64) -> Self {
        let path = |extension| dir.join(file_name(base_offset, extension));
        Self {
            size: 0,
            next_offset: base_offset,
            first_timestamp: None,
            largest: TimestampOffset::NONE,
            bytes_since_entry: 0,
            recent: VecDeque::new(),
            offsets: OffsetIndex::new(Arc::clone(disk), path("index"), base_offset),
            times: TimeIndex::new(Arc::clone(disk), path("timeindex"), base_offset),
            aborted: TransactionIndex::new(Arc::clone(disk), path("txnindex")),
        }
    }

    fn remember(&mut self, incoming: &Incoming) {
        if incoming.max_timestamp > self.largest.timestamp {
            self.largest = TimestampOffset {
                timestamp: incoming.max_timestamp,
                offset: incoming.span.last_offset,
            };
        }
        self.next_offset = incoming.span.last_offset.saturating_add(1);
        if self.recent.len() == RECENT_MAX {
            self.recent.pop_front();
        }
        self.recent.push_back(incoming.span);
    }
}

fn open_log(
    disk: &Arc<dyn Disk>,
    dir: &Path,
    base_offset: i64,
) -> Result<(Arc<dyn DiskFile>, u64), Error> {
    let path = dir.join(file_name(base_offset, "log"));
    let file = disk.open(&path, OpenMode::Write).at("open", &path)?;
    let size = file.len().at("read", &path)?;
    Ok((file, size))
}
