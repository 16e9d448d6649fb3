//! The time of day.

use std::time::{SystemTime, UNIX_EPOCH};

/// Now, in ms since 1970.
#[expect(
    clippy::disallowed_methods,
    reason = "the one place where clients read the time of day"
)]
pub fn now_ms() -> i64 {
    let elapsed = SystemTime::now().duration_since(UNIX_EPOCH);
    elapsed.map_or(0, |elapsed| {
        i64::try_from(elapsed.as_millis()).unwrap_or(i64::MAX)
    })
}
