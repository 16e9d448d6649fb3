//! The metadata log of a node that is a cluster by itself: a record is committed when it is on its disk.

use std::sync::Arc;

use super::{MetadataLog, MetadataLogError};
use crate::broker::metadata::{Delta, Draft, Image, MetadataRecord};
use crate::broker::replay::replay;
use crate::protocol::record::{Batch, BatchBuilder, BatchOptions, NewRecord};
use crate::storage::{Log, Origin};

/// The leader epoch of the one controller there ever was.
const EPOCH: i32 = 1;
/// What the records of one batch may come to, in bytes.
const BATCH_MAX_BYTES: usize = 128 * 1024 * 1024;

/// A log on this node's disk.
#[derive(Debug)]
pub struct Alone {
    log: Arc<Log>,
}

impl Alone {
    /// The log and what its records come to, starting from `image`. Blocks.
    ///
    /// # Errors
    /// When a record cannot be read or applied.
    pub fn open(log: Arc<Log>, image: &Image) -> Result<(Self, Image, Delta), MetadataLogError> {
        let mut draft = Draft::new(image);
        replay(&log, |batch| apply(&mut draft, batch))?;
        let (image, delta) = draft.finish();
        Ok((Self { log }, image, delta))
    }

    /// The log itself, to be closed with the others.
    pub fn log(&self) -> &Arc<Log> {
        &self.log
    }
}

fn apply(draft: &mut Draft, batch: &Batch) -> Result<(), MetadataLogError> {
    if batch.header().attributes.is_control() {
        return Ok(());
    }
    for record in &batch.records(BATCH_MAX_BYTES)? {
        let record = record?;
        let offset = record.offset;
        let value = bytes::Bytes::copy_from_slice(record.value.unwrap_or_default());
        let decoded = MetadataRecord::decode(value)
            .map_err(|source| MetadataLogError::Record { offset, source })?;
        draft
            .apply(offset, &decoded)
            .map_err(|source| MetadataLogError::Apply { offset, source })?;
    }
    Ok(())
}

impl MetadataLog for Alone {
    async fn propose(
        &mut self,
        records: &[MetadataRecord],
        now_ms: i64,
    ) -> Result<i64, MetadataLogError> {
        let mut batch = BatchBuilder::default();
        for record in records {
            let value = record.encode()?;
            batch.append(&NewRecord {
                timestamp: now_ms,
                key: None,
                value: Some(&value),
                headers: &[],
            })?;
        }
        let batch = batch.build(&BatchOptions::default())?;
        let appended = self
            .log
            .append_as_leader(batch, EPOCH, Origin::Coordinator, now_ms)?;
        self.log
            .set_high_watermark(appended.last_offset.saturating_add(1));
        let log = Arc::clone(&self.log);
        match tokio::task::spawn_blocking(move || log.flush()).await {
            Ok(Ok(_flushed)) => Ok(appended.first_offset),
            Ok(Err(error)) => Err(error.into()),
            Err(_gone) => Err(MetadataLogError::Interrupted),
        }
    }
}
