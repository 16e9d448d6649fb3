//! One partition that this broker leads: its log, its leader epoch, and those who wait for it to grow.

use std::sync::Arc;

use bytes::Bytes;

use super::delayed::{Awaited, Waiters};
use crate::protocol::{ErrorCode, TopicPartition, Uuid};
use crate::storage::{AppendError, AppendInfo, Log, Origin};

/// How far a reader may see.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Visibility {
    /// Up to the high watermark.
    Committed,
    /// Up to the last stable offset: no open transactions.
    Stable,
    /// Up to the end: a follower.
    All,
}

/// A partition led by this broker.
#[derive(Debug)]
pub struct Partition {
    /// Its name.
    pub name: TopicPartition,
    /// The id of its topic.
    pub topic_id: Uuid,
    /// The epoch of its leadership, written into every batch.
    pub leader_epoch: i32,
    /// Its log.
    pub log: Arc<Log>,
    waiters: Waiters,
}

impl Awaited for Partition {
    fn waiters(&self) -> &Waiters {
        &self.waiters
    }
}

impl Partition {
    /// The partition whose log is `log`.
    pub fn new(
        name: TopicPartition,
        topic_id: Uuid,
        leader_epoch: i32,
        log: Arc<Log>,
    ) -> Arc<Self> {
        Arc::new(Self {
            name,
            topic_id,
            leader_epoch,
            log,
            waiters: Waiters::default(),
        })
    }

    /// Appends one batch. With a single replica it is committed at once.
    ///
    /// # Errors
    /// What is wrong with the batch, or with the disk.
    pub fn append(
        &self,
        batch: Bytes,
        origin: Origin,
        now_ms: i64,
    ) -> Result<AppendInfo, AppendError> {
        let appended = self
            .log
            .append_as_leader(batch, self.leader_epoch, origin, now_ms)?;
        if !appended.is_duplicate {
            self.log
                .set_high_watermark(appended.last_offset.saturating_add(1));
            self.waiters.wake();
        }
        Ok(appended)
    }

    /// The first offset that a reader may not see yet.
    pub fn readable_end(&self, visibility: Visibility) -> i64 {
        match visibility {
            Visibility::Committed => self.log.high_watermark(),
            Visibility::Stable => self.log.last_stable_offset(),
            Visibility::All => self.log.log_end_offset(),
        }
    }

    /// Checks the leader epoch that a client believes in; −1 is none (KIP-320).
    ///
    /// # Errors
    /// [`ErrorCode::FencedLeaderEpoch`] for an older one, [`ErrorCode::UnknownLeaderEpoch`] for a newer one.
    pub fn check_epoch(&self, believed: i32) -> Result<(), ErrorCode> {
        match believed {
            -1 => Ok(()),
            epoch if epoch < self.leader_epoch => Err(ErrorCode::FencedLeaderEpoch),
            epoch if epoch > self.leader_epoch => Err(ErrorCode::UnknownLeaderEpoch),
            _ => Ok(()),
        }
    }

    /// Wakes those who wait, so that they notice that the partition is gone.
    pub fn wake(&self) {
        self.waiters.wake();
    }
}
