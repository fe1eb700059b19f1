//! Whether many who sign in at once keep others waiting, and how much memory that takes.
//!
//! Trivial queries are offered at a steady rate, first alone, then while a hundred people a second sign in with their passwords. A request
//! is late from the moment at which it is offered, not from when there was a connection for it. The server is a process of its own: this
//! program, started with `serve`, on SQLite, without budgets, which would refuse most of them sooner; `--site URL` takes a PostgreSQL.

use std::net::SocketAddr;
use std::path::Path;
use std::process::Stdio;
use std::rc::Rc;
use std::time::{Duration, Instant};

use actors::deps::Deps;
use actors::identity::create_user::{NewUser, create_user};
use entity::viewer::ViewerScope;
use poem::Server;
use poem::listener::{Acceptor as _, Listener as _, TcpListener};
use sea_orm::ConnectionTrait as _;
use serde_json::{Value, json};
use server::app::{App, Role};
use server::config::Config;
use tests::client;
use tests::site::measured;
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::task::LocalSet;

/// Trivial queries a second.
const QUERIES: u64 = 100;
/// Sign-ins a second.
const SIGN_INS: u64 = 100;
/// How long each part takes.
const TIME: Duration = Duration::from_secs(20);
/// People who sign in, in turn.
const PEOPLE: u64 = 500;
const PASSWORD: &str = "correct horse";

#[expect(clippy::print_stdout, reason = "it is what a benchmark is for")]
fn main() {
    let words: Vec<String> = std::env::args().collect();
    let site = words.iter().position(|word| word == "--site").and_then(|place| words.get(place + 1)).cloned();
    let runtime = || tokio::runtime::Builder::new_multi_thread().enable_all().build().expect("a runtime");
    if words.iter().any(|word| word == "serve") {
        actix::System::with_tokio_rt(runtime).block_on(serve(site));
        return;
    }
    let one = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    LocalSet::new().block_on(&one, async {
        let (mut child, address, token) = server(site).await;
        let process = child.id().expect("it runs");
        let query = Rc::new(json!({ "query": "{server{version}}" }).to_string());
        let trivial = |_: u64| (Some(token.clone()), Rc::clone(&query));
        let sign_in = |number: u64| (None, Rc::new(sign_in(number % PEOPLE).to_string()));
        offer(address, QUERIES, Duration::from_secs(2), trivial).await;
        let before = (memory(process, "VmRSS"), memory(process, "VmHWM"));
        let idle = offer(address, QUERIES, TIME, trivial).await;
        let (busy, signed_in) =
            tokio::join!(offer(address, QUERIES, TIME, trivial), offer(address, SIGN_INS, TIME, sign_in));
        println!("trivial alone:         {}", idle.told());
        println!("trivial with sign-ins: {}; p99 is {:.1} x", busy.told(), busy.at(0.99) / idle.at(0.99));
        println!("sign-ins:              {}", signed_in.told());
        println!("memory: {:.0} MiB before, at most {:.0} MiB", before.0, memory(process, "VmHWM"));
        child.kill().await.expect("ours");
    });
}

/// What came of what was offered.
#[derive(Default)]
struct Outcome {
    /// How long each good answer took, in milliseconds, in order.
    good: Vec<f64>,
    /// Refused, with or without an answer.
    refused: usize,
}

impl Outcome {
    fn at(&self, share: f64) -> f64 {
        self.good.get((self.good.len() as f64 * share) as usize).copied().unwrap_or(f64::NAN)
    }

    fn told(&self) -> String {
        let (good, refused) = (self.good.len(), self.refused);
        format!(
            "{good} good, {refused} refused; p50 {:.2} ms, p99 {:.2} ms, longest {:.2} ms",
            self.at(0.5),
            self.at(0.99),
            self.good.last().copied().unwrap_or(f64::NAN)
        )
    }
}

