//! Setting a queue up. For the site's staff: the door itself cannot do it.

use entity::identity::user::normal_email;
use entity::taskqueue::queue;
use entity::viewer::ViewerScope;

use super::{Limit, MAX_LEASES, TaskProblem, queue_key};
use crate::deps::Deps;
use crate::problem::Problem;
use crate::write::Write;

/// What is to be changed; what is none stays as it is.
#[derive(Clone, Debug, Default)]
pub struct Change {
    pub project: String,
    pub queue: String,
    /// Leases after which a task is dropped; 0 is never.
    pub max_leases: Option<i32>,
    pub admins: Option<Vec<String>>,
    pub consumers: Option<Vec<String>>,
    pub producers: Option<Vec<String>>,
}

/// Why it was not set up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SetTaskQueueCode {
    NotAllowed,
    NameInvalid,
    MaxLeasesInvalid,
    EmailInvalid,
}

/// Sets a queue up, also before it has had a task.
///
/// # Errors
/// When the viewer may not, something of it is not good, or something breaks.
pub async fn set(deps: &Deps, viewer: &ViewerScope, change: Change) -> Result<(), Problem<SetTaskQueueCode>> {
    if !viewer.may_administer() {
        return Err(Problem::refused(SetTaskQueueCode::NotAllowed, "Only the site's staff may set queues up."));
    }
    let key = queue_key(&change.project, &change.queue).map_err(bad_name)?;
    let Limit { least, most, .. } = MAX_LEASES;
    if change.max_leases.is_some_and(|leases| !(least..=most).contains(&i64::from(leases))) {
        let message = format!("A task is dropped after {least} to {most} leases, of which 0 is never.");
        return Err(Problem::refused_at(SetTaskQueueCode::MaxLeasesInvalid, message, &["maxLeases"]));
    }
    let admins = emails(change.admins, "admins")?;
    let consumers = emails(change.consumers, "consumers")?;
    let producers = emails(change.producers, "producers")?;
    let write = Write::begin(deps).await?;
    let mut settings = queue::find(write.tx(), &key).await?;
    settings.max_leases = change.max_leases.unwrap_or(settings.max_leases);
    let acl = &mut settings.acl;
    for (list, new) in [(&mut acl.admins, admins), (&mut acl.consumers, consumers), (&mut acl.producers, producers)] {
        if let Some(new) = new {
            *list = new;
        }
    }
    queue::set(write.tx(), &key, &settings).await?;
    Ok(write.commit().await?)
}

/// The same problem in the words of who sets queues up.
pub(super) fn bad_name(problem: TaskProblem) -> Problem<SetTaskQueueCode> {
    match problem {
        Problem::Refused(refused) => Problem::refused(SetTaskQueueCode::NameInvalid, refused.message),
        Problem::Fault(fault) => Problem::Fault(fault),
    }
}

fn emails(list: Option<Vec<String>>, name: &str) -> Result<Option<Vec<String>>, Problem<SetTaskQueueCode>> {
    let Some(list) = list else { return Ok(None) };
    let email = |text: &String| {
        normal_email(text).ok_or_else(|| {
            let message = format!("`{text}` is not an address such as worker@example.org.");
            Problem::refused_at(SetTaskQueueCode::EmailInvalid, message, &[name])
        })
    };
    list.iter().map(email).collect::<Result<_, _>>().map(Some)
}
