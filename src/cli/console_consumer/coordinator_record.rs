//! Records of the coordinators' topics as JSON (Kafka's `CoordinatorRecordMessageFormatter` and its heirs).

use base64::{Engine, engine::general_purpose::STANDARD};
use bytes::Bytes;
use serde_json::{Map, Value, json};

use super::deserializer::Malformed;
use crate::protocol::{
    Uuid,
    messages::{
        Decoder, GroupMetadataKey, GroupMetadataValue, GroupMetadataValueMember, Message,
        OffsetCommitKey, OffsetCommitValue, TransactionLogKey, TransactionLogValue,
    },
    record::RecordRef,
};

/// Which records are printed; others of the same topic are passed over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CoordinatorRecord {
    /// Committed offsets in `__consumer_offsets`.
    Offset,
    /// Classic groups in `__consumer_offsets`.
    Group,
    /// `__transaction_state`.
    Transaction,
}

impl CoordinatorRecord {
    /// The record as JSON; none if it is of another kind.
    ///
    /// # Errors
    /// [`Malformed`] when the bytes are not what their type and version say.
    pub fn json(self, record: &RecordRef<'_>) -> Result<Option<Value>, Malformed> {
        self.parts(record).map_err(|why| {
            let offset = record.offset;
            Malformed::new(format!(
                "Could not read record at offset {offset} due to: {why}"
            ))
        })
    }

    fn parts(self, record: &RecordRef<'_>) -> Result<Option<Value>, String> {
        let Some(key) = record.key else {
            return Ok(None);
        };
        let (number, key) = numbered(key, "key")?;
        let (key, value) = match (self, number) {
            (Self::Offset, 0 | 1) => (
                offset_key(&decode(key, 0, number, "key")?),
                value(record, number, offset_value)?,
            ),
            (Self::Group, 2) => (
                group_key(&decode(key, 0, number, "key")?),
                value(record, number, group_value)?,
            ),
            (Self::Transaction, 0) => (
                transaction_key(&decode(key, 0, number, "key")?),
                value(record, number, transaction_value)?,
            ),
            _ => return Ok(None),
        };
        Ok(Some(
            json!({"key": {"type": number, "data": key}, "value": value}),
        ))
    }
}

/// The number that a key or a value begins with, and the rest.
fn numbered(bytes: &[u8], part: &str) -> Result<(i16, Decoder), String> {
    let mut input = Decoder::new(Bytes::copy_from_slice(bytes));
    let number = input.i16();
    let number =
        number.map_err(|_short| format!("Could not read version from {part}'s buffer."))?;
    Ok((number, input))
}

fn decode<M: Message>(
    mut input: Decoder,
    schema: i16,
    number: i16,
    part: &str,
) -> Result<M, String> {
    M::decode(&mut input, schema).map_err(|error| {
        format!("Could not read record with version {number} from {part}'s buffer due to: {error}.")
    })
}

fn value<M: Message>(
    record: &RecordRef<'_>,
    kind: i16,
    fields: fn(&M, i16) -> Value,
) -> Result<Value, String> {
    let Some(bytes) = record.value else {
        return Ok(Value::Null);
    };
    let (version, input) = numbered(bytes, "value")?;
    if !M::VERSIONS.contains(&version) {
        return Err(format!(
            "Found an unknown record version {version} for {kind} type"
        ));
    }
    let message = decode(input, version, version, "value")?;
    Ok(json!({"version": version, "data": fields(&message, version)}))
}

fn offset_key(key: &OffsetCommitKey) -> Value {
    json!({"group": &*key.group, "topic": &*key.topic, "partition": key.partition})
}

fn offset_value(value: &OffsetCommitValue, version: i16) -> Value {
    let mut fields = Fields::default();
    fields.add("offset", value.offset);
    fields.add_if(version >= 3, "leaderEpoch", value.leader_epoch);
    fields.add("metadata", &*value.metadata);
    fields.add("commitTimestamp", value.commit_timestamp);
    fields.add_if(version == 1, "expireTimestamp", value.expire_timestamp);
    fields.add_if(
        value.topic_id != Uuid::ZERO,
        "topicId",
        value.topic_id.to_string(),
    );
    Value::Object(fields.0)
}

fn group_key(key: &GroupMetadataKey) -> Value {
    json!({"group": &*key.group})
}

fn group_value(value: &GroupMetadataValue, version: i16) -> Value {
    let member = |member: &GroupMetadataValueMember| {
        let mut fields = Fields::default();
        fields.add("memberId", &*member.member_id);
        fields.add_if(
            version >= 3,
            "groupInstanceId",
            member.group_instance_id.as_deref(),
        );
        fields.add("clientId", &*member.client_id);
        fields.add("clientHost", &*member.client_host);
        fields.add_if(version >= 1, "rebalanceTimeout", member.rebalance_timeout);
        fields.add("sessionTimeout", member.session_timeout);
        fields.add("subscription", STANDARD.encode(&member.subscription));
        fields.add("assignment", STANDARD.encode(&member.assignment));
        Value::Object(fields.0)
    };
    let mut fields = Fields::default();
    fields.add("protocolType", &*value.protocol_type);
    fields.add("generation", value.generation);
    fields.add("protocol", value.protocol.as_deref());
    fields.add("leader", value.leader.as_deref());
    fields.add_if(
        version >= 2,
        "currentStateTimestamp",
        value.current_state_timestamp,
    );
    fields.add(
        "members",
        value.members.iter().map(member).collect::<Vec<_>>(),
    );
    Value::Object(fields.0)
}

fn transaction_key(key: &TransactionLogKey) -> Value {
    json!({"transactionalId": &*key.transactional_id})
}

