//! Standard input in blocks of whole lines, read by a thread of its own: the runtime's only thread sends meanwhile.

use std::{
    io,
    os::fd::{AsFd, OwnedFd},
    thread,
};

use memchr::{memchr, memrchr};
use tokio::sync::mpsc;

use super::prompt::Prompt;
use crate::cli::failure::Failure;

/// Bytes to ask the system for at once.
const READ_BYTES: usize = 256 * 1024;
/// Blocks that may wait to be sent; with a block in each hand this bounds memory.
const BLOCKS_MAX: usize = 4;
/// The longest line: no broker takes a record that large.
const LINE_BYTES_MAX: usize = 256 * 1024 * 1024;

/// Why input ended early.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The system could not read on.
    #[error("cannot read standard input")]
    Read(io::Error),
    /// A line that no broker would take.
    #[error("a line of standard input is longer than {LINE_BYTES_MAX} bytes")]
    LineTooLong,
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        match error {
            Error::Read(ref why) => Self::new(
                format!("{error}: {why}"),
                "lines come from a file or a pipe: kafka-console-producer --topic TOPIC < FILE",
            ),
            Error::LineTooLong => Self::new(
                error.to_string(),
                "lines end with a line feed; is this a file of text?",
            ),
        }
    }
}

/// Whole lines, the last of which may lack its end if it is the last of all.
pub type Block = Vec<u8>;

/// Blocks of lines as they arrive.
#[derive(Debug)]
pub struct Input {
    blocks: mpsc::Receiver<Result<Block, Error>>,
    prompt: Option<Prompt>,
}

impl Input {
    /// Begins to read `file`. Nobody waits for the thread: a read from a terminal cannot be called off, and the process
    /// ends without it.
    ///
    /// # Errors
    /// When `file` cannot be duplicated or no thread can be started.
    pub fn open(file: impl AsFd) -> io::Result<Self> {
        let file = file.as_fd().try_clone_to_owned()?;
        let (sender, blocks) = mpsc::channel(BLOCKS_MAX);
        thread::Builder::new()
            .name("stdin".to_owned())
            .spawn(move || read_blocks(&file, &sender))?;
        Ok(Self {
            blocks,
            prompt: None,
        })
    }

    /// Begins to read what is typed at a terminal, a block after each [`Self::prompt`].
    ///
    /// # Errors
    /// As [`Self::open`], and when it is no terminal.
    pub fn edit(terminal: impl AsFd) -> io::Result<Self> {
        let terminal = terminal.as_fd().try_clone_to_owned()?;
        let (sender, blocks) = mpsc::channel(BLOCKS_MAX);
        let prompt = Some(Prompt::open(terminal, sender)?);
        Ok(Self { blocks, prompt })
    }

    /// Asks a person for the next line; `false` where nobody edits lines.
    pub fn prompt(&self) -> bool {
        if let Some(prompt) = &self.prompt {
            prompt.ask();
        }
        self.prompt.is_some()
    }

    /// The next block, or nothing at the end.
    ///
    /// # Errors
    /// [`Error`], after which there is no more.
    ///
    /// # Cancel safety
    /// Safe: a block is lost only if it was returned.
    pub async fn next(&mut self) -> Result<Option<Block>, Error> {
        self.blocks.recv().await.transpose()
    }
}

fn read_blocks(file: &OwnedFd, blocks: &mpsc::Sender<Result<Block, Error>>) {
    let mut block = Vec::new();
    loop {
        block.reserve(READ_BYTES);
        let rest = match rustix::io::read(file, rustix::buffer::spare_capacity(&mut block)) {
            Ok(0) if block.is_empty() => return,
            Ok(0) => Vec::new(),
            Ok(count) => match after_last_line(&mut block, count) {
                Some(rest) => rest,
                None if block.len() > LINE_BYTES_MAX => {
                    blocks.blocking_send(Err(Error::LineTooLong)).ok();
                    return;
                }
                None => continue,
            },
            Err(rustix::io::Errno::INTR) => continue,
            Err(error) => {
                blocks.blocking_send(Err(Error::Read(error.into()))).ok();
                return;
            }
        };
        if blocks
            .blocking_send(Ok(std::mem::replace(&mut block, rest)))
            .is_err()
        {
            return;
        }
    }
}

