//! The one JSON object of `run-sandboxed --json`.

use actors::execution::outcome::{Outcome, Step};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value, json};

use super::stream::Said;

/// What came of a run: at the top what is said of the last step, which decided; then all steps.
pub fn object(outcome: &Outcome, said: &Said) -> Value {
    let steps: Vec<Value> =
        (0..).zip(&outcome.steps).map(|(number, step)| Value::Object(about(step, said.0.get(&number)))).collect();
    let mut object = match steps.last() {
        Some(Value::Object(last)) => last.clone(),
        _ => Map::new(),
    };
    object.remove("name");
    let diagnostics: Vec<_> = outcome.steps.iter().flat_map(|step| &step.diagnostics).collect();
    object.insert("diagnostics".to_owned(), json!(diagnostics));
    object.insert("verdict".to_owned(), json!(outcome.verdict));
    object.insert("blame".to_owned(), json!(outcome.blame));
    object.insert("message".to_owned(), json!(outcome.message));
    object.insert("steps".to_owned(), Value::Array(steps));
    Value::Object(object)
}

/// Everything about one step.
fn about(step: &Step, said: Option<&[Vec<u8>; 2]>) -> Map<String, Value> {
    let mut object = Map::new();
    object.insert("name".to_owned(), json!(step.name));
    object.insert("class".to_owned(), json!(step.class));
    if let Ok(Value::Object(evidence)) = serde_json::to_value(&step.evidence) {
        object.extend(evidence);
    }
    let nothing = [Vec::new(), Vec::new()];
    for (name, bytes) in ["stdout", "stderr"].into_iter().zip(said.unwrap_or(&nothing)) {
        object.insert(name.to_owned(), json!(String::from_utf8_lossy(bytes)));
        if std::str::from_utf8(bytes).is_err() {
            object.insert(format!("{name}_base64"), json!(STANDARD.encode(bytes)));
        }
    }
    object.insert("cached".to_owned(), json!(step.cached));
    object.insert("diagnostics".to_owned(), json!(step.diagnostics));
    object
}
