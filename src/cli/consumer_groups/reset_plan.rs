//! `--reset-offsets` on a cluster: finds the new offsets of each group, and commits them if told to.

use std::{collections::BTreeMap, fs};

use super::{
    ConsumerGroups,
    csv::{self, Plans},
    gather::{led, offsets},
    print_error,
    reset_offsets::{Scenario, Scope, clamp, plain},
};
use crate::{
    cli::{
        failure::{Failure, Reported, Usage},
        printer::{Mode, Printer},
    },
    client::{
        Admin,
        admin::offsets::{Committed, CommittedOffset, OffsetSpec},
    },
    protocol::{ErrorCode, TopicPartition},
};

/// Where the original logs.
const LOGGER: &str = "org.apache.kafka.tools.OffsetsUtils";

/// New offsets of one group.
type Plan = BTreeMap<TopicPartition, i64>;

impl ConsumerGroups {
    /// Prints where the groups would go on, and lets them with `--execute`.
    ///
    /// # Errors
    /// [`Reported`] when a group could not be reset; [`Usage`] and [`Failure`] for what was asked; what a broker refuses.
    pub(super) async fn reset(&self, admin: &Admin, out: &mut Printer<'_>) -> anyhow::Result<()> {
        let groups = self.groups(admin).await?;
        let mut plans = Plans::new();
        let mut failed = false;
        for (group, described) in admin.describe_groups(&groups).await? {
            let state = match described {
                Ok(described) => described.state,
                // Resetting a group that does not exist makes it.
                Err(error) if error.code() == Some(ErrorCode::GroupIdNotFound) => "Dead".to_owned(),
                Err(error) => return Err(error.into()),
            };
            if state != "Empty" && state != "Dead" {
                let text = format!(
                    "Assignments can only be reset if the group '{group}' is inactive, but the current state is {state}."
                );
                print_error(out, &text)?;
                failed = true;
                continue;
            }
            let Some(plan) = self.plan(admin, &group, out).await? else {
                failed = true;
                continue;
            };
            if self.execute {
                commit(admin, &group, &plan).await?;
            }
            plans.insert(group, plan);
        }
        self.print(&plans, out)?;
        if failed { Err(Reported.into()) } else { Ok(()) }
    }

    fn print(&self, plans: &Plans, out: &mut Printer<'_>) -> anyhow::Result<()> {
        if self.export {
            out.text(csv::write(plans, self.group.len() != 1))?;
        } else if out.look.mode == Mode::Json {
            for (group, plan) in plans {
                for (partition, offset) in plan {
                    let TopicPartition { topic, partition } = partition;
                    out.json(&serde_json::json!({
                        "kind": "offset_reset", "v": 1, "group": group, "topic": topic, "partition": partition,
                        "offset": offset, "executed": self.execute,
                    }))?;
                }
            }
        } else {
            out.text(plain(plans))?;
            out.aside(if self.execute {
                "written"
            } else {
                "nothing is written; to apply it: --execute"
            });
        }
        Ok(())
    }

    /// The new offsets of a group; nothing if a plan file does not name it.
    async fn plan(
        &self,
        admin: &Admin,
        group: &str,
        out: &mut Printer<'_>,
    ) -> anyhow::Result<Option<Plan>> {
        let partitions = self.partitions_to_reset(admin, group).await?;
        let plan = match self.scenario()? {
            Scenario::ToEarliest => offsets(admin, &partitions, OffsetSpec::Earliest).await?,
            Scenario::ToLatest => offsets(admin, &partitions, OffsetSpec::Latest).await?,
            Scenario::ToOffset(offset) => {
                let wanted = partitions
                    .into_iter()
                    .map(|partition| (partition, offset))
                    .collect();
                clamped(admin, wanted, out).await?
            }
            Scenario::ShiftBy(by) => {
                let committed = admin.group_offsets(group, &partitions).await?;
                clamped(admin, shifted(partitions, &committed, by)?, out).await?
            }
            Scenario::ToCurrent => current(admin, group, &partitions).await?,
            Scenario::ToTime(millis) => at_time(admin, &partitions, millis, out).await?,
            Scenario::ByDuration(millis) => {
                let now = chrono::Utc::now().timestamp_millis();
                at_time(admin, &partitions, now.saturating_sub(millis), out).await?
            }
            Scenario::FromFile(path) => {
                let plans = self.read_plans(&path, out)?;
                let Some(wanted) = plans.get(group) else {
                    print_error(out, &format!("No reset plan for group {group} found"))?;
                    return Ok(None);
                };
                clamped(admin, wanted.clone(), out).await?
            }
        };
        Ok(Some(plan))
    }

    /// Called as `NAME.sh` it makes the noise that the original makes over a file with groups, which it reads twice.
    fn read_plans(&self, path: &str, out: &mut Printer<'_>) -> Result<Plans, Failure> {
        let text = fs::read_to_string(path).map_err(|error| {
            Failure::new(format!("java.io.IOException: Unable to read file {path}"))
                .with_message(format!("cannot read the plan '{path}': {error}"))
        })?;
        let noise = csv::noise(&text).filter(|_| out.look.strict);
        if let Some(noise) = &noise {
            out.note(noise);
        }
        let plans = csv::read(path, &text, &self.group)?;
        if let Some(noise) = &noise {
            out.note(noise);
        }
        Ok(plans)
    }

