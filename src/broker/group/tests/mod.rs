//! A shard with a log and a clock of its own, and what it does with every row of Kafka's tables.

mod invariants;
mod join;
mod offsets;
mod static_members;
mod sync;

use std::collections::BTreeMap;
use std::time::Duration;

use bytes::Bytes;
use bytestring::ByteString;
use uuid::Uuid as FreshId;

use super::*;
use crate::protocol::ErrorCode;
use crate::protocol::consumer::ConsumerSubscription;
use crate::protocol::messages::*;

/// A shard, its log, and all answers so far.
pub(super) struct World {
    pub(super) shard: GroupShard,
    pub(super) log: Vec<(Bytes, Option<Bytes>)>,
    pub(super) answers: BTreeMap<Token, Answer>,
    /// While set, nothing can be appended.
    pub(super) log_is_full: bool,
    now_ms: u64,
    tokens: u64,
}

pub(super) const GROUP: &str = "g";

impl World {
    pub(super) fn new() -> Self {
        Self::with(GroupConfig::default())
    }

    pub(super) fn with(config: GroupConfig) -> Self {
        let mut shard = GroupShard::new(config);
        shard.loaded(at(0));
        Self {
            shard,
            log: Vec::new(),
            answers: BTreeMap::new(),
            log_is_full: false,
            now_ms: 0,
            tokens: 0,
        }
    }

    /// Without the initial delay, which most tests have no use for.
    pub(super) fn hurried() -> Self {
        Self::with(GroupConfig {
            initial_rebalance_delay: Duration::ZERO,
            ..GroupConfig::default()
        })
    }

    pub(super) fn now(&self) -> Now {
        at(self.now_ms)
    }

    /// Puts a request to the shard, in version 9 and thus with everything.
    pub(super) fn ask(&mut self, request: impl Into<GroupRequest>) -> Token {
        self.ask_as(9, request)
    }

    pub(super) fn ask_as(&mut self, version: i16, request: impl Into<GroupRequest>) -> Token {
        self.tokens += 1;
        let call = Call {
            request: request.into(),
            caller: Caller {
                client_id: "client".into(),
                client_host: "/127.0.0.1".into(),
                version,
                fresh_id: FreshId::from_u128(self.tokens.into()),
            },
            token: Token(self.tokens),
        };
        let decision = self.shard.decide(self.now(), &call);
        self.carry_out(decision);
        call.token
    }

    /// What the shell does: append, apply, answer.
    fn carry_out(&mut self, mut decision: Decision) {
        if self.log_is_full && !decision.records.is_empty() {
            for (_, answer) in &mut decision.replies {
                *answer = Err(ErrorCode::CoordinatorNotAvailable);
            }
            let consequences = self.shard.not_stored(self.now(), &decision.records);
            assert_eq!(consequences.records, []);
            decision.records.clear();
            decision.replies.extend(consequences.replies);
        }
        for record in decision.records {
            let (key, value) = record.encode().unwrap();
            self.log.push((key.clone(), value.clone()));
            let read = GroupRecord::decode(key, value).unwrap().unwrap();
            assert_eq!(read, record);
            self.shard.apply(&read);
        }
        for (token, answer) in decision.replies {
            assert!(
                self.answers.insert(token, answer).is_none(),
                "{token:?} answered twice"
            );
        }
    }

    /// Lets time pass, doing what is due on the way.
    pub(super) fn advance(&mut self, ms: u64) {
        let end = self.now_ms + ms;
        while self.shard.next_deadline() <= Duration::from_millis(end) {
            let due = u64::try_from(self.shard.next_deadline().as_millis()).unwrap();
            self.now_ms = self.now_ms.max(due);
            let decision = self.shard.tick(self.now());
            self.carry_out(decision);
        }
        self.now_ms = end;
    }

    /// A restart: everything but the log is lost.
    pub(super) fn restart(&mut self) {
        let mut shard = GroupShard::new(self.shard.config.clone());
        for (key, value) in &self.log {
            shard.apply(
                &GroupRecord::decode(key.clone(), value.clone())
                    .unwrap()
                    .unwrap(),
            );
        }
        shard.loaded(self.now());
        self.shard = shard;
    }

    pub(super) fn answer<R: Operation>(&self, token: Token) -> Result<R::Response, ErrorCode> {
        let answer = self.answers.get(&token).expect("an answer");
        answer
            .clone()
            .map(|response| R::response(response).expect("the answer to this"))
    }

    pub(super) fn is_waiting(&self, token: Token) -> bool {
        !self.answers.contains_key(&token)
    }

    pub(super) fn joined(&self, token: Token) -> JoinGroupResponse {
        self.answer::<JoinGroupRequest>(token).unwrap()
    }

    pub(super) fn join_error(&self, token: Token) -> ErrorCode {
        match self.answer::<JoinGroupRequest>(token) {
            Ok(response) => ErrorCode::from(response.error_code),
            Err(error) => error,
        }
    }

    pub(super) fn synced(&self, token: Token) -> Result<Bytes, ErrorCode> {
        self.answer::<SyncGroupRequest>(token)
            .map(|response| response.assignment)
    }

    pub(super) fn heartbeat(&mut self, member: &str, generation: i32) -> ErrorCode {
        let request = HeartbeatRequest {
            group_id: GROUP.into(),
            generation_id: generation,
            member_id: member.into(),
            ..HeartbeatRequest::default()
        };
        let token = self.ask(request);
        self.answer::<HeartbeatRequest>(token)
            .err()
            .unwrap_or(ErrorCode::None)
    }

