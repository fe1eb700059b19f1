//! Labs: a program is tried on cases, each with words for its command line and the text that it must print.
//!
//! Cases come as lines `in N:words` and `out N:text`; all other lines say nothing. The rules of comparing are older than this
//! platform, and pages rely on them: every newline and every carriage return of the output counts as one blank, and white space at
//! the end as nothing; then the two must be the same, character by character. A program that prints what it should and then crashes
//! has not passed.

use entity::execution::verdict::Blame;
use entity::points::Points;
use serde_json::{Map, Value, json};

use super::build::{Built, Call, announcement, build, run_once};
use super::outcome::{Outcome, TestResult};
use super::plan::{LabCase, Program, SourceFile};
use super::record::Kind;
use super::sandbox::Class;
use super::session::Session;
use super::verdict::Part;

/// The file of a request that holds the cases.
pub const FILE: &str = "lab_io.txt";
/// The most cases of one lab: each may take its whole time.
const MOST_CASES: usize = 100;
/// What is said when there is no such file.
pub const NO_CASES: &str = "No submission criteria found for this lab.";

/// The cases in the order in which their numbers first appear; of a repeated line, the last counts. A case whose words are blank is
/// run with those of the command line that the program has anyway.
///
/// # Errors
/// With what is wrong, for the lab's author: no cases, a line of a case missing, or a number that is none.
pub fn parse(text: &str, arguments: &[String]) -> Result<Vec<LabCase>, String> {
    let mut found: Vec<(u32, Option<Vec<String>>, Option<String>)> = Vec::new();
    for line in text.split('\n') {
        let line = line.strip_suffix('\r').unwrap_or(line);
        let Some((is_input, number, rest)) = case_line(line) else { continue };
        let number: u32 =
            number.parse().map_err(|_| format!("{FILE}: {number} is too large for the number of a case."))?;
        let known = found.iter().position(|(known, ..)| *known == number);
        if known.is_none() && found.len() == MOST_CASES {
            return Err(format!("{FILE} has more than {MOST_CASES} cases."));
        }
        let place = known.unwrap_or_else(|| {
            found.push((number, None, None));
            found.len() - 1
        });
        let (_, input, output) = &mut found[place];
        if is_input {
            *input = Some(rest.split_whitespace().map(str::to_owned).collect());
        } else {
            *output = Some(rest.to_owned());
        }
    }
    if found.is_empty() {
        return Err(format!("{FILE} has no cases; it needs lines such as `in 0:words` and `out 0:text`."));
    }
    let case = |(number, input, output): (u32, Option<Vec<String>>, Option<String>)| {
        let missing = |word: &str| format!("{FILE}: case {number} has no line `{word} {number}:`.");
        let words = input.ok_or_else(|| missing("in"))?;
        let words = if words.is_empty() { arguments.to_vec() } else { words };
        Ok(LabCase { number, arguments: words, expected: output.ok_or_else(|| missing("out"))? })
    };
    found.into_iter().map(case).collect()
}

/// Whether the line is of an input, the digits of its number, and what is behind the colon.
fn case_line(line: &str) -> Option<(bool, &str, &str)> {
    let (is_input, rest) = match (line.strip_prefix("in"), line.strip_prefix("out")) {
        (Some(rest), _) => (true, rest),
        (None, Some(rest)) => (false, rest),
        (None, None) => return None,
    };
    let (number, rest) = rest.strip_prefix(' ').unwrap_or(rest).split_once(':')?;
    let is_number = !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit());
    is_number.then_some((is_input, number, rest))
}

/// What a program printed, as it is compared.
#[must_use]
pub fn actual(stdout: &[u8]) -> String {
    let text: String =
        String::from_utf8_lossy(stdout).chars().map(|c| if matches!(c, '\n' | '\r') { ' ' } else { c }).collect();
    text.trim_end().to_owned()
}

/// How one case went.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tried<'c> {
    pub case: &'c LabCase,
    pub actual: String,
    /// Whether the program ended by itself, with status 0.
    pub ended_well: bool,
}

