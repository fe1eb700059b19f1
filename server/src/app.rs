//! The application: built in one way, by `main` and by tests.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;

use actors::courier::CourierConfig;
use actors::database::{ConnectError, Database};
use actors::deps::Site;
use actors::execution::builds::Builds;
use actors::execution::sandbox::Sandbox;
use actors::execution::toolchain::{Toolchains, catalogue};
use actors::execution::workshop::Workshop;
use actors::identity::keyring::Keyring;
use actors::kernel::{Kernel, KernelConfig};
use actors::mail::postbox::{NotAnAddress, Transport};
use actors::problem::Fault;
use actors::{kinds, lanes};
use entity::clock::Clock;
use poem::listener::{Acceptor, Listener, TcpListener, UnixListener};
use sea_orm::DbErr;
use tokio_util::sync::CancellationToken;

use crate::config::{Config, Secret};
use crate::data_folder::{DataFolder, FolderError};
use crate::http::counts::Counts;
use crate::http::health::Vitals;
use crate::http::patience::Patient;
use crate::{http, migrate};

/// What a process is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// Serves, and works the jobs.
    Serve,
    /// Works the jobs.
    Work,
    /// Runs one command, and works the jobs that it makes.
    Command,
    /// Runs one command that looks at jobs and steers them, and works none.
    Steer,
}

impl Role {
    /// Its name among the processes of a site.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Serve => "serve",
            Self::Work => "work",
            Self::Command | Self::Steer => "command",
        }
    }
}

