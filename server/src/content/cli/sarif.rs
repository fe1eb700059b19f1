//! Diagnostics as SARIF 2.1.0, the form that editors and code hosts show in place.

use std::collections::BTreeSet;
use std::path::Path;

use actors::content::format::{Diagnostic, Rule};
use serde_json::{Value, json};

use super::source::place;

/// A log with one run.
pub(super) fn log(root: &Path, diagnostics: &[Diagnostic]) -> Value {
    let broken: BTreeSet<&str> = diagnostics.iter().map(|diagnostic| diagnostic.rule.name()).collect();
    let rules = Rule::ALL.iter().filter(|rule| broken.contains(rule.name()));
    let rules: Vec<Value> = rules
        .map(|rule| json!({ "id": rule.name(), "defaultConfiguration": { "level": rule.severity().to_string() } }))
        .collect();
    let results: Vec<Value> = diagnostics.iter().map(|diagnostic| result(root, diagnostic)).collect();
    json!({
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": { "driver": { "name": "lectern", "version": env!("CARGO_PKG_VERSION"), "rules": rules } },
            "results": results,
        }],
    })
}

fn result(root: &Path, diagnostic: &Diagnostic) -> Value {
    let message = match diagnostic.hint.as_str() {
        "" => diagnostic.message.clone(),
        hint => format!("{} ({hint})", diagnostic.message),
    };
    let mut result = json!({
        "ruleId": diagnostic.rule.name(),
        "level": diagnostic.severity.to_string(),
        "message": { "text": message },
    });
    if !diagnostic.file.is_empty() {
        let mut location = json!({ "physicalLocation": { "artifactLocation": { "uri": uri(&diagnostic.file) } } });
        if let Some(found) = place(root, diagnostic) {
            location["physicalLocation"]["region"] = json!({ "startLine": found.line });
        }
        if let Some(screen) = &diagnostic.screen {
            location["logicalLocations"] = json!([{ "name": screen, "kind": "object" }]);
        }
        result["locations"] = json!([location]);
    }
    result
}

/// A path as a relative reference: what means something in a URL stands by its number.
fn uri(path: &str) -> String {
    let plain = |byte: &u8| byte.is_ascii_alphanumeric() || b"/-._~".contains(byte);
    path.bytes().map(|byte| if plain(&byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") }).collect()
}
