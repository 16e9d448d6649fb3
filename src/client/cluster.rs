//! The way to a cluster's brokers: bootstrap, metadata, one connection per broker, who coordinates a group.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::OnceCell;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep};

use super::config::ClientConfig;
use super::error::{Error, check};
use super::metadata::{Broker, Metadata, address};
use super::retry::Retry;
use crate::net::{self, Address, Backoff, Connection};
use crate::protocol::messages::{
    FindCoordinatorRequest, FindCoordinatorResponse, FindCoordinatorResponseCoordinator,
    MetadataRequest, MetadataRequestTopic, Request,
};
use crate::protocol::{ErrorCode, Uuid};

/// How long all bootstrap servers may refuse before that is the answer. A person who got a host wrong should not wait
/// for `default.api.timeout.ms`.
const BOOTSTRAP_PATIENCE: Duration = Duration::from_secs(1);

/// How long connections may fail before anything is said of it.
const SILENT_RETRIES: Duration = Duration::from_secs(2);

/// A cluster. Clones share connections and metadata.
#[derive(Debug, Clone)]
pub struct Cluster {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    config: ClientConfig,
    options: net::Options,
    connections: Mutex<HashMap<(i32, Lane), Slot>>,
    metadata: Mutex<Arc<Metadata>>,
    coordinators: Mutex<HashMap<String, i32>>,
    outage: Mutex<Option<Outage>>,
}

/// Connections fail, one after the other.
#[derive(Debug)]
struct Outage {
    since: Instant,
    tries: u32,
    is_told: bool,
}

/// The place of a connection that somebody may be making just now.
type Slot = Arc<OnceCell<Connection>>;

/// Requests that a broker may leave unanswered for long go over connections of their own, for a broker serves a
/// connection strictly in order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Lane {
    /// Everything that is answered at once.
    Prompt,
    /// Fetch.
    Fetch,
    /// Group membership.
    Group,
}

