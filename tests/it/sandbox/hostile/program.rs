//! A hostile program and what it says of itself in its first lines: a sentence, then `name: value`, one to a line.
//!
//! * `class`: what must come back, several divided by `|`. Required.
//! * `signal`: the number that ended it.
//! * `limits`: `cpu` and `wall` in milliseconds, `memory` and `disk` in MiB, `output` in KiB, `processes`, `files`.
//! * `stdout`: all that it writes, but for the end of the last line; `bytes`: how many.
//! * `never`: what may be in nothing that comes out.
//! * `collect`: files to bring out, `kept`: those that may come.
//! * `beside`: a program that runs at the same time and must not be disturbed.

use std::fs;
use std::path::Path;
use std::time::Duration;

use actors::execution::sandbox::{Class, Limits};

use super::super::{Told, head};

/// In what a program is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Language {
    C,
    Python,
    Shell,
}

pub struct Program {
    pub name: String,
    pub language: Language,
    pub text: String,
    pub classes: Vec<Class>,
    pub limits: Limits,
    pub collect: Vec<String>,
    pub beside: Option<String>,
    signal: Option<i32>,
    stdout: Option<String>,
    bytes: Option<u64>,
    never: Option<String>,
    kept: Option<Vec<String>>,
}

impl Program {
    pub fn read(path: &Path) -> Self {
        let name = path.file_name().and_then(|name| name.to_str()).expect("a plain name").to_owned();
        let language = match name.rsplit('.').next() {
            Some("c") => Language::C,
            Some("py") => Language::Python,
            Some("sh") => Language::Shell,
            _ => panic!("{name} is in no language that is known here"),
        };
        let text = fs::read_to_string(path).expect("readable");
        let mut program = Self {
            name,
            language,
            classes: Vec::new(),
            limits: small(),
            collect: Vec::new(),
            beside: None,
            signal: None,
            stdout: None,
            bytes: None,
            never: None,
            kept: None,
            text: text.clone(),
        };
        let sign = if language == Language::C { "//" } else { "#" };
        let said = text.lines().map_while(|line| line.strip_prefix(sign)).filter(|line| line.starts_with(' '));
        for line in said.skip(1) {
            let (key, value) = line.split_once(':').unwrap_or_else(|| panic!("{}: {line}", program.name));
            program.note(key.trim(), value.trim());
        }
        assert!(!program.classes.is_empty(), "{} doesn't say what must become of it", program.name);
        program
    }

    fn note(&mut self, key: &str, value: &str) {
        let words = || value.split_whitespace().map(str::to_owned).collect();
        match key {
            "class" => self.classes = value.split('|').map(class).collect(),
            "signal" => self.signal = Some(value.parse().expect("a number")),
            "limits" => value.split_whitespace().for_each(|limit| self.limit(limit)),
            "stdout" => self.stdout = Some(value.to_owned()),
            "bytes" => self.bytes = Some(value.parse().expect("a number")),
            "never" => self.never = Some(value.to_owned()),
            "collect" => self.collect = words(),
            "kept" => self.kept = Some(words()),
            "beside" => self.beside = Some(value.to_owned()),
            _ => panic!("{} says {key}, which means nothing", self.name),
        }
    }

    fn limit(&mut self, limit: &str) {
        let (name, number) = limit.split_once('=').expect("a limit is name=number");
        let number: u64 = number.parse().expect("a number");
        let limits = &mut self.limits;
        match name {
            "cpu" => limits.cpu = Duration::from_millis(number),
            "wall" => limits.wall = Duration::from_millis(number),
            "memory" => limits.memory_bytes = number << 20,
            "disk" => limits.disk_bytes = number << 20,
            "output" => limits.output_bytes = number << 10,
            "processes" => limits.processes = number,
            "files" => limits.file_count = number,
            _ => panic!("{}: there is no limit {name}", self.name),
        }
    }

    /// What was not as it must be.
    pub fn faults(&self, told: &Told) -> Vec<String> {
        let evidence = &told.report.evidence;
        let names: Vec<_> = told.report.collected.iter().map(|file| &file.name).collect();
        let mut faults = Vec::new();
        let mut insist = |holds: bool, what: String| {
            if !holds {
                faults.push(what);
            }
        };
        insist(self.classes.contains(&told.report.class), format!("not {:?}", self.classes));
        insist(self.signal.is_none() || evidence.signal == self.signal, format!("signal not {:?}", self.signal));
        insist(self.bytes.is_none_or(|bytes| bytes == evidence.stdout_bytes), format!("bytes not {:?}", self.bytes));
        insist(
            self.stdout.as_ref().is_none_or(|text| text == told.stdout.trim_end()),
            format!("not {:?}", self.stdout),
        );
        insist(
            self.kept.as_ref().is_none_or(|kept| kept.iter().eq(names.iter().copied())),
            format!("came out: {names:?}"),
        );
        insist(!self.never.as_ref().is_some_and(|text| found(text, told)), format!("{:?} came out", self.never));
        let peak = evidence.processes_peak.unwrap_or(0);
        insist(peak <= self.limits.processes, format!("{peak} processes"));
        let late = evidence.wall_us > self.limits.wall.as_micros() as u64 + 5_000_000;
        insist(!late, "it ended late".to_owned());
        let class = told.report.class;
        let context = || format!("{evidence:?}\n{}\n{}", head(&told.stdout), head(&told.stderr));
        faults.iter().map(|fault| format!("{}: {fault}; {class:?} {}", self.name, context())).collect()
    }
}

/// Whether that text is in anything that came out.
fn found(text: &str, told: &Told) -> bool {
    let files = told.report.collected.iter().map(|file| String::from_utf8_lossy(&file.bytes).into_owned());
    files.chain([told.stdout.clone(), told.stderr.clone()]).any(|output| output.contains(text))
}

fn class(name: &str) -> Class {
    serde_json::from_value(serde_json::Value::String(name.to_owned())).unwrap_or_else(|_| panic!("no class {name}"))
}

/// Enough for a program that means no harm.
fn small() -> Limits {
    Limits {
        cpu: Duration::from_secs(2),
        wall: Duration::from_secs(10),
        memory_bytes: 64 << 20,
        processes: 32,
        output_bytes: 64 << 10,
        disk_bytes: 4 << 20,
        file_count: 200,
        answer_bytes: 64 << 10,
        collect_bytes: 1 << 20,
    }
}
