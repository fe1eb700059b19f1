//! Work comes in from the real client, is kept as it was, and is there once.

use std::io::{Read as _, Write as _};
use std::net::SocketAddr;

use hyper::{Method, StatusCode};
use serde_json::{Value, json};
use tests::backend::Backend;
use tests::browser::Browser;
use tests::client::{self, Answer};
use tests::okpy::Student;
use tests::site::{PASSWORD, Plan, Site};
use tests::stories;

stories![
    the_client_hands_in_and_is_graded,
    what_is_kept_is_read_back_as_it_was,
    thirty_megabytes_come_back_to_the_letter,
    who_is_not_on_the_roster_leaves_nothing,
    who_is_refused_is_heard_out,
    the_latest_by_the_clients_clock_is_the_newest,
    a_name_that_no_text_can_have_is_not_there,
    what_cannot_be_taken_is_told_in_one_line
];

pub(super) const ENDPOINT: &str = "data-in-the-wild/word-counts";
const OK: &str = r#"{"name": "Word counts", "endpoint": "data-in-the-wild/word-counts", "src": ["words.py"], "tests": {},
    "default_tests": [], "protocols": []}"#;

/// A site with a course and a student, whose token for the client is given.
pub(super) async fn campus(backend: Backend) -> (Site, String, String) {
    let site = Site::new(backend, Plan::default()).await;
    let (ada, token) = furnish(&site).await;
    (site, ada, token)
}

/// Gives a site a course and a student: how she is signed in, and her token for the client.
pub(super) async fn furnish(site: &Site) -> (String, String) {
    let admin = site.sign_in("admin@example.org").await;
    site.sync(&admin).await;
    let ada = site.enrolled(&admin, "ada@example.org", "data-in-the-wild", "STUDENT").await;
    let query = "mutation { createToken(input: { name: \"ok\", scopes: [ALL] }) { token } }";
    let token = site.ask(&ada, query, json!({})).await["createToken"]["token"].as_str().expect("a token").to_owned();
    (ada, token)
}

fn student(site: &Site, token: &str) -> Student {
    student_at(site.address, token)
}

/// A student with work and a token.
pub(super) fn student_at(server: SocketAddr, token: &str) -> Student {
    let student = Student::at(server);
    student.hold(token);
    student.write("words.ok", OK);
    student.write("words.py", "def count_words(text):\n    return {}\n");
    student
}

async fn read(site: &Site, token: &str, path: &str) -> Answer {
    let bearer = [("authorization", format!("Bearer {token}"))];
    client::send(site.address, Method::GET, path, bearer, "").await
}

async fn upload(site: &Site, token: &str, body: impl Into<hyper::body::Bytes>) -> Answer {
    upload_at(site.address, token, body).await
}

/// Sends work as the client does.
pub(crate) async fn upload_at(server: SocketAddr, token: &str, body: impl Into<hyper::body::Bytes>) -> Answer {
    let headers = [("authorization", format!("Bearer {token}")), ("content-type", "application/json".to_owned())];
    let path = "/api/v3/backups/?client_name=ok-client&client_version=v1.18.1";
    client::send(server, Method::POST, path, headers, body).await
}

/// What was handed in by somebody, with its points: none while it is not graded.
async fn submissions(site: &Site, token: &str) -> Vec<Value> {
    let query = "{ viewer { user { submissions(first: 100) { nodes { id points files { name text } } } } } }";
    let mut answer = site.ask(token, query, json!({})).await;
    match answer["viewer"]["user"]["submissions"]["nodes"].take() {
        Value::Array(all) => all,
        other => panic!("{other}"),
    }
}

