//! Starting a broker: sockets, directories, metadata, partitions, coordinators; in this order, and nothing is served
//! before all of it is there.

use std::io;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use tokio::net::{TcpListener, lookup_host};
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tracing::info;

use super::clock::Clock;
use super::config::{BrokerConfig, HostPort, Listener, keys};
use super::connection::Limits;
use super::controller::brokers::{self, Registration};
use super::controller::{BrokerKey, Rules, View, features};
use super::controller_task::{Controller, Parts, Publisher};
use super::coordinator::GroupCoordinators;
use super::group::TopicDeleted;
use super::hosting::{Dir, Host, HostParts, METADATA_TOPIC, random_id};
use super::metadata::{Delta, Draft, Endpoint, Image, MetadataRecord};
use super::metadata_log::{Alone, MetadataLog, MetadataLogError};
use super::output::RangeMethod;
use super::producer_ids::ProducerIds;
use super::server::{self, Door, Room};
use super::{Broker, RunningBroker, maintenance};
use crate::protocol::{TopicPartition, Uuid};
use crate::storage::log_dir::OpenLogs;
use crate::storage::{self, Disk, Log, LogConfig, LogDirectory, MetaProperties, RealDisk};

/// Why a broker does not start, or does not stop cleanly.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The address of a listener cannot be found.
    #[error("cannot find out where listener {listener}, host {host:?}, is")]
    Resolve {
        /// Its name.
        listener: String,
        /// Its host.
        host: String,
        /// Why not.
        source: io::Error,
    },
    /// Its port is taken, or not allowed.
    #[error("cannot listen on {address}{}", hint_for(source))]
    Bind {
        /// Where.
        address: SocketAddr,
        /// Why not.
        source: io::Error,
    },
    /// A data directory cannot be used.
    #[error(transparent)]
    Storage(#[from] storage::Error),
    /// The cluster's metadata cannot be used.
    #[error(transparent)]
    Metadata(#[from] MetadataLogError),
    /// Work that was handed to another thread did not end.
    #[error("interrupted")]
    Interrupted,
}

fn hint_for(error: &io::Error) -> &'static str {
    match error.kind() {
        io::ErrorKind::AddrInUse => {
            " (another process does; choose another port with --port, or 0 for any free one)"
        }
        io::ErrorKind::PermissionDenied => " (ports below 1024 need privileges)",
        _ => "",
    }
}

impl Broker {
    /// Starts a broker that serves clients when this returns.
    ///
    /// # Errors
    /// When a socket, a data directory or the metadata cannot be used.
    pub async fn start(config: BrokerConfig) -> Result<RunningBroker, StartError> {
        Self::start_at(config, Clock::default()).await
    }

    /// Starts a broker with a clock of the caller's.
    ///
    /// # Errors
    /// As [`Broker::start`].
    pub async fn start_at(config: BrokerConfig, clock: Clock) -> Result<RunningBroker, StartError> {
        let (listeners, endpoints) = bind_all(&config.listeners).await?;
        let mut foundation = {
            let (config, clock) = (config.clone(), clock.clone());
            off_worker(move || lay_foundation(&config, clock)).await?
        };
        let epoch = foundation.register(&config, endpoints).await?;
        let Foundation {
            host, log, image, ..
        } = foundation;
        let (opened, host_image, threads) = (
            Arc::clone(&host),
            image.clone(),
            config.num_recovery_threads_per_data_dir,
        );
        off_worker(move || Ok(opened.open(&host_image, threads)?)).await?;

        let stopping = CancellationToken::new();
        let groups = GroupCoordinators::new(&config, clock.clone(), stopping.clone());
        let groups = Arc::new(groups);
        let (controller_tasks, stop_controller) = (TaskTracker::new(), CancellationToken::new());
        let metadata_log = Arc::clone(log.log());
        let parts = Parts {
            log,
            publisher: Follower {
                host: Arc::clone(&host),
                groups: Arc::clone(&groups),
            },
            rules: rules_of(&config),
            clock: clock.clone(),
        };
        let (controller, task) = Controller::new(image, parts);
        controller_tasks.spawn(stop_controller.clone().run_until_cancelled_owned(task));

        let limits = Limits {
            frame_bytes_max: config.sockets.request_max_bytes,
            idle: config.sockets.max_idle.unwrap_or(Duration::MAX),
            range_method: if config.zero_copy {
                RangeMethod::Sendfile
            } else {
                RangeMethod::Copy
            },
        };
        let partitions = Arc::clone(&host.partitions);
        groups.load_all(&partitions);
        let broker = Arc::new(Self {
            request_room: request_room(&config),
            config,
            limits,
            host,
            partitions,
            controller,
            groups,
            producer_ids: ProducerIds::default(),
            clock,
            stopping,
        });
        let (tasks, addresses) = serve(&broker, listeners);
        Ok(RunningBroker {
            broker,
            addresses,
            tasks,
            controller: controller_tasks,
            stop_controller,
            metadata_log,
            epoch,
        })
    }
}