/// Which topics to ask metadata of.
#[derive(Debug, Clone, Copy)]
pub enum Topics<'t> {
    /// All there are.
    All,
    /// None: only the brokers.
    None,
    /// These.
    Named(&'t [String]),
    /// Those with these ids; needs brokers of 3.1 or later.
    Ids(&'t [Uuid]),
}

impl Cluster {
    /// Finds a bootstrap server that answers.
    ///
    /// # Errors
    /// [`Error::Unreachable`] if none does, after about a second; at once if one is no Kafka broker.
    pub async fn connect(config: ClientConfig) -> Result<Self, Error> {
        let cluster = Self {
            shared: Arc::new(Shared {
                options: config.connection_options(),
                config,
                connections: Mutex::default(),
                metadata: Mutex::default(),
                coordinators: Mutex::default(),
                outage: Mutex::default(),
            }),
        };
        cluster.bootstrap().await?;
        Ok(cluster)
    }

    /// The configuration it was made with.
    pub fn config(&self) -> &ClientConfig {
        &self.shared.config
    }

    /// What is known so far.
    pub fn metadata(&self) -> Arc<Metadata> {
        Arc::clone(&lock(&self.shared.metadata))
    }

    async fn bootstrap(&self) -> Result<(), Error> {
        let started = Instant::now();
        let config = &self.shared.config;
        let mut backoff = Backoff::new(config.retry_backoff, config.retry_backoff_max);
        loop {
            let mut failures = Vec::new();
            for id in self.bootstrap_ids() {
                match self.lane(id, Lane::Prompt).await {
                    Ok(_connection) => return Ok(()),
                    Err(Error::Net(failure)) => failures.push(failure),
                    Err(other) => return Err(other),
                }
            }
            let is_final = !failures.iter().any(net::Error::is_retriable);
            let pause = backoff.pause();
            if is_final || started.elapsed() >= BOOTSTRAP_PATIENCE {
                return Err(Error::Unreachable {
                    failures,
                    tries: backoff.failures(),
                    after: started.elapsed(),
                });
            }
            sleep(pause).await;
        }
    }

    /// Bootstrap servers are numbered from -1 downwards.
    fn bootstrap_ids(&self) -> impl Iterator<Item = i32> + use<> {
        let servers = self.shared.config.bootstrap_servers.len();
        (1..).take(servers).map(|number: i32| -number)
    }

    fn address_of(&self, id: i32) -> Result<Address, Error> {
        let servers = &self.shared.config.bootstrap_servers;
        // -1 is the first, -2 the second.
        if let Ok(index) = usize::try_from(!id) {
            return servers.get(index).cloned().ok_or(Error::UnknownBroker(id));
        }
        let metadata = self.metadata();
        let broker = metadata.brokers.get(&id).ok_or(Error::UnknownBroker(id))?;
        Ok(broker.address.clone())
    }

    /// A connection to the broker with this id.
    ///
    /// # Errors
    /// When metadata does not know it, or it cannot be reached.
    pub async fn broker(&self, id: i32) -> Result<Connection, Error> {
        self.lane(id, Lane::Prompt).await
    }

    /// A connection to the broker with this id, for requests of one kind.
    ///
    /// # Errors
    /// When metadata does not know it, or it cannot be reached.
    pub async fn lane(&self, id: i32, lane: Lane) -> Result<Connection, Error> {
        let cell = self.cell(id, lane);
        let connection = cell.get_or_try_init(|| self.open(id, lane)).await?;
        Ok(connection.clone())
    }

    /// The place of a connection; a new one if the old connection has ended.
    fn cell(&self, id: i32, lane: Lane) -> Slot {
        let mut connections = lock(&self.shared.connections);
        let cell = connections.entry((id, lane)).or_default();
        if cell.get().is_some_and(Connection::is_closed) {
            *cell = Arc::default();
        }
        Arc::clone(cell)
    }

    async fn open(&self, id: i32, lane: Lane) -> Result<Connection, Error> {
        let address = self.address_of(id)?;
        if lane == Lane::Prompt
            && let Some(connection) = self.bootstrap_connection(&address)
        {
            return Ok(connection);
        }
        tracing::debug!(%address, node = id, ?lane, "connecting");
        let connected = Connection::connect(address.clone(), self.shared.options.clone()).await;
        self.tell_outage(&address, connected.as_ref().err());
        connected.map_err(
            |failure| match self.shared.config.bootstrap_servers.first() {
                Some(bootstrap) if id >= 0 => Error::Advertised {
                    node: id,
                    bootstrap: bootstrap.clone(),
                    failure,
                },
                _ => Error::Net(failure),
            },
        )
    }

    /// Retries are silent until they last; whoever waits is told once, and once more when it is over.
    fn tell_outage(&self, address: &Address, failure: Option<&net::Error>) {
        let mut outage = lock(&self.shared.outage);
        let Some(failure) = failure else {
            if let Some(Outage {
                since,
                is_told: true,
                ..
            }) = outage.take()
            {
                tracing::warn!(
                    "connected to {address} after {:.0} s",
                    since.elapsed().as_secs_f64()
                );
            }
            return;
        };
        let outage = outage.get_or_insert_with(|| Outage {
            since: Instant::now(),
            tries: 0,
            is_told: false,
        });
        outage.tries = outage.tries.saturating_add(1);
        if !outage.is_told && outage.since.elapsed() >= SILENT_RETRIES {
            outage.is_told = true;
            tracing::warn!("still trying: {failure} ({} tries)", outage.tries);
        }
    }

    /// A bootstrap server that turns out to be the broker at `address`: one connection does for both.
    fn bootstrap_connection(&self, address: &Address) -> Option<Connection> {
        self.live()
            .find(|connection| connection.address() == address)
    }

    fn live(&self) -> impl Iterator<Item = Connection> + use<> {
        let connections = lock(&self.shared.connections);
        let live: Vec<_> = connections
            .iter()
            .filter(|((_id, lane), _cell)| *lane == Lane::Prompt)
            .filter_map(|(_key, cell)| cell.get())
            .filter(|connection| !connection.is_closed())
            .cloned()
            .collect();
        live.into_iter()
    }

    /// A connection to any broker: an open one if there is, else a new one to a known broker, else to a bootstrap
    /// server.
    ///
    /// # Errors
    /// The last failure, if nobody can be reached.
    pub async fn any(&self) -> Result<Connection, Error> {
        if let Some(connection) = self.live().next() {
            return Ok(connection);
        }
        let metadata = self.metadata();
        let known = metadata.brokers.keys().copied();
        let mut failure = Error::Closed;
        for id in known.chain(self.bootstrap_ids()) {
            match self.broker(id).await {
                Ok(connection) => return Ok(connection),
                Err(error) => failure = error,
            }
        }
        Err(failure)
    }

    /// Asks any broker.
    ///
    /// # Errors
    /// When no broker can be reached or the one asked does not answer.
    pub async fn ask_any<R: Request>(&self, request: &R) -> Result<R::Response, Error> {
        Ok(self.any().await?.call(request).await?)
    }

    /// Hands a request to any broker and returns before it is answered.
    ///
    /// # Errors
    /// When no broker can be reached.
    pub async fn start_any<R: Request>(&self, request: &R) -> Result<net::Pending<R>, Error> {
        Ok(self.any().await?.start(request).await?)
    }

    /// Asks the broker with this id.
    ///
    /// # Errors
    /// When it cannot be reached or does not answer.
    pub async fn ask<R: Request>(&self, id: i32, request: &R) -> Result<R::Response, Error> {
        Ok(self.broker(id).await?.call(request).await?)
    }

    /// Asks several brokers at the same time; answers in no particular order.
    pub async fn ask_each<R: Request + 'static>(
        &self,
        requests: impl IntoIterator<Item = (i32, R)> + Send,
    ) -> Vec<(i32, R, Result<R::Response, Error>)> {
        let mut tasks = JoinSet::new();
        for (id, request) in requests {
            let cluster = self.clone();
            tasks.spawn(async move {
                let answer = cluster.ask(id, &request).await;
                (id, request, answer)
            });
        }
        tasks.join_all().await
    }

    /// Asks for metadata, once what was known is too old or has proved wrong. Topics not asked for stay as known.
    ///
    /// # Errors
    /// When no broker answers within `default.api.timeout.ms`. Errors of single topics are in the result.
    pub async fn refresh(
        &self,
        topics: Topics<'_>,
        may_create: bool,
    ) -> Result<Arc<Metadata>, Error> {
        let mut retry = Retry::new(&self.shared.config, "fetch metadata");
        loop {
            match self.refresh_once(topics, may_create).await {
                Ok(metadata) => return Ok(metadata),
                Err(error) => retry.after(error).await?,
            }
        }
    }

    /// One attempt at [`Self::refresh`].
    pub(super) async fn refresh_once(
        &self,
        topics: Topics<'_>,
        may_create: bool,
    ) -> Result<Arc<Metadata>, Error> {
        let request = MetadataRequest {
            topics: topics.to_wire(),
            allow_auto_topic_creation: may_create,
            ..MetadataRequest::default()
        };
        let response = self.ask_any(&request).await?;
        check(response.error_code, None, "metadata")?;
        let mut metadata = lock(&self.shared.metadata);
        *metadata = Arc::new(metadata.updated(response, matches!(topics, Topics::All)));
        Ok(Arc::clone(&metadata))
    }

    /// Metadata with the brokers in it; asks for them if nobody has yet.
    ///
    /// # Errors
    /// As [`Self::refresh`].
    pub async fn brokers(&self) -> Result<Arc<Metadata>, Error> {
        let metadata = self.metadata();
        if metadata.brokers.is_empty() {
            return self.refresh(Topics::None, false).await;
        }
        Ok(metadata)
    }

    /// Metadata that knows these topics, as far as they exist.
    ///
    /// # Errors
    /// As [`Self::refresh`].
    pub async fn knowing(&self, topics: &[String]) -> Result<Arc<Metadata>, Error> {
        let metadata = self.metadata();
        if topics
            .iter()
            .all(|topic| metadata.partition_count(topic).is_some())
        {
            return Ok(metadata);
        }
        self.refresh(Topics::Named(topics), false).await
    }

    /// The broker that coordinates `group`.
    ///
    /// # Errors
    /// When the coordinator is not available within `default.api.timeout.ms`, or the group may not be seen.
    pub async fn coordinator(&self, group: &str) -> Result<i32, Error> {
        let known = lock(&self.shared.coordinators).get(group).copied();
        if let Some(id) = known {
            return Ok(id);
        }
        let mut found = self.coordinators(&[group.to_owned()]).await;
        let (_group, id) = found.pop().ok_or(Error::Closed)?;
        id
    }

    /// The brokers that coordinate `groups`, in that order.
    pub async fn coordinators(&self, groups: &[String]) -> Vec<(String, Result<i32, Error>)> {
        let mut found = Vec::new();
        for group in groups {
            let known = lock(&self.shared.coordinators).get(group).copied();
            let id = match known {
                Some(id) => Ok(id),
                None => self.find_coordinators(group, groups).await,
            };
            found.push((group.clone(), id));
        }
        found
    }

    /// Looks up `group`, and in the same request the others, whose coordinators are only remembered.
    async fn find_coordinators(&self, group: &str, others: &[String]) -> Result<i32, Error> {
        let mut retry = Retry::new(
            &self.shared.config,
            format!("find the coordinator of group '{group}'"),
        );
        loop {
            let failure = match self.find_coordinators_once(group, others).await {
                Ok(id) => return Ok(id),
                Err(error) => error,
            };
            retry.after(failure).await?;
        }
    }

    async fn find_coordinators_once(&self, group: &str, others: &[String]) -> Result<i32, Error> {
        let request = FindCoordinatorRequest {
            key: group.into(),
            coordinator_keys: others.iter().map(|key| key.as_str().into()).collect(),
            ..FindCoordinatorRequest::default()
        };
        let response = self.ask_any(&request).await?;
        let mut answer = Err(Error::broker(
            ErrorCode::CoordinatorNotAvailable,
            None,
            format!("group '{group}'"),
        ));
        for coordinator in one_shape(response, group) {
            let key = coordinator.key.to_string();
            let subject = format!("group '{key}'");
            let checked = check(
                coordinator.error_code,
                coordinator.error_message.as_deref(),
                subject,
            );
            if checked.is_ok() {
                self.remember(&coordinator);
            }
            if key == group {
                answer = checked.map(|()| coordinator.node_id);
            }
        }
        answer
    }

    fn remember(&self, coordinator: &FindCoordinatorResponseCoordinator) {
        let id = coordinator.node_id;
        lock(&self.shared.coordinators).insert(coordinator.key.to_string(), id);
        let mut metadata = lock(&self.shared.metadata);
        if !metadata.brokers.contains_key(&id) {
            *metadata = Arc::new(metadata.with_broker(Broker {
                id,
                address: address(&coordinator.host, coordinator.port),
                rack: None,
            }));
        }
    }

    /// Forgets who coordinates `group`: it said it does not, or it cannot be reached.
    pub fn forget_coordinator(&self, group: &str) {
        lock(&self.shared.coordinators).remove(group);
    }
}

