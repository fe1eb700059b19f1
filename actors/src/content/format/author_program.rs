//! Tests by a program of the author's: a suite of unit tests beside the work, or a grader in a sandbox of its own.

use entity::execution::language::Language;
use entity::points::Points;

use super::assignment_folder::is_file_name;
use super::diagnostic::did_you_mean;
use super::fields::Fields;
use super::folder::Trouble;
use super::rule::Rule;
use super::test_case::{Around, Read, any_text, read_points, words};
use super::yaml::{Node, Value};
use crate::grading::author::{
    AuthorFile, AuthorProgram, Format, GivenRun, Grader, MOST_CASES, NamedShare, REPORT, Shares, Suite,
};
use crate::grading::test_case::TestKind;

const FILE_LIMIT: u64 = 1 << 20;
const MOST_FILES: usize = 64;
const MOST_RUNS: usize = 20;
const SHARE_KEYS: &[&str] = &["name", "points"];
const RUN_KEYS: &[&str] = &["arguments", "stdin"];
const SUITE_FORMATS: [(&str, Format); 3] =
    [("unittest", Format::Unittest), ("junit", Format::Junit), ("tap", Format::Tap)];
const GRADER_FORMATS: [(&str, Format); 3] = [("json", Format::Json), ("junit", Format::Junit), ("tap", Format::Tap)];

/// The test that the key `suite` names.
pub(super) fn suite(fields: &mut Fields<'_, '_>, around: &Around<'_>, used: &mut Vec<String>) -> Read {
    let format = format(fields, &SUITE_FORMATS);
    let program = program(fields, around, used, "suite");
    let shares = shares(fields);
    if let (Some(Format::Unittest), Some(program)) = (format, &program) {
        unittest(fields, around, program);
    }
    let (points, fixed_points) = worth(shares.as_ref());
    let suite = (|| Some(Suite { program: program?, format: format?, shares: shares? }))();
    Read { kind: suite.map(TestKind::Suite), points, fixed_points, ..Read::default() }
}

/// The test that the key `grader` names.
pub(super) fn grader(fields: &mut Fields<'_, '_>, around: &Around<'_>, used: &mut Vec<String>) -> Read {
    let format = format(fields, &GRADER_FORMATS);
    let program = program(fields, around, used, "grader");
    let shares = match format {
        Some(Format::Json) => no_shares(fields).map(|()| None),
        _ => shares(fields).map(Some),
    };
    let runs = runs(fields);
    let (points, fixed_points) = worth(shares.as_ref().and_then(Option::as_ref));
    let grader = (|| Some(Grader { program: program?, format: format?, shares: shares?, runs: runs? }))();
    Read { kind: grader.map(TestKind::Grader), points, fixed_points, ..Read::default() }
}

fn worth(shares: Option<&Shares>) -> (Option<Points>, bool) {
    match shares {
        Some(Shares::Named(shares)) => (Some(shares.iter().map(|share| share.points).sum()), true),
        _ => (None, false),
    }
}

fn format(fields: &mut Fields<'_, '_>, known: &[(&str, Format)]) -> Option<Format> {
    let Some(node) = fields.optional("report") else { return Some(known[0].1) };
    let word = fields.as_text("report", node)?;
    let found = known.iter().find(|(name, _)| *name == word);
    if found.is_none() {
        let words: Vec<&str> = known.iter().map(|(name, _)| *name).collect();
        let message = format!("`{word}` is no form of a report here");
        fields.tell(Rule::AssignmentTestReport, node.line, message, format!("write {}", words.join(", ")));
    }
    found.map(|(_, format)| *format)
}

/// Our harness speaks Python, and nobody's command line is read by it.
fn unittest(fields: &mut Fields<'_, '_>, around: &Around<'_>, program: &AuthorProgram) {
    let python = Language::python3();
    let line = fields.optional("suite").map_or(0, |node| node.line);
    if program.language != python || *around.language != python {
        let hint = "say `report: junit` or `report: tap` and let the first file of `suite` write that";
        fields.tell(
            Rule::AssignmentTestLanguage,
            line,
            "test cases of `unittest` are in python3, and test python3",
            hint,
        );
    }
    if let Some(other) = program.files.iter().find(|file| !file.name.ends_with(".py")) {
        let message =
            format!("`{}` is no Python, and test cases lie in no folder where other files could be", other.name);
        fields.tell(Rule::AssignmentTestFile, line, message, "list modules, or say `report: junit`");
    }
    if let Some(node) = fields.optional("arguments") {
        let hint = "remove `arguments`, or say `report: junit` or `report: tap`";
        fields.tell(Rule::AssignmentTestReport, node.line, "test cases of `unittest` have no command line", hint);
    }
}

