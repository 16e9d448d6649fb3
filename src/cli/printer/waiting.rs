//! The one line that says on a terminal what is awaited, until something else is said there.

use std::{
    io::{self, Write},
    sync::{Mutex, MutexGuard, PoisonError},
};

/// The line. It is the process's, as stderr is.
static LINE: Mutex<Line> = Mutex::new(Line::Unwanted);

enum Line {
    /// Nobody looks, or something was said.
    Unwanted,
    /// Nothing was said yet.
    Due,
    Shown,
}

fn line() -> MutexGuard<'static, Line> {
    LINE.lock().unwrap_or_else(PoisonError::into_inner)
}

/// From now on [`show`] shows the line, if nothing is written before.
pub fn begin() {
    *line() = Line::Due;
}

/// Shows the line.
pub fn show(text: &str) {
    let mut line = line();
    if matches!(*line, Line::Due) {
        write!(io::stderr(), "{text}").ok();
        *line = Line::Shown;
    }
}

/// Takes the line away.
pub fn end() {
    let mut line = line();
    if matches!(*line, Line::Shown) {
        write!(io::stderr(), "\r\x1b[K").ok();
    }
    *line = Line::Unwanted;
}

/// A stream of a terminal: what is written to it takes the place of the line.
#[derive(Debug)]
pub struct Over<W>(pub W);

impl<W: Write> Write for Over<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        end();
        self.0.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}
