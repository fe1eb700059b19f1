//! A process of its own that works [errands](super::errand), or has them worked: to be killed, frozen and asked to stop.
//!
//! It is the kernel as the product starts it, with other kinds. It says on its output what begins and what was acknowledged, and
//! ends with the process that started it.

use std::path::Path;
use std::process::{ExitCode, Stdio};
use std::time::Duration;

use actors::database::Database;
use actors::job::Job as _;
use actors::write::Write;
use nix::sys::prctl::set_pdeathsig;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use serde::{Deserialize, Serialize};
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::{Child, Command};
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::{mpsc, oneshot};
use tokio::time::timeout;

use super::errand::{Act, Errand, KINDS, LANE, LATER_KINDS, tell};
use crate::tools::beside;
use crate::world::{Plan, start};

/// What a process is told to do.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Orders {
    pub url: String,
    /// Milliseconds.
    pub lease: u64,
    /// None: it works nothing.
    pub slots: usize,
    /// Whether it knows the kinds of a later version.
    pub later: bool,
    /// The first word of the names of what it enqueues for as long as it lives, if it does.
    pub sends: Option<String>,
    /// The URL of a Redis that carries between the processes.
    pub redis: Option<String>,
}

impl Orders {
    /// Works with so many slots.
    #[must_use]
    pub fn work(url: &str, lease: Duration, slots: usize) -> Self {
        let lease = u64::try_from(lease.as_millis()).expect("a short time");
        Self { url: url.to_owned(), lease, slots, later: false, sends: None, redis: None }
    }
}

/// The handle of such a process. It is killed when this goes.
pub struct Stagehand {
    child: Child,
    /// What it says. Read at once, as it would stop at a full pipe.
    lines: mpsc::UnboundedReceiver<String>,
    /// Said when it works, apart from the rest: it may have begun something before it says so.
    ready: oneshot::Receiver<()>,
}

/// What it says when it works.
const READY: &str = "ready";
/// How long a process may take to say what is waited for.
const PATIENCE: Duration = Duration::from_secs(60);

impl Stagehand {
    /// Starts one in a folder; returns when it works.
    pub async fn start(orders: &Orders, folder: &Path) -> Self {
        let mut hand = Self::begin_here(orders, folder);
        let ready = timeout(PATIENCE, &mut hand.ready).await.expect("it begins in time");
        ready.expect("it did not end before it worked");
        hand
    }

    /// Starts one, and does not wait for it.
    #[must_use]
    pub fn begin_here(orders: &Orders, folder: &Path) -> Self {
        Self::begin(Command::new(beside("stagehand")), orders, folder)
    }

    /// Starts one by another command that ends in it, and does not wait for it.
    #[must_use]
    pub fn begin(mut command: Command, orders: &Orders, folder: &Path) -> Self {
        command.arg(serde_json::to_string(orders).expect("plain data")).arg(folder);
        // Some of its jobs panic, and are meant to.
        command.env("RUST_BACKTRACE", "0");
        let mut child = command.stdout(Stdio::piped()).kill_on_drop(true).spawn().expect("the workspace is built");
        let (said, lines) = mpsc::unbounded_channel();
        let (begun, ready) = oneshot::channel();
        let mut output = BufReader::new(child.stdout.take().expect("piped")).lines();
        tokio::spawn(async move {
            let mut begun = Some(begun);
            while let Ok(Some(line)) = output.next_line().await {
                // Whoever waited for it may be gone.
                let _ = match begun.take_if(|_| line == READY) {
                    Some(begun) => begun.send(()).ok(),
                    None => said.send(line).ok(),
                };
            }
        });
        Self { child, lines, ready }
    }

    /// Waits for a line that begins so; what follows.
    pub async fn hear(&mut self, beginning: &str) -> String {
        let heard = timeout(PATIENCE, async {
            while let Some(line) = self.lines.recv().await {
                if let Some(rest) = line.strip_prefix(beginning) {
                    return rest.trim().to_owned();
                }
            }
            panic!("it ended without saying `{beginning}`")
        });
        heard.await.unwrap_or_else(|_| panic!("it does not say `{beginning}`"))
    }

