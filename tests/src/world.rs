//! A job kernel on a base, with the actors of one of the [stages](crate::stage) or any others.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::AtomicI64;
use std::time::Duration;

use actors::budget::Rates;
use actors::courier::CourierConfig;
use actors::database::Database;
use actors::deps::{Deps, Site};
use actors::identity::keyring::Keyring;
use actors::keeping::Retention;
use actors::kernel::{Kernel, KernelConfig};
use actors::kinds::Known;
use actors::lane::Size;
use actors::live::{Follow, Topic};
use actors::mail::postbox::Transport;
use actors::write::Write;
use entity::clock::Clock;
use entity::job::event::Stream;
use entity::job::queue::NewJob;
use entity::job::{self, JobState};
use sea_orm::{ColumnTrait as _, ConnectionTrait as _, DbErr, EntityTrait as _, QueryFilter as _, Statement, Value};

use crate::backend::Backend;
use crate::base::Base;
use crate::stage;
use crate::tools::workshop;

/// What a world is to be made of.
pub struct Plan {
    pub kinds: Known,
    pub lanes: Vec<(&'static str, usize)>,
    /// Slots of each lane for jobs that somebody waits for.
    pub express: usize,
    pub lease: Duration,
    pub clock: Clock,
    pub mail: Option<Transport>,
    /// Transactions of the writer at the same time. One, so that what waits together goes together.
    pub transactions: usize,
    pub retention: Retention,
    /// The URL of a Redis that carries between the kernels of this base.
    pub redis: Option<String>,
    pub budgets: Rates,
}

impl Default for Plan {
    fn default() -> Self {
        Self {
            kinds: stage::KINDS,
            lanes: vec![(stage::LANE, 4)],
            express: 0,
            lease: Duration::from_secs(60),
            // Stands still, so that nothing of the timetable is due.
            clock: Clock::Fake(Arc::new(AtomicI64::new(1_800_000_000_000_000))),
            mail: None,
            transactions: 1,
            retention: Retention::default(),
            redis: None,
            budgets: Rates::default(),
        }
    }
}

/// Starts a kernel on a migrated database, with a folder for what it keeps.
pub async fn start(db: Database, folder: &Path, plan: Plan) -> Kernel {
    stage::set_up(&db).await.expect("a table for marks");
    let keyring = Keyring::open(&db, &plan.clock, "a secret of the stories", None).await.expect("a keyring");
    let site = Site {
        keyring,
        kinds: plan.kinds,
        content: folder.join("content"),
        public_url: "http://lectern.example".to_owned(),
        registration: true,
        mail_from: "lectern@example.org".to_owned(),
        incarnation: "a life".to_owned(),
        receipt_heads: folder.join("receipt-heads.jsonl"),
        retention: plan.retention,
    };
    let config = KernelConfig {
        role: "serve",
        site,
        clock: plan.clock,
        workshop: workshop(),
        mail: plan.mail.unwrap_or_else(|| Transport::Folder(folder.join("mail"))),
        lease: plan.lease,
        courier: plan.redis.map(|url| CourierConfig { url, secret: "a secret of the stories".to_owned() }),
        budgets: plan.budgets,
        transactions: plan.transactions,
        lanes: plan.lanes.into_iter().map(|(lane, slots)| (lane, Size { slots, express: plan.express })).collect(),
    };
    Kernel::start(db, config).await.expect("the kernel starts")
}

/// A running kernel on a base of its own. To be ended by [`end`](Self::end), or [`stop`](Self::stop) where jobs are left.
pub struct World {
    pub base: Base,
    pub kernel: Kernel,
}

impl World {
    /// One with a lane of four slots.
    pub async fn new(backend: Backend) -> Self {
        Self::with(backend, Plan::default()).await
    }

    /// One that claims nothing.
    pub async fn idle(backend: Backend) -> Self {
        Self::with(backend, Plan { lanes: Vec::new(), ..Plan::default() }).await
    }

    pub async fn with(backend: Backend, plan: Plan) -> Self {
        Self::on(Base::new(backend).await, plan).await
    }

    /// Starts on a base that may have seen another kernel before.
    pub async fn on(base: Base, plan: Plan) -> Self {
        let db = base.open().await;
        Self::over(base, db, plan).await
    }

    /// Starts on a base whose database was opened before.
    pub async fn over(base: Base, db: Database, plan: Plan) -> Self {
        let kernel = start(db, base.data(), plan).await;
        Self { base, kernel }
    }

    #[must_use]
    pub fn deps(&self) -> &Deps {
        &self.kernel.deps
    }

    #[must_use]
    pub fn db(&self) -> &Database {
        &self.kernel.deps.db
    }

    /// Enqueues in a transaction of its own, as an operation does.
    pub async fn enqueue(&self, job: NewJob) -> i64 {
        let mut write = Write::begin(self.deps()).await.expect("a transaction");
        let id = write.enqueue(job).await.expect("enqueued");
        write.commit().await.expect("committed");
        id
    }

    pub async fn job(&self, id: i64) -> job::Model {
        let found = job::Entity::find_by_id(id).one(self.db().read()).await;
        found.expect("the database answers").expect("the job is there")
    }

    /// Follows a job until its row is as wanted.
    pub async fn job_when(&self, id: i64, wanted: impl Fn(&job::Model) -> bool) -> job::Model {
        let topic = Topic::Stream(Stream::Job(id));
        loop {
            let news = self.deps().live.ask(Follow(topic)).await;
            let job = self.job(id).await;
            if wanted(&job) {
                return job;
            }
            // News may be lost, or nobody be there to tell them; then one looks again after a while.
            let next = async { news.ok()?.recv().await.ok() };
            let _ = tokio::time::timeout(Duration::from_millis(500), next).await;
        }
    }

    /// Follows a job until it has ended.
    pub async fn ended(&self, id: i64) -> job::Model {
        self.job_when(id, |job| job.state.is_final()).await
    }

    pub async fn execute(&self, text: &str, values: impl IntoIterator<Item = Value>) -> u64 {
        let connection = self.db().write_connection();
        let statement = Statement::from_sql_and_values(connection.get_database_backend(), text, values);
        connection.execute_raw(statement).await.unwrap_or_else(|error| panic!("{text}: {error}")).rows_affected()
    }

    /// The numbers that a query with one column gives.
    pub async fn numbers(&self, text: &str) -> Vec<i64> {
        numbers(self.db(), text).await.unwrap_or_else(|error| panic!("{text}: {error}"))
    }

    /// The marks that were made, in order; see [`stage`].
    pub async fn marks(&self) -> Vec<String> {
        stage::marks(self.db()).await
    }

    /// Drains. Nothing may be left to do. The marks that were made.
    pub async fn end(self) -> Vec<String> {
        let base = self.stop().await;
        let db = base.open().await;
        let states = [JobState::Queued, JobState::Leased];
        let left = job::Entity::find().filter(job::Column::State.is_in(states)).all(db.read()).await;
        let left = left.expect("the database answers");
        let marks = stage::marks(&db).await;
        db.close().await;
        assert!(left.is_empty(), "jobs are left: {left:#?}");
        marks
    }

    /// Drains; what is left is for the story to judge.
    pub async fn stop(self) -> Base {
        let Self { base, kernel } = self;
        kernel.drain().await;
        base
    }
}

/// The numbers that a query with one column gives.
pub async fn numbers(db: &Database, text: &str) -> Result<Vec<i64>, DbErr> {
    let backend = db.read().get_database_backend();
    let rows = db.read().query_all_raw(Statement::from_string(backend, text)).await?;
    rows.iter().map(|row| row.try_get_by_index(0)).collect()
}
