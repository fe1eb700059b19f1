//! The two filters: compiled from the table, installed for this process and all that descend from it.
//!
//! A filter is a program that the kernel runs at every call. Ours first ask for the machine, then look for the number by halving, as a linear
//! search through the table would cost more than many calls do.

use std::collections::BTreeMap;

use libc::{BPF_ABS, BPF_JA, BPF_JEQ, BPF_JGE, BPF_JMP, BPF_K, BPF_LD, BPF_RET, BPF_W};
use seccompiler::{BpfProgram, SeccompAction, apply_filter, sock_filter};

use super::super::{Step, cannot};
use super::arguments;
use super::calls::{self, Arch, Rule};

/// Where the kernel shows a filter the number of the call, and the machine whose numbers they are.
const NUMBER: u32 = 0;
const MACHINE: u32 = 4;
/// From here on numbers are those of x32, a second set of calls on x86_64 that nobody needs.
const X32: u32 = 0x4000_0000;
/// -1, which is nobody's.
const NONE: u32 = u32::MAX;

/// A compiled filter. Compile early and keep it; installing is quick.
pub struct Filter(BpfProgram);

impl Filter {
    /// All that anybody needs, we included, with arguments that nobody needs left out. What it doesn't know doesn't exist; calls by the numbers of another machine end the process.
    pub fn wide() -> Step<Self> {
        compile(Arch::own()?, wide).map(Self)
    }

    /// Takes away what only we needed. To be installed over the wide one when the sandbox is made, by a process that has one thread.
    pub fn narrow() -> Step<Self> {
        compile(Arch::own()?, narrow).map(Self)
    }

    /// Puts it in force for this thread and all that it begets, for good. Sets no_new_privs.
    pub fn install(&self) -> Step<()> {
        apply_filter(&self.0).map_err(std::io::Error::other).map_err(cannot(
            "install the filter of system calls; the kernel needs CONFIG_SECCOMP_FILTER, and a container must allow seccomp",
        ))
    }
}

/// What one of the filters does: to a call of the table, and to all others.
type Policy = fn(Option<&calls::Call>) -> Step<Leaf>;

fn wide(call: Option<&calls::Call>) -> Step<Leaf> {
    let Some(call) = call else { return Ok(Leaf::Return(errno(libc::ENOSYS))) };
    match call.rule {
        Rule::Look => arguments::of(call.name).map(Leaf::Look),
        // No error is success.
        Rule::Pretend => Ok(Leaf::Return(errno(0))),
        Rule::Allow | Rule::LookLater | Rule::SetUp(_) => Ok(Leaf::Return(SeccompAction::Allow)),
    }
}

/// Says only what the wide one could not say yet: it is installed for every program, and each instruction costs.
fn narrow(call: Option<&calls::Call>) -> Step<Leaf> {
    match call {
        Some(call) if call.rule == Rule::LookLater => arguments::of(call.name).map(Leaf::Look),
        Some(calls::Call { rule: Rule::SetUp(error), .. }) => Ok(Leaf::Return(errno(*error))),
        _ => Ok(Leaf::Return(SeccompAction::Allow)),
    }
}

fn errno(number: i32) -> SeccompAction {
    SeccompAction::Errno(number.cast_unsigned())
}

/// What is done when the number is found.
enum Leaf {
    Return(SeccompAction),
    Look(arguments::Cases),
}

impl Leaf {
    fn compile(self) -> BpfProgram {
        match self {
            Self::Return(action) => vec![finish(action)],
            Self::Look(arguments::Cases { cases, otherwise }) => {
                // A rule that doesn't hold jumps over the one instruction that follows it.
                let cases = cases.into_iter().flat_map(|(rule, action)| {
                    let mut program = BpfProgram::from(rule);
                    program.push(finish(action));
                    program
                });
                cases.chain([finish(otherwise)]).collect()
            }
        }
    }
}

fn compile(arch: Arch, policy: Policy) -> Step<BpfProgram> {
    let mut ranges = BTreeMap::from([(0, policy(None)?.compile())]);
    let calls = calls::all(arch)?;
    for call in &calls {
        ranges.insert(call.number, policy(Some(call))?.compile());
        if !calls.iter().any(|other| other.number == call.number + 1) {
            ranges.insert(call.number + 1, policy(None)?.compile());
        }
    }
    if arch == Arch::X86_64 {
        ranges.insert(X32, vec![finish(SeccompAction::KillProcess)]);
        ranges.insert(NONE, policy(None)?.compile());
    }
    let mut ranges: Vec<(u32, BpfProgram)> = ranges.into_iter().collect();
    ranges.dedup_by(|later, earlier| later.1 == earlier.1);
    let mut program =
        vec![load(MACHINE), jump(BPF_JEQ, arch.audit(), 1, 0), finish(SeccompAction::KillProcess), load(NUMBER)];
    program.extend(search(&ranges));
    Ok(program)
}

/// Finds the range that the number is in: each begins where its first says and ends where the next begins.
fn search(ranges: &[(u32, BpfProgram)]) -> BpfProgram {
    if let [(_, leaf)] = ranges {
        return leaf.clone();
    }
    let (low, high) = ranges.split_at(ranges.len() / 2);
    let first = high[0].0;
    let (low, high) = (search(low), search(high));
    let mut program = match u8::try_from(low.len()) {
        Ok(length) => vec![jump(BPF_JGE, first, length, 0)],
        // Too far for a jump on a condition.
        Err(_) => vec![jump(BPF_JGE, first, 0, 1), instruction(BPF_JMP | BPF_JA, low.len() as u32, 0, 0)],
    };
    program.extend(low);
    program.extend(high);
    program
}

fn load(offset: u32) -> sock_filter {
    instruction(BPF_LD | BPF_W | BPF_ABS, offset, 0, 0)
}

/// Goes on after `yes` instructions if the comparison with `value` holds, else after `no`.
fn jump(comparison: u32, value: u32, yes: u8, no: u8) -> sock_filter {
    instruction(BPF_JMP | comparison | BPF_K, value, yes, no)
}

fn finish(action: SeccompAction) -> sock_filter {
    instruction(BPF_RET | BPF_K, action.into(), 0, 0)
}

fn instruction(code: u32, k: u32, jt: u8, jf: u8) -> sock_filter {
    sock_filter { code: code as u16, jt, jf, k }
}

#[cfg(test)]
#[path = "filter_tests.rs"]
mod tests;
