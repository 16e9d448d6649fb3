//! What people see on a terminal: pictures in `tests/golden/screens`.

mod topics;

use crate::support::cluster::bootstrap;
use crate::support::terminal::screen;

#[test]
fn an_error_says_what_to_do() {
    screen(
        "error",
        &bootstrap(),
        "kafka-topics --bootstrap-server $B --describe --topic nothing-like-it",
        &[],
    );
}
