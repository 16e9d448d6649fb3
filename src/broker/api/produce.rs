//! `Produce` (0): append one batch to each of some partitions.

use std::ops::RangeInclusive;
use std::sync::Arc;

use bytes::Bytes;

use super::{Context, Handler};
use crate::broker::internal_topics::is_internal;
use crate::broker::partition::Partition;
use crate::broker::partitions::Topic;
use crate::protocol::ErrorCode;
use crate::protocol::messages::{
    ProduceRequest, ProduceRequestPartition, ProduceRequestTopic, ProduceResponse,
    ProduceResponsePartition, ProduceResponseRecordError, ProduceResponseTopic, Records,
};
use crate::protocol::record::{BatchHeader, Codec};
use crate::storage::{AppendInfo, InvalidRecord, Origin};

pub(super) struct Produce;

/// The first version in which a client may send zstd (KIP-110).
const FIRST_WITH_ZSTD: i16 = 7;
/// The client id of an administrator's tool that may write topics which else only their coordinators write.
const ADMIN_CLIENT_ID: &str = "__admin_client";

/// Why a partition took nothing.
struct Rejection {
    code: ErrorCode,
    message: Option<String>,
    records: Vec<ProduceResponseRecordError>,
}

impl From<ErrorCode> for Rejection {
    fn from(code: ErrorCode) -> Self {
        Self {
            code,
            message: None,
            records: Vec::new(),
        }
    }
}

/// What has to be known of a request as a whole.
#[derive(Default)]
struct Outcome {
    has_failed: bool,
    /// Partitions that must be durable before they are acknowledged (`flush.messages`).
    unflushed: Vec<Arc<Partition>>,
}

impl Handler for Produce {
    type Request = ProduceRequest;
    const VERSIONS: RangeInclusive<i16> = 3..=13;

    async fn handle(context: &mut Context<'_>, request: ProduceRequest) -> ProduceResponse {
        let refused = refusal_of(&request);
        let mut outcome = Outcome::default();
        let mut responses: Vec<_> = request
            .topic_data
            .into_iter()
            .map(|topic| append_topic(context, topic, refused, &mut outcome))
            .collect();
        flush(&mut responses, &mut outcome).await;
        match (request.acks, outcome.has_failed) {
            (0, false) => context.drop_response(),
            (0, true) => context.disconnect(),
            _ => {}
        }
        ProduceResponse {
            responses,
            ..Default::default()
        }
    }
}

/// The error that every partition gets, if the request as a whole is wrong.
fn refusal_of(request: &ProduceRequest) -> Option<ErrorCode> {
    if !matches!(request.acks, -1..=1) {
        return Some(ErrorCode::InvalidRequiredAcks);
    }
    let is_transactional = |partition: &ProduceRequestPartition| {
        let Some(Records::Inline(bytes)) = &partition.records else {
            return false;
        };
        BatchHeader::parse(bytes).is_ok_and(|header| header.attributes.is_transactional())
    };
    let transactional = request
        .topic_data
        .iter()
        .flat_map(|topic| &topic.partition_data)
        .any(is_transactional);
    (transactional && request.transactional_id.is_none())
        .then_some(ErrorCode::TransactionalIdAuthorizationFailed)
}

fn append_topic(
    context: &Context<'_>,
    request: ProduceRequestTopic,
    refused: Option<ErrorCode>,
    outcome: &mut Outcome,
) -> ProduceResponseTopic {
    let index = context.broker.partitions.index();
    let topic = if context.version >= 13 {
        index
            .by_id(request.topic_id)
            .ok_or(ErrorCode::UnknownTopicId)
    } else {
        index
            .by_name(&request.name)
            .ok_or(ErrorCode::UnknownTopicOrPartition)
    };
    let topic = refused.map_or(topic, Err);
    let partition_responses = request
        .partition_data
        .into_iter()
        .map(|partition| {
            let number = partition.index;
            match append_partition(context, topic, partition) {
                Ok((partition, appended)) => {
                    if appended.is_flush_due {
                        outcome.unflushed.push(partition);
                    }
                    accepted(number, &appended)
                }
                Err(rejection) => {
                    outcome.has_failed = true;
                    rejected(number, rejection)
                }
            }
        })
        .collect();
    ProduceResponseTopic {
        name: request.name,
        topic_id: request.topic_id,
        partition_responses,
    }
}