fn serve(
    broker: &Arc<Broker>,
    listeners: Vec<(TcpListener, SocketAddr)>,
) -> (TaskTracker, Vec<SocketAddr>) {
    let tasks = TaskTracker::new();
    let stop = &broker.stopping;
    tasks.spawn(maintenance::run(
        Arc::clone(&broker.host),
        broker.config.clone(),
        stop.clone(),
    ));
    let mut addresses = Vec::with_capacity(listeners.len());
    let names = broker
        .config
        .listeners
        .iter()
        .map(|listener| listener.name.clone());
    let room = Arc::new(Room::new(&broker.config.sockets));
    for ((socket, address), name) in listeners.into_iter().zip(names) {
        addresses.push(address);
        tasks.spawn(server::accept(
            Arc::clone(broker),
            Door {
                socket,
                name,
                room: Arc::clone(&room),
            },
            tasks.clone(),
            stop.clone(),
        ));
    }
    (tasks, addresses)
}

/// Runs what blocks away from the runtime's workers.
pub(super) async fn off_worker<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, StartError> + Send + 'static,
) -> Result<T, StartError> {
    tokio::task::spawn_blocking(work)
        .await
        .unwrap_or(Err(StartError::Interrupted))
}

/// Binds every listener, so that a port that is taken is known before anything is touched.
async fn bind_all(
    listeners: &[Listener],
) -> Result<(Vec<(TcpListener, SocketAddr)>, Vec<Endpoint>), StartError> {
    let (mut bound, mut endpoints) = (Vec::new(), Vec::new());
    for listener in listeners {
        let address = resolve(listener).await?;
        let bind = |source| StartError::Bind { address, source };
        let socket = TcpListener::bind(address).await.map_err(bind)?;
        let address = socket.local_addr().map_err(bind)?;
        let HostPort { host, port } = listener.advertised.clone().unwrap_or_else(|| HostPort {
            host: listener.bind.host.clone(),
            port: listener.bind.port,
        });
        let is_anywhere = host.is_empty() || host == "0.0.0.0" || host == "::";
        endpoints.push(Endpoint {
            listener: listener.name.clone(),
            host: if is_anywhere {
                "localhost".to_owned()
            } else {
                host
            },
            port: if port == 0 { address.port() } else { port },
            security_protocol: 0,
        });
        bound.push((socket, address));
    }
    Ok((bound, endpoints))
}

async fn resolve(listener: &Listener) -> Result<SocketAddr, StartError> {
    let HostPort { host, port } = &listener.bind;
    let host = if host.is_empty() { "0.0.0.0" } else { host };
    let failed = |source| StartError::Resolve {
        listener: listener.name.clone(),
        host: host.to_owned(),
        source,
    };
    let mut found = lookup_host((host, *port)).await.map_err(failed)?;
    found
        .next()
        .ok_or_else(|| failed(io::ErrorKind::NotFound.into()))
}

/// What a broker stands on.
struct Foundation {
    host: Arc<Host>,
    log: Alone,
    image: Image,
    is_clean: bool,
    directory_ids: Vec<Uuid>,
    clock: Clock,
}

/// Locks the data directories, formats those that are new, and reads the metadata. Blocks.
fn lay_foundation(config: &BrokerConfig, clock: Clock) -> Result<Foundation, StartError> {
    let disk: Arc<dyn Disk> = Arc::new(RealDisk);
    let mut directories = Vec::new();
    for path in &config.log_dirs {
        directories.push(LogDirectory::open(Arc::clone(&disk), path)?);
    }
    let cluster_id = directories
        .iter()
        .find_map(|directory| directory.meta().map(|meta| meta.cluster_id.clone()))
        .unwrap_or_else(|| random_id().to_string());
    let (mut dirs, mut directory_ids) = (Vec::new(), Vec::new());
    for mut directory in directories {
        let directory_id = directory
            .meta()
            .map_or_else(|| Some(random_id()), |meta| meta.directory_id);
        directory.claim(&MetaProperties {
            cluster_id: cluster_id.clone(),
            node_id: config.node_id,
            directory_id,
        })?;
        directory_ids.extend(directory_id);
        let is_clean = directory.take_clean_shutdown()?.is_some();
        dirs.push(Dir {
            directory,
            is_clean,
        });
    }
    let is_clean = dirs.iter().all(|dir| dir.is_clean);
    let metadata = open_metadata(&disk, &dirs, &config.metadata_log_dir, clock.now_ms())?;
    let (log, image, _delta) = Alone::open(metadata, &*disk, &Image::empty(cluster_id))?;
    let parts = HostParts {
        dirs,
        node_id: config.node_id,
        fixed: config.given.clone(),
        clock: clock.clone(),
    };
    Ok(Foundation {
        host: Arc::new(Host::new(parts)),
        log,
        image,
        is_clean,
        directory_ids,
        clock,
    })
}

