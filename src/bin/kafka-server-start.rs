//! `kafka-server-start`.
fn main() -> std::process::ExitCode {
    kaffa::cli::broker::main()
}
