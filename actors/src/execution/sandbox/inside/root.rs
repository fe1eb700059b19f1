//! The root that the program sees: the machine's programs and libraries, read-only, and next to nothing else.

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;

use nix::mount::{MntFlags, MsFlags, mount, umount2};
use nix::unistd::{chdir, pivot_root, sethostname};

use super::super::wire::Slot;
use super::identity::STUDENT;
use super::{Step, cannot, remedy, sys};

/// Where programs and libraries are. A symbolic link (`/bin` to `usr/bin`) is made again as what it is.
const TOOLCHAIN: [&str; 7] = ["/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32"];
/// What of the machine's `/etc` the toolchains can't do without: where libraries are, and which of several `cc` is meant.
const FROM_ETC: [&str; 2] = ["/etc/ld.so.cache", "/etc/alternatives"];
/// Devices without memory of who used them.
pub const DEVICES: [&str; 5] = ["/dev/null", "/dev/zero", "/dev/full", "/dev/random", "/dev/urandom"];
/// Where the program may write. All three are one file system, so that one limit holds for all.
pub const WRITABLE: [&str; 3] = ["/w", "/tmp", "/dev/shm"];
/// Any folder will do to mount the new root over; it is covered in our own mount namespace only.
const PLACES: [&str; 4] = ["/tmp", "/mnt", "/run", "/var"];

/// Makes the root, but for what every program gets anew, and moves into it. Called by the zygote in its mount namespace.
pub fn build() -> Step<()> {
    sethostname("lectern").map_err(cannot("set the host name"))?;
    let private = MsFlags::MS_REC | MsFlags::MS_PRIVATE;
    mount(None::<&str>, "/", None::<&str>, private, None::<&str>)
        .map_err(|errno| remedy::inside("take the mounts private", &errno.into()))?;
    let root = PLACES.iter().map(Path::new).find(|place| place.is_dir());
    let root = root.ok_or("there is no folder to mount the root over: /tmp is missing")?;
    tmpfs(root, "mode=755,size=1m,nr_inodes=256")?;
    for path in TOOLCHAIN {
        take(root, path)?;
    }
    etc(root)?;
    dev(root)?;
    for path in WRITABLE.iter().chain(&["/proc"]) {
        folder(&inside(root, path), 0o555)?;
    }
    // The kernel lets nobody mount a /proc who sees none. No program sees this one: its own will lie on top of it.
    bind(Path::new("/proc"), &inside(root, "/proc"))?;
    attributes(root, sys::RDONLY | sys::NOSUID | sys::NODEV, false)?;
    enter(root)
}

/// Adds what each program has for itself: `/proc` and the folders for files. Called by init in its copy of the zygote's mounts.
pub fn furnish(slot: Slot) -> Step<()> {
    let flags = MsFlags::MS_NOSUID | MsFlags::MS_NODEV | MsFlags::MS_NOEXEC;
    // Without all that is not about processes.
    mount(Some("proc"), "/proc", Some("proc"), flags, Some("subset=pid"))
        .map_err(|errno| remedy::proc(&errno.into()))?;
    scratch(slot)?;
    chdir(WRITABLE[0]).map_err(cannot("enter the work folder"))
}

/// Takes one of the machine's paths, if it exists, into the root, read-only with all that is mounted below it.
fn take(root: &Path, path: &str) -> Step<()> {
    let target = inside(root, path);
    match fs::symlink_metadata(path) {
        Err(_) => Ok(()),
        Ok(found) if found.is_symlink() => {
            let aim = fs::read_link(path).map_err(cannot(format!("read the link {path}")))?;
            symlink(aim, target).map_err(cannot(format!("make the link {path}")))
        }
        Ok(found) => {
            if found.is_dir() {
                folder(&target, 0o755)?
            } else {
                file(&target, "")?
            }
            bind(Path::new(path), &target)?;
            attributes(&target, sys::RDONLY | sys::NOSUID | sys::NODEV, true)
        }
    }
}

