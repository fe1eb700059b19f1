//! The verdict of a run, from how its steps ended: pure, and the only place that decides it.

use entity::execution::verdict::{Blame, Verdict};

use super::sandbox::{Class, Evidence, Limits};

/// A step, as far as the verdict is concerned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Judged {
    pub part: Part,
    pub class: Class,
    /// A build: made a program. Anything else: passed all of its checks.
    pub passed: bool,
    /// Who is to answer for it if it did not pass.
    pub blame: Blame,
}

/// What a step was for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    Build,
    /// The program, or one test of it.
    Run,
    /// A hidden test. How it ended can tell what it is, so the verdict says no more of it than whether it passed.
    Hidden,
}

/// The verdict, and who is to answer for it.
///
/// A broken sandbox outweighs everything, so that nobody gets a zero for it. Steps that failed in the same way give that
/// way its name; steps that failed in different ways, and hidden tests, are just `Failed`.
#[must_use]
pub fn verdict(steps: &[Judged]) -> (Verdict, Option<Blame>) {
    let some = |class| steps.iter().any(|step| step.class == class);
    if some(Class::SandboxError) {
        return (Verdict::SandboxError, Some(Blame::Infrastructure));
    }
    if some(Class::Cancelled) {
        return (Verdict::Cancelled, None);
    }
    let failed = steps.iter().filter(|step| !step.passed);
    let mut shown = failed.clone().filter(|step| step.part != Part::Hidden);
    let Some(first) = shown.next().or_else(|| failed.clone().next()) else { return (Verdict::Passed, None) };
    let alike = shown.all(|step| step.class == first.class);
    // One test that nobody can pass is worth a look, whatever the others say.
    let blame = failed.clone().find(|step| step.blame == Blame::Test).map_or(first.blame, |step| step.blame);
    match first.part {
        Part::Build => (Verdict::BuildFailed, Some(blame)),
        Part::Run if alike => (of_class(first.class), Some(blame)),
        Part::Run | Part::Hidden => (Verdict::Failed, Some(blame)),
    }
}

fn of_class(class: Class) -> Verdict {
    match class {
        Class::Ok => Verdict::Failed,
        Class::Nonzero => Verdict::Nonzero,
        Class::Signal => Verdict::Signal,
        Class::CpuTimeLimit => Verdict::CpuTimeLimit,
        Class::WallTimeLimit => Verdict::WallTimeLimit,
        Class::MemoryLimit => Verdict::MemoryLimit,
        Class::OutputLimit => Verdict::OutputLimit,
        Class::DiskLimit => Verdict::DiskLimit,
        Class::ProcessLimit => Verdict::ProcessLimit,
        Class::Cancelled => Verdict::Cancelled,
        Class::SandboxError => Verdict::SandboxError,
    }
}

/// Who is spoken of in a [`sentence`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Who {
    #[default]
    Program,
    /// A program of the author's that grades.
    Grader,
    /// What builds or checks it.
    Compiler,
    Prover,
}

/// How a program or a tool ended, for the author of the program; empty if it ended normally.
#[must_use]
pub fn sentence(who: Who, class: Class, evidence: &Evidence, limits: &Limits) -> String {
    let subject = match who {
        Who::Program => "The program",
        Who::Grader => "The grader",
        Who::Compiler => "The compiler",
        Who::Prover => "The prover",
    };
    let advice = |text: &'static str| if who == Who::Program { text } else { "" };
    match class {
        Class::Ok => String::new(),
        Class::Nonzero => format!("{subject} ended with exit status {}", evidence.exit_code.unwrap_or(1)),
        Class::Signal => format!("{subject} was ended by {}", signal(evidence.signal.unwrap_or(0))),
        Class::CpuTimeLimit => format!(
            "{subject} used up its {} s of processor time{}",
            limits.cpu.as_secs_f64(),
            advice(": is there a loop that never ends?")
        ),
        Class::WallTimeLimit => format!(
            "{subject} was still running after {} s{}",
            limits.wall.as_secs_f64(),
            advice(": does it wait for something?")
        ),
        Class::MemoryLimit => format!("{subject} wanted more than {} of memory", size(limits.memory_bytes)),
        Class::OutputLimit => format!("{subject} {}", too_much(evidence, limits)),
        Class::DiskLimit => format!("{subject} wanted more than {} for its files", size(limits.disk_bytes)),
        Class::ProcessLimit => format!("{subject} wanted more than {} processes", limits.processes),
        Class::Cancelled => "The run was cancelled".to_owned(),
        Class::SandboxError => {
            "The program could not be run. The fault is not in it but on our side; nothing was counted".to_owned()
        }
    }
}

/// What there was too much of: one stream, or the other, or what only a check reads.
fn too_much(evidence: &Evidence, limits: &Limits) -> String {
    let most = size(limits.output_bytes);
    if evidence.stdout_bytes > limits.output_bytes {
        format!("printed more than {most}")
    } else if evidence.stderr_bytes > limits.output_bytes {
        format!("printed more than {most} on standard error")
    } else {
        format!("wrote more than {} to descriptor 3, which is for its check", size(limits.answer_bytes))
    }
}

/// Bytes, in the largest unit that fits a whole number.
fn size(bytes: u64) -> String {
    match bytes {
        _ if bytes >= 1 << 20 && bytes.is_multiple_of(1 << 20) => format!("{} MiB", bytes >> 20),
        _ if bytes >= 1 << 10 && bytes.is_multiple_of(1 << 10) => format!("{} KiB", bytes >> 10),
        _ => format!("{bytes} bytes"),
    }
}

