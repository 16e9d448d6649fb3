//! What `--describe` needs to know of groups, from several answers of a cluster.

use std::{
    cmp::Reverse,
    collections::{BTreeMap, BTreeSet},
};

use super::{
    describe::{Group, Member, Progress},
    list,
};
use crate::{
    cli::{
        args::names,
        failure::{self, Failure},
    },
    client::{
        Admin, Error,
        admin::{
            groups::{GroupDescription, MemberDescription},
            offsets::{Committed, OffsetSpec},
        },
        config::IsolationLevel,
    },
    protocol::{ErrorCode, TopicPartition},
};

/// The groups with these ids, in their order; `with_offsets` also how far they are.
///
/// # Errors
/// [`Failure`] for a group that does not exist, and what a broker refuses.
pub(super) async fn groups(
    admin: &Admin,
    ids: &[String],
    with_offsets: bool,
) -> anyhow::Result<Vec<Group>> {
    check_named(ids, failure::exception)?;
    // Looked up once, for both of what follows.
    for (id, coordinator) in admin.cluster().coordinators(ids).await {
        if let Err(error) = coordinator {
            return Err(explained(&id, error, admin).await);
        }
    }
    let offsets = async {
        if with_offsets {
            admin.list_group_offsets(ids).await
        } else {
            Ok(BTreeMap::new())
        }
    };
    let (outcomes, committed) = tokio::join!(admin.describe_groups(ids), offsets);
    let mut described = Vec::new();
    for (id, outcome) in outcomes? {
        match outcome {
            Ok(group) => described.push(group),
            Err(error) => return Err(explained(&id, error, admin).await),
        }
    }
    let brokers = admin.cluster().brokers().await?;
    let mut committed = committed?;
    let mut groups = Vec::new();
    for group in described {
        let coordinator = brokers.brokers.get(&group.coordinator);
        let address = coordinator
            .map(|broker| broker.address.to_string())
            .unwrap_or_default();
        let offsets = match committed.remove(&group.id) {
            Some(committed) => progress(admin, &group, &committed?).await?,
            None => Vec::new(),
        };
        groups.push(Group {
            coordinator: address,
            coordinator_id: group.coordinator,
            group: group.id,
            state: group.state,
            assignor: group.protocol,
            epochs: None,
            members: group.members.into_iter().map(member).collect(),
            offsets,
            apart_ms: None,
        });
    }
    Ok(groups)
}

/// What every coordinator would refuse, in the words that `plain` has for it.
///
/// # Errors
/// [`Failure`] for a group without a name.
pub(super) fn check_named(ids: &[String], plain: fn(&Error) -> String) -> Result<(), Failure> {
    if ids.iter().any(String::is_empty) {
        let error = Error::broker(ErrorCode::InvalidGroupId, None, "group ''");
        return Err(Failure::from(&error).with_plain(plain(&error)));
    }
    Ok(())
}

/// As Java tells an error that ended a call somewhere else.
pub(super) fn execution(error: &Error) -> String {
    let exception = failure::exception(error);
    format!("java.util.concurrent.ExecutionException: {exception}")
}

/// What is wrong with a group; of one that is not there, what may have been meant.
pub(super) async fn explained(id: &str, error: Error, admin: &Admin) -> anyhow::Error {
    if error.code() != Some(ErrorCode::GroupIdNotFound) {
        return error.into();
    }
    let ids = list::all_ids(admin).await.unwrap_or_default();
    let hint = names::did_you_mean(id, ids.iter().map(String::as_str));
    let hint = hint.unwrap_or_else(|| list::WHAT_THERE_IS.to_owned());
    Failure::new(failure::exception(&error), hint)
        .with_message(format!("group '{id}' does not exist"))
        .with_code(ErrorCode::GroupIdNotFound)
        .into()
}

fn member(member: MemberDescription) -> Member {
    let mut assignment: BTreeMap<String, Vec<i32>> = BTreeMap::new();
    for partition in member.assigned {
        assignment
            .entry(partition.topic)
            .or_default()
            .push(partition.partition);
    }
    for partitions in assignment.values_mut() {
        partitions.sort_unstable();
    }
    Member {
        id: member.id,
        instance_id: member.instance_id,
        host: member.host,
        client_id: member.client_id,
        assignment: assignment.into_iter().collect(),
        target: None,
    }
}

