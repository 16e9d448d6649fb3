//! `Fetch` (1): batches from some partitions, waiting until there are enough of them.
//!
//! Every request is answered in full and no fetch sessions are kept: a response that names session 0 is how a broker
//! says so (KIP-227).

use std::ops::RangeInclusive;
use std::sync::Arc;
use std::time::Duration;

use tokio::time::{Instant, sleep_until};

use super::{Context, Handler};
use crate::broker::delayed::Watch;
use crate::broker::output::FileRange;
use crate::broker::partition::{Partition, Visibility};
use crate::protocol::ErrorCode;
use crate::protocol::messages::{
    FetchRequest, FetchRequestPartition, FetchRequestTopic, FetchResponse, FetchResponsePartition,
    FetchResponseTopic, Records,
};
use crate::storage::read::{ReadError, ReadRequest, ReadSlice};

pub(super) struct Fetch;

/// The first version that names topics by id alone (KIP-516).
const FIRST_WITH_IDS: i16 = 13;

impl Handler for Fetch {
    type Request = FetchRequest;
    const VERSIONS: RangeInclusive<i16> = 4..=18;

    async fn handle(context: &mut Context<'_>, request: FetchRequest) -> FetchResponse {
        if request.session_epoch > 0 {
            let error_code = ErrorCode::FetchSessionIdNotFound.code();
            return FetchResponse {
                error_code,
                ..Default::default()
            };
        }
        let targets = find_targets(context, &request);
        let wait = Wait::of(&request, context.broker.config.fetch_max_bytes);
        let read = wait.read(context, &targets).await;
        respond(context, request.topics, read)
    }
}

/// A partition asked for, or why it cannot be read.
struct Target {
    asked: FetchRequestPartition,
    partition: Result<Arc<Partition>, ErrorCode>,
}

/// What one partition has to offer now.
enum Read {
    Data {
        high_watermark: i64,
        last_stable_offset: i64,
        log_start_offset: i64,
        range: Option<FileRange>,
    },
    Failed(ErrorCode),
}

fn find_targets(context: &Context<'_>, request: &FetchRequest) -> Vec<Target> {
    let index = context.broker.partitions.index();
    let mut targets = Vec::new();
    for topic in &request.topics {
        let found = if context.version >= FIRST_WITH_IDS {
            index.by_id(topic.topic_id).ok_or(ErrorCode::UnknownTopicId)
        } else {
            index
                .by_name(&topic.topic)
                .ok_or(ErrorCode::UnknownTopicOrPartition)
        };
        for asked in &topic.partitions {
            let partition = found
                .and_then(|topic| {
                    topic
                        .partition(asked.partition)
                        .ok_or(ErrorCode::UnknownTopicOrPartition)
                })
                .and_then(|partition| {
                    partition
                        .check_epoch(asked.current_leader_epoch)
                        .map(|()| Arc::clone(partition))
                });
            targets.push(Target {
                asked: asked.clone(),
                partition,
            });
        }
    }
    targets
}

/// How much is wanted, and how long it may take to come.
struct Wait {
    bytes_min: usize,
    bytes_max: usize,
    time_max: Duration,
    visibility: Visibility,
}

impl Wait {
    fn of(request: &FetchRequest, fetch_bytes_max: usize) -> Self {
        let is_follower = request.replica_id >= 0 || request.replica_state.replica_id >= 0;
        let visibility = match (is_follower, request.isolation_level) {
            (true, _) => Visibility::All,
            (false, 1) => Visibility::Stable,
            (false, _) => Visibility::Committed,
        };
        let bytes_max = usize::try_from(request.max_bytes)
            .unwrap_or(0)
            .min(fetch_bytes_max);
        Self {
            bytes_min: usize::try_from(request.min_bytes)
                .unwrap_or(0)
                .min(bytes_max),
            bytes_max,
            time_max: Duration::from_millis(u64::try_from(request.max_wait_ms).unwrap_or(0)),
            visibility,
        }
    }

