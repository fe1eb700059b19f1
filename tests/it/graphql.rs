//! GraphQL as its clients meet it: over HTTP and over sockets, to the letter of the specifications.

mod abuse;
mod http;
mod limits;
mod socket;

use tests::backend::{Backend, tell};
use tests::site::{Plan, Site};

/// The door does not know which database is behind it.
fn told<F: Future<Output = ()> + 'static>(story: impl FnOnce(Site) -> F + 'static) {
    told_of(Plan::default, story);
}

/// The same for a site of its own kind.
fn told_of<F: Future<Output = ()> + 'static>(plan: fn() -> Plan, story: impl FnOnce(Site) -> F + 'static) {
    tell(Backend::Sqlite, move |backend| async move { story(Site::new(backend, plan()).await).await });
}
