//! Requests that wait for a partition to change: a fetch for `min.bytes` of records.
//!
//! Whoever waits registers with every partition it is interested in, looks once more, and sleeps. An append wakes all
//! that are registered; they look again. Nobody polls, and an append that nobody waits for costs one atomic load.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::Notify;

/// Those who wait for one partition.
#[derive(Debug, Default)]
pub struct Waiters {
    waiting: Mutex<Vec<Arc<Notify>>>,
    any: AtomicBool,
}

impl Waiters {
    /// Wakes all that are registered.
    pub fn wake(&self) {
        if !self.any.load(Ordering::SeqCst) {
            return;
        }
        let waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        for waiter in waiting.iter() {
            waiter.notify_one();
        }
    }

    fn add(&self, waiter: &Arc<Notify>) {
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        waiting.push(Arc::clone(waiter));
        self.any.store(true, Ordering::SeqCst);
    }

    fn remove(&self, waiter: &Arc<Notify>) {
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(at) = waiting.iter().position(|other| Arc::ptr_eq(other, waiter)) {
            waiting.swap_remove(at);
        }
        self.any.store(!waiting.is_empty(), Ordering::SeqCst);
    }
}

/// Something with [`Waiters`].
pub trait Awaited: Send + Sync {
    /// Those who wait for it.
    fn waiters(&self) -> &Waiters;
}

/// A registration with several partitions; ends when dropped.
#[derive(Debug)]
pub struct Watch<A: Awaited> {
    woken: Arc<Notify>,
    watched: Vec<Arc<A>>,
}

impl<A: Awaited> Watch<A> {
    /// Registers with all of `watched`. What happens from now on is not missed.
    pub fn new(watched: Vec<Arc<A>>) -> Self {
        let woken = Arc::new(Notify::new());
        for one in &watched {
            one.waiters().add(&woken);
        }
        Self { woken, watched }
    }

    /// Waits until one of them changed since the registration or since this last returned.
    ///
    /// # Cancel safety
    /// Safe: a wake-up that was not waited for is kept.
    pub async fn changed(&self) {
        self.woken.notified().await;
    }
}

impl<A: Awaited> Drop for Watch<A> {
    fn drop(&mut self) {
        self.watched
            .iter()
            .for_each(|one| one.waiters().remove(&self.woken));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, Default)]
    struct Place(Waiters);

    impl Awaited for Place {
        fn waiters(&self) -> &Waiters {
            &self.0
        }
    }

    #[tokio::test]
    async fn a_change_between_registering_and_waiting_is_not_missed() {
        let place = Arc::new(Place::default());
        let watch = Watch::new(vec![Arc::clone(&place)]);
        place.0.wake();
        watch.changed().await;
    }

    #[test]
    fn a_dropped_watch_leaves_nothing_behind() {
        let place = Arc::new(Place::default());
        drop(Watch::new(vec![Arc::clone(&place)]));
        assert!(place.0.waiting.lock().unwrap().is_empty());
        assert!(!place.0.any.load(Ordering::SeqCst));
    }
}
