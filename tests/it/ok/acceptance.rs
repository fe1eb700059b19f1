//! What a student with the real client goes through: no network, tokens that are too old or nonsense, an assignment that is closed.

use std::net::{SocketAddr, TcpListener};

use hyper::Method;
use serde_json::{Value, json};
use tests::backend::Backend;
use tests::client;
use tests::okpy::Student;
use tests::site::{Plan, Site};
use tests::stories;

use crate::identity::oauth::{decide, shown, signed_in};

stories![
    what_could_not_be_sent_comes_later_in_its_place,
    tokens_are_renewed_as_often_as_needed_and_nonsense_is_asked_anew,
    odd_and_large_files_come_back_as_they_were
];

const OK: &str = r#"{"name": "Word counts", "endpoint": "data-in-the-wild/word-counts", "src": ["words.py"], "tests": {},
    "default_tests": [], "protocols": []}"#;

async fn campus(backend: Backend) -> (Site, String) {
    let site = Site::new(backend, Plan::default()).await;
    let admin = site.sign_in("admin@example.org").await;
    site.sync(&admin).await;
    let ada = site.enrolled(&admin, "ada@example.org", "data-in-the-wild", "STUDENT").await;
    (site, ada)
}

fn at(server: SocketAddr) -> Student {
    let student = Student::at(server);
    student.write("words.ok", OK);
    student.write("words.py", "x = 0\n");
    student
}

/// An address at which nobody listens.
fn nobody() -> SocketAddr {
    TcpListener::bind("127.0.0.1:0").expect("a port").local_addr().expect("its address")
}

async fn what_could_not_be_sent_comes_later_in_its_place(backend: Backend) {
    let (site, ada) = campus(backend).await;
    let query = "mutation { createToken(input: { name: \"ok\", scopes: [ALL] }) { token } }";
    let token = site.ask(&ada, query, json!({})).await["createToken"]["token"].as_str().expect("a token").to_owned();
    let mut student = at(nobody());
    student.hold(&token);
    for step in 1..=3 {
        student.write("words.py", format!("x = {step}\n"));
        let printed = student.run(&["--backup"], "").await;
        assert!(printed.contains("Could not"), "{printed}");
    }
    student.turn_to(site.address);
    student.write("words.py", "x = 4\n");
    let printed = student.run(&["--submit"], "").await;
    assert!(printed.contains("Submission successful for user: ada@example.org"), "{printed}");
    // The new work came first, then what had waited, the newest of it first; by her clock all stand in their order.
    let query = "{ assignment(endpoint: \"data-in-the-wild/word-counts\") { viewerFinal { files { text } } \
         backups(first: 100) { nodes { doneAt isResent submission { id } files { name text } } } } }";
    let mut found = site.ask(&ada, query, json!({})).await["assignment"].take();
    assert_eq!(found["viewerFinal"]["files"][0]["text"], "x = 4\n", "{found}");
    let mut backups = match found["backups"]["nodes"].take() {
        Value::Array(backups) => backups,
        other => panic!("{other}"),
    };
    let told = |backup: &Value| {
        let text = backup["files"][0]["text"].as_str().expect("a text").trim().to_owned();
        (text, backup["isResent"] == true, backup["submission"].is_object())
    };
    assert_eq!(told(&backups[0]), ("x = 4".to_owned(), false, true));
    assert_eq!(backups.len(), 4, "{backups:#?}");
    backups.sort_by_key(|backup| backup["doneAt"].as_str().expect("a time").to_owned());
    let order: Vec<String> = backups.iter().map(|backup| told(backup).0).collect();
    assert_eq!(order, ["x = 1", "x = 2", "x = 3", "x = 4"]);
    // Another run sends nothing a second time.
    student.run(&["--backup"], "").await;
    let count = site.ask(&ada, query, json!({})).await["assignment"]["backups"]["nodes"].as_array().map(Vec::len);
    assert_eq!(count, Some(5));
    site.end().await;
}

async fn tokens_are_renewed_as_often_as_needed_and_nonsense_is_asked_anew(backend: Backend) {
    let (site, ada) = campus(backend).await;
    let mut browser = signed_in(&site, "ada@example.org").await;
    let address = browser.get("/client/login/").await.header("location").to_owned();
    let code = shown(&decide(&mut browser, &address, "allow").await);
    let student = at(site.address);
    let printed = student.run(&["--backup", "--no-browser"], &format!("{code}\n")).await;
    assert!(printed.contains("Backup successful for user: ada@example.org"), "{printed}");
    for step in 1..=2 {
        student.expire();
        student.write("words.py", format!("x = {step}\n"));
        let printed = student.run(&["--backup", "--nointeract"], "").await;
        assert!(printed.contains("Backup successful for user: ada@example.org"), "renewed {step} times: {printed}");
    }
    let backups = "{ assignment(endpoint: \"data-in-the-wild/word-counts\") { backups(first: 100) { nodes { id } } } }";
    let count = site.ask(&ada, backups, json!({})).await["assignment"]["backups"]["nodes"].as_array().map(Vec::len);
    assert_eq!(count, Some(3));
    // A token that is none: the client asks for a new sign-in, and then sends what it has.
    student.hold("nonsense");
    student.write("words.py", "x = 3\n");
    let address = browser.get("/client/login/").await.header("location").to_owned();
    let code = shown(&decide(&mut browser, &address, "allow").await);
    let printed = student.run(&["--submit", "--no-browser"], &format!("{code}\n")).await;
    assert!(printed.contains("/client/login/"), "{printed}");
    assert!(printed.contains("Submission successful for user: ada@example.org"), "{printed}");
    site.end().await;
}

async fn odd_and_large_files_come_back_as_they_were(backend: Backend) {
    let (site, ada) = campus(backend).await;
    let query = "mutation { createToken(input: { name: \"ok\", scopes: [ALL] }) { token } }";
    let token = site.ask(&ada, query, json!({})).await["createToken"]["token"].as_str().expect("a token").to_owned();
    let student = at(site.address);
    student.hold(&token);
    for text in ["x = '\u{0}\u{1}\u{e9}\u{1F600}'\n".to_owned(), "# 6 MB\n".repeat(900_000)] {
        student.write("words.py", &text);
        let printed = student.run(&["--submit"], "").await;
        assert!(printed.contains("Submission successful"), "{printed}");
        let query = "{ assignment(endpoint: \"data-in-the-wild/word-counts\") { viewerFinal { id files { text } } } }";
        let found = site.ask(&ada, query, json!({})).await["assignment"]["viewerFinal"].take();
        assert!(found["files"][0]["text"] == *text, "it is another text");
        let key = found["id"].as_str().and_then(|id| id.strip_prefix("sub_")).expect("an id").to_owned();
        let bearer = [("authorization", format!("Bearer {token}"))];
        let path = format!("/api/v3/backups/{key}/");
        let read_back = client::send(site.address, Method::GET, &path, bearer, "").await.json();
        let messages = read_back["data"]["messages"].as_array().expect("messages").iter();
        let files = messages.clone().find(|message| message["kind"] == "file_contents").expect("files");
        assert!(files["contents"]["words.py"] == *text, "it is another text");
    }
    site.end().await;
}
