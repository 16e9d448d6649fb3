//! A classic group and its members (section "classic" of Kafka's group protocol: `JoinGroup`, `SyncGroup`, `Heartbeat`,
//! `LeaveGroup`; Kafka's `ClassicGroup`). Static members are those of KIP-345, pending ones those of KIP-394.

mod describe;
pub(super) mod join;
mod membership;
mod rebalance;
mod sync;

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use bytes::Bytes;
use bytestring::ByteString;

use super::offsets::Offsets;
use super::{GroupRecord, Now, Token, Turn};
use crate::protocol::ErrorCode;
use crate::protocol::consumer::{self, ConsumerSubscription};
use crate::protocol::messages::{
    GroupMetadataValue, GroupMetadataValueMember, JoinGroupRequestProtocol,
};

/// How long the `JoinGroup` of a member that is not known yet may wait for a rebalance. Such a member cannot send
/// heartbeats; if it is still there when this is over, it tries again. (Kafka's `NewMemberJoinTimeoutMs`.)
const NEW_MEMBER_JOIN_TIMEOUT: Duration = Duration::from_mins(5);

/// Member ids of one group that may be given out without having been used.
const PENDING_MAX: usize = 2_000;

/// How soon a rebalance that cannot be completed is tried again, at the earliest.
const RETRY: Duration = Duration::from_secs(1);

/// A copy that does not hold on to the frame it came in.
pub(super) fn owned(text: &ByteString) -> ByteString {
    ByteString::from(&**text)
}

/// Milliseconds from the wire; a negative number is none.
pub(super) fn millis(ms: i32) -> Duration {
    Duration::from_millis(u64::try_from(ms).unwrap_or(0))
}

/// Where a group stands. A group that would be `Dead` is not kept.
#[derive(Debug, Clone, PartialEq, Eq)]
enum State {
    /// No members.
    Empty,
    /// Waiting for members to join the next generation.
    PreparingRebalance(Preparation),
    /// The generation is complete; its leader computes the assignment.
    CompletingRebalance,
    /// The assignment is in the log.
    Stable,
}

impl State {
    /// As Kafka's tools print it.
    const fn name(&self) -> &'static str {
        match self {
            Self::Empty => "Empty",
            Self::PreparingRebalance(_) => "PreparingRebalance",
            Self::CompletingRebalance => "CompletingRebalance",
            Self::Stable => "Stable",
        }
    }
}

/// How long members have to join.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Preparation {
    until: Duration,
    /// Set while a group that was empty collects its first members.
    initial: Option<InitialDelay>,
}

/// `group.initial.rebalance.delay.ms`: prolonged as long as new members come.
#[derive(Debug, Clone, PartialEq, Eq)]
struct InitialDelay {
    step: Duration,
    remaining: Duration,
    has_new_members: bool,
}

/// A member of a generation, or of the one being formed.
#[derive(Debug, Clone)]
struct Member {
    instance_id: Option<ByteString>,
    client_id: ByteString,
    client_host: ByteString,
    rebalance_timeout_ms: i32,
    session_timeout_ms: i32,
    /// The assignors it can work with and what it tells each, in its order of preference.
    protocols: Vec<(ByteString, Bytes)>,
    assignment: Bytes,
    /// Its `JoinGroup` that waits for the generation to be complete.
    joining: Option<Token>,
    /// Its `SyncGroup` that waits for the leader's.
    syncing: Option<Token>,
    /// Whether it sent `SyncGroup` in this generation.
    has_synced: bool,
    /// Whether it has not got through its first join.
    is_new: bool,
    expires_at: Duration,
}

impl Member {
    /// A member whose request is parked cannot send heartbeats, so its session does not expire meanwhile.
    const fn deadline(&self) -> Option<Duration> {
        let is_parked = self.joining.is_some() || self.syncing.is_some();
        if is_parked && !self.is_new {
            None
        } else {
            Some(self.expires_at)
        }
    }

