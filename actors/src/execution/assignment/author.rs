//! Tests by programs of the assignment's author: suites of unit tests beside the work, and graders that never meet it alive.

use serde_json::json;

use super::Tried;
use super::probe::Unreported;
use super::told::Tested;
use crate::execution::build::{Built, Call as Once, build, run_once};
use crate::execution::exercise::input;
use crate::execution::frame;
use crate::execution::plan::{Program, SourceFile};
use crate::execution::sandbox::{Class, InputFile};
use crate::execution::session::{Ended, Session};
use crate::execution::verdict::Who;
use crate::grading::author::{AuthorProgram, Format, GivenRun, Grader, REPORT, Shares, Suite};
use crate::grading::report::{Case, cut, gained, parts};
use crate::grading::test_case::Feedback;
use crate::grading::{grader_result, junit, tap};

/// The folder in which a grader finds what was handed in, and the file with how the program ran.
const SUBMISSION: &str = "submission";
const RUNS: &str = "runs.json";
/// The most characters of a grader's output that staff are shown.
const OUTPUT: usize = 4_000;

/// What a program of the author's brought.
struct Brought {
    ended: Ended,
    /// What it wrote where it should.
    report: Option<Vec<u8>>,
}

impl Tried<'_> {
    pub(super) async fn suite(&self, session: &mut Session<'_>, suite: &Suite) -> Tested {
        match self.cases(session, suite, self.files, self.built).await {
            Ok(cases) => self.shared(&suite.shares, cases),
            Err(unreported) => self.answerable(session, suite, unreported).await,
        }
    }

    /// The cases of a suite beside these files.
    pub(super) async fn cases(
        &self,
        session: &mut Session<'_>,
        suite: &Suite,
        files: &[SourceFile],
        built: Option<&Built<'_>>,
    ) -> Result<Vec<Case>, Unreported> {
        if suite.format == Format::Unittest {
            return self.unittest(session, suite, files).await;
        }
        let program = &suite.program;
        let together = program.language == session.toolchain.name;
        let (beside, extra) = match (together, built) {
            (true, _) => (files, Vec::new()),
            (false, built) => (&[][..], built.map(|built| built.files.clone()).unwrap_or_default()),
        };
        let brought = self.brought(session, program, beside, extra, Who::Program, None).await?;
        let class = brought.ended.class;
        if !matches!(class, Class::Ok | Class::Nonzero) {
            return Err(Unreported::by_anybody(class, brought.ended.message.clone(), said(&brought.ended)));
        }
        let cases = match &brought.report {
            None => Err("The tests brought no report".to_owned()),
            Some(bytes) => {
                read(suite.format, bytes).map_err(|why| format!("The report of the tests cannot be read: {why}"))
            }
        };
        cases.map_err(|why| Unreported::by_anybody(class, why, said(&brought.ended)))
    }

    pub(super) async fn grader(&self, session: &mut Session<'_>, grader: &Grader) -> Tested {
        let runs = self.given_runs(session, &grader.runs).await;
        if session.cut_short().is_some() {
            return Tested::not_run("the run was ended");
        }
        let handed_in =
            self.files.iter().map(|file| InputFile { name: format!("{SUBMISSION}/{}", file.name), ..input(file) });
        let runs = InputFile { name: RUNS.to_owned(), bytes: runs.to_string().into_bytes(), executable: false };
        let extra = handed_in.chain([runs]).collect();
        let brought = match self.brought(session, &grader.program, &[], extra, Who::Grader, Some(())).await {
            Ok(brought) => brought,
            Err(unreported) => return Tested::broken(unreported.staff()),
        };
        let fine = match brought.ended.class {
            Class::Ok => true,
            // Runners of tests say so that not all passed.
            Class::Nonzero => grader.format != Format::Json && brought.report.is_some(),
            _ => false,
        };
        let judged = match (fine, &brought.report) {
            (false, _) => Err(brought.ended.message.clone()),
            (true, None) => Err("The grader wrote no result".to_owned()),
            (true, Some(bytes)) => {
                self.judged(grader, bytes).map_err(|why| format!("The grader's result cannot be read: {why}"))
            }
        };
        let output = said(&brought.ended);
        match judged {
            Ok(tested) => Tested { staff: join(&tested.staff, &output), ..tested },
            Err(why) => Tested::broken(join(&why, &output)),
        }
    }

    fn shared(&self, shares: &Shares, cases: Vec<Case>) -> Tested {
        let parts = parts(shares, self.test.points, cases);
        Tested::of_parts(gained(shares, self.test.points, &parts), parts)
    }

    /// What a grader's result says.
    fn judged(&self, grader: &Grader, bytes: &[u8]) -> Result<Tested, String> {
        let worth = self.test.points;
        if grader.format != Format::Json {
            let shares = grader.shares.as_ref().unwrap_or(&Shares::Equal(1));
            return Ok(self.shared(shares, read(grader.format, bytes)?));
        }
        let found = grader_result::read(bytes, worth)?;
        let passed = found.points == worth;
        let first = found.parts.iter().find(|part| !part.passed && !part.hidden);
        let first = first.map(|part| format!("{}: {}", part.name, part.message)).unwrap_or_default();
        let fallback = if passed { String::new() } else { format!("{} of {worth} points", found.points) };
        let message =
            [found.feedback, first, fallback].into_iter().find(|text| !text.trim().is_empty()).unwrap_or_default();
        Ok(Tested {
            passed,
            points: Some(found.points),
            message,
            staff: found.staff,
            parts: found.parts,
            ..Tested::passed()
        })
    }

    /// Runs the program as a grader wants it, each time in a sandbox of its own; how that went, as data.
    async fn given_runs(&self, session: &mut Session<'_>, runs: &[GivenRun]) -> serde_json::Value {
        let mut went = Vec::new();
        for run in runs {
            let Some(built) = self.built else { break };
            let once = Once {
                name: &self.test.name,
                arguments: &run.arguments,
                stdin: &run.stdin,
                timeout_s: self.test.timeout_s,
                wall_ms: self.wall_ms,
                hidden: self.test.is_quiet(),
                ..Once::default()
            };
            let ended = run_once(session, built, once).await;
            if session.cut_short().is_some() {
                break;
            }
            let status = session.steps.last().and_then(|step| step.evidence.exit_code);
            went.push(json!({
                "arguments": run.arguments,
                "stdin": run.stdin,
                "stdout": String::from_utf8_lossy(&ended.stdout),
                "stderr": String::from_utf8_lossy(&ended.stderr),
                "exit_code": status,
                "ended": ended.class,
            }));
        }
        json!(went)
    }

    /// Builds and runs a program of the author's, beside these sources and with these other files.
    async fn brought(
        &self,
        session: &mut Session<'_>,
        program: &AuthorProgram,
        beside: &[SourceFile],
        extra: Vec<InputFile>,
        who: Who,
        alone: Option<()>,
    ) -> Result<Brought, Unreported> {
        let toolchain = session.workshop.toolchains.get(&program.language);
        let missing = match toolchain {
            None => Some(session.workshop.toolchains.unknown(&program.language)),
            Some(toolchain) => toolchain.missing_for(super::MODE),
        };
        let (Some(toolchain), None) = (toolchain, &missing) else {
            // The site lacks something: nobody's work is judged by that.
            session.broken(&self.test.name, true, &missing.unwrap_or_default());
            return Err(Unreported::by_anybody(Class::SandboxError, String::new(), String::new()));
        };
        // What it prints can tell what it expects.
        let quiet = alone.is_some() || self.test.is_quiet() || self.test.feedback() < Feedback::Full;
        let usual = (session.toolchain, session.quiet, session.judged.len());
        (session.toolchain, session.quiet) = (toolchain, session.quiet || quiet);
        let brought = self.carried_out(session, program, beside, extra, who).await;
        (session.toolchain, session.quiet) = (usual.0, usual.1);
        // Whose fault a build of it is, is decided by who reads what came of it.
        session.judged.truncate(usual.2);
        brought
    }

    async fn carried_out(
        &self,
        session: &mut Session<'_>,
        program: &AuthorProgram,
        beside: &[SourceFile],
        extra: Vec<InputFile>,
        who: Who,
    ) -> Result<Brought, Unreported> {
        let own = program.files.iter().map(|file| SourceFile { name: file.name.clone(), bytes: file.bytes.clone() });
        let sources: Vec<SourceFile> = beside.iter().cloned().chain(own).collect();
        let main = program.files.first().map(|file| file.name.clone());
        let task = Program { mode: super::MODE.to_owned(), main, ..Program::default() };
        let built = build(session, &task, &sources).await.map(Built::graded);
        let built =
            built.map_err(|said| Unreported::by_anybody(Class::Ok, "The tests could not be built".to_owned(), said))?;
        let report = match frame::nonce() {
            Ok(nonce) => format!("report-{nonce}"),
            Err(error) => {
                session.broken(&self.test.name, true, &format!("no random numbers: {error}"));
                return Err(Unreported::by_anybody(Class::SandboxError, String::new(), String::new()));
            }
        };
        let arguments: Vec<String> = program.arguments.iter().map(|word| word.replace(REPORT, &report)).collect();
        let once = Once {
            name: &self.test.name,
            arguments: &arguments,
            timeout_s: self.test.timeout_s,
            wall_ms: self.wall_ms,
            hidden: true,
            who,
            files: extra,
            collect: vec![report],
            ..Once::default()
        };
        let once = Once { hidden: session.quiet, ..once };
        let mut ended = run_once(session, &built, once).await;
        let report = ended.collected.pop().map(|file| file.bytes);
        Ok(Brought { ended, report })
    }
}

fn read(format: Format, bytes: &[u8]) -> Result<Vec<Case>, String> {
    /// The most bytes of a report.
    const LARGEST: usize = 4 << 20;
    if bytes.len() > LARGEST {
        return Err(format!("it is larger than {} MiB", LARGEST >> 20));
    }
    let text = String::from_utf8_lossy(bytes);
    match format {
        Format::Junit => junit::cases(&text),
        Format::Tap => tap::cases(&text),
        Format::Unittest | Format::Json => Err("no report of test cases is read from a file here".to_owned()),
    }
}

/// What it printed, the end of it.
fn said(ended: &Ended) -> String {
    let text = |bytes: &[u8]| {
        let text = String::from_utf8_lossy(bytes);
        let skip = text.chars().count().saturating_sub(OUTPUT);
        cut(text.chars().skip(skip).collect::<String>().trim(), OUTPUT)
    };
    join(&text(&ended.stdout), &text(&ended.stderr))
}

fn join(first: &str, second: &str) -> String {
    let said: Vec<&str> = [first.trim(), second.trim()].into_iter().filter(|text| !text.is_empty()).collect();
    said.join("\n")
}
