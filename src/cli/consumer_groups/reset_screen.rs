//! A reset for people and programs: what changes, and which record each partition goes on with.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Write,
};

use chrono::{DateTime, Local, SecondsFormat, TimeZone, Utc};
use serde_json::{Value, json};

use super::{
    ConsumerGroups,
    csv::Plans,
    describe::behind::record_times,
    gather::{led, offsets},
    reset_offsets::Scenario,
};
use crate::{
    cli::{
        in_time,
        printer::{
            Look,
            colour::Colour,
            figures::{self, local_milli},
            table::{self, count, numbers, thousands, words},
        },
        topics::extras::sizes,
    },
    client::{Admin, admin::offsets::OffsetSpec},
    protocol::TopicPartition,
};

/// What follows a plan that is only shown.
pub(super) const DRY: &str = "
  nothing is written
  apply    add --execute
  undo     --execute saves the commits above first
";

/// A partition, where a group is in it, and where it is to go.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Move {
    /// The group.
    pub group: String,
    /// The partition.
    pub partition: TopicPartition,
    /// The offset committed now.
    pub committed: Option<i64>,
    /// The offset to be.
    pub new: i64,
    /// What is there.
    pub found: Found,
    /// How many bytes of records the partition has, and how many records; none if that did not come in time.
    pub size: Option<(u64, u64)>,
}

/// What is at an offset.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Found {
    /// A record of this time, in ms since 1970.
    Record(i64),
    /// Nothing yet.
    End,
    /// It did not come in time.
    Late,
}

/// What `plans` change.
///
/// # Errors
/// What a broker refuses.
pub(super) async fn moves(admin: &Admin, plans: &Plans) -> anyhow::Result<Vec<Move>> {
    let groups: Vec<_> = plans.keys().cloned().collect();
    let mut committed = admin.list_group_offsets(&groups).await?;
    let mut moves = Vec::new();
    for (group, plan) in plans {
        let commits = committed.remove(group).transpose()?.unwrap_or_default();
        moves.extend(plan.iter().map(|(partition, new)| Move {
            group: group.clone(),
            partition: partition.clone(),
            committed: commits.get(partition).map(|commit| commit.offset),
            new: *new,
            found: Found::Late,
            size: None,
        }));
    }
    Box::pin(find(admin, &mut moves)).await;
    Ok(moves)
}

/// Looks up the records, as far as they are found in time.
async fn find(admin: &Admin, moves: &mut [Move]) {
    let partitions: BTreeSet<_> = moves.iter().map(|it| it.partition.clone()).collect();
    let partitions: Vec<_> = partitions.into_iter().collect();
    let Some(led) = in_time(led(admin, &partitions)).await else {
        return;
    };
    let (starts, ends, sizes) = tokio::join!(
        in_time(offsets(admin, &led, OffsetSpec::Earliest)),
        in_time(offsets(admin, &led, OffsetSpec::Latest)),
        in_time(sizes(admin, &led)),
    );
    let Some(ends) = ends else { return };
    let size = |partition: &TopicPartition| {
        let bytes = sizes.as_ref()?.get(partition)?.values().max()?;
        let start = starts.as_ref()?.get(partition)?;
        let records = ends.get(partition)?.saturating_sub(*start);
        Some((*bytes, u64::try_from(records).ok()?))
    };
    let is_end = |it: &Move| ends.get(&it.partition).is_some_and(|end| it.new >= *end);
    let wanted = moves
        .iter()
        .filter(|it| !is_end(it))
        .map(|it| (it.partition.clone(), it.new));
    let times = record_times(admin, wanted.collect()).await;
    for it in moves {
        let time = times.get(&(it.partition.clone(), it.new));
        it.found = match time {
            _ if is_end(it) => Found::End,
            Some(time) => Found::Record(*time),
            None => Found::Late,
        };
        it.size = size(&it.partition);
    }
}