    fn renew_session(&mut self, now: Now) {
        self.expires_at = now.uptime.saturating_add(millis(self.session_timeout_ms));
    }

    fn metadata(&self, protocol: &str) -> Bytes {
        let found = self.protocols.iter().find(|(name, _)| *name == *protocol);
        found.map_or_else(Bytes::new, |(_, metadata)| metadata.clone())
    }

    /// What the log says of the member, and what only this process knows of it.
    fn refreshed(self, mut stored: Self) -> Self {
        let chosen = stored.protocols.first();
        if chosen.is_some_and(|(name, metadata)| self.metadata(name) == metadata) {
            stored.protocols = self.protocols;
        }
        Self {
            joining: self.joining,
            syncing: self.syncing,
            has_synced: self.has_synced,
            is_new: self.is_new,
            expires_at: self.expires_at,
            ..stored
        }
    }

    fn set_protocols(&mut self, protocols: &[JoinGroupRequestProtocol]) {
        let copy = |protocol: &JoinGroupRequestProtocol| {
            (
                owned(&protocol.name),
                Bytes::copy_from_slice(&protocol.metadata),
            )
        };
        self.protocols = protocols.iter().map(copy).collect();
    }

    fn has_protocols(&self, protocols: &[JoinGroupRequestProtocol]) -> bool {
        let own = self
            .protocols
            .iter()
            .map(|(name, metadata)| (name, metadata));
        own.eq(protocols.iter().map(|other| (&other.name, &other.metadata)))
    }

    fn supports(&self, protocol: &str) -> bool {
        self.protocols.iter().any(|(name, _)| *name == *protocol)
    }
}

/// A group: its members, and the offsets committed in its name.
#[derive(Debug)]
pub(super) struct Group {
    pub(super) id: ByteString,
    pub(super) offsets: Offsets,
    /// The group's entry among the shard's wake-ups.
    pub(super) wakes_at: Option<Duration>,
    state: State,
    state_since_ms: i64,
    /// None for a group that only commits offsets ("simple"), and until the first member joins.
    protocol_type: Option<ByteString>,
    protocol: Option<ByteString>,
    generation: i32,
    leader: Option<ByteString>,
    members: BTreeMap<ByteString, Member>,
    /// Ids given out with `MEMBER_ID_REQUIRED`, and until when they may be used.
    pending: BTreeMap<ByteString, Duration>,
    /// When members that have not sent `SyncGroup` lose their place.
    sync_until: Option<Duration>,
}

impl Group {
    /// An empty group.
    pub(super) const fn new(id: ByteString) -> Self {
        Self {
            id,
            offsets: Offsets::new(),
            wakes_at: None,
            state: State::Empty,
            state_since_ms: -1,
            protocol_type: None,
            protocol: None,
            generation: 0,
            leader: None,
            members: BTreeMap::new(),
            pending: BTreeMap::new(),
            sync_until: None,
        }
    }

    /// Takes over a generation from the log. What is known of its members beyond that (timers, their other protocols)
    /// stays.
    pub(super) fn install(&mut self, value: &GroupMetadataValue) {
        self.protocol_type = Some(owned(&value.protocol_type)).filter(|name| !name.is_empty());
        self.protocol = value.protocol.as_ref().map(owned);
        self.generation = value.generation;
        self.leader = value.leader.as_ref().map(owned);
        self.state_since_ms = value.current_state_timestamp;
        let mut known = std::mem::take(&mut self.members);
        for stored in &value.members {
            let member = restored(stored, value.protocol.as_ref());
            let (id, member) = match known.remove_entry(&*stored.member_id) {
                Some((id, live)) => (id, live.refreshed(member)),
                None => (owned(&stored.member_id), member),
            };
            self.members.insert(id, member);
        }
        self.state = if self.members.is_empty() {
            State::Empty
        } else {
            State::Stable
        };
    }