/// Cuts `block` after its last line end, which can only be among the `count` bytes that came last; returns what followed.
fn after_last_line(block: &mut Block, count: usize) -> Option<Vec<u8>> {
    let fresh = block.len().saturating_sub(count);
    let at = memrchr(b'\n', block.get(fresh..)?)?;
    Some(block.split_off(fresh + at + 1))
}

/// The lines of a block with their ends.
pub fn raw_lines(block: &[u8]) -> impl Iterator<Item = &[u8]> {
    let mut rest = block;
    std::iter::from_fn(move || {
        let end = memchr(b'\n', rest).map_or(rest.len(), |at| at + 1);
        let (line, after) = rest.split_at_checked(end)?;
        rest = after;
        (!line.is_empty()).then_some(line)
    })
}

/// A line without its end: LF or CR LF; the last one of all may lack the LF.
pub fn without_end(line: &[u8]) -> &[u8] {
    let line = line.strip_suffix(b"\n").unwrap_or(line);
    line.strip_suffix(b"\r").unwrap_or(line)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::{fs::File, io::Write};

    fn split(block: &[u8]) -> Vec<&[u8]> {
        raw_lines(block).map(without_end).collect()
    }

    #[test]
    fn lines_end_with_lf_or_cr_lf_and_keep_every_other_byte() {
        assert_eq!(
            split(b"a\nb\r\nc\rd\n\n\xff\xfe"),
            [&b"a"[..], b"b", b"c\rd", b"", b"\xff\xfe"]
        );
        assert_eq!(split(b""), [&b""[..]; 0]);
    }

    /// What comes out of `Input` for what goes into a file.
    async fn blocks_of(bytes: &[u8]) -> Vec<Block> {
        let mut file = tempfile::tempfile().unwrap();
        file.write_all(bytes).unwrap();
        io::Seek::rewind(&mut file).unwrap();
        let mut input = Input::open(file).unwrap();
        let mut blocks = Vec::new();
        while let Some(block) = input.next().await.unwrap() {
            blocks.push(block);
        }
        blocks
    }

    #[tokio::test]
    async fn blocks_hold_whole_lines() {
        let text: Vec<u8> = (0..200_000)
            .flat_map(|n| format!("line {n}\n").into_bytes())
            .chain(*b"unfinished")
            .collect();
        let blocks = blocks_of(&text).await;
        assert!(blocks.len() > 2);
        let (last, others) = blocks.split_last().unwrap();
        assert!(others.iter().all(|block| block.ends_with(b"\n")) && last == b"unfinished");
        assert_eq!(blocks.concat(), text);
    }

    #[tokio::test]
    async fn a_line_longer_than_a_block_stays_whole() {
        let long = vec![b'x'; 3 * READ_BYTES];
        let blocks = blocks_of(&[&long[..], b"\nshort\n"].concat()).await;
        assert_eq!(split(&blocks.concat()), [&long[..], b"short"]);
    }

    #[tokio::test]
    async fn a_directory_cannot_be_read() {
        let mut input = Input::open(File::open("/").unwrap()).unwrap();
        assert!(matches!(input.next().await, Err(Error::Read(_))));
    }

    proptest! {
        #[test]
        fn every_line_comes_back(expected in proptest::collection::vec("[^\r\n]{0,20}", 0..20)) {
            let text: Vec<u8> = expected.iter().flat_map(|line| [line.as_bytes(), b"\n"]).flatten().copied().collect();
            let found: Vec<_> = raw_lines(&text).map(|line| String::from_utf8_lossy(without_end(line)).into_owned()).collect();
            prop_assert_eq!(found, expected);
        }
    }
}
