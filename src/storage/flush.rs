//! What makes a log durable: closing rolled segments, syncing, closing the log. None of it is for a runtime's worker.

use std::io::IoSlice;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use super::disk::OpenMode;
use super::error::{At, Error};
use super::log::Log;
use super::segment::{Segment, file_name};

impl Log {
    /// Closes the segments rolled since the last time (index files, producer snapshots, sync), and brings the other files
    /// up to date. The recovery point is then at least the start of the growing segment.
    ///
    /// # Errors
    /// What the disk says. After a failed sync the log takes no more appends.
    pub fn checkpoint(&self) -> Result<(), Error> {
        let _held = self.maintain();
        let segments = self.segments.load_full();
        self.close_rolled(&segments)?;
        if let Some(active) = segments.last() {
            active.write_new_indexes()?;
        }
        self.write_epochs()
    }

    /// Makes everything appended so far durable; returns the offset up to which it is.
    ///
    /// # Errors
    /// What the disk says. After a failed sync the log takes no more appends.
    pub fn flush(&self) -> Result<i64, Error> {
        self.flush_to(self.log_end_offset())
    }

    /// Makes everything below `offset` durable, and what else has been appended meanwhile: of many callers at once, one
    /// syncs for all. Returns the offset up to which everything is durable.
    ///
    /// # Errors
    /// What the disk says. After a failed sync the log takes no more appends.
    pub fn flush_to(&self, offset: i64) -> Result<i64, Error> {
        if self.recovery_point() < offset {
            let _held = self.maintain();
            if self.recovery_point() < offset {
                self.flush_held()?;
            }
        }
        Ok(self.recovery_point())
    }

    /// Flushes if something has waited for `flush.ms`; to be called now and then.
    ///
    /// # Errors
    /// As [`Log::flush`].
    pub fn flush_if_due(&self, now_ms: i64) -> Result<(), Error> {
        let waited = now_ms.saturating_sub(self.flushed_ms.load(Ordering::Acquire));
        if waited >= self.config.load().flush_ms {
            self.flushed_ms.store(now_ms, Ordering::Release);
            self.flush()?;
        }
        Ok(())
    }

    /// Makes everything durable and takes no more appends. Opened again with `is_clean`, nothing needs checking.
    ///
    /// # Errors
    /// What the disk says; the log must then not be counted as closed cleanly.
    pub fn close(&self) -> Result<(), Error> {
        let _held = self.maintain();
        let snapshot = {
            let mut tail = self.tail();
            self.check_open()?;
            self.is_closed.store(true, Ordering::Release);
            tail.cut_garbage()?;
            tail.active.seal()?;
            (self.log_end_offset(), tail.producers.encode())
        };
        self.flush_held()?;
        if let Some(active) = self.segments.load().last() {
            active.close_indexes()?;
        }
        self.write_snapshot(&snapshot)?;
        self.write_epochs()?;
        self.disk.sync_dir(&self.dir).at("sync", &self.dir)
    }

    /// Takes no more appends and writes nothing: for a log that is about to be removed.
    pub fn abandon(&self) {
        let _held = self.maintain();
        let _tail = self.tail();
        self.is_closed.store(true, Ordering::Release);
    }

    /// Refuses what a log that is closed, or cannot trust its disk any more, must not do.
    pub(super) fn check_open(&self) -> Result<(), Error> {
        if self.is_poisoned.load(Ordering::Acquire) {
            return Err(Error::Poisoned {
                path: self.dir.clone(),
            });
        }
        if self.is_closed.load(Ordering::Acquire) {
            return Err(Error::Closed {
                path: self.dir.clone(),
            });
        }
        Ok(())
    }

    fn flush_held(&self) -> Result<(), Error> {
        // In this order: segments listed later hold everything below an end taken earlier.
        let end = self.log_end_offset();
        let segments = self.segments.load_full();
        self.close_rolled(&segments)?;
        if let Some(active) = segments.last() {
            self.trusted(active.sync())?;
        }
        self.sync_names()?;
        self.recovery_point.fetch_max(end, Ordering::AcqRel);
        Ok(())
    }

    /// Closes all segments but the last.
    fn close_rolled(&self, segments: &[Arc<Segment>]) -> Result<(), Error> {
        let Some((active, rolled)) = segments.split_last() else {
            return Ok(());
        };
        let open: Vec<_> = rolled
            .iter()
            .filter(|segment| !segment.has_closed_indexes())
            .collect();
        if open.is_empty() {
            return Ok(());
        }
        for segment in open {
            self.trusted(segment.sync())?;
            segment.close_indexes()?;
        }
        let snapshots = std::mem::take(&mut self.tail().snapshots);
        for snapshot in &snapshots {
            self.write_snapshot(snapshot)?;
        }
        self.write_epochs()?;
        self.sync_names()?;
        self.recovery_point
            .fetch_max(active.base_offset(), Ordering::AcqRel);
        Ok(())
    }

    fn write_snapshot(&self, (offset, bytes): &(i64, Vec<u8>)) -> Result<(), Error> {
        let path = self.dir.join(file_name(*offset, "snapshot"));
        let file = self
            .disk
            .open(&path, OpenMode::Create)
            .at("create", &path)?;
        file.write_at(&mut [IoSlice::new(bytes)], 0)
            .at("write", &path)?;
        file.sync_data().at("sync", &path)
    }

    fn write_epochs(&self) -> Result<(), Error> {
        let history = {
            let mut epochs = self.epochs();
            if !std::mem::take(&mut epochs.is_dirty) {
                return Ok(());
            }
            epochs.history.clone()
        };
        history
            .write(&*self.disk, &self.dir)
            .inspect_err(|_| self.epochs().is_dirty = true)
    }

    /// Makes the names of new files durable, and that of the directory, which may be new as well.
    fn sync_names(&self) -> Result<(), Error> {
        if self.has_new_names.swap(false, Ordering::AcqRel) {
            for dir in self.dir.ancestors().take(2) {
                self.trusted(self.disk.sync_dir(dir).at("sync", dir))?;
            }
        }
        Ok(())
    }

    /// After a failed sync the kernel may have dropped what was to be written, and a second sync would succeed without it.
    fn trusted<T>(&self, synced: Result<T, Error>) -> Result<T, Error> {
        synced.inspect_err(|_| self.is_poisoned.store(true, Ordering::Release))
    }
}
