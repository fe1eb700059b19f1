//! The letters, one file each with its texts in a folder beside it. Which facts a letter states is decided when it is written.

mod account;
mod extension;
mod extension_requests;
mod group;
mod score;
mod test_broken;

use entity::identity::ticket::Purpose;
use entity::identity::user;
use entity::mail::letter;
use minijinja::{Environment, UndefinedBehavior, Value};

use crate::deps::Deps;
use crate::job::BodyFault;

/// The letter that tells a student what a submission is worth.
pub const SCORE: &str = score::KIND;
/// The letter about a group, to whom it concerns.
pub const GROUP: &str = group::KIND;
/// The letter about more time, to the student.
pub const EXTENSION: &str = extension::KIND;
/// The letter that tells staff who asks for more time.
pub const EXTENSION_REQUESTS: &str = extension_requests::KIND;
/// The letter that tells staff that a test of an assignment is broken.
pub const TEST_BROKEN: &str = test_broken::KIND;
pub use test_broken::broken_version;
/// The letter to the owner of an address with which somebody wanted an account that is there already.
pub const REGISTERED: &str = "registered";
/// The letter about another password.
pub const PASSWORD_CHANGED: &str = "password_changed";
/// The letter about another address, to the one before.
pub const ADDRESS_CHANGED: &str = "address_changed";
/// The letter about another way in: a provider at which its owner signs in.
pub const IDENTITY_CONNECTED: &str = "identity_connected";

/// The letter that carries a ticket.
#[must_use]
pub fn of_ticket(purpose: Purpose) -> &'static str {
    account::of_ticket(purpose)
}

/// What a letter says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Words {
    pub subject: String,
    pub text: String,
    /// Whether there is a code in it: then its copy here is sealed, and forgotten once it is sent.
    pub secret: bool,
    /// Whether it names its recipient. One that answers a stranger does not: the name is the stranger's word.
    pub named: bool,
}

/// Writes the letter; none when there is nothing to say any more, or its recipient may not see what it is about by now: whoever has
/// left a group or the staff since.
///
/// # Errors
/// When what it is about is gone, or its kind is not known.
pub async fn compose(deps: &Deps, letter: &letter::Model, recipient: &user::Model) -> Result<Option<Words>, BodyFault> {
    if let Some(words) = account::compose(deps, letter, recipient).await? {
        return Ok(Some(words));
    }
    match letter.kind.as_str() {
        score::KIND => score::compose(deps, letter, recipient).await,
        group::KIND => group::compose(deps, letter, recipient).await,
        extension::KIND => extension::compose(deps, letter, recipient).await,
        extension_requests::KIND => extension_requests::compose(deps, letter, recipient).await,
        test_broken::KIND => test_broken::compose(deps, letter, recipient).await,
        other => Err(BodyFault::GiveUp(format!("there is no letter of the kind {other}"))),
    }
}

/// Fills in the texts of a letter. A fact that is missing is an error, not a gap.
fn fill(subject: &str, text: &str, facts: &Value) -> Result<Words, BodyFault> {
    let mut texts = Environment::new();
    texts.set_undefined_behavior(UndefinedBehavior::Strict);
    let fill = |template: &str| texts.render_str(template, facts).map_err(|error| BodyFault::GiveUp(error.to_string()));
    Ok(Words { subject: fill(subject)?.trim().to_owned(), text: fill(text)?, secret: false, named: true })
}
