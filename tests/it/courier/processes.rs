//! `lectern serve` and `lectern work`, as an operator starts them.

use std::process::{Command, Stdio};

use tests::backend::Backend;
use tests::base::Base;
use tests::redis::Redis;
use tests::smtp::MailServer;
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::time::{Duration, sleep};

use super::told;
use crate::first_light::killed::{Server, lectern};

told!(they_meet_at_the_redis_that_they_are_told);

/// A command that was told where Redis is.
fn told_of(redis: &Redis, base: &Base, mail: &MailServer) -> Command {
    let mut command = lectern(base, mail);
    command.env("LECTERN_REDIS_URL", redis.url());
    command
}

async fn they_meet_at_the_redis_that_they_are_told() {
    let (base, mail, redis) = (Base::new(Backend::Postgres).await, MailServer::start().await, Redis::start());
    let _serving = Server::start(told_of(&redis, &base, &mail)).await;
    let beside = base.beside();
    let mut working = tokio::process::Command::from(told_of(&redis, &beside, &mail));
    let mut working = working.arg("work").stdout(Stdio::piped()).kill_on_drop(true).spawn().expect("it is built");
    let mut lines = BufReader::new(working.stdout.take().expect("piped")).lines();
    let line = lines.next_line().await.expect("it talks").expect("it says that it works");
    assert!(line.contains("works jobs"), "{line}");
    // Both listen to the same channel, whose name is that of this site.
    loop {
        let channels = redis.channels().await;
        if let [everybody] = channels.as_slice()
            && redis.listeners(everybody).await == 2
        {
            break;
        }
        sleep(Duration::from_millis(50)).await;
    }
}
