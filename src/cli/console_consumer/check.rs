//! Which options go together; the order of the checks is the original's.

use std::{collections::BTreeSet, str::FromStr};

use super::{ConsoleConsumer, beyond, formatter};
use crate::cli::{
    args::client,
    failure::{self, Failure, Refused, Usage},
    printer::{Mode, Printer},
};

/// Where to begin in a partition.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Start {
    /// With the oldest record.
    Earliest,
    /// With the next one to be written.
    Latest,
    /// At this offset.
    Offset(i64),
}

/// # Errors
/// [`Usage`] or [`Refused`] for the first thing that is wrong.
pub fn check(tool: &ConsoleConsumer, out: &mut Printer<'_>) -> anyhow::Result<()> {
    check_topic(tool)?;
    check_renamed(tool, out)?;
    let refused = |error: anyhow::Error| Refused(failure::explain(&error));
    let properties = tool.client_properties().map_err(refused)?;
    let file = tool.config_file().map(client::read_file).transpose();
    let file = file.map_err(refused)?.unwrap_or_default();
    let groups = [file.get("group.id"), properties.get("group.id")];
    check_group(tool, &groups)?;
    if let Some(reset) = properties.get("auto.offset.reset")
        && tool.from_beginning
        && reset != "earliest"
    {
        let text = format!(
            "Can't simultaneously specify --from-beginning and 'auto.offset.reset={reset}', please remove one option"
        );
        let hint = "--from-beginning alone is auto.offset.reset=earliest";
        let told = format!("--from-beginning and auto.offset.reset={reset} do not go together");
        return Err(Refused(Failure::new(text, hint).told(told)).into());
    }
    tool.start()?;
    tool.wanted_partition()?;
    tool.timeout()?;
    if !tool.property.is_empty() && !tool.formatter_property.is_empty() {
        return Err(together("property", "formatter-property").into());
    }
    if !tool.property.is_empty() {
        tell_renamed(out, "property", "formatter-property");
    }
    if let Some(path) = &tool.formatter_config {
        client::read_file(path).map_err(|error| {
            let Failure { message, .. } = failure::explain(&error);
            Usage::new(path).with_message(message, client::PROPERTIES_FORM)
        })?;
    }
    check_formatter(tool, out)?;
    beyond::check(tool)
}

fn check_formatter(tool: &ConsoleConsumer, out: &mut Printer<'_>) -> anyhow::Result<()> {
    let Some(class) = &tool.formatter else {
        return Ok(());
    };
    if !formatter::is_known(class) {
        let names = formatter::NAMES.join(", ");
        let message = format!("cannot print by '{class}': no such formatter here");
        let hint = format!("there are {names}, each with MessageFormatter behind it");
        return Err(Usage::new(class).with_message(message, hint).into());
    }
    if out.look.mode == Mode::Json {
        return Err(Usage::new(
            "--formatter says how records look; it does not go with --output json",
        )
        .into());
    }
    Ok(())
}

fn check_topic(tool: &ConsoleConsumer) -> Result<(), Usage> {
    let usage = |text: &str, told: &str| Err(Usage::new(text).told(told));
    if tool.topic.is_some() == tool.include.is_some() {
        return usage(
            "Exactly one of the following arguments is required: [topic], [include]",
            "say what to read, by --topic or by --include",
        );
    }
    if tool.partition.is_some() {
        if tool.topic.is_none() {
            return usage(
                "The topic is required when partition is specified.",
                "--partition needs --topic",
            );
        }
        if tool.from_beginning && tool.offset.is_some() {
            return usage(
                "Options from-beginning and offset cannot be specified together.",
                "--from-beginning and --offset do not go together",
            );
        }
    } else if tool.offset.is_some() {
        return usage(
            "The partition is required when offset is specified.",
            "--offset needs --partition; --range takes offsets in all partitions",
        );
    }
    if tool.bootstrap_server.is_none() {
        return Err(Usage::missing("bootstrap-server"));
    }
    Ok(())
}

/// Old and new names of an option exclude each other; the old ones are told to be old.
fn check_renamed(tool: &ConsoleConsumer, out: &mut Printer<'_>) -> anyhow::Result<()> {
    if !tool.consumer_property.is_empty() && !tool.command_property.is_empty() {
        return Err(together("consumer-property", "command-property").into());
    }
    if tool.consumer_config.is_some() && tool.command_config.is_some() {
        return Err(together("consumer.config", "command-config").into());
    }
    if !tool.consumer_property.is_empty() {
        tell_renamed(out, "consumer-property", "command-property");
    }
    if tool.consumer_config.is_some() {
        tell_renamed(out, "consumer.config", "command-config");
    }
    Ok(())
}

fn together(old: &str, new: &str) -> Usage {
    Usage::new(format!(
        "Options --{old} and --{new} cannot be specified together."
    ))
    .told(format!(
        "--{old} is the old name of --{new}: give one of them"
    ))
}

/// The original says so on stdout, among the records.
fn tell_renamed(out: &mut Printer<'_>, old: &str, new: &str) {
    let text = "is deprecated and will be removed in a future version.";
    out.deprecation(&format!("Option --{old} {text} Use --{new} instead."));
}

fn check_group(tool: &ConsoleConsumer, properties: &[Option<&str>]) -> Result<(), Usage> {
    let groups: BTreeSet<&str> = tool
        .group
        .as_deref()
        .into_iter()
        .chain(properties.iter().copied().flatten())
        .collect();
    if groups.len() > 1 {
        let groups: Vec<_> = groups.iter().map(|group| format!("'{group}'")).collect();
        return Err(Usage::new(format!(
            "The group ids provided in different places (directly using '--group', via '--consumer-property', or via \
             '--consumer.config') do not match. Detected group ids: {}",
            groups.join(", ")
        ))
        .told(format!("the group has several names: {}", groups.join(", "))));
    }
    if tool.partition.is_some() && !groups.is_empty() {
        return Err(
            Usage::new("Options group and partition cannot be specified together.").told(
                "--group and --partition do not go together: a group shares the partitions out",
            ),
        );
    }
    Ok(())
}

