use std::path::Path;

use bytes::Bytes;

use super::*;
use crate::broker::config::{BrokerConfig, DEVELOPMENT};
use crate::broker::group::{DescribeGroup, FetchOffsets, GroupRecord};
use crate::protocol::messages::*;
use crate::protocol::record::{BatchBuilder, BatchOptions, EndTransactionMarker, NewRecord};
use crate::protocol::{TopicPartition, Uuid as TopicId};
use crate::storage::{Disk, FaultyDisk, Log, LogConfig, OpenLog, Origin};

/// The one partition of `__consumer_offsets` on some disk, and the coordinators that run on it.
struct World {
    disk: FaultyDisk,
    partitions: Partitions,
    coordinators: GroupCoordinators,
}

impl World {
    fn new() -> Self {
        Self::on(FaultyDisk::new())
    }

    fn on(disk: FaultyDisk) -> Self {
        let name = TopicPartition::new(CONSUMER_OFFSETS, 0);
        let any: Arc<dyn Disk> = Arc::new(disk.clone());
        let dir = Path::new("/data/__consumer_offsets-0").to_path_buf();
        let log = Log::open(
            &any,
            &OpenLog::new(name.clone(), dir, LogConfig::default(), 0),
        )
        .unwrap();
        let partitions = Partitions::default();
        partitions.add([Partition::new(name, TopicId::from_bytes([7; 16]), 0, log)]);
        let config = BrokerConfig::from_properties(DEVELOPMENT.iter().copied()).unwrap();
        let coordinators =
            GroupCoordinators::new(&config, Clock::default(), CancellationToken::new());
        Self {
            disk,
            partitions,
            coordinators,
        }
    }

    async fn ask<R: Operation>(&self, request: impl Fn() -> R) -> Result<R::Response, ErrorCode> {
        let caller = Caller {
            version: 9,
            client_id: "c".into(),
            fresh_id: Uuid::new_v4(),
            ..Caller::default()
        };
        let partition = self.partitions.get(CONSUMER_OFFSETS, 0).unwrap();
        loop {
            let answer = self
                .coordinators
                .ask(&partition, request(), caller.clone())
                .await;
            if !matches!(answer, Err(ErrorCode::CoordinatorLoadInProgress)) {
                return answer;
            }
            tokio::task::yield_now().await;
        }
    }

    async fn commit(&self, offset: i64) -> Result<OffsetCommitResponse, ErrorCode> {
        self.ask(|| commit(offset)).await
    }

    async fn committed(&self) -> i64 {
        let topic = OffsetFetchRequestGroupTopic {
            name: "t".into(),
            partition_indexes: vec![0],
            ..Default::default()
        };
        let request = || {
            FetchOffsets(OffsetFetchRequestGroup {
                group_id: "g".into(),
                topics: Some(vec![topic.clone()]),
                ..Default::default()
            })
        };
        self.ask(request).await.unwrap().topics[0].partitions[0].committed_offset
    }

    fn append(&self, batch: Bytes) {
        let partition = self.partitions.get(CONSUMER_OFFSETS, 0).unwrap();
        partition.append(batch, Origin::Coordinator, 0).unwrap();
    }
}

fn commit(offset: i64) -> OffsetCommitRequest {
    let partition = OffsetCommitRequestPartition {
        committed_offset: offset,
        ..Default::default()
    };
    let topic = OffsetCommitRequestTopic {
        name: "t".into(),
        partitions: vec![partition],
        ..Default::default()
    };
    OffsetCommitRequest {
        group_id: "g".into(),
        topics: vec![topic],
        ..Default::default()
    }
}

fn join(member: &str) -> JoinGroupRequest {
    JoinGroupRequest {
        group_id: "g".into(),
        member_id: member.into(),
        session_timeout_ms: 10_000,
        rebalance_timeout_ms: 10_000,
        protocol_type: "consumer".into(),
        protocols: vec![JoinGroupRequestProtocol {
            name: "range".into(),
            metadata: Bytes::new(),
        }],
        ..Default::default()
    }
}

#[test]
fn groups_are_kept_where_kafka_looks_for_them() {
    assert_eq!(partition_for("my-group", 50), 12);
    assert_eq!(partition_for("console-consumer", 50), 40);
    assert_eq!(partition_for("test-group", 50), 12);
    // Its hash is the least number there is.
    assert_eq!(partition_for("polygenelubricants", 50), 0);
    assert_eq!(partition_for("", 50), 0);
}

#[tokio::test]
async fn what_was_answered_survives_a_restart() {
    let world = World::new();
    assert_eq!(world.committed().await, -1);
    world.commit(42).await.unwrap();
    let disk = world.disk.clone();
    drop(world);
    assert_eq!(World::on(disk).committed().await, 42);
}

