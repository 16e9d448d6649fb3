//! The metadata log of a node that is a cluster by itself: a record is committed when it is on its disk.

use std::sync::Arc;

use super::{MetadataLog, MetadataLogError, snapshot};
use crate::broker::metadata::{Delta, Draft, Image, MetadataRecord};
use crate::broker::replay::replay;
use crate::protocol::record::{Batch, BatchBuilder, BatchOptions, NewRecord};
use crate::storage::{Disk, Log, Origin};

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
    pub fn open(
        log: Arc<Log>,
        disk: &dyn Disk,
        image: &Image,
    ) -> Result<(Self, Image, Delta), MetadataLogError> {
        let mut draft = Draft::new(image);
        let mut from = 0;
        // A log that is all there needs no snapshot.
        if log.log_start_offset() > 0 {
            if let Some(snapshot) = snapshot::newest(disk, log.dir())? {
                from = snapshot.end_offset;
                for batch in snapshot.batches {
                    apply(&mut draft, &checked(batch?)?, |_| from.saturating_sub(1))?;
                }
            }
            let (start, end) = (log.log_start_offset(), log.log_end_offset());
            if !(start..=end).contains(&from) {
                return Err(MetadataLogError::Gap {
                    start,
                    end,
                    snapshot: from,
                });
            }
        }
        replay(&log, |batch| {
            if batch.header().next_offset() <= from {
                return Ok(());
            }
            apply(&mut draft, batch, |offset| offset)
        })?;
        let (image, delta) = draft.finish();
        Ok((Self { log }, image, delta))
    }

    /// The log itself, to be closed with the others.
    pub fn log(&self) -> &Arc<Log> {
        &self.log
    }
}

fn checked(batch: Batch) -> Result<Batch, MetadataLogError> {
    batch.verify_crc()?;
    Ok(batch)
}

/// Applies the records of a batch, each as of the offset that `as_of` makes of its own.
fn apply(
    draft: &mut Draft,
    batch: &Batch,
    as_of: impl Fn(i64) -> i64,
) -> Result<(), MetadataLogError> {
    if batch.header().attributes.is_control() {
        return Ok(());
    }
    for record in &batch.records(BATCH_MAX_BYTES)? {
        let record = record?;
        let offset = as_of(record.offset);
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

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::protocol::messages::{FeatureLevelRecord, TopicRecord};
    use crate::protocol::{TopicPartition, Uuid};
    use crate::storage::{LogConfig, OpenLog, RealDisk};

    fn log(dir: &Path, log_start_offset: i64) -> Arc<Log> {
        let disk: Arc<dyn Disk> = Arc::new(RealDisk);
        let name = TopicPartition::new("__cluster_metadata", 0);
        let config = LogConfig {
            delete: false,
            ..LogConfig::default()
        };
        let open = OpenLog {
            log_start_offset,
            ..OpenLog::new(name, dir.join("__cluster_metadata-0"), config, 0)
        };
        Log::open(&disk, &open).unwrap()
    }

    fn topic(number: u8) -> MetadataRecord {
        TopicRecord {
            name: format!("topic-{number}").into(),
            topic_id: Uuid::from_bytes([number; 16]),
        }
        .into()
    }

    fn opened(log: &Arc<Log>) -> Result<(Alone, Image), MetadataLogError> {
        let (alone, image, _) = Alone::open(Arc::clone(log), &RealDisk, &Image::empty("cluster"))?;
        Ok((alone, image))
    }

    fn snapshot(dir: &Path, name: &str, records: &[MetadataRecord]) {
        let mut batch = BatchBuilder::default();
        for record in records {
            let value = record.encode().unwrap();
            batch
                .append(&NewRecord {
                    value: Some(&value),
                    ..NewRecord::default()
                })
                .unwrap();
        }
        let batch = batch.build(&BatchOptions::default()).unwrap();
        RealDisk
            .write(&dir.join("__cluster_metadata-0").join(name), &batch)
            .unwrap();
    }

    #[tokio::test]
    async fn what_was_proposed_is_there_when_the_log_is_opened_again() {
        let dir = tempfile::tempdir().unwrap();
        let (mut alone, image) = opened(&log(dir.path(), 0)).unwrap();
        assert_eq!(image.offset, -1);
        assert_eq!(alone.propose(&[topic(1), topic(2)], 5).await.unwrap(), 0);
        assert_eq!(alone.propose(&[topic(3)], 5).await.unwrap(), 2);
        drop(alone);
        let (_, image) = opened(&log(dir.path(), 0)).unwrap();
        assert_eq!((image.offset, image.topic_count()), (2, 3));
    }

    #[tokio::test]
    async fn a_shortened_log_begins_with_the_newest_snapshot() {
        let dir = tempfile::tempdir().unwrap();
        let shortened = log(dir.path(), 100);
        snapshot(
            dir.path(),
            "00000000000000000090-0000000001.checkpoint",
            &[topic(9)],
        );
        snapshot(
            dir.path(),
            "00000000000000000101-0000000001.checkpoint",
            &[topic(1), topic(2)],
        );
        let mut alone = Alone {
            log: Arc::clone(&shortened),
        };
        alone.propose(&[topic(1)], 5).await.unwrap();
        let level = FeatureLevelRecord {
            name: "group.version".into(),
            feature_level: 1,
        };
        alone.propose(&[topic(3), level.into()], 5).await.unwrap();
        let (_, image) = opened(&shortened).unwrap();
        let mut names: Vec<_> = image.topics().map(|topic| topic.name.to_string()).collect();
        names.sort();
        assert_eq!(names, ["topic-1", "topic-2", "topic-3"]);
        assert_eq!(
            (image.offset, image.feature_level("group.version")),
            (102, 1)
        );
    }

    #[test]
    fn a_log_with_a_gap_is_refused() {
        let dir = tempfile::tempdir().unwrap();
        let shortened = log(dir.path(), 100);
        assert!(matches!(
            opened(&shortened),
            Err(MetadataLogError::Gap { start: 100, .. })
        ));
        snapshot(
            dir.path(),
            "00000000000000000090-0000000001.checkpoint",
            &[topic(9)],
        );
        assert!(matches!(
            opened(&shortened),
            Err(MetadataLogError::Gap { snapshot: 90, .. })
        ));
    }
}