async fn the_client_hands_in_and_is_graded(backend: Backend) {
    let (site, ada, token) = campus(backend).await;
    let student = student(&site, &token);
    let admin = site.sign_in("admin@example.org").await;
    let course =
        site.ask(&admin, "{ course(key: \"data-in-the-wild\") { id } }", json!({})).await["course"]["id"].take();
    let query = "subscription($course: ID!) { courseActivity(course: $course) { kind } }";
    let mut activity = site.follow(&admin, query, json!({ "course": course })).await;
    for (mode, said) in [
        (None, None),
        (Some("--backup"), Some(("Backup successful for user: ada@example.org", "backups"))),
        (Some("--submit"), Some(("Submission successful for user: ada@example.org", "submissions"))),
    ] {
        let printed = student.run(mode.as_slice(), "").await;
        if let Some((words, kind)) = said {
            assert!(printed.contains(words), "{printed}");
            assert!(printed.contains(&format!("http://{}/{ENDPOINT}/{kind}/", site.address)), "{printed}");
        }
    }
    let handed_in = submissions(&site, &ada).await;
    assert_eq!(handed_in.len(), 1, "{handed_in:?}");
    assert_eq!(handed_in[0]["files"][0]["name"], "words.py");
    // Its grading follows by itself.
    while activity.next().await["data"]["courseActivity"]["kind"] != "score.stored" {}
    assert!(submissions(&site, &ada).await[0]["points"].is_string());
    // The address that it printed leads its owner to what was handed in, and nobody else anywhere.
    let mut browser = Browser::at(site.address);
    let query = "{ viewer { user { submissions(first: 1) { nodes { id } } } } }";
    let id = site.ask(&ada, query, json!({})).await["viewer"]["user"]["submissions"]["nodes"][0]["id"].take();
    let key = id.as_str().and_then(|id| id.strip_prefix("sub_")).expect("an id").to_owned();
    let (one, other) = (format!("/{ENDPOINT}/submissions/{key}"), format!("/{ENDPOINT}/backups/{key}"));
    assert!(browser.get(&one).await.header("location").starts_with("/login?next="));
    browser.post("/login", &[("email", "ada@example.org"), ("password", PASSWORD)]).await;
    let page = browser.get(&one).await.text().replace("&#x2f;", "/");
    assert!(page.contains("Word counts") && page.contains("words.py (37 bytes)"), "{page}");
    assert_eq!(browser.get(&other).await.header("location"), one);
    let mut stranger = Browser::at(site.address);
    site.enrolled(&admin, "eve@example.org", "data-in-the-wild", "STUDENT").await;
    stranger.post("/login", &[("email", "eve@example.org"), ("password", PASSWORD)]).await;
    assert_eq!(stranger.get(&one).await.status, StatusCode::NOT_FOUND);
    // The client asks for the deadline after each upload, and for its own version.
    let assignment = read(&site, &token, &format!("/api/v3/assignment/{ENDPOINT}")).await.json();
    assert_eq!(assignment["data"]["due_date"], "2027-06-30T21:59:00", "{assignment}");
    let version = client::send(site.address, Method::GET, "/api/v3/version/ok-client", [], "").await.json();
    let version = &version["data"]["results"][0];
    assert_eq!(version["current_version"], "v1.18.1");
    // A client of another version would become whatever is there.
    let link = version["download_link"].as_str().and_then(|link| link.find("/api/").map(|at| &link[at..]));
    let there = client::send(site.address, Method::GET, link.expect("an address of ours"), [], "").await;
    assert_eq!(there.status, StatusCode::NOT_FOUND, "{}", there.text());
    site.end().await;
}

