//! Whether a run of an exercise did what the exercise asks for.
//!
//! Works on what left the learner's process; the expected values never entered it.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::excerpt::excerpt;
use super::value::Value;
use super::{compare, stdout};

/// The check sections of an exercise. Several must all pass.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Checks {
    /// Names that must exist afterwards, with the values that the answer gives them.
    pub vars: Vec<String>,
    /// What must have been printed.
    pub val: Option<String>,
    /// Python that is run in the learner's namespace afterwards and fails by raising. It shares the learner's process, so it
    /// can be cheated: it decides practice, never a score.
    pub code_run: Option<String>,
}

/// What the answer produced when the content was synchronised.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Expected {
    pub values: BTreeMap<String, Value>,
    /// Type of the exception in which the answer ends, if it is meant to.
    pub exception: Option<String>,
}

/// What a run of an exercise left behind.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Observed {
    /// One entry per name that was asked for; none if it does not exist.
    pub values: BTreeMap<String, Option<Value>>,
    pub raised: Option<Raised>,
    /// None if there was nothing to run.
    pub code_run: Option<CodeRun>,
    /// What the learner's code printed; bytes that are not UTF-8 are replaced.
    pub stdout: String,
    /// The set-up ended in this exception, and the learner's code was not run.
    pub not_set_up: Option<Raised>,
}

/// The exception in which some code ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Raised {
    /// Name of its type, with the module unless it is built in or the program's own.
    pub kind: String,
    pub message: String,
    /// Line of the code, from 1; 0 if unknown.
    pub line: u32,
}

impl Raised {
    /// As the last line of a traceback: `ValueError: no such month`.
    #[must_use]
    pub fn last_line(&self) -> String {
        let kind = excerpt(&self.kind);
        if self.message.is_empty() { kind } else { format!("{kind}: {}", excerpt(&self.message)) }
    }

    fn sentence(&self) -> String {
        let place = if self.line == 0 { String::new() } else { format!(" in line {}", self.line) };
        format!("Your code ended with an exception{place}: {}", self.last_line())
    }
}

/// How `Check code run` went.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CodeRun {
    pub passed: bool,
    /// The message of the assertion, or the last line of the traceback.
    pub message: String,
    /// The line of the check that did not pass, from 1; 0 if unknown. For its author.
    pub line: u32,
}

/// Which part of the exercise was not met.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Check {
    Exception,
    Vars,
    Val,
    CodeRun,
}

/// One check that did not pass.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    pub check: Check,
    /// A sentence for the learner.
    pub message: String,
}

/// All checks that did not pass; none means passed. Without `expected`, names only have to exist and any exception will do.
#[must_use]
pub fn check_exercise(
    checks: &Checks,
    expected: Option<&Expected>,
    error_okay: bool,
    observed: &Observed,
) -> Vec<Fault> {
    let fault = |check, message| Fault { check, message };
    if let Some(message) = exception(expected, error_okay, observed) {
        return vec![fault(Check::Exception, message)];
    }
    let vars = checks.vars.iter().filter_map(|name| Some(fault(Check::Vars, var(name, expected, observed)?)));
    let val = checks.val.iter().filter_map(|text| Some(fault(Check::Val, stdout::difference(text, &observed.stdout)?)));
    let code_run = checks.code_run.iter().filter_map(|_| Some(fault(Check::CodeRun, code_run(observed)?)));
    vars.chain(val).chain(code_run).collect()
}

fn exception(expected: Option<&Expected>, error_okay: bool, observed: &Observed) -> Option<String> {
    match (error_okay, &observed.raised) {
        (false, raised) => raised.as_ref().map(Raised::sentence),
        (true, raised) => {
            let kind = expected?.exception.as_ref()?;
            match raised {
                Some(raised) if raised.kind == *kind => None,
                Some(raised) => {
                    Some(format!("Your code should end with {kind}, but it ended with {}", raised.last_line()))
                }
                None => Some(format!("Your code should end with {kind}, but it ended normally")),
            }
        }
    }
}

