//! What the sticky assignors remember from one generation to the next, in the user data of subscriptions.

use bytes::Bytes;

use super::{Assignor, Member};
use crate::protocol::TopicPartition;
use crate::protocol::consumer::{ConsumerSubscription, read_partitions, write_partitions};
use crate::protocol::wire::{Decoder, EncodeError, Encoder};

impl Assignor {
    /// The user data of a member that was given `assigned` in `generation` (-1: it never was in one).
    ///
    /// # Errors
    /// When a topic's name is longer than the wire allows.
    pub fn user_data(
        self,
        assigned: &[TopicPartition],
        generation: i32,
    ) -> Result<Option<Bytes>, EncodeError> {
        let mut out = Encoder::new();
        match self {
            Self::Range | Self::RoundRobin => return Ok(None),
            Self::Sticky if generation < 0 => return Ok(None),
            Self::Sticky => write_partitions(&mut out, assigned)?,
            Self::CooperativeSticky => {}
        }
        out.i32(generation);
        Ok(Some(out.into_bytes()))
    }

    /// The member that sent `subscription`, with what this assignor takes it to own. User data that does not decode
    /// counts as none.
    pub fn member(
        self,
        id: String,
        instance_id: Option<String>,
        subscription: ConsumerSubscription,
    ) -> Member {
        let data = subscription.user_data.map(Decoder::new);
        let (owned, generation) = match self {
            // Eager members gave everything up before they joined: the user data tells what that was.
            Self::Sticky => data.and_then(sticky_user_data).unwrap_or((Vec::new(), -1)),
            Self::CooperativeSticky if subscription.generation < 0 => {
                let generation = data.and_then(|mut data| data.i32().ok());
                (subscription.owned, generation.unwrap_or(-1))
            }
            Self::Range | Self::RoundRobin | Self::CooperativeSticky => {
                (subscription.owned, subscription.generation)
            }
        };
        Member {
            id,
            instance_id,
            topics: subscription.topics,
            owned,
            generation,
        }
    }
}

/// Version 0 ends after the partitions; version 1 adds the generation.
fn sticky_user_data(mut data: Decoder) -> Option<(Vec<TopicPartition>, i32)> {
    let partitions = read_partitions(&mut data).ok()?;
    Some((partitions, data.i32().unwrap_or(-1)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read_back(assignor: Assignor, assigned: &[TopicPartition], generation: i32) -> Member {
        let subscription = ConsumerSubscription {
            user_data: assignor.user_data(assigned, generation).unwrap(),
            ..ConsumerSubscription::default()
        };
        assignor.member("m".to_owned(), None, subscription)
    }

    #[test]
    fn sticky_members_carry_their_last_assignment_in_user_data() {
        let assigned = [TopicPartition::new("a", 1), TopicPartition::new("b", 0)];
        let member = read_back(Assignor::Sticky, &assigned, 4);
        assert_eq!((member.owned, member.generation), (assigned.to_vec(), 4));
        assert_eq!(Assignor::Sticky.user_data(&[], -1), Ok(None));
    }

    #[test]
    fn cooperative_members_carry_their_generation_where_the_subscription_is_too_old_to() {
        assert_eq!(read_back(Assignor::CooperativeSticky, &[], 4).generation, 4);
    }

    #[test]
    fn user_data_that_does_not_decode_counts_as_none() {
        let subscription = ConsumerSubscription {
            user_data: Some(Bytes::from_static(b"\x7f\xff\xff\xff!")),
            ..ConsumerSubscription::default()
        };
        let member = Assignor::Sticky.member("m".to_owned(), None, subscription);
        assert_eq!((member.owned, member.generation), (vec![], -1));
    }
}
