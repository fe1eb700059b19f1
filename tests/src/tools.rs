//! What the harness finds or fetches: the built binary, and programs that other people wrote.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::Command;

use actors::execution::builds::Builds;
use actors::execution::sandbox::Sandbox;
use actors::execution::toolchain::Toolchains;
use actors::execution::workshop::Workshop;

/// Where the binary is, if not beside the test's own folder.
pub const LAUNCHER: &str = "LECTERN_TEST_LAUNCHER";

/// The built `lectern`.
#[must_use]
pub fn launcher() -> PathBuf {
    let path = std::env::var_os(LAUNCHER).map(PathBuf::from).unwrap_or_else(|| profile().join("lectern"));
    assert!(path.exists(), "{} is missing: build the workspace before the tests", path.display());
    path
}

/// Another program of the workspace, built beside it.
#[must_use]
pub fn beside(name: &str) -> PathBuf {
    let path = profile().join(name);
    assert!(path.exists(), "{} is missing: build the workspace before the tests", path.display());
    path
}

/// A workshop of that binary's sandbox and the languages that it brings.
#[must_use]
pub fn workshop() -> Workshop {
    Workshop::new(Sandbox::new(launcher()), Toolchains::built_in(), Builds::in_memory())
}

/// `target/<profile>`, where this test was built.
fn profile() -> PathBuf {
    let test = std::env::current_exe().expect("the test has a path");
    // target/<profile>/deps/it-<hash>, or a program of target/<profile>.
    let folder = test.parent().expect("it lies in a folder");
    if folder.ends_with("deps") { folder.parent().expect("target/<profile>") } else { folder }.to_owned()
}

/// The folder of a tool under `target/tests`, made by `make` if it is not there. Of several processes, one makes it.
pub(crate) fn tool(name: &str, make: impl FnOnce(&Path)) -> PathBuf {
    let folder = profile().parent().expect("the target folder").join("tests");
    fs::create_dir_all(&folder).expect("a folder under target");
    let lock = File::create(folder.join(format!("{name}.lock"))).expect("a lock file");
    lock.lock().expect("the lock");
    let tool = folder.join(name);
    if !tool.exists() {
        let unfinished = folder.join(format!("{name}.part"));
        let _ = fs::remove_dir_all(&unfinished);
        fs::create_dir(&unfinished).expect("a folder under target");
        make(&unfinished);
        fs::rename(&unfinished, &tool).expect("the finished tool");
    }
    tool
}

/// Runs a command to its end; what it says is shown only if it fails.
pub(crate) fn insist(command: &mut Command) {
    let output = command.output().unwrap_or_else(|error| panic!("{command:?} cannot be started: {error}"));
    let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{command:?} failed:\n{out}{err}");
}
