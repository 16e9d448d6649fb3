//! Ports that stay free until somebody listens on them.

use std::net::TcpListener;
use std::sync::atomic::{AtomicU32, Ordering};

/// The first port, well below those that the system gives to whoever connects (`ip_local_port_range`): one of those may be
/// taken at any moment.
const FIRST: u32 = 10_000;
/// How many pairs of ports there are from there on.
const PAIRS: u32 = 11_000;

/// A port of 127.0.0.1 on which nobody listens, nor on the next one. No two callers get the same.
pub(crate) fn free_port() -> u16 {
    static TAKEN: AtomicU32 = AtomicU32::new(0);
    let is_free = |port: &u16| {
        [*port, port + 1].map(|port| TcpListener::bind(("127.0.0.1", port)).is_ok()) == [true; 2]
    };
    let next = || {
        let taken = TAKEN.fetch_add(1, Ordering::Relaxed);
        // Other processes that run these tests begin somewhere else.
        let pair = std::process::id().wrapping_mul(97).wrapping_add(taken) % PAIRS;
        u16::try_from(FIRST + 2 * pair).unwrap()
    };
    (0..PAIRS)
        .map(|_| next())
        .find(is_free)
        .expect("a free port")
}
