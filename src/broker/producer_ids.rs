//! The block of producer ids that this broker gives away (`RPCProducerIdManager`).

use std::sync::{Mutex, PoisonError};

use super::controller::producer_ids::{Block, allocate};
use super::controller_task::Controller;
use crate::protocol::ErrorCode;

/// Gives producer ids away, each once.
#[derive(Debug)]
pub struct ProducerIds(Mutex<Block>);

impl Default for ProducerIds {
    fn default() -> Self {
        Self(Mutex::new(Block { first: 0, end: 0 }))
    }
}

impl ProducerIds {
    /// The next id; from a new block where the last one is used up.
    ///
    /// # Errors
    /// When the controller has no block to give.
    pub async fn next(&self, controller: &Controller, node_id: i32) -> Result<i64, ErrorCode> {
        if let Some(id) = self.take() {
            return Ok(id);
        }
        let block = controller
            .decide(move |view, _| allocate(view, node_id))
            .await?;
        let mut block = block.ok_or(ErrorCode::UnknownServerError)?;
        // Of two that run out together the later block stays; ids of the other are lost, which does no harm.
        let id = block.first;
        block.first = block.first.saturating_add(1);
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = block;
        Ok(id)
    }

    fn take(&self) -> Option<i64> {
        let mut block = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let id = block.first;
        if id >= block.end {
            return None;
        }
        block.first = id.saturating_add(1);
        Some(id)
    }
}
