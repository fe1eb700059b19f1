//! `POST /check_output/`: what a program has written since, and whether it has ended.

use actors::execution::check_guest::check_guest;
use poem::Response;
use poem::http::StatusCode;
use serde_json::{Value, json};

use super::record::{MESSAGES, Places, polled};
use super::{Refusal, json_response, request};
use crate::http::Shared;

pub(super) async fn check(shared: &Shared, body: &Value) -> Result<Response, Refusal> {
    let (identifier, read) = request::checking(body)?;
    let checked = check_guest(&shared.deps, &identifier, read).await.map_err(Refusal::fault)?;
    let checked = checked.ok_or_else(|| Refusal::new(StatusCode::NOT_FOUND, "unknown identifier"))?;
    let places = Places::new(shared, &checked.language, checked.names);
    let output: Vec<Value> = checked.records.iter().map(|record| polled(record, &places)).collect();
    let answer = json!({
        "output": output,
        "status": checked.ended.unwrap_or(0),
        "completed": checked.ended.is_some(),
        "message": MESSAGES[usize::from(checked.ended.is_some())],
    });
    Ok(json_response(StatusCode::OK, &answer))
}
