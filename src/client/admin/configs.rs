//! Configuration of topics, brokers, groups and clients.

use std::collections::BTreeMap;
use std::fmt;
use std::mem::take;
use std::panic::resume_unwind;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytestring::ByteString;
use tokio::task::JoinSet;

use super::{Admin, Answers, PerItem};
use crate::client::cluster::Cluster;
use crate::client::error::{Error, check};
use crate::client::retry::Retry;
use crate::protocol::config::{ConfigSource, ResourceType};
use crate::protocol::messages::{
    DescribeConfigsRequest, DescribeConfigsRequestResource, DescribeConfigsResponse,
    DescribeConfigsResponseConfig, IncrementalAlterConfigsRequest,
    IncrementalAlterConfigsRequestConfig, IncrementalAlterConfigsRequestResource,
    IncrementalAlterConfigsResponse, ListConfigResourcesRequest,
};

/// Resources that one request asks for: some 140 KB of answer, and the next is in the making while it is read.
const RESOURCES_MAX: usize = 100;

/// So many different configurations are kept in mind, to hand them out again.
const SHARED_MAX: usize = 16;

/// Something that has a configuration.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ConfigResource {
    /// What it is.
    pub kind: ResourceType,
    /// What it is called.
    pub name: String,
}

impl ConfigResource {
    /// The configuration of a topic.
    pub fn topic(name: impl Into<String>) -> Self {
        Self {
            kind: ResourceType::Topic,
            name: name.into(),
        }
    }

    /// Only a broker itself knows its static configuration and its loggers.
    fn home(&self) -> Option<i32> {
        match self.kind {
            ResourceType::Broker | ResourceType::BrokerLogger => self.name.parse().ok(),
            ResourceType::Topic | ResourceType::ClientMetrics | ResourceType::Group => None,
        }
    }
}

impl fmt::Display for ConfigResource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kind = match self.kind {
            ResourceType::Topic => "topic",
            ResourceType::Broker => "broker",
            ResourceType::BrokerLogger => "broker logger",
            ResourceType::ClientMetrics => "client metrics",
            ResourceType::Group => "group",
        };
        write!(f, "configuration of {kind} '{}'", self.name)
    }
}

/// One key of a configuration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConfigEntry {
    /// The key.
    pub name: ByteString,
    /// Its value; none if it is sensitive or unset.
    pub value: Option<ByteString>,
    /// Where the value comes from.
    pub source: ConfigSource,
    /// Whether it cannot be changed.
    pub is_read_only: bool,
    /// Whether its value is kept secret.
    pub is_sensitive: bool,
    /// Every place that sets it, the one that counts first; empty unless asked for.
    pub synonyms: Vec<Synonym>,
}

/// A resource and what it is set to.
pub type Configured = (ConfigResource, Arc<[ConfigEntry]>);

/// A place that sets a key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Synonym {
    /// The key there.
    pub name: ByteString,
    /// Its value there.
    pub value: Option<ByteString>,
    /// The place.
    pub source: ConfigSource,
}

/// A change of one key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AlterConfig {
    /// Gives it a value.
    Set(String, String),
    /// Takes it back to the default.
    Delete(String),
    /// Adds to a list.
    Append(String, String),
    /// Takes from a list.
    Subtract(String, String),
}

impl Admin {
    /// The configurations of `resources`; all brokers concerned are asked at the same time. Resources that are set alike
    /// may share theirs.
    ///
    /// # Errors
    /// When a broker cannot be reached. What it refuses is an error of that resource.
    pub async fn describe_configs(
        &self,
        resources: &[ConfigResource],
        with_synonyms: bool,
    ) -> Result<PerItem<ConfigResource, Arc<[ConfigEntry]>>, Error> {
        let mut inquiry = self.config_inquiry(with_synonyms);
        inquiry.ask(resources);
        let Answers { found, failed } = inquiry.answers().await?;
        let found = found.into_iter().map(|(of, configs)| (of, Ok(configs)));
        let failed = failed.into_iter().map(|(of, error)| (of, Err(error)));
        Ok(found.chain(failed).collect())
    }

    /// An inquiry in which nothing is asked yet.
    pub fn config_inquiry(&self, with_synonyms: bool) -> ConfigInquiry {
        ConfigInquiry {
            cluster: self.cluster.clone(),
            with_synonyms,
            pending: JoinSet::new(),
            described: Arc::default(),
        }
    }

