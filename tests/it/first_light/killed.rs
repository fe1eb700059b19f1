//! `kill -9` in the middle of a run: after the restart the run happens again, and there is one score and one letter.

use std::net::SocketAddr;
use std::process::{Command, Stdio};

use serde_json::{Value, json};
use tests::backend::Backend;
use tests::base::Base;
use tests::client;
use tests::graphql_ws::{Follower, Said};
use tests::site::{PASSWORD, RUN, examples};
use tests::smtp::{MailServer, Received};
use tests::stories;
use tests::tools::launcher;
use tests::world::numbers;
use tokio::io::{AsyncBufReadExt as _, BufReader};

stories!(a_killed_server_loses_nothing);

/// Begins, waits so long that it can be killed, and ends.
const SLOW: &str = "import time\nprint('begun', flush=True)\ntime.sleep(3)\nprint('ended')\n";

/// The command, as its operator runs it.
pub(crate) fn lectern(base: &Base, mail: &MailServer) -> Command {
    let mut command = Command::new(launcher());
    configure(&mut command, base, mail);
    command
}

/// Has a command find the site of a base.
pub(crate) fn configure(command: &mut Command, base: &Base, mail: &MailServer) {
    command
        .env("LECTERN_LISTEN", "127.0.0.1:0")
        .env("LECTERN_DATABASE_URL", &base.url)
        .env("LECTERN_DATA_DIR", base.data())
        .env("LECTERN_CONTENT_DIR", examples().join("content"))
        .env("LECTERN_SECRET_KEY", "a secret of the stories, 32 letters")
        .env("LECTERN_SMTP_URL", &mail.url)
        .env("LECTERN_MAIL_FROM", "lectern@example.org")
        .env("LECTERN_LEASE_SECONDS", "2")
        .env_remove("LECTERN_TEST_LAUNCHER");
}

/// Runs a command to its end, with a password on its standard input.
pub(crate) async fn run(mut command: Command, arguments: &[&str]) -> String {
    command.args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::inherit());
    let arguments = arguments.join(" ");
    tokio::task::spawn_blocking(move || {
        use std::io::Write as _;
        let mut child = command.spawn().expect("the binary is built");
        let input = writeln!(child.stdin.take().expect("piped"), "{PASSWORD}");
        let output = child.wait_with_output().expect("it ends");
        assert!(output.status.success(), "{arguments}: {}, {input:?}", output.status);
        String::from_utf8_lossy(&output.stdout).into_owned()
    })
    .await
    .expect("it ran")
}

/// A serving process; killed when it goes.
pub(crate) struct Server {
    pub child: tokio::process::Child,
    pub address: SocketAddr,
}

impl Server {
    pub async fn start(mut command: Command) -> Self {
        command.arg("serve");
        Self::listening(command).await
    }

    /// Runs a command that serves, with its arguments.
    pub async fn listening(command: Command) -> Self {
        let mut command = tokio::process::Command::from(command);
        let mut child = command.stdout(Stdio::piped()).kill_on_drop(true).spawn().expect("the binary is built");
        let mut lines = BufReader::new(child.stdout.take().expect("piped")).lines();
        let line = lines.next_line().await.expect("it talks").expect("it says where it serves");
        let address = line.split("http://").nth(1).and_then(|rest| rest.split(' ').next()).expect("an address");
        let address = address.parse().unwrap_or_else(|_| panic!("no address in {line}"));
        tokio::spawn(async move { while let Ok(Some(_)) = lines.next_line().await {} });
        Self { child, address }
    }

    pub async fn ask(&self, token: Option<&str>, query: &str, variables: Value) -> Value {
        let body = json!({ "query": query, "variables": variables });
        let mut answer = client::post_json(self.address, "/graphql", token, &body).await.json();
        assert!(answer.get("errors").is_none(), "{query}: {answer:#}");
        answer["data"].take()
    }

    async fn follow(&self, token: &str, run: &Value, after: &Value) -> Follower {
        let url = format!("ws://{}/graphql", self.address);
        Follower::start(&url, Some(token), RUN, json!({ "run": run, "after": after })).await
    }

