//! `kafka-console-consumer`.
fn main() -> std::process::ExitCode {
    kaffa::cli::main::<kaffa::cli::console_consumer::ConsoleConsumer>()
}
