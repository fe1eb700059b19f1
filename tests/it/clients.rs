//! The other ends of the wires, tried against each other's plainest counterpart, so that a story that fails can trust them.

use std::time::Duration;

use serde_json::json;
use tests::graphql_ws::{Follower, Said};
use tests::smtp::{MailServer, Received};
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
