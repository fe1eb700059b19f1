//! The lanes by name, for kinds to say where they are worked.

use crate::lane::Size;

/// All lanes with their sizes, given the number of programs that are to run at the same time.
#[must_use]
pub fn all(programs: usize) -> [(&'static str, Size); 4] {
    let programs = programs.max(1);
    let execution = Size { slots: programs, express: express(programs) };
    [(CONTENT, Size::of(1)), (EXECUTION, execution), (HOUSEKEEPING, Size::of(1)), (MAIL, Size::of(1))]
}

/// How many slots a lane of clicks has beside the others: a quarter, and at least one, so that a click is never behind what nobody
/// waits for.
#[must_use]
pub fn express(slots: usize) -> usize {
    slots.div_ceil(4)
}

/// The lanes of which some jobs run programs in the sandbox.
pub const IN_THE_SANDBOX: [&str; 2] = [CONTENT, EXECUTION];

/// Reading and checking the folder of notebooks. One slot: missions are stored in the order of their numbers.
pub const CONTENT: &str = "content";
/// Running programs.
pub const EXECUTION: &str = "execution";
/// Keeping the place tidy.
pub const HOUSEKEEPING: &str = "housekeeping";
/// Sending letters.
pub const MAIL: &str = "mail";
