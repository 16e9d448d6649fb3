//! Turns every `*.schema` file beside it into Rust types: `OUT_DIR/messages.rs`, included by `protocol::messages`.

#![expect(
    clippy::format_push_string,
    clippy::format_collect,
    reason = "code that writes code reads best as one template after another"
)]

mod emit;
mod schema;

use std::error::Error;
use std::path::{Path, PathBuf};
use std::{env, fs};

fn main() -> Result<(), Box<dyn Error>> {
    let dir = Path::new("src/protocol/messages");
    emit_line(&format!("cargo::rerun-if-changed={}", dir.display()));
    let mut files: Vec<PathBuf> = fs::read_dir(dir)?
        .map(|entry| entry.map(|e| e.path()))
        .collect::<Result<_, _>>()?;
    files.retain(|file| {
        file.extension()
            .is_some_and(|extension| extension == "schema")
    });
    files.sort();
    let mut code = String::new();
    for file in files {
        let text = fs::read_to_string(&file)?;
        let messages =
            schema::parse(&text).map_err(|fault| format!("{}: {fault}", file.display()))?;
        for message in messages {
            emit::message(&mut code, &message);
        }
    }
    let target = PathBuf::from(env::var("OUT_DIR")?).join("messages.rs");
    fs::write(target, code)?;
    Ok(())
}

/// Cargo reads a build script's instructions from its standard output.
fn emit_line(line: &str) {
    println!("{line}");
}
