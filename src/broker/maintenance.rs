//! What a broker does by the clock: retention, checkpoints, removal of deleted files.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::{Instant, MissedTickBehavior, interval_at};
use tokio_util::sync::CancellationToken;

use super::Broker;

/// How often files that were marked as deleted are looked at; `file.delete.delay.ms` says how long they are kept.
const REMOVAL_INTERVAL: Duration = Duration::from_secs(5);

/// Runs until `stop` is cancelled. The work itself is done off the runtime's workers, one chore at a time.
pub async fn run(broker: Arc<Broker>, stop: CancellationToken) {
    let every = broker.config.intervals;
    let start = Instant::now();
    let ticker = |first: Duration, period: Duration| {
        let mut ticker = interval_at(start + first, period.max(Duration::from_millis(1)));
        ticker.set_missed_tick_behavior(MissedTickBehavior::Delay);
        ticker
    };
    let mut retention = ticker(every.initial_task_delay, every.retention_check);
    let mut checkpoint = ticker(every.high_watermark_checkpoint, every.high_watermark_checkpoint);
    let mut recovery_point = ticker(every.recovery_point_checkpoint, every.recovery_point_checkpoint);
    let mut removal = ticker(REMOVAL_INTERVAL, REMOVAL_INTERVAL);
    loop {
        let chore: fn(&Broker) = tokio::select! {
            () = stop.cancelled() => return,
            _ = retention.tick() => Broker::apply_retention,
            _ = checkpoint.tick() => Broker::checkpoint_high_watermarks,
            _ = recovery_point.tick() => Broker::checkpoint_logs,
            _ = removal.tick() => Broker::remove_deleted,
        };
        let broker = Arc::clone(&broker);
        if let Err(error) = tokio::task::spawn_blocking(move || chore(&broker)).await {
            tracing::error!(%error, "a chore failed");
        }
    }
}
