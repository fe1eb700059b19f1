//! A process that stories kill. What it does is in the harness.

fn main() -> std::process::ExitCode {
    tests::faults::stagehand::main()
}
