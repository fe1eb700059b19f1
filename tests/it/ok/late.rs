//! What is late, and what is shared, as the door of the client and its pages tell it.

use std::net::SocketAddr;
use std::time::Duration;

use hyper::{Method, StatusCode};
use serde_json::{Value, json};
use tests::backend::Backend;
use tests::browser::Browser;
use tests::client::{self, Answer};
use tests::site::PASSWORD;
use tests::stories;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::sleep;

use super::upload::upload_at;
use crate::work::{COURSE, Desk};

stories![
    late_work_is_told_to_be_late_until_there_is_more_time,
    what_is_shared_is_told_with_whom,
    who_sends_the_rest_later_has_come_later
];

async fn get(desk: &Desk, token: &str, path: &str) -> Answer {
    let bearer = [("authorization", format!("Bearer {token}"))];
    client::send(desk.site.address, Method::GET, &format!("/api/v3/{path}"), bearer, "").await
}

async fn does(desk: &Desk, token: &str, name: &str, input: Value) {
    assert_eq!(desk.change(token, name, input, "").await["problems"], json!([]), "{name}");
}

fn work(name: &str, text: &str, submit: bool) -> String {
    let messages = json!({ "file_contents": { "main.py": text } });
    json!({ "assignment": format!("{COURSE}/{name}"), "messages": messages, "submit": submit }).to_string()
}

/// Sends work; its key.
async fn send(desk: &Desk, token: &str, name: &str, text: &str, submit: bool) -> String {
    let answer = upload_at(desk.site.address, token, work(name, text, submit)).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text());
    answer.json()["data"]["key"].as_str().expect("a key").to_owned()
}

async fn late_work_is_told_to_be_late_until_there_is_more_time(backend: Backend) {
    let desk = Desk::new(backend).await;
    let ada = desk.student("ada").await;
    let key = send(&desk, &ada, "poem", "x = 1", true).await;
    let mut browser = Browser::at(desk.site.address);
    browser.post("/login", &[("email", "ada@example.org"), ("password", PASSWORD)]).await;
    let (own, page) = (format!("/{COURSE}/poem/submissions/{key}"), format!("/{COURSE}/poem"));
    let mut told = async || {
        let row = get(&desk, &ada, &format!("backups/{key}")).await.json()["data"]["is_late"].take();
        (row, browser.get(&own).await.text(), browser.get(&page).await.text())
    };
    let (is_late, one, all) = told().await;
    assert_eq!(is_late, true);
    assert!(one.contains(" (UTC), after the deadline."), "{one}");
    assert!(all.contains("It was due on ") && all.contains(" (UTC), late."), "{all}");
    // With a slash as well.
    let slash = client::send(desk.site.address, Method::GET, &format!("{page}/"), [], "").await;
    assert_eq!(slash.status, StatusCode::OK);
    let more = json!({ "assignment": desk.assignment(&ada, "poem").await, "email": "ada@example.org", "until": { "days": 9 }, "reason": "Ill." });
    does(&desk, &desk.admin, "grantExtension", more).await;
    let (is_late, one, all) = told().await;
    assert_eq!(is_late, false);
    assert!(!one.contains("after the deadline") && !all.contains("late."), "{one} {all}");
    assert!(all.contains("which is more time than others have"), "{all}");
    desk.site.end().await;
}

