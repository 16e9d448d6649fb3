//! One file per API, and the table of them. `ApiVersions` answers from the table that requests are dispatched by, so the
//! two cannot disagree.

use std::future::Future;
use std::ops::RangeInclusive;
use std::pin::Pin;
use std::sync::Arc;

use bytes::BytesMut;
use bytestring::ByteString;

use crate::broker::Broker;
use crate::broker::output::FileRange;
use crate::protocol::ApiKey;
use crate::protocol::frame::{RequestHeader, encode_response};
use crate::protocol::messages::{DecodeError, Decoder, EncodeError, Message, Records, Request};
use crate::protocol::wire::Piece;

mod alter_configs;
mod api_versions;
mod create_partitions;
mod create_topics;
mod delete_groups;
mod delete_records;
mod delete_topics;
mod describe_cluster;
mod describe_configs;
mod describe_groups;
mod describe_log_dirs;
mod describe_topic_partitions;
mod fetch;
mod find_coordinator;
mod heartbeat;
mod incremental_alter_configs;
mod init_producer_id;
mod join_group;
mod leave_group;
mod list_config_resources;
mod list_groups;
mod list_offsets;
mod list_partition_reassignments;
mod metadata;
mod offset_commit;
mod offset_delete;
mod offset_fetch;
mod offset_for_leader_epoch;
mod produce;
mod sync_group;

/// What serves one API.
pub trait Handler: 'static {
    /// What it answers to.
    type Request: Request + Send;
    /// The versions served, as `ApiVersions` tells them.
    const VERSIONS: RangeInclusive<i16>;

    /// Answers one request. A failure that a peer can cause has an error code in the response.
    fn handle(
        context: &mut Context<'_>,
        request: Self::Request,
    ) -> impl Future<Output = <Self::Request as Request>::Response> + Send;
}

/// What is known of the peer of one connection, for as long as it lasts.
#[derive(Debug)]
pub struct Session {
    /// Its address as Kafka prints it, such as `/127.0.0.1`.
    pub client_host: String,
    /// The listener it came in through.
    pub listener: String,
}

/// What a handler works with: the broker, the peer, and the request's header.
#[derive(Debug)]
pub struct Context<'c> {
    /// The broker.
    pub broker: &'c Arc<Broker>,
    /// The peer.
    pub session: &'c mut Session,
    /// The request's version.
    pub version: i16,
    /// What the client calls itself; empty where it did not say.
    pub client_id: ByteString,
    /// The ranges that go out in place of [`Records::Elsewhere`].
    ranges: Vec<FileRange>,
    fate: Fate,
}

/// What becomes of a response.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum Fate {
    #[default]
    Sent,
    /// Not sent: produce with `acks=0`.
    Dropped,
    /// Not sent, and the connection ends: produce with `acks=0` that failed.
    Disconnect,
}

impl<'c> Context<'c> {
    fn new(broker: &'c Arc<Broker>, session: &'c mut Session, header: &RequestHeader) -> Self {
        Self {
            broker,
            session,
            version: header.api_version,
            client_id: header.client_id.clone().unwrap_or_default(),
            ranges: Vec::new(),
            fate: Fate::Sent,
        }
    }

    /// The records field for a range of a segment file.
    pub fn send_range(&mut self, range: FileRange) -> Records {
        let length = range.length;
        self.ranges.push(range);
        Records::Elsewhere {
            token: self.ranges.len().saturating_sub(1),
            length,
        }
    }

    /// Lets the response go nowhere.
    pub fn drop_response(&mut self) {
        self.fate = Fate::Dropped;
    }

    /// Lets the response go nowhere and ends the connection, which tells a client that something failed.
    pub fn disconnect(&mut self) {
        self.fate = Fate::Disconnect;
    }
}

/// An answer ready to go out.
#[derive(Debug)]
pub enum Answer {
    /// A frame.
    Frame {
        /// Its bytes, length prefix included.
        pieces: Vec<Piece>,
        /// What [`Piece::Elsewhere`] stands for.
        ranges: Vec<FileRange>,
    },
    /// Nothing.
    Silence,
    /// Nothing, and the connection ends.
    Disconnect,
}

