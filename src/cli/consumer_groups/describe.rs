//! `--describe`: how far a group is, who is in it, what state it is in.

use std::fmt::Write;

use serde_json::{Value, json};

use super::{ConsumerGroups, cell, gather, print_error};
use crate::{
    cli::{
        failure::Reported,
        printer::{
            Look, Mode, OutputError, Printer,
            colour::Colour,
            plain::{self, Width},
            table::{self, numbers, thousands, words},
        },
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
        let ids = self.groups(admin).await?;
        let gathered = gather::groups(
            admin,
            &ids,
            part == Part::Offsets || out.look.mode != Mode::Plain,
        )
        .await?;
        let mut failed = false;
        for group in gathered {
            if group.state == "Dead" {
                print_error(
                    out,
                    &format!("Consumer group '{}' does not exist.", group.group),
                )?;
                failed = true;
                continue;
            }
            match out.look.mode {
                Mode::Json => out.json(&group.json())?,
                Mode::Rich => {
                    let text = group.rich(&out.look);
                    out.rich(&text)?;
                }
                Mode::Plain => self.print_plain(&group, part, out)?,
            }
        }
        if failed { Err(Reported.into()) } else { Ok(()) }
    }

    fn print_plain(
        &self,
        group: &Group,
        part: Part,
        out: &mut Printer<'_>,
    ) -> Result<(), OutputError> {
        if let Some(remark) = group.remark() {
            out.note(format_args!("\n{remark}"));
        }
        out.text(match part {
            Part::Offsets => group.plain_offsets(self.verbose),
            Part::Members => group.plain_members(self.verbose),
            Part::State => group.plain_state(self.verbose),
        })
    }
}

/// A group as `--describe` shows it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Group {
    /// Its id.
    pub group: String,
    /// Its state, as Kafka writes it.
    pub state: String,
    /// `host:port  (id)` of the broker that coordinates it.
    pub coordinator: String,
    /// How it spreads partitions; empty if nobody decided yet.
    pub assignor: String,
    /// Its epoch and that of its target assignment; only groups of the newer protocol have them.
    pub epochs: Option<(i32, i32)>,
    /// Who is in it.
    pub members: Vec<Member>,
    /// How far it is, by partition.
    pub offsets: Vec<Progress>,
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
}

impl Progress {
    fn lag(&self) -> Option<i64> {
        Some(self.end? - self.committed?)
    }
}

impl Group {
    /// What the original says on stderr about the state, before it shows anything.
    pub fn remark(&self) -> Option<String> {
        let group = &self.group;
        match self.state.as_str() {
            "Empty" => Some(format!("Consumer group '{group}' has no active members.")),
            "PreparingRebalance" | "CompletingRebalance" | "Assigning" | "Reconciling" => {
                Some(format!("Warning: Consumer group '{group}' is rebalancing."))
            }
            _ => None,
        }
    }

    /// The table of offsets as the original prints it, after an empty line; nothing if there are none.
    pub fn plain_offsets(&self, verbose: bool) -> String {
        if self.offsets.is_empty() {
            return String::new();
        }
        let least = Width::Widest(15);
        let mut columns = vec![
            ("GROUP", least),
            ("TOPIC", least),
            ("PARTITION", Width::Fixed(10)),
            ("CURRENT-OFFSET", Width::Fixed(15)),
            ("LOG-END-OFFSET", Width::Fixed(15)),
            ("LAG", Width::Fixed(15)),
            ("CONSUMER-ID", least),
            ("HOST", least),
            ("CLIENT-ID", Width::Free),
        ];
        if verbose {
            columns.insert(3, ("LEADER-EPOCH", Width::Fixed(15)));
        }
        let rows: Vec<_> = self
            .offsets
            .iter()
            .map(|progress| self.offset_row(progress, verbose))
            .collect();
        format!("\n{}", plain::table(&columns, &rows))
    }

