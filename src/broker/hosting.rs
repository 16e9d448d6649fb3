//! The partitions of this broker on its disks: opened when it starts, created, reconfigured and removed as the metadata
//! says, kept in order by the clock.

use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use tracing::{error, info, warn};

use super::clock::Clock;
use super::metadata::{Delta, Fallbacks, Image, Topic};
use super::partition::Partition;
use super::partitions::Partitions;
use crate::protocol::config::TopicConfig;
use crate::protocol::record::{Codec, Compression, TimestampType};
use crate::protocol::{TopicPartition, Uuid};
use crate::storage::log_dir::{LogDirectory, OpenLogs, Retired};
use crate::storage::{self, Log, LogConfig};

/// The directories of a broker, and what lies in them.
#[derive(Debug)]
pub struct Host {
    dirs: Vec<Dir>,
    node_id: i32,
    /// The properties this broker was started with.
    fixed: std::collections::BTreeMap<String, String>,
    /// What can be written to and read.
    pub partitions: Arc<Partitions>,
    clock: Clock,
    /// Directories of deleted topics, and when they may be removed.
    doomed: Mutex<Vec<Doomed>>,
}

/// A directory, and whether it was closed properly.
#[derive(Debug)]
pub struct Dir {
    /// The directory.
    pub directory: LogDirectory,
    /// What its last broker left: false means that its logs have to be checked.
    pub is_clean: bool,
}

#[derive(Debug)]
struct Doomed {
    dir: usize,
    path: PathBuf,
    remove_at_ms: i64,
}

/// What a host is made of.
#[derive(Debug)]
pub struct HostParts {
    /// The data directories; at least one.
    pub dirs: Vec<Dir>,
    /// This broker.
    pub node_id: i32,
    /// The properties it was started with.
    pub fixed: std::collections::BTreeMap<String, String>,
    /// The time of day.
    pub clock: Clock,
}

impl Host {
    /// A host of nothing yet.
    pub fn new(parts: HostParts) -> Self {
        let HostParts {
            dirs,
            node_id,
            fixed,
            clock,
        } = parts;
        Self {
            dirs,
            node_id,
            fixed,
            partitions: Arc::default(),
            clock,
            doomed: Mutex::default(),
        }
    }

    /// The data directories.
    pub fn dirs(&self) -> impl Iterator<Item = &LogDirectory> {
        self.dirs.iter().map(|dir| &dir.directory)
    }

    /// Opens what the directories hold of `image`, creates what they lack, and sets aside what the cluster does not know.
    /// Blocks.
    ///
    /// # Errors
    /// When a directory cannot be read, or a log cannot be opened.
    pub fn open(&self, image: &Image, threads: usize) -> Result<(), storage::Error> {
        let mut opened_here = Vec::new();
        for dir in &self.dirs {
            let options = OpenLogs {
                is_clean: dir.is_clean,
                threads,
                now_ms: self.clock.now_ms(),
            };
            let (known, strays) = self.sort(dir, image)?;
            for (partition, opened) in dir.directory.open_logs(known, &options)? {
                opened_here.extend(hosted(image, partition, opened?));
            }
            for (partition, opened) in dir.directory.open_logs(strays, &options)? {
                warn!(%partition, "set aside: the cluster has no such partition");
                dir.directory
                    .retire(&*opened?, Retired::Stray, random_id())?;
            }
        }
        let found = opened_here.len();
        self.partitions.add(opened_here);
        let missing: Vec<_> = image
            .topics()
            .flat_map(|topic| topic.partitions.keys().map(move |index| (topic, *index)))
            .filter(|(topic, index)| self.partitions.get(&topic.name, *index).is_none())
            .collect();
        let created = missing.len();
        let mut new = Vec::with_capacity(created);
        for (topic, index) in missing {
            new.extend(self.create(image, topic, index, &new)?);
        }
        self.partitions.add(new);
        info!(found, created, "partitions are open");
        Ok(())
    }

