//! Brokers learn of a change to topics a moment after the controller has made it. Waiting for that here lets the next
//! command see it, however soon it comes.

use std::time::Duration;

use tokio::time::{Instant, sleep};

use crate::client::{Admin, Error, admin::topics::TopicDescription};

/// How long a change may take to show before we leave it at that: it has been made.
const SETTLED_WITHIN: Duration = Duration::from_secs(5);
/// Between two looks.
const PAUSE: Duration = Duration::from_millis(10);

/// Waits until a broker describes every one of these topics as `is_settled` wants it.
pub(super) async fn settle(
    admin: &Admin,
    names: &[String],
    is_settled: impl Fn(&Result<TopicDescription, Error>) -> bool,
) {
    let began = Instant::now();
    while began.elapsed() < SETTLED_WITHIN {
        match admin.describe_topics(names).await {
            Ok(topics) if !topics.values().all(&is_settled) => sleep(PAUSE).await,
            Ok(_) | Err(_) => return,
        }
    }
}
