//! `serve`, `work` and `migrate`.

use std::process::ExitCode;
use std::sync::Arc;

use actors::lanes;
use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;

use super::CommandError;
use crate::app::{self, App, Role, StartError};
use crate::config::Config;

/// Serves until the process is asked to stop; then lets what runs end.
pub(super) async fn serve(config: Config) -> Result<ExitCode, CommandError> {
    let app = App::build(config, Role::Serve).await?;
    try_sandbox(&app).await;
    serve_until_stopped(app, |address| println!("Lectern serves at http://{address} (Ctrl-C stops it)")).await
}

/// Serves an application until the process is asked to stop; then lets what runs end.
pub(super) async fn serve_until_stopped(
    app: App,
    ready: impl FnOnce(std::net::SocketAddr),
) -> Result<ExitCode, CommandError> {
    let _vitals = app.serve_vitals().await?;
    let stop = stop_signal()?;
    let (pulse, stopped) = (Arc::clone(&app.kernel.pulse), stop.clone());
    // Who asks at the other address is told at once, while requests that are under way still end.
    tokio::spawn(async move {
        stopped.cancelled().await;
        pulse.drain();
    });
    let served = app.serve(stop, ready).await;
    println!("Stopping: what runs may end.");
    app.drain().await;
    served?;
    Ok(ExitCode::SUCCESS)
}

/// Works jobs until the process is asked to stop; then lets what runs end.
pub(super) async fn work(config: Config) -> Result<ExitCode, CommandError> {
    if config.is_embedded() {
        return Err(CommandError::told(
            "`lectern work` is for sites on PostgreSQL: on the embedded database `lectern serve` works the jobs; \
             set LECTERN_DATABASE_URL to use it",
        ));
    }
    let app = App::build(config, Role::Work).await?;
    try_sandbox(&app).await;
    let _vitals = app.serve_vitals().await?;
    let stop = stop_signal()?;
    println!("Lectern works jobs (Ctrl-C stops it)");
    stop.cancelled().await;
    println!("Stopping: what runs may end.");
    app.drain().await;
    Ok(ExitCode::SUCCESS)
}

/// Brings the database to this version's shape.
pub(super) async fn migrate(config: Config) -> Result<ExitCode, CommandError> {
    let _folder = if config.is_embedded() {
        Some(crate::data_folder::DataFolder::take(&config.data_dir).map_err(StartError::from)?)
    } else {
        None
    };
    let db = app::connect(config.database_url.reveal()).await?;
    app::migrate(&db).await?;
    db.close().await;
    println!("The database has this version's shape.");
    Ok(ExitCode::SUCCESS)
}

/// Without a sandbox the site serves, but runs end as `SANDBOX_ERROR`; that should not be a surprise. With one, the first run is not to wait.
/// Where no programs are run, neither matters.
async fn try_sandbox(app: &App) {
    if lanes::IN_THE_SANDBOX.iter().all(|lane| app.kernel.lane(lane).is_none()) {
        return;
    }
    let sandbox = &app.kernel.deps.workshop.sandbox;
    match sandbox.probe().await {
        Ok(()) => sandbox.warm_up(),
        Err(missing) => eprintln!("lectern: programs cannot be run here: {missing}"),
    }
}

/// Cancelled at the first SIGINT or SIGTERM. A second one ends the process at once.
fn stop_signal() -> Result<CancellationToken, CommandError> {
    let stop = CancellationToken::new();
    let listen = |kind| signal(kind).map_err(|error| CommandError::told(format!("cannot listen for signals: {error}")));
    let (mut interrupt, mut terminate) = (listen(SignalKind::interrupt())?, listen(SignalKind::terminate())?);
    let asked = stop.clone();
    tokio::spawn(async move {
        loop {
            tokio::select! {
                _ = interrupt.recv() => {}
                _ = terminate.recv() => {}
            }
            if asked.is_cancelled() {
                std::process::exit(130);
            }
            asked.cancel();
        }
    });
    Ok(stop)
}
