//! From one generation to the next, and what time does to a group.

use std::collections::BTreeMap;
use std::time::Duration;

use bytes::Bytes;
use bytestring::ByteString;
use tracing::info;

use super::join::refusal;
use super::{Group, InitialDelay, Preparation, RETRY, State};
use crate::broker::group::{GroupResponse, Turn};
use crate::protocol::ErrorCode;

impl Group {
    /// Starts a rebalance unless one is being prepared, which then may be complete.
    pub(super) fn rebalance_or_complete(&mut self, turn: &mut Turn<'_>) {
        match self.state {
            State::Empty | State::CompletingRebalance | State::Stable => {
                self.prepare_rebalance(turn);
            }
            State::PreparingRebalance(_) => self.complete_if_all_joined(turn),
        }
    }

    /// Calls upon all members to join again.
    pub(super) fn prepare_rebalance(&mut self, turn: &mut Turn<'_>) {
        if self.state == State::CompletingRebalance {
            for member in self.members.values_mut() {
                member.assignment = Bytes::new();
                if let Some(token) = member.syncing.take() {
                    turn.decision
                        .reply(token, Err(ErrorCode::RebalanceInProgress));
                    member.renew_session(turn.now);
                }
            }
        }
        self.sync_until = None;
        let timeout = self.rebalance_timeout();
        let preparation = if self.is_empty() {
            let step = turn.config.initial_rebalance_delay;
            let initial = InitialDelay {
                step,
                remaining: timeout.saturating_sub(step),
                has_new_members: false,
            };
            Preparation {
                until: turn.now.uptime.saturating_add(step),
                initial: Some(initial),
            }
        } else {
            Preparation {
                until: turn.now.uptime.saturating_add(timeout),
                initial: None,
            }
        };
        self.enter(State::PreparingRebalance(preparation), turn.now);
        self.complete_if_all_joined(turn);
    }

    /// Completes the rebalance being prepared if nobody is missing; an initial one takes its time nevertheless.
    pub(super) fn complete_if_all_joined(&mut self, turn: &mut Turn<'_>) {
        if let State::PreparingRebalance(Preparation { initial: None, .. }) = self.state
            && self.have_all_joined()
        {
            self.complete_join(turn);
        }
    }

    pub(super) fn have_all_joined(&self) -> bool {
        self.pending.is_empty() && self.members.values().all(|member| member.joining.is_some())
    }

    /// Makes those who joined the next generation. Dynamic members that did not are out; static ones keep their place.
    pub(super) fn complete_join(&mut self, turn: &mut Turn<'_>) {
        let late: Vec<ByteString> = self
            .members
            .iter()
            .filter(|(_, member)| member.joining.is_none() && member.instance_id.is_none())
            .map(|(id, _)| id.clone())
            .collect();
        for id in &late {
            info!(group = %self.id, member = %id, "member did not join again in time");
            self.remove(id);
        }

        if self.members.is_empty() {
            self.become_empty(turn);
        } else if self.elect_joined_leader() {
            self.begin_generation(turn);
        } else {
            // Only static members are left and none of them joined: wait until they do or their sessions expire.
            self.prepare_until(
                turn.now
                    .uptime
                    .saturating_add(self.rebalance_timeout().max(RETRY)),
            );
        }
    }

    fn prepare_until(&mut self, until: Duration) {
        if let State::PreparingRebalance(preparation) = &mut self.state {
            *preparation = Preparation {
                until,
                initial: None,
            };
        }
    }

    /// Writes a generation without members; the group is empty once that is applied.
    fn become_empty(&mut self, turn: &mut Turn<'_>) {
        self.prepare_until(turn.now.uptime.saturating_add(RETRY));
        let next = Self {
            protocol_type: self.protocol_type.clone(),
            generation: self.generation.wrapping_add(1),
            state_since_ms: turn.now.timestamp_ms,
            ..Self::new(self.id.clone())
        };
        info!(group = %self.id, generation = next.generation, "group has no members left");
        turn.decision.records.push(next.stored(&BTreeMap::new()));
    }

    /// Keeps the leader if it joined, else takes the first member that did. False if nobody did.
    fn elect_joined_leader(&mut self) -> bool {
        let mut joined = self
            .members
            .iter()
            .filter(|(_, member)| member.joining.is_some());
        let leader = joined
            .clone()
            .find(|(id, _)| self.is_leader(id))
            .or_else(|| joined.next());
        let leader = leader.map(|(id, _)| id.clone());
        if leader.is_some() {
            self.leader = leader;
            return true;
        }
        false
    }

