//! `kaffa generate DIR`: completions and man pages, from the same definitions that parse. For packagers and for the test
//! that keeps the copies in this repository true.

use std::{ffi::OsStr, fs, path::Path, process::ExitCode};

use anyhow::Context;
use toml_edit::{DocumentMut, Item};

use super::{
    man_page,
    printer::{Look, Printer},
    umbrella,
};

/// Completion scripts: they ask `kaffa complete`, which knows the options and asks the cluster.
const BASH: &str = include_str!("completion.bash");
const ZSH: &str = include_str!("completion.zsh");
const FISH: &str = include_str!("completion.fish");

/// Where it is written why our tools print something else than Apache's, below the root of the sources.
const DEVIATIONS: &str = "tests/golden/deviations.toml";

/// Writes `DIR/completions` and `DIR/man`.
pub fn main(dir: &OsStr) -> ExitCode {
    match write(Path::new(dir)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            if let Ok(mut out) = Printer::standard(Look::plain()) {
                out.fail(&error);
            }
            ExitCode::FAILURE
        }
    }
}

/// # Errors
/// When a file or directory cannot be written.
fn write(dir: &Path) -> anyhow::Result<()> {
    let (completions, man) = (dir.join("completions"), dir.join("man"));
    for dir in [&completions, &man] {
        fs::create_dir_all(dir).with_context(|| format!("create {}", dir.display()))?;
    }
    let binaries = umbrella::TOOLS.iter().filter_map(|tool| tool.binary);
    for name in std::iter::once("kaffa").chain(binaries) {
        for (shell, file) in [
            (BASH, format!("{name}.bash")),
            (ZSH, format!("_{name}")),
            (FISH, format!("{name}.fish")),
        ] {
            save(&completions.join(file), &loader(shell, name))?;
        }
    }
    let deviations = fs::read_to_string(DEVIATIONS)
        .with_context(|| format!("man pages are made in kaffa's sources: read {DEVIATIONS}"))?;
    let deviations: DocumentMut = deviations.parse().context(DEVIATIONS)?;
    for (name, command, short) in umbrella::pages() {
        let page = man_page::render(&command, short.as_ref(), &differences(&name, &deviations));
        save(&man.join(format!("{name}.1")), &page)?;
    }
    Ok(())
}

/// Why the tool of this name prints something else than Apache's, each reason once.
fn differences(name: &str, deviations: &DocumentMut) -> Vec<String> {
    // The transcripts of kafka-console-producer are called producer-1-lines and so on, or have its name in them.
    let plays = format!("{}-", name.rsplit('-').next().unwrap_or_default());
    let is_of = |line: &str| line.starts_with(&plays) || line.contains(name);
    let is_script = name.starts_with("kafka-") && name != "kafka-server-start";
    let mut differences: Vec<String> = Vec::new();
    for (kind, tables) in deviations.iter() {
        for table in tables.as_array_of_tables().into_iter().flatten() {
            let text = |key| table.get(key).and_then(Item::as_str).unwrap_or_default();
            let concerns = match kind {
                "everywhere" => is_script,
                "broker" => name == "kafka-server-start",
                _ => text("commands").lines().any(is_of),
            };
            let lead = if kind == "open" {
                "Not there yet: "
            } else {
                ""
            };
            let why = format!("{lead}{}", text("why").trim());
            if concerns && !differences.contains(&why) {
                differences.push(why);
            }
        }
    }
    differences
}

fn save(path: &Path, text: &str) -> anyhow::Result<()> {
    fs::write(path, text).with_context(|| format!("write {}", path.display()))
}

/// A shell's script, for the tool's name and for its name as a script.
fn loader(shell: &str, name: &str) -> String {
    let names = if name == "kaffa" {
        name.to_owned()
    } else {
        format!("{name} {name}.sh")
    };
    // zsh loads a function from a file of its name.
    shell
        .replace("FUNCTION", &format!("_{name}"))
        .replace("NAMES", &names)
}
