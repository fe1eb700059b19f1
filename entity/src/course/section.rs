//! A section groups courses in the catalogue.

use sea_orm::{
    ActiveModelBehavior, DeriveEntityModel, DerivePrimaryKey, DeriveRelation, EntityTrait, EnumIter, PrimaryKeyTrait,
};

use crate::viewer::ViewerScope;
use crate::visible::{Arm, Viewable};

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "section")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: i64,
    #[sea_orm(unique)]
    pub key: String,
    pub title: String,
    pub description: String,
    /// Its place in the catalogue, from 0.
    pub position: i32,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

crate::row!(Model, {
    id: Id,
    key: Key,
    title: Title,
    description: Description,
    position: Position,
});

impl Viewable for Entity {
    fn arms(scope: &ViewerScope) -> Vec<Arm> {
        catalogue(scope)
    }
}

/// The right to read the catalogue: everybody who has signed in.
pub(crate) fn catalogue(scope: &ViewerScope) -> Vec<Arm> {
    if scope.is_known() { vec![Arm::everything()] } else { Vec::new() }
}
