//! Assignments: a folder with `assignment.yml` and, for the files that do not start empty, a template each.
//!
//! Not here: what a student handed in, and running the tests. The tests stay data: what is expected never becomes part of a
//! program that runs beside a student's.

use chrono::NaiveDateTime;
use chrono_tz::Tz;
use entity::execution::language::Language;
use sha2::{Digest, Sha256};

use super::catalogue::{Course, Section, is_key};
use super::deadline;
use super::diagnostic::{Diagnostic, did_you_mean};
use super::fields::{FieldRules, Fields};
use super::folder::{Folder, Kind, Trouble};
use super::handing_in::{self, HandingIn};
use super::image::Images;
use super::markdown::{self, IssueKind};
use super::meta;
use super::rule::Rule;
use super::test_case::{self, Around, Tests};
use super::yaml::{self, Node};
use super::{Checked, Content, digest};
use crate::grading::test_case::TestCase;

/// Work to hand in, with its tests.
#[derive(Clone, Debug, PartialEq)]
pub struct Assignment {
    /// The name of its folder; with the course's key it makes the address.
    pub slug: String,
    /// The course that it is in.
    pub course: Course,
    /// The section of that course.
    pub section: Section,
    /// Plain text.
    pub title: String,
    /// Safe HTML.
    pub description_html: String,
    /// What it is written in.
    pub language: Language,
    /// The file that is run.
    pub main: String,
    /// The files to hand in, as they are at first.
    pub files: Vec<TemplateFile>,
    /// The deadline as the clock on the wall shows it.
    pub due_local: NaiveDateTime,
    /// Where that wall is.
    pub time_zone: Tz,
    /// Until when at the latest, by how many, how often, and what lateness costs.
    pub handing_in: HandingIn,
    /// In order.
    pub tests: Vec<TestCase>,
}

/// A file to hand in, as it is at first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TemplateFile {
    /// Its name; there are no folders.
    pub name: String,
    /// Empty when there is no template.
    pub bytes: Vec<u8>,
}

pub(super) const DIRECTORY: &str = "assignments";
const FILE: &str = "assignment.yml";
/// Most bytes of one template.
const TEMPLATE_LIMIT: u64 = 1 << 20;
const MOST_FILES: usize = 64;

const KEYS: &[&str] = &[
    "course",
    "title",
    "description",
    "language",
    "main",
    "files",
    "due",
    "time_zone",
    "tests",
    "timeout_s",
    "lock",
    "max_group_size",
    "attempts",
    "revisions",
    "late_policy",
];
pub(super) const RULES: FieldRules = FieldRules {
    missing: Rule::AssignmentMissingKey,
    unknown: Rule::AssignmentUnknownKey,
    wrong_type: Rule::AssignmentWrongType,
    bad_value: Rule::AssignmentBadValue,
};

/// The folders that hold assignments, and what is wrong with those that cannot.
pub(super) fn list(folder: &Folder) -> (Vec<String>, Vec<Diagnostic>) {
    let (mut slugs, mut faults) = (Vec::new(), Vec::new());
    let entries = match folder.entries(DIRECTORY) {
        Ok(entries) => entries,
        Err(Trouble::Missing) => Vec::new(),
        Err(trouble) => {
            faults.push(trouble.tell(DIRECTORY, Rule::RepoUnreadable));
            Vec::new()
        }
    };
    for entry in entries {
        let path = format!("{DIRECTORY}/{}", entry.name);
        match entry.kind {
            Kind::Symlink => faults.push(Trouble::Symlink(path.clone()).tell(&path, Rule::RepoSymlink)),
            Kind::Directory if is_key(&entry.name) => slugs.push(entry.name),
            Kind::Directory => {
                let message = format!("`{}` cannot be part of an address", entry.name);
                let hint = "name the folder by 3 to 64 small letters a-z, digits and hyphens";
                faults.push(Diagnostic::new(Rule::AssignmentDirectoryName, path, message, hint));
            }
            Kind::File | Kind::Other => {}
        }
    }
    (slugs, faults)
}

