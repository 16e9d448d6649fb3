//! Which options go together; the order of the checks is the original's.

use super::ConsumerGroups;
use crate::cli::{
    dialect::ParserError,
    failure::Usage,
    printer::{Mode, Printer},
};

/// What is done with groups.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Action {
    /// `--list`
    List,
    /// `--describe`
    Describe,
    /// `--delete`
    Delete,
    /// `--reset-offsets`
    ResetOffsets,
    /// `--delete-offsets`
    DeleteOffsets,
    /// `--validate-regex`
    ValidateRegex,
}

/// # Errors
/// [`Usage`] or [`ParserError`] for the first thing that is wrong.
pub fn check(tool: &ConsumerGroups, out: &mut Printer<'_>) -> anyhow::Result<()> {
    check_available(tool)?;
    if tool.connection.bootstrap_server.is_none() && tool.validate_regex.is_none() {
        return Err(Usage::missing("bootstrap-server").into());
    }
    if tool.describe {
        check_describe(tool)?;
    }
    if let Some(option) = tool.view.given().filter(|_| !tool.describe) {
        return Err(Usage::new(format!("--{option} needs --describe")).into());
    }
    if (tool.no_undo || tool.undo_file.is_some()) && !tool.reset_offsets {
        return Err(Usage::new("--undo-file and --no-undo need --reset-offsets").into());
    }
    if tool.delete {
        check_delete(tool)?;
    }
    if tool.delete_offsets && (tool.topic.is_empty() || tool.group.is_empty()) {
        return usage(
            "Option [delete-offsets] takes the following options: [topic], [group]",
            "--delete-offsets needs --group and --topic",
        );
    }
    if tool.reset_offsets {
        check_reset(tool, out)?;
    }
    check_scope(tool)?;
    tool.action()?;
    Ok(())
}

fn usage<T>(text: &str, told: &str) -> anyhow::Result<T> {
    Err(Usage::new(text).told(told).into())
}

