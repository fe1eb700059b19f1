//! The `lectern` command.

use std::env;
use std::process::ExitCode;

fn main() -> ExitCode {
    // Before all else: what becomes a sandbox must have one thread, and must never have seen a configuration or a secret.
    if env::args_os().nth(1).is_some_and(|role| role == "sandbox-launcher") {
        actors::execution::sandbox::launcher_main();
    }
    server::command::run()
}