async fn what_is_shared_is_told_with_whom(backend: Backend) {
    let desk = Desk::new(backend).await;
    let (ada, grace, eve) = (desk.student("ada").await, desk.student("grace").await, desk.student("eve").await);
    let essay = desk.assignment(&ada, "essay").await;
    does(&desk, &ada, "inviteToGroup", json!({ "assignment": essay, "email": "grace@example.org" })).await;
    let of = |email: &str| format!("assignment/{COURSE}/essay/group/{email}@example.org");
    let statuses = async |token: &str, email: &str| {
        let told = get(&desk, token, &of(email)).await.json()["data"].take();
        let members = told["members"].as_array().unwrap_or_else(|| panic!("{told}")).iter();
        members.map(|member| (member["user"]["email"].clone(), member["status"].clone())).collect::<Vec<_>>()
    };
    let [a, g] = ["ada@example.org", "grace@example.org"].map(|email| json!(email));
    let (active, pending) = (json!("active"), json!("pending"));
    assert_eq!(statuses(&ada, "ada").await, [(a.clone(), active.clone()), (g.clone(), pending)]);
    let group = desk.about(&ada, "essay", "groups { nodes { id } }").await["groups"]["nodes"][0]["id"].take();
    does(&desk, &grace, "answerInvitation", json!({ "group": group, "accept": true })).await;
    assert_eq!(statuses(&grace, "grace").await, [(a, active.clone()), (g, active)]);
    assert_eq!(statuses(&eve, "ada").await, []);
    // One of both is listed, the newest; each one's own are still their own.
    send(&desk, &ada, "essay", "x = 1", false).await;
    let newest = send(&desk, &grace, "essay", "x = 2", false).await;
    send(&desk, &eve, "essay", "x = 3", false).await;
    let listed = get(&desk, &desk.admin, &format!("assignment/{COURSE}/essay/submissions/")).await.json();
    let keys: Vec<&Value> =
        listed["data"]["backups"].as_array().expect("a list").iter().map(|row| &row["id"]).collect();
    assert_eq!((keys.len(), &listed["data"]["count"]), (2, &json!(2)), "{listed}");
    assert!(keys.contains(&&json!(newest)), "{listed}");
    let path = format!("assignment/{COURSE}/essay/export/ada@example.org");
    let own = get(&desk, &desk.admin, &path).await.json()["data"]["backups"].take();
    assert_eq!(own.as_array().map(Vec::len), Some(1), "{own}");
    desk.site.end().await;
}

/// Sends a request whose body pauses before its last byte for longer than is forgiven.
async fn slowly(address: SocketAddr, token: &str, path: &str, body: &str) -> String {
    let mut stream = TcpStream::connect(address).await.expect("somebody listens");
    let head = format!(
        "POST {path} HTTP/1.1\r\nhost: {address}\r\nauthorization: Bearer {token}\r\ncontent-type: application/json\r\n\
         content-length: {}\r\nconnection: close\r\n\r\n",
        body.len()
    );
    let (begun, last) = body.split_at(body.len() - 1);
    stream.write_all((head + begun).as_bytes()).await.expect("it is taken");
    // The pause is what is looked at: nothing happens while the sender is silent.
    sleep(Duration::from_secs(13)).await;
    stream.write_all(last.as_bytes()).await.expect("it is taken");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.expect("an answer");
    answer
}

/// By both doors. Ten seconds are forgiven.
async fn who_sends_the_rest_later_has_come_later(backend: Backend) {
    let desk = Desk::new(backend).await;
    let ada = desk.student("ada").await;
    let query = "mutation($input: SaveBackupInput!) { saveBackup(input: $input) { problems { code } } }";
    let input =
        json!({ "assignment": desk.assignment(&ada, "poem").await, "files": [{ "name": "main.py", "text": "x = 1" }] });
    let by_query = json!({ "query": query, "variables": { "input": input } }).to_string();
    let by_client = work("poem", "x = 2", false);
    let begun = desk.site.app.kernel.deps.clock.now();
    let (one, other) = tokio::join!(
        slowly(desk.site.address, &ada, "/graphql", &by_query),
        slowly(desk.site.address, &ada, "/api/v3/backups/", &by_client)
    );
    assert!(one.contains("\"problems\":[]") && other.contains("\"key\""), "{one} {other}");
    let db = &desk.site.app.kernel.deps.db;
    let came = tests::world::numbers(db, "SELECT received_at FROM backup").await.expect("numbers");
    assert!(came.len() == 2 && came.iter().all(|came| came - begun.0 > 2_000_000), "{came:?} {begun:?}");
    desk.site.end().await;
}
