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
    const SAME_COURSE: bool;

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

/// Declares an edge to many, such as `to_many! { /// What it is. Name: Parent => Child, same_course, ParentId |row| row.parent_id, Id |row| row.id }`:
/// the child's columns for the parent's key and for the place in the order, each with how it is read. `same_course` says that a child
/// is always of the course that its parent is of, `any_course` that it need not be. What there is to choose follows behind a
/// semicolon, as the items of [`ToMany`] that say so.
#[macro_export]
macro_rules! to_many {
    (
        $(#[$doc:meta])* $name:ident: $parent:ty => $child:ty, $course:ident,
        $belongs:ident |$row:ident| $key:expr, $order:ident |$other:ident| $place:expr
    ) => {
        $crate::to_many! {
            $(#[$doc])* $name: $parent => $child, $course, $belongs |$row| $key, $order |$other| $place; { type Choice = (); }
        }
    };
    (
        $(#[$doc:meta])* $name:ident: $parent:ty => $child:ty, $course:ident,
        $belongs:ident |$row:ident| $key:expr, $order:ident |$other:ident| $place:expr; { $($choice:tt)* }
    ) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub struct $name;

        impl $crate::edge::ToMany for $name {
            type Parent = $parent;
            type Child = $child;
            const PARENT: Column = Column::$belongs;
            const PLACE: Column = Column::$order;
            const SAME_COURSE: bool = $crate::to_many!(@ $course);

            fn parent($row: &$child) -> i64 {
                $key
            }

            fn place($other: &$child) -> i64 {
                $place
            }

            $($choice)*
        }
    };
    (@ same_course) => { true };
    (@ any_course) => { false };
}

/// Declares an edge to one: `to_one! { /// What it is. Name: Parent => Child, ChildId |row| Some(row.child_id) }`, by the parent's column
/// for the child's key.
#[macro_export]
macro_rules! to_one {
    ($(#[$doc:meta])* $name:ident: $parent:ty => $child:ty, $column:ident |$row:ident| $key:expr) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub struct $name;

        impl $crate::edge::ToOne for $name {
            type Parent = $parent;
            type Child = $child;
            const CHILD: Column = Column::$column;

            fn child($row: &$parent) -> Option<i64> {
                $key
            }
        }
    };
}
