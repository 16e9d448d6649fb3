//! Taking records back: off the end, as a follower must that has what its leader has not, and off the start, as
//! `DeleteRecords` asks.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use super::error::{At, Error};
use super::files::Files;
use super::log::{Log, Tail, jitter};
use super::producer_state::ProducerState;
use super::read::ReadError;
use super::recovery::replay;
use super::segment::Segment;

impl Log {
    /// Removes everything from `offset` on, and the batch that holds `offset` altogether. Returns whether there was anything.
    ///
    /// # Errors
    /// What the disk says. The log then takes no more appends, for it may be half truncated.
    pub fn truncate_to(&self, offset: i64, now_ms: i64) -> Result<bool, Error> {
        let _held = self.maintain();
        let mut tail = self.tail();
        self.check_open()?;
        if offset >= self.log_end_offset() {
            return Ok(false);
        }
        let truncated = if offset <= self.log_start_offset() {
            self.start_anew(&mut tail, offset, now_ms)
        } else {
            self.cut_end(&mut tail, offset)
        };
        truncated.inspect_err(|_| self.is_poisoned.store(true, Ordering::Release))?;
        Ok(true)
    }

    /// Removes everything; the next record gets `offset`.
    ///
    /// # Errors
    /// As [`Log::truncate_to`].
    pub fn truncate_fully_and_start_at(&self, offset: i64, now_ms: i64) -> Result<(), Error> {
        let _held = self.maintain();
        let mut tail = self.tail();
        self.check_open()?;
        self.start_anew(&mut tail, offset, now_ms)
            .inspect_err(|_| self.is_poisoned.store(true, Ordering::Release))
    }

    /// Makes records below `offset` unreadable; [`Log::delete_old_segments`] frees their space. Returns the log start offset.
    ///
    /// # Errors
    /// [`ReadError::OffsetOutOfRange`] above the high watermark, or for a negative offset.
    pub fn delete_records(&self, offset: i64) -> Result<i64, ReadError> {
        let _tail = self.tail();
        let (log_start_offset, high_watermark) = (self.log_start_offset(), self.high_watermark());
        if !(0..=high_watermark).contains(&offset) {
            return Err(ReadError::OffsetOutOfRange {
                offset,
                log_start_offset,
                log_end_offset: high_watermark,
            });
        }
        self.advance_log_start(offset);
        Ok(self.log_start_offset())
    }

    /// Moves the log start offset forward, and with it the history of epochs.
    pub(super) fn advance_log_start(&self, offset: i64) {
        if self.log_start_offset.fetch_max(offset, Ordering::AcqRel) < offset {
            let mut epochs = self.epochs();
            epochs.is_dirty |= epochs.history.truncate_from_start(offset);
        }
    }

    fn cut_end(&self, tail: &mut Tail, offset: i64) -> Result<(), Error> {
        let segments = self.segments.load_full();
        let (kept, gone) =
            segments.split_at(segments.partition_point(|segment| segment.base_offset() <= offset));
        let Some(active) = kept.last() else {
            return Err(Error::malformed(
                &self.dir,
                format!("no segment holds offset {offset}"),
            ));
        };
        // Readers must not be sent to what is about to go.
        self.log_end_offset.fetch_min(offset, Ordering::AcqRel);
        self.segments.store(Arc::new(kept.to_vec()));
        for segment in gone {
            segment.remove()?;
        }
        // After a power failure they must not come back behind what is appended next.
        self.disk.sync_dir(&self.dir).at("sync", &self.dir)?;
        active.unseal()?;
        if let Some(first_gone) = active.find(offset).at("read", &active.path())? {
            active.truncate(&first_gone, offset)?;
            active.sync()?;
        }
        // The batch that held `offset` may have begun below the log start offset.
        let end_offset = active
            .next_offset()
            .min(offset)
            .max(self.log_start_offset());
        self.grow(tail, active, end_offset)?;
        let mut epochs = self.epochs();
        epochs.is_dirty |= epochs.history.truncate_from_end(self.log_end_offset());
        tail.latest_epoch = epochs.history.latest().unwrap_or(-1);
        Ok(())
    }

    fn start_anew(&self, tail: &mut Tail, offset: i64, now_ms: i64) -> Result<(), Error> {
        for segment in &**self.segments.load() {
            segment.remove()?;
        }
        self.disk.sync_dir(&self.dir).at("sync", &self.dir)?;
        let active = Arc::new(Segment::create(&self.disk, &self.dir, offset, now_ms)?);
        self.has_new_names.store(true, Ordering::Release);
        self.segments.store(Arc::new(vec![Arc::clone(&active)]));
        self.log_start_offset.store(offset, Ordering::Release);
        // No snapshot is at or below this offset: all go.
        Files::list(&*self.disk, &self.dir)?.newest_producers(&*self.disk, &self.dir, -1)?;
        self.grow(tail, &active, offset)?;
        let mut epochs = self.epochs();
        epochs.history.clear();
        epochs.is_dirty = true;
        tail.latest_epoch = -1;
        Ok(())
    }

    /// Goes on with `active`, in a log that ends at `end_offset` now.
    fn grow(&self, tail: &mut Tail, active: &Arc<Segment>, end_offset: i64) -> Result<(), Error> {
        let segments = self.segments.load_full();
        let files = Files::list(&*self.disk, &self.dir)?;
        let (mut producers, from) =
            match files.newest_producers(&*self.disk, &self.dir, end_offset)? {
                Some((producers, offset)) => (producers, offset),
                None => (ProducerState::default(), 0),
            };
        replay(&segments, from, &mut producers)?;
        self.publish_unstable(&producers);
        self.log_end_offset.store(end_offset, Ordering::Release);
        self.recovery_point.fetch_min(end_offset, Ordering::AcqRel);
        let high_watermark = self
            .high_watermark()
            .min(end_offset)
            .max(self.log_start_offset());
        self.high_watermark.store(high_watermark, Ordering::Release);
        *tail = Tail {
            active: Arc::clone(active),
            position: active.size(),
            producers,
            snapshots: Vec::new(),
            has_garbage: false,
            latest_epoch: tail.latest_epoch,
            jitter_ms: jitter(
                &self.dir,
                active.base_offset(),
                self.config.load().segment_jitter_ms,
            ),
        };
        Ok(())
    }
}
