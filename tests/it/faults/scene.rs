//! Where faults happen: a database, a kernel that enqueues there and works nothing, and the processes that work.

use std::sync::Arc;
use std::time::Duration;

use actors::database::Database;
use entity::job::Model;
use tests::backend::Backend;
use tests::base::Base;
use tests::faults::errand::{Act, KINDS};
use tests::faults::ledger::Ledger;
use tests::faults::stagehand::{Orders, Stagehand};
use tests::world::{Plan, World};
use tokio::task::JoinHandle;
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;

/// The leases of all processes.
pub const LEASE: Duration = Duration::from_secs(2);
/// How long it may take until all is done after a fault. A lease has to end, a transaction that nobody goes on with to be ended by
/// PostgreSQL (10 s), and the machine may have much else to do.
pub const BOUND: Duration = Duration::from_secs(40);

pub struct Scene {
    pub world: World,
    pub ledger: Arc<Ledger>,
}

impl Scene {
    pub async fn new(backend: Backend) -> Self {
        Self::on(Base::new(backend).await).await
    }

    pub async fn on(base: Base) -> Self {
        Self::beside(base, None).await
    }

    /// With a Redis that carries between the processes.
    pub async fn beside(base: Base, redis: Option<String>) -> Self {
        let plan = Plan { kinds: KINDS, lanes: Vec::new(), redis, ..Plan::default() };
        Self { world: World::on(base, plan).await, ledger: Arc::default() }
    }

    pub fn db(&self) -> &Database {
        self.world.db()
    }

    /// Orders to work here.
    pub fn orders(&self) -> Orders {
        Orders::work(&self.world.base.url, LEASE, 8)
    }

    /// A process that works here.
    pub async fn worker(&self) -> Stagehand {
        self.by(&self.orders()).await
    }

    pub async fn by(&self, orders: &Orders) -> Stagehand {
        Stagehand::start(orders, self.world.base.data()).await
    }

    /// Enqueues errands one after the other, until it is dropped or ended.
    pub fn load(&self) -> Load {
        let (ledger, deps, stop) = (Arc::clone(&self.ledger), self.world.deps().clone(), CancellationToken::new());
        let stopped = stop.clone();
        let sending = tokio::spawn(async move {
            while !stopped.is_cancelled() {
                if ledger.send(&deps, &[Act::Nap(30)]).await.is_none() {
                    // What refuses at once would be asked without a pause.
                    sleep(Duration::from_millis(20)).await;
                }
            }
        });
        Load { ledger: Arc::clone(&self.ledger), stop, sending }
    }

    /// Waits until all is done, as it should be.
    pub async fn settled(&self) -> Vec<Model> {
        self.ledger.settled(self.db(), BOUND).await
    }

    pub async fn end(self) {
        self.world.end().await;
    }
}

/// Somebody who enqueues all the time.
pub struct Load {
    ledger: Arc<Ledger>,
    stop: CancellationToken,
    sending: JoinHandle<()>,
}

impl Load {
    /// Waits until so many more are acknowledged.
    pub async fn goes_on_by(&self, count: usize) {
        let wanted = self.ledger.len() + count;
        while self.ledger.len() < wanted {
            sleep(Duration::from_millis(10)).await;
        }
    }

    pub async fn end(self) {
        self.stop.cancel();
        self.sending.await.expect("it ends");
    }
}

/// The job of that errand.
pub fn of<'j>(jobs: &'j [Model], name: &str) -> &'j Model {
    jobs.iter().find(|job| job.payload["name"] == name).expect("the job is there")
}
