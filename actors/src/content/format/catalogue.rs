//! The two lists in the root of a content folder: `section.yml` says which courses a section shows, `course.yml` says which
//! missions a course has.
//!
//! A fault in one entry fails the missions of that entry, not of the others; so each entry keeps its own faults, and a mission
//! that asks for its place gets either the place or the faults that hide it. Not here: the missions and assignments themselves.

use entity::course::Answers;

use super::diagnostic::{Diagnostic, did_you_mean};
use super::fields::{FieldRules, Fields};
use super::folder::Folder;
use super::reserved::RESERVED;
use super::rule::Rule;
use super::yaml::{self, Node};

/// A group of courses in the catalogue.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Section {
    /// What it is called in files and addresses.
    pub key: String,
    /// What readers see.
    pub title: String,
    /// Shown below the title; plain text.
    pub description: String,
    /// Its place among the sections, from 0.
    pub position: u32,
}

/// A course as the catalogue knows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Course {
    /// What it is called in files and addresses.
    pub key: String,
    /// What readers see.
    pub title: String,
    /// Shown below the title; plain text.
    pub description: String,
    /// Its place among the courses of its section, from 0.
    pub position: u32,
    /// How many days somebody may be late in it before that costs anything.
    pub slip_days: u32,
    /// When its learners may see model solutions.
    pub answers: Answers,
}

/// Where a mission is in the catalogue.
#[derive(Clone, Debug)]
pub(super) struct Place {
    pub section: Section,
    pub course: Course,
    /// Its place among the missions of the course, from 0.
    pub position: u32,
}

/// A course with its section, or the faults that hide them.
pub(super) type Found = Result<(Section, Course), Vec<Diagnostic>>;

/// One entry of either file.
#[derive(Debug)]
struct Listed<M> {
    key: Option<String>,
    title: String,
    description: String,
    line: usize,
    /// The courses or missions that it lists, with their lines.
    members: Vec<(M, usize)>,
    /// Of a course: how many days somebody may be late in it before that costs anything.
    slip_days: u32,
    /// Of a course: when its learners may see model solutions.
    answers: Answers,
    /// What makes this entry unusable.
    faults: Vec<Diagnostic>,
}

/// One of the two files.
#[derive(Debug)]
struct Listing<M> {
    entries: Vec<Listed<M>>,
    /// What makes the whole file unusable.
    faults: Vec<Diagnostic>,
}

#[derive(Debug)]
pub(super) struct Catalogue {
    sections: Listing<String>,
    courses: Listing<u32>,
}

const SECTION_FILE: &str = "section.yml";
const COURSE_FILE: &str = "course.yml";

const SECTION_RULES: FieldRules = FieldRules {
    missing: Rule::SectionMissingField,
    unknown: Rule::SectionUnknownField,
    wrong_type: Rule::SectionWrongType,
    bad_value: Rule::SectionBadValue,
};
const COURSE_RULES: FieldRules = FieldRules {
    missing: Rule::CourseMissingField,
    unknown: Rule::CourseUnknownField,
    wrong_type: Rule::CourseWrongType,
    bad_value: Rule::CourseBadValue,
};

/// How one of the two files is laid out.
struct Layout {
    file: &'static str,
    top: &'static [&'static str],
    keys: &'static [&'static str],
    members: &'static str,
    rules: FieldRules,
    file_missing: Rule,
    key_missing: Rule,
    key_duplicate: Rule,
    /// Keys that nobody may have.
    reserved: &'static [&'static str],
}

const SECTIONS: Layout = Layout {
    file: SECTION_FILE,
    top: &["sections"],
    keys: &["key", "title", "description", "courses"],
    members: "courses",
    rules: SECTION_RULES,
    file_missing: Rule::RepoSectionMissing,
    key_missing: Rule::SectionKeyMissing,
    key_duplicate: Rule::SectionKeyDuplicate,
    reserved: &[],
};
const COURSES: Layout = Layout {
    file: COURSE_FILE,
    top: &["courses"],
    keys: &["key", "title", "description", "missions", "slip_days", "answers"],
    members: "missions",
    rules: COURSE_RULES,
    file_missing: Rule::RepoCourseMissing,
    key_missing: Rule::CourseKeyMissing,
    key_duplicate: Rule::CourseKeyDuplicate,
    // A course's pages lie below its key, beside the platform's own addresses.
    reserved: &RESERVED,
};

