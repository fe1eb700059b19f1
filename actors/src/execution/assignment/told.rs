//! What came of a test, and what of that a student is told.
//!
//! An outcome is kept with what is for staff beside what is for the student, so that whoever shows it has nothing to work out: a result has
//! its message as the student may read it.

use entity::execution::verdict::Blame;
use entity::points::Points;

use crate::execution::outcome::TestResult;
use crate::execution::sandbox::Class;
use crate::grading::report::Part;
use crate::grading::test_case::{Feedback, TestCase};

/// What a student is told when a test is broken.
pub(super) const BROKEN: &str = "A test of this assignment is broken, which is not your fault. Your work is kept, and is graded when the \
                                 test is mended; your teachers know";

/// What came of one test, all of it.
#[derive(Clone, Debug)]
pub(super) struct Tested {
    /// How the sandbox that decides ended.
    pub class: Class,
    pub passed: bool,
    pub blame: Blame,
    /// None: all or nothing.
    pub points: Option<Points>,
    /// Why it did not pass, in a sentence; or what is said in any case.
    pub message: String,
    /// What there is to say beyond that.
    pub detail: String,
    /// For staff alone.
    pub staff: String,
    pub parts: Vec<Part>,
}

impl Tested {
    pub(super) fn passed() -> Self {
        Self {
            class: Class::Ok,
            passed: true,
            blame: Blame::Student,
            points: None,
            message: String::new(),
            detail: String::new(),
            staff: String::new(),
            parts: Vec::new(),
        }
    }

    /// Did not pass, by the program's fault.
    pub(super) fn failed(class: Class, message: impl Into<String>) -> Self {
        Self { class, passed: false, message: message.into(), ..Self::passed() }
    }

    /// Cannot be passed by any program.
    pub(super) fn broken(staff: impl Into<String>) -> Self {
        Self { blame: Blame::Test, staff: staff.into(), ..Self::failed(Class::Ok, "This test is broken") }
    }

    pub(super) fn not_run(why: &str) -> Self {
        Self::failed(Class::Ok, format!("Not run, because {why}"))
    }

    /// Has parts, which give so much of what it is worth; it passed if all of them did.
    pub(super) fn of_parts(points: Points, parts: Vec<Part>) -> Self {
        let first = parts.iter().find(|part| !part.passed);
        let message = first.map(|part| format!("{}: {}", part.name, part.message)).unwrap_or_default();
        let detail = first.map(|part| part.detail.clone()).unwrap_or_default();
        Self { passed: first.is_none(), points: Some(points), message, detail, parts, ..Self::passed() }
    }

    pub(super) fn timed_out(&self) -> bool {
        super::is_late(self.class)
    }
}

/// What is kept of it.
pub(super) fn result(test: &TestCase, tested: Tested) -> TestResult {
    let Tested { passed, blame, points, message, detail, staff, parts, .. } = tested;
    let feedback = test.feedback();
    let whole = |texts: &[&String]| -> String {
        let said: Vec<&str> = texts.iter().map(|text| text.trim_end()).filter(|text| !text.is_empty()).collect();
        said.join("\n\n")
    };
    let told = match feedback {
        Feedback::Nothing => String::new(),
        // Neither input, nor output, nor how it ended: all of these can tell what the test is.
        Feedback::Passed if passed => String::new(),
        Feedback::Passed => "Did not pass".to_owned(),
        Feedback::Message => message.clone(),
        Feedback::Full => whole(&[&message, &detail]),
    };
    let full = if passed { test.points } else { Points::ZERO };
    TestResult {
        name: test.name.clone(),
        passed,
        points: if blame == Blame::Test && !passed { Points::ZERO } else { points.unwrap_or(full) },
        maximum: test.points,
        hidden: test.hidden,
        message: told,
        feedback,
        detail: whole(&[&message, &detail, &staff]),
        parts,
        blame: (!passed).then_some(blame),
    }
}

/// How many passed, and the first that did not: one whose reason may be told before one whose reason may not.
pub(super) fn summary(tests: &[TestResult]) -> String {
    let tests: Vec<&TestResult> = tests.iter().filter(|test| test.feedback > Feedback::Nothing).collect();
    let passed = tests.iter().filter(|test| test.passed).count();
    if passed == tests.len() {
        return "All tests passed".to_owned();
    }
    let failed = tests.iter().filter(|test| !test.passed);
    let first = failed.min_by_key(|test| test.feedback < Feedback::Message);
    let reason = first.map(|test| format!("\n{}: {}", test.name, test.message)).unwrap_or_default();
    format!("{passed} of {} tests passed{reason}", tests.len())
}

#[cfg(test)]
mod tests {
    use super::{Tested, result, summary};
    use crate::execution::sandbox::Class;
    use crate::grading::test_case::{Feedback, Stdio, TestCase, TestKind};
    use entity::execution::verdict::Blame;
    use entity::points::Points;

    fn test(feedback: Option<Feedback>, hidden: bool) -> TestCase {
        let kind = TestKind::Stdio(Stdio { arguments: vec![], stdin: String::new(), stdout: "7".into() });
        TestCase { name: "t".into(), points: Points::whole(2), hidden, feedback, timeout_s: 1, kind }
    }

    fn failed() -> Tested {
        Tested { detail: "all of it".into(), staff: "for us".into(), ..Tested::failed(Class::Nonzero, "why") }
    }

    #[test]
    fn students_are_told_what_the_author_says() {
        for (feedback, hidden, told) in [
            (None, false, "why"),
            (None, true, "Did not pass"),
            (Some(Feedback::Nothing), false, ""),
            (Some(Feedback::Passed), false, "Did not pass"),
            (Some(Feedback::Message), true, "why"),
            (Some(Feedback::Full), false, "why\n\nall of it"),
        ] {
            let found = result(&test(feedback, hidden), failed());
            assert_eq!(found.message, told, "{feedback:?} {hidden}");
            assert_eq!(found.detail, "why\n\nall of it\n\nfor us");
            assert_eq!((found.points, found.blame), (Points::ZERO, Some(Blame::Student)));
        }
        let said = Tested { message: "well done".into(), ..Tested::passed() };
        assert_eq!(result(&test(None, false), said.clone()).message, "well done");
        assert_eq!(result(&test(None, true), said).message, "");
    }

    #[test]
    fn what_nobody_may_know_is_not_counted() {
        let passed = result(&test(None, false), Tested::passed());
        let hidden = result(&test(None, true), failed());
        let secret = result(&test(Some(Feedback::Nothing), true), failed());
        assert_eq!(summary(&[passed.clone(), secret.clone()]), "All tests passed");
        assert_eq!(summary(&[hidden, passed, secret]), "1 of 2 tests passed\nt: Did not pass");
    }
}
