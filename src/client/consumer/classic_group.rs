//! The classic group protocol: join, sync, heartbeat, leave (protocol type `consumer`).
//!
//! Each function here talks to the coordinator until it has an answer; what the answer means for partitions is decided in
//! [`super::rebalance`].

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::time::{Instant, sleep};

use super::assignor::{Assignor, PartitionCounts};
use crate::client::cluster::{Cluster, Lane};
use crate::client::config::ConsumerConfig;
use crate::client::error::{Error, check};
use crate::client::millis;
use crate::client::retry::is_coordinator_trouble;
use crate::net::Backoff;
use crate::protocol::consumer::{ConsumerAssignment, ConsumerSubscription, PROTOCOL_TYPE};
use crate::protocol::messages::{
    HeartbeatRequest, JoinGroupRequest, JoinGroupRequestProtocol, JoinGroupResponse,
    LeaveGroupRequest, LeaveGroupRequestMember, Request, SyncGroupRequest,
    SyncGroupRequestAssignment,
};
use crate::protocol::{ErrorCode, TopicPartition};

/// How much longer than the rebalance itself its answer may take to arrive.
const REBALANCE_GRACE: Duration = Duration::from_secs(5);

/// A place in a group.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Member {
    /// As the coordinator named it; empty before.
    pub(super) id: String,
    /// -1 before the first one.
    pub(super) generation: i32,
}

impl Member {
    /// Of nobody yet.
    pub(super) const fn none() -> Self {
        Self {
            id: String::new(),
            generation: -1,
        }
    }
}

/// What a member brings to a rebalance.
#[derive(Debug, Clone)]
pub(super) struct Joining {
    pub(super) cluster: Cluster,
    pub(super) config: Arc<ConsumerConfig>,
    pub(super) group: String,
    pub(super) member: Member,
    pub(super) topics: Vec<String>,
    /// What it keeps while it joins.
    pub(super) owned: Vec<TopicPartition>,
    /// What it had last, for the assignors that remember.
    pub(super) last_assigned: Vec<TopicPartition>,
}

/// What a rebalance gave.
#[derive(Debug)]
pub(super) struct Joined {
    pub(super) member: Member,
    pub(super) assigned: Vec<TopicPartition>,
    /// What the assignment was made of, if this member made it: when it changes, the group must rebalance.
    pub(super) basis: Option<PartitionCounts>,
    /// Whether the coordinator had forgotten the member, so that what it kept is not its own any more.
    pub(super) was_forgotten: bool,
}

/// Why heartbeats ended.
#[derive(Debug)]
pub(super) enum Pulse {
    /// The group rebalances; what is owned may be kept until then.
    Rebalance,
    /// The coordinator has given the partitions to others.
    Lost,
    /// The member may not go on.
    Fatal(Error),
}

impl Joining {
    /// Joins the group and gets partitions.
    pub(super) async fn join(mut self) -> Result<Joined, Error> {
        let client = &self.config.client;
        let mut backoff = Backoff::new(client.retry_backoff, client.retry_backoff_max);
        let mut was_forgotten = false;
        loop {
            let error = match self.join_once().await {
                Ok(joined) => {
                    return Ok(Joined {
                        was_forgotten,
                        ..joined
                    });
                }
                Err(error) => error,
            };
            match error.code() {
                // The member's new id was noted; the group waits for it.
                Some(ErrorCode::MemberIdRequired) => continue,
                Some(ErrorCode::UnknownMemberId | ErrorCode::IllegalGeneration) => {
                    self.forget();
                    was_forgotten = true;
                    continue;
                }
                Some(ErrorCode::RebalanceInProgress) => {}
                Some(code) if is_coordinator_trouble(code) => {
                    self.cluster.forget_coordinator(&self.group);
                }
                _ if error.is_retriable() => self.cluster.forget_coordinator(&self.group),
                _ => return Err(error),
            }
            tracing::debug!(group = self.group, %error, "joining again");
            sleep(backoff.pause()).await;
        }
    }

    fn forget(&mut self) {
        self.member = Member::none();
        self.owned.clear();
    }

