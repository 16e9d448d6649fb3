//! A data directory: its lock, its identity, its checkpoints, and the partitions in it.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::{io, thread};

use serde::{Deserialize, Serialize};

use super::checkpoint;
use super::config::LogConfig;
use super::disk::{Disk, DiskFile, Space};
use super::error::{At, Error};
use super::log::Log;
use super::meta_properties::{self, MetaProperties};
use super::recovery::OpenLog;
use crate::protocol::{TopicPartition, Uuid};

const LOCK: &str = ".lock";
const CLEAN_SHUTDOWN: &str = ".kafka_cleanshutdown";
const RECOVERY_POINTS: &str = "recovery-point-offset-checkpoint";
const HIGH_WATERMARKS: &str = "replication-offset-checkpoint";
const LOG_STARTS: &str = "log-start-offset-checkpoint";
const PARTITION_METADATA: &str = "partition.metadata";

/// The longest name that file systems take.
const NAME_LEN_MAX: usize = 255;

/// What a directory in a data directory is, by its name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DirName {
    /// `<topic>-<partition>`: a log.
    Log(TopicPartition),
    /// `….<id>-delete`: to be removed.
    Deleted,
    /// `….<id>-stray`: of no topic in the metadata; nothing but a person removes it.
    Stray,
    /// `….<id>-future`: on its way here from another data directory.
    Future,
    /// None of ours.
    Other,
}

/// Why a log's directory gets another name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Retired {
    /// Its topic is deleted.
    Deleted,
    /// The metadata does not know it.
    Stray,
}

/// What `.kafka_cleanshutdown` holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
struct CleanShutdown {
    version: i32,
    #[serde(rename = "brokerEpoch")]
    broker_epoch: i64,
}

/// A log found in a data directory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FoundLog {
    /// Whose it is.
    pub partition: TopicPartition,
    /// Its topic, from `partition.metadata`; `None` for a log written before topics had ids.
    pub topic_id: Option<Uuid>,
}

/// A data directory of this broker, locked as long as the value lives.
#[derive(Debug)]
pub struct LogDirectory {
    disk: Arc<dyn Disk>,
    path: PathBuf,
    meta: Option<MetaProperties>,
    _lock: Arc<dyn DiskFile>,
}

impl LogDirectory {
    /// Creates the directory if need be, and locks it against other brokers, Apache's included.
    ///
    /// # Errors
    /// [`Error::Locked`]; what the disk says; [`Error::Malformed`] for a `meta.properties` that cannot be used.
    pub fn open(disk: Arc<dyn Disk>, path: &Path) -> Result<Self, Error> {
        disk.create_dir(path).at("create", path)?;
        let lock_path = path.join(LOCK);
        let lock = match disk.lock(&lock_path) {
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                return Err(Error::Locked {
                    path: path.to_path_buf(),
                });
            }
            locked => locked.at("lock", &lock_path)?,
        };
        let meta = meta_properties::read(&*disk, path)?;
        Ok(Self {
            disk,
            path: path.to_path_buf(),
            meta,
            _lock: lock,
        })
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Its identity; `None` if it has not been formatted.
    pub fn meta(&self) -> Option<&MetaProperties> {
        self.meta.as_ref()
    }

    /// Room on its file system.
    ///
    /// # Errors
    /// What the disk says.
    pub fn space(&self) -> Result<Space, Error> {
        self.disk.space(&self.path).at("measure", &self.path)
    }

    /// Gives a directory that has none this identity; otherwise compares.
    ///
    /// # Errors
    /// [`Error::Mismatch`] if it belongs to another cluster or node; what the disk says.
    pub fn claim(&mut self, meta: &MetaProperties) -> Result<(), Error> {
        if let Some(found) = &self.meta {
            return found.check(meta, &self.path);
        }
        meta_properties::write(&*self.disk, &self.path, meta)?;
        self.meta = Some(meta.clone());
        Ok(())
    }

