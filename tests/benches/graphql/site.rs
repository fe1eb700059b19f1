//! The site that is asked, as a process of its own, and who asks it.

use std::process::Stdio;
use std::time::Duration;

use actors::database::Database;
use actors::identity::create_user::{NewUser, create_user};
use actors::identity::sign_in::{Credentials, sign_in};
use entity::identity::user;
use entity::viewer::ViewerScope;
use migration::{Migrator, MigratorTrait as _};
use poem::listener::{Acceptor as _, Listener as _, TcpListener};
use poem::{Endpoint, IntoEndpoint, Route, Server, handler, post, web::Json};
use sea_orm::{ConnectionTrait as _, EntityTrait as _, PaginatorTrait as _};
use serde_json::{Value, json};
use server::app::{App, Role};
use tests::lasting::request;
use tests::postgres::Durable;
use tests::processor;
use tests::site::measured;
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::Child;

use super::load::Load;
use super::world::{self, COURSES, teacher};

/// Ours, but that nobody is asked who they are: everything is shown to everybody.
pub const OPEN: &str = "lectern without rights";
const Q2: &str = "query Q2($key:String!){course(key:$key){id title assignments(first:10){nodes{id title \
     submissions(first:10){nodes{id points submitter{name}}}}}}}";
const PASSWORD: &str = "correct horse";
/// Students whose questions are asked.
const ASKING: i64 = 200;

/// A site at work.
pub struct Site {
    port: u16,
    /// Where the floor is.
    floor: u16,
    /// Where the same is answered without asking who that is and what they may.
    open: u16,
    tokens: Vec<String>,
    server: Child,
    /// The cluster that it made for itself.
    _cluster: Option<Durable>,
}

impl Site {
    /// Starts a site on the database of that URL; on one of its own without.
    pub async fn start(url: Option<String>, scale: u64) -> Self {
        let (url, cluster) = match url {
            Some(url) => (url, None),
            None => {
                let cluster = Durable::start();
                (cluster.empty().await, Some(cluster))
            }
        };
        let own = std::env::current_exe().expect("a path");
        let mut command = tokio::process::Command::new(own);
        command.args(["serve", "--site", &url, "--scale", &scale.to_string()]);
        let mut server =
            command.stdin(Stdio::piped()).stdout(Stdio::piped()).kill_on_drop(true).spawn().expect("this program");
        let mut lines = BufReader::new(server.stdout.take().expect("a pipe")).lines();
        let line = lines.next_line().await.expect("it talks").expect("it says where it serves");
        let said: Value = serde_json::from_str(&line).expect("a line of JSON");
        let tokens = said["tokens"].as_array().expect("tokens").iter();
        let tokens = tokens.map(|token| token.as_str().expect("a token").to_owned()).collect();
        let port = |name: &str| said[name].as_u64().and_then(|port| u16::try_from(port).ok()).expect("a port");
        Self { port: port("port"), floor: port("floor"), open: port("open"), tokens, server, _cluster: cluster }
    }

    /// What is asked of it, and of the floor.
    pub fn loads(&self) -> Vec<Load> {
        let address = super::address(self.port);
        let students = (1..=ASKING).map(|student| usize::try_from(COURSES + student - 1).expect("small"));
        let teachers = (1..=COURSES).map(|course| (course, usize::try_from(course - 1).expect("small")));
        let ask = |query: &str, variables: Value, who: usize| {
            let body = json!({ "query": query, "variables": variables }).to_string();
            request("/graphql", Some(&self.tokens[who]), Some(&body))
        };
        let of_courses = |query: &str| -> Vec<Vec<u8>> {
            teachers
                .clone()
                .map(|(course, who)| ask(query, json!({ "key": format!("course-{course}") }), who))
                .collect()
        };
        let trivial: Vec<_> = students.clone().map(|who| ask("{server{version}}", json!({}), who)).collect();
        let q1 = of_courses("query Q1($key:String!){course(key:$key){id title key}}");
        let q2 = of_courses(Q2);
        let one = |course: i64| json!({ "query": Q2, "variables": { "key": format!("course-{course}") } }).to_string();
        let open = (1..=COURSES).map(|course| request("/graphql", None, Some(&one(course)))).collect();
        let q3 = "query Q3{viewer{assignments(first:20){nodes{id title dueAt viewerFinal{id points submittedAt}}}}}";
        let q3 = students.map(|who| ask(q3, json!({}), who)).collect();
        vec![
            Load::new("trivial", "floor", super::address(self.floor), trivial.clone(), ("version", 1)),
            Load::new("trivial", "lectern", address, trivial, ("version", 1)),
            Load::new("Q1", "lectern", address, q1, ("Course number", 1)),
            Load::new("Q2", "lectern", address, q2, ("points", 100)),
            Load::new("Q2", OPEN, super::address(self.open), open, ("points", 100)),
            Load::new("Q3", "lectern", address, q3, ("submittedAt", 20)),
        ]
    }

