//! Who may know whom inside `actors` and inside `server`.

use super::Fault;
use super::scan::paths;
use super::sources::{File, Tree};

/// What the platform is about. In `actors`, `job` is the kernel's own.
const NOUNS: [&str; 11] = [
    "assignment",
    "content",
    "course",
    "execution",
    "file",
    "grading",
    "identity",
    "mail",
    "render",
    "submission",
    "taskqueue",
];

/// What of another noun of `server` a noun may know: a graph has edges.
const SHARED: [&str; 2] = ["object", "loader"];
/// Streams are named by the noun that keeps them, and followed by others too.
const CURSOR: [&str; 2] = ["job", "cursor"];

/// An arrow that is allowed: from a file or noun of `actors` to a path, and why.
struct Arrow(&'static str, &'static str, &'static str);

/// From the kernel to nouns.
const KERNEL: [Arrow; 10] = [
    Arrow("kinds", "", "the list of lists"),
    Arrow("deps", "execution::workshop", "a handle that bodies use"),
    Arrow("deps", "identity::attempts", "a handle that operations use"),
    Arrow("deps", "identity::keyring", "a handle that operations use"),
    Arrow("deps", "mail::postbox", "a handle that bodies use"),
    Arrow("keeping", "identity::keyring", "asks whether a secret opens the keys of a backup"),
    Arrow("kernel", "execution::workshop", "is handed to it by its starter"),
    Arrow("kernel", "identity::attempts", "begins to count"),
    Arrow("kernel", "mail::postbox", "starts the actor"),
    Arrow("writer", "submission", "a hot operation announces its hand-ins as the noun says"),
];

/// From noun to noun.
const BETWEEN: &[Arrow] = &[
    Arrow("assignment", "identity::audit", "who gives more time is noted in the transaction that gives it"),
    Arrow("assignment", "mail", "a student has a letter about more time, in the same transaction"),
    Arrow("content", "execution::execute", "tries out the solution of an exercise"),
    Arrow("content", "execution::outcome", "tries out the solution of an exercise"),
    Arrow("content", "execution::plan", "an exercise's task is stored as the plan of its runs"),
    Arrow("content", "execution::sandbox", "runs the code of a mission"),
    Arrow("content", "execution::syntax", "checks the code of a mission"),
    Arrow("content", "execution::workshop", "has it run the code of a mission"),
    Arrow("content", "grading", "reads checks and tests in the grader's own form"),
    Arrow("content", "submission::regrade", "has what a broken test left graded, now that its tests are others"),
    Arrow("course", "identity::attempts", "wrong codes to join by are counted like wrong passwords"),
    Arrow("course", "identity::audit", "a change of rights is noted in the transaction that makes it"),
    Arrow("course", "identity::invite_many", "who is put on a roster without an account is invited"),
    Arrow("course", "identity::keyring", "a code to join by is random"),
    Arrow(
        "course",
        "submission::group",
        "who is taken off the roster is taken out of their groups, in the same transaction",
    ),
    Arrow("course", "identity::secret", "of a code to join by only the digest is kept"),
    Arrow("execution", "grading", "a verdict is what the grader makes of the evidence"),
    Arrow("execution", "mail", "a score is followed by its letter, in the same transaction"),
    Arrow("grading", "identity::audit", "a score by a person is noted in the transaction that gives it"),
    Arrow("identity", "mail", "a ticket goes out by its letter, in the same transaction"),
    Arrow("mail", "identity::secret", "looks whether the code that it writes is that of the ticket"),
    Arrow("submission", "execution", "a hand-in enqueues its run: plan and job payload"),
    Arrow("submission", "identity::keyring", "a receipt is signed with a key of the site"),
    Arrow("submission", "grading", "puts tests into the plan, with what students start from"),
    Arrow(
        "submission",
        "identity::audit",
        "a change of a group or of what counts is noted in the transaction that makes it",
    ),
    Arrow("submission", "mail", "who shares work has letters about the group, in the same transaction"),
];

pub fn in_actors(tree: &Tree) -> Vec<Fault> {
    let mut faults = Vec::new();
    let mut needed = Vec::new();
    for file in tree.product().filter(|file| file.is_in("actors/src/")) {
        let own = module(file).first().copied().unwrap_or_default();
        for (line, path) in inside(file) {
            let target = path.first().map_or("", String::as_str);
            if target == own || !NOUNS.contains(&target) || own == "lib" {
                continue;
            }
            let is_noun = NOUNS.contains(&own);
            let arrows: &[Arrow] = if is_noun { BETWEEN } else { &KERNEL };
            let path = path.join("::");
            match arrows.iter().find(|arrow| arrow.0 == own && leads_to(&path, arrow.1)) {
                Some(arrow) => needed.push((arrow.0, arrow.1)),
                None if is_noun => faults.push(Fault::at(file, line, format!("{own} may not know `{path}`"))),
                None => faults.push(Fault::at(file, line, format!("the kernel may not know `{path}`; add to `kinds`"))),
            }
        }
    }
    let arrows = KERNEL.iter().chain(BETWEEN).filter(|arrow| !needed.contains(&(arrow.0, arrow.1)));
    faults.extend(arrows.map(|Arrow(from, to, why)| {
        let reason = format!("nothing needs the arrow from {from} to {to} any more ({why}); remove it");
        Fault { path: file!().to_owned(), line: 1, reason }
    }));
    faults
}

fn leads_to(path: &str, allowed: &str) -> bool {
    allowed.is_empty() || path == allowed || path.starts_with(&format!("{allowed}::"))
}

pub fn in_server(tree: &Tree) -> Vec<Fault> {
    let mut faults = Vec::new();
    for file in tree.product().filter(|file| file.is_in("server/src/")) {
        let own = module(file).first().copied().unwrap_or_default();
        if !NOUNS.contains(&own) && own != "job" {
            continue;
        }
        for (line, path) in inside(file) {
            let target = path.first().map_or("", String::as_str);
            let other = target != own && (NOUNS.contains(&target) || target == "job");
            let part = path.get(1).map_or("", String::as_str);
            if other && !SHARED.contains(&part) && [target, part] != CURSOR {
                let reason =
                    format!("{own} may know of {target} its {} only, not `{}`", SHARED.join(" and "), path.join("::"));
                faults.push(Fault::at(file, line, reason));
            }
        }
    }
    faults
}

/// The module of a file: `actors/src/mail/deliver.rs` is `["mail", "deliver"]`.
fn module(file: &File) -> Vec<&str> {
    let within = file.path.split_once("/src/").map_or("", |(_, within)| within).trim_end_matches(".rs");
    within.split('/').filter(|part| *part != "mod").collect()
}

/// The paths of its own crate that a file names outside of tests, also by way of `super`.
fn inside(file: &File) -> Vec<(usize, Vec<String>)> {
    let direct = paths(&file.code.text, "crate");
    let above = paths(&file.code.text, "super").into_iter().map(|(line, path)| {
        let ups = 1 + path.iter().take_while(|part| *part == "super").count();
        let own = module(file);
        let base = own[..own.len().saturating_sub(ups)].iter().map(|part| (*part).to_owned());
        (line, base.chain(path.into_iter().skip(ups - 1)).collect())
    });
    direct.into_iter().chain(above).filter(|(line, _)| !file.code.is_test(*line)).collect()
}
