//! `kafka-console-producer`.
fn main() -> std::process::ExitCode {
    kaffa::cli::main::<kaffa::cli::console_producer::ConsoleProducer>()
}
