//! PostgreSQL: a cluster of this test process alone, started when it is first needed, with a clone of a migrated template for
//! each test, which goes with the test: five hundred of them would be six gigabytes.
//!
//! The cluster belongs to a watchdog, a shell that reads from a pipe which only this process holds. However this process ends,
//! the pipe closes, and the watchdog stops the server and removes its folder.

use std::io::{BufRead as _, BufReader};
use std::os::unix::fs::chown;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::LazyLock;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{self, Sender};

use actors::database::Database;
use migration::{Migrator, MigratorTrait as _};
use nix::unistd::{User, geteuid};
use sea_orm::{ConnectionTrait as _, DbErr};
use tokio::sync::OnceCell;

/// Makes a cluster in the folder `$1` with the programs in `$2`, flushing as `$3` says (`on` or `off`), says `ready`, and removes all of it at the end of its input.
///
/// An interrupt from the keyboard is for the test process alone; the end of that one is the end of this one.
const WATCHDOG: &str = r#"
trap '' INT HUP
cd "$1" || exit 1
(
    "$2/initdb" --pgdata data --username lectern --auth trust --encoding UTF8 --locale C --no-sync &&
    exec "$2/postgres" -D data -k "$1" -c listen_addresses= -c "fsync=$3" -c "full_page_writes=$3" -c max_connections=500 \
        -c shared_buffers=64MB -c logging_collector=off
) > log 2>&1 &
server=$!
while ! grep -qs '^ready' data/postmaster.pid; do
    if ! kill -0 $server 2> /dev/null; then
        cat log
        cd /
        rm -rf "$1"
        exit 1
    fi
    sleep 0.05
done
echo ready
cat > /dev/null
kill -QUIT $server
wait $server
cd /
rm -rf "$1"
"#;

struct Cluster {
    folder: PathBuf,
    /// Holds the pipe.
    _watchdog: Child,
}

static CLUSTER: OnceCell<Cluster> = OnceCell::const_new();
static CLONES: AtomicUsize = AtomicUsize::new(0);

/// A migrated database; its URL, and what drops it.
pub(crate) async fn clone() -> (String, Dropped) {
    made("story", "TEMPLATE template STRATEGY FILE_COPY").await
}

/// A database without tables; its URL, and what drops it.
pub(crate) async fn bare() -> (String, Dropped) {
    made("bare", "").await
}

/// A database without tables; its URL. It goes with the cluster.
pub async fn empty() -> String {
    let (url, dropped) = made("empty", "").await;
    std::mem::forget(dropped);
    url
}

async fn made(prefix: &str, how: &str) -> (String, Dropped) {
    let cluster = CLUSTER.get_or_init(Cluster::start).await;
    let name = format!("{prefix}_{}", CLONES.fetch_add(1, Ordering::Relaxed));
    cluster.administer(&format!("CREATE DATABASE {name} {how}")).await;
    (cluster.url(&name), Dropped(name))
}

/// Has a database dropped, soon after this goes.
#[derive(Debug)]
pub(crate) struct Dropped(String);

impl Drop for Dropped {
    fn drop(&mut self) {
        let _ = SWEEPER.send(std::mem::take(&mut self.0));
    }
}

/// A thread of its own: the runtime of a story ends with it.
static SWEEPER: LazyLock<Sender<String>> = LazyLock::new(|| {
    let (send, names) = mpsc::channel::<String>();
    std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        for name in names {
            let cluster = CLUSTER.get().expect("it has a database");
            // Whoever is still connected belongs to a story that is over. One that stays costs nothing but room.
            let _ = runtime.block_on(cluster.try_administer(&format!("DROP DATABASE {name} WITH (FORCE)")));
        }
    });
    send
});

/// A cluster of its own that loses nothing, for measurements; it ends when this goes.
pub struct Durable(Cluster);

impl Durable {
    /// Starts it.
    #[must_use]
    pub fn start() -> Self {
        Self(Cluster::launch("on"))
    }

    /// A database without tables; its URL.
    pub async fn empty(&self) -> String {
        let name = format!("measured_{}", CLONES.fetch_add(1, Ordering::Relaxed));
        self.0.administer(&format!("CREATE DATABASE {name}")).await;
        self.0.url(&name)
    }
}

