//! A mission: a unit of content, known by its number.

use sea_orm::{
    ActiveModelBehavior, ColumnTrait, DeriveEntityModel, DerivePrimaryKey, DeriveRelation, EntityTrait, EnumIter,
    PrimaryKeyTrait,
};
use serde::{Deserialize, Serialize};

use crate::clock::Timestamp;
use crate::course;
use crate::execution::language::Language;
use crate::file;
use crate::viewer::{Permission, ViewerScope};
use crate::visible::{Arm, Viewable, arms, in_courses};

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "mission")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: i64,
    /// Its number in the folder; unique in the site.
    #[sea_orm(unique)]
    pub number: i32,
    pub course_id: i64,
    /// Its place in the course, from 0.
    pub position: i32,
    pub title: String,
    pub description: String,
    pub author: String,
    pub language: Language,
    pub premium: bool,
    /// Checked and stored, but shown to staff only.
    pub under_construction: bool,
    /// Numbers of the missions to do before.
    #[sea_orm(column_type = "Json")]
    pub prerequisites: Numbers,
    /// How long it takes, in minutes.
    pub minutes: Option<i32>,
    /// Wall time for one run of an exercise, in seconds.
    pub timeout_s: i32,
    /// The data files that every run of an exercise finds beside it.
    #[sea_orm(column_type = "Json")]
    pub files: file::Entries,
    /// What the folder held when this was stored; equal means unchanged.
    pub content_hash: String,
    pub synced_at: Timestamp,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

crate::row!(Model, course CourseId, {
    id: Id,
    number: Number,
    course_id: CourseId,
    position: Position,
    title: Title,
    description: Description,
    author: Author,
    language: Language,
    premium: Premium,
    under_construction: UnderConstruction,
    prerequisites: Prerequisites,
    minutes: Minutes,
    timeout_s: TimeoutS,
    files: Files,
    content_hash: ContentHash,
    synced_at: SyncedAt,
});

/// The numbers of a JSON column.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, sea_orm::FromJsonQueryResult)]
#[serde(transparent)]
pub struct Numbers(pub Vec<i32>);

/// Those who attend the course; what is under construction, its staff only.
impl Viewable for Entity {
    fn arms(scope: &ViewerScope) -> Vec<Arm> {
        let finished = in_courses(Column::CourseId, scope.courses(Permission::Attend))
            .map(|attended| attended.and(Column::UnderConstruction.eq(false)));
        let preview = in_courses(Column::CourseId, scope.courses(Permission::Preview));
        arms(scope, [finished, preview])
    }
}

crate::to_many! {
    /// From a course to its missions.
    OfCourse: course::Model => Model, same_course, CourseId |row| row.course_id, Position |row| i64::from(row.position)
}

crate::to_one! {
    /// From a mission to its course.
    In: Model => course::Model, CourseId |row| Some(row.course_id)
}
