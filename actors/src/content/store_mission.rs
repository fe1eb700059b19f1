//! The effect that stores a mission: all of it in one transaction, keys first.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use entity::content::concept::{self, Names, taught};
use entity::content::mission::Numbers;
use entity::content::{exercise, mission, progress, screen};
use entity::file::{self, Entries, Entry};
use futures_util::future::BoxFuture;
use sea_orm::sea_query::{Expr, OnConflict};
use sea_orm::{ColumnTrait, DbErr, EntityTrait, QueryFilter, Set};

use super::format::{Exercise, Mission, Screen, ScreenKind};
use super::mission_code::checks;
use super::store_course::{place, store_course};
use crate::effect::Effect;
use crate::execution::plan::{self, EXERCISE_MAIN};
use crate::grading::check_exercise::Expected;
use crate::write::Write;

/// Stores a mission that was checked and proved.
#[derive(Debug)]
pub(super) struct StoreMission {
    pub mission: Arc<Mission>,
    pub hash: String,
    /// By the key of the screen: what its answer produced.
    pub expected: BTreeMap<String, Expected>,
}

impl StoreMission {
    async fn store(&self, write: &mut Write) -> Result<(), DbErr> {
        let course = store_course(write, &self.mission.section, &self.mission.course).await?;
        file::keep(write.tx(), self.mission.files.iter().map(|file| file.bytes.clone()).collect()).await?;
        let mission = self.store_row(write, course).await?;
        let concepts = self.store_concepts(write).await?;
        self.archive_the_rest(write, mission).await?;
        let mut initial = Vec::new();
        for screen in &self.mission.screens {
            let row = store_screen(write, mission, course, screen).await?;
            teach(write, row, screen, &concepts).await?;
            match &screen.exercise {
                Some(exercise) => {
                    initial.push(exercise.initial.clone());
                    self.store_exercise(write, row, course, screen, exercise, &initial).await?;
                }
                None => drop_exercise(write, row).await?,
            }
        }
        Ok(())
    }

    async fn store_row(&self, write: &Write, course: i64) -> Result<i64, DbErr> {
        use mission::Column as C;
        let mission = &*self.mission;
        let files = mission.files.iter().map(|file| Entry::of(&file.path, &file.bytes)).collect();
        let row = mission::ActiveModel {
            number: Set(place(mission.number)),
            course_id: Set(course),
            position: Set(place(mission.position)),
            title: Set(mission.name.clone()),
            description: Set(mission.description.clone()),
            author: Set(mission.author.clone()),
            language: Set(mission.language.clone()),
            premium: Set(mission.premium),
            under_construction: Set(mission.under_construction),
            prerequisites: Set(Numbers(mission.prerequisites.iter().map(|number| place(*number)).collect())),
            minutes: Set(mission.minutes.map(i32::from)),
            timeout_s: Set(i32::from(mission.timeout_s)),
            files: Set(Entries(files)),
            content_hash: Set(self.hash.clone()),
            synced_at: Set(write.now),
            ..Default::default()
        };
        let columns = [
            C::CourseId,
            C::Position,
            C::Title,
            C::Description,
            C::Author,
            C::Language,
            C::Premium,
            C::UnderConstruction,
            C::Prerequisites,
            C::Minutes,
            C::TimeoutS,
            C::Files,
            C::ContentHash,
            C::SyncedAt,
        ];
        let again = OnConflict::column(C::Number).update_columns(columns).to_owned();
        Ok(mission::Entity::insert(row).on_conflict(again).exec_with_returning(write.tx()).await?.id)
    }

    async fn store_concepts(&self, write: &Write) -> Result<HashMap<String, i64>, DbErr> {
        use concept::Column as C;
        let mut keys = HashMap::new();
        for concept in &self.mission.concepts {
            let row = concept::ActiveModel {
                name: Set(concept.name.clone()),
                title: Set(concept.title.clone()),
                summary: Set(concept.summary.clone()),
                related: Set(Names(concept.related.clone())),
                ..Default::default()
            };
            let again = OnConflict::column(C::Name).update_columns([C::Title, C::Summary, C::Related]).to_owned();
            let row = concept::Entity::insert(row).on_conflict(again).exec_with_returning(write.tx()).await?;
            keys.insert(row.name, row.id);
        }
        Ok(keys)
    }

    async fn archive_the_rest(&self, write: &Write, mission: i64) -> Result<(), DbErr> {
        let there = self.mission.screens.iter().map(|screen| screen.key.as_str());
        screen::Entity::update_many()
            .col_expr(screen::Column::ArchivedAt, Expr::value(write.now))
            .filter(screen::Column::MissionId.eq(mission))
            .filter(screen::Column::Key.is_not_in(there))
            .filter(screen::Column::ArchivedAt.is_null())
            .exec(write.tx())
            .await
            .map(drop)
    }

