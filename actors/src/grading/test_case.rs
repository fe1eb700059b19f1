//! A test of an assignment: what is done to the program, what should come of it, and what that is worth.

use entity::points::Points;
use serde::{Deserialize, Serialize};

/// One test. Tests are independent: each runs in a sandbox of its own.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TestCase {
    /// Shown to students, also for a hidden test; unique in its assignment.
    pub name: String,
    /// What passing is worth. There are no points for passing in part.
    pub points: Points,
    /// Students learn whether they passed and nothing else.
    pub hidden: bool,
    /// Seconds of processor time, 1 to 60, as in a plan.
    pub timeout_s: u8,
    pub kind: TestKind,
}

/// What a test does to the program.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "type")]
pub enum TestKind {
    Call(Call),
    Stdio(Stdio),
}

/// Calls one function of the program and compares what it returns.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Call {
    pub function: String,
    pub arguments: Vec<serde_json::Value>,
    /// JSON cannot say tuple, so a tuple that is returned is compared as a list.
    pub expect: serde_json::Value,
}

/// Runs the program and compares what it prints.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Stdio {
    #[serde(default)]
    pub arguments: Vec<String>,
    #[serde(default)]
    pub stdin: String,
    pub stdout: String,
}

#[cfg(test)]
mod tests {
    use super::TestCase;
    use serde_json::json;

    #[test]
    fn is_stored_flat() {
        let json = json!({
            "name": "small", "points": "2.5", "hidden": false, "timeout_s": 10,
            "kind": {"type": "call", "function": "area", "arguments": [2, 3.0], "expect": {"a": [null]}},
        });
        let test: TestCase = serde_json::from_value(json.clone()).expect("a test");
        assert_eq!(serde_json::to_value(&test).expect("it can be written"), json);
    }
}