impl Tried<'_> {
    #[must_use]
    pub fn passed(&self) -> bool {
        self.ended_well && self.actual == self.case.expected
    }
}

/// The record that says how the lab went.
#[must_use]
pub fn result(tried: &[Tried<'_>]) -> Value {
    let case = |tried: &Tried<'_>| {
        let LabCase { number, arguments, expected } = tried.case;
        let status = if tried.passed() { "Success" } else { "Failed" };
        (number.to_string(), json!({ "in": arguments, "out": expected, "actual": tried.actual, "status": status }))
    };
    let cases: Map<String, Value> = tried.iter().map(case).collect();
    json!({ "success": tried.iter().all(Tried::passed), "cases": cases })
}

/// Builds the program and tries it on every case; how that went is the last record.
pub async fn run(mut session: Session<'_>, task: &Program, timeout_s: u8, files: &[SourceFile]) -> Outcome {
    if task.cases.is_empty() {
        return session.refuse(Blame::Student, NO_CASES.to_owned());
    }
    let built = match build(&mut session, task, files).await {
        Ok(built) => built,
        Err(message) => return session.outcome(message),
    };
    let mut tried = Vec::new();
    for case in &task.cases {
        tried.push(try_case(&mut session, &built, task, case, timeout_s).await);
        if session.cut_short().is_some() {
            return session.outcome(String::new());
        }
    }
    session.case = None;
    session.record(Kind::Lab, result(&tried).to_string().into_bytes());
    let passed = tried.iter().filter(|tried| tried.passed()).count();
    let message = format!("{passed} of {} cases passed", tried.len());
    Outcome { tests: tried.iter().map(tested).collect(), ..session.outcome(message) }
}

async fn try_case<'c>(
    session: &mut Session<'_>,
    built: &Built<'_>,
    task: &Program,
    case: &'c LabCase,
    timeout_s: u8,
) -> Tried<'c> {
    session.case = Some(case.number);
    if let Some(line) = announcement(built, &case.arguments) {
        session.announce(&line);
    }
    let (name, arguments) = (format!("case {}", case.number), &*case.arguments);
    let call = Call { name: &name, arguments, stdin: &task.stdin, timeout_s, ..Call::default() };
    let ended = run_once(session, built, call).await;
    let tried = Tried { case, actual: actual(&ended.stdout), ended_well: ended.class == Class::Ok };
    // Why the whole run was stopped is said at its end.
    let stopped = session.cut_short().is_some();
    if !stopped && !tried.ended_well && tried.actual == case.expected && !ended.message.is_empty() {
        session.say(Kind::Stderr, &format!("The output is right, but the case has not passed: {}.", ended.message));
    }
    session.judge(Part::Run, ended.class, tried.passed(), Blame::Student);
    tried
}

/// The same as everything that is tested has it. Cases give no points.
fn tested(tried: &Tried<'_>) -> TestResult {
    let (passed, points) = (tried.passed(), Points::ZERO);
    let message = match passed {
        true => String::new(),
        false => format!("{:?} was expected; {:?} came", tried.case.expected, tried.actual),
    };
    let name = format!("case {}", tried.case.number);
    TestResult { name, passed, points, maximum: points, hidden: false, message, ..TestResult::default() }
}

#[cfg(test)]
mod tests {
    use super::{LabCase, MOST_CASES, Tried, actual, parse, result};
    use proptest::prelude::*;
    use serde_json::json;

    fn case(number: u32, arguments: &[&str], expected: &str) -> LabCase {
        let arguments = arguments.iter().map(|word| (*word).to_owned()).collect();
        LabCase { number, arguments, expected: expected.to_owned() }
    }