/// Offers that many requests a second for that long, whether they are answered or not, each on a connection of its own.
async fn offer(
    address: SocketAddr,
    rate: u64,
    time: Duration,
    request: impl Fn(u64) -> (Option<String>, Rc<String>),
) -> Outcome {
    let begun = Instant::now();
    let count = rate * time.as_secs();
    let tasks: Vec<_> = (0..count)
        .map(|number| {
            let (token, body) = request(number);
            let due = begun
                + Duration::from_secs(1) * u32::try_from(number).expect("few") / u32::try_from(rate).expect("few");
            tokio::task::spawn_local(async move {
                // The rate is what is offered: each request has its moment, whatever became of those before.
                tokio::time::sleep_until(due.into()).await;
                let typed = [("content-type", "application/json".to_owned())];
                let bearer = token.map(|token| ("authorization", format!("Bearer {token}")));
                let body = body.as_bytes().to_vec();
                let answer =
                    client::send(address, hyper::Method::POST, "/graphql", typed.into_iter().chain(bearer), body).await;
                let good = answer.status == 200 && !answer.text().contains("\"errors\"");
                (good, due.elapsed().as_secs_f64() * 1e3)
            })
        })
        .collect();
    let mut outcome = Outcome::default();
    for task in tasks {
        match task.await.expect("it ends") {
            (true, took) => outcome.good.push(took),
            (false, _) => outcome.refused += 1,
        }
    }
    outcome.good.sort_by(f64::total_cmp);
    outcome
}

fn sign_in(number: u64) -> Value {
    let query = "mutation($input:SignInInput!){signIn(input:$input){token}}";
    json!({ "query": query, "variables": { "input": { "email": format!("person{number}@example.org"), "password": PASSWORD } } })
}

/// What a process says of its memory, in MiB.
fn memory(process: u32, line: &str) -> f64 {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).expect("it runs");
    let line = status.lines().find_map(|it| it.strip_prefix(line)?.strip_prefix(':')).expect("a line");
    line.split_whitespace().next().and_then(|number| number.parse::<f64>().ok()).expect("a number") / 1024.0
}

/// The server in a process of its own, where it serves, and somebody's token.
async fn server(site: Option<String>) -> (tokio::process::Child, SocketAddr, String) {
    let own = std::env::current_exe().expect("a path");
    let mut command = tokio::process::Command::new(own);
    command.arg("serve").stdin(Stdio::piped()).stdout(Stdio::piped()).kill_on_drop(true);
    if let Some(site) = site {
        command.args(["--site", &site]);
    }
    let mut child = command.spawn().expect("this program");
    let mut lines = BufReader::new(child.stdout.take().expect("a pipe")).lines();
    let line = lines.next_line().await.expect("it talks").expect("it says where it serves");
    let port = line.parse::<u16>().expect("a port");
    let address = SocketAddr::from(([127, 0, 0, 1], port));
    let answer = client::post_json(address, "/graphql", None, &sign_in(0)).await.json();
    let token = answer["data"]["signIn"]["token"].as_str().unwrap_or_else(|| panic!("{answer}")).to_owned();
    (child, address, token)
}

/// Serves until the standard input ends. Says where.
#[expect(clippy::print_stdout, reason = "it is how it talks")]
async fn serve(site: Option<String>) {
    let folder = tempfile::tempdir().expect("a folder");
    let app = App::build(config(folder.path(), site), Role::Serve).await.expect("the site starts");
    people(&app.kernel.deps).await;
    let acceptor = TcpListener::bind(app.config.listen).into_acceptor().await.expect("a port");
    let address = *acceptor.local_addr()[0].as_socket_addr().expect("an address");
    tokio::spawn(Server::new_with_acceptor(acceptor).run(server::http::public(&app)));
    println!("{}", address.port());
    let _ = tokio::task::spawn_blocking(|| std::io::read_to_string(std::io::stdin())).await;
}

fn config(folder: &Path, site: Option<String>) -> Config {
    let embedded = || format!("sqlite:{}", folder.join("lectern.db").display());
    measured(folder, &site.unwrap_or_else(embedded))
}

/// Makes everybody's account, with one password whose hash is made once.
async fn people(deps: &Deps) {
    let first = NewUser {
        email: "person0@example.org".to_owned(),
        name: "Somebody".to_owned(),
        password: PASSWORD.to_owned(),
        admin: false,
    };
    create_user(deps, &ViewerScope::system("a benchmark"), first).await.expect("an account");
    for number in 1..PEOPLE {
        let text = format!(
            "INSERT INTO \"user\" (email, name, password_hash, admin, rights_version, created_at, verified_at) \
             SELECT 'person{number}@example.org', name, password_hash, admin, 0, created_at, verified_at FROM \"user\" \
             WHERE email = 'person0@example.org'"
        );
        deps.db.write_connection().execute_unprepared(&text).await.expect("an account");
    }
}
