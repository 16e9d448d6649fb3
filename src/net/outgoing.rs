//! Frames on their way into a socket.

use std::collections::VecDeque;
use std::io::IoSlice;

use bytes::{Buf, Bytes};

/// Pieces of frames in order, written with as few system calls as the socket allows.
#[derive(Debug, Default)]
pub(super) struct Outgoing {
    pieces: VecDeque<Bytes>,
    /// Bytes ever pushed.
    pushed: u64,
    /// Bytes left.
    left: usize,
}

impl Outgoing {
    pub(super) fn push(&mut self, piece: Bytes) {
        self.left = self.left.saturating_add(piece.len());
        self.pushed = self
            .pushed
            .saturating_add(u64::try_from(piece.len()).unwrap_or(u64::MAX));
        if !piece.is_empty() {
            self.pieces.push_back(piece);
        }
    }

    /// Bytes ever pushed: the place in the stream where the last piece ends.
    pub(super) const fn end(&self) -> u64 {
        self.pushed
    }

    /// Bytes ever written.
    pub(super) fn position(&self) -> u64 {
        let left = u64::try_from(self.left).unwrap_or(u64::MAX);
        self.pushed.saturating_sub(left)
    }
}

impl Buf for Outgoing {
    fn remaining(&self) -> usize {
        self.left
    }

    fn chunk(&self) -> &[u8] {
        self.pieces.front().map(AsRef::as_ref).unwrap_or_default()
    }

    fn chunks_vectored<'a>(&'a self, slices: &mut [IoSlice<'a>]) -> usize {
        slices
            .iter_mut()
            .zip(&self.pieces)
            .map(|(slice, piece)| *slice = IoSlice::new(piece))
            .count()
    }

    fn advance(&mut self, mut count: usize) {
        self.left = self.left.saturating_sub(count);
        while let Some(piece) = self.pieces.front_mut() {
            if count < piece.len() {
                piece.advance(count);
                return;
            }
            count = count.saturating_sub(piece.len());
            self.pieces.pop_front();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_written_is_dropped_piece_by_piece() {
        let mut outgoing = Outgoing::default();
        for piece in ["ab", "", "cde", "f"] {
            outgoing.push(Bytes::from_static(piece.as_bytes()));
        }
        outgoing.advance(3);
        assert_eq!((outgoing.remaining(), outgoing.chunk()), (3, &b"de"[..]));
        assert_eq!((outgoing.position(), outgoing.end()), (3, 6));
        let mut slices = [IoSlice::new(&[]); 8];
        assert_eq!(outgoing.chunks_vectored(&mut slices), 2);
        outgoing.advance(3);
        assert!(!outgoing.has_remaining());
    }
}