/// The words for when learners may see model solutions.
const ANSWERS: [(&str, Answers); 3] =
    [("passed", Answers::Passed), ("tried", Answers::Tried), ("asked", Answers::Asked)];
/// A year of them.
const MOST_SLIP_DAYS: u32 = 366;

impl Catalogue {
    pub(super) fn load(folder: &Folder) -> Self {
        Self {
            sections: load(folder, &SECTIONS, |fields, node| fields.as_text("courses", node).map(str::to_owned)),
            courses: load(folder, &COURSES, |fields, node| fields.as_whole("missions", node, 1..=u32::MAX)),
        }
    }

    /// What is wrong with the two files, whoever suffers from it.
    pub(super) fn diagnostics(&self) -> Vec<Diagnostic> {
        let mut out: Vec<_> = self.sections.faults.iter().chain(&self.courses.faults).cloned().collect();
        out.extend(self.sections.entries.iter().flat_map(|entry| entry.faults.clone()));
        out.extend(self.courses.entries.iter().flat_map(|entry| entry.faults.clone()));
        if self.courses.faults.is_empty() {
            self.unknown_courses(&mut out);
        }
        out.extend(self.course_keys().filter_map(|key| self.listed_twice(key)));
        if self.sections.faults.is_empty() {
            out.extend(self.courses.entries.iter().filter_map(|course| self.unlisted(course)));
        }
        out
    }

    fn unknown_courses(&self, out: &mut Vec<Diagnostic>) {
        for (key, line) in self.sections.entries.iter().flat_map(|section| &section.members) {
            if !self.course_keys().any(|known| known == key) {
                let hint = did_you_mean(key, self.course_keys()) + "courses are described in course.yml";
                let message = format!("there is no course `{key}`");
                out.push(Diagnostic::new(Rule::SectionUnknownCourse, SECTION_FILE, message, hint).at_line(*line));
            }
        }
    }

    fn unlisted(&self, course: &Listed<u32>) -> Option<Diagnostic> {
        let key = course.key.as_deref()?;
        if self.sections.entries.iter().any(|section| section.members.iter().any(|(listed, _)| listed == key)) {
            return None;
        }
        let message = format!("the course `{key}` is in no section");
        let hint = format!("add `{key}` to the courses of a section in section.yml");
        Some(Diagnostic::new(Rule::CourseUnlisted, COURSE_FILE, message, hint).at_line(course.line))
    }

    /// The fault of a course that sections list more than once.
    fn listed_twice(&self, key: &str) -> Option<Diagnostic> {
        let sections = &self.sections.entries;
        let lines = sections.iter().flat_map(|section| {
            section.members.iter().filter(|(listed, _)| listed == key).map(move |(_, line)| (section, *line))
        });
        let listings: Vec<_> = lines.collect();
        let (_, line) = listings.get(1)?;
        let names: Vec<_> = listings.iter().map(|(section, _)| section.key.as_deref().unwrap_or("?")).collect();
        let message = format!("the course `{key}` is listed {} times, in {}", listings.len(), names.join(" and "));
        let found = Diagnostic::new(Rule::SectionCourseTwice, SECTION_FILE, message, "keep one and remove the others");
        Some(found.at_line(*line))
    }

    pub(super) fn course_keys(&self) -> impl Iterator<Item = &str> {
        self.courses.entries.iter().filter_map(|course| course.key.as_deref())
    }

    /// Every mission that a course lists.
    pub(super) fn listed_missions(&self) -> impl Iterator<Item = u32> {
        self.courses.entries.iter().flat_map(|course| course.members.iter().map(|(number, _)| *number))
    }

