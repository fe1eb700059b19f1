//! Identity: signing in, knowing who asks, and the accounts.

pub mod authenticate;
pub mod create_user;
pub mod enroll;
pub mod keyring;
pub mod password;
pub mod prune_sessions;
pub mod sign_in;
pub mod sign_out;

use crate::job::JobKind;

/// The kinds of this noun.
pub const KINDS: &[JobKind] = &[JobKind::of::<prune_sessions::PruneSessions>()];
