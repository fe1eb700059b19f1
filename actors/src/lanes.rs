//! The lanes by name, for kinds to say where they are worked.

/// All lanes with the number of their slots, given the number of processors.
#[must_use]
pub fn all(processors: usize) -> [(&'static str, usize); 4] {
    [(CONTENT, 1), (EXECUTION, processors.max(1)), (HOUSEKEEPING, 1), (MAIL, 1)]
}

/// Reading and checking the folder of notebooks. One slot: missions are stored in the order of their numbers.
pub const CONTENT: &str = "content";
/// Running programs.
pub const EXECUTION: &str = "execution";
/// Keeping the place tidy.
pub const HOUSEKEEPING: &str = "housekeeping";
/// Sending letters.
pub const MAIL: &str = "mail";