/// A row for each partition that a member reads, the busiest member first, then for each that nobody reads but somebody
/// has committed for.
async fn progress(
    admin: &Admin,
    group: &GroupDescription,
    committed: &Committed,
) -> anyhow::Result<Vec<Progress>> {
    let mut members: Vec<_> = group.members.iter().enumerate().collect();
    members.sort_by_key(|(_, member)| Reverse(member.assigned.len()));
    let mut partitions: Vec<(TopicPartition, Option<usize>)> = Vec::new();
    for (at, member) in members {
        let assigned: BTreeSet<_> = member.assigned.iter().collect();
        partitions.extend(
            assigned
                .into_iter()
                .map(|partition| (partition.clone(), Some(at))),
        );
    }
    let read: BTreeSet<_> = partitions
        .iter()
        .map(|(partition, _)| partition.clone())
        .collect();
    partitions.extend(
        committed
            .keys()
            .filter(|partition| !read.contains(partition))
            .map(|partition| (partition.clone(), None)),
    );
    let all: Vec<_> = partitions
        .iter()
        .map(|(partition, _)| partition.clone())
        .collect();
    let ends = offsets(admin, &led(admin, &all).await?, OffsetSpec::Latest).await?;
    let row = |(partition, member): (TopicPartition, Option<usize>)| {
        let commit = committed.get(&partition);
        Progress {
            leader_epoch: commit
                .map(|commit| commit.leader_epoch)
                .filter(|epoch| *epoch >= 0),
            committed: commit.map(|commit| commit.offset),
            end: ends.get(&partition).copied(),
            member,
            topic: partition.topic,
            partition: partition.partition,
            ..Progress::default()
        }
    };
    Ok(partitions.into_iter().map(row).collect())
}

/// Those of `partitions` that exist and have a leader: only these can be asked for offsets.
///
/// # Errors
/// What a broker refuses.
pub(super) async fn led(
    admin: &Admin,
    partitions: &[TopicPartition],
) -> anyhow::Result<Vec<TopicPartition>> {
    let topics: BTreeSet<_> = partitions
        .iter()
        .map(|partition| partition.topic.clone())
        .collect();
    let topics: Vec<_> = topics.into_iter().collect();
    let metadata = admin.cluster().knowing(&topics).await?;
    let is_led = |partition: &&TopicPartition| {
        let found = metadata.partition(&partition.topic, partition.partition);
        found.is_some_and(|it| it.leader.is_some())
    };
    Ok(partitions.iter().filter(is_led).cloned().collect())
}

/// What is wrong with a partition that has no offsets; of an unknown topic, in the words of the original's client.
fn unlisted(admin: &Admin, partition: &TopicPartition, error: &Error) -> Failure {
    let topic = partition.topic.as_str();
    let metadata = admin.cluster().metadata();
    let said = metadata.topics.get(topic).map(|topic| topic.error);
    let (code, why) = match said {
        Some(ErrorCode::None) => return Failure::from(error).with_plain(execution(error)),
        Some(code @ ErrorCode::InvalidTopicException) => {
            (code, format!("due to invalid topic `{topic}`"))
        }
        _ => (
            ErrorCode::UnknownTopicOrPartition,
            format!("because metadata for topic `{topic}` could not be found"),
        ),
    };
    let text = format!("Failed to fetch metadata for partition {partition} {why}");
    let told = Error::broker(code, Some(&text), partition.to_string());
    Failure::from(error).with_plain(execution(&told))
}

/// Offsets of one kind; partitions for which there is none are left out.
///
/// # Errors
/// What a broker refuses.
pub(super) async fn offsets(
    admin: &Admin,
    partitions: &[TopicPartition],
    spec: OffsetSpec,
) -> anyhow::Result<BTreeMap<TopicPartition, i64>> {
    let wanted: Vec<_> = partitions
        .iter()
        .map(|partition| (partition.clone(), spec))
        .collect();
    let mut found = BTreeMap::new();
    for (partition, listed) in admin
        .list_offsets(&wanted, IsolationLevel::ReadUncommitted)
        .await?
    {
        let listed = listed.map_err(|error| unlisted(admin, &partition, &error))?;
        if let Some(offset) = listed.offset {
            found.insert(partition, offset);
        }
    }
    Ok(found)
}