async fn what_is_kept_is_read_back_as_it_was(backend: Backend) {
    let (site, ada, token) = campus(backend).await;
    let large = "x".repeat(6 << 20);
    let messages = json!({
        "file_contents": { "words.py": "print('\u{0}\u{1}\u{1F600}')", "notes.txt": large, "submit": true },
        "analytics": { "time": "2026-11-29 12:00:00.000001", "time-utc": "2026-11-29 11:00:00.000001", "history": {} },
        "unlock": [{ "correct": true, "answer": ["\u{0}"] }],
        "email": "ada@example.org",
        "of a client of years ago": null,
    });
    let body = json!({ "assignment": ENDPOINT, "messages": messages, "submit": true }).to_string();
    // A number as no program would write it again.
    let body = body.replace("\"history\":{}", "\"history\":{\"points\":  1.10}");
    let messages: Value = serde_json::from_str::<Value>(&body).expect("JSON")["messages"].take();
    let first = upload(&site, &token, body.clone()).await;
    let data = first.json()["data"].take();
    assert_eq!((first.status, &data["email"]), (StatusCode::OK, &json!("ada@example.org")), "{}", first.text());
    let key = data["key"].as_str().expect("a key").to_owned();
    // However often it comes, also at once: it is one.
    let (one, other) = tokio::join!(upload(&site, &token, body.clone()), upload(&site, &token, body.clone()));
    assert_eq!((one.json()["data"]["key"].as_str(), other.json()["data"]["key"].as_str()), (Some(&*key), Some(&*key)));
    assert_eq!(submissions(&site, &ada).await.len(), 1);
    // The client sends what it could not hand in again as a backup.
    let rest = body.strip_suffix("\"submit\":true}").expect("it ends so");
    let kept = upload(&site, &token, format!("{rest}\"submit\":false}}")).await.json();
    assert_eq!(kept["data"]["key"], json!(key));
    let answer = read(&site, &token, &format!("/api/v3/backups/{key}/")).await;
    assert!(answer.text().contains("\"history\":{\"points\":  1.10}"), "to the letter");
    let read_back = answer.json()["data"].take();
    let of_kind = |kind: &str| {
        let all = read_back["messages"].as_array().expect("messages").iter();
        all.clone().find(|message| message["kind"] == kind).unwrap_or_else(|| panic!("no {kind}"))["contents"].clone()
    };
    for (kind, contents) in messages.as_object().expect("an object") {
        assert!(of_kind(kind) == *contents, "{kind}");
    }
    assert_eq!((&read_back["created"], &read_back["submit"]), (&json!("2026-11-29T11:00:00"), &json!(true)));
    // Somebody else's is like none.
    let admin = site.sign_in("admin@example.org").await;
    let grace = site.enrolled(&admin, "grace@example.org", "data-in-the-wild", "STUDENT").await;
    assert_eq!(read(&site, &grace, &format!("/api/v3/backups/{key}/")).await.status, StatusCode::NOT_FOUND);
    site.end().await;
}

async fn thirty_megabytes_come_back_to_the_letter(backend: Backend) {
    let (site, _, token) = campus(backend).await;
    // As the client writes them: every character outside of ASCII by its number.
    let text = "print('\u{e9}\u{1F600}\u{0}')\n".repeat(600_000);
    let escaped: String = text.encode_utf16().map(escape).collect();
    let body = format!(
        "{{\"assignment\":\"{ENDPOINT}\",\"submit\":false,\"messages\":{{\"file_contents\":{{\"words.py\":\"{escaped}\"}}}}}}"
    );
    assert!(body.len() > 20 << 20, "{}", body.len());
    let kept = upload(&site, &token, body).await;
    assert_eq!(kept.status, StatusCode::OK, "{}", kept.text());
    let key = kept.json()["data"]["key"].as_str().expect("a key").to_owned();
    let read_back = read(&site, &token, &format!("/api/v3/backups/{key}/")).await.json();
    let contents = &read_back["data"]["messages"][0]["contents"]["words.py"];
    assert!(contents.as_str() == Some(&*text), "it is another text");
    site.end().await;
}

/// A unit of UTF-16 in a text of JSON.
fn escape(unit: u16) -> String {
    match unit {
        0x20..0x7f => char::from(unit as u8).to_string(),
        _ => format!("\\u{unit:04x}"),
    }
}

