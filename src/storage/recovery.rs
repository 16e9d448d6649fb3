//! What a start does: sorts out the files of a partition, checks what was not closed properly, and brings a [`Log`] to life.

use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicI64};
use std::sync::{Arc, Mutex};

use arc_swap::ArcSwap;
use tracing::{info, warn};

use super::config::LogConfig;
use super::disk::Disk;
use super::error::{At, Error};
use super::files::Files;
use super::leader_epochs::{EpochEntry, LeaderEpochs};
use super::log::{Epochs, Log, Tail, end_transaction, jitter};
use super::producer_state::ProducerState;
use super::scan::read_batch;
use super::segment::{Recovery, Segment, file_name};
use crate::protocol::TopicPartition;
use crate::protocol::record::Batch;

/// What [`Log::open`] is told.
#[derive(Debug, Clone)]
pub struct OpenLog {
    /// Whose log it is.
    pub partition: TopicPartition,
    /// Its directory, which is created if need be.
    pub dir: PathBuf,
    /// The configuration it obeys.
    pub config: LogConfig,
    /// From `log-start-offset-checkpoint`, else 0.
    pub log_start_offset: i64,
    /// From `recovery-point-offset-checkpoint`, else 0: below it everything is known to be on the disk.
    pub recovery_point: i64,
    /// From `replication-offset-checkpoint`, else 0.
    pub high_watermark: i64,
    /// The log was closed by [`Log::close`]; otherwise everything from the recovery point on is checked.
    pub is_clean: bool,
    /// The time.
    pub now_ms: i64,
}

impl OpenLog {
    /// A log that is new, or of which nothing else is known.
    pub fn new(partition: TopicPartition, dir: PathBuf, config: LogConfig, now_ms: i64) -> Self {
        let (log_start_offset, recovery_point, high_watermark, is_clean) = (0, 0, 0, false);
        Self {
            partition,
            dir,
            config,
            log_start_offset,
            recovery_point,
            high_watermark,
            is_clean,
            now_ms,
        }
    }
}

impl Log {
    /// Opens or creates the log in a directory.
    ///
    /// # Errors
    /// What the disk says; damaged records are cut off with a warning, not an error.
    pub fn open(disk: &Arc<dyn Disk>, open: &OpenLog) -> Result<Arc<Self>, Error> {
        disk.create_dir(&open.dir).at("create", &open.dir)?;
        let mut loading = Loading {
            disk,
            open,
            epochs: LeaderEpochs::read(&**disk, &open.dir)?,
            recovered_from: i64::MAX,
        };
        let mut files = Files::sort_out(&**disk, &open.dir)?;
        let mut segments = loading.segments(&files)?;
        let ends_early = segments
            .last()
            .is_some_and(|last| last.next_offset() < open.log_start_offset);
        if ends_early {
            warn!(dir = %open.dir.display(), "log ends before its start offset {}: starting anew there", open.log_start_offset);
            for segment in std::mem::take(&mut segments) {
                segment.remove()?;
            }
            files = Files::list(&**disk, &open.dir)?;
        }
        if segments.is_empty() {
            segments.push(Segment::create(
                disk,
                &open.dir,
                open.log_start_offset,
                open.now_ms,
            )?);
        }
        loading.log(segments, &files)
    }
}

/// A log being opened.
struct Loading<'o> {
    disk: &'o Arc<dyn Disk>,
    open: &'o OpenLog,
    epochs: LeaderEpochs,
    /// Base offset of the first segment that was checked.
    recovered_from: i64,
}

