//! The job that delivers a letter.
//!
//! The first attempt writes the finished message (with its Message-ID and Date) to the letter's row before it sends, and every
//! repeat sends those bytes. So a letter that goes out twice, because a process died in between, is one mail for the reader's
//! program. This is the one write that a body makes before its effects: what leaves the house must be on record first.

use std::time::Duration;

use entity::clock::Timestamp;
use entity::id::{self, Kind};
use entity::identity::user;
use entity::job::Model as Job;
use entity::job::lease;
use entity::job::queue::{Class, Repeat};
use entity::mail::letter::{self, LetterState};
use futures_util::future::BoxFuture;
use lettre::message::Mailbox;
use lettre::message::header::ContentType;
use lettre::{Address, Message};
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, DbErr, EntityTrait, QueryFilter};
use serde::{Deserialize, Serialize};

use super::letters::{self, Words};
use super::postbox::{Send, SendError};
use crate::deps::Deps;
use crate::effect::{Effect, Effects};
use crate::job::{BodyFault, Policy, Work};
use crate::lanes;
use crate::write::Write;

/// Deliver the letter with this key.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Deliver {
    pub letter: i64,
}

impl crate::job::Job for Deliver {
    const KIND: &'static str = "mail.deliver";
    const LANE: &'static str = lanes::MAIL;
    const POLICY: Policy = Policy {
        class: Class::Interactive,
        max_failures: 12,
        backoff: Duration::from_secs(5),
        timeout: Duration::from_secs(60),
        repeat: Repeat::Keep,
    };

    async fn run(self, work: Work) -> Result<Effects, BodyFault> {
        let deps = &work.deps;
        let letter = letter::Entity::find_by_id(self.letter).one(deps.db.read()).await?;
        let letter = letter.ok_or_else(|| BodyFault::GiveUp("there is no such letter".into()))?;
        let recipient = user::Entity::find_by_id(letter.recipient_id).one(deps.db.read()).await?;
        let recipient = recipient.ok_or_else(|| BodyFault::GiveUp("its recipient is gone".into()))?;
        let message = match letter.message.clone() {
            Some(message) => message,
            None => match finish(&work, &letter, &recipient).await? {
                Some(message) => message,
                None => return Ok(Effects::none().and(Unsaid { letter: letter.id })),
            },
        };
        let message = opened(deps, &letter, message)?;
        let send = Send {
            name: id::encode(Kind::Letter, letter.id),
            from: sender(deps)?.email,
            to: address(&letter, &recipient)?,
            message,
        };
        match deps.postbox.ask_within(send, Duration::from_secs(50)).await? {
            Ok(()) => Ok(Effects::none().and(Mark { letter: letter.id, state: LetterState::Sent })),
            Err(SendError::Later(reason)) => Err(BodyFault::Retry(reason)),
            Err(SendError::Never(reason)) => Err(BodyFault::GiveUp(reason)),
        }
    }

    fn given_up(self, _: &Job, _: &str) -> Effects {
        Effects::none().and(Mark { letter: self.letter, state: LetterState::Failed })
    }

    fn cancelled(self, _: &Job) -> Effects {
        Effects::none().and(Mark { letter: self.letter, state: LetterState::Failed })
    }

    fn retried(self, _: &Job) -> Effects {
        Effects::none().and(Mark { letter: self.letter, state: LetterState::Queued })
    }
}

fn sender(deps: &Deps) -> Result<Mailbox, BodyFault> {
    deps.site
        .mail_from
        .parse()
        .map_err(|error| BodyFault::GiveUp(format!("the sender's address cannot be used: {error}")))
}

fn address(letter: &letter::Model, recipient: &user::Model) -> Result<Address, BodyFault> {
    let address = letter.address.as_ref().unwrap_or(&recipient.email);
    address.parse().map_err(|error| BodyFault::GiveUp(format!("the recipient's address cannot be used: {error}")))
}

