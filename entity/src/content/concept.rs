//! A concept that screens teach, and which screens do.

use sea_orm::{
    ActiveModelBehavior, DeriveEntityModel, DerivePrimaryKey, DeriveRelation, EntityTrait, EnumIter, PrimaryKeyTrait,
};
use serde::{Deserialize, Serialize};

use crate::course::section;
use crate::viewer::ViewerScope;
use crate::visible::{Arm, Viewable};

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "concept")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: i64,
    /// The name of its file.
    #[sea_orm(unique)]
    pub name: String,
    pub title: String,
    pub summary: String,
    /// Names of related concepts.
    #[sea_orm(column_type = "Json")]
    pub related: Names,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

crate::row!(Model, {
    id: Id,
    name: Name,
    title: Title,
    summary: Summary,
    related: Related,
});

/// The names of a JSON column.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, sea_orm::FromJsonQueryResult)]
#[serde(transparent)]
pub struct Names(pub Vec<String>);

/// Concepts are part of the catalogue.
impl Viewable for Entity {
    fn arms(scope: &ViewerScope) -> Vec<Arm> {
        section::catalogue(scope)
    }
}

/// Which screen teaches which concept.
pub mod taught {
    use sea_orm::sea_query::{Query, SelectStatement};
    use sea_orm::{
        ActiveModelBehavior, ColumnTrait, DeriveEntityModel, DerivePrimaryKey, DeriveRelation, EntityTrait, EnumIter,
        PrimaryKeyTrait,
    };

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "screen_concept")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub screen_id: i64,
        #[sea_orm(primary_key, auto_increment = false)]
        pub concept_id: i64,
        /// Its place in the screen's list, from 0.
        pub position: i32,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}

    /// The keys of the screens that teach a concept.
    #[must_use]
    pub fn screens_of(concept: i64) -> SelectStatement {
        Query::select().column(Column::ScreenId).from(Entity).and_where(Column::ConceptId.eq(concept)).to_owned()
    }
}
