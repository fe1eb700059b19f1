//! Tests by dialogues with Python: those of the `ok` client's files, and those of docstrings.
//!
//! Each suite or docstring has a sandbox of its own. What is typed goes in, what comes of it comes out and is compared here.

use entity::points::Points;

use super::told::Tested;
use super::{Tried, is_late};
use crate::execution::exercise::input;
use crate::execution::python::{self, Dialogue, DialogueAnswer, ExamplesAnswer, Manner};
use crate::execution::sandbox::Class;
use crate::execution::session::{Question, Session};
use crate::grading::check_example::{Ended, Rules, check};
use crate::grading::example::{Doctest, ExampleCase, Leeway, OkTest};
use crate::grading::report::Part;

/// What a program that hung before gets on the clock for each other suite.
const HURRIED_MS: u32 = 2_000;

/// A group of cases that pass together.
struct Group<'t> {
    name: String,
    cases: &'t [ExampleCase],
}

/// What is the same for all groups of a test.
#[derive(Clone, Copy)]
struct Rule<'t> {
    manner: Manner,
    rules: Rules,
    module: Option<&'t str>,
}

impl Tried<'_> {
    pub(super) async fn client(&self, session: &mut Session<'_>, test: &OkTest) -> Tested {
        let groups = test.suites.iter().enumerate();
        let groups = groups.map(|(at, suite)| Group { name: format!("Suite {}", at + 1), cases: &suite.cases });
        let rule = Rule { manner: Manner::Client, rules: Rules::Client, module: None };
        self.groups(session, groups.collect(), rule).await
    }

    pub(super) async fn doctest(&self, session: &mut Session<'_>, test: &Doctest) -> Tested {
        let groups = test.cases.iter().map(|case| Group { name: case.name.clone(), cases: std::slice::from_ref(case) });
        let rule = Rule { manner: Manner::Doctest, rules: Rules::Doctest, module: Some(&test.file) };
        self.groups(session, groups.collect(), rule).await
    }

    async fn groups(&self, session: &mut Session<'_>, groups: Vec<Group<'_>>, rule: Rule<'_>) -> Tested {
        let whole = u32::try_from(groups.len()).unwrap_or(u32::MAX);
        let worth = self.test.points;
        let (mut parts, mut passing, mut class, mut late) = (Vec::new(), 0, Class::Ok, false);
        for group in &groups {
            let wall_ms = if late { Some(HURRIED_MS) } else { self.wall_ms };
            let (ended, fault) = self.group(session, group, rule, wall_ms).await;
            late |= is_late(ended);
            if fault.is_some() && class == Class::Ok {
                class = ended;
            }
            if session.cut_short().is_some() {
                break;
            }
            let maximum = worth.share(1, whole);
            let passed = fault.is_none();
            passing += u32::from(passed);
            let Fault { message, detail, hidden } = fault.unwrap_or_default();
            let points = if passed { maximum } else { Points::ZERO };
            let (shown, kept) =
                if hidden { (HIDDEN.to_owned(), String::new()) } else { (message.clone(), detail.clone()) };
            parts.push(Part {
                name: group.name.clone(),
                passed,
                points,
                maximum,
                hidden: false,
                message: shown,
                detail: kept,
            });
            if hidden {
                // The same once more, for who may see it.
                let name = format!("{} (hidden)", group.name);
                parts.push(Part { name, passed, hidden: true, message, detail, ..Part::default() });
            }
        }
        Tested { class, ..Tested::of_parts(worth.share(passing, whole), parts) }
    }

    /// How the sandbox of a group ended, and what is wrong, if anything is.
    async fn group(
        &self,
        session: &mut Session<'_>,
        group: &Group<'_>,
        rule: Rule<'_>,
        wall_ms: Option<u32>,
    ) -> (Class, Option<Fault>) {
        if group.cases.is_empty() {
            return (Class::Ok, None);
        }
        let toolchain = session.toolchain;
        let Some(harness) = &toolchain.harness else {
            return (Class::Ok, Some(Fault::new(format!("There are no dialogues in {}", toolchain.title))));
        };
        let question = Question {
            name: &self.test.name,
            script: python::EXAMPLES,
            task: python::Examples {
                manner: rule.manner,
                module: rule.module,
                files: self.files.iter().map(|file| file.name.as_str()).collect(),
                cases: group.cases.iter().map(typed).collect(),
            },
            files: self.files.iter().map(input).collect(),
            timeout_s: self.test.timeout_s,
            wall_ms,
            hidden: self.test.is_quiet() || group.cases.iter().any(|case| case.hidden),
        };
        let asked = session.ask(harness, question).await;
        let class = asked.ended.class;
        let fault = match class {
            Class::Ok | Class::Nonzero => match asked.answer() {
                Ok(ExamplesAnswer::Cases(answers)) => compare(group.cases, &answers, rule.rules),
                Ok(ExamplesAnswer::Unloaded(ended)) => {
                    Some(Fault::new(format!("It ended with an exception: {}", line(&ended))))
                }
                Err(reason) => Some(Fault::new(capital(&reason.to_string()))),
            },
            _ => Some(Fault::new(asked.ended.message.clone())),
        };
        (class, fault)
    }
}

const HIDDEN: &str = "A hidden case did not pass";

/// What is wrong with a group.
#[derive(Default)]
struct Fault {
    message: String,
    detail: String,
    /// In a case that students do not see.
    hidden: bool,
}

impl Fault {
    fn new(message: String) -> Self {
        Self { message, ..Self::default() }
    }
}

/// What is typed; nothing of what should come.
fn typed(case: &ExampleCase) -> Dialogue<'_> {
    let run = case.examples.iter().filter(|example| !example.options.contains(&Leeway::Skip));
    Dialogue {
        setup: &case.setup,
        examples: run.map(|example| example.source.as_str()).collect(),
        teardown: &case.teardown,
    }
}

/// The first case that did not go as it should: one that students see before one that they don't.
fn compare(cases: &[ExampleCase], answers: &[DialogueAnswer], rules: Rules) -> Option<Fault> {
    let faults = cases.iter().enumerate().filter_map(|(at, case)| {
        let (message, detail) = match answers.get(at) {
            Some(DialogueAnswer::Came(came)) => {
                check(rules, &case.examples, came).map(|found| (found.message, found.detail))?
            }
            Some(DialogueAnswer::Setup(ended)) => {
                (format!("The set-up ended with an exception: {}", line(ended)), String::new())
            }
            None => ("It was not run".to_owned(), String::new()),
        };
        let message = if cases.len() > 1 { format!("{}: {message}", case.name) } else { message };
        Some(Fault { message, detail, hidden: case.hidden })
    });
    faults.min_by_key(|fault| fault.hidden)
}

fn line(ended: &Ended) -> String {
    if ended.message.is_empty() { ended.kind.clone() } else { format!("{}: {}", ended.kind, ended.message) }
}

fn capital(words: &str) -> String {
    let mut characters = words.chars();
    characters.next().map(|first| first.to_uppercase().chain(characters).collect()).unwrap_or_default()
}
