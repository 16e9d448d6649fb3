//! Input from a person: the terminal gives keys instead of lines while this lives, so that no line is cut at 4,095 bytes and
//! each can be edited.

use std::{
    io::{self, Write},
    os::fd::OwnedFd,
    sync::mpsc::{Receiver, Sender, channel},
    thread,
};

use rustix::termios::{LocalModes, OptionalActions, Termios, tcgetattr, tcgetwinsize, tcsetattr};
use tokio::sync::mpsc;

use super::{
    input::{Block, Error},
    line_editor::LineEditor,
};

/// Bytes to take from the keyboard at once.
const KEYS_MAX: usize = 64 * 1024;
/// Where the terminal does not say how wide it is.
const COLUMNS: u16 = 80;

/// The terminal as it was; put back at the end.
#[derive(Debug)]
pub(super) struct Prompt {
    terminal: OwnedFd,
    before: Termios,
    asked: Sender<()>,
}

impl Prompt {
    /// Begins to edit what is typed at `terminal`; `blocks` gets its lines, after each [`Self::ask`].
    ///
    /// # Errors
    /// When it is no terminal, or no thread can be started.
    pub(super) fn open(
        terminal: OwnedFd,
        blocks: mpsc::Sender<Result<Block, Error>>,
    ) -> io::Result<Self> {
        let before = tcgetattr(&terminal)?;
        let mut keys = before.clone();
        keys.local_modes &= !(LocalModes::ICANON | LocalModes::ECHO | LocalModes::IEXTEN);
        tcsetattr(&terminal, OptionalActions::Now, &keys)?;
        let (asked, prompts) = channel();
        let prompt = Self {
            terminal: terminal.try_clone()?,
            before,
            asked,
        };
        thread::Builder::new()
            .name("stdin".to_owned())
            .spawn(move || edit(&terminal, &prompts, &blocks))?;
        Ok(prompt)
    }

    /// Asks for the next line.
    pub(super) fn ask(&self) {
        self.asked.send(()).ok();
    }
}

impl Drop for Prompt {
    fn drop(&mut self) {
        tcsetattr(&self.terminal, OptionalActions::Now, &self.before).ok();
    }
}

fn edit(terminal: &OwnedFd, prompts: &Receiver<()>, blocks: &mpsc::Sender<Result<Block, Error>>) {
    let mut editor = LineEditor::default();
    let mut keys = Vec::with_capacity(KEYS_MAX);
    while prompts.recv().is_ok() {
        draw(&editor, terminal);
        let typed = loop {
            keys.clear();
            match rustix::io::read(terminal, rustix::buffer::spare_capacity(&mut keys)) {
                Ok(0) => return,
                Ok(_) => {}
                Err(rustix::io::Errno::INTR) => continue,
                Err(error) => {
                    blocks.blocking_send(Err(Error::Read(error.into()))).ok();
                    return;
                }
            }
            let typed = editor.feed(&keys);
            if typed.is_end || !typed.lines.is_empty() {
                break typed;
            }
            draw(&editor, terminal);
        };
        show(&typed.lines);
        if !typed.lines.is_empty() && blocks.blocking_send(Ok(typed.lines)).is_err() {
            return;
        }
        if typed.is_end {
            return;
        }
    }
}

/// The row with the cursor. A terminal that takes nothing will not give keys either.
fn draw(editor: &LineEditor, terminal: &OwnedFd) {
    let columns = tcgetwinsize(terminal).map_or(COLUMNS, |size| size.ws_col);
    let columns = if columns == 0 { COLUMNS } else { columns };
    let (row, column) = editor.row(usize::from(columns));
    let mut out = io::stdout().lock();
    let drawn = write!(out, "\r\x1b[K{row}\r\x1b[{column}C");
    drawn.and_then(|()| out.flush()).ok();
}

/// Lines that are done stay on the screen as a whole.
fn show(lines: &[u8]) {
    let mut text = String::from_utf8_lossy(lines).replace('\n', "\n>");
    text.pop();
    let end = if lines.is_empty() { "\n" } else { "" };
    let mut out = io::stdout().lock();
    let shown = write!(out, "\r\x1b[K>{text}{end}");
    shown.and_then(|()| out.flush()).ok();
}
