//! `CreateTopics`.

use std::collections::BTreeMap;

use crate::broker::controller::configs::{describe, validate_topic};
use crate::broker::controller::{
    Chance, Decision, PARTITIONS_PER_REQUEST_MAX, Refusal, View, placement, repeated, topic_name,
};
use crate::broker::metadata::MetadataRecord;
use crate::broker::metadata::image::ConfigMap;
use crate::protocol::config::ResourceType;
use crate::protocol::messages::{
    ConfigRecord, CreateTopicsRequest, CreateTopicsRequestTopic, CreateTopicsResponse,
    CreateTopicsResponseTopic, TopicRecord,
};
use crate::protocol::{ErrorCode, Uuid};

use super::{DUPLICATE_NAME, TOO_MANY_PARTITIONS, check_assignment, partition_record};

/// The partition counts and replication factors that stand for the broker's defaults.
const DEFAULT: i32 = -1;

/// A topic that can be created.
struct Plan {
    records: Vec<MetadataRecord>,
    response: CreateTopicsResponseTopic,
}

/// Decides on a request to create topics; each stands alone, but for the sum of their partitions.
pub fn decide(
    view: View<'_>,
    request: &CreateTopicsRequest,
    chance: Chance<'_>,
) -> Decision<CreateTopicsResponse> {
    let twice = repeated(request.topics.iter().map(|topic| &*topic.name));
    let too_many = too_many_partitions(view, request);
    let mut decision = Decision::only(CreateTopicsResponse::default());
    for topic in &request.topics {
        let response = &mut decision.response.topics;
        if twice.contains(&*topic.name) {
            if !response.iter().any(|other| other.name == topic.name) {
                let refusal = Refusal::new(ErrorCode::InvalidRequest, DUPLICATE_NAME);
                response.push(refused(topic, &refusal));
            }
            continue;
        }
        let plan = if too_many {
            Err(Refusal::new(
                ErrorCode::PolicyViolation,
                TOO_MANY_PARTITIONS,
            ))
        } else {
            plan(view, topic, chance)
        };
        match plan {
            Ok(plan) => {
                response.push(plan.response);
                decision.records.extend(plan.records);
            }
            Err(refusal) => response.push(refused(topic, &refusal)),
        }
    }
    decision.unless(request.validate_only)
}

fn refused(topic: &CreateTopicsRequestTopic, refusal: &Refusal) -> CreateTopicsResponseTopic {
    CreateTopicsResponseTopic {
        name: topic.name.clone(),
        error_code: refusal.code.code(),
        error_message: refusal.text(),
        num_partitions: -1,
        replication_factor: -1,
        configs: Some(Vec::new()),
        ..CreateTopicsResponseTopic::default()
    }
}

fn too_many_partitions(view: View<'_>, request: &CreateTopicsRequest) -> bool {
    let wanted = request
        .topics
        .iter()
        .map(|topic| match topic.num_partitions {
            _ if !topic.assignments.is_empty() => {
                i64::try_from(topic.assignments.len()).unwrap_or(i64::MAX)
            }
            DEFAULT => view.rules.num_partitions.into(),
            count => i64::from(count).max(0),
        });
    wanted.fold(0, i64::saturating_add) > PARTITIONS_PER_REQUEST_MAX
}

fn plan(
    view: View<'_>,
    topic: &CreateTopicsRequestTopic,
    chance: Chance<'_>,
) -> Result<Plan, Refusal> {
    check_name(view, &topic.name)?;
    let configs = configs(topic)?;
    validate_topic(&configs)?;
    let replicas = replicas(view, topic, chance)?;
    let id = new_id(view, chance);
    let mut records = vec![MetadataRecord::from(TopicRecord {
        name: topic.name.clone(),
        topic_id: id,
    })];
    records.extend(configs.iter().map(|(name, value)| {
        MetadataRecord::from(ConfigRecord {
            resource_type: ResourceType::Topic.code(),
            resource_name: topic.name.clone(),
            name: name.as_str().into(),
            value: Some(value.as_str().into()),
        })
    }));
    let factor = replicas.first().map_or(0, Vec::len);
    let response = CreateTopicsResponseTopic {
        name: topic.name.clone(),
        topic_id: id,
        num_partitions: i32::try_from(replicas.len()).unwrap_or(i32::MAX),
        replication_factor: i16::try_from(factor).unwrap_or(i16::MAX),
        configs: Some(describe::created(view, &configs)),
        ..CreateTopicsResponseTopic::default()
    };
    for (partition, replicas) in (0..).zip(replicas) {
        records.push(partition_record(view, id, partition, replicas)?);
    }
    Ok(Plan { records, response })
}

