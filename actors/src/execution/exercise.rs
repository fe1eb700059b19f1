//! A run of an exercise: the learner's code between the set-up and the checks.

use entity::execution::verdict::Blame;

use super::outcome::Outcome;
use super::plan::{Exercise, SourceFile};
use super::python::{self, ExerciseAnswer, without_magics};
use super::sandbox::{Class, InputFile};
use super::session::{Asked, Question, Session};
use super::verdict::Part;
use crate::grading::check_exercise::{Check, Observed, check_exercise};

pub async fn run(mut session: Session<'_>, task: &Exercise, timeout_s: u8, files: &[SourceFile]) -> Outcome {
    let toolchain = session.toolchain;
    let Some(harness) = &toolchain.harness else {
        return session.refuse(Blame::Test, format!("There are no exercises in {}", toolchain.title));
    };
    let Some(code) = files.iter().find(|file| file.name == task.main) else {
        return session.refuse(Blame::Student, format!("The file `{}` is missing", task.main));
    };
    session.announce(&format!("Running {}", task.main));
    let question = Question {
        name: "run",
        script: python::EXERCISE,
        task: python::Exercise {
            initial: task.initial.iter().map(|code| without_magics(code)).collect(),
            code: without_magics(&String::from_utf8_lossy(&code.bytes)),
            code_run: task.checks.code_run.as_deref().map(without_magics),
            vars: &task.checks.vars,
        },
        files: files.iter().filter(|file| file.name != task.main).map(input).collect(),
        timeout_s,
        wall_ms: None,
        hidden: false,
    };
    let asked = session.ask(harness, question).await;
    judge(session, task, &asked)
}

fn judge(mut session: Session<'_>, task: &Exercise, asked: &Asked) -> Outcome {
    let ended = &asked.ended;
    let answer = match ended.class {
        Class::Ok | Class::Nonzero => asked.answer::<ExerciseAnswer>(),
        _ => {
            session.judge(Part::Run, ended.class, false, Blame::Student);
            return session.outcome(ended.message.clone());
        }
    };
    let (passed, blame, message, observed) = match answer {
        Err(reason) => (false, Blame::Student, sentence_of(&reason.to_string()), None),
        Ok(ExerciseAnswer::NotSetUp(fault)) => {
            let message = format!("The set-up of this exercise failed: {}", fault.initial.last_line());
            (false, Blame::Test, message, Some(Observed { not_set_up: Some(fault.initial), ..Observed::default() }))
        }
        Ok(ExerciseAnswer::Ended(end)) => {
            let observed = Observed {
                values: end.values,
                raised: end.raised,
                code_run: end.code_run,
                stdout: String::from_utf8_lossy(&ended.stdout).into_owned(),
                not_set_up: None,
            };
            let (passed, message) = compare(task, &observed);
            (passed, Blame::Student, message, Some(observed))
        }
    };
    session.judge(Part::Run, ended.class, passed, blame);
    let observed = observed.filter(|_| task.observe);
    Outcome { observed, ..session.outcome(message) }
}

fn compare(task: &Exercise, observed: &Observed) -> (bool, String) {
    let mut faults = check_exercise(&task.checks, task.expected.as_ref(), task.error_okay, observed);
    if task.no_answer_needed {
        faults.retain(|fault| fault.check == Check::Exception);
    }
    if !faults.is_empty() {
        let lines: Vec<_> = faults.into_iter().map(|fault| fault.message).collect();
        return (false, lines.join("\n"));
    }
    let message = if task.no_answer_needed { "Ran to its end" } else { "All checks passed" };
    (true, message.to_owned())
}

/// The same words with a capital letter in front.
fn sentence_of(words: &str) -> String {
    let mut characters = words.chars();
    characters.next().map(|first| first.to_uppercase().chain(characters).collect()).unwrap_or_default()
}

pub fn input(file: &SourceFile) -> InputFile {
    InputFile { name: file.name.clone(), bytes: file.bytes.clone(), executable: false }
}
