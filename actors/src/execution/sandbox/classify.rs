//! From evidence to class: one pure function.

use super::{Class, Evidence, KillCause, Limits};

const SIGKILL: i32 = 9;
const SIGXCPU: i32 = 24;
const SIGXFSZ: i32 = 25;

/// The class of a run, from what was recorded of it and nothing else. The first rule that holds decides.
///
/// Our kill counts only if it is what ended the program: a status that came before the kill wins. The one exception is counted output:
/// bytes were thrown away, so the run is `OutputLimit` whether or not the kill came in time. A bare SIGKILL is never taken for a time
/// limit, nor a size for a memory limit.
///
/// What was counted comes before what is inferred: a failed run with a full disk, or with as many processes as it may have where nobody counts
/// refusals, is taken to have failed for that, but only if nothing else is on record.
pub fn classify(evidence: &Evidence, limits: &Limits) -> Class {
    if evidence.sandbox_error.is_some() {
        return Class::SandboxError;
    }
    let killed = evidence.exit_code.is_none() && matches!(evidence.signal, None | Some(SIGKILL));
    if let (Some(cause), true) = (evidence.kill_cause, killed) {
        return of_cause(cause);
    }
    let over = |bytes: u64, limit: u64| bytes > limit;
    let failed = evidence.exit_code != Some(0);
    if over(evidence.stdout_bytes.max(evidence.stderr_bytes), limits.output_bytes)
        || over(evidence.answer_bytes, limits.answer_bytes)
    {
        Class::OutputLimit
    } else if evidence.oom_kills.is_some_and(|kills| kills > 0) {
        Class::MemoryLimit
    } else if evidence.process_limit_hits.is_some_and(|hits| hits > 0) {
        Class::ProcessLimit
    } else if u128::from(evidence.cpu_us) >= limits.cpu.as_micros() || evidence.signal == Some(SIGXCPU) {
        Class::CpuTimeLimit
    } else if evidence.signal == Some(SIGXFSZ) || (evidence.disk_full && failed) {
        Class::DiskLimit
    } else if failed && had_all_processes(evidence, limits) {
        Class::ProcessLimit
    } else if evidence.signal.is_some() {
        Class::Signal
    } else {
        match evidence.exit_code {
            Some(0) => Class::Ok,
            Some(_) => Class::Nonzero,
            None => Class::SandboxError,
        }
    }
}

/// Whether one process more would have been refused at some time, and nobody would have counted that.
fn had_all_processes(evidence: &Evidence, limits: &Limits) -> bool {
    evidence.process_limit_hits.is_none() && evidence.processes_peak.is_some_and(|peak| peak >= limits.processes)
}