impl ConsumerGroups {
    /// How a time was understood, in the local zone and in UTC.
    pub(super) fn target(&self, scenario: &Scenario, now: &DateTime<Local>) -> Option<String> {
        let millis = match scenario {
            Scenario::ToTime(millis) => *millis,
            Scenario::ByDuration(before) => now.timestamp_millis().checked_sub(*before)?,
            _ => return None,
        };
        let typed = self.to_datetime.as_ref().or(self.by_duration.as_ref())?;
        let utc = Utc.timestamp_millis_opt(millis).single()?;
        let local = utc.with_timezone(&Local);
        let mut text = format!(
            "{typed}  =  {}  =  {}",
            local.format("%Y-%m-%d %H:%M:%S %:z"),
            utc.to_rfc3339_opts(SecondsFormat::Millis, true)
        );
        if let Some((date, clock)) = typed.split_once('T').filter(|_| self.to_datetime.is_some())
            && !clock.contains(['Z', '+', '-'])
        {
            let minute = clock.get(..5).unwrap_or(clock);
            write!(text, "  (UTC; for local time write '{date} {minute}')").ok();
        }
        Some(text)
    }
}

/// The plan of every group, marked with colours.
pub(super) fn screen(
    moves: &[Move],
    states: &BTreeMap<String, String>,
    target: Option<&str>,
    look: &Look,
) -> String {
    let mut text = String::new();
    for moves in moves.chunk_by(|a, b| a.group == b.group) {
        let group = moves.first().map_or("", |first| &first.group);
        let state = match states.get(group).map(String::as_str) {
            Some("Dead") => "does not exist yet: it will",
            Some(state) => &format!("{state}: can be reset"),
            None => "",
        };
        let between = if text.is_empty() { "" } else { "\n" };
        writeln!(
            text,
            "{between}Plan for {} ({state})",
            Colour::Bold.mark(group)
        )
        .ok();
        if let Some(target) = target {
            writeln!(text, "  target   {target}").ok();
        }
        text.push('\n');
        text += &group_table(moves, target.is_some(), look);
    }
    text
}

fn group_table(moves: &[Move], is_about_time: bool, look: &Look) -> String {
    let columns = [
        words("TOPIC"),
        numbers("PARTITION"),
        numbers("COMMITTED").expendable(2),
        numbers("NEW"),
        numbers("CHANGE"),
        words("RECORD FOUND THERE").expendable(1),
    ];
    let row = |it: &Move| {
        vec![
            it.partition.topic.clone(),
            it.partition.partition.to_string(),
            it.committed.map_or("–".to_owned(), thousands),
            thousands(it.new),
            it.change_cell(),
            match it.found {
                Found::Record(time) => local_milli(time),
                Found::End if is_about_time => "nothing at or after the target: the end".to_owned(),
                Found::End => "the end: only what comes from now on".to_owned(),
                Found::Late => "…".to_owned(),
            },
        ]
    };
    let mut rows: Vec<_> = moves.iter().map(row).collect();
    let changes = || moves.iter().filter_map(Move::change);
    if moves.len() > 1 {
        let total = signed(changes().sum());
        rows.push(vec![
            "TOTAL".to_owned(),
            String::new(),
            String::new(),
            String::new(),
            total,
        ]);
    }
    let mut text = table::render(&columns, rows, look);
    let (skipped, again): (Vec<i64>, Vec<i64>) = changes().partition(|change| *change > 0);
    let amount = |changes: Vec<i64>| {
        let records: i64 = changes.into_iter().map(i64::abs).sum();
        count(usize::try_from(records).unwrap_or(0), "record")
    };
    if !skipped.is_empty() {
        let remark = format!("! {} will never be read by this group", amount(skipped));
        writeln!(text, "  {}", Colour::Red.mark(&remark)).ok();
    }
    if again.iter().any(|change| *change < 0) {
        let bytes: Option<u64> = moves.iter().map(Move::bytes_again).sum();
        let bytes = bytes.map_or(String::new(), |bytes| {
            format!(", about {}", figures::bytes(bytes))
        });
        writeln!(text, "  {} to be read again{bytes}", amount(again)).ok();
    }
    text
}