    /// Reads until there is enough, something failed, or time is up.
    async fn read(&self, context: &Context<'_>, targets: &[Target]) -> Vec<Read> {
        let (mut reads, mut is_enough) = self.read_once(targets);
        if is_enough {
            return reads;
        }
        let watched = targets
            .iter()
            .filter_map(|target| target.partition.clone().ok())
            .collect();
        let watch = Watch::new(watched);
        let deadline = Instant::now() + self.time_max;
        loop {
            // Once more after registering, so that what was appended in between is seen.
            (reads, is_enough) = self.read_once(targets);
            if is_enough {
                return reads;
            }
            tokio::select! {
                () = watch.changed() => {}
                () = sleep_until(deadline) => return reads,
                () = context.broker.stopping.cancelled() => return reads,
            }
        }
    }

    /// What is there now, and whether it should be sent now.
    fn read_once(&self, targets: &[Target]) -> (Vec<Read>, bool) {
        let mut budget = self.bytes_max;
        let mut total = 0;
        let mut has_failed = false;
        let mut reads = Vec::with_capacity(targets.len());
        for target in targets {
            let read = self.read_target(target, budget, total == 0);
            match &read {
                Read::Data {
                    range: Some(range), ..
                } => {
                    total += range.length;
                    budget = budget.saturating_sub(range.length);
                }
                Read::Data { range: None, .. } => {}
                Read::Failed(_) => has_failed = true,
            }
            reads.push(read);
        }
        let is_enough =
            has_failed || targets.is_empty() || total >= self.bytes_min || self.time_max.is_zero();
        (reads, is_enough)
    }

    fn read_target(&self, target: &Target, budget: usize, is_first: bool) -> Read {
        let partition = match &target.partition {
            Ok(partition) => partition,
            Err(code) => return Read::Failed(*code),
        };
        let log = &partition.log;
        let asked = usize::try_from(target.asked.partition_max_bytes).unwrap_or(0);
        let request = ReadRequest {
            offset: target.asked.fetch_offset,
            bound: partition.readable_end(self.visibility),
            max_bytes: u64::try_from(asked.min(budget)).unwrap_or(u64::MAX),
            // The first partition with data gives a whole batch even above the limits, or a reader could never go on.
            is_batch_owed: is_first,
        };
        match log.read(&request) {
            Ok(slice) => Read::Data {
                high_watermark: log.high_watermark(),
                last_stable_offset: log.last_stable_offset(),
                log_start_offset: log.log_start_offset(),
                range: slice.map(file_range),
            },
            Err(ReadError::OffsetOutOfRange { .. }) => Read::Failed(ErrorCode::OffsetOutOfRange),
            Err(ReadError::Storage(error)) => {
                tracing::error!(partition = %partition.name, %error, "cannot read");
                Read::Failed(ErrorCode::KafkaStorageError)
            }
        }
    }
}

fn file_range(slice: ReadSlice) -> FileRange {
    let length = usize::try_from(slice.len).unwrap_or(usize::MAX);
    FileRange {
        file: slice.file,
        position: slice.position,
        length,
    }
}

fn respond(
    context: &mut Context<'_>,
    topics: Vec<FetchRequestTopic>,
    reads: Vec<Read>,
) -> FetchResponse {
    let mut reads = reads.into_iter();
    let responses = topics
        .into_iter()
        .map(|topic| FetchResponseTopic {
            topic: topic.topic,
            topic_id: topic.topic_id,
            partitions: topic
                .partitions
                .iter()
                .zip(&mut reads)
                .map(|(asked, read)| partition_response(context, asked.partition, read))
                .collect(),
        })
        .collect();
    FetchResponse {
        responses,
        ..Default::default()
    }
}

fn partition_response(
    context: &mut Context<'_>,
    partition_index: i32,
    read: Read,
) -> FetchResponsePartition {
    match read {
        Read::Data {
            high_watermark,
            last_stable_offset,
            log_start_offset,
            range,
        } => FetchResponsePartition {
            partition_index,
            high_watermark,
            last_stable_offset,
            log_start_offset,
            records: Some(range.map_or_else(Records::default, |range| context.send_range(range))),
            ..Default::default()
        },
        Read::Failed(code) => FetchResponsePartition {
            partition_index,
            error_code: code.code(),
            high_watermark: -1,
            records: Some(Records::default()),
            ..Default::default()
        },
    }
}
