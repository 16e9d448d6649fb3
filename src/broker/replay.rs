//! Reading a log from its start, batch by batch: how internal topics become state again.

use std::io;

use bytes::Bytes;

use crate::protocol::record::{Batch, Batches, RecordError};
use crate::storage::{Log, ReadError, ReadRequest, ReadSlice};

/// How much is read at a time, in bytes (`offsets.load.buffer.size`).
const READ_BYTES: u64 = 5 * 1024 * 1024;

/// Why a log could not be replayed.
#[derive(Debug, thiserror::Error)]
pub enum ReplayError {
    /// There is no telling where the records are.
    #[error("cannot find records")]
    Find(#[from] ReadError),
    /// The file cannot be read.
    #[error("cannot read a segment")]
    Read(#[from] io::Error),
    /// A batch is damaged.
    #[error("cannot read a batch")]
    Batch(#[from] RecordError),
}

/// Hands every batch of `log` to `each`, in order, checked. Blocks.
///
/// # Errors
/// When the log cannot be read, or with the first error of `each`.
pub fn replay<E: From<ReplayError>>(
    log: &Log,
    mut each: impl FnMut(&Batch) -> Result<(), E>,
) -> Result<(), E> {
    let mut offset = log.log_start_offset();
    loop {
        let request = ReadRequest {
            offset,
            bound: log.log_end_offset(),
            max_bytes: READ_BYTES,
            is_batch_owed: true,
        };
        let Some(found) = log.read(&request).map_err(ReplayError::from)? else {
            return Ok(());
        };
        for batch in Batches::new(read(&found).map_err(ReplayError::from)?) {
            let batch = batch.map_err(ReplayError::from)?;
            batch.verify_crc().map_err(ReplayError::from)?;
            each(&batch)?;
            offset = batch.header().next_offset();
        }
    }
}

fn read(found: &ReadSlice) -> io::Result<Bytes> {
    let mut bytes = vec![0; usize::try_from(found.len).map_err(io::Error::other)?];
    let read = found.file.read_at(&mut bytes, found.position)?;
    bytes.truncate(read);
    Ok(bytes.into())
}
