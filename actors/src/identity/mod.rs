//! Identity: accounts, the ways into them, and knowing who asks.
//!
//! An account: `invited | registered → confirmed → disabled ⇄ confirmed`. It becomes its owner's by a [ticket](tickets) that comes by letter;
//! nobody else ever knows its password ([`create_user`] is for the first person of a site, and for programs).
//!
//! | way in | what its bearer shows | kept here | ends |
//! |---|---|---|---|
//! | browser | a cookie, replaced when rights change | its digest | after 14 days, by its owner, with another password |
//! | script | an [access token](access_token) of an hour, and a refresh token that is good once | a digest of the latter | the same, and when a refresh token is shown twice |
//! | application | the same as a script; it was let in by [OAuth](oauth) | the same; the `ok` client's refresh token stays | after 120 days, by its owner or itself |
//! | token | a secret that was shown once | its digest | at the time that was chosen, by its owner |
//!
//! A browser is let in by a password, or by [signing in at a provider](external).
//!
//! All are rows of one table, the session. A request costs one statement to know who asks, at most once a second. Ending a session ends
//! whatever was given for it, with the sockets that it opened.
//!
//! Not here: the pages and cookies themselves, which are a door's.

pub(crate) mod audit;

pub mod access_token;
pub mod attempts;
pub mod authenticate;
pub mod change_email;
pub mod change_password;
pub mod create_token;
pub mod create_user;
pub mod disable_user;
pub mod erase_account;
pub mod export_account;
pub mod external;
pub mod impersonate;
pub mod invite;
pub mod invite_many;
pub mod keyring;
pub mod oauth;
pub mod password;
pub mod prune_sessions;
pub mod redeem;
pub mod renew;
pub mod requests;
pub mod rotate_keys;
pub mod secret;
pub mod sessions;
pub mod set_admin;
pub mod sign_in;
pub mod sign_out;
pub mod tickets;
mod touch;

use crate::job::JobKind;

/// The kinds of this noun.
pub const KINDS: &[JobKind] = &[
    JobKind::of::<invite_many::InviteMany>(),
    JobKind::of::<prune_sessions::PruneSessions>(),
    JobKind::of::<requests::Answer>(),
    JobKind::of::<rotate_keys::RotateKeys>(),
];