    /// The fault of a mission that is listed and has no directory.
    pub(super) fn no_such_mission(&self, number: u32) -> Option<Diagnostic> {
        let line = self.courses.entries.iter().flat_map(|course| &course.members).find(|(listed, _)| *listed == number);
        let message = format!("there is no directory for mission {number}");
        let hint = format!("create missions/{number} or remove {number} from the list");
        line.map(|(_, line)| Diagnostic::new(Rule::CourseUnknownMission, COURSE_FILE, message, hint).at_line(*line))
    }

    /// Where a mission belongs, or why that cannot be told.
    pub(super) fn place_of_mission(&self, number: u32, directory: &str) -> Result<Place, Vec<Diagnostic>> {
        let listings = self.courses.entries.iter().flat_map(|course| {
            course.members.iter().enumerate().filter(|(_, (listed, _))| *listed == number).map(move |at| (course, at))
        });
        let listings: Vec<_> = listings.collect();
        let Some((course, (position, _))) = listings.first() else {
            return Err(self.not_in_course(number, directory));
        };
        if let Some((second, (_, (_, line)))) = listings.get(1) {
            let name = |course: &Listed<u32>| course.key.clone().unwrap_or_else(|| "?".to_owned());
            let message = format!("mission {number} is listed in `{}` and in `{}`", name(course), name(second));
            let hint = format!("keep it in one: `{}` or `{}`", name(course), name(second));
            return Err(vec![Diagnostic::new(Rule::CourseMissionTwice, COURSE_FILE, message, hint).at_line(*line)]);
        }
        let position = u32::try_from(*position).unwrap_or(u32::MAX);
        let (section, course) = self.place_of_entry(course, |key| {
            let message = format!("mission {number} is in the course `{key}`, which is in no section");
            let hint = format!("add `{key}` to the courses of a section in section.yml");
            Diagnostic::new(Rule::MissionCourseNotInSection, directory, message, hint)
        })?;
        Ok(Place { section, course, position })
    }

    fn not_in_course(&self, number: u32, directory: &str) -> Vec<Diagnostic> {
        if !self.courses.faults.is_empty() {
            return self.courses.faults.clone();
        }
        let message = format!("mission {number} is in no course");
        let hint = format!("add {number} to the missions of a course in course.yml");
        vec![Diagnostic::new(Rule::MissionNotInCourse, directory, message, hint)]
    }

    /// A course by its key with its section. `None` when no course has that key and the file is sound.
    pub(super) fn place_of_course(&self, key: &str, unlisted: impl Fn(&str) -> Diagnostic) -> Option<Found> {
        if !self.courses.faults.is_empty() {
            return Some(Err(self.courses.faults.clone()));
        }
        let course = self.courses.entries.iter().find(|course| course.key.as_deref() == Some(key))?;
        Some(self.place_of_entry(course, unlisted))
    }

    fn place_of_entry(&self, entry: &Listed<u32>, unlisted: impl Fn(&str) -> Diagnostic) -> Found {
        let Some(key) = entry.key.as_deref().filter(|_| entry.faults.is_empty()) else {
            return Err(entry.faults.clone());
        };
        if !self.sections.faults.is_empty() {
            return Err(self.sections.faults.clone());
        }
        if let Some(fault) = self.listed_twice(key) {
            return Err(vec![fault]);
        }
        for (at, section) in self.sections.entries.iter().enumerate() {
            let Some(position) = section.members.iter().position(|(listed, _)| listed == key) else { continue };
            let Some(name) = section.key.clone().filter(|_| section.faults.is_empty()) else {
                return Err(section.faults.clone());
            };
            let (title, description) = (section.title.clone(), section.description.clone());
            let found = Section { key: name, title, description, position: u32::try_from(at).unwrap_or(u32::MAX) };
            return Ok((found, course(entry, key, position)));
        }
        Err(vec![unlisted(key)])
    }
}

