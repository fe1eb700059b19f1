//! Calls that are not made, or only in one place.

use super::Fault;
use super::scan::words;
use super::sources::{File, Tree};

/// A call, where it may stand all the same, and why it may not elsewhere.
struct Ban {
    call: &'static str,
    /// Files and folders.
    but_in: &'static [&'static str],
    why: &'static str,
}

/// In all code, tests too.
const EVERYWHERE: [Ban; 5] = [
    Ban { call: "do_send(", but_in: &[], why: "it ignores the mailbox's bound; use a `Line`" },
    Ban { call: "todo!", but_in: &[], why: "finish it, or leave it out" },
    Ban { call: "unimplemented!", but_in: &[], why: "finish it, or leave it out" },
    Ban { call: "dbg!", but_in: &[], why: "use `tracing`" },
    Ban { call: "#[ignore", but_in: &[], why: "a test that is not run is not a test" },
];

/// In the product; its tests may.
const PRODUCT: [Ban; 9] = [
    Ban {
        call: ".begin()",
        but_in: &["actors/src/database.rs", "actors/src/write.rs"],
        why: "a deferred transaction fails on SQLite when it reads first; use `Write::begin`",
    },
    Ban { call: ".unwrap()", but_in: &[], why: "say what happens instead" },
    Ban { call: ".expect(", but_in: OWN_EXPECT, why: "say what happens instead" },
    Ban { call: "thread::sleep", but_in: &[], why: "it blocks a thread that others need" },
    Ban { call: "SystemTime::now", but_in: &["entity/src/clock.rs"], why: "ask the `Clock` that you are given" },
    Ban { call: "Utc::now", but_in: &["entity/src/clock.rs"], why: "ask the `Clock` that you are given" },
    Ban {
        call: "env::var",
        but_in: &["server/src/config.rs", "server/src/config/", "server/src/main.rs"],
        why: "settings are read once, in `config`",
    },
    Ban { call: "println!", but_in: PRINTS, why: "only commands print; all else uses `tracing`" },
    Ban { call: "print!", but_in: PRINTS, why: "only commands print; all else uses `tracing`" },
];

/// Files with a method of their own that is called so.
const OWN_EXPECT: &[&str] = &["actors/src/content/literal.rs", "actors/src/content/format/literal.rs"];

/// Beside every `cli.rs`, and what is in a folder `cli`.
const PRINTS: &[&str] = &["server/src/main.rs", "server/src/command/"];

/// Where code may be unsafe, with a reason at each place.
const UNSAFE: &str = "actors/src/execution/sandbox/";
/// How many lines above it the reason may begin.
const NEAR: usize = 6;

pub fn banned(tree: &Tree) -> Vec<Fault> {
    let mut faults = Vec::new();
    for file in tree.rust() {
        let lines = file.code.text.lines().enumerate().map(|(index, line)| (index + 1, line));
        faults.extend(lines.flat_map(|(number, line)| broken(file, number, line, &EVERYWHERE)));
    }
    for file in tree.product() {
        faults.extend(file.product_lines().flat_map(|(number, line)| broken(file, number, line, &PRODUCT)));
    }
    faults
}

fn broken(file: &File, number: usize, line: &str, bans: &[Ban]) -> Vec<Fault> {
    let excused = |ban: &Ban| ban.but_in.iter().any(|place| file.is_in(place)) || (prints(ban) && is_command(file));
    let broken = bans.iter().filter(|ban| !excused(ban) && calls(line, ban.call));
    broken.map(|ban| Fault::at(file, number, format!("`{}`: {}", ban.call, ban.why))).collect()
}

fn prints(ban: &Ban) -> bool {
    ban.call.ends_with("print!") || ban.call.ends_with("println!")
}

fn is_command(file: &File) -> bool {
    file.is_in("server/src/") && (file.path.ends_with("/cli.rs") || file.path.contains("/cli/"))
}

fn calls(line: &str, call: &str) -> bool {
    let begins = |at: usize| !line[..at].ends_with(|c: char| c.is_alphanumeric() || c == '_');
    let must_begin = call.starts_with(char::is_alphabetic);
    line.match_indices(call).any(|(at, _)| !must_begin || begins(at))
}

pub fn unexplained_unsafe(tree: &Tree) -> Vec<Fault> {
    let mut faults = Vec::new();
    for file in tree.rust() {
        let lines: Vec<&str> = file.text.lines().collect();
        for (index, line) in file.code.text.lines().enumerate() {
            if words(line, "unsafe").next().is_none() {
                continue;
            }
            let near = &lines[index.saturating_sub(NEAR)..=index];
            if !file.is_in(UNSAFE) {
                faults.push(Fault::at(file, index + 1, format!("unsafe code outside {UNSAFE}")));
            } else if !near.iter().any(|line| line.contains("SAFETY:")) {
                faults.push(Fault::at(file, index + 1, "say above it, after `SAFETY:`, why it is sound"));
            }
        }
    }
    faults
}
