//! A course: an offering with a roster, an ordered list of missions, and assignments.

pub mod enrollment;
pub mod section;

use sea_orm::{
    ActiveModelBehavior, DeriveEntityModel, DerivePrimaryKey, DeriveRelation, EntityTrait, EnumIter, PrimaryKeyTrait,
};

use crate::edge::{ToMany, ToOne};
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
});

/// The catalogue is for everybody who has signed in.
impl Viewable for Entity {
    fn arms(scope: &ViewerScope) -> Vec<Arm> {
        section::catalogue(scope)
    }
}

/// From a section to its courses.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct OfSection;

impl ToMany for OfSection {
    type Parent = section::Model;
    type Child = Model;
    type Choice = ();
    const PARENT: Column = Column::SectionId;
    const PLACE: Column = Column::Id;

    fn parent(row: &Model) -> i64 {
        row.section_id
    }

    fn place(row: &Model) -> i64 {
        row.id
    }
}

/// From a course to its section.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct InSection;

impl ToOne for InSection {
    type Parent = Model;
    type Child = section::Model;
    const CHILD: Column = Column::SectionId;

    fn child(row: &Model) -> Option<i64> {
        Some(row.section_id)
    }
}
