//! `POST /run_program/`: has a program built, run or proved, and answers with the identifier under which its output is found.

use actors::execution::program_input::ProgramCode;
use actors::execution::run_program::{Visiting, run_guest_program};
use actors::problem::{Problem, Refused};
use poem::Response;
use poem::http::StatusCode;
use serde_json::{Value, json};

use super::{Refusal, json_response, request};
use crate::http::Shared;

pub(super) async fn run(shared: &Shared, origin: &str, body: &Value) -> Result<Response, Refusal> {
    let Visiting { identifier, .. } = start(shared, origin, body).await?;
    Ok(json_response(StatusCode::OK, &json!({ "identifier": identifier, "message": "Pending" })))
}

/// Starts what the object of a page asks for.
pub(super) async fn start(shared: &Shared, origin: &str, body: &Value) -> Result<Visiting, Refusal> {
    let input = request::page(body, true)?.input();
    let started = run_guest_program(&shared.deps, origin, shared.guests_per_address, input).await;
    started.map_err(|problem| match problem {
        Problem::Refused(refused) => refusal(refused),
        Problem::Fault(fault) => Refusal::fault(fault),
    })
}

/// The same refusal in the words of this door.
pub(super) fn refusal(refused: Refused<ProgramCode>) -> Refusal {
    if refused.code == ProgramCode::Busy {
        return Refusal::busy(refused.message);
    }
    let word = |part: String| if part == "name" { "basename".to_owned() } else { part };
    Refusal::key(refused.path.into_iter().map(word).collect(), refused.message)
}
