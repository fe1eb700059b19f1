//! A plain run: build the program, run it, say how it ended.

use entity::execution::verdict::Blame;

use super::build::{build, command, unusable};
use super::outcome::Outcome;
use super::plan::{Program, SourceFile};
use super::sandbox::Class;
use super::session::{Order, Session, limits};
use super::verdict::Part;

pub async fn run(mut session: Session<'_>, task: &Program, timeout_s: u8, files: &[SourceFile]) -> Outcome {
    if let Some(message) = unusable(&task.arguments) {
        return session.refuse(Blame::Student, message);
    }
    let Some(main) = &task.main else {
        return session.refuse(Blame::Student, "Which file is the main one?".to_owned());
    };
    let files = match build(&mut session, main, files).await {
        Ok(files) => files,
        Err(message) => return session.outcome(message),
    };
    session.announce(&format!("Running {main}"));
    let ended = session
        .step(Order {
            name: "run",
            argv: command(&session, main, &task.arguments),
            files,
            stdin: task.stdin.clone().into_bytes(),
            limits: limits(&session.toolchain.run.limits, timeout_s),
            collect: Vec::new(),
            hidden: false,
        })
        .await;
    let passed = ended.class == Class::Ok;
    session.judge(Part::Run, ended.class, passed, Blame::Student);
    session.outcome(if passed { "Ran to its end".to_owned() } else { ended.message })
}
