//! Trusted documents: named by their digest over HTTP, as events and over sockets; kept by who fetched them; and nothing else where a
//! site wants that.

use std::path::Path;
use std::sync::Arc;

use hyper::{Method, StatusCode};
use serde_json::{Value, json};
use server::graphql::documents::{Documents, digest};
use tests::backend::{Backend, tell};
use tests::base::Base;
use tests::client::{self, Answer, free_address, send};
use tests::frames::Frames;
use tests::site::{Plan, Site};

use super::restart::lectern;
use crate::first_light::killed::{Server, run};

const VERSION: &str = "query Version { server { version } }";
const ME: &str = "{ viewer { user { email } } }";
const OUT: &str = "mutation { signOut { signedOut } }";
const MODERN: (&str, &str) = ("accept", "application/graphql-response+json");

fn id(text: &str) -> String {
    format!("sha256:{}", digest(text))
}

/// The file of a front end.
fn write(folder: &Path) -> std::path::PathBuf {
    let path = folder.join("documents.json");
    let entries = json!({ id(VERSION): VERSION, digest(ME): ME, id(OUT): OUT });
    std::fs::write(&path, entries.to_string()).expect("a file");
    path
}

fn told<F: Future<Output = ()> + 'static>(only: bool, story: impl FnOnce(Site) -> F + 'static) {
    tell(Backend::Sqlite, move |backend| async move {
        let folder = tempfile::tempdir().expect("a folder");
        let mut documents = Documents::read(&write(folder.path())).expect("good documents");
        documents.only = only;
        let plan = Plan { documents: Arc::new(documents), ..Plan::default() };
        story(Site::new(backend, plan).await).await;
    });
}

async fn fetch(site: &Site, parameters: &str, headers: &[(&str, &str)]) -> Answer {
    let headers = headers.iter().map(|(name, value)| (*name, (*value).to_owned()));
    send(site.address, Method::GET, &format!("/graphql?{parameters}"), headers, "").await
}

async fn post(site: &Site, body: &Value, modern: bool) -> Answer {
    let json = ("content-type", "application/json".to_owned());
    let accept = modern.then(|| (MODERN.0, MODERN.1.to_owned()));
    send(site.address, Method::POST, "/graphql", [json].into_iter().chain(accept), body.to_string()).await
}

#[test]
fn a_document_is_named_by_its_digest() {
    told(false, |site| async move {
        let hash = |hash: &str| json!({ "persistedQuery": { "version": 1, "sha256Hash": hash } });
        // Body; status for new clients and for old ones; the code of the refusal.
        let rows = [
            (json!({ "documentId": id(VERSION) }), (200, 200), None),
            (json!({ "documentId": id(VERSION), "operationName": "Version" }), (200, 200), None),
            (
                json!({ "documentId": id(VERSION), "operationName": "Other" }),
                (400, 200),
                Some(json!("INVALID_DOCUMENT")),
            ),
            (json!({ "extensions": hash(&digest(VERSION)) }), (200, 200), None),
            (json!({ "extensions": hash(&digest(VERSION)), "query": VERSION }), (200, 200), None),
            (
                json!({ "extensions": hash(&digest("{a}")), "query": "{a}", "documentId": "" }),
                (400, 400),
                Some(json!("BAD_INPUT")),
            ),
            (json!({ "extensions": hash(&digest(ME)), "query": VERSION }), (400, 400), Some(json!("BAD_INPUT"))),
            (json!({ "extensions": { "persistedQuery": { "version": 2 } } }), (400, 400), Some(json!("BAD_INPUT"))),
            (json!({ "documentId": id(VERSION), "query": VERSION }), (400, 400), Some(json!("BAD_INPUT"))),
            (json!({ "documentId": 7 }), (400, 400), Some(json!("BAD_INPUT"))),
            (json!({ "documentId": digest(VERSION) }), (400, 200), Some(json!("DOCUMENT_NOT_FOUND"))),
            (json!({ "documentId": id("{ other }") }), (400, 200), Some(json!("DOCUMENT_NOT_FOUND"))),
            (json!({ "extensions": hash("") }), (400, 200), Some(json!("DOCUMENT_NOT_FOUND"))),
            (json!({ "query": "{ server { version } }" }), (200, 200), None),
        ];
        for (body, (modern, legacy), code) in rows {
            for (new, status) in [(true, modern), (false, legacy)] {
                let answer = post(&site, &body, new).await;
                let told = answer.json();
                assert_eq!(answer.status.as_u16(), status, "{body}: {told}");
                let refused = told.get("errors").map(|errors| errors[0]["extensions"]["code"].clone());
                assert_eq!(refused, code, "{body}: {told}");
                assert_eq!(told.get("data").is_some(), code.is_none(), "{body}: {told}");
            }
        }
        // What changes something is not fetched, however it is named.
        let parameters = format!("documentId={}", id(OUT));
        let refused = fetch(&site, &parameters, &[]).await;
        assert_eq!(
            (refused.status, refused.header("allow")),
            (StatusCode::METHOD_NOT_ALLOWED, "GET, HEAD, POST, OPTIONS")
        );
        assert_eq!(post(&site, &json!({ "documentId": id(OUT) }), true).await.status, StatusCode::OK);
        let events = fetch(&site, &format!("documentId={}", id(VERSION)), &[("accept", "text/event-stream")]).await;
        assert!(events.text().starts_with("event: next\ndata: {\"data\":{\"server\""), "{}", events.text());
        site.end().await;
    });
}