    /// Back to a group that has nothing but offsets.
    pub(super) fn forget_members(&mut self) {
        let id = self.id.clone();
        let offsets = std::mem::take(&mut self.offsets);
        let wakes_at = self.wakes_at;
        *self = Self {
            offsets,
            wakes_at,
            ..Self::new(id)
        };
    }

    /// Whether it has no members and none is joining; one that was sent for a member id does not count.
    pub(super) const fn is_empty(&self) -> bool {
        matches!(self.state, State::Empty)
    }

    /// Whether nothing would be lost without it.
    pub(super) fn is_vacant(&self) -> bool {
        let was_never_joined = self.protocol_type.is_none() && self.generation == 0;
        self.is_empty() && was_never_joined && self.pending.is_empty() && self.offsets.is_empty()
    }

    /// What to write so that a restart finds this generation with these assignments.
    fn stored(&self, assignments: &BTreeMap<&str, Bytes>) -> GroupRecord {
        let protocol = self.protocol.as_deref().unwrap_or_default();
        let member = |(id, member): (&ByteString, &Member)| GroupMetadataValueMember {
            member_id: id.clone(),
            group_instance_id: member.instance_id.clone(),
            client_id: member.client_id.clone(),
            client_host: member.client_host.clone(),
            rebalance_timeout: member.rebalance_timeout_ms,
            session_timeout: member.session_timeout_ms,
            subscription: member.metadata(protocol),
            assignment: assignments.get(&**id).cloned().unwrap_or_default(),
        };
        GroupRecord::Group {
            group: self.id.clone(),
            value: Some(GroupMetadataValue {
                protocol_type: self.protocol_type.clone().unwrap_or_default(),
                generation: self.generation,
                protocol: self.protocol.clone(),
                leader: self.leader.clone(),
                current_state_timestamp: self.state_since_ms,
                members: self.members.iter().map(member).collect(),
            }),
        }
    }

    fn enter(&mut self, state: State, now: Now) {
        self.state = state;
        self.state_since_ms = now.timestamp_ms;
    }

    fn is_leader(&self, member_id: &str) -> bool {
        self.leader
            .as_ref()
            .is_some_and(|leader| **leader == *member_id)
    }

    /// The member that holds an instance id.
    fn static_member(&self, instance_id: &str) -> Option<&ByteString> {
        let holds = |member: &Member| {
            let own = member.instance_id.as_ref();
            own.is_some_and(|own| **own == *instance_id)
        };
        self.members
            .iter()
            .find(|(_, member)| holds(member))
            .map(|(id, _)| id)
    }

    /// The member a request speaks for.
    ///
    /// # Errors
    /// [`ErrorCode::UnknownMemberId`], or [`ErrorCode::FencedInstanceId`] if another member took over its instance id.
    fn member_mut(
        &mut self,
        member_id: &str,
        instance_id: Option<&ByteString>,
    ) -> Result<&mut Member, ErrorCode> {
        if let Some(instance_id) = instance_id {
            let holder = self
                .static_member(instance_id)
                .ok_or(ErrorCode::UnknownMemberId)?;
            if **holder != *member_id {
                return Err(ErrorCode::FencedInstanceId);
            }
        }
        self.members
            .get_mut(member_id)
            .ok_or(ErrorCode::UnknownMemberId)
    }

    /// The longest time any member may take to join again.
    fn rebalance_timeout(&self) -> Duration {
        let longest = self
            .members
            .values()
            .map(|member| member.rebalance_timeout_ms)
            .max();
        millis(longest.unwrap_or(0))
    }

    /// Whether a member with these protocols could be in the group.
    fn supports(&self, protocol_type: &str, protocols: &[JoinGroupRequestProtocol]) -> bool {
        if self.is_empty() {
            return !protocol_type.is_empty() && !protocols.is_empty();
        }
        let same_type = self
            .protocol_type
            .as_ref()
            .is_some_and(|own| **own == *protocol_type);
        let everyone = |name: &str| self.members.values().all(|member| member.supports(name));
        same_type && protocols.iter().any(|protocol| everyone(&protocol.name))
    }

