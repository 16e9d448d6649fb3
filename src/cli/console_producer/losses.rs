//! Records that could not be written: what is said of them, and what is done.

use std::{io::Write, time::Duration};

use super::{
    ConsoleProducer,
    beyond::{self, OnError},
    input::{raw_lines, without_end},
    ledger::Start,
    report::Sending,
    send::number,
    tally::{Lost, Tally},
};
use crate::cli::{
    failure::{Failure, Reported},
    printer::{Mode, Printer, figures::bytes, progress::Progress},
};

/// Where the original logs.
const LOGGER: &str = "org.apache.kafka.clients.producer.internals.ErrorLoggingCallback";

/// What is said and done about lost records, and the progress that is drawn below what is said.
pub(super) struct Losses<'s> {
    topic: &'s str,
    on_error: OnError,
    tally: Tally,
    pub(super) progress: Option<Progress>,
}

impl<'s> Losses<'s> {
    pub(super) const fn new(topic: &'s str, on_error: OnError, tally: Tally) -> Self {
        Self {
            topic,
            on_error,
            tally,
            progress: None,
        }
    }

    /// Everything before this is acknowledged, or was lost as it was asked for.
    pub(super) fn safe(&self) -> Start {
        let may_lose = matches!(self.on_error, OnError::Skip | OnError::File(..));
        self.tally.counts().safe(may_lose)
    }

    /// Deals with what failed since the last call.
    ///
    /// # Errors
    /// As [`Self::handle`].
    pub(super) fn hear(&mut self, is_sync: bool, out: &mut Printer<'_>) -> anyhow::Result<()> {
        let mut all: Vec<Lost> = Vec::new();
        for lost in self.tally.untold() {
            match all.last_mut().filter(|last| last.why == lost.why) {
                Some(last) => {
                    last.places.extend(lost.places);
                    last.sizes.extend(lost.sizes);
                }
                None => all.push(lost),
            }
        }
        let mut end = Ok(());
        for lost in &all {
            let handled = self.handle(lost, is_sync, out);
            end = end.and(handled);
        }
        end
    }

    /// Says that records were lost, and puts their lines where they are wanted.
    ///
    /// # Errors
    /// [`Reported`] or the failure itself when nothing more is to be sent; when the lines cannot be put there.
    pub(super) fn handle(
        &mut self,
        lost: &Lost,
        is_sync: bool,
        out: &mut Printer<'_>,
    ) -> anyhow::Result<()> {
        match &mut self.on_error {
            OnError::AsTheOriginal if is_sync || lost.is_unreadable => {
                return Err(lost.why.clone().into());
            }
            OnError::AsTheOriginal | OnError::Skip => self.tell(lost, None, out),
            OnError::Stop => {
                let way_on =
                    "go on without bad records:  --on-error skip  or  --on-error file=PATH";
                self.tell(lost, Some(way_on), out);
                return Err(Reported.into());
            }
            OnError::File(path, file) => {
                for place in &lost.places {
                    let end: &[u8] = if place.text.ends_with(b"\n") {
                        b""
                    } else {
                        b"\n"
                    };
                    let written = file
                        .write_all(&place.text)
                        .and_then(|()| file.write_all(end));
                    written.map_err(|error| {
                        let text = format!("cannot write to '{}': {error}", path.display());
                        Failure::new(text, beyond::WITHOUT_FILE)
                    })?;
                }
            }
        }
        Ok(())
    }

    /// The original logs every record; people are told once about each batch.
    fn tell(&self, lost: &Lost, way_on: Option<&str>, out: &mut Printer<'_>) {
        self.above(|| {
            if out.look.mode == Mode::Plain && matches!(self.on_error, OnError::AsTheOriginal) {
                return log(self.topic, &lost.sizes, &lost.why, out);
            }
            let size: usize = lost
                .sizes
                .iter()
                .map(|(key, value)| key.unwrap_or(0) + value)
                .sum();
            let size = bytes(u64::try_from(size).unwrap_or(u64::MAX));
            let place = match lost.places.as_slice() {
                [] => "records were not written".to_owned(),
                [only] => format!(
                    "line {} (byte {}), {size}",
                    number(only.at.line),
                    number(only.at.byte)
                ),
                [first, .., last] => format!(
                    "{} lines from {} (byte {}) to {}, {size}",
                    lost.places.len(),
                    number(first.at.line),
                    number(first.at.byte),
                    number(last.at.line)
                ),
            };
            let message = format!("{place}: {}", lost.why.message);
            let why = lost.why.clone().with_message(message).of_ours();
            out.failure(&way_on.into_iter().fold(why, Failure::with_hint));
        });
    }

    /// Says how many lines are missing in the topic.
    pub(super) fn sum_up(&self, out: &mut Printer<'_>) {
        let failed = self.tally.counts().failed;
        match &self.on_error {
            OnError::File(path, _) if failed > 0 => {
                let path = path.display();
                out.note(format_args!(
                    "{} records were not written; their lines are in {path}",
                    number(failed)
                ));
            }
            OnError::Skip if failed > 0 => {
                out.note(format_args!("{} records were not written", number(failed)));
            }
            _ => {}
        }
    }

    /// Makes room above the progress while `say` runs.
    pub(super) fn above(&self, say: impl FnOnce()) {
        match &self.progress {
            Some(progress) => progress.above(say),
            None => say(),
        }
    }

    /// Since progress began.
    pub(super) fn elapsed(&self) -> Option<Duration> {
        self.progress.as_ref().map(Progress::elapsed)
    }

    /// Ends progress. Whether it was drawn.
    pub(super) fn end_progress(&mut self, report: &Sending) -> bool {
        self.progress
            .as_mut()
            .is_some_and(|progress| progress.finish(report))
    }
}

impl ConsoleProducer {
    /// Nothing can be sent. Without --sync the original logs that for each record; we do for the first, and stop.
    pub(super) fn refuse(
        &self,
        why: Failure,
        block: Option<&[u8]>,
        out: &mut Printer<'_>,
    ) -> anyhow::Error {
        let first = block.and_then(|block| raw_lines(block).next());
        match (out.look.mode, first) {
            (Mode::Plain, Some(line)) if !self.sync => {
                let topic = self.topic.as_deref().unwrap_or_default();
                log(topic, &[(None, without_end(line).len())], &why, out);
                Reported.into()
            }
            _ => why.into(),
        }
    }
}

/// Logs each of these records, by the bytes of its key and value, as the original does.
fn log(topic: &str, sizes: &[(Option<usize>, usize)], why: &Failure, out: &mut Printer<'_>) {
    for (key, value) in sizes {
        let key = key.map_or("null".to_owned(), |key| format!("{key} bytes"));
        let text = format!(
            "Error when sending message to topic {topic} with key: {key}, value: {value} bytes with error:"
        );
        out.log("ERROR", &text, LOGGER);
        out.note(&why.plain);
        out.cause(why);
    }
}
