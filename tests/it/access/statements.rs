//! Counts statements.