fn program(
    fields: &mut Fields<'_, '_>,
    around: &Around<'_>,
    used: &mut Vec<String>,
    key: &'static str,
) -> Option<AuthorProgram> {
    let language = language(fields, around);
    let node = fields.required(key)?;
    let items: Vec<&Node> = match &node.value {
        Value::Text(_) => vec![node],
        _ => fields.as_list(key, node).iter().collect(),
    };
    if !(1..=MOST_FILES).contains(&items.len()) {
        let hint = format!("name 1 to {MOST_FILES} files; the first is run");
        fields.tell(Rule::AssignmentTestFile, node.line, format!("{} files are named", items.len()), hint);
        return None;
    }
    let mut files: Vec<AuthorFile> = Vec::new();
    let mut whole = true;
    for item in items {
        let Some(name) = fields.as_text(key, item) else {
            whole = false;
            continue;
        };
        let Some((path, bytes)) = read_file(fields, around, key, item.line, name, used) else {
            whole = false;
            continue;
        };
        let name = path.rsplit('/').next().unwrap_or_default();
        if files.iter().any(|file| file.name == name) {
            let message = format!("two files are called `{name}`, and all lie in one folder");
            fields.tell(Rule::AssignmentTestFile, item.line, message, "give one of them another name");
        }
        files.push(AuthorFile::new(name, bytes));
    }
    let arguments = words(fields, "arguments")?;
    let said = fields.optional("arguments").map(|node| node.line);
    let arguments = match said {
        None => vec![REPORT.to_owned()],
        Some(line) => {
            if !arguments.iter().any(|word| word.contains(REPORT)) {
                let hint = format!("write `{REPORT}` where the name of the file goes");
                fields.tell(
                    Rule::AssignmentTestReport,
                    line,
                    "no argument says where the report is to be written",
                    hint,
                );
            }
            arguments
        }
    };
    (whole && language.is_some()).then_some(())?;
    Some(AuthorProgram { language: language?, files, arguments })
}

fn language(fields: &mut Fields<'_, '_>, around: &Around<'_>) -> Option<Language> {
    let Some(node) = fields.optional("language") else { return Some(around.language.clone()) };
    let text = fields.as_text("language", node)?;
    let found = around.languages.iter().find(|language| language.as_str() == text);
    if found.is_none() {
        let names: Vec<_> = around.languages.iter().map(Language::as_str).collect();
        let hint = format!("languages: {}", names.join(", "));
        fields.tell(Rule::AssignmentTestLanguage, node.line, format!("`{text}` is not a language here"), hint);
    }
    found.cloned()
}

/// A file that only the grader has: its path in the content folder, and what it holds.
pub(super) fn read_file(
    fields: &mut Fields<'_, '_>,
    around: &Around<'_>,
    key: &str,
    line: usize,
    name: &str,
    used: &mut Vec<String>,
) -> Option<(String, Vec<u8>)> {
    let mut refuse = |message: String, hint: String| {
        fields.tell(Rule::AssignmentTestFile, line, message, hint);
        None
    };
    let parts: Vec<&str> = name.split('/').collect();
    let last = parts.last().copied().unwrap_or_default();
    if parts.len() > 4 || !parts.iter().all(|part| is_file_name(part)) {
        let hint =
            "write a path in the assignment's folder, of letters, digits, dots, hyphens and underscores".to_owned();
        return refuse(format!("`{name}` is no name for a file"), hint);
    }
    if around.files.iter().any(|file| file.name == last) {
        let hint = "give it a name that none of `files` has, and keep it off that list: students get those".to_owned();
        return refuse(format!("students hand in a file called `{last}`"), hint);
    }
    let path = format!("{}/{name}", around.directory);
    match around.folder.bytes(&path, FILE_LIMIT) {
        Ok(bytes) => {
            used.push(name.to_owned());
            Some((path, bytes))
        }
        Err(Trouble::Missing) => {
            let near = around.folder.entries(around.directory).unwrap_or_default();
            let hint = did_you_mean(name, near.iter().map(|entry| entry.name.as_str()))
                + "create it in the assignment's folder";
            refuse(format!("`{key}` names the file `{name}`, which is not there"), hint)
        }
        Err(trouble) => {
            fields.out.push(trouble.tell(&path, Rule::AssignmentTestFile));
            None
        }
    }
}

