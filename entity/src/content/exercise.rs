//! The exercise of a code screen.

use sea_orm::sea_query::Query;
use sea_orm::{
    ActiveModelBehavior, ColumnTrait, DeriveEntityModel, DerivePrimaryKey, DeriveRelation, EntityTrait, EnumIter,
    PrimaryKeyTrait,
};

use super::concept::Names;
use super::screen;
use crate::execution::language::Language;
use crate::viewer::ViewerScope;
use crate::visible::{Arm, Viewable};

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "exercise")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: i64,
    #[sea_orm(unique)]
    pub screen_id: i64,
    pub course_id: i64,
    pub language: Language,
    /// Safe to show as it is.
    pub instructions_html: String,
    /// Safe to show as they are, one at a time.
    #[sea_orm(column_type = "Json")]
    pub hints: Names,
    /// The text that the editor starts with.
    pub starting_code: String,
    /// The model solution. For staff, and for those who have passed.
    pub answer: Option<String>,
    /// How a run of it is checked, expected values included. Never leaves the server; JSON, written by the sync.
    pub task: Vec<u8>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

crate::row!(Model, course CourseId, {
    id: Id,
    screen_id: ScreenId,
    course_id: CourseId,
    language: Language,
    instructions_html: InstructionsHtml,
    hints: Hints,
    starting_code: StartingCode,
    answer: Answer,
    task: Task,
});

/// Whoever may see its screen.
impl Viewable for Entity {
    fn arms(scope: &ViewerScope) -> Vec<Arm> {
        let screens = |arm: Arm| {
            let keys =
                Query::select().column(screen::Column::Id).from(screen::Entity).cond_where(arm.condition()).to_owned();
            Arm::of(Column::ScreenId.in_subquery(keys))
        };
        screen::Entity::arms(scope).into_iter().map(screens).collect()
    }
}

crate::to_many! {
    /// From a screen to its exercise.
    OfScreen: screen::Model => Model, same_course, ScreenId |row| row.screen_id, Id |row| row.id
}

crate::to_one! {
    /// From an exercise to its screen.
    On: Model => screen::Model, ScreenId |row| Some(row.screen_id)
}