fn append_partition(
    context: &Context<'_>,
    topic: Result<&Arc<Topic>, ErrorCode>,
    request: ProduceRequestPartition,
) -> Result<(Arc<Partition>, AppendInfo), Rejection> {
    let topic = topic?;
    if is_internal(&topic.name) && context.client_id != ADMIN_CLIENT_ID {
        return Err(ErrorCode::InvalidTopicException.into());
    }
    let partition = topic
        .partition(request.index)
        .ok_or(ErrorCode::UnknownTopicOrPartition)?;
    let batch = request
        .records
        .and_then(Records::into_bytes)
        .unwrap_or_default();
    check_batch(&batch, context.version)?;
    let appended = append(partition, batch, context.broker.clock.now_ms())?;
    Ok((Arc::clone(partition), appended))
}

fn append(partition: &Partition, batch: Bytes, now_ms: i64) -> Result<AppendInfo, Rejection> {
    let tell = |record: &InvalidRecord| {
        let InvalidRecord { message, .. } = record;
        format!("{message} in topic partition {}", partition.name).into()
    };
    partition
        .append(batch, Origin::Client, now_ms)
        .map_err(|error| Rejection {
            code: error.error_code(),
            // Only what is said of single records is worth more than the code: clients print their own sentence for that.
            message: (!error.record_errors().is_empty()).then(|| error.to_string()),
            records: error
                .record_errors()
                .iter()
                .map(|record| ProduceResponseRecordError {
                    batch_index: record.batch_index,
                    batch_index_error_message: Some(tell(record)),
                })
                .collect(),
        })
}

/// Makes durable what has to be, away from the runtime's workers.
async fn flush(responses: &mut [ProduceResponseTopic], outcome: &mut Outcome) {
    for partition in std::mem::take(&mut outcome.unflushed) {
        let log = Arc::clone(&partition.log);
        let flushed = tokio::task::spawn_blocking(move || log.flush()).await;
        if matches!(flushed, Ok(Ok(_))) {
            continue;
        }
        tracing::error!(partition = %partition.name, "cannot make records durable");
        outcome.has_failed = true;
        let is_it = |topic: &&mut ProduceResponseTopic| {
            *topic.name == partition.name.topic || topic.topic_id == partition.topic_id
        };
        for response in responses
            .iter_mut()
            .filter(is_it)
            .flat_map(|topic| &mut topic.partition_responses)
        {
            if response.index == partition.name.partition {
                *response = rejected(response.index, ErrorCode::KafkaStorageError.into());
            }
        }
    }
}

/// What is checked of a batch before its partition's log sees it: that it is one, alone, in a format still taken.
fn check_batch(batch: &Bytes, version: i16) -> Result<(), ErrorCode> {
    let header = BatchHeader::parse(batch).map_err(|_no_batch| ErrorCode::InvalidRecord)?;
    if header.total_len() != batch.len() {
        return Err(ErrorCode::InvalidRecord);
    }
    if version < FIRST_WITH_ZSTD && matches!(header.attributes.codec(), Ok(Codec::Zstd)) {
        return Err(ErrorCode::UnsupportedCompressionType);
    }
    // No transaction can have been opened: this broker serves no transaction coordinator.
    if header.attributes.is_transactional() {
        Err(ErrorCode::InvalidTxnState)
    } else {
        Ok(())
    }
}

fn accepted(index: i32, appended: &AppendInfo) -> ProduceResponsePartition {
    ProduceResponsePartition {
        index,
        base_offset: appended.first_offset,
        log_append_time_ms: appended.log_append_time,
        log_start_offset: appended.log_start_offset,
        ..Default::default()
    }
}

fn rejected(index: i32, rejection: Rejection) -> ProduceResponsePartition {
    ProduceResponsePartition {
        index,
        error_code: rejection.code.code(),
        base_offset: -1,
        error_message: rejection.message.map(Into::into),
        record_errors: rejection.records,
        ..Default::default()
    }
}
