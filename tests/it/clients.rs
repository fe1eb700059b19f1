//! The other ends of the wires, tried against each other's plainest counterpart, so that a story that fails can trust them.

use std::io::Write as _;
use std::time::Duration;

use serde_json::json;
use tests::graphql_ws::{Counter, Follower, Said};
use tests::smtp::{MailServer, Received};
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::net::TcpListener;
use tokio::time::timeout;

use actors::mail::postbox::Transport;
use actors::mail::postbox::{Postbox, Send, SendError};

#[test]
fn the_postbox_hands_a_letter_to_a_real_mail_server() {
    tests::backend::tell(tests::backend::Backend::Sqlite, |_| async {
        let mut server = MailServer::refusing(1).await;
        let transport = Transport::smtp(&server.url).expect("a URL");
        let postbox = actix::Actor::start(Postbox::new(transport.into(), tokio::runtime::Handle::current()));
        let letter = || Send {
            name: "letter".to_owned(),
            from: "lectern@example.org".parse().expect("an address"),
            to: "student@example.org".parse().expect("an address"),
            message: b"Subject: Your score\r\n\r\nThe sky over \xc3\x85rhus.\r\n".to_vec(),
        };
        let refused = postbox.send(letter()).await.expect("an answer");
        assert!(matches!(refused, Err(SendError::Later(_))), "{refused:?}");
        assert_eq!(server.received().await, Received::Refused);
        assert_eq!(postbox.send(letter()).await.expect("an answer"), Ok(()));
        let Received::Taken(mail) = server.received().await else { panic!("refused") };
        assert_eq!((mail.from.as_str(), mail.to), ("lectern@example.org", vec!["student@example.org".to_owned()]));
        assert_eq!(mail.text.trim_end(), "Subject: Your score\r\n\r\nThe sky over Århus.");
    });
}

const COUNT: &str = "subscription ($to: Int) { count(to: $to) }";

#[tokio::test]
async fn the_follower_hears_all_and_the_end() {
    let server = Counter::start().await;
    let mut follower = Follower::start(&server.url, Some("right"), COUNT, json!({ "to": 3 })).await;
    for number in 1..=3 {
        assert_eq!(follower.next().await, json!({ "data": { "count": number } }));
    }
    assert_eq!(follower.said().await, Said::Complete);
    let mut follower = Follower::start(&server.url, Some("right"), "subscription { nothing }", json!({})).await;
    let Said::Errors(errors) = follower.said().await else { panic!("no errors") };
    assert!(errors[0]["message"].as_str().is_some_and(|message| message.contains("nothing")), "{errors}");
}

#[tokio::test]
async fn the_follower_is_told_why_it_may_not() {
    let server = Counter::start().await;
    for token in [None, Some("wrong")] {
        let mut follower = Follower::start(&server.url, token, COUNT, json!({ "to": 3 })).await;
        let Said::Closed { code, .. } = follower.said().await else { panic!("let in") };
        assert_eq!(code, Some(4403));
    }
}

/// Set for the child of the next test, whose cluster it is.
const VICTIM: &str = "LECTERN_TEST_CLUSTER_VICTIM";

#[tokio::test]
async fn nothing_is_left_of_a_cluster_whose_process_was_killed() {
    if std::env::var_os(VICTIM).is_some() {
        let line = format!("\nfolder {}\n", tests::postgres::folder().await.display());
        std::io::stdout().write_all(line.as_bytes()).expect("the parent listens");
        std::future::pending::<()>().await;
    }
    let mut victim = tokio::process::Command::new(std::env::current_exe().expect("a path"))
        .args(["--exact", "clients::nothing_is_left_of_a_cluster_whose_process_was_killed", "--nocapture"])
        .env(VICTIM, "1")
        .stdout(std::process::Stdio::piped())
        .spawn()
        .expect("the test itself");
    let mut lines = BufReader::new(victim.stdout.take().expect("a pipe")).lines();
    let folder = loop {
        let line = lines.next_line().await.expect("it can be read").expect("it says its folder");
        if let Some(folder) = line.strip_prefix("folder ") {
            break std::path::PathBuf::from(folder);
        }
    };
    assert!(folder.exists());
    // With SIGKILL: nothing of it can clean up.
    victim.kill().await.expect("alive");
    for _ in 0..3000 {
        if !folder.exists() {
            return;
        }
        // A folder's end tells nobody.
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("{} is still there", folder.display());
}

#[tokio::test]
async fn the_follower_says_so_when_nobody_listens() {
    let free = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let port = free.local_addr().expect("bound").port();
    drop(free);
    let url = format!("ws://127.0.0.1:{port}/graphql");
    let mut follower = Follower::start(&url, Some("token"), "subscription { nothing }", json!({})).await;
    let said = timeout(Duration::from_secs(60), follower.said()).await.expect("within a minute");
    assert!(matches!(said, Said::Closed { .. }), "{said:?}");
}
