//! A slot: an init that waits for its one program, with the descriptors that lead to both.

use std::fs::File;
use std::io::{self, Write};
use std::os::fd::{AsRawFd, OwnedFd};

use nix::fcntl::{FcntlArg, OFlag, SealFlag, fcntl};
use nix::sys::memfd::{MFdFlags, memfd_create};
use nix::unistd::{Gid, Uid, fchown, pipe2};
use tokio::net::UnixStream;
use tokio::net::unix::pipe::Receiver;

use super::super::wire::{self, FileHead, Kept, Plan, Slot as Order};
use super::Spec;
use super::inbox::{Inbox, News};
use super::launcher::send;

/// How much of an order is put together before it is sent.
const PIECE: usize = 64 << 10;

/// An init that waits.
#[derive(Debug)]
pub struct Slot {
    pub order: Order,
    pub inbox: Inbox,
    /// Init itself.
    pub init: OwnedFd,
    pub stdout: Receiver,
    pub stderr: Receiver,
    pub answer: Receiver,
    /// What the program will read, still empty.
    stdin: File,
}

impl Slot {
    /// Has the zygote behind `zygote` clone an init, and waits until it is ready. `user` is who programs of this zygote are.
    ///
    /// # Errors
    /// Why there is none, in a sentence for the operator.
    pub async fn open(zygote: &Inbox, user: Option<u32>, order: Order) -> Result<Self, String> {
        let broken = |error: io::Error| format!("the sandbox gave no slot: {error}");
        let (mut slot, theirs) = Self::prepare(user, order).map_err(broken)?;
        let numbers = theirs.each_ref().map(AsRawFd::as_raw_fd);
        send(&zygote.socket, &order.to_bytes(), &numbers).map_err(broken)?;
        drop(theirs);
        match slot.inbox.receive_init().await.map_err(broken)? {
            Some(init) => slot.init = init,
            None => {
                return Err(match slot.inbox.next().await.map_err(broken)? {
                    Some(News::Failed(reason)) => reason,
                    _ => "init could not be made".to_owned(),
                });
            }
        }
        Ok(slot)
    }

    /// The descriptors, ours and those for init: its socket, then 0 to 3 of the program.
    fn prepare(user: Option<u32>, order: Order) -> io::Result<(Self, [OwnedFd; 5])> {
        let (ours, control) = UnixStream::pair()?;
        let (stdout, write_stdout) = pipe2(OFlag::O_CLOEXEC)?;
        let (stderr, write_stderr) = pipe2(OFlag::O_CLOEXEC)?;
        let (answer, write_answer) = pipe2(OFlag::O_CLOEXEC)?;
        // A file in memory: no writer that could block, nothing to reap.
        let stdin = memfd_create("stdin", MFdFlags::MFD_CLOEXEC | MFdFlags::MFD_ALLOW_SEALING)?;
        let control = control.into_std()?;
        control.set_nonblocking(false)?;
        let theirs = [control.into(), stdin.try_clone()?, write_stdout, write_stderr, write_answer];
        if let Some(user) = user {
            // So that the program may open /dev/stdout.
            for descriptor in &theirs[1..] {
                fchown(descriptor, Some(Uid::from_raw(user)), Some(Gid::from_raw(user)))?;
            }
        }
        let slot = Self {
            order,
            inbox: Inbox::new(ours),
            // Replaced as soon as init has introduced itself.
            init: stdin.try_clone()?,
            stdout: Receiver::from_owned_fd(stdout)?,
            stderr: Receiver::from_owned_fd(stderr)?,
            answer: Receiver::from_owned_fd(answer)?,
            stdin: File::from(stdin),
        };
        Ok((slot, theirs))
    }

    /// Orders the program. `kept` says which limits its control group keeps.
    pub async fn start(&mut self, spec: &Spec, kept: Kept) -> io::Result<()> {
        use std::os::unix::fs::FileExt;
        use tokio::io::AsyncWriteExt;
        // Written at a place, for the program has the same open file and begins to read where it stands.
        self.stdin.write_all_at(&spec.stdin, 0)?;
        self.stdin.flush()?;
        let seals = SealFlag::F_SEAL_WRITE | SealFlag::F_SEAL_GROW | SealFlag::F_SEAL_SHRINK | SealFlag::F_SEAL_SEAL;
        fcntl(&self.stdin, FcntlArg::F_ADD_SEALS(seals))?;
        let head = |file: &super::super::InputFile| FileHead {
            name: file.name.clone(),
            length: file.bytes.len() as u64,
            executable: file.executable,
        };
        let plan = Plan {
            argv: spec.argv.clone(),
            env: spec.env.clone(),
            files: spec.files.iter().map(head).collect(),
            limits: spec.limits,
            collect: spec.collect.clone(),
            kept,
        };
        self.inbox.expect_files(spec.limits.collect_bytes);
        let mut order = wire::frame(&plan)?;
        // In one piece if it is small, so that init wakes once.
        for file in &spec.files {
            if order.len() + file.bytes.len() > PIECE {
                self.inbox.socket.write_all(&order).await?;
                order.clear();
            }
            match file.bytes.len() {
                0..=PIECE => order.extend_from_slice(&file.bytes),
                _ => self.inbox.socket.write_all(&file.bytes).await?,
            }
        }
        self.inbox.socket.write_all(&order).await
    }
}
