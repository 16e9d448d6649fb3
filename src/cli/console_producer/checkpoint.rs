//! How far a file has been written to a topic, kept in a file of its own so that another run can go on there.

use std::{
    fs, io,
    os::fd::{AsFd, AsRawFd},
    path::{Path, PathBuf},
};

use rustix::fs::SeekFrom;
use serde::{Deserialize, Serialize};

use super::ledger::Start;
use crate::cli::{failure::Failure, files, printer::progress::file_size};

/// How to do without the checkpoint that is there.
const ANEW: &str = "without a file of that name --resume begins at the beginning and makes it";

/// What a checkpoint file says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Checkpoint {
    kind: String,
    v: u32,
    topic: String,
    /// The input's path, where the system tells.
    file: Option<PathBuf>,
    /// Bytes it had.
    size: u64,
    /// Everything before this byte is acknowledged.
    position: u64,
    /// The line that begins there, from 1.
    line: u64,
}

/// A regular file that is read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Source {
    /// Its path, where the system tells.
    pub(super) path: Option<PathBuf>,
    /// Its bytes.
    pub(super) size: u64,
}

impl Source {
    /// What is behind `file`, unless that is a pipe or a terminal.
    pub(super) fn of(file: impl AsFd) -> Option<Self> {
        let size = file_size(&file)?;
        let link = format!("/proc/self/fd/{}", file.as_fd().as_raw_fd());
        let path = fs::read_link(link).ok();
        Some(Self { path, size })
    }

    /// Its name without the directories.
    pub(super) fn name(&self) -> Option<String> {
        let name = self.path.as_deref()?.file_name()?;
        Some(name.to_string_lossy().into_owned())
    }
}

impl Checkpoint {
    /// Everything before `start` is acknowledged.
    pub(super) fn new(topic: &str, source: &Source, start: Start) -> Self {
        Self {
            kind: "checkpoint".to_owned(),
            v: 1,
            topic: topic.to_owned(),
            file: source.path.clone(),
            size: source.size,
            position: start.byte,
            line: start.line,
        }
    }

    /// Reads one; nothing if there is none yet.
    ///
    /// # Errors
    /// [`Failure`] when it cannot be read, or is something else.
    pub(super) fn read(path: &Path) -> Result<Option<Self>, Failure> {
        let shown = path.display();
        let text = match fs::read(path) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => {
                let text = format!("cannot read checkpoint '{shown}': {error}");
                return Err(Failure::new(text, ANEW));
            }
        };
        let checkpoint = serde_json::from_slice::<Self>(&text).map_err(|error| error.to_string());
        let checkpoint =
            checkpoint.and_then(|found| match (found.kind.as_str(), found.v, found.line) {
                ("checkpoint", 1, 1..) => Ok(found),
                _ => Err("another kind or version".to_owned()),
            });
        checkpoint.map(Some).map_err(|why| {
            let text = format!("'{shown}' is not a checkpoint of this tool: {why}");
            Failure::new(text, ANEW)
        })
    }

    /// Keeps it, all of it or not at all.
    ///
    /// # Errors
    /// [`Failure`] when it cannot be written.
    pub(super) fn write(&self, path: &Path) -> Result<(), Failure> {
        let text = serde_json::to_vec(self).unwrap_or_default();
        files::replace(path, &text).map_err(|error| {
            Failure::new(
                format!("cannot write checkpoint '{}': {error}", path.display()),
                "to keep it elsewhere: --resume FILE",
            )
        })
    }

    /// Goes to where it says in `file`, which must be what it was made of.
    ///
    /// # Errors
    /// [`Failure`] when it is something else.
    pub(super) fn go_on(
        &self,
        topic: &str,
        source: &Source,
        file: impl AsFd,
    ) -> Result<Start, Failure> {
        let wrong = |what| Err(Failure::new(format!("cannot resume: {what}"), ANEW));
        if self.topic != topic {
            return wrong(format!(
                "the checkpoint is of topic '{}', not of '{topic}'",
                self.topic
            ));
        }
        if let (Some(then), Some(now)) = (&self.file, &source.path)
            && then != now
        {
            let (then, now) = (then.display(), now.display());
            return wrong(format!(
                "the checkpoint is of '{then}', and standard input is '{now}'"
            ));
        }
        if source.size < self.size {
            let (then, now) = (self.size, source.size);
            return wrong(format!(
                "the file had {then} bytes and has {now} now, so it is not the same any more"
            ));
        }
        let found = rustix::fs::seek(file, SeekFrom::Start(self.position));
        found.map_err(|error| {
            let text = format!("cannot resume at byte {}: {error}", self.position);
            Failure::new(text, ANEW)
        })?;
        Ok(Start {
            line: self.line,
            byte: self.position,
        })
    }
}

#[cfg(test)]
mod tests {
    use std::io::{Read, Write};

    use super::*;

    fn source(path: &str, size: u64) -> Source {
        Source {
            path: Some(path.into()),
            size,
        }
    }

    #[test]
    fn a_checkpoint_leads_back_to_its_place() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("c.ckpt");
        assert_eq!(Checkpoint::read(&path).unwrap(), None);
        let mut file = tempfile::tempfile().unwrap();
        file.write_all(b"one\ntwo\n").unwrap();
        let start = Start { line: 2, byte: 4 };
        let source = Source::of(&file).unwrap();
        Checkpoint::new("t", &source, start).write(&path).unwrap();
        let found = Checkpoint::read(&path).unwrap().unwrap();
        assert_eq!(found.go_on("t", &source, &file).unwrap(), start);
        let mut rest = String::new();
        file.read_to_string(&mut rest).unwrap();
        assert_eq!(rest, "two\n");
    }

    #[test]
    fn a_checkpoint_of_something_else_is_refused() {
        let file = tempfile::tempfile().unwrap();
        let found = Checkpoint::new("t", &source("/a", 10), Start { line: 1, byte: 0 });
        let said = |topic, now: &Source| found.go_on(topic, now, &file).unwrap_err().message;
        assert_eq!(
            said("u", &source("/a", 10)),
            "cannot resume: the checkpoint is of topic 't', not of 'u'"
        );
        assert_eq!(
            said("t", &source("/b", 10)),
            "cannot resume: the checkpoint is of '/a', and standard input is '/b'"
        );
        assert!(said("t", &source("/a", 9)).contains("10 bytes and has 9"));
    }

    #[test]
    fn a_file_of_another_kind_is_no_checkpoint() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("c.ckpt");
        for text in [
            "",
            "hello",
            "{\"kind\":\"checkpoint\",\"v\":2,\"topic\":\"t\",\"size\":1,\"position\":0,\"line\":1}",
        ] {
            fs::write(&path, text).unwrap();
            assert!(
                Checkpoint::read(&path)
                    .unwrap_err()
                    .message
                    .contains("is not a checkpoint"),
                "{text}"
            );
        }
    }
}
