//! Rows as they are read: which columns of which table, by place and not by name.
//!
//! A list of a hundred rows is a thousand values; to look each up by its name would take longer than to make them. And a list rarely
//! needs what is large, so a table may have several row types: a narrow one for lists, and one for what is asked for on its own.

use sea_orm::{DbErr, EntityTrait, QueryResult, TryGetable};

use crate::visible::Viewable;

/// The columns of a table.
pub type ColumnOf<R> = <<R as Row>::Entity as EntityTrait>::Column;

/// A row, or a part of it. Declared by [`row!`](crate::row!).
pub trait Row: Clone + Send + Sync + Sized + 'static {
    /// The table, and who may see its rows.
    type Entity: Viewable;
    /// What is read.
    const COLUMNS: &'static [ColumnOf<Self>];
    /// The key.
    const KEY: ColumnOf<Self>;
    /// The course that a row belongs to, if the table has one.
    const COURSE: Option<ColumnOf<Self>>;

    /// Makes a row of its columns.
    ///
    /// # Errors
    /// When a value is not of the column's type.
    fn read(cells: &mut Cells<'_>) -> Result<Self, DbErr>;

    /// Its key.
    fn key(&self) -> i64;
}

/// The values of a row of an answer, from left to right.
#[derive(Debug)]
pub struct Cells<'r> {
    row: &'r QueryResult,
    next: usize,
}

impl<'r> Cells<'r> {
    /// The values from this place on.
    #[must_use]
    pub fn new(row: &'r QueryResult, first: usize) -> Self {
        Self { row, next: first }
    }

    /// The next value.
    ///
    /// # Errors
    /// When it is of another type, or there is none.
    #[expect(clippy::should_implement_trait, reason = "each is of another type")]
    pub fn next<T: TryGetable>(&mut self) -> Result<T, DbErr> {
        let place = self.next;
        self.next += 1;
        self.row.try_get_by_index(place)
    }
}

/// Declares which columns a row type is read from: `row!(Model of Entity, course CourseId, { id: Id, title: Title });`. The key is the
/// column `Id`.
#[macro_export]
macro_rules! row {
    ($row:ty, $(course $course:ident,)? { $($field:ident: $column:ident),+ $(,)? }) => {
        impl $crate::row::Row for $row {
            type Entity = Entity;
            const COLUMNS: &'static [Column] = &[$(Column::$column),+];
            const KEY: Column = Column::Id;
            const COURSE: Option<Column> = $crate::row!(@course $($course)?);

            fn read(cells: &mut $crate::row::Cells<'_>) -> Result<Self, sea_orm::DbErr> {
                Ok(Self { $($field: cells.next()?),+ })
            }

            fn key(&self) -> i64 {
                self.id
            }
        }
    };
    (@course) => { None };
    (@course $course:ident) => { Some(Column::$course) };
}
