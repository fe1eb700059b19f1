//! Flask with SQLAlchemy and Celery, to be measured beside ours: the kind of server that this one replaces.

use std::net::SocketAddr;
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use nix::sys::signal::{Signal, killpg};
use nix::unistd::Pid;
use tokio::net::TcpStream;
use tokio::time::sleep;

use crate::client::free_address;
use crate::postgres::socket_of;
use crate::processor;
use crate::redis::Redis;
use crate::tools::{insist, tool};

const PACKAGES: [&str; 5] =
    ["flask==3.1.3", "flask-sqlalchemy==3.1.1", "psycopg2-binary==2.9.13", "celery[redis]==5.7.0", "gunicorn==27.0.1"];
const APP: &str = include_str!("../clients/flask/app.py");
/// Processes that answer.
const WORKERS: &str = "4";

/// The server at work.
#[derive(Debug)]
pub struct Flask {
    pub address: SocketAddr,
    server: Child,
    _redis: Redis,
    _folder: tempfile::TempDir,
}

impl Flask {
    /// Starts it on that database of PostgreSQL.
    pub async fn start(url: &str) -> Self {
        let packages = tokio::task::spawn_blocking(|| tool("flask-3.1.3", install)).await.expect("Flask is there");
        let (redis, folder, address) = (Redis::start(), tempfile::tempdir().expect("a folder"), free_address());
        std::fs::write(folder.path().join("app.py"), APP).expect("the app");
        let (socket, database) = socket_of(url);
        let mut gunicorn = Command::new("python3");
        gunicorn.args([
            "-m",
            "gunicorn",
            "--workers",
            WORKERS,
            "--bind",
            &address.to_string(),
            "--log-level",
            "error",
            "app:app",
        ]);
        gunicorn.env("PYTHONPATH", packages).current_dir(folder.path()).process_group(0);
        gunicorn.env("DATABASE", format!("postgresql+psycopg2://lectern@/{database}?host={}", socket.display()));
        gunicorn.env("BROKER", redis.url().replace("redis+unix", "redis+socket"));
        let server = gunicorn.stdin(Stdio::null()).stdout(Stdio::null()).spawn().expect("python3");
        // It says nowhere that it listens.
        while TcpStream::connect(address).await.is_err() {
            sleep(Duration::from_millis(50)).await;
        }
        Self { address, server, _redis: redis, _folder: folder }
    }

    /// The processor time of all its processes so far.
    #[must_use]
    pub fn cpu(&self) -> Duration {
        processor::of_group(self.server.id())
    }
}

impl Drop for Flask {
    fn drop(&mut self) {
        let group = i32::try_from(self.server.id()).map(Pid::from_raw);
        if let Ok(group) = group {
            // It may have ended by itself.
            let _ = killpg(group, Signal::SIGKILL);
        }
        let _ = self.server.wait();
    }
}

fn install(folder: &Path) {
    let mut pip = Command::new("python3");
    pip.args([
        "-m",
        "pip",
        "install",
        "--quiet",
        "--disable-pip-version-check",
        "--root-user-action=ignore",
        "--target",
    ]);
    insist(pip.arg(folder).args(PACKAGES));
}
