//! `kafka-consumer-groups`.
fn main() -> std::process::ExitCode {
    kaffa::cli::main::<kaffa::cli::consumer_groups::ConsumerGroups>()
}