async fn who_is_not_on_the_roster_leaves_nothing(backend: Backend) {
    let (site, _, _) = campus(backend).await;
    let admin = site.sign_in("admin@example.org").await;
    let user = json!({ "input": { "email": "eve@example.org", "name": "Eve", "password": PASSWORD } });
    site.ask(&admin, "mutation($input: CreateUserInput!) { createUser(input: $input) { user { id } } }", user).await;
    let eve = site.sign_in("eve@example.org").await;
    let body = json!({ "assignment": ENDPOINT, "messages": { "file_contents": { "words.py": "x" } }, "submit": true });
    let told = upload(&site, &eve, body.to_string()).await;
    let message = told.json()["message"].as_str().expect("words").to_owned();
    assert!(told.status == StatusCode::FORBIDDEN && message.contains("roster") && !message.contains('\n'), "{message}");
    let db = &site.app.kernel.deps.db;
    assert_eq!(tests::world::numbers(db, "SELECT count(*) FROM backup").await.expect("numbers"), [0]);
    site.end().await;
}

/// As programs send that read the answer when they have sent all.
fn send_all(address: SocketAddr, token: &str, body: &[u8]) -> String {
    let mut stream = std::net::TcpStream::connect(address).expect("somebody listens");
    let head = format!(
        "POST /api/v3/backups/ HTTP/1.1\r\nhost: {address}\r\nauthorization: Bearer {token}\r\n\
         content-type: application/json\r\ncontent-length: {}\r\nconnection: close\r\n\r\n",
        body.len()
    );
    stream.write_all(head.as_bytes()).and_then(|()| stream.write_all(body)).expect("all of it is taken");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).expect("an answer");
    answer
}

async fn who_is_refused_is_heard_out(backend: Backend) {
    let (site, _, token) = campus(backend).await;
    let body = |megabytes: usize| {
        let messages = json!({ "file_contents": { "words.py": "x".repeat(megabytes << 20) } });
        json!({ "assignment": ENDPOINT, "messages": messages, "submit": false }).to_string()
    };
    let address = site.address;
    for (token, megabytes, status) in [("expired".to_owned(), 8, "401"), (token.clone(), 60, "413")] {
        let body = body(megabytes);
        let answer = tokio::task::spawn_blocking(move || send_all(address, &token, body.as_bytes())).await;
        let answer = answer.expect("it ends");
        assert!(answer.starts_with(&format!("HTTP/1.1 {status}")) && answer.contains("\"message\""), "{answer}");
    }
    site.end().await;
}

async fn the_latest_by_the_clients_clock_is_the_newest(backend: Backend) {
    let (site, _, token) = campus(backend).await;
    for minute in [5, 3, 1] {
        let messages = json!({
            "file_contents": { "words.py": format!("# {minute}") },
            "analytics": { "time-utc": format!("2026-11-29 11:0{minute}:00.000001") },
        });
        let body = json!({ "assignment": ENDPOINT, "messages": messages, "submit": false });
        assert_eq!(upload(&site, &token, body.to_string()).await.status, StatusCode::OK);
    }
    let admin = site.sign_in("admin@example.org").await;
    let listed = read(&site, &admin, &format!("/api/v3/assignment/{ENDPOINT}/submissions/")).await.json();
    let messages = listed["data"]["backups"][0]["messages"].as_array().unwrap_or_else(|| panic!("{listed}"));
    let files = messages.iter().find(|message| message["kind"] == "file_contents").expect("its files");
    assert_eq!(files["contents"]["words.py"], "# 5");
    site.end().await;
}

async fn a_name_that_no_text_can_have_is_not_there(backend: Backend) {
    let (site, _, token) = campus(backend).await;
    let admin = site.sign_in("admin@example.org").await;
    let body = json!({ "assignment": "a\u{0}b/c", "messages": {}, "submit": true }).to_string();
    assert_eq!(upload(&site, &token, body).await.status, StatusCode::FORBIDDEN);
    for path in ["/api/v3/assignment/x%00y/z", "/api/v3/course/x%00/assignments"] {
        assert_eq!(read(&site, &admin, path).await.status, StatusCode::NOT_FOUND, "{path}");
    }
    site.end().await;
}

