//! The runs of one code screen: its answer twice, its starting text once.

use std::borrow::Cow;

use entity::execution::language::Language;
use entity::execution::verdict::Verdict;
use tokio::sync::mpsc::unbounded_channel;
use tokio_util::sync::CancellationToken;

use super::format::{Rule, did_you_mean};
use super::prove::{CodeScreen, Finding, Interrupted, Mission, Section};
use crate::execution::execute::execute;
use crate::execution::outcome::Outcome;
use crate::execution::plan::{EXERCISE_MAIN, Exercise, Plan, SourceFile, Task};
use crate::execution::workshop::Workshop;
use crate::grading::check_exercise::{Check, Expected, Fault, Observed, Raised, check_exercise};
use crate::grading::{compare, stdout};

/// A screen about to be run.
pub struct Trial<'a> {
    pub workshop: &'a Workshop,
    pub mission: &'a Mission,
    pub screen: &'a CodeScreen,
    /// Set-up of this and all earlier screens.
    pub initial: &'a [String],
    pub cancel: &'a CancellationToken,
}

/// What came of it.
pub struct Tried {
    pub findings: Vec<Finding>,
    /// None if there was an error.
    pub expected: Option<Expected>,
    /// Whether the set-up works, so that later screens can be run.
    pub set_up: bool,
}

/// A rule that the answer breaks.
struct Broken {
    rule: Rule,
    place: Place,
    message: String,
    hint: Cow<'static, str>,
}

/// Where it is seen.
#[derive(Clone, Copy)]
enum Place {
    /// On a line of the section that was run, from 1.
    Line(u32),
    /// On a line of the cell, from 1.
    Cell(u32),
}

/// The section that was run, as a whole.
const WHOLE: Place = Place::Line(1);

impl Trial<'_> {
    /// Runs the answer twice and, if that went well and it parses, the starting text.
    pub async fn run(&self, with_display: bool) -> Result<Tried, Interrupted> {
        let nothing = Section { code: String::new(), line: self.screen.display.line };
        let answer = self.screen.answer.as_ref().unwrap_or(&nothing);
        let first = match self.attempt(&answer.code).await? {
            Ok(observed) => observed,
            Err(broken) => return Ok(self.refused(answer, vec![broken])),
        };
        if let Some(broken) = self.not_set_up(&first) {
            return Ok(self.refused(answer, vec![broken]));
        }
        let broken = match self.attempt(&answer.code).await? {
            // What happens by chance is not the fault that it looks like.
            Ok(second) => Some(differences(&first, &second)).filter(|found| !found.is_empty()),
            Err(broken) if is_limit(broken.rule) => Some(vec![broken]),
            Err(broken) => Some(vec![unsteady(&broken.message)]),
        };
        let broken = broken.unwrap_or_else(|| self.broken(&first, &answer.code));
        if !broken.is_empty() {
            return Ok(self.refused(answer, broken));
        }
        let expected = Expected {
            values: first.values.into_iter().filter_map(|(name, value)| Some((name, value?))).collect(),
            exception: first.raised.map(|raised| raised.kind).filter(|_| self.screen.error_okay),
        };
        let findings = if with_display && !self.screen.no_answer_needed {
            self.display(&expected).await?.into_iter().collect()
        } else {
            Vec::new()
        };
        Ok(Tried { findings, expected: Some(expected), set_up: true })
    }

    /// Runs the answer once: what it did, or why it did not come to an end.
    async fn attempt(&self, code: &str) -> Result<Result<Observed, Broken>, Interrupted> {
        let outcome = self.once(code, None).await?;
        Ok(outcome.observed.ok_or_else(|| ended_badly(outcome.verdict, &outcome.message)))
    }

    async fn once(&self, code: &str, expected: Option<Expected>) -> Result<Outcome, Interrupted> {
        let plan = Plan {
            language: Language::python3(),
            timeout_s: self.mission.timeout_s,
            task: Task::Exercise(Exercise {
                main: EXERCISE_MAIN.to_owned(),
                initial: self.initial.to_vec(),
                checks: self.screen.checks.clone(),
                observe: expected.is_none(),
                expected,
                error_okay: self.screen.error_okay,
                no_answer_needed: self.screen.no_answer_needed,
            }),
        };
        let mut files = self.mission.files.clone();
        files.push(SourceFile { name: EXERCISE_MAIN.to_owned(), bytes: code.as_bytes().to_vec() });
        let (output, _) = unbounded_channel();
        let outcome = execute(self.workshop, &plan, &files, &output, self.cancel.clone()).await;
        match outcome.verdict {
            Verdict::Cancelled => Err(Interrupted::Cancelled),
            Verdict::SandboxError => Err(Interrupted::Sandbox(reason(&outcome))),
            _ => Ok(outcome),
        }
    }

    fn not_set_up(&self, observed: &Observed) -> Option<Broken> {
        let raised = observed.not_set_up.as_ref()?;
        let hint = "correct the Initial section: it runs on this and every later code screen".into();
        Some(Broken { rule: Rule::RunInitialFails, place: WHOLE, message: raised.last_line(), hint })
    }

    /// The rules that an answer breaks, which does the same each time.
    fn broken(&self, observed: &Observed, answer: &str) -> Vec<Broken> {
        if let Some(broken) = self.end(observed.raised.as_ref()) {
            return vec![broken];
        }
        if self.screen.no_answer_needed {
            return Vec::new();
        }
        let missing = |name: &&String| !matches!(observed.values.get(*name), Some(Some(_)));
        let undefined: Vec<_> =
            self.screen.checks.vars.iter().filter(missing).map(|name| self.undefined(name, answer)).collect();
        if !undefined.is_empty() {
            return undefined;
        }
        // Compared with itself, so that a value that can be compared with nothing shows here and not to a learner.
        let values = observed.values.iter().filter_map(|(name, value)| Some((name.clone(), value.clone()?)));
        let itself = Expected { values: values.collect(), exception: None };
        let faults = check_exercise(&self.screen.checks, Some(&itself), self.screen.error_okay, observed);
        let failed = |fault: Fault| Broken {
            rule: Rule::RunAnswerFailsCheck,
            place: self.place_of(fault.check, observed),
            message: fault.message,
            hint: "correct the answer or the check, so that the answer passes".into(),
        };
        faults.into_iter().map(failed).collect()
    }

    /// Where a check stands that was not met.
    fn place_of(&self, check: Check, observed: &Observed) -> Place {
        let lines = self.screen.check_lines;
        match check {
            Check::Exception => WHOLE,
            Check::Vars => Place::Cell(lines.vars),
            Check::Val => Place::Cell(lines.val),
            Check::CodeRun => {
                let line = observed.code_run.as_ref().map_or(0, |run| run.line);
                Place::Cell(lines.code_run + line.saturating_sub(1))
            }
        }
    }

    fn undefined(&self, name: &str, answer: &str) -> Broken {
        let words = answer.split(|c: char| !(c.is_alphanumeric() || c == '_')).filter(|word| !word.is_empty());
        Broken {
            rule: Rule::RunVarUndefined,
            place: Place::Cell(self.screen.check_lines.vars),
            message: format!("The answer does not define `{name}`"),
            hint: (did_you_mean(name, words) + "define it in the answer, or remove it from Check vars").into(),
        }
    }

    fn end(&self, raised: Option<&Raised>) -> Option<Broken> {
        match (self.screen.error_okay, raised) {
            (false, Some(raised)) => Some(Broken {
                rule: Rule::RunAnswerFails,
                place: Place::Line(raised.line),
                message: raised.last_line(),
                hint: "correct the answer, or say error_okay=\"true\" if it is meant to end like this".into(),
            }),
            (true, None) => Some(Broken {
                rule: Rule::RunErrorExpected,
                place: WHOLE,
                message: "The answer should end in an exception, but it ends normally".to_owned(),
                hint: "let it end in the exception that is meant, or remove error_okay".into(),
            }),
            _ => None,
        }
    }

    async fn display(&self, expected: &Expected) -> Result<Option<Finding>, Interrupted> {
        let outcome = self.once(&self.screen.display.code, Some(expected.clone())).await?;
        let broken = Broken {
            rule: Rule::RunDisplayPasses,
            place: WHOLE,
            message: "The starting text passes all checks as it is".to_owned(),
            hint: "leave something to do, or check for more".into(),
        };
        Ok((outcome.verdict == Verdict::Passed).then(|| self.finding(&self.screen.display, broken)))
    }

    fn refused(&self, answer: &Section, broken: Vec<Broken>) -> Tried {
        let set_up = broken.iter().all(|broken| broken.rule != Rule::RunInitialFails);
        let section = if set_up { answer } else { &self.screen.initial };
        let findings = broken.into_iter().map(|broken| self.finding(section, broken)).collect();
        Tried { findings, expected: None, set_up }
    }

    fn finding(&self, section: &Section, broken: Broken) -> Finding {
        Finding {
            rule: broken.rule,
            screen: self.screen.key.clone(),
            cell: self.screen.cell,
            line: match broken.place {
                Place::Line(line) => section.line + line.saturating_sub(1),
                Place::Cell(line) => line,
            },
            message: broken.message,
            hint: broken.hint.into_owned(),
        }
    }
}

