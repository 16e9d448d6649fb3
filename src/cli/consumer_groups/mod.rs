//! `kafka-consumer-groups`: lists, describes, resets and deletes consumer groups.

pub mod check;
pub mod csv;
pub mod delete;
pub mod delete_offsets;
pub mod describe;
mod gather;
pub mod list;
pub mod reset_offsets;
mod reset_plan;
mod reset_screen;
mod undo;
pub mod validate_regex;

use std::{collections::BTreeSet, time::Duration};

use clap::Parser;

use self::check::Action;
use super::{
    Original, Tool,
    args::{
        client::{self, Connection},
        output::BEYOND,
    },
    explain::{Plan, step},
    failure::{self, Failure},
    printer::{Mode, OutputError, Printer},
};
use crate::{client::Admin, properties::Properties};

const EXAMPLES: &str = "\
kafka-consumer-groups --bootstrap-server localhost:9092 --describe --group etl
kafka-consumer-groups --bootstrap-server localhost:9092 --reset-offsets --group etl \\
  --topic orders --to-earliest --dry-run
kafka-consumer-groups --bootstrap-server localhost:9092 --delete --group etl";

/// The longest time-out, in milliseconds, that client properties can say.
const INT_MAX: u128 = 2_147_483_647;

const NOTES: &str = "\
--to-datetime takes 2026-11-20T14:00:00.000, with Z or +01:00 or in UTC; and beyond Apache's tool, in local time unless \
a zone follows: '2026-11-20 14:00', 'yesterday 14:00', monday, noon, now, '2h ago', or seconds since 1970.
--by-duration takes P1D or PT1H30M, and beyond Apache's tool 7d or 1h30m.";

