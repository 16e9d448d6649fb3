//! Growing pauses between attempts.

use std::hash::{BuildHasher, RandomState};
use std::time::Duration;

/// Pauses that double from `first` to `most`, each a fifth longer or shorter at random, so that clients that failed
/// together do not come back together (KIP-580).
#[derive(Debug, Clone)]
pub struct Backoff {
    first: Duration,
    most: Duration,
    failures: u32,
}

impl Backoff {
    /// Pauses from `first` to `most`.
    pub const fn new(first: Duration, most: Duration) -> Self {
        Self {
            first,
            most,
            failures: 0,
        }
    }

    /// How many pauses there were.
    pub const fn failures(&self) -> u32 {
        self.failures
    }

    /// The next pause.
    pub fn pause(&mut self) -> Duration {
        let factor = 1_u32.checked_shl(self.failures).unwrap_or(u32::MAX);
        self.failures = self.failures.saturating_add(1);
        let pause = self.first.saturating_mul(factor).min(self.most);
        // A hasher's keys are the one source of chance in the standard library.
        let percent = u32::try_from(RandomState::new().hash_one(self.failures) % 41).unwrap_or(0);
        pause.saturating_mul(percent.saturating_add(80)) / 100
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_double_up_to_the_longest() {
        let mut backoff = Backoff::new(Duration::from_millis(100), Duration::from_secs(1));
        for expected_ms in [100, 200, 400, 800, 1000, 1000] {
            let pause = backoff.pause().as_millis();
            assert!(
                (expected_ms * 8 / 10..=expected_ms * 12 / 10).contains(&pause),
                "{pause}"
            );
        }
        backoff.failures = 1000;
        assert!(backoff.pause() >= Duration::from_millis(800));
    }
}