    fn offset_row(&self, progress: &Progress, verbose: bool) -> Vec<String> {
        let member = self.member_of(progress);
        let mut row = vec![
            self.group.clone(),
            progress.topic.clone(),
            progress.partition.to_string(),
            cell(progress.committed),
            cell(progress.end),
            cell(progress.lag()),
            cell(member.map(|member| &member.id)),
            cell(member.map(|member| &member.host)),
            cell(member.map(|member| &member.client_id)),
        ];
        if verbose {
            row.insert(3, cell(progress.leader_epoch));
        }
        row
    }

    fn member_of(&self, progress: &Progress) -> Option<&Member> {
        self.members.get(progress.member?)
    }

    /// The table of members as the original prints it, heading and all even if there are none.
    pub fn plain_members(&self, verbose: bool) -> String {
        let least = Width::Widest(15);
        let has_static = self
            .members
            .iter()
            .any(|member| member.instance_id.is_some());
        let mut columns = vec![("GROUP", least), ("CONSUMER-ID", least)];
        if has_static {
            columns.push(("GROUP-INSTANCE-ID", Width::Widest(17)));
        }
        columns.extend([
            ("HOST", least),
            ("CLIENT-ID", least),
            ("#PARTITIONS", Width::Fixed(15)),
        ]);
        if verbose {
            columns.extend([
                ("CURRENT-EPOCH", Width::Fixed(15)),
                ("CURRENT-ASSIGNMENT", Width::Widest(20)),
                ("TARGET-EPOCH", Width::Fixed(15)),
                ("TARGET-ASSIGNMENT", Width::Widest(20)),
            ]);
        } else {
            columns.push(("", Width::Free));
        }
        let rows: Vec<_> = self
            .members
            .iter()
            .map(|member| self.member_row(member, has_static, verbose))
            .collect();
        format!("\n{}", plain::table(&columns, &rows))
    }

    fn member_row(&self, member: &Member, has_static: bool, verbose: bool) -> Vec<String> {
        let mut row = vec![self.group.clone(), member.id.clone()];
        row.extend(has_static.then(|| member.instance_id.clone().unwrap_or_default()));
        let partitions: usize = member
            .assignment
            .iter()
            .map(|(_, partitions)| partitions.len())
            .sum();
        row.extend([
            member.host.clone(),
            member.client_id.clone(),
            partitions.to_string(),
        ]);
        let target = member.target.as_ref();
        if verbose {
            row.extend([
                cell(target.map(|target| target.member_epoch)),
                assignment(&member.assignment),
                cell(target.map(|target| target.epoch)),
                target.map_or("-".to_owned(), |target| assignment(&target.assignment)),
            ]);
        } else {
            row.push(String::new());
        }
        row
    }

    /// The line about the state as the original prints it, under its heading.
    pub fn plain_state(&self, verbose: bool) -> String {
        let mut columns = vec![
            ("GROUP", Width::Widest(15)),
            ("COORDINATOR (ID)", Width::Widest(25)),
            ("ASSIGNMENT-STRATEGY", Width::Fixed(20)),
            ("STATE", Width::Fixed(20)),
        ];
        let assignor = Some(&self.assignor).filter(|assignor| !assignor.is_empty());
        let mut row = vec![
            self.group.clone(),
            self.coordinator.clone(),
            cell(assignor),
            self.state.clone(),
        ];
        if verbose {
            columns.extend([
                ("GROUP-EPOCH", Width::Fixed(15)),
                ("TARGET-ASSIGNMENT-EPOCH", Width::Fixed(25)),
            ]);
            row.extend([
                cell(self.epochs.map(|epochs| epochs.0)),
                cell(self.epochs.map(|epochs| epochs.1)),
            ]);
        }
        columns.push(("#MEMBERS", Width::Free));
        row.push(self.members.len().to_string());
        format!("\n{}", plain::table(&columns, &[row]))
    }

