//! Several processes of one site, with a Redis between them that may do what it likes.

mod budgets;
mod cancel;
mod copies;
mod lanes;
mod outage;
mod processes;
mod readers;
mod sign_ins;
mod strangers;

use actors::kernel::Kernel;
use actors::live::follow;
use entity::clock::Timestamp;
use entity::job::event::{Event, Stream};
use futures_util::{Stream as Events, StreamExt as _};
use sea_orm::DbErr;
use serde_json::json;
use tests::backend::Backend;
use tests::base::Base;
use tests::redis::Redis;
use tests::world::{Plan, World};
use tokio::time::{Duration, sleep};

/// Makes a test of each `async fn story()`: of several processes there can only be one site on PostgreSQL.
macro_rules! told {
    ($($story:ident),+ $(,)?) => {$(
        mod $story {
            #[test]
            fn postgres() {
                tests::backend::tell(tests::backend::Backend::Postgres, |_| super::$story());
            }
        }
    )+};
}
pub(crate) use told;

/// A site of two processes: one serves and works nothing, the other works.
struct Pair {
    redis: Redis,
    serving: World,
    working: World,
}

impl Pair {
    async fn new(working: Plan) -> Self {
        let redis = Redis::start();
        let base = Base::new(Backend::Postgres).await;
        let beside = base.beside();
        let plan = |plan: Plan| Plan { redis: Some(redis.url()), ..plan };
        let serving =
            World::on(base, plan(Plan { lanes: Vec::new(), budgets: working.budgets, ..Plan::default() })).await;
        let working = World::on(beside, plan(working)).await;
        let pair = Self { redis, serving, working };
        pair.connected().await;
        pair
    }

    /// Waits until both are connected.
    async fn connected(&self) {
        for world in [&self.serving, &self.working] {
            connected(&world.kernel).await;
        }
    }

    /// Nothing may be left to do.
    async fn end(self) {
        self.working.end().await;
        self.serving.stop().await;
    }
}

async fn connected(kernel: &Kernel) {
    while !kernel.deps.bell.courier().expect("there is a courier").connected {
        sleep(Duration::from_millis(10)).await;
    }
}

/// Some stream of a course.
const STREAM: Stream = Stream::Course(7);

/// An event that is in no row.
fn unwritten(position: i64) -> Event {
    let data = json!({ "number": position });
    Event { stream: STREAM, position, kind: "unwritten".to_owned(), data, at: Timestamp(0) }
}

/// Follows a stream from its beginning.
fn follow(world: &World) -> impl Events<Item = Result<Event, DbErr>> + Unpin + use<> {
    Box::pin(follow::stream(world.deps().clone(), STREAM, 0))
}

/// Has the other process show an event until it comes: whether anybody follows is told a moment after somebody began to.
async fn comes(teller: &World, event: Event, events: &mut (impl Events<Item = Result<Event, DbErr>> + Unpin)) {
    loop {
        teller.deps().bell.show(vec![event.clone()]);
        if let Ok(next) = tokio::time::timeout(Duration::from_millis(100), events.next()).await {
            assert_eq!(next.expect("it goes on").expect("the database answers"), event);
            return;
        }
    }
}
