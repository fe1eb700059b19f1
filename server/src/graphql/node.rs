//! Global ids: anything that has one can be asked for by it.

use async_graphql::{Context, ID, Interface, Object, Result};
use entity::id::{self, Kind};
use entity::visible::Viewable;
use entity::{assignment as assignments, content as contents, course as courses, execution as executions};
use entity::{grading as gradings, identity as identities, job as jobs, mail as mails, submission as submissions};

use super::context::{Request, signed_in};
use super::error;
use crate::assignment::object::Assignment;
use crate::content::object::{Concept, Exercise, Mission, Screen};
use crate::course::object::{Course, Enrollment, Section};
use crate::execution::object::Run;
use crate::grading::object::Score;
use crate::identity::object::User;
use crate::job::object::Job;
use crate::mail::object::Letter;
use crate::submission::object::Submission;

/// Anything with a global id.
#[derive(Interface)]
#[graphql(field(name = "id", ty = "ID", desc = "The global id: a prefix that names the type, and a key."))]
#[expect(clippy::large_enum_variant, reason = "few live at a time, and not for long")]
pub enum Node {
    Assignment(Assignment),
    Concept(Concept),
    Course(Course),
    Enrollment(Enrollment),
    Exercise(Exercise),
    Job(Job),
    Letter(Letter),
    Mission(Mission),
    Run(Run),
    Score(Score),
    Screen(Screen),
    Section(Section),
    Submission(Submission),
    User(User),
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
    ) -> Result<Option<Node>> {
        find(signed_in(ctx)?, &id).await
    }

    /// What has these global ids, in their order; at most 100.
    #[graphql(complexity = "super::page::cost(i32::try_from(ids.len()).ok(), child_complexity)")]
    async fn nodes(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Global ids, such as `sub_lejRej`; at most 100.")] ids: Vec<ID>,
    ) -> Result<Vec<Option<Node>>> {
        let request = signed_in(ctx)?;
        if ids.len() > MAX_NODES {
            return Err(error::bad_input(format!("{} ids; at most {MAX_NODES} can be asked for at once.", ids.len())));
        }
        let mut nodes = Vec::with_capacity(ids.len());
        for id in &ids {
            nodes.push(find(request, id).await?);
        }
        Ok(nodes)
    }
}

/// The row of a type with that key, if the viewer may see it.
async fn row<E: Viewable>(request: &Request, key: i64) -> Result<Option<E::Model>> {
    E::visible(&request.viewer).by_key(request.deps.db.read(), key).await.map_err(error::database)
}

async fn find(request: &Request, id: &str) -> Result<Option<Node>> {
    let Some((kind, key)) = id::decode(id) else { return Ok(None) };
    Ok(match kind {
        Kind::User => row::<identities::user::Entity>(request, key).await?.map(|row| Node::User(User(row))),
        Kind::Section => row::<courses::section::Entity>(request, key).await?.map(|row| Node::Section(Section(row))),
        Kind::Course => row::<courses::Entity>(request, key).await?.map(|row| Node::Course(Course(row))),
        Kind::Enrollment => {
            row::<courses::enrollment::Entity>(request, key).await?.map(|row| Node::Enrollment(Enrollment(row)))
        }
        Kind::Mission => row::<contents::mission::Entity>(request, key).await?.map(|row| Node::Mission(Mission(row))),
        Kind::Screen => row::<contents::screen::Entity>(request, key).await?.map(|row| Node::Screen(Screen(row))),
        Kind::Concept => row::<contents::concept::Entity>(request, key).await?.map(|row| Node::Concept(Concept(row))),
        Kind::Exercise => {
            row::<contents::exercise::Entity>(request, key).await?.map(|row| Node::Exercise(Exercise(row)))
        }
        Kind::Assignment => {
            row::<assignments::Entity>(request, key).await?.map(|row| Node::Assignment(Assignment(row)))
        }
        // A backup is shown as the submission that it is; backups that are not handed in come with the `ok` door.
        Kind::Backup | Kind::Submission => {
            row::<submissions::Entity>(request, key).await?.map(|row| Node::Submission(Submission(row)))
        }
        Kind::Run => row::<executions::run::Entity>(request, key).await?.map(|row| Node::Run(Run(row))),
        Kind::Score => row::<gradings::score::Entity>(request, key).await?.map(|row| Node::Score(Score(row))),
        Kind::Job => row::<jobs::Entity>(request, key).await?.map(|row| Node::Job(Job(row))),
        Kind::Letter => row::<mails::letter::Entity>(request, key).await?.map(|row| Node::Letter(Letter(row))),
    })
}
