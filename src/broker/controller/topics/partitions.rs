//! `CreatePartitions`.

use crate::broker::controller::{
    Chance, Decision, PARTITIONS_PER_REQUEST_MAX, Refusal, View, placement, repeated,
};
use crate::broker::metadata::{MetadataRecord, Topic};
use crate::protocol::ErrorCode;
use crate::protocol::messages::{
    CreatePartitionsRequest, CreatePartitionsRequestAssignment, CreatePartitionsRequestTopic,
    CreatePartitionsResponse, CreatePartitionsResponseResult,
};

use super::{DUPLICATE_NAME, TOO_MANY_PARTITIONS, check_assignment, partition_record};

/// Decides on a request to give topics more partitions.
pub fn decide(
    view: View<'_>,
    request: &CreatePartitionsRequest,
    chance: Chance<'_>,
) -> Decision<CreatePartitionsResponse> {
    let twice = repeated(request.topics.iter().map(|topic| &*topic.name));
    let mut decision = Decision::only(CreatePartitionsResponse::default());
    for topic in &request.topics {
        let is_repeated = twice.contains(&*topic.name);
        if is_repeated
            && decision
                .response
                .results
                .iter()
                .any(|other| other.name == topic.name)
        {
            continue;
        }
        let planned = if is_repeated {
            Err(Refusal::new(ErrorCode::InvalidRequest, DUPLICATE_NAME))
        } else {
            plan(view, topic, chance)
        };
        let mut result = CreatePartitionsResponseResult {
            name: topic.name.clone(),
            ..CreatePartitionsResponseResult::default()
        };
        match planned {
            Ok(records) => decision.records.extend(records),
            Err(refusal) => {
                result.error_code = refusal.code.code();
                result.error_message = refusal.text();
            }
        }
        decision.response.results.push(result);
    }
    decision.unless(request.validate_only)
}

fn plan(
    view: View<'_>,
    wanted: &CreatePartitionsRequestTopic,
    chance: Chance<'_>,
) -> Result<Vec<MetadataRecord>, Refusal> {
    let missing = || Refusal::bare(ErrorCode::UnknownTopicOrPartition);
    let topic = view.image.topic(&wanted.name).ok_or_else(missing)?;
    let additional = additional(topic, wanted.count)?;
    let replicas = if let Some(assignments) = &wanted.assignments {
        assigned(view, topic, additional, assignments)?
    } else {
        let start = usize::try_from(chance() & 0xffff).unwrap_or_default();
        placement::place(
            view.image,
            additional,
            replication_factor(topic).unwrap_or(1),
            start,
        )?
    };
    let first = topic
        .partitions
        .keys()
        .next_back()
        .map_or(0, |last| last.saturating_add(1));
    (first..)
        .zip(replicas)
        .map(|(partition, replicas)| partition_record(view, topic.id, partition, replicas))
        .collect()
}

fn assigned(
    view: View<'_>,
    topic: &Topic,
    additional: usize,
    assignments: &[CreatePartitionsRequestAssignment],
) -> Result<Vec<Vec<i32>>, Refusal> {
    if assignments.len() != additional {
        let words = format!(
            "Attempted to add {additional} additional partition(s), but only {} assignment(s) were specified.",
            assignments.len()
        );
        return Err(Refusal::new(ErrorCode::InvalidReplicaAssignment, words));
    }
    for assignment in assignments {
        check_assignment(view, &assignment.broker_ids, replication_factor(topic))?;
    }
    Ok(assignments
        .iter()
        .map(|assignment| assignment.broker_ids.clone())
        .collect())
}

