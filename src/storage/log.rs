//! The log of one partition: append, read, roll.
//!
//! Shared by an [`Arc`]. One mutex, the tail, is held to append; readers take the list of segments and the end of the log
//! from atomics. Locks are taken in this order: maintenance, tail, epochs, a segment's own.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::io::IoSlice;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use arc_swap::ArcSwap;
use bytes::Bytes;

use super::append::{AppendError, AppendInfo, Origin};
use super::config::LogConfig;
use super::disk::Disk;
use super::error::{At, Error};
use super::leader_epochs::{EpochEntry, LeaderEpochs};
use super::producer_state::ProducerState;
use super::retention::Doomed;
use super::segment::{Incoming, Segment};
use super::validate::{self, Valid};
use crate::protocol::TopicPartition;
use crate::protocol::record::{Batch, BatchHeader, EndTransactionMarker, RecordError};

/// The records of one partition, in segments on a disk.
#[derive(Debug)]
#[expect(
    clippy::struct_field_names,
    reason = "log start and log end are Kafka's words"
)]
pub struct Log {
    pub(super) partition: TopicPartition,
    pub(super) dir: PathBuf,
    pub(super) disk: Arc<dyn Disk>,
    pub(super) config: ArcSwap<LogConfig>,
    /// Oldest first; the last one grows. Never empty.
    pub(super) segments: ArcSwap<Vec<Arc<Segment>>>,
    pub(super) log_start_offset: AtomicI64,
    pub(super) log_end_offset: AtomicI64,
    pub(super) high_watermark: AtomicI64,
    /// Below it everything is durable.
    pub(super) recovery_point: AtomicI64,
    /// Where the first undecided transaction begins; the largest number if there is none.
    pub(super) first_unstable_offset: AtomicI64,
    /// When a flush was last due.
    pub(super) flushed_ms: AtomicI64,
    /// A sync or a truncation failed: nobody knows what is on the disk.
    pub(super) is_poisoned: AtomicBool,
    pub(super) is_closed: AtomicBool,
    /// Files were created whose names are not durable yet.
    pub(super) has_new_names: AtomicBool,
    /// Held by what closes, syncs and removes segments.
    pub(super) maintenance: Mutex<()>,
    pub(super) tail: Mutex<Tail>,
    pub(super) epochs: Mutex<Epochs>,
    /// Segments that are out of the log but whose files are there.
    pub(super) doomed: Mutex<Vec<Doomed>>,
}

/// What only an append changes.
#[derive(Debug)]
pub(super) struct Tail {
    pub(super) active: Arc<Segment>,
    /// Bytes of `active`, and where the next batch goes.
    pub(super) position: u64,
    pub(super) producers: ProducerState,
    /// Producer state at the start of segments begun since the last checkpoint, as snapshot bytes.
    pub(super) snapshots: Vec<(i64, Vec<u8>)>,
    /// A write failed and could not be undone: the file may be longer than `position`.
    pub(super) has_garbage: bool,
    /// The newest leader epoch in the history, so that most appends need not look there.
    pub(super) latest_epoch: i32,
    pub(super) jitter_ms: i64,
}

/// The epoch history, and whether the file lacks something of it.
#[derive(Debug, Default)]
pub(super) struct Epochs {
    pub(super) history: LeaderEpochs,
    pub(super) is_dirty: bool,
}

impl Log {
    /// Whose log it is.
    pub fn partition(&self) -> &TopicPartition {
        &self.partition
    }

    /// Its directory.
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// The configuration it obeys.
    pub fn config(&self) -> Arc<LogConfig> {
        self.config.load_full()
    }

    /// Obeys another configuration from now on.
    pub fn set_config(&self, config: LogConfig) {
        self.config.store(Arc::new(config));
    }

    /// Offset of the first record that can be read.
    pub fn log_start_offset(&self) -> i64 {
        self.log_start_offset.load(Ordering::Acquire)
    }

    /// Offset that the next record will get.
    pub fn log_end_offset(&self) -> i64 {
        self.log_end_offset.load(Ordering::Acquire)
    }

    /// Below it every in-sync replica has everything.
    pub fn high_watermark(&self) -> i64 {
        self.high_watermark.load(Ordering::Acquire)
    }

    /// Below it every transaction is decided and replicated.
    pub fn last_stable_offset(&self) -> i64 {
        self.first_unstable_offset
            .load(Ordering::Acquire)
            .min(self.high_watermark())
    }

    /// Below it everything is durable.
    pub fn recovery_point(&self) -> i64 {
        self.recovery_point.load(Ordering::Acquire)
    }

    /// Bytes of all segments.
    pub fn size(&self) -> u64 {
        self.segments
            .load()
            .iter()
            .map(|segment| segment.size())
            .fold(0, u64::saturating_add)
    }

    /// The base offset of the oldest segment.
    pub fn first_base_offset(&self) -> i64 {
        self.segments
            .load()
            .first()
            .map_or(0, |segment| segment.base_offset())
    }