impl Loading<'_> {
    fn segments(&mut self, files: &Files) -> Result<Vec<Segment>, Error> {
        let mut segments: Vec<Segment> = Vec::new();
        let mut bases = files.segments.iter().copied().peekable();
        while let Some(base_offset) = bases.next() {
            let next = bases.peek().copied();
            let is_doubtful =
                !self.open.is_clean && next.is_none_or(|next| next > self.open.recovery_point);
            let opened = if is_doubtful {
                None
            } else if let Some(next) = next {
                Segment::open_closed(self.disk, &self.open.dir, base_offset, next)?
            } else {
                Segment::open_active(self.disk, &self.open.dir, base_offset, self.open.now_ms)?
            };
            let (segment, cut) = match opened {
                Some(segment) => (segment, 0),
                None => self.recover(base_offset, next.is_some())?,
            };
            let follows_on = next.is_none_or(|next| {
                segment.next_offset() == next
                    || segment.next_offset() < next && self.open.config.compact
            });
            segments.push(segment);
            if is_doubtful && (cut > 0 || !follows_on) {
                self.remove_rest(bases)?;
                break;
            }
        }
        let is_empty = segments.iter().all(|segment| segment.size() == 0);
        if self.recovered_from != i64::MAX && !(files.segments.len() == 1 && is_empty) {
            self.disk
                .sync_dir(&self.open.dir)
                .at("sync", &self.open.dir)?;
        }
        Ok(segments)
    }

    /// Checks a segment batch by batch and rebuilds its indexes; returns it, and the bytes cut off.
    fn recover(&mut self, base_offset: i64, is_closed: bool) -> Result<(Segment, u64), Error> {
        let (dir, epochs) = (&self.open.dir, &mut self.epochs);
        let mut visit = |header: &crate::protocol::record::BatchHeader| {
            if header.partition_leader_epoch > epochs.latest().unwrap_or(-1) {
                epochs.assign(EpochEntry {
                    epoch: header.partition_leader_epoch,
                    start_offset: header.base_offset,
                });
            }
        };
        let index_interval_bytes = self.open.config.index_interval_bytes;
        let mut recovery = Recovery {
            now_ms: self.open.now_ms,
            index_interval_bytes,
            visit: &mut visit,
        };
        let (segment, cut) = Segment::recover(self.disk, dir, base_offset, &mut recovery)?;
        self.recovered_from = self.recovered_from.min(base_offset);
        if cut > 0 {
            warn!(path = %segment.path().display(), bytes = cut, next_offset = segment.next_offset(), "cut off a damaged tail");
        } else if segment.size() > 0 {
            info!(path = %segment.path().display(), next_offset = segment.next_offset(), "checked a segment that was not closed");
        }
        if segment.size() > 0 {
            segment.sync()?;
        }
        if is_closed {
            segment.seal()?;
            segment.close_indexes()?;
        }
        Ok((segment, cut))
    }

    /// Removes segments behind one with a damaged tail: their records do not follow on any more.
    fn remove_rest(&self, bases: impl Iterator<Item = i64>) -> Result<(), Error> {
        for base_offset in bases {
            let name = self.open.dir.join(file_name(base_offset, "log"));
            warn!(path = %name.display(), "removed a segment behind a damaged one");
            for extension in ["log", "index", "timeindex", "txnindex"] {
                let path = self.open.dir.join(file_name(base_offset, extension));
                self.disk.remove(&path).at("remove", &path)?;
            }
        }
        Ok(())
    }

    fn log(mut self, segments: Vec<Segment>, files: &Files) -> Result<Arc<Log>, Error> {
        let first_base = segments.first().map_or(0, Segment::base_offset);
        let log_start_offset = self.open.log_start_offset.max(first_base);
        let segments: Vec<_> = segments.into_iter().map(Arc::new).collect();
        let Some(active) = segments.last().map(Arc::clone) else {
            return Err(Error::malformed(&self.open.dir, "there is no segment"));
        };
        active.unseal()?;
        let log_end_offset = active.next_offset();
        let mut is_dirty = self.recovered_from != i64::MAX;
        is_dirty |= self.epochs.truncate_from_end(log_end_offset);
        is_dirty |= self.epochs.truncate_from_start(log_start_offset);
        let producers = self.producers(&segments, files, log_end_offset)?;
        let high_watermark = self
            .open
            .high_watermark
            .min(log_end_offset)
            .max(log_start_offset);
        let recovered = if self.open.is_clean {
            self.open.recovery_point.min(log_end_offset)
        } else {
            log_end_offset
        };
        let tail = Tail {
            position: active.size(),
            producers,
            snapshots: Vec::new(),
            has_garbage: false,
            latest_epoch: self.epochs.latest().unwrap_or(-1),
            jitter_ms: jitter(
                &self.open.dir,
                active.base_offset(),
                self.open.config.segment_jitter_ms,
            ),
            active,
        };
        let log = Log {
            partition: self.open.partition.clone(),
            dir: self.open.dir.clone(),
            disk: Arc::clone(self.disk),
            config: ArcSwap::from_pointee(self.open.config.clone()),
            segments: ArcSwap::from_pointee(segments),
            log_start_offset: AtomicI64::new(log_start_offset),
            log_end_offset: AtomicI64::new(log_end_offset),
            high_watermark: AtomicI64::new(high_watermark),
            recovery_point: AtomicI64::new(recovered),
            first_unstable_offset: AtomicI64::new(
                tail.producers.first_unstable_offset().unwrap_or(i64::MAX),
            ),
            flushed_ms: AtomicI64::new(self.open.now_ms),
            is_poisoned: AtomicBool::new(false),
            is_closed: AtomicBool::new(false),
            has_new_names: AtomicBool::new(true),
            maintenance: Mutex::new(()),
            tail: Mutex::new(tail),
            doomed: Mutex::new(Vec::new()),
            epochs: Mutex::new(Epochs {
                history: self.epochs,
                is_dirty,
            }),
        };
        Ok(Arc::new(log))
    }

    /// The state of producers at the end of the log: the newest usable snapshot, and what was appended since.
    fn producers(
        &self,
        segments: &[Arc<Segment>],
        files: &Files,
        log_end_offset: i64,
    ) -> Result<ProducerState, Error> {
        let end = log_end_offset.min(self.recovered_from);
        let newest = files.newest_producers(&**self.disk, &self.open.dir, end)?;
        let (mut producers, from) = match newest {
            Some(found) => found,
            // Apache writes no snapshot for a log without producers in every release; a clean stop is trusted then.
            None if self.open.is_clean => return Ok(ProducerState::default()),
            None => (ProducerState::default(), 0),
        };
        replay(segments, from, &mut producers)?;
        Ok(producers)
    }
}

/// Accounts for every batch from offset `from` on.
pub(super) fn replay(
    segments: &[Arc<Segment>],
    from: i64,
    producers: &mut ProducerState,
) -> Result<(), Error> {
    for segment in segments
        .iter()
        .filter(|segment| segment.next_offset() > from)
    {
        let path = segment.path();
        let Some(first) = segment
            .find(from.max(segment.base_offset()))
            .at("read", &path)?
        else {
            continue;
        };
        for next in segment.headers(first.position) {
            let (header, span) = next.at("read", &path)?;
            if !header.has_producer_id() {
                continue;
            }
            if !header.attributes.is_control() {
                producers.appended(&header);
                continue;
            }
            let mut bytes = read_batch(&**segment.file(), &span).at("read", &path)?;
            let end = Batch::split(&mut bytes).and_then(|batch| end_transaction(&batch));
            let end = end.map_err(|error| {
                Error::malformed(&path, format!("at {}: {error}", span.position))
            })?;
            if let Some(aborted) = end.and_then(|end| producers.ended(&header, end)) {
                segment.aborted(aborted);
            }
        }
    }
    Ok(())
}
