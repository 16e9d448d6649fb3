//! Talks to a cluster; every tool uses this.

pub mod consumer;
