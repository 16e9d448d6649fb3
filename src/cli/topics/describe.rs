//! `--describe` and `--list`: what there is.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde_json::json;

use super::{
    Topics,
    description::{Filters, Leader, Partition, Reassignment, Topic, java_hash_order},
    extras, number,
    selection::Selection,
};
use crate::{
    cli::{
        failure::Failure,
        printer::{Mode, OutputError, Printer, table::count},
    },
    client::{
        self, Admin,
        admin::{
            configs::{ConfigEntry, ConfigResource, Configured},
            topics::{PartitionDescription, Reassignment as Moving, TopicDescription},
        },
    },
    protocol::{TopicPartition, Uuid, config::ConfigSource},
};

/// What a cluster says beside its topics.
struct Surroundings {
    alive: BTreeSet<i32>,
    moving: BTreeMap<TopicPartition, Moving>,
}

impl Topics {
    /// Prints names.
    ///
    /// # Errors
    /// [`Failure`] for a broken pattern, and what the broker refuses.
    pub(super) async fn list(&self, admin: &Admin, out: &mut Printer<'_>) -> anyhow::Result<()> {
        let selection = Selection::new(self.topic.as_deref(), self.exclude_internal)?;
        let topics = admin.list_topics().await?;
        let names = selection.of(topics.iter().map(|topic| topic.name.as_str()));
        match out.look.mode {
            Mode::Json => {
                for name in &names {
                    out.json(&json!({"kind": "topic_listing", "v": 1, "name": name}))?;
                }
            }
            // The original prints an empty line where there is nothing.
            Mode::Plain if names.is_empty() => out.line("")?,
            Mode::Rich if names.is_empty() => out.aside("no topics"),
            Mode::Plain | Mode::Rich => names.iter().try_for_each(|name| out.line(name))?,
        }
        Ok(())
    }

    /// Prints topics and their partitions, sorted by name.
    ///
    /// # Errors
    /// [`Failure`] for topics that do not exist, and what the broker refuses.
    pub(super) async fn describe(
        &self,
        admin: &Admin,
        out: &mut Printer<'_>,
    ) -> anyhow::Result<()> {
        let mut inquiry = admin.config_inquiry(false);
        let ask = |names: &[&str]| {
            let topics = names.iter().map(|name| ConfigResource::topic(*name));
            inquiry.ask(&topics.collect::<Vec<_>>());
        };
        let described = self.described(admin, ask).await?;
        if described.is_empty() {
            return Ok(());
        }
        let (cluster, configs, moving) = tokio::try_join!(
            admin.describe_cluster(false),
            inquiry.answers(),
            reassignments(admin),
        )?;
        let alive = cluster
            .brokers
            .iter()
            .map(|(broker, _)| broker.id)
            .collect();
        let around = Surroundings { alive, moving };
        let mut topics = Vec::with_capacity(described.len());
        let (mut configs_of_last, mut settings) = (Arc::default(), Settings::default());
        for (topic, configs) in with_configs(described, configs.all()?) {
            // Topics that are set alike share their configuration.
            if !Arc::ptr_eq(&configs, &configs_of_last) {
                settings = Settings::of(&configs);
                configs_of_last = configs;
            }
            topics.push(shown(topic, settings.clone(), &around));
        }
        let now_ms = chrono::Utc::now().timestamp_millis();
        self.filter(&mut topics, out);
        if out.look.mode != Mode::Plain {
            Box::pin(extras::fill(admin, &mut topics, now_ms)).await;
        }
        for (at, topic) in topics.into_iter().enumerate() {
            match out.look.mode {
                Mode::Json => out.json(&topic.json())?,
                Mode::Plain => self.print_plain(&topic, out)?,
                Mode::Rich => {
                    let gap = if at == 0 { "" } else { "\n" };
                    let text = topic.rich(now_ms, &out.look);
                    out.rich(&format!("{gap}{text}"))?;
                }
            }
        }
        Ok(())
    }

    /// Leaves the topics and partitions that are asked for.
    fn filter(&self, topics: &mut Vec<Topic>, out: &mut Printer<'_>) {
        if self.topics_with_overrides {
            topics.retain(|topic| !topic.configs.is_empty());
        }
        let filters = self.filters();
        if !filters.is_any() {
            return;
        }
        let partitions: usize = topics.iter().map(|topic| topic.partitions.len()).sum();
        let looked_at = format!(
            "{}, {}",
            count(topics.len(), "topic"),
            count(partitions, "partition")
        );
        for topic in topics.iter_mut() {
            topic.keep(filters);
        }
        topics.retain(|topic| !topic.partitions.is_empty());
        if topics.is_empty() {
            out.aside(format_args!(
                "no {} partitions ({looked_at})",
                filters.name()
            ));
        }
    }

    const fn filters(&self) -> Filters {
        Filters {
            under_replicated: self.under_replicated_partitions,
            unavailable: self.unavailable_partitions,
            under_min_isr: self.under_min_isr_partitions,
            at_min_isr: self.at_min_isr_partitions,
        }
    }

    fn print_plain(&self, topic: &Topic, out: &mut Printer<'_>) -> Result<(), OutputError> {
        if !self.filters().is_any() {
            out.text(topic.plain_header())?;
        }
        if self.topics_with_overrides {
            return Ok(());
        }
        out.text(topic.plain_partitions())
    }

