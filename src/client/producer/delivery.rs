//! What became of records.

use std::fmt;
use std::ops::Range;

use crate::client::error::Error;
use crate::protocol::record::BatchRecords;

/// The end of a batch: all of it was written, or none of it.
#[derive(Debug)]
pub struct Delivery<'d> {
    /// The topic.
    pub topic: &'d str,
    /// The partition.
    pub partition: i32,
    /// Which of the producer's records these are, counted from 0 in the order they were sent.
    pub records: &'d [Range<u64>],
    /// How many these are.
    pub count: u64,
    /// Bytes of their keys and values.
    pub payload_bytes: u64,
    /// Bytes of the batch as it was sent, compressed.
    pub wire_bytes: usize,
    /// How often it was sent.
    pub attempts: u32,
    /// Where they were written, or why they were not.
    pub outcome: Result<Written, &'d Error>,
    /// After a failure, the records themselves.
    pub failed: Option<BatchRecords>,
}

/// Where a batch was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Written {
    /// Offset of the first record; none with acks=0, and for a batch that turned out to have been written before.
    pub base_offset: Option<i64>,
    /// When the broker appended it, in ms since 1970, if the topic goes by that.
    pub append_time: Option<i64>,
}

/// Who is told of deliveries, in the producer's own task: it should return soon.
pub type OnDelivery = dyn FnMut(&Delivery<'_>) + Send;

/// Wraps the function so that what holds it can be shown.
pub(super) struct Report(pub(super) Box<OnDelivery>);

impl fmt::Debug for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Report")
    }
}
