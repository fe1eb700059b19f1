//! Letters as the schema shows them.

use async_graphql::{Description, Enum, ID, Object};
use entity::id::{self, Kind};
use entity::mail::letter;

use crate::graphql::scalar::DateTime;

/// A mail from the site.
#[derive(Description)]
pub struct Letter(pub letter::Model);

/// Where a letter is on its way.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "letter::LetterState")]
pub enum LetterState {
    /// Will be sent.
    Queued,
    /// Was handed to the mail server.
    Sent,
    /// Could not be sent.
    Failed,
}

#[Object(use_type_description)]
impl Letter {
    /// The global id.
    pub async fn id(&self) -> ID {
        ID(id::encode(Kind::Letter, self.0.id))
    }

    /// What kind of letter: `score`.
    async fn kind(&self) -> &str {
        &self.0.kind
    }

    /// What it is about, as a global id.
    async fn cause(&self) -> ID {
        ID(self.0.about().to_owned())
    }

    /// Where it is on its way.
    async fn state(&self) -> LetterState {
        self.0.state.into()
    }

    /// When it was written.
    async fn created_at(&self) -> DateTime {
        DateTime(self.0.created_at)
    }

    /// When it was sent.
    async fn sent_at(&self) -> Option<DateTime> {
        self.0.sent_at.map(DateTime)
    }
}
