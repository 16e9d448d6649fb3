//! The umbrella command.
fn main() -> std::process::ExitCode {
    kaffa::cli::umbrella::main()
}
