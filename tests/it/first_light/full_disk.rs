//! A disk that is full for a while: what cannot be stored is refused, and what is acknowledged later is stored.

use std::path::{Path, PathBuf};
use std::process::Command;

use actors::database::Database;
use serde_json::{Value, json};
use tests::backend::{Backend, tell};
use tests::base::Base;
use tests::client;
use tests::site::PASSWORD;
use tests::smtp::MailServer;
use tests::tools::launcher;
use tests::world::numbers;

use super::killed::{Server, configure, lectern, run};

/// Serves on a small disk of its own that is nearly full of something else.
const SMALL_DISK: &str = "mkdir -p \"$DISK\" && mount -t tmpfs -o size=4m tmpfs \"$DISK\" \
     && cp \"$DATABASE\" \"$DISK/lectern.db\" && head -c 3000000 /dev/zero > \"$DISK/else\" && exec \"$0\" \"$@\"";

const REGISTER: &str = "mutation($input: RegisterProgramInput!) { registerProgram(input: $input) { clientId } }";

/// A program that takes room: four addresses of 2 kB each.
fn program(number: usize) -> Value {
    let redirects: Vec<String> =
        (0..4).map(|place| format!("https://x.example/{place}{}", "x".repeat(1_900))).collect();
    json!({ "input": { "key": format!("p{number}"), "name": "A program", "redirects": redirects, "scopes": ["READ"] } })
}

/// Only SQLite is told: it ends a transaction by itself when there is no room, and PostgreSQL has its disk elsewhere.
#[test]
fn what_is_acknowledged_after_a_full_disk_is_stored() {
    tell(Backend::Sqlite, |backend| async move {
        let mail = MailServer::start().await;
        let base = Base::new(backend).await;
        run(lectern(&base, &mail), &["user", "create", "admin@example.org", "--name", "Robin", "--admin"]).await;
        let disk = base.data().join("disk");
        let server = Server::start(on_a_small_disk(&base, &mail, &disk)).await;
        let sign_in = "mutation($input: SignInInput!) { signIn(input: $input) { token } }";
        let input = json!({ "input": { "email": "admin@example.org", "password": PASSWORD } });
        let token = server.ask(None, sign_in, input).await["signIn"]["token"].as_str().expect("a token").to_owned();

        fill(&server, &token).await;
        let seen = PathBuf::from(format!("/proc/{}/root", server.child.id().expect("it lives")));
        let seen = seen.join(disk.strip_prefix("/").expect("a whole path"));
        std::fs::remove_file(seen.join("else")).expect("there is room again");

        let stored = server.ask(Some(&token), REGISTER, program(999)).await;
        assert!(stored["registerProgram"]["clientId"] == "p999", "{stored}");
        // What is in the files, and not what the process believes.
        let copy = base.data().join("copy.db");
        std::fs::copy(seen.join("lectern.db"), &copy).expect("a copy");
        std::fs::copy(seen.join("lectern.db-wal"), base.data().join("copy.db-wal")).expect("a copy");
        let other = Database::connect(&format!("sqlite:{}", copy.display())).await.expect("the copy");
        let found = numbers(&other, "SELECT count(*) FROM oauth_client WHERE key = 'p999'").await;
        assert_eq!(found.expect("a count"), [1], "what was acknowledged is in no file");
        other.close().await;
        server.kill().await;
    });
}

fn on_a_small_disk(base: &Base, mail: &MailServer, disk: &Path) -> Command {
    let mut command = Command::new("unshare");
    command.args(["--user", "--map-root-user", "--mount", "sh", "-c", SMALL_DISK]).arg(launcher());
    configure(&mut command, base, mail);
    let database = base.url.trim_start_matches("sqlite:").split('?').next().unwrap_or_default().to_owned();
    command
        .env("DISK", disk)
        .env("DATABASE", database)
        .env("LECTERN_DATA_DIR", disk)
        .env("LECTERN_DATABASE_URL", format!("sqlite:{}", disk.join("lectern.db").display()));
    command
}

/// Stores programs until there is no room for one.
async fn fill(server: &Server, token: &str) {
    for number in 0..300 {
        let body = json!({ "query": REGISTER, "variables": program(number) });
        let answer = client::post_json(server.address, "/graphql", Some(token), &body).await.json();
        if answer.get("errors").is_some() {
            return;
        }
    }
    panic!("there was always room");
}