    /// Moves the high watermark forward, within the log; returns where it is now.
    pub fn set_high_watermark(&self, offset: i64) -> i64 {
        let bounded = offset
            .min(self.log_end_offset())
            .max(self.log_start_offset());
        // Appends of several threads may arrive here in another order than they were made.
        let bounded = self
            .high_watermark
            .fetch_max(bounded, Ordering::AcqRel)
            .max(bounded);
        if self.first_unstable_offset.load(Ordering::Acquire) != i64::MAX {
            let mut tail = self.tail();
            tail.producers.replicated(bounded);
            self.publish_unstable(&tail.producers);
        }
        bounded
    }

    /// Appends the one batch in `batch` as the leader of `leader_epoch`: it gets the next offsets.
    ///
    /// Writes to the page cache on the calling thread; nothing is durable until [`Log::flush`].
    ///
    /// # Errors
    /// Why the batch was refused or could not be stored; the log is then as before.
    pub fn append_as_leader(
        &self,
        batch: Bytes,
        leader_epoch: i32,
        origin: Origin,
        now_ms: i64,
    ) -> Result<AppendInfo, AppendError> {
        let config = self.config.load();
        let Valid {
            mut header,
            batch,
            log_append_time,
        } = validate::validate(batch, &config, origin, now_ms)?;
        let end = end_transaction(&batch)?;
        let mut tail = self.tail();
        if header.has_producer_id() {
            let duplicate = match end {
                Some(end) => tail.producers.check_end(&header, end).map(|()| None)?,
                None if origin == Origin::Client => tail.producers.check(&header)?,
                None => None,
            };
            if let Some(before) = duplicate {
                let log_append_time = if log_append_time >= 0 {
                    before.timestamp
                } else {
                    -1
                };
                return Ok(AppendInfo {
                    is_duplicate: true,
                    ..self.info(before.first_offset(), before.last_offset, log_append_time)
                });
            }
        }
        header.base_offset = self.log_end_offset();
        header.partition_leader_epoch = leader_epoch;
        let appended = Appended {
            header,
            end,
            records: batch.body(),
        };
        let has_rolled = self.append(&mut tail, &appended, &config, now_ms)?;
        let unflushed = header.next_offset().saturating_sub(self.recovery_point());
        Ok(AppendInfo {
            has_rolled,
            is_flush_due: unflushed >= config.flush_messages,
            ..self.info(header.base_offset, header.last_offset(), log_append_time)
        })
    }

    /// Appends one batch that already has its offsets and epoch, as a follower does.
    ///
    /// # Errors
    /// If it begins before the end of the log, is damaged, or could not be stored; the log is then as before.
    pub fn append_as_follower(
        &self,
        mut batch: Bytes,
        now_ms: i64,
    ) -> Result<AppendInfo, AppendError> {
        let config = self.config.load();
        let batch = Batch::split(&mut batch)?;
        batch.verify_crc()?;
        let (header, end) = (*batch.header(), end_transaction(&batch)?);
        let mut tail = self.tail();
        let log_end_offset = self.log_end_offset();
        if header.base_offset < log_end_offset || header.last_offset_delta < 0 {
            return Err(AppendError::OutOfOrderOffset {
                offset: header.base_offset,
                log_end_offset,
            });
        }
        let appended = Appended {
            header,
            end,
            records: batch.body(),
        };
        let has_rolled = self.append(&mut tail, &appended, &config, now_ms)?;
        Ok(AppendInfo {
            has_rolled,
            ..self.info(header.base_offset, header.last_offset(), -1)
        })
    }

    /// Notes that a leader of this epoch begins to write, so that its epoch is in the history even if it writes nothing.
    pub fn assign_epoch(&self, leader_epoch: i32) {
        let mut tail = self.tail();
        self.note_epoch(
            &mut tail,
            EpochEntry {
                epoch: leader_epoch,
                start_offset: self.log_end_offset(),
            },
        );
    }

    fn info(&self, first_offset: i64, last_offset: i64, log_append_time: i64) -> AppendInfo {
        AppendInfo {
            first_offset,
            last_offset,
            log_append_time,
            log_start_offset: self.log_start_offset(),
            is_duplicate: false,
            has_rolled: false,
            is_flush_due: false,
        }
    }

    /// Writes a batch and accounts for it; returns whether a segment was closed.
    fn append(
        &self,
        tail: &mut Tail,
        batch: &Appended<'_>,
        config: &LogConfig,
        now_ms: i64,
    ) -> Result<bool, AppendError> {
        let header = &batch.header;
        self.check_open()?;
        let mut incoming = Incoming::new(header, tail.position);
        let has_rolled = tail
            .active
            .must_roll(config, &incoming, now_ms, tail.jitter_ms);
        if has_rolled {
            self.roll(tail, header.base_offset, now_ms)?;
            incoming.span.position = 0;
        }
        Self::write(tail, batch, &incoming)?;
        tail.position = incoming.span.end();
        tail.active
            .appended(&incoming, config.index_interval_bytes)
            .at("read the time index of", &self.dir)?;
        if header.partition_leader_epoch > tail.latest_epoch {
            let entry = EpochEntry {
                epoch: header.partition_leader_epoch,
                start_offset: header.base_offset,
            };
            self.note_epoch(tail, entry);
        }
        self.account(tail, batch);
        self.log_end_offset
            .store(header.next_offset(), Ordering::Release);
        Ok(has_rolled)
    }

