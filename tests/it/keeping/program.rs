//! The real program, run on a database and a data folder.

use std::path::Path;
use std::process::{Output, Stdio};

use tests::base::Base;
use tests::tools::launcher;
use tokio::process::{Child, Command};

/// The secret of the sites in these stories; that of [`tests::site`].
pub const SECRET: &str = "a secret of the stories, 32 letters";

/// The program on a database, with a data folder.
fn on(url: &str, data: &Path) -> Command {
    let mut command = Command::new(launcher());
    command.env_clear().env("PATH", "/usr/bin:/bin").current_dir(data).kill_on_drop(true);
    command.env("LECTERN_DATABASE_URL", url).env("LECTERN_DATA_DIR", data).env("LECTERN_SECRET_KEY", SECRET);
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

/// Starts it.
pub fn start(base: &Base, arguments: &[&str]) -> Child {
    on(&base.url, base.data()).args(arguments).spawn().expect("the program starts")
}

/// Runs it to its end.
pub async fn run(url: &str, data: &Path, arguments: &[&str]) -> Output {
    on(url, data).args(arguments).output().await.expect("the program starts")
}

/// Runs it with one more setting, and something to read.
pub async fn run_with(base: &Base, setting: (&str, &str), input: &str, arguments: &[&str]) -> Output {
    let file = base.data().join("input");
    std::fs::write(&file, input).expect("it can be written");
    let input = std::fs::File::open(&file).expect("it is there");
    let mut command = on(&base.url, base.data());
    command.env(setting.0, setting.1).stdin(input).args(arguments).output().await.expect("the program starts")
}

/// Runs it with the secret that is in the data folder, if any.
pub async fn run_without_secret(url: &str, data: &Path, arguments: &[&str]) -> Output {
    on(url, data).env_remove("LECTERN_SECRET_KEY").args(arguments).output().await.expect("the program starts")
}

/// What it said; it must have done what it was asked.
pub fn done(output: &Output) -> String {
    let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{out}{err}");
    out.into_owned()
}

/// Why it did not do what it was asked.
pub fn refused(output: &Output) -> String {
    let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert_eq!(output.status.code(), Some(1), "{out}{err}");
    err.into_owned()
}

/// Runs it on a base; what it said.
pub async fn told(base: &Base, arguments: &[&str]) -> String {
    done(&run(&base.url, base.data(), arguments).await)
}

/// A path as an argument.
pub fn text(path: &Path) -> &str {
    path.to_str().expect("a path of letters")
}
