//! What operations and job bodies may use.

use std::path::PathBuf;
use std::sync::Arc;

use entity::clock::Clock;

use crate::bell::Bell;
use crate::budget::Budgets;
use crate::database::Database;
use crate::execution::workshop::Workshop;
use crate::identity::attempts::Attempts;
use crate::identity::keyring::Keyring;
use crate::jobs::lanes::Sight;
use crate::keeping::Retention;
use crate::kinds::Known;
use crate::line::Line;
use crate::live::Live;
use crate::mail::postbox::Postbox;
use crate::posting::Posting;
use crate::pulse::Pulse;
use crate::sign_ins::SignIns;
use crate::tally::Tally;
use crate::writer::WriterLine;

/// Handles to everything that is shared. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Deps {
    pub db: Database,
    pub clock: Clock,
    pub writer: WriterLine,
    pub bell: Bell,
    pub live: Line<Live>,
    pub postbox: Line<Postbox>,
    pub workshop: Workshop,
    /// Who was signed in a moment ago.
    pub sign_ins: SignIns,
    /// What is looked up for all who hand in at the same time.
    pub posting: Posting,
    /// How often somebody has tried a password that was not right.
    pub attempts: Attempts,
    /// What each viewer may ask of the site in a minute, and has.
    pub budgets: Budgets,
    /// What this process counts.
    pub tally: Tally,
    /// This process as others see it.
    pub pulse: Arc<Pulse>,
    /// How the lanes were a moment ago.
    pub sight: Sight,
    /// The runtime of the process. What uses the database runs on it, never on an actor's thread.
    pub runtime: tokio::runtime::Handle,
    pub site: Arc<Site>,
}

/// What belongs to this site and does not change while the process lives.
#[derive(Debug)]
pub struct Site {
    /// The keys that sign what people carry.
    pub keyring: Keyring,
    /// The kinds of jobs that this process knows.
    pub kinds: Known,
    /// The folder of notebooks.
    pub content: PathBuf,
    /// Where people reach the site, without a slash at the end.
    pub public_url: String,
    /// Whether people may register by themselves.
    pub registration: bool,
    /// The sender of letters.
    pub mail_from: String,
    /// Which life of the site this is; see [`entity::site`].
    pub incarnation: String,
    /// Where the heads of the chains of receipts are written down, day by day.
    pub receipt_heads: PathBuf,
    /// How long finished jobs are kept.
    pub retention: Retention,
}