/// Makes the final bytes and puts them on record, under the lease. If somebody else was first, theirs are the final ones. None when there is
/// nothing to say any more.
async fn finish(work: &Work, letter: &letter::Model, recipient: &user::Model) -> Result<Option<Vec<u8>>, BodyFault> {
    let Some(words) = letters::compose(&work.deps, letter, recipient).await? else { return Ok(None) };
    let secret = words.secret;
    let mut bytes = compose(&work.deps, letter, recipient, words)?;
    if secret {
        let sealed = work.deps.site.keyring.seal(&name(letter), bytes);
        bytes = [SEALED.as_bytes(), &sealed.map_err(|error| BodyFault::Retry(error.to_string()))?].concat();
    }
    let write = Write::begin(&work.deps).await?;
    let held = (work.job.id, work.job.lease_token.unwrap_or_default());
    if !lease::held(write.tx(), &[held]).await?.contains(&held) {
        return Err(BodyFault::Release("its lease is lost".into()));
    }
    letter::Entity::update_many()
        .col_expr(letter::Column::Message, Expr::value(bytes))
        .filter(letter::Column::Id.eq(letter.id))
        .filter(letter::Column::Message.is_null())
        .exec(write.tx())
        .await?;
    let kept = letter::Entity::find_by_id(letter.id).one(write.tx()).await?;
    write.commit().await?;
    let message = kept.and_then(|letter| letter.message);
    message.map(Some).ok_or_else(|| BodyFault::Retry("its message was not kept".into()))
}

fn compose(deps: &Deps, letter: &letter::Model, recipient: &user::Model, words: Words) -> Result<Vec<u8>, BodyFault> {
    let from = sender(deps)?;
    let message_id = format!("<{}@{}>", id::encode(Kind::Letter, letter.id), from.email.domain());
    let date: Timestamp = deps.clock.now();
    let message = Message::builder()
        .message_id(Some(message_id))
        .date(date.to_utc().unwrap_or_default().into())
        .from(from)
        .to(Mailbox::new(words.named.then(|| recipient.name.clone()), address(letter, recipient)?))
        .subject(words.subject)
        .header(ContentType::TEXT_PLAIN)
        .body(words.text);
    message
        .map(|message| message.formatted())
        .map_err(|error| BodyFault::GiveUp(format!("it cannot be written: {error}")))
}

/// How the copy of a letter begins that is sealed. No message begins so.
const SEALED: &str = "sealed\0";

fn name(letter: &letter::Model) -> String {
    id::encode(Kind::Letter, letter.id)
}

/// The message as it is sent.
fn opened(deps: &Deps, letter: &letter::Model, kept: Vec<u8>) -> Result<Vec<u8>, BodyFault> {
    let Some(sealed) = kept.strip_prefix(SEALED.as_bytes()) else { return Ok(kept) };
    let open = deps.site.keyring.unseal(&name(letter), sealed);
    open.ok_or_else(|| BodyFault::GiveUp("its copy cannot be opened with the keys of this site".into()))
}

/// A letter that had nothing to say: there never was one.
#[derive(Debug)]
struct Unsaid {
    letter: i64,
}

impl Effect for Unsaid {
    fn apply<'w>(&'w self, write: &'w mut Write) -> BoxFuture<'w, Result<(), DbErr>> {
        Box::pin(async move {
            let unsaid = letter::Entity::delete_many()
                .filter(letter::Column::Id.eq(self.letter))
                .filter(letter::Column::Message.is_null());
            unsaid.exec(write.tx()).await.map(drop)
        })
    }
}

/// Where a letter is on its way.
#[derive(Debug)]
struct Mark {
    letter: i64,
    state: LetterState,
}

impl Effect for Mark {
    fn apply<'w>(&'w self, write: &'w mut Write) -> BoxFuture<'w, Result<(), DbErr>> {
        Box::pin(async move {
            let sent_at = (self.state == LetterState::Sent).then_some(write.now);
            if sent_at.is_some() {
                // What had a code in it is not kept any longer.
                letter::Entity::update_many()
                    .col_expr(letter::Column::Message, Expr::value(None::<Vec<u8>>))
                    .filter(letter::Column::Id.eq(self.letter))
                    .filter(letter::Column::Cause.starts_with(Kind::Ticket.prefix()))
                    .exec(write.tx())
                    .await?;
            }
            letter::Entity::update_many()
                .col_expr(letter::Column::State, Expr::value(self.state))
                .col_expr(letter::Column::SentAt, Expr::value(sent_at))
                .filter(letter::Column::Id.eq(self.letter))
                .exec(write.tx())
                .await
                .map(drop)
        })
    }
}