    /// Ends it as the kernel does: without a word.
    pub async fn kill(mut self) {
        self.child.start_kill().expect("it lives");
        self.child.wait().await.expect("it is gone");
    }
}

async fn a_killed_server_loses_nothing(backend: Backend) {
    let mut mail = MailServer::start().await;
    let base = Base::new(backend).await;
    run(lectern(&base, &mail), &["user", "create", "ada@example.org", "--name", "Ada"]).await;
    let synced = run(lectern(&base, &mail), &["sync", "--json"]).await;
    let synced: Value = serde_json::from_str(&synced).expect("one JSON object");
    assert!(
        synced["synced"].as_array().expect("targets").iter().all(|target| target["outcome"] == "STORED"),
        "{synced:#}"
    );
    run(lectern(&base, &mail), &["user", "enroll", "ada@example.org", "data-in-the-wild"]).await;

    let server = Server::start(lectern(&base, &mail)).await;
    let (token, run, cursor) = hand_in_and_see_it_begin(&server).await;
    server.kill().await;

    let server = Server::start(lectern(&base, &mail)).await;
    let mut follower = server.follow(&token, &run, &cursor).await;
    let mut log = Vec::new();
    while let Said::Next(mut record) = follower.said().await {
        log.push(record["data"]["runOutput"].take());
    }
    let kinds: Vec<&str> = log.iter().filter_map(|record| record["kind"].as_str()).collect();
    assert!(kinds.contains(&"RESTARTED") && kinds.last() == Some(&"FINISHED"), "{log:#?}");
    assert!(log.iter().any(|record| record["text"].as_str().is_some_and(|text| text.contains("ended"))), "{log:#?}");

    let Received::Taken(letter) = mail.received().await else { panic!("refused") };
    assert_eq!(letter.to, ["ada@example.org"]);
    let query = "query($id: ID!) { node(id: $id) { ... on Run { verdict job { attempt state } submission { scores { value } } } } }";
    let seen = server.ask(Some(&token), query, json!({ "id": run })).await["node"].take();
    assert_eq!(seen["submission"]["scores"].as_array().map(Vec::len), Some(1), "{seen:#}");
    assert_eq!((&seen["job"]["attempt"], &seen["job"]["state"]), (&json!(2), &json!("DONE")));
    server.kill().await;
    let db = base.open().await;
    assert_eq!(numbers(&db, "SELECT count(*) FROM score").await.expect("a count"), [1]);
    assert_eq!(numbers(&db, "SELECT count(*) FROM letter").await.expect("a count"), [1]);
    db.close().await;
}

/// The token, the run, and a cursor from the middle of it.
async fn hand_in_and_see_it_begin(server: &Server) -> (String, Value, Value) {
    let sign_in = "mutation($input: SignInInput!) { signIn(input: $input) { token } }";
    let input = json!({ "input": { "email": "ada@example.org", "password": PASSWORD } });
    let signed_in = server.ask(None, sign_in, input).await;
    let token = signed_in["signIn"]["token"].as_str().expect("a token").to_owned();
    let query = "{ assignment(endpoint: \"data-in-the-wild/temperature-table\") { id main } }";
    let assignment = server.ask(Some(&token), query, json!({})).await["assignment"].take();
    let submit = "mutation($input: SubmitInput!) { submit(input: $input) { run { id } problems { message } } }";
    let files = json!([{ "name": assignment["main"], "text": SLOW }]);
    let input = json!({ "input": { "assignment": assignment["id"], "files": files } });
    let run = server.ask(Some(&token), submit, input).await["submit"]["run"]["id"].take();
    let mut follower = server.follow(&token, &run, &Value::Null).await;
    loop {
        let record = follower.next().await["data"]["runOutput"].take();
        if record["text"].as_str().is_some_and(|text| text.contains("begun")) {
            return (token, run, record["cursor"].clone());
        }
    }
}
