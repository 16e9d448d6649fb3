//! What was committed before a reset is saved first, in the form of `--export`, so that `--from-file` brings it back.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    io::Write,
    path::{Path, PathBuf},
};

use anyhow::Context;
use chrono::{DateTime, TimeDelta, Utc};
use serde_json::json;

use super::{
    ConsumerGroups,
    csv::{self, Plans},
    reset_screen::Move,
};
use crate::cli::{
    failure::Failure,
    files,
    printer::{Mode, OutputError, Printer, Question},
};

/// How long saved offsets are kept.
const KEPT: TimeDelta = TimeDelta::days(30);

/// How to take a reset back.
#[derive(Debug, Default)]
pub(super) struct Undo {
    file: Option<PathBuf>,
    commands: Vec<String>,
}

impl ConsumerGroups {
    /// Whether what `--execute` replaces is saved: for people and programs, not behind the back of a script.
    pub(super) fn saves(&self, out: &Printer<'_>) -> bool {
        let wanted = self.undo_file.is_some() || out.look.mode != Mode::Plain;
        self.execute && !self.no_undo && wanted
    }

    /// Saves what is committed now.
    ///
    /// # Errors
    /// [`Failure`] or [`crate::cli::failure::Reported`] when it cannot be saved and nobody says to go on.
    pub(super) async fn save(&self, moves: &[Move], out: &mut Printer<'_>) -> anyhow::Result<Undo> {
        let mut before = Plans::new();
        for it in moves {
            if let Some(committed) = it.committed {
                let offsets = before.entry(it.group.clone()).or_default();
                offsets.insert(it.partition.clone(), committed);
            }
        }
        if before.is_empty() {
            return Ok(self.undo(None, &before, moves));
        }
        match self.write(&before) {
            Ok(path) => Ok(self.undo(Some(path), &before, moves)),
            Err(error) => {
                out.consent(unsaved(&error)).await?;
                Ok(Undo::default())
            }
        }
    }

    fn write(&self, before: &Plans) -> anyhow::Result<PathBuf> {
        let path = if let Some(path) = &self.undo_file {
            PathBuf::from(path)
        } else {
            let dir = directory().context("neither XDG_STATE_HOME nor HOME is set")?;
            fs::create_dir_all(&dir)
                .with_context(|| format!("make the directory {}", dir.display()))?;
            forget_old(&dir);
            dir.join(file_name(before))
        };
        let text = csv::write(before, before.len() != 1);
        let saved = fs::File::create_new(&path).and_then(|mut file| {
            file.write_all(text.trim_end().as_bytes())?;
            file.write_all(b"\n")?;
            file.sync_all()
        });
        saved.with_context(|| format!("write {}", path.display()))?;
        Ok(path)
    }

    /// The commands that restore what was, in groups that had commits, and remove what was not.
    fn undo(&self, file: Option<PathBuf>, before: &Plans, moves: &[Move]) -> Undo {
        let connection = &self.connection;
        let options = [
            ("bootstrap-server", &connection.bootstrap_server),
            ("command-config", &connection.command_config),
        ];
        let given = |(name, value): (&str, &Option<String>)| {
            let value = quoted(value.as_ref()?);
            Some(format!(" --{name} {value}"))
        };
        let server: String = options.into_iter().filter_map(given).collect();
        let mut commands = Vec::new();
        if let Some(file) = &file {
            let groups: Vec<_> = before.keys().map(|group| quoted(group)).collect();
            let groups = groups.join(" --group ");
            let file = quoted(&file.to_string_lossy());
            commands.push(format!(
                "kafka-consumer-groups{server} --reset-offsets --group {groups} --from-file {file} --execute"
            ));
        }
        let mut added: BTreeMap<(&str, &str), BTreeSet<i32>> = BTreeMap::new();
        for it in moves.iter().filter(|it| it.committed.is_none()) {
            let partitions = added.entry((&it.group, &it.partition.topic)).or_default();
            partitions.insert(it.partition.partition);
        }
        for ((group, topic), partitions) in added {
            let numbers: Vec<_> = partitions.iter().map(ToString::to_string).collect();
            let topic = quoted(&format!("{topic}:{}", numbers.join(",")));
            let group = quoted(group);
            commands.push(format!(
                "kafka-consumer-groups{server} --delete-offsets --group {group} --topic {topic}"
            ));
        }
        Undo { file, commands }
    }
}

