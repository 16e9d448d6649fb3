//! Groups of consumers, and the offsets they commit.

mod odds;
mod survival;

use crate::support::apache_broker::ApacheBroker;
use crate::support::embedded::EmbeddedBroker;

/// What Apache Kafka 4.3.1 answered.
const ODDS: &str = include_str!("../golden/groups/odds.txt");

#[test]
fn odd_requests_are_answered_as_by_apache_kafka() {
    let broker = EmbeddedBroker::start(&[("offsets.topic.num.partitions", "3")]);
    assert_same(&odds::transcript(&broker.address()));
}

#[test]
#[ignore = "needs Apache Kafka: tests/interop/setup apache"]
fn apache_kafka_answers_odd_requests_as_recorded() {
    let dir = tempfile::tempdir().unwrap();
    let broker = ApacheBroker::start(&dir);
    assert_same(&odds::transcript(&broker.address));
}

fn assert_same(transcript: &str) {
    for (answered, recorded) in transcript.lines().zip(ODDS.lines()) {
        assert_eq!(answered, recorded);
    }
    assert_eq!(transcript.lines().count(), ODDS.lines().count());
}
