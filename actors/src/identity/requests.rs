//! Requests of people who have not signed in: for an account, or for a new password.
//!
//! Whoever asks is told the same after the same time, whether there is such an account or not: that the request was taken. What follows is
//! the work of a job, and goes by letter to the owner of the address, and to nobody else.

use entity::clock::{Timestamp, micros};
use entity::id::{self, Kind};
use entity::identity::ticket::{self, Purpose};
use entity::identity::user;
use entity::job::queue::{Class, Repeat};
use entity::mail::letter;
use futures_util::future::BoxFuture;
use sea_orm::sea_query::OnConflict;
use sea_orm::{ColumnTrait, DbErr, EntityTrait, PaginatorTrait, QueryFilter, Set};
use serde::{Deserialize, Serialize};
use std::time::Duration;

use super::attempts::Attempt;
use super::tickets::{self, Seed};
use crate::deps::Deps;
use crate::effect::{Effect, Effects};
use crate::job::{BodyFault, Job, Policy, Work};
use crate::lanes;
use crate::mail::{self, NewLetter, letters};
use crate::problem::Problem;
use crate::write::Write;

/// Letters of one purpose to one account within [`WHILE`]; more requests are taken, and nothing follows.
const LETTERS: u64 = 3;
const WHILE: Duration = Duration::from_secs(3600);

/// What somebody asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Wish {
    /// An account of their own.
    Account,
    /// A new password.
    Password,
}

/// Why a request is not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RequestCode {
    /// It is not an address.
    EmailInvalid,
    /// It is not a name.
    NameInvalid,
    /// People cannot register here by themselves.
    RegistrationClosed,
    /// There were too many requests.
    TooManyAttempts,
}

/// Takes the request for an account, where people may register.
///
/// # Errors
/// When the input is not good, there were too many, or something breaks.
pub async fn register(deps: &Deps, email: &str, name: &str, address: u64) -> Result<(), Problem<RequestCode>> {
    if !deps.site.registration {
        let message = "People cannot register here by themselves. Ask your teacher for an invitation.";
        return Err(Problem::refused(RequestCode::RegistrationClosed, message));
    }
    let name = user::normal_name(name).ok_or_else(|| {
        let message = format!("A name has 1 to {} characters, in one line.", user::NAME_LENGTH);
        Problem::refused_at(RequestCode::NameInvalid, message, &["name"])
    })?;
    take(deps, email, address, Wish::Account, name).await
}

/// Takes the request for a new password.
///
/// # Errors
/// When the input is not good, there were too many, or something breaks.
pub async fn request_password(deps: &Deps, email: &str, address: u64) -> Result<(), Problem<RequestCode>> {
    take(deps, email, address, Wish::Password, String::new()).await
}

async fn take(deps: &Deps, email: &str, address: u64, wish: Wish, name: String) -> Result<(), Problem<RequestCode>> {
    let email = user::normal_email(email).ok_or_else(|| {
        Problem::refused_at(RequestCode::EmailInvalid, "That is not an address such as ada@example.org.", &["email"])
    })?;
    let attempt = Attempt::letter(&email, address);
    if deps.attempts.wait(&attempt, deps.clock.now()).is_some() {
        let message = "There were too many requests. Look among your letters, also the unwanted ones, or try again in some minutes.";
        return Err(Problem::refused(RequestCode::TooManyAttempts, message));
    }
    // Each counts, whatever comes of it.
    deps.attempts.failed(&attempt, deps.clock.now());
    let mut write = Write::begin(deps).await?;
    write.enqueue(Answer { email, name, wish }.new()).await?;
    write.commit().await?;
    Ok(())
}

/// Do what a request asks for, if there is anything to do.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Answer {
    pub email: String,
    pub name: String,
    pub wish: Wish,
}

impl Job for Answer {
    const KIND: &'static str = "identity.answer_request";
    const LANE: &'static str = lanes::MAIL;
    const POLICY: Policy = Policy {
        class: Class::Interactive,
        max_failures: 5,
        backoff: Duration::from_secs(2),
        timeout: Duration::from_secs(30),
        repeat: Repeat::Keep,
    };

    async fn run(self, work: Work) -> Result<Effects, BodyFault> {
        let seed = Seed::new(&work.deps.site.keyring).map_err(|error| BodyFault::Retry(error.to_string()))?;
        Ok(Effects::none().and(Answered { seed, request: self, job: work.job.id }))
    }
}

#[derive(Debug)]
struct Answered {
    seed: Seed,
    request: Answer,
    job: i64,
}

impl Effect for Answered {
    fn apply<'w>(&'w self, write: &'w mut Write) -> BoxFuture<'w, Result<(), DbErr>> {
        Box::pin(async move {
            let known = user::by_email(write.tx(), &self.request.email).await?;
            match (self.request.wish, known) {
                (Wish::Account, None) => {
                    let user = begin(write, &self.request.email, &self.request.name).await?;
                    self.send(write, user, Purpose::Register).await
                }
                (_, Some(user)) if user.disabled_at.is_some() => Ok(()),
                (Wish::Account, Some(user)) if user.verified_at.is_some() => self.tell_owner(write, user.id).await,
                (Wish::Password, Some(user)) if user.verified_at.is_some() => {
                    self.send(write, user.id, Purpose::Reset).await
                }
                (_, Some(user)) => self.send(write, user.id, Purpose::Register).await,
                (Wish::Password, None) => Ok(()),
            }
        })
    }
}

impl Answered {
    async fn send(&self, write: &mut Write, user: i64, purpose: Purpose) -> Result<(), DbErr> {
        let sent = ticket::Entity::find()
            .filter(ticket::Column::UserId.eq(user))
            .filter(ticket::Column::Purpose.eq(purpose))
            .filter(ticket::Column::CreatedAt.gt(lately(write)));
        if sent.count(write.tx()).await? >= LETTERS {
            return Ok(());
        }
        tickets::issue(write, self.seed, user, purpose, None).await
    }

    /// Somebody wanted an account with the address of one that is there: its owner hears so, nobody else.
    async fn tell_owner(&self, write: &mut Write, user: i64) -> Result<(), DbErr> {
        let told = letter::Entity::find()
            .filter(letter::Column::RecipientId.eq(user))
            .filter(letter::Column::Kind.eq(letters::REGISTERED))
            .filter(letter::Column::CreatedAt.gt(lately(write)));
        if told.count(write.tx()).await? >= LETTERS {
            return Ok(());
        }
        let cause = id::encode(Kind::Job, self.job);
        mail::post(write, NewLetter { cause, recipient: user, kind: letters::REGISTERED, course: None, address: None })
            .await
    }
}

/// From when on letters count.
fn lately(write: &Write) -> Timestamp {
    Timestamp(write.now.0 - micros(WHILE))
}

/// An account that nobody can use yet. If somebody else has begun one with that address meanwhile, that one.
pub(super) async fn begin(write: &Write, email: &str, name: &str) -> Result<i64, DbErr> {
    let row = user::ActiveModel {
        email: Set(email.to_owned()),
        name: Set(name.to_owned()),
        admin: Set(false),
        rights_version: Set(0),
        created_at: Set(write.now),
        ..Default::default()
    };
    let first_wins = OnConflict::column(user::Column::Email).do_nothing().to_owned();
    user::Entity::insert(row).on_conflict(first_wins).exec_without_returning(write.tx()).await?;
    let begun = user::by_email(write.tx(), email).await?;
    begun.map(|user| user.id).ok_or(DbErr::RecordNotInserted)
}
