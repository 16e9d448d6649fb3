//! The group coordinator's decisions: who is in a group, what each member reads, how far the group has come.
//!
//! Pure: no clock, no files, no network, no random numbers; time and ids are arguments. A [`GroupShard`] holds the groups
//! of one partition of `__consumer_offsets` and is run by `broker::coordinator`.
//!
//! **Decide, append, apply.** [`GroupShard::decide`] answers a request with records to append and replies to send once
//! they are in the log; [`GroupShard::apply`] is the only code that changes what a restart must find again (offsets,
//! the members and assignments of a completed generation), and is the same code when the log is replayed. What a
//! restart may lose (who is joining or waiting for an assignment, which member ids were handed out, timers, the number
//! of a generation that is still being formed) is soft state, which deciding changes at once, as in Kafka.
//!
//! If the records of a decision cannot be appended, its replies turn into errors and [`GroupShard::not_stored`] puts
//! the groups concerned into a rebalance, from which everyone recovers.

pub mod classic;
mod groups;
mod offsets;
mod operations;
pub mod records;
#[cfg(test)]
mod tests;

pub use operations::{
    Answer, Call, Caller, DeleteGroup, DescribeGroup, FetchOffsets, GroupRequest, GroupResponse,
    ListGroups, Operation, Token, TopicDeleted,
};
pub use records::GroupRecord;

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use bytestring::ByteString;

use classic::Group;

/// What the operator may set. Names are those of the configuration keys.
#[derive(Debug, Clone)]
pub struct GroupConfig {
    /// `group.min.session.timeout.ms`
    pub min_session_timeout_ms: i32,
    /// `group.max.session.timeout.ms`
    pub max_session_timeout_ms: i32,
    /// `group.initial.rebalance.delay.ms`
    pub initial_rebalance_delay: Duration,
    /// `group.max.size`, in members.
    pub max_size: usize,
    /// `offset.metadata.max.bytes`
    pub offset_metadata_max_bytes: usize,
    /// `offsets.retention.minutes`
    pub offsets_retention: Duration,
    /// `offsets.retention.check.interval.ms`
    pub offsets_retention_check_interval: Duration,
}

impl Default for GroupConfig {
    fn default() -> Self {
        Self {
            min_session_timeout_ms: 6_000,
            max_session_timeout_ms: 1_800_000,
            initial_rebalance_delay: Duration::from_secs(3),
            max_size: usize::MAX,
            offset_metadata_max_bytes: 4096,
            offsets_retention: Duration::from_hours(7 * 24),
            offsets_retention_check_interval: Duration::from_mins(10),
        }
    }
}

/// The clocks, as they stood when something was taken up.
#[derive(Debug, Clone, Copy)]
pub struct Now {
    /// Since some moment that stays the same: what timers go by.
    pub uptime: Duration,
    /// Since 1970: what goes into records.
    pub timestamp_ms: i64,
}

/// What comes of a decision.
#[derive(Debug, Default)]
pub struct Decision {
    /// What to append and then apply, all of it or nothing.
    pub records: Vec<GroupRecord>,
    /// What to answer once the records are in the log.
    pub replies: Vec<(Token, Answer)>,
}

impl Decision {
    fn reply(&mut self, token: Token, answer: Answer) {
        self.replies.push((token, answer));
    }
}

/// What a group decides with: the clocks, the configuration, and where its decision goes.
#[derive(Debug)]
pub(super) struct Turn<'t> {
    now: Now,
    config: &'t GroupConfig,
    decision: &'t mut Decision,
}

/// The groups of one partition of `__consumer_offsets`.
#[derive(Debug)]
pub struct GroupShard {
    config: GroupConfig,
    groups: BTreeMap<ByteString, Group>,
    /// When to look at which group again. Each group is in here at most once, under its `wakes_at`.
    wakeups: BTreeSet<(Duration, ByteString)>,
    next_expiry_check: Duration,
}

impl GroupShard {
    /// A shard without groups: [`Self::apply`] the log, then say [`Self::loaded`].
    pub fn new(config: GroupConfig) -> Self {
        Self {
            config,
            groups: BTreeMap::new(),
            wakeups: BTreeSet::new(),
            next_expiry_check: Duration::MAX,
        }
    }

