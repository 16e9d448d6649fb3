//! Options of the console producer that the original does not have.

use std::{
    fs::{File, OpenOptions},
    path::PathBuf,
};

use clap::{Args, ValueEnum};

use crate::cli::{
    args::output::BEYOND,
    failure::{Failure, Usage},
    printer::{Look, Mode},
};

/// What to read, and what to do about records that cannot be written.
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = BEYOND)]
pub struct Beyond {
    /// What a line is: text, or a record in JSON as `kafka-console-consumer --output json` writes it.
    #[arg(long, value_name = "FORMAT", value_enum, default_value_t)]
    pub input: InputFormat,
    /// With --input json: write each record to the partition it came from [default: to that of its key].
    #[arg(long)]
    pub keep_partitions: bool,
    /// What to do about a record that cannot be written: stop, skip, or file=PATH to add its line to a file and go on
    /// [default: stop if a person is there, else log it and go on as the original does].
    #[arg(long, value_name = "WHAT")]
    pub on_error: Option<String>,
    /// Begin where this checkpoint says, if it exists, and keep it up to date; standard input must be a file.
    #[arg(long, value_name = "FILE")]
    pub resume: Option<PathBuf>,
    /// At the prompt: tell where each line went, as TOPIC-PARTITION@OFFSET.
    #[arg(long)]
    pub verbose: bool,
}

/// What a line is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub enum InputFormat {
    /// What the line reader makes of it.
    #[default]
    Lines,
    /// A record in JSON.
    Json,
}

/// What to do about a record that cannot be written.
#[derive(Debug)]
pub(super) enum OnError {
    /// Log it and go on, but stop at a line that cannot be read, or with --sync.
    AsTheOriginal,
    /// Stop there.
    Stop,
    /// Go on.
    Skip,
    /// Add its line to this file and go on.
    File(PathBuf, File),
}

/// What to do where lost lines cannot be kept.
pub(super) const WITHOUT_FILE: &str = "to keep no lines that were not sent: --on-error skip";

impl Beyond {
    /// # Errors
    /// [`Usage`] for what is no such choice, for options that exclude each other, and for those of a prompt without one.
    pub fn check(&self, look: &Look) -> Result<(), Usage> {
        match self.on_error.as_deref() {
            None | Some("stop" | "skip") => {}
            Some(other)
                if other
                    .strip_prefix("file=")
                    .is_some_and(|path| !path.is_empty()) => {}
            Some(other) => {
                return Err(Usage::new(format!(
                    "--on-error is stop, skip or file=PATH, not '{other}'"
                )));
            }
        }
        if self.verbose && !look.has_editor() {
            return Err(Usage::new(
                "--verbose is for the prompt; of other input --progress tells how far it is"
                    .to_owned(),
            ));
        }
        if self.keep_partitions && self.input == InputFormat::Lines {
            return Err(Usage::new(
                "--keep-partitions needs --input json: a line of text has no partition",
            ));
        }
        Ok(())
    }

    /// # Errors
    /// [`Failure`] when the file cannot be opened.
    pub(super) fn on_error(&self, look: &Look) -> Result<OnError, Failure> {
        let Some(what) = self.on_error.as_deref() else {
            let is_script = look.mode == Mode::Plain || look.is_interactive;
            return Ok(if is_script {
                OnError::AsTheOriginal
            } else {
                OnError::Stop
            });
        };
        let Some(path) = what.strip_prefix("file=").map(PathBuf::from) else {
            return Ok(if what == "skip" {
                OnError::Skip
            } else {
                OnError::Stop
            });
        };
        match OpenOptions::new().append(true).create(true).open(&path) {
            Ok(file) => Ok(OnError::File(path, file)),
            Err(error) => Err(Failure::new(
                format!("cannot open '{}' for --on-error: {error}", path.display()),
                WITHOUT_FILE,
            )),
        }
    }
}
