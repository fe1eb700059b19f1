//! Reports in the Test Anything Protocol: a line for each test, and a plan that says how many there are.

use super::author::MOST_CASES;
use super::report::{Case, merged};

/// The cases of a report. Tests that the plan announces and that do not come are cases that did not pass.
///
/// # Errors
/// What is wrong with it, in a few words.
pub fn cases(text: &str) -> Result<Vec<Case>, String> {
    let mut plan: Option<usize> = None;
    let mut cases: Vec<Case> = Vec::new();
    let mut in_details = false;
    for line in text.lines() {
        let line = line.trim_end();
        if line.starts_with([' ', '\t']) {
            // Details of the last test, or tests within one, which speaks for them.
            let said = line.trim_start();
            in_details = (in_details || said == "---") && said != "...";
            if let Some(last) = cases.last_mut().filter(|case| in_details && !case.passed && said != "---") {
                last.detail.extend([said, "\n"]);
            }
            continue;
        }
        if let Some(why) = line.strip_prefix("Bail out!") {
            return Err(format!("it was given up: {}", why.trim()));
        }
        if let Some(count) = line.strip_prefix("1..") {
            let count = count.split_whitespace().next().unwrap_or_default();
            let count: usize = count.parse().map_err(|_| "its plan is no number".to_owned())?;
            if plan.replace(count).is_some() {
                return Err("it has two plans".to_owned());
            }
        } else if let Some(case) = test(line, cases.len() + 1) {
            cases.push(case);
        }
        if cases.len() > MOST_CASES {
            break;
        }
    }
    let plan = plan.ok_or("it has no plan, such as `1..4`")?;
    if plan > MOST_CASES || cases.len() > plan {
        return Err(format!("its plan is {plan} tests, and {} came", cases.len()));
    }
    for missing in cases.len()..plan {
        let message = "It was not run".to_owned();
        cases.push(Case { name: format!("test {}", missing + 1), message, ..Case::default() });
    }
    merged(cases)
}

fn test(line: &str, number: usize) -> Option<Case> {
    let (ok, rest) = match (line.strip_prefix("ok"), line.strip_prefix("not ok")) {
        (Some(rest), _) => (true, rest),
        (None, Some(rest)) => (false, rest),
        (None, None) => return None,
    };
    if !rest.is_empty() && !rest.starts_with([' ', '\t']) {
        return None;
    }
    let (name, note) = match rest.split_once(" #") {
        Some((name, note)) => (name, note.trim()),
        None => (rest, ""),
    };
    let name = name.trim();
    let name = name.trim_start_matches(|c: char| c.is_ascii_digit()).trim_start();
    let name = name.strip_prefix("- ").unwrap_or(name).trim();
    let name = if name.is_empty() { format!("test {number}") } else { name.to_owned() };
    let word: String = note.chars().take(4).collect::<String>().to_ascii_uppercase();
    let noted = matches!(word.as_str(), "SKIP" | "TODO");
    let message = match (noted, ok) {
        (true, _) => note.to_owned(),
        (false, true) => String::new(),
        (false, false) => "Did not pass".to_owned(),
    };
    Some(Case { name, passed: ok && !noted, message, detail: String::new() })
}

#[cfg(test)]
mod tests {
    use super::cases;
    use proptest::prelude::*;

    #[test]
    fn reads_tests_and_the_plan() {
        let text = "TAP version 14\n1..6\nok 1 - small\nnot ok 2 - large\n  ---\n  message: 6 is not 7\n  ...\n# a remark\nok\n\
                    ok 4 later # skip no network\n    ok 1 - within\nokay\n";
        let found = cases(text).expect("a report");
        let seen: Vec<_> = found.iter().map(|case| (case.name.as_str(), case.passed, case.message.as_str())).collect();
        assert_eq!(
            seen,
            [
                ("small", true, ""),
                ("large", false, "Did not pass"),
                ("test 3", true, ""),
                ("later", false, "skip no network"),
                ("test 5", false, "It was not run"),
                ("test 6", false, "It was not run"),
            ]
        );
        assert_eq!(found[1].detail, "message: 6 is not 7");
    }

    #[test]
    fn what_is_no_report_is_refused() {
        for text in
            ["", "ok 1", "1..2\n1..2\nok 1", "1..1\nok\nok", "1..x", "1..0", "1..4\nok 1\nBail out! no", "1..9999999"]
        {
            assert!(cases(text).is_err(), "{text}");
        }
    }

    proptest! {
        #[test]
        fn no_text_makes_it_panic(text in "(?s)[okn t1-9.#\n-]{0,60}", other in "(?s).{0,60}") {
            let _ = (cases(&text), cases(&other));
        }

        #[test]
        fn what_is_written_is_read(tests in proptest::collection::btree_map("[a-z]{1,8}", any::<bool>(), 1..20)) {
            let lines: String = tests.iter().enumerate().map(|(at, (name, ok))| format!("{}ok {} - {name}\n", if *ok { "" } else { "not " }, at + 1)).collect();
            let found = cases(&format!("{lines}1..{}\n", tests.len())).expect("a report");
            let found: std::collections::BTreeMap<_, _> = found.into_iter().map(|case| (case.name, case.passed)).collect();
            prop_assert_eq!(found, tests);
        }
    }
}