    /// Starts the timers of all members once the log has been replayed: each has its session time-out anew.
    pub fn loaded(&mut self, now: Now) {
        self.next_expiry_check = now.uptime + self.config.offsets_retention_check_interval;
        let ids: Vec<ByteString> = self.groups.keys().cloned().collect();
        for id in ids {
            if let Some(group) = self.groups.get_mut(&id) {
                group.restart_sessions(now);
            }
            self.schedule(&id);
        }
    }

    /// When [`Self::tick`] has something to do, at the latest.
    pub fn next_deadline(&self) -> Duration {
        let wakeup = self.wakeups.first().map_or(Duration::MAX, |(at, _)| *at);
        wakeup.min(self.next_expiry_check)
    }

    /// Does what is due by now: sessions and rebalances that timed out, offsets that expired.
    pub fn tick(&mut self, now: Now) -> Decision {
        let mut decision = Decision::default();
        // Each group once: one that is due again at once waits for the next tick.
        let due: Vec<_> = self
            .wakeups
            .iter()
            .take_while(|(at, _)| *at <= now.uptime)
            .map(|(_, id)| id.clone())
            .collect();
        for id in due {
            self.with_group(&id, now, &mut decision, Group::on_time);
            self.drop_if_vacant(&id);
        }
        if self.next_expiry_check <= now.uptime {
            self.next_expiry_check = now.uptime + self.config.offsets_retention_check_interval;
            self.expire(now, &mut decision);
        }
        decision
    }

    /// Makes a record's change. The log's order is the order of calls.
    pub fn apply(&mut self, record: &GroupRecord) {
        match record {
            GroupRecord::Group { group, value: None } => self.forget(group),
            GroupRecord::Group {
                group,
                value: Some(value),
            } => self.group_or_new(group).install(value),
            GroupRecord::Offset { key, value: None } => {
                if let Some(group) = self.groups.get_mut(&key.group) {
                    group.offsets.remove(&key.topic, key.partition);
                }
            }
            GroupRecord::Offset {
                key,
                value: Some(value),
            } => self
                .group_or_new(&key.group)
                .offsets
                .insert(&key.topic, key.partition, value),
        }
    }

    /// What follows when the records of a decision were not appended: the groups they were about rebalance, unless
    /// nothing but offsets was lost.
    pub fn not_stored(&mut self, now: Now, records: &[GroupRecord]) -> Decision {
        let mut decision = Decision::default();
        for record in records {
            if let GroupRecord::Group { group: id, .. } = record
                && let Some(group) = self.groups.get_mut(id)
            {
                group.not_stored(&mut Turn {
                    now,
                    config: &self.config,
                    decision: &mut decision,
                });
                self.schedule(id);
            }
        }
        decision
    }

    fn group_or_new(&mut self, id: &ByteString) -> &mut Group {
        if !self.groups.contains_key(id) {
            let id = classic::owned(id);
            self.groups.insert(id.clone(), Group::new(id));
        }
        #[expect(clippy::expect_used, reason = "inserted just above")]
        self.groups.get_mut(id).expect("the group is there")
    }

    /// Removes a group's members; the group itself goes too, unless it has offsets, which have tombstones of their own.
    fn forget(&mut self, id: &ByteString) {
        if let Some(group) = self.groups.get_mut(id) {
            if group.offsets.is_empty() {
                if let Some(at) = group.wakes_at {
                    self.wakeups.remove(&(at, id.clone()));
                }
                self.groups.remove(id);
            } else {
                group.forget_members();
            }
        }
    }

    /// Sees to it that the group is looked at when it next has something to do.
    fn schedule(&mut self, id: &ByteString) {
        let Some(group) = self.groups.get_mut(id) else {
            return;
        };
        let next = group.next_deadline();
        if group.wakes_at == next {
            return;
        }
        if let Some(at) = group.wakes_at {
            self.wakeups.remove(&(at, group.id.clone()));
        }
        group.wakes_at = next;
        if let Some(at) = next {
            self.wakeups.insert((at, group.id.clone()));
        }
    }

    /// Runs `decide` on the group of that name.
    fn with_group<T>(
        &mut self,
        id: &ByteString,
        now: Now,
        decision: &mut Decision,
        decide: impl FnOnce(&mut Group, &mut Turn<'_>) -> T,
    ) -> Option<T> {
        let group = self.groups.get_mut(id)?;
        let result = decide(
            group,
            &mut Turn {
                now,
                config: &self.config,
                decision,
            },
        );
        self.schedule(id);
        Some(result)
    }
}
