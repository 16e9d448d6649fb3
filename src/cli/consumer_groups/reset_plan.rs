//! `--reset-offsets` on a cluster: finds the new offsets of each group, and commits them if told to.

use std::{collections::BTreeMap, fmt::Write, fs};

use chrono::Local;

use super::{
    ConsumerGroups,
    csv::{self, Plans},
    gather::{check_named, execution, led, offsets},
    print_error,
    reset_offsets::{Scenario, Scope, clamp, plain},
    reset_screen::{self, Move},
};
use crate::{
    cli::{
        args::names,
        failure::{Failure, Reported, Usage},
        in_time,
        printer::{Mode, OutputError, Printer, Question, colour::Colour, table::count},
    },
    client::{
        Admin, Error,
        admin::{
            groups::GroupDescription,
            offsets::{Committed, CommittedOffset, OffsetSpec},
        },
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
        let now = Local::now();
        let scenario = self.scenario(&now)?;
        let groups = self.groups(admin).await?;
        check_named(&groups, execution)?;
        let mut plans = Plans::new();
        let mut states = BTreeMap::new();
        let mut failed = false;
        for (group, described) in admin.describe_groups(&groups).await? {
            let state = match described {
                Ok(described) if is_active(&described) => {
                    tell_active(&described, out)?;
                    failed = true;
                    continue;
                }
                Ok(described) => described.state,
                // Resetting a group that does not exist makes it.
                Err(error) if error.code() == Some(ErrorCode::GroupIdNotFound) => "Dead".to_owned(),
                Err(error) => return Err(error.into()),
            };
            let Some(plan) = self.plan(admin, &group, &scenario, out).await? else {
                failed = true;
                continue;
            };
            states.insert(group.clone(), state);
            plans.insert(group, plan);
        }
        let moves = if out.look.mode == Mode::Plain && !self.saves(out) {
            Vec::new()
        } else {
            reset_screen::moves(admin, &plans).await?
        };
        if out.look.mode == Mode::Rich && !self.export {
            let target = self.target(&scenario, &now);
            let screen = reset_screen::screen(&moves, &states, target.as_deref(), &out.look);
            out.rich(&screen)?;
        }
        self.execute(admin, &plans, &moves, out).await?;
        self.print(&plans, &moves, out)?;
        if failed { Err(Reported.into()) } else { Ok(()) }
    }

    /// Commits the plans, if told to, once what they replace is safe.
    async fn execute(
        &self,
        admin: &Admin,
        plans: &Plans,
        moves: &[Move],
        out: &mut Printer<'_>,
    ) -> anyhow::Result<()> {
        if !self.execute || plans.is_empty() {
            return Ok(());
        }
        if self.all_groups || self.all_topics {
            out.consent(question(plans)).await?;
        }
        let undo = if self.saves(out) {
            Some(self.save(moves, out).await?)
        } else {
            None
        };
        for (group, plan) in plans {
            commit(admin, group, plan).await?;
        }
        if out.look.mode == Mode::Rich {
            out.rich(&format!("\n  {}", Colour::Green.mark("written")))?;
        }
        if let Some(undo) = undo {
            undo.tell(out)?;
        }
        Ok(())
    }

    fn print(&self, plans: &Plans, moves: &[Move], out: &mut Printer<'_>) -> anyhow::Result<()> {
        if self.export {
            out.text(csv::write(plans, self.group.len() != 1))?;
            return Ok(());
        }
        match out.look.mode {
            Mode::Json => moves
                .iter()
                .try_for_each(|it| out.json(&it.json(self.execute)))?,
            Mode::Plain => out.text(plain(plans))?,
            Mode::Rich if self.execute || plans.is_empty() => {}
            Mode::Rich => out.rich(reset_screen::DRY)?,
        }
        Ok(())
    }

    /// The new offsets of a group; nothing if a plan file does not name it.
    async fn plan(
        &self,
        admin: &Admin,
        group: &str,
        scenario: &Scenario,
        out: &mut Printer<'_>,
    ) -> anyhow::Result<Option<Plan>> {
        let partitions = self.partitions_to_reset(admin, group).await?;
        let plan = match *scenario {
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
            Scenario::FromFile(ref path) => {
                let plans = self.read_plans(path, out)?;
                let Some(wanted) = plans.get(group) else {
                    let text = format!("No reset plan for group {group} found");
                    let hint = format!("a line of it is written {group},TOPIC,PARTITION,OFFSET");
                    let failure = Failure::new(text, hint);
                    let failure = failure.told(format!("'{path}' has no line for group '{group}'"));
                    print_error(out, &failure)?;
                    return Ok(None);
                };
                clamped(admin, wanted.clone(), out).await?
            }
        };
        Ok(Some(plan))
    }

    /// Called as `NAME.sh` it makes the noise that the original makes over a file with groups, which it reads twice.
    fn read_plans(&self, path: &str, out: &mut Printer<'_>) -> anyhow::Result<Plans> {
        let text = fs::read_to_string(path).map_err(|error| {
            Failure::new(
                format!("java.io.IOException: Unable to read file {path}"),
                "what there is now makes a plan: --to-current --export > FILE",
            )
            .with_message(format!("cannot read the plan '{path}': {error}"))
        })?;
        let noise = csv::noise(&text).filter(|_| out.look.strict);
        if let Some(noise) = &noise {
            out.note(noise);
        }
        let plans = csv::read(path, &text, &self.group)?;
        if plans.values().flat_map(BTreeMap::values).any(|to| *to < 0) {
            let usage = Usage::new("Invalid negative offset");
            let hint = "the oldest record has the offset that --to-earliest --dry-run shows";
            return Err(usage
                .with_message(format!("an offset in '{path}' is negative"), hint)
                .into());
        }
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
        let described = admin.describe_topics(&names).await?;
        let mut partitions = Vec::new();
        let mut unknown = Vec::new();
        let mut leaderless = Vec::new();
        for topic in topics {
            let found = match described.get(&topic.topic) {
                None => continue,
                Some(Ok(found)) => found,
                Some(Err(error)) => {
                    let failure = nearest_topic(admin, &topic.topic, error).await;
                    // The original asks for the partitions of such a topic elsewhere.
                    return Err(match topic.partitions {
                        Some(_) => failure.with_plain(execution(error)).into(),
                        None => failure.into(),
                    });
                }
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
        let which = "which there are: kafka-topics --describe --topic TOPIC";
        refuse(&unknown, "do not exist", which)?;
        let down = "which those are: kafka-topics --describe --unavailable-partitions";
        refuse(&leaderless, "have no leader", down)?;
        partitions.sort_unstable();
        partitions.dedup();
        Ok(partitions)
    }
}

fn is_active(group: &GroupDescription) -> bool {
    group.state != "Empty" && group.state != "Dead"
}

fn tell_active(group: &GroupDescription, out: &mut Printer<'_>) -> Result<(), OutputError> {
    let GroupDescription {
        id, state, members, ..
    } = group;
    let names = members
        .iter()
        .map(|it| format!("{} {}", it.client_id, it.host.trim_start_matches('/')));
    let names = names.collect::<Vec<_>>().join(", ");
    let members = count(members.len(), "member");
    let plain = format!(
        "Assignments can only be reset if the group '{id}' is inactive, but the current state is {state}."
    );
    let failure = Failure::new(plain, format!("stop them first: {names}"))
        .with_message(format!("group '{id}' is {state} with {members}"));
    print_error(out, &failure)
}

fn question(plans: &Plans) -> Question {
    let mut asked = "\n".to_owned();
    for (group, plan) in plans {
        writeln!(asked, "  {group}   {}", count(plan.len(), "partition")).ok();
    }
    let groups = count(plans.len(), "group");
    Question {
        asked: format!("{asked}Reset {groups}?"),
        effect: format!(
            "resets {groups}: {}",
            plans
                .keys()
                .map(String::as_str)
                .collect::<Vec<_>>()
                .join(", ")
        ),
        refusal: Failure::new(
            format!("this resets {groups}; add --yes"),
            "to see what it would do: --dry-run",
        ),
    }
}

/// What there is instead of a topic that there is not.
pub(super) async fn nearest_topic(admin: &Admin, topic: &str, error: &Error) -> Failure {
    let failure = Failure::from(error);
    if error.code() != Some(ErrorCode::UnknownTopicOrPartition) {
        return failure;
    }
    let topics = in_time(admin.list_topics()).await.unwrap_or_default();
    let names = topics.iter().map(|topic| topic.name.as_str());
    names::no_topic(topic, failure.plain, names, names::LIST_TOPICS)
}

fn refuse(partitions: &[TopicPartition], why: &str, hint: &str) -> Result<(), Failure> {
    if partitions.is_empty() {
        return Ok(());
    }
    let names: Vec<_> = partitions.iter().map(ToString::to_string).collect();
    let text = format!("The partitions \"{}\" {why}", names.join(","));
    Err(Failure::new(text, hint).told(format!("{} {why}", names.join(", "))))
}

/// Every partition's committed offset and so many more.
fn shifted(partitions: Vec<TopicPartition>, committed: &Committed, by: i64) -> Result<Plan, Usage> {
    let shift = |partition: TopicPartition| {
        match committed.get(&partition) {
        Some(commit) => Ok((partition, commit.offset.saturating_add(by))),
        None => Err(Usage::new(format!(
            "Cannot shift offset for partition {partition} since there is no current committed offset"
        ))
        .told(format!("partition {partition} has no commit that could be shifted"))),
    }
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
            Mode::Json => out.warning(&text, LOGGER),
            // The table says it.
            Mode::Rich => {}
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