pub(super) fn check(content: &Content, slug: &str) -> Checked<Assignment> {
    let directory = format!("{DIRECTORY}/{slug}");
    let mut out = Vec::new();
    let mut hasher = Sha256::new();
    if !content.assignments.iter().any(|known| known == slug) {
        let near = did_you_mean(slug, content.assignments.iter().map(String::as_str));
        let hint = format!("{near}assignments are the folders of {DIRECTORY}/");
        let message = format!("there is no assignment `{slug}`");
        out.push(Diagnostic::new(Rule::SyncUnknownAssignment, "", message, hint));
        return Checked::new(None, out, digest(hasher));
    }
    let (folder, found) = content.folder.hold(&directory, &mut hasher, &mut out);
    let path = format!("{directory}/{FILE}");
    if !found.contains(&path) && out.is_empty() {
        let hint = format!("create it with the keys {}", KEYS[..9].join(", "));
        out.push(Diagnostic::new(Rule::AssignmentMissingFile, path, format!("there is no {FILE}"), hint));
        return Checked::new(None, out, digest(hasher));
    }
    let Some(root) = yaml::load(&folder, &path, Rule::AssignmentMissingFile, &mut out) else {
        return Checked::new(None, out, digest(hasher));
    };
    let value = read(content, &folder, slug, &root, &path, &found, &mut out);
    if let Some(Assignment { section, course, .. }) = &value {
        hasher.update(course.slip_days.to_le_bytes());
        for word in
            [&section.key, &section.title, &section.description, &course.key, &course.title, &course.description]
        {
            hasher.update(Sha256::digest(word));
        }
    }
    Checked::new(value, out, digest(hasher))
}

fn read(
    content: &Content,
    folder: &Folder,
    slug: &str,
    root: &Node,
    path: &str,
    found: &[String],
    out: &mut Vec<Diagnostic>,
) -> Option<Assignment> {
    let directory = format!("{DIRECTORY}/{slug}");
    let mut fields = Fields::open(root, path, String::new(), RULES, KEYS, out)?;
    let place = course(&mut fields, content, path);
    let title = fields.text("title");
    let description_html = description(&mut fields, folder, &directory, path);
    let language = meta::language(&mut fields, &content.languages, Rule::AssignmentBadLanguage);
    let files = files(&mut fields, folder, &directory);
    let main = main(&mut fields, &files);
    let time_zone = deadline::time_zone(&mut fields);
    let due = deadline::due(&mut fields, time_zone);
    let handing_in = handing_in::read(&mut fields, path, time_zone, due);
    let timeout_s = meta::timeout(&mut fields);
    let around = Around {
        folder,
        directory: &directory,
        path,
        files: &files,
        language: &language,
        languages: &content.languages,
        timeout_s,
    };
    let Tests { tests, used } = test_case::read_all(&mut fields, &around);
    unlisted(found, &directory, &files, &used, fields.out);
    let (section, course) = place?;
    Some(Assignment {
        slug: slug.to_owned(),
        course,
        section,
        title: title?,
        description_html,
        language,
        main: main?,
        files,
        due_local: due?,
        time_zone: time_zone?,
        handing_in,
        tests,
    })
}

fn course(fields: &mut Fields<'_, '_>, content: &Content, path: &str) -> Option<(Section, Course)> {
    let node = fields.required("course")?;
    let key = fields.as_text("course", node)?;
    let unlisted = |key: &str| {
        let message = format!("the course `{key}` is in no section");
        let hint = format!("add `{key}` to the courses of a section in section.yml");
        Diagnostic::new(Rule::AssignmentCourseNotInSection, path, message, hint).at_line(node.line)
    };
    match content.catalogue.place_of_course(key, unlisted) {
        Some(Ok(place)) => Some(place),
        Some(Err(faults)) => {
            fields.out.extend(faults);
            None
        }
        None => {
            let hint = did_you_mean(key, content.catalogue.course_keys()) + "courses are described in course.yml";
            fields.tell(Rule::AssignmentUnknownCourse, node.line, format!("there is no course `{key}`"), hint);
            None
        }
    }
}