#[tokio::test(start_paused = true)]
async fn members_wait_for_each_other_and_time_out() {
    let world = World::new();
    let first = world.ask(|| join("")).await.unwrap().member_id;
    let leader = world.ask(|| join(&first)).await.unwrap();
    assert_eq!((leader.generation_id, &leader.leader), (1, &first));
    let sync = SyncGroupRequest {
        group_id: "g".into(),
        generation_id: 1,
        member_id: first.clone(),
        ..Default::default()
    };
    world.ask(|| sync.clone()).await.unwrap();

    let second = world.ask(|| join("")).await.unwrap().member_id;
    // Parked until the first member, which says nothing any more, is out after its session timeout.
    let leader = world.ask(|| join(&second)).await.unwrap();
    assert_eq!((leader.generation_id, &leader.leader), (2, &second));
    tokio::time::sleep(std::time::Duration::from_mins(1)).await;
    let group = world.ask(|| DescribeGroup("g".into())).await.unwrap();
    assert_eq!(group.group_state, "Empty");
    assert_eq!(
        world
            .coordinators
            .list(&world.partitions, &ListGroups::default())
            .await
            .unwrap()
            .len(),
        1
    );
}

#[tokio::test]
async fn nothing_is_answered_that_could_not_be_stored() {
    let world = World::new();
    world.commit(42).await.unwrap();
    world.disk.fill_up_after(0);
    assert_eq!(world.commit(43).await, Err(ErrorCode::NotCoordinator));
    assert_eq!(world.committed().await, 42);
}

#[tokio::test]
async fn more_records_than_a_batch_holds_go_into_several() {
    let world = World::new();
    let mut request = commit(42);
    let many = (0..20_000).map(|partition_index| OffsetCommitRequestPartition {
        partition_index,
        committed_offset: 42,
        committed_metadata: Some("metadata metadata metadata".into()),
        ..Default::default()
    });
    request.topics[0].partitions = many.collect();
    world.ask(|| request.clone()).await.unwrap();
    let disk = world.disk.clone();
    drop(world);
    assert_eq!(World::on(disk).committed().await, 42);
}

/// A batch that commits `offset`, as Kafka's broker writes it for a transaction of `producer_id`.
fn transactional(producer_id: i64, offset: i64) -> Bytes {
    let record = GroupRecord::Offset {
        key: OffsetCommitKey {
            group: "g".into(),
            topic: "t".into(),
            partition: 0,
        },
        value: Some(OffsetCommitValue {
            offset,
            ..Default::default()
        }),
    };
    let (key, value) = record.encode().unwrap();
    let mut batch = BatchBuilder::default();
    batch
        .append(&NewRecord {
            timestamp: 0,
            key: Some(&key),
            value: value.as_deref(),
            headers: &[],
        })
        .unwrap();
    batch
        .build(&BatchOptions {
            is_transactional: true,
            ..producer(producer_id)
        })
        .unwrap()
}

fn producer(producer_id: i64) -> BatchOptions {
    BatchOptions {
        producer_id,
        producer_epoch: 0,
        ..BatchOptions::default()
    }
}

fn end(producer_id: i64, is_commit: bool) -> Bytes {
    let marker = EndTransactionMarker {
        is_commit,
        coordinator_epoch: 0,
    };
    marker.to_batch(0, &producer(producer_id)).unwrap()
}

#[tokio::test]
async fn offsets_of_transactions_count_once_these_are_committed() {
    let world = World::new();
    world.append(transactional(1, 10));
    world.append(transactional(2, 20));
    world.append(end(1, true));
    world.append(end(2, false));
    world.append(transactional(3, 30));
    assert_eq!(world.committed().await, 10);
}

#[tokio::test]
async fn a_partition_that_cannot_be_read_coordinates_nothing() {
    let world = World::new();
    world.commit(42).await.unwrap();
    let disk = world.disk.clone();
    drop(world);
    let world = World::on(disk);
    // After the log was opened and checked, so that only the coordinator comes upon it.
    world.disk.flip(
        Path::new("/data/__consumer_offsets-0/00000000000000000000.log"),
        80,
    );
    assert_eq!(
        world.commit(43).await,
        Err(ErrorCode::CoordinatorNotAvailable)
    );
}

#[tokio::test]
async fn coordinators_end_when_the_broker_stops() {
    let world = World::new();
    let first = world.ask(|| join("")).await.unwrap().member_id;
    world.ask(|| join(&first)).await.unwrap();
    let second = world.ask(|| join("")).await.unwrap().member_id;
    let parked = world.ask(|| join(&second));
    let stop = async {
        tokio::task::yield_now().await;
        world.coordinators.stop.cancel();
    };
    let (answer, ()) = tokio::join!(parked, stop);
    assert_eq!(answer, Err(ErrorCode::NotCoordinator));
    world.coordinators.stopped().await;
}
