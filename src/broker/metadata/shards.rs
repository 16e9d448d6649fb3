//! A map in parts that are shared until they change, so that a copy with one change costs little.

use std::borrow::Borrow;
use std::collections::{BTreeMap, HashMap};
use std::hash::{BuildHasherDefault, DefaultHasher, Hash, Hasher};
use std::sync::Arc;

/// With 10,000 entries, a copy touches this many parts and the entries of one.
const PARTS: u8 = 128;

/// A map from `K` to `V` that is cheap to copy.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Shards<K: Hash + Eq, V> {
    parts: BTreeMap<u8, Arc<Part<K, V>>>,
    len: usize,
}

/// In the same order every time the same things happened to it.
type Part<K, V> = HashMap<K, V, BuildHasherDefault<DefaultHasher>>;

impl<K: Hash + Eq, V> Default for Shards<K, V> {
    fn default() -> Self {
        Self {
            parts: BTreeMap::new(),
            len: 0,
        }
    }
}

impl<K: Hash + Eq + Clone, V: Clone> Shards<K, V> {
    pub(super) const fn len(&self) -> usize {
        self.len
    }

    pub(super) fn get<Q: Hash + Eq + ?Sized>(&self, key: &Q) -> Option<&V>
    where
        K: Borrow<Q>,
    {
        self.parts.get(&part_of(key))?.get(key)
    }

    pub(super) fn get_mut<Q: Hash + Eq + ?Sized>(&mut self, key: &Q) -> Option<&mut V>
    where
        K: Borrow<Q>,
    {
        let part = self
            .parts
            .get_mut(&part_of(key))
            .filter(|part| part.contains_key(key))?;
        Arc::make_mut(part).get_mut(key)
    }

    /// Puts in `value`; returns what it replaces.
    pub(super) fn insert(&mut self, key: K, value: V) -> Option<V> {
        let part = self.parts.entry(part_of(&key)).or_default();
        let old = Arc::make_mut(part).insert(key, value);
        self.len = self.len.saturating_add(usize::from(old.is_none()));
        old
    }

    pub(super) fn remove<Q: Hash + Eq + ?Sized>(&mut self, key: &Q) -> Option<V>
    where
        K: Borrow<Q>,
    {
        let part = self
            .parts
            .get_mut(&part_of(key))
            .filter(|part| part.contains_key(key))?;
        let old = Arc::make_mut(part).remove(key);
        self.len = self.len.saturating_sub(usize::from(old.is_some()));
        old
    }

    /// All entries, in no order that means anything.
    pub(super) fn iter(&self) -> impl Iterator<Item = (&K, &V)> {
        self.parts.values().flat_map(|part| part.iter())
    }
}

fn part_of<Q: Hash + ?Sized>(key: &Q) -> u8 {
    let mut hasher = DefaultHasher::new();
    key.hash(&mut hasher);
    u8::try_from(hasher.finish() % u64::from(PARTS)).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_copy_shares_all_parts_but_the_changed_one() {
        let mut original = Shards::default();
        for number in 0..10_000 {
            assert_eq!(original.insert(number, number), None);
        }
        let mut copy = original.clone();
        *copy.get_mut(&5).unwrap() = 7;
        assert_eq!(
            (original.get(&5), copy.get(&5), copy.len()),
            (Some(&5), Some(&7), 10_000)
        );
        let shared = original
            .parts
            .iter()
            .filter(|(part, entries)| Arc::ptr_eq(entries, &copy.parts[*part]))
            .count();
        assert_eq!(shared, usize::from(PARTS) - 1);
    }

    #[test]
    fn entries_come_and_go() {
        let mut shards = Shards::default();
        shards.insert("a", 1);
        assert_eq!(shards.insert("a", 2), Some(1));
        assert_eq!(shards.remove("b"), None);
        assert_eq!(shards.iter().collect::<Vec<_>>(), [(&"a", &2)]);
        assert_eq!(shards.remove("a"), Some(2));
        assert_eq!(shards.len(), 0);
    }
}
