//! `InitProducerId` (22): an id for a producer, by which its duplicates are known. Transactional ids are not served yet.

use std::ops::RangeInclusive;

use super::{Context, Handler};
use crate::protocol::ErrorCode;
use crate::protocol::messages::{InitProducerIdRequest, InitProducerIdResponse};

pub(super) struct InitProducerId;

impl Handler for InitProducerId {
    type Request = InitProducerIdRequest;
    const VERSIONS: RangeInclusive<i16> = 0..=5;

    async fn handle(
        context: &mut Context<'_>,
        request: InitProducerIdRequest,
    ) -> InitProducerIdResponse {
        let broker = context.broker;
        let issued = match check(&request) {
            Ok(()) => {
                broker
                    .producer_ids
                    .next(&broker.controller, broker.config.node_id)
                    .await
            }
            Err(error) => Err(error),
        };
        let (error, producer_id, producer_epoch) = match issued {
            Ok(id) => (ErrorCode::None, id, 0),
            Err(error) => (error, -1, -1),
        };
        InitProducerIdResponse {
            error_code: error.code(),
            producer_id,
            producer_epoch,
            ..InitProducerIdResponse::default()
        }
    }
}

/// What the producer says of an id it has had matters only within transactions, but must make sense.
fn check(request: &InitProducerIdRequest) -> Result<(), ErrorCode> {
    if (request.producer_id == -1) != (request.producer_epoch == -1) {
        return Err(ErrorCode::InvalidRequest);
    }
    match request.transactional_id.as_deref() {
        None => Ok(()),
        Some("") => Err(ErrorCode::InvalidRequest),
        Some(_) => Err(ErrorCode::UnsupportedVersion),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn half_an_identity_and_empty_transactional_ids_are_refused() {
        let request =
            |transactional_id: Option<&str>, producer_id, producer_epoch| InitProducerIdRequest {
                transactional_id: transactional_id.map(Into::into),
                producer_id,
                producer_epoch,
                ..InitProducerIdRequest::default()
            };
        assert_eq!(check(&request(None, -1, -1)), Ok(()));
        assert_eq!(check(&request(None, 5, 5)), Ok(()));
        assert_eq!(check(&request(None, 5, -1)), Err(ErrorCode::InvalidRequest));
        assert_eq!(check(&request(None, -1, 5)), Err(ErrorCode::InvalidRequest));
        assert_eq!(
            check(&request(Some(""), -1, -1)),
            Err(ErrorCode::InvalidRequest)
        );
        assert_eq!(
            check(&request(Some("t"), -1, -1)),
            Err(ErrorCode::UnsupportedVersion)
        );
    }
}
