//! A screen of a mission, known by a key that stays when the screen moves.

use sea_orm::sea_query::{Condition, Query};
use sea_orm::{
    ActiveModelBehavior, ColumnTrait, DeriveActiveEnum, DeriveEntityModel, DerivePrimaryKey, DeriveRelation,
    EntityTrait, EnumIter, PrimaryKeyTrait,
};

use super::mission;
use crate::clock::Timestamp;
use crate::viewer::{Permission, ViewerScope};
use crate::visible::{Arm, Viewable, arms, in_courses};

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "screen")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: i64,
    pub mission_id: i64,
    pub course_id: i64,
    #[sea_orm(unique)]
    pub key: String,
    /// Its place in the mission, from 0.
    pub position: i32,
    pub kind: ScreenKind,
    pub title: String,
    /// Safe to show as it is: made from markdown with raw HTML off.
    pub body_html: String,
    /// Set when the key is no longer in the folder. Progress is kept.
    pub archived_at: Option<Timestamp>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

crate::row!(Model, course CourseId, {
    id: Id,
    mission_id: MissionId,
    course_id: CourseId,
    key: Key,
    position: Position,
    kind: Kind,
    title: Title,
    body_html: BodyHtml,
    archived_at: ArchivedAt,
});

/// What a screen asks of its reader.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, EnumIter, DeriveActiveEnum)]
#[sea_orm(rs_type = "String", db_type = "Text")]
pub enum ScreenKind {
    /// To be read.
    #[sea_orm(string_value = "text")]
    Text,
    /// Has an exercise.
    #[sea_orm(string_value = "code")]
    Code,
}

/// Whoever may see the mission; archived screens nobody.
impl Viewable for Entity {
    fn arms(scope: &ViewerScope) -> Vec<Arm> {
        let there = || Condition::all().add(Column::ArchivedAt.is_null());
        let finished = Query::select()
            .column(mission::Column::Id)
            .from(mission::Entity)
            .and_where(mission::Column::UnderConstruction.eq(false))
            .to_owned();
        let attended = in_courses(Column::CourseId, scope.courses(Permission::Attend))
            .map(|attended| attended.and(Column::MissionId.in_subquery(finished)));
        let preview = in_courses(Column::CourseId, scope.courses(Permission::Preview));
        arms(scope, [attended, preview]).into_iter().map(|arm| arm.and(there())).collect()
    }
}

crate::to_many! {
    /// From a mission to its screens.
    OfMission: mission::Model => Model, same_course, MissionId |row| row.mission_id, Position |row| i64::from(row.position)
}

crate::to_one! {
    /// From a screen to its mission.
    Of: Model => mission::Model, MissionId |row| Some(row.mission_id)
}