    /// Reads and removes the mark of a clean shutdown: the broker's epoch then, `None` if it did not stop cleanly. A mark
    /// that cannot be read counts as none.
    ///
    /// # Errors
    /// What the disk says.
    pub fn take_clean_shutdown(&self) -> Result<Option<i64>, Error> {
        let path = self.path.join(CLEAN_SHUTDOWN);
        let bytes = match self.disk.read(&path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            read => read.at("read", &path)?,
        };
        self.disk.remove(&path).at("remove", &path)?;
        self.disk.sync_dir(&self.path).at("sync", &self.path)?;
        // Before 3.8 the mark was an empty file.
        let mark = serde_json::from_slice::<CleanShutdown>(&bytes).ok();
        Ok(mark
            .map(|mark| mark.broker_epoch)
            .or_else(|| bytes.is_empty().then_some(-1)))
    }

    /// Marks a clean shutdown; the last thing to write, after every log was closed.
    ///
    /// # Errors
    /// What the disk says.
    pub fn mark_clean_shutdown(&self, broker_epoch: i64) -> Result<(), Error> {
        let path = self.path.join(CLEAN_SHUTDOWN);
        let mark = serde_json::to_vec(&CleanShutdown {
            version: 0,
            broker_epoch,
        });
        let mark = mark.map_err(io::Error::other).at("encode", &path)?;
        self.disk.replace(&path, &mark).at("write", &path)
    }

    /// The logs in it. Directories of deleted topics left behind by an earlier run are removed.
    ///
    /// # Errors
    /// What the disk says; [`Error::Malformed`] for a `partition.metadata` that cannot be read.
    pub fn logs(&self) -> Result<Vec<FoundLog>, Error> {
        let mut found = Vec::new();
        for entry in self.disk.list(&self.path).at("list", &self.path)? {
            let path = self.path.join(&entry.name);
            match dir_name(&entry.name) {
                _ if !entry.is_dir => {}
                DirName::Log(partition) => {
                    let topic_id = read_topic_id(&*self.disk, &path)?;
                    found.push(FoundLog {
                        partition,
                        topic_id,
                    });
                }
                DirName::Deleted | DirName::Future => {
                    self.disk.remove(&path).at("remove", &path)?;
                }
                DirName::Stray | DirName::Other => {}
            }
        }
        Ok(found)
    }

    /// Opens logs that are in the directory, on at most `threads` threads; what went wrong with one does not hold up the
    /// others.
    ///
    /// # Errors
    /// If a checkpoint cannot be read; per log, as [`Log::open`].
    pub fn open_logs(
        &self,
        wanted: Vec<(TopicPartition, LogConfig)>,
        options: &OpenLogs,
    ) -> Result<Vec<OpenedLog>, Error> {
        let log_starts = self.read(LOG_STARTS)?;
        let recovery_points = self.read(RECOVERY_POINTS)?;
        let high_watermarks = self.read(HIGH_WATERMARKS)?;
        let offset = |offsets: &BTreeMap<TopicPartition, i64>, partition: &TopicPartition| {
            offsets.get(partition).copied().unwrap_or(0)
        };
        let wanted: Vec<_> = wanted
            .into_iter()
            .map(|(partition, config)| OpenLog {
                log_start_offset: offset(&log_starts, &partition),
                recovery_point: offset(&recovery_points, &partition),
                high_watermark: offset(&high_watermarks, &partition),
                is_clean: options.is_clean,
                dir: self.log_path(&partition),
                partition,
                config,
                now_ms: options.now_ms,
            })
            .collect();
        let (next, opened) = (
            AtomicUsize::new(0),
            Mutex::new(Vec::with_capacity(wanted.len())),
        );
        let work = || {
            while let Some(open) = wanted.get(next.fetch_add(1, Ordering::Relaxed)) {
                let log = Log::open(&self.disk, open);
                opened
                    .lock()
                    .unwrap_or_else(PoisonError::into_inner)
                    .push((open.partition.clone(), log));
            }
        };
        thread::scope(|scope| {
            for _ in 1..options.threads.min(wanted.len()) {
                scope.spawn(work);
            }
            work();
        });
        Ok(opened.into_inner().unwrap_or_else(PoisonError::into_inner))
    }