    async fn join_once(&mut self) -> Result<Joined, Error> {
        let answer = self.ask_to_join().await?;
        let group = format!("group '{}'", self.group);
        if ErrorCode::from(answer.error_code) == ErrorCode::MemberIdRequired {
            self.member.id = answer.member_id.to_string();
        }
        check(answer.error_code, None, &group)?;
        let member = Member {
            id: answer.member_id.to_string(),
            generation: answer.generation_id,
        };
        self.member.id.clone_from(&member.id);
        let name = answer.protocol_name.clone().unwrap_or_default();
        let assignor: Assignor = name.parse().map_err(|_unknown| {
            Error::broker(ErrorCode::InconsistentGroupProtocol, None, &group)
        })?;
        let (assignments, basis) = if answer.leader == answer.member_id {
            self.lead(assignor, answer).await?
        } else {
            (Vec::new(), None)
        };
        let assigned = self.sync(&member, name.to_string(), assignments).await?;
        Ok(Joined {
            member,
            assigned,
            basis,
            was_forgotten: false,
        })
    }

    async fn ask_to_join(&self) -> Result<JoinGroupResponse, Error> {
        let config = &self.config;
        let protocols: Result<Vec<_>, Error> = config
            .assignors
            .iter()
            .map(|assignor| self.protocol(*assignor))
            .collect();
        let request = JoinGroupRequest {
            group_id: self.group.as_str().into(),
            session_timeout_ms: millis(config.session_timeout),
            rebalance_timeout_ms: millis(config.poll_interval_max),
            member_id: self.member.id.as_str().into(),
            group_instance_id: config.instance_id.as_deref().map(Into::into),
            protocol_type: PROTOCOL_TYPE.into(),
            protocols: protocols?,
            ..JoinGroupRequest::default()
        };
        let within = config.poll_interval_max.saturating_add(REBALANCE_GRACE);
        ask(&self.cluster, &self.group, &request, within).await
    }

    fn protocol(&self, assignor: Assignor) -> Result<JoinGroupRequestProtocol, Error> {
        let generation = self.member.generation;
        let unwritable = |source| {
            Error::Net(crate::net::Error::Encode {
                api: JoinGroupRequest::KEY,
                source,
            })
        };
        let user_data = assignor.user_data(&self.last_assigned, generation);
        let subscription = ConsumerSubscription {
            topics: self.topics.clone(),
            user_data: user_data.map_err(unwritable)?,
            owned: self.owned.clone(),
            generation,
            rack: self.config.rack.clone(),
        };
        Ok(JoinGroupRequestProtocol {
            name: assignor.name().into(),
            metadata: subscription.encode().map_err(unwritable)?,
        })
    }

    /// Divides the partitions among the members, as the leader of the group does.
    async fn lead(
        &self,
        assignor: Assignor,
        answer: JoinGroupResponse,
    ) -> Result<(Vec<SyncGroupRequestAssignment>, Option<PartitionCounts>), Error> {
        let members: Vec<_> = answer
            .members
            .into_iter()
            .map(|member| {
                // A member whose subscription does not decode gets nothing, like one that wants nothing.
                let subscription =
                    ConsumerSubscription::decode(member.metadata).unwrap_or_default();
                let instance_id = member.group_instance_id.map(|id| id.to_string());
                assignor.member(member.member_id.to_string(), instance_id, subscription)
            })
            .collect();
        let topics: BTreeSet<_> = members
            .iter()
            .flat_map(|member| member.topics.iter().cloned())
            .collect();
        let counts =
            partition_counts(&self.cluster, &topics.into_iter().collect::<Vec<_>>()).await?;
        if answer.skip_assignment {
            return Ok((Vec::new(), Some(counts)));
        }
        let assigned = assignor.assign(&members, &counts).into_iter();
        let assignments: Result<Vec<_>, Error> = assigned.map(to_wire).collect();
        Ok((assignments?, Some(counts)))
    }

    async fn sync(
        &self,
        member: &Member,
        protocol: String,
        assignments: Vec<SyncGroupRequestAssignment>,
    ) -> Result<Vec<TopicPartition>, Error> {
        let request = SyncGroupRequest {
            group_id: self.group.as_str().into(),
            generation_id: member.generation,
            member_id: member.id.as_str().into(),
            group_instance_id: self.config.instance_id.as_deref().map(Into::into),
            protocol_type: Some(PROTOCOL_TYPE.into()),
            protocol_name: Some(protocol.into()),
            assignments,
        };
        let within = self
            .config
            .poll_interval_max
            .saturating_add(REBALANCE_GRACE);
        let answer = ask(&self.cluster, &self.group, &request, within).await?;
        check(answer.error_code, None, format!("group '{}'", self.group))?;
        if answer.assignment.is_empty() {
            return Ok(Vec::new());
        }
        let assignment = ConsumerAssignment::decode(answer.assignment);
        let unreadable = |source| {
            Error::Net(crate::net::Error::Decode {
                address: crate::net::Address::new(
                    format!("the coordinator of group '{}'", self.group),
                    0,
                ),
                api: SyncGroupRequest::KEY,
                source,
            })
        };
        Ok(assignment.map_err(unreadable)?.partitions)
    }
}