impl Undo {
    /// Says how to take the reset back.
    ///
    /// # Errors
    /// [`OutputError`].
    pub(super) fn tell(&self, out: &mut Printer<'_>) -> Result<(), OutputError> {
        match out.look.mode {
            Mode::Rich => {
                let mut commands = self.commands.iter();
                commands.try_for_each(|command| out.line(format_args!("  undo: {command}")))
            }
            Mode::Json => out.json(&json!({
                "kind": "undo", "v": 1, "file": self.file, "commands": self.commands,
            })),
            Mode::Plain => {
                self.commands
                    .iter()
                    .for_each(|command| out.note(format_args!("undo: {command}")));
                Ok(())
            }
        }
    }
}

fn unsaved(error: &anyhow::Error) -> Question {
    let why = format!("cannot save the commits that are replaced: {error:#}");
    Question {
        asked: format!("{why}\nReset without?"),
        effect: why.clone(),
        refusal: Failure::new(
            why,
            "to do without: --no-undo; to save them elsewhere: --undo-file FILE",
        ),
    }
}

/// `$XDG_STATE_HOME/kaffa/undo`, or the same under `~/.local/state`.
fn directory() -> Option<PathBuf> {
    let environment = |name: &str| std::env::var(name).ok();
    let state = files::directory(&environment, "XDG_STATE_HOME", ".local/state")?;
    Some(state.join("undo"))
}

fn file_name(before: &Plans) -> String {
    let group = match before.keys().next() {
        Some(group) if before.len() == 1 => group.as_str(),
        _ => "groups",
    };
    let safe = |c: char| {
        if c.is_ascii_alphanumeric() || c == '.' || c == '_' {
            c
        } else {
            '-'
        }
    };
    let group: String = group.chars().map(safe).take(100).collect();
    format!("{group}-{}.csv", Utc::now().format("%Y%m%dT%H%M%S%3fZ"))
}

/// Removes files that are older than [`KEPT`]; what cannot be removed stays.
fn forget_old(dir: &Path) {
    let is_old = |path: &PathBuf| {
        let modified = path.metadata().and_then(|metadata| metadata.modified());
        modified.is_ok_and(|modified| DateTime::<Utc>::from(modified) + KEPT < Utc::now())
    };
    let entries = fs::read_dir(dir)
        .into_iter()
        .flatten()
        .flatten()
        .map(|entry| entry.path());
    for path in entries
        .filter(|path| path.extension().is_some_and(|it| it == "csv"))
        .filter(is_old)
    {
        fs::remove_file(path).ok();
    }
}

/// A word as a shell takes it.
fn quoted(word: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "-_./:,@%+=[]".contains(c);
    if !word.is_empty() && word.chars().all(is_plain) {
        return word.to_owned();
    }
    format!("'{}'", word.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        cli::{args::client::Connection, consumer_groups::reset_screen::Found},
        protocol::TopicPartition,
    };

    fn to(partition: i32, committed: Option<i64>) -> Move {
        Move {
            group: "my group".into(),
            partition: TopicPartition::new("orders", partition),
            committed,
            new: 0,
            found: Found::Late,
            size: None,
        }
    }

    #[test]
    fn what_had_a_commit_is_restored_and_what_had_none_is_removed() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("undo.csv");
        let connection = Connection {
            command_config: Some("my.properties".into()),
            ..Connection::default()
        };
        let tool = ConsumerGroups {
            connection,
            undo_file: Some(path.to_string_lossy().into_owned()),
            ..ConsumerGroups::default()
        };
        let moves = [to(0, Some(7)), to(1, None), to(2, None)];
        let before = Plans::from([(
            "my group".to_owned(),
            BTreeMap::from([(TopicPartition::new("orders", 0), 7)]),
        )]);
        let written = tool.write(&before).unwrap();
        assert_eq!(fs::read_to_string(&written).unwrap(), "orders,0,7\n");
        let undo = tool.undo(Some(written), &before, &moves);
        assert_eq!(
            undo.commands,
            [
                format!(
                    "kafka-consumer-groups --command-config my.properties --reset-offsets --group 'my group' --from-file {} --execute",
                    path.display()
                ),
                "kafka-consumer-groups --command-config my.properties --delete-offsets --group 'my group' --topic orders:1,2"
                    .to_owned(),
            ]
        );
        assert!(tool.write(&before).is_err(), "a file that exists is kept");
    }

    #[test]
    fn words_are_quoted_for_the_shell() {
        assert_eq!(quoted("orders:0,1"), "orders:0,1");
        assert_eq!(quoted("it's $1"), r"'it'\''s $1'");
        assert_eq!(quoted(""), "''");
    }

    #[test]
    fn file_names_hold_no_path() {
        let of = |group: &str| file_name(&Plans::from([(group.to_owned(), BTreeMap::new())]));
        assert!(
            of("../../etc/x").starts_with("..-..-etc-x-20"),
            "{}",
            of("../../etc/x")
        );
    }
}
