//! Work that was handed in and that the site could not run: it is run again by itself, later and later, a few times. That costs nobody anything.

use std::time::Duration;

use entity::execution::run;
use entity::execution::verdict::Verdict;
use entity::id::{self, Kind};
use entity::job::queue::{NewJob, Repeat};
use futures_util::future::BoxFuture;
use sea_orm::{DbErr, EntityTrait};
use serde::{Deserialize, Serialize};

use super::run::Run;
use crate::effect::{Effect, Effects};
use crate::job::{BodyFault, Job, Policy, Work};
use crate::lanes;
use crate::write::Write;

/// How often, and how long the first wait is; each further one is four times as long. Together they last most of six hours.
const MOST: u8 = 5;
const FIRST: Duration = Duration::from_secs(60);

/// Run it again, if nobody has by now.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub struct Rerun {
    pub run: i64,
    /// Which time it is, from 1.
    pub turn: u8,
}

impl Job for Rerun {
    const KIND: &'static str = "execution.rerun";
    const LANE: &'static str = lanes::HOUSEKEEPING;
    const POLICY: Policy = Policy { repeat: Repeat::Keep, ..Policy::TIDYING };

    fn key(&self) -> Option<String> {
        Some(format!("rerun/{}", self.run))
    }

    async fn run(self, _: Work) -> Result<Effects, BodyFault> {
        Ok(Effects::none().and(self))
    }
}

impl Effect for Rerun {
    fn apply<'w>(&'w self, write: &'w mut Write) -> BoxFuture<'w, Result<(), DbErr>> {
        Box::pin(async move {
            let Some(row) = run::Entity::find_by_id(self.run).one(write.tx()).await? else { return Ok(()) };
            // Somebody may have had it graded, or stopped, in the meantime.
            if row.verdict != Some(Verdict::SandboxError) || !run::reopen(write.tx(), self.run).await? {
                return Ok(());
            }
            let job = Run { run: self.run, reruns: self.turn }.new();
            let subject = Some(id::encode(Kind::Run, self.run));
            write.enqueue(NewJob { course: row.course_id, requester: row.requester_id, subject, ..job }).await?;
            write.ring_run(self.run);
            Ok(())
        })
    }
}

/// Has a run that was given up begun again later, if it grades a submission and was not begun too often.
#[derive(Debug)]
pub(super) struct Again {
    pub run: i64,
    pub reruns: u8,
}

impl Effect for Again {
    fn apply<'w>(&'w self, write: &'w mut Write) -> BoxFuture<'w, Result<(), DbErr>> {
        Box::pin(async move {
            let row = run::Entity::find_by_id(self.run).one(write.tx()).await?;
            let Some(row) = row.filter(|row| row.submission_id.is_some() && self.reruns < MOST) else { return Ok(()) };
            let job = Rerun { run: self.run, turn: self.reruns + 1 }.new();
            let delay = FIRST * 4u32.pow(u32::from(self.reruns));
            let subject = Some(id::encode(Kind::Run, self.run));
            write.enqueue(NewJob { course: row.course_id, requester: row.requester_id, subject, delay, ..job }).await?;
            Ok(())
        })
    }
}
