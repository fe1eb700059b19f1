//! The errors of an answer that were not made here: the library's own, and whatever a resolver let through. None of them may tell
//! more than it should, and each has a code.

use async_graphql::{ServerError, Value};

use super::error::{self, Code};

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
