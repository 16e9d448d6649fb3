//! The partitions that this broker hosts, found by topic name or topic id.
//!
//! The index is immutable and replaced as a whole: looking up takes no lock, and a change costs a copy of the map.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use arc_swap::{ArcSwap, Guard};

use super::partition::Partition;
use crate::protocol::{TopicPartition, Uuid};

/// The partitions of a topic, by number; one that is hosted elsewhere leaves a gap.
#[derive(Debug, Clone)]
pub struct Topic {
    /// Its name.
    pub name: String,
    /// Its id.
    pub id: Uuid,
    partitions: Vec<Option<Arc<Partition>>>,
}

impl Topic {
    /// Its partition of this number.
    pub fn partition(&self, index: i32) -> Option<&Arc<Partition>> {
        self.partitions.get(usize::try_from(index).ok()?)?.as_ref()
    }

    /// Its partitions that are hosted here.
    pub fn partitions(&self) -> impl Iterator<Item = &Arc<Partition>> {
        self.partitions.iter().flatten()
    }
}

/// All topics of which a partition is hosted here, at one moment.
#[derive(Debug, Clone, Default)]
pub struct Index {
    names: HashMap<String, Arc<Topic>>,
    ids: HashMap<Uuid, Arc<Topic>>,
}

impl Index {
    /// The topic of this name.
    pub fn by_name(&self, name: &str) -> Option<&Arc<Topic>> {
        self.names.get(name)
    }

    /// The topic of this id.
    pub fn by_id(&self, id: Uuid) -> Option<&Arc<Topic>> {
        self.ids.get(&id)
    }

    /// Every topic.
    pub fn topics(&self) -> impl Iterator<Item = &Arc<Topic>> {
        self.names.values()
    }

    fn insert(&mut self, partition: Arc<Partition>) {
        let TopicPartition {
            topic,
            partition: number,
        } = &partition.name;
        let Ok(number) = usize::try_from(*number) else {
            return;
        };
        // Taken out of both maps, so that of many partitions of a topic only the first copies what readers still see.
        let known = self.names.remove(topic);
        self.ids.remove(&partition.topic_id);
        let mut entry = known.map_or_else(
            || Topic {
                name: topic.clone(),
                id: partition.topic_id,
                partitions: Vec::new(),
            },
            Arc::unwrap_or_clone,
        );
        if entry.partitions.len() <= number {
            entry.partitions.resize(number.saturating_add(1), None);
        }
        if let Some(place) = entry.partitions.get_mut(number) {
            *place = Some(partition);
        }
        let entry = Arc::new(entry);
        self.ids.insert(entry.id, Arc::clone(&entry));
        self.names.insert(entry.name.clone(), entry);
    }
}

/// The partitions hosted here.
#[derive(Debug, Default)]
pub struct Partitions {
    index: ArcSwap<Index>,
    /// Held while the index is replaced, so that no change is lost.
    changing: Mutex<()>,
}

impl Partitions {
    /// The index as it is now.
    pub fn index(&self) -> Guard<Arc<Index>> {
        self.index.load()
    }

    /// One partition, by name.
    pub fn get(&self, topic: &str, partition: i32) -> Option<Arc<Partition>> {
        self.index
            .load()
            .by_name(topic)?
            .partition(partition)
            .cloned()
    }

    /// Adds partitions.
    pub fn add(&self, partitions: impl IntoIterator<Item = Arc<Partition>>) {
        self.change(|index| {
            for partition in partitions {
                index.insert(partition);
            }
        });
    }

    /// Takes a topic out and returns its partitions.
    pub fn remove(&self, topic: Uuid) -> Vec<Arc<Partition>> {
        self.change(|index| {
            let Some(entry) = index.ids.remove(&topic) else {
                return Vec::new();
            };
            index.names.remove(&entry.name);
            entry.partitions().cloned().collect()
        })
    }

    /// Every partition.
    pub fn all(&self) -> Vec<Arc<Partition>> {
        self.index
            .load()
            .topics()
            .flat_map(|topic| topic.partitions().cloned().collect::<Vec<_>>())
            .collect()
    }

    fn change<T>(&self, change: impl FnOnce(&mut Index) -> T) -> T {
        let _changing = self.changing.lock().unwrap_or_else(PoisonError::into_inner);
        let mut index = Index::clone(&self.index.load());
        let result = change(&mut index);
        self.index.store(Arc::new(index));
        result
    }
}
