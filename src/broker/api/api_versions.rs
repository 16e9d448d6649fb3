//! `ApiVersions` (18): which APIs are served, in which versions; and the cluster's features (KIP-511, KIP-584).

use std::ops::RangeInclusive;

use bytes::BytesMut;

use super::{APIS, Answer, Context, Handler, Refusal};
use crate::broker::controller::features::FEATURES;
use crate::protocol::ErrorCode;
use crate::protocol::frame::encode_response;
use crate::protocol::messages::{
    ApiVersionsRequest, ApiVersionsResponse, ApiVersionsResponseApiVersion,
    ApiVersionsResponseFinalizedFeature, ApiVersionsResponseSupportedFeature,
};

pub(super) struct ApiVersions;

const VERSIONS: RangeInclusive<i16> = 0..=4;

impl Handler for ApiVersions {
    type Request = ApiVersionsRequest;
    const VERSIONS: RangeInclusive<i16> = VERSIONS;

    async fn handle(context: &mut Context<'_>, request: ApiVersionsRequest) -> ApiVersionsResponse {
        let named = |text: &str| is_software_name(text);
        if context.version >= 3
            && !(named(&request.client_software_name) && named(&request.client_software_version))
        {
            return ApiVersionsResponse {
                error_code: ErrorCode::InvalidRequest.code(),
                ..Default::default()
            };
        }
        let api_keys = APIS
            .iter()
            .map(|api| ApiVersionsResponseApiVersion {
                api_key: api.key.0,
                min_version: *api.advertised.start(),
                max_version: *api.advertised.end(),
            })
            .collect();
        let image = context.broker.controller.image();
        ApiVersionsResponse {
            api_keys,
            supported_features: supported_features(context.version),
            finalized_features_epoch: image.offset,
            finalized_features: image
                .features()
                .map(|(name, level)| ApiVersionsResponseFinalizedFeature {
                    name: name.to_owned().into(),
                    max_version_level: level,
                    min_version_level: level,
                })
                .collect(),
            ..Default::default()
        }
    }
}

/// What this broker can be set to. Clients before version 4 cannot read a feature that may be off.
fn supported_features(version: i16) -> Vec<ApiVersionsResponseSupportedFeature> {
    FEATURES
        .iter()
        .filter(|feature| version >= 4 || feature.min_level > 0)
        .map(|feature| ApiVersionsResponseSupportedFeature {
            name: feature.name.into(),
            min_version: feature.min_level,
            max_version: feature.max_level,
        })
        .collect()
}

/// `[a-zA-Z0-9](?:[a-zA-Z0-9\-.]*[a-zA-Z0-9])?`, as KIP-511 asks.
fn is_software_name(text: &str) -> bool {
    let ends_well = |c: Option<char>| c.is_some_and(|c| c.is_ascii_alphanumeric());
    ends_well(text.chars().next())
        && ends_well(text.chars().next_back())
        && text
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || c == '-' || c == '.')
}

/// The answer to a version that is not served: of version 0, which every client reads, naming the versions of this API.
pub(super) fn unsupported(correlation_id: i32) -> Result<Answer, Refusal> {
    let own = ApiVersionsResponseApiVersion {
        api_key: 18,
        min_version: *VERSIONS.start(),
        max_version: *VERSIONS.end(),
    };
    let response = ApiVersionsResponse {
        error_code: ErrorCode::UnsupportedVersion.code(),
        api_keys: vec![own],
        ..Default::default()
    };
    let pieces =
        encode_response::<ApiVersionsRequest>(&response, 0, correlation_id, BytesMut::new())?;
    Ok(Answer::Frame {
        pieces,
        ranges: Vec::new(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn software_names_follow_kip_511() {
        assert!(is_software_name("librdkafka"));
        assert!(is_software_name("v2.12.1-x"));
        assert!(!is_software_name(""));
        assert!(!is_software_name("-a"));
        assert!(!is_software_name("a b"));
    }
}