impl ConsoleConsumer {
    /// Where to begin in `--partition`.
    ///
    /// # Errors
    /// [`Usage`] for something that is no offset.
    pub fn start(&self) -> Result<Start, Usage> {
        let Some(text) = &self.offset else {
            return Ok(if self.from_beginning {
                Start::Earliest
            } else {
                Start::Latest
            });
        };
        match (text.to_lowercase().as_str(), text.parse()) {
            ("earliest", _) => Ok(Start::Earliest),
            ("latest", _) => Ok(Start::Latest),
            (_, Ok(offset)) if offset >= 0 => Ok(Start::Offset(offset)),
            _ => Err(Usage::new(format!(
                "The provided offset value '{text}' is incorrect. Valid values are 'earliest', 'latest', or a \
                 non-negative long."
            ))
            .with_message(
                format!("--offset takes earliest, latest or a number, not '{text}'"),
                "from other places: --range end-10.. or --range '@2h ago..', in one --partition or all",
            )),
        }
    }

    /// `--partition`
    ///
    /// # Errors
    /// [`Refused`] when it is no number.
    pub fn wanted_partition(&self) -> Result<Option<i32>, Refused> {
        number("partition", self.partition.as_ref())
    }

    /// `--timeout-ms`; a negative one means none.
    ///
    /// # Errors
    /// [`Refused`] when it is no number.
    pub fn timeout(&self) -> Result<Option<u64>, Refused> {
        let timeout = number::<i64>("timeout-ms", self.timeout_ms.as_ref())?;
        Ok(timeout.and_then(|millis| millis.try_into().ok()))
    }
}

fn number<T: FromStr>(option: &str, text: Option<&String>) -> Result<Option<T>, Refused> {
    let Some(text) = text else { return Ok(None) };
    match text.parse() {
        Ok(number) => Ok(Some(number)),
        Err(_) => Err(Refused(failure::cannot_parse(option, text))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::{dialect, printer::Look};
    use clap::FromArgMatches;

    /// What the check says of a command line; nothing if it is content.
    fn complaint(line: &str) -> String {
        let mut command = crate::cli::command::<ConsoleConsumer>("c.sh");
        let words = line.split_whitespace().map(str::to_owned).collect();
        let words = dialect::read(&command, words).unwrap();
        let line = std::iter::once("c.sh".to_owned()).chain(words.options);
        let matches = command.try_get_matches_from_mut(line).unwrap();
        let tool = ConsoleConsumer::from_arg_matches(&matches).unwrap();
        let mut out = Printer::new(Look::plain(), std::io::sink(), std::io::sink());
        check(&tool, &mut out)
            .err()
            .map(|error| failure::explain(&error).plain)
            .unwrap_or_default()
    }

    #[test]
    fn the_first_complaint_is_the_one_of_the_original() {
        let cases = [
            (
                "--bootstrap-server b",
                "Exactly one of the following arguments is required: [topic], [include]",
            ),
            (
                "--topic t",
                "Missing required argument \"[bootstrap-server]\"",
            ),
            (
                "--bootstrap-server b --include t --partition 0",
                "The topic is required when partition is specified.",
            ),
            (
                "--bootstrap-server b --topic t --partition 0 --from-beginning --offset 1",
                "Options from-beginning and offset cannot be specified together.",
            ),
            (
                "--bootstrap-server b --topic t --offset 1",
                "The partition is required when offset is specified.",
            ),
            (
                "--bootstrap-server b --topic t --group a --consumer-property group.id=b",
                "The group ids provided in different places (directly using '--group', via '--consumer-property', or via '--consumer.config') do not match. Detected group ids: 'a', 'b'",
            ),
            (
                "--bootstrap-server b --topic t --group a --partition 0",
                "Options group and partition cannot be specified together.",
            ),
            (
                "--bootstrap-server b --topic t --from-beginning --command-property auto.offset.reset=latest",
                "Can't simultaneously specify --from-beginning and 'auto.offset.reset=latest', please remove one option",
            ),
            (
                "--bootstrap-server b --topic t --partition 0 --offset middle",
                "The provided offset value 'middle' is incorrect. Valid values are 'earliest', 'latest', or a non-negative long.",
            ),
            (
                "--bootstrap-server b --topic t --partition 0 --offset -3",
                "The provided offset value '-3' is incorrect. Valid values are 'earliest', 'latest', or a non-negative long.",
            ),
            (
                "--bootstrap-server b --topic t --partition x",
                "Cannot parse argument 'x' of option partition",
            ),
            (
                "--bootstrap-server b --topic t --timeout-ms x",
                "Cannot parse argument 'x' of option timeout-ms",
            ),
            (
                "--bootstrap-server b --topic t --formatter no.such.Class",
                "no.such.Class",
            ),
            (
                "--bootstrap-server b --topic t --property a=b --formatter-property c=d",
                "Options --property and --formatter-property cannot be specified together.",
            ),
            (
                "--bootstrap-server b --topic t --consumer.config missing.properties",
                "java.nio.file.NoSuchFileException: missing.properties",
            ),
            (
                "--bootstrap-server b --topic t --partition 0 --offset Earliest",
                "",
            ),
            ("--bootstrap-server b --topic t --timeout-ms -1", ""),
        ];
        for (line, expected) in cases {
            assert_eq!(complaint(line), expected, "{line}");
        }
    }
}