    async fn partitions_to_reset(
        &self,
        admin: &Admin,
        group: &str,
    ) -> anyhow::Result<Vec<TopicPartition>> {
        let topics = match self.scope()? {
            Scope::Planned => return Ok(Vec::new()),
            Scope::AllTopics => {
                let committed = admin
                    .list_group_offsets(&[group.to_owned()])
                    .await?
                    .remove(group);
                return Ok(committed
                    .transpose()?
                    .unwrap_or_default()
                    .into_keys()
                    .collect());
            }
            Scope::Topics(topics) => topics,
        };
        let names: Vec<_> = topics.iter().map(|topic| topic.topic.clone()).collect();
        let mut described = admin.describe_topics(&names).await?;
        let mut partitions = Vec::new();
        let mut unknown = Vec::new();
        let mut leaderless = Vec::new();
        for topic in topics {
            let Some(found) = described.remove(&topic.topic).transpose()? else {
                continue;
            };
            let numbers = topic
                .partitions
                .unwrap_or_else(|| found.partitions.iter().map(|it| it.id).collect());
            for number in numbers {
                let partition = TopicPartition::new(&found.name, number);
                match found.partitions.iter().find(|it| it.id == number) {
                    None => unknown.push(partition),
                    Some(it) if it.leader.is_none() => leaderless.push(partition),
                    Some(_) => partitions.push(partition),
                }
            }
        }
        refuse(&unknown, "do not exist")?;
        refuse(&leaderless, "have no leader")?;
        Ok(partitions)
    }
}

fn refuse(partitions: &[TopicPartition], why: &str) -> Result<(), Failure> {
    if partitions.is_empty() {
        return Ok(());
    }
    let names: Vec<_> = partitions.iter().map(ToString::to_string).collect();
    Err(Failure::new(format!(
        "The partitions \"{}\" {why}",
        names.join(",")
    )))
}

/// Every partition's committed offset and so many more.
fn shifted(partitions: Vec<TopicPartition>, committed: &Committed, by: i64) -> Result<Plan, Usage> {
    let shift = |partition: TopicPartition| match committed.get(&partition) {
        Some(commit) => Ok((partition, commit.offset.saturating_add(by))),
        None => Err(Usage(format!(
            "Cannot shift offset for partition {partition} since there is no current committed offset"
        ))),
    };
    partitions.into_iter().map(shift).collect()
}

/// Brings every offset into what its partition holds, and warns where that changes it.
async fn clamped(admin: &Admin, wanted: Plan, out: &mut Printer<'_>) -> anyhow::Result<Plan> {
    let partitions: Vec<_> = wanted.keys().cloned().collect();
    let starts = offsets(admin, &partitions, OffsetSpec::Earliest).await?;
    let ends = offsets(admin, &partitions, OffsetSpec::Latest).await?;
    let mut plan = Plan::new();
    for (partition, offset) in wanted {
        let (start, end) = (starts.get(&partition), ends.get(&partition));
        let (offset, warning) = clamp(
            &partition,
            offset,
            start.copied().unwrap_or(0),
            end.copied().unwrap_or(i64::MAX),
        );
        if let Some(warning) = warning {
            out.warning(&warning, LOGGER);
        }
        plan.insert(partition, offset);
    }
    Ok(plan)
}

/// Committed offsets as they are; the end where there is none.
async fn current(
    admin: &Admin,
    group: &str,
    partitions: &[TopicPartition],
) -> anyhow::Result<Plan> {
    let committed = admin.group_offsets(group, partitions).await?;
    let mut plan: Plan = committed
        .into_iter()
        .map(|(partition, commit)| (partition, commit.offset))
        .collect();
    let rest: Vec<_> = partitions
        .iter()
        .filter(|partition| !plan.contains_key(partition))
        .cloned()
        .collect();
    plan.extend(offsets(admin, &led(admin, &rest).await?, OffsetSpec::Latest).await?);
    Ok(plan)
}

/// The first offset at or after a time; the end, and a word about it, where there is none.
async fn at_time(
    admin: &Admin,
    partitions: &[TopicPartition],
    millis: i64,
    out: &mut Printer<'_>,
) -> anyhow::Result<Plan> {
    let mut plan = offsets(admin, partitions, OffsetSpec::Timestamp(millis)).await?;
    let late: Vec<_> = partitions
        .iter()
        .filter(|partition| !plan.contains_key(partition))
        .cloned()
        .collect();
    for TopicPartition { topic, partition } in &late {
        let text = format!(
            "Partition {partition} from topic {topic} is empty. Falling back to latest known offset."
        );
        match out.look.mode {
            Mode::Plain => out.line(format_args!("\nWarn: {text}"))?,
            Mode::Rich | Mode::Json => out.warning(&text, LOGGER),
        }
    }
    plan.extend(offsets(admin, &late, OffsetSpec::Latest).await?);
    Ok(plan)
}

async fn commit(admin: &Admin, group: &str, plan: &Plan) -> anyhow::Result<()> {
    let commit = |(partition, offset): (&TopicPartition, &i64)| {
        (
            partition.clone(),
            CommittedOffset {
                offset: *offset,
                leader_epoch: -1,
                metadata: String::new(),
            },
        )
    };
    let offsets = plan.iter().map(commit).collect();
    let results = admin.alter_group_offsets(group, &offsets).await?;
    Ok(results.into_values().collect::<Result<(), _>>()?)
}
