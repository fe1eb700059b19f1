//! A PostgreSQL of its own that loses nothing, can be killed and started again, and has a clock that can be set or a disk that can
//! be full.
//!
//! Like the cluster of all tests it belongs to a watchdog, a shell that ends it when the test's process ends, however that does.

use std::io::{BufRead as _, BufReader, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use actors::database::Database;
use migration::{Migrator, MigratorTrait as _};

use crate::postgres::{folder_for_a_server, programs};

/// Serves a new cluster in the folder `$1` with the programs in `$2`, under the library `$3` if there is one, on a disk of its own of
/// the size `$4` if there is one. Each word that it
/// reads is answered by a line; at the end of its input all is removed.
///
/// The children of a killed server hear of its death and end by themselves, but not at once, and the next server refuses to start
/// beside them.
const WATCHDOG: &str = r#"
trap '' INT HUP
cd "$1" || exit 1
start() {
    rm -f data/postmaster.pid
    LD_PRELOAD="$3" "$2/postgres" -D data -k "$1" -c listen_addresses= -c fsync=on -c max_connections=100 -c shared_buffers=32MB \
        -c logging_collector=off -c restart_after_crash=on >> log 2>&1 &
    server=$!
    while ! grep -qs '^ready' data/postmaster.pid; do
        if ! kill -0 $server 2> /dev/null; then
            return 1
        fi
        sleep 0.02
    done
}
mkdir data && { [ -z "$4" ] || mount -t tmpfs -o "size=$4,mode=700" tmpfs data; } &&
    "$2/initdb" --pgdata data --username lectern --auth trust --encoding UTF8 --locale C --no-sync > log 2>&1 &&
    start "$@" && echo ready
while read -r word; do
    case $word in
    kill)
        children=$(cat /proc/$server/task/$server/children)
        kill -KILL $server $children
        wait $server 2> /dev/null
        ;;
    start)
        for try in 1 2 3 4 5 6 7 8 9; do
            start "$@" && break
            sleep 0.1
        done
        ;;
    fill)
        cat /dev/zero > data/something-else
        ;;
    empty)
        rm data/something-else
        ;;
    esac 2>> log
    echo $word
done
kill -QUIT $server
wait $server
cd /
rm -rf "$1"
"#;

/// A small disk: room for the files of a new cluster and little else.
const DISK: &str = "96m";

/// Such a server. It ends when this goes.
pub struct Mortal {
    folder: PathBuf,
    orders: ChildStdin,
    said: BufReader<ChildStdout>,
    _watchdog: Child,
}

impl Mortal {
    /// Starts one.
    #[must_use]
    pub fn start() -> Self {
        Self::under(None, false)
    }

    /// Starts one whose clock can be set.
    #[must_use]
    pub fn with_clock() -> Self {
        Self::under(Some(clock_library()), false)
    }

    /// Starts one on a small disk of its own.
    #[must_use]
    pub fn on_a_small_disk() -> Self {
        Self::under(None, true)
    }

    fn under(library: Option<PathBuf>, small: bool) -> Self {
        let mut watchdog = Command::new(if small { "unshare" } else { "/bin/sh" });
        let folder = folder_for_a_server(&mut watchdog);
        if small {
            watchdog.args(["--user", "--map-current-user", "--keep-caps", "--mount", "/bin/sh"]);
        }
        watchdog.args(["-c", WATCHDOG, "sh"]).arg(&folder).arg(programs()).arg(library.unwrap_or_default());
        watchdog.arg(if small { DISK } else { "" });
        std::fs::write(folder.join("offset"), "+0").expect("it can be written");
        // Waiting goes on as it did; what the clock shows is read from the file each time.
        watchdog.env("FAKETIME_TIMESTAMP_FILE", folder.join("offset"));
        watchdog.env("FAKETIME_NO_CACHE", "1").env("FAKETIME_DONT_FAKE_MONOTONIC", "1");
        watchdog.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut watchdog = watchdog.spawn().expect("a shell");
        let orders = watchdog.stdin.take().expect("a pipe");
        let said = BufReader::new(watchdog.stdout.take().expect("a pipe"));
        let mut server = Self { folder, orders, said, _watchdog: watchdog };
        server.hear("ready");
        server
    }

    fn hear(&mut self, word: &str) {
        let mut line = String::new();
        self.said.read_line(&mut line).expect("the watchdog speaks");
        let log = || std::fs::read_to_string(self.folder.join("log")).unwrap_or_default();
        assert_eq!(line.trim(), word, "the PostgreSQL of the test is not as it should be:\n{}", log());
    }

    fn order(&mut self, word: &str) {
        writeln!(self.orders, "{word}").expect("the watchdog listens");
        self.hear(word);
    }

    /// Fills its disk, which must be a small one, with something else.
    pub fn fill_disk(&mut self) {
        self.order("fill");
    }

    /// Makes room on its disk again.
    pub fn empty_disk(&mut self) {
        self.order("empty");
    }

    /// Ends it and all its processes at once.
    pub fn kill(&mut self) {
        self.order("kill");
    }

    /// Starts it again on what lies on the disk; returns when it serves.
    pub fn revive(&mut self) {
        self.order("start");
    }

    /// Sets its clock so many seconds ahead of the machine's.
    pub fn set_clock(&self, seconds: i64) {
        let (file, next) = (self.folder.join("offset"), self.folder.join("offset.next"));
        // In one step, as it is read at any time.
        std::fs::write(&next, format!("{seconds:+}")).expect("it can be written");
        std::fs::rename(next, file).expect("it can be replaced");
    }

    /// The folder with its socket.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// A migrated database; its URL.
    pub async fn migrated(&self) -> String {
        let url = |database: &str| {
            let socket = self.folder.display().to_string().replace('/', "%2F");
            format!("postgres://lectern@localhost/{database}?host={socket}")
        };
        let db = Database::connect(&url("postgres")).await.expect("the new cluster answers");
        Migrator::up(db.write_connection(), None).await.expect("the migrations run");
        db.close().await;
        url("postgres")
    }
}

/// The library that shows another time to a program.
pub(crate) fn clock_library() -> PathBuf {
    let folders = std::fs::read_dir("/usr/lib").expect("there are libraries");
    let libraries = folders.filter_map(|folder| Some(folder.ok()?.path().join("faketime/libfaketime.so.1")));
    let found = libraries.into_iter().find(|library| library.exists());
    found.expect("the stories of clocks need libfaketime: install the package `faketime`")
}
