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

    /// The kinds of the next events.
    async fn kinds(&mut self) -> Vec<String> {
        let mut kinds = Vec::new();
        for _ in KINDS {
            let line = self.lines.next_line().await.expect("it talks").expect("it goes on");
            kinds.push(line.rsplit(' ').next().unwrap_or_default().to_owned());
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
            assert_eq!(follower.kinds().await, KINDS);
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
