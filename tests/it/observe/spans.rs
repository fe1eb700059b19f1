//! Spans reach a collector in the trace that the sender of the request has begun, and hold nothing that was sent.

use serde_json::{Value, json};
use tests::backend::{Backend, tell};
use tests::client;
use tests::ear::{Ear, Heard};
use tests::serving::Serving;

use super::prepared;

const TRACE: &str = "0af7651916cd43dd8448eb211c80319c";
const PARENT: &str = "b7ad6b7169203331";
const QUERY: &str = "query Courses($planted: Boolean!) { courses { nodes { key title @skip(if: $planted) } } }";

/// Asks once, and ends; what the collector has heard.
async fn collected(protocol: &str) -> Vec<Heard> {
    let (base, token) = prepared().await;
    let mut collector = Ear::open().await;
    let endpoint = format!("http://{}", collector.address);
    let settings = [
        ("OTEL_EXPORTER_OTLP_ENDPOINT", endpoint.as_str()),
        ("OTEL_EXPORTER_OTLP_PROTOCOL", protocol),
        ("OTEL_SERVICE_NAME", "a-site"),
    ];
    let serving = Serving::start(&base, &settings).await;
    let headers = [
        ("content-type", "application/json".to_owned()),
        ("traceparent", format!("00-{TRACE}-{PARENT}-01")),
        ("authorization", format!("Bearer {token}")),
    ];
    let body = json!({ "query": QUERY, "variables": { "planted": false } }).to_string();
    let answer = client::send(serving.address, hyper::Method::POST, "/graphql?planted=1", headers, body).await;
    assert!(answer.json().get("errors").is_none(), "{}", answer.text());
    let log = serving.end().await;
    let heard = collector.rest();
    assert!(!heard.is_empty(), "{log}");
    heard
}

fn attribute<'s>(span: &'s Value, key: &str) -> &'s Value {
    let attributes = span["attributes"].as_array().map(Vec::as_slice).unwrap_or_default();
    attributes.iter().find(|one| one["key"] == key).map_or(&Value::Null, |one| &one["value"]["stringValue"])
}

#[test]
fn a_request_is_a_span_with_its_operation_and_statements_below() {
    tell(Backend::Sqlite, |_| async {
        let heard = collected("http/json").await;
        let mut spans = Vec::new();
        for one in &heard {
            assert_eq!((one.path.as_str(), one.header("content-type")), ("/v1/traces", "application/json"));
            let said = String::from_utf8_lossy(&one.body);
            assert!(!said.contains("planted") && !said.contains("SELECT \\\""), "{said}");
            let told: Value = serde_json::from_slice(&one.body).expect("JSON");
            for resource in told["resourceSpans"].as_array().expect("resources") {
                assert_eq!(attribute(&resource["resource"], "service.name"), "a-site");
                for scope in resource["scopeSpans"].as_array().expect("scopes") {
                    spans.extend(scope["spans"].as_array().expect("spans").clone());
                }
            }
        }
        let ours: Vec<&Value> = spans.iter().filter(|span| span["traceId"] == TRACE).collect();
        let find = |name: &str| {
            *ours.iter().find(|span| span["name"] == name).unwrap_or_else(|| panic!("no {name}: {ours:#?}"))
        };
        let operation = find("query Courses");
        let reads = |span: &Value| span["name"] == "SELECT" || span["name"] == "WITH";
        let below = |span: &&&Value| reads(span) && span["parentSpanId"] == operation["spanId"];
        let statement = *ours.iter().find(below).expect("a statement");
        let request = find("POST /graphql");
        assert_eq!(request["parentSpanId"], PARENT);
        assert_eq!(operation["parentSpanId"], request["spanId"]);
        assert_eq!(attribute(operation, "graphql.operation.type"), "query");
        assert_eq!(attribute(statement, "db.system.name"), "sqlite");
        assert_eq!(
            (&request["kind"], &statement["kind"]),
            (&json!(2), &json!(3)),
            "a server, and a client of the database"
        );
    });
}

#[test]
fn the_standard_form_is_protocol_buffers() {
    tell(Backend::Sqlite, |_| async {
        let heard = collected("http/protobuf").await;
        let has = |words: &[u8]| heard.iter().any(|one| one.body.windows(words.len()).any(|part| part == words));
        assert!(heard.iter().all(|one| one.header("content-type") == "application/x-protobuf"));
        assert!(has(b"POST /graphql") && has(b"query Courses") && !has(b"planted"));
    });
}