    /// The processor time of the server and of all of PostgreSQL so far.
    pub fn cpu(&self) -> Duration {
        let server = self.server.id().map_or(Duration::ZERO, processor::of_process);
        server + processor::of_name("postgres")
    }
}

/// Serves until the standard input ends. Says where, and the tokens of those who teach and of some students.
#[expect(clippy::print_stdout, reason = "it is how it talks")]
pub async fn serve(url: &str, scale: u64) {
    let db = Database::connect(url).await.expect("the database");
    Migrator::up(db.write_connection(), None).await.expect("its shape");
    if user::Entity::find().count(db.read()).await.expect("a count") == 0 {
        world::make(db.write_connection(), scale).await;
    }
    db.close().await;
    let folder = tempfile::tempdir().expect("a folder");
    let app = App::build(measured(folder.path(), url), Role::Serve).await.expect("the site starts");
    let tokens = tokens(&app).await;
    let port = listen(&app, server::http::public(&app)).await;
    // The door of the site's owner, which only their socket leads to otherwise.
    let open = listen(&app, server::http::local(&app)).await;
    let bare = listen(&app, Route::new().at("/graphql", post(floor))).await;
    println!("{}", json!({ "port": port, "floor": bare, "open": open, "tokens": tokens }));
    let _ = tokio::task::spawn_blocking(|| std::io::read_to_string(std::io::stdin())).await;
}

/// Serves these routes; the port.
async fn listen(app: &App, routes: impl IntoEndpoint<Endpoint: Endpoint + 'static> + Send + 'static) -> u16 {
    let acceptor = TcpListener::bind(app.config.listen).into_acceptor().await.expect("a port");
    let address = *acceptor.local_addr()[0].as_socket_addr().expect("an address");
    tokio::spawn(Server::new_with_acceptor(acceptor).run(routes));
    address.port()
}

/// What answers the same request by nothing but reading it as JSON.
#[handler]
fn floor(asked: Json<Value>) -> Json<Value> {
    assert!(asked.0.is_object());
    Json(json!({ "data": { "server": { "version": env!("CARGO_PKG_VERSION") } } }))
}

/// Signs everybody in who asks: first those who teach, by course, then students.
async fn tokens(app: &App) -> Vec<String> {
    let deps = &app.kernel.deps;
    let email = "somebody@example.edu";
    let new =
        NewUser { email: email.to_owned(), name: "Somebody".to_owned(), password: PASSWORD.to_owned(), admin: true };
    // Made by an earlier run, perhaps.
    let _ = create_user(deps, &ViewerScope::system("a benchmark"), new).await;
    let shared = format!(
        "UPDATE \"user\" SET verified_at = created_at, password_hash = (SELECT password_hash FROM \"user\" WHERE email = '{email}') WHERE password_hash IS NULL"
    );
    deps.db.write_connection().execute_unprepared(&shared).await.expect("a password for all");
    let mut tokens = Vec::new();
    for person in (1..=COURSES).map(teacher).chain(1..=ASKING) {
        let address = format!("person{person}@example.edu");
        tokens.push(
            sign_in(deps, Credentials::here(&address, PASSWORD))
                .await
                .expect("the password is right")
                .tokens
                .access
                .token,
        );
    }
    tokens
}
