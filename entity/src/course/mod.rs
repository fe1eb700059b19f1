//! A course: an offering with a roster, an ordered list of missions, and assignments.

pub mod enrollment;
pub mod join_code;
pub mod role;
pub mod roster;
pub mod section;

use sea_orm::{
    ActiveModelBehavior, DeriveActiveEnum, DeriveEntityModel, DerivePrimaryKey, DeriveRelation, EntityTrait, EnumIter,
    PrimaryKeyTrait,
};

use crate::viewer::ViewerScope;
use crate::visible::{Arm, Viewable};

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "course")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: i64,
    /// Its name in addresses: `data-in-the-wild`.
    #[sea_orm(unique)]
    pub key: String,
    pub section_id: i64,
    pub title: String,
    pub description: String,
    /// Its place in the section, from 0.
    pub position: i32,
    /// The zone in which its deadlines are meant, as in the IANA database.
    pub time_zone: String,
    /// How many days somebody may be late in the course, all assignments together, before it costs anything.
    pub slip_days: i32,
    /// When its learners may see model solutions.
    pub answers: Answers,
}

/// When learners may see the model solution of an exercise. Once they have passed, always.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, EnumIter, DeriveActiveEnum)]
#[sea_orm(rs_type = "String", db_type = "Text")]
pub enum Answers {
    /// Only then.
    #[default]
    #[sea_orm(string_value = "passed")]
    Passed,
    /// Also when they ask for it after an attempt of their own.
    #[sea_orm(string_value = "tried")]
    Tried,
    /// Also when they ask for it.
    #[sea_orm(string_value = "asked")]
    Asked,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

crate::row!(Model, course Id, {
    id: Id,
    key: Key,
    section_id: SectionId,
    title: Title,
    description: Description,
    position: Position,
    time_zone: TimeZone,
    slip_days: SlipDays,
    answers: Answers,
});

/// The catalogue is for everybody who has signed in.
impl Viewable for Entity {
    fn arms(scope: &ViewerScope) -> Vec<Arm> {
        section::catalogue(scope)
    }
}

crate::to_many! {
    /// From a section to its courses.
    OfSection: section::Model => Model, any_course, SectionId |row| row.section_id, Id |row| row.id
}

crate::to_one! {
    /// From a course to its section.
    InSection: Model => section::Model, SectionId |row| Some(row.section_id)
}
