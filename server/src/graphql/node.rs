//! Global ids: anything that has one can be asked for by it.

use async_graphql::{Context, ID, Interface, Object, Result};
use entity::id::{self, Kind};
use futures_util::future::try_join_all;

use super::context::signed_in;
use super::error;
use super::quick::Quick;
use crate::assignment::object::Assignment;
use crate::assignment::object::deadline::Extension;
use crate::content::object::{Concept, Exercise, Mission, Screen};
use crate::course::object::join_code::JoinCode;
use crate::course::object::{Course, Enrollment, Section};
use crate::execution::object::Run;
use crate::grading::object::Score;
use crate::identity::object::User;
use crate::identity::object::audit::AuditEntry;
use crate::identity::object::external_identity::ExternalIdentity;
use crate::identity::object::program::Program;
use crate::identity::object::session::Session;
use crate::job::object::Job;
use crate::mail::object::Letter;
use crate::submission::object::Submission;
use crate::submission::object::backup::Backup;
use crate::submission::object::comment::Comment;
use crate::submission::object::group::Group;
use crate::submission::object::work::Work;

/// Anything with a global id.
#[derive(Interface)]
#[graphql(field(name = "id", ty = "ID", desc = "The global id: a prefix that names the type, and a key."))]
pub enum Node {
    Assignment(Assignment),
    AuditEntry(AuditEntry),
    Backup(Backup),
    Comment(Comment),
    Concept(Concept),
    Course(Course),
    Enrollment(Enrollment),
    Exercise(Exercise),
    Extension(Extension),
    Group(Group),
    Job(Job),
    JoinCode(JoinCode),
    Letter(Letter),
    Mission(Mission),
    Run(Run),
    Score(Score),
    Screen(Screen),
    Section(Section),
    Session(Session),
    ExternalIdentity(ExternalIdentity),
    Program(Program),
    Submission(Submission),
    User(User),
    Work(Work),
}

/// How many nodes can be asked for at once.
const MAX_NODES: usize = 100;

/// Questions by global id.
#[derive(Default)]
pub struct NodeQuery;

#[Object]
impl NodeQuery {
    /// What has this global id; null when there is nothing, or nothing that you may see.
    async fn node(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "A global id, such as `sub_lejRej`.")] id: ID,
    ) -> Result<Option<Quick<Node>>> {
        find(ctx, &id).await
    }

    /// What has these global ids, in their order; at most 100.
    #[graphql(complexity = "super::page::cost(i32::try_from(ids.len()).ok(), child_complexity)")]
    async fn nodes(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Global ids, such as `sub_lejRej`; at most 100.")] ids: Vec<ID>,
    ) -> Result<Vec<Option<Quick<Node>>>> {
        if ids.len() > MAX_NODES {
            return Err(error::bad_input(format!("{} ids; at most {MAX_NODES} can be asked for at once.", ids.len())));
        }
        try_join_all(ids.iter().map(|id| find(ctx, id))).await
    }
}

/// What has that global id, if the viewer may see it.
///
/// # Errors
/// When nobody is signed in, or the database does not answer.
pub async fn find(ctx: &Context<'_>, id: &str) -> Result<Option<Quick<Node>>> {
    let request = signed_in(ctx)?;
    let Some((kind, key)) = id::decode(id) else { return Ok(None) };
    let node = match kind {
        Kind::User => request.one(ctx, key).await?.map(|row| Node::User(User(row))),
        Kind::Section => request.one(ctx, key).await?.map(|row| Node::Section(Section(row))),
        Kind::Course => request.one(ctx, key).await?.map(|row| Node::Course(Course(row))),
        Kind::Enrollment => request.one(ctx, key).await?.map(|row| Node::Enrollment(Enrollment(row))),
        Kind::Mission => request.one(ctx, key).await?.map(|row| Node::Mission(Mission(row))),
        Kind::Screen => request.one(ctx, key).await?.map(|row| Node::Screen(Screen(row))),
        Kind::Concept => request.one(ctx, key).await?.map(|row| Node::Concept(Concept(row))),
        Kind::Exercise => request.one(ctx, key).await?.map(|row| Node::Exercise(Exercise(row))),
        Kind::Assignment => request.one(ctx, key).await?.map(|row| Node::Assignment(Assignment(row))),
        Kind::Backup => request.one(ctx, key).await?.map(|row| Node::Backup(Backup(row))),
        Kind::Submission => request.one(ctx, key).await?.map(|row| Node::Submission(Submission(row))),
        Kind::Group => request.one(ctx, key).await?.map(|row| Node::Group(Group(row))),
        Kind::Work => request.one(ctx, key).await?.map(|row| Node::Work(Work(row))),
        Kind::Extension => request.one(ctx, key).await?.map(|row| Node::Extension(Extension(row))),
        Kind::Run => request.one(ctx, key).await?.map(|row| Node::Run(Run(row))),
        Kind::Score => request.one(ctx, key).await?.map(|row| Node::Score(Score(row))),
        Kind::Job => request.one(ctx, key).await?.map(|row| Node::Job(Job(row))),
        Kind::JoinCode => request.one(ctx, key).await?.map(|row| Node::JoinCode(JoinCode(row))),
        Kind::Comment => request.one(ctx, key).await?.map(|row| Node::Comment(Comment(row))),
        Kind::Letter => request.one(ctx, key).await?.map(|row| Node::Letter(Letter(row))),
        Kind::Session => request.one(ctx, key).await?.map(|row| Node::Session(Session(row))),
        Kind::ExternalIdentity => request.one(ctx, key).await?.map(|row| Node::ExternalIdentity(ExternalIdentity(row))),
        Kind::Program => request.one(ctx, key).await?.map(|row| Node::Program(Program(row))),
        Kind::AuditEntry => request.one(ctx, key).await?.map(|row| Node::AuditEntry(AuditEntry(row))),
        // What a letter is about, and nobody's to see.
        Kind::Ticket => None,
    };
    Ok(node.map(Quick))
}
