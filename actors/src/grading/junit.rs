//! Reports in the XML that test runners of many languages write, after that of `JUnit`.

use super::report::{Case, merged};
use super::xml::{self, Element};

/// What says that a case did not pass, by the name of its element.
const NOT_PASSED: [&str; 5] = ["failure", "error", "skipped", "rerunFailure", "rerunError"];

/// The cases of a report.
///
/// # Errors
/// What is wrong with it, in a few words.
pub fn cases(text: &str) -> Result<Vec<Case>, String> {
    let root = xml::parse(text)?;
    if !matches!(root.name.as_str(), "testsuites" | "testsuite") {
        return Err(format!("it begins with `{}` and not with `testsuites` or `testsuite`", root.name));
    }
    let mut cases = Vec::new();
    collect(&root, &mut cases);
    merged(cases)
}

fn collect(element: &Element, cases: &mut Vec<Case>) {
    for child in &element.children {
        match child.name.as_str() {
            "testsuite" | "testsuites" => collect(child, cases),
            "testcase" => cases.push(case(child)),
            // A suite that could not be set up has cases that were not run; its own fault is one that fails.
            "error" | "failure" => {
                cases.push(Case { name: element.attribute("name").unwrap_or("suite").to_owned(), ..fault(child) })
            }
            _ => {}
        }
    }
}

fn case(element: &Element) -> Case {
    let named = |name| element.attribute(name).map(str::trim).filter(|text: &&str| !text.is_empty());
    let name = match (named("classname"), named("name").unwrap_or("a case without a name")) {
        (Some(class), name) => format!("{class}.{name}"),
        (None, name) => name.to_owned(),
    };
    match element.children.iter().find(|child| NOT_PASSED.contains(&child.name.as_str())) {
        Some(found) => Case { name, ..fault(found) },
        None => Case { name, passed: true, ..Case::default() },
    }
}

fn fault(found: &Element) -> Case {
    let said = found.attribute("message").filter(|text| !text.trim().is_empty());
    let first = found.text.lines().map(str::trim).find(|line| !line.is_empty());
    let message = match (said.or(first), found.name.as_str()) {
        (Some(said), "skipped") => format!("Skipped: {said}"),
        (Some(said), _) => said.to_owned(),
        (None, "skipped") => "Skipped".to_owned(),
        (None, _) => found.attribute("type").unwrap_or("Did not pass").to_owned(),
    };
    Case { name: String::new(), passed: false, message, detail: found.text.trim().to_owned() }
}

#[cfg(test)]
mod tests {
    use super::cases;
    use proptest::prelude::*;

    const REPORT: &str = r#"<?xml version="1.0" encoding="utf-8"?>
<testsuites><testsuite name="pytest" errors="0" failures="1" tests="4">
<properties><property name="x" value="y"/></properties>
<testcase classname="test_area.TestArea" name="test_small" time="0.001"/>
<testcase classname="test_area.TestArea" name="test_large"><failure message="assert 6 == 7">def test_large():
&gt;       assert 6 == 7</failure></testcase>
<testcase name="later"><skipped type="pytest.skip"/></testcase>
<testcase name="odd"><system-out>passed</system-out><error type="ValueError"><![CDATA[
  ValueError: no
]]></error></testcase>
<testsuite name="inner"><testcase classname="C" name="m"/></testsuite>
</testsuite></testsuites>"#;

    #[test]
    fn reads_what_runners_write() {
        let found = cases(REPORT).expect("a report");
        let found: Vec<_> = found.iter().map(|case| (case.name.as_str(), case.passed, case.message.as_str())).collect();
        assert_eq!(
            found,
            [
                ("test_area.TestArea.test_small", true, ""),
                ("test_area.TestArea.test_large", false, "assert 6 == 7"),
                ("later", false, "Skipped"),
                ("odd", false, "ValueError: no"),
                ("C.m", true, ""),
            ]
        );
    }

    #[test]
    fn what_is_no_report_is_refused() {
        for text in ["", "<html/>", "<testsuite/>", "<testsuites><testsuite></testsuites>", "{}"] {
            assert!(cases(text).is_err(), "{text}");
        }
    }

    proptest! {
        #[test]
        fn a_cut_report_is_refused(end in 1..REPORT.len() - 1) {
            prop_assert!(cases(REPORT.get(..end).unwrap_or_default()).is_err());
        }
    }
}
