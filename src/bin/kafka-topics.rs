//! `kafka-topics`.
fn main() -> std::process::ExitCode {
    kaffa::cli::main::<kaffa::cli::topics::Topics>()
}
