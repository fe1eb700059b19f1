//! Redis: a server of one story alone, on a socket in a folder of its own, which the story may kill, stop and start again.
//!
//! It belongs to a watchdog, a shell that reads from a pipe which only this process holds. However this process ends, the pipe
//! closes, and the watchdog kills the server and removes its folder.

use std::io::{BufRead as _, BufReader};
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use ::redis::aio::MultiplexedConnection;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

/// Starts a server in the folder `$1`, says its number, and removes all of it at the end of its input.
const WATCHDOG: &str = r#"
trap '' INT HUP
cd "$1" || exit 1
rm -f log
redis-server --port 0 --unixsocket "$1/redis" --save '' --appendonly no --dir "$1" > log 2>&1 &
server=$!
while ! grep -qs 'eady to accept' log; do
    if ! kill -0 $server 2> /dev/null; then
        cat log
        exit 1
    fi
    sleep 0.02
done
echo ready $server
cat > /dev/null
kill -KILL $server 2> /dev/null
wait
cd /
rm -rf "$1"
"#;

/// A server without anything in it.
#[derive(Debug)]
pub struct Redis {
    folder: PathBuf,
    server: Pid,
    /// They hold the pipes.
    _watchdogs: Vec<Child>,
}

impl Redis {
    /// Starts one.
    #[must_use]
    pub fn start() -> Self {
        // Not in a longer path: the name of a unix socket has at most 107 bytes.
        let folder = tempfile::Builder::new().prefix("lectern-redis").tempdir_in("/tmp").expect("a folder").keep();
        let (watchdog, server) = launch(&folder);
        Self { folder, server, _watchdogs: vec![watchdog] }
    }

    /// Where it is, for `LECTERN_REDIS_URL`.
    #[must_use]
    pub fn url(&self) -> String {
        format!("redis+unix://{}", self.folder.join("redis").display())
    }

    /// Ends it at once, with all that it holds.
    pub fn kill(&self) {
        self.signal(Signal::SIGKILL);
    }

    /// Starts one in the place of one that was killed; it holds nothing.
    pub fn start_again(&mut self) {
        let (watchdog, server) = launch(&self.folder);
        self.server = server;
        self._watchdogs.push(watchdog);
    }

    /// From now on it takes connections, and never answers.
    pub fn freeze(&self) {
        self.signal(Signal::SIGSTOP);
    }

    /// It answers again.
    pub fn thaw(&self) {
        self.signal(Signal::SIGCONT);
    }

    fn signal(&self, signal: Signal) {
        kill(self.server, signal).expect("the server is there");
    }

    /// A connection of somebody else to the same server.
    pub async fn stranger(&self) -> MultiplexedConnection {
        let client = ::redis::Client::open(self.url()).expect("a URL");
        client.get_multiplexed_async_connection().await.expect("it answers")
    }

    /// The channels that somebody listens to, sorted.
    pub async fn channels(&self) -> Vec<String> {
        let mut stranger = self.stranger().await;
        let channels = ::redis::cmd("PUBSUB").arg("CHANNELS").query_async(&mut stranger).await;
        let mut channels: Vec<String> = channels.expect("it answers");
        channels.sort();
        channels
    }

    /// How many listen to a channel.
    pub async fn listeners(&self, channel: &str) -> u64 {
        let mut stranger = self.stranger().await;
        let counted = ::redis::cmd("PUBSUB").arg("NUMSUB").arg(channel).query_async(&mut stranger).await;
        let (_, listeners): (String, u64) = counted.expect("it answers");
        listeners
    }

    /// Publishes what nobody sealed.
    pub async fn publish(&self, channel: &str, bytes: &[u8]) {
        let mut stranger = self.stranger().await;
        let published = ::redis::cmd("PUBLISH").arg(channel).arg(bytes).exec_async(&mut stranger).await;
        published.expect("it answers");
    }
}

fn launch(folder: &Path) -> (Child, Pid) {
    let mut watchdog = Command::new("/bin/sh");
    watchdog.args(["-c", WATCHDOG, "sh"]).arg(folder).process_group(0);
    watchdog.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
    let mut watchdog = watchdog.spawn().expect("a shell");
    let mut said = BufReader::new(watchdog.stdout.take().expect("a pipe"));
    let mut line = String::new();
    while said.read_line(&mut line).is_ok_and(|length| length > 0) {
        if let Some(number) = line.lines().last().and_then(|last| last.strip_prefix("ready ")) {
            let server = number.trim().parse().expect("the number of a process");
            return (watchdog, Pid::from_raw(server));
        }
    }
    let _ = watchdog.wait();
    panic!("the Redis of the story did not start (the stories need the package `redis-server`):\n{line}");
}
