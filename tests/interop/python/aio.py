"""aiokafka: python aio.py BOOTSTRAP before|after, around a restart of the broker."""

import asyncio
import json
import sys

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient, NewPartitions, NewTopic
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType

from verdict import check, in_order

BOOTSTRAP, PHASE = sys.argv[1:3]
TOPIC, GROUP, COUNT = "aiokafka-orders", "aiokafka-workers", 300


def consumer():
    return AIOKafkaConsumer(
        TOPIC,
        bootstrap_servers=BOOTSTRAP,
        group_id=GROUP,
        auto_offset_reset="earliest",
        enable_auto_commit=False,
        value_deserializer=json.loads,
    )


async def poll(source, count):
    records = []
    while len(records) < count:
        records.append(await asyncio.wait_for(source.getone(), 30))
    check("records polled", len(records), count)
    in_order([(record.partition, record.value["order"]) for record in records])
    return records


async def before():
    admin = AIOKafkaAdminClient(bootstrap_servers=BOOTSTRAP)
    await admin.start()
    await admin.create_topics([NewTopic(TOPIC, 2, 1, topic_configs={"retention.ms": "3600000"})])
    await admin.create_partitions({TOPIC: NewPartitions(3)})
    for _ in range(200):  # brokers hear of it a moment later
        (topic,) = await admin.describe_topics([TOPIC])
        if len(topic["partitions"]) == 3:
            break
        await asyncio.sleep(0.05)
    check("partitions", len(topic["partitions"]), 3)
    configs = await admin.describe_configs([ConfigResource(ConfigResourceType.TOPIC, TOPIC)])
    check("retention.ms", "3600000" in str(configs), True)
    await admin.close()

    producer = AIOKafkaProducer(bootstrap_servers=BOOTSTRAP, enable_idempotence=True, compression_type="gzip")
    await producer.start()
    sends = []
    for order in range(COUNT):
        value, key = json.dumps({"order": order}).encode(), f"customer-{order % 7}".encode()
        sends.append(await producer.send(TOPIC, value, key=key, headers=[("n", b"1")]))
    places = {(place.partition, place.offset) for place in await asyncio.gather(*sends)}
    check("places acknowledged", len(places), COUNT)
    await producer.stop()

    sink = consumer()
    await sink.start()
    records = await poll(sink, COUNT // 2)
    check("header", list(records[0].headers), [("n", b"1")])
    await sink.commit()
    await sink.stop()


async def after():
    sink = consumer()
    await sink.start()
    parts = sorted(sink.assignment())
    check("assignment", [part.partition for part in parts], [0, 1, 2])
    at = {part.partition: await sink.committed(part) or 0 for part in parts}
    check("committed", sum(at.values()), COUNT // 2)
    resumed = {}
    for record in await poll(sink, COUNT - COUNT // 2):
        resumed.setdefault(record.partition, record.offset)
    check("resumed offsets", resumed, {part: at[part] for part in resumed})
    check("end offsets", sum((await sink.end_offsets(parts)).values()), COUNT)
    await sink.commit()
    await sink.stop()
    admin = AIOKafkaAdminClient(bootstrap_servers=BOOTSTRAP)
    await admin.start()
    check("group is listed", GROUP in str(await admin.list_consumer_groups()), True)
    check("group is described", "Empty" in str(await admin.describe_consumer_groups([GROUP])), True)
    await admin.delete_topics([TOPIC])
    check("topic is gone", TOPIC in await admin.list_topics(), False)
    await admin.close()


asyncio.run({"before": before, "after": after}[PHASE]())
