//! The programs that follow a course: through a restart of the site, and of themselves, without losing or doubling an event.

use serde_json::json;
use tests::site::{Plan, Site};
use tokio::io::{AsyncBufReadExt as _, BufReader, Lines};
use tokio::process::{Child, ChildStdout};

use super::kitchen::{COURSE, Kitchen, cook};

const PROGRAMS: [&str; 2] = ["follow.py", "follow.ts"];
/// What happens in a course when somebody hands something in.
const KINDS: [&str; 3] = ["submission.received", "run.finished", "score.stored"];

struct Follower {
    lines: Lines<BufReader<ChildStdout>>,
    _child: Child,
}

impl Follower {
    fn start(kitchen: &Kitchen, program: &str, course: &str) -> Self {
        let mut command = kitchen.program("toni", program, &[course, &format!("{program}.cursor")]);
        // What it has to say about lost connections is for people.
        let mut child = command.stderr(std::process::Stdio::null()).spawn().expect("it can be started");
        Self { lines: BufReader::new(child.stdout.take().expect("a pipe")).lines(), _child: child }
    }

    /// The kind of the next event.
    async fn kind(&mut self) -> String {
        let line = self.lines.next_line().await.expect("it talks").expect("it goes on");
        line.rsplit(' ').next().unwrap_or_default().to_owned()
    }

    /// The kinds of the next events, of one hand-in.
    async fn kinds(&mut self) -> Vec<String> {
        let mut kinds = Vec::new();
        for _ in KINDS {
            kinds.push(self.kind().await);
        }
        kinds
    }
}

async fn hand_in(kitchen: &Kitchen) {
    kitchen.run("ada", "hand_in.py", &[&kitchen.assignment().await, "words.py"]).await;
}

/// Stops the site and starts it again where it was.
async fn restarted(mut kitchen: Kitchen) -> Kitchen {
    let port = kitchen.site.address.port();
    let base = kitchen.site.end().await;
    kitchen.site = Site::on(base, Plan { port, ..Plan::default() }).await;
    kitchen
}

#[test]
fn a_course_is_followed_whatever_restarts() {
    cook(|mut kitchen| async move {
        let query = "query($key: String!) { course(key: $key) { id } }";
        let course = kitchen.site.ask(&kitchen.token("toni"), query, json!({ "key": COURSE })).await;
        let course = course["course"]["id"].as_str().expect("an id").to_owned();
        let mut followers = PROGRAMS.map(|program| Follower::start(&kitchen, program, &course));
        hand_in(&kitchen).await;
        for follower in &mut followers {
            // From the beginning: first what the teacher did.
            while follower.kind().await == "content.synced" {}
            assert_eq!([follower.kind().await, follower.kind().await], KINDS[1..]);
        }
        kitchen = restarted(kitchen).await;
        hand_in(&kitchen).await;
        for follower in &mut followers {
            assert_eq!(follower.kinds().await, KINDS, "after a restart of the site");
        }
        drop(followers);
        hand_in(&kitchen).await;
        for program in PROGRAMS {
            let mut again = Follower::start(&kitchen, program, &course);
            assert_eq!(again.kinds().await, KINDS, "after a restart of {program}");
        }
        kitchen.site.end().await;
    });
}
