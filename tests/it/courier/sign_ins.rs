//! What another process remembers of a sign-in.

use actors::identity::authenticate::{TokenCode, authenticate};
use actors::identity::create_user::{NewUser, create_user};
use actors::identity::sign_in::{Credentials, sign_in};
use actors::identity::sign_out::sign_out;
use actors::problem::Problem;
use entity::viewer::ViewerScope;
use tests::world::{Plan, World};
use tokio::time::{Duration, Instant, sleep};

use super::{Pair, told};

told!(who_signs_out_in_one_process_is_signed_out_in_the_other_at_once);

/// Sign-ins, one after the other.
const TIMES: u64 = 6;
const PASSWORD: &str = "correct horse";

async fn who_signs_out_in_one_process_is_signed_out_in_the_other_at_once() {
    let pair = Pair::new(Plan::default()).await;
    let new = NewUser {
        email: "ada@example.edu".to_owned(),
        name: "Ada".to_owned(),
        password: PASSWORD.to_owned(),
        admin: false,
    };
    create_user(pair.serving.deps(), &ViewerScope::system("a test"), new).await.expect("there is none yet");
    let mut waited = Duration::ZERO;
    for _ in 0..TIMES {
        let signed_in =
            sign_in(pair.serving.deps(), Credentials::here("ada@example.edu", PASSWORD)).await.expect("it is right");
        for world in [&pair.serving, &pair.working] {
            assert!(is_let_in(world, &signed_in.tokens.access.token).await);
        }
        sign_out(pair.serving.deps(), signed_in.user.id, signed_in.session.id).await.expect("the database answers");
        let out = Instant::now();
        assert!(!is_let_in(&pair.serving, &signed_in.tokens.access.token).await);
        while is_let_in(&pair.working, &signed_in.tokens.access.token).await {
            sleep(Duration::from_millis(2)).await;
        }
        waited += out.elapsed();
    }
    // What nobody tells is forgotten after a second.
    assert!(waited < Duration::from_secs(TIMES) / 2, "it took {waited:?}");
    pair.end().await;
}

async fn is_let_in(world: &World, token: &str) -> bool {
    match authenticate(world.deps(), token).await {
        Ok(_) => true,
        Err(Problem::Refused(refused)) if refused.code == TokenCode::Revoked => false,
        Err(other) => panic!("{other:?}"),
    }
}
