//! `--describe`: how far a group is, who is in it, what state it is in.

pub(super) mod behind;
mod json;
mod offsets;
mod others;
mod plain;
mod trend;
pub mod view;
mod watch;

use serde_json::Value;

use self::view::View;
use super::{ConsumerGroups, gather, list, print_error};
use crate::{
    cli::{
        failure::{Failure, Reported},
        printer::{Mode, OutputError, Printer},
    },
    client::Admin,
};

/// What `--describe` shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Part {
    Offsets,
    Members,
    State,
}

impl ConsumerGroups {
    /// Prints the groups, sorted by id.
    ///
    /// # Errors
    /// [`crate::cli::failure::Failure`] for a group that does not exist, and what a broker refuses.
    pub(super) async fn describe(
        &self,
        admin: &Admin,
        out: &mut Printer<'_>,
    ) -> anyhow::Result<()> {
        let part = match (self.members, self.state.is_some()) {
            (true, _) => Part::Members,
            (_, true) => Part::State,
            _ => Part::Offsets,
        };
        let view = self.view.read()?;
        if view.watch.is_some() && !out.look.is_live
            || view.by.is_some() && out.look.mode != Mode::Rich
        {
            return Err(Failure::new(
                "--watch needs a terminal, --by a terminal or --output table",
                "for a program: --output json, again and again",
            )
            .into());
        }
        let ids = self.groups(admin).await?;
        let mut groups = gather::groups(admin, &ids, part == Part::Offsets).await?;
        let found = groups.len();
        for dead in groups.extract_if(.., |group| group.state == "Dead") {
            print_error(
                out,
                &Failure::new(
                    format!("Consumer group '{}' does not exist.", dead.group),
                    list::WHAT_THERE_IS,
                ),
            )?;
        }
        match (out.look.mode, part) {
            (Mode::Plain, _) => self.print_plain(&mut groups, part, &view, out)?,
            (Mode::Json, _) => json(admin, &mut groups, part, &view, out).await?,
            (Mode::Rich, Part::Members) => {
                groups
                    .iter()
                    .try_for_each(|group| out.rich(&group.rich_members(&out.look.clone())))?;
            }
            (Mode::Rich, Part::State) => out.rich(&others::states(&groups, &out.look.clone()))?,
            (Mode::Rich, Part::Offsets) => watch::show(admin, &groups, &view, out).await?,
        }
        if groups.len() < found {
            Err(Reported.into())
        } else {
            Ok(())
        }
    }

    fn print_plain(
        &self,
        groups: &mut [Group],
        part: Part,
        view: &View,
        out: &mut Printer<'_>,
    ) -> Result<(), OutputError> {
        for group in groups {
            if let Some(remark) = group.remark() {
                out.note(format_args!("\n{remark}"));
            }
            view.arrange(group);
            out.text(match part {
                Part::Offsets => group.plain_offsets(self.verbose),
                Part::Members => group.plain_members(self.verbose),
                Part::State => group.plain_state(self.verbose),
            })?;
        }
        Ok(())
    }
}

/// One object per group.
async fn json(
    admin: &Admin,
    groups: &mut [Group],
    part: Part,
    view: &View,
    out: &mut Printer<'_>,
) -> anyhow::Result<()> {
    behind::fill(admin, groups).await;
    for group in groups {
        view.arrange(group);
        let value: Value = match part {
            Part::Offsets => group.json(),
            Part::Members => group.json_members(),
            Part::State => group.json_state(),
        };
        out.json(&value)?;
    }
    Ok(())
}

/// A group as `--describe` shows it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Group {
    /// Its id.
    pub group: String,
    /// Its state, as Kafka writes it.
    pub state: String,
    /// `host:port` of the broker that coordinates it.
    pub coordinator: String,
    /// The id of that broker.
    pub coordinator_id: i32,
    /// How it spreads partitions; empty if nobody decided yet.
    pub assignor: String,
    /// Its epoch and that of its target assignment; only groups of the newer protocol have them.
    pub epochs: Option<(i32, i32)>,
    /// Who is in it.
    pub members: Vec<Member>,
    /// How far it is, by partition.
    pub offsets: Vec<Progress>,
    /// The time between this look at it and the one before, in ms.
    pub apart_ms: Option<i64>,
}

/// A member of a group.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Member {
    /// Its id, given by the coordinator.
    pub id: String,
    /// The name it keeps over restarts, if it has one.
    pub instance_id: Option<String>,
    /// Where it is, such as `/127.0.0.1`.
    pub host: String,
    /// What it calls itself.
    pub client_id: String,
    /// Topics and partitions that it reads, sorted.
    pub assignment: Vec<(String, Vec<i32>)>,
    /// Its epoch, the epoch it is to reach, and what it is to read then; only in groups of the newer protocol.
    pub target: Option<Target>,
}

/// Where the newer protocol wants a member to be.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Target {
    /// Epoch that the member has reached.
    pub member_epoch: i32,
    /// Epoch of the assignment below.
    pub epoch: i32,
    /// Topics and partitions.
    pub assignment: Vec<(String, Vec<i32>)>,
}

/// How far a group is in a partition.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Progress {
    /// The topic.
    pub topic: String,
    /// The partition.
    pub partition: i32,
    /// Epoch of the leader when the offset was committed.
    pub leader_epoch: Option<i32>,
    /// The offset committed.
    pub committed: Option<i64>,
    /// The offset of the next record to be written; nothing if the partition has no leader.
    pub end: Option<i64>,
    /// Who reads it: a position in the group's members.
    pub member: Option<usize>,
    /// How long ago the first record that the group has not read was written.
    pub behind_ms: Option<i64>,
    /// What has happened since an earlier look.
    pub pace: Option<Pace>,
    /// The lag at this and at earlier looks, oldest first.
    pub lags: Vec<u64>,
}

/// Records per second.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Pace {
    /// Written.
    pub written: i64,
    /// Committed.
    pub committed: i64,
}

impl Progress {
    /// Records written and not committed; negative if the commit is past the end.
    pub fn lag(&self) -> Option<i64> {
        Some(self.end? - self.committed?)
    }
}

impl Group {
    fn member_of(&self, progress: &Progress) -> Option<&Member> {
        self.members.get(progress.member?)
    }

    /// Records that it has not read.
    fn lag(&self) -> i64 {
        self.offsets.iter().filter_map(Progress::lag).sum()
    }
}

#[cfg(test)]
mod tests;
