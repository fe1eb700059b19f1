//! What the sandbox costs: starting programs in it beside starting them bare and beside bubblewrap, in turns within one run.
//!
//! A trivial static program says most about starting: what it takes by itself is next to nothing. Numbers are medians of single starts, and rates
//! over many starts back to back, the slots that are made again for the next run included.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use actors::execution::sandbox::{Class, Evidence, InputFile, Limits, Output, Sandbox, Spec};
use tokio::sync::mpsc::unbounded_channel;
use tokio_util::sync::CancellationToken;

const SINGLE: usize = 400;
const BACK_TO_BACK: usize = 10_000;
const PEER: usize = 200;
const PYTHON: usize = 60;
const OUTPUT: u64 = 256 << 20;

/// Ends at once, without a C library.
const TRIVIAL: &str = r#"
#ifdef __aarch64__
void _start(void) { __asm__ volatile("mov x8, #93\nmov x0, #0\nsvc #0"); }
#else
void _start(void) { __asm__ volatile("mov $60, %eax\nxor %edi, %edi\nsyscall"); }
#endif
"#;

/// Prints for ever.
const FLOOD: &str = "import os\nblock = b'x' * (1 << 20)\nwhile True: os.write(1, block)\n";

#[expect(clippy::print_stdout, reason = "it is what a benchmark is for")]
fn main() {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().expect("a runtime");
    let folder = tempfile::tempdir().expect("a folder");
    let program = trivial(folder.path());
    // On a worker of the runtime, as all of Lectern is: this thread is none.
    let bench = runtime.spawn(async move {
        let bench =
            Bench { sandbox: Sandbox::new(binary()), bytes: std::fs::read(&program).expect("it was built"), program };
        bench.sandbox.probe().await.expect("the sandbox works");
        println!("tier: {:?}", bench.run(bench.spec()).await.tier);
        bench.single().await;
        bench.cold().await;
        bench.rates().await;
        bench.python().await;
        bench.output().await;
    });
    runtime.block_on(bench).expect("the benchmark runs to its end");
}

#[derive(Clone)]
struct Bench {
    sandbox: Sandbox,
    program: PathBuf,
    bytes: Vec<u8>,
}

#[expect(clippy::print_stdout, reason = "it is what a benchmark is for")]
impl Bench {
    fn spec(&self) -> Spec {
        let file = InputFile { name: "trivial".to_owned(), bytes: self.bytes.clone(), executable: true };
        Spec { files: vec![file], ..Spec::new(["./trivial"]) }
    }

    async fn run(&self, spec: Spec) -> Evidence {
        let (output, _) = unbounded_channel();
        let report = self.sandbox.run(spec, output, CancellationToken::new()).await;
        assert_eq!(report.class, Class::Ok, "{:?}", report.evidence);
        report.evidence
    }

    async fn timed(&self, spec: Spec) -> Duration {
        let begun = Instant::now();
        self.run(spec).await;
        begun.elapsed()
    }

