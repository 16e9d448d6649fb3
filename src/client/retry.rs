//! What may be retried, how often, until when.

use std::time::Duration;

use tokio::time::{Instant, sleep};

use super::config::ClientConfig;
use super::error::Error;
use crate::net::{self, Backoff};
use crate::protocol::ErrorCode;

/// How long an advertised name may stay without an address: it is a wrong name far more often than a slow one.
const UNRESOLVED_PATIENCE: Duration = Duration::from_secs(5);

/// The retries of one operation.
///
/// ```text
/// let mut retry = Retry::new(config, "list topics");
/// loop {
///     match attempt().await {
///         Ok(done) => return Ok(done),
///         Err(error) => retry.after(error).await?,
///     }
/// }
/// ```
#[derive(Debug)]
pub struct Retry {
    step: String,
    started: Instant,
    within: Duration,
    backoff: Backoff,
}

impl Retry {
    /// Retries for `default.api.timeout.ms`; `step` completes "cannot … within".
    pub fn new(config: &ClientConfig, step: impl Into<String>) -> Self {
        Self::within(config, config.api_timeout, step)
    }

    /// Retries for `within`.
    pub fn within(config: &ClientConfig, within: Duration, step: impl Into<String>) -> Self {
        Self {
            step: step.into(),
            started: Instant::now(),
            within,
            backoff: Backoff::new(config.retry_backoff, config.retry_backoff_max),
        }
    }

    /// Waits before the next attempt.
    ///
    /// # Errors
    /// With `error` itself if trying again cannot help, with [`Error::TimedOut`] around it if there is no time left.
    pub async fn after(&mut self, error: Error) -> Result<(), Error> {
        if !error.is_retriable() {
            return Err(error);
        }
        tracing::debug!(step = self.step, %error, "trying again");
        if matches!(
            &error,
            Error::Advertised {
                failure: net::Error::Resolve { .. },
                ..
            }
        ) {
            self.within = self.within.min(UNRESOLVED_PATIENCE);
        }
        let pause = self.backoff.pause();
        if self.started.elapsed().saturating_add(pause) > self.within {
            return Err(Error::TimedOut {
                step: self.step.clone(),
                after: self.started.elapsed(),
                last: Some(Box::new(error)),
            });
        }
        sleep(pause).await;
        Ok(())
    }
}

/// Whether a code says that somebody else leads or coordinates by now, so that metadata must be asked for again.
pub(super) const fn is_stale_leader(code: ErrorCode) -> bool {
    matches!(
        code,
        ErrorCode::NotLeaderOrFollower
            | ErrorCode::LeaderNotAvailable
            | ErrorCode::ReplicaNotAvailable
            | ErrorCode::FencedLeaderEpoch
            | ErrorCode::UnknownLeaderEpoch
            | ErrorCode::UnknownTopicOrPartition
            | ErrorCode::UnknownTopicId
            | ErrorCode::KafkaStorageError
            | ErrorCode::ListenerNotFound
    )
}

/// Whether a code says that the coordinator has moved or is not there yet.
pub(super) const fn is_coordinator_trouble(code: ErrorCode) -> bool {
    matches!(
        code,
        ErrorCode::CoordinatorLoadInProgress
            | ErrorCode::CoordinatorNotAvailable
            | ErrorCode::NotCoordinator
    )
}
