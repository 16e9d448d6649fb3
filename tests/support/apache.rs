//! Apache Kafka's broker, for tests that compare with it or run against it.

/// Where a broker of Apache's listens.
pub(crate) fn bootstrap() -> String {
    std::env::var("KAFKA_BOOTSTRAP").expect("KAFKA_BOOTSTRAP names a broker")
}
