//! What the page for operators tells them to type does what it says.

use std::process::Stdio;

use tests::backend::{Backend, tell};
use tests::tools::launcher;
use tokio::process::Command;

const PAGE: &str = include_str!("../../../docs/operators/backup.md");

#[test]
fn the_commands_of_the_page_work() {
    tell(Backend::Sqlite, |_| async {
        let folder = tempfile::tempdir().expect("a folder");
        let commands: Vec<&str> = PAGE.split("```sh\n").skip(1).filter_map(|rest| rest.split("```").next()).collect();
        assert_eq!(commands.len(), 3, "blocks of commands");
        let make = "lectern user create ada@example.org --name Ada --admin <<< 'correct horse'";
        let look = "lectern backup again.backup";
        let script = ["set -e", make, &commands.join("\n"), look].join("\n");
        let programs = folder.path().join("programs");
        std::fs::create_dir(&programs).expect("a folder");
        std::os::unix::fs::symlink(launcher(), programs.join("lectern")).expect("a link");
        let mut shell = Command::new("bash");
        shell.env_clear().env("PATH", format!("{}:/usr/bin:/bin", programs.display())).current_dir(folder.path());
        let output = shell.args(["-c", &script]).stdin(Stdio::null()).output().await.expect("a shell");
        let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        assert!(output.status.success(), "{script}\n{out}{err}");
        assert!(out.contains("Restored") && out.contains("Mail is paused") && out.contains("is whole"), "{out}");
        assert!(folder.path().join("again.backup").exists());
    });
}