    pub(super) fn leave(&mut self, member: &str) -> ErrorCode {
        let request = LeaveGroupRequest {
            group_id: GROUP.into(),
            members: vec![LeaveGroupRequestMember {
                member_id: member.into(),
                ..LeaveGroupRequestMember::default()
            }],
            ..LeaveGroupRequest::default()
        };
        let token = self.ask(request);
        match self.answer::<LeaveGroupRequest>(token) {
            Ok(response) => response.members[0].error_code.into(),
            Err(error) => error,
        }
    }

    pub(super) fn describe(&mut self) -> Result<DescribeGroupsResponseGroup, ErrorCode> {
        let token = self.ask(DescribeGroup(GROUP.into()));
        self.answer::<DescribeGroup>(token)
    }

    pub(super) fn state(&mut self) -> String {
        self.describe()
            .map_or("Dead".to_owned(), |group| group.group_state.to_string())
    }

    /// A new dynamic member asks to join, with the id it is first sent for.
    pub(super) fn join_new(&mut self) -> (ByteString, Token) {
        let first = self.ask(join(""));
        let id = self.joined(first).member_id;
        (id.clone(), self.ask(join(&id)))
    }

    /// A stable group of `size` members, the leader first, each assigned its own id.
    pub(super) fn stable(&mut self, size: usize) -> Vec<ByteString> {
        let joins: Vec<_> = (0..size).map(|_| self.join_new()).collect();
        self.advance(0);
        let generation = self.joined(joins[0].1).generation_id;
        let leader = self.joined(joins[0].1).leader;
        let mut ids: Vec<_> = joins.into_iter().map(|(id, _)| id).collect();
        ids.sort_by_key(|id| *id != leader);
        for id in ids.iter().rev() {
            let token = self.ask(sync(id, generation, &ids));
            if *id == leader {
                assert_eq!(self.synced(token).unwrap(), *id.as_bytes());
            }
        }
        assert_eq!(self.state(), "Stable");
        ids
    }
}

fn at(ms: u64) -> Now {
    Now {
        uptime: Duration::from_millis(ms),
        timestamp_ms: 1_700_000_000_000 + i64::try_from(ms).unwrap(),
    }
}

/// A consumer that subscribes to topic `t` joins.
pub(super) fn join(member: &str) -> JoinGroupRequest {
    JoinGroupRequest {
        group_id: GROUP.into(),
        session_timeout_ms: 10_000,
        rebalance_timeout_ms: 60_000,
        member_id: member.into(),
        protocol_type: "consumer".into(),
        protocols: vec![protocol("range", "t")],
        ..JoinGroupRequest::default()
    }
}

pub(super) fn protocol(name: &str, topic: &str) -> JoinGroupRequestProtocol {
    let subscription = ConsumerSubscription {
        topics: vec![topic.to_owned()],
        ..ConsumerSubscription::default()
    };
    JoinGroupRequestProtocol {
        name: name.into(),
        metadata: subscription.encode().unwrap(),
    }
}

/// A member asks for its assignment; if it is the leader, it assigns to each its own id.
pub(super) fn sync(member: &str, generation: i32, all: &[ByteString]) -> SyncGroupRequest {
    let assign = |id: &ByteString| SyncGroupRequestAssignment {
        member_id: id.clone(),
        assignment: id.as_bytes().clone(),
    };
    SyncGroupRequest {
        group_id: GROUP.into(),
        generation_id: generation,
        member_id: member.into(),
        assignments: all.iter().map(assign).collect(),
        ..SyncGroupRequest::default()
    }
}

#[test]
fn groups_that_nobody_needs_leave_nothing_behind() {
    let mut world = World::new();
    world.ask(join(""));
    assert_eq!(world.state(), "Empty");
    world.advance(10_000);
    assert_eq!(world.state(), "Dead");
    assert_eq!(world.log, []);
}

#[test]
fn records_of_unknown_types_are_passed_over() {
    let regex = Bytes::from_static(b"\0\x10\0\x01g\0\x01.");
    assert_eq!(GroupRecord::decode(regex, None), Ok(None));
}

#[test]
fn records_of_every_version_are_read() {
    let key = Bytes::from_static(b"\0\x01\0\x01g\0\x01t\0\0\0\x05");
    for version in OffsetCommitValue::VERSIONS {
        let value = OffsetCommitValue {
            offset: 7,
            ..OffsetCommitValue::default()
        };
        let body = value.to_bytes(version).unwrap();
        let value = [&version.to_be_bytes()[..], &body].concat();
        let read = GroupRecord::decode(key.clone(), Some(value.into()))
            .unwrap()
            .unwrap();
        assert!(
            matches!(read, GroupRecord::Offset { value: Some(value), .. } if value.offset == 7)
        );
    }
    let key = Bytes::from_static(b"\0\x02\0\x01g");
    for version in GroupMetadataValue::VERSIONS {
        let value = GroupMetadataValue {
            generation: 7,
            ..GroupMetadataValue::default()
        };
        let body = value.to_bytes(version).unwrap();
        let value = [&version.to_be_bytes()[..], &body].concat();
        let read = GroupRecord::decode(key.clone(), Some(value.into()))
            .unwrap()
            .unwrap();
        assert!(
            matches!(read, GroupRecord::Group { value: Some(value), .. } if value.generation == 7)
        );
    }
}
