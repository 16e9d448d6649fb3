//! The task that owns a shard.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{mpsc, oneshot};
use tokio::task::spawn_blocking;
use tokio::time::{Instant, sleep_until, timeout};

use super::Message;
use super::log::{load, store};
use crate::broker::clock::Clock;
use crate::broker::group::{
    Answer, Call, Decision, GroupConfig, GroupRecord, GroupShard, Now, Token,
};
use crate::broker::hosting::chain;
use crate::broker::partition::Partition;
use crate::broker::replay::ReplayError;
use crate::protocol::ErrorCode;
use crate::protocol::record::Compression;

/// What all tasks have in common.
#[derive(Debug, Clone)]
pub(super) struct Settings {
    pub(super) group: GroupConfig,
    pub(super) compression: Compression,
    pub(super) clock: Clock,
}

/// Replays the partition, then serves its groups until nobody can ask any more.
pub(super) async fn run(
    settings: Settings,
    partition: Arc<Partition>,
    mut inbox: mpsc::Receiver<Message>,
) {
    let shard = match load_shard(&settings, &partition, &mut inbox).await {
        Ok(shard) => shard,
        Err(error) => {
            let error = chain(&error);
            tracing::error!(partition = %partition.name, error, "groups cannot be loaded");
            refuse_all(&mut inbox).await;
            return;
        }
    };
    let mut task = Task {
        settings,
        partition,
        shard,
        epoch: Instant::now(),
        tokens: 0,
        waiting: HashMap::new(),
    };
    task.shard.loaded(task.now());
    task.serve(&mut inbox).await;
}

/// Why there is no shard.
#[derive(Debug, thiserror::Error)]
enum LoadError {
    #[error("cannot replay the log")]
    Replay(#[from] ReplayError),
    #[error("the replay did not end")]
    Panic(#[from] tokio::task::JoinError),
}

/// How long requests wait while a shard is replayed, before they are sent away to come again. Most logs take a
/// millisecond, and some clients take a refusal for a crash.
const LOAD_GRACE: Duration = Duration::from_millis(500);

/// Replays the log off the runtime's workers.
async fn load_shard(
    settings: &Settings,
    partition: &Arc<Partition>,
    inbox: &mut mpsc::Receiver<Message>,
) -> Result<GroupShard, LoadError> {
    let mut shard = GroupShard::new(settings.group.clone());
    let log = Arc::clone(&partition.log);
    let mut replayed = spawn_blocking(move || load(&log, &mut shard).map(|()| shard));
    if let Ok(replayed) = timeout(LOAD_GRACE, &mut replayed).await {
        return Ok(replayed??);
    }
    loop {
        tokio::select! {
            replayed = &mut replayed => return Ok(replayed??),
            Some(message) = inbox.recv() => refuse(message, ErrorCode::CoordinatorLoadInProgress),
        }
    }
}

async fn refuse_all(inbox: &mut mpsc::Receiver<Message>) {
    while let Some(message) = inbox.recv().await {
        refuse(message, ErrorCode::CoordinatorNotAvailable);
    }
}

fn refuse(message: Message, error: ErrorCode) {
    answer(message.answer, Err(error));
}

/// A client that is gone needs no answer.
fn answer(to: oneshot::Sender<Answer>, answer: Answer) {
    drop(to.send(answer));
}

struct Task {
    settings: Settings,
    partition: Arc<Partition>,
    shard: GroupShard,
    /// What the shard's clock counts from.
    epoch: Instant,
    tokens: u64,
    waiting: HashMap<Token, oneshot::Sender<Answer>>,
}

impl Task {
    async fn serve(&mut self, inbox: &mut mpsc::Receiver<Message>) {
        loop {
            let deadline = self.epoch.checked_add(self.shard.next_deadline());
            let timer = async {
                match deadline {
                    Some(deadline) => sleep_until(deadline).await,
                    None => std::future::pending().await,
                }
            };
            tokio::select! {
                message = inbox.recv() => match message {
                    Some(message) => self.take_up(message),
                    None => return,
                },
                () = timer => {
                    let decision = self.shard.tick(self.now());
                    self.carry_out(decision);
                }
            }
        }
    }

    fn now(&self) -> Now {
        Now {
            uptime: self.epoch.elapsed(),
            timestamp_ms: self.settings.clock.now_ms(),
        }
    }

    fn take_up(&mut self, message: Message) {
        self.tokens = self.tokens.wrapping_add(1);
        let token = Token(self.tokens);
        self.waiting.insert(token, message.answer);
        let call = Call {
            request: message.request,
            caller: message.caller,
            token,
        };
        let decision = self.shard.decide(self.now(), &call);
        self.carry_out(decision);
    }

    /// Appends, applies, answers.
    fn carry_out(&mut self, decision: Decision) {
        let failure = self.store(&decision.records);
        for (token, reply) in decision.replies {
            if let Some(to) = self.waiting.remove(&token) {
                answer(to, failure.map_or(reply, Err));
            }
        }
    }

    /// Returns what is to be answered instead, if not everything could be appended.
    fn store(&mut self, records: &[GroupRecord]) -> Option<ErrorCode> {
        if records.is_empty() {
            return None;
        }
        let now = self.now();
        let compression = self.settings.compression;
        let (stored, result) = store(&self.partition, records, compression, now.timestamp_ms);
        let (stored, lost) = records.split_at_checked(stored)?;
        for record in stored {
            self.shard.apply(record);
        }
        let error = result.err()?;
        let cause = chain(&error);
        tracing::error!(partition = %self.partition.name, error = cause, "groups cannot be stored");
        let consequences = self.shard.not_stored(now, lost);
        debug_assert!(
            consequences.records.is_empty(),
            "a failure asks for no records"
        );
        for (token, reply) in consequences.replies {
            if let Some(to) = self.waiting.remove(&token) {
                answer(to, reply);
            }
        }
        Some(error.answer())
    }
}
