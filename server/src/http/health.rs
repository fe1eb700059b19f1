//! Whether the process lives, and whether it can work. Both tell the truth.
//!
//! What costs something to find out (a write, a sandbox) is found out at most once in a few seconds, however many ask.

use std::sync::Arc;
use std::time::Duration;

use actors::deps::Deps;
use actors::guardian::{Health, Wellbeing};
use actors::lanes;
use actors::pulse::Pulse;
use poem::http::StatusCode;
use poem::web::{Data, Json};
use poem::{IntoResponse, Response, handler};
use serde_json::json;
use tokio::sync::Mutex;
use tokio::time::{Instant, timeout};

/// How long the database may take to answer.
pub const PATIENCE: Duration = Duration::from_secs(2);
/// How long what was found out about the sandbox is good for: anybody may ask, and finding out makes a sandbox.
const FRESH: Duration = Duration::from_secs(10);
/// How late the write may be that a process makes by itself with each beat. While none is later, the database takes writes.
const LATE: Duration = Duration::from_secs(2);
/// How long a sandbox may take to be made and to end.
const SANDBOX: Duration = Duration::from_secs(5);
/// Between two writes that are made to find out.
const BETWEEN: Duration = Duration::from_secs(3);
/// After so long without a look of the guardian the process does not live.
const SILENCE: Duration = Duration::from_secs(10);
/// How far the clock may be off the database's, in microseconds: late work is told by it.
const CLOCK: i64 = 1_000_000;

/// Where the truth about the process is found.
#[derive(Debug)]
pub struct Vitals {
    pub deps: Deps,
    pub wellbeing: Wellbeing,
    pub pulse: Arc<Pulse>,
    pub started: Instant,
    sandbox: Probe,
    write: Probe,
    schema: Probe,
}

/// What was found out last, and when.
#[derive(Debug, Default)]
struct Probe(Mutex<Option<(Instant, Result<(), String>)>>);

impl Probe {
    /// Who asks while somebody finds out, waits for the same answer.
    async fn ask(&self, fresh: Duration, find: impl Future<Output = Result<(), String>>) -> Result<(), String> {
        let mut last = self.0.lock().await;
        match &*last {
            Some((when, found)) if when.elapsed() < fresh => found.clone(),
            _ => {
                let found = find.await;
                *last = Some((Instant::now(), found.clone()));
                found
            }
        }
    }
}

impl Vitals {
    #[must_use]
    pub fn new(deps: Deps, wellbeing: Wellbeing, pulse: Arc<Pulse>) -> Self {
        let (sandbox, write, schema) = (Probe::default(), Probe::default(), Probe::default());
        Self { deps, wellbeing, pulse, started: Instant::now(), sandbox, write, schema }
    }

    /// Why the process is to be restarted, if so.
    fn dead(&self) -> Option<String> {
        let silent = self.wellbeing.silent_for().filter(|silence| *silence > SILENCE)?;
        Some(format!("guardian: has not looked for {} s", silent.as_secs()))
    }

    /// Everything that is in the way of work. Found out within a few seconds, whoever does not answer.
    pub async fn troubles(&self) -> Vec<String> {
        let mut troubles = Vec::new();
        if self.pulse.draining() {
            troubles.push("draining: the process stops".to_owned());
        }
        let (of_database, sandbox) = tokio::join!(self.of_database(), self.sandbox());
        troubles.extend(of_database);
        for (ward, health) in self.wellbeing.troubles() {
            troubles.push(match health {
                Health::Broken(reason) => format!("{ward}: broken, {reason}"),
                Health::Down | Health::Well => format!("{ward}: being replaced"),
            });
        }
        troubles.extend(sandbox.err().map(|missing| format!("sandbox: {missing}")));
        troubles
    }

    async fn of_database(&self) -> Vec<String> {
        if let Err(trouble) = self.database().await {
            return vec![format!("database: {trouble}")];
        }
        let check = async {
            let check = timeout(PATIENCE, crate::migrate::check(&self.deps.db)).await;
            check.unwrap_or_else(|_| Err("cannot be told in time".to_owned()))
        };
        let schema = self.schema.ask(FRESH, check).await.err().map(|trouble| format!("schema: {trouble}"));
        self.clock().into_iter().chain(schema).collect()
    }

    /// Whether programs can be run, where they are to be.
    async fn sandbox(&self) -> Result<(), String> {
        if !lanes::IN_THE_SANDBOX.iter().any(|lane| self.pulse.works(lane)) {
            return Ok(());
        }
        let probe = async {
            let probe = timeout(SANDBOX, self.deps.workshop.sandbox.probe()).await;
            probe.unwrap_or_else(|_| Err(format!("none was made within {} s", SANDBOX.as_secs())))
        };
        self.sandbox.ask(FRESH, probe).await
    }

    /// Whether the database answers.
    ///
    /// # Errors
    /// In words, when it does not, or not in time.
    pub async fn answers(&self) -> Result<(), String> {
        match timeout(PATIENCE, self.deps.db.read().ping()).await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(error)) => {
                tracing::warn!(error = %error, "the database does not answer");
                Err("does not answer".to_owned())
            }
            Err(_) => Err("does not answer in time".to_owned()),
        }
    }

    /// Whether the database answers, and takes writes.
    async fn database(&self) -> Result<(), String> {
        self.answers().await?;
        if self.pulse.last().is_some_and(|beat| beat.at.elapsed() < self.pulse.rhythm.beat + LATE) {
            return Ok(());
        }
        let write = async {
            match timeout(PATIENCE, self.pulse.beat(&self.deps)).await {
                Ok(Ok(())) => Ok(()),
                Ok(Err(error)) => {
                    tracing::warn!(error = %error, "the database takes no write");
                    Err("takes no write".to_owned())
                }
                Err(_) => Err("takes no write in time".to_owned()),
            }
        };
        self.write.ask(BETWEEN, write).await
    }

    fn clock(&self) -> Option<String> {
        let ahead = self.pulse.last()?.ahead;
        let seconds = ahead.unsigned_abs() as f64 / 1e6;
        (ahead.abs() > CLOCK).then(|| format!("clock: is {seconds:.1} s off the database's; set it right"))
    }
}

/// The process lives: the guardian of its actors looks after them. If not, 503, and it should be restarted.
#[handler]
pub fn healthz(vitals: Data<&Arc<Vitals>>) -> Response {
    match vitals.dead() {
        None => Json(json!({ "alive": true })).into_response(),
        Some(trouble) => Json(json!({ "alive": false, "troubles": [trouble] }))
            .with_status(StatusCode::SERVICE_UNAVAILABLE)
            .into_response(),
    }
}

/// The process can work: database, clock, schema, actors and sandbox. If not, 503 with everything that is in its way.
#[handler]
pub async fn readyz(vitals: Data<&Arc<Vitals>>) -> Response {
    let troubles = vitals.troubles().await;
    let status = if troubles.is_empty() { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    Json(json!({ "ready": troubles.is_empty(), "troubles": troubles })).with_status(status).into_response()
}