fn ended_badly(verdict: Verdict, message: &str) -> Broken {
    let (rule, hint) = match verdict {
        Verdict::CpuTimeLimit | Verdict::WallTimeLimit => {
            (Rule::RunTimeout, "make it end sooner, or raise timeout_s in meta.yml")
        }
        Verdict::OutputLimit => (Rule::RunOutputLimit, "print less"),
        _ => (Rule::RunAnswerFails, "correct the answer"),
    };
    Broken { rule, place: WHOLE, message: message.to_owned(), hint: hint.into() }
}

fn is_limit(rule: Rule) -> bool {
    matches!(rule, Rule::RunTimeout | Rule::RunOutputLimit)
}

fn unsteady(message: &str) -> Broken {
    Broken {
        rule: Rule::RunNondeterministic,
        place: WHOLE,
        message: format!("The second run is not like the first: {message}"),
        hint: "set a seed in Initial, and use neither time nor the order of sets".into(),
    }
}

/// What the second run did differently.
fn differences(first: &Observed, second: &Observed) -> Vec<Broken> {
    let mut messages = Vec::new();
    for (name, value) in &first.values {
        // What can be compared with nothing, not even itself, is another fault.
        if let (Some(a), Some(Some(b))) = (value, second.values.get(name))
            && compare::difference(a, a).is_none()
        {
            messages.extend(compare::difference(a, b).map(|found| found.sentence(name)));
        }
    }
    messages.extend(stdout::difference(&first.stdout, &second.stdout));
    let passed = |observed: &Observed| observed.code_run.as_ref().map(|run| run.passed);
    if messages.is_empty() && passed(first) != passed(second) {
        messages.push("Check code run passes once, and once it does not".to_owned());
    }
    let kind = |observed: &Observed| observed.raised.as_ref().map(|raised| raised.kind.clone());
    if kind(first) != kind(second) {
        messages.push("It ends in another exception".to_owned());
    }
    messages.iter().map(|message| unsteady(message)).collect()
}

fn reason(outcome: &Outcome) -> String {
    let mut reasons = outcome.steps.iter().filter_map(|step| step.evidence.sandbox_error.clone());
    reasons.next_back().unwrap_or_else(|| outcome.message.clone())
}
