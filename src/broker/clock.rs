//! The time of day, in one place so that tests can set it.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

/// Tells the time in milliseconds since 1970, as record timestamps count it.
#[derive(Debug, Clone, Default)]
pub struct Clock {
    /// Where set, the time that tests chose.
    set: Option<Arc<AtomicI64>>,
}

impl Clock {
    /// A clock that stands still at `now_ms` until the returned handle moves it.
    pub fn fixed(now_ms: i64) -> (Self, Arc<AtomicI64>) {
        let time = Arc::new(AtomicI64::new(now_ms));
        (
            Self {
                set: Some(Arc::clone(&time)),
            },
            time,
        )
    }

    /// The time now.
    #[expect(
        clippy::disallowed_methods,
        reason = "this is the one place that asks the system for the time of day"
    )]
    pub fn now_ms(&self) -> i64 {
        if let Some(time) = &self.set {
            return time.load(Ordering::Relaxed);
        }
        let since = SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .unwrap_or_default();
        i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
    }
}