    #[test]
    fn cases_are_read_from_lines() {
        let table: [(&str, Result<Vec<LabCase>, &str>); 12] = [
            ("in 0:a  b\t c\nout 0: 1  2", Ok(vec![case(0, &["a", "b", "c"], " 1  2")])),
            ("in0:a\r\nout0:x\r\n", Ok(vec![case(0, &["a"], "x")])),
            ("in 10:a\nout 10:x\nin 2:b\nout 2:y", Ok(vec![case(10, &["a"], "x"), case(2, &["b"], "y")])),
            ("out 1:x\nin 1:a", Ok(vec![case(1, &["a"], "x")])),
            ("in 1:a\nout 1:x\nin 1:b\nout 1:y:z", Ok(vec![case(1, &["b"], "y:z")])),
            ("# in 1:a\n in 3:b\nin  4:c\nin x:d\nin :e\nin 0:a\nout 0:", Ok(vec![case(0, &["a"], "")])),
            ("in 0:  \nout 0:x", Ok(vec![case(0, &["of", "the", "page"], "x")])),
            ("in 0:a", Err("case 0 has no line `out 0:`")),
            ("in 0:a\nout 0:x\nout 7:y", Err("case 7 has no line `in 7:`")),
            ("", Err("no cases")),
            ("nothing here", Err("no cases")),
            ("in 99999999999:a", Err("99999999999 is too large")),
        ];
        let page = ["of", "the", "page"].map(str::to_owned);
        for (text, expected) in table {
            match (parse(text, &page), expected) {
                (Err(said), Err(wanted)) => assert!(said.contains(wanted), "{text:?}: {said}"),
                (read, wanted) => assert_eq!(read, wanted.map_err(str::to_owned), "{text:?}"),
            }
        }
    }

    #[test]
    fn there_are_not_more_cases_than_can_be_tried() {
        let lab = |cases: usize| (0..cases).map(|case| format!("in {case}:\nout {case}:x\n")).collect::<String>();
        assert_eq!(parse(&lab(MOST_CASES), &[]).map(|cases| cases.len()), Ok(MOST_CASES));
        assert!(parse(&lab(MOST_CASES + 1), &[]).is_err_and(|said| said.contains("more than 100 cases")));
    }

    #[test]
    fn output_is_compared_as_one_line() {
        for (stdout, text) in [
            (&b""[..], ""),
            (b"1\n", "1"),
            (b"1\n2", "1 2"),
            (b"1\r\n2\r\n", "1  2"),
            (b" 1  2 \t\n\n", " 1  2"),
            (b"\n1", " 1"),
            (b"\xFF\n", "\u{FFFD}"),
        ] {
            assert_eq!(actual(stdout), text, "{stdout:?}");
        }
    }

    #[test]
    fn a_case_passes_with_the_same_text_and_a_good_end() {
        let expected = case(0, &["w"], "5  4");
        let tried = |actual: &str, ended_well| Tried { case: &expected, actual: actual.to_owned(), ended_well };
        assert!(tried("5  4", true).passed());
        assert!(!tried("5 4", true).passed());
        assert!(!tried("5  4", false).passed(), "a crash after the right output");
        let blank = case(1, &[], "x ");
        assert!(!Tried { case: &blank, actual: actual(b"x \n"), ended_well: true }.passed());
        let both = [tried("5  4", true), Tried { case: &blank, actual: "x".to_owned(), ended_well: true }];
        let cases = json!({
            "0": { "in": ["w"], "out": "5  4", "actual": "5  4", "status": "Success" },
            "1": { "in": [], "out": "x ", "actual": "x", "status": "Failed" },
        });
        assert_eq!(result(&both), json!({ "success": false, "cases": cases }));
    }

    proptest! {
        #[test]
        fn what_is_compared_has_no_line_ends_and_no_blank_end(stdout in proptest::collection::vec(any::<u8>(), 0..200)) {
            let text = actual(&stdout);
            prop_assert!(!text.contains(['\n', '\r']));
            prop_assert_eq!(text.trim_end(), text.as_str());
        }

        #[test]
        fn a_written_case_is_read_again(number in any::<u32>(), words in proptest::collection::vec("[a-z0-9$;`'\"]{1,8}", 1..4), out in "[^\r\n]{0,40}") {
            let text = format!("in {number}:{}\nout {number}:{out}", words.join(" "));
            let read = parse(&text, &[]).expect("a case");
            prop_assert_eq!(read, vec![LabCase { number, arguments: words, expected: out }]);
        }
    }
}
