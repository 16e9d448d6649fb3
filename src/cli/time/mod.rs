//! Instants, durations and sizes as people write them. Pure: the present and the local zone are arguments.

mod amount;
mod instant;
pub mod java;

pub use amount::{duration, size};
pub use instant::instant;
