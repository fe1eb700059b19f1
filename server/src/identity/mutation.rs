//! What people and those who run the site do about accounts and the ways into them.

pub mod account;
pub mod privacy;
pub mod programs;
pub mod sessions;
pub mod sign_in;
pub mod users;

use async_graphql::MergedObject;

/// Everything of this noun that changes something.
#[derive(MergedObject, Default)]
pub struct IdentityMutation(
    sign_in::SignInMutation,
    account::AccountMutation,
    sessions::SessionMutation,
    users::UserMutation,
    privacy::PrivacyMutation,
    programs::ProgramMutation,
);
