//! Options of the console consumer that the original does not have.

use clap::Args;

use super::{ConsoleConsumer, filter::Filter};
use crate::cli::{
    args::output::BEYOND,
    failure::{Failure, Refused, Usage},
    offsets::Range,
};

/// Which records to print.
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = BEYOND)]
pub struct Beyond {
    /// Read from A up to B in every partition, or in --partition, without a group: A..B, A.. or ..B, where a place is
    /// earliest, latest, an offset, start+N, end-N or @TIME. What is the end is settled at the start.
    #[arg(long, value_name = "A..B")]
    pub range: Option<String>,
    /// Print the last N records by their timestamps, without a group, and stop.
    #[arg(long, value_name = "N")]
    pub last: Option<String>,
    /// Print only records whose key, value or a header (as `name:value`) matches this regular expression.
    #[arg(long, value_name = "REGEX")]
    pub grep: Option<String>,
    /// Print only records whose key matches.
    #[arg(long, value_name = "REGEX")]
    pub grep_key: Option<String>,
    /// Print only records whose value matches.
    #[arg(long, value_name = "REGEX")]
    pub grep_value: Option<String>,
    /// Print only records with a header that matches, as `name:value`.
    #[arg(long, value_name = "REGEX")]
    pub grep_header: Option<String>,
}

impl Beyond {
    /// Whether the place to read is said without a group.
    pub(super) const fn is_bounded(&self) -> bool {
        self.range.is_some() || self.last.is_some()
    }

    /// `--range`
    ///
    /// # Errors
    /// [`Failure`] when it is none.
    pub(super) fn wanted_range(&self) -> Result<Option<Range>, Failure> {
        let range = self.range.as_deref();
        range
            .map(|range| Range::read(range, &chrono::Local::now()))
            .transpose()
    }

    /// `--last`
    ///
    /// # Errors
    /// [`Failure`] when it is no number.
    pub(super) fn wanted_last(&self) -> Result<Option<usize>, Failure> {
        let Some(text) = &self.last else {
            return Ok(None);
        };
        match text.parse() {
            Ok(count) => Ok(Some(count)),
            Err(_) => Err(Failure::new(
                format!("--last takes a number of records, not '{text}'"),
                "such as --last 10; places and times are for --range",
            )),
        }
    }
}

/// `used` is ours: no script knows other words for it.
fn conflict(used: &str, other: &str) -> Usage {
    Usage::new(format!("--{used} and --{other} do not go together"))
}

/// # Errors
/// [`Usage`] for options that exclude each other, [`Refused`] for values that are none.
pub(super) fn check(tool: &ConsoleConsumer) -> anyhow::Result<()> {
    let beyond = &tool.beyond;
    let used = match (&beyond.range, &beyond.last) {
        (Some(_), Some(_)) => return Err(conflict("range", "last").into()),
        (Some(_), None) => "range",
        (None, Some(_)) => "last",
        (None, None) => "",
    };
    let others = [
        ("group", tool.group.is_some()),
        ("include", tool.include.is_some()),
        ("offset", tool.offset.is_some()),
        ("from-beginning", tool.from_beginning),
        (
            "max-messages",
            beyond.last.is_some() && tool.max_messages.is_some(),
        ),
    ];
    if let Some((other, _)) = others
        .iter()
        .find(|(_, is_used)| *is_used && !used.is_empty())
    {
        return Err(conflict(used, other).into());
    }
    beyond.wanted_range().map_err(Refused)?;
    beyond.wanted_last().map_err(Refused)?;
    Filter::new(beyond).map_err(Refused)?;
    Ok(())
}
