//! The effect that stores an assignment with its template and its tests.

use std::sync::Arc;

use chrono::NaiveDateTime;
use entity::assignment::deadline::resolve;
use entity::assignment::{self, test_case};
use entity::clock::Timestamp;
use entity::execution::run;
use entity::file::{self, Entries, Entry};
use futures_util::future::BoxFuture;
use sea_orm::sea_query::OnConflict;
use sea_orm::{ColumnTrait, DbErr, EntityTrait, QueryFilter, Set};
use serde_json::json;

use super::format::Assignment;
use super::store_course::{place, store_course};
use crate::effect::Effect;
use crate::grading::test_case::{TestCase, TestTask};
use crate::submission::regrade::Regrade;
use crate::write::Write;

/// Stores an assignment that was checked.
#[derive(Debug)]
pub(super) struct StoreAssignment {
    pub assignment: Arc<Assignment>,
    pub hash: String,
}

impl StoreAssignment {
    async fn store(&self, write: &mut Write) -> Result<(), DbErr> {
        let course = store_course(write, &self.assignment.section, &self.assignment.course).await?;
        let templates = self.assignment.files.iter().map(|file| &file.bytes);
        let graders = self.assignment.tests.iter().flat_map(|test| test.kind.files()).map(|file| &file.bytes);
        file::keep(write.tx(), templates.chain(graders).cloned().collect()).await?;
        let assignment = self.store_row(write, course).await?;
        // Runs carry the tests that they were planned with, so replacing these changes no grade that was given.
        test_case::Entity::delete_many()
            .filter(test_case::Column::AssignmentId.eq(assignment))
            .exec(write.tx())
            .await?;
        let rows =
            self.assignment.tests.iter().zip(0..).map(|(test, position)| row(assignment, course, position, test));
        let rows = rows.collect::<Result<Vec<_>, DbErr>>()?;
        test_case::Entity::insert_many(rows).exec_without_returning(write.tx()).await?;
        if !run::left_by_tests(write.tx(), assignment, 1).await?.is_empty() {
            write.enqueue(Regrade { assignment }.job(course)).await?;
        }
        Ok(())
    }

    async fn store_row(&self, write: &Write, course: i64) -> Result<i64, DbErr> {
        use assignment::Column as C;
        let found = &*self.assignment;
        let files = found.files.iter().map(|file| Entry::of(&file.name, &file.bytes)).collect();
        let row = assignment::ActiveModel {
            course_id: Set(course),
            endpoint: Set(format!("{}/{}", found.course.key, found.slug)),
            title: Set(found.title.clone()),
            description_html: Set(found.description_html.clone()),
            language: Set(found.language.clone()),
            main: Set(found.main.clone()),
            template: Set(Entries(files)),
            due_at: Set(instant(found, found.due_local)?),
            due_local: Set(found.due_local.to_string()),
            time_zone: Set(found.time_zone.name().to_owned()),
            lock_at: Set(found.handing_in.lock_local.map(|lock| instant(found, lock)).transpose()?),
            lock_local: Set(found.handing_in.lock_local.map(|lock| lock.to_string())),
            max_group_size: Set(number(found.handing_in.max_group_size)),
            attempts: Set(found.handing_in.attempts.map(number)),
            revisions: Set(found.handing_in.revisions),
            late_policy: Set(json!(found.handing_in.late_policy).to_string()),
            content_hash: Set(self.hash.clone()),
            synced_at: Set(write.now),
            ..Default::default()
        };
        let columns = [
            C::CourseId,
            C::Title,
            C::DescriptionHtml,
            C::Language,
            C::Main,
            C::Template,
            C::DueAt,
            C::DueLocal,
            C::TimeZone,
            C::LockAt,
            C::LockLocal,
            C::MaxGroupSize,
            C::Attempts,
            C::Revisions,
            C::LatePolicy,
            C::ContentHash,
            C::SyncedAt,
        ];
        let again = OnConflict::column(C::Endpoint).update_columns(columns).to_owned();
        Ok(assignment::Entity::insert(row).on_conflict(again).exec_with_returning(write.tx()).await?.id)
    }
}

/// The instant of a deadline: of an hour that there is twice, the earlier. The check has refused an hour that there is not.
fn instant(assignment: &Assignment, local: NaiveDateTime) -> Result<Timestamp, DbErr> {
    let found = resolve(assignment.time_zone, local);
    found.ok_or_else(|| DbErr::Custom("the deadline is beyond the calendar".into()))
}

/// A number as rows keep it.
fn number(number: u32) -> i32 {
    i32::try_from(number).unwrap_or(i32::MAX)
}

fn row(assignment: i64, course: i64, position: u32, test: &TestCase) -> Result<test_case::ActiveModel, DbErr> {
    let task = TestTask { timeout_s: test.timeout_s, feedback: test.feedback, kind: test.kind.clone() };
    Ok(test_case::ActiveModel {
        assignment_id: Set(assignment),
        course_id: Set(course),
        position: Set(place(position)),
        name: Set(test.name.clone()),
        points: Set(test.points),
        hidden: Set(test.hidden),
        task: Set(serde_json::to_vec(&task).map_err(|error| DbErr::Custom(error.to_string()))?),
        ..Default::default()
    })
}

impl Effect for StoreAssignment {
    fn apply<'w>(&'w self, write: &'w mut Write) -> BoxFuture<'w, Result<(), DbErr>> {
        Box::pin(self.store(write))
    }
}
