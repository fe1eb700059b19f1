//! What the worker and the sandbox say to each other on their sockets.
//!
//! * Worker to launcher, one byte: `CELL`, with a socket for the new zygote and the descriptors of the groups that it is to join.
//! * Zygote to worker, once: `Message::Cell` or `Message::Failed`.
//! * Worker to zygote: a `Slot`, with a socket for the new init and the descriptors 0 to 3 of its program.
//! * Init to worker, once: `HELLO` with a descriptor of init, or `NO_INIT` and a `Failed`.
//! * Worker to init: the plan as a frame and the bytes of its files one after the other; later perhaps `KILL`.
//! * Init to worker: frames, each a `Message`; a `File` is followed by its bytes. `Failed` or `Ended` is the last.
//!
//! A frame is a length (u32, big-endian) and so many bytes of JSON. Both ends are the same program, so there is no version.

use std::io::{self, Read, Write};

use serde::{Deserialize, Serialize, de::DeserializeOwned};

use super::{KillCause, Limits, NotCollected};

/// Worker to launcher: start a zygote that has the first of the descriptors as its socket, in the groups that the others lead to.
pub const CELL: u8 = b'C';
/// The most descriptors that come with one message.
pub const DESCRIPTORS: usize = 8;
/// Worker to init: kill every process but yourself, and report.
pub const KILL: u8 = b'K';
/// Init to worker: I am pid 1, and this descriptor is me.
pub const HELLO: u8 = b'H';
/// Init to worker: I cannot be pid 1; a `Failed` follows.
pub const NO_INIT: u8 = b'N';

/// The longest frame. A plan holds arguments and variables, whose sum the kernel limits anyway.
const MAX_FRAME: usize = 8 << 20;

/// Worker to zygote: clone an init, whose folders for files have so much room.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Slot {
    pub disk_bytes: u64,
    pub file_count: u64,
}

impl Slot {
    /// The room that these limits allow.
    pub fn of(limits: &Limits) -> Self {
        Self { disk_bytes: limits.disk_bytes, file_count: limits.file_count }
    }

    /// Bytes of an order, sent and received in one piece.
    pub const LENGTH: usize = 16;

    pub fn to_bytes(self) -> [u8; Self::LENGTH] {
        (u128::from(self.disk_bytes) << 64 | u128::from(self.file_count)).to_be_bytes()
    }

    pub fn from_bytes(bytes: [u8; Self::LENGTH]) -> Self {
        let both = u128::from_be_bytes(bytes);
        Self { disk_bytes: (both >> 64) as u64, file_count: both as u64 }
    }
}

/// What to run: a `Spec` without the bytes of files and input.
#[derive(Debug, Serialize, Deserialize)]
pub struct Plan {
    pub argv: Vec<String>,
    pub env: Vec<(String, String)>,
    pub files: Vec<FileHead>,
    pub limits: Limits,
    pub collect: Vec<String>,
    pub kept: Kept,
}

/// Which limits a control group keeps, so that nothing coarser need.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Kept {
    /// What is really used. Without it what is reserved has to be bounded as well.
    pub memory: bool,
    /// And it counts how often it refuses.
    pub processes: bool,
}

/// A file whose bytes follow elsewhere.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct FileHead {
    pub name: String,
    pub length: u64,
    pub executable: bool,
}

/// What the sandbox says.
#[derive(Debug, Serialize, Deserialize)]
pub enum Message {
    /// The zygote is ready to clone.
    Cell(Cell),
    /// The sandbox could not be made, and why. The last message.
    Failed(String),
    /// A file that was asked for. Its bytes follow.
    File(FileHead),
    /// Everything that init knows. The last message.
    Ended(Ended),
}

/// What the worker must know of a zygote.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub struct Cell {
    /// The user that its programs are outside, if that is not the worker's own.
    pub user: Option<u32>,
}

/// Init's report.
#[derive(Debug, Default, Serialize, Deserialize)]
pub struct Ended {
    pub exit_code: Option<i32>,
    pub signal: Option<i32>,
    /// Set if init itself killed, before the worker asked it to.
    pub kill_cause: Option<KillCause>,
    /// When `execve` had succeeded, on the monotonic clock in microseconds.
    pub started_us: u64,
    pub cpu_us: u64,
    pub wall_us: u64,
    pub peak_memory_bytes: u64,
    pub processes_peak: Option<u64>,
    pub disk_full: bool,
    pub not_collected: Vec<NotCollected>,
}

/// A frame, ready to be written.
pub fn frame<T: Serialize>(value: &T) -> io::Result<Vec<u8>> {
    let mut bytes = vec![0; 4];
    serde_json::to_writer(&mut bytes, value)?;
    let length = u32::try_from(bytes.len() - 4).ok().filter(|length| *length as usize <= MAX_FRAME);
    let length = length.ok_or_else(|| io::Error::other("a frame is too long"))?;
    bytes[..4].copy_from_slice(&length.to_be_bytes());
    Ok(bytes)
}

/// The length that a frame's first four bytes announce.
pub fn frame_length(head: [u8; 4]) -> io::Result<usize> {
    let length = u32::from_be_bytes(head) as usize;
    if length > MAX_FRAME { Err(io::Error::other("a frame is too long")) } else { Ok(length) }
}

/// Writes a frame.
pub fn write<T: Serialize>(to: &mut impl Write, value: &T) -> io::Result<()> {
    to.write_all(&frame(value)?)
}

/// Reads exactly one frame and not a byte more: what follows may be meant for another reader.
pub fn read<T: DeserializeOwned>(from: &mut impl Read) -> io::Result<T> {
    let mut head = [0; 4];
    from.read_exact(&mut head)?;
    let mut body = vec![0; frame_length(head)?];
    from.read_exact(&mut body)?;
    Ok(serde_json::from_slice(&body)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_frame_is_read_back_and_no_byte_more() {
        let mut bytes = frame(&Message::Failed("a\nb".to_owned())).expect("short");
        bytes.push(KILL);
        let mut rest = bytes.as_slice();
        assert!(matches!(read::<Message>(&mut rest), Ok(Message::Failed(reason)) if reason == "a\nb"));
        assert_eq!(rest, [KILL]);
    }

    #[test]
    fn an_order_is_read_back() {
        let slot = Slot { disk_bytes: u64::MAX - 1, file_count: 7 };
        assert_eq!(Slot::from_bytes(slot.to_bytes()), slot);
    }

    #[test]
    fn a_huge_length_is_refused_before_it_is_allocated() {
        assert!(read::<Message>(&mut [0xff; 8].as_slice()).is_err());
    }
}
