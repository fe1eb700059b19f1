//! The rules, in plain Rust. Written from what the platform promises, not from its statements.

use entity::assignment::{extension, test_case};
use entity::content::{mission, screen};
use entity::course::enrollment::{self, Role};
use entity::execution::run;
use entity::grading::score;
use entity::identity::user;
use entity::mail::letter;
use entity::submission::{backup, group, member, work};
use entity::viewer::{Viewer, ViewerScope};
use entity::{assignment, job, submission};

use super::world::Rows;

pub struct Oracle<'r> {
    rows: &'r Rows,
    me: Option<i64>,
    /// Runs the site, or is it.
    everything: bool,
}

impl<'r> Oracle<'r> {
    pub fn new(rows: &'r Rows, scope: &ViewerScope) -> Self {
        let me = match scope.viewer {
            Viewer::Person(person) => Some(person),
            Viewer::Anonymous | Viewer::System(_) => None,
        };
        let everything = matches!(scope.viewer, Viewer::System(_)) || me.is_some_and(|me| rows.admins.contains(&me));
        Self { rows, me, everything }
    }

    fn role(&self, course: i64) -> Option<Role> {
        let mine = |row: &&enrollment::Model| Some(row.user_id) == self.me && row.course_id == course;
        self.rows.enrollments.iter().find(mine).map(|row| row.role)
    }

    fn attends(&self, course: i64) -> bool {
        self.everything || self.role(course).is_some()
    }

    /// Is more than a student.
    fn previews(&self, course: i64) -> bool {
        self.everything || self.role(course).is_some_and(|role| role != Role::Student)
    }

    /// Grades, or stands above those who do.
    fn reviews(&self, course: i64) -> bool {
        self.previews(course) && (self.everything || self.role(course) != Some(Role::LabAssistant))
    }

    fn is_me(&self, person: i64) -> bool {
        self.everything || self.me == Some(person)
    }

    /// Is in the group, or invited to it.
    fn is_of(&self, group: i64) -> bool {
        self.everything || self.rows.members.iter().any(|row| row.group_id == group && Some(row.user_id) == self.me)
    }

    /// Shares the work of that person on the assignment.
    fn shares(&self, assignment: i64, person: i64) -> bool {
        let group = |who: Option<i64>| {
            let theirs =
                |row: &&member::Model| row.active && row.assignment_id == assignment && Some(row.user_id) == who;
            self.rows.members.iter().find(theirs).map(|row| row.group_id)
        };
        group(self.me).is_some() && group(self.me) == group(Some(person))
    }

    /// Shares the work that the submission is part of.
    fn shares_submission(&self, submission: i64) -> bool {
        let row = self.rows.submissions.iter().find(|row| row.id == submission);
        row.is_some_and(|row| self.shares(row.assignment_id, row.submitter_id))
    }

    pub fn group(&self, row: &group::Model) -> bool {
        self.is_of(row.id) || self.reviews(row.course_id)
    }

    pub fn member(&self, row: &member::Model) -> bool {
        self.is_of(row.group_id) || self.reviews(row.course_id)
    }

    pub fn work(&self, row: &work::Model) -> bool {
        self.is_me(row.owner_id) || self.reviews(row.course_id)
    }

    pub fn extension(&self, row: &extension::Model) -> bool {
        self.is_me(row.user_id) || self.reviews(row.course_id)
    }

    pub fn user(&self, row: &user::Model) -> bool {
        let mate = self.rows.members.iter().any(|member| member.user_id == row.id && self.is_of(member.group_id));
        if mate {
            return true;
        }
        let theirs = self.rows.enrollments.iter().filter(|enrollment| enrollment.user_id == row.id);
        self.is_me(row.id) || theirs.into_iter().any(|enrollment| self.reviews(enrollment.course_id))
    }

    pub fn enrollment(&self, row: &enrollment::Model) -> bool {
        self.is_me(row.user_id) || self.reviews(row.course_id)
    }

    pub fn mission(&self, row: &mission::Model) -> bool {
        if row.under_construction { self.previews(row.course_id) } else { self.attends(row.course_id) }
    }

    pub fn screen(&self, row: &screen::Model) -> bool {
        let mission = self.rows.missions.iter().find(|mission| mission.id == row.mission_id);
        row.archived_at.is_none() && mission.is_some_and(|mission| self.mission(mission))
    }

    pub fn assignment(&self, row: &assignment::Model) -> bool {
        let begun = self.rows.works.iter().any(|work| work.assignment_id == row.id && Some(work.owner_id) == self.me);
        self.attends(row.course_id) && (row.visible || self.previews(row.course_id) || begun)
    }

    pub fn test(&self, row: &test_case::Model) -> bool {
        if row.hidden { self.reviews(row.course_id) } else { self.attends(row.course_id) }
    }

    pub fn backup(&self, row: &backup::Model) -> bool {
        self.is_me(row.submitter_id) || self.shares(row.assignment_id, row.submitter_id) || self.reviews(row.course_id)
    }

    pub fn submission(&self, row: &submission::Model) -> bool {
        self.is_me(row.submitter_id) || self.shares(row.assignment_id, row.submitter_id) || self.reviews(row.course_id)
    }

    pub fn run(&self, row: &run::Model) -> bool {
        let asked = row.backup_id.is_none() && row.requester_id.is_some_and(|person| self.is_me(person));
        let shared = row.submission_id.is_some_and(|submission| self.shares_submission(submission));
        self.everything || asked || shared || row.course_id.is_some_and(|course| self.reviews(course))
    }

    pub fn score(&self, row: &score::Model) -> bool {
        self.is_me(row.owner_id) || self.shares_submission(row.submission_id) || self.reviews(row.course_id)
    }

    pub fn job(&self, row: &job::Model) -> bool {
        let asked = row.requester_id.is_some_and(|person| self.is_me(person));
        self.everything || asked || row.course_id.is_some_and(|course| self.reviews(course))
    }

    pub fn letter(&self, row: &letter::Model) -> bool {
        self.is_me(row.recipient_id)
    }
}