    /// The protocol of the next generation: each member votes for the first of its protocols that all have.
    fn select_protocol(&self) -> Option<ByteString> {
        let mut votes: BTreeMap<&ByteString, usize> = BTreeMap::new();
        for member in self.members.values() {
            let everyone =
                |name: &ByteString| self.members.values().all(|other| other.supports(name));
            let vote = member
                .protocols
                .iter()
                .map(|(name, _)| name)
                .find(|name| everyone(name));
            if let Some(vote) = vote {
                *votes.entry(vote).or_default() += 1;
            }
        }
        votes
            .into_iter()
            .max_by_key(|(_, votes)| *votes)
            .map(|(name, _)| name.clone())
    }

    /// Whether the members are consumers, whose subscriptions can be read.
    fn is_consumer_group(&self) -> bool {
        self.protocol_type
            .as_ref()
            .is_some_and(|own| **own == *consumer::PROTOCOL_TYPE)
    }

    /// Whether a member reads `topic`; assumed where consumers do not say it readably.
    pub(super) fn is_subscribed_to(&self, topic: &str) -> bool {
        match self.subscribed_topics() {
            Some(topics) => topics.contains(topic),
            None => self.is_consumer_group(),
        }
    }

    fn subscribed_topics(&self) -> Option<BTreeSet<String>> {
        if !self.is_consumer_group() {
            return None;
        }
        let mut topics = BTreeSet::new();
        for member in self.members.values() {
            let metadata = member.metadata(self.protocol.as_deref()?);
            topics.extend(ConsumerSubscription::decode(metadata).ok()?.topics);
        }
        Some(topics)
    }

    /// When a timer of the group runs out next.
    pub(super) fn next_deadline(&self) -> Option<Duration> {
        let preparation = match &self.state {
            State::PreparingRebalance(preparation) => Some(preparation.until),
            State::Empty | State::CompletingRebalance | State::Stable => None,
        };
        let sessions = self.members.values().filter_map(Member::deadline);
        let pending = self.pending.values().copied();
        sessions
            .chain(pending)
            .chain(preparation)
            .chain(self.sync_until)
            .min()
    }

    /// Gives every member its session time-out anew.
    pub(super) fn restart_sessions(&mut self, now: Now) {
        self.members
            .values_mut()
            .for_each(|member| member.renew_session(now));
    }

    /// See `GroupShard::not_stored`.
    pub(super) fn not_stored(&mut self, turn: &mut Turn<'_>) {
        match self.state {
            // An empty generation is tried again when its time is over.
            State::Empty | State::PreparingRebalance(_) => {}
            State::CompletingRebalance | State::Stable => self.prepare_rebalance(turn),
        }
    }
}

/// A member as a generation in the log has it.
fn restored(stored: &GroupMetadataValueMember, protocol: Option<&ByteString>) -> Member {
    let protocol = protocol.map(owned).unwrap_or_default();
    let rebalance_timeout_ms = match stored.rebalance_timeout {
        // Not in the oldest version of the record.
        unknown if unknown < 0 => stored.session_timeout,
        known => known,
    };
    Member {
        instance_id: stored.group_instance_id.as_ref().map(owned),
        client_id: owned(&stored.client_id),
        client_host: owned(&stored.client_host),
        rebalance_timeout_ms,
        session_timeout_ms: stored.session_timeout,
        protocols: vec![(protocol, Bytes::copy_from_slice(&stored.subscription))],
        assignment: Bytes::copy_from_slice(&stored.assignment),
        joining: None,
        syncing: None,
        has_synced: true,
        is_new: false,
        expires_at: Duration::MAX,
    }
}
