//! What a broker does by the clock: retention, flushes, checkpoints, removal of deleted files.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::{Instant, Interval, MissedTickBehavior, interval_at};
use tokio_util::sync::CancellationToken;

use super::config::BrokerConfig;
use super::hosting::Host;

/// How often closed segments are finished and files that were marked as deleted are looked at.
const TIDY_INTERVAL: Duration = Duration::from_secs(1);

/// Runs until `stop` is cancelled. The work itself is done off the runtime's workers, one chore at a time.
pub(super) async fn run(host: Arc<Host>, config: BrokerConfig, stop: CancellationToken) {
    let every = &config.intervals;
    let mut retention = ticker(every.initial_task_delay, every.retention_check);
    let mut high_watermarks = ticker(
        every.high_watermark_checkpoint,
        every.high_watermark_checkpoint,
    );
    let mut offsets = ticker(
        every.recovery_point_checkpoint,
        every.recovery_point_checkpoint,
    );
    let mut tidy = ticker(TIDY_INTERVAL, TIDY_INTERVAL);
    let expiration_ms =
        i64::try_from(config.producer_id_expiration.as_millis()).unwrap_or(i64::MAX);
    let check = config.producer_id_expiration_check_interval;
    let mut producers = ticker(check, check);
    loop {
        let chore: Box<dyn FnOnce(&Host) + Send> = tokio::select! {
            () = stop.cancelled() => return,
            _ = retention.tick() => Box::new(Host::apply_retention),
            _ = high_watermarks.tick() => Box::new(Host::checkpoint_high_watermarks),
            _ = offsets.tick() => Box::new(Host::checkpoint_offsets),
            _ = producers.tick() => Box::new(move |host| host.expire_producers(expiration_ms)),
            _ = tidy.tick() => Box::new(|host| {
                host.flush_due();
                host.remove_deleted();
            }),
        };
        let host = Arc::clone(&host);
        if let Err(error) = tokio::task::spawn_blocking(move || chore(&host)).await {
            tracing::error!(%error, "a chore failed");
        }
    }
}

fn ticker(first: Duration, period: Duration) -> Interval {
    let mut ticker = interval_at(Instant::now() + first, period.max(Duration::from_millis(1)));
    ticker.set_missed_tick_behavior(MissedTickBehavior::Delay);
    ticker
}