    async fn store_exercise(
        &self,
        write: &Write,
        row: i64,
        course: i64,
        screen: &Screen,
        exercise: &Exercise,
        initial: &[String],
    ) -> Result<(), DbErr> {
        use exercise::Column as C;
        let task = plan::Exercise {
            main: EXERCISE_MAIN.to_owned(),
            initial: initial.to_vec(),
            checks: checks(exercise),
            expected: self.expected.get(&screen.key).cloned(),
            error_okay: exercise.error_okay,
            no_answer_needed: exercise.no_answer_needed,
            observe: false,
        };
        let task = serde_json::to_vec(&task).map_err(|error| DbErr::Custom(error.to_string()))?;
        let row = exercise::ActiveModel {
            screen_id: Set(row),
            course_id: Set(course),
            language: Set(self.mission.language.clone()),
            instructions_html: Set(screen.instructions_html.clone().unwrap_or_default()),
            hints: Set(Names(screen.hints_html.clone())),
            starting_code: Set(exercise.display.clone()),
            answer: Set(exercise.answer.clone()),
            task: Set(task),
            ..Default::default()
        };
        let columns = [C::CourseId, C::Language, C::InstructionsHtml, C::Hints, C::StartingCode, C::Answer, C::Task];
        let again = OnConflict::column(C::ScreenId).update_columns(columns).to_owned();
        exercise::Entity::insert(row).on_conflict(again).exec_without_returning(write.tx()).await.map(drop)
    }
}

/// What a screen asks of its reader, as rows have it.
pub(super) fn stored_kind(kind: ScreenKind) -> screen::ScreenKind {
    match kind {
        ScreenKind::Text => screen::ScreenKind::Text,
        ScreenKind::Code => screen::ScreenKind::Code,
    }
}

/// Stores a screen under its key, wherever that key was before.
async fn store_screen(write: &Write, mission: i64, course: i64, screen: &Screen) -> Result<i64, DbErr> {
    use screen::Column as C;
    let row = screen::ActiveModel {
        mission_id: Set(mission),
        course_id: Set(course),
        key: Set(screen.key.clone()),
        position: Set(place(screen.position)),
        kind: Set(stored_kind(screen.kind)),
        title: Set(screen.title.clone()),
        body_html: Set(screen.body_html.clone()),
        archived_at: Set(None),
        ..Default::default()
    };
    let before = screen::Entity::find().filter(C::Key.eq(&screen.key)).one(write.tx()).await?;
    let columns = [C::MissionId, C::CourseId, C::Position, C::Kind, C::Title, C::BodyHtml, C::ArchivedAt];
    let again = OnConflict::column(C::Key).update_columns(columns).to_owned();
    let stored = screen::Entity::insert(row).on_conflict(again).exec_with_returning(write.tx()).await?;
    if before.is_some_and(|before| before.kind != stored.kind) {
        progress::forget_passing(write.tx(), stored.id).await?;
    }
    Ok(stored.id)
}

async fn teach(write: &Write, row: i64, screen: &Screen, concepts: &HashMap<String, i64>) -> Result<(), DbErr> {
    taught::Entity::delete_many().filter(taught::Column::ScreenId.eq(row)).exec(write.tx()).await?;
    let names = screen.concepts.iter().filter_map(|name| concepts.get(name));
    let rows: Vec<_> = names
        .zip(0..)
        .map(|(concept, position)| taught::ActiveModel {
            screen_id: Set(row),
            concept_id: Set(*concept),
            position: Set(position),
        })
        .collect();
    if rows.is_empty() {
        return Ok(());
    }
    taught::Entity::insert_many(rows).exec_without_returning(write.tx()).await.map(drop)
}

/// A screen that has become a text has no exercise any more, unless somebody tried it: runs keep naming theirs.
async fn drop_exercise(write: &Write, row: i64) -> Result<(), DbErr> {
    let tried = sea_orm::sea_query::Query::select()
        .column(entity::execution::run::Column::ExerciseId)
        .from(entity::execution::run::Entity)
        .and_where(entity::execution::run::Column::ExerciseId.is_not_null())
        .to_owned();
    exercise::Entity::delete_many()
        .filter(exercise::Column::ScreenId.eq(row))
        .filter(exercise::Column::Id.not_in_subquery(tried))
        .exec(write.tx())
        .await
        .map(drop)
}

impl Effect for StoreMission {
    fn apply<'w>(&'w self, write: &'w mut Write) -> BoxFuture<'w, Result<(), DbErr>> {
        Box::pin(self.store(write))
    }
}
