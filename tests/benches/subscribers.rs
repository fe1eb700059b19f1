//! What it costs that many follow one course: memory for each open socket, and the time from an event to the last of them.
//!
//! The server is a process of its own: this program, started with `serve`. It is the whole site on SQLite, with one more route,
//! `POST /publish`, that commits an event; the time includes that commit. `serve PORT` by itself keeps it for other load programs, and
//! `idle COUNT` measures instead the memory of the server with so many acknowledged sockets that follow nothing, 10,000 if none is said.

use std::net::SocketAddr;
use std::path::Path;
use std::process::Stdio;
use std::sync::Arc;
use std::time::{Duration, Instant};

use actors::deps::Deps;
use actors::identity::create_user::{NewUser, create_user};
use actors::write::Write;
use entity::id::{self, Kind};
use entity::job::event::Stream;
use entity::viewer::ViewerScope;
use nix::sys::resource::{Resource, getrlimit, setrlimit};
use poem::listener::{Acceptor as _, Listener as _, TcpListener};
use poem::{EndpointExt as _, IntoEndpoint as _, Route, Server, handler, post, web::Data};
use sea_orm::ConnectionTrait as _;
use serde_json::{Value, json};
use server::app::{App, Role};
use server::config::{Config, Mode};
use tests::client;
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::TcpStream;
use tokio::sync::mpsc;

/// Subscribers.
const SOCKETS: usize = 1_000;
const EVENTS: usize = 25;
/// Sockets that follow nothing.
const IDLE: usize = 10_000;
const PASSWORD: &str = "correct horse";

fn main() {
    let mut arguments = std::env::args().skip(1).filter(|argument| argument != "--bench");
    let task = arguments.next().unwrap_or_default();
    let number: Option<u16> = arguments.next().and_then(|number| number.parse().ok());
    let runtime = || tokio::runtime::Builder::new_multi_thread().enable_all().build().expect("a runtime");
    actix::System::with_tokio_rt(runtime).block_on(async {
        match task.as_str() {
            "serve" => serve(number.unwrap_or(0)).await,
            "idle" => idle(number.map_or(IDLE, usize::from)).await,
            _ => measure().await,
        }
    });
}

/// Serves until the standard input ends. Says where, and what to follow as whom.
#[expect(clippy::print_stdout, reason = "it is how it talks")]
async fn serve(port: u16) {
    let folder = tempfile::tempdir().expect("a folder");
    let app = App::build(config(folder.path(), port), Role::Serve).await.expect("the site starts");
    stock(&app.kernel.deps).await;
    let acceptor = TcpListener::bind(app.config.listen).into_acceptor().await.expect("a port");
    let address = *acceptor.local_addr()[0].as_socket_addr().expect("an address");
    let routes = Route::new()
        .at("/publish", post(publish).data(app.kernel.deps.clone()))
        .nest_no_strip("/", server::http::public(&app).into_endpoint());
    tokio::spawn(Server::new_with_acceptor(acceptor).run(routes));
    let sign_in = json!({ "query": "mutation($input: SignInInput!) { signIn(input: $input) { token } }",
        "variables": { "input": { "email": "staff@example.org", "password": PASSWORD } } });
    let answer = client::post_json(address, "/graphql", None, &sign_in).await.json();
    let course = id::encode(Kind::Course, 1);
    let query = format!("subscription{{courseActivity(course:\"{course}\"){{cursor kind details}}}}");
    println!("{}", json!({ "port": address.port(), "token": answer["data"]["signIn"]["token"], "query": query }));
    let _ = tokio::task::spawn_blocking(|| std::io::read_to_string(std::io::stdin())).await;
}

fn config(folder: &Path, port: u16) -> Config {
    let mut config = Config::read().unwrap_or_else(|mistakes| panic!("{mistakes}"));
    config.listen = SocketAddr::from(([127, 0, 0, 1], port));
    config.data_dir = folder.to_owned();
    config.database_url = server::config::Secret::new(format!("sqlite:{}", folder.join("lectern.db").display()));
    config.mode = Mode::Production;
    config
}