    /// Tells all who joined of the new generation, and waits for the leader's assignment.
    fn begin_generation(&mut self, turn: &mut Turn<'_>) {
        self.generation = self.generation.wrapping_add(1);
        self.protocol = self.select_protocol();
        self.enter(State::CompletingRebalance, turn.now);
        let (generation, members) = (self.generation, self.members.len());
        info!(group = %self.id, generation, members, "group has a new generation");
        self.sync_until = Some(turn.now.uptime.saturating_add(self.rebalance_timeout()));
        let ids: Vec<ByteString> = self.members.keys().cloned().collect();
        for id in ids {
            let response = self.joined(&id);
            if let Some(member) = self.members.get_mut(&id) {
                member.is_new = false;
                member.has_synced = false;
                member.renew_session(turn.now);
                if let Some(token) = member.joining.take() {
                    turn.decision
                        .reply(token, Ok(GroupResponse::Join(response)));
                }
            }
        }
    }

    /// Takes a member out, pending or not. If it was the leader, another one is until the next rebalance.
    pub(super) fn remove(&mut self, member_id: &str) {
        self.pending.remove(member_id);
        self.members.remove(member_id);
        if self.is_leader(member_id) {
            self.leader = self.members.keys().next().cloned();
        }
    }

    /// As [`Self::remove`], answering a parked `JoinGroup` so that a client that is still there starts over.
    pub(super) fn dismiss(&mut self, turn: &mut Turn<'_>, member_id: &str) {
        if let Some(member) = self.members.get_mut(member_id) {
            if let Some(token) = member.joining.take() {
                let response = refusal("", ErrorCode::UnknownMemberId);
                turn.decision
                    .reply(token, Ok(GroupResponse::Join(response)));
            }
            if let Some(token) = member.syncing.take() {
                turn.decision.reply(token, Err(ErrorCode::UnknownMemberId));
            }
        }
        self.remove(member_id);
    }

    /// Does what is due: sessions, members that never came back with their id, and the two barriers.
    pub(in crate::broker::group) fn on_time(&mut self, turn: &mut Turn<'_>) {
        let now = turn.now.uptime;
        let pending = self.pending.len();
        self.pending.retain(|_, until| *until > now);
        let expired: Vec<ByteString> = self
            .members
            .iter()
            .filter(|(_, member)| member.deadline().is_some_and(|at| at <= now))
            .map(|(id, _)| id.clone())
            .collect();
        for id in &expired {
            info!(group = %self.id, member = %id, "member fell silent");
            self.dismiss(turn, id);
        }

        if !expired.is_empty() || self.pending.len() < pending {
            self.after_expiry(turn, !expired.is_empty());
        }
        if self.sync_until.is_some_and(|until| until <= now) {
            self.sync_until = None;
            self.remove_unsynced(turn);
        }
        if let State::PreparingRebalance(preparation) = &self.state
            && preparation.until <= now
        {
            self.end_preparation(turn);
        }
    }

    fn after_expiry(&mut self, turn: &mut Turn<'_>, members_left: bool) {
        match self.state {
            State::Stable | State::CompletingRebalance if members_left => {
                self.prepare_rebalance(turn);
            }
            // An initial rebalance, too, ends when nobody is left to wait for.
            State::PreparingRebalance(_) if self.have_all_joined() => self.complete_join(turn),
            State::Empty
            | State::PreparingRebalance(_)
            | State::CompletingRebalance
            | State::Stable => {}
        }
    }

    /// Members that did not ask for their assignment in time are out, even if the others have theirs.
    fn remove_unsynced(&mut self, turn: &mut Turn<'_>) {
        let late: Vec<ByteString> = self
            .members
            .iter()
            .filter(|(_, member)| !member.has_synced)
            .map(|(id, _)| id.clone())
            .collect();
        for id in &late {
            info!(group = %self.id, member = %id, "member did not ask for its assignment in time");
            self.remove(id);
        }
        if !late.is_empty() {
            self.prepare_rebalance(turn);
        }
    }

    /// The time to join is over, unless it is the initial delay and new members came in the meantime.
    fn end_preparation(&mut self, turn: &mut Turn<'_>) {
        if let State::PreparingRebalance(preparation) = &mut self.state
            && let Some(delay) = &mut preparation.initial
            && delay.has_new_members
            && !delay.remaining.is_zero()
        {
            let step = turn.config.initial_rebalance_delay.min(delay.remaining);
            delay.remaining = delay.remaining.saturating_sub(delay.step);
            delay.step = step;
            delay.has_new_members = false;
            preparation.until = turn.now.uptime.saturating_add(step);
        } else {
            self.complete_join(turn);
        }
    }
}
