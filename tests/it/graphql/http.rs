//! GraphQL over HTTP: which requests are taken, and the status, type and size of answers.

use std::process::Command;

use hyper::{Method, StatusCode};
use serde_json::json;
use tests::client::{self, Answer};
use tests::graphql_ws::audit;
use tests::site::Site;

use super::told;

const MODERN: &str = "application/graphql-response+json";
const LEGACY: &str = "application/json";
const VERSION: &str = "{ server { version } }";

type Headers<'h> = &'h [(&'h str, &'h str)];

#[test]
fn the_audit_of_the_specification_finds_nothing() {
    told(|site| async move {
        let findings = audit(&format!("http://{}/graphql", site.address)).await;
        let faults: Vec<_> = findings.iter().filter(|finding| finding.status != "ok").collect();
        assert!(faults.is_empty(), "{faults:#?}");
        assert_eq!(findings.len(), 61);
        site.end().await;
    });
}

async fn ask(site: &Site, method: Method, path: &str, headers: Headers<'_>, body: &str) -> Answer {
    let headers = headers.iter().map(|(name, value)| (*name, (*value).to_owned()));
    client::send(site.address, method, &format!("/graphql{path}"), headers, body.to_owned()).await
}

#[test]
fn each_request_has_its_status_and_type() {
    told(|site| async move {
        let (get, post) = (Method::GET, Method::POST);
        let query = json!({ "query": VERSION }).to_string();
        let broken = json!({ "query": "{" }).to_string();
        let unknown = json!({ "query": "{ nothing }" }).to_string();
        let denied = json!({ "query": "{ courses { nodes { key } } }" }).to_string();
        let asked = "?query=%7Bserver%7Bversion%7D%7D";
        let out = "?query=mutation%7BsignOut%7BsignedOut%7D%7D";
        let two = "?query=query+A%7Bserver%7Bversion%7D%7D+mutation+B%7BsignOut%7BsignedOut%7D%7D&operationName=";
        let json = ("content-type", LEGACY);
        let modern = ("accept", MODERN);
        let rows: [(&Method, &str, Headers<'_>, &str, u16, &str); 30] = [
            (&post, "", &[json], &query, 200, LEGACY),
            (&post, "", &[json, modern], &query, 200, MODERN),
            (&post, "", &[json, ("accept", "*/*")], &query, 200, LEGACY),
            (&post, "", &[json, ("accept", "text/html, */*;q=0.1")], &query, 200, LEGACY),
            (&post, "", &[json, ("accept", "text/html")], &query, 406, LEGACY),
            (&post, "", &[("content-type", "Application/JSON; charset=UTF-8")], &query, 200, LEGACY),
            (&post, "", &[("content-type", "application/json; charset=utf-16")], &query, 415, LEGACY),
            (&post, "", &[json, ("content-encoding", "gzip")], &query, 415, LEGACY),
            (&post, "", &[("content-type", "text/plain")], &query, 415, LEGACY),
            (&post, "", &[("content-type", "application/x-www-form-urlencoded")], "query=%7Bserver%7D", 415, LEGACY),
            (&post, "", &[("content-type", "application/jsonx")], &query, 415, LEGACY),
            (&post, "", &[], &query, 415, LEGACY),
            (&post, "", &[json], "{", 400, LEGACY),
            (&post, "", &[json], "[]", 400, LEGACY),
            (&post, "", &[json], "{\"query\": 1}", 400, LEGACY),
            (&post, "", &[json], "{\"query\": \"{a}\", \"variables\": []}", 400, LEGACY),
            (&post, "", &[json], "{\"query\": \"{a}\", \"extensions\": 7}", 400, LEGACY),
            (&post, "", &[json], &broken, 200, LEGACY),
            (&post, "", &[json, modern], &broken, 400, MODERN),
            (&post, "", &[json], &unknown, 200, LEGACY),
            (&post, "", &[json, modern], &unknown, 400, MODERN),
            // It was executed: what may not be seen is an error of its field.
            (&post, "", &[json, modern], &denied, 200, MODERN),
            (&get, asked, &[modern], "", 200, MODERN),
            (&get, "", &[], "", 400, LEGACY),
            (&get, "?query=%7Ba%7D&variables=%7B", &[], "", 400, LEGACY),
            (&get, "?query=%7Ba%7D&extensions=1", &[], "", 400, LEGACY),
            (&get, out, &[], "", 405, LEGACY),
            (&get, &format!("{two}A"), &[], "", 200, LEGACY),
            (&get, &format!("{two}B"), &[], "", 405, LEGACY),
            (&Method::PUT, "", &[json], &query, 405, LEGACY),
        ];
        for (method, path, headers, body, status, kind) in rows {
            let row = format!("{method} {path} {headers:?} {body}");
            let answer = ask(&site, method.clone(), path, headers, body).await;
            let told = answer.json();
            assert_eq!(answer.status.as_u16(), status, "{row}: {told}");
            assert_eq!(answer.header("content-type"), format!("{kind}; charset=utf-8"), "{row}");
            assert_eq!((answer.header("cache-control"), answer.header("content-encoding")), ("no-store", ""), "{row}");
            assert_eq!(answer.header("allow"), if status == 405 { "GET, HEAD, POST, OPTIONS" } else { "" }, "{row}");
            // Only what was executed has data.
            let ran = status == 200 && body != broken && body != unknown;
            assert_eq!(told.get("data").is_some(), ran, "{row}: {told}");
            assert!(ran || told["errors"][0]["message"].is_string(), "{row}: {told}");
        }
        site.end().await;
    });
}

#[test]
fn what_may_be_asked_is_told_and_a_head_has_no_body() {
    told(|site| async move {
        let options = ask(&site, Method::OPTIONS, "", &[], "").await;
        assert_eq!((options.status, options.header("allow")), (StatusCode::NO_CONTENT, "GET, HEAD, POST, OPTIONS"));
        let head = ask(&site, Method::HEAD, "?query=%7Bserver%7Bversion%7D%7D", &[], "").await;
        assert_eq!((head.status, head.body.len()), (StatusCode::OK, 0));
        site.end().await;
    });
}

#[test]
fn a_long_answer_is_compressed_for_who_takes_that() {
    told(|site| async move {
        let introspection = "?query=%7B__schema%7Btypes%7Bname+description%7D%7D%7D";
        let plain = ask(&site, Method::GET, introspection, &[], "").await;
        let url = format!("http://{}/graphql{introspection}", site.address);
        let fetched = tokio::task::spawn_blocking(move || {
            Command::new("curl").args(["--silent", "--compressed", "--write-out", "\n%{size_download}", &url]).output()
        });
        let fetched = String::from_utf8(fetched.await.expect("it ran").expect("curl is there").stdout).expect("text");
        let (body, size) = fetched.rsplit_once('\n').expect("two lines");
        assert_eq!(body.as_bytes(), plain.body, "the same comes out");
        let size: usize = size.parse().expect("a number");
        assert!(size < plain.body.len() / 2, "{size} of {}", plain.body.len());
        let refused = ask(&site, Method::GET, introspection, &[("accept-encoding", "gzip;q=0, br")], "").await;
        assert_eq!(refused.header("content-encoding"), "");
        site.end().await;
    });
}
