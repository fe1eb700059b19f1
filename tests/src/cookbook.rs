//! What the pages for client authors need to be tried: their snippets, and the packages of others that they are written for.

use std::collections::BTreeMap;
use std::hash::{DefaultHasher, Hasher as _};
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use crate::tools::{insist, tool};

const COOKBOOK: &str = include_str!("../../docs/api/cookbook.md");
const TYPED: &str = include_str!("../../docs/api/typed-clients.md");
const SCHEMA: &str = include_str!("../../schema.graphql");

const NODE: [(&str, &str); 2] = [
    ("package.json", include_str!("../clients/api/package.json")),
    ("package-lock.json", include_str!("../clients/api/package-lock.json")),
];

/// Our programs that use those packages.
const OURS: [(&str, &str); 2] =
    [("diff.mjs", include_str!("../clients/api/diff.mjs")), ("lint.mjs", include_str!("../clients/api/lint.mjs"))];

/// The two want different versions of what they stand on, so each has a folder.
const GQL: [&str; 1] = ["gql[httpx,websockets]==4.4.0"];
const ARIADNE: [&str; 1] = ["ariadne-codegen[subscriptions]==0.19.0"];

/// The folder of the operations.
#[must_use]
pub fn operations() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/api/operations")
}

/// All operations by name.
#[must_use]
pub fn operation_files() -> BTreeMap<String, String> {
    let files = std::fs::read_dir(operations()).expect("the folder is there");
    let files = files.map(|file| file.expect("it can be listed").path());
    let read = |path: PathBuf| {
        let name = path.file_stem().and_then(|name| name.to_str()).expect("a name").to_owned();
        (name, std::fs::read_to_string(path).expect("it can be read"))
    };
    files.map(read).collect()
}

/// The fenced blocks of a page: the language, the name and the text. A block is named by a comment that is its first line, or by
/// the line before it.
fn blocks(page: &str) -> Vec<(&str, Option<&str>, &str)> {
    let mut blocks = Vec::new();
    let mut rest = page;
    while let Some((before, behind)) = rest.split_once("\n```") {
        let (language, behind) = behind.split_once('\n').expect("a block has lines");
        let (text, behind) = behind.split_once("```").expect("a block ends");
        let first = text.lines().next().unwrap_or_default();
        let comment = first.strip_prefix("# ").or(first.strip_prefix("// ")).filter(|name| !name.contains(' '));
        let line = before.trim_end().rsplit('\n').next().unwrap_or_default();
        let told = line.strip_prefix('`').and_then(|line| line.strip_suffix("`:"));
        blocks.push((language, comment.or(told), text));
        rest = behind;
    }
    blocks
}

/// The files that the two pages show.
#[must_use]
pub fn files() -> BTreeMap<&'static str, &'static str> {
    let all = blocks(COOKBOOK).into_iter().chain(blocks(TYPED));
    all.filter_map(|(_, name, text)| Some((name?, text))).collect()
}

/// The blocks of the cookbook in a language.
#[must_use]
pub fn shown(language: &str) -> Vec<&'static str> {
    blocks(COOKBOOK).into_iter().filter(|(of, ..)| *of == language).map(|(.., text)| text).collect()
}

/// The block of the page about typed clients in a language that has no name.
#[must_use]
pub fn unnamed(language: &str) -> Vec<&'static str> {
    let blocks = blocks(TYPED).into_iter().filter(|(of, name, _)| *of == language && name.is_none());
    blocks.map(|(.., text)| text).collect()
}

/// Lays the files of both pages, the operations and the schema into a folder.
pub fn lay(folder: &Path) {
    write(folder, files().into_iter().chain([("schema.graphql", SCHEMA)]));
    std::fs::create_dir(folder.join("operations")).expect("a new folder");
    for (name, text) in operation_files() {
        write(&folder.join("operations"), [(&*format!("{name}.graphql"), &*text)]);
    }
}

