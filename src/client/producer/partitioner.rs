//! Which partition a record goes to.

use std::hash::{BuildHasher, RandomState};

/// The partition that a key belongs to: murmur2 of its bytes, as Java's `BuiltInPartitioner` has it, so that clients of
/// every language that do the same agree. `partitions` must not be 0.
pub fn partition_for_key(key: &[u8], partitions: usize) -> usize {
    let hash = usize::try_from(murmur2(key) & 0x7fff_ffff).unwrap_or(0);
    hash.checked_rem(partitions).unwrap_or(0)
}

/// `org.apache.kafka.common.utils.Utils.murmur2`.
fn murmur2(bytes: &[u8]) -> u32 {
    const SEED: u32 = 0x9747_b28c;
    const M: u32 = 0x5bd1_e995;
    // Java's length is an int.
    let length = u32::try_from(bytes.len() & 0xffff_ffff).unwrap_or(0);
    let (words, tail) = bytes.as_chunks::<4>();
    let mut hash = words.iter().fold(SEED ^ length, |hash, word| {
        let mut k = u32::from_le_bytes(*word).wrapping_mul(M);
        k ^= k >> 24;
        hash.wrapping_mul(M) ^ k.wrapping_mul(M)
    });
    if !tail.is_empty() {
        let tail = tail
            .iter()
            .rev()
            .fold(0, |tail, byte| tail << 8 | u32::from(*byte));
        hash = (hash ^ tail).wrapping_mul(M);
    }
    hash ^= hash >> 13;
    hash = hash.wrapping_mul(M);
    hash ^ hash >> 15
}

/// Spreads records without a key: one partition until `batch.size` bytes have gone to it, then another (KIP-794).
#[derive(Debug, Clone)]
pub(super) struct Sticky {
    current: usize,
    bytes: usize,
    chance: u64,
}

impl Sticky {
    pub(super) fn new() -> Self {
        // Zero would be a fixed point of the generator.
        let chance = RandomState::new().hash_one("sticky") | 1;
        Self {
            current: usize::MAX,
            bytes: 0,
            chance,
        }
    }

    /// The partition for now, among `partitions` of which `is_usable` are preferred.
    pub(super) fn partition(
        &mut self,
        partitions: usize,
        is_usable: impl Fn(usize) -> bool,
    ) -> usize {
        if self.current >= partitions {
            self.current = self.pick(partitions, is_usable);
        }
        self.current
    }

    /// Notes that `bytes` went to the partition; after `batch_bytes` it is another one's turn.
    pub(super) const fn sent(&mut self, bytes: usize, batch_bytes: usize) {
        self.bytes = self.bytes.saturating_add(bytes);
        if self.bytes >= batch_bytes {
            self.bytes = 0;
            self.current = usize::MAX;
        }
    }

    fn pick(&mut self, partitions: usize, is_usable: impl Fn(usize) -> bool) -> usize {
        let usable: Vec<usize> = (0..partitions)
            .filter(|partition| is_usable(*partition))
            .collect();
        let count = if usable.is_empty() {
            partitions
        } else {
            usable.len()
        };
        let index = self.random().checked_rem(count).unwrap_or(0);
        usable.get(index).copied().unwrap_or(index)
    }

    /// Xorshift: good enough to spread, and cheap.
    fn random(&mut self) -> usize {
        self.chance ^= self.chance << 13;
        self.chance ^= self.chance >> 7;
        self.chance ^= self.chance << 17;
        usize::try_from(self.chance >> 33).unwrap_or(0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_hash_as_in_java() {
        for (key, hash) in [
            ("21", -973_932_308),
            ("foobar", -790_332_482),
            ("a-little-bit-long-string", -985_981_536),
            ("a-little-bit-longer-string", -1_486_304_829),
            (
                "lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8",
                -58_897_971,
            ),
            ("abc", 479_470_107),
        ] {
            assert_eq!(murmur2(key.as_bytes()).cast_signed(), hash, "{key}");
        }
        assert_eq!(partition_for_key(b"foobar", 10), 6);
    }

    #[test]
    fn records_stay_on_a_partition_for_a_batch_and_reach_all_in_time() {
        let mut sticky = Sticky::new();
        let mut seen = [0; 4];
        for _ in 0..1000 {
            let first = sticky.partition(4, |_| true);
            sticky.sent(60, 100);
            assert_eq!(sticky.partition(4, |_| true), first);
            sticky.sent(60, 100);
            seen[first] += 1;
        }
        assert!(seen.iter().all(|count| *count > 100), "{seen:?}");
    }

    #[test]
    fn partitions_without_a_leader_are_avoided_while_there_are_others() {
        let mut sticky = Sticky::new();
        for _ in 0..100 {
            assert_eq!(sticky.partition(4, |partition| partition == 2), 2);
            sticky.sent(100, 100);
            assert!(sticky.partition(4, |_| false) < 4);
            sticky.sent(100, 100);
        }
    }
}
