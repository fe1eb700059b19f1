//! The comparison against its tables, and laws that hold for any value.

use proptest::prelude::*;
use serde_json::json;

use super::difference;
use crate::grading::value::{Float, Value};

fn values() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::None),
        any::<bool>().prop_map(Value::Bool),
        (-3i64..3).prop_map(|n| Value::Int(n.to_string())),
        prop_oneof![any::<f64>(), Just(f64::NAN), Just(0.0), Just(-0.0), Just(1.0), Just(1.0 + 1e-12)]
            .prop_map(|x| Value::Float(Float(x))),
        "[ab]{0,2}".prop_map(Value::Str),
        "[ab]{0,2}".prop_map(|repr| Value::Object { of: "thing".into(), repr }),
    ];
    leaf.prop_recursive(3, 24, 4, |inner| {
        let many = prop::collection::vec(inner.clone(), 0..4);
        prop_oneof![
            many.clone().prop_map(Value::List),
            many.clone().prop_map(Value::Tuple),
            many.clone().prop_map(Value::Set),
            many.prop_map(Value::Frozenset),
            prop::collection::vec((inner.clone(), inner), 0..4).prop_map(Value::Dict),
        ]
    })
}

proptest! {
    #[test]
    fn every_value_equals_itself(value in values()) {
        prop_assert_eq!(difference(&value, &value), None);
    }

    #[test]
    fn neither_side_is_special(a in values(), b in values()) {
        prop_assert_eq!(difference(&a, &b).is_none(), difference(&b, &a).is_none());
    }

    #[test]
    fn storing_changes_nothing(value in values()) {
        let text = serde_json::to_string(&value).expect("it can be written");
        let stored: Value = serde_json::from_str(&text).expect("it can be read");
        prop_assert_eq!(difference(&value, &stored), None);
    }

    #[test]
    fn sets_have_no_order(items in prop::collection::vec(values(), 0..5)) {
        let reversed = items.iter().rev().cloned().collect();
        prop_assert_eq!(difference(&Value::Set(items), &Value::Set(reversed)), None);
    }
}

fn float(x: f64) -> Value {
    Value::Float(Float(x))
}

fn object(of: &str, repr: &str) -> Value {
    Value::Object { of: of.into(), repr: repr.into() }
}

fn json(value: serde_json::Value) -> Value {
    Value::from(&value)
}

#[test]
fn what_is_the_same() {
    let same = [
        (float(0.1 + 0.2), float(0.3)),
        (float(f64::NAN), float(f64::NAN)),
        (float(f64::INFINITY), float(f64::INFINITY)),
        (float(0.0), float(-0.0)),
        (float(1e300), float(1e300 * (1.0 + 1e-12))),
        (json(json!({"a": 1, "b": 2})), json(json!({"b": 2, "a": 1}))),
        (json(json!({"a": [0.30000000000000004]})), json(json!({"a": [0.3]}))),
        (Value::Set(vec![float(0.3), float(0.1)]), Value::Set(vec![float(0.1), float(0.1 + 0.2)])),
        (object("function", "<function f at 0x7f00aa>"), object("function", "<function f at 0x55bb>")),
        (Value::Cycle(1), Value::Cycle(1)),
    ];
    for (a, b) in same {
        assert_eq!(difference(&a, &b), None);
        assert_eq!(difference(&b, &a), None);
    }
}

#[test]
fn what_is_not_the_same() {
    let different = [
        (json(json!(1)), json(json!(true)), "`x` should be 1 (int), but it is True (bool)"),
        (json(json!(1)), json(json!(1.0)), "`x` should be 1 (int), but it is 1.0 (float)"),
        (json(json!(6)), json(json!("6")), "`x` should be 6 (int), but it is '6' (str)"),
        (json(json!(0)), json(json!(null)), "`x` should be 0 (int), but it is None"),
        (float(1.0), float(1.0 + 1e-8), "`x` should be 1.0 (float), but it is 1.00000001 (float)"),
        (float(0.0), float(1e-300), "`x` should be 0.0 (float), but it is 1e-300 (float)"),
        (float(f64::INFINITY), float(f64::MAX), "`x` should be inf (float), but it is 1.7976931348623157e308 (float)"),
        (float(f64::NAN), float(0.0), "`x` should be nan (float), but it is 0.0 (float)"),
        (json(json!([1, [2, 3]])), json(json!([1, [2, 4]])), "`x[1][1]` should be 3 (int), but it is 4 (int)"),
        (json(json!([1])), json(json!([])), "`x` should have 1 element, but it has 0"),
        (
            json(json!({"a": {"b": 1}})),
            json(json!({"a": {"b": 2}})),
            "`x['a']['b']` should be 1 (int), but it is 2 (int)",
        ),
        (json(json!({"a": 1})), json(json!({"b": 1})), "`x` should be {'a': 1} (dict), but it is {'b': 1} (dict)"),
        (json(json!([])), Value::Tuple(vec![]), "`x` should be [] (list), but it is () (tuple)"),
        (Value::Set(vec![]), Value::Frozenset(vec![]), "`x` should be set() (set), but it is frozenset() (frozenset)"),
        (object("A", "A()"), object("B", "A()"), "`x` should be A() (A), but it is A() (B)"),
        (
            Value::Beyond("list".into()),
            Value::Beyond("list".into()),
            "`x` should be too large to be compared (list), but it is too large to be compared (list)",
        ),
        (
            Value::Cycle(1),
            Value::Cycle(2),
            "`x` should be ... (a reference to itself), but it is ... (a reference to itself)",
        ),
    ];
    for (a, b, sentence) in different {
        assert_eq!(difference(&a, &b).map(|found| found.sentence("x")).as_deref(), Some(sentence));
        assert!(difference(&b, &a).is_some());
    }
}
