//! `lectern serve` and `lectern work`, as an operator starts them: one serves and works nothing, the other works.

use std::process::{Command, Stdio};

use serde_json::{Value, json};
use tests::backend::Backend;
use tests::base::Base;
use tests::graphql_ws::{Follower, Said};
use tests::redis::Redis;
use tests::site::{PASSWORD, RUN};
use tests::smtp::MailServer;
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::Child;
use tokio::time::{Duration, sleep, timeout};

use super::told;
use crate::first_light::killed::{Server, lectern, run};

told!(they_meet_at_the_redis_that_they_are_told);

const RUN_PROGRAM: &str =
    "mutation($input: RunProgramInput!) { runProgram(input: $input) { run { id } problems { message } } }";
const CANCEL: &str = "mutation($input: CancelRunInput!) { cancelRun(input: $input) { problems { message } } }";
/// Says one thing and then nothing for longer than the story may take.
const SILENT: &str = "import time\nprint('begun', flush=True)\ntime.sleep(3600)\n";
/// Much longer than news by Redis take, and much shorter than a third of the leases.
const BOUND: Duration = Duration::from_secs(60);

/// A command that was told where Redis is.
fn told_of(redis: &Redis, base: &Base, mail: &MailServer) -> Command {
    let mut command = lectern(base, mail);
    // Nobody learns anything by renewing its lease.
    command.env("LECTERN_REDIS_URL", redis.url()).env("LECTERN_LEASE_SECONDS", "600");
    command
}

async fn they_meet_at_the_redis_that_they_are_told() {
    let (base, mail, redis) = (Base::new(Backend::Postgres).await, MailServer::start().await, Redis::start());
    run(lectern(&base, &mail), &["user", "create", "ada@example.org", "--name", "Ada"]).await;
    let mut serving = told_of(&redis, &base, &mail);
    serving.args(["serve", "--lanes", "none"]);
    let server = Server::listening(serving).await;
    let _worker = work(told_of(&redis, &base.beside(), &mail)).await;
    both_listen(&redis).await;

    let sign_in = "mutation($input: SignInInput!) { signIn(input: $input) { token } }";
    let input = json!({ "input": { "email": "ada@example.org", "password": PASSWORD } });
    let token = server.ask(None, sign_in, input).await["signIn"]["token"].as_str().expect("a token").to_owned();
    let silent = json!({ "language": "python3", "files": [{ "name": "main.py", "text": SILENT }] });
    let run = server.ask(Some(&token), RUN_PROGRAM, json!({ "input": silent })).await["runProgram"]["run"]["id"].take();
    let url = format!("ws://{}/graphql", server.address);
    let mut follower = Follower::start(&url, Some(&token), RUN, json!({ "run": run })).await;
    let last = timeout(BOUND, async {
        while follower.next().await["data"]["runOutput"]["text"] != "begun\n" {}
        let cancelled = server.ask(Some(&token), CANCEL, json!({ "input": { "run": run } })).await;
        assert_eq!(cancelled["cancelRun"]["problems"], json!([]));
        let mut last = Value::Null;
        while let Said::Next(mut record) = follower.said().await {
            last = record["data"]["runOutput"].take();
        }
        last
    });
    let last = last.await.expect("the stop comes by Redis");
    assert_eq!((&last["kind"], &last["run"]["verdict"]), (&json!("FINISHED"), &json!("CANCELLED")), "{last:#}");
    server.kill().await;
}

/// A process that works; killed when it goes.
async fn work(command: Command) -> Child {
    let mut command = tokio::process::Command::from(command);
    let mut working = command.arg("work").stdout(Stdio::piped()).kill_on_drop(true).spawn().expect("it is built");
    let mut lines = BufReader::new(working.stdout.take().expect("piped")).lines();
    let line = lines.next_line().await.expect("it talks").expect("it says that it works");
    assert!(line.contains("works jobs"), "{line}");
    working
}

/// Both listen to the same channel, whose name is that of this site.
async fn both_listen(redis: &Redis) {
    loop {
        let channels = redis.channels().await;
        if let [everybody] = channels.as_slice()
            && redis.listeners(everybody).await == 2
        {
            break;
        }
        sleep(Duration::from_millis(50)).await;
    }
}
