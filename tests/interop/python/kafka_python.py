"""kafka-python: python kafka_python.py BOOTSTRAP before|after, around a restart of the broker."""

import json
import sys

from kafka import KafkaConsumer, KafkaProducer, TopicPartition
from kafka.admin import ConfigResource, ConfigResourceType, KafkaAdminClient, NewTopic

from verdict import check, in_order, settles, settles

BOOTSTRAP, PHASE = sys.argv[1:3]
TOPIC, GROUP, COUNT = "kafka-python-orders", "kafka-python-workers", 300


def consumer(**config):
    return KafkaConsumer(
        TOPIC,
        bootstrap_servers=BOOTSTRAP,
        group_id=GROUP,
        auto_offset_reset="earliest",
        enable_auto_commit=False,
        consumer_timeout_ms=30000,
        **config,
    )


def poll(source, count):
    records = []
    while len(records) < count:
        record = next(source, None)
        if record is None:
            break
        records.append(record)
    check("records polled", len(records), count)
    in_order([(record.partition, json.loads(record.value)["order"]) for record in records])
    return records


def before():
    admin = KafkaAdminClient(bootstrap_servers=BOOTSTRAP)
    admin.create_topics([NewTopic(TOPIC, 2, 1, topic_configs={"retention.ms": "3600000"})])
    admin.create_partitions({TOPIC: 3})
    settles("partitions", lambda: len(admin.describe_topics([TOPIC])[0]["partitions"]), 3)
    admin.alter_configs([ConfigResource(ConfigResourceType.TOPIC, TOPIC, {"max.message.bytes": "200000"})])
    topic = ConfigResource(ConfigResourceType.TOPIC, TOPIC)
    values = ["3600000", "200000"]
    settles("configs", lambda: [value for value in values if value in str(admin.describe_configs([topic]))], values)

    producer = KafkaProducer(
        bootstrap_servers=BOOTSTRAP,
        acks="all",
        compression_type="gzip",
    )
    sends = []
    for order in range(COUNT):
        value, key = json.dumps({"order": order}).encode(), f"customer-{order % 7}".encode()
        sends.append(producer.send(TOPIC, value, key=key, headers=[("n", b"1")]))
    producer.flush(30)
    places = {(send.get(30).partition, send.get(30).offset) for send in sends}
    check("places acknowledged", len(places), COUNT)
    producer.close()

    sink = consumer()
    records = poll(sink, COUNT // 2)
    check("header", list(records[0].headers), [("n", b"1")])
    sink.commit()
    sink.close()
    admin.close()


def after():
    sink = consumer()
    parts = [TopicPartition(TOPIC, part) for part in range(3)]
    at = {part.partition: sink.committed(part) or 0 for part in parts}
    check("committed", sum(at.values()), COUNT // 2)
    resumed = {}
    for record in poll(sink, COUNT - COUNT // 2):
        resumed.setdefault(record.partition, record.offset)
    check("resumed offsets", resumed, {part: at[part] for part in resumed})
    check("end offsets", sum(sink.end_offsets(parts).values()), COUNT)
    check("beginning offsets", sum(sink.beginning_offsets(parts).values()), 0)
    times = sink.offsets_for_times({parts[0]: 0})
    check("offset at time 0", times[parts[0]].offset if times[parts[0]] else 0, 0)
    admin = KafkaAdminClient(bootstrap_servers=BOOTSTRAP)
    check("group is described", "Stable" in str(admin.describe_groups([GROUP])), True)
    sink.commit()
    sink.close()
    check("group is listed", GROUP in str(admin.list_groups()), True)
    admin.delete_groups([GROUP])
    check("group is gone", GROUP in str(admin.list_groups()), False)
    admin.delete_topics([TOPIC])
    check("topic is gone", TOPIC in admin.list_topics(), False)
    admin.close()


{"before": before, "after": after}[PHASE]()
