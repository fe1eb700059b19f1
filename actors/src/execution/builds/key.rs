//! What a build is made of, in 32 bytes.

use std::fs;
use std::os::unix::fs::MetadataExt;

use sha2::{Digest, Sha256};

use crate::execution::order::Order;
use crate::execution::toolchain::{Step, Toolchain};

/// Raised when what is kept means something else than before.
const FORM: &[u8] = b"lectern build 1";

/// Equal for equal builds: the toolchain's text, its tools as they are installed, the command line, the limits, and all files.
pub type Key = [u8; 32];

/// The key of a build. None if its tools cannot be looked at.
pub fn key(toolchain: &Toolchain, step: &Step, order: &Order<'_>) -> Option<Key> {
    let mut hasher = Sha256::new();
    hasher.update(FORM);
    hasher.update(toolchain.digest);
    part(&mut hasher, toolchain.name.as_str().as_bytes());
    let tools = step.argv.iter().take(1).chain(&step.needs).chain([&toolchain.detect.command]);
    for tool in tools {
        part(&mut hasher, fingerprint(tool)?.as_bytes());
    }
    part(&mut hasher, format!("{:?}", order.limits).as_bytes());
    for words in [&order.argv, &order.collect] {
        part(&mut hasher, &words.len().to_be_bytes());
        words.iter().for_each(|word| part(&mut hasher, word.as_bytes()));
    }
    for file in &order.files {
        part(&mut hasher, file.name.as_bytes());
        part(&mut hasher, &file.bytes);
        hasher.update([u8::from(file.executable)]);
    }
    Some(hasher.finalize().into())
}

/// With its length, so that no two lists of parts look the same.
fn part(hasher: &mut Sha256, bytes: &[u8]) {
    hasher.update(bytes.len().to_be_bytes());
    hasher.update(bytes);
}

/// What changes when a tool is replaced by another version.
fn fingerprint(tool: &str) -> Option<String> {
    let path = fs::canonicalize(tool).ok()?;
    let found = fs::metadata(&path).ok()?;
    Some(format!("{} {} {} {}.{}", path.display(), found.ino(), found.len(), found.mtime(), found.mtime_nsec()))
}
