//! Panics, in the log of whoever caused them: an error like others, with its place in our code.

use std::any::Any;
use std::panic::{Location, PanicHookInfo};

/// Logs a panic.
pub fn tell(panic: &PanicHookInfo<'_>) {
    let place = panic.location();
    let file = place.map_or("", |place| file(place.file()));
    let line = place.map_or(0, Location::line);
    let said = said(panic).unwrap_or("not shown: it may quote what was sent");
    tracing::error!(panic.file = file, panic.line = line, panic.said = said, "something panicked");
}

/// What was said, if it was written in the program. What was put together may quote what people sent.
fn said<'p>(panic: &'p PanicHookInfo<'_>) -> Option<&'p str> {
    let words: &(dyn Any + Send) = panic.payload();
    words.downcast_ref::<&'static str>().copied()
}

/// A file, from its crate on: where it was built is nobody's business.
fn file(path: &str) -> &str {
    let crates =
        path.rfind("/registry/src/").and_then(|at| path[at..].match_indices('/').nth(3).map(|(to, _)| at + to + 1));
    &path[crates.unwrap_or(0)..]
}

#[cfg(test)]
mod tests {
    use super::file;

    #[test]
    fn files_begin_at_their_crate() {
        assert_eq!(file("server/src/app.rs"), "server/src/app.rs");
        assert_eq!(file("/root/.cargo/registry/src/index.net-1/poem-3/src/lib.rs"), "poem-3/src/lib.rs");
    }
}