    fn write(tail: &mut Tail, batch: &Appended<'_>, incoming: &Incoming) -> Result<(), Error> {
        tail.cut_garbage()?;
        let header = batch.header.to_bytes();
        let mut pieces = [IoSlice::new(&header), IoSlice::new(batch.records)];
        let written = tail.active.write(&mut pieces, incoming);
        if written.is_err() {
            tail.has_garbage = tail.active.file().truncate(tail.position).is_err();
        }
        written.at("write", &tail.active.path())
    }

    /// Keeps the producer state, and with it the last stable offset, in step with the log.
    fn account(&self, tail: &mut Tail, batch: &Appended<'_>) {
        if !batch.header.has_producer_id() {
            return;
        }
        match batch.end {
            Some(end) => {
                if let Some(aborted) = tail.producers.ended(&batch.header, end) {
                    tail.active.aborted(aborted);
                }
            }
            None => tail.producers.appended(&batch.header),
        }
        if batch.header.attributes.is_transactional() {
            self.publish_unstable(&tail.producers);
        }
    }

    pub(super) fn publish_unstable(&self, producers: &ProducerState) {
        self.first_unstable_offset.store(
            producers.first_unstable_offset().unwrap_or(i64::MAX),
            Ordering::Release,
        );
    }

    fn note_epoch(&self, tail: &mut Tail, entry: EpochEntry) {
        let mut epochs = self.epochs();
        epochs.is_dirty |= epochs.history.assign(entry);
        tail.latest_epoch = epochs.history.latest().unwrap_or(-1);
    }

    /// Begins a new segment at `base_offset`. What closing the old one takes is left to [`Log::checkpoint`].
    pub(super) fn roll(&self, tail: &mut Tail, base_offset: i64, now_ms: i64) -> Result<(), Error> {
        tail.cut_garbage()?;
        let config = self.config.load();
        let segment = Arc::new(Segment::create(&self.disk, &self.dir, base_offset, now_ms)?);
        if config.preallocate {
            segment
                .file()
                .reserve(config.segment_bytes)
                .at("reserve room for", &segment.path())?;
        }
        self.has_new_names.store(true, Ordering::Release);
        tail.active.seal()?;
        tail.snapshots.push((base_offset, tail.producers.encode()));
        let mut segments = Vec::clone(&self.segments.load());
        segments.retain(|other| other.base_offset() < base_offset);
        segments.push(Arc::clone(&segment));
        self.segments.store(Arc::new(segments));
        tail.active = segment;
        tail.position = 0;
        tail.jitter_ms = jitter(&self.dir, base_offset, config.segment_jitter_ms);
        Ok(())
    }

    pub(super) fn tail(&self) -> MutexGuard<'_, Tail> {
        self.tail.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn epochs(&self) -> MutexGuard<'_, Epochs> {
        self.epochs.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn doomed(&self) -> MutexGuard<'_, Vec<Doomed>> {
        self.doomed.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn maintain(&self) -> MutexGuard<'_, ()> {
        self.maintenance
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

impl Tail {
    /// Cuts off what a failed write left behind the end of the log.
    pub(super) fn cut_garbage(&mut self) -> Result<(), Error> {
        if self.has_garbage {
            self.active
                .file()
                .truncate(self.position)
                .at("truncate", &self.active.path())?;
            self.has_garbage = false;
        }
        Ok(())
    }
}

/// A batch on its way to the file.
struct Appended<'b> {
    header: BatchHeader,
    end: Option<EndTransactionMarker>,
    records: &'b [u8],
}

/// What a transaction marker says; `None` for every other batch.
pub(super) fn end_transaction(batch: &Batch) -> Result<Option<EndTransactionMarker>, RecordError> {
    let attributes = batch.header().attributes;
    if !attributes.is_control() || !attributes.is_transactional() {
        return Ok(None);
    }
    // A marker is a handful of bytes and never compressed.
    match batch
        .records(batch.bytes().len())?
        .iter()
        .next()
        .transpose()?
    {
        Some(record) => Ok(EndTransactionMarker::read(&record)?),
        None => Ok(None),
    }
}

/// A part of `segment.jitter.ms` that differs from segment to segment and from partition to partition.
pub(super) fn jitter(dir: &Path, base_offset: i64, jitter_max_ms: i64) -> i64 {
    let mut hasher = DefaultHasher::new();
    (dir, base_offset).hash(&mut hasher);
    let bound = jitter_max_ms.unsigned_abs().saturating_add(1);
    i64::try_from(hasher.finish().checked_rem(bound).unwrap_or(0)).unwrap_or(0)
}
