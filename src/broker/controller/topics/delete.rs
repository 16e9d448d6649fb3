//! `DeleteTopics`.

use bytestring::ByteString;

use crate::broker::controller::{Decision, Refusal, View, repeated};
use crate::broker::metadata::Topic;
use crate::protocol::messages::{
    DeleteTopicsRequest, DeleteTopicsRequestTopic, DeleteTopicsResponse, DeleteTopicsResponseTopic,
    RemoveTopicRecord,
};
use crate::protocol::{ErrorCode, Uuid};

use super::DUPLICATE_NAME;

/// The first version in which a client knows that topics may not be deletable at all.
const FIRST_WITH_DELETION_DISABLED: i16 = 3;

/// Decides on a request of this version to delete topics.
pub fn decide(
    view: View<'_>,
    request: &DeleteTopicsRequest,
    version: i16,
) -> Decision<DeleteTopicsResponse> {
    let by_name = |name: &ByteString| DeleteTopicsRequestTopic {
        name: Some(name.clone()),
        topic_id: Uuid::ZERO,
    };
    let wanted: Vec<_> = request
        .topics
        .iter()
        .cloned()
        .chain(request.topic_names.iter().map(by_name))
        .collect();
    let twice_by_name = repeated(wanted.iter().filter_map(|topic| topic.name.as_deref()));
    let twice_by_id = repeated(
        wanted
            .iter()
            .filter(|topic| topic.name.is_none())
            .map(|topic| topic.topic_id),
    );
    let mut decision = Decision::only(DeleteTopicsResponse::default());
    for topic in &wanted {
        let is_repeated = match topic.name.as_deref() {
            Some(name) => twice_by_name.contains(name),
            None => !topic.topic_id.is_zero() && twice_by_id.contains(&topic.topic_id),
        };
        if is_repeated
            && decision
                .response
                .responses
                .iter()
                .any(|other| is_same(other, topic))
        {
            continue;
        }
        let found = if is_repeated {
            let words = if topic.name.is_some() {
                DUPLICATE_NAME
            } else {
                "Duplicate topic id."
            };
            Err(Refusal::new(ErrorCode::InvalidRequest, words))
        } else {
            find(view, topic, version)
        };
        let response = match found {
            Ok(found) => {
                decision
                    .records
                    .push(RemoveTopicRecord { topic_id: found.id }.into());
                DeleteTopicsResponseTopic {
                    name: Some(ByteString::from(&*found.name)),
                    topic_id: found.id,
                    ..DeleteTopicsResponseTopic::default()
                }
            }
            Err(refusal) => DeleteTopicsResponseTopic {
                name: Some(topic.name.clone().unwrap_or_default())
                    .filter(|_| topic.name.is_some() || version < 6),
                topic_id: topic.topic_id,
                error_code: refusal.code.code(),
                error_message: refusal.text(),
            },
        };
        decision.response.responses.push(response);
    }
    decision
}

fn is_same(response: &DeleteTopicsResponseTopic, topic: &DeleteTopicsRequestTopic) -> bool {
    response.name == topic.name && response.topic_id == topic.topic_id
}