    /// The logs of a directory that belong to `image`, and those that do not; without the metadata's own.
    #[expect(
        clippy::type_complexity,
        reason = "two lists of the same kind, used at once"
    )]
    fn sort(
        &self,
        dir: &Dir,
        image: &Image,
    ) -> Result<
        (
            Vec<(TopicPartition, LogConfig)>,
            Vec<(TopicPartition, LogConfig)>,
        ),
        storage::Error,
    > {
        let (mut known, mut strays) = (Vec::new(), Vec::new());
        for found in dir.directory.logs()? {
            if found.partition.topic == METADATA_TOPIC {
                continue;
            }
            let topic = image.topic(&found.partition.topic).filter(|topic| {
                found.topic_id.is_none_or(|id| id == topic.id)
                    && topic.partitions.contains_key(&found.partition.partition)
            });
            match topic {
                Some(topic) => known.push((found.partition, self.log_config(image, topic))),
                None => strays.push((found.partition, LogConfig::default())),
            }
        }
        Ok((known, strays))
    }

    fn log_config(&self, image: &Image, topic: &Topic) -> LogConfig {
        let fallbacks = Fallbacks {
            image,
            node_id: self.node_id,
            fixed: &self.fixed,
        };
        fallbacks.topic_config(&topic.configs).map_or_else(
            |error| {
                // Values are checked before they are recorded; a default that contradicts a topic is all this can be.
                error!(topic = %topic.name, %error, "the defaults apply");
                LogConfig::default()
            },
            |config| log_config(&config),
        )
    }

    /// Creates a partition; `new` are those created before it that are not in use yet.
    fn create(
        &self,
        image: &Image,
        topic: &Topic,
        index: i32,
        new: &[Arc<Partition>],
    ) -> Result<Option<Arc<Partition>>, storage::Error> {
        let name = TopicPartition::new(&*topic.name, index);
        let Some(dir) = self.emptiest(new) else {
            return Ok(None);
        };
        let config = self.log_config(image, topic);
        let log = dir
            .directory
            .create_log(&name, topic.id, config, self.clock.now_ms())?;
        Ok(hosted(image, name, log))
    }

    /// The directory with the fewest partitions, those just created included, as Kafka chooses.
    fn emptiest(&self, new: &[Arc<Partition>]) -> Option<&Dir> {
        if self.dirs.len() == 1 {
            return self.dirs.first();
        }
        let partitions = self.partitions.all();
        let held = |dir: &Dir| {
            let is_in =
                |partition: &&Arc<Partition>| partition.log.dir().starts_with(dir.directory.path());
            partitions.iter().chain(new).filter(is_in).count()
        };
        self.dirs.iter().min_by_key(|dir| held(dir))
    }

    /// Brings the partitions in line with `image`. Blocks.
    pub fn follow(&self, image: &Image, delta: &Delta) {
        for topic in &delta.deleted_topics {
            self.delete(topic);
        }
        let mut new = Vec::new();
        for (id, indexes) in &delta.partitions {
            let Some(topic) = image.topic_by_id(*id) else {
                continue;
            };
            for index in indexes {
                if self.partitions.get(&topic.name, *index).is_some() {
                    continue;
                }
                match self.create(image, topic, *index, &new) {
                    Ok(created) => new.extend(created),
                    Err(error) => {
                        error!(topic = %topic.name, partition = index, error = %chain(&error), "cannot create the partition");
                    }
                }
            }
        }
        self.partitions.add(new);
        // A change of what topics fall back on may concern any of them.
        let reconfigured: Vec<_> = if delta.configs.is_empty() {
            delta
                .topic_configs
                .iter()
                .filter_map(|id| image.topic_by_id(*id))
                .collect()
        } else {
            image.topics().collect()
        };
        for topic in reconfigured {
            let config = self.log_config(image, topic);
            if let Some(hosted) = self.partitions.index().by_id(topic.id) {
                hosted
                    .partitions()
                    .for_each(|partition| partition.log.set_config(config.clone()));
            }
        }
    }

    fn delete(&self, topic: &Topic) {
        for partition in self.partitions.remove(topic.id) {
            partition.wake();
            let holder = |dir: &Dir| partition.log.dir().starts_with(dir.directory.path());
            let Some(dir) = self.dirs.iter().position(holder) else {
                continue;
            };
            let Some(directory) = self.dirs.get(dir).map(|dir| &dir.directory) else {
                continue;
            };
            match directory.retire(&partition.log, Retired::Deleted, random_id()) {
                Ok(path) => {
                    let delay_ms = partition.log.config().file_delete_delay_ms;
                    let remove_at_ms = self.clock.now_ms().saturating_add(delay_ms);
                    self.doomed().push(Doomed {
                        dir,
                        path,
                        remove_at_ms,
                    });
                }
                Err(error) => {
                    error!(partition = %partition.name, error = %chain(&error), "cannot remove the deleted partition");
                }
            }
        }
    }

    /// Does something with every log. One that was deleted meanwhile may have no files any more, and nobody minds.
    fn for_each_log(&self, failure: &str, work: impl Fn(&Log) -> Result<(), storage::Error>) {
        for partition in self.partitions.all() {
            let name = &partition.name;
            let Err(error) = work(&partition.log) else {
                continue;
            };
            let hosted = self.partitions.get(&name.topic, name.partition);
            if hosted.is_some_and(|hosted| Arc::ptr_eq(&hosted, &partition)) {
                error!(partition = %name, error = %chain(&error), "{failure}");
            }
        }
    }

    /// Removes segments that retention lets go. Blocks.
    pub fn apply_retention(&self) {
        let now_ms = self.clock.now_ms();
        self.for_each_log("cannot delete old segments", |log| {
            let count = log.delete_old_segments(now_ms)?;
            if count > 0 {
                info!(partition = %log.partition(), count, "old segments deleted");
            }
            Ok(())
        });
    }

    /// Forgets idempotent producers that have been silent for this long. Blocks.
    pub fn expire_producers(&self, expiration_ms: i64) {
        let now_ms = self.clock.now_ms();
        self.partitions
            .all()
            .iter()
            .for_each(|partition| partition.log.expire_producers(now_ms, expiration_ms));
    }

    /// Removes the files of segments and topics whose time has come. Blocks.
    pub fn remove_deleted(&self) {
        let now_ms = self.clock.now_ms();
        self.for_each_log("cannot remove deleted segments", |log| {
            log.remove_deleted(now_ms)
        });
        let mut due = Vec::new();
        self.doomed().retain_mut(|doomed| {
            let is_due = doomed.remove_at_ms <= now_ms;
            if is_due {
                due.push((doomed.dir, std::mem::take(&mut doomed.path)));
            }
            !is_due
        });
        for (dir, path) in due {
            let Some(dir) = self.dirs.get(dir) else {
                continue;
            };
            if let Err(error) = dir.directory.remove_retired(&path) {
                error!(path = %path.display(), error = %chain(&error), "cannot remove a deleted partition");
            }
        }
    }

    /// Makes logs durable that are due for it (`flush.ms`), and finishes closed segments. Blocks.
    pub fn flush_due(&self) {
        let now_ms = self.clock.now_ms();
        self.for_each_log("cannot write to disk", |log| {
            log.flush_if_due(now_ms)?;
            log.checkpoint()
        });
    }

    /// Writes down the high watermarks. Blocks.
    pub fn checkpoint_high_watermarks(&self) {
        self.for_each_dir(LogDirectory::write_high_watermarks);
    }

    /// Writes down how far logs are flushed and where they begin. Blocks.
    pub fn checkpoint_offsets(&self) {
        self.for_each_dir(LogDirectory::write_offsets);
    }

    fn for_each_dir(
        &self,
        write: impl Fn(&LogDirectory, &[Arc<Log>]) -> Result<(), storage::Error>,
    ) {
        let partitions = self.partitions.all();
        for dir in &self.dirs {
            let logs: Vec<_> = partitions
                .iter()
                .map(|partition| &partition.log)
                .filter(|log| log.dir().starts_with(dir.directory.path()))
                .map(Arc::clone)
                .collect();
            if let Err(error) = write(&dir.directory, &logs) {
                error!(dir = %dir.directory.path().display(), error = %chain(&error), "cannot write a checkpoint");
            }
        }
    }

    /// Closes every log and marks the directories as properly closed. Blocks.
    ///
    /// # Errors
    /// With the first log that could not be closed; the next start will check its directory.
    pub fn close(&self, broker_epoch: i64) -> Result<(), storage::Error> {
        let mut outcome = Ok(());
        for partition in self.partitions.all() {
            if let Err(error) = partition.log.close() {
                error!(partition = %partition.name, error = %chain(&error), "cannot close the log");
                outcome = outcome.and(Err(error));
            }
        }
        self.checkpoint_high_watermarks();
        self.checkpoint_offsets();
        outcome?;
        self.dirs
            .iter()
            .try_for_each(|dir| dir.directory.mark_clean_shutdown(broker_epoch))
    }

    fn doomed(&self) -> std::sync::MutexGuard<'_, Vec<Doomed>> {
        self.doomed.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The topic of the metadata log.
