//! Tests of a program's output and of what a function returns.

use entity::execution::verdict::Blame;

use super::Tried;
use super::told::Tested;
use crate::execution::build::{Built, Call as Once, run_once, unusable};
use crate::execution::python::{self, CallAnswer};
use crate::execution::sandbox::Class;
use crate::execution::session::{Asked, Ended, Question, Session};
use crate::grading::test_case::{Call, Stdio};
use crate::grading::{check_call, check_stdio, line_diff};

impl Tried<'_> {
    pub(super) async fn started(&self, session: &mut Session<'_>, stdio: &Stdio, built: &Built<'_>) -> Tested {
        if let Some(message) = unusable(&stdio.arguments) {
            return Tested::broken(message);
        }
        let once = Once {
            name: &self.test.name,
            arguments: &stdio.arguments,
            stdin: &stdio.stdin,
            timeout_s: self.test.timeout_s,
            wall_ms: self.wall_ms,
            hidden: self.test.is_quiet(),
            ..Once::default()
        };
        let ended = run_once(session, built, once).await;
        printed(stdio, &ended)
    }

    pub(super) async fn called(&self, session: &mut Session<'_>, call: &Call, built: &Built<'_>) -> Tested {
        let toolchain = session.toolchain;
        let Some(harness) = &toolchain.harness else {
            return Tested::broken(format!("Functions cannot be called in {}", toolchain.title));
        };
        let question = Question {
            name: &self.test.name,
            script: python::CALL,
            task: python::Call { main: &self.task.main, function: &call.function, arguments: &call.arguments },
            files: built.files.clone(),
            timeout_s: self.test.timeout_s,
            wall_ms: self.wall_ms,
            hidden: self.test.is_quiet(),
        };
        let asked = session.ask(harness, question).await;
        returned(call, &asked)
    }
}

fn printed(test: &Stdio, ended: &Ended) -> Tested {
    let fault = match ended.class {
        Class::Ok => check_stdio::check(test, &ended.stdout),
        _ => Some(check_stdio::with_input(test, &ended.message)),
    };
    let Some(message) = fault else { return Tested::passed() };
    let diff = line_diff::diff(&test.stdout, &String::from_utf8_lossy(&ended.stdout));
    let detail = format!("Expected (-) and printed (+):\n{diff}");
    Tested { detail, ..Tested::failed(ended.class, message) }
}

fn returned(call: &Call, asked: &Asked) -> Tested {
    let ended = &asked.ended;
    let about = check_call::name(call);
    let mut detail = String::new();
    let fault = match ended.class {
        Class::Ok | Class::Nonzero => match asked.answer() {
            Ok(CallAnswer::Value(value)) if ended.class == Class::Ok => {
                detail = check_call::whole(call, &value);
                check_call::check(call, value)
            }
            Ok(CallAnswer::Raised(raised)) => {
                Some(format!("`{about}` ended with an exception: {}", raised.last_line()))
            }
            Ok(CallAnswer::Missing(_)) => Some(format!("There is no function `{}`", call.function)),
            Ok(CallAnswer::Value(_)) => Some(format!("`{about}`: {}", ended.message)),
            Err(reason) => Some(format!("`{about}`: {reason}")),
        },
        _ => Some(format!("`{about}`: {}", ended.message)),
    };
    match fault {
        None => Tested::passed(),
        Some(message) => Tested { blame: Blame::Student, detail, ..Tested::failed(ended.class, message) },
    }
}