    /// One start after the other, with time between them to make the next slot.
    async fn single(&self) {
        let (mut bare, mut warm) = (Vec::new(), Vec::new());
        for _ in 0..SINGLE {
            bare.push(spawn(&mut Command::new(&self.program)));
            warm.push(self.timed(self.spec()).await);
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
        let (bare, warm) = (median(&mut bare), median(&mut warm));
        println!("start, warm: {warm:.3?}; bare posix_spawn {bare:.3?}; ratio {:.2}", ratio(warm, bare));
    }

    /// Slots that nobody has made in advance: each has a size of disk of its own. The end of the slot that was warm in vain counts as well.
    async fn cold(&self) {
        let mut cold = Vec::new();
        for number in 1..=SINGLE as u64 {
            let mut spec = self.spec();
            spec.limits.disk_bytes += number << 12;
            cold.push(self.timed(spec).await);
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
        println!("start, cold through the zygote: {:.3?}", median(&mut cold));
    }

    /// Back to back, one at a time and two at a time, beside bubblewrap.
    async fn rates(&self) {
        let mut peer: Vec<_> = (0..PEER).map(|_| spawn(&mut bubblewrap(&self.program))).collect();
        let peer_rate = 1.0 / (peer.iter().sum::<Duration>().as_secs_f64() / PEER as f64);
        let before = Traces::now();
        let begun = Instant::now();
        for _ in 0..BACK_TO_BACK {
            self.run(self.spec()).await;
        }
        let one = BACK_TO_BACK as f64 / begun.elapsed().as_secs_f64();
        let begun = Instant::now();
        let half = || {
            let bench = self.clone();
            tokio::spawn(async move {
                for _ in 0..BACK_TO_BACK / 2 {
                    bench.run(bench.spec()).await;
                }
            })
        };
        let (first, second) = tokio::join!(half(), half());
        first.and(second).expect("both run to their end");
        let two = BACK_TO_BACK as f64 / begun.elapsed().as_secs_f64();
        println!(
            "back to back: {one:.0}/s; two at once {two:.0}/s, ratio {:.2}; bubblewrap {peer_rate:.0}/s (median {:.3?}), ratio {:.1}",
            two / one,
            median(&mut peer),
            one / peer_rate
        );
        println!("left by {} runs: {}", 2 * BACK_TO_BACK, Traces::now().since(&before));
    }

    async fn python(&self) {
        let (mut bare, mut inside) = (Vec::new(), Vec::new());
        for _ in 0..PYTHON {
            bare.push(spawn(Command::new("/usr/bin/python3").args(["-c", "pass"])));
            inside.push(self.timed(Spec::new(["/usr/bin/python3", "-c", "pass"])).await);
        }
        let (bare, inside) = (median(&mut bare), median(&mut inside));
        println!("python3 -c pass: {inside:.3?}; bare {bare:.3?}; ratio {:.2}", ratio(inside, bare));
    }

    async fn output(&self) {
        let limits = Limits { output_bytes: OUTPUT, ..Limits::default() };
        let spec = Spec { limits, ..Spec::new(["/usr/bin/python3", "-c", FLOOD]) };
        let (output, mut pieces) = unbounded_channel::<Output>();
        let begun = Instant::now();
        let read = async {
            let mut bytes = 0;
            while let Some(piece) = pieces.recv().await {
                bytes += piece.bytes.len();
            }
            bytes
        };
        let (report, bytes) = tokio::join!(self.sandbox.run(spec, output, CancellationToken::new()), read);
        assert_eq!((report.class, bytes as u64), (Class::OutputLimit, OUTPUT));
        println!("output: {:.0} MB/s", OUTPUT as f64 / 1e6 / begun.elapsed().as_secs_f64());
    }
}

/// What runs could leave behind on the machine.
struct Traces {
    processes: i64,
    mounts: i64,
    namespaces: i64,
    memory_kib: i64,
}

impl Traces {
    /// Counts launchers, zygotes and inits below this process, all that is mounted here, their namespaces, and their memory with ours.
    fn now() -> Self {
        let own = std::process::id();
        let mut all = vec![own];
        let mut next = 0;
        while next < all.len() {
            for thread in std::fs::read_dir(format!("/proc/{}/task", all[next])).into_iter().flatten().flatten() {
                let children = std::fs::read_to_string(thread.path().join("children")).unwrap_or_default();
                all.extend(children.split_whitespace().filter_map(|child| child.parse::<u32>().ok()));
            }
            next += 1;
        }
        let mounts = std::fs::read_to_string("/proc/self/mountinfo").expect("it is there").lines().count();
        let memory = |process: &u32| {
            let rollup = std::fs::read_to_string(format!("/proc/{process}/smaps_rollup")).unwrap_or_default();
            let pss = rollup.lines().find_map(|line| line.strip_prefix("Pss_Anon:")).unwrap_or("0 kB");
            pss.split_whitespace().next().and_then(|number| number.parse::<i64>().ok()).unwrap_or(0)
        };
        let mut namespaces = std::collections::BTreeSet::new();
        for process in &all {
            for entry in std::fs::read_dir(format!("/proc/{process}/ns")).into_iter().flatten().flatten() {
                namespaces.insert(std::fs::read_link(entry.path()).unwrap_or_default());
            }
        }
        Self {
            processes: all.len() as i64,
            mounts: mounts as i64,
            namespaces: namespaces.len() as i64,
            memory_kib: all.iter().map(memory).sum(),
        }
    }

    fn since(&self, before: &Self) -> String {
        format!(
            "{:+} processes, {:+} mounts, {:+} namespaces, {:+} KiB of memory (now {} in {} processes)",
            self.processes - before.processes,
            self.mounts - before.mounts,
            self.namespaces - before.namespaces,
            self.memory_kib - before.memory_kib,
            self.memory_kib,
            self.processes
        )
    }
}

/// `lectern`, beside the folder of this benchmark.
fn binary() -> PathBuf {
    let own = std::env::current_exe().expect("a path");
    let binary = own.ancestors().nth(2).expect("it lies in target/<profile>/deps").join("lectern");
    assert!(binary.exists(), "{} is missing: build the workspace first", binary.display());
    binary
}

fn trivial(folder: &Path) -> PathBuf {
    let (source, program) = (folder.join("trivial.c"), folder.join("trivial"));
    std::fs::write(&source, TRIVIAL).expect("it can be written");
    let built =
        Command::new("gcc").args(["-static", "-nostdlib", "-O1", "-s", "-o"]).arg(&program).arg(&source).status();
    assert!(built.expect("gcc is there").success(), "the trivial program could not be built");
    program
}

/// How long it takes from the order to the status, in this process, with as little around it as there can be.
fn spawn(command: &mut Command) -> Duration {
    let begun = Instant::now();
    let status = command.stdin(Stdio::inherit()).status().unwrap_or_else(|error| panic!("{command:?}: {error}"));
    let taken = begun.elapsed();
    assert!(status.success(), "{command:?}: {status}");
    taken
}

fn bubblewrap(program: &Path) -> Command {
    let mut command = Command::new("bwrap");
    command.args(["--unshare-all", "--die-with-parent", "--proc", "/proc", "--dev", "/dev", "--tmpfs", "/w"]);
    for path in ["/usr", "/lib", "/lib64", "/bin"] {
        command.args(["--ro-bind-try", path, path]);
    }
    command.arg("--ro-bind").arg(program).args(["/trivial", "/trivial"]);
    command
}

fn median(samples: &mut [Duration]) -> Duration {
    samples.sort_unstable();
    samples[samples.len() / 2]
}

fn ratio(ours: Duration, floor: Duration) -> f64 {
    ours.as_secs_f64() / floor.as_secs_f64()
}