    /// The group for people: a line about it, then its partitions, the largest lag first.
    pub fn rich(&self, look: &Look) -> String {
        let members = match self.members.len() {
            1 => "1 member".to_owned(),
            count => format!("{count} members"),
        };
        let mut about = vec![Colour::Bold.mark(&self.group), self.state.clone(), members];
        about.extend(Some(self.assignor.clone()).filter(|assignor| !assignor.is_empty()));
        about.push(format!(
            "coordinator {}",
            self.coordinator.replace("  ", " ")
        ));
        let lag: i64 = self.offsets.iter().filter_map(Progress::lag).sum();
        let mut text = format!("{}\nlag {} records\n", about.join("   "), thousands(lag));
        if !self.offsets.is_empty() {
            text.push('\n');
            text.push_str(&self.rich_offsets(lag, look));
        }
        for progress in self
            .offsets
            .iter()
            .filter(|progress| progress.committed.is_none() && progress.member.is_none())
        {
            let remark = format!(
                "! {}/{} has no commit and no owner: a new consumer starts at its auto.offset.reset",
                progress.topic, progress.partition
            );
            writeln!(text, "  {}", Colour::Yellow.mark(&remark)).ok();
        }
        text
    }

    fn rich_offsets(&self, total: i64, look: &Look) -> String {
        let columns = [
            words("TOPIC"),
            numbers("PARTITION"),
            numbers("COMMITTED"),
            numbers("END"),
            numbers("LAG"),
            words("OWNER"),
        ];
        let number = |number: Option<i64>| number.map_or("–".to_owned(), thousands);
        let mut offsets: Vec<_> = self.offsets.iter().collect();
        offsets.sort_by_key(|progress| std::cmp::Reverse(progress.lag().unwrap_or(-1)));
        let rows = offsets.iter().map(|progress| {
            let owner = self.member_of(progress).map_or("–".to_owned(), |member| {
                format!(
                    "{}  {}",
                    member.client_id,
                    member.host.trim_start_matches('/')
                )
            });
            vec![
                progress.topic.clone(),
                progress.partition.to_string(),
                number(progress.committed),
                number(progress.end),
                number(progress.lag()),
                owner,
            ]
        });
        let sum = vec![
            "TOTAL".into(),
            String::new(),
            String::new(),
            String::new(),
            thousands(total),
            String::new(),
        ];
        table::render(&columns, rows.chain([sum]).collect(), look)
    }

    /// The group for programs.
    pub fn json(&self) -> Value {
        let partitions: Vec<Value> = self
            .offsets
            .iter()
            .map(|progress| self.json_progress(progress))
            .collect();
        let lag: i64 = self.offsets.iter().filter_map(Progress::lag).sum();
        json!({
            "kind": "consumer_group", "v": 1, "group": self.group, "state": self.state, "assignor": self.assignor,
            "coordinator": self.coordinator, "members": self.members.len(), "lag": lag, "partitions": partitions,
        })
    }

    fn json_progress(&self, progress: &Progress) -> Value {
        let member = self.member_of(progress);
        json!({
            "topic": progress.topic, "partition": progress.partition, "committed": progress.committed,
            "end": progress.end, "lag": progress.lag(), "leader_epoch": progress.leader_epoch,
            "member_id": member.map(|member| &member.id), "client_id": member.map(|member| &member.client_id),
            "host": member.map(|member| &member.host),
        })
    }
}

