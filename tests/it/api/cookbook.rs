//! The cookbook's programs, each run as its page shows it.

use std::os::unix::fs::PermissionsExt as _;

use serde_json::json;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;

use super::kitchen::{ASSIGNMENT, COURSE, Kitchen, cook};

#[test]
fn one_signs_in_and_keeps_the_token_to_oneself() {
    cook(|kitchen| async move {
        let output = kitchen.ended("mine", "sign-in.sh", &[], "ada@example.org\ncorrect horse\n").await;
        assert!(output.status.success(), "{output:?}");
        let mode = std::fs::metadata(kitchen.folder().join("mine")).expect("a file").permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        let token = kitchen.token("mine");
        let viewer = kitchen.site.ask(token.trim(), "{ viewer { user { name } } }", json!({})).await;
        assert_eq!(viewer["viewer"]["user"]["name"], "ada");
        let output = kitchen.ended("none", "sign-in.sh", &[], "ada@example.org\nwrong\n").await;
        assert!(!output.status.success() && output.stderr.ends_with(b"is not right.\n"), "{output:?}");
        assert!(!kitchen.folder().join("none").exists() && !kitchen.folder().join("answer.json").exists());
        kitchen.site.end().await;
    });
}

/// Hands in the work as both students; the first twice.
async fn three_submissions(kitchen: &Kitchen) {
    let assignment = kitchen.assignment().await;
    for (who, program) in [("ada", "hand_in.py"), ("eve", "hand-in.ts"), ("ada", "hand-in.ts")] {
        let said = kitchen.run(who, program, &[&assignment, "words.py"]).await;
        assert!(said.ends_with("PASSED: 10 points\n"), "{program}: {said}");
    }
}

#[test]
fn work_is_handed_in_listed_downloaded_and_looked_up() {
    cook(|kitchen| async move {
        three_submissions(&kitchen).await;
        let assignment = kitchen.assignment().await;
        for program in ["hand_in.py", "hand-in.ts"] {
            let refused = kitchen.ended("ada", program, &[&assignment, "lectern.py"], "").await;
            assert_eq!(refused.status.code(), Some(1), "{refused:?}");
            assert!(refused.stderr.starts_with(b"FILE_NAME: "), "{refused:?}");
        }
        for (program, of) in [("submissions.py", COURSE), ("submissions.ts", COURSE), ("submissions.sh", ASSIGNMENT)] {
            let table = kitchen.run("toni", program, &[of]).await.replace(['"', '\r'], "").to_lowercase();
            let lines: Vec<&str> = table.lines().collect();
            let wanted = [("ada", "false,10"), ("eve", "true,10"), ("ada", "true,10")];
            assert_eq!(lines.len(), wanted.len(), "{program}: {table}");
            for (line, (who, end)) in lines.iter().zip(wanted) {
                assert!(line.contains(&format!("{who},20")) && line.ends_with(end), "{program}: {line}");
            }
            let own = kitchen.run("eve", program, &[of]).await;
            assert_eq!(own.lines().count(), 1, "{program}: {own}");
        }
        let folders = kitchen.run("toni", "download.py", &[ASSIGNMENT, "work"]).await;
        let folders: Vec<&str> = folders.lines().collect();
        let counts: Vec<bool> = folders.iter().map(|line| line.ends_with(" counts")).collect();
        assert_eq!(counts, [false, true, true]);
        let original = std::fs::read(kitchen.folder().join("words.py")).expect("a file");
        for folder in &folders {
            let folder = kitchen.folder().join(folder.trim_end_matches(" counts").trim_end());
            assert_eq!(std::fs::read(folder.join("words.py")).expect("a file"), original);
        }
        let last = folders[2].trim_end_matches(" counts").rsplit('/').next().expect("an id");
        let said = kitchen.run("ada", "look-up.ts", &[last, &assignment, "sub_nothing"]).await;
        let said: Vec<&str> = said.lines().collect();
        assert!(said[0].starts_with(&format!("{last} 20")) && said[0].ends_with(" 0 s late"), "{said:?}");
        assert_eq!(said[1..], [&*format!("{assignment} Word counts"), "sub_nothing is not there"]);
        kitchen.site.end().await;
    });
}

#[test]
fn dead_jobs_are_retried() {
    cook(|kitchen| async move {
        assert_eq!(kitchen.run("admin", "retry.py", &[]).await, "");
        let job = kitchen.dead_job().await;
        let said = kitchen.run("admin", "retry.py", &[]).await;
        let lines: Vec<&str> = said.lines().collect();
        assert!(lines[0].starts_with(&format!("{job} mail.deliver ")), "{said}");
        assert_eq!(lines[1..], ["  queued again"]);
        // Nothing of it is in a course, or of a student's.
        assert_eq!(kitchen.run("ada", "retry.py", &[]).await, "");
        kitchen.site.end().await;
    });
}

#[test]
fn errors_are_told_apart_and_waited_for() {
    cook(|kitchen| async move {
        let said = kitchen.run("ada", "errors.py", &[]).await;
        let lines: Vec<&str> = said.lines().collect();
        assert_eq!((lines[0], lines.len()), (env!("CARGO_PKG_VERSION"), 3), "{said}");
        assert_eq!(lines[2], "BAD_INPUT");
        kitchen.site.end().await;
    });
}

/// An answer that asks to come again, and one that is well, from a server that has no more.
#[test]
fn who_is_told_to_wait_asks_again() {
    cook(|kitchen| async move {
        let busy = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = busy.local_addr().expect("bound");
        let told = tokio::spawn(async move {
            let well = "{\"data\":{\"server\":{\"version\":\"later\"}}}";
            for (status, body) in [("429 Too Many Requests\r\nretry-after: 0", "{}"), ("200 OK", well)] {
                let (mut socket, _) = busy.accept().await.expect("somebody comes");
                let mut asked = Vec::new();
                while !asked.ends_with(b"}") {
                    socket.read_buf(&mut asked).await.expect("a request");
                }
                let answer = format!("HTTP/1.1 {status}\r\ncontent-length: {}\r\n\r\n{body}", body.len());
                socket.write_all(answer.as_bytes()).await.expect("they listen");
            }
        });
        let program = "from ask import ask; print(ask('{ server { version } }')['server']['version'])";
        std::fs::write(kitchen.folder().join("wait.py"), program).expect("room for a file");
        let mut command = kitchen.program("ada", "wait.py", &[]);
        let output = command.env("LECTERN_URL", format!("http://{address}")).output().await.expect("it runs");
        assert_eq!(String::from_utf8_lossy(&output.stdout), "later\n", "{output:?}");
        told.await.expect("both were asked for");
        kitchen.site.end().await;
    });
}
