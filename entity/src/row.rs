//! Rows as they are read: which columns of which table, by place and not by name.
//!
//! A list of a hundred rows is a thousand values; to look each up by its name would take longer than to make them. And a list rarely
//! needs what is large, so a table may have several row types: a narrow one for lists, and one for what is asked for on its own.

use std::slice;

use sea_orm::sea_query::ColumnType;
use sea_orm::{ColumnTrait, DbErr, EntityTrait, QueryResult, TryGetable};

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

    /// What the columns are called, and of which type they are.
    fn header() -> &'static [Head];

    /// Makes a row of its columns.
    ///
    /// # Errors
    /// When a value is not of the column's type.
    fn read(cells: &mut Cells<'_>) -> Result<Self, DbErr>;

    /// Its key.
    fn key(&self) -> i64;
}

/// The values of a row of an answer, one after the other.
#[derive(Debug)]
pub struct Cells<'r> {
    row: &'r QueryResult,
    places: slice::Iter<'r, usize>,
}

impl<'r> Cells<'r> {
    /// The values at these places.
    #[must_use]
    pub fn new(row: &'r QueryResult, places: &'r [usize]) -> Self {
        Self { row, places: places.iter() }
    }

    /// The next value.
    ///
    /// # Errors
    /// When it is of another type, or there is none.
    #[expect(clippy::should_implement_trait, reason = "each is of another type")]
    pub fn next<T: TryGetable>(&mut self) -> Result<T, DbErr> {
        let place = self.places.next().ok_or_else(|| DbErr::Type("a row of too few columns".to_owned()))?;
        self.row.try_get_by_index(*place)
    }
}

/// A column.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Head {
    pub name: &'static str,
    /// What PostgreSQL calls its type.
    pub kind: &'static str,
}

impl Head {
    #[must_use]
    pub fn of(column: &impl ColumnTrait) -> Self {
        Self { name: column.as_str(), kind: kind(column.def().get_column_type()) }
    }
}

fn kind(of: &ColumnType) -> &'static str {
    match of {
        ColumnType::BigInteger => "bigint",
        ColumnType::Integer => "integer",
        ColumnType::SmallInteger => "smallint",
        ColumnType::Boolean => "boolean",
        ColumnType::Json | ColumnType::JsonBinary => "jsonb",
        ColumnType::Binary(_) | ColumnType::VarBinary(_) | ColumnType::Blob => "bytea",
        _ => "text",
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

            fn header() -> &'static [$crate::row::Head] {
                static HEADER: std::sync::LazyLock<Vec<$crate::row::Head>> = std::sync::LazyLock::new(|| {
                    <$row as $crate::row::Row>::COLUMNS.iter().map($crate::row::Head::of).collect()
                });
                &HEADER
            }

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
