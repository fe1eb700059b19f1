//! A mission put together: its place, its meta, its one notebook and its screens.
//!
//! Everything that can be seen without running code is told at once; without a place in the catalogue nothing else is looked at.
//! Not here: running the code (`python_sources` hands it out), storing the result.

use entity::execution::language::Language;
use sha2::{Digest, Sha256};

use super::catalogue::{Course, Place, Section};
use super::concept::Concept;
use super::diagnostic::Diagnostic;
use super::exercise::CodeSection;
use super::folder::Folder;
use super::meta::{self, DataFile, Home, Meta};
use super::notebook;
use super::notebook_file;
use super::rule::Rule;
use super::screen::{self, Screen, Surroundings};
use super::{Checked, Content, digest};

/// A unit of a course, ready to be run and stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mission {
    /// Its number in the whole repository.
    pub number: u32,
    /// The words after the number of its directory.
    pub slug: Option<String>,
    /// What readers see.
    pub name: String,
    /// Plain text.
    pub description: String,
    /// Who wrote it.
    pub author: String,
    /// What its exercises are written in.
    pub language: Language,
    /// Whether it is for paying readers.
    pub premium: bool,
    /// Whether it is checked and stored, but not shown yet.
    pub under_construction: bool,
    /// Numbers of the missions to have done before.
    pub prerequisites: Vec<u32>,
    /// How long it takes, as the author thinks.
    pub minutes: Option<u16>,
    /// How many seconds a run may take.
    pub timeout_s: u8,
    /// Laid beside the program in every run.
    pub files: Vec<DataFile>,
    /// The section of its course.
    pub section: Section,
    /// The course that it is in.
    pub course: Course,
    /// Its place among the missions of its course, from 0.
    pub position: u32,
    /// The concepts that its screens use, by name.
    pub concepts: Vec<Concept>,
    /// In order.
    pub screens: Vec<Screen>,
    /// Path of its notebook inside the content folder, for diagnostics that come later.
    pub notebook: String,
    /// Files of its directory that runs do not have, by their paths in it.
    pub unlisted: Vec<String>,
}

/// A piece of Python of a mission, and where it is from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PythonSource<'a> {
    /// Path of the notebook.
    pub file: &'a str,
    /// Key of the screen.
    pub screen: &'a str,
    /// Cell of the notebook, counted from 0.
    pub cell: usize,
    /// Which part of the exercise it is.
    pub section: CodeSection,
    /// Line of the cell that its first line is on, counted from 1.
    pub line: usize,
    /// The code.
    pub code: &'a str,
}

impl Mission {
    /// All Python of the mission in order: whether it parses, only a sandbox with Python can tell.
    pub fn python_sources(&self) -> impl Iterator<Item = PythonSource<'_>> {
        self.screens.iter().flat_map(move |screen| {
            let exercises = screen.exercise.iter();
            exercises.flat_map(move |exercise| {
                exercise.lines.iter().filter_map(move |(section, line)| {
                    let code = match section {
                        CodeSection::Initial => Some(exercise.initial.as_str()),
                        CodeSection::Display => Some(exercise.display.as_str()),
                        CodeSection::Answer => exercise.answer.as_deref(),
                        CodeSection::CheckCodeRun => exercise.check_code_run.as_deref(),
                        CodeSection::CheckVars | CodeSection::CheckVal => None,
                    };
                    let code = code.filter(|code| !code.is_empty())?;
                    let (file, screen) = (self.notebook.as_str(), screen.key.as_str());
                    Some(PythonSource { file, screen, cell: exercise.cell, section: *section, line: *line, code })
                })
            })
        })
    }
}

