//! From handed-in files to something that can be run: the steps of a mode that come before the program itself.

use entity::execution::verdict::Blame;

use super::bounds::Bounds;
use super::exercise::input;
use super::order::Order;
use super::plan::{Program, SourceFile};
use super::sandbox::{Class, InputFile};
use super::session::{Ended, Session, at_most, limits};
use super::toolchain::fill::Values;
use super::toolchain::main_file::{self, NoMain};
use super::toolchain::{Purpose, Step, Toolchain};
use super::verdict::{Part, Who};

/// The number of characters of a tool's complaints that a message holds.
const COMPLAINTS: usize = 4_000;
/// Bytes of all arguments together: well below what the kernel takes for one.
const ARGUMENTS: usize = 64 << 10;

/// What the steps before the program came to.
pub struct Built<'t> {
    /// The files that a run of the program needs.
    pub files: Vec<InputFile>,
    /// How the program is run, with the name of that step; None in a mode that runs nothing.
    pub run: Option<(&'t str, &'t Step)>,
    /// Time on the clock follows from the processor time, whatever the toolchain says: a grade must not depend on how busy the machine is.
    graded: bool,
    values: Values,
}

impl Built<'_> {
    /// The same, about to be graded.
    pub fn graded(self) -> Self {
        Self { graded: true, ..self }
    }
}

/// One run of a program that is built.
#[derive(Default)]
pub struct Call<'c> {
    /// What the step is called: `run`, or the name of a test.
    pub name: &'c str,
    pub arguments: &'c [String],
    pub stdin: &'c str,
    /// Seconds of processor time.
    pub timeout_s: u8,
    /// The most milliseconds on the clock. None: what follows from the processor time.
    pub wall_ms: Option<u32>,
    /// Watchers see that it runs, not what it prints.
    pub hidden: bool,
    /// Whose program it is.
    pub who: Who,
    /// Files beside those that the program needs anyway.
    pub files: Vec<InputFile>,
    /// Names of files to bring out.
    pub collect: Vec<String>,
}

/// Carries out the steps of the program's mode up to its run.
///
/// # Errors
/// A message for the student if there is no program. The step is judged already.
pub async fn build<'t>(
    session: &mut Session<'t>,
    program: &Program,
    files: &[SourceFile],
) -> Result<Built<'t>, String> {
    let toolchain = session.toolchain;
    let (steps, values, mut inputs) = match prepare(toolchain, program, files) {
        Ok(prepared) => prepared,
        Err((blame, message)) => {
            session.judge(Part::Build, Class::Ok, false, blame);
            return Err(message);
        }
    };
    let run = steps.iter().copied().find(|(_, step)| step.purpose == Purpose::Run);
    // What is limited by name is the program. In a mode that runs none, that is the tool.
    let bounds = if run.is_none() { session.bounds } else { Bounds::default() };
    for (name, step) in steps {
        let task = Tool { name, step, values: &values, bounds };
        match step.purpose {
            Purpose::Run => {}
            Purpose::Build => inputs = make(session, &task, inputs).await?,
            Purpose::Check | Purpose::Prove => examine(session, &task, &inputs).await?,
        }
    }
    Ok(Built { files: inputs, run, graded: false, values })
}

type Prepared<'t> = (Vec<(&'t str, &'t Step)>, Values, Vec<InputFile>);