fn course(entry: &Listed<u32>, key: &str, position: usize) -> Course {
    Course {
        key: key.to_owned(),
        title: entry.title.clone(),
        description: entry.description.clone(),
        position: u32::try_from(position).unwrap_or(u32::MAX),
        slip_days: entry.slip_days,
        answers: entry.answers,
    }
}

fn load<M>(
    folder: &Folder,
    layout: &Layout,
    member: impl for<'a> Fn(&mut Fields<'a, '_>, &'a Node) -> Option<M>,
) -> Listing<M> {
    let mut faults = Vec::new();
    let mut entries: Vec<Listed<M>> = Vec::new();
    if let Some(root) = yaml::load(folder, layout.file, layout.file_missing, &mut faults) {
        let fields = Fields::open(&root, layout.file, String::new(), layout.rules, layout.top, &mut faults);
        let items = fields.map_or(&[][..], |mut fields| fields.required_list(layout.top[0]));
        for (index, item) in items.iter().enumerate() {
            let mut entry = listed(item, index, layout, &member);
            let twin = entries.iter().find(|before| before.key.is_some() && before.key == entry.key);
            if let (Some(twin), Some(key)) = (twin, entry.key.take_if(|_| twin.is_some())) {
                let message = format!("the key `{key}` is used twice, on lines {} and {}", twin.line, entry.line);
                let hint = format!("give one of the two another key than `{key}`");
                let found = Diagnostic::new(layout.key_duplicate, layout.file, message, hint);
                entry.faults.push(found.at_line(entry.line));
            }
            entries.push(entry);
        }
    }
    Listing { entries, faults }
}

fn listed<M>(
    item: &Node,
    index: usize,
    layout: &Layout,
    member: impl for<'a> Fn(&mut Fields<'a, '_>, &'a Node) -> Option<M>,
) -> Listed<M> {
    let mut faults = Vec::new();
    let mut entry = Listed {
        key: None,
        title: String::new(),
        description: String::new(),
        line: item.line,
        members: Vec::new(),
        slip_days: 0,
        answers: Answers::default(),
        faults: Vec::new(),
    };
    let place = format!(" in entry {} of {}", index + 1, layout.top[0]);
    if let Some(mut fields) = Fields::open(item, layout.file, place, layout.rules, layout.keys, &mut faults) {
        entry.key = key(&mut fields, layout);
        entry.title = fields.text("title").unwrap_or_default();
        entry.description = fields.text("description").unwrap_or_default();
        entry.slip_days = fields.whole("slip_days", 0..=MOST_SLIP_DAYS).unwrap_or(0);
        entry.answers = fields.choice("answers", &ANSWERS).unwrap_or_default();
        for node in fields.required_list(layout.members) {
            entry.members.extend(member(&mut fields, node).map(|found| (found, node.line)));
        }
    }
    entry.faults = faults;
    entry
}

fn key(fields: &mut Fields<'_, '_>, layout: &Layout) -> Option<String> {
    let Some(node) = fields.optional("key") else {
        if !fields.is_misspelled("key") {
            fields.missing(layout.key_missing, "key");
        }
        return None;
    };
    let key = fields.as_text("key", node)?;
    if !is_key(key) {
        let what = format!("`{key}` is not a key");
        fields.bad_value("key", node.line, &what, "use 3 to 64 small letters a-z, digits and hyphens");
        return None;
    }
    if layout.reserved.contains(&key) {
        let what = format!("`{key}` is taken: addresses that begin with it mean something else");
        fields.bad_value("key", node.line, &what, format!("use a longer key, such as `{key}-course`"));
        return None;
    }
    Some(key.to_owned())
}

/// Whether a text can be the key of a section, a course or an assignment.
pub(super) fn is_key(text: &str) -> bool {
    (3..=64).contains(&text.len()) && text.bytes().all(|b| matches!(b, b'a'..=b'z' | b'0'..=b'9' | b'-'))
}
