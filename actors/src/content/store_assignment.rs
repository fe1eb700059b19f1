//! The effect that stores an assignment with its template and its tests.

use std::sync::Arc;

use chrono::NaiveDateTime;
use entity::assignment::deadline::{resolve, written};
use entity::assignment::rules::{Moment, Rules, synced};
use entity::assignment::{self, test_case};
use entity::clock::Timestamp;
use entity::execution::run;
use entity::file::{self, Entries, Entry};
use futures_util::future::BoxFuture;
use sea_orm::sea_query::LockType;
use sea_orm::{ActiveModelTrait as _, ColumnTrait, DbErr, EntityTrait, QueryFilter, QuerySelect as _, Set, Unchanged};

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

    /// Stores the row, and leaves alone what people have said of it by hand.
    async fn store_row(&self, write: &Write, course: i64) -> Result<i64, DbErr> {
        use assignment::Column as C;
        let found = &*self.assignment;
        let files = found.files.iter().map(|file| Entry::of(&file.name, &file.bytes)).collect();
        let endpoint = format!("{}/{}", found.course.key, found.slug);
        let before = assignment::Entity::find().filter(C::Endpoint.eq(endpoint.as_str())).lock(LockType::NoKeyUpdate);
        let before = before.one(write.tx()).await?;
        let (rules, by_hand) = synced(before.as_ref(), rules(found)?, found.time_zone);
        let mut row = assignment::ActiveModel {
            course_id: Set(course),
            endpoint: Set(endpoint),
            description_html: Set(found.description_html.clone()),
            language: Set(found.language.clone()),
            main: Set(found.main.clone()),
            template: Set(Entries(files)),
            time_zone: Set(found.time_zone.name().to_owned()),
            content_hash: Set(self.hash.clone()),
            synced_at: Set(write.now),
            by_hand: Set(by_hand.text()),
            ..Default::default()
        };
        rules.put(&mut row);
        match before {
            Some(before) => {
                row.id = Unchanged(before.id);
                Ok(row.update(write.tx()).await?.id)
            }
            None => Ok(row.insert(write.tx()).await?.id),
        }
    }
}

/// What the folder says of how it is handed in.
fn rules(found: &Assignment) -> Result<Rules, DbErr> {
    let moment = |wall: NaiveDateTime| Ok::<_, DbErr>(Moment { at: instant(found, wall)?, local: written(wall) });
    Ok(Rules {
        title: found.title.clone(),
        due: moment(found.due_local)?,
        lock: found.handing_in.lock_local.map(moment).transpose()?,
        max_group_size: number(found.handing_in.max_group_size),
        attempts: found.handing_in.attempts.map(number),
        revisions: found.handing_in.revisions,
        late_policy: found.handing_in.late_policy.clone(),
    })
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
