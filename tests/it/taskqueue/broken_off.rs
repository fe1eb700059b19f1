//! An answer that breaks off while it is sent is seen not to be whole.

use http_body_util::BodyExt as _;
use sea_orm::ConnectionTrait as _;
use tests::backend::Backend;
use tests::base::Base;
use tests::client::free_address;
use tests::stories;

use super::client::lectern;
use super::memory::{begun, large_tasks};
use crate::first_light::killed::Server;

stories!(a_lease_that_breaks_off_is_seen_to);

async fn a_lease_that_breaks_off_is_seen_to(backend: Backend) {
    let base = Base::new(backend).await;
    let db = base.open().await;
    let change = async |text: &str| {
        db.write_connection().execute_unprepared(text).await.unwrap_or_else(|error| panic!("{text}: {error}"));
    };
    change(&large_tasks(backend, 32)).await;
    let server = Server::start(lectern(&base, free_address())).await;
    let whole = begun(&server).await;
    assert!(whole.into_body().collect().await.is_ok());
    // Much of it is not read yet from where it lies: it is more than sockets hold. And then it lies elsewhere.
    let broken = begun(&server).await;
    change("ALTER TABLE task RENAME TO task_elsewhere").await;
    let read = broken.into_body().collect().await;
    assert!(read.is_err(), "half of an answer is taken for all of it");
    db.close().await;
    server.kill().await;
}