/// The folder with the packages for node. Blocks while they are installed.
#[must_use]
pub fn node() -> PathBuf {
    tool(&named("api-packages", &NODE), |folder| {
        write(folder, NODE);
        insist(Command::new("npm").args(["ci", "--no-audit", "--no-fund"]).current_dir(folder));
    })
}

fn write<'f>(folder: &Path, files: impl IntoIterator<Item = (&'f str, &'f str)>) {
    for (name, text) in files {
        std::fs::write(folder.join(name), text).expect("room for a file");
    }
}

/// Makes the packages of `node` those of another folder.
fn link(folder: &Path) {
    std::os::unix::fs::symlink(node().join("node_modules"), folder.join("node_modules")).expect("a link");
}

/// The folder with the client for Python. Blocks while it is installed.
#[must_use]
pub fn gql() -> PathBuf {
    python_with("gql", &GQL)
}

/// The folder with the generator for Python. Blocks while it is installed.
#[must_use]
pub fn ariadne() -> PathBuf {
    python_with("ariadne", &ARIADNE)
}

/// The folder whose `out` has the programs in TypeScript, after their client was generated and both were compiled.
#[must_use]
pub fn typescript() -> PathBuf {
    tool(&named("typescript", &(files(), operation_files(), SCHEMA, NODE)), |folder| {
        lay(folder);
        write(folder, [("package.json", "{ \"type\": \"module\" }")]);
        link(folder);
        insist(&mut bin(folder, "graphql-codegen", &["--config", "codegen.json"]));
        insist(&mut bin(folder, "tsc", &[]));
    })
}

/// The folder of the scripts for staff.
#[must_use]
pub fn scripts() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples/scripts")
}

/// The folder whose `out` has the scripts in TypeScript, after they were compiled.
#[must_use]
pub fn compiled_scripts() -> PathBuf {
    let files = std::fs::read_dir(scripts().join("typescript")).expect("the folder is there");
    let mut files: Vec<PathBuf> =
        files.map(|file| file.expect("it can be listed").path()).filter(|path| path.is_file()).collect();
    files.sort();
    let texts: Vec<(String, String)> = files
        .iter()
        .map(|path| {
            let name = path.file_name().and_then(|name| name.to_str()).expect("a name").to_owned();
            (name, std::fs::read_to_string(path).expect("it can be read"))
        })
        .collect();
    tool(&named("scripts", &(&texts, NODE)), |folder| {
        write(folder, texts.iter().map(|(name, text)| (name.as_str(), text.as_str())));
        link(folder);
        insist(&mut bin(folder, "tsc", &[]));
    })
}

/// A program of a package, to be run in that folder.
#[must_use]
pub fn bin(folder: &Path, name: &str, words: &[&str]) -> Command {
    let mut command = Command::new(node().join("node_modules/.bin").join(name));
    command.args(words).current_dir(folder);
    command
}

/// Runs one of our programs for node.
#[must_use]
pub fn ours(name: &str, words: &[&Path]) -> Output {
    let folder = tool(&named("api-programs", &(NODE, OURS)), |folder| {
        write(folder, OURS);
        link(folder);
    });
    let mut command = Command::new("node");
    command.arg(folder.join(name)).args(words);
    command.output().expect("node is there")
}

/// A folder of packages of PyPI, for `PYTHONPATH`.
#[must_use]
pub fn python_with(name: &str, packages: &[&str]) -> PathBuf {
    tool(&named(name, &packages), |folder| pip(folder, packages))
}

fn pip(folder: &Path, packages: &[&str]) {
    let mut pip = Command::new("python3");
    pip.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--root-user-action=ignore"]);
    insist(pip.arg("--target").arg(folder).args(packages));
}

/// A name that is another when what is in it is.
fn named(name: &str, of: &impl std::hash::Hash) -> String {
    let mut hasher = DefaultHasher::new();
    of.hash(&mut hasher);
    format!("{name}-{:x}", hasher.finish())
}
