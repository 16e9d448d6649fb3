//! What people see on a terminal: pictures in `tests/golden/screens`.

mod groups;
mod topics;

mod consoles;

use crate::support::cluster::bootstrap;
use crate::support::terminal::{Terminal, screen};

/// Runs `script` on `address`; it must succeed.
fn prepare(address: &str, script: &str) {
    let mut terminal = Terminal::start(200, address, &format!("set -e\n{script}"));
    assert_eq!(terminal.finish(), 0, "{}", terminal.picture());
}

#[test]
fn an_error_says_what_to_do() {
    screen(
        "error",
        &bootstrap(),
        "kafka-topics --bootstrap-server $B --describe --topic nothing-like-it",
        &[],
    );
}
