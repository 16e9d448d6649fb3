//! Runs the deciders of [`super::controller`]: one task owns the image of the cluster and changes it.
//!
//! A request is a function from the image to records and an answer. The task commits the records, applies them, lets the
//! broker follow (so that a created topic can be written to), publishes the new image, and only then answers.

use std::sync::Arc;

use arc_swap::ArcSwap;
use tokio::sync::{mpsc, oneshot};
use tracing::error;

use super::clock::Clock;
use super::controller::{Chance, Decision, Rules, View};
use super::metadata::{Delta, Draft, Image, MetadataRecord};
use super::metadata_log::{MetadataLog, MetadataLogError};
use crate::protocol::ErrorCode;

/// Requests that may wait for the task; further ones wait for room.
const QUEUE_MAX: usize = 1024;

/// Decides one request: the records to commit, and what sends the answer once they count, or says that they do not.
type Request = Box<dyn FnOnce(View<'_>, Chance<'_>) -> (Vec<MetadataRecord>, Reply) + Send>;
type Reply = Box<dyn FnOnce(Result<(), ErrorCode>) + Send>;

/// Who follows the metadata before anybody else sees it.
pub trait Publisher: Send + 'static {
    /// Brings this broker in line with `image`, which differs from the one before by `delta`.
    fn publish(&mut self, image: &Image, delta: Delta) -> impl Future<Output = ()> + Send;
}

/// The way to the controller, and the newest image.
#[derive(Debug, Clone)]
pub struct Controller {
    queue: mpsc::Sender<Request>,
    image: Arc<ArcSwap<Image>>,
}

impl Controller {
    /// A controller that goes on from `image`, and the task that has to run for it.
    pub fn new<L: MetadataLog>(
        image: Image,
        parts: Parts<L, impl Publisher>,
    ) -> (Self, impl Future<Output = ()> + Send) {
        let (queue, inbox) = mpsc::channel(QUEUE_MAX);
        let image = Arc::new(ArcSwap::from_pointee(image));
        let task = run(inbox, Arc::clone(&image), parts);
        (Self { queue, image }, task)
    }

    /// The cluster as it is now.
    pub fn image(&self) -> Arc<Image> {
        self.image.load_full()
    }

    /// Decides, commits, applies, and returns the answer.
    ///
    /// # Errors
    /// [`ErrorCode::NotController`] when the controller is gone, [`ErrorCode::KafkaStorageError`] when the records could
    /// not be committed.
    pub async fn decide<T: Send + 'static>(
        &self,
        decide: impl FnOnce(View<'_>, Chance<'_>) -> Decision<T> + Send + 'static,
    ) -> Result<T, ErrorCode> {
        let (sender, answer) = oneshot::channel();
        let request: Request = Box::new(move |view, chance| {
            let Decision { records, response } = decide(view, chance);
            let reply: Reply = Box::new(move |committed: Result<(), ErrorCode>| {
                // Whoever asked may be gone by now; what was decided counts all the same.
                drop(sender.send(committed.map(|()| response)));
            });
            (records, reply)
        });
        self.queue
            .send(request)
            .await
            .map_err(|_closed| ErrorCode::NotController)?;
        answer.await.unwrap_or(Err(ErrorCode::NotController))
    }
}

/// What the task works with.
#[derive(Debug)]
pub struct Parts<L, P> {
    /// Where records are committed.
    pub log: L,
    /// Who follows them.
    pub publisher: P,
    /// What does not change.
    pub rules: Rules,
    /// The time of day.
    pub clock: Clock,
}

async fn run<L: MetadataLog>(
    mut inbox: mpsc::Receiver<Request>,
    published: Arc<ArcSwap<Image>>,
    mut parts: Parts<L, impl Publisher>,
) {
    let mut chance = || uuid::Uuid::new_v4().as_u128();
    while let Some(request) = inbox.recv().await {
        let image = published.load_full();
        let (records, reply) = request(
            View {
                image: &image,
                rules: &parts.rules,
            },
            &mut chance,
        );
        if records.is_empty() {
            reply(Ok(()));
            continue;
        }
        match commit(&image, &records, &mut parts).await {
            Ok((image, delta)) => {
                parts.publisher.publish(&image, delta).await;
                published.store(Arc::new(image));
                reply(Ok(()));
            }
            Err(error) => {
                // Whether the records count is unknown, so nothing more may be decided on top of them.
                error!(%error, "the controller stops: the metadata log failed; restart the broker");
                reply(Err(ErrorCode::KafkaStorageError));
                return;
            }
        }
    }
}

async fn commit<L: MetadataLog, P>(
    image: &Image,
    records: &[MetadataRecord],
    parts: &mut Parts<L, P>,
) -> Result<(Image, Delta), MetadataLogError> {
    let mut offset = parts.log.propose(records, parts.clock.now_ms()).await?;
    let mut draft = Draft::new(image);
    for record in records {
        draft
            .apply(offset, record)
            .map_err(|source| MetadataLogError::Apply { offset, source })?;
        offset += 1;
    }
    Ok(draft.finish())
}
