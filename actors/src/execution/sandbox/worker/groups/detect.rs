//! Which control groups this process is in, where they are mounted, and whether it may make groups below its own.

use std::fs;
use std::path::{Path, PathBuf};

use nix::unistd::{AccessFlags, access};

use super::control_file::naming;
use super::version1::Hierarchies;
use super::version2::Subtree;
use super::{Groups, Tier};

/// What was found, for people.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// By what means limits are kept.
    pub tier: Tier,
    /// What is used and where; or, if anything is missing, what, and why it can't be had.
    pub sentence: String,
}

pub fn detect() -> (Groups, Finding) {
    let read = |path: &str| fs::read_to_string(path).map_err(|error| naming(Path::new(path), &error).to_string());
    let found = read("/proc/self/cgroup").and_then(|groups| {
        let mounts = read("/proc/self/mountinfo")?;
        choose(&groups, &mounts)
    });
    match found {
        Ok((groups, sentence)) => {
            let finding = Finding { tier: groups.tier(), sentence };
            (groups, finding)
        }
        Err(sentence) => (Groups::None, Finding { tier: Tier::None, sentence }),
    }
}

/// Version 2 if it can be had, else version 1. What looks good is tried, for only the kernel knows what it allows.
fn choose(groups: &str, mounts: &str) -> Result<(Groups, String), String> {
    let second = version2(groups, mounts).and_then(|subtree| tried(Groups::V2(subtree)));
    let why_not_second = match second {
        Ok(Groups::V2(subtree)) => {
            let sentence = format!("control groups v2, below {}", subtree.folder().display());
            return Ok((Groups::V2(subtree), sentence));
        }
        Ok(_) => String::new(),
        Err(reason) => reason,
    };
    let (hierarchies, missing) =
        version1(groups, mounts).map_err(|reason| format!("v2: {why_not_second}; v1: {reason}"))?;
    let groups =
        tried(Groups::V1(hierarchies.clone())).map_err(|reason| format!("v2: {why_not_second}; v1: {reason}"))?;
    let folders: Vec<_> = hierarchies.folders().iter().map(|folder| folder.display().to_string()).collect();
    let mut sentence = format!("control groups v1, below {}", folders.join(", "));
    for reason in missing {
        sentence.push_str(&format!("; {reason}"));
    }
    Ok((groups, format!("{sentence}; not v2: {why_not_second}")))
}

fn tried(groups: Groups) -> Result<Groups, String> {
    groups.make("trial").map_err(|error| error.to_string())?;
    Ok(groups)
}

fn version2(groups: &str, mounts: &str) -> Result<Subtree, String> {
    let mount = mounts.lines().filter_map(Mount::parse).find(|mount| mount.kind == "cgroup2");
    let mount = mount.ok_or("not mounted")?;
    let path = groups.lines().find_map(|line| line.strip_prefix("0::")).ok_or("this process is in no group")?;
    Subtree::prepare(&mount.folder(path)?, &mount.point)
}

/// The hierarchies that can be used, and why the others can't.
fn version1(groups: &str, mounts: &str) -> Result<(Hierarchies, Vec<String>), String> {
    let find = |controller: &str| hierarchy(groups, mounts, controller);
    let memory = find("memory")?;
    let mut missing = Vec::new();
    let mut optional = |controller: &str| find(controller).map_err(|reason| missing.push(reason)).ok();
    let (processes, cpu) = (optional("pids"), optional("cpuacct"));
    Ok((Hierarchies { memory, processes, cpu }, missing))
}

/// The folder of this process's group in the hierarchy of a controller.
fn hierarchy(groups: &str, mounts: &str, controller: &str) -> Result<PathBuf, String> {
    let has = |list: &str| list.split(',').any(|name| name == controller);
    let mount = mounts.lines().filter_map(Mount::parse).find(|mount| mount.kind == "cgroup" && has(mount.options));
    let mount = mount.ok_or_else(|| format!("{controller} is not mounted"))?;
    let path = groups.lines().find_map(|line| {
        let (_, rest) = line.split_once(':')?;
        let (controllers, path) = rest.split_once(':')?;
        has(controllers).then_some(path)
    });
    let folder = mount.folder(path.ok_or_else(|| format!("this process is in no group of {controller}"))?)?;
    writable(&folder)?;
    Ok(folder)
}

/// Whether groups can be made below a group, as far as its rights tell.
pub fn writable(folder: &Path) -> Result<(), String> {
    for path in [folder.to_owned(), folder.join("cgroup.procs")] {
        access(&path, AccessFlags::W_OK)
            .map_err(|error| format!("{} is not ours to write: {}", path.display(), error.desc()))?;
    }
    Ok(())
}

/// A line of `mountinfo`.
struct Mount<'t> {
    /// The group that is seen at the mount point.
    root: &'t str,
    point: PathBuf,
    kind: &'t str,
    options: &'t str,
}

impl<'t> Mount<'t> {
    fn parse(line: &'t str) -> Option<Self> {
        // A few optional fields come before the dash.
        let (before, behind) = line.split_once(" - ")?;
        let mut before = before.split(' ').skip(3);
        let (root, point) = (before.next()?, before.next()?);
        let mut behind = behind.split(' ');
        let (kind, options) = (behind.next()?, behind.nth(1)?);
        Some(Self { root, point: PathBuf::from(unescaped(point)), kind, options })
    }