pub(super) fn check(content: &Content, number: u32) -> Checked<Mission> {
    let Some(directory) = content.survey.directory(number) else {
        let unlisted = || content.unknown_mission(number);
        let fault = content.catalogue.no_such_mission(number).unwrap_or_else(unlisted);
        return Checked::new(None, vec![fault], digest(Sha256::new()));
    };
    let place = match content.catalogue.place_of_mission(number, &directory.path) {
        Ok(place) => place,
        Err(faults) => {
            let mut hasher = Sha256::new();
            content.folder.hold(&directory.path, &mut hasher, &mut Vec::new());
            return Checked::new(None, faults, digest(hasher));
        }
    };
    let mut out = directory.faults.clone();
    let mut hasher = Sha256::new();
    hash_place(&mut hasher, &place);
    if out.iter().any(|fault| fault.rule == Rule::RepoSymlink) {
        return Checked::new(None, out, digest(hasher));
    }
    let (folder, tree) = content.folder.hold(&directory.path, &mut hasher, &mut out);
    let home = Home { folder: &folder, directory: &directory.path, number };
    let meta = meta::load(&home, |other| content.survey.directory(other).is_some(), &mut out);
    // Hidden files are not part of the directory, unless somebody lists them.
    for file in
        meta.iter().flat_map(|meta| &meta.files).filter(|file| file.path.contains("/.") || file.path.starts_with('.'))
    {
        hasher.update(Sha256::digest(&file.bytes));
    }
    cycle(content, number, &directory.path, &mut out);
    let notebook = notebook_file::find(&folder, &directory.path, number, &mut out);
    let screens = notebook.as_deref().and_then(|path| screens(content, &folder, &directory.path, path, &mut out));
    let concepts = concepts(content, screens.as_deref().unwrap_or_default(), &mut hasher, &mut out);
    let mission = match (meta, screens, notebook) {
        (Some(meta), Some(screens), Some(notebook)) => {
            let unlisted = unlisted(&directory.path, &tree, &meta);
            Some(assemble(
                meta,
                place,
                Parts { number, slug: directory.slug.clone(), concepts, screens, notebook, unlisted },
            ))
        }
        _ => None,
    };
    Checked::new(mission, out, digest(hasher))
}

struct Parts {
    number: u32,
    slug: Option<String>,
    concepts: Vec<Concept>,
    screens: Vec<Screen>,
    notebook: String,
    unlisted: Vec<String>,
}

/// The files of a directory that runs do not have, by their paths in it.
fn unlisted(directory: &str, tree: &[String], meta: &Meta) -> Vec<String> {
    let own = tree.iter().filter_map(|path| path.strip_prefix(directory)?.strip_prefix('/'));
    let is_data = |path: &&str| *path != "meta.yml" && !path.ends_with(".ipynb");
    let is_listed = |path: &&str| meta.files.iter().any(|file| file.path == **path);
    own.filter(is_data).filter(|path| !is_listed(path)).map(str::to_owned).collect()
}

fn assemble(meta: Meta, place: Place, parts: Parts) -> Mission {
    Mission {
        number: parts.number,
        slug: parts.slug,
        name: meta.name,
        description: meta.description,
        author: meta.author,
        language: meta.language,
        premium: meta.premium,
        under_construction: meta.under_construction,
        prerequisites: meta.prerequisites,
        minutes: meta.minutes,
        timeout_s: meta.timeout_s,
        files: meta.files,
        section: place.section,
        course: place.course,
        position: place.position,
        concepts: parts.concepts,
        screens: parts.screens,
        notebook: parts.notebook,
        unlisted: parts.unlisted,
    }
}

fn cycle(content: &Content, number: u32, directory: &str, out: &mut Vec<Diagnostic>) {
    let Some(cycle) = content.survey.cycle(number) else { return };
    let way = cycle.iter().map(u32::to_string).collect::<Vec<_>>().join(" needs ");
    let hint = format!("remove one of these prerequisites: {way}");
    let message = format!("the prerequisites go in a circle: {way}");
    out.push(Diagnostic::new(Rule::MetaPrerequisiteCycle, format!("{directory}/meta.yml"), message, hint));
}

fn screens(
    content: &Content,
    folder: &Folder,
    directory: &str,
    path: &str,
    out: &mut Vec<Diagnostic>,
) -> Option<Vec<Screen>> {
    let notebook = notebook::load(folder, path, out)?;
    let elsewhere = |key: &str| content.survey.elsewhere(key, path);
    let around = Surroundings { folder, directory, concepts: &content.concepts, elsewhere: &elsewhere };
    Some(screen::read(&notebook, &around, out))
}

/// The concepts that screens use, with the faults of their files: a mission cannot be stored with half a concept.
fn concepts(content: &Content, screens: &[Screen], hasher: &mut Sha256, out: &mut Vec<Diagnostic>) -> Vec<Concept> {
    let mut names: Vec<_> = screens.iter().flat_map(|screen| &screen.concepts).collect();
    names.sort();
    names.dedup();
    if content.concepts.unreadable {
        out.extend(content.concepts.diagnostics(None));
    }
    let mut concepts = Vec::new();
    for name in names {
        hasher.update(Sha256::digest(content.concepts.bytes(name)));
        out.extend(content.concepts.faults(name).iter().cloned());
        concepts.extend(content.concepts.get(name).cloned());
    }
    concepts
}

fn hash_place(hasher: &mut Sha256, place: &Place) {
    let Place { section, course, position } = place;
    let words = [&section.key, &section.title, &section.description, &course.key, &course.title, &course.description];
    for word in words {
        hasher.update(Sha256::digest(word));
    }
    hasher.update([course.answers as u8]);
    for number in [section.position, course.position, *position] {
        hasher.update(number.to_be_bytes());
    }
}