/// What the steps need, or why there can be none.
fn prepare<'t>(
    toolchain: &'t Toolchain,
    program: &Program,
    files: &[SourceFile],
) -> Result<Prepared<'t>, (Blame, String)> {
    let student = |message: String| (Blame::Student, message);
    let mode = &program.mode;
    let steps = toolchain.steps_of(mode).ok_or_else(|| {
        student(format!("{} has no mode {mode:?}; its modes are {}", toolchain.title, toolchain.modes_in_words()))
    })?;
    if let Some(missing) = toolchain.missing_for(mode) {
        return Err((Blame::Infrastructure, missing));
    }
    if let Some(refusal) = files.iter().find_map(|file| toolchain.refusal(&file.name)) {
        return Err(student(refusal));
    }
    let switches = toolchain.switches(&program.switches).map_err(|package| {
        let known: Vec<_> = toolchain.switches.keys().map(String::as_str).collect();
        let there_are = if known.is_empty() { "none".to_owned() } else { known.join(", ") };
        student(format!("There is no package {package:?} to give switches to; there are: {there_are}"))
    })?;
    let main = main_of(toolchain, &steps, program, files).map_err(student)?;
    // `./` so that a file called -o is a file.
    let sources = files.iter().filter(|file| toolchain.is_source(&file.name)).map(|file| format!("./{}", file.name));
    let mut values = Values::default().with("sources", sources);
    for (package, words) in &switches {
        values = values.with(format!("switches.{package}"), words.clone());
    }
    if let Some(main) = main {
        values = values.with_main(main);
    }
    let written = toolchain.render(mode, main, &switches, files);
    Ok((steps, values, files.iter().map(input).chain(written).collect()))
}

/// The main file. None if there is none and these steps can do without.
fn main_of<'f>(
    toolchain: &Toolchain,
    steps: &[(&str, &Step)],
    program: &'f Program,
    files: &'f [SourceFile],
) -> Result<Option<&'f str>, String> {
    if let Some(main) = &program.main {
        let there = files.iter().any(|file| file.name == *main);
        return if there { Ok(Some(main)) } else { Err(format!("The file `{main}` is missing")) };
    }
    let is_hole = |word: &String| word.contains("{main}") || word.contains("{stem}");
    let needed = steps.iter().any(|(_, step)| step.purpose == Purpose::Run || step.argv.iter().any(is_hole));
    let wanted = !toolchain.templates.is_empty() || steps.iter().any(|(_, step)| step.outputs.iter().any(is_hole));
    match main_file::find(toolchain, files) {
        Ok(main) => Ok(Some(main)),
        Err(reason @ NoMain::Several(_)) if needed || wanted => Err(reason.to_string()),
        Err(reason) if needed => Err(reason.to_string()),
        Err(_) => Ok(None),
    }
}

/// One step that makes files; what the next step gets.
async fn make(session: &mut Session<'_>, tool: &Tool<'_>, files: Vec<InputFile>) -> Result<Vec<InputFile>, String> {
    let (toolchain, Tool { step, values, .. }) = (session.toolchain, tool);
    // A name with a hole that nothing fills is one that this program does not have.
    let outputs: Vec<String> =
        step.outputs.iter().map(|name| values.text(name)).filter(|name| !name.contains('{')).collect();
    let given = files.into_iter().filter(|file| !outputs.contains(&file.name)).collect::<Vec<_>>();
    session.announce(&values.text(&step.say));
    let ended = session.tool(step, tool.order(given.clone(), outputs.clone())).await;
    let whole = outputs.first().is_none_or(|first| ended.collected.iter().any(|file| file.name == *first));
    if ended.class != Class::Ok || !whole {
        session.say_failure(step, &ended);
        session.judge(Part::Build, ended.class, false, Blame::Student);
        let reason = match ended.class {
            Class::Ok => "The compiler made no program that can be used",
            Class::Nonzero => "The program could not be built",
            _ => &ended.message,
        };
        return Err(complaint(reason, &ended));
    }
    session.say_success(step);
    session.judge(Part::Build, ended.class, true, Blame::Student);
    // Data files come along; sources are of no use to the program.
    let rest = given.into_iter().filter(|file| !toolchain.is_code(&file.name));
    let made = ended.collected.into_iter().map(|file| InputFile {
        name: file.name,
        bytes: file.bytes,
        executable: file.executable,
    });
    Ok(rest.chain(made).collect())
}

