//! The result that a grader of an author's writes: JSON with points, tests, and words for the student and for staff.

use entity::points::Points;
use serde::Deserialize;
use serde_json::Number;

use super::report::{DETAIL, MESSAGE, NAME, Part, cut};

/// The most tests of one result, and characters of its words.
const MOST_TESTS: usize = 200;
const WORDS: usize = 20_000;

/// What a grader says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct GraderResult {
    pub points: Points,
    pub parts: Vec<Part>,
    /// For the student.
    pub feedback: String,
    /// For staff alone.
    pub staff: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    score: Option<Number>,
    #[serde(default)]
    tests: Vec<WrittenTest>,
    #[serde(default)]
    feedback: String,
    #[serde(default)]
    staff: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenTest {
    name: String,
    points: Number,
    maximum: Number,
    #[serde(default)]
    hidden: bool,
    #[serde(default)]
    message: String,
    #[serde(default)]
    detail: String,
}

/// Reads a result of a test that is worth so much.
///
/// # Errors
/// What is wrong with it, for its author.
pub fn read(bytes: &[u8], worth: Points) -> Result<GraderResult, String> {
    let written: Written = serde_json::from_slice(bytes).map_err(|error| format!("it is no such JSON: {error}"))?;
    if written.tests.len() > MOST_TESTS {
        return Err(format!("it has more than {MOST_TESTS} tests"));
    }
    if written.score.is_none() && written.tests.is_empty() {
        return Err("it has neither `score` nor `tests`".to_owned());
    }
    let parts = written.tests.into_iter().map(part).collect::<Result<Vec<_>, String>>()?;
    let points = match &written.score {
        Some(score) => points("score", score)?,
        None => parts.iter().map(|part| part.points).sum(),
    };
    if points > worth {
        return Err(format!("it gives {points} points, and the test is worth {worth}"));
    }
    Ok(GraderResult { points, parts, feedback: cut(&written.feedback, WORDS), staff: cut(&written.staff, WORDS) })
}

fn part(test: WrittenTest) -> Result<Part, String> {
    let (points, maximum) = (points("points", &test.points)?, points("maximum", &test.maximum)?);
    if points > maximum {
        return Err(format!("`{}` gives {points} points of {maximum}", cut(&test.name, NAME)));
    }
    Ok(Part {
        name: cut(test.name.trim(), NAME),
        passed: points == maximum,
        points,
        maximum,
        hidden: test.hidden,
        message: cut(&test.message, MESSAGE),
        detail: cut(&test.detail, DETAIL),
    })
}

/// Programs calculate with floats: what is behind the fourth place is rounded.
fn points(key: &str, number: &Number) -> Result<Points, String> {
    let refused = || format!("`{key}` is {number}; write a number from 0 to 1000000");
    if let Some(points) = number.to_string().parse::<Points>().ok().filter(|points| *points >= Points::ZERO) {
        return if points <= Points::whole(1_000_000) { Ok(points) } else { Err(refused()) };
    }
    let value = number.as_f64().filter(|value| (0.0..=1e6).contains(value)).ok_or_else(refused)?;
    Points::nearest(value).ok_or_else(refused)
}

#[cfg(test)]
mod tests {
    use super::{GraderResult, read};
    use entity::points::Points;
    use proptest::prelude::*;

    fn of(text: &str) -> Result<GraderResult, String> {
        read(text.as_bytes(), Points::whole(10))
    }

    #[test]
    fn a_result_has_points_and_words() {
        let text = r#"{"score": 3.33333333, "feedback": "good", "staff": "odd", "tests": [
            {"name": "style", "points": 1, "maximum": 2, "message": "long lines"},
            {"name": "secret", "points": 0.5, "maximum": 0.5, "hidden": true}]}"#;
        let found = of(text).expect("a result");
        assert_eq!(
            (found.points.to_string().as_str(), found.feedback.as_str(), found.staff.as_str()),
            ("3.3333", "good", "odd")
        );
        assert_eq!(
            found.parts.iter().map(|part| (part.passed, part.hidden)).collect::<Vec<_>>(),
            [(false, false), (true, true)]
        );
        let found = of(&text.replace("\"score\": 3.33333333,", "")).expect("a result");
        assert_eq!(found.points.to_string(), "1.5", "the sum of its tests");
        assert_eq!(of(r#"{"score": 10.0}"#).map(|found| found.points), Ok(Points::whole(10)));
        assert_eq!(of(r#"{"score": 0}"#).map(|found| found.points), Ok(Points::ZERO));
    }

    #[test]
    fn what_does_not_keep_to_the_form_is_refused() {
        for (text, why) in [
            ("", "no such JSON"),
            ("[]", "no such JSON"),
            ("{}", "neither"),
            (r#"{"score": -1}"#, "from 0"),
            (r#"{"score": 11}"#, "worth 10"),
            (r#"{"score": 1e300}"#, "from 0"),
            (r#"{"score": "5"}"#, "no such JSON"),
            (r#"{"score": 5, "passed": true}"#, "unknown field `passed`"),
            (r#"{"score": 5} {"score": 6}"#, "no such JSON"),
            (r#"{"tests": [{"name": "a", "points": 3, "maximum": 2}]}"#, "3 points of 2"),
            (r#"{"tests": [{"name": "a", "points": 3}]}"#, "maximum"),
        ] {
            let refused = of(text).expect_err(text);
            assert!(refused.contains(why), "{text}: {refused}");
        }
        let many = vec![r#"{"name":"a","points":0,"maximum":0}"#; 201].join(",");
        assert!(of(&format!("{{\"tests\":[{many}]}}")).is_err());
    }

    proptest! {
        #[test]
        fn nothing_gives_more_than_there_is(score in any::<f64>(), bytes in proptest::collection::vec(any::<u8>(), 0..60)) {
            for text in [format!("{{\"score\":{score}}}").into_bytes(), bytes] {
                if let Ok(found) = read(&text, Points::whole(10)) {
                    prop_assert!(found.points >= Points::ZERO && found.points <= Points::whole(10));
                }
            }
        }
    }
}
