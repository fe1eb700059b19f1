//! Letting programs in without giving them a password: OAuth 2 (RFC 6749, RFC 7636, RFC 8252), with the manners of the `ok` client.
//!
//! `asked → allowed (a code) → exchanged (a session with tokens) → refreshed … → revoked | expired`. The person decides each time that a
//! program asks. A code is good once; shown again, it ends the session that it opened.

pub mod add_redirect;
pub mod authorize;
pub mod exchange;
pub mod register;
pub mod remove;
pub mod revoke;
pub mod set_version;

/// What went wrong, in the words of RFC 6749 §4.1.2.1 and §5.2.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OAuthCode {
    InvalidRequest,
    InvalidClient,
    InvalidGrant,
    UnauthorizedClient,
    UnsupportedGrantType,
    UnsupportedResponseType,
    InvalidScope,
    AccessDenied,
}

impl OAuthCode {
    /// The word for it.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::InvalidRequest => "invalid_request",
            Self::InvalidClient => "invalid_client",
            Self::InvalidGrant => "invalid_grant",
            Self::UnauthorizedClient => "unauthorized_client",
            Self::UnsupportedGrantType => "unsupported_grant_type",
            Self::UnsupportedResponseType => "unsupported_response_type",
            Self::InvalidScope => "invalid_scope",
            Self::AccessDenied => "access_denied",
        }
    }
}
