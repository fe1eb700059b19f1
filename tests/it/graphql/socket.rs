//! The protocol `graphql-transport-ws`, frame by frame: every way to break it has its code, and every frame is a legal one.

use std::time::Duration;

use serde_json::{Value, json};
use server::http::patience::Patience;
use tests::backend::{Backend, tell};
use tests::frames::{BINARY, CLOSE, Frames, PING, PONG};
use tests::site::{Plan, Site};

use super::told;

const INIT: &str = r#"{"type":"connection_init"}"#;

async fn open(site: &Site) -> Frames {
    Frames::open(site.address, "/graphql", "graphql-transport-ws").await
}

/// One whose opening was acknowledged.
async fn acknowledged(site: &Site, init: &str) -> Frames {
    let mut socket = open(site).await;
    socket.say(init).await;
    assert_eq!(socket.next().await.expect("an answer").text(), r#"{"type":"connection_ack"}"#);
    socket
}

fn subscribe(id: &str, query: &str) -> String {
    json!({ "type": "subscribe", "id": id, "payload": { "query": query } }).to_string()
}

async fn heard(socket: &mut Frames) -> Value {
    serde_json::from_str(socket.next().await.expect("an answer").text()).expect("JSON")
}

#[test]
fn each_way_to_break_the_protocol_has_its_code() {
    told(|site| async move {
        let long = format!("{{\"type\":\"{}\"}}", "ü".repeat(400));
        let early: [(&str, u16); 9] = [
            ("", 4400),
            ("[]", 4400),
            ("nonsense", 4400),
            (r#"{"type":"start"}"#, 4400),
            (r#"{"type":"connection_init","payload":7}"#, 4400),
            (&long, 4400),
            (r#"{"type":"subscribe","payload":{"query":"{a}"}}"#, 4400),
            (r#"{"type":"subscribe","id":"1","payload":{"query":"{ server { version } }"}}"#, 4401),
            (r#"{"type":"connection_init","payload":{"Authorization":"Bearer no.such.token"}}"#, 4403),
        ];
        for (said, code) in early {
            let mut socket = open(&site).await;
            socket.say(said).await;
            let (told, reason) = socket.closing().await;
            assert_eq!(told, code, "{said}: {reason}");
            assert!(!reason.is_empty(), "{said}");
            assert_eq!(socket.next().await, None, "nothing comes behind the end");
        }
        let token = site.sign_in("admin@example.org").await;
        let init = json!({ "type": "connection_init", "payload": { "Authorization": format!("Bearer {token}") } });
        let init = init.to_string();
        let follow = |id: &str| subscribe(id, "subscription { lanes { name } }");
        let many: Vec<String> = (0..=20).map(|number| follow(&number.to_string())).collect();
        let late: [(Vec<String>, u16); 5] = [
            (vec![INIT.to_owned()], 4429),
            (vec![follow("1"), follow("1")], 4409),
            (many, 4429),
            (vec![r#"{"type":"subscribe","id":"1"}"#.to_owned()], 4400),
            (vec![r#"{"type":"complete"}"#.to_owned()], 4400),
        ];
        for (said, code) in late {
            let mut socket = acknowledged(&site, &init).await;
            for message in &said {
                socket.say(message).await;
            }
            let (told, reason) = socket.closing().await;
            assert_eq!(told, code, "{said:?}: {reason}");
        }
        let mut socket = acknowledged(&site, INIT).await;
        socket.send(BINARY, INIT.as_bytes()).await;
        assert_eq!(socket.closing().await.0, 4400);
        let mut other = Frames::open(site.address, "/graphql", "graphql-ws").await;
        assert_eq!(other.closing().await.0, 4406);
        site.end().await;
    });
}

#[test]
fn who_does_not_say_who_it_is_is_not_waited_for() {
    tell(Backend::Sqlite, |backend| async move {
        let patience = Patience { opening: Duration::from_millis(300), ..Patience::default() };
        let site = Site::new(backend, Plan { patience, ..Plan::default() }).await;
        let mut socket = open(&site).await;
        let (code, reason) = socket.closing().await;
        assert_eq!((code, reason.as_str()), (4408, "Connection initialisation timeout"));
        site.end().await;
    });
}

#[test]
fn what_is_in_order_goes_on() {
    told(|site| async move {
        let mut socket = open(&site).await;
        socket.say(r#"{"type":"ping","payload":{"any":"thing"}}"#).await;
        assert_eq!(heard(&mut socket).await, json!({ "type": "pong" }));
        socket.say(INIT).await;
        assert_eq!(heard(&mut socket).await["type"], "connection_ack");
        socket.send(PING, b"are you there").await;
        let pong = socket.next().await.expect("an answer");
        assert_eq!((pong.kind, pong.payload.as_slice()), (PONG, b"are you there".as_slice()));
        socket.say(r#"{"type":"complete","id":"nobody's"}"#).await;
        socket.say(r#"{"type":"pong"}"#).await;
        // An operation that cannot be executed is an error of its own, and its id is free again.
        for query in ["{", "{ nothing }", "subscription { nothing }"] {
            socket.say(&subscribe("1", query)).await;
            let refused = heard(&mut socket).await;
            assert_eq!((&refused["type"], &refused["id"]), (&json!("error"), &json!("1")), "{query}: {refused}");
            assert!(refused["payload"][0]["message"].is_string(), "{refused}");
        }
        for _ in 0..2 {
            socket.say(&subscribe("1", "{ server { version } }")).await;
            let next = heard(&mut socket).await;
            assert_eq!((&next["type"], &next["id"]), (&json!("next"), &json!("1")));
            assert!(next["payload"]["data"]["server"]["version"].is_string(), "{next}");
            assert_eq!(heard(&mut socket).await, json!({ "type": "complete", "id": "1" }));
        }
        socket.send(CLOSE, &1000_u16.to_be_bytes()).await;
        assert_eq!(socket.closing().await.0, 1000);
        assert_eq!(socket.next().await, None);
        site.end().await;
    });
}

#[test]
fn frames_that_are_not_legal_end_the_socket() {
    told(|site| async move {
        let rows: [(&str, &[u8]); 4] = [
            ("not masked", &[0x81, 2, b'{', b'}']),
            ("reserved bits", &[0xf1, 0x82, 0, 0, 0, 0, b'{', b'}']),
            ("a fragment of a control frame", &[0x09, 0x80, 0, 0, 0, 0]),
            ("text that is no UTF-8", &[0x81, 0x82, 0, 0, 0, 0, 0xff, 0xff]),
        ];
        for (what, bytes) in rows {
            let mut socket = acknowledged(&site, INIT).await;
            socket.send_bytes(bytes).await;
            while let Some(frame) = socket.next().await {
                assert_eq!(frame.kind, CLOSE, "{what}");
            }
        }
        // As long as it says it is, it would not fit: nobody waits for the rest.
        let mut socket = acknowledged(&site, INIT).await;
        socket.send_bytes(&[0x81, 0xff, 0, 0, 0, 0, 0x7f, 0xff, 0xff, 0xff, 0, 0, 0, 0]).await;
        while let Some(frame) = socket.next().await {
            assert_eq!(frame.kind, CLOSE);
        }
        site.end().await;
    });
}

#[test]
fn who_follows_something_is_told_when_the_server_stops() {
    told(|site| async move {
        let token = site.sign_in("admin@example.org").await;
        let init = json!({ "type": "connection_init", "payload": { "Authorization": format!("Bearer {token}") } });
        let mut following = acknowledged(&site, &init.to_string()).await;
        following.say(&subscribe("1", "subscription { lanes { name } }")).await;
        assert_eq!(heard(&mut following).await["type"], "next");
        let mut opening = open(&site).await;
        site.end().await;
        for socket in [&mut following, &mut opening] {
            // Nothing that a client could take for an end or a fault comes before that.
            loop {
                let frame = socket.next().await.expect("it is told");
                if frame.kind == CLOSE {
                    assert_eq!(frame.closing(), (1012, "The server stops; connect again"));
                    break;
                }
                let message: Value = serde_json::from_str(frame.text()).expect("JSON");
                assert!(message["type"] == "next" && message["payload"]["errors"].is_null(), "{message}");
            }
        }
    });
}
