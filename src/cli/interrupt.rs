//! Ctrl-C and SIGTERM: which one came, and the exit code that tells the shell.

use std::{io, process, time::Duration};

use tokio::{
    signal::unix::{self, SignalKind},
    time::sleep,
};

/// How long a tool may take to say how it ended.
const LAST_WORDS_MAX: Duration = Duration::from_secs(1);

/// A request to stop.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Signal {
    /// SIGINT: Ctrl-C.
    Interrupt,
    /// SIGTERM.
    Terminate,
}

impl Signal {
    /// The exit code: 128 and the signal's number, as a shell reports a process that a signal ended.
    pub const fn code(self) -> u8 {
        match self {
            Self::Interrupt => 130,
            Self::Terminate => 143,
        }
    }
}

/// Waits for signals; while it exists they no longer end the process by themselves.
#[derive(Debug)]
pub struct Signals {
    interrupt: unix::Signal,
    terminate: unix::Signal,
}

impl Signals {
    /// Begins to catch them. Needs a runtime.
    ///
    /// # Errors
    /// When the process may not catch signals.
    pub fn catch() -> io::Result<Self> {
        Ok(Self {
            interrupt: unix::signal(SignalKind::interrupt())?,
            terminate: unix::signal(SignalKind::terminate())?,
        })
    }

    /// The next one.
    ///
    /// # Cancel safety
    /// Safe: a signal is lost only if it was returned.
    pub async fn next(&mut self) -> Signal {
        tokio::select! {
            _ = self.interrupt.recv() => Signal::Interrupt,
            _ = self.terminate.recv() => Signal::Terminate,
        }
    }
}

/// Ends the process where it cannot end itself in time: nothing else gets past a write that the reader of stdout does not
/// take.
#[expect(
    clippy::exit,
    clippy::disallowed_methods,
    reason = "the thread that would return from main is in that write"
)]
pub async fn leave(deadline: Duration, patience: Duration) {
    let Ok(mut signals) = Signals::catch() else {
        return;
    };
    let code = tokio::select! {
        signal = signals.next() => signal.code(),
        () = sleep(deadline) => 1,
    };
    tokio::select! {
        _ = signals.next() => {}
        () = sleep(patience) => {}
    }
    sleep(LAST_WORDS_MAX).await;
    process::exit(i32::from(code));
}
