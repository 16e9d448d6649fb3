//! The keys of a producer.

use std::time::Duration;

use super::ClientConfig;
use super::reader::{self, Keys, Reader};
use crate::properties::{Error, Properties};
use crate::protocol::record::{Codec, Compression};

/// When a batch counts as written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Acks {
    /// Once it is sent; nobody answers.
    None,
    /// Once the leader has it.
    Leader,
    /// Once every in-sync replica has it.
    All,
}

impl Acks {
    /// The number in a Produce request.
    pub const fn code(self) -> i16 {
        match self {
            Self::None => 0,
            Self::Leader => 1,
            Self::All => -1,
        }
    }
}

/// What a producer needs to know.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProducerConfig {
    /// What every client needs to know.
    pub client: ClientConfig,
    /// `acks`.
    pub acks: Acks,
    /// `linger.ms`: how long a batch that is not full waits for more records.
    pub linger: Duration,
    /// `batch.size`: bytes at which a batch is full, before compression.
    pub batch_bytes: usize,
    /// `buffer.memory`: bytes of records that may wait to be sent.
    pub buffer_bytes: usize,
    /// `compression.type` and its level.
    pub compression: Compression,
    /// `max.request.size`: the largest record, and what one request may hold.
    pub request_bytes_max: usize,
    /// `max.in.flight.requests.per.connection`.
    pub in_flight_max: usize,
    /// `enable.idempotence`: retries write no record twice and change no order.
    pub is_idempotent: bool,
    /// `retries`: of one batch; `delivery_timeout` bounds them as well.
    pub retries: u32,
    /// `delivery.timeout.ms`: from the first record of a batch until it is acknowledged or given up.
    pub delivery_timeout: Duration,
    /// `max.block.ms`: how long sending may wait for metadata or memory.
    pub max_block: Duration,
    /// `partitioner.ignore.keys`: spread records with keys like those without.
    pub ignores_keys: bool,
}

impl ProducerConfig {
    /// Reads the keys of a producer; gives those without effect beside it.
    ///
    /// # Errors
    /// When a value has the wrong type, is out of bounds or contradicts another, and when the keys ask for what is not
    /// supported: TLS, SASL, transactions.
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
        if let Some(id) = reader.text("transactional.id") {
            let reason = "transactions are not supported yet";
            return Err(Error::invalid("transactional.id", id, reason));
        }
        let client = ClientConfig::read(reader)?;
        let acks = acks(reader)?;
        let retries = reader.int("retries", 0..=i32::MAX)?.unwrap_or(i32::MAX);
        let retries = u32::try_from(retries).unwrap_or(0);
        let in_flight_max = reader.count("max.in.flight.requests.per.connection", 1, 5)?;
        let linger = reader.millis("linger.ms", 5)?;
        Ok(Self {
            acks: acks.unwrap_or(Acks::All),
            linger,
            batch_bytes: reader.count("batch.size", 0, 16_384)?,
            buffer_bytes: buffer_bytes(reader)?,
            compression: compression(reader)?,
            request_bytes_max: reader.count("max.request.size", 0, 1_048_576)?,
            in_flight_max,
            is_idempotent: idempotence(reader, acks, retries, in_flight_max)?,
            retries,
            delivery_timeout: delivery_timeout(
                reader,
                linger.saturating_add(client.request_timeout),
            )?,
            max_block: reader.millis("max.block.ms", 60_000)?,
            ignores_keys: reader.boolean("partitioner.ignore.keys")?.unwrap_or(false),
            client,
        })
    }
}

fn acks(reader: &Reader<'_>) -> Result<Option<Acks>, Error> {
    let choice = reader.one_of("acks", &["all", "-1", "0", "1"])?;
    Ok(choice.map(|text| match text {
        "0" => Acks::None,
        "1" => Acks::Leader,
        _ => Acks::All,
    }))
}

fn buffer_bytes(reader: &Reader<'_>) -> Result<usize, Error> {
    let value = reader.long("buffer.memory", 0..=i64::MAX)?;
    Ok(value.map_or(33_554_432, |value| {
        usize::try_from(value).unwrap_or(usize::MAX)
    }))
}

fn compression(reader: &Reader<'_>) -> Result<Compression, Error> {
    let names = Codec::ALL.map(Codec::name);
    let name = reader.one_of("compression.type", &names)?.unwrap_or("none");
    let codec = name.parse().unwrap_or_default();
    let gzip = reader.int("compression.gzip.level", -1..=9)?;
    if gzip == Some(0) {
        let reason = "Value must be between 1 and 9 or equal to -1";
        return Err(Error::invalid("compression.gzip.level", 0, reason));
    }
    let lz4 = reader.int("compression.lz4.level", 1..=17)?;
    let zstd = reader.int("compression.zstd.level", -131_072..=22)?;
    let level = match codec {
        Codec::Gzip => gzip.filter(|level| *level > 0),
        Codec::Lz4 => lz4,
        Codec::Zstd => zstd,
        Codec::None | Codec::Snappy => None,
    };
    Ok(Compression { codec, level })
}

/// Kafka's rule: on unless another key rules it out; an error if both are said (`ProducerConfig`'s
/// `postProcessAndValidateIdempotenceConfigs`).
fn idempotence(
    reader: &Reader<'_>,
    acks: Option<Acks>,
    retries: u32,
    in_flight_max: usize,
) -> Result<bool, Error> {
    let key = "enable.idempotence";
    let asked = reader.boolean(key)?;
    if asked == Some(false) {
        return Ok(false);
    }
    let obstacle = if retries == 0 {
        Some("Must set retries to non-zero when using the idempotent producer.")
    } else if acks.is_some_and(|acks| acks != Acks::All) {
        Some(
            "Must set acks to all in order to use the idempotent producer. Otherwise we cannot guarantee idempotence.",
        )
    } else {
        None
    };
    if let (Some(obstacle), Some(_)) = (obstacle, asked) {
        return Err(Error::Contradiction(obstacle.to_owned()));
    }
    // Refused even where the producer would not be idempotent for another reason.
    if in_flight_max > 5 {
        return Err(Error::Contradiction(format!(
            "To use the idempotent producer, max.in.flight.requests.per.connection must be set to at most 5. Current \
             value is {in_flight_max}."
        )));
    }
    Ok(obstacle.is_none())
}

fn delivery_timeout(reader: &Reader<'_>, least: Duration) -> Result<Duration, Error> {
    let key = "delivery.timeout.ms";
    let given = reader.int(key, 0..=i32::MAX)?;
    let timeout = reader.millis(key, 120_000)?;
    match given {
        Some(_) if timeout < least => Err(Error::Contradiction(
            "delivery.timeout.ms should be equal to or larger than linger.ms + request.timeout.ms"
                .to_owned(),
        )),
        _ => Ok(timeout.max(least)),
    }
}