/// List, describe, reset and delete consumer groups.
#[derive(Debug, Clone, Default, Parser)]
#[command(after_help = NOTES)]
pub struct ConsumerGroups {
    /// Print the ids of groups, one per line.
    #[arg(long, help_heading = "Actions")]
    pub list: bool,
    /// Print how far groups are, who is in them, and what state they are in.
    #[arg(long, help_heading = "Actions")]
    pub describe: bool,
    /// Delete groups and all that they committed.
    #[arg(long, help_heading = "Actions")]
    pub delete: bool,
    /// Set where groups go on reading; --dry-run, which is the default, only shows it.
    #[arg(long, help_heading = "Actions")]
    pub reset_offsets: bool,
    /// Delete what a group committed for --topic.
    #[arg(long, help_heading = "Actions")]
    pub delete_offsets: bool,
    /// Say whether this is a regular expression that brokers understand.
    #[arg(long, value_name = "REGEX", help_heading = "Actions")]
    pub validate_regex: Option<String>,
    /// Which cluster.
    #[command(flatten)]
    pub connection: Connection,
    /// Milliseconds to wait for an answer [default: 30000].
    #[arg(long, value_name = "MS")]
    pub timeout: Option<String>,
    /// A group; may be repeated.
    #[arg(long, value_name = "GROUP")]
    pub group: Vec<String>,
    /// All groups.
    #[arg(long)]
    pub all_groups: bool,
    /// A topic, or some of its partitions; may be repeated.
    #[arg(long, value_name = "TOPIC[:N,...]")]
    pub topic: Vec<String>,
    /// All topics that the group has committed for.
    #[arg(long)]
    pub all_topics: bool,
    /// Print the members of groups.
    #[arg(long, help_heading = "What --describe and --list show")]
    pub members: bool,
    /// Print how far groups are; the default.
    #[arg(long, help_heading = "What --describe and --list show")]
    pub offsets: bool,
    /// Print the state of groups; with --list also: only groups in these states.
    #[arg(long, value_name = "STATE,...", num_args = 0..=1, help_heading = "What --describe and --list show")]
    pub state: Option<Option<String>>,
    /// Print the type of groups; also: only groups of these types.
    #[arg(long, value_name = "TYPE,...", num_args = 0..=1, default_missing_value = "", help_heading = "What --describe and --list show")]
    pub r#type: Option<String>,
    /// Print more columns.
    #[arg(long, help_heading = "What --describe and --list show")]
    pub verbose: bool,
    /// To this offset.
    #[arg(
        long,
        value_name = "OFFSET",
        help_heading = "Where --reset-offsets goes"
    )]
    pub to_offset: Option<String>,
    /// By so many records, backwards if negative.
    #[arg(long, value_name = "N", help_heading = "Where --reset-offsets goes")]
    pub shift_by: Option<String>,
    /// To the first record of this time or later.
    #[arg(long, value_name = "TIME", help_heading = "Where --reset-offsets goes")]
    pub to_datetime: Option<String>,
    /// To the first record that is no older than this.
    #[arg(
        long,
        value_name = "DURATION",
        help_heading = "Where --reset-offsets goes"
    )]
    pub by_duration: Option<String>,
    /// To the offsets in this file, as --export prints them.
    #[arg(long, value_name = "FILE", help_heading = "Where --reset-offsets goes")]
    pub from_file: Option<String>,
    /// To the oldest record.
    #[arg(long, help_heading = "Where --reset-offsets goes")]
    pub to_earliest: bool,
    /// To the end.
    #[arg(long, help_heading = "Where --reset-offsets goes")]
    pub to_latest: bool,
    /// To where the group is.
    #[arg(long, help_heading = "Where --reset-offsets goes")]
    pub to_current: bool,
    /// Show what --execute would do.
    #[arg(long)]
    pub dry_run: bool,
    /// Do it.
    #[arg(long)]
    pub execute: bool,
    /// Print the new offsets as CSV.
    #[arg(long)]
    pub export: bool,
    /// Where --execute saves the offsets committed before [default, but not for plain output: below `$XDG_STATE_HOME/kaffa/undo`].
    #[arg(long, value_name = "FILE", help_heading = BEYOND)]
    pub undo_file: Option<String>,
    /// Do not save them.
    #[arg(long, help_heading = BEYOND)]
    pub no_undo: bool,
    /// What a description shows beyond the original.
    #[command(flatten)]
    pub view: describe::view::Options,
}

impl Tool for ConsumerGroups {
    const ORIGINAL: Original = Original {
        about: "List, describe, reset and delete consumer groups",
        examples: EXAMPLES,
        summary: "This tool helps to list all consumer groups, describe a consumer group, delete consumer group info, or \
                  reset consumer group offsets.",
        parser_errors_show_usage: false,
        patience: Duration::ZERO,
    };

    fn check(&self, out: &mut Printer<'_>) -> anyhow::Result<()> {
        check::check(self, out)
    }

    fn plan(&self) -> anyhow::Result<Plan> {
        let groups = if self.group.is_empty() {
            "all groups".to_owned()
        } else {
            self.group.join(", ")
        };
        let list = step(
            "ListGroups",
            "all groups",
            "every broker",
            "Describe on Group",
        );
        let ask = |api, needs| step(api, &groups, "the coordinator of each group", needs);
        let offsets = || {
            let needs = "Describe on Group and Topic";
            let ends = step(
                "ListOffsets",
                "their partitions",
                "the leader of each partition",
                needs,
            );
            [
                ask("DescribeGroups", "Describe on Group"),
                ask("OffsetFetch", needs),
                ends,
            ]
        };
        let mut steps: Vec<_> = self.all_groups.then_some(list).into_iter().collect();
        match self.action()? {
            Action::List => {
                steps = vec![step(
                    "ListGroups",
                    "all groups",
                    "every broker",
                    "Describe on Group",
                )];
            }
            Action::Describe => steps.extend(offsets()),
            Action::Delete => steps.push(ask("DeleteGroups", "Delete on Group")),
            Action::DeleteOffsets => {
                steps.push(ask("OffsetDelete", "Delete on Group, Read on Topic"));
            }
            Action::ResetOffsets => {
                steps.extend(offsets());
                let commit = ask("OffsetCommit", "Read on Group and Topic");
                steps.extend(self.execute.then_some(commit));
            }
            Action::ValidateRegex => {}
        }
        let properties = self.connection.properties()?;
        Ok(Plan { steps, properties })
    }

