//! PostgreSQL is killed under a serving site: whoever asks meanwhile is told to come again, in every way there is to ask.

use hyper::StatusCode;
use serde_json::{Value, json};
use tests::backend::{Backend, tell};
use tests::base::Base;
use tests::client;
use tests::faults::mortal::Mortal;
use tests::frames::Frames;
use tests::site::{Plan, Site};

const COURSES: &str = "query Courses { courses { nodes { key } } }";

fn codes(answer: &Value) -> Vec<&str> {
    let errors = answer["errors"].as_array();
    errors.into_iter().flatten().filter_map(|error| error["extensions"]["code"].as_str()).collect()
}

#[test]
fn while_the_database_is_away_everybody_is_told_to_come_again() {
    tell(Backend::Postgres, |backend| async move {
        let mut server = Mortal::start();
        let site = Site::on_with_admin(Base::at(backend, &server.migrated().await), Plan::default()).await;
        let token = site.sign_in("admin@example.org").await;
        // One that nobody has asked with: whose it is is not remembered.
        let fresh = site.sign_in("admin@example.org").await;
        let init_by = |token: &str| {
            json!({ "type": "connection_init", "payload": { "Authorization": format!("Bearer {token}") } }).to_string()
        };
        let init = init_by(&token);
        let open = async || Frames::open(site.address, "/graphql", "graphql-transport-ws").await;
        let mut early = open().await;
        early.say(&init).await;
        assert!(early.next().await.expect("an answer").text().contains("connection_ack"));

        let mut following = open().await;
        following.say(&init).await;
        following.next().await.expect("acknowledged");
        let lanes =
            json!({ "type": "subscribe", "id": "1", "payload": { "query": "subscription { lanes { name } }" } });
        following.say(&lanes.to_string()).await;
        assert!(following.next().await.expect("how the lanes are").text().contains("\"next\""));

        server.kill();
        let asked = json!({ "query": COURSES });
        let signed = client::post_json(site.address, "/graphql", Some(&fresh), &asked);
        let password = json!({ "query": "mutation { signIn(input: { email: \"admin@example.org\", password: \"x\" }) { token } }" });
        let unsigned = client::post_json(site.address, "/graphql", None, &password);
        let running = async {
            let query = json!({ "type": "subscribe", "id": "1", "payload": { "query": COURSES } });
            early.say(&query.to_string()).await;
            early.next().await.expect("an answer").text().to_owned()
        };
        let late = async {
            let mut late = open().await;
            late.say(&init_by(&fresh)).await;
            let frame = late.next().await.expect("an answer");
            let (code, reason) = frame.closing();
            (code, reason.to_owned())
        };
        // What is followed goes on if it can, and if not says why it ends.
        let followed = async {
            loop {
                let frame = following.next().await.expect("an answer").text().to_owned();
                if frame.contains("errors") || frame.contains("complete") {
                    return frame;
                }
            }
        };
        let (signed, unsigned, running, late, followed) = tokio::join!(signed, unsigned, running, late, followed);
        let told: Value = serde_json::from_str(&followed).expect("JSON");
        assert_eq!(codes(&told["payload"]), ["UNAVAILABLE"], "{followed}");

        // Who asks cannot be told, so nothing was executed.
        assert_eq!((signed.status, codes(&signed.json())), (StatusCode::SERVICE_UNAVAILABLE, vec!["UNAVAILABLE"]));
        assert_eq!(signed.header("retry-after"), "2");
        // It was executed, and could not be answered.
        assert_eq!((unsigned.status, codes(&unsigned.json())), (StatusCode::OK, vec!["UNAVAILABLE"]));
        let running: Value = serde_json::from_str(&running).expect("JSON");
        assert_eq!((&running["type"], codes(&running["payload"])), (&json!("next"), vec!["UNAVAILABLE"]), "{running}");
        assert_eq!(late.0, 1013, "{}", late.1);
        for answer in [signed.text(), unsigned.text(), running.to_string(), late.1, followed] {
            assert!(answer.contains("Try again in a moment"), "{answer}");
        }

        server.revive();
        // A connection that was lost may still be in the pool; it is found out by who is given it.
        loop {
            let answer = site.post(Some(&token), COURSES, Value::Null).await;
            assert!(!codes(&answer).contains(&"INTERNAL"), "{answer}");
            if answer.get("errors").is_none() {
                break;
            }
            assert_eq!(codes(&answer), ["UNAVAILABLE"], "{answer}");
        }
        site.end().await;
    });
}
