//! A page that somebody looks at must not use the door through their browser.

use hyper::{Method, StatusCode};
use serde_json::json;
use tests::backend::Backend;
use tests::base::Base;
use tests::client::free_address;
use tests::client::{Answer, send};
use tests::stories;
use tests::taskqueue::{insert, lease, path};

use super::bad_input::refused;
use super::client::lectern;
use super::lease::open;
use crate::first_light::killed::Server;

stories!(a_page_changes_nothing, other_names_are_refused, the_description_leads_to_where_the_client_came);

async fn a_page_changes_nothing(backend: Backend) {
    let site = open(backend).await;
    insert(site.address, "q", &json!({ "payloadBase64": "", "id": "t" })).await;
    let task = r#"{"payloadBase64": "", "queueName": "q", "leaseTimestamp": "1"}"#;
    let changes = [
        (Method::POST, "/tasks"),
        (Method::POST, "/tasks/lease?numTasks=1&leaseSecs=1"),
        (Method::POST, "/tasks/t?newLeaseSeconds=1"),
        (Method::PATCH, "/tasks/t?newLeaseSeconds=1"),
        (Method::DELETE, "/tasks/t"),
    ];
    for (method, behind) in changes {
        for origin in ["https://elsewhere.example", "null", &format!("http://{}", site.address)] {
            let page = [("origin", origin.to_owned()), ("content-type", "application/json".to_owned())];
            let answer = send(site.address, method.clone(), &path("q", behind), page, task).await;
            refused(&answer, 403, "forbidden", None);
        }
        // Of a browser that does not say where it comes from.
        for kind in ["text/plain;charset=UTF-8", "application/x-www-form-urlencoded", "Multipart/Form-Data; boundary=x"]
        {
            let form = [("content-type", kind.to_owned())];
            refused(&send(site.address, method.clone(), &path("q", behind), form, task).await, 400, "parseError", None);
        }
        let asks =
            [("origin", "https://elsewhere.example".to_owned()), ("access-control-request-method", "POST".to_owned())];
        let answer = send(site.address, Method::OPTIONS, &path("q", behind), asks, "").await;
        assert!(!answer.status.is_success() && answer.header("access-control-allow-origin").is_empty());
    }
    let left = lease(site.address, "q", "numTasks=9&leaseSecs=0").await;
    assert_eq!((left.len(), &left[0]["retry_count"]), (1, &json!(1)));
    site.end().await;
}

async fn called(address: std::net::SocketAddr, path: &str, host: &str) -> Answer {
    // The client says the name itself, unless the request is for a whole address.
    send(address, Method::GET, &format!("http://{host}{path}"), [], "").await
}

async fn other_names_are_refused(backend: Backend) {
    let site = open(backend).await;
    for host in ["elsewhere.example", "localhost.elsewhere.example:8000", "10.0.0.1"] {
        for path in [path("q", "/tasks"), "/api/taskqueue/v1beta2".to_owned()] {
            let answer = called(site.address, &path, host).await;
            refused(&answer, 403, "forbidden", None);
            assert!(answer.text().contains("LECTERN_TASK_QUEUE_HOSTS"), "the way out: {}", answer.text());
        }
    }
    for host in ["localhost", "LOCALHOST:1", "127.0.0.1", "[::1]:8000", "lectern.example"] {
        assert_eq!(called(site.address, &path("q", "/tasks"), host).await.status, StatusCode::OK, "{host}");
    }
    let raw = async |host: &str| {
        let ask = format!("GET {} HTTP/1.1\r\n{host}connection: close\r\n\r\n", path("q", "/tasks"));
        said(site.address, &ask).await
    };
    for (host, status) in [
        ("host: elsewhere.example\r\n", "403"),
        ("host: lectern.example\r\n", "200"),
        ("host: user@localhost\r\n", "403"),
        ("host: \r\n", "403"),
    ] {
        assert!(raw(host).await.starts_with(&format!("HTTP/1.1 {status}")), "{host}: {}", raw(host).await);
    }
    let batch = "--x\r\ncontent-type: application/http\r\n\r\nGET / HTTP/1.1\r\nhost: localhost\r\n\r\n--x--";
    let kind = [("content-type", "multipart/mixed; boundary=x".to_owned())];
    let answer = send(site.address, Method::POST, "http://elsewhere.example/batch", kind, batch).await;
    refused(&answer, 403, "forbidden", None);
    site.end().await;
}

/// What is answered to a request as it stands.
async fn said(address: std::net::SocketAddr, request: &str) -> String {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    let mut socket = tokio::net::TcpStream::connect(address).await.expect("somebody listens");
    socket.write_all(request.as_bytes()).await.expect("it listens");
    let mut answer = Vec::new();
    socket.read_to_end(&mut answer).await.expect("it answers");
    String::from_utf8_lossy(&answer).into_owned()
}

async fn the_description_leads_to_where_the_client_came(backend: Backend) {
    let (base, listen) = (Base::new(backend).await, free_address());
    let mut command = lectern(&base, listen);
    command.env("LECTERN_TASK_QUEUE_HOSTS", "queue.internal");
    let server = Server::start(command).await;
    let root = async |host: &str| called(listen, "/api/taskqueue/v1beta2", host).await.json()["rootUrl"].clone();
    for host in ["localhost:8000", "queue.internal", "queue.internal:5052", &listen.to_string()] {
        assert_eq!(root(host).await, json!(format!("http://{host}/")));
    }
    refused(&called(listen, "/api/taskqueue/v1beta2", "elsewhere.example").await, 403, "forbidden", None);
    server.kill().await;
    let mut command = lectern(&base, listen);
    command.env("LECTERN_PUBLIC_URL", "https://lectern.example.org");
    let server = Server::start(command).await;
    for host in ["localhost:8000", "lectern.example.org"] {
        let answer = called(listen, "/api/taskqueue/v1beta2", host).await.json();
        assert_eq!(answer["rootUrl"], "https://lectern.example.org/", "{host}");
    }
    server.kill().await;
}