impl Topics<'_> {
    fn to_wire(self) -> Option<Vec<MetadataRequestTopic>> {
        match self {
            Self::All => None,
            Self::None => Some(Vec::new()),
            Self::Named(names) => Some(names.iter().map(|name| named(name)).collect()),
            Self::Ids(ids) => Some(ids.iter().map(with_id).collect()),
        }
    }
}

fn named(name: &str) -> MetadataRequestTopic {
    MetadataRequestTopic {
        name: Some(name.into()),
        ..MetadataRequestTopic::default()
    }
}

fn with_id(id: &Uuid) -> MetadataRequestTopic {
    MetadataRequestTopic {
        topic_id: *id,
        name: None,
    }
}

/// Before version 4 an answer is about the one group that was asked for.
fn one_shape(
    response: FindCoordinatorResponse,
    group: &str,
) -> Vec<FindCoordinatorResponseCoordinator> {
    if !response.coordinators.is_empty() {
        return response.coordinators;
    }
    vec![FindCoordinatorResponseCoordinator {
        key: group.into(),
        node_id: response.node_id,
        host: response.host,
        port: response.port,
        error_code: response.error_code,
        error_message: response.error_message,
    }]
}

/// What is behind these locks is whole at every step, so a panic elsewhere does not make it unusable.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