async fn stock(deps: &Deps) {
    for text in [
        "INSERT INTO section (id, key, title, description, position) VALUES (1, 's', 'S', '', 0)",
        "INSERT INTO course (id, key, section_id, title, description, position, time_zone) \
          VALUES (1, 'c', 1, 'C', '', 0, 'UTC')",
    ] {
        deps.db.write_connection().execute_unprepared(text).await.expect(text);
    }
    let staff = NewUser {
        email: "staff@example.org".to_owned(),
        name: "Staff".to_owned(),
        password: PASSWORD.to_owned(),
        admin: true,
    };
    create_user(deps, &ViewerScope::system("a benchmark"), staff).await.expect("an account");
}

#[handler]
async fn publish(deps: Data<&Deps>) -> String {
    let mut write = Write::begin(deps.0).await.expect("a transaction");
    write.emit(Stream::Course(1), "score.stored", json!({ "id": 1, "score": 97, "assignment": 3 }));
    write.commit().await.expect("committed");
    "ok".to_owned()
}

/// The server in a process of its own, where it serves, and what it says about itself.
async fn server() -> (tokio::process::Child, SocketAddr, Arc<Value>) {
    let own = std::env::current_exe().expect("a path");
    let mut command = tokio::process::Command::new(own);
    command.arg("serve").stdin(Stdio::piped()).stdout(Stdio::piped()).kill_on_drop(true);
    let mut child = command.spawn().expect("this program");
    let mut lines = BufReader::new(child.stdout.take().expect("a pipe")).lines();
    let line = lines.next_line().await.expect("it talks").expect("it says where it serves");
    let site: Arc<Value> = Arc::new(serde_json::from_str(&line).expect("a line of JSON"));
    let address =
        SocketAddr::from(([127, 0, 0, 1], u16::try_from(site["port"].as_u64().expect("a port")).expect("one")));
    (child, address, site)
}

#[expect(clippy::print_stdout, reason = "it is what a benchmark is for")]
async fn idle(count: usize) {
    let (soft, hard) = getrlimit(Resource::RLIMIT_NOFILE).expect("a limit");
    let needed = count as u64 + 500;
    assert!(hard >= needed, "{count} sockets need {needed} open files; this process may have {hard} at most");
    // The server inherits it.
    setrlimit(Resource::RLIMIT_NOFILE, soft.max(needed), hard).expect("a higher limit");
    let (child, address, site) = server().await;
    let process = child.id().expect("it runs");
    // With the first comes what is made once.
    let mut sockets = vec![open(address, &site).await];
    let before = memory(process);
    for _ in 1..count {
        sockets.push(open(address, &site).await);
    }
    // Two seconds, as other servers are given.
    tokio::time::sleep(Duration::from_secs(2)).await;
    let all = memory(process);
    println!(
        "{count} idle sockets: {:.1} MiB for the whole server, {:.1} KiB for each of them",
        all as f64 / 1024.0,
        (all - before) as f64 / (count - 1) as f64
    );
}