    fn set_defaults(&mut self, defaults: Properties) {
        self.connection.defaults = defaults;
    }

    fn destroys(&self) -> bool {
        self.delete || self.delete_offsets || (self.reset_offsets && self.execute)
    }

    async fn run(self, out: &mut Printer<'_>) -> anyhow::Result<()> {
        if let Some(regex) = &self.validate_regex {
            return validate_regex::run(regex, out);
        }
        let action = self.action()?;
        let admin = self.connect(action, out).await?;
        match action {
            Action::List => self.list(&admin, out).await,
            Action::Describe => self.describe(&admin, out).await,
            Action::Delete => self.delete(&admin, out).await,
            Action::ResetOffsets => self.reset(&admin, out).await,
            Action::DeleteOffsets => self.delete_offsets(&admin, out).await,
            Action::ValidateRegex => Ok(()),
        }
    }

    fn fail(error: &anyhow::Error, out: &mut Printer<'_>) -> Result<(), OutputError> {
        let failure = failure::explain(error);
        if out.look.mode == Mode::Plain {
            out.line(format_args!(
                "\nError: Executing consumer group command failed due to {}",
                failure.plain
            ))?;
            out.note(&failure.plain);
            out.cause(&failure);
        } else {
            out.failure(&failure);
        }
        Ok(())
    }
}

impl ConsumerGroups {
    /// Connects; no call may take longer than `--timeout`, or else than the properties say.
    async fn connect(&self, action: Action, out: &mut Printer<'_>) -> anyhow::Result<Admin> {
        let mut properties = self.connection.properties()?;
        let wait = self.wait()?.as_millis().min(INT_MAX).to_string();
        for key in ["request.timeout.ms", "default.api.timeout.ms"] {
            if self.timeout.is_some() || properties.get(key).is_none() {
                properties.set(key, &wait);
            }
        }
        let (config, unused) = client::config(&properties)?;
        client::warn_unused(out, "client", &unused);
        let call = if action == Action::List {
            "listGroups"
        } else {
            "describeConsumerGroups"
        };
        let failed = |failure: Failure| {
            let plain = match action {
                _ if failure.plain == client::NO_ADMIN => return failure,
                Action::List => "org.apache.kafka.common.KafkaException: Failed to find brokers to send ListGroups".to_owned(),
                _ => format!("org.apache.kafka.common.errors.TimeoutException: {}", failure.plain),
            };
            failure.with_plain(format!("java.util.concurrent.ExecutionException: {plain}"))
        };
        Ok(client::admin(config, call).await.map_err(failed)?)
    }

    /// Ids of the groups meant, sorted.
    async fn groups(&self, admin: &Admin) -> Result<Vec<String>, crate::client::Error> {
        if self.all_groups {
            return list::all_ids(admin).await;
        }
        let groups: BTreeSet<_> = self.group.iter().cloned().collect();
        Ok(groups.into_iter().collect())
    }
}

/// An error that the original prints on stdout, after a blank line.
///
/// # Errors
/// [`OutputError`].
pub fn print_error(out: &mut Printer<'_>, failure: &Failure) -> Result<(), OutputError> {
    if out.look.mode == Mode::Plain {
        out.line(format_args!("\nError: {}", failure.plain))
    } else {
        out.failure(failure);
        Ok(())
    }
}

/// A cell that may have nothing to show.
fn cell(value: Option<impl ToString>) -> String {
    value.map_or("-".to_owned(), |value| value.to_string())
}
