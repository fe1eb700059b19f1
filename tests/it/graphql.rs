//! GraphQL as its clients meet it: over HTTP and over sockets, to the letter of the specifications.

mod abuse;
mod http;
mod limits;
mod socket;

use server::config::Limits;
use tests::backend::{Backend, tell};
use tests::site::{LIMITS, Plan, Site};

/// The door does not know which database is behind it.
fn told<F: Future<Output = ()> + 'static>(story: impl FnOnce(Site) -> F + 'static) {
    told_of(LIMITS, story);
}

/// The same for a site whose clients may ask for so much.
fn told_of<F: Future<Output = ()> + 'static>(limits: Limits, story: impl FnOnce(Site) -> F + 'static) {
    let plan = Plan { limits, ..Plan::default() };
    tell(Backend::Sqlite, move |backend| async move { story(Site::new(backend, plan).await).await });
}
