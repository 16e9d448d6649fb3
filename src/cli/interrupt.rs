//! Ctrl-C and SIGTERM: which one came, and the exit code that tells the shell.

use std::{fs, future::pending, io, process, time::Duration};

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

/// Waits for signals; while it exists they no longer end the process by themselves. A signal that whoever started the
/// process wants ignored stays ignored, as Ctrl-C is by what a script starts with `&`.
#[derive(Debug)]
pub struct Signals {
    interrupt: Option<unix::Signal>,
    terminate: Option<unix::Signal>,
}

impl Signals {
    /// Begins to catch them. Needs a runtime.
    ///
    /// # Errors
    /// When the process may not catch signals.
    pub fn catch() -> io::Result<Self> {
        Ok(Self {
            interrupt: catch(SignalKind::interrupt())?,
            terminate: catch(SignalKind::terminate())?,
        })
    }

    /// The next one.
    ///
    /// # Cancel safety
    /// Safe: a signal is lost only if it was returned.
    pub async fn next(&mut self) -> Signal {
        tokio::select! {
            () = recv(self.interrupt.as_mut()) => Signal::Interrupt,
            () = recv(self.terminate.as_mut()) => Signal::Terminate,
        }
    }
}

fn catch(kind: SignalKind) -> io::Result<Option<unix::Signal>> {
    // Where the system does not tell, nothing is ignored.
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    if ignores(&status, kind) {
        return Ok(None);
    }
    unix::signal(kind).map(Some)
}

/// Whether a process of this status (`proc_pid_status(5)`) ignores a signal.
fn ignores(status: &str, kind: SignalKind) -> bool {
    let mask = status
        .lines()
        .find_map(|line| line.strip_prefix("SigIgn:"))
        .and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok());
    mask.is_some_and(|mask| mask >> (kind.as_raw_value() - 1) & 1 == 1)
}

async fn recv(signal: Option<&mut unix::Signal>) {
    match signal {
        Some(signal) => {
            signal.recv().await;
        }
        None => pending().await,
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bit_of_the_mask_is_a_signal() {
        let status = "Name:\tkaffa\nSigBlk:\t0000000000000000\nSigIgn:\t0000000000001002\n";
        assert!(ignores(status, SignalKind::interrupt()));
        assert!(ignores(status, SignalKind::pipe()));
        assert!(!ignores(status, SignalKind::terminate()));
        assert!(!ignores("", SignalKind::interrupt()));
        assert!(!ignores("SigIgn:\tx", SignalKind::interrupt()));
    }
}