fn etc(root: &Path) -> Step<()> {
    folder(&inside(root, "/etc"), 0o755)?;
    for path in FROM_ETC {
        take(root, path)?;
    }
    for path in java() {
        take(root, &path)?;
    }
    let files = [
        ("/etc/passwd", format!("student:x:{STUDENT}:{STUDENT}::/w:/bin/sh\n")),
        ("/etc/group", format!("student:x:{STUDENT}:\n")),
        ("/etc/hosts", "127.0.0.1 localhost\n::1 localhost\n".to_owned()),
        ("/etc/nsswitch.conf", "passwd: files\ngroup: files\nhosts: files\n".to_owned()),
    ];
    files.iter().try_for_each(|(path, text)| file(&inside(root, path), text))
}

/// Debian keeps what every Java needs to start in `/etc/java-17-openjdk` or the like: settings, and no secret.
fn java() -> Vec<String> {
    let entries = fs::read_dir("/etc").into_iter().flatten().flatten();
    let names = entries.filter_map(|entry| entry.file_name().into_string().ok());
    names
        .filter(|name| name.starts_with("java-") && name.ends_with("-openjdk"))
        .map(|name| format!("/etc/{name}"))
        .collect()
}

fn dev(root: &Path) -> Step<()> {
    folder(&inside(root, "/dev"), 0o755)?;
    for path in DEVICES {
        let target = inside(root, path);
        file(&target, "")?;
        bind(Path::new(path), &target)?;
        attributes(&target, sys::RDONLY | sys::NOSUID | sys::NOEXEC, false)?;
    }
    let links = [("fd", ""), ("stdin", "/0"), ("stdout", "/1"), ("stderr", "/2")];
    links.iter().try_for_each(|(name, number)| {
        let link = inside(root, "/dev").join(name);
        symlink(format!("/proc/self/fd{number}"), link).map_err(cannot("make the links in /dev"))
    })
}

/// One small file system for all that may be written, seen at three places. Its own root stays under the first of them, out of reach.
fn scratch(slot: Slot) -> Step<()> {
    // Its root and the three folders are not the program's.
    let entries = slot.file_count + 1 + WRITABLE.len() as u64;
    let all = Path::new(WRITABLE[0]);
    tmpfs(all, &format!("mode=700,size={},nr_inodes={entries}", slot.disk_bytes))?;
    // The last first: it covers the way to the others. Each has the attributes of what it is a part of.
    for (number, path) in WRITABLE.iter().enumerate().rev() {
        let source = all.join(number.to_string());
        folder(&source, if number == 0 { 0o755 } else { 0o1777 })?;
        bind(&source, Path::new(path))?;
    }
    Ok(())
}

/// Makes `root` the root and lets go of the old one.
fn enter(root: &Path) -> Step<()> {
    chdir(root).map_err(cannot("enter the new root"))?;
    // The old root is stacked on the new one and can be let go without a folder for it.
    pivot_root(".", ".").map_err(|errno| remedy::inside("change the root", &errno.into()))?;
    umount2(".", MntFlags::MNT_DETACH).map_err(cannot("let go of the old root"))
}

fn inside(root: &Path, path: &str) -> std::path::PathBuf {
    root.join(path.trim_start_matches('/'))
}

fn folder(path: &Path, mode: u32) -> Step<()> {
    let what = || format!("make the folder {}", path.display());
    fs::create_dir(path).map_err(cannot(what()))?;
    // Not with the call above: the umask would have its say.
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).map_err(cannot(what()))
}

fn file(path: &Path, text: &str) -> Step<()> {
    fs::write(path, text).map_err(cannot(format!("write {}", path.display())))
}

fn tmpfs(target: &Path, options: &str) -> Step<()> {
    let flags = MsFlags::MS_NOSUID | MsFlags::MS_NODEV;
    mount(Some("tmpfs"), target, Some("tmpfs"), flags, Some(options))
        .map_err(|errno| remedy::inside(&format!("mount {}", target.display()), &errno.into()))
}

/// Recursive, because the kernel lets nobody uncover what is mounted below.
fn bind(source: &Path, target: &Path) -> Step<()> {
    mount(Some(source), target, None::<&str>, MsFlags::MS_BIND | MsFlags::MS_REC, None::<&str>)
        .map_err(|errno| remedy::inside(&format!("bind {}", source.display()), &errno.into()))
}

fn attributes(path: &Path, attributes: u64, recursive: bool) -> Step<()> {
    sys::set_mount_attributes(path, attributes, recursive)
        .map_err(|error| remedy::inside(&format!("protect {}", path.display()), &error))
}
