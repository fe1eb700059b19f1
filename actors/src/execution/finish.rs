//! What a verdict changes: the run, and the score with its letter or the progress that follow from it.

use entity::assignment;
use entity::content::{exercise, progress};
use entity::course::enrollment;
use entity::execution::guest;
use entity::execution::record::{self, RecordKind};
use entity::execution::run::{self, Ending};
use entity::execution::verdict::Verdict;
use entity::grading::score::{self, Given};
use entity::id::{self, Kind};
use entity::job::event::Stream;
use entity::points::Points;
use entity::submission::work::stuck::{self, Failing, Try};
use entity::submission::{self, member, work};
use entity::viewer::Permission;
use futures_util::future::BoxFuture;
use sea_orm::{DbErr, EntityTrait};
use serde_json::json;

use super::conclusion::Conclusion;
use super::outcome::{Outcome, TestResult};
use crate::effect::Effect;
use crate::mail::{self, NewLetter, letters};
use crate::problem::Fault;
use crate::write::Write;

/// The kind of the score that is the sum of the tests.
const TOTAL: &str = "total";

/// Whose run it is, and in which course.
struct Whose {
    course: i64,
    person: i64,
}

/// Gives a run its verdict, and everything that depends on it.
#[derive(Debug)]
pub(super) struct FinishRun {
    ending: Ending,
    earned: Points,
    maximum: Points,
    /// How the tests went.
    tried: Option<Try>,
    /// What the log says before its end.
    last: Vec<(RecordKind, Vec<u8>)>,
}

impl FinishRun {
    pub fn new(run: i64, outcome: &Outcome) -> Result<Self, Fault> {
        Self::concluded(run, outcome, Conclusion::default())
    }

    /// The end of a program of somebody's own.
    pub fn concluded(run: i64, outcome: &Outcome, conclusion: Conclusion) -> Result<Self, Fault> {
        let Conclusion { status, mut last } = conclusion;
        last.push((RecordKind::End, Vec::new()));
        let (verdict, blame) = (outcome.verdict, outcome.blame);
        let tests = &outcome.tests;
        let failed: Vec<&str> = tests.iter().filter(|test| !test.passed).map(|test| test.name.as_str()).collect();
        let failed = (!tests.is_empty()).then(|| json!(failed).to_string());
        let ending = Ending { run, verdict, blame, outcome: serde_json::to_vec(outcome)?, status, failed };
        Ok(Self { ending, earned: outcome.earned, maximum: outcome.maximum, tried: tried(outcome), last })
    }

    pub async fn finish(&self, write: &mut Write) -> Result<(), DbErr> {
        let run = run::Entity::find_by_id(self.ending.run).one(write.tx()).await?;
        let Some(run) = run else { return Ok(()) };
        let (mut ending, mut last) = (self.ending.clone(), self.last.clone());
        if run.mode.is_none() {
            // Nobody looks at it as at a command line.
            ending.status = None;
            last.retain(|(kind, _)| *kind == RecordKind::End);
        }
        if !run::finish(write.tx(), &ending, write.now).await? {
            return Ok(());
        }
        record::conclude(write.tx(), run.id, &last, write.now).await?;
        write.ring_run(run.id);
        let (Some(course), Some(person)) = (run.course_id, run.requester_id) else {
            return guest::done(write.tx(), run.id, write.now).await;
        };
        if run.backup_id.is_some() {
            // Staff has tried something: that is between them and the run.
            return Ok(());
        }
        let whose = Whose { course, person };
        let graded = match run.submission_id {
            Some(submission) => submission::Entity::find_by_id(submission).one(write.tx()).await?,
            None => None,
        };
        let assignment = graded.as_ref().map(|row| id::encode(Kind::Assignment, row.assignment_id));
        let data = json!({
            "run": id::encode(Kind::Run, run.id),
            "assignment": assignment,
            "verdict": self.ending.verdict,
        });
        write.emit(Stream::Course(course), "run.finished", data);
        // A broken sandbox or test is nobody's zero, and neither is a run that was stopped.
        if self.ending.verdict.is_void() {
            return match graded.filter(|_| self.ending.verdict == Verdict::TestError) {
                Some(submission) => self.tell_staff(write, &run, course, &submission).await,
                None => Ok(()),
            };
        }
        if let Some(exercise) = run.exercise_id {
            self.record_progress(write, &whose, exercise).await?;
        }
        match graded {
            Some(submission) => self.score(write, &run, &whose, &submission).await,
            None => Ok(()),
        }
    }