#[test]
fn who_has_fetched_it_is_told_shortly_that_it_is_the_same() {
    told(false, |site| async move {
        let token = site.sign_in("admin@example.org").await;
        let (version, me) = (format!("documentId={}", id(VERSION)), format!("documentId={}", id(ME)));
        let first = fetch(&site, &version, &[MODERN]).await;
        let tag = first.header("etag").to_owned();
        assert!(tag.starts_with('"') && tag.ends_with('"') && tag.len() > 20, "{tag}");
        for name in ["cache-control", "vary"] {
            let wanted = if name == "vary" { "Authorization, Accept, Accept-Encoding" } else { "private, no-cache" };
            assert_eq!(first.header(name), wanted);
        }
        let list = format!("\"other\", W/{tag}");
        for known in [tag.as_str(), &list, "*"] {
            let same = fetch(&site, &version, &[MODERN, ("if-none-match", known)]).await;
            assert_eq!((same.status, same.body.len()), (StatusCode::NOT_MODIFIED, 0), "{known}");
            assert_eq!((same.header("etag"), same.header("cache-control")), (tag.as_str(), "private, no-cache"));
            assert_eq!((same.header("vary"), same.header("content-type")), (first.header("vary"), ""));
        }
        // Another type, another coding or another viewer is another answer.
        let legacy = fetch(&site, &version, &[("if-none-match", &tag)]).await;
        assert_eq!(legacy.status, StatusCode::OK);
        assert_ne!(legacy.header("etag"), tag);
        let gzip = fetch(&site, &version, &[MODERN, ("if-none-match", &tag), ("accept-encoding", "gzip")]).await;
        assert_eq!(gzip.status, StatusCode::OK);
        let bearer = format!("Bearer {token}");
        let own = fetch(&site, &me, &[MODERN, ("authorization", &bearer)]).await;
        assert_eq!(own.json()["data"]["viewer"]["user"]["email"], "admin@example.org");
        let own = own.header("etag").to_owned();
        let nobody = fetch(&site, &me, &[MODERN, ("if-none-match", &own)]).await;
        assert_eq!((nobody.status, &nobody.json()["data"]["viewer"]), (StatusCode::OK, &Value::Null));
        // Each answer is made anew: with the sign-in ends what it shows.
        site.ask(&token, OUT, json!({})).await;
        let after = fetch(&site, &me, &[MODERN, ("authorization", &bearer), ("if-none-match", &own)]).await;
        assert_eq!((after.status, after.header("etag")), (StatusCode::UNAUTHORIZED, ""));
        // What was not named by its digest, or not fetched, is not kept.
        for answer in [
            fetch(&site, "query=%7Bserver%7Bversion%7D%7D", &[MODERN]).await,
            post(&site, &json!({ "documentId": id(VERSION) }), true).await,
            fetch(&site, "documentId=sha256:00", &[MODERN]).await,
        ] {
            assert_eq!((answer.header("cache-control"), answer.header("etag")), ("no-store", ""));
        }
        site.end().await;
    });
}

#[test]
fn a_site_may_execute_nothing_else() {
    told(true, |site| async move {
        let refused = post(&site, &json!({ "query": "{ server { version } }" }), true).await;
        assert_eq!(refused.status, StatusCode::BAD_REQUEST);
        assert_eq!(refused.json()["errors"][0]["extensions"]["code"], "DOCUMENT_NOT_TRUSTED");
        for good in [json!({ "documentId": id(VERSION) }), json!({ "query": VERSION })] {
            assert_eq!(post(&site, &good, true).await.status, StatusCode::OK, "{good}");
        }
        let events = fetch(&site, "query=%7Bserver%7Bversion%7D%7D", &[("accept", "text/event-stream")]).await;
        assert!(events.text().contains("DOCUMENT_NOT_TRUSTED"), "{}", events.text());
        let mut socket = Frames::open(site.address, "/graphql", "graphql-transport-ws").await;
        socket.say(r#"{"type":"connection_init"}"#).await;
        socket.next().await.expect("an acknowledgement");
        for (payload, kind, word) in [
            (json!({ "query": "{ server { version } }" }), "error", "DOCUMENT_NOT_TRUSTED"),
            (json!({ "documentId": id("{ a }") }), "error", "DOCUMENT_NOT_FOUND"),
            (json!({ "documentId": id(VERSION) }), "next", "version"),
        ] {
            socket.say(&json!({ "type": "subscribe", "id": "1", "payload": payload }).to_string()).await;
            let answer = socket.next().await.expect("an answer");
            let told: Value = serde_json::from_str(answer.text()).expect("JSON");
            assert!(told["type"] == kind && answer.text().contains(word), "{payload}: {told}");
        }
        site.end().await;
    });
}

/// The commands of the site's owner are not among the documents, and work all the same.
#[test]
fn the_owner_of_the_site_is_not_bound() {
    tell(Backend::Sqlite, |backend| async move {
        let base = Base::new(backend).await;
        let listen = free_address();
        let file = write(base.data());
        let command = || {
            let mut command = lectern(&base, listen);
            command.env("LECTERN_GRAPHQL_DOCUMENTS", &file).env("LECTERN_GRAPHQL_POLICY", "trusted");
            command
        };
        let server = Server::start(command()).await;
        run(command(), &["user", "create", "ada@example.org", "--name", "Ada"]).await;
        let refused = client::post_json(listen, "/graphql", None, &json!({ "query": "{ server { version } }" })).await;
        assert_eq!(refused.json()["errors"][0]["extensions"]["code"], "DOCUMENT_NOT_TRUSTED");
        server.kill().await;
    });
}