    /// Changes configurations, or only checks whether they could be changed. All changes of one resource apply or none.
    ///
    /// # Errors
    /// When a broker cannot be reached. What it refuses is an error of that resource.
    pub async fn alter_configs(
        &self,
        changes: &[(ConfigResource, Vec<AlterConfig>)],
        validate_only: bool,
    ) -> Result<PerItem<ConfigResource, ()>, Error> {
        let request =
            |changes: &[&(ConfigResource, Vec<AlterConfig>)]| IncrementalAlterConfigsRequest {
                resources: changes.iter().map(|change| to_alter(change)).collect(),
                validate_only,
            };
        let mut done = PerItem::new();
        let (at_home, anywhere): (Vec<_>, Vec<_>) = changes
            .iter()
            .partition(|(resource, _changes)| resource.home().is_some());
        if !anywhere.is_empty() {
            let response = self
                .ask_controller(&request(&anywhere), "alter configs", |response| {
                    super::topics::first_code(response.responses.iter().map(|item| item.error_code))
                })
                .await?;
            collect_altered(response, &mut done);
        }
        if !at_home.is_empty() {
            self.cluster.brokers().await?;
            let requests = at_home
                .iter()
                .filter_map(|change| Some((change.0.home()?, request(&[change]))));
            let requests: Vec<_> = requests.collect();
            for (_id, _request, answer) in self.cluster.ask_each(requests).await {
                collect_altered(answer?, &mut done);
            }
        }
        Ok(done)
    }

    /// Names of resources of `kind` that have a configuration of their own.
    ///
    /// # Errors
    /// When no broker answers, or it refuses.
    pub async fn list_config_resources(&self, kind: ResourceType) -> Result<Vec<String>, Error> {
        let request = ListConfigResourcesRequest {
            resource_types: vec![kind.code()],
        };
        let response = self.cluster.ask_any(&request).await?;
        check(response.error_code, None, "configuration resources")?;
        let found = response.config_resources.into_iter();
        Ok(found
            .filter(|resource| resource.resource_type == kind.code())
            .map(|resource| resource.resource_name.to_string())
            .collect())
    }
}

/// Configurations that are asked for bit by bit, while other things are being found out. Stops asking when it is dropped.
#[derive(Debug)]
pub struct ConfigInquiry {
    cluster: Cluster,
    with_synonyms: bool,
    pending: JoinSet<Result<(), Error>>,
    described: Arc<Mutex<Described>>,
}

impl ConfigInquiry {
    /// Begins to ask for the configurations of `resources`; all brokers concerned are asked at the same time.
    pub fn ask(&mut self, resources: &[ConfigResource]) {
        let (anywhere, at_home) = by_home(resources);
        for some in anywhere.chunks(RESOURCES_MAX) {
            let (cluster, described) = (self.cluster.clone(), Arc::clone(&self.described));
            let request = self.request(some);
            self.pending.spawn(async move {
                let response = describe_anywhere(&cluster, &request).await?;
                lock(&described).collect(response);
                Ok(())
            });
        }
        if !at_home.is_empty() {
            let (cluster, described) = (self.cluster.clone(), Arc::clone(&self.described));
            let requests = at_home
                .iter()
                .map(|(id, resources)| (*id, self.request(resources)));
            let requests: Vec<_> = requests.collect();
            self.pending.spawn(async move {
                cluster.brokers().await?;
                for (_id, _request, answer) in cluster.ask_each(requests).await {
                    lock(&described).collect(answer?);
                }
                Ok(())
            });
        }
    }

    fn request(&self, resources: &[&ConfigResource]) -> DescribeConfigsRequest {
        DescribeConfigsRequest {
            resources: resources
                .iter()
                .map(|resource| to_describe(resource))
                .collect(),
            include_synonyms: self.with_synonyms,
            include_documentation: false,
        }
    }

    /// Everything that was asked for.
    ///
    /// # Errors
    /// When a broker cannot be reached. What it refuses is an error of that resource.
    pub async fn answers(mut self) -> Result<Answers<Configured, ConfigResource>, Error> {
        while let Some(answer) = self.pending.join_next().await {
            answer.unwrap_or_else(|panic| resume_unwind(panic.into_panic()))?;
        }
        let mut answers = take(&mut lock(&self.described).answers);
        answers.found.sort_by(|(one, _), (other, _)| one.cmp(other));
        answers
            .failed
            .sort_by(|(one, _), (other, _)| one.cmp(other));
        Ok(answers)
    }
}

fn lock(described: &Mutex<Described>) -> MutexGuard<'_, Described> {
    described.lock().unwrap_or_else(PoisonError::into_inner)
}