fn var(name: &str, expected: Option<&Expected>, observed: &Observed) -> Option<String> {
    let Some(Some(got)) = observed.values.get(name) else {
        return Some(format!("`{name}` is not defined"));
    };
    match expected.map(|expected| expected.values.get(name)) {
        None => None,
        Some(Some(value)) => compare::difference(value, got).map(|found| found.sentence(name)),
        Some(None) => Some(format!("`{name}` cannot be checked, because the exercise does not know its value")),
    }
}

fn code_run(observed: &Observed) -> Option<String> {
    match &observed.code_run {
        None => Some("The check did not come to an end".to_owned()),
        Some(run) if run.passed => None,
        Some(run) => Some(excerpt(&run.message)),
    }
}

#[cfg(test)]
mod tests {
    use super::{Check, Checks, CodeRun, Expected, Observed, Raised, check_exercise};
    use crate::grading::value::Value;

    fn int(n: i64) -> Value {
        Value::Int(n.to_string())
    }

    fn checks() -> Checks {
        Checks { vars: vec!["total".into()], val: Some("6".into()), code_run: Some("assert total".into()) }
    }

    fn expected() -> Expected {
        Expected { values: [("total".to_owned(), int(6))].into(), exception: None }
    }

    fn observed() -> Observed {
        Observed {
            values: [("total".to_owned(), Some(int(6)))].into(),
            raised: None,
            code_run: Some(CodeRun { passed: true, message: String::new(), line: 0 }),
            stdout: "6\n".into(),
            not_set_up: None,
        }
    }

    fn raised(kind: &str) -> Option<Raised> {
        Some(Raised { kind: kind.into(), message: "no".into(), line: 2 })
    }

    #[test]
    fn passes_when_all_of_it_is_right() {
        assert_eq!(check_exercise(&checks(), Some(&expected()), false, &observed()), []);
    }

    #[test]
    fn says_which_check_failed_and_why() {
        let with = |change: fn(&mut Observed)| {
            let mut seen = observed();
            change(&mut seen);
            seen
        };
        let table = [
            (
                with(|seen| drop(seen.values.insert("total".into(), Some(Value::Str("6".into()))))),
                Check::Vars,
                "`total` should be 6 (int), but it is '6' (str)",
            ),
            (with(|seen| drop(seen.values.insert("total".into(), None))), Check::Vars, "`total` is not defined"),
            (with(|seen| seen.values.clear()), Check::Vars, "`total` is not defined"),
            (with(|seen| seen.stdout.clear()), Check::Val, "Nothing was printed, but line 1 should be `6`"),
            (
                with(|seen| seen.code_run = Some(CodeRun { passed: false, message: "wrong sign".into(), line: 1 })),
                Check::CodeRun,
                "wrong sign",
            ),
            (with(|seen| seen.code_run = None), Check::CodeRun, "The check did not come to an end"),
            (
                with(|seen| seen.raised = raised("ValueError")),
                Check::Exception,
                "Your code ended with an exception in line 2: ValueError: no",
            ),
        ];
        for (seen, check, message) in table {
            let faults = check_exercise(&checks(), Some(&expected()), false, &seen);
            assert_eq!(
                faults.iter().map(|fault| (fault.check, fault.message.as_str())).collect::<Vec<_>>(),
                [(check, message)]
            );
        }
    }

    #[test]
    fn an_exception_that_is_asked_for_must_come() {
        let checks = Checks::default();
        let expected = Expected { exception: Some("KeyError".into()), ..Expected::default() };
        let end = |kind: Option<Raised>| {
            let seen = Observed { raised: kind, ..Observed::default() };
            check_exercise(&checks, Some(&expected), true, &seen).pop().map(|fault| fault.message)
        };
        assert_eq!(end(raised("KeyError")), None);
        assert_eq!(end(None).as_deref(), Some("Your code should end with KeyError, but it ended normally"));
        assert_eq!(
            end(raised("ValueError")).as_deref(),
            Some("Your code should end with KeyError, but it ended with ValueError: no")
        );
    }
}
