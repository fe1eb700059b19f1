//! Who the program is: an unprivileged user outside, `student` inside.

use std::fs;

use nix::sched::{CloneFlags, unshare};
use nix::sys::prctl::set_dumpable;
use nix::unistd::{Gid, Uid, getegid, geteuid, getpid, setgroups, setresgid, setresuid};

use super::{Step, cannot, remedy};

/// User and group of the program as it sees itself.
pub const STUDENT: u32 = 1000;

/// First of the uids that zygotes get when Lectern runs as root: above all that distributions and container managers hand out. The zygote's pid is
/// added, so that no two on a host share one, and pids end below 2^22.
const FIRST_UID: u32 = 0x7000_0000;
const UIDS: u32 = 1 << 22;
const NOBODY: u32 = 65534;

/// Gives up root, if we have it. Returns who we are then.
pub fn drop_root() -> Step<Option<u32>> {
    let Some(id) = id_to_drop_to()? else { return Ok(None) };
    let (uid, gid) = (Uid::from_raw(id), Gid::from_raw(id));
    setgroups(&[]).map_err(cannot("leave all groups"))?;
    setresgid(gid, gid, gid).map_err(cannot("change the group"))?;
    setresuid(uid, uid, uid).map_err(cannot("change the user"))?;
    if setresuid(Uid::from_raw(0), Uid::from_raw(0), Uid::from_raw(0)).is_ok() {
        return Err("root came back after it was given up".to_owned());
    }
    Ok(Some(id))
}

/// A plain user stays who they are. So does the root of a container that has one uid only: outside that is a plain user.
fn id_to_drop_to() -> Step<Option<u32>> {
    if !geteuid().is_root() {
        return Ok(None);
    }
    let map = fs::read_to_string("/proc/self/uid_map").map_err(cannot("read /proc/self/uid_map"))?;
    let last = FIRST_UID + UIDS - 1;
    if is_mapped(&map, FIRST_UID) && is_mapped(&map, last) {
        return Ok(Some(FIRST_UID + (getpid().as_raw().unsigned_abs() & (UIDS - 1))));
    }
    Ok(is_mapped(&map, NOBODY).then_some(NOBODY))
}

fn is_mapped(map: &str, id: u32) -> bool {
    map.lines().any(|line| {
        let mut numbers = line.split_whitespace().filter_map(|word| word.parse::<u64>().ok());
        match (numbers.next(), numbers.next(), numbers.next()) {
            (Some(first), Some(_), Some(count)) => (first..first + count).contains(&u64::from(id)),
            _ => false,
        }
    })
}

/// Makes the user namespace, in which our one user is `STUDENT`, and forbids to nest another in it; then those of the other namespaces that
/// one program after the other can live in. Nothing of a dead program stays in them: mounts are cloned for each, abstract sockets go with their
/// owners, and names of hosts and addresses of networks can't be changed without capabilities.
pub fn make_namespaces() -> Step<()> {
    let (uid, gid) = (geteuid(), getegid());
    unshare(CloneFlags::CLONE_NEWUSER).map_err(|errno| remedy::user_namespace(&errno.into()))?;
    // The files in /proc/self belong to root while we are not dumpable, and these must be ours to write.
    set_dumpable(true).map_err(cannot("become dumpable"))?;
    put("/proc/self/setgroups", "deny")?;
    put("/proc/self/uid_map", &format!("{STUDENT} {uid} 1"))?;
    put("/proc/self/gid_map", &format!("{STUDENT} {gid} 1"))?;
    put("/proc/sys/user/max_user_namespaces", "0")?;
    let rest =
        CloneFlags::CLONE_NEWNS | CloneFlags::CLONE_NEWNET | CloneFlags::CLONE_NEWUTS | CloneFlags::CLONE_NEWCGROUP;
    unshare(rest).map_err(|errno| remedy::inside("make the namespaces", &errno.into()))?;
    set_dumpable(false).map_err(cannot("become undumpable"))
}

fn put(path: &str, text: &str) -> Step<()> {
    fs::write(path, text).map_err(|error| remedy::inside(&format!("write {path}"), &error))
}

#[cfg(test)]
mod tests {
    use super::is_mapped;

    #[test]
    fn maps_are_read() {
        assert!(is_mapped("         0          0 4294967295\n", 0x7040_0000));
        let container = "0 100000 65536\n70000 200000 1\n";
        assert!(is_mapped(container, 65534) && is_mapped(container, 70000));
        assert!(!is_mapped(container, 65536) && !is_mapped(container, 70001) && !is_mapped("", 0));
    }
}
