//! GraphQL as its clients meet it: over HTTP, as events and over sockets, to the letter of the specifications.

mod abuse;
mod documents;
mod events;
mod http;
mod limits;
mod page;
mod restart;
mod slow;
mod socket;
mod upload;

use server::config::Limits;
use tests::backend::{Backend, tell};
use tests::site::{LIMITS, Plan, Site};

const PAGE: &str = include_str!("../../docs/api/transport.md");

/// The first command that the page shows behind a heading, to be run by a shell, which it replaces.
fn shown(heading: &str) -> tokio::process::Command {
    let (_, rest) = PAGE.split_once(&format!("{heading}\n")).expect("the heading");
    let (_, rest) = rest.split_once("```sh\n").expect("a command follows");
    let (text, _) = rest.split_once("```").expect("it ends");
    let mut command = tokio::process::Command::new("bash");
    command.args(["-c", &format!("exec {text}")]).kill_on_drop(true);
    command
}

/// The door does not know which database is behind it.
fn told<F: Future<Output = ()> + 'static>(story: impl FnOnce(Site) -> F + 'static) {
    told_of(LIMITS, story);
}

/// The same for a site whose clients may ask for so much.
fn told_of<F: Future<Output = ()> + 'static>(limits: Limits, story: impl FnOnce(Site) -> F + 'static) {
    let plan = Plan { limits, ..Plan::default() };
    tell(Backend::Sqlite, move |backend| async move { story(Site::new(backend, plan).await).await });
}