async fn describe_anywhere(
    cluster: &Cluster,
    request: &DescribeConfigsRequest,
) -> Result<DescribeConfigsResponse, Error> {
    let mut retry = Retry::new(cluster.config(), "describe configs");
    loop {
        match cluster.ask_any(request).await {
            Ok(response) => return Ok(response),
            Err(error) => retry.after(error).await?,
        }
    }
}

type ByHome<'r> = (
    Vec<&'r ConfigResource>,
    BTreeMap<i32, Vec<&'r ConfigResource>>,
);

fn by_home(resources: &[ConfigResource]) -> ByHome<'_> {
    let mut anywhere = Vec::new();
    let mut at_home = BTreeMap::<i32, Vec<_>>::new();
    for resource in resources {
        match resource.home() {
            Some(id) => at_home.entry(id).or_default().push(resource),
            None => anywhere.push(resource),
        }
    }
    (anywhere, at_home)
}

fn to_describe(resource: &ConfigResource) -> DescribeConfigsRequestResource {
    DescribeConfigsRequestResource {
        resource_type: resource.kind.code(),
        resource_name: resource.name.as_str().into(),
        configuration_keys: None,
    }
}

fn to_alter(
    (resource, changes): &(ConfigResource, Vec<AlterConfig>),
) -> IncrementalAlterConfigsRequestResource {
    let config = |change: &AlterConfig| {
        let (config_operation, name, value) = match change {
            AlterConfig::Set(name, value) => (0, name, Some(value)),
            AlterConfig::Delete(name) => (1, name, None),
            AlterConfig::Append(name, value) => (2, name, Some(value)),
            AlterConfig::Subtract(name, value) => (3, name, Some(value)),
        };
        IncrementalAlterConfigsRequestConfig {
            name: name.as_str().into(),
            config_operation,
            value: value.map(|value| value.as_str().into()),
        }
    };
    IncrementalAlterConfigsRequestResource {
        resource_type: resource.kind.code(),
        resource_name: resource.name.as_str().into(),
        configs: changes.iter().map(config).collect(),
    }
}

/// A configuration as it came.
type Configs = Arc<Vec<DescribeConfigsResponseConfig>>;

/// What the brokers have told so far.
#[derive(Debug, Default)]
struct Described {
    /// In the order in which it came.
    answers: Answers<Configured, ConfigResource>,
    /// The first different configurations, as they came and as they are handed out.
    shared: Vec<(Configs, Arc<[ConfigEntry]>)>,
}

impl Described {
    fn collect(&mut self, response: DescribeConfigsResponse) {
        for result in response.results {
            let Some(resource) = resource(result.resource_type, &result.resource_name) else {
                continue;
            };
            let checked = check(
                result.error_code,
                result.error_message.as_deref(),
                &resource,
            );
            match checked {
                Ok(()) => {
                    let entries = self.entries(result.configs);
                    self.answers.found.push((resource, entries));
                }
                Err(error) => self.answers.failed.push((resource, error)),
            }
        }
    }

    fn entries(&mut self, configs: Configs) -> Arc<[ConfigEntry]> {
        let is_same = |known: &Configs| Arc::ptr_eq(known, &configs) || *known == configs;
        if let Some((_, entries)) = self.shared.iter().find(|(known, _)| is_same(known)) {
            return Arc::clone(entries);
        }
        let entries: Arc<[_]> = configs.iter().map(entry).collect();
        if self.shared.len() < SHARED_MAX {
            self.shared.push((configs, Arc::clone(&entries)));
        }
        entries
    }
}

fn collect_altered(
    response: IncrementalAlterConfigsResponse,
    done: &mut PerItem<ConfigResource, ()>,
) {
    for item in response.responses {
        let Some(resource) = resource(item.resource_type, &item.resource_name) else {
            continue;
        };
        let checked = check(item.error_code, item.error_message.as_deref(), &resource);
        done.insert(resource, checked);
    }
}

fn resource(code: i8, name: &str) -> Option<ConfigResource> {
    Some(ConfigResource {
        kind: ResourceType::from_code(code)?,
        name: name.to_owned(),
    })
}

fn entry(config: &DescribeConfigsResponseConfig) -> ConfigEntry {
    let synonyms = config.synonyms.iter().map(|synonym| Synonym {
        name: synonym.name.clone(),
        value: synonym.value.clone(),
        source: ConfigSource::from(synonym.source),
    });
    ConfigEntry {
        name: config.name.clone(),
        value: config.value.clone(),
        source: ConfigSource::from(config.config_source),
        is_read_only: config.read_only,
        is_sensitive: config.is_sensitive,
        synonyms: synonyms.collect(),
    }
}
