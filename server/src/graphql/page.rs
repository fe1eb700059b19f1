//! Pages of lists: Relay connections, forward, with a cursor that stays good while rows come and go.

use async_graphql::connection::{Connection, Edge, OpaqueCursor};
use async_graphql::{ContainerType, Context, Result};
use entity::plan::Span;

use super::ahead::peeks;
use super::error;
use super::quick::{Listed, Pages, Quick};

/// The cost of what keeps the site busy for a while: a request may ask for a few of them, however it calls them.
pub const HEAVY: usize = 10_000;
/// Entries of a page when the query does not say.
pub const DEFAULT: i32 = 20;
/// The most entries of a page.
pub const MAX: i32 = 100;

/// A cursor: the place of an entry in the order of its list.
pub type Cursor = OpaqueCursor<i64>;

/// Which entries are wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Page {
    /// Those behind this place.
    pub after: Option<i64>,
    /// At most so many; all without.
    first: Option<u64>,
    /// Whether somebody asks if there are more.
    peeks: bool,
}

impl Page {
    /// All entries of a list that something else bounds.
    pub const ALL: Self = Self { after: None, first: None, peeks: false };
    /// The only entry.
    pub const ONLY: Self = Self { after: None, first: Some(1), peeks: false };

    /// The page that a field asks for.
    ///
    /// # Errors
    /// When `first` is not between 0 and 100, or `after` is not a cursor.
    pub fn parse(ctx: &Context<'_>, first: Option<i32>, after: Option<&str>) -> Result<Self> {
        Self::read(first, after, peeks(&ctx.field()))
    }

    /// The page of these arguments. `peeks` is whether somebody asks if there are more, which costs one entry.
    ///
    /// # Errors
    /// When `first` is not between 0 and 100, or `after` is not a cursor.
    pub fn read(first: Option<i32>, after: Option<&str>, peeks: bool) -> Result<Self> {
        let first = first.unwrap_or(DEFAULT);
        if !(0..=MAX).contains(&first) {
            return Err(error::bad_input(format!("`first` is {first}; it must be between 0 and {MAX}.")));
        }
        let after = after.map(cursor).transpose()?;
        Ok(Self { after, first: u64::try_from(first).ok(), peeks })
    }

    /// How many entries were asked for; all when nobody said.
    #[must_use]
    pub fn wanted(&self) -> u64 {
        self.first.unwrap_or(u64::MAX)
    }

    /// How many rows to read: one more than wanted, if somebody asks whether there are more.
    #[must_use]
    pub fn limit(&self) -> u64 {
        self.wanted().saturating_add(u64::from(self.peeks))
    }

    /// The same for a plan.
    #[must_use]
    pub fn span(&self) -> Span {
        Span { after: self.after, limit: self.first.map(|_| self.limit()) }
    }

    /// The connection of rows that were read with [`limit`](Self::limit).
    pub fn connection<R, T: ContainerType>(
        &self,
        mut rows: Vec<R>,
        place: impl Fn(&R) -> i64,
        node: impl Fn(R) -> T,
    ) -> Pages<T> {
        let wanted = usize::try_from(self.wanted()).unwrap_or(usize::MAX);
        let more = rows.len() > wanted;
        rows.truncate(wanted);
        let mut connection = Connection::new(self.after.is_some(), more);
        connection.edges.extend(rows.into_iter().map(|row| Edge::new(OpaqueCursor(place(&row)), Quick(node(row)))));
        Quick(Listed(connection))
    }
}

/// The place that a cursor names.
fn cursor(text: &str) -> Result<i64> {
    use async_graphql::connection::CursorType as _;
    let wrong = |_| {
        error::bad_input("`after` is not a cursor of this list: pass an `endCursor` or a `cursor` that you were given.")
    };
    OpaqueCursor::<i64>::decode_cursor(text).map(|cursor| cursor.0).map_err(wrong)
}

/// The cost of a connection: its fields once for each entry that was asked for.
#[must_use]
pub fn cost(first: Option<i32>, child: usize) -> usize {
    let first = usize::try_from(first.unwrap_or(DEFAULT).clamp(0, MAX)).unwrap_or_default();
    child.saturating_mul(first).saturating_add(1)
}
