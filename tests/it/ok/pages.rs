//! The page of an assignment, to which the client leads who has signed in.

use hyper::{Method, StatusCode};
use serde_json::json;
use tests::backend::Backend;
use tests::browser::Browser;
use tests::client;
use tests::graphql_ws::Said;
use tests::site::{JOB, PASSWORD};
use tests::stories;

use super::upload::{ENDPOINT, campus, upload_at};

stories![an_assignment_has_a_page_of_its_own];

async fn signed_in(site: &tests::site::Site, email: &str) -> Browser {
    let mut browser = Browser::at(site.address);
    browser.post("/login", &[("email", email), ("password", PASSWORD)]).await;
    browser
}

async fn an_assignment_has_a_page_of_its_own(backend: Backend) {
    let (site, ada, token) = campus(backend).await;
    let place = format!("/{ENDPOINT}");
    // Whom we do not know is told where to sign in, and not what there is.
    let mut nobody = Browser::at(site.address);
    for place in [&*place, "/data-in-the-wild/nothing", "/nowhere/nothing"] {
        let page = nobody.get(place).await;
        assert_eq!(page.status, StatusCode::OK, "{place}");
        let next = place.replace('/', "%2F");
        assert!(page.text().replace("&#x2f;", "/").contains(&format!("/login?next={next}")), "{}", page.text());
        assert!(!page.text().contains("Word counts"), "{place}");
    }
    let mut browser = signed_in(&site, "ada@example.org").await;
    let page = browser.get(&place).await.text();
    for words in ["Word counts", "It is due on 2027-06-30 23:59", "Nothing of yours has come yet."] {
        assert!(page.contains(words), "{words}: {page}");
    }
    assert_eq!(browser.get("/data-in-the-wild/nothing").await.status, StatusCode::NOT_FOUND);
    let work = |text: &str, submit: bool| {
        let messages = json!({ "file_contents": { "words.py": text } });
        json!({ "assignment": ENDPOINT, "messages": messages, "submit": submit }).to_string()
    };
    let kept = upload_at(site.address, &token, work("x = 1", false)).await.json();
    let page = browser.get(&place).await.text().replace("&#x2f;", "/");
    assert!(page.contains("You have handed in nothing yet."), "{page}");
    assert!(page.contains(&format!("{place}/backups/{}", kept["data"]["key"].as_str().expect("a key"))), "{page}");
    let handed_in = upload_at(site.address, &token, work("x = 2", true)).await.json();
    let key = handed_in["data"]["key"].as_str().expect("a key").to_owned();
    let query = "query($id: ID!) { node(id: $id) { ... on Submission { runs { nodes { job { id } } } } } }";
    let run = site.ask(&ada, query, json!({ "id": format!("sub_{key}") })).await["node"]["runs"]["nodes"][0].take();
    let mut events = site.follow(&ada, JOB, json!({ "id": run["job"]["id"] })).await;
    while let Said::Next(_) = events.said().await {}
    let page = browser.get(&place).await.text().replace("&#x2f;", "/");
    for words in ["What counts was handed in on ", "It is worth 0 of ", &*format!("{place}/submissions/{key}")] {
        assert!(page.contains(words), "{words}: {page}");
    }
    // Who is not on the roster is not told of it.
    let admin = site.sign_in("admin@example.org").await;
    let user = json!({ "input": { "email": "eve@example.org", "name": "Eve", "password": PASSWORD } });
    site.ask(&admin, "mutation($input: CreateUserInput!) { createUser(input: $input) { user { id } } }", user).await;
    let page = signed_in(&site, "eve@example.org").await.get(&place).await;
    assert!(page.status == StatusCode::NOT_FOUND && !page.text().contains("Word counts"), "{}", page.text());
    // It takes no place that means something else, and nothing but questions.
    for (method, place, status) in [
        (Method::GET, "/assets/nothing.js", StatusCode::NOT_FOUND),
        (Method::GET, "/taskqueue/nothing", StatusCode::NOT_FOUND),
        (Method::POST, "/account/nothing", StatusCode::NOT_FOUND),
        (Method::GET, "/.well-known/nothing", StatusCode::NOT_FOUND),
        (Method::GET, "/wp-admin/index.php", StatusCode::NOT_FOUND),
        (Method::POST, &*place, StatusCode::METHOD_NOT_ALLOWED),
    ] {
        assert_eq!(client::send(site.address, method, place, [], "").await.status, status, "{place}");
    }
    site.end().await;
}
