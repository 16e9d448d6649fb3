"""confluent-kafka (librdkafka): python confluent.py BOOTSTRAP before|after|in|out [COUNT]

before and after stand around a restart of the broker: create a topic, produce, consume half of it by group, commit;
then resume where the group was and clean up. in and out: COUNT records of 100 bytes each way.
"""

import json
import sys
import time

from confluent_kafka import OFFSET_INVALID, Consumer, ConsumerGroupTopicPartitions, KafkaError, Producer, TopicPartition
from confluent_kafka.admin import AdminClient, AlterConfigOpType, ConfigEntry, ConfigResource, NewPartitions, NewTopic

from verdict import check, in_order, settles, settles

BOOTSTRAP, PHASE = sys.argv[1:3]
TOPIC, GROUP, COUNT = "confluent-orders", "confluent-workers", 300
DEADLINE = 60


def producer(**config):
    return Producer({"bootstrap.servers": BOOTSTRAP, "client.id": "python-producer", **config})


def consumer(group, **config):
    return Consumer(
        {"bootstrap.servers": BOOTSTRAP, "group.id": group, "auto.offset.reset": "earliest", **config}
    )


def poll(source, count):
    """COUNT records in a poll loop."""
    records, end = [], time.monotonic() + DEADLINE
    while len(records) < count and time.monotonic() < end:
        message = source.poll(1.0)
        if message is None:
            continue
        if message.error():
            sys.exit(f"WRONG consumer error: {message.error()}")
        records.append(message)
    check("records polled", len(records), count)
    in_order([(record.partition(), json.loads(record.value())["order"]) for record in records])
    return records


def all_of(futures):
    for future in futures.values():
        future.result(DEADLINE)


def before():
    admin = AdminClient({"bootstrap.servers": BOOTSTRAP})
    topic = NewTopic(TOPIC, num_partitions=2, replication_factor=1, config={"retention.ms": "3600000"})
    all_of(admin.create_topics([topic]))
    all_of(admin.create_partitions([NewPartitions(TOPIC, 3)]))
    settles("partitions", lambda: len(admin.list_topics(TOPIC, timeout=DEADLINE).topics[TOPIC].partitions), 3)
    resource = ConfigResource(ConfigResource.Type.TOPIC, TOPIC)
    entry = ConfigEntry("max.message.bytes", "200000", incremental_operation=AlterConfigOpType.SET)
    change = ConfigResource(ConfigResource.Type.TOPIC, TOPIC, incremental_configs=[entry])
    all_of(admin.incremental_alter_configs([change]))

    def config(key):
        (future,) = admin.describe_configs([resource]).values()
        return future.result(DEADLINE)[key].value

    settles("retention.ms", lambda: config("retention.ms"), "3600000")
    settles("max.message.bytes", lambda: config("max.message.bytes"), "200000")

    delivered = []

    def on_delivery(error, message):
        if error is not None:
            sys.exit(f"WRONG delivery: {error}")
        delivered.append((message.partition(), message.offset()))

    source = producer()
    for order in range(COUNT):
        value = json.dumps({"order": order, "total": order * 1.5})
        source.produce(TOPIC, key=f"customer-{order % 7}", value=value, headers=[("n", b"1")], callback=on_delivery)
        source.poll(0)
    check("undelivered after flush", source.flush(DEADLINE), 0)
    check("delivery reports", len(set(delivered)), COUNT)

    sink = consumer(GROUP, **{"enable.auto.commit": False})
    sink.subscribe([TOPIC])
    records = poll(sink, COUNT // 2)
    check("header", records[0].headers(), [("n", b"1")])
    sink.commit(asynchronous=False)
    sink.close()

    idempotent = producer(**{"enable.idempotence": True, "compression.type": "zstd"})
    idempotent.produce("confluent-created-by-use", b"x", on_delivery=on_delivery)
    check("undelivered by an idempotent producer", idempotent.flush(DEADLINE), 0)


def after():
    admin = AdminClient({"bootstrap.servers": BOOTSTRAP})
    request = [ConsumerGroupTopicPartitions(GROUP)]
    committed = admin.list_consumer_group_offsets(request)[GROUP].result(DEADLINE).topic_partitions
    at = {part.partition: part.offset for part in committed if part.offset != OFFSET_INVALID}
    check("committed", sum(at.values()), COUNT // 2)
    sink = consumer(GROUP, **{"enable.auto.commit": False})
    sink.subscribe([TOPIC])
    records = poll(sink, COUNT - COUNT // 2)
    resumed = {}
    for record in records:
        resumed.setdefault(record.partition(), record.offset())
    for partition, offset in resumed.items():
        check(f"resumed offset of partition {partition}", offset, at.get(partition, 0))
    check("more records", sink.poll(0.5), None)
    ends = {part: sink.get_watermark_offsets(TopicPartition(TOPIC, part), timeout=DEADLINE) for part in range(3)}
    check("end offsets", sum(high for _, high in ends.values()), COUNT)
    group = admin.describe_consumer_groups([GROUP])[GROUP].result(DEADLINE)
    check("group state", group.state.name, "STABLE")
    check("group members", len(group.members), 1)
    sink.commit(asynchronous=False)
    sink.close()
    groups = [group.group_id for group in admin.list_consumer_groups().result(DEADLINE).valid]
    check("group is listed", GROUP in groups, True)
    all_of(admin.delete_consumer_groups([GROUP]))
    all_of(admin.delete_topics([TOPIC, "confluent-created-by-use"], operation_timeout=10))
    topics = admin.list_topics(timeout=DEADLINE).topics
    check("topic is gone", TOPIC in topics, False)


def flow_in(count):
    failures = []

    def on_delivery(error, _message):
        if error is not None:
            failures.append(error)

    source = producer(**{"linger.ms": 5, "queue.buffering.max.messages": 500000})
    for number in range(count):
        value = b"%020d" % number + b"." * 80
        while True:
            try:
                source.produce("confluent-flow", value, partition=number % 4, on_delivery=on_delivery)
                break
            except BufferError:
                source.poll(0.1)
        source.poll(0)
    check("undelivered after flush", source.flush(DEADLINE), 0)
    check("failed deliveries", len(failures), 0)


def flow_out(count):
    sink = consumer("confluent-flow", **{"enable.partition.eof": True})
    sink.subscribe(["confluent-flow"])
    following, ended, end = {part: part for part in range(4)}, set(), time.monotonic() + 2 * DEADLINE
    while len(ended) < 4 and time.monotonic() < end:
        for message in sink.consume(10000, 1.0):
            partition = message.partition()
            if message.error():
                if message.error().code() != KafkaError._PARTITION_EOF:
                    sys.exit(f"WRONG consumer error: {message.error()}")
                ended.add(partition)
            elif int(message.value()[:20]) != following[partition] or len(message.value()) != 100:
                sys.exit(f"WRONG record: {message.value()}, expected {following[partition]}")
            else:
                following[partition] += 4
    check("next of each partition", sorted(following.values()), [count + part for part in range(4)])
    sink.close()


match PHASE:
    case "before":
        before()
    case "after":
        after()
    case "in":
        flow_in(int(sys.argv[3]))
    case "out":
        flow_out(int(sys.argv[3]))