fn transaction_value(value: &TransactionLogValue, _version: i16) -> Value {
    let partitions = value.transaction_partitions.as_ref().map(|topics| {
        let topics = topics.iter();
        let topic = topics
            .map(|topic| json!({"topic": &*topic.topic, "partitionIds": topic.partition_ids}));
        topic.collect::<Vec<_>>()
    });
    let mut fields = Fields::default();
    fields.add("producerId", value.producer_id);
    fields.add_if(
        value.previous_producer_id != -1,
        "previousProducerId",
        value.previous_producer_id,
    );
    fields.add_if(
        value.next_producer_id != -1,
        "nextProducerId",
        value.next_producer_id,
    );
    fields.add("producerEpoch", value.producer_epoch);
    fields.add_if(
        value.next_producer_epoch != -1,
        "nextProducerEpoch",
        value.next_producer_epoch,
    );
    fields.add("transactionTimeoutMs", value.transaction_timeout_ms);
    fields.add("transactionStatus", value.transaction_status);
    fields.add("transactionPartitions", partitions);
    fields.add(
        "transactionLastUpdateTimestampMs",
        value.transaction_last_update_timestamp_ms,
    );
    fields.add(
        "transactionStartTimestampMs",
        value.transaction_start_timestamp_ms,
    );
    let client = value.client_transaction_version;
    fields.add_if(client != 0, "clientTransactionVersion", client);
    Value::Object(fields.0)
}

/// Fields in Kafka's order. Those that a version does not have, and optional ones at their default, are left out.
#[derive(Default)]
struct Fields(Map<String, Value>);

impl Fields {
    fn add(&mut self, name: &str, value: impl Into<Value>) {
        self.0.insert(name.to_owned(), value.into());
    }

    fn add_if(&mut self, is_there: bool, name: &str, value: impl Into<Value>) {
        if is_there {
            self.add(name, value);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::console_consumer::formatter::tests::with_record;

    /// What is printed for a key and a value in hexadecimal.
    fn printed(kind: CoordinatorRecord, key: &[u8], value: Option<&[u8]>) -> String {
        with_record(Some(key), value, &[], |found| {
            kind.json(found.record).map_or_else(
                |malformed| malformed.to_string(),
                |json| json.map_or("passed over".to_owned(), |json| json.to_string()),
            )
        })
    }

    const OFFSET_KEY: &[u8] = b"\0\x01\0\x02gg\0\x02tt\0\0\0\x07";

    #[test]
    fn an_offset_shows_the_fields_of_its_version() {
        let key = r#"{"key":{"type":1,"data":{"group":"gg","topic":"tt","partition":7}},"value":"#;
        let third = b"\0\x03\0\0\0\0\0\0\0\x05\0\0\0\x04\0\x01m\0\0\0\0\0\0\0\x09";
        assert_eq!(
            printed(CoordinatorRecord::Offset, OFFSET_KEY, Some(third)),
            format!(
                "{key}{}",
                r#"{"version":3,"data":{"offset":5,"leaderEpoch":4,"metadata":"m","commitTimestamp":9}}}"#
            )
        );
        let first = b"\0\x01\0\0\0\0\0\0\0\x05\0\x01m\0\0\0\0\0\0\0\x09\0\0\0\0\0\0\0\x0a";
        assert_eq!(
            printed(CoordinatorRecord::Offset, OFFSET_KEY, Some(first)),
            format!(
                "{key}{}",
                r#"{"version":1,"data":{"offset":5,"metadata":"m","commitTimestamp":9,"expireTimestamp":10}}}"#
            )
        );
        assert_eq!(
            printed(CoordinatorRecord::Offset, OFFSET_KEY, None),
            format!("{key}null}}")
        );
    }

    #[test]
    fn a_transaction_shows_no_optional_field_at_its_default() {
        let key = b"\0\0\0\x03tx1";
        let fields = b"\0\0\0\0\0\0\0\x01\0\x02\0\0\xea\x60\x01\0\0\0\x01\0\x01t\0\0\0\x01\0\0\0\x03\0\0\0\0\0\0\0\x08\0\0\0\0\0\0\0\x07";
        let value = [b"\0\0", &fields[..]].concat();
        assert_eq!(
            printed(CoordinatorRecord::Transaction, key, Some(&value)),
            r#"{"key":{"type":0,"data":{"transactionalId":"tx1"}},"value":{"version":0,"data":{"producerId":1,"producerEpoch":2,"transactionTimeoutMs":60000,"transactionStatus":1,"transactionPartitions":[{"topic":"t","partitionIds":[3]}],"transactionLastUpdateTimestampMs":8,"transactionStartTimestampMs":7}}}"#
        );
    }

    #[test]
    fn records_of_another_kind_are_passed_over() {
        for (kind, key) in [
            (CoordinatorRecord::Group, OFFSET_KEY),
            (CoordinatorRecord::Offset, b"\0\x02\0\x01g"),
            (CoordinatorRecord::Transaction, b"\0\x63\0\x01g"),
        ] {
            assert_eq!(printed(kind, key, Some(b"\0\0")), "passed over");
        }
    }

    #[test]
    fn bytes_that_are_no_record_are_told_in_kafkas_words() {
        let said = |key: &[u8], value: &[u8]| printed(CoordinatorRecord::Offset, key, Some(value));
        let at = "Could not read record at offset 0 due to: ";
        assert_eq!(
            said(b"k", b"v"),
            format!("{at}Could not read version from key's buffer.")
        );
        assert_eq!(
            said(OFFSET_KEY, b"\0\x09zz"),
            format!("{at}Found an unknown record version 9 for 1 type")
        );
        assert!(said(OFFSET_KEY, b"\0\x03zz").starts_with(&format!(
            "{at}Could not read record with version 3 from value's buffer due to: "
        )));
    }
}
