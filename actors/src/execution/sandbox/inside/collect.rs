//! Bringing files out, when every process of the program is dead and nothing can change under our eyes.

use std::fs::{self, File, Permissions};
use std::io::{Read, Write};
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::os::unix::net::UnixStream;

use nix::fcntl::{OFlag, OpenHow, ResolveFlag, openat2};
use nix::sys::statvfs::statvfs;

use super::super::NotCollected;
use super::super::wire::{self, FileHead, Message};
use super::root::WRITABLE;

/// Sends the files asked for, and tells of those that can't be had. Fails only if the worker is gone.
pub fn send(control: &mut UnixStream, names: &[String], most: u64) -> std::io::Result<Vec<NotCollected>> {
    if names.is_empty() {
        return Ok(Vec::new());
    }
    let folder = work_folder();
    let mut missing = Vec::new();
    for name in names {
        match folder.as_ref().map_err(Clone::clone).and_then(|folder| open(folder, name, most)) {
            Ok((file, head)) => {
                wire::write(control, &Message::File(head.clone()))?;
                let sent = std::io::copy(&mut file.take(head.length), control)?;
                if sent != head.length {
                    return Err(std::io::Error::other("a file shrank"));
                }
                control.flush()?;
            }
            Err(reason) => missing.push(NotCollected { name: name.clone(), reason }),
        }
    }
    Ok(missing)
}

/// The work folder. It is the program's, which may have shut it.
fn work_folder() -> Result<File, String> {
    let open =
        || fs::set_permissions(WRITABLE[0], Permissions::from_mode(0o700)).and_then(|()| File::open(WRITABLE[0]));
    open().map_err(|error| format!("the work folder cannot be opened: {error}"))
}

/// Opens a plain file of the work folder itself: no link leads anywhere, no special file makes us wait.
fn open(folder: &File, name: &str, most: u64) -> Result<(File, FileHead), String> {
    let resolve = ResolveFlag::RESOLVE_BENEATH
        | ResolveFlag::RESOLVE_NO_SYMLINKS
        | ResolveFlag::RESOLVE_NO_XDEV
        | ResolveFlag::RESOLVE_NO_MAGICLINKS;
    let flags = OFlag::O_RDONLY | OFlag::O_NOFOLLOW | OFlag::O_NONBLOCK | OFlag::O_CLOEXEC;
    let how = OpenHow::new().flags(flags).resolve(resolve);
    let file = openat2(folder, name, how).map_err(|errno| std::io::Error::from(errno).to_string())?;
    let file = File::from(file);
    let found = file.metadata().map_err(|error| error.to_string())?;
    if !found.is_file() {
        Err("not a plain file".to_owned())
    } else if found.nlink() != 1 {
        Err("has more than one name".to_owned())
    } else if found.len() > most {
        Err(format!("{} bytes are more than {most}", found.len()))
    } else {
        let executable = found.mode() & 0o100 != 0;
        Ok((file, FileHead { name: name.to_owned(), length: found.len(), executable }))
    }
}

/// Whether the folders for files have no free page or no free entry.
pub fn disk_is_full() -> bool {
    statvfs(WRITABLE[0]).is_ok_and(|found| found.blocks_available() == 0 || found.files_free() == 0)
}
