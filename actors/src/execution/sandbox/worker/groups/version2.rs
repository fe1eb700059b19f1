//! Control groups of version 2: one hierarchy, of which a subtree is delegated to us.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::control_file::{ControlFile, naming};
use super::leaf::{Counters, Files as LeafFiles, Leaf};

/// The group below the subtree's root in which Lectern itself lives: a group with controllers for those below may hold no process itself.
pub const OWN: &str = "worker";

/// The controllers that leaves need, the required one first.
const CONTROLLERS: [&str; 2] = ["memory", "pids"];

/// A subtree in which we may do as we like. Leaves are made below its root.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Subtree {
    root: PathBuf,
}

impl Subtree {
    /// Makes the subtree of the group `own`, in which this process is, ready for leaves. The error says in a sentence why not; then
    /// everything is as it was.
    pub(super) fn prepare(own: &Path, mount: &Path) -> Result<Self, String> {
        let root = match own.parent() {
            Some(parent) if own.ends_with(OWN) && own != mount => parent,
            _ => own,
        };
        let available = words_of(&root.join("cgroup.controllers"))?;
        if !available.iter().any(|name| name == CONTROLLERS[0]) {
            return Err(format!("{} has no memory controller", root.display()));
        }
        super::detect::writable(root)?;
        let enabled = words_of(&root.join("cgroup.subtree_control"))?;
        let missing = CONTROLLERS.into_iter().filter(|name| {
            let has = |list: &[String]| list.iter().any(|other| other == name);
            has(&available) && !has(&enabled)
        });
        let order: Vec<String> = missing.map(|name| format!("+{name}")).collect();
        if !order.is_empty() {
            switch_on(root, &order.join(" "), &Movers::of(root, own, mount))?;
        }
        Ok(Self { root: root.to_owned() })
    }

    /// The subtree's root.
    pub fn folder(&self) -> &Path {
        &self.root
    }

    pub(super) fn leaf(&self, name: &str) -> io::Result<Leaf> {
        let folder = self.root.join(name);
        Leaf::make(vec![folder.clone()], || Files::open(&folder).map(LeafFiles::V2))
    }
}

fn words_of(path: &Path) -> Result<Vec<String>, String> {
    let text = fs::read_to_string(path).map_err(|error| naming(path, &error).to_string())?;
    Ok(text.split_whitespace().map(str::to_owned).collect())
}

/// Who is moved out of the subtree's root if it holds processes.
enum Movers {
    Nobody,
    Ourselves,
    /// In the root of a container's own groups: what is there is the container's, mostly its first process, and has no other place to be.
    Everybody,
}

impl Movers {
    fn of(root: &Path, own: &Path, mount: &Path) -> Self {
        if root != own {
            Self::Nobody
        } else if own == mount {
            Self::Everybody
        } else {
            Self::Ourselves
        }
    }

    /// Their numbers, one per line; 0 for ourselves.
    fn processes(&self, root: &Path) -> String {
        match self {
            Self::Nobody => String::new(),
            Self::Ourselves => "0".to_owned(),
            Self::Everybody => fs::read_to_string(root.join("cgroup.procs")).unwrap_or_default(),
        }
    }
}

/// Moves processes. One that is gone in the meantime, or may not be moved, is passed over: the kernel will say if that matters.
fn move_to(group: &Path, processes: &str) {
    for process in processes.lines() {
        let _ = fs::write(group.join("cgroup.procs"), process);
    }
}

/// Switches controllers on for the groups below `root`, and moves processes out of the way if they are in `root` itself.
fn switch_on(root: &Path, order: &str, movers: &Movers) -> Result<(), String> {
    let control = root.join("cgroup.subtree_control");
    let failed = |error: &io::Error| naming(&control, error).to_string();
    match fs::write(&control, order) {
        Ok(()) => return Ok(()),
        Err(error) if error.raw_os_error() == Some(libc::EBUSY) => {}
        Err(error) => return Err(failed(&error)),
    }
    let below = root.join(OWN);
    match fs::create_dir(&below) {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => return Err(naming(&below, &error).to_string()),
        _ => {}
    }
    let processes = movers.processes(root);
    move_to(&below, &processes);
    fs::write(&control, order).map_err(|error| {
        move_to(root, &processes);
        // Somebody else's, if it holds others too.
        let _ = fs::remove_dir(&below);
        match error.raw_os_error() {
            Some(libc::EBUSY) => format!("{} also holds processes that are not Lectern's", root.display()),
            _ => failed(&error),
        }
    })
}

