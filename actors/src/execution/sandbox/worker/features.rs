//! What of the kernel the sandbox rests on, and what to do where it is missing. For people: nothing here decides anything, only an attempt
//! does (`Sandbox::probe`).

use std::fs;
use std::io;

use nix::unistd::geteuid;
use serde::Serialize;

use super::super::inside::sys;
use super::groups::{Finding, Groups};
use crate::execution::sandbox::Tier;

mod remedies;

/// One thing of the kernel.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Feature {
    /// What it is called.
    pub name: &'static str,
    /// Whether it is there.
    pub state: State,
    /// What was seen.
    pub found: String,
    /// What to do about it, depending on where Lectern runs. Empty if nothing need be done.
    pub remedies: &'static [Remedy],
}

/// Whether something is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// All of it.
    Good,
    /// Programs run without it, with a guarantee less.
    Weaker,
    /// As it seems, programs can't run.
    Missing,
}

/// What to do in one placement.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Remedy {
    /// Where Lectern runs.
    pub placement: Placement,
    /// What to do there.
    pub what: &'static str,
}

/// Where Lectern runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Placement {
    /// On the machine itself, also under systemd; and what holds for the machine below a container.
    Machine,
    /// In a container of Docker or Podman.
    Docker,
    /// In a pod.
    Kubernetes,
    /// In a system container of LXC, LXD or Incus.
    Lxc,
}

/// Looks at everything. A few milliseconds; finding the control groups may move this process, as `Groups::detect` says.
pub fn look() -> Vec<Feature> {
    let setting = |path: &str| fs::read_to_string(path).ok().map(|text| text.trim().to_owned());
    let is_root = geteuid().is_root();
    vec![
        kernel(&setting("/proc/sys/kernel/osrelease").unwrap_or_default()),
        user_namespaces(
            setting("/proc/sys/user/max_user_namespaces").as_deref(),
            setting("/proc/sys/kernel/unprivileged_userns_clone").as_deref(),
            is_root,
        ),
        apparmor(
            setting("/proc/sys/kernel/apparmor_restrict_unprivileged_userns").as_deref(),
            setting("/proc/self/attr/apparmor/current").as_deref(),
            is_root,
        ),
        proc(&setting("/proc/self/mountinfo").unwrap_or_default()),
        groups(Groups::detect().1),
        landlock(sys::landlock_version()),
        filter(setting("/proc/sys/kernel/seccomp/actions_avail").as_deref()),
    ]
}

fn feature(name: &'static str, state: State, found: impl Into<String>, remedies: &'static [Remedy]) -> Feature {
    let remedies = if state == State::Good { &[] } else { remedies };
    Feature { name, state, found: found.into(), remedies }
}

fn kernel(release: &str) -> Feature {
    let mut numbers = release.split(|c: char| !c.is_ascii_digit()).map_while(|number| number.parse::<u32>().ok());
    let version = (numbers.next().unwrap_or(0), numbers.next().unwrap_or(0));
    let (state, found) = if version < (5, 12) {
        (State::Missing, format!("Linux {release}; 5.12 or newer is needed"))
    } else if version < (5, 14) {
        let lack = "before 5.14, runs of a plain user share their limit of processes";
        (State::Weaker, format!("Linux {release}; {lack}"))
    } else {
        (State::Good, format!("Linux {release}"))
    };
    feature("kernel", state, found, remedies::KERNEL)
}

fn user_namespaces(most: Option<&str>, for_all: Option<&str>, is_root: bool) -> Feature {
    let (state, found) = match (most, for_all) {
        (None, _) => (State::Missing, "the kernel has none".to_owned()),
        (Some("0"), _) => (State::Missing, "switched off: user.max_user_namespaces is 0".to_owned()),
        (_, Some("0")) if !is_root => {
            (State::Missing, "for root only: kernel.unprivileged_userns_clone is 0".to_owned())
        }
        (Some(most), _) => (State::Good, format!("up to {most}")),
    };
    feature("user namespaces", state, found, remedies::USER_NAMESPACES)
}

fn apparmor(restricts: Option<&str>, profile: Option<&str>, is_root: bool) -> Feature {
    let profile = profile.filter(|profile| !matches!(*profile, "" | "unconfined"));
    let (state, found) = match (restricts, profile) {
        (Some("1"), None) if !is_root => {
            (State::Missing, "user namespaces only for programs with a profile, and this one has none".to_owned())
        }
        (_, Some(profile)) => (State::Good, format!("profile {profile}")),
        _ => (State::Good, "does not stand in the way".to_owned()),
    };
    feature("AppArmor", state, found, remedies::APPARMOR)
}

