//! Suites that bring no report, and who is to answer for that.
//!
//! A suite shares its sandbox with the work, so either can be the reason. It is tried once more beside what students start from: if it
//! reports then, or ends by the fault of those files alone, the work that was handed in is at fault; if not, the suite is.

use entity::execution::verdict::Blame;

use super::Tried;
use super::told::Tested;
use crate::execution::build::{Built, build};
use crate::execution::exercise::input;
use crate::execution::plan::{Program, SourceFile};
use crate::execution::python::{self, SuiteAnswer};
use crate::execution::sandbox::Class;
use crate::execution::session::{Question, Session};
use crate::grading::author::Suite;
use crate::grading::report::{Case, merged};
use crate::grading::test_case::Feedback;

/// Why there is no report.
pub(super) struct Unreported {
    class: Class,
    /// None: it could be anybody.
    blame: Option<Blame>,
    message: String,
    detail: String,
}

impl Unreported {
    pub(super) fn by_anybody(class: Class, message: String, detail: String) -> Self {
        Self { class, blame: None, message, detail }
    }

    fn by(blame: Blame, class: Class, message: String, detail: String) -> Self {
        Self { class, blame: Some(blame), message, detail }
    }

    /// All of it, for staff.
    pub(super) fn staff(&self) -> String {
        format!("{}\n{}", self.message, self.detail).trim().to_owned()
    }
}

impl Tried<'_> {
    /// Finds out who is to answer for it.
    pub(super) async fn answerable(&self, session: &mut Session<'_>, suite: &Suite, found: Unreported) -> Tested {
        let blame = match found.blame {
            Some(blame) => blame,
            None if session.cut_short().is_some() => return Tested::not_run("the run was ended"),
            None => self.probe(session, suite).await,
        };
        match blame {
            Blame::Test => Tested::broken(found.staff()),
            _ => Tested { detail: found.detail, ..Tested::failed(found.class, found.message) },
        }
    }

    /// Runs the suite beside what students start from.
    async fn probe(&self, session: &mut Session<'_>, suite: &Suite) -> Blame {
        let usual = (std::mem::replace(&mut session.quiet, true), session.judged.len());
        let start = &self.task.templates;
        let files: Vec<SourceFile> =
            start.iter().map(|file| SourceFile { name: file.name.clone(), bytes: file.bytes.clone() }).collect();
        let built = match suite.program.language == session.toolchain.name {
            true => Ok(None),
            false => {
                let main = Some(self.task.main.clone());
                let program = Program { mode: super::MODE.to_owned(), main, ..Program::default() };
                build(session, &program, &files).await.map(Built::graded).map(Some)
            }
        };
        let blame = match built {
            // What students start from is no program yet, which says nothing of the suite.
            Err(_) => Blame::Student,
            Ok(built) => match self.cases(session, suite, &files, built.as_ref()).await {
                Ok(_) => Blame::Student,
                Err(unreported) => unreported.blame.unwrap_or(Blame::Test),
            },
        };
        session.quiet = usual.0;
        session.judged.truncate(usual.1);
        blame
    }

    /// Has our harness run test cases of Python's module `unittest`.
    pub(super) async fn unittest(
        &self,
        session: &mut Session<'_>,
        suite: &Suite,
        files: &[SourceFile],
    ) -> Result<Vec<Case>, Unreported> {
        let toolchain = session.toolchain;
        let Some(harness) = &toolchain.harness else {
            let message = format!("There are no such test cases in {}", toolchain.title);
            return Err(Unreported::by(Blame::Test, Class::Ok, message, String::new()));
        };
        let module = |name: &'_ str| name.strip_suffix(".py").map_or(name.len(), str::len);
        let question = Question {
            name: &self.test.name,
            script: python::SUITE,
            task: python::Suite {
                modules: suite
                    .program
                    .files
                    .iter()
                    .map(|file| (&file.name[..module(&file.name)], String::from_utf8_lossy(&file.bytes).into_owned()))
                    .collect(),
                files: files.iter().map(|file| file.name.as_str()).collect(),
            },
            files: files.iter().map(input).collect(),
            timeout_s: self.test.timeout_s,
            wall_ms: self.wall_ms,
            hidden: self.test.is_quiet() || self.test.feedback() < Feedback::Full,
        };
        let asked = session.ask(harness, question).await;
        let (class, ended) = (asked.ended.class, asked.ended.message.clone());
        if !matches!(class, Class::Ok | Class::Nonzero) {
            return Err(Unreported::by_anybody(class, ended, String::new()));
        }
        match asked.answer() {
            Ok(SuiteAnswer::Cases(cases)) => merged(cases).map_err(|why| {
                Unreported::by_anybody(class, format!("The tests brought no report: {why}"), String::new())
            }),
            Ok(SuiteAnswer::Broken(why)) => Err(Unreported::by(Blame::Test, class, why, String::new())),
            Ok(SuiteAnswer::Unloaded(why)) => {
                let blame = why.by_program.then_some(Blame::Student);
                Err(Unreported {
                    class,
                    blame,
                    message: format!("The tests could not be loaded: {}", why.message),
                    detail: why.detail,
                })
            }
            Err(reason) => Err(Unreported::by_anybody(class, format!("No test was run: {reason}"), String::new())),
        }
    }
}
