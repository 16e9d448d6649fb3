//! The bytes of every message in every version: the same as other people's code writes, read back whole, and safe to
//! read when they are hostile.

use std::ops::RangeInclusive;

use bytes::{Bytes, BytesMut};
use kaffa::protocol::frame;
use kaffa::protocol::messages::{self as ours, Message as _, Request};
use kaffa::protocol::wire::{DecodeError, Decoder, Piece};
use kafka_protocol::messages as theirs;
use kafka_protocol::protocol::{Decodable, Encodable, Message, VersionRange};
use proptest::prelude::*;

use crate::support::samples::{Random, crowd, sample, schemas};
use crate::support::schema::Kind;

type Recode = fn(Bytes, i16) -> Bytes;

/// A message as this test sees it.
struct Subject {
    name: &'static str,
    versions: RangeInclusive<i16>,
    /// Reads bytes, checks that what was read survives another round, and writes it again.
    recode: fn(Bytes, i16) -> Result<Bytes, DecodeError>,
    /// Only reads them; says whether they were this message.
    read: fn(Bytes, i16) -> bool,
    /// The same by `kafka-protocol`, where it knows the message.
    theirs: Option<(VersionRange, Recode)>,
}

fn recode<M: ours::Message + PartialEq + std::fmt::Debug>(
    bytes: Bytes,
    version: i16,
) -> Result<Bytes, DecodeError> {
    let message = M::from_bytes(bytes, version)?;
    let written = message.to_bytes(version).unwrap();
    assert_eq!(M::from_bytes(written.clone(), version), Ok(message));
    Ok(written)
}

fn recode_theirs<M: Encodable + Decodable>(mut bytes: Bytes, version: i16) -> Bytes {
    let message = M::decode(&mut bytes, version).unwrap();
    assert!(bytes.is_empty(), "{} bytes are left", bytes.len());
    let mut out = BytesMut::new();
    message.encode(&mut out, version).unwrap();
    out.freeze()
}

macro_rules! subjects {
    ($([$theirs:ident] $($name:ident)+;)+) => {
        /// Every message of the library.
        fn subjects() -> Vec<Subject> {
            vec![$($(Subject {
                name: ours::$name::NAME,
                versions: ours::$name::VERSIONS,
                recode: recode::<ours::$name>,
                read: |bytes, version| ours::$name::from_bytes(bytes, version).is_ok(),
                theirs: subjects!(@$theirs $name),
            }),+),+]
        }
    };
    (@known $name:ident) => {
        Some((theirs::$name::VERSIONS, recode_theirs::<theirs::$name>))
    };
    (@unknown $name:ident) => { None };
}

subjects! {
    [known]
    AlterConfigsRequest AlterConfigsResponse
    ApiVersionsRequest ApiVersionsResponse
    CreatePartitionsRequest CreatePartitionsResponse
    CreateTopicsRequest CreateTopicsResponse
    DeleteGroupsRequest DeleteGroupsResponse
    DeleteRecordsRequest DeleteRecordsResponse
    DeleteTopicsRequest DeleteTopicsResponse
    DescribeClusterRequest DescribeClusterResponse
    DescribeConfigsRequest DescribeConfigsResponse
    DescribeGroupsRequest DescribeGroupsResponse
    DescribeLogDirsRequest DescribeLogDirsResponse
    DescribeTopicPartitionsRequest DescribeTopicPartitionsResponse
    FetchRequest FetchResponse
    FindCoordinatorRequest FindCoordinatorResponse
    HeartbeatRequest HeartbeatResponse
    IncrementalAlterConfigsRequest IncrementalAlterConfigsResponse
    InitProducerIdRequest InitProducerIdResponse
    JoinGroupRequest JoinGroupResponse
    LeaveGroupRequest LeaveGroupResponse
    ListConfigResourcesRequest ListConfigResourcesResponse
    ListGroupsRequest ListGroupsResponse
    ListOffsetsRequest ListOffsetsResponse
    ListPartitionReassignmentsRequest ListPartitionReassignmentsResponse
    MetadataRequest MetadataResponse
    OffsetCommitRequest OffsetCommitResponse
    OffsetDeleteRequest OffsetDeleteResponse
    OffsetFetchRequest OffsetFetchResponse
    OffsetForLeaderEpochRequest OffsetForLeaderEpochResponse
    ProduceRequest ProduceResponse
    SyncGroupRequest SyncGroupResponse;

    [unknown]
    RegisterBrokerRecord UnregisterBrokerRecord TopicRecord PartitionRecord ConfigRecord PartitionChangeRecord
    ClearElrRecord FenceBrokerRecord UnfenceBrokerRecord RemoveTopicRecord FeatureLevelRecord ProducerIdsRecord
    BrokerRegistrationChangeRecord NoOpRecord BeginTransactionRecord EndTransactionRecord AbortTransactionRecord
    OffsetCommitKey OffsetCommitValue GroupMetadataKey GroupMetadataValue TransactionLogKey TransactionLogValue;
}