    /// Creates a log, or opens one that is there although nobody knew.
    ///
    /// # Errors
    /// As [`Log::open`].
    pub fn create_log(
        &self,
        partition: &TopicPartition,
        topic_id: Uuid,
        config: LogConfig,
        now_ms: i64,
    ) -> Result<Arc<Log>, Error> {
        let dir = self.log_path(partition);
        let log = Log::open(
            &self.disk,
            &OpenLog::new(partition.clone(), dir.clone(), config, now_ms),
        )?;
        let path = dir.join(PARTITION_METADATA);
        let metadata = format!("version: 0\ntopic_id: {topic_id}");
        self.disk
            .write(&path, metadata.as_bytes())
            .at("write", &path)?;
        Ok(log)
    }

    /// Takes a log out of use: its directory gets a name that says why, ending in `id`. Returns the new path, for
    /// [`LogDirectory::remove_retired`].
    ///
    /// # Errors
    /// What the disk says.
    pub fn retire(&self, log: &Log, why: Retired, id: Uuid) -> Result<PathBuf, Error> {
        log.abandon();
        let path = self.path.join(retired_name(log.partition(), why, id));
        self.disk.rename(log.dir(), &path).at("rename", log.dir())?;
        self.disk.sync_dir(&self.path).at("sync", &self.path)?;
        Ok(path)
    }

    /// Removes the directory of a log that was retired.
    ///
    /// # Errors
    /// What the disk says.
    pub fn remove_retired(&self, path: &Path) -> Result<(), Error> {
        self.disk.remove(path).at("remove", path)
    }

    /// Writes down how far each log is flushed, and where it begins if not with its first segment; durable.
    ///
    /// # Errors
    /// What the disk says.
    pub fn write_offsets(&self, logs: &[Arc<Log>]) -> Result<(), Error> {
        let starts_inside = |log: &&Arc<Log>| log.log_start_offset() > log.first_base_offset();
        let log_starts = logs.iter().filter(starts_inside);
        self.write(
            LOG_STARTS,
            &log_starts
                .map(|log| (log.partition().clone(), log.log_start_offset()))
                .collect(),
        )?;
        self.write(
            RECOVERY_POINTS,
            &logs
                .iter()
                .map(|log| (log.partition().clone(), log.recovery_point()))
                .collect(),
        )
    }

    /// Writes down the high watermark of each log; durable.
    ///
    /// # Errors
    /// What the disk says.
    pub fn write_high_watermarks(&self, logs: &[Arc<Log>]) -> Result<(), Error> {
        self.write(
            HIGH_WATERMARKS,
            &logs
                .iter()
                .map(|log| (log.partition().clone(), log.high_watermark()))
                .collect(),
        )
    }

    /// Where the log of a partition is.
    pub fn log_path(&self, partition: &TopicPartition) -> PathBuf {
        self.path
            .join(format!("{}-{}", partition.topic, partition.partition))
    }

    fn read(&self, name: &str) -> Result<BTreeMap<TopicPartition, i64>, Error> {
        checkpoint::read_offsets(&*self.disk, &self.path.join(name))
    }

    fn write(&self, name: &str, offsets: &BTreeMap<TopicPartition, i64>) -> Result<(), Error> {
        checkpoint::write_offsets(&*self.disk, &self.path.join(name), offsets)
    }
}

/// How [`LogDirectory::open_logs`] opens.
#[derive(Debug, Clone, Copy)]
pub struct OpenLogs {
    /// What [`LogDirectory::take_clean_shutdown`] said.
    pub is_clean: bool,
    /// `num.recovery.threads.per.data.dir`.
    pub threads: usize,
    /// The time.
    pub now_ms: i64,
}

/// A log that was to be opened, and how that went.
pub type OpenedLog = (TopicPartition, Result<Arc<Log>, Error>);

/// What a directory is.
pub fn dir_name(name: &str) -> DirName {
    for (suffix, kind) in [
        ("-delete", DirName::Deleted),
        ("-stray", DirName::Stray),
        ("-future", DirName::Future),
    ] {
        let id = name
            .strip_suffix(suffix)
            .and_then(|rest| rest.rsplit_once('.'));
        if id.is_some_and(|(_, id)| {
            id.len() == 32 && id.bytes().all(|byte| byte.is_ascii_hexdigit())
        }) {
            return kind;
        }
    }
    let partition = name.rsplit_once('-').and_then(|(topic, partition)| {
        let is_number =
            !partition.is_empty() && partition.bytes().all(|byte| byte.is_ascii_digit());
        let partition = is_number.then(|| partition.parse().ok())??;
        (!topic.is_empty()).then(|| TopicPartition {
            topic: topic.to_owned(),
            partition,
        })
    });
    partition.map_or(DirName::Other, DirName::Log)
}