/// Why a connection ends over a request.
#[derive(Debug, thiserror::Error)]
pub enum Refusal {
    /// An API that is not served, or not in this version: there is no error response that the client would understand.
    #[error("{api} version {version} is not served")]
    NotServed {
        /// The API asked for.
        api: ApiKey,
        /// The version asked for.
        version: i16,
    },
    /// Bytes that are not the request they claim to be.
    #[error("cannot read a {api} request of version {version}")]
    Undecodable {
        /// The API asked for.
        api: ApiKey,
        /// The version asked for.
        version: i16,
        /// What is wrong with the bytes.
        source: DecodeError,
    },
    /// A frame too short for a request header.
    #[error("cannot read a request header")]
    NoHeader(#[source] DecodeError),
    /// A response that its version cannot carry.
    #[error("cannot write the response")]
    Unencodable(#[from] EncodeError),
}

type Served<'f> = Pin<Box<dyn Future<Output = Result<Answer, Refusal>> + Send + 'f>>;

/// One row of the table.
#[derive(Debug)]
pub struct Api {
    /// Which API.
    pub key: ApiKey,
    /// The versions that `ApiVersions` tells.
    pub advertised: RangeInclusive<i16>,
    versions: RangeInclusive<i16>,
    serve: for<'f> fn(&'f Arc<Broker>, &'f mut Session, RequestHeader, Decoder) -> Served<'f>,
}

impl Api {
    const fn of<H: Handler>() -> Self {
        Self {
            key: H::Request::KEY,
            advertised: H::VERSIONS,
            versions: H::VERSIONS,
            serve: |broker, session, header, body| {
                Box::pin(serve::<H>(broker, session, header, body))
            },
        }
    }

    /// Tells clients that versions from `first` on are served though they are not. Old clients take the lowest version
    /// told for a sign of what the broker can do (KAFKA-18659, KAFKA-19444).
    const fn advertised_from(self, first: i16) -> Self {
        let last = *self.versions.end();
        Self {
            advertised: first..=last,
            ..self
        }
    }
}

/// Every API that is served, ascending by key.
pub static APIS: &[Api] = &[
    Api::of::<produce::Produce>().advertised_from(0),
    Api::of::<fetch::Fetch>(),
    Api::of::<list_offsets::ListOffsets>(),
    Api::of::<metadata::Metadata>(),
    Api::of::<offset_commit::OffsetCommit>(),
    Api::of::<offset_fetch::OffsetFetch>(),
    Api::of::<find_coordinator::FindCoordinator>(),
    Api::of::<join_group::JoinGroup>(),
    Api::of::<heartbeat::Heartbeat>(),
    Api::of::<leave_group::LeaveGroup>(),
    Api::of::<sync_group::SyncGroup>(),
    Api::of::<describe_groups::DescribeGroups>(),
    Api::of::<list_groups::ListGroups>(),
    Api::of::<api_versions::ApiVersions>(),
    Api::of::<create_topics::CreateTopics>(),
    Api::of::<delete_topics::DeleteTopics>(),
    Api::of::<delete_records::DeleteRecords>(),
    Api::of::<init_producer_id::InitProducerId>(),
    Api::of::<offset_for_leader_epoch::OffsetForLeaderEpoch>(),
    Api::of::<describe_configs::DescribeConfigs>(),
    Api::of::<alter_configs::AlterConfigs>(),
    Api::of::<describe_log_dirs::DescribeLogDirs>(),
    Api::of::<create_partitions::CreatePartitions>(),
    Api::of::<delete_groups::DeleteGroups>(),
    Api::of::<incremental_alter_configs::IncrementalAlterConfigs>(),
    Api::of::<list_partition_reassignments::ListPartitionReassignments>(),
    Api::of::<offset_delete::OffsetDelete>(),
    Api::of::<describe_cluster::DescribeCluster>(),
    Api::of::<list_config_resources::ListConfigResources>(),
    Api::of::<describe_topic_partitions::DescribeTopicPartitions>(),
];

/// Answers the request in `frame`, a whole frame without its length prefix.
///
/// # Errors
/// When the connection has to end.
pub async fn dispatch(
    broker: &Arc<Broker>,
    session: &mut Session,
    frame: Decoder,
) -> Result<Answer, Refusal> {
    let mut body = frame;
    let header = RequestHeader::decode(&mut body).map_err(Refusal::NoHeader)?;
    let (api, version) = (header.api_key, header.api_version);
    let row = APIS
        .iter()
        .find(|row| row.key == api)
        .ok_or(Refusal::NotServed { api, version })?;
    if !row.versions.contains(&version) {
        if api == ApiKey::API_VERSIONS {
            return api_versions::unsupported(header.correlation_id);
        }
        return Err(Refusal::NotServed { api, version });
    }
    (row.serve)(broker, session, header, body).await
}

/// Decode, handle, encode: the same for every API.
async fn serve<H: Handler>(
    broker: &Arc<Broker>,
    session: &mut Session,
    header: RequestHeader,
    mut body: Decoder,
) -> Result<Answer, Refusal> {
    let (api, version) = (header.api_key, header.api_version);
    // Bytes behind the last field are let pass, as Apache's broker does: some clients pad.
    let request = header
        .skip_tags::<H::Request>(&mut body)
        .and_then(|()| H::Request::decode(&mut body, version))
        .map_err(|source| Refusal::Undecodable {
            api,
            version,
            source,
        })?;
    drop(body);
    let mut context = Context::new(broker, session, &header);
    let response = H::handle(&mut context, request).await;
    let Context { ranges, fate, .. } = context;
    match fate {
        Fate::Dropped => Ok(Answer::Silence),
        Fate::Disconnect => Ok(Answer::Disconnect),
        Fate::Sent => {
            let pieces = encode_response::<H::Request>(
                &response,
                version,
                header.correlation_id,
                BytesMut::new(),
            )?;
            Ok(Answer::Frame { pieces, ranges })
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::broker::metadata::{Draft, Image, MetadataRecord};
    use crate::protocol::Uuid;
    use crate::protocol::messages::{
        PartitionRecord, RegisterBrokerRecord, RegisterBrokerRecordEndPoint, TopicRecord,
    };

    pub(super) fn id(number: u8) -> Uuid {
        Uuid::from_bytes([number; 16])
    }

    fn broker(broker_id: i32, fenced: bool) -> MetadataRecord {
        let endpoint = RegisterBrokerRecordEndPoint {
            name: "PLAINTEXT".into(),
            host: "localhost".into(),
            port: 9092,
            security_protocol: 0,
        };
        let end_points = vec![endpoint];
        RegisterBrokerRecord {
            broker_id,
            end_points,
            fenced,
            ..RegisterBrokerRecord::default()
        }
        .into()
    }

    fn partition(topic: u8, partition_id: i32, replicas: &[i32], leader: i32) -> MetadataRecord {
        PartitionRecord {
            partition_id,
            topic_id: id(topic),
            replicas: replicas.to_vec(),
            isr: replicas.to_vec(),
            leader,
            leader_epoch: 0,
            ..PartitionRecord::default()
        }
        .into()
    }

    /// A topic of that many partitions on broker 1.
    pub(super) fn topic_on_1(name: &str, number: u8, partitions: i32) -> Vec<MetadataRecord> {
        let partitions =
            (0..partitions).map(|partition_id| partition(number, partition_id, &[1], 1));
        [topic(name, number)]
            .into_iter()
            .chain(partitions)
            .collect()
    }

    fn topic(name: &str, number: u8) -> MetadataRecord {
        TopicRecord {
            name: name.into(),
            topic_id: id(number),
        }
        .into()
    }

    /// A cluster of broker 1 and the fenced broker 2. Topic `a` has a partition on 1, one on 2 without a leader, and one on
    /// both; topic `b` has two on 1.
    pub(super) fn image() -> Image {
        let records = [
            broker(1, false),
            broker(2, true),
            topic("a", 1),
            partition(1, 0, &[1], 1),
            partition(1, 1, &[2], -1),
            partition(1, 2, &[1, 2], 1),
        ];
        let records = records.into_iter().chain(topic_on_1("b", 2, 2));
        with(&Image::empty("cluster"), records)
    }

    /// What becomes of an image by these records.
    pub(super) fn with(image: &Image, records: impl IntoIterator<Item = MetadataRecord>) -> Image {
        let mut draft = Draft::new(image);
        for record in records {
            draft.apply(0, &record).unwrap();
        }
        draft.finish().0
    }

    #[test]
    fn the_table_is_in_key_order_and_within_the_schemas() {
        for pair in APIS.windows(2) {
            assert!(pair[0].key < pair[1].key);
        }
    }
}