/// How many partitions are to be added to reach `count`.
fn additional(topic: &Topic, count: i32) -> Result<usize, Refusal> {
    let current = i64::try_from(topic.partitions.len()).unwrap_or(i64::MAX);
    let additional = i64::from(count).saturating_sub(current);
    let words = match additional {
        0 => format!("Topic already has {current} partition(s)."),
        ..0 => format!(
            "The topic {} currently has {current} partition(s); {count} would not be an increase.",
            topic.name
        ),
        _ if additional > PARTITIONS_PER_REQUEST_MAX => {
            return Err(Refusal::new(
                ErrorCode::PolicyViolation,
                TOO_MANY_PARTITIONS,
            ));
        }
        _ => return Ok(usize::try_from(additional).unwrap_or_default()),
    };
    Err(Refusal::new(ErrorCode::InvalidPartitions, words))
}

/// What the topic's first partition has.
fn replication_factor(topic: &Topic) -> Option<usize> {
    topic
        .partitions
        .values()
        .next()
        .map(|partition| partition.replicas.len())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::broker::controller::tests::{applied, chance, found, rules, with_topics};
    use crate::broker::metadata::Image;

    type Growth<'g> = (&'g str, i32, Option<&'g [&'g [i32]]>);

    fn grow(image: &Image, topics: &[Growth<'_>]) -> Decision<Vec<(i16, String)>> {
        let assignment = |brokers: &&[i32]| CreatePartitionsRequestAssignment {
            broker_ids: brokers.to_vec(),
        };
        let topic = |(name, count, assignments): &Growth<'_>| CreatePartitionsRequestTopic {
            name: (*name).into(),
            count: *count,
            assignments: assignments.map(|all| all.iter().map(assignment).collect()),
        };
        let request = CreatePartitionsRequest {
            topics: topics.iter().map(topic).collect(),
            ..CreatePartitionsRequest::default()
        };
        let decision = decide(
            View {
                image,
                rules: &rules(),
            },
            &request,
            &mut chance(),
        );
        let outcomes = decision.response.results.iter();
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
    fn partitions_are_added_behind_the_last() {
        let image = with_topics(&[("a", 2)]);
        let after = applied(&image, &grow(&image, &[("a", 4, None)]).records);
        assert_eq!(
            found(&after, "a").partitions.keys().collect::<Vec<_>>(),
            [&0, &1, &2, &3]
        );
        let after = applied(&image, &grow(&image, &[("a", 3, Some(&[&[1]]))]).records);
        assert_eq!(found(&after, "a").partitions[&2].leader, Some(1));
    }

    #[test]
    fn additions_that_cannot_be_are_refused() {
        let image = with_topics(&[("a", 2)]);
        for (name, count, assignments, code, words) in [
            ("a", 2, None, 37, "Topic already has 2 partition(s)."),
            (
                "a",
                1,
                None,
                37,
                "The topic a currently has 2 partition(s); 1 would not be an increase.",
            ),
            (
                "a",
                -5,
                None,
                37,
                "The topic a currently has 2 partition(s); -5 would not be an increase.",
            ),
            ("nope", 3, None, 3, ""),
            (
                "a",
                20_000,
                None,
                44,
                "Excessively large number of partitions per request.",
            ),
            (
                "a",
                4,
                Some(&[&[1][..]][..]),
                39,
                "Attempted to add 2 additional partition(s), but only 1 assignment(s) were specified.",
            ),
            (
                "a",
                3,
                Some(&[&[9][..]][..]),
                39,
                "The manual partition assignment includes broker 9, but no such broker is registered.",
            ),
            (
                "a",
                3,
                Some(&[&[][..]][..]),
                39,
                "The manual partition assignment includes an empty replica list.",
            ),
            (
                "a",
                3,
                Some(&[&[1, 1][..]][..]),
                39,
                "The manual partition assignment includes the broker 1 more than once.",
            ),
        ] {
            let decision = grow(&image, &[(name, count, assignments)]);
            assert_eq!(
                (decision.records.len(), decision.response),
                (0, vec![(code, words.to_owned())])
            );
        }
        let twice = grow(&image, &[("a", 3, None), ("a", 4, None)]);
        assert_eq!(twice.response, [(42, "Duplicate topic name.".to_owned())]);
    }
}
