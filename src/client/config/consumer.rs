//! The keys of a consumer.

use std::time::Duration;

use super::ClientConfig;
use super::reader::{self, Keys, Reader};
use crate::client::consumer::assignor::Assignor;
use crate::client::duration::parse_iso_duration;
use crate::properties::{Error, Properties};

/// Where to start where no position is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OffsetReset {
    /// At the oldest record.
    Earliest,
    /// After the newest record.
    Latest,
    /// Nowhere: it is an error.
    None,
    /// At the first record that is not older than this (KIP-1106).
    ByDuration(Duration),
}

/// Which records a consumer sees.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum IsolationLevel {
    /// All.
    #[default]
    ReadUncommitted,
    /// Those of committed transactions and those outside transactions.
    ReadCommitted,
}

impl IsolationLevel {
    /// The number in Fetch and `ListOffsets` requests.
    pub const fn code(self) -> i8 {
        match self {
            Self::ReadUncommitted => 0,
            Self::ReadCommitted => 1,
        }
    }
}

/// What a consumer needs to know.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConsumerConfig {
    /// What every client needs to know.
    pub client: ClientConfig,
    /// `client.rack`.
    pub rack: Option<String>,
    /// `group.id`.
    pub group_id: Option<String>,
    /// `group.instance.id`: makes a static member (KIP-345).
    pub instance_id: Option<String>,
    /// `session.timeout.ms`: without a heartbeat for this long, a member is out.
    pub session_timeout: Duration,
    /// `heartbeat.interval.ms`.
    pub heartbeat_interval: Duration,
    /// `max.poll.interval.ms`: without a poll for this long, a member leaves.
    pub poll_interval_max: Duration,
    /// `max.poll.records`.
    pub poll_records_max: usize,
    /// `auto.offset.reset`.
    pub offset_reset: OffsetReset,
    /// `auto.commit.interval.ms` if `enable.auto.commit`.
    pub auto_commit_interval: Option<Duration>,
    /// `fetch.min.bytes`.
    pub fetch_bytes_min: i32,
    /// `fetch.max.wait.ms`.
    pub fetch_wait_max: Duration,
    /// `fetch.max.bytes`: of one fetch.
    pub fetch_bytes_max: i32,
    /// `max.partition.fetch.bytes`: of one partition in a fetch.
    pub partition_bytes_max: i32,
    /// `isolation.level`.
    pub isolation_level: IsolationLevel,
    /// `partition.assignment.strategy`, in order of preference.
    pub assignors: Vec<Assignor>,
    /// `exclude.internal.topics`: a pattern does not match them.
    pub excludes_internal_topics: bool,
    /// `allow.auto.create.topics`: topics subscribed to by name may come into being.
    pub may_create_topics: bool,
    /// `check.crcs`.
    pub checks_crcs: bool,
}

impl ConsumerConfig {
    /// Reads the keys of a consumer; gives those without effect beside it.
    ///
    /// # Errors
    /// When a value has the wrong type, is out of bounds or contradicts another, and when the keys ask for what is not
    /// supported: TLS, SASL, the consumer group protocol of KIP-848.
    pub fn from_properties(properties: &Properties) -> Result<(Self, Vec<String>), Error> {
        let reader = Reader::new(properties);
        let config = Self::read(&reader)?;
        Ok((config, reader.unused()))
    }

    /// Every key but that of where to connect.
    pub fn keys() -> Keys {
        reader::keys(Self::read)
    }

