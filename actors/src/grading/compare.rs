//! When two values are the same, and where they differ first.
//!
//! Same type (a bool is not an int), containers element by element, the order of dicts and sets ignored, floats within
//! 1e-9 of the larger one, NaN equal to NaN, anything else by its type and its `repr` without addresses.

use std::cmp::Ordering;

use super::value::{Float, Value};

/// Floats closer than this part of the larger one are the same.
const TOLERANCE: f64 = 1e-9;

/// The first place where a value is not what it should be.
#[derive(Clone, Debug, PartialEq)]
pub struct Difference {
    /// How to get there from the value's name, such as `[2]['a']`; empty for the value itself.
    pub path: String,
    pub kind: Kind,
}

/// What is wrong at that place.
#[derive(Clone, Debug, PartialEq)]
pub enum Kind {
    Value { expected: Value, got: Value },
    Length { expected: usize, got: usize },
}

impl Difference {
    /// A sentence about the value called `name`: "`total` should be 6 (int), but it is '6' (str)".
    #[must_use]
    pub fn sentence(&self, name: &str) -> String {
        let path = &self.path;
        match &self.kind {
            Kind::Value { expected, got } => {
                format!("`{name}{path}` should be {}, but it is {}", expected.described(), got.described())
            }
            Kind::Length { expected, got } => {
                format!("`{name}{path}` should have {}, but it has {got}", elements(*expected))
            }
        }
    }

    fn beneath(mut self, step: &str) -> Self {
        self.path.insert_str(0, step);
        self
    }
}

fn elements(count: usize) -> String {
    if count == 1 { "1 element".to_owned() } else { format!("{count} elements") }
}

/// The first difference between what was expected and what came, or none if they are the same.
#[must_use]
pub fn difference(expected: &Value, got: &Value) -> Option<Difference> {
    let same = match (expected, got) {
        (Value::List(a), Value::List(b)) | (Value::Tuple(a), Value::Tuple(b)) => return in_order(a, b),
        (Value::Set(a), Value::Set(b)) | (Value::Frozenset(a), Value::Frozenset(b)) => {
            a.len() == b.len() && sorted(a).iter().zip(sorted(b)).all(|(a, b)| difference(a, b).is_none())
        }
        (Value::Dict(a), Value::Dict(b)) => return by_key(expected, a, got, b),
        (Value::Float(Float(a)), Value::Float(Float(b))) => close(*a, *b),
        (Value::Object { of: a, repr: x }, Value::Object { of: b, repr: y }) => {
            a == b && without_addresses(x) == without_addresses(y)
        }
        (Value::Beyond(_), _) | (_, Value::Beyond(_)) => false,
        _ => expected == got,
    };
    if same { None } else { Some(whole(expected, got)) }
}

fn whole(expected: &Value, got: &Value) -> Difference {
    Difference { path: String::new(), kind: Kind::Value { expected: expected.clone(), got: got.clone() } }
}

fn in_order(expected: &[Value], got: &[Value]) -> Option<Difference> {
    if expected.len() != got.len() {
        return Some(Difference {
            path: String::new(),
            kind: Kind::Length { expected: expected.len(), got: got.len() },
        });
    }
    let mut pairs = expected.iter().zip(got).enumerate();
    pairs.find_map(|(index, (a, b))| Some(difference(a, b)?.beneath(&format!("[{index}]"))))
}

type Pairs = [(Value, Value)];

fn by_key(expected: &Value, a: &Pairs, got: &Value, b: &Pairs) -> Option<Difference> {
    if a.len() != b.len() {
        return Some(whole(expected, got));
    }
    for ((key, a), (other, b)) in sorted_by_key(a).into_iter().zip(sorted_by_key(b)) {
        if difference(key, other).is_some() {
            return Some(whole(expected, got));
        }
        if let Some(found) = difference(a, b) {
            return Some(found.beneath(&format!("[{key}]")));
        }
    }
    None
}

fn sorted(items: &[Value]) -> Vec<&Value> {
    let mut items: Vec<_> = items.iter().collect();
    items.sort_by(|a, b| order(a, b));
    items
}

fn sorted_by_key(pairs: &Pairs) -> Vec<(&Value, &Value)> {
    let mut pairs: Vec<_> = pairs.iter().map(|(key, value)| (key, value)).collect();
    pairs.sort_by(|(a, _), (b, _)| order(a, b));
    pairs
}

/// Some total order, in which floats that are the same stand at the same place, so that two sorted sets can be compared
/// side by side in both directions.
fn order(a: &Value, b: &Value) -> Ordering {
    match (a, b) {
        (Value::Float(Float(a)), Value::Float(Float(b))) => normal(*a).total_cmp(&normal(*b)),
        (Value::List(a), Value::List(b)) | (Value::Tuple(a), Value::Tuple(b)) => {
            let mut steps = a.iter().zip(b).map(|(a, b)| order(a, b));
            steps.find(|step| step.is_ne()).unwrap_or_else(|| a.len().cmp(&b.len()))
        }
        (Value::Set(a), Value::Set(b)) | (Value::Frozenset(a), Value::Frozenset(b)) => {
            let (a, b) = (sorted(a), sorted(b));
            let mut steps = a.iter().zip(&b).map(|(a, b)| order(a, b));
            steps.find(|step| step.is_ne()).unwrap_or_else(|| a.len().cmp(&b.len()))
        }
        (Value::Dict(a), Value::Dict(b)) => {
            let (a, b) = (sorted_by_key(a), sorted_by_key(b));
            let mut steps = a.iter().zip(&b).map(|(a, b)| order(a.0, b.0).then_with(|| order(a.1, b.1)));
            steps.find(|step| step.is_ne()).unwrap_or_else(|| a.len().cmp(&b.len()))
        }
        _ => a.type_name().cmp(b.type_name()).then_with(|| plain(a).cmp(&plain(b))),
    }
}

/// One NaN and one zero, whatever their sign.
fn normal(float: f64) -> f64 {
    if float.is_nan() {
        f64::NAN
    } else if float == 0.0 {
        0.0
    } else {
        float
    }
}

fn plain(value: &Value) -> String {
    without_addresses(&value.to_string())
}

fn close(a: f64, b: f64) -> bool {
    (a.is_nan() && b.is_nan())
        || a == b
        || (a.is_finite() && b.is_finite() && (a - b).abs() <= TOLERANCE * a.abs().max(b.abs()))
}

/// `<function f at 0x7f12>` without the place in memory, which is another one in every process.
fn without_addresses(repr: &str) -> String {
    let mut pieces = repr.split(" at 0x");
    let mut plain = pieces.next().unwrap_or_default().to_owned();
    for piece in pieces {
        plain.push_str(" at 0x");
        plain.push_str(piece.trim_start_matches(|digit: char| digit.is_ascii_hexdigit()));
    }
    plain
}

#[cfg(test)]
#[path = "compare_tests.rs"]
mod tests;