#[expect(clippy::print_stdout, reason = "it is what a benchmark is for")]
async fn measure() {
    let (child, address, site) = server().await;
    let process = child.id().expect("it runs");
    let (tell, mut told) = mpsc::unbounded_channel();
    // The first is not counted: with it comes what is made once.
    subscribe(address, &site, tell.clone()).await;
    settle(address, &mut told, 1).await;
    let before = memory(process);
    for _ in 1..SOCKETS {
        subscribe(address, &site, tell.clone()).await;
        // Who comes later is told of it as well.
        told.recv().await.expect("the socket is open");
    }
    // Two seconds, as other servers are given.
    tokio::time::sleep(Duration::from_secs(2)).await;
    let each = (memory(process) - before) as f64 / (SOCKETS - 1) as f64;
    let mut lasts = Vec::new();
    for _ in 0..EVENTS {
        lasts.push(settle(address, &mut told, SOCKETS).await);
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    lasts.sort_unstable();
    let ms = |time: Duration| time.as_secs_f64() * 1_000.0;
    println!(
        "{SOCKETS} subscribers of one course: last delivery {:.1} ms after the request that commits the event (best {:.1}); {each:.1} KiB for each open socket",
        ms(lasts[lasts.len() / 2]),
        ms(lasts[0])
    );
}

/// Publishes an event; the time until the last of so many has it.
async fn settle(address: SocketAddr, told: &mut mpsc::UnboundedReceiver<Instant>, subscribers: usize) -> Duration {
    let begun = Instant::now();
    let publishing = tokio::spawn(async move { client::post_json(address, "/publish", None, &json!({})).await });
    let mut last = begun;
    for _ in 0..subscribers {
        last = last.max(told.recv().await.expect("the sockets are open"));
    }
    publishing.await.expect("published");
    last - begun
}

/// Opens a socket that follows the course; whenever an event comes, that is told.
async fn subscribe(address: SocketAddr, site: &Value, tell: mpsc::UnboundedSender<Instant>) {
    let mut stream = open(address, site).await;
    send(&mut stream, &json!({ "type": "subscribe", "id": "1", "payload": { "query": site["query"] } })).await;
    tokio::spawn(async move {
        loop {
            let text = hear(&mut stream).await;
            assert!(text.contains("\"next\"") && !text.contains("errors"), "{text}");
            if tell.send(Instant::now()).is_err() {
                return;
            }
        }
    });
}

/// Opens a socket; it is acknowledged.
async fn open(address: SocketAddr, site: &Value) -> TcpStream {
    let mut stream = TcpStream::connect(address).await.expect("the server listens");
    stream.set_nodelay(true).expect("a socket");
    let hello = format!(
        "GET /graphql HTTP/1.1\r\nHost: {address}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n\
         Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Protocol: graphql-transport-ws\r\n\r\n"
    );
    stream.write_all(hello.as_bytes()).await.expect("it reads");
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(stream.read_u8().await.expect("an answer"));
    }
    assert!(head.starts_with(b"HTTP/1.1 101"), "{}", String::from_utf8_lossy(&head));
    let bearer = format!("Bearer {}", site["token"].as_str().expect("a token"));
    send(&mut stream, &json!({ "type": "connection_init", "payload": { "Authorization": bearer } })).await;
    assert!(hear(&mut stream).await.contains("connection_ack"));
    stream
}

/// Sends a text frame of less than 64 KiB; masked with zeros, which leave it as it is.
async fn send(stream: &mut TcpStream, message: &Value) {
    let text = message.to_string();
    let length = u16::try_from(text.len()).expect("a short message").to_be_bytes();
    let frame = [&[0x81, 0x80 | 126], &length[..], &[0; 4], text.as_bytes()].concat();
    stream.write_all(&frame).await.expect("it reads");
}

/// The next text frame, of less than 64 KiB. Who is asked meanwhile whether it is there, says so.
async fn hear(stream: &mut TcpStream) -> String {
    let mut head = [0; 2];
    stream.read_exact(&mut head).await.expect("a frame");
    while head == [0x89, 0] {
        stream.write_all(&[0x8a, 0x80, 0, 0, 0, 0]).await.expect("it reads");
        stream.read_exact(&mut head).await.expect("a frame");
    }
    let length = match head[1] {
        126 => stream.read_u16().await.expect("a length"),
        length => u16::from(length),
    };
    let mut text = vec![0; usize::from(length)];
    stream.read_exact(&mut text).await.expect("a frame");
    String::from_utf8(text).expect("text")
}

/// The memory that a process has for itself, in KiB.
fn memory(process: u32) -> i64 {
    let rollup = std::fs::read_to_string(format!("/proc/{process}/smaps_rollup")).expect("the process is there");
    let line = rollup.lines().find_map(|line| line.strip_prefix("Pss:")).expect("its share");
    line.split_whitespace().next().and_then(|number| number.parse().ok()).expect("a number")
}
