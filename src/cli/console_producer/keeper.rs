//! When a checkpoint is kept, and where one leads.

use std::{os::fd::AsFd, path::PathBuf, time::Duration};

use tokio::time::Instant;

use super::{
    ConsoleProducer,
    checkpoint::{Checkpoint, Source},
    ledger::Start,
    losses::Losses,
    send::number,
};
use crate::cli::{
    failure::Failure,
    printer::{Mode, Printer},
};

/// Between two writes of the checkpoint.
const CHECKPOINTED_AFTER: Duration = Duration::from_secs(1);

/// Keeps the checkpoint.
pub(super) struct Keeper {
    source: Source,
    pub(super) path: PathBuf,
    /// Whether it is kept up to date meanwhile, and not only at the end.
    is_asked_for: bool,
    written: Instant,
}

impl ConsoleProducer {
    /// Where to begin in the input: where a checkpoint says.
    pub(super) fn begin(
        &self,
        source: Option<&Source>,
        file: impl AsFd,
        out: &mut Printer<'_>,
    ) -> Result<Start, Failure> {
        let start = Start { line: 1, byte: 0 };
        let Some(path) = &self.beyond.resume else {
            return Ok(start);
        };
        let Some(source) = source else {
            return Err(Failure::new(
                "cannot resume: standard input is not a file",
                "give it one: --resume CHECKPOINT < FILE",
            ));
        };
        let Some(checkpoint) = Checkpoint::read(path)? else {
            return Ok(start);
        };
        let start = checkpoint.go_on(self.topic.as_deref().unwrap_or_default(), source, file)?;
        out.note(format_args!(
            "resuming at line {} (byte {}); records that were on their way at a crash may be sent twice",
            number(start.line),
            number(start.byte)
        ));
        Ok(start)
    }

    /// Without --resume a person gets a checkpoint when something goes wrong; scripts get no file that they did not ask for.
    pub(super) fn keeper(&self, source: Option<&Source>, out: &Printer<'_>) -> Option<Keeper> {
        let source = source?.clone();
        let asked_for = self.beyond.resume.clone();
        let is_asked_for = asked_for.is_some();
        let path = match asked_for {
            None if out.look.mode == Mode::Rich => {
                PathBuf::from(format!("{}.ckpt", source.name()?))
            }
            asked_for => asked_for?,
        };
        Some(Keeper {
            source,
            path,
            is_asked_for,
            written: Instant::now(),
        })
    }
}

impl Keeper {
    /// Writes it if it was asked for and is a second old.
    ///
    /// # Errors
    /// When it cannot be written.
    pub(super) fn keep_up(&mut self, topic: &str, losses: &Losses<'_>) -> Result<(), Failure> {
        if !self.is_asked_for || self.written.elapsed() < CHECKPOINTED_AFTER {
            return Ok(());
        }
        self.written = Instant::now();
        self.keep(topic, losses)
    }

    /// Removes it: everything is written.
    pub(super) fn forget(&self) {
        if self.is_asked_for {
            std::fs::remove_file(&self.path).ok();
        }
    }

    /// Writes it.
    ///
    /// # Errors
    /// When it cannot be written.
    pub(super) fn keep(&self, topic: &str, losses: &Losses<'_>) -> Result<(), Failure> {
        Checkpoint::new(topic, &self.source, losses.safe()).write(&self.path)
    }
}