    fn read(reader: &Reader<'_>) -> Result<Self, Error> {
        refuse_new_protocol(reader)?;
        let group_id = reader.text("group.id").map(str::to_owned);
        let session_timeout = reader.int_millis("session.timeout.ms", 45_000)?;
        let heartbeat_interval = reader.int_millis("heartbeat.interval.ms", 3000)?;
        if group_id.is_some() && heartbeat_interval >= session_timeout {
            return Err(Error::Contradiction(format!(
                "Heartbeat must be set lower than the session timeout (heartbeat.interval.ms={}, session.timeout.ms={})",
                heartbeat_interval.as_millis(),
                session_timeout.as_millis()
            )));
        }
        Ok(Self {
            client: ClientConfig::read(reader)?,
            rack: reader.text("client.rack").map(str::to_owned),
            auto_commit_interval: auto_commit(reader, group_id.is_some())?,
            group_id,
            instance_id: reader.text("group.instance.id").map(str::to_owned),
            session_timeout,
            heartbeat_interval,
            poll_interval_max: poll_interval_max(reader)?,
            poll_records_max: reader.count("max.poll.records", 1, 500)?,
            offset_reset: offset_reset(reader)?,
            fetch_bytes_min: reader.int("fetch.min.bytes", 0..=i32::MAX)?.unwrap_or(1),
            fetch_wait_max: reader.int_millis("fetch.max.wait.ms", 500)?,
            fetch_bytes_max: reader
                .int("fetch.max.bytes", 0..=i32::MAX)?
                .unwrap_or(52_428_800),
            partition_bytes_max: reader
                .int("max.partition.fetch.bytes", 0..=i32::MAX)?
                .unwrap_or(1_048_576),
            isolation_level: isolation_level(reader)?,
            assignors: assignors(reader)?,
            excludes_internal_topics: reader.boolean("exclude.internal.topics")?.unwrap_or(true),
            may_create_topics: reader.boolean("allow.auto.create.topics")?.unwrap_or(true),
            checks_crcs: reader.boolean("check.crcs")?.unwrap_or(true),
        })
    }
}

fn poll_interval_max(reader: &Reader<'_>) -> Result<Duration, Error> {
    let key = "max.poll.interval.ms";
    reader.int(key, 1..=i32::MAX)?;
    reader.millis(key, 300_000)
}

fn refuse_new_protocol(reader: &Reader<'_>) -> Result<(), Error> {
    let key = "group.protocol";
    match reader.text(key) {
        Some(protocol) if !protocol.eq_ignore_ascii_case("classic") => Err(Error::invalid(
            key,
            protocol,
            "the consumer group protocol of KIP-848 is not supported yet; only classic is",
        )),
        _ => Ok(()),
    }
}

fn auto_commit(reader: &Reader<'_>, in_group: bool) -> Result<Option<Duration>, Error> {
    let interval = reader.int_millis("auto.commit.interval.ms", 5000)?;
    match reader.boolean("enable.auto.commit")? {
        Some(true) if !in_group => Err(Error::invalid(
            "enable.auto.commit",
            true,
            "enable.auto.commit cannot be set to true when default group id (null) is used.",
        )),
        Some(true) | None if in_group => Ok(Some(interval)),
        _ => Ok(None),
    }
}

fn offset_reset(reader: &Reader<'_>) -> Result<OffsetReset, Error> {
    let key = "auto.offset.reset";
    reader.note_values(key, &["earliest", "latest", "none"]);
    let Some(text) = reader.text(key) else {
        return Ok(OffsetReset::Latest);
    };
    let reason = "Invalid value for configuration auto.offset.reset: it must be earliest, latest, none or \
                  by_duration:<ISO-8601 duration>";
    match text {
        "earliest" => Ok(OffsetReset::Earliest),
        "latest" => Ok(OffsetReset::Latest),
        "none" => Ok(OffsetReset::None),
        other => other
            .strip_prefix("by_duration:")
            .and_then(parse_iso_duration)
            .map(OffsetReset::ByDuration)
            .ok_or_else(|| Error::invalid(key, text, reason)),
    }
}

fn isolation_level(reader: &Reader<'_>) -> Result<IsolationLevel, Error> {
    let choice = reader.one_of("isolation.level", &["read_committed", "read_uncommitted"])?;
    Ok(match choice {
        Some("read_committed") => IsolationLevel::ReadCommitted,
        _ => IsolationLevel::ReadUncommitted,
    })
}

fn assignors(reader: &Reader<'_>) -> Result<Vec<Assignor>, Error> {
    let key = "partition.assignment.strategy";
    let Some(names) = reader.list(key) else {
        return Ok(vec![Assignor::Range, Assignor::CooperativeSticky]);
    };
    let assignor = |name: &&str| {
        name.parse().map_err(
            |error: crate::client::consumer::assignor::UnknownAssignor| {
                Error::invalid(key, name, error.to_string())
            },
        )
    };
    let assignors: Vec<Assignor> = names.iter().map(assignor).collect::<Result<_, _>>()?;
    if assignors.is_empty() {
        return Err(Error::invalid(key, "", "at least one assignor is needed"));
    }
    Ok(assignors)
}
