//! The exercise of a code screen.

use sea_orm::sea_query::Query;
use sea_orm::{
    ActiveModelBehavior, ColumnTrait, DeriveEntityModel, DerivePrimaryKey, DeriveRelation, EntityTrait, EnumIter,
    PrimaryKeyTrait,
};

use super::concept::Names;
use super::screen;
use crate::edge::{ToMany, ToOne};
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

/// From a screen to its exercise.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct OfScreen;

impl ToMany for OfScreen {
    type Parent = screen::Model;
    type Child = Model;
    type Choice = ();
    const PARENT: Column = Column::ScreenId;
    const PLACE: Column = Column::Id;
    const SAME_COURSE: bool = true;

    fn parent(row: &Model) -> i64 {
        row.screen_id
    }

    fn place(row: &Model) -> i64 {
        row.id
    }
}

/// From an exercise to its screen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct On;

impl ToOne for On {
    type Parent = Model;
    type Child = screen::Model;
    const CHILD: Column = Column::ScreenId;

    fn child(row: &Model) -> Option<i64> {
        Some(row.screen_id)
    }
}