fn check_name(view: View<'_>, name: &str) -> Result<(), Refusal> {
    if name == "__cluster_metadata" {
        let words = "Creation of internal topic __cluster_metadata is prohibited.";
        return Err(Refusal::new(ErrorCode::InvalidRequest, words));
    }
    topic_name::check(name)
        .map_err(|words| Refusal::new(ErrorCode::InvalidTopicException, words))?;
    if view.image.topic(name).is_some() {
        return Err(Refusal::new(
            ErrorCode::TopicAlreadyExists,
            format!("Topic '{name}' already exists."),
        ));
    }
    match topic_name::colliding(view.image, name) {
        Some(other) => {
            let words = format!("Topic '{name}' collides with existing topic: {other}");
            Err(Refusal::new(ErrorCode::InvalidTopicException, words))
        }
        None => Ok(()),
    }
}

/// Of a key given twice the later value counts.
fn configs(topic: &CreateTopicsRequestTopic) -> Result<ConfigMap, Refusal> {
    let mut configs = ConfigMap::new();
    let mut nulls = Vec::new();
    for config in &topic.configs {
        match &config.value {
            Some(value) => {
                configs.insert(config.name.to_string(), value.to_string());
            }
            None => nulls.push(&*config.name),
        }
    }
    if nulls.is_empty() {
        return Ok(configs);
    }
    let words = format!(
        "Null value not supported for topic configs: {}",
        nulls.join(",")
    );
    Err(Refusal::new(ErrorCode::InvalidConfig, words))
}

/// The replicas of each partition, from 0.
fn replicas(
    view: View<'_>,
    topic: &CreateTopicsRequestTopic,
    chance: Chance<'_>,
) -> Result<Vec<Vec<i32>>, Refusal> {
    if !topic.assignments.is_empty() {
        return assigned(view, topic);
    }
    let factor = match i32::from(topic.replication_factor) {
        DEFAULT => view.rules.default_replication_factor,
        factor if factor > 0 => topic.replication_factor,
        _ => {
            let words = "Replication factor must be larger than 0, or -1 to use the default value.";
            return Err(Refusal::new(ErrorCode::InvalidReplicationFactor, words));
        }
    };
    let count = match topic.num_partitions {
        DEFAULT => view.rules.num_partitions,
        count if count > 0 => count,
        _ => {
            let words = "Number of partitions was set to an invalid non-positive value.";
            return Err(Refusal::new(ErrorCode::InvalidPartitions, words));
        }
    };
    let start = usize::try_from(chance() & 0xffff).unwrap_or_default();
    let (count, factor) = (
        usize::try_from(count).unwrap_or_default(),
        usize::try_from(factor).unwrap_or_default(),
    );
    placement::place(view.image, count, factor, start)
}

fn assigned(view: View<'_>, topic: &CreateTopicsRequestTopic) -> Result<Vec<Vec<i32>>, Refusal> {
    let set_both = |what: &str| {
        let words =
            format!("A manual partition assignment was specified, but {what} was not set to -1.");
        Err(Refusal::new(ErrorCode::InvalidRequest, words))
    };
    if i32::from(topic.replication_factor) != DEFAULT {
        return set_both("replication factor");
    }
    if topic.num_partitions != DEFAULT {
        return set_both("numPartitions");
    }
    let refuse = |words: String| Err(Refusal::new(ErrorCode::InvalidReplicaAssignment, words));
    let mut partitions: BTreeMap<i32, Vec<i32>> = BTreeMap::new();
    let mut factor = None;
    for assignment in &topic.assignments {
        let partition = assignment.partition_index;
        if partitions.contains_key(&partition) {
            return refuse(format!(
                "Found multiple manual partition assignments for partition {partition}"
            ));
        }
        check_assignment(view, &assignment.broker_ids, factor)?;
        factor = Some(assignment.broker_ids.len());
        partitions.insert(partition, assignment.broker_ids.clone());
    }
    if !(0..)
        .zip(partitions.keys())
        .all(|(expected, partition)| expected == *partition)
    {
        return refuse("partitions should be a consecutive 0-based integer sequence".to_owned());
    }
    Ok(partitions.into_values().collect())
}

fn new_id(view: View<'_>, chance: Chance<'_>) -> Uuid {
    loop {
        let id = Uuid::from_bytes(chance().to_be_bytes());
        if id.is_usable() && view.image.topic_by_id(id).is_none() {
            return id;
        }
    }
}
