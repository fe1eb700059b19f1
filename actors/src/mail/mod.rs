//! Mail: letters are rows, written in the transaction that made them necessary, and sent by a job of their own.

pub mod deliver;
pub mod digest;
pub mod letters;
pub mod postbox;

use std::time::Duration;

use entity::mail::letter;
pub use entity::mail::letter::NewLetter;
use sea_orm::DbErr;

use crate::job::{Job as _, JobKind};
use crate::write::Write;

/// The kinds of this noun.
pub const KINDS: &[JobKind] = &[JobKind::of::<deliver::Deliver>()];

/// Writes a letter and enqueues its delivery, in the transaction of its cause. The same letter is never written twice.
///
/// # Errors
/// When the database does not answer.
pub async fn post(write: &mut Write, new: NewLetter<'_>) -> Result<(), DbErr> {
    post_later(write, new, Duration::ZERO).await
}

/// The same, with its delivery so much later. What it says is decided then.
async fn post_later(write: &mut Write, new: NewLetter<'_>, delay: Duration) -> Result<(), DbErr> {
    let (now, course) = (write.now, new.course);
    if let Some(letter) = letter::write(write.tx(), new, now).await? {
        let mut job = deliver::Deliver { letter }.new();
        job.course = course;
        job.delay = delay;
        job.subject = Some(entity::id::encode(entity::id::Kind::Letter, letter));
        write.enqueue(job).await?;
    }
    Ok(())
}

/// Whether a text is an address that letters can come from: `Lectern <lectern@example.org>`.
#[must_use]
pub fn is_mailbox(text: &str) -> bool {
    text.parse::<lettre::message::Mailbox>().is_ok()
}
