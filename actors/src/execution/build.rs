//! From handed-in files to something that can be run: once per run, in a sandbox of its own.

use entity::execution::verdict::Blame;

use super::exercise::input;
use super::plan::SourceFile;
use super::sandbox::{Class, InputFile};
use super::session::{Order, Session, limits};
use super::toolchain::{Build, fill};
use super::verdict::Part;

/// The number of characters of a compiler's complaints that a message holds.
const DIAGNOSTICS: usize = 4_000;
/// Bytes of all arguments together: well below what the kernel takes for one.
const ARGUMENTS: usize = 64 << 10;

/// The files that a run of the program needs.
///
/// # Errors
/// A message for the student if there is no program. The step is judged already.
pub async fn build(session: &mut Session<'_>, main: &str, files: &[SourceFile]) -> Result<Vec<InputFile>, String> {
    let toolchain = session.toolchain;
    if !files.iter().any(|file| file.name == main) {
        session.judge(Part::Build, Class::Ok, false, Blame::Student);
        return Err(format!("The file `{main}` is missing"));
    }
    match &toolchain.build {
        None => Ok(files.iter().map(input).collect()),
        Some(step) => compile(session, step, files).await,
    }
}

async fn compile(session: &mut Session<'_>, step: &Build, files: &[SourceFile]) -> Result<Vec<InputFile>, String> {
    let toolchain = session.toolchain;
    // `./` so that a file called -o is a file.
    let sources = files.iter().filter(|file| toolchain.is_source(&file.name)).map(|file| format!("./{}", file.name));
    let holes = [("program", vec![step.program.clone()]), ("sources", sources.collect())];
    session.announce(&format!("Building with {}", toolchain.title));
    let ended = session
        .step(Order {
            name: "build",
            argv: fill(&step.argv, &holes),
            files: files.iter().filter(|file| file.name != step.program).map(input).collect(),
            stdin: Vec::new(),
            limits: limits(&step.limits, step.timeout_s),
            collect: vec![step.program.clone()],
            hidden: false,
        })
        .await;
    let program = ended.collected.into_iter().find(|file| file.name == step.program);
    let (Class::Ok, Some(program)) = (ended.class, program) else {
        session.judge(Part::Build, ended.class, false, Blame::Student);
        let complaints: String = String::from_utf8_lossy(&ended.stderr).chars().take(DIAGNOSTICS).collect();
        let reason = match ended.class {
            Class::Ok => "The compiler made no program that can be used",
            Class::Nonzero => "The program could not be built",
            _ => &ended.message,
        };
        return Err(format!("{reason}\n{complaints}").trim_end().to_owned());
    };
    session.judge(Part::Build, ended.class, true, Blame::Student);
    // Data files come along; sources are of no use to the program.
    let rest = files.iter().filter(|file| !toolchain.is_source(&file.name) && file.name != step.program).map(input);
    let program = InputFile { name: program.name, bytes: program.bytes, executable: true };
    Ok(rest.chain([program]).collect())
}

/// Why these arguments cannot be given to any program, if so.
pub fn unusable(arguments: &[String]) -> Option<String> {
    if arguments.iter().any(|argument| argument.contains('\0')) {
        return Some("An argument cannot hold a NUL character".to_owned());
    }
    let bytes: usize = arguments.iter().map(String::len).sum();
    (bytes > ARGUMENTS).then(|| format!("The arguments are longer than {} KiB", ARGUMENTS >> 10))
}

/// The words that start the program.
pub fn command(session: &Session<'_>, main: &str, arguments: &[String]) -> Vec<String> {
    let program = session.toolchain.build.as_ref().map_or(main, |build| &build.program);
    let holes =
        [("main", vec![main.to_owned()]), ("program", vec![program.to_owned()]), ("arguments", arguments.to_vec())];
    fill(&session.toolchain.run.argv, &holes)
}
