//! The effect that stores an assignment with its template and its tests.

use std::sync::Arc;

use chrono::{DateTime, TimeZone, Utc};
use entity::assignment::{self, test_case};
use entity::clock::Timestamp;
use entity::file::{self, Entries, Entry};
use futures_util::future::BoxFuture;
use sea_orm::sea_query::OnConflict;
use sea_orm::{ColumnTrait, DbErr, EntityTrait, QueryFilter, Set};

use super::format::Assignment;
use super::store_course::{place, store_course};
use crate::effect::Effect;
use crate::grading::test_case::TestCase;
use crate::submission::TestTask;
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
        file::keep(write.tx(), self.assignment.files.iter().map(|file| file.bytes.clone()).collect()).await?;
        let assignment = self.store_row(write, course).await?;
        // Runs carry the tests that they were planned with, so replacing these changes no grade that was given.
        test_case::Entity::delete_many()
            .filter(test_case::Column::AssignmentId.eq(assignment))
            .exec(write.tx())
            .await?;
        let rows =
            self.assignment.tests.iter().zip(0..).map(|(test, position)| row(assignment, course, position, test));
        let rows = rows.collect::<Result<Vec<_>, DbErr>>()?;
        test_case::Entity::insert_many(rows).exec_without_returning(write.tx()).await.map(drop)
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
            due_at: Set(due(found)?),
            due_local: Set(found.due_local.to_string()),
            time_zone: Set(found.time_zone.name().to_owned()),
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
            C::ContentHash,
            C::SyncedAt,
        ];
        let again = OnConflict::column(C::Endpoint).update_columns(columns).to_owned();
        Ok(assignment::Entity::insert(row).on_conflict(again).exec_with_returning(write.tx()).await?.id)
    }
}

/// The instant of the deadline: of an hour that there is twice, the earlier. The check has refused an hour that there is not.
fn due(assignment: &Assignment) -> Result<Timestamp, DbErr> {
    let local = assignment.time_zone.from_local_datetime(&assignment.due_local).earliest();
    let instant: Option<DateTime<Utc>> = local.map(|local| local.to_utc());
    instant.map(Timestamp::from).ok_or_else(|| DbErr::Custom("the deadline is a time that does not exist".into()))
}

fn row(assignment: i64, course: i64, position: u32, test: &TestCase) -> Result<test_case::ActiveModel, DbErr> {
    let task = TestTask { timeout_s: test.timeout_s, kind: test.kind.clone() };
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