fn find<'v>(
    view: View<'v>,
    topic: &DeleteTopicsRequestTopic,
    version: i16,
) -> Result<&'v Topic, Refusal> {
    if !view.rules.delete_topic_enable {
        let is_known = version >= FIRST_WITH_DELETION_DISABLED;
        let code = if is_known {
            ErrorCode::TopicDeletionDisabled
        } else {
            ErrorCode::InvalidRequest
        };
        return Err(Refusal::new(code, code.message()));
    }
    let invalid = |words| Err(Refusal::new(ErrorCode::InvalidRequest, words));
    let (found, missing) = match topic.name.as_deref() {
        Some(_) if !topic.topic_id.is_zero() => {
            return invalid("You may not specify both topic name and topic id.");
        }
        None if topic.topic_id.is_zero() => {
            return invalid("Neither topic name nor id were specified.");
        }
        Some(name) => (view.image.topic(name), ErrorCode::UnknownTopicOrPartition),
        None => (
            view.image.topic_by_id(topic.topic_id),
            ErrorCode::UnknownTopicId,
        ),
    };
    found
        .map(AsRef::as_ref)
        .ok_or_else(|| Refusal::new(missing, missing.message()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::broker::controller::Rules;
    use crate::broker::controller::tests::{applied, found, rules, with_topics};
    use crate::broker::metadata::Image;

    fn delete(
        image: &Image,
        rules: &Rules,
        version: i16,
        topics: &[(Option<&str>, Uuid)],
    ) -> Decision<Vec<(i16, String)>> {
        let topic = |(name, topic_id): &(Option<&str>, Uuid)| DeleteTopicsRequestTopic {
            name: name.map(Into::into),
            topic_id: *topic_id,
        };
        let request = if version < 6 {
            let topic_names = topics
                .iter()
                .filter_map(|(name, _)| name.map(Into::into))
                .collect();
            DeleteTopicsRequest {
                topic_names,
                ..DeleteTopicsRequest::default()
            }
        } else {
            DeleteTopicsRequest {
                topics: topics.iter().map(topic).collect(),
                ..DeleteTopicsRequest::default()
            }
        };
        let decision = decide(View { image, rules }, &request, version);
        let outcomes = decision.response.responses.iter();
        let response = outcomes
            .map(|it| {
                (
                    it.error_code,
                    it.error_message.as_deref().unwrap_or_default().to_owned(),
                )
            })
            .collect();
        Decision {
            records: decision.records,
            response,
        }
    }

    #[test]
    fn topics_are_deleted_by_name_and_by_id() {
        let image = with_topics(&[("a", 1), ("b", 2), ("c", 1)]);
        let id = found(&image, "b").id;
        let decision = delete(&image, &rules(), 6, &[(Some("a"), Uuid::ZERO), (None, id)]);
        assert!(decision.response.iter().all(|(code, _)| *code == 0));
        let after = applied(&image, &decision.records);
        assert_eq!(
            after
                .topics()
                .map(|topic| topic.name.to_string())
                .collect::<Vec<_>>(),
            ["c"]
        );
        let decision = delete(&image, &rules(), 1, &[(Some("c"), Uuid::ZERO)]);
        assert_eq!(applied(&image, &decision.records).topic_count(), 2);
    }

    #[test]
    fn deletions_that_cannot_be_are_refused() {
        let image = with_topics(&[("a", 1)]);
        let other = Uuid::from_bytes([7; 16]);
        for (topics, code, words) in [
            (
                vec![(Some("nope"), Uuid::ZERO)],
                3,
                "This server does not host this topic-partition.",
            ),
            (
                vec![(None, other)],
                100,
                "This server does not host this topic ID.",
            ),
            (
                vec![(None, Uuid::ZERO)],
                42,
                "Neither topic name nor id were specified.",
            ),
            (
                vec![(Some("a"), other)],
                42,
                "You may not specify both topic name and topic id.",
            ),
            (
                vec![(Some("a"), Uuid::ZERO); 2],
                42,
                "Duplicate topic name.",
            ),
            (vec![(None, other); 2], 42, "Duplicate topic id."),
        ] {
            let decision = delete(&image, &rules(), 6, &topics);
            assert_eq!(
                (decision.records.len(), decision.response),
                (0, vec![(code, words.to_owned())])
            );
        }
        let fixed = Rules {
            delete_topic_enable: false,
            ..rules()
        };
        assert_eq!(
            delete(&image, &fixed, 2, &[(Some("a"), Uuid::ZERO)]).response[0].0,
            42
        );
        assert_eq!(
            delete(&image, &fixed, 3, &[(Some("a"), Uuid::ZERO)]).response[0].0,
            73
        );
    }
}
