//! Removing old segments: by time, by size, and below the log start offset (`LogManager.cleanupLogs`).

use std::sync::Arc;

use tracing::info;

use super::error::{At, Error};
use super::log::Log;
use super::segment::Segment;

/// Segments that are out of the log, with their files renamed.
#[derive(Debug)]
pub(super) struct Doomed {
    segment: Arc<Segment>,
    /// When the files go.
    due_ms: i64,
}

impl Log {
    /// Takes the oldest segments out of the log as far as the configuration says: they are older than `retention.ms`, or the
    /// rest is still `retention.bytes`, or they lie below the log start offset. The policy `compact` alone keeps all but the
    /// last kind. Returns how many; their files are renamed, and removed by [`Log::remove_deleted`].
    ///
    /// # Errors
    /// What the disk says.
    pub fn delete_old_segments(&self, now_ms: i64) -> Result<usize, Error> {
        let _held = self.maintain();
        self.check_open()?;
        let segments = self.segments.load_full();
        let count = self.deletable(&segments, now_ms)?;
        let Some(oldest) = segments.get(..count).filter(|oldest| !oldest.is_empty()) else {
            return Ok(0);
        };
        self.take_out(oldest, now_ms)?;
        let (dir, log_start_offset) = (self.dir.display(), self.log_start_offset());
        info!(%dir, segments = count, log_start_offset, "deleted old segments");
        Ok(count)
    }

    /// Removes the files of segments that were deleted `file.delete.delay.ms` ago; one after the other, for a large file
    /// takes a while.
    ///
    /// # Errors
    /// What the disk says; what could not be removed is tried again.
    pub fn remove_deleted(&self, now_ms: i64) -> Result<(), Error> {
        let _held = self.maintain();
        let mut doomed = std::mem::take(&mut *self.doomed());
        let mut outcome = Ok(());
        doomed.retain(|doomed| {
            let is_due = doomed.due_ms <= now_ms && outcome.is_ok();
            if is_due {
                outcome = doomed.segment.remove_deleted();
            }
            !is_due || outcome.is_err()
        });
        self.doomed().append(&mut doomed);
        outcome
    }

    /// Forgets producers that wrote nothing for `expiration_ms` (`producer.id.expiration.ms`).
    pub fn expire_producers(&self, now_ms: i64, expiration_ms: i64) {
        self.tail()
            .producers
            .expire(now_ms.saturating_sub(expiration_ms));
    }

    /// How many of the oldest segments may go.
    fn deletable(&self, segments: &[Arc<Segment>], now_ms: i64) -> Result<usize, Error> {
        let config = self.config.load();
        let replicated = self.high_watermark();
        let mut excess = match u64::try_from(config.retention_bytes) {
            Ok(retained) => self.size().saturating_sub(retained),
            Err(_unlimited) => 0,
        };
        let mut count = 0_usize;
        for (index, segment) in segments.iter().enumerate() {
            let next = segments.get(index.saturating_add(1));
            let size = segment.size();
            let is_untouched = next.is_none() && size == 0;
            let end = next.map_or_else(|| self.log_end_offset(), |next| next.base_offset());
            if end > replicated || is_untouched {
                break;
            }
            let is_old = config.delete && config.retention_ms >= 0 && {
                let age_ms = now_ms.saturating_sub(newest_ms(segment)?);
                age_ms > config.retention_ms
            };
            let is_excess = config.delete && size > 0 && excess >= size;
            let is_below_start =
                next.is_some_and(|next| next.base_offset() <= self.log_start_offset());
            if !(is_old || is_excess || is_below_start) {
                break;
            }
            excess = excess.saturating_sub(size);
            count = count.saturating_add(1);
        }
        Ok(count)
    }

    fn take_out(&self, oldest: &[Arc<Segment>], now_ms: i64) -> Result<(), Error> {
        {
            let mut tail = self.tail();
            if oldest
                .last()
                .is_some_and(|last| Arc::ptr_eq(last, &tail.active))
            {
                self.roll(&mut tail, self.log_end_offset(), now_ms)?;
            }
            let segments = self.segments.load();
            let rest = segments.get(oldest.len()..).unwrap_or_default().to_vec();
            if let Some(first) = rest.first() {
                self.advance_log_start(first.base_offset());
            }
            self.segments.store(Arc::new(rest));
        }
        let due_ms = now_ms.saturating_add(self.config.load().file_delete_delay_ms);
        for segment in oldest {
            segment.mark_deleted()?;
            self.doomed().push(Doomed {
                segment: Arc::clone(segment),
                due_ms,
            });
        }
        Ok(())
    }
}

/// The largest timestamp in a segment, or the time of its file if no record has one.
fn newest_ms(segment: &Segment) -> Result<i64, Error> {
    let largest = segment.largest_timestamp().timestamp;
    if largest >= 0 {
        Ok(largest)
    } else {
        segment
            .file()
            .modified_ms()
            .at("read the time of", &segment.path())
    }
}