async fn what_cannot_be_taken_is_told_in_one_line(backend: Backend) {
    let (site, ada, token) = campus(backend).await;
    let student = student(&site, &token);
    student.write("words.ok", OK.replace("word-counts", "nothing"));
    let printed = student.run(&["--submit"], "").await;
    assert!(
        printed.contains("Could not submit: There is no assignment `data-in-the-wild/nothing` for you."),
        "{printed}"
    );
    // What is refused stays beside the work, and comes again with what is right.
    student.write("words.ok", OK);
    let printed = student.run(&["--submit"], "").await;
    assert!(printed.contains("Submission successful"), "{printed}");
    let handed_in = submissions(&site, &ada).await.len();
    // The main file is missing: kept all the same, once, and told.
    let body = json!({ "assignment": ENDPOINT, "messages": { "file_contents": { "other.py": "1" } }, "submit": true });
    let mut keys = Vec::new();
    for _ in 0..2 {
        let kept_back = upload(&site, &token, body.to_string()).await;
        let told = kept_back.json();
        assert_eq!(kept_back.status, StatusCode::FORBIDDEN);
        assert!(told["message"].as_str().is_some_and(|words| words.contains("kept as a backup")), "{told}");
        keys.push(told["data"]["key"].clone());
    }
    assert_eq!(keys[0], keys[1]);
    assert_eq!(submissions(&site, &ada).await.len(), handed_in);
    for (body, status) in [
        ("", StatusCode::BAD_REQUEST),
        ("{\"assignment\": \"x\"", StatusCode::BAD_REQUEST),
        ("{\"assignment\": \"x\", \"messages\": []}", StatusCode::BAD_REQUEST),
        ("[\"data-in-the-wild/word-counts\", {}, false]", StatusCode::BAD_REQUEST),
        ("{\"assignment\": \"x\", \"messages\": {}}", StatusCode::FORBIDDEN),
        (
            "{\"assignment\": \"data-in-the-wild/word-counts\", \"messages\": {\"a\\u0000\": 1}}",
            StatusCode::BAD_REQUEST,
        ),
    ] {
        let refused = upload(&site, &token, body).await;
        let told = refused.json();
        assert_eq!((refused.status, &told["data"]), (status, &json!({})), "{body}: {told}");
        assert!(told["message"].is_string(), "{told}");
    }
    let long = json!({ "assignment": "x".repeat(1 << 20), "messages": {} }).to_string();
    assert!(upload(&site, &token, long).await.text().len() < 1_000);
    let packed = [("authorization", format!("Bearer {token}")), ("content-encoding", "gzip".to_owned())];
    let refused = client::send(site.address, Method::POST, "/api/v3/backups/", packed, body.to_string()).await;
    assert_eq!(refused.status, StatusCode::UNSUPPORTED_MEDIA_TYPE, "{}", refused.text());
    let nobody = client::send(site.address, Method::POST, "/api/v3/backups/", [], body.to_string()).await;
    assert!(
        nobody.status == StatusCode::UNAUTHORIZED && nobody.text().contains("no token was sent"),
        "{}",
        nobody.text()
    );
    // A token that only reads hands nothing in, and neither does nobody.
    let query = "mutation { createToken(input: { name: \"r\", scopes: [READ] }) { token } }";
    let reads = site.ask(&ada, query, json!({})).await["createToken"]["token"].as_str().expect("a token").to_owned();
    assert_eq!(upload(&site, &reads, body.to_string()).await.status, StatusCode::FORBIDDEN);
    assert_eq!(upload(&site, "None", body.to_string()).await.status, StatusCode::UNAUTHORIZED);
    site.end().await;
}