/// The name of a directory that is out of use (`LocalLog.logDirNameWithSuffix`): the topic is cut if need be.
fn retired_name(partition: &TopicPartition, why: Retired, id: Uuid) -> String {
    let suffix = match why {
        Retired::Deleted => "delete",
        Retired::Stray => "stray",
    };
    let end = format!(".{:032x}-{suffix}", u128::from_be_bytes(*id.as_bytes()));
    let mut name = format!("{}-{}", partition.topic, partition.partition);
    // Topic names are ASCII, so this never cuts inside a character.
    name.truncate(NAME_LEN_MAX.saturating_sub(end.len()));
    name + &end
}

fn read_topic_id(disk: &dyn Disk, dir: &Path) -> Result<Option<Uuid>, Error> {
    let path = dir.join(PARTITION_METADATA);
    let bytes = match disk.read(&path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        read => read.at("read", &path)?,
    };
    let text = String::from_utf8_lossy(&bytes);
    let id = text.lines().find_map(|line| line.strip_prefix("topic_id:"));
    match id.map(|id| id.trim().parse()) {
        Some(Ok(id)) => Ok(Some(id)),
        // A crash may have left an empty file.
        None if bytes.is_empty() => Ok(None),
        _ => Err(Error::malformed(&path, "expected a line topic_id: ID")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::storage::{FaultyDisk, RealDisk};

    fn partition(topic: &str, partition: i32) -> TopicPartition {
        TopicPartition {
            topic: topic.to_owned(),
            partition,
        }
    }

    fn meta() -> MetaProperties {
        let directory_id = Some(Uuid::from_bytes([7; 16]));
        MetaProperties {
            cluster_id: "a=cluster".to_owned(),
            node_id: 3,
            directory_id,
        }
    }

    #[test]
    fn a_directory_belongs_to_one_broker_at_a_time() {
        let disk: Arc<dyn Disk> = Arc::new(FaultyDisk::new());
        let path = Path::new("/data");
        let first = LogDirectory::open(Arc::clone(&disk), path).unwrap();
        let error = LogDirectory::open(Arc::clone(&disk), path).unwrap_err();
        assert_eq!(
            error.to_string(),
            "data directory /data is in use by another broker; stop that broker or choose another directory"
        );
        drop(first);
        LogDirectory::open(disk, path).unwrap();
    }

    #[test]
    fn a_directory_belongs_to_one_cluster_and_node() {
        let disk: Arc<dyn Disk> = Arc::new(FaultyDisk::new());
        let path = Path::new("/data");
        let open = || LogDirectory::open(Arc::clone(&disk), path).unwrap();
        assert_eq!(open().meta(), None);
        open().claim(&meta()).unwrap();
        let text = String::from_utf8(disk.read(&path.join("meta.properties")).unwrap()).unwrap();
        assert_eq!(
            text,
            "version=1\ncluster.id=a\\=cluster\nnode.id=3\ndirectory.id=BwcHBwcHBwcHBwcHBwcHBw\n"
        );
        assert_eq!(open().meta(), Some(&meta()));
        open().claim(&meta()).unwrap();
        let error = open()
            .claim(&MetaProperties {
                node_id: 4,
                ..meta()
            })
            .unwrap_err()
            .to_string();
        assert_eq!(
            error,
            "data directory /data belongs to node.id 3, not to 4; choose another directory or set node.id=3"
        );
        assert!(
            open()
                .claim(&MetaProperties {
                    cluster_id: "b".to_owned(),
                    ..meta()
                })
                .is_err()
        );
        for (text, needle) in [
            ("version=1\nnode.id=1\n", "no cluster.id"),
            (
                "version=1\ncluster.id=c\nnode.id=x\n",
                "node.id: invalid digit",
            ),
            ("", "no version"),
        ] {
            disk.write(&path.join("meta.properties"), text.as_bytes())
                .unwrap();
            let error = LogDirectory::open(Arc::clone(&disk), path)
                .unwrap_err()
                .to_string();
            assert!(error.contains(needle), "{error}");
        }
    }

    #[test]
    fn the_mark_of_a_clean_shutdown_is_taken_once() {
        let disk: Arc<dyn Disk> = Arc::new(FaultyDisk::new());
        let directory = LogDirectory::open(Arc::clone(&disk), Path::new("/data")).unwrap();
        assert_eq!(directory.take_clean_shutdown().unwrap(), None);
        directory.mark_clean_shutdown(11).unwrap();
        assert_eq!(
            disk.read(Path::new("/data/.kafka_cleanshutdown")).unwrap(),
            br#"{"version":0,"brokerEpoch":11}"#
        );
        assert_eq!(directory.take_clean_shutdown().unwrap(), Some(11));
        assert_eq!(directory.take_clean_shutdown().unwrap(), None);
    }

    #[test]
    fn names_tell_what_a_directory_is() {
        let id = "0123456789abcdef0123456789abcdef";
        for (name, expected) in [
            ("t-0", DirName::Log(partition("t", 0))),
            ("a-b.c-12", DirName::Log(partition("a-b.c", 12))),
            ("t", DirName::Other),
            ("t-", DirName::Other),
            ("-1", DirName::Other),
            ("t-+1", DirName::Other),
            ("t-99999999999", DirName::Other),
            (&format!("t-0.{id}-delete"), DirName::Deleted),
            (&format!("t-0.{id}-stray"), DirName::Stray),
            (&format!("t-0.{id}-future"), DirName::Future),
            ("t-0.1-delete", DirName::Other),
        ] {
            assert_eq!(dir_name(name), expected, "{name}");
        }
        let name = retired_name(
            &partition(&"t".repeat(249), 0),
            Retired::Deleted,
            Uuid::ZERO,
        );
        assert_eq!((name.len(), dir_name(&name)), (255, DirName::Deleted));
    }

    #[test]
    fn logs_are_created_found_opened_and_retired() {
        let dir = tempfile::tempdir().unwrap();
        let directory = LogDirectory::open(Arc::new(RealDisk), dir.path()).unwrap();
        let (topic_id, config) = (Uuid::from_bytes([9; 16]), LogConfig::default());
        let logs: Vec<_> = (0..5)
            .map(|number| {
                directory
                    .create_log(&partition("t", number), topic_id, config.clone(), 0)
                    .unwrap()
            })
            .collect();
        directory.write_offsets(&logs).unwrap();
        directory.write_high_watermarks(&logs).unwrap();
        let found = directory.logs().unwrap();
        assert_eq!(found.len(), 5);
        assert!(found.iter().all(|found| found.topic_id == Some(topic_id)));
        let wanted = found
            .into_iter()
            .map(|found| (found.partition, config.clone()))
            .collect();
        let opened = directory
            .open_logs(
                wanted,
                &OpenLogs {
                    is_clean: false,
                    threads: 3,
                    now_ms: 0,
                },
            )
            .unwrap();
        assert!(opened.len() == 5 && opened.iter().all(|(_, log)| log.is_ok()));
        let retired = directory
            .retire(&logs[0], Retired::Deleted, Uuid::from_bytes([1; 16]))
            .unwrap();
        assert!(retired.exists() && directory.logs().unwrap().len() == 4 && !retired.exists());
        let stray = directory
            .retire(&logs[1], Retired::Stray, Uuid::from_bytes([1; 16]))
            .unwrap();
        assert!(directory.logs().unwrap().len() == 3 && stray.exists());
        directory.remove_retired(&stray).unwrap();
        assert!(!stray.exists());
        std::fs::write(dir.path().join("replication-offset-checkpoint"), "nonsense").unwrap();
        let opened = directory.open_logs(
            Vec::new(),
            &OpenLogs {
                is_clean: false,
                threads: 3,
                now_ms: 0,
            },
        );
        assert!(
            opened
                .unwrap_err()
                .to_string()
                .contains("replication-offset-checkpoint is malformed: line 1")
        );
    }
}
