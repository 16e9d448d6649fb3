// kafkajs: node client.js BOOTSTRAP before|after, around a restart of the broker.

const assert = require('node:assert/strict');
const { AssignerProtocol, CompressionTypes, ConfigResourceTypes, Kafka, logLevel } = require('kafkajs');

const [bootstrap, phase] = process.argv.slice(2);
const [topic, groupId, count] = ['kafkajs-orders', 'kafkajs-workers', 300];
const kafka = new Kafka({ clientId: 'kafkajs', brokers: [bootstrap], logLevel: logLevel.ERROR });

function check(what, actual, expected) {
  assert.deepEqual(actual, expected, `WRONG ${what}`);
  console.log(`ok ${what}`);
}

/** Reads `wanted` records by group, commits behind the last of each partition, and leaves. */
async function consume(wanted) {
  const consumer = kafka.consumer({ groupId });
  const records = [];
  await consumer.connect();
  await consumer.subscribe({ topic, fromBeginning: true });
  await new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`WRONG: ${records.length} records in 30 s`)), 30000);
    consumer.on(consumer.events.CRASH, ({ payload }) => reject(payload.error));
    consumer.run({
      autoCommit: false,
      eachMessage: async ({ partition, message }) => {
        if (records.length === wanted) return;
        records.push({ partition, offset: Number(message.offset), order: JSON.parse(message.value).order, message });
        if (records.length === wanted) { clearTimeout(timer); resolve(); }
      },
    }).catch(reject);
  });
  const last = new Map();
  for (const { partition, offset, order } of records) {
    const before = last.get(partition);
    assert.ok(!before || (before.order < order && before.offset + 1 === offset), `WRONG order in ${partition}`);
    last.set(partition, { order, offset });
  }
  await consumer.commitOffsets([...last].map(([partition, { offset }]) => ({ topic, partition, offset: `${offset + 1}` })));
  const group = await consumer.describeGroup();
  check('group state', group.state, 'Stable');
  const [member] = group.members;
  check('assignment', AssignerProtocol.MemberAssignment.decode(member.memberAssignment).assignment, { [topic]: [0, 1, 2] });
  await consumer.disconnect();
  return records;
}

async function before(admin) {
  const configEntries = [{ name: 'retention.ms', value: '3600000' }];
  await admin.createTopics({ topics: [{ topic, numPartitions: 2, configEntries }] });
  await admin.createPartitions({ topicPartitions: [{ topic, count: 3 }] });
  const { topics } = await admin.fetchTopicMetadata({ topics: [topic] });
  check('partitions', topics[0].partitions.length, 3);
  const resources = [{ type: ConfigResourceTypes.TOPIC, name: topic }];
  const described = await admin.describeConfigs({ resources, includeSynonyms: false });
  const retention = described.resources[0].configEntries.find(({ configName }) => configName === 'retention.ms');
  check('retention.ms', retention.configValue, '3600000');

  const producer = kafka.producer();
  await producer.connect();
  const places = new Set();
  for (let order = 0; order < count; order += 50) {
    const messages = Array.from({ length: 50 }, (_, index) => ({
      key: `customer-${(order + index) % 7}`,
      value: JSON.stringify({ order: order + index }),
      headers: { n: '1' },
    }));
    const sent = await producer.send({ topic, acks: -1, compression: CompressionTypes.GZIP, messages });
    for (const { partition, baseOffset } of sent) places.add(`${partition}@${baseOffset}`);
  }
  await producer.disconnect();
  check('offsets acknowledged are all different', places.size >= 6, true);

  const records = await consume(count / 2);
  check('header', records[0].message.headers.n.toString(), '1');
}

async function after(admin) {
  const [{ partitions }] = await admin.fetchOffsets({ groupId, topics: [topic] });
  const at = new Map(partitions.map(({ partition, offset }) => [partition, Math.max(Number(offset), 0)]));
  check('committed', [...at.values()].reduce((sum, offset) => sum + offset, 0), count / 2);
  const resumed = new Map();
  for (const { partition, offset } of await consume(count / 2)) {
    if (!resumed.has(partition)) resumed.set(partition, offset);
  }
  for (const [partition, offset] of resumed) check(`resumed offset of ${partition}`, offset, at.get(partition));
  const ends = await admin.fetchTopicOffsets(topic);
  check('end offsets', ends.reduce((sum, { high }) => sum + Number(high), 0), count);
  const { groups } = await admin.listGroups();
  check('group is listed', groups.some((group) => group.groupId === groupId), true);
  await admin.deleteGroups([groupId]);
  await admin.deleteTopics({ topics: [topic] });
  check('topic is gone', (await admin.listTopics()).includes(topic), false);
}

(async () => {
  const admin = kafka.admin();
  await admin.connect();
  await { before, after }[phase](admin);
  await admin.disconnect();
})().catch((error) => {
  console.error(error);
  process.exit(1);
});
