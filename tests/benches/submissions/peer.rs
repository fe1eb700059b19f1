//! Flask with SQLAlchemy and Celery, as the systems before this one are built: a row for each body, and then a task through Redis.

use std::time::Duration;

use tests::flask::Flask;
use tests::processor;

use super::CLIENTS;
use super::bodies::Deck;
use super::load::{self, Door, End, Figures, Pace};
use super::site::Site;

pub struct Peer(Flask);

impl Peer {
    /// Starts it, with tables beside ours in the same cluster.
    pub async fn start(site: &Site) -> Self {
        Self(Flask::start(&site.cluster().empty().await).await)
    }

    /// Has it take work in for that long.
    pub async fn run(&self, deck: &mut Deck, time: Duration) -> Figures {
        let door = Door { address: self.0.address, path: "/submit", good: "true", tokens: &[] };
        let busy = || processor::of_name("postgres") + self.0.cpu();
        let before = busy();
        let mut figures = load::run(door, deck, End::After(time), Pace::Free, CLIENTS).await;
        figures.cpu = busy().saturating_sub(before);
        figures
    }
}
