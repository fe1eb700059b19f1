//! Storing the section and the course that something belongs to.

use entity::course::{self, section};
use sea_orm::sea_query::OnConflict;
use sea_orm::{DbErr, EntityTrait, Set};

use super::format::{Course, Section};
use crate::write::Write;

/// The zone of a course until its staff choose another.
const TIME_ZONE: &str = "UTC";

/// Stores both as they are in the folder; the key of the course.
pub(super) async fn store_course(write: &Write, section: &Section, course: &Course) -> Result<i64, DbErr> {
    let section = section::ActiveModel {
        key: Set(section.key.clone()),
        title: Set(section.title.clone()),
        description: Set(section.description.clone()),
        position: Set(place(section.position)),
        ..Default::default()
    };
    use section::Column as S;
    let again = OnConflict::column(S::Key).update_columns([S::Title, S::Description, S::Position]).to_owned();
    let section = section::Entity::insert(section).on_conflict(again).exec_with_returning(write.tx()).await?;
    let course = course::ActiveModel {
        key: Set(course.key.clone()),
        section_id: Set(section.id),
        title: Set(course.title.clone()),
        description: Set(course.description.clone()),
        position: Set(place(course.position)),
        time_zone: Set(TIME_ZONE.to_owned()),
        slip_days: Set(place(course.slip_days)),
        answers: Set(course.answers),
        ..Default::default()
    };
    use course::Column as C;
    let again = OnConflict::column(C::Key)
        .update_columns([C::SectionId, C::Title, C::Description, C::Position, C::SlipDays, C::Answers])
        .to_owned();
    Ok(course::Entity::insert(course).on_conflict(again).exec_with_returning(write.tx()).await?.id)
}

/// A place in a list as rows keep it.
pub(super) fn place(position: u32) -> i32 {
    i32::try_from(position).unwrap_or(i32::MAX)
}
