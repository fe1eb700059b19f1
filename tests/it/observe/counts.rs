//! What is counted about GraphQL: by kind and code, never by name.

use hyper::Method;
use serde_json::{Value, json};
use tests::backend::{Backend, tell};
use tests::client;
use tests::frames::Frames;
use tests::site::{METRICS, Plan, Site};

async fn metrics(site: &Site) -> String {
    let headers = [("authorization", format!("Bearer {METRICS}"))];
    client::send(site.address, Method::GET, "/metrics", headers, "").await.text()
}

#[test]
fn operations_are_counted_by_kind_and_code() {
    tell(Backend::Sqlite, |backend| async move {
        let site = Site::new(backend, Plan::default()).await;
        let token = site.sign_in("admin@example.org").await;
        site.ask(&token, "query Hunter2 { server { version } }", Value::Null).await;
        site.post(None, "query Hunter2 { courses { nodes { key } } }", Value::Null).await;
        site.post(None, "{ hunter2 }", Value::Null).await;
        let heavy = format!("{{ {} }}", "server { version } ".repeat(3_000));
        site.post(None, &heavy, Value::Null).await;
        let mut socket = Frames::open(site.address, "/graphql", "graphql-transport-ws").await;
        let init = json!({ "type": "connection_init", "payload": { "Authorization": format!("Bearer {token}") } });
        socket.say(&init.to_string()).await;
        socket.next().await.expect("acknowledged");
        let follow =
            json!({ "type": "subscribe", "id": "1", "payload": { "query": "subscription { lanes { name } }" } });
        socket.say(&follow.to_string()).await;
        socket.next().await.expect("how the lanes are");

        let told = metrics(&site).await;
        for line in [
            "lectern_graphql_operations_total{code=\"OK\",kind=\"mutation\"} 1",
            "lectern_graphql_operations_total{code=\"OK\",kind=\"query\"} 1",
            "lectern_graphql_operations_total{code=\"UNAUTHENTICATED\",kind=\"query\"} 1",
            "lectern_graphql_operations_total{code=\"INVALID_DOCUMENT\",kind=\"query\"} 1",
            "lectern_graphql_operation_seconds_count{kind=\"query\"} 3",
            "lectern_graphql_refused_total{code=\"INVALID_DOCUMENT\"} 1",
            "lectern_graphql_refused_total{code=\"TOO_COMPLEX\"} 1",
            "lectern_graphql_sockets 1",
            "lectern_graphql_socket_operations 1",
        ] {
            assert!(told.lines().any(|told| told == line), "{line} is not in\n{told}");
        }
        assert!(!told.contains("unter2"), "{told}");
        drop(socket);
        // It is gone when its task has noticed.
        while !metrics(&site).await.contains("lectern_graphql_sockets 0") {}
        site.end().await;
    });
}
