//! The routes of the real server and the commands of the real binary.

use std::net::SocketAddr;
use std::os::unix::fs::PermissionsExt as _;
use std::process::Command;
use std::time::Duration;

use actors::content::format::RESERVED;
use actors::taskqueue::caller::Tokens;
use entity::id::{self, Kind};
use entity::identity::scope::Scope;
use serde_json::{Value, json};
use server::app::{App, Role};
use server::config::{Config, Hosts, Mode, Oidc, Secret, TaskQueue};
use tests::backend::Backend;
use tests::campus as plain;
use tests::tools::launcher;
use tests::world::World;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::{TcpStream, UnixStream};
use tokio::sync::oneshot;
use tokio_util::sync::CancellationToken;

use super::campus::{Is, ROLES, people};
use super::table::Table;

/// Where the routes are written down: the framework cannot tell them.
const ROUTES: [&str; 6] = [
    include_str!("../../../server/src/http/mod.rs"),
    include_str!("../../../server/src/http/account/mod.rs"),
    include_str!("../../../server/src/http/exports/mod.rs"),
    include_str!("../../../server/src/http/oauth/mod.rs"),
    include_str!("../../../server/src/http/oidc/mod.rs"),
    include_str!("../../../server/src/http/ok/mod.rs"),
];

/// The paths of all routes.
pub fn routes() -> Vec<String> {
    let code = ROUTES.iter().flat_map(|code| code.split(".at(\"").skip(1)).filter_map(|rest| rest.split_once('"'));
    let mut paths = Vec::new();
    for (path, _) in code {
        let path = format!("route {path}");
        if !paths.contains(&path) {
            paths.push(path);
        }
    }
    paths
}

/// Whoever calls a course like the beginning of another address gets neither.
#[test]
fn first_words_of_addresses_are_no_keys_of_courses() {
    let is_key =
        |word: &str| word.len() >= 3 && word.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-');
    for route in routes() {
        let first = route.trim_start_matches("route /").split('/').next().unwrap_or_default();
        assert!(!is_key(first) || RESERVED.contains(&first), "`{first}` of {route} may be the key of a course");
    }
}

/// The commands that the binary lists, with the commands of those.
pub fn commands() -> Vec<String> {
    let mut names = Vec::new();
    for name in listed(&[]) {
        let below = listed(&[&name]);
        if below.is_empty() {
            names.push(format!("command {name}"));
        }
        names.extend(below.iter().map(|verb| format!("command {name} {verb}")));
    }
    names
}

fn help(of: &[&str]) -> String {
    let output = Command::new(launcher()).args(of).arg("--help").env_clear().output().expect("the binary starts");
    String::from_utf8(output.stdout).expect("a text")
}

fn listed(of: &[&str]) -> Vec<String> {
    let help = help(of);
    let Some((_, rest)) = help.split_once("Commands:\n") else { return Vec::new() };
    let lines = rest.lines().take_while(|line| !line.is_empty()).filter(|line| !line.starts_with("   "));
    let names = lines.filter_map(|line| line.split_whitespace().next()).filter(|name| *name != "help");
    names.map(str::to_owned).collect()
}

pub async fn ask(backend: Backend, table: &mut Table) {
    let world = World::idle(backend).await;
    let courses = [plain::course(&world, "home").await, plain::course(&world, "away").await];
    people(&world, courses).await;
    let base = world.stop().await;
    let config = Config {
        listen: SocketAddr::from(([127, 0, 0, 1], 0)),
        public_url: "http://lectern.example".to_owned(),
        database_url: Secret::new(base.url.clone()),
        data_dir: base.data().join("site"),
        secret_key: Some(Secret::new("a secret of the stories")),
        redis_url: None,
        smtp_url: None,
        mail_from: "lectern@example.org".to_owned(),
        content_dir: base.data().join("content"),
        toolchains_dir: "/nonexistent".into(),
        mode: Mode::Development,
        slots: 1,
        lanes: None,
        metrics_token: None,
        metrics_listen: None,
        lease: Duration::from_secs(60),
        registration: true,
        // Its routes are there; nobody answers at it.
        oidc: Some(Oidc {
            issuer: "http://127.0.0.1:1".to_owned(),
            client_id: "lectern".to_owned(),
            client_secret: None,
            name: "the school".to_owned(),
            makes_accounts: false,
            believes_addresses: false,
        }),
        secret_key_previous: None,
        code_runner: true,
        code_runner_per_address: 24,
        // Nobody here has one, whoever they are.
        task_queue: TaskQueue::Tokens(Tokens::read("a token of another program").expect("a list")),
        task_queue_hosts: Hosts::of("http://lectern.example"),
        retention: actors::keeping::Retention::default(),
        copy_to_url: None,
        limits: tests::site::LIMITS,
        sentry_dsn: None,
        collector: None,
        documents: std::sync::Arc::default(),
        patience: server::http::patience::Patience::default(),
        launcher: launcher(),
    };
    let data = config.data_dir.clone();
    let app = App::build(config, Role::Serve).await.expect("the application starts");
    let (stop, (tell, told)) = (CancellationToken::new(), oneshot::channel());
    let asking = async {
        let address = told.await.expect("an address");
        public(address, courses[1], table).await;
        if backend == Backend::Sqlite {
            let mode = std::fs::metadata(&data).expect("the folder").permissions().mode();
            assert_eq!(mode & 0o077, 0, "only the site's owner may reach the socket in the data folder");
            local(&data.join("lectern.sock")).await;
        }
        stop.cancel();
    };
    let serving = app.serve(stop.clone(), |address| tell.send(address).expect("somebody waits"));
    let (served, ()) = tokio::join!(serving, asking);
    served.expect("served");
    app.drain().await;
    shell(table);
}

