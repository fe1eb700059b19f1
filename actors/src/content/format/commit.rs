//! Which commit a folder is at, as git writes it down; without git.
//!
//! `.git/HEAD` names the commit or a branch, and a branch is a file of its own or a line of `packed-refs`. Repositories that keep their branches in
//! other ways (reftable) are not read: what is synchronised is the same, only the history does not say from where. Whether files were changed
//! since that commit is not looked at.

use std::fs::File;
use std::io::Read as _;
use std::path::{Path, PathBuf};

/// Branches are short; `packed-refs` has a line for each of them.
const LIMIT: u64 = 4 << 20;

/// The commit of the repository that a folder is in or below.
pub(super) fn checked_out(folder: &Path) -> Option<String> {
    let folder = std::path::absolute(folder).ok()?;
    let own = folder.ancestors().find_map(repository)?;
    let head = read(&own.join("HEAD"))?;
    let Some(branch) = head.strip_prefix("ref:") else { return hash(&head) };
    let branch = branch.trim();
    if !branch.starts_with("refs/") || branch.split('/').any(|part| part == "..") {
        return None;
    }
    // Work trees share the branches of the repository that they were made from.
    let shared = read(&own.join("commondir")).map_or_else(|| own.clone(), |path| own.join(path.trim()));
    read(&shared.join(branch)).and_then(|text| hash(&text)).or_else(|| packed(&shared, branch))
}

/// Where the repository of a work tree keeps its own things.
fn repository(folder: &Path) -> Option<PathBuf> {
    let place = folder.join(".git");
    if place.is_dir() {
        return Some(place);
    }
    let text = read(&place)?;
    Some(folder.join(text.strip_prefix("gitdir:")?.trim()))
}

fn packed(shared: &Path, branch: &str) -> Option<String> {
    let lines = read(&shared.join("packed-refs"))?;
    lines.lines().find_map(|line| line.split_once(' ').filter(|(_, name)| *name == branch).and_then(|(id, _)| hash(id)))
}

fn read(place: &Path) -> Option<String> {
    let mut text = String::new();
    // A pipe would hold up whoever opens it.
    let place = Some(place).filter(|place| place.is_file())?;
    File::open(place).ok()?.take(LIMIT).read_to_string(&mut text).ok()?;
    Some(text)
}

fn hash(text: &str) -> Option<String> {
    let text = text.trim();
    let is_hash = matches!(text.len(), 40 | 64) && text.bytes().all(|byte| byte.is_ascii_hexdigit());
    is_hash.then(|| text.to_ascii_lowercase())
}

#[cfg(test)]
mod tests {
    use std::process::Command;

    use super::*;

    fn git(folder: &Path, words: &[&str]) -> String {
        let mut git = Command::new("git");
        git.args(["-c", "user.name=A", "-c", "user.email=a@example.org", "-c", "init.defaultBranch=main"]);
        let output = git.arg("-C").arg(folder).args(words).output().expect("git");
        assert!(output.status.success(), "{words:?}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).expect("text").trim().to_owned()
    }

    #[test]
    fn it_is_what_git_says() {
        let folder = tempfile::tempdir().unwrap();
        let folder = folder.path();
        assert_eq!(checked_out(folder), None);
        git(folder, &["init", "-q"]);
        assert_eq!(checked_out(folder), None, "nothing was committed");
        std::fs::create_dir(folder.join("content")).unwrap();
        git(folder, &["commit", "-q", "--allow-empty", "-m", "a"]);
        let first = Some(git(folder, &["rev-parse", "HEAD"]));
        assert_eq!(checked_out(folder), first);
        assert_eq!(checked_out(&folder.join("content")), first, "a folder of it");
        git(folder, &["worktree", "add", "-q", "-b", "other", "beside"]);
        git(&folder.join("beside"), &["commit", "-q", "--allow-empty", "-m", "b"]);
        let other = Some(git(&folder.join("beside"), &["rev-parse", "HEAD"]));
        assert_ne!(other, first);
        assert_eq!(checked_out(&folder.join("beside")), other, "a work tree of its own");
        git(folder, &["pack-refs", "--all"]);
        assert_eq!(checked_out(folder), first, "packed");
        git(folder, &["checkout", "-q", "--detach", other.as_deref().unwrap()]);
        assert_eq!(checked_out(folder), other, "no branch");
        std::fs::write(folder.join(".git/HEAD"), "ref: refs/heads/../../../x").unwrap();
        assert_eq!(checked_out(folder), None);
        std::fs::remove_file(folder.join(".git/HEAD")).unwrap();
        assert!(Command::new("mkfifo").arg(folder.join(".git/HEAD")).status().unwrap().success());
        assert_eq!(checked_out(folder), None, "a pipe is not waited for");
    }
}
