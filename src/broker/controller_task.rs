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
use super::hosting::chain;
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
    rules: Arc<Rules>,
}

impl Controller {
    /// A controller that goes on from `image`, and the task that has to run for it.
    pub fn new<L: MetadataLog>(
        image: Image,
        parts: Parts<L, impl Publisher>,
    ) -> (Self, impl Future<Output = ()> + Send) {
        let (queue, inbox) = mpsc::channel(QUEUE_MAX);
        let image = Arc::new(ArcSwap::from_pointee(image));
        let rules = Arc::new(parts.rules.clone());
        let task = run(inbox, Arc::clone(&image), parts);
        (
            Self {
                queue,
                image,
                rules,
            },
            task,
        )
    }

    /// The cluster as it is now.
    pub fn image(&self) -> Arc<Image> {
        self.image.load_full()
    }

    /// Answers a question about the cluster as it is now, without the controller's task.
    pub fn read<T>(&self, answer: impl FnOnce(View<'_>) -> T) -> T {
        let image = self.image();
        answer(View {
            image: &image,
            rules: &self.rules,
        })
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
                let Some(code) = error.refusal() else {
                    // Whether the records count is unknown, so nothing more may be decided on top of them.
                    error!(error = %chain(&error), "the controller stops: the metadata log failed; restart the broker");
                    reply(Err(ErrorCode::KafkaStorageError));
                    return;
                };
                error!(error = %chain(&error), "the metadata log refused records; nothing has changed");
                reply(Err(code));
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

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::sync::Mutex;

    use super::*;
    use crate::protocol::Uuid;
    use crate::protocol::messages::{EncodeError, TopicRecord};

    /// A log in memory that fails as it is told.
    struct Memory {
        next_offset: i64,
        failure: Option<fn() -> MetadataLogError>,
    }

    impl MetadataLog for Memory {
        async fn propose(
            &mut self,
            records: &[MetadataRecord],
            _now_ms: i64,
        ) -> Result<i64, MetadataLogError> {
            if let Some(failure) = self.failure.take() {
                return Err(failure());
            }
            let first = self.next_offset;
            self.next_offset += i64::try_from(records.len()).unwrap();
            Ok(first)
        }
    }

    /// Writes down the names of new topics.
    #[derive(Clone, Default)]
    struct Names(Arc<Mutex<Vec<String>>>);

    impl Publisher for Names {
        async fn publish(&mut self, image: &Image, delta: Delta) {
            let names = delta
                .topic_configs
                .iter()
                .map(|id| image.topic_by_id(*id).unwrap().name.to_string());
            self.0.lock().unwrap().extend(names);
        }
    }

    fn start(failure: Option<fn() -> MetadataLogError>) -> (Controller, Names) {
        let names = Names::default();
        let rules = Rules {
            node_id: 1,
            num_partitions: 1,
            default_replication_factor: 1,
            delete_topic_enable: true,
            broker_keys: BTreeMap::new(),
            fixed: BTreeMap::new(),
        };
        let parts = Parts {
            log: Memory {
                next_offset: 0,
                failure,
            },
            publisher: names.clone(),
            rules,
            clock: Clock::default(),
        };
        let (controller, task) = Controller::new(Image::empty("cluster"), parts);
        tokio::spawn(task);
        (controller, names)
    }

    async fn create(controller: &Controller, name: &'static str) -> Result<i64, ErrorCode> {
        let decide = move |view: View<'_>, chance: Chance<'_>| {
            let topic_id = Uuid::from_bytes(chance().to_be_bytes());
            let records = vec![
                TopicRecord {
                    name: name.into(),
                    topic_id,
                }
                .into(),
            ];
            Decision {
                records,
                response: view.image.offset,
            }
        };
        controller.decide(decide).await
    }

    #[tokio::test]
    async fn an_answer_comes_when_the_records_count_and_the_broker_has_followed() {
        let (controller, names) = start(None);
        assert_eq!(create(&controller, "a").await, Ok(-1));
        assert_eq!(*names.0.lock().unwrap(), ["a"]);
        assert!(controller.image().topic("a").is_some());
        assert_eq!(create(&controller, "b").await, Ok(0));
        assert_eq!(controller.read(|view| view.image.topic_count()), 2);
    }

    #[tokio::test]
    async fn records_that_cannot_be_written_change_nothing_and_the_controller_goes_on() {
        let too_long = || {
            MetadataLogError::Encode(EncodeError::TooLong {
                what: "a string",
                length: 70_000,
            })
        };
        let (controller, names) = start(Some(too_long));
        assert_eq!(
            create(&controller, "a").await,
            Err(ErrorCode::PolicyViolation)
        );
        assert!(controller.image().topic("a").is_none() && names.0.lock().unwrap().is_empty());
        assert_eq!(create(&controller, "a").await, Ok(-1));
    }

    #[tokio::test]
    async fn after_a_failure_that_leaves_it_open_what_counts_nothing_more_is_decided() {
        let (controller, _) = start(Some(|| MetadataLogError::Interrupted));
        assert_eq!(
            create(&controller, "a").await,
            Err(ErrorCode::KafkaStorageError)
        );
        assert_eq!(
            create(&controller, "b").await,
            Err(ErrorCode::NotController)
        );
        assert!(controller.image().topic("a").is_none());
    }
}
