//! How far groups are, for people.

use std::{collections::BTreeMap, fmt::Write};

use super::{
    Group, Pace, Progress,
    view::{By, View},
};
use crate::cli::printer::{
    Look,
    colour::Colour,
    figures::span,
    glyphs::{bar, sparkline},
    table::{self, Column, count, numbers, thousands, words},
};

/// What stands for something that has not come.
const LATE: &str = "…";
/// What stands for something that is not there.
const NONE: &str = "–";

impl Group {
    /// The group and its partitions, marked with colours. `is_sampling`: another look is to come.
    pub fn rich(&self, view: &View, is_sampling: bool, look: &Look) -> String {
        let mut text = self.heading(is_sampling, look);
        if self.offsets.is_empty() {
            return text + "  nothing committed\n";
        }
        text.push('\n');
        let shows_pace = is_sampling || self.apart_ms.is_some();
        text += &match view.by {
            Some(by) => summary(&[self], by, view, look),
            None => table::render(
                &columns(shows_pace),
                self.rows(view, shows_pace, look),
                look,
            ),
        };
        for remark in self.remarks() {
            writeln!(text, "  {}", Colour::Yellow.mark(&remark)).ok();
        }
        text
    }

    /// The lines above the table.
    pub(super) fn heading(&self, is_sampling: bool, look: &Look) -> String {
        let mut lag = format!("lag {}", count(self.lag(), "record"));
        let behind = self
            .offsets
            .iter()
            .filter_map(|progress| progress.behind_ms)
            .max();
        if let Some(behind) = behind.filter(|behind| *behind > 0) {
            write!(lag, ", {} behind", span(behind)).ok();
        }
        let mut pieces = vec![lag];
        pieces.extend(self.trend());
        match self.apart_ms {
            Some(apart) => {
                pieces.push(Colour::Dim.mark(&format!("(two samples, {} apart)", span(apart))));
            }
            None if is_sampling => pieces.push(Colour::Dim.mark("(taking a second sample …)")),
            None => {}
        }
        self.title(look) + &table::flow("", &pieces, look)
    }

    fn trend(&self) -> Option<String> {
        let lag = self.lag();
        Some(match self.growth()? {
            0 => "= steady".to_owned(),
            growth @ 1.. => Colour::Red.mark(&format!("▲ growing {} rec/s", thousands(growth))),
            growth => {
                let draining = format!("▼ draining {} rec/s", thousands(-growth));
                match lag {
                    1.. => format!(
                        "{draining}, empty in about {}",
                        span(lag.saturating_mul(1000) / -growth)
                    ),
                    _ => draining,
                }
            }
        })
    }

    fn rows(&self, view: &View, shows_pace: bool, look: &Look) -> Vec<Vec<String>> {
        let rows = view.rows(self);
        let most = rows
            .iter()
            .filter_map(|progress| progress.lag())
            .max()
            .unwrap_or(0);
        let row = |progress: &&Progress| {
            let owner = self.member_of(progress);
            let owner = owner.map_or(NONE.to_owned(), |it| {
                format!("{}  {}", it.client_id, it.address())
            });
            let mut cells = vec![
                progress.topic.clone(),
                progress.partition.to_string(),
                number(progress.committed),
                number(progress.end),
                number(progress.lag()),
                progress.picture(most),
                progress.behind(),
            ];
            cells.extend(shows_pace.then(|| pace(progress.pace, progress.committed.is_some())));
            cells.push(owner);
            progress.paint(cells, look.behind_ms)
        };
        let mut cells: Vec<_> = rows.iter().map(row).collect();
        if rows.len() > 1 {
            let lag = rows.iter().filter_map(|progress| progress.lag()).sum();
            let mut total = vec![String::new(); columns(shows_pace).len()];
            for (cell, text) in total.iter_mut().zip(["TOTAL", "", "", "", &thousands(lag)]) {
                text.clone_into(cell);
            }
            cells.push(total);
        }
        cells
    }

    /// Partitions that nobody reads and nobody has committed for.
    fn remarks(&self) -> Vec<String> {
        let mut topics: BTreeMap<&str, Vec<i32>> = BTreeMap::new();
        for progress in &self.offsets {
            if progress.committed.is_none() && progress.member.is_none() {
                topics
                    .entry(&progress.topic)
                    .or_default()
                    .push(progress.partition);
            }
        }
        let remark = |(topic, mut partitions): (&str, Vec<i32>)| {
            partitions.sort_unstable();
            let has = if partitions.len() == 1 { "has" } else { "have" };
            format!(
                "! {topic}/{} {has} no commit and no owner: a new consumer starts at its auto.offset.reset",
                table::ranges(&partitions)
            )
        };
        topics.into_iter().map(remark).collect()
    }
}

