//! The errors of an answer that were not made here: the library's own, and whatever a resolver let through. None of them may tell
//! more than it should, and each has a code.

use async_graphql::{PathSegment, ServerError, Value};

use super::error::{self, Code};

/// Brings errors into the order of the document and of what it led to, whichever of them came first, each once. Those of no place are last.
pub(super) fn sort(errors: &mut Vec<ServerError>) {
    if errors.len() < 2 {
        return;
    }
    errors.sort_by_cached_key(|error| {
        let places: Vec<_> = error.locations.iter().map(|place| (place.line, place.column)).collect();
        let path = error.path.iter().map(|step| match step {
            PathSegment::Field(name) => (0, name.clone()),
            PathSegment::Index(place) => (*place, String::new()),
        });
        (places.is_empty(), places, path.collect::<Vec<_>>(), error.message.clone())
    });
    errors.dedup_by(|one, other| {
        one.message == other.message && one.locations == other.locations && one.path == other.path
    });
}

/// Gives an error its code and its words; the code.
pub(super) fn settle(error: &mut ServerError) -> Code {
    if is_of_parser(&error.message) {
        error.message = parse_failure(error);
    }
    let given = error.extensions.as_ref().and_then(|extensions| extensions.get("code"));
    if let Some(Value::String(code)) = given {
        // One that somebody else knows is theirs to explain.
        return Code::read(code).unwrap_or(Code::BadInput);
    }
    let code = code_of(error);
    match code {
        Code::Internal => {
            let told = error::internal(&error.message);
            error.message = told.message;
            error.extensions = told.extensions;
            error.source = None;
        }
        _ => error.extensions.get_or_insert_default().set("code", code),
    }
    code
}

fn code_of(error: &ServerError) -> Code {
    let message = error.message.as_str();
    if error.source.is_some() || message.starts_with("internal:") {
        // What a resolver let through with `?`, or an answer that the schema does not allow: causes, not for clients.
        Code::Internal
    } else if !error.path.is_empty() {
        Code::BadInput
    } else if message.starts_with("Query is too complex") || message.starts_with("Query is nested too deep") {
        Code::TooComplex
    } else {
        Code::InvalidDocument
    }
}

/// Whether it shows lines of the document, as the parser does.
fn is_of_parser(message: &str) -> bool {
    message.trim_start().starts_with("--> ")
}

/// What the parser expected, without the lines of the document that it shows.
fn parse_failure(error: &ServerError) -> String {
    let place = error.locations.first();
    let place = place.map(|place| format!(" at line {}, column {}", place.line, place.column)).unwrap_or_default();
    let expected = error.message.lines().rev().find_map(|line| line.trim().strip_prefix("= "));
    format!("The document cannot be read{place}: {}.", expected.unwrap_or("it is not GraphQL"))
}

#[cfg(test)]
mod tests {
    use async_graphql::{PathSegment, Pos, ServerError};

    use super::sort;

    fn error(message: &str, column: usize, index: usize) -> ServerError {
        let mut error = ServerError::new(message, Some(Pos { line: 1, column }));
        error.path = vec![PathSegment::Field("a".to_owned()), PathSegment::Index(index)];
        error
    }

    #[test]
    fn errors_come_as_the_document_has_them_and_each_once() {
        let mut errors = [("b", 4, 10), ("b", 4, 2), ("a", 9, 0), ("c", 4, 2), ("b", 4, 2), ("c", 4, 2), ("d", 1, 3)]
            .map(|(message, column, index)| error(message, column, index))
            .to_vec();
        sort(&mut errors);
        let told: Vec<_> = errors.iter().map(|error| error.message.as_str()).collect();
        assert_eq!(told, ["d", "b", "c", "b", "a"]);
    }
}