/// `a:0,1;b:2`, or a dash for nothing.
fn assignment(topics: &[(String, Vec<i32>)]) -> String {
    if topics.is_empty() {
        return "-".to_owned();
    }
    let topic = |(topic, partitions): &(String, Vec<i32>)| {
        let partitions: Vec<_> = partitions.iter().map(ToString::to_string).collect();
        format!("{topic}:{}", partitions.join(","))
    };
    topics.iter().map(topic).collect::<Vec<_>>().join(";")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn live() -> Group {
        Group {
            group: "live".into(),
            state: "Stable".into(),
            coordinator: "127.0.0.1:9092  (1)".into(),
            assignor: "range".into(),
            members: vec![Member {
                id: "etl-1-9f0c".into(),
                host: "/10.0.4.17".into(),
                client_id: "etl-1".into(),
                assignment: vec![("orders".into(), vec![0, 1])],
                ..Member::default()
            }],
            offsets: vec![
                Progress {
                    topic: "orders".into(),
                    partition: 0,
                    leader_epoch: Some(0),
                    committed: Some(5),
                    end: Some(7),
                    member: Some(0),
                },
                Progress {
                    topic: "orders".into(),
                    partition: 1,
                    end: Some(1200),
                    ..Progress::default()
                },
            ],
            ..Group::default()
        }
    }

    #[test]
    fn offsets_are_printed_as_the_original_prints_them() {
        assert_eq!(
            live().plain_offsets(false),
            "\nGROUP           TOPIC           PARTITION  CURRENT-OFFSET  LOG-END-OFFSET  LAG             CONSUMER-ID     HOST            CLIENT-ID\n\
             live            orders          0          5               7               2               etl-1-9f0c      /10.0.4.17      etl-1\n\
             live            orders          1          -               1200            -               -               -               -\n"
        );
        assert_eq!(Group::default().plain_offsets(false), "");
        assert!(
            live()
                .plain_offsets(true)
                .contains("PARTITION  LEADER-EPOCH    CURRENT-OFFSET")
        );
    }

    #[test]
    fn members_are_printed_as_the_original_prints_them() {
        assert_eq!(
            live().plain_members(false),
            "\nGROUP           CONSUMER-ID     HOST            CLIENT-ID       #PARTITIONS     \n\
             live            etl-1-9f0c      /10.0.4.17      etl-1           2               \n"
        );
        assert_eq!(
            live().plain_members(true),
            "\nGROUP           CONSUMER-ID     HOST            CLIENT-ID       #PARTITIONS     CURRENT-EPOCH   CURRENT-ASSIGNMENT   TARGET-EPOCH    TARGET-ASSIGNMENT   \n\
             live            etl-1-9f0c      /10.0.4.17      etl-1           2               -               orders:0,1           -               -                   \n"
        );
        assert_eq!(
            Group::default().plain_members(false),
            "\nGROUP           CONSUMER-ID     HOST            CLIENT-ID       #PARTITIONS     \n"
        );
    }

    #[test]
    fn the_state_is_printed_as_the_original_prints_it() {
        let empty = Group {
            assignor: String::new(),
            state: "Empty".into(),
            members: vec![],
            ..live()
        };
        assert_eq!(
            empty.plain_state(false),
            "\nGROUP           COORDINATOR (ID)          ASSIGNMENT-STRATEGY  STATE                #MEMBERS\n\
             live            127.0.0.1:9092  (1)       -                    Empty                0\n"
        );
        assert_eq!(
            empty.plain_state(true),
            "\nGROUP           COORDINATOR (ID)          ASSIGNMENT-STRATEGY  STATE                GROUP-EPOCH     TARGET-ASSIGNMENT-EPOCH   #MEMBERS\n\
             live            127.0.0.1:9092  (1)       -                    Empty                -               -                         0\n"
        );
        assert_eq!(
            empty.remark().unwrap(),
            "Consumer group 'live' has no active members."
        );
    }

    #[test]
    fn people_see_the_largest_lag_first() {
        let text = crate::cli::printer::colour::paint(
            &live().rich(&crate::cli::printer::look::tests::rich()),
            false,
        );
        assert_eq!(
            text,
            "live   Stable   1 member   range   coordinator 127.0.0.1:9092 (1)\nlag 2 records\n\n  \
             TOPIC   PARTITION  COMMITTED    END  LAG  OWNER\n  \
             orders          0          5      7    2  etl-1  10.0.4.17\n  \
             orders          1          –  1,200    –  –\n  \
             TOTAL                                  2\n  \
             ! orders/1 has no commit and no owner: a new consumer starts at its auto.offset.reset\n"
        );
    }

    #[test]
    fn programs_get_numbers_and_nulls() {
        let value = live().json();
        assert_eq!(value["partitions"][0]["lag"], 2);
        assert_eq!(value["partitions"][1]["committed"], Value::Null);
    }
}
