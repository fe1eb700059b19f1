//! How a program of somebody's own ended, in the words of a command line: an exit status, and what the log says last. Pure.

use entity::execution::record::RecordKind;
use entity::execution::verdict::{Blame, Verdict};

use super::outcome::Outcome;
use super::sandbox::Class;

/// The longest output of a program of somebody's own, in bytes, over all its steps and both streams.
pub const OUTPUT_BYTES: u64 = 1 << 20;
/// The mode that tries the cases of a lab.
pub const SUBMIT: &str = "submit";

/// The status of what was stopped because of time.
const TIME: i32 = 124;
/// The status of what was killed because it took too much.
const KILLED: i32 = 137;

/// How it ended, for who looks at it as at a command line.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Conclusion {
    /// The exit status; none if it is no program of somebody's own.
    pub status: Option<i32>,
    /// What the log says before its end.
    pub last: Vec<(RecordKind, Vec<u8>)>,
}

/// Why a run was ended from outside of its steps.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cut {
    /// It wrote more than is kept; so many bytes too many.
    Output(u64),
    /// All of it together took longer than a guest's run may, in seconds.
    Time(u64),
}

/// The outcome and conclusion of a run that was carried out.
#[must_use]
pub fn conclude(mut outcome: Outcome, mode: &str, cut: Option<Cut>) -> (Outcome, Conclusion) {
    match cut {
        Some(Cut::Output(bytes)) => {
            (outcome.verdict, outcome.blame) = (Verdict::OutputLimit, Some(Blame::Student));
            outcome.message = format!("The program printed more than {} KiB", OUTPUT_BYTES >> 10);
            let line = format!("<interrupted> : The output is cut: {bytes} bytes more were printed.\n");
            let last = vec![(RecordKind::Stderr, line.into_bytes())];
            (outcome, Conclusion { status: Some(KILLED), last })
        }
        Some(Cut::Time(seconds)) => {
            (outcome.verdict, outcome.blame) = (Verdict::WallTimeLimit, Some(Blame::Student));
            outcome.message = format!("Building and running together took longer than {seconds} s and were stopped.");
            let last = vec![fault(&outcome.message)];
            (outcome, Conclusion { status: Some(TIME), last })
        }
        None => {
            let conclusion = Conclusion { status: Some(status(&outcome, mode)), last: last(&outcome) };
            (outcome, conclusion)
        }
    }
}

/// The outcome and conclusion of a run that could not be begun, or not be carried on, for that reason.
#[must_use]
pub fn not_run(verdict: Verdict, blame: Option<Blame>, reason: &str) -> (Outcome, Conclusion) {
    let outcome = Outcome { blame, ..Outcome::unjudged(verdict, Blame::Infrastructure, reason.to_owned()) };
    let conclusion = Conclusion { status: Some(1), last: vec![fault(reason)] };
    (outcome, conclusion)
}

fn fault(reason: &str) -> (RecordKind, Vec<u8>) {
    (RecordKind::Fault, reason.as_bytes().to_vec())
}

/// What nobody could read from the program's own output: that it was not run at all, or that the site could not run it.
fn last(outcome: &Outcome) -> Vec<(RecordKind, Vec<u8>)> {
    let refused = outcome.steps.is_empty() && outcome.verdict != Verdict::Passed;
    if refused || matches!(outcome.verdict, Verdict::SandboxError | Verdict::Cancelled) {
        return vec![fault(&outcome.message)];
    }
    Vec::new()
}

fn status(outcome: &Outcome, mode: &str) -> i32 {
    let built = outcome.verdict != Verdict::BuildFailed;
    let class = outcome.steps.last().map(|step| step.class);
    match (outcome.verdict, class) {
        (Verdict::SandboxError | Verdict::Cancelled, _) | (_, None) => 1,
        // How the cases went is in the record of the lab.
        _ if mode == SUBMIT && built => 0,
        (_, Some(Class::CpuTimeLimit | Class::WallTimeLimit)) => TIME,
        (_, Some(Class::MemoryLimit | Class::OutputLimit | Class::DiskLimit)) => KILLED,
        (_, Some(Class::Signal)) => 128 + outcome.signal.unwrap_or_default(),
        (verdict, _) => outcome.exit_code.unwrap_or(i32::from(verdict != Verdict::Passed)),
    }
}

#[cfg(test)]
mod tests {
    use super::{Conclusion, Cut, SUBMIT, conclude, not_run};
    use crate::execution::outcome::{Outcome, Step};
    use crate::execution::sandbox::{Class, Evidence};
    use entity::execution::record::RecordKind;
    use entity::execution::verdict::{Blame, Verdict};

    fn outcome(verdict: Verdict, class: Class, exit_code: Option<i32>, signal: Option<i32>) -> Outcome {
        let (evidence, diagnostics) = (Evidence::default(), Vec::new());
        let step = Step { name: "run".to_owned(), hidden: false, class, evidence, cached: false, diagnostics };
        let (empty, _) = not_run(verdict, None, "");
        Outcome { steps: vec![step], exit_code, signal, ..empty }
    }

    #[test]
    fn statuses_are_those_of_a_command_line() {
        let cases = [
            (outcome(Verdict::Passed, Class::Ok, Some(0), None), "run", 0),
            (outcome(Verdict::Nonzero, Class::Nonzero, Some(3), None), "run", 3),
            (outcome(Verdict::BuildFailed, Class::Nonzero, Some(4), None), "run", 4),
            (outcome(Verdict::Signal, Class::Signal, None, Some(11)), "run", 139),
            (outcome(Verdict::WallTimeLimit, Class::WallTimeLimit, None, Some(9)), "run", 124),
            (outcome(Verdict::Nonzero, Class::Nonzero, Some(124), None), "run", 124),
            (outcome(Verdict::MemoryLimit, Class::MemoryLimit, None, Some(9)), "run", 137),
            (outcome(Verdict::Failed, Class::Nonzero, Some(1), None), SUBMIT, 0),
            (outcome(Verdict::BuildFailed, Class::Nonzero, Some(4), None), SUBMIT, 4),
            (outcome(Verdict::SandboxError, Class::SandboxError, None, None), SUBMIT, 1),
        ];
        for (outcome, mode, status) in cases {
            let verdict = outcome.verdict;
            assert_eq!(conclude(outcome, mode, None).1.status, Some(status), "{verdict:?} {mode}");
        }
    }

    #[test]
    fn a_cut_says_what_it_cut() {
        let ran = || outcome(Verdict::Cancelled, Class::Cancelled, None, None);
        let (output, Conclusion { status, last }) = conclude(ran(), "run", Some(Cut::Output(42)));
        assert_eq!((output.verdict, status), (Verdict::OutputLimit, Some(137)));
        assert!(last[0].0 == RecordKind::Stderr && String::from_utf8_lossy(&last[0].1).contains("42 bytes"));
        let (time, Conclusion { status, last }) = conclude(ran(), "run", Some(Cut::Time(30)));
        assert_eq!((time.verdict, time.blame, status), (Verdict::WallTimeLimit, Some(Blame::Student), Some(124)));
        assert!(last[0].0 == RecordKind::Fault && String::from_utf8_lossy(&last[0].1).contains("30 s"));
    }

    #[test]
    fn a_refusal_is_told_in_the_log() {
        let (outcome, conclusion) = not_run(Verdict::BuildFailed, Some(Blame::Student), "there are two main files");
        let told = vec![(RecordKind::Fault, b"there are two main files".to_vec())];
        assert_eq!(conclusion, Conclusion { status: Some(1), last: told.clone() });
        assert_eq!(conclude(outcome, "run", None).1.last, told);
    }
}
