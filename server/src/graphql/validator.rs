//! Whether a document is valid: every rule of the specification, by Apollo's compiler. The library that executes documents knows a part of
//! them, and takes longer for it.
//!
//! What comes here has passed the [limits](super::limits), so neither its depth nor its size matters.

mod lists;
mod values;

use apollo_compiler::Schema;
use apollo_compiler::parser::{LineColumn, Parser};
use apollo_compiler::response::GraphQLError;
use apollo_compiler::validation::{DiagnosticList, Valid, WithErrors};
use async_graphql::{Pos, ServerError};

use super::answer;
use super::error::Code;

/// Faults of a document that are told at once.
pub const TOLD: usize = 20;

/// A schema that documents are held against.
pub struct Validator(Valid<Schema>);

impl Validator {
    /// For a schema that is written down.
    #[must_use]
    pub fn of(sdl: &str) -> Self {
        Self(Schema::parse_and_validate(sdl, "schema.graphql").unwrap_or_else(|broken| {
            tracing::error!(errors = %broken.errors, "the schema breaks rules of the language");
            Valid::assume_valid(broken.partial)
        }))
    }

    /// What is wrong with a document, in its order: the first of all faults, and how many more there are.
    #[must_use]
    pub fn faults(&self, text: &str) -> Vec<ServerError> {
        let document = match Parser::new().parse_ast(text, "document") {
            Ok(document) => document,
            // What cannot be read has one fault: the others follow from it.
            Err(WithErrors { errors, .. }) => return told(text, &errors, 1),
        };
        let (mut faults, all) = match document.to_executable_validate(&self.0) {
            Ok(document) => {
                let faults = [values::faults(&self.0, &document), lists::faults(&document)].concat();
                let all = faults.len();
                (faults, all)
            }
            Err(WithErrors { errors, .. }) => (told(text, &errors, TOLD), errors.len()),
        };
        answer::sort(&mut faults);
        faults.truncate(TOLD);
        let more = all.saturating_sub(TOLD);
        if more > 0 {
            faults.push(fault(format!("There are {more} more like these."), []));
        }
        faults
    }
}

/// The first of them, which are never none: what has no faults is executed. To find the place of each, the document before it is looked
/// through.
fn told(text: &str, errors: &DiagnosticList, most: usize) -> Vec<ServerError> {
    let (mut faults, mut echoes) = (Vec::new(), Vec::new());
    for error in errors.iter().take(most) {
        let GraphQLError { message, locations, .. } = error.to_json();
        let end = error.line_column_range().map(|range| range.end);
        let told = if is_echo(text, &message, end) { &mut echoes } else { &mut faults };
        told.push(fault(sentence(&message), locations));
    }
    if faults.is_empty() { echoes } else { faults }
}

/// Whether it says that a field has no selection because there is nothing in it that could be understood.
fn is_echo(text: &str, message: &str, end: Option<LineColumn>) -> bool {
    let last = || text.lines().nth(end?.line.checked_sub(1)?)?.chars().nth(end?.column.checked_sub(2)?);
    message.ends_with("must have a subselection set") && last() == Some('}')
}

fn fault(message: String, places: impl IntoIterator<Item = LineColumn>) -> ServerError {
    let mut fault = ServerError::new(message, None);
    fault.locations = places.into_iter().map(|LineColumn { line, column }| Pos { line, column }).collect();
    fault.extensions.get_or_insert_default().set("code", Code::InvalidDocument);
    fault
}

/// What the compiler says, as a sentence.
fn sentence(said: &str) -> String {
    let mut letters = said.chars();
    let first = letters.next().map(|first| first.to_ascii_uppercase());
    first.into_iter().chain(letters).chain(['.']).collect()
}

#[cfg(test)]
mod tests;
