//! An assignment: work that is handed in by a deadline and scored by its tests.

pub mod test_case;

use sea_orm::sea_query::Condition;
use sea_orm::{
    ActiveModelBehavior, DeriveEntityModel, DerivePrimaryKey, DeriveRelation, EntityTrait, EnumIter, PrimaryKeyTrait,
};

use crate::clock::Timestamp;
use crate::execution::language::Language;
use crate::file;
use crate::viewer::{Permission, ViewerScope};
use crate::visible::{Viewable, arms, in_courses};

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "assignment")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: i64,
    pub course_id: i64,
    /// Its name in addresses: `data-in-the-wild/word-counts`.
    #[sea_orm(unique)]
    pub endpoint: String,
    pub title: String,
    /// Safe to show as it is.
    pub description_html: String,
    pub language: Language,
    /// The file that is run.
    pub main: String,
    /// The files that are handed in, with the text they start with.
    #[sea_orm(column_type = "Json")]
    pub template: file::Entries,
    /// The deadline, resolved when it was written.
    pub due_at: Timestamp,
    /// The deadline as its author wrote it: wall time without a zone.
    pub due_local: String,
    /// The zone of that wall time, as in the IANA database.
    pub time_zone: String,
    /// What the folder held when this was stored; equal means unchanged.
    pub content_hash: String,
    pub synced_at: Timestamp,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// Those who attend the course.
impl Viewable for Entity {
    fn arms(scope: &ViewerScope) -> Vec<Condition> {
        arms(scope, [in_courses(Column::CourseId, &scope.courses(Permission::Attend))])
    }
}