/// Why the application cannot start. Each says in one line what to do.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    #[error(transparent)]
    Folder(#[from] FolderError),
    #[error(transparent)]
    Database(#[from] ConnectError),
    #[error(
        "the database takes connections, but has not answered within {} s; see that its server is not stopped or overloaded, \
         and check LECTERN_DATABASE_URL", CONNECTING.as_secs()
    )]
    Silent,
    #[error("the database is not at this version's shape ({0} steps are missing); run `lectern migrate`")]
    NotMigrated(usize),
    #[error("what shape the database has cannot be told: {0}")]
    Unknown(DbErr),
    #[error("the database cannot be brought to this version's shape: {0}")]
    Migration(DbErr),
    #[error(
        "{0} is taken by another program; choose another with LECTERN_LISTEN, such as LECTERN_LISTEN=127.0.0.1:8001"
    )]
    PortTaken(SocketAddr),
    #[error("{0} is taken by another program; choose another with LECTERN_METRICS_LISTEN")]
    MetricsTaken(SocketAddr),
    #[error("cannot listen on {0}: {1}; choose another with LECTERN_LISTEN")]
    Listen(String, io::Error),
    #[error(
        "this site has moved to {0}, and nobody may go on here: set LECTERN_DATABASE_URL to that database (with its password), \
         and LECTERN_SECRET_KEY_FILE to the old site's secret"
    )]
    Moved(String),
    #[error(transparent)]
    Mail(#[from] NotAnAddress),
    #[error("the toolchains have mistakes:\n{0}")]
    Toolchains(String),
    #[error(transparent)]
    Fault(#[from] Fault),
}

/// The running application.
#[derive(Debug)]
pub struct App {
    pub kernel: Kernel,
    pub config: Arc<Config>,
    pub vitals: Arc<Vitals>,
    /// The web sockets through which somebody follows something.
    pub sockets: http::graphql::Sockets,
    /// What is counted about GraphQL.
    pub counts: Counts,
    /// The streams of events through which somebody follows something.
    pub streams: http::graphql::Streams,
    /// Where people sign in, if not here alone.
    pub oidc: Option<Arc<http::oidc::Provider>>,
    folder: Option<DataFolder>,
}

impl App {
    /// Builds the application: takes the data folder, opens the database, starts the kernel. To be called where an actix system is
    /// current.
    ///
    /// # Errors
    /// When something that it needs is not there.
    pub async fn build(config: Config, role: Role) -> Result<Self, StartError> {
        let folder = if config.is_embedded() { Some(DataFolder::take(&config.data_dir)?) } else { None };
        let db = connect(config.database_url.reveal()).await?;
        migrate_or_check(&db).await?;
        let site = entity::site::find(db.read()).await.map_err(Fault::from)?;
        if site.moved_at.is_some() {
            return Err(StartError::Moved(site.moved_to.unwrap_or_default()));
        }
        let clock = Clock::System;
        let secret = match (&config.secret_key, &folder) {
            (Some(secret), _) => secret.clone(),
            (None, Some(folder)) => folder.secret()?,
            (None, None) => return Err(Fault::Internal("LECTERN_SECRET_KEY is missing".into()).into()),
        };
        let keyring =
            Keyring::open(&db, &clock, secret.reveal(), config.secret_key_previous.as_ref().map(Secret::reveal))
                .await?;
        let courier = courier(&config, &secret);
        let kernel = Kernel::start(db, kernel_config(&config, role, keyring, site.incarnation, courier)?).await?;
        let vitals = Vitals::new(kernel.deps.clone(), kernel.wellbeing.clone(), Arc::clone(&kernel.pulse));
        let metrics = kernel.deps.tally.registry();
        let sockets = http::graphql::Sockets::new(metrics).map_err(Fault::from)?;
        let counts = Counts::new(metrics)?;
        let streams = http::graphql::Streams::new(metrics).map_err(Fault::from)?;
        let oidc = http::oidc::Provider::of(&config).map_err(|error| Fault::Internal(error.to_string()))?;
        let oidc = oidc.map(Arc::new);
        Ok(Self { kernel, config: Arc::new(config), vitals: Arc::new(vitals), sockets, streams, counts, oidc, folder })
    }

    /// Serves until `stop` is cancelled. `ready` is told the address, as soon as somebody listens there.
    ///
    /// # Errors
    /// When nobody can listen there.
    pub async fn serve(&self, stop: CancellationToken, ready: impl FnOnce(SocketAddr)) -> Result<(), StartError> {
        let listen = self.config.listen;
        let acceptor = TcpListener::bind(listen).into_acceptor().await.map_err(|error| match error.kind() {
            io::ErrorKind::AddrInUse => StartError::PortTaken(listen),
            _ => StartError::Listen(listen.to_string(), error),
        })?;
        let address =
            acceptor.local_addr().first().and_then(|address| address.as_socket_addr().copied()).unwrap_or(listen);
        let public = http::public(self);
        let (stopped, streams) = (stop.clone(), self.streams.clone());
        let server = poem::Server::new_with_acceptor(Patient::new(acceptor, &self.config.patience));
        let stopped = async move {
            stopped.cancelled().await;
            // They are requests that would be waited for.
            streams.end();
        };
        let serving = server.run_with_graceful_shutdown(public, stopped, Some(GRACE));
        let local = self.serve_commands(stop.clone());
        ready(address);
        let (served, commands) = tokio::join!(serving, local);
        served.map_err(|error| StartError::Listen(listen.to_string(), error))?;
        commands
    }

    /// Serves metrics and health at their own address, where one is set, until what is given back is ended or dropped. They go on
    /// while the process drains, to say so.
    ///
    /// # Errors
    /// When nobody can listen there.
    pub async fn serve_vitals(&self) -> Result<Option<ServedVitals>, StartError> {
        let Some(listen) = self.config.metrics_listen else { return Ok(None) };
        let acceptor = TcpListener::bind(listen).into_acceptor().await.map_err(|error| match error.kind() {
            io::ErrorKind::AddrInUse => StartError::MetricsTaken(listen),
            _ => StartError::Listen(listen.to_string(), error),
        })?;
        let address =
            acceptor.local_addr().first().and_then(|address| address.as_socket_addr().copied()).unwrap_or(listen);
        let routes = http::vitals(self);
        let task = tokio::spawn(async move {
            if let Err(error) = poem::Server::new_with_acceptor(acceptor).run(routes).await {
                tracing::error!(error = %error, "metrics are not served any more");
            }
        });
        Ok(Some(ServedVitals { address, task }))
    }

    /// Serves the commands of whoever may open the socket in the data folder: its owner.
    async fn serve_commands(&self, stop: CancellationToken) -> Result<(), StartError> {
        if self.folder.is_none() {
            return Ok(());
        }
        let path = DataFolder::socket(&self.config.data_dir);
        let listen = |error| StartError::Listen(path.display().to_string(), error);
        // Left over from a process that ended without a word; the lock says that there is no other.
        let _ = std::fs::remove_file(&path);
        let acceptor = UnixListener::bind(&path).into_acceptor().await.map_err(listen)?;
        let server = poem::Server::new_with_acceptor(acceptor);
        let served = server
            .run_with_graceful_shutdown(http::local(self), async move { stop.cancelled().await }, Some(GRACE))
            .await;
        let _ = std::fs::remove_file(&path);
        served.map_err(listen)
    }

    /// Stops the kernel: what runs may end, what is left is given back. Who follows something sees that, and is told to come back.
    pub async fn drain(self) {
        self.kernel.rest().await;
        self.sockets.close().await;
        self.kernel.close().await;
    }
}

/// Metrics and health that are served at their own address.
#[derive(Debug)]
pub struct ServedVitals {
    pub address: SocketAddr,
    task: tokio::task::JoinHandle<()>,
}

impl Drop for ServedVitals {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// Transactions that a writer has going at the same time: while one waits for the disk, the next is filled.
const TRANSACTIONS: usize = 3;

/// How long a request may go on after the process was asked to stop.
const GRACE: std::time::Duration = std::time::Duration::from_secs(3);

/// How long opening a database may take; longer than it may take to be given a connection.
const CONNECTING: std::time::Duration = std::time::Duration::from_secs(15);

/// Opens the database that the URL names; one that takes a connection and then says nothing is given up.
///
/// # Errors
/// When it cannot be used, or does not answer.
pub async fn connect(url: &str) -> Result<Database, StartError> {
    let connected = tokio::time::timeout(CONNECTING, Database::connect(url)).await;
    Ok(connected.map_err(|_| StartError::Silent)??)
}

/// The embedded database is brought to its shape at every start; PostgreSQL only by the command for it.
async fn migrate_or_check(db: &Database) -> Result<(), StartError> {
    if db.is_embedded() {
        return migrate(db).await;
    }
    match migrate::missing(db).await.map_err(StartError::Unknown)? {
        0 => Ok(()),
        missing => Err(StartError::NotMigrated(missing)),
    }
}

/// Brings the database to this version's shape.
///
/// # Errors
/// When a step fails.
pub async fn migrate(db: &Database) -> Result<(), StartError> {
    migrate::up(db).await.map_err(StartError::Migration)
}

fn toolchains(config: &Config) -> Result<Toolchains, StartError> {
    Toolchains::load(&config.toolchains_dir).map_err(|mistakes| StartError::Toolchains(catalogue::lines(&mistakes)))
}

/// The way to the other processes of the site, if there can be any and there is one.
fn courier(config: &Config, secret: &Secret) -> Option<CourierConfig> {
    let url = config.redis_url.as_ref()?.reveal().to_owned();
    if config.is_embedded() {
        tracing::info!("LECTERN_REDIS_URL has no use here: on the embedded database this is the only process");
        return None;
    }
    Some(CourierConfig { url, secret: secret.reveal().to_owned() })
}

fn kernel_config(
    config: &Config,
    role: Role,
    keyring: Keyring,
    incarnation: String,
    courier: Option<CourierConfig>,
) -> Result<KernelConfig, StartError> {
    let mail = match &config.smtp_url {
        Some(url) => Transport::smtp(url.reveal())?,
        None => Transport::Folder(config.data_dir.join("mail")),
    };
    let builds = Builds::in_folder(config.data_dir.join("cache").join("build"));
    tracing::info!(config = ?config, role = ?role, "starting");
    Ok(KernelConfig {
        role: role.name(),
        site: Site {
            keyring,
            kinds: kinds::KINDS,
            content: config.content_dir.clone(),
            public_url: config.public_url.clone(),
            registration: config.registration,
            mail_from: config.mail_from.clone(),
            incarnation,
            receipt_heads: config.data_dir.join("receipt-heads.jsonl"),
            retention: config.retention.clone(),
        },
        clock: Clock::System,
        workshop: Workshop::new(Sandbox::new(config.launcher.clone()), toolchains(config)?, builds),
        mail,
        lease: config.lease,
        courier,
        budgets: config.limits.rates,
        transactions: TRANSACTIONS,
        lanes: match (role, &config.lanes) {
            (Role::Steer, _) => Vec::new(),
            (_, Some(chosen)) => chosen.clone(),
            (_, None) => lanes::all(config.slots).to_vec(),
        },
    })
}