fn of_cause(cause: KillCause) -> Class {
    match cause {
        KillCause::Cpu => Class::CpuTimeLimit,
        KillCause::Wall => Class::WallTimeLimit,
        KillCause::Memory => Class::MemoryLimit,
        KillCause::Output => Class::OutputLimit,
        KillCause::Cancelled => Class::Cancelled,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn exited(code: i32) -> Evidence {
        Evidence { exit_code: Some(code), ..Evidence::default() }
    }

    fn died(signal: i32) -> Evidence {
        Evidence { signal: Some(signal), ..Evidence::default() }
    }

    fn killed(cause: KillCause) -> Evidence {
        Evidence { kill_cause: Some(cause), ..died(SIGKILL) }
    }

    #[test]
    fn table() {
        let limits = Limits::default();
        let cpu_us = limits.cpu.as_micros() as u64;
        let much = limits.output_bytes + 1;
        let crowded = |evidence| Evidence { processes_peak: Some(limits.processes), ..evidence };
        let broken = |evidence| Evidence { sandbox_error: Some("x".to_owned()), ..evidence };
        let table = [
            ("exit 0", exited(0), Class::Ok),
            ("exit 3", exited(3), Class::Nonzero),
            ("abort", died(6), Class::Signal),
            ("its own SIGKILL is no limit", died(SIGKILL), Class::Signal),
            ("killed for cpu", killed(KillCause::Cpu), Class::CpuTimeLimit),
            ("killed for wall", killed(KillCause::Wall), Class::WallTimeLimit),
            ("killed for memory", killed(KillCause::Memory), Class::MemoryLimit),
            ("killed for output", killed(KillCause::Output), Class::OutputLimit),
            ("cancelled", killed(KillCause::Cancelled), Class::Cancelled),
            (
                "cancelled before it began",
                Evidence { kill_cause: Some(KillCause::Cancelled), ..Evidence::default() },
                Class::Cancelled,
            ),
            ("a status before the kill wins", Evidence { kill_cause: Some(KillCause::Wall), ..exited(0) }, Class::Ok),
            (
                "a signal before the kill wins",
                Evidence { kill_cause: Some(KillCause::Wall), ..died(11) },
                Class::Signal,
            ),
            (
                "the cause outranks counters",
                Evidence { stdout_bytes: much, ..killed(KillCause::Wall) },
                Class::WallTimeLimit,
            ),
            ("no status at all", Evidence::default(), Class::SandboxError),
            ("broken outranks all", broken(killed(KillCause::Cpu)), Class::SandboxError),
            ("broken outranks exit 0", broken(exited(0)), Class::SandboxError),
            ("flood that outran the kill", Evidence { stdout_bytes: much, ..exited(0) }, Class::OutputLimit),
            ("flood on stderr", Evidence { stderr_bytes: much, ..exited(0) }, Class::OutputLimit),
            ("output at the limit", Evidence { stdout_bytes: much - 1, ..exited(0) }, Class::Ok),
            (
                "two streams are not added",
                Evidence { stdout_bytes: much - 1, stderr_bytes: much - 1, ..exited(0) },
                Class::Ok,
            ),
            ("answer too long", Evidence { answer_bytes: limits.answer_bytes + 1, ..exited(0) }, Class::OutputLimit),
            ("oom somewhere", Evidence { oom_kills: Some(1), ..exited(1) }, Class::MemoryLimit),
            ("no oom", Evidence { oom_kills: Some(0), ..exited(1) }, Class::Nonzero),
            (
                "oom outranks processes",
                Evidence { oom_kills: Some(1), process_limit_hits: Some(1), ..died(SIGKILL) },
                Class::MemoryLimit,
            ),
            ("processes refused", Evidence { process_limit_hits: Some(2), ..exited(1) }, Class::ProcessLimit),
            ("refused, and carried on", Evidence { process_limit_hits: Some(2), ..exited(0) }, Class::ProcessLimit),
            ("all processes and failed", crowded(exited(1)), Class::ProcessLimit),
            ("all processes and aborted", crowded(died(6)), Class::ProcessLimit),
            ("all processes, but content", crowded(exited(0)), Class::Ok),
            ("all processes, killed for wall", crowded(killed(KillCause::Wall)), Class::WallTimeLimit),
            ("all processes, cancelled", crowded(killed(KillCause::Cancelled)), Class::Cancelled),
            ("one process fewer", Evidence { processes_peak: Some(limits.processes - 1), ..exited(1) }, Class::Nonzero),
            (
                "all processes, and none refused",
                Evidence { process_limit_hits: Some(0), ..crowded(exited(1)) },
                Class::Nonzero,
            ),
            ("oom outranks all processes", Evidence { oom_kills: Some(1), ..crowded(exited(1)) }, Class::MemoryLimit),
            ("cpu outranks all processes", Evidence { cpu_us, ..crowded(exited(1)) }, Class::CpuTimeLimit),
            ("disk outranks all processes", crowded(died(SIGXFSZ)), Class::DiskLimit),
            ("cpu used up", Evidence { cpu_us, ..exited(0) }, Class::CpuTimeLimit),
            ("almost", Evidence { cpu_us: cpu_us - 1, ..exited(0) }, Class::Ok),
            ("SIGXCPU", died(SIGXCPU), Class::CpuTimeLimit),
            ("SIGXFSZ", died(SIGXFSZ), Class::DiskLimit),
            ("full and failed", Evidence { disk_full: true, ..exited(1) }, Class::DiskLimit),
            ("full and aborted", Evidence { disk_full: true, ..died(6) }, Class::DiskLimit),
            ("full but content", Evidence { disk_full: true, ..exited(0) }, Class::Ok),
            ("size is not a memory limit", Evidence { peak_memory_bytes: u64::MAX, ..exited(1) }, Class::Nonzero),
        ];
        for (name, evidence, class) in table {
            assert_eq!(classify(&evidence, &limits), class, "{name}");
        }
    }
}