/// One step that looks at the sources and makes nothing.
async fn examine(session: &mut Session<'_>, tool: &Tool<'_>, files: &[InputFile]) -> Result<(), String> {
    let Tool { step, values, .. } = tool;
    session.announce(&values.text(&step.say));
    let ended = session.tool(step, tool.order(files.to_vec(), Vec::new())).await;
    let refuted = step.refuted.as_ref().is_some_and(|pattern| {
        [&ended.stdout, &ended.stderr].iter().any(|said| pattern.is_match(&String::from_utf8_lossy(said)))
    });
    let passed = ended.class == Class::Ok && !refuted;
    let part = if step.purpose == Purpose::Check { Part::Build } else { Part::Run };
    session.judge(part, ended.class, passed, Blame::Student);
    if passed {
        session.say_success(step);
        return Ok(());
    }
    session.say_failure(step, &ended);
    let reason = match (ended.class, step.purpose) {
        (Class::Ok | Class::Nonzero, Purpose::Prove) => "Not everything could be proved",
        (Class::Ok | Class::Nonzero, _) => "The program has mistakes",
        _ => &ended.message,
    };
    Err(complaint(reason, &ended))
}

/// A step that is no run of the program.
struct Tool<'t> {
    name: &'t str,
    step: &'t Step,
    values: &'t Values,
    bounds: Bounds,
}

impl Tool<'_> {
    fn order(&self, files: Vec<InputFile>, collect: Vec<String>) -> Order<'_> {
        let Self { name, step, values, bounds } = self;
        Order {
            name,
            who: if step.purpose == Purpose::Prove { Who::Prover } else { Who::Compiler },
            argv: values.words(&step.argv),
            files,
            stdin: Vec::new(),
            limits: bounds.apply(limits(&step.limits, step.timeout_s.unwrap_or(1), step.wall_s)),
            collect,
            hidden: false,
        }
    }
}

fn complaint(reason: &str, ended: &Ended) -> String {
    let said = if ended.stderr.is_empty() { &ended.stdout } else { &ended.stderr };
    let complaints: String = String::from_utf8_lossy(said).chars().take(COMPLAINTS).collect();
    format!("{reason}\n{complaints}").trim_end().to_owned()
}

/// Runs a program that is built, once.
pub async fn run_once(session: &mut Session<'_>, built: &Built<'_>, call: Call<'_>) -> Ended {
    let Some((_, step)) = built.run else { return session.broken(call.name, call.hidden, "this mode runs nothing") };
    let values = built.values.clone().with("arguments", call.arguments.to_vec());
    let wall_s = step.wall_s.filter(|_| !built.graded);
    let limits = session.bounds.apply(limits(&step.limits, call.timeout_s, wall_s));
    let limits = at_most(limits, call.wall_ms);
    let order = Order {
        name: call.name,
        who: call.who,
        argv: values.words(&step.argv),
        files: built.files.iter().cloned().chain(call.files).collect(),
        stdin: call.stdin.as_bytes().to_vec(),
        limits,
        collect: call.collect,
        hidden: call.hidden,
    };
    let ended = session.step(order).await;
    if !call.hidden {
        session.say_interrupted(step, &ended, limits.wall);
    }
    ended
}

/// What the console says before a run of the program.
pub fn announcement(built: &Built<'_>, arguments: &[String]) -> Option<String> {
    let (_, step) = built.run?;
    Some(built.values.clone().with("arguments", arguments.to_vec()).text(&step.say))
}

/// Why these arguments cannot be given to any program, if so.
pub fn unusable(arguments: &[String]) -> Option<String> {
    if arguments.iter().any(|argument| argument.contains('\0')) {
        return Some("An argument cannot hold a NUL character".to_owned());
    }
    let bytes: usize = arguments.iter().map(String::len).sum();
    (bytes > ARGUMENTS).then(|| format!("The arguments are longer than {} KiB", ARGUMENTS >> 10))
}
