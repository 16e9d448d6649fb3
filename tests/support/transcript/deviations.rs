//! Where our tools mean to print something else than Apache's: `tests/golden/deviations.toml`.

use std::collections::BTreeMap;
use std::fs;

use toml_edit::{DocumentMut, Item};

use super::{Step, Transcript};

/// A table of the file: its kind and the lines of each value.
struct Entry {
    kind: String,
    values: BTreeMap<String, Vec<String>>,
}

/// What concerns one transcript.
pub(super) struct Deviations {
    transcript: String,
    entries: Vec<Entry>,
}

impl Deviations {
    pub(super) fn of(transcript: &str) -> Self {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/golden/deviations.toml");
        Self {
            transcript: transcript.to_owned(),
            entries: read(&fs::read_to_string(path).unwrap()),
        }
    }

    /// Why a command cannot do yet what Apache's does.
    pub(super) fn open(&self, step: &Step) -> Option<String> {
        let entry = self.of_kind("open", step).next()?;
        Some(entry.lines("why").join(" "))
    }

    /// What our tools are to print instead of what was recorded.
    pub(super) fn apply(&self, recorded: &Step) -> Step {
        let mut step = recorded.clone();
        for entry in self.of_kind("deviation", recorded) {
            entry.apply(&mut step);
        }
        step
    }

    fn of_kind(&self, kind: &str, step: &Step) -> impl Iterator<Item = &Entry> {
        let concerns =
            move |entry: &&Entry| entry.kind == kind && entry.concerns(&self.transcript, step);
        self.entries.iter().filter(concerns)
    }
}

impl Entry {
    fn lines(&self, key: &str) -> &[String] {
        self.values.get(key).map_or(&[], Vec::as_slice)
    }

    /// The transcript of each command, and a part of it that tells it from others.
    fn commands(&self) -> impl Iterator<Item = (&str, &str)> {
        self.lines("commands").iter().map(|line| {
            line.split_once(": ")
                .unwrap_or_else(|| panic!("not TRANSCRIPT: PART OF A COMMAND: {line}"))
        })
    }

    /// Whether it is about this command and what was recorded for it.
    fn concerns(&self, transcript: &str, step: &Step) -> bool {
        let lines: Vec<String> = step.lines().collect();
        self.lines("apache").iter().all(|line| lines.contains(line))
            && self
                .commands()
                .any(|(name, part)| name == transcript && step.command.contains(part))
    }

    /// Takes Apache's lines out and puts ours in: in their places on the same stream, or else in front.
    fn apply(&self, step: &mut Step) {
        for stream in ["1", "2", "rc"] {
            let of_stream = |key| {
                let lines = self.lines(key).iter();
                lines.filter(|line| line.starts_with(stream)).cloned()
            };
            let lines = step.stream(stream);
            let mut ours = of_stream("ours");
            let mut from = 0;
            for line in of_stream("apache") {
                let at = lines.iter().skip(from).position(|found| *found == line);
                from += at.unwrap_or_else(|| panic!("printed in another order: {line}"));
                let ours = ours.next();
                let count = usize::from(ours.is_some());
                lines.splice(from..=from, ours);
                from += count;
            }
            lines.splice(0..0, ours);
        }
    }
}

/// Every entry has its four values and concerns commands that there are.
pub(crate) fn check() {
    for entry in Deviations::of("").entries {
        let keys: &[&str] = match entry.kind.as_str() {
            "deviation" => &["apache", "commands", "ours", "why"],
            "open" => &["commands", "why"],
            "broker" | "everywhere" => &["why"],
            other => panic!("a table of no known kind: {other}"),
        };
        let found: Vec<_> = entry.values.keys().collect();
        assert_eq!(found, keys, "{:?}", entry.lines("why"));
        for (name, part) in entry.commands() {
            let mut steps = Transcript::read(name).steps.into_iter();
            assert!(
                steps.any(|step| step.command.contains(part) && entry.concerns(name, &step)),
                "no command printed that: {name}: {part}"
            );
        }
    }
}

fn read(text: &str) -> Vec<Entry> {
    let document: DocumentMut = text.parse().unwrap();
    let lines = |(key, item): (&str, &Item)| {
        let lines = item.as_str().unwrap().lines().map(str::to_owned);
        (key.to_owned(), lines.collect())
    };
    let entries = document.iter().flat_map(|(kind, tables)| {
        let tables = tables.as_array_of_tables().unwrap().iter();
        tables.map(move |table| Entry {
            kind: kind.to_owned(),
            values: table.iter().map(lines).collect(),
        })
    });
    entries.collect()
}
