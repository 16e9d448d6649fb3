//! Which partitions of a group are shown, in which order, and how often.

use std::{cmp::Reverse, time::Duration};

use clap::{Args, ValueEnum};

use super::{Group, Progress};
use crate::cli::{args::output::BEYOND, failure::Failure, time};

/// Options of ours for `--describe`.
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = BEYOND)]
pub struct Options {
    /// What comes first: the largest lag or delay, or names in order [default: lag, in a table].
    #[arg(long, value_name = "COLUMN", value_enum)]
    pub sort: Option<Sort>,
    /// Only partitions with such a lag: '>1000', '>=10k', '=0'.
    #[arg(long, value_name = "CONDITION")]
    pub lag: Option<String>,
    /// One row for each of these instead of each partition, in a table.
    #[arg(long, value_name = "WHAT", value_enum)]
    pub by: Option<By>,
    /// Look again and again until stopped, in a table at a terminal.
    #[arg(long, value_name = "INTERVAL", num_args = 0..=1, default_missing_value = "2s")]
    pub watch: Option<String>,
    /// Do not look a second time, a second later, for how fast lag grows or shrinks.
    #[arg(long)]
    pub no_sample: bool,
}

/// What comes first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Sort {
    /// By topic, then partition.
    Topic,
    /// By partition, then topic.
    Partition,
    /// The largest lag.
    Lag,
    /// The longest delay.
    Behind,
    /// By what the owner calls itself.
    Owner,
}

/// What a row stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum By {
    /// A topic.
    Topic,
    /// A member.
    Member,
    /// A group.
    Group,
}

/// The options, understood.
#[derive(Debug, Clone, Default)]
pub struct View {
    sort: Option<Sort>,
    lag: Option<Condition>,
    /// What a row stands for, if not a partition.
    pub by: Option<By>,
    /// How long to wait between looks, if there are to be many.
    pub watch: Option<Duration>,
    /// Whether a second look tells the trend.
    pub samples: bool,
}

/// A number and how another is to be beside it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Condition {
    operator: &'static str,
    number: i64,
}

impl Options {
    /// The name of an option that was given, if one was.
    pub fn given(&self) -> Option<&'static str> {
        let given = [
            ("sort", self.sort.is_some()),
            ("lag", self.lag.is_some()),
            ("by", self.by.is_some()),
            ("watch", self.watch.is_some()),
            ("no-sample", self.no_sample),
        ];
        given
            .into_iter()
            .find(|(_, is_given)| *is_given)
            .map(|(name, _)| name)
    }

    /// What they mean.
    ///
    /// # Errors
    /// [`Failure`] for a value that cannot be read.
    pub fn read(&self) -> Result<View, Failure> {
        let watch = match &self.watch {
            None => None,
            Some(text) => {
                let millis = time::duration(text, Some(1000)).map_err(Failure::of_ours)?;
                Some(Duration::from_millis(
                    u64::try_from(millis).unwrap_or(0).max(100),
                ))
            }
        };
        Ok(View {
            sort: self.sort,
            lag: self.lag.as_deref().map(condition).transpose()?,
            by: self.by,
            watch,
            samples: !self.no_sample,
        })
    }
}

fn condition(text: &str) -> Result<Condition, Failure> {
    let wrong = || {
        Failure::new(
            format!("'{text}' is no condition for a lag"),
            "a condition is written '>1000', '>=10k', '<5', '<=5' or '=0'",
        )
    };
    let mut operators = [">=", "<=", ">", "<", "="].into_iter();
    let read = |operator: &'static str| Some((operator, text.trim().strip_prefix(operator)?));
    let (operator, number) = operators.find_map(read).ok_or_else(wrong)?;
    let number = time::size(number).map_err(|_unreadable| wrong())?;
    let number = i64::try_from(number).map_err(|_too_large| wrong())?;
    Ok(Condition { operator, number })
}

impl Condition {
    fn holds(self, lag: i64) -> bool {
        match self.operator {
            ">=" => lag >= self.number,
            "<=" => lag <= self.number,
            ">" => lag > self.number,
            "<" => lag < self.number,
            _ => lag == self.number,
        }
    }
}

impl View {
    fn shows(&self, progress: &Progress) -> bool {
        self.lag
            .is_none_or(|condition| progress.lag().is_some_and(|lag| condition.holds(lag)))
    }

    /// Leaves what was asked for, in the order asked for, or in that of the original.
    pub fn arrange(&self, group: &mut Group) {
        let mut offsets = std::mem::take(&mut group.offsets);
        offsets.retain(|progress| self.shows(progress));
        if let Some(sort) = self.sort {
            sort_by(sort, &mut offsets, |progress| progress, group);
        }
        group.offsets = offsets;
    }

    /// Whether it leaves anything of a group, where it is about some partitions only.
    pub fn concerns(&self, group: &Group) -> bool {
        self.lag.is_none() || group.offsets.iter().any(|progress| self.shows(progress))
    }

    /// What a table shows; the largest lag first unless asked for otherwise.
    pub fn rows<'g>(&self, group: &'g Group) -> Vec<&'g Progress> {
        let mut rows: Vec<_> = group
            .offsets
            .iter()
            .filter(|progress| self.shows(progress))
            .collect();
        sort_by(
            self.sort.unwrap_or(Sort::Lag),
            &mut rows,
            |progress| progress,
            group,
        );
        rows
    }
}

fn sort_by<T>(sort: Sort, rows: &mut [T], progress: impl Fn(&T) -> &Progress, group: &Group) {
    let place = |row: &T| {
        let progress = progress(row);
        (progress.topic.clone(), progress.partition)
    };
    rows.sort_by_key(place);
    match sort {
        Sort::Topic => {}
        Sort::Partition => rows.sort_by_key(|row| progress(row).partition),
        Sort::Lag => rows.sort_by_key(|row| Reverse(progress(row).lag())),
        Sort::Behind => rows.sort_by_key(|row| Reverse(progress(row).behind_ms)),
        Sort::Owner => rows.sort_by_key(|row| {
            let owner = group.member_of(progress(row));
            owner.map(|member| (member.client_id.clone(), member.id.clone()))
        }),
    }
}