    fn signal(&self, signal: Signal) {
        let process = self.child.id().expect("it was not waited for");
        kill(Pid::from_raw(i32::try_from(process).expect("a small number")), signal).expect("it is ours");
    }

    /// Stops it where it is.
    pub fn freeze(&self) {
        self.signal(Signal::SIGSTOP);
    }

    /// Lets it go on.
    pub fn thaw(&self) {
        self.signal(Signal::SIGCONT);
    }

    /// Ends it without a word; the rest of what it had said.
    pub async fn kill(mut self) -> Vec<String> {
        self.signal(Signal::SIGKILL);
        self.rest().await.1
    }

    /// Asks it to stop, and waits until it has in good order.
    pub async fn stop(mut self) -> Vec<String> {
        self.signal(Signal::SIGTERM);
        let (well, said) = self.rest().await;
        assert!(well, "it did not stop in good order");
        said
    }

    /// Asks it to stop, however it does.
    pub async fn dismiss(mut self) {
        self.signal(Signal::SIGTERM);
        self.rest().await;
    }

    /// Whether it has ended by itself or by something else.
    pub fn has_ended(&mut self) -> bool {
        self.child.try_wait().expect("it can be waited for").is_some()
    }

    /// Waits until it has ended by itself or by something else.
    pub async fn ended(mut self) -> Vec<String> {
        self.rest().await.1
    }

    async fn rest(&mut self) -> (bool, Vec<String>) {
        let mut said = Vec::new();
        let ended = timeout(PATIENCE, async {
            while let Some(line) = self.lines.recv().await {
                said.push(line);
            }
            self.child.wait().await.expect("it can be waited for").success()
        });
        (ended.await.expect("it ends"), said)
    }
}

/// What the process does.
#[must_use]
pub fn main() -> ExitCode {
    set_pdeathsig(Signal::SIGKILL).expect("Linux");
    let mut arguments = std::env::args().skip(1);
    let orders = arguments.next().expect("orders");
    let orders: Orders = serde_json::from_str(&orders).expect("orders as they are written by `Stagehand`");
    let folder = arguments.next().expect("a folder");
    let runtime = || {
        let mut builder = tokio::runtime::Builder::new_multi_thread();
        builder.worker_threads(2).enable_all().build().expect("a runtime")
    };
    actix::System::with_tokio_rt(runtime).block_on(obey(orders, Path::new(&folder)));
    ExitCode::SUCCESS
}

async fn obey(orders: Orders, folder: &Path) {
    let mut stop = signal(SignalKind::terminate()).expect("signals can be heard");
    let db = Database::connect(&orders.url).await.expect("the database answers");
    let lanes = if orders.slots > 0 { vec![(LANE, orders.slots)] } else { Vec::new() };
    let plan = Plan {
        kinds: if orders.later { LATER_KINDS } else { KINDS },
        lanes,
        lease: Duration::from_millis(orders.lease),
        transactions: 3,
        redis: orders.redis,
        ..Plan::default()
    };
    let kernel = start(db, folder, plan).await;
    tell(READY);
    let deps = kernel.deps.clone();
    let sending = orders.sends.map(|word| {
        tokio::spawn(async move {
            for number in 0_u64.. {
                let errand = Errand { name: format!("{word} {number}"), acts: vec![Act::Nap(20)] };
                let sent = async {
                    let mut write = Write::begin(&deps).await?;
                    write.enqueue(errand.new()).await?;
                    write.commit().await
                };
                match sent.await {
                    Ok(()) => tell(&format!("acknowledged {}", errand.name)),
                    Err(error) => tell(&format!("refused {}: {error}", errand.name)),
                }
            }
        })
    });
    stop.recv().await;
    if let Some(sending) = sending {
        sending.abort();
        let _ = sending.await;
    }
    kernel.drain().await;
}