fn open_metadata(
    disk: &Arc<dyn Disk>,
    dirs: &[Dir],
    metadata_dir: &Path,
    now_ms: i64,
) -> Result<Arc<Log>, storage::Error> {
    let name = TopicPartition::new(METADATA_TOPIC, 0);
    let config = LogConfig {
        delete: false,
        ..LogConfig::default()
    };
    match dirs.iter().find(|dir| dir.directory.path() == metadata_dir) {
        Some(dir)
            if dir
                .directory
                .logs()?
                .iter()
                .any(|found| found.partition == name) =>
        {
            let options = OpenLogs {
                is_clean: dir.is_clean,
                threads: 1,
                now_ms,
            };
            let opened = dir
                .directory
                .open_logs(vec![(name.clone(), config.clone())], &options)?;
            match opened.into_iter().next() {
                Some((_, log)) => log,
                None => dir
                    .directory
                    .create_log(&name, Uuid::METADATA_TOPIC, config, now_ms),
            }
        }
        Some(dir) => dir
            .directory
            .create_log(&name, Uuid::METADATA_TOPIC, config, now_ms),
        None => Log::open(
            disk,
            &storage::OpenLog::new(name, metadata_path(metadata_dir), config, now_ms),
        ),
    }
}

fn metadata_path(dir: &Path) -> PathBuf {
    dir.join(format!("{METADATA_TOPIC}-0"))
}

impl Foundation {
    /// Formats the cluster if it is new, and makes this broker known to it. Returns the broker's epoch.
    async fn register(
        &mut self,
        config: &BrokerConfig,
        endpoints: Vec<Endpoint>,
    ) -> Result<i64, StartError> {
        if self.image.offset < 0 {
            self.commit(&features::new_cluster()).await?;
            info!(cluster_id = %self.image.cluster_id, "formatted a new cluster");
        }
        let rules = rules_of(config);
        let registration = Registration {
            id: config.node_id,
            incarnation_id: random_id(),
            endpoints,
            rack: config.rack.clone(),
            log_dirs: self.directory_ids.clone(),
            was_stopped_cleanly: self.is_clean,
        };
        let view = View {
            image: &self.image,
            rules: &rules,
        };
        let decision = brokers::register(view, &registration, self.image.offset + 1);
        self.commit(&decision.records).await?;
        Ok(decision.response)
    }

    async fn commit(&mut self, records: &[MetadataRecord]) -> Result<(), StartError> {
        let mut offset = self.log.propose(records, self.clock.now_ms()).await?;
        let mut draft = Draft::new(&self.image);
        for record in records {
            draft
                .apply(offset, record)
                .map_err(|source| MetadataLogError::Apply { offset, source })?;
            offset += 1;
        }
        (self.image, _) = draft.finish();
        Ok(())
    }
}

/// Room for requests, where there is a limit.
fn request_room(config: &BrokerConfig) -> Option<Arc<Semaphore>> {
    let bytes = config.sockets.queued_max_request_bytes?;
    Some(Arc::new(Semaphore::new(
        (bytes / 1024).clamp(1, Semaphore::MAX_PERMITS),
    )))
}

fn rules_of(config: &BrokerConfig) -> Rules {
    let shown = keys::KEYS
        .iter()
        .filter(|server_key| !keys::is_internal(server_key.key.name));
    let broker_key = |server_key: &'static keys::ServerKey| {
        let key = &server_key.key;
        let is_dynamic = keys::is_dynamic(key.name);
        (key.name, BrokerKey { key, is_dynamic })
    };
    let broker_keys = shown.map(broker_key).collect();
    Rules {
        node_id: config.node_id,
        num_partitions: config.num_partitions,
        default_replication_factor: config.default_replication_factor,
        delete_topic_enable: config.delete_topic_enable,
        broker_keys,
        fixed: config.given.clone(),
    }
}

/// Lets the disks and the group coordinators follow the metadata.
struct Follower {
    host: Arc<Host>,
    groups: Arc<GroupCoordinators>,
}

impl Publisher for Follower {
    async fn publish(&mut self, image: &Image, delta: Delta) {
        let deleted = delta.deleted_topics.clone();
        let (host, image) = (Arc::clone(&self.host), image.clone());
        if let Err(error) = tokio::task::spawn_blocking(move || host.follow(&image, &delta)).await {
            tracing::error!(%error, "the partitions do not follow the metadata");
        }
        for topic in deleted {
            let deleted = TopicDeleted {
                name: (&*topic.name).into(),
                id: topic.id,
            };
            self.groups
                .topic_deleted(&self.host.partitions, &deleted)
                .await;
        }
    }
}
