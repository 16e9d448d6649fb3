//! Other people's clients on our broker. `tests/interop/setup` puts them on the machine; `.ci/run` runs all of this.

use tempfile::tempdir;

use crate::support::broker::BrokerProcess;
use crate::support::programs::{apache, installed, interop, lines, run};

/// A client program in its two phases, the broker stopped and started again in between.
fn before_and_after(program: &str) {
    let dir = tempdir().unwrap();
    for phase in ["before", "after"] {
        let broker = BrokerProcess::start(dir.path(), &[]);
        run(&format!("{program} {} {phase}", broker.address));
        assert!(broker.stop().success());
    }
}

fn python(script: &str) -> String {
    let interpreter = installed("python/bin/python");
    format!(
        "{interpreter} -u -X faulthandler {}",
        interop(&format!("python/{script}"))
    )
}

#[test]
#[ignore = "needs confluent-kafka: tests/interop/setup python"]
fn confluent_kafka_produces_consumes_administers_and_resumes() {
    before_and_after(&python("confluent.py"));
}

#[test]
#[ignore = "needs kafka-python: tests/interop/setup python"]
fn kafka_python_produces_consumes_administers_and_resumes() {
    before_and_after(&python("kafka_python.py"));
}

#[test]
#[ignore = "needs aiokafka: tests/interop/setup python"]
fn aiokafka_produces_consumes_administers_and_resumes() {
    before_and_after(&python("aio.py"));
}

#[test]
#[ignore = "needs kafkajs: tests/interop/setup kafkajs"]
fn kafkajs_produces_consumes_administers_and_resumes() {
    before_and_after(&format!("node {}", interop("kafkajs/client.js")));
}

#[test]
#[ignore = "needs franz-go: tests/interop/setup franz-go"]
fn franz_go_produces_consumes_administers_and_resumes() {
    before_and_after(&installed("franz-go"));
}

#[test]
#[ignore = "needs kcat: tests/interop/setup kcat"]
fn kcat_produces_consumes_queries_and_resumes() {
    before_and_after(&interop("kcat.sh"));
}

#[test]
#[ignore = "needs confluent-kafka and Apache Kafka: tests/interop/setup python apache"]
fn a_million_records_go_in_and_out_in_order() {
    let dir = tempdir().unwrap();
    let broker = BrokerProcess::start(dir.path(), &[]);
    apache(
        &broker,
        "topics --create --topic confluent-flow --partitions 4",
    );
    for direction in ["in", "out"] {
        run(&format!(
            "{} {} {direction} 1000000",
            python("confluent.py"),
            broker.address
        ));
    }
    let offsets = apache(&broker, "get-offsets --topic confluent-flow");
    assert_eq!(
        offsets,
        lines(4, |partition| format!("confluent-flow:{partition}:250000"))
    );
}

#[test]
#[ignore = "needs Apache Kafka: tests/interop/setup apache"]
fn apaches_performance_tools_pass_a_million_records() {
    let dir = tempdir().unwrap();
    let broker = BrokerProcess::start(dir.path(), &[]);
    apache(&broker, "topics --create --topic perf --partitions 3");
    for acks in ["1", "all"] {
        let settings = format!("--topic perf --command-property acks={acks} --record-size 100");
        let said = apache(
            &broker,
            &format!("producer-perf-test {settings} --num-records 500000 --throughput -1"),
        );
        assert!(said.contains("500000 records sent"), "{said}");
    }
    let said = apache(
        &broker,
        "consumer-perf-test --topic perf --num-records 1000000 --timeout 60000",
    );
    assert!(said.lines().last().unwrap().contains(" 1000000,"), "{said}");
}
