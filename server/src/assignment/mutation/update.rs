//! Changing the rules of an assignment by hand.

use actors::assignment::change::{self, Change, When};
use actors::assignment::update::update;
use async_graphql::{Context, ID, InputObject, MaybeUndefined, Object, Result, SimpleObject};
use entity::assignment::Brief;
use entity::grading::late::LatePolicy;
use entity::id::Kind;
use entity::identity::scope::Scope;

use super::key;
use crate::assignment::object::Assignment;
use crate::assignment::object::deadline::LatePercentOf;
use crate::assignment::object::rule::AssignmentRule;
use crate::graphql::context::acting;
use crate::graphql::error;
use crate::graphql::problem::problems;
use crate::graphql::scalar::{DateTime, Decimal};

/// The rules of an assignment.
#[derive(Default)]
pub struct UpdateMutation;

/// What is said by hand about an assignment. What is absent stays as it is.
#[derive(InputObject)]
pub struct UpdateAssignmentInput {
    /// The global id of the assignment.
    assignment: ID,
    /// What it is called, 1 to 200 characters.
    title: Option<String>,
    /// When it is due, by either of the two.
    due: Option<WhenInput>,
    /// Until when it is taken, by either of the two; null for no end.
    lock: MaybeUndefined<WhenInput>,
    /// How many may share their work, 1 to 20; 1: nobody.
    max_group_size: Option<i32>,
    /// At most so many submissions, 1 to 10,000; null for as many as they like.
    attempts: MaybeUndefined<i32>,
    /// Whether what was handed in may be revised.
    revisions: Option<bool>,
    /// What lateness costs.
    late_policy: Option<LatePolicyInput>,
    /// Whether students see it who have not begun.
    is_visible: Option<bool>,
    /// Where its page is; null when it is here.
    url: MaybeUndefined<String>,
    /// Whether it is handed in on pages and by scripts, and not by the `ok` client alone.
    uploads_enabled: Option<bool>,
    /// What there is to know for who hands it in on a page; null for nothing.
    upload_info: MaybeUndefined<String>,
    /// The rules that are said by hand no longer: what the content folder says of them holds again.
    #[graphql(default)]
    give_back: Vec<AssignmentRule>,
}

/// A time: either of the two.
#[derive(InputObject)]
pub struct WhenInput {
    /// As the clock on the wall shows it, in the zone of the assignment, such as `2027-01-15T23:59:00`.
    local: Option<String>,
    /// The instant.
    at: Option<DateTime>,
}

impl WhenInput {
    fn when(self) -> Result<When> {
        match (self.local, self.at) {
            (Some(local), None) => Ok(When::Local(local)),
            (None, Some(at)) => Ok(When::At(at.0)),
            (Some(_), Some(_)) | (None, None) => Err(error::bad_input("A time must have either `local` or `at`.")),
        }
    }
}

/// What lateness costs.
#[derive(InputObject)]
pub struct LatePolicyInput {
    /// So many seconds after the deadline count as on time; at most a week.
    #[graphql(default)]
    grace: i32,
    /// Percent for each day that is begun, 0 to 100.
    percent_per_day: Decimal,
    /// Of what that is.
    of: LatePercentOf,
    /// At most so many percent; null: all of it.
    cap_percent: Option<Decimal>,
}

impl LatePolicyInput {
    fn policy(self) -> Result<LatePolicy> {
        let grace = u32::try_from(self.grace);
        Ok(LatePolicy {
            grace_s: grace.map_err(|_| error::bad_input("`grace` must not be less than 0."))?,
            percent_per_day: self.percent_per_day.0,
            of: self.of.into(),
            cap_percent: self.cap_percent.map(|percent| percent.0),
        })
    }
}

/// What came of changing an assignment.
#[derive(SimpleObject)]
pub struct UpdateAssignmentPayload {
    /// The assignment as it is now.
    assignment: Option<Assignment>,
    /// Why it is as it was.
    problems: Vec<UpdateAssignmentProblem>,
}

problems! {
    /// Why an assignment is as it was.
    UpdateAssignmentProblem,
    /// The problems of changing an assignment.
    UpdateAssignmentProblemCode;
    = "change::ChangeCode" as change::ChangeCode => {
        /// You may not change assignments in that course.
        NotAllowed,
        /// There is no such assignment for you.
        AssignmentUnknown,
        /// The name cannot be one. Does not come: a name stays.
        NameInvalid,
        /// A time is none, or the lock is before the deadline.
        BadTime,
        /// A number, a text or an address that cannot be one.
        BadValue,
        /// There is no content folder to give it back to.
        NoFolder,
    }
}

impl UpdateAssignmentInput {
    fn change(self) -> Result<Change> {
        fn said<T>(value: MaybeUndefined<T>) -> Option<Option<T>> {
            match value {
                MaybeUndefined::Undefined => None,
                MaybeUndefined::Null => Some(None),
                MaybeUndefined::Value(value) => Some(Some(value)),
            }
        }
        let lock = said(self.lock).map(|lock| lock.map(WhenInput::when).transpose());
        Ok(Change {
            title: self.title,
            due: self.due.map(WhenInput::when).transpose()?,
            lock: lock.transpose()?,
            max_group_size: self.max_group_size,
            attempts: said(self.attempts),
            revisions: self.revisions,
            late_policy: self.late_policy.map(LatePolicyInput::policy).transpose()?,
            visible: self.is_visible,
            url: said(self.url),
            uploads_enabled: self.uploads_enabled,
            upload_info: said(self.upload_info),
            autograding_key: None,
            continuous_autograding: None,
            give_back: self.give_back.into_iter().map(Into::into).collect(),
        })
    }
}

#[Object]
impl UpdateMutation {
    /// Changes the rules of an assignment, for everybody and from now on. What is said so holds over the content folder, whatever is
    /// synchronised, until it is given back. For who may change assignments in the course.
    async fn update_assignment(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which one, and what is said of it.")] input: UpdateAssignmentInput,
    ) -> Result<UpdateAssignmentPayload> {
        let asked = acting(ctx, Scope::Content)?;
        let assignment = key(Kind::Assignment, &input.assignment);
        let changed = Box::pin(update(&asked.deps, &asked.viewer, assignment, input.change()?)).await;
        Ok(match error::expected(changed)? {
            Ok(row) => UpdateAssignmentPayload { assignment: Some(Assignment(Brief::from(row))), problems: Vec::new() },
            Err(refused) => UpdateAssignmentPayload { assignment: None, problems: vec![refused.into()] },
        })
    }
}