/// Every route for everybody: without a token, or with one's own.
async fn public(address: SocketAddr, away: i64, table: &mut Table) {
    table.section("Routes (GET; what is behind /graphql is above)");
    let mut tokens = Vec::new();
    let elsewhere = format!(", courses: [\"{}\"]", id::encode(Kind::Course, away));
    for role in &ROLES {
        tokens.push(match role.is {
            Is::Nobody | Is::TheSystem => None,
            Is::Somebody | Is::Admin => Some(token(address, role.name).await),
            Is::Token(scope) => Some(made(address, "admin", scope, "").await),
            Is::TokenElsewhere => Some(made(address, "instructor", Scope::All, &elsewhere).await),
        });
    }
    for route in routes() {
        let path = route.trim_start_matches("route ");
        // Of a course that there is, and somebody in it.
        let asked =
            path.replace(":course", "home").replace(":assignment", "thing").replace(":email", "owner@example.org");
        let mut cells = Vec::new();
        for (role, token) in ROLES.iter().zip(&tokens) {
            let stranger = role.is == Is::TheSystem;
            cells.push(if stranger { ".".to_owned() } else { status(address, &asked, token.as_deref()).await });
        }
        table.row(route.clone(), path, cells);
    }
    assert_eq!(status(address, "/graphql", Some("forged")).await, "401");
    assert_eq!(status(address, "/nothing", None).await, "404");
}

/// Who comes through the socket in the data folder is the system: nobody signed in, and may everything.
async fn local(path: &std::path::Path) {
    let question = json!({ "query": "{ viewer { isAdmin } jobs { nodes { id } } }" }).to_string();
    let socket = UnixStream::connect(path).await.expect("somebody listens");
    let (status, body) = talk(socket, &post(&question)).await;
    assert_eq!((status.as_str(), body["data"]["jobs"].is_object()), ("200", true), "{body}");
    let socket = UnixStream::connect(path).await.expect("somebody listens");
    assert_eq!(talk(socket, &get("/healthz", None)).await.0, "404", "there is only one route for commands");
}

/// A token that somebody has made.
async fn made(address: SocketAddr, name: &str, scope: Scope, more: &str) -> String {
    let own = token(address, name).await;
    let scope = scope.word().to_uppercase();
    let query = format!("mutation {{ createToken(input: {{name: \"x\", scopes: [{scope}]{more}}}) {{ token }} }}");
    let request = post(&json!({ "query": query }).to_string());
    let request = request.replacen("\r\n", &format!("\r\nAuthorization: Bearer {own}\r\n"), 1);
    let socket = TcpStream::connect(address).await.expect("somebody listens");
    let (_, body) = talk(socket, &request).await;
    body["data"]["createToken"]["token"].as_str().unwrap_or_else(|| panic!("no token: {body}")).to_owned()
}

async fn token(address: SocketAddr, name: &str) -> String {
    let query = format!(
        "mutation {{ signIn(input: {{email: \"{name}@example.org\", password: \"correct horse\"}}) {{ token }} }}"
    );
    let socket = TcpStream::connect(address).await.expect("somebody listens");
    let (_, body) = talk(socket, &post(&json!({ "query": query }).to_string())).await;
    body["data"]["signIn"]["token"].as_str().unwrap_or_else(|| panic!("no token for {name}: {body}")).to_owned()
}

async fn status(address: SocketAddr, path: &str, token: Option<&str>) -> String {
    let path = if path == "/graphql" { "/graphql?query=%7Bviewer%7BisAdmin%7D%7D" } else { path };
    let socket = TcpStream::connect(address).await.expect("somebody listens");
    let status = talk(socket, &get(path, token)).await.0;
    // Whether this machine has everything that a site needs is another story.
    if path == "/readyz" && status == "503" { "200".to_owned() } else { status }
}

fn get(path: &str, token: Option<&str>) -> String {
    let bearer = token.map(|token| format!("Authorization: Bearer {token}\r\n")).unwrap_or_default();
    format!("GET {path} HTTP/1.1\r\nHost: lectern.example\r\n{bearer}Connection: close\r\n\r\n")
}

fn post(body: &str) -> String {
    let length = body.len();
    format!(
        "POST /graphql HTTP/1.1\r\nHost: lectern.example\r\nContent-Type: application/json\r\nContent-Length: {length}\r\n\
         Connection: close\r\n\r\n{body}"
    )
}

/// The status, and the body where it is JSON.
async fn talk(mut socket: impl AsyncRead + AsyncWrite + Unpin, request: &str) -> (String, Value) {
    socket.write_all(request.as_bytes()).await.expect("it listens");
    let mut answer = Vec::new();
    socket.read_to_end(&mut answer).await.expect("it answers");
    let answer = String::from_utf8_lossy(&answer);
    let status = answer.split_whitespace().nth(1).unwrap_or_default().to_owned();
    let body = answer.split_once("\r\n\r\n").map_or("", |(_, body)| body);
    (status, serde_json::from_str(body).unwrap_or(Value::Null))
}

/// Commands know no roles: whoever can read the configuration and the data folder is the system.
fn shell(table: &mut Table) {
    table.section("Commands (whoever may read the site's configuration and data folder; they take no identity)");
    for command in commands() {
        let words: Vec<&str> = command.split(' ').skip(1).collect();
        let help = help(&words);
        assert!(
            !help.contains("--token") && !help.contains("--as"),
            "`{command}` takes an identity; ask it with each role"
        );
        let cells = ROLES.iter().map(|role| if role.is == Is::TheSystem { "yes" } else { "." }.to_owned()).collect();
        table.row(command.clone(), words.join(" "), cells);
    }
}
