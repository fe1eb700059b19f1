//! A kind of job for processes of their own: what each attempt does is in its payload, as nobody in the process knows the test.
//!
//! Like a [play](crate::stage) it leaves a mark, a row with a unique name, as its effect.

use std::io::Write as _;
use std::time::Duration;

use actors::effect::Effects;
use actors::job::{BodyFault, Job, JobKind, Policy, Work};
use actors::kinds::Known;
use entity::job::Model;
use entity::job::queue::{Class, Repeat};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use serde::{Deserialize, Serialize};
use tokio::time::sleep;

use crate::stage::Mark;

/// The lane that works the errands.
pub const LANE: &str = "errands";
/// What every process knows.
pub const KINDS: Known = &[&[JobKind::of::<Errand>()]];
/// What a process of a later version knows.
pub const LATER_KINDS: Known = &[&[JobKind::of::<Errand>(), JobKind::of::<Later>()]];

/// What an attempt does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Act {
    Done,
    /// Is done after so many milliseconds.
    Nap(u64),
    Panic,
    /// Ends its process at once, as the kernel ends one that takes too much memory.
    Die,
}

/// A job with a name; the acts of its attempts, of which the last is repeated.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Errand {
    pub name: String,
    pub acts: Vec<Act>,
}

const POLICY: Policy = Policy {
    class: Class::Batch,
    max_failures: 3,
    backoff: Duration::from_millis(50),
    timeout: Duration::from_secs(60),
    repeat: Repeat::Keep,
};

/// Tells whoever reads the output of this process.
pub fn tell(line: &str) {
    // Nobody may be there to read it any more.
    let _ = writeln!(std::io::stdout().lock(), "{line}");
}

impl Job for Errand {
    const KIND: &'static str = "faults.errand";
    const LANE: &'static str = LANE;
    const POLICY: Policy = POLICY;

    async fn run(self, work: Work) -> Result<Effects, BodyFault> {
        let attempt = usize::try_from(work.job.attempt).expect("attempts are counted from 1");
        tell(&format!("begun {} {attempt}", self.name));
        match self.acts.get(attempt - 1).or(self.acts.last()).copied().unwrap_or(Act::Done) {
            Act::Done => {}
            Act::Nap(millis) => sleep(Duration::from_millis(millis)).await,
            Act::Panic => panic!("{} stumbled", self.name),
            Act::Die => kill(Pid::this(), Signal::SIGKILL).expect("one may end oneself"),
        }
        Ok(Effects::none().and(Mark(self.name)))
    }

    fn given_up(self, _: &Model, _: &str) -> Effects {
        Effects::none().and(Mark(format!("{} given up", self.name)))
    }
}

/// The same under another name, which only a later version knows.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Later(pub Errand);

impl Job for Later {
    const KIND: &'static str = "faults.later";
    const LANE: &'static str = LANE;
    const POLICY: Policy = POLICY;

    async fn run(self, work: Work) -> Result<Effects, BodyFault> {
        self.0.run(work).await
    }
}
