//! Which versions of which API both sides of a connection know.

use crate::protocol::ApiKey;
use crate::protocol::messages::{ApiVersionsResponse, Request};

/// The versions a broker serves, as it said in `ApiVersions`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Versions {
    /// Key, oldest, newest; sorted by key.
    ranges: Vec<(i16, i16, i16)>,
}

impl Versions {
    /// The table in `response`.
    pub fn of(response: &ApiVersionsResponse) -> Self {
        let mut ranges: Vec<_> = response
            .api_keys
            .iter()
            .map(|api| (api.api_key, api.min_version, api.max_version))
            .collect();
        ranges.sort_unstable();
        Self { ranges }
    }

    /// Oldest and newest version of `api`, if it is served at all.
    pub fn range(&self, api: ApiKey) -> Option<(i16, i16)> {
        let found = self.ranges.binary_search_by_key(&api.0, |range| range.0);
        let (_, oldest, newest) = *self.ranges.get(found.ok()?)?;
        Some((oldest, newest))
    }

    /// The newest version of `R` that both sides know.
    pub fn best<R: Request>(&self) -> Option<i16> {
        let (oldest, newest) = self.range(R::KEY)?;
        let best = newest.min(newest_here::<R>());
        (best >= oldest.max(*R::VERSIONS.start())).then_some(best)
    }
}

/// The newest version of `R` we ask for.
///
/// Newer Produce, Fetch, `OffsetCommit` and `OffsetFetch` name topics by id, which buys a client nothing but a look-up;
/// newer `InitProducerId` belongs to two-phase commit and is not enabled on released brokers; newer `ApiVersions` makes the
/// broker compare cluster ids.
pub fn newest_here<R: Request>() -> i16 {
    let wanted = match R::KEY.0 {
        0 | 1 => 12,
        8 | 9 => 9,
        18 => 4,
        22 => 5,
        _ => i16::MAX,
    };
    wanted.min(*R::VERSIONS.end())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::messages::{ApiVersionsResponseApiVersion, FetchRequest, MetadataRequest};

    fn serving(api_key: i16, min_version: i16, max_version: i16) -> Versions {
        Versions::of(&ApiVersionsResponse {
            api_keys: vec![ApiVersionsResponseApiVersion {
                api_key,
                min_version,
                max_version,
            }],
            ..ApiVersionsResponse::default()
        })
    }

    #[test]
    fn the_newest_common_version_is_taken() {
        assert_eq!(serving(3, 0, 9).best::<MetadataRequest>(), Some(9));
        assert_eq!(serving(3, 0, 99).best::<MetadataRequest>(), Some(13));
        assert_eq!(serving(1, 4, 18).best::<FetchRequest>(), Some(12));
    }

    #[test]
    fn ranges_that_do_not_meet_have_no_best_version() {
        assert_eq!(serving(1, 13, 18).best::<FetchRequest>(), None);
        assert_eq!(serving(1, 0, 3).best::<FetchRequest>(), None);
        assert_eq!(serving(3, 0, 9).best::<FetchRequest>(), None);
    }
}
