//! The client module over connections that break every few kilobytes: every record arrives once and in order, and is read
//! once and in order.

use std::net::TcpListener as StdListener;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::BufMut as _;
use kaffa::client::config::{ConsumerConfig, ProducerConfig};
use kaffa::client::producer::ProducerRecord;
use kaffa::client::{Consumer, Producer};
use kaffa::properties::Properties;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

use crate::support::embedded::EmbeddedBroker;
use crate::support::samples::Random;

const RECORDS: u64 = 20_000;
const PARTITIONS: usize = 3;

/// Everything that reaches the broker goes through here, and is cut off after a while.
struct FlakyNetwork {
    broker: EmbeddedBroker,
    address: String,
    listener: StdListener,
    cuts: Arc<Mutex<usize>>,
}

impl FlakyNetwork {
    fn new() -> Self {
        let listener = StdListener::bind("127.0.0.1:0").unwrap();
        listener.set_nonblocking(true).unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let advertised = format!("PLAINTEXT://{address}");
        let broker = EmbeddedBroker::start(&[
            ("advertised.listeners", &advertised),
            ("num.partitions", &PARTITIONS.to_string()),
        ]);
        let cuts = Arc::default();
        Self {
            broker,
            address,
            listener,
            cuts,
        }
    }

    /// Passes connections on, for as long as the runtime lives.
    fn open(&self) {
        let listener = TcpListener::from_std(self.listener.try_clone().unwrap()).unwrap();
        let (broker, cuts) = (self.broker.address(), Arc::clone(&self.cuts));
        tokio::spawn(async move {
            let mut random = Random(7);
            loop {
                let (client, _peer) = listener.accept().await.unwrap();
                let server = TcpStream::connect(&broker).await.unwrap();
                let lives =
                    [random.below(150_000), random.below(150_000)].map(|bytes| 2_000 + bytes);
                tokio::spawn(pass(client, server, lives, Arc::clone(&cuts)));
            }
        });
    }

    fn properties(&self, more: &[(&str, &str)]) -> Properties {
        let mut properties: Properties = more.iter().copied().collect();
        properties.set("bootstrap.servers", &self.address);
        properties
    }
}

/// Passes on as many bytes each way as the connection has to live, then breaks it, both ways at once.
async fn pass(client: TcpStream, server: TcpStream, lives: [usize; 2], cuts: Arc<Mutex<usize>>) {
    let (from_client, to_client) = client.into_split();
    let (from_server, to_server) = server.into_split();
    let (broken, mut breaks) = watch::channel(());
    let ways = [
        (from_client, to_server, lives[0]),
        (from_server, to_client, lives[1]),
    ];
    for (mut from, mut to, mut life) in ways {
        let (mut breaks, broken) = (broken.subscribe(), broken.clone());
        tokio::spawn(async move {
            let mut buffer = Vec::new();
            while life > 0 {
                buffer.clear();
                let mut room = (&mut buffer).limit(life.min(4096));
                let read = tokio::select! {
                    read = from.read_buf(&mut room) => read.unwrap_or(0),
                    _ = breaks.changed() => 0,
                };
                if read == 0 || to.write_all(&buffer).await.is_err() {
                    break;
                }
                life -= read;
            }
            broken.send(()).ok();
        });
    }
    drop(broken);
    breaks.changed().await.unwrap();
    *cuts.lock().unwrap() += 1;
}

/// Writes [`RECORDS`] numbers; all must be acknowledged.
async fn write(network: &FlakyNetwork) {
    let keys = [
        ("batch.size", "2000"),
        ("delivery.timeout.ms", "60000"),
        ("retry.backoff.ms", "5"),
    ];
    let (config, _unknown) = ProducerConfig::from_properties(&network.properties(&keys)).unwrap();
    let delivered = Arc::new(Mutex::new(0));
    let told = Arc::clone(&delivered);
    let producer = Producer::connect(config, move |delivery| {
        delivery.outcome.as_ref().unwrap();
        *told.lock().unwrap() += delivery.count;
    });
    let mut producer = producer.await.unwrap();
    for number in 0..RECORDS {
        let record = ProducerRecord {
            topic: "flaky",
            value: Some(&number.to_be_bytes()),
            ..ProducerRecord::default()
        };
        producer.send(&record).await.unwrap();
    }
    producer.close().await.unwrap();
    assert_eq!(*delivered.lock().unwrap(), RECORDS);
}

/// What a group's only member reads until it has as many records as were written; by partition.
async fn read(network: &FlakyNetwork) -> Vec<Vec<u64>> {
    let keys = [
        ("group.id", "flaky"),
        ("auto.offset.reset", "earliest"),
        ("max.partition.fetch.bytes", "10000"),
        ("retry.backoff.ms", "5"),
        ("auto.commit.interval.ms", "50"),
    ];
    let (config, _unknown) = ConsumerConfig::from_properties(&network.properties(&keys)).unwrap();
    let mut consumer = Consumer::connect(config).await.unwrap();
    consumer.subscribe(vec!["flaky".to_owned()]).unwrap();
    let mut numbers = vec![Vec::new(); PARTITIONS];
    let mut total = 0;
    while total < RECORDS {
        let polled = consumer.poll(Duration::from_mins(1)).await.unwrap();
        assert!(!polled.is_empty(), "{total} of {RECORDS} records in time");
        for batch in &polled.batches {
            for record in batch.iter() {
                let value = record.unwrap().value.unwrap();
                let partition = usize::try_from(batch.partition()).unwrap();
                numbers[partition].push(u64::from_be_bytes(value.try_into().unwrap()));
                total += 1;
            }
        }
    }
    consumer.close().await.unwrap();
    numbers
}

#[test]
fn connections_that_break_lose_nothing_and_repeat_nothing() {
    let network = FlakyNetwork::new();
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let numbers = runtime.block_on(async {
        network.open();
        write(&network).await;
        read(&network).await
    });
    for partition in &numbers {
        assert!(partition.is_sorted(), "out of order");
    }
    let mut all: Vec<_> = numbers.into_iter().flatten().collect();
    all.sort_unstable();
    assert!(all == (0..RECORDS).collect::<Vec<_>>(), "lost, or twice");
    let cuts = *network.cuts.lock().unwrap();
    assert!(cuts > 10, "only {cuts} connections broke");
}