fn description(fields: &mut Fields<'_, '_>, folder: &Folder, directory: &str, path: &str) -> String {
    let Some(node) = fields.required("description") else { return String::new() };
    let Some(text) = fields.as_text("description", node) else { return String::new() };
    let mut issues = Vec::new();
    let images = Images { folder, directory, attachments: None };
    let html = markdown::page(text, images, &mut issues);
    for mut issue in issues {
        // A block of text begins on the line after its key, a plain one on the line of its key.
        issue.line = node.line;
        let rule = |kind| match kind {
            IssueKind::Unsafe => Rule::AssignmentHtmlUnsafe,
            IssueKind::HtmlShown => Rule::AssignmentHtmlShown,
            IssueKind::ImageMissing => Rule::AssignmentAssetMissing,
            IssueKind::ImageRefused => Rule::AssignmentAssetRefused,
            IssueKind::FenceOpen => Rule::AssignmentFenceOpen,
        };
        fields.out.push(issue.tell(rule, path));
    }
    html
}

fn files(fields: &mut Fields<'_, '_>, folder: &Folder, directory: &str) -> Vec<TemplateFile> {
    let mut files: Vec<TemplateFile> = Vec::new();
    let Some(node) = fields.required("files") else { return files };
    let items = fields.as_list("files", node);
    if matches!(node.value, yaml::Value::List(_)) && !(1..=MOST_FILES).contains(&items.len()) {
        let what = format!("{} files are listed", items.len());
        fields.bad_value("files", node.line, &what, format!("list 1 to {MOST_FILES} files"));
    }
    for item in items {
        let Some(name) = fields.as_text("files", item) else { continue };
        if !is_file_name(name) {
            let hint =
                "use 1 to 128 letters, digits, dots, hyphens and underscores; no folders, no dot or hyphen in front";
            fields.tell(Rule::AssignmentFileName, item.line, format!("`{name}` is not a name for a file"), hint);
        } else if files.iter().any(|file| file.name == name) {
            let message = format!("`{name}` is listed twice");
            fields.tell(Rule::AssignmentFileDuplicate, item.line, message, format!("list `{name}` once"));
        } else {
            let bytes = template(&format!("{directory}/{name}"), folder, fields.out);
            files.push(TemplateFile { name: name.to_owned(), bytes });
        }
    }
    files
}

fn template(path: &str, folder: &Folder, out: &mut Vec<Diagnostic>) -> Vec<u8> {
    match folder.bytes(path, TEMPLATE_LIMIT) {
        Ok(bytes) => bytes,
        Err(Trouble::Missing) => Vec::new(),
        Err(trouble) => {
            out.push(trouble.tell(path, Rule::RepoUnreadable));
            Vec::new()
        }
    }
}

fn main(fields: &mut Fields<'_, '_>, files: &[TemplateFile]) -> Option<String> {
    let node = fields.required("main")?;
    let main = fields.as_text("main", node)?;
    if !files.is_empty() && !files.iter().any(|file| file.name == main) {
        let hint = did_you_mean(main, files.iter().map(|file| file.name.as_str())) + "`main` is one of `files`";
        fields.tell(Rule::AssignmentMainNotInFiles, node.line, format!("`{main}` is not one of the files"), hint);
        return None;
    }
    Some(main.to_owned())
}

/// A file that nobody hands in may be a template whose name is misspelled, or a solution that is in the wrong place.
fn unlisted(found: &[String], directory: &str, files: &[TemplateFile], used: &[String], out: &mut Vec<Diagnostic>) {
    for path in found {
        let name = path.strip_prefix(directory).and_then(|name| name.strip_prefix('/')).unwrap_or(path);
        let is_picture = [".png", ".jpg", ".jpeg", ".gif", ".webp"].iter().any(|end| name.ends_with(end));
        let is_used = used.iter().any(|used| used == name);
        if name != FILE && !is_picture && !is_used && !files.iter().any(|file| file.name == name) {
            let hint =
                did_you_mean(name, files.iter().map(|file| file.name.as_str())) + "add it to `files` or move it away";
            let message = "the file is not in `files` and not used";
            out.push(Diagnostic::new(Rule::AssignmentFileUnlisted, path, message, hint));
        }
    }
}

/// Whether a file of students can be called that.
pub(super) fn is_file_name(name: &str) -> bool {
    (1..=128).contains(&name.len())
        && !name.starts_with(['.', '-'])
        && name.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'-'))
        && name != FILE
}