    /// A test of an assignment is broken: work waits for whoever can mend it. Each of them gets one letter for each version of the assignment.
    async fn tell_staff(
        &self,
        write: &mut Write,
        run: &run::Model,
        course: i64,
        submission: &submission::Model,
    ) -> Result<(), DbErr> {
        let assignment = assignment::Entity::find_by_id(submission.assignment_id).one(write.tx()).await?;
        let Some(assignment) = assignment else { return Ok(()) };
        let data = json!({
            "assignment": id::encode(Kind::Assignment, assignment.id),
            "submission": id::encode(Kind::Submission, submission.id),
            "run": id::encode(Kind::Run, run.id),
        });
        write.emit(Stream::Course(course), "test.broken", data);
        let kind = letters::TEST_BROKEN;
        for recipient in enrollment::who_may(write.tx(), course, Permission::ManageContent).await? {
            let cause = letters::broken_version(&assignment);
            mail::post(write, NewLetter { cause, recipient, kind, course: Some(course), address: None }).await?;
        }
        Ok(())
    }

    async fn record_progress(&self, write: &Write, whose: &Whose, exercise: i64) -> Result<(), DbErr> {
        let Some(exercise) = exercise::Entity::find_by_id(exercise).one(write.tx()).await? else { return Ok(()) };
        let step = progress::Step::Tried { passed: self.ending.verdict == Verdict::Passed };
        let whose = progress::Whose { user: whose.person, screen: exercise.screen_id, course: whose.course };
        progress::record(write.tx(), whose, step, write.now).await
    }

    async fn score(
        &self,
        write: &mut Write,
        run: &run::Model,
        whose: &Whose,
        submission: &submission::Model,
    ) -> Result<(), DbErr> {
        let Whose { course, person } = *whose;
        if let Some(tried) = &self.tried {
            let whose = work::Whose { assignment: submission.assignment_id, owner: person, course };
            stuck::note(write.tx(), whose, tried, submission.submitted_at).await?;
        }
        let given = Given { submission: submission.id, run: run.id, course, owner: person, kind: TOTAL };
        let Some(score) = score::give(write.tx(), &given, self.earned, self.maximum, write.now).await? else {
            return Ok(());
        };
        let cause = id::encode(Kind::Score, score);
        let data = json!({
            "submission": id::encode(Kind::Submission, submission.id),
            "assignment": id::encode(Kind::Assignment, submission.assignment_id),
            "score": cause,
            "value": self.earned,
            "maximum": self.maximum,
        });
        write.emit(Stream::Course(course), "score.stored", data);
        for recipient in member::sharing(write.tx(), submission.assignment_id, person).await? {
            let (cause, kind) = (cause.clone(), letters::SCORE);
            mail::post(write, NewLetter { cause, recipient, kind, course: Some(course), address: None }).await?;
        }
        Ok(())
    }
}

/// How the tests went; none where there were none.
fn tried(outcome: &Outcome) -> Option<Try> {
    let first = outcome.tests.iter().find(|test| !test.passed);
    let passed = |test: &TestResult| test.parts.iter().filter(|part| part.passed).count();
    let failing =
        first.map(|test| Failing { test: test.name.clone(), passed: i32::try_from(passed(test)).unwrap_or(i32::MAX) });
    (!outcome.tests.is_empty()).then_some(Try { failing })
}

impl Effect for FinishRun {
    fn apply<'w>(&'w self, write: &'w mut Write) -> BoxFuture<'w, Result<(), DbErr>> {
        Box::pin(self.finish(write))
    }

    fn run(&self) -> Option<i64> {
        Some(self.ending.run)
    }
}