/// The kernel makes no new `/proc` for a user namespace beside one that is partly covered.
fn proc(mounts: &str) -> Feature {
    let points = mounts.lines().filter_map(|line| line.split(' ').nth(4));
    // An empty folder made for being covered.
    let covers: Vec<&str> =
        points.filter(|point| point.starts_with("/proc/") && *point != "/proc/sys/fs/binfmt_misc").collect();
    let (state, found) = match covers.first() {
        Some(first) => (State::Missing, format!("{} parts are covered, {first} the first", covers.len())),
        None => (State::Good, "complete".to_owned()),
    };
    feature("/proc", state, found, remedies::PROC)
}

fn groups(found: Finding) -> Feature {
    let state = if found.tier == Tier::None { State::Weaker } else { State::Good };
    feature("control groups", state, found.sentence, remedies::GROUPS)
}

fn landlock(version: io::Result<i64>) -> Feature {
    let (state, found) = match version {
        Ok(version @ 2..) => (State::Good, format!("version {version}")),
        Ok(version) => (State::Weaker, format!("version {version}; 2 or newer is used")),
        Err(error) if error.raw_os_error() == Some(libc::EOPNOTSUPP) => {
            (State::Weaker, "switched off when the kernel was started".to_owned())
        }
        Err(error) => (State::Weaker, format!("not to be had: {error}")),
    };
    feature("Landlock", state, found, remedies::LANDLOCK)
}

fn filter(actions: Option<&str>) -> Feature {
    let has = |action: &str| actions.is_some_and(|actions| actions.split(' ').any(|other| other == action));
    let (state, found) = if has("errno") && has("kill_process") {
        (State::Good, "there".to_owned())
    } else {
        (State::Missing, "the kernel has no filter of system calls".to_owned())
    };
    feature("seccomp", state, found, remedies::KERNEL)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_compared_as_numbers() {
        let state = |release| kernel(release).state;
        assert_eq!(state("4.19.0-27-amd64"), State::Missing);
        assert_eq!(state("5.9.1"), State::Missing);
        assert_eq!(state("5.12"), State::Weaker);
        assert_eq!(state("5.14.0"), State::Good);
        assert_eq!(state("6.1.0-56-cloud-amd64"), State::Good);
        assert_eq!(state(""), State::Missing);
    }

    #[test]
    fn what_forbids_user_namespaces_is_named() {
        assert!(user_namespaces(Some("0"), None, true).found.contains("user.max_user_namespaces"));
        let for_root = user_namespaces(Some("96000"), Some("0"), false);
        assert!(for_root.found.contains("unprivileged_userns_clone") && for_root.state == State::Missing);
        assert_eq!(user_namespaces(Some("96000"), Some("0"), true).state, State::Good);
        assert_eq!(user_namespaces(Some("96000"), None, false).state, State::Good);
        assert_eq!(user_namespaces(None, None, true).state, State::Missing);
    }

    #[test]
    fn a_profile_opens_what_apparmor_closes() {
        assert_eq!(apparmor(Some("1"), Some("unconfined"), false).state, State::Missing);
        assert_eq!(apparmor(Some("1"), Some("unconfined"), true).state, State::Good);
        assert_eq!(apparmor(Some("1"), Some("lectern (unconfined)"), false).state, State::Good);
        assert_eq!(apparmor(Some("0"), Some("unconfined"), false).state, State::Good);
        assert_eq!(apparmor(None, None, false).state, State::Good);
    }

    #[test]
    fn covers_of_proc_are_found() {
        let whole = "23 1 0:21 / /proc rw - proc proc rw\n24 23 0:22 / /proc/sys/fs/binfmt_misc rw - autofs a rw";
        assert_eq!(proc(whole).state, State::Good);
        let masked = format!("{whole}\n25 23 0:5 /null /proc/kcore rw - devtmpfs udev rw");
        assert!(proc(&masked).found.contains("/proc/kcore") && proc(&masked).state == State::Missing);
    }

    #[test]
    fn remedies_come_with_what_is_missing_only() {
        let seccomp = |actions| filter(actions).remedies;
        assert!(seccomp(Some("kill_process kill_thread trap errno log allow")).is_empty());
        assert!(!seccomp(Some("kill_thread trap log allow")).is_empty());
        let off = landlock(Err(io::Error::from_raw_os_error(libc::EOPNOTSUPP)));
        assert!(off.state == State::Weaker && !off.remedies.is_empty());
        assert_eq!((landlock(Ok(1)).state, landlock(Ok(7)).state), (State::Weaker, State::Good));
        let none = Finding { tier: Tier::None, sentence: "v2: not mounted".to_owned() };
        assert_eq!((groups(none.clone()).state, groups(none).found.as_str()), (State::Weaker, "v2: not mounted"));
        assert_eq!(groups(Finding { tier: Tier::CgroupV1, sentence: String::new() }).state, State::Good);
    }
}