/// The folder of the cluster.
pub async fn folder() -> &'static Path {
    &CLUSTER.get_or_init(Cluster::start).await.folder
}

impl Cluster {
    async fn start() -> Self {
        let cluster = Self::launch("off");
        cluster.administer("CREATE DATABASE template").await;
        let db = Database::connect(&cluster.url("template")).await.expect("the new cluster answers");
        Migrator::up(db.write_connection(), None).await.expect("the migrations run");
        db.close().await;
        cluster
    }

    fn launch(flush: &str) -> Self {
        let programs = programs();
        let mut watchdog = Command::new("/bin/sh");
        let folder = folder_for_a_server(&mut watchdog);
        watchdog.args(["-c", WATCHDOG, "sh"]).arg(&folder).arg(&programs).arg(flush);
        watchdog.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut watchdog = watchdog.spawn().expect("a shell");
        let mut said = BufReader::new(watchdog.stdout.take().expect("a pipe"));
        let mut line = String::new();
        while said.read_line(&mut line).is_ok_and(|length| length > 0) {
            if line.ends_with("ready\n") {
                return Self { folder, _watchdog: watchdog };
            }
        }
        let _ = watchdog.wait();
        panic!("the PostgreSQL of the tests did not start:\n{line}");
    }

    fn url(&self, database: &str) -> String {
        let socket = self.folder.display().to_string().replace('/', "%2F");
        format!("postgres://lectern@localhost/{database}?host={socket}")
    }

    async fn administer(&self, statement: &str) {
        self.try_administer(statement).await.unwrap_or_else(|error| panic!("{statement}: {error}"));
    }

    async fn try_administer(&self, statement: &str) -> Result<(), DbErr> {
        let db = sea_orm::Database::connect(self.url("postgres")).await?;
        db.execute_unprepared(statement).await?;
        db.close().await
    }
}

/// The folder of the socket, and the name of the database, that a URL of these tests names.
#[must_use]
pub fn socket_of(url: &str) -> (PathBuf, String) {
    let (before, socket) = url.split_once("?host=").expect("a socket");
    let database = before.rsplit('/').next().expect("a database");
    (PathBuf::from(socket.replace("%2F", "/")), database.to_owned())
}

/// A new folder for a server that this command is to run, in a group of its own, as a user who may own it.
pub(crate) fn folder_for_a_server(command: &mut Command) -> PathBuf {
    // Not in a longer path: the name of a unix socket has at most 107 bytes.
    let folder = tempfile::Builder::new().prefix("lectern-postgres").tempdir_in("/tmp").expect("a folder").keep();
    command.process_group(0);
    if geteuid().is_root() {
        // The server refuses to run as root.
        let user = ["postgres", "nobody"].into_iter().find_map(|name| User::from_name(name).ok().flatten());
        let user = user.expect("an account without rights");
        chown(&folder, Some(user.uid.as_raw()), Some(user.gid.as_raw())).expect("root may");
        command.uid(user.uid.as_raw()).gid(user.gid.as_raw());
    }
    folder
}

/// The folder with the server's programs.
pub(crate) fn programs() -> PathBuf {
    let whole = |folder: &PathBuf| ["initdb", "postgres"].iter().all(|name| folder.join(name).exists());
    let found = folders().into_iter().find(whole);
    found.expect("the stories need PostgreSQL: install the package `postgresql` (initdb and postgres)")
}

/// Another program of PostgreSQL.
#[must_use]
pub fn program(name: &str) -> PathBuf {
    let found = folders().into_iter().map(|folder| folder.join(name)).find(|path| path.exists());
    found.unwrap_or_else(|| panic!("{name} is missing: install the package `postgresql`"))
}

/// Where programs of PostgreSQL may be; of several versions the newest first.
fn folders() -> Vec<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let mut versions: Vec<PathBuf> = std::fs::read_dir("/usr/lib/postgresql")
        .map(|entries| entries.filter_map(|entry| Some(entry.ok()?.path().join("bin"))).collect())
        .unwrap_or_default();
    versions.sort();
    std::env::split_paths(&path).chain(versions.into_iter().rev()).collect()
}
