//! The result of a build, and its form in a file: a digest of all the rest, the length of the head, the head as JSON, then the bytes.

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::execution::sandbox::{Class, CollectedFile, Evidence};

const DIGEST: usize = 32;

/// What came of a build.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Kept {
    /// `Ok` or `Nonzero`.
    pub class: Class,
    /// Of the time when it was carried out.
    pub evidence: Evidence,
    pub stdout: Vec<u8>,
    pub stderr: Vec<u8>,
    pub collected: Vec<CollectedFile>,
}

#[derive(Serialize, Deserialize)]
struct Head {
    class: Class,
    evidence: Evidence,
    stdout: usize,
    stderr: usize,
    /// Name, length, and whether it may be executed.
    files: Vec<(String, usize, bool)>,
}

impl Kept {
    /// About as much as it takes in memory.
    pub fn bytes(&self) -> usize {
        let files: usize = self.collected.iter().map(|file| file.name.len() + file.bytes.len()).sum();
        self.stdout.len() + self.stderr.len() + files + 1024
    }

    /// As the content of a file. None if it cannot be written so.
    pub fn encode(&self) -> Option<Vec<u8>> {
        let files = self.collected.iter().map(|file| (file.name.clone(), file.bytes.len(), file.executable));
        let head = Head {
            class: self.class,
            evidence: self.evidence.clone(),
            stdout: self.stdout.len(),
            stderr: self.stderr.len(),
            files: files.collect(),
        };
        let head = serde_json::to_vec(&head).ok()?;
        let mut body = u32::try_from(head.len()).ok()?.to_be_bytes().to_vec();
        body.extend(head);
        body.extend_from_slice(&self.stdout);
        body.extend_from_slice(&self.stderr);
        self.collected.iter().for_each(|file| body.extend_from_slice(&file.bytes));
        let mut whole = Sha256::digest(&body).to_vec();
        whole.append(&mut body);
        Some(whole)
    }

    /// None if that is not exactly what [`encode`](Self::encode) wrote, in this version.
    pub fn decode(whole: &[u8]) -> Option<Self> {
        let (digest, body) = whole.split_at_checked(DIGEST)?;
        if Sha256::digest(body).as_slice() != digest {
            return None;
        }
        let (length, rest) = body.split_first_chunk::<4>()?;
        let (head, mut rest) = rest.split_at_checked(usize::try_from(u32::from_be_bytes(*length)).ok()?)?;
        let head: Head = serde_json::from_slice(head).ok()?;
        let mut take = |length: usize| {
            let (taken, left) = rest.split_at_checked(length)?;
            rest = left;
            Some(taken.to_vec())
        };
        let (stdout, stderr) = (take(head.stdout)?, take(head.stderr)?);
        let file = |(name, length, executable)| Some(CollectedFile { name, bytes: take(length)?, executable });
        let collected = head.files.into_iter().map(file).collect::<Option<Vec<_>>>()?;
        Some(Self { class: head.class, evidence: head.evidence, stdout, stderr, collected })
    }
}