/// Calls `check` with a sample of every message in every version.
fn for_every_sample(seed: u64, check: impl Fn(&Subject, i16, Bytes)) {
    let schemas = schemas();
    for subject in subjects() {
        let schema = schemas
            .iter()
            .find(|schema| schema.name == subject.name)
            .unwrap();
        for version in subject.versions.clone() {
            check(
                &subject,
                version,
                sample(schema, version, &mut Random(seed)).into(),
            );
        }
    }
}

#[test]
fn every_message_of_the_schemas_is_tested_here() {
    let mut named: Vec<_> = subjects().iter().map(|subject| subject.name).collect();
    let schemas = schemas();
    for schema in &schemas {
        if let Kind::Request { response, .. } = &schema.kind {
            assert!(named.contains(&response.as_str()));
        }
    }
    let mut all: Vec<_> = schemas.iter().map(|schema| schema.name.as_str()).collect();
    named.sort_unstable();
    all.sort_unstable();
    assert_eq!(named, all);
}

proptest! {
    #![proptest_config(ProptestConfig { max_shrink_iters: 0, failure_persistence: None, ..ProptestConfig::with_cases(48) })]

    #[test]
    fn every_message_in_every_version_survives_being_read_and_written(seed: u64) {
        for_every_sample(seed, |subject, version, bytes| {
            let written = (subject.recode)(bytes.clone(), version);
            assert_eq!(written, Ok(bytes), "{} version {version}", subject.name);
        });
    }

    #[test]
    fn another_implementation_reads_and_writes_the_same_bytes(seed: u64) {
        for_every_sample(seed, |subject, version, bytes| {
            match subject.theirs {
                Some((known, recode)) if (known.min..=known.max).contains(&version) => {
                    let name = subject.name;
                    assert_eq!(recode(bytes.clone(), version), bytes, "{name} version {version}");
                }
                Some(_) | None => {}
            }
        });
    }

    #[test]
    fn a_message_that_is_cut_off_is_refused(seed: u64) {
        for_every_sample(seed, |subject, version, bytes| {
            for end in 0..bytes.len() {
                let read = (subject.read)(bytes.slice(..end), version);
                assert!(!read, "{} version {version} cut off at {end}", subject.name);
            }
        });
    }

    #[test]
    fn random_bytes_are_read_or_refused_within_bounds(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        let bytes = Bytes::from(bytes);
        for subject in subjects() {
            for version in subject.versions.clone() {
                read_within_bounds(&subject, version, &bytes);
            }
        }
    }
}

#[test]
fn senseless_lengths_at_any_place_are_read_or_refused_within_bounds() {
    let lies: [&[u8]; 8] = [
        &i32::MAX.to_be_bytes(),
        &i32::MIN.to_be_bytes(),
        &(-2_i32).to_be_bytes(),
        &0x00ff_ffff_i32.to_be_bytes(),
        &i16::MAX.to_be_bytes(),
        &(-2_i16).to_be_bytes(),
        &[0xff, 0xff, 0xff, 0xff, 0x0f],
        &[0xff, 0xff, 0xff, 0xff, 0xff],
    ];
    for_every_sample(7, |subject, version, bytes| {
        for (place, lie) in (0..bytes.len()).flat_map(|place| lies.map(|lie| (place, lie))) {
            let mut hostile = bytes.to_vec();
            let end = hostile.len().min(place + lie.len());
            hostile.splice(place..end, lie.iter().copied());
            read_within_bounds(subject, version, &hostile.into());
        }
    });
}

#[test]
fn a_frame_full_of_the_smallest_items_is_read_within_bounds() {
    let schemas = schemas();
    for subject in subjects() {
        let schema = schemas
            .iter()
            .find(|schema| schema.name == subject.name)
            .unwrap();
        for version in subject.versions.clone() {
            let bytes = Bytes::from(crowd(schema, version, 1000));
            assert!(
                (subject.read)(bytes.clone(), version),
                "{} version {version}",
                subject.name
            );
            read_within_bounds(&subject, version, &bytes);
        }
        let bytes = Bytes::from(crowd(schema, *subject.versions.end(), 50_000));
        let length = u64::try_from(bytes.len()).unwrap();
        let used = allocation_counter::measure(|| {
            (subject.read)(bytes, *subject.versions.end());
        });
        let limit = (1 << 20) + 10 * length;
        let (name, most) = (subject.name, used.bytes_max);
        assert!(most <= limit, "{name}: {most} bytes of memory for {length}");
    }
}

