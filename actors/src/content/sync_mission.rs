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
use super::store_mission::{StoreMission, stored_kind};
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
        let (checked, commit) =
            tokio::task::spawn_blocking(move || (content.check_mission(self.number), content.commit())).await?;
        let (errors, warnings) = count(&checked.diagnostics);
        work.progress("checked", json!({ "mission": self.number, "errors": errors, "warnings": warnings })).await?;
        let stored = mission::Entity::find()
            .filter(mission::Column::Number.eq(place(self.number)))
            .one(work.deps.db.read())
            .await?;
        let hash = checked.hash_hex();
        let Checked { value, diagnostics, .. } = checked;
        let told = Told { work: &work, subject: mission_subject(self.number), commit, stored: stored.as_ref() };
        let Some(found) = value else { return Ok(Effects::none().and(told.that(CheckOutcome::Failed, diagnostics))) };
        if stored.as_ref().is_some_and(|stored| stored.content_hash == hash) {
            return Ok(Effects::none().and(told.that(CheckOutcome::Unchanged, diagnostics)));
        }
        prove_and_store(told, found, hash, diagnostics).await
    }
}

/// What is told of a mission, apart from what came of it.
struct Told<'a> {
    work: &'a Work,
    subject: String,
    commit: Option<String>,
    stored: Option<&'a mission::Model>,
}

impl Told<'_> {
    fn that(self, outcome: CheckOutcome, diagnostics: Vec<Diagnostic>) -> RecordCheck {
        // What is stored just now may be in another course than before.
        let course = self.stored.map(|stored| stored.course_id).filter(|_| outcome != CheckOutcome::Stored);
        RecordCheck {
            job: self.work.job.id,
            requester: self.work.job.requester_id,
            commit: self.commit,
            subject: self.subject,
            outcome,
            course,
            diagnostics,
        }
    }
}

async fn prove_and_store(
    told: Told<'_>,
    mission: Mission,
    hash: String,
    mut diagnostics: Vec<Diagnostic>,
) -> Result<Effects, BodyFault> {
    let proof = prove(told.work, &mission).await?;
    diagnostics.extend(proof.findings.iter().map(|finding| diagnostic(&mission, finding)));
    diagnostics.extend(moved(told.work, &mission, told.stored).await?);
    sort(&mut diagnostics);
    if diagnostics.iter().any(Diagnostic::is_error) {
        return Ok(Effects::none().and(told.that(CheckOutcome::Failed, diagnostics)));
    }
    let expected = proof.expected.into_iter().collect();
    let store = StoreMission { mission: Arc::new(mission), hash, expected };
    Ok(Effects::none().and(store).and(told.that(CheckOutcome::Stored, diagnostics)))
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

/// Warnings about screens that are stored otherwise: in another mission, or of the other type.
async fn moved(work: &Work, mission: &Mission, stored: Option<&mission::Model>) -> Result<Vec<Diagnostic>, BodyFault> {
    let keys = mission.screens.iter().map(|screen| screen.key.as_str());
    let rows = screen::Entity::find().filter(screen::Column::Key.is_in(keys)).all(work.deps.db.read()).await?;
    let mut found = Vec::new();
    for screen in &mission.screens {
        let Some(row) = rows.iter().find(|row| row.key == screen.key) else { continue };
        let tell = |rule, message: String, hint: &str| {
            Diagnostic::new(rule, &mission.notebook, message, hint).at_cell(screen.cell).on_screen(&screen.key)
        };
        if stored.is_none_or(|stored| stored.id != row.mission_id) {
            let message = format!("the screen {} moves here from another mission", row.key);
            found.push(tell(Rule::SyncKeyMoved, message, "its learners' progress goes with it"));
        }
        if stored_kind(screen.kind) != row.kind {
            let message = format!("the screen {} was of another type", row.key);
            let hint = "who had passed it has only seen it now; a new key would leave the old progress as it was";
            found.push(tell(Rule::SyncTypeChanged, message, hint));
        }
    }
    Ok(found)
}
