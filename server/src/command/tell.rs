//! What problems of a mutation look like on the command line.

use serde_json::Value;

use super::CommandError;

/// The payload of a mutation; its first problem as an error.
///
/// # Errors
/// When there is a problem.
pub fn payload(answer: &Value, mutation: &str) -> Result<Value, CommandError> {
    let payload = &answer[mutation];
    match payload["problems"].as_array().and_then(|problems| problems.first()) {
        Some(problem) => Err(CommandError::told(problem["message"].as_str().unwrap_or("refused").to_owned())),
        None => Ok(payload.clone()),
    }
}