/// Bytes of memory that reading a short frame may take for each of its bytes: an empty string is one byte on the wire and 32
/// in memory, an item with fields that its version does not have takes a little more.
const MEMORY_PER_BYTE: u64 = 48;

fn read_within_bounds(subject: &Subject, version: i16, bytes: &Bytes) {
    let (name, length) = (subject.name, u64::try_from(bytes.len()).unwrap());
    let used = allocation_counter::measure(|| {
        (subject.read)(bytes.clone(), version);
    });
    let limit = 1024 + MEMORY_PER_BYTE * length;
    let most = used.bytes_max;
    assert!(
        most <= limit,
        "{name} version {version}: {most} bytes of memory for {length}: {bytes:?}"
    );
}

/// The bytes of a frame that has all of them.
fn whole(pieces: Vec<Piece>) -> Vec<u8> {
    let bytes = pieces.into_iter().map(|piece| match piece {
        Piece::Bytes(bytes) => bytes,
        Piece::Elsewhere { .. } => panic!("a piece is elsewhere"),
    });
    bytes.collect::<Vec<_>>().concat()
}

fn request<R: Request + Default>(version: i16, client_id: Option<&str>) -> Vec<u8> {
    whole(frame::encode_request(&R::default(), version, 0x0102_0304, client_id).unwrap())
}

fn response<R: Request<Response: Default>>(version: i16) -> Vec<u8> {
    let body = R::Response::default();
    whole(frame::encode_response::<R>(&body, version, 0x0102_0304, BytesMut::new()).unwrap())
}

#[test]
fn a_request_has_header_1_before_its_flexible_versions() {
    let frame = request::<ours::ListGroupsRequest>(2, Some("kaffa"));
    assert_eq!(frame, b"\0\0\0\x0f\0\x10\0\x02\x01\x02\x03\x04\0\x05kaffa");
    let frame = request::<ours::ListGroupsRequest>(2, None);
    assert_eq!(frame, b"\0\0\0\x0a\0\x10\0\x02\x01\x02\x03\x04\xff\xff");
}

#[test]
fn a_request_has_header_2_with_an_uncompact_client_id_in_flexible_versions() {
    let frame = request::<ours::ListGroupsRequest>(3, Some("kaffa"));
    assert_eq!(
        frame,
        b"\0\0\0\x11\0\x10\0\x03\x01\x02\x03\x04\0\x05kaffa\0\0"
    );
}

#[test]
fn a_response_has_header_0_before_its_flexible_versions_and_header_1_in_them() {
    let frame = response::<ours::HeartbeatRequest>(3);
    assert_eq!(frame, b"\0\0\0\x0a\x01\x02\x03\x04\0\0\0\0\0\0");
    let frame = response::<ours::HeartbeatRequest>(4);
    assert_eq!(frame, b"\0\0\0\x0c\x01\x02\x03\x04\0\0\0\0\0\0\0\0");
}

#[test]
fn an_api_versions_response_has_header_0_in_every_version() {
    let frame = response::<ours::ApiVersionsRequest>(0);
    assert_eq!(frame, b"\0\0\0\x0a\x01\x02\x03\x04\0\0\0\0\0\0");
    let frame = response::<ours::ApiVersionsRequest>(3);
    assert_eq!(frame, b"\0\0\0\x0c\x01\x02\x03\x04\0\0\x01\0\0\0\0\0");
}

#[test]
fn headers_are_the_ones_another_implementation_writes() {
    for (version, header_version) in [(2, 1), (3, 2)] {
        let header = theirs::RequestHeader::default()
            .with_request_api_key(16)
            .with_request_api_version(version)
            .with_correlation_id(0x0102_0304)
            .with_client_id(Some("kaffa".to_owned().into()));
        let mut bytes = BytesMut::new();
        header.encode(&mut bytes, header_version).unwrap();
        let mut input = Decoder::new(bytes.freeze());
        let read = frame::RequestHeader::decode(&mut input).unwrap();
        read.skip_tags::<ours::ListGroupsRequest>(&mut input)
            .unwrap();
        assert_eq!(
            (read.api_key, read.api_version),
            (ours::ListGroupsRequest::KEY, version)
        );
        assert_eq!(
            (read.correlation_id, read.client_id.as_deref()),
            (0x0102_0304, Some("kaffa"))
        );
        assert_eq!(input.finish(), Ok(()));
    }
}

#[test]
fn a_response_is_read_with_the_header_of_its_version() {
    for version in ours::HeartbeatRequest::VERSIONS {
        let frame =
            Bytes::from(response::<ours::HeartbeatRequest>(version)).slice(frame::PREFIX_LEN..);
        let read = frame::decode_response::<ours::HeartbeatRequest>(frame, version);
        assert_eq!(read, Ok((0x0102_0304, ours::HeartbeatResponse::default())));
    }
}
