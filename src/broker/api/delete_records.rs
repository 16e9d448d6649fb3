//! `DeleteRecords` (21): let the oldest records of partitions go, up to an offset (KIP-107).

use std::ops::RangeInclusive;

use super::{Context, Handler};
use crate::broker::internal_topics::is_internal;
use crate::protocol::ErrorCode;
use crate::protocol::messages::{
    DeleteRecordsRequest, DeleteRecordsResponse, DeleteRecordsResponsePartition,
    DeleteRecordsResponseTopic,
};
use crate::storage::ReadError;

pub(super) struct DeleteRecords;

/// "Everything that is committed".
const TO_HIGH_WATERMARK: i64 = -1;

impl Handler for DeleteRecords {
    type Request = DeleteRecordsRequest;
    const VERSIONS: RangeInclusive<i16> = 0..=2;

    async fn handle(
        context: &mut Context<'_>,
        request: DeleteRecordsRequest,
    ) -> DeleteRecordsResponse {
        let topics = request
            .topics
            .into_iter()
            .map(|topic| DeleteRecordsResponseTopic {
                partitions: topic
                    .partitions
                    .iter()
                    .map(|asked| {
                        let deleted =
                            delete(context, &topic.name, asked.partition_index, asked.offset);
                        DeleteRecordsResponsePartition {
                            partition_index: asked.partition_index,
                            low_watermark: deleted.unwrap_or(-1),
                            error_code: deleted.err().map_or(0, ErrorCode::code),
                        }
                    })
                    .collect(),
                name: topic.name,
            })
            .collect();
        DeleteRecordsResponse {
            topics,
            ..Default::default()
        }
    }
}

/// Returns where the log starts now.
fn delete(context: &Context<'_>, topic: &str, index: i32, offset: i64) -> Result<i64, ErrorCode> {
    if is_internal(topic) {
        return Err(ErrorCode::InvalidTopicException);
    }
    let partition = context
        .broker
        .partitions
        .get(topic, index)
        .ok_or(ErrorCode::UnknownTopicOrPartition)?;
    if !partition.log.config().delete {
        return Err(ErrorCode::PolicyViolation);
    }
    let offset = if offset == TO_HIGH_WATERMARK {
        partition.log.high_watermark()
    } else {
        offset
    };
    match partition.log.delete_records(offset) {
        Ok(log_start_offset) => Ok(log_start_offset),
        Err(ReadError::OffsetOutOfRange { .. }) => Err(ErrorCode::OffsetOutOfRange),
        Err(ReadError::Storage(error)) => {
            tracing::error!(%topic, index, %error, "cannot delete records");
            Err(ErrorCode::KafkaStorageError)
        }
    }
}