    /// The topics that are asked for, by name; `seen` is told their names as they become known.
    async fn described(
        &self,
        admin: &Admin,
        mut seen: impl FnMut(&[&str]) + Send,
    ) -> anyhow::Result<Vec<TopicDescription>> {
        if let Some(id) = self.wanted_id() {
            let described = self.describe_by_id(admin, id).await?;
            for topic in &described {
                seen(&[&topic.name]);
            }
            return Ok(described);
        }
        let option = "partition-size-limit-per-response";
        let limit = number(option, self.partition_size_limit_per_response.as_ref())?;
        // Names are asked for first only where it takes them to know what is meant, or what may have been meant.
        if self.topic.is_none() && limit.is_none() && !self.exclude_internal {
            let described = admin.describe_topics_in_pages(None, None, seen);
            return Ok(described.await?.all()?);
        }
        let selection = Selection::new(self.topic.as_deref(), self.exclude_internal)?;
        if let Some(name) = selection.literal() {
            let name = [name.to_owned()];
            let described = admin.describe_topics_in_pages(Some(&name), limit, &mut seen);
            let described = described.await?;
            if !described.found.is_empty() {
                return Ok(described.found);
            }
        }
        let names = self.selected(admin).await?;
        let described = admin.describe_topics_in_pages(Some(&names), limit, seen);
        Ok(described.await?.all()?)
    }

    async fn describe_by_id(
        &self,
        admin: &Admin,
        id: &str,
    ) -> anyhow::Result<Vec<TopicDescription>> {
        let parsed = parse_id(id)?;
        match admin
            .describe_topics_by_id(&[parsed])
            .await?
            .remove(&parsed)
        {
            Some(Ok(topic)) => Ok(vec![topic]),
            _ if self.if_exists => Ok(Vec::new()),
            _ => Err(Failure::new(
                format!("TopicId '{parsed}' does not exist as expected"),
                IDS,
            )
            .with_message(format!("no topic has the id {id}"))
            .into()),
        }
    }
}

/// Brokers that do not know of reassignments have none.
async fn reassignments(admin: &Admin) -> Result<BTreeMap<TopicPartition, Moving>, client::Error> {
    match admin.list_partition_reassignments(None).await {
        Err(client::Error::Net(crate::net::Error::Unsupported { .. })) => Ok(BTreeMap::new()),
        other => other,
    }
}

/// Topics and what they are set to; both are sorted.
fn with_configs(
    topics: Vec<TopicDescription>,
    configs: Vec<Configured>,
) -> impl Iterator<Item = (TopicDescription, Arc<[ConfigEntry]>)> {
    let mut configs = configs.into_iter().peekable();
    topics.into_iter().map(move |topic| {
        while configs.next_if(|(of, _)| of.name < topic.name).is_some() {}
        let answer = configs.next_if(|(of, _)| of.name == topic.name);
        (
            topic,
            answer.map(|(_, configs)| configs).unwrap_or_default(),
        )
    })
}

/// What a description tells of a configuration.
#[derive(Clone, Default)]
struct Settings {
    changed: Vec<(String, String)>,
    min_isr: Option<usize>,
}

impl Settings {
    fn of(configs: &[ConfigEntry]) -> Self {
        let min_isr = configs
            .iter()
            .find(|entry| entry.name == "min.insync.replicas");
        let changed = configs
            .iter()
            .filter(|entry| entry.source != ConfigSource::Default);
        let mut changed: Vec<_> = changed
            .map(|entry| {
                let value = entry.value.clone().unwrap_or_default();
                (entry.name.to_string(), value.to_string())
            })
            .collect();
        java_hash_order(&mut changed, configs.len());
        Self {
            changed,
            min_isr: min_isr.and_then(|entry| entry.value.as_ref()?.parse().ok()),
        }
    }
}

fn shown(topic: TopicDescription, settings: Settings, around: &Surroundings) -> Topic {
    let partitions = topic
        .partitions
        .into_iter()
        .map(|partition| shown_partition(&topic.name, partition, around));
    Topic {
        partitions: partitions.collect(),
        name: topic.name,
        id: topic.id,
        configs: settings.changed,
        min_isr: settings.min_isr,
    }
}

fn shown_partition(
    topic: &str,
    partition: PartitionDescription,
    around: &Surroundings,
) -> Partition {
    let moving = match &around.moving {
        none if none.is_empty() => None,
        some => some.get(&TopicPartition::new(topic, partition.id)),
    };
    Partition {
        number: partition.id,
        leader: partition.leader.map(|id| Leader {
            id,
            is_alive: around.alive.contains(&id),
        }),
        replicas: partition.replicas,
        isr: partition.isr,
        elr: partition.eligible_leader_replicas,
        last_known_elr: partition.last_known_elr,
        reassignment: moving.map(|moving| {
            Box::new(Reassignment {
                adding: moving.adding.clone(),
                removing: moving.removing.clone(),
            })
        }),
        extras: None,
    }
}

/// Where ids are to be found.
const IDS: &str = "the ids of all topics: kafka-topics --describe";

/// # Errors
/// [`Failure`] in the words of Java's `Uuid.fromString`.
fn parse_id(text: &str) -> Result<Uuid, Failure> {
    let bare = text.trim_end_matches('=');
    let is_base64 = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
    let plain = if text.chars().count() > 24 {
        let start: String = text.chars().take(24).collect();
        format!("Input string with prefix `{start}` is too long to be decoded as a base64 UUID")
    } else if let Some(odd) = bare.bytes().find(|byte| !is_base64(byte)) {
        format!("Illegal base64 character {odd:x}")
    } else if let Ok(id) = bare.parse() {
        return Ok(id);
    } else {
        let bytes = bare.len() * 3 / 4;
        format!(
            "Input string `{text}` decoded as {bytes} bytes, which is not equal to the expected 16 bytes of a \
             base64-encoded UUID"
        )
    };
    Err(Failure::new(plain, IDS).with_message(format!("'{text}' is not a topic id")))
}
