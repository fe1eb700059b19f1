//! The job that synchronises one mission: check it, run its code, store it. Until all of that went well, what was stored stays.

use std::sync::Arc;
use std::time::Duration;

use entity::content::check::CheckOutcome;
use entity::content::{mission, screen};
use entity::job::queue::{Class, Repeat};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};
use serde::{Deserialize, Serialize};
use serde_json::json;
use tokio::sync::mpsc::unbounded_channel;

use super::format::{Checked, Diagnostic, Mission, Rule, sort};
use super::mission_code::{code, diagnostic};
use super::prove::{self, Interrupted, Proof};
use super::record_check::RecordCheck;
use super::store_course::place;
use super::store_mission::StoreMission;
use super::sync::{mission_subject, open};
use crate::effect::Effects;
use crate::job::{BodyFault, Job, Policy, Work};
use crate::lanes;

/// Synchronise the mission with this number.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub struct SyncMission {
    pub number: u32,
}

impl Job for SyncMission {
    const KIND: &'static str = "content.sync_mission";
    const LANE: &'static str = lanes::CONTENT;
    const POLICY: Policy = Policy {
        class: Class::Interactive,
        max_failures: 3,
        backoff: Duration::from_secs(2),
        timeout: Duration::from_secs(1800),
        repeat: Repeat::Keep,
    };

    fn key(&self) -> Option<String> {
        Some(format!("content/{}", mission_subject(self.number)))
    }

    async fn run(self, work: Work) -> Result<Effects, BodyFault> {
        work.progress("started", json!({ "mission": self.number })).await?;
        let content = open(&work.deps).await?;
        let checked = tokio::task::spawn_blocking(move || content.check_mission(self.number)).await?;
        let (errors, warnings) = count(&checked.diagnostics);
        work.progress("checked", json!({ "mission": self.number, "errors": errors, "warnings": warnings })).await?;
        let stored = mission::Entity::find()
            .filter(mission::Column::Number.eq(place(self.number)))
            .one(work.deps.db.read())
            .await?;
        let hash = checked.hash_hex();
        let Checked { value, diagnostics, .. } = checked;
        let Some(found) = value else { return Ok(self.failed(&work, stored.as_ref(), diagnostics)) };
        if let Some(stored) = stored.as_ref().filter(|stored| stored.content_hash == hash) {
            return Ok(self.unchanged(&work, stored, diagnostics));
        }
        self.prove_and_store(&work, found, hash, stored.as_ref(), diagnostics).await
    }
}

impl SyncMission {
    async fn prove_and_store(
        self,
        work: &Work,
        mission: Mission,
        hash: String,
        stored: Option<&mission::Model>,
        mut diagnostics: Vec<Diagnostic>,
    ) -> Result<Effects, BodyFault> {
        let proof = prove(work, &mission).await?;
        diagnostics.extend(proof.findings.iter().map(|finding| diagnostic(&mission, finding)));
        diagnostics.extend(moved(work, &mission, stored).await?);
        sort(&mut diagnostics);
        if diagnostics.iter().any(Diagnostic::is_error) {
            return Ok(self.failed(work, stored, diagnostics));
        }
        let expected = proof.expected.into_iter().collect();
        let check = self.check(work, CheckOutcome::Stored, None, diagnostics);
        Ok(Effects::none().and(StoreMission { mission: Arc::new(mission), hash, expected }).and(check))
    }

    fn failed(self, work: &Work, stored: Option<&mission::Model>, diagnostics: Vec<Diagnostic>) -> Effects {
        Effects::none().and(self.check(work, CheckOutcome::Failed, stored.map(|stored| stored.course_id), diagnostics))
    }

    fn unchanged(self, work: &Work, stored: &mission::Model, diagnostics: Vec<Diagnostic>) -> Effects {
        Effects::none().and(self.check(work, CheckOutcome::Unchanged, Some(stored.course_id), diagnostics))
    }

    fn check(
        self,
        work: &Work,
        outcome: CheckOutcome,
        course: Option<i64>,
        diagnostics: Vec<Diagnostic>,
    ) -> RecordCheck {
        RecordCheck { job: work.job.id, subject: mission_subject(self.number), outcome, course, diagnostics }
    }
}

fn count(diagnostics: &[Diagnostic]) -> (usize, usize) {
    let errors = diagnostics.iter().filter(|diagnostic| diagnostic.is_error()).count();
    (errors, diagnostics.len() - errors)
}

/// Runs the mission's code and tells how far it is.
async fn prove(work: &Work, mission: &Mission) -> Result<Proof, BodyFault> {
    let code = code(mission);
    let screens = code.screens.len();
    let (done, mut steps) = unbounded_channel();
    let ran = move |screen| {
        // Nobody listens any more only when the lease is lost, and then proving is stopped as well.
        let _ = done.send(screen);
    };
    let telling = async {
        while let Some(screen) = steps.recv().await {
            work.progress("ran", json!({ "mission": mission.number, "screen": screen, "of": screens })).await?;
        }
        Ok::<(), BodyFault>(())
    };
    let proving = async {
        // Owns the sender, so that telling ends when proving does.
        let mut ran = move |screen| ran(screen);
        prove::prove(&work.deps.workshop, &code, &work.stop, &mut ran).await
    };
    let (proof, told) = tokio::join!(proving, telling);
    told?;
    proof.map_err(|interrupted| match interrupted {
        Interrupted::Cancelled => BodyFault::Release("it was stopped before its end".into()),
        Interrupted::Sandbox(reason) => BodyFault::Retry(format!("the sandbox does not work: {reason}")),
    })
}

/// Warnings about screens whose keys are stored in another mission.
async fn moved(work: &Work, mission: &Mission, stored: Option<&mission::Model>) -> Result<Vec<Diagnostic>, BodyFault> {
    let keys = mission.screens.iter().map(|screen| screen.key.as_str());
    let rows = screen::Entity::find().filter(screen::Column::Key.is_in(keys)).all(work.deps.db.read()).await?;
    let elsewhere = rows.into_iter().filter(|row| stored.is_none_or(|stored| stored.id != row.mission_id));
    let tell = |row: screen::Model| {
        let cell = mission.screens.iter().find(|screen| screen.key == row.key).map_or(0, |screen| screen.cell);
        let message = format!("the screen {} moves here from another mission", row.key);
        Diagnostic::new(Rule::SyncKeyMoved, &mission.notebook, message, "its learners' progress goes with it")
            .at_cell(cell)
            .on_screen(row.key)
    };
    Ok(elsewhere.map(tell).collect())
}