/// The control files of a leaf.
#[derive(Debug)]
pub struct Files {
    memory: ControlFile,
    /// Only kernels with swap have it.
    swap: Option<ControlFile>,
    memory_now: ControlFile,
    /// Since Linux 5.19; can be set back since 6.12, for those who read by the same descriptor.
    memory_peak: Option<ControlFile>,
    memory_statistics: ControlFile,
    memory_events: ControlFile,
    processes: Option<(ControlFile, ControlFile)>,
    cpu: ControlFile,
    /// Since Linux 5.14.
    kill: Option<PathBuf>,
}

impl Files {
    fn open(folder: &Path) -> io::Result<Self> {
        // Before 6.12 this one is for reading only, and only root may open it otherwise.
        let peak = ControlFile::to_write_if_there(folder, "memory.peak");
        let peak = peak.or_else(|_| ControlFile::to_read(folder, "memory.peak").map(Some))?;
        let processes = ControlFile::to_write_if_there(folder, "pids.max")?;
        let processes =
            processes.map(|bound| Ok::<_, io::Error>((bound, ControlFile::to_read(folder, "pids.events")?)));
        let kill = folder.join("cgroup.kill");
        let files = Self {
            memory: ControlFile::to_write(folder, "memory.max")?,
            swap: ControlFile::to_write_if_there(folder, "memory.swap.max")?,
            memory_now: ControlFile::to_read(folder, "memory.current")?,
            memory_peak: peak,
            memory_statistics: ControlFile::to_read(folder, "memory.stat")?,
            memory_events: ControlFile::to_read(folder, "memory.events")?,
            processes: processes.transpose()?,
            cpu: ControlFile::to_read(folder, "cpu.stat")?,
            kill: kill.exists().then_some(kill),
        };
        // That the whole group dies together is off by default, and must be: it is not the program's alone.
        files.swap.as_ref().map_or(Ok(()), |swap| swap.write("0"))?;
        Ok(files)
    }

    pub fn bound_memory(&self, bytes: u64) -> io::Result<()> {
        // The kernel would make room by killing what is in the leaf. Pages of files it can drop don't matter.
        let statistics = self.memory_statistics.text()?;
        let held: u64 = ["anon ", "shmem "]
            .iter()
            .filter_map(|key| statistics.lines().find_map(|line| line.strip_prefix(key))?.parse::<u64>().ok())
            .sum();
        if held >= bytes {
            let reason = format!("the leaf holds {held} bytes, more than the {bytes} it is to be bounded to");
            return Err(io::Error::new(io::ErrorKind::ResourceBusy, reason));
        }
        self.memory.write(&bytes.to_string())
    }

    pub fn bound_processes(&self, processes: u64) -> io::Result<()> {
        self.processes.as_ref().map_or(Ok(()), |(bound, _)| bound.write(&processes.to_string()))
    }

    pub fn set_back_peak(&self) -> bool {
        self.memory_peak.as_ref().is_some_and(|peak| peak.write("0").is_ok())
    }

    pub fn counters(&self) -> Counters {
        Counters {
            cpu_us: self.cpu.keyed("usage_usec"),
            memory_peak: self.memory_peak.as_ref().and_then(ControlFile::number),
            memory_now: self.memory_now.number(),
            oom_kills: self.memory_events.keyed("oom_kill"),
            own_bound_hits: self.memory_events.keyed("oom"),
            process_limit_hits: self.processes.as_ref().and_then(|(_, events)| events.keyed("max")),
        }
    }

    pub fn kill(&self) {
        if let Some(kill) = &self.kill {
            // An error says that the leaf is gone, and with it everything that was in it.
            let _ = fs::write(kill, "1");
        }
    }
}
