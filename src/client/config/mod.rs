//! The configuration keys of clients, with the defaults of Apache Kafka 4.3.
//!
//! Keys, types and bounds are those of `AdminClientConfig`, `ProducerConfig` and `ConsumerConfig`. Keys that change
//! nothing here (metrics, serializers, misspelt ones) are collected, so that a tool can warn of them once.

mod consumer;
mod producer;
mod reader;

use std::time::Duration;

pub use self::consumer::{ConsumerConfig, IsolationLevel, OffsetReset};
pub use self::producer::{Acks, ProducerConfig};
pub use self::reader::Keys;
use self::reader::Reader;
use crate::net::{Address, Options};
use crate::properties::{Error, Properties};

/// What every client needs to know.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClientConfig {
    /// `bootstrap.servers`: where to find the cluster.
    pub bootstrap_servers: Vec<Address>,
    /// `client.id`: what the client calls itself.
    pub client_id: String,
    /// `request.timeout.ms`: for one request.
    pub request_timeout: Duration,
    /// `default.api.timeout.ms`: for one operation with all its retries.
    pub api_timeout: Duration,
    /// `metadata.max.age.ms`: after which what is known of the cluster is asked for again.
    pub metadata_max_age: Duration,
    /// `retry.backoff.ms`: before the first retry; doubles with each.
    pub retry_backoff: Duration,
    /// `retry.backoff.max.ms`: the longest pause.
    pub retry_backoff_max: Duration,
    /// `socket.connection.setup.timeout.ms`: for one address.
    pub connect_timeout: Duration,
    /// `connections.max.idle.ms`.
    pub connections_max_idle: Duration,
    /// `send.buffer.bytes` of a socket; the system's unless it is given.
    pub send_buffer_bytes: Option<usize>,
    /// `receive.buffer.bytes` of a socket; the system's unless it is given.
    pub receive_buffer_bytes: Option<usize>,
}

impl ClientConfig {
    /// Reads the keys of an admin client; gives those without effect beside it.
    ///
    /// # Errors
    /// When a value has the wrong type or is out of bounds, and when the keys ask for TLS or SASL.
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
        refuse_security(reader)?;
        let retry_backoff = reader.millis("retry.backoff.ms", 100)?;
        let retry_backoff_max = reader.millis("retry.backoff.max.ms", 1000)?;
        Ok(Self {
            bootstrap_servers: bootstrap_servers(reader)?,
            client_id: reader.text("client.id").unwrap_or_default().to_owned(),
            request_timeout: reader.int_millis("request.timeout.ms", 30_000)?,
            api_timeout: reader.int_millis("default.api.timeout.ms", 60_000)?,
            metadata_max_age: reader.millis("metadata.max.age.ms", 300_000)?,
            // Kafka's own rule where the two disagree.
            retry_backoff: retry_backoff.min(retry_backoff_max),
            retry_backoff_max,
            connect_timeout: reader.millis("socket.connection.setup.timeout.ms", 10_000)?,
            connections_max_idle: reader.millis_or_never("connections.max.idle.ms", 540_000)?,
            send_buffer_bytes: socket_buffer(reader, "send.buffer.bytes")?,
            receive_buffer_bytes: socket_buffer(reader, "receive.buffer.bytes")?,
        })
    }

    /// How connections are made.
    pub fn connection_options(&self) -> Options {
        Options {
            client_id: self.client_id.clone(),
            connect_timeout: self.connect_timeout,
            request_timeout: self.request_timeout,
            idle: self.connections_max_idle,
            send_buffer_bytes: self.send_buffer_bytes,
            receive_buffer_bytes: self.receive_buffer_bytes,
            ..Options::default()
        }
    }
}

/// -1 leaves it to the system.
fn socket_buffer(reader: &Reader<'_>, key: &'static str) -> Result<Option<usize>, Error> {
    let bytes = reader.int(key, -1..=i32::MAX)?;
    Ok(bytes.and_then(|bytes| usize::try_from(bytes).ok()))
}

/// A connection that was to be protected must not be made without protection.
fn refuse_security(reader: &Reader<'_>) -> Result<(), Error> {
    let key = "security.protocol";
    let reason = "TLS and SASL are not supported yet; only PLAINTEXT is";
    match reader.text(key) {
        Some(protocol) if protocol.eq_ignore_ascii_case("PLAINTEXT") => Ok(()),
        Some(protocol) => Err(Error::invalid(key, protocol, reason)),
        None => match reader.find(|key| key.starts_with("ssl.") || key.starts_with("sasl.")) {
            Some(key) => Err(Error::invalid(key, "(not shown)", reason)),
            None => Ok(()),
        },
    }
}

fn bootstrap_servers(reader: &Reader<'_>) -> Result<Vec<Address>, Error> {
    let key = "bootstrap.servers";
    let mut texts = reader.list(key).unwrap_or_default();
    texts.retain(|text| !text.is_empty());
    if texts.is_empty() {
        let reason = "No resolvable bootstrap urls given in bootstrap.servers";
        return Err(Error::invalid(key, "", reason));
    }
    let address = |text: &&str| {
        let invalid =
            |error: crate::net::InvalidAddress| Error::invalid(key, text, error.to_string());
        text.parse().map_err(invalid)
    };
    texts
        .iter()
        .filter(|text| !text.is_empty())
        .map(address)
        .collect()
}

#[cfg(test)]
mod tests;