/// Options that the original's parser allows only beside certain actions.
fn check_available(tool: &ConsumerGroups) -> Result<(), ParserError> {
    let needs = [
        ("members", tool.members, tool.describe),
        ("offsets", tool.offsets, tool.describe),
        ("state", tool.state.is_some(), tool.describe || tool.list),
        ("type", tool.r#type.is_some(), tool.list),
        ("verbose", tool.verbose, tool.describe),
    ];
    let missing = needs
        .iter()
        .filter(|(_, is_given, is_available)| *is_given && !*is_available);
    let missing: Vec<_> = missing.map(|(option, ..)| (*option).to_owned()).collect();
    if missing.is_empty() {
        Ok(())
    } else {
        Err(ParserError::Unavailable(missing))
    }
}

fn has_group(tool: &ConsumerGroups) -> bool {
    !tool.group.is_empty() || tool.all_groups
}

fn check_describe(tool: &ConsumerGroups) -> anyhow::Result<()> {
    if !has_group(tool) {
        return usage(
            "Option [describe] takes one of these options: [all-groups], [group]",
            "--describe needs --group or --all-groups",
        );
    }
    let modes = [tool.members, tool.offsets, tool.state.is_some()];
    if modes.iter().filter(|is_given| **is_given).count() > 1 {
        return usage(
            "Option [describe] takes at most one of these options: [members], [offsets], [state]",
            "--members, --offsets and --state do not go together",
        );
    }
    if tool.state.as_ref().is_some_and(Option::is_some) {
        return usage(
            "Option [describe] does not take a value for [state]",
            "--state has no value beside --describe; with --list it chooses groups",
        );
    }
    Ok(())
}

fn check_delete(tool: &ConsumerGroups) -> anyhow::Result<()> {
    if !has_group(tool) {
        return usage(
            "Option [delete] takes one of these options: [all-groups], [group]",
            "--delete needs --group or --all-groups",
        );
    }
    if !tool.topic.is_empty() {
        return usage(
            "The consumer does not support topic-specific offset deletion from a consumer group.",
            "--delete takes the whole group; the offsets of one --topic: --delete-offsets",
        );
    }
    Ok(())
}

fn check_reset(tool: &ConsumerGroups, out: &mut Printer<'_>) -> anyhow::Result<()> {
    if tool.dry_run && tool.execute {
        return usage(
            "Option [reset-offsets] only accepts one of [execute] and [dry-run]",
            "--execute and --dry-run do not go together",
        );
    }
    if !tool.dry_run && !tool.execute && out.look.mode == Mode::Plain {
        out.deprecation(
            "WARN: No action will be performed as the --execute option is missing. In version 5.0, this command will \
             require either --dry-run or --execute to be specified. You should add the --dry-run option explicitly if \
             you are scripting this command and want to keep the current default behavior without prompting.",
        );
    }
    if !has_group(tool) {
        return usage(
            "Option [reset-offsets] takes one of these options: [all-groups], [group]",
            "--reset-offsets needs --group or --all-groups",
        );
    }
    let scenarios = [
        ("to-offset", tool.to_offset.is_some()),
        ("to-datetime", tool.to_datetime.is_some()),
        ("by-duration", tool.by_duration.is_some()),
        ("to-earliest", tool.to_earliest),
        ("to-latest", tool.to_latest),
        ("to-current", tool.to_current),
        ("shift-by", tool.shift_by.is_some()),
        ("from-file", tool.from_file.is_some()),
    ];
    let mut given = scenarios.iter().filter(|(_, is_given)| *is_given);
    match (given.next(), given.next()) {
        (Some((one, _)), Some((other, _))) => Err(Usage::conflict(one, other).into()),
        _ => Ok(()),
    }
}

fn check_scope(tool: &ConsumerGroups) -> Result<(), Usage> {
    let (has_group, has_topic) = (!tool.group.is_empty(), !tool.topic.is_empty());
    let conflicts = [
        ("group", has_group, "all-groups", tool.all_groups),
        ("group", has_group, "list", tool.list),
        ("topic", has_topic, "describe", tool.describe),
        ("topic", has_topic, "list", tool.list),
    ];
    match conflicts.iter().find(|(_, used, _, other)| *used && *other) {
        Some((used, _, other, _)) => Err(Usage::conflict(used, other)),
        None => Ok(()),
    }
}

impl ConsumerGroups {
    /// The one thing to do.
    ///
    /// # Errors
    /// [`Usage`] when there is none, or more than one.
    pub fn action(&self) -> Result<Action, Usage> {
        let given = [
            (self.list, Action::List),
            (self.describe, Action::Describe),
            (self.delete, Action::Delete),
            (self.reset_offsets, Action::ResetOffsets),
            (self.delete_offsets, Action::DeleteOffsets),
            (self.validate_regex.is_some(), Action::ValidateRegex),
        ];
        let mut actions = given.iter().filter(|(is_given, _)| *is_given);
        match (actions.next(), actions.next()) {
            (Some((_, action)), None) => Ok(*action),
            _ => Err(Usage::new(
                "Command must include exactly one action: --list, --describe, --delete, --reset-offsets, \
                 --delete-offsets, --validate-regex",
            )
            .told(
                "say one thing to do: --list, --describe, --reset-offsets, --delete, --delete-offsets or --validate-regex",
            )),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::{dialect, printer::Look};
    use clap::FromArgMatches;

    /// What the check says of a command line; nothing if it is content.
    fn complaint(line: &str) -> String {
        let mut command = crate::cli::command::<ConsumerGroups>("g.sh");
        let words = line.split_whitespace().map(str::to_owned).collect();
        let words = dialect::read(&command, words).unwrap();
        let line = std::iter::once("g.sh".to_owned()).chain(words.options);
        let matches = command.try_get_matches_from_mut(line).unwrap();
        let tool = ConsumerGroups::from_arg_matches(&matches).unwrap();
        let mut out = Printer::new(Look::plain(), std::io::sink(), std::io::sink());
        check(&tool, &mut out)
            .err()
            .map(|error| error.to_string())
            .unwrap_or_default()
    }

    #[test]
    fn the_first_complaint_is_the_one_of_the_original() {
        let cases = [
            (
                "--bootstrap-server b",
                "Command must include exactly one action: --list, --describe, --delete, --reset-offsets, --delete-offsets, --validate-regex",
            ),
            ("--list", "Missing required argument \"[bootstrap-server]\""),
            (
                "--bootstrap-server b --describe",
                "Option [describe] takes one of these options: [all-groups], [group]",
            ),
            (
                "--bootstrap-server b --describe --group g --members --offsets",
                "Option [describe] takes at most one of these options: [members], [offsets], [state]",
            ),
            (
                "--bootstrap-server b --describe --group g --state stable",
                "Option [describe] does not take a value for [state]",
            ),
            ("--bootstrap-server b --describe --group g --state", ""),
            (
                "--bootstrap-server b --delete --group g --topic t",
                "The consumer does not support topic-specific offset deletion from a consumer group.",
            ),
            (
                "--bootstrap-server b --delete-offsets --group g",
                "Option [delete-offsets] takes the following options: [topic], [group]",
            ),
            (
                "--bootstrap-server b --list --group g",
                "Option \"[group]\" can't be used with option \"[list]\"",
            ),
            (
                "--bootstrap-server b --describe --group g --all-groups",
                "Option \"[group]\" can't be used with option \"[all-groups]\"",
            ),
            (
                "--bootstrap-server b --describe --group g --topic t",
                "Option \"[topic]\" can't be used with option \"[describe]\"",
            ),
            (
                "--bootstrap-server b --list --members",
                "Option(s) [members] are unavailable given other options on the command line",
            ),
            (
                "--bootstrap-server b --reset-offsets --group g --topic t --to-earliest --to-latest --dry-run",
                "Option \"[to-earliest]\" can't be used with option \"[to-latest]\"",
            ),
            (
                "--bootstrap-server b --reset-offsets --group g --topic t --to-earliest --dry-run --execute",
                "Option [reset-offsets] only accepts one of [execute] and [dry-run]",
            ),
            (
                "--bootstrap-server b --reset-offsets --topic t --to-earliest --dry-run",
                "Option [reset-offsets] takes one of these options: [all-groups], [group]",
            ),
            ("--validate-regex a", ""),
        ];
        for (line, expected) in cases {
            assert_eq!(complaint(line), expected, "{line}");
        }
    }
}
