//! Groups of options that several tools share, and the little languages of their values.

pub mod client;
pub mod names;
pub mod output;
pub mod topic_partitions;
