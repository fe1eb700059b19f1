//! The grades of a course as a table: a row for each student, a column for each assignment and kind of score.

use std::collections::{HashMap, VecDeque};

use entity::assignment;
use entity::course::enrollment::Role;
use entity::course::roster::{self, Choice, Member};
use entity::grading::grades::{self, Column, grade};
use entity::points::Points;
use entity::sheet::{Cell, line};
use entity::viewer::{Permission, ViewerScope};
use sea_orm::{ColumnTrait, DbErr, EntityTrait, QueryFilter};

use crate::database::Database;

/// How many students are read at once.
const PAGE: u32 = 200;
/// The first columns.
const HEADER: [&str; 4] = ["Email", "Name", "Student number", "Lab section"];

/// Grades that are being read.
#[derive(Debug)]
pub struct GradesExport {
    db: Database,
    course: i64,
    columns: Vec<Column>,
    names: Vec<String>,
    choice: Choice,
    after: i64,
    waiting: VecDeque<Vec<u8>>,
    over: bool,
}

/// Begins to read the grades of a course. None for who may not see all of its work and people.
///
/// # Errors
/// When the database does not answer.
pub async fn export_grades(
    db: &Database,
    viewer: &ViewerScope,
    course: i64,
    lab_section: Option<String>,
) -> Result<Option<GradesExport>, DbErr> {
    if !viewer.may(Permission::ReviewWork, course) || !viewer.may(Permission::SeeRoster, course) {
        return Ok(None);
    }
    let columns = grades::columns(db.read(), course).await?;
    let assignments = assignment::Entity::find().filter(assignment::Column::CourseId.eq(course)).all(db.read()).await?;
    let endpoints: HashMap<i64, String> = assignments.into_iter().map(|row| (row.id, row.endpoint)).collect();
    let names = columns.iter().map(|column| {
        let endpoint = endpoints.get(&column.assignment).map_or("", String::as_str);
        format!("{} {}", endpoint.split_once('/').map_or(endpoint, |(_, name)| name), column.kind)
    });
    Ok(Some(GradesExport {
        db: db.clone(),
        course,
        names: names.collect(),
        columns,
        choice: Choice { role: Some(Role::Student), lab_section },
        after: 0,
        waiting: VecDeque::new(),
        over: false,
    }))
}

impl GradesExport {
    /// The first row.
    #[must_use]
    pub fn header(&self) -> Vec<u8> {
        line(HEADER.into_iter().chain(self.names.iter().map(String::as_str)).map(Cell::from))
    }

    /// The row of the next student.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn line(&mut self) -> Result<Option<Vec<u8>>, DbErr> {
        if self.waiting.is_empty() && !self.over {
            let page = roster::page(self.db.read(), self.course, &self.choice, self.after, PAGE).await?;
            self.over = page.len() < PAGE as usize;
            self.after = page.last().map_or(self.after, |member| member.enrollment);
            self.waiting = self.lines(&page).await?;
        }
        Ok(self.waiting.pop_front())
    }

    async fn lines(&self, students: &[Member]) -> Result<VecDeque<Vec<u8>>, DbErr> {
        let people: Vec<i64> = students.iter().map(|student| student.user).collect();
        let mut grades: HashMap<(i64, Column), Points> = HashMap::new();
        for mark in grades::of_people(self.db.read(), self.course, &people).await? {
            let value = grade(&mark);
            grades.insert((mark.owner, Column { assignment: mark.assignment, kind: mark.kind }), value);
        }
        let row = |student: &Member| {
            let about = [
                Cell::from(student.email.as_str()),
                Cell::from(student.name.as_str()),
                Cell::from(student.student_number.as_deref()),
                Cell::from(student.lab_section.as_deref()),
            ];
            let got = |column: &Column| match grades.get(&(student.user, column.clone())) {
                Some(points) => Cell::Number(points.to_string()),
                None => Cell::Nothing,
            };
            line(about.into_iter().chain(self.columns.iter().map(got)))
        };
        Ok(students.iter().map(row).collect())
    }
}
