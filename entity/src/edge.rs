//! Edges of the graph: how rows of one type lead to rows of another. Declared beside the row that is reached, read by [plans](crate::plan).

use std::fmt::Debug;
use std::hash::Hash;

use sea_orm::Order;
use sea_orm::sea_query::Condition;

use crate::row::{ColumnOf, Row};
use crate::viewer::ViewerScope;

/// From a row to the rows that belong to it.
pub trait ToMany: Copy + Debug + Eq + Hash + Send + Sync + 'static {
    /// Where the edge begins.
    type Parent: Row;
    /// What it leads to.
    type Child: Row;
    /// The child's column that holds the parent's key.
    const PARENT: ColumnOf<Self::Child>;
    /// The order of the children: a column in which those of one parent differ.
    const PLACE: ColumnOf<Self::Child>;
    /// Which of the children somebody may choose, and in which order; nothing where there is no choice.
    type Choice: Clone + Debug + Default + Eq + Hash + Send + Sync;
    /// Whether a child is always of the course that its parent is of. Then rights are asked of the parent's course.
    const SAME_COURSE: bool = false;

    /// The parent's key.
    fn parent(child: &Self::Child) -> i64;

    /// Its place in the order.
    fn place(child: &Self::Child) -> i64;

    /// Which of the children are meant, beyond what the viewer may see.
    #[must_use]
    fn meant(_choice: &Self::Choice, _scope: &ViewerScope) -> Condition {
        Condition::all()
    }

    /// Which way their order goes.
    #[must_use]
    fn order(_choice: &Self::Choice) -> Order {
        Order::Asc
    }
}

/// From a row to another that it names.
pub trait ToOne: Copy + Debug + Eq + Hash + Send + Sync + 'static {
    /// Where the edge begins.
    type Parent: Row;
    /// What it leads to.
    type Child: Row;
    /// The parent's column that holds the child's key.
    const CHILD: ColumnOf<Self::Parent>;

    /// The child's key.
    fn child(parent: &Self::Parent) -> Option<i64>;
}