    /// Where the group `path` is seen. A container may see only a part of the hierarchy, and be told its path in the whole.
    fn folder(&self, path: &str) -> Result<PathBuf, String> {
        let within = Path::new(path).strip_prefix(self.root);
        let within = within.ok().filter(|within| within.components().all(|part| part.as_os_str() != ".."));
        let within = within.ok_or_else(|| format!("the group {path} is not to be seen at {}", self.point.display()))?;
        Ok(if within.as_os_str().is_empty() { self.point.clone() } else { self.point.join(within) })
    }
}

/// Blanks and their like are written as three octal digits behind a backslash.
fn unescaped(text: &str) -> String {
    let escapes = [("\\040", " "), ("\\011", "\t"), ("\\012", "\n"), ("\\134", "\\")];
    escapes.into_iter().fold(text.to_owned(), |text, (escape, plain)| text.replace(escape, plain))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A hierarchy as the kernel shows it: folders with a file by which processes join.
    fn group(folder: &Path, files: &[(&str, &str)]) {
        fs::create_dir_all(folder).expect("ours");
        for (name, text) in [("cgroup.procs", "")].iter().chain(files) {
            fs::write(folder.join(name), text).expect("ours");
        }
    }

    fn mount(point: &Path, root: &str, kind: &str, options: &str) -> String {
        format!("31 23 0:28 {root} {} rw,relatime shared:9 - {kind} none {options}\n", point.display())
    }

    #[test]
    fn hierarchies_of_version_1_are_found_one_by_one() {
        let machine = tempfile::tempdir().expect("a folder");
        let at = |path: &str| machine.path().join(path);
        for folder in ["memory/site/box", "both/box"] {
            group(&at(folder), &[]);
        }
        let groups = "9:pids:/\n4:memory:/site/box\n2:cpu,cpuacct:/box\n0::/\n";
        let mounts =
            mount(&at("memory"), "/", "cgroup", "rw,memory") + &mount(&at("both"), "/", "cgroup", "rw,cpu,cpuacct");
        let (found, missing) = version1(groups, &mounts).expect("memory is there");
        let expected = Hierarchies { memory: at("memory/site/box"), processes: None, cpu: Some(at("both/box")) };
        assert_eq!((found, missing), (expected, vec!["pids is not mounted".to_owned()]));
        // Without memory there is nothing.
        let mounts = mount(&at("both"), "/", "cgroup", "rw,cpu,cpuacct");
        assert_eq!(version1(groups, &mounts), Err("memory is not mounted".to_owned()));
    }

    #[test]
    fn a_hierarchy_shared_by_controllers_is_used_once() {
        let shared = |name: &str| PathBuf::from(name);
        let all = Hierarchies { memory: shared("/a"), processes: Some(shared("/b")), cpu: Some(shared("/a")) };
        assert_eq!(all.folders(), [Path::new("/a"), Path::new("/b")]);
    }

    #[test]
    fn a_container_sees_a_part() {
        let line = mount(Path::new("/sys/fs/cgroup/my\\040memory"), "/docker/abc", "cgroup", "rw,memory");
        let mount = Mount::parse(line.trim_end()).expect("well formed");
        assert_eq!(mount.folder("/docker/abc/x"), Ok(PathBuf::from("/sys/fs/cgroup/my memory/x")));
        assert_eq!(mount.folder("/docker/abc"), Ok(PathBuf::from("/sys/fs/cgroup/my memory")));
        assert!(mount.folder("/docker/abcd").is_err());
        assert!(mount.folder("/docker/abc/../..").is_err());
        assert!(Mount::parse("31 23 0:28 / /sys rw").is_none());
    }

    #[test]
    fn version_2_is_prepared_or_refused_with_a_reason() {
        let machine = tempfile::tempdir().expect("a folder");
        let root = machine.path().join("system.slice/lectern.service");
        let mounts = mount(machine.path(), "/", "cgroup2", "rw,nsdelegate");
        let groups = "0::/system.slice/lectern.service/worker\n";
        let refusal = |mounts: &str| version2(groups, mounts).expect_err("refused");
        assert_eq!(refusal(""), "not mounted");
        group(&root.join("worker"), &[]);
        group(&root, &[("cgroup.controllers", "hugetlb\n"), ("cgroup.subtree_control", "")]);
        assert!(refusal(&mounts).ends_with("lectern.service has no memory controller"));
        group(&root, &[("cgroup.controllers", "cpu memory pids\n"), ("cgroup.subtree_control", "memory\n")]);
        let subtree = version2(groups, &mounts).expect("prepared");
        assert_eq!(subtree.folder(), root);
        // Only what was missing is ordered.
        assert_eq!(fs::read_to_string(root.join("cgroup.subtree_control")).expect("there"), "+pids");
    }

    #[test]
    fn without_any_the_sentence_names_both_reasons() {
        let (groups, mounts) = ("0::/\n", "");
        let reason = choose(groups, mounts).expect_err("nothing is there");
        assert_eq!(reason, "v2: not mounted; v1: memory is not mounted");
    }
}