impl Move {
    fn change(&self) -> Option<i64> {
        Some(self.new.saturating_sub(self.committed?))
    }

    /// Bytes to be read again, if the records there are as large as the others.
    fn bytes_again(&self) -> Option<u64> {
        let records = self
            .change()
            .map_or(0, |change| change.min(0))
            .unsigned_abs();
        if records == 0 {
            return Some(0);
        }
        let (bytes, all) = self.size?;
        let again = u128::from(bytes) * u128::from(records);
        again.checked_div(u128::from(all))?.try_into().ok()
    }

    fn change_cell(&self) -> String {
        match self.change() {
            None => "new".to_owned(),
            Some(0) => "=".to_owned(),
            Some(change @ 1..) => Colour::Red.mark(&signed(change)),
            Some(change) => Colour::Yellow.mark(&signed(change)),
        }
    }

    /// The move for programs.
    pub(super) fn json(&self, executed: bool) -> Value {
        let found = match self.found {
            Found::Record(time) => Some(time),
            Found::End | Found::Late => None,
        };
        let TopicPartition { topic, partition } = &self.partition;
        json!({
            "kind": "offset_reset", "v": 1, "group": self.group, "topic": topic, "partition": partition,
            "committed": self.committed, "offset": self.new, "change": self.change(), "timestamp": found,
            "executed": executed,
        })
    }
}

fn signed(change: i64) -> String {
    let sign = if change > 0 { "+" } else { "" };
    format!("{sign}{}", thousands(change))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::printer::{colour, look::tests::rich};

    fn to(partition: i32, committed: Option<i64>, new: i64) -> Move {
        Move {
            group: "etl".into(),
            partition: TopicPartition::new("orders", partition),
            committed,
            new,
            found: Found::End,
            size: Some((1_000_000_000, 2_000_000)),
        }
    }

    #[test]
    fn a_plan_tells_what_is_skipped_and_what_is_read_again() {
        let moves = [
            to(0, Some(1_284_201), 1_201_377),
            to(1, Some(5), 5),
            to(2, Some(5), 1_005),
            to(3, None, 7),
        ];
        let states = BTreeMap::from([("etl".to_owned(), "Empty".to_owned())]);
        let text = screen(
            &moves,
            &states,
            None,
            &Look {
                width: 100,
                ..rich()
            },
        );
        assert!(text.contains(&Colour::Red.mark("+1,000")), "{text}");
        assert_eq!(
            colour::paint(&text, false),
            "Plan for etl (Empty: can be reset)\n\n  \
             TOPIC   PARTITION  COMMITTED        NEW   CHANGE  RECORD FOUND THERE\n  \
             orders          0  1,284,201  1,201,377  −82,824  the end: only what comes from now on\n  \
             orders          1          5          5        =  the end: only what comes from now on\n  \
             orders          2          5      1,005   +1,000  the end: only what comes from now on\n  \
             orders          3          –          7      new  the end: only what comes from now on\n  \
             TOTAL                                    −81,824\n  \
             ! 1,000 records will never be read by this group\n  82,824 records to be read again, about 41.4 MB\n"
        );
    }

    #[test]
    fn the_echo_of_a_time_is_in_both_zones() {
        let now = Local::now();
        let tool = ConsumerGroups {
            to_datetime: Some("2026-11-19T14:00:00.000".into()),
            ..ConsumerGroups::default()
        };
        let scenario = tool.scenario(&now).unwrap();
        let echo = tool.target(&scenario, &now).unwrap();
        assert!(
            echo.starts_with("2026-11-19T14:00:00.000  =  2026-11-"),
            "{echo}"
        );
        assert!(
            echo.ends_with(
                "2026-11-19T14:00:00.000Z  (UTC; for local time write '2026-11-19 14:00')"
            ),
            "{echo}"
        );
    }
}
