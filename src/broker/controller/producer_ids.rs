//! Producer ids, handed out in blocks (`ProducerIdControlManager`).

use super::{Decision, View};
use crate::protocol::messages::ProducerIdsRecord;

/// Ids in a block (`ProducerIdsBlock.PRODUCER_ID_BLOCK_SIZE`).
pub const BLOCK_SIZE: i64 = 1000;

/// Producer ids that one broker may give away.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Block {
    /// The first of them.
    pub first: i64,
    /// The one after the last.
    pub end: i64,
}

/// Decides on the next block, for the broker that asks; `None` when all ids are used up.
pub fn allocate(view: View<'_>, broker_id: i32) -> Decision<Option<Block>> {
    let first = view.image.next_producer_id;
    let Some(end) = first.checked_add(BLOCK_SIZE) else {
        return Decision::only(None);
    };
    let broker_epoch = view
        .image
        .broker(broker_id)
        .map_or(-1, |broker| broker.epoch);
    let record = ProducerIdsRecord {
        broker_id,
        broker_epoch,
        next_producer_id: end,
    };
    Decision {
        records: vec![record.into()],
        response: Some(Block { first, end }),
    }
}