pub const METADATA_TOPIC: &str = "__cluster_metadata";

/// An id at random that Kafka would hand out.
pub fn random_id() -> Uuid {
    loop {
        let id = Uuid::from_bytes(*uuid::Uuid::new_v4().as_bytes());
        if id.is_usable() {
            return id;
        }
    }
}

/// An error and its causes on one line.
pub fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text.push_str(": ");
        text.push_str(&error.to_string());
        cause = error.source();
    }
    text
}

/// A partition with the epoch of its leader, which is this broker.
fn hosted(image: &Image, name: TopicPartition, log: Arc<Log>) -> Option<Arc<Partition>> {
    let topic = image.topic(&name.topic)?;
    let leader_epoch = topic.partitions.get(&name.partition)?.leader_epoch;
    log.assign_epoch(leader_epoch);
    // The only replica has everything that every replica has.
    log.set_high_watermark(log.log_end_offset());
    Some(Partition::new(name, topic.id, leader_epoch, log))
}

/// How a log is kept under the settings of its topic.
fn log_config(config: &TopicConfig) -> LogConfig {
    let size = |bytes: i64| u64::try_from(bytes).unwrap_or(0);
    LogConfig {
        segment_bytes: size(config.segment_bytes),
        segment_ms: config.segment_ms,
        segment_jitter_ms: config.segment_jitter_ms,
        segment_index_bytes: size(config.segment_index_bytes),
        index_interval_bytes: size(config.index_interval_bytes),
        retention_ms: config.retention_ms,
        retention_bytes: config.retention_bytes,
        max_message_bytes: size(config.max_message_bytes),
        timestamp_type: if config.is_log_append_time {
            TimestampType::LogAppendTime
        } else {
            TimestampType::CreateTime
        },
        timestamp_before_max_ms: config.message_timestamp_before_max_ms,
        timestamp_after_max_ms: config.message_timestamp_after_max_ms,
        delete: config.is_deleted,
        compact: config.is_compacted,
        compression: compression(config),
        flush_messages: config.flush_messages,
        flush_ms: config.flush_ms,
        file_delete_delay_ms: config.file_delete_delay_ms,
        preallocate: config.preallocate,
    }
}

/// `compression.type` with its level; `None` for `producer`, which takes batches as they come.
fn compression(config: &TopicConfig) -> Option<Compression> {
    let (codec, level) = match config.compression_type.as_str() {
        "uncompressed" => (Codec::None, None),
        "gzip" => (Codec::Gzip, Some(config.compression_gzip_level)),
        "snappy" => (Codec::Snappy, None),
        "lz4" => (Codec::Lz4, Some(config.compression_lz4_level)),
        "zstd" => (Codec::Zstd, Some(config.compression_zstd_level)),
        _ => return None,
    };
    Some(Compression {
        codec,
        level: level.and_then(|level| i32::try_from(level).ok()),
    })
}
