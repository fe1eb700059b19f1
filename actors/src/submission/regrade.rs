//! The job that grades, after all, what a broken test has left ungraded: when the assignment's tests were stored anew, or somebody asks for it.

use std::time::Duration;

use entity::assignment;
use entity::execution::run;
use entity::id::{self, Kind};
use entity::job::queue::{Class, NewJob, Repeat};
use futures_util::future::BoxFuture;
use sea_orm::{DbErr, EntityTrait};
use serde::{Deserialize, Serialize};

use super::plan::plan;
use crate::effect::{Effect, Effects};
use crate::execution::run::Run;
use crate::job::{BodyFault, Job, Policy, Work};
use crate::lanes;
use crate::write::Write;

/// So many runs in one transaction, so that nobody waits long behind it.
const BATCH: u64 = 100;

/// Grade what is handed in for this assignment and was left ungraded by a broken test.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub struct Regrade {
    pub assignment: i64,
}

impl Job for Regrade {
    const KIND: &'static str = "submission.regrade";
    const LANE: &'static str = lanes::HOUSEKEEPING;
    const POLICY: Policy = Policy {
        class: Class::Interactive,
        max_failures: 5,
        backoff: Duration::from_secs(5),
        timeout: Duration::from_secs(60),
        repeat: Repeat::Keep,
    };

    fn key(&self) -> Option<String> {
        Some(format!("regrade/{}", self.assignment))
    }

    async fn run(self, _: Work) -> Result<Effects, BodyFault> {
        Ok(Effects::none().and(self))
    }
}

impl Regrade {
    /// The job, with what it is about.
    #[must_use]
    pub fn job(self, course: i64) -> NewJob {
        let subject = Some(id::encode(Kind::Assignment, self.assignment));
        NewJob { course: Some(course), subject, ..self.new() }
    }

    async fn regrade(self, write: &mut Write) -> Result<(), DbErr> {
        let Some(assignment) = assignment::Entity::find_by_id(self.assignment).one(write.tx()).await? else {
            return Ok(());
        };
        let plan = plan(write.tx(), &assignment).await.map_err(|fault| DbErr::Custom(fault.to_string()))?;
        let broken = run::left_by_tests(write.tx(), self.assignment, BATCH).await?;
        for run in &broken {
            if run::reopen(write.tx(), run.id).await? {
                run::plan_anew(write.tx(), run.id, &plan).await?;
                let job = NewJob { course: run.course_id, requester: run.requester_id, ..Run::job(run.id) };
                write.enqueue(job).await?;
                write.ring_run(run.id);
            }
        }
        if u64::try_from(broken.len()).unwrap_or(0) >= BATCH {
            write.enqueue(self.job(assignment.course_id)).await?;
        }
        Ok(())
    }
}

impl Effect for Regrade {
    fn apply<'w>(&'w self, write: &'w mut Write) -> BoxFuture<'w, Result<(), DbErr>> {
        Box::pin(self.regrade(write))
    }
}