fn signal(number: i32) -> String {
    let meaning = match number {
        4 => "an illegal instruction",
        6 => "a call of abort",
        7 | 11 => "an access to memory that is not its own (segmentation fault)",
        8 => "an impossible calculation, such as a division by zero",
        _ => return format!("signal {number}"),
    };
    format!("signal {number}, {meaning}")
}

#[cfg(test)]
mod tests {
    use super::{Judged, Part, Who, sentence, verdict};
    use crate::execution::sandbox::{Class, Evidence, Limits};
    use entity::execution::verdict::{Blame, Verdict};

    fn build(class: Class, passed: bool) -> Judged {
        Judged { part: Part::Build, class, passed, blame: Blame::Student }
    }

    fn run(class: Class, passed: bool) -> Judged {
        Judged { part: Part::Run, class, passed, blame: Blame::Student }
    }

    fn hidden(class: Class) -> Judged {
        Judged { part: Part::Hidden, class, passed: false, blame: Blame::Student }
    }

    #[test]
    fn table() {
        let student = Some(Blame::Student);
        let cases: &[(&[Judged], Verdict, Option<Blame>)] = &[
            (&[], Verdict::Passed, None),
            (&[run(Class::Ok, true)], Verdict::Passed, None),
            (&[run(Class::Ok, false)], Verdict::Failed, student),
            // An exercise that is meant to end in an exception.
            (&[run(Class::Nonzero, true)], Verdict::Passed, None),
            (&[run(Class::Nonzero, false)], Verdict::Nonzero, student),
            (&[run(Class::Signal, false)], Verdict::Signal, student),
            (&[run(Class::CpuTimeLimit, false)], Verdict::CpuTimeLimit, student),
            (&[run(Class::WallTimeLimit, false)], Verdict::WallTimeLimit, student),
            (&[run(Class::MemoryLimit, false)], Verdict::MemoryLimit, student),
            (&[run(Class::OutputLimit, false)], Verdict::OutputLimit, student),
            (&[run(Class::DiskLimit, false)], Verdict::DiskLimit, student),
            (&[run(Class::ProcessLimit, false)], Verdict::ProcessLimit, student),
            (&[build(Class::Nonzero, false)], Verdict::BuildFailed, student),
            (&[build(Class::CpuTimeLimit, false)], Verdict::BuildFailed, student),
            (&[build(Class::Ok, false)], Verdict::BuildFailed, student),
            (&[build(Class::Ok, true), run(Class::Ok, true)], Verdict::Passed, None),
            (&[build(Class::Ok, true), run(Class::Signal, false), run(Class::Ok, true)], Verdict::Signal, student),
            (&[run(Class::Signal, false), run(Class::Ok, false)], Verdict::Failed, student),
            (&[run(Class::Ok, true), run(Class::Cancelled, false)], Verdict::Cancelled, None),
            // How a hidden test ended is nobody's business.
            (&[run(Class::Ok, true), hidden(Class::Signal)], Verdict::Failed, student),
            (&[hidden(Class::Signal), hidden(Class::Signal)], Verdict::Failed, student),
            (&[hidden(Class::Ok), run(Class::Signal, false)], Verdict::Signal, student),
            (&[hidden(Class::SandboxError)], Verdict::SandboxError, Some(Blame::Infrastructure)),
            (
                &[run(Class::Ok, false), run(Class::SandboxError, false)],
                Verdict::SandboxError,
                Some(Blame::Infrastructure),
            ),
            (
                &[run(Class::Cancelled, false), run(Class::SandboxError, false)],
                Verdict::SandboxError,
                Some(Blame::Infrastructure),
            ),
            (&[build(Class::SandboxError, false)], Verdict::SandboxError, Some(Blame::Infrastructure)),
            (&[Judged { blame: Blame::Test, ..run(Class::Nonzero, false) }], Verdict::Nonzero, Some(Blame::Test)),
            (
                &[run(Class::Ok, false), Judged { blame: Blame::Test, ..run(Class::Ok, false) }],
                Verdict::Failed,
                Some(Blame::Test),
            ),
        ];
        for (steps, expected, blame) in cases {
            assert_eq!(verdict(steps), (*expected, *blame), "{steps:?}");
        }
    }

    #[test]
    fn says_how_a_program_ended() {
        let said = |class, evidence| sentence(Who::Program, class, &evidence, &Limits::default());
        assert_eq!(said(Class::Ok, Evidence::default()), "");
        let exit = Evidence { exit_code: Some(3), ..Evidence::default() };
        assert_eq!(said(Class::Nonzero, exit), "The program ended with exit status 3");
        let crash = Evidence { signal: Some(11), ..Evidence::default() };
        assert!(said(Class::Signal, crash).contains("segmentation fault"));
        let limits = Limits { cpu: std::time::Duration::from_millis(1500), output_bytes: 100, ..Limits::default() };
        let tool = |class, evidence: Evidence| sentence(Who::Compiler, class, &evidence, &limits);
        assert_eq!(tool(Class::CpuTimeLimit, Evidence::default()), "The compiler used up its 1.5 s of processor time");
        for (stdout_bytes, stderr_bytes, answer_bytes, ending) in [
            (101, 0, 0, "printed more than 100 bytes"),
            (0, 101, 0, "printed more than 100 bytes on standard error"),
            (0, 0, 2 << 20, "wrote more than 1 MiB to descriptor 3, which is for its check"),
        ] {
            let evidence = Evidence { stdout_bytes, stderr_bytes, answer_bytes, ..Evidence::default() };
            assert_eq!(tool(Class::OutputLimit, evidence), format!("The compiler {ending}"));
        }
    }
}