fn columns(shows_pace: bool) -> Vec<Column> {
    let mut columns = vec![
        words("TOPIC"),
        numbers("PARTITION"),
        numbers("COMMITTED").expendable(4),
        numbers("END").expendable(5),
        numbers("LAG"),
        words("").expendable(3),
        numbers("BEHIND"),
        words("OWNER").expendable(1),
    ];
    if shows_pace {
        columns.insert(7, numbers("IN/OUT per s").expendable(2));
    }
    columns
}

fn number(number: Option<i64>) -> String {
    number.map_or(NONE.to_owned(), thousands)
}

impl Progress {
    /// Beside the lag: its history, or how large it is among others, or why there is none.
    fn picture(&self, most: i64) -> String {
        let natural = |number: i64| u64::try_from(number).unwrap_or(0);
        match self.lag() {
            _ if self.committed.is_none() => "never committed".to_owned(),
            None => "no leader".to_owned(),
            Some(..0) => "commit is past the end".to_owned(),
            Some(_) if self.lags.len() > 1 => sparkline(self.lags.iter().copied()),
            Some(lag) => bar(natural(lag), natural(most)),
        }
    }

    fn behind(&self) -> String {
        match (self.lag(), self.behind_ms) {
            (None | Some(..0), _) => NONE.to_owned(),
            (Some(0), _) => "0 s".to_owned(),
            (Some(_), None) => LATE.to_owned(),
            (Some(_), Some(behind)) => span(behind),
        }
    }

    /// Colour follows time, not count.
    fn paint(&self, mut cells: Vec<String>, [fine, wrong]: [i64; 2]) -> Vec<String> {
        let grows = self.lag() > Some(0) && self.pace.is_some_and(|pace| pace.growth() > 0);
        let colour = match self.behind_ms {
            _ if grows
                || self.end.is_none()
                || self.lag() < Some(0) && self.committed.is_some() =>
            {
                Colour::Red
            }
            Some(behind) if behind >= wrong => Colour::Red,
            Some(behind) if behind >= fine => Colour::Yellow,
            Some(_) => Colour::Green,
            None => return cells,
        };
        for (at, cell) in cells.iter_mut().enumerate() {
            // All of a row that is wrong, only the delay of others.
            if !cell.is_empty() && (colour == Colour::Red || at == 6) {
                *cell = colour.mark(cell);
            }
        }
        cells
    }
}

fn pace(pace: Option<Pace>, has_commit: bool) -> String {
    let Some(pace) = pace else {
        return if has_commit { LATE } else { NONE }.to_owned();
    };
    let sign = match pace.growth() {
        0 => '=',
        1.. => '▲',
        _ => '▼',
    };
    format!(
        "{} / {} {sign}",
        thousands(pace.written),
        thousands(pace.committed)
    )
}

/// One row for each topic, member or group.
pub(super) fn summary(groups: &[&Group], by: By, view: &View, look: &Look) -> String {
    #[derive(Default)]
    struct Sum {
        partitions: usize,
        lag: i64,
        behind_ms: Option<i64>,
        growth: Option<i64>,
    }
    let mut sums: BTreeMap<String, Sum> = BTreeMap::new();
    for group in groups {
        for progress in view.rows(group) {
            let key = match by {
                By::Topic => progress.topic.clone(),
                By::Member => group.member_of(progress).map_or(NONE.to_owned(), |it| {
                    format!("{}  {}", it.client_id, it.address())
                }),
                By::Group => group.group.clone(),
            };
            let sum = sums.entry(key).or_default();
            sum.partitions += 1;
            sum.lag += progress.lag().unwrap_or(0);
            sum.behind_ms = sum.behind_ms.max(progress.behind_ms);
            let growth = progress.pace.map(Pace::growth);
            sum.growth = growth
                .map(|growth| growth + sum.growth.unwrap_or(0))
                .or(sum.growth);
        }
    }
    let mut sums: Vec<_> = sums.into_iter().collect();
    sums.sort_by_key(|(_, sum)| -sum.lag);
    let most = sums.first().map_or(0, |(_, sum)| sum.lag);
    let heading = match by {
        By::Topic => "TOPIC",
        By::Member => "OWNER",
        By::Group => "GROUP",
    };
    let columns = [
        words(heading),
        numbers("PARTITIONS").expendable(2),
        numbers("LAG"),
        words("").expendable(3),
        numbers("BEHIND"),
        numbers("GROWS per s").expendable(1),
    ];
    let natural = |number: i64| u64::try_from(number).unwrap_or(0);
    let row = |(key, sum): &(String, Sum)| {
        vec![
            key.clone(),
            sum.partitions.to_string(),
            thousands(sum.lag),
            bar(natural(sum.lag), natural(most)),
            match (sum.lag, sum.behind_ms) {
                (0, _) => "0 s".to_owned(),
                (_, behind) => behind.map_or(NONE.to_owned(), span),
            },
            number(sum.growth),
        ]
    };
    table::render(&columns, sums.iter().map(row).collect(), look)
}