fn to_wire(
    (member, partitions): (String, Vec<TopicPartition>),
) -> Result<SyncGroupRequestAssignment, Error> {
    let assignment = ConsumerAssignment {
        partitions,
        user_data: None,
    };
    let assignment = assignment
        .encode()
        .map_err(|source| crate::net::Error::Encode {
            api: SyncGroupRequest::KEY,
            source,
        })?;
    Ok(SyncGroupRequestAssignment {
        member_id: member.into(),
        assignment,
    })
}

/// How many partitions each of `topics` has, of those that exist.
pub(super) async fn partition_counts(
    cluster: &Cluster,
    topics: &[String],
) -> Result<PartitionCounts, Error> {
    let metadata = cluster.knowing(topics).await?;
    let count = |topic: &String| {
        let count = metadata.partition_count(topic)?;
        Some((topic.clone(), i32::try_from(count).ok()?))
    };
    Ok(topics.iter().filter_map(count).collect::<BTreeMap<_, _>>())
}

/// Asks the coordinator of `group`.
async fn ask<R: Request>(
    cluster: &Cluster,
    group: &str,
    request: &R,
    within: Duration,
) -> Result<R::Response, Error> {
    let id = cluster.coordinator(group).await?;
    let connection = cluster.lane(id, Lane::Group).await?;
    Ok(connection.call_within(request, within).await?)
}

/// When the caller polled last; its heartbeats stop when that is too long ago.
#[derive(Debug, Clone)]
pub(super) struct LastPoll(Arc<Mutex<Instant>>);

impl LastPoll {
    pub(super) fn now() -> Self {
        Self(Arc::new(Mutex::new(Instant::now())))
    }

    pub(super) fn touch(&self) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Instant::now();
    }

    fn elapsed(&self) -> Duration {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .elapsed()
    }
}

/// Tells the coordinator that the member is alive, until something ends its membership.
pub(super) async fn beat(joining: Joining, last_poll: LastPoll) -> Pulse {
    let config = &joining.config;
    let request = HeartbeatRequest {
        group_id: joining.group.as_str().into(),
        generation_id: joining.member.generation,
        member_id: joining.member.id.as_str().into(),
        group_instance_id: config.instance_id.as_deref().map(Into::into),
    };
    let mut heard = Instant::now();
    let mut pause = config.heartbeat_interval;
    loop {
        sleep(pause).await;
        if last_poll.elapsed() > config.poll_interval_max {
            leave(&joining, "max.poll.interval.ms passed without a poll").await;
            return Pulse::Lost;
        }
        let within = config.client.request_timeout.min(config.session_timeout);
        let answer = ask(&joining.cluster, &joining.group, &request, within).await;
        pause = config.heartbeat_interval;
        let checked = answer.and_then(|answer| {
            check(
                answer.error_code,
                None,
                format!("group '{}'", joining.group),
            )
        });
        let Err(error) = checked else {
            heard = Instant::now();
            continue;
        };
        match error.code() {
            Some(ErrorCode::RebalanceInProgress) => return Pulse::Rebalance,
            Some(ErrorCode::UnknownMemberId | ErrorCode::IllegalGeneration) => return Pulse::Lost,
            _ if !error.is_retriable() => return Pulse::Fatal(error),
            _ if heard.elapsed() > config.session_timeout => return Pulse::Lost,
            _ => {
                joining.cluster.forget_coordinator(&joining.group);
                pause = config.client.retry_backoff;
            }
        }
    }
}

/// Leaves the group, so that others need not wait for the session to end. Static members do not leave.
pub(super) async fn leave(joining: &Joining, reason: &str) {
    if joining.config.instance_id.is_some() || joining.member.id.is_empty() {
        return;
    }
    let member = LeaveGroupRequestMember {
        member_id: joining.member.id.as_str().into(),
        reason: Some(reason.into()),
        ..LeaveGroupRequestMember::default()
    };
    let request = LeaveGroupRequest {
        group_id: joining.group.as_str().into(),
        member_id: joining.member.id.as_str().into(),
        members: vec![member],
    };
    let within = joining.config.client.request_timeout;
    if let Err(error) = ask(&joining.cluster, &joining.group, &request, within).await {
        tracing::debug!(group = joining.group, %error, "cannot leave the group; the session will end by itself");
    }
}