fn no_shares(fields: &mut Fields<'_, '_>) -> Option<()> {
    let stray = ["count", "cases"].iter().find_map(|key| fields.optional(key));
    if let Some(node) = stray {
        let hint = "remove `count` and `cases`, or say `report: junit` or `report: tap`";
        fields.tell(Rule::AssignmentTestShares, node.line, "a grader says itself how many points there are", hint);
        return None;
    }
    Some(())
}

fn shares(fields: &mut Fields<'_, '_>) -> Option<Shares> {
    let most = u32::try_from(MOST_CASES).unwrap_or(u32::MAX);
    match (fields.optional("count"), fields.optional("cases")) {
        (Some(_), None) => fields.whole("count", 1..=most).map(Shares::Equal),
        (None, Some(node)) => named(fields, node),
        (Some(node), Some(_)) => {
            let message = "the points are shared in two ways";
            fields.tell(Rule::AssignmentTestShares, node.line, message, "keep `count` or `cases`");
            None
        }
        (None, None) if fields.is_misspelled("count") || fields.is_misspelled("cases") => None,
        (None, None) => {
            let line = fields.optional("suite").or_else(|| fields.optional("grader")).map_or(0, |node| node.line);
            let hint = "say how many test cases there are (`count: 12`), or what each is worth (`cases: [{name: \"test_*\", points: 2}]`)";
            let message = "nobody could tell when a test case is left out";
            fields.tell(Rule::AssignmentTestShares, line, message, hint);
            None
        }
    }
}

fn named(fields: &mut Fields<'_, '_>, node: &Node) -> Option<Shares> {
    let Value::List(items) = &node.value else {
        fields.wrong_type("cases", "a list", node);
        return None;
    };
    if !(1..=MOST_CASES).contains(&items.len()) {
        let what = format!("{} cases are listed", items.len());
        fields.bad_value("cases", node.line, &what, format!("list 1 to {MOST_CASES}"));
        return None;
    }
    let mut shares: Vec<NamedShare> = Vec::new();
    for (index, item) in items.iter().enumerate() {
        let mut case = fields.within(item, format!(" in case {}", index + 1), SHARE_KEYS)?;
        let pattern = case.text("name");
        let points = case.required("points").and_then(|node| read_points(&mut case, "points", node));
        let share = NamedShare { pattern: pattern?, points: points? };
        if shares.iter().any(|known| known.pattern == share.pattern) {
            let message = format!("`{}` is there twice", share.pattern);
            fields.tell(Rule::AssignmentTestShares, item.line, message, "keep one of the two");
        }
        shares.push(share);
    }
    Some(Shares::Named(shares))
}

fn runs(fields: &mut Fields<'_, '_>) -> Option<Vec<GivenRun>> {
    let Some(node) = fields.optional("runs") else { return Some(Vec::new()) };
    let items = fields.as_list("runs", node);
    if items.len() > MOST_RUNS {
        let what = format!("{} runs are listed", items.len());
        fields.bad_value("runs", node.line, &what, format!("list at most {MOST_RUNS}"));
    }
    let mut runs = Vec::new();
    for (index, item) in items.iter().enumerate() {
        let mut run = fields.within(item, format!(" in run {}", index + 1), RUN_KEYS)?;
        let arguments = words(&mut run, "arguments")?;
        let stdin = match run.optional("stdin") {
            Some(node) => any_text(&mut run, "stdin", node)?,
            None => String::new(),
        };
        runs.push(GivenRun { arguments, stdin });
    }
    Some(runs)
}
