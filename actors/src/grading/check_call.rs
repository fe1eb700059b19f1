//! Whether a function returned what a test expects.

use super::compare;
use super::excerpt::excerpt;
use super::report::{DETAIL, cut};
use super::test_case::Call;
use super::value::Value;

/// The call as one would write it: `area(2, 3)`.
#[must_use]
pub fn name(call: &Call) -> String {
    let arguments: Vec<_> = call.arguments.iter().map(|argument| Value::from(argument).to_string()).collect();
    excerpt(&format!("{}({})", call.function, arguments.join(", ")))
}

/// A sentence about the first difference, or none if `got` is what is expected.
#[must_use]
pub fn check(call: &Call, got: Value) -> Option<String> {
    compare::difference(&Value::from(&call.expect), &got.without_tuples()).map(|found| found.sentence(&name(call)))
}

/// Both values, whole as far as a message goes.
#[must_use]
pub fn whole(call: &Call, got: &Value) -> String {
    let value = |value: &Value| cut(&value.to_string(), DETAIL / 2);
    format!("Expected:\n    {}\nCame:\n    {}", value(&Value::from(&call.expect)), value(got))
}

#[cfg(test)]
mod tests {
    use super::{Call, check};
    use crate::grading::value::Value;
    use serde_json::json;

    #[test]
    fn says_what_the_call_should_give() {
        let call = |expect| Call { function: "split".into(), arguments: vec![json!("a b"), json!(2)], expect };
        let pair = Value::Tuple(vec![Value::Str("a".into()), Value::Str("b".into())]);
        assert_eq!(check(&call(json!(["a", "b"])), pair.clone()), None);
        assert_eq!(
            check(&call(json!(["a", "c"])), pair).as_deref(),
            Some("`split('a b', 2)[1]` should be 'c' (str), but it is 'b' (str)")
        );
    }
}
