//! What it costs to refuse: for each [hostile request](tests::hostile), the time until it is refused and the memory of the server for it.
//!
//! The server is a process of its own, this program started with `serve`, and a new one for each request, so that none finds the memory that
//! another has left behind. What the first refusal adds to the server's peak is its memory, its body included; what it takes from
//! connecting to the last byte of the answer is its time.

use std::net::SocketAddr;
use std::path::Path;
use std::process::Stdio;
use std::time::{Duration, Instant};

use actors::budget::Rates;
use actors::identity::create_user::{NewUser, create_user};
use entity::viewer::ViewerScope;
use hyper::Method;
use poem::listener::{Acceptor as _, Listener as _, TcpListener};
use poem::{IntoEndpoint as _, Server};
use serde_json::{Value, json};
use server::app::{App, Role};
use server::config::{Config, Introspection, Mode, Secret};
use tests::client;
use tests::hostile::{Hostile, requests};
use tokio::io::{AsyncBufReadExt as _, BufReader};

/// How often each request is sent.
const TIMES: usize = 20;
/// Good requests before, so that what is made once is there.
const WARM: usize = 50;
const PASSWORD: &str = "correct horse";

fn main() {
    let mut arguments = std::env::args().skip(1).filter(|argument| argument != "--bench");
    let serves = arguments.next().is_some_and(|argument| argument == "serve");
    let runtime = || tokio::runtime::Builder::new_multi_thread().enable_all().build().expect("a runtime");
    actix::System::with_tokio_rt(runtime).block_on(async {
        if serves {
            serve().await;
        } else {
            measure().await;
        }
    });
}

/// Serves until the standard input ends. Says where.
#[expect(clippy::print_stdout, reason = "it is how it talks")]
async fn serve() {
    let folder = tempfile::tempdir().expect("a folder");
    let app = App::build(config(folder.path()), Role::Serve).await.expect("the site starts");
    let staff = NewUser {
        email: "staff@example.org".to_owned(),
        name: "Staff".to_owned(),
        password: PASSWORD.to_owned(),
        admin: true,
    };
    create_user(&app.kernel.deps, &ViewerScope::system("a benchmark"), staff).await.expect("an account");
    let acceptor = TcpListener::bind(app.config.listen).into_acceptor().await.expect("a port");
    let address = *acceptor.local_addr()[0].as_socket_addr().expect("an address");
    tokio::spawn(Server::new_with_acceptor(acceptor).run(server::http::public(&app).into_endpoint()));
    println!("{}", address.port());
    let _ = tokio::task::spawn_blocking(|| std::io::read_to_string(std::io::stdin())).await;
}

fn config(folder: &Path) -> Config {
    let mut config = Config::read().unwrap_or_else(|mistakes| panic!("{mistakes}"));
    config.listen = SocketAddr::from(([127, 0, 0, 1], 0));
    config.data_dir = folder.to_owned();
    config.database_url = Secret::new(format!("sqlite:{}", folder.join("lectern.db").display()));
    config.mode = Mode::Production;
    config.limits.rates = Rates::default();
    config.limits.introspection = Introspection::SignedIn;
    config
}

/// What a request has cost.
struct Cost {
    what: &'static str,
    bytes: usize,
    times: Vec<Duration>,
    /// KiB.
    memory: i64,
}

impl Cost {
    fn line(&self) -> String {
        let ms = |time: Duration| time.as_secs_f64() * 1_000.0;
        format!(
            "{:60} {:>8} {:>9.2} {:>9.2} {:>8}",
            self.what,
            self.bytes,
            ms(self.times[self.times.len() / 2]),
            ms(self.times[self.times.len() - 1]),
            self.memory
        )
    }
}

#[expect(clippy::print_stdout, reason = "it is what a benchmark is for")]
async fn measure() {
    println!("{:60} {:>8} {:>9} {:>9} {:>8}", "refused", "bytes", "median ms", "worst ms", "KiB");
    let mut costs = Vec::new();
    for request in requests() {
        let cost = cost(&request).await;
        println!("{}", cost.line());
        costs.push(cost);
    }
    let slowest = costs.iter().map(|cost| cost.times[cost.times.len() / 2]).max().expect("requests");
    let largest = costs.iter().map(|cost| cost.memory).max().expect("requests");
    let own = costs.iter().map(|cost| cost.memory - (cost.bytes as i64 >> 10)).max().expect("requests");
    println!(
        "{} requests: the slowest took {:.2} ms (median of {TIMES}), the largest {largest} KiB, {own} KiB beside its body",
        costs.len(),
        slowest.as_secs_f64() * 1_000.0
    );
}

async fn cost(request: &Hostile) -> Cost {
    let own = std::env::current_exe().expect("a path");
    let mut command = tokio::process::Command::new(own);
    command.arg("serve").stdin(Stdio::piped()).stdout(Stdio::piped()).kill_on_drop(true);
    let mut child = command.spawn().expect("this program");
    let mut lines = BufReader::new(child.stdout.take().expect("a pipe")).lines();
    let port = lines.next_line().await.expect("it talks").expect("it says where it serves");
    let address = SocketAddr::from(([127, 0, 0, 1], port.parse().expect("a port")));
    let process = child.id().expect("it runs");
    let token = if request.signed_in { Some(sign_in(address).await) } else { None };
    for _ in 0..WARM {
        let good = json!({ "query": "{ server { version } }" });
        assert!(client::post_json(address, "/graphql", token.as_deref(), &good).await.status.is_success());
    }
    // From here on the peak is counted anew.
    std::fs::write(format!("/proc/{process}/clear_refs"), "5").expect("the process is ours");
    let before = memory(process, "VmRSS:");
    let mut times = vec![refused(address, token.as_deref(), request).await];
    let memory = memory(process, "VmHWM:") - before;
    for _ in 1..TIMES {
        times.push(refused(address, token.as_deref(), request).await);
    }
    times.sort_unstable();
    Cost { what: request.what, bytes: request.body.len(), times, memory: memory.max(0) }
}

async fn sign_in(address: SocketAddr) -> String {
    let body = json!({ "query": "mutation($input: SignInInput!) { signIn(input: $input) { token } }",
        "variables": { "input": { "email": "staff@example.org", "password": PASSWORD } } });
    let answer: Value = client::post_json(address, "/graphql", None, &body).await.json();
    answer["data"]["signIn"]["token"].as_str().expect("a token").to_owned()
}

/// Sends it; the time until it is refused.
async fn refused(address: SocketAddr, token: Option<&str>, request: &Hostile) -> Duration {
    let bearer = token.map(|token| ("authorization", format!("Bearer {token}")));
    let headers = [("content-type", "application/json".to_owned())].into_iter().chain(bearer);
    let (body, begun) = (request.body.clone(), Instant::now());
    let answer = client::send(address, Method::POST, "/graphql", headers, body).await;
    let took = begun.elapsed();
    assert_eq!(answer.json()["errors"][0]["extensions"]["code"], request.code, "{}: {}", request.what, answer.text());
    took
}

/// A line of what the kernel tells of a process's memory, in KiB.
fn memory(process: u32, line: &str) -> i64 {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).expect("the process is there");
    let rest = status.lines().find_map(|text| text.strip_prefix(line)).expect("a line");
    rest.split_whitespace().next().and_then(|number| number.parse().ok()).expect("a number")
}
