//! The provider at which people sign in: sending them there.

use std::time::Duration;

use actors::identity::external::Terms;
use openidconnect::core::CoreAuthenticationFlow;
use openidconnect::{
    ClientId, ClientSecret, CsrfToken, IssuerUrl, Nonce, PkceCodeChallenge, PkceCodeVerifier, RedirectUrl, Scope,
};
use poem::Response;
use poem::http::StatusCode;

use super::discovery::{Discovery, Unreachable};
use super::exchange::client;
use super::journey::Journey;
use super::not_signed_in;
use crate::config::{Config, Secret};
use crate::http_client::{Bounds, Client};

/// How long the provider may take, and how much of its answer is read.
const ASKED: Bounds = Bounds { deadline: Duration::from_secs(10), longest: 1 << 20 };
/// Where it sends people back to.
const CALLBACK: &str = "/login/oidc/callback";

/// A provider of sign-ins.
#[derive(Debug)]
pub struct Provider {
    /// How people know it.
    pub(in crate::http) name: String,
    pub(super) terms: Terms,
    pub(super) client_id: ClientId,
    pub(super) client_secret: Option<Secret>,
    pub(super) redirect: RedirectUrl,
    pub(super) discovery: Discovery,
}

impl Provider {
    /// The one that the configuration names.
    ///
    /// # Errors
    /// When an address is none, or there is no TLS.
    pub fn of(config: &Config) -> Result<Option<Self>, Unreachable> {
        let Some(oidc) = &config.oidc else { return Ok(None) };
        let unusable = |error: &dyn std::fmt::Display| Unreachable(error.to_string());
        let issuer = IssuerUrl::new(oidc.issuer.clone()).map_err(|error| unusable(&error))?;
        let redirect =
            RedirectUrl::new(format!("{}{CALLBACK}", config.public_url)).map_err(|error| unusable(&error))?;
        let client = Client::new(ASKED).map_err(|error| unusable(&error))?;
        Ok(Some(Self {
            name: oidc.name.clone(),
            terms: Terms { makes_accounts: oidc.makes_accounts, believes_addresses: oidc.believes_addresses },
            client_id: ClientId::new(oidc.client_id.clone()),
            client_secret: oidc.client_secret.clone(),
            redirect,
            discovery: Discovery::of(issuer, client),
        }))
    }

    /// By which address it is known.
    pub(super) fn issuer(&self) -> &str {
        self.discovery.issuer()
    }

    /// Whether it answers and is who it should be.
    ///
    /// # Errors
    /// When not, with the cause.
    pub async fn probe(&self) -> Result<(), Unreachable> {
        self.discovery.metadata().await.map(drop)
    }

    pub(super) fn secret(&self) -> Option<ClientSecret> {
        self.client_secret.as_ref().map(|secret| ClientSecret::new(secret.reveal().to_owned()))
    }

    /// The address at which it is asked who somebody is, and what must be known when it answers.
    pub(super) async fn ask(&self, next: &str) -> Result<(String, Journey), Unreachable> {
        let metadata = self.discovery.metadata().await?;
        let (challenge, verifier) = PkceCodeChallenge::new_random_sha256();
        let (address, state, nonce) = client(self, &metadata)
            .authorize_url(CoreAuthenticationFlow::AuthorizationCode, CsrfToken::new_random, Nonce::new_random)
            .add_scope(Scope::new("email".to_owned()))
            .add_scope(Scope::new("profile".to_owned()))
            .set_pkce_challenge(challenge)
            .url();
        let journey = Journey {
            state: state.into_secret(),
            nonce: nonce.secret().clone(),
            verifier: PkceCodeVerifier::into_secret(verifier),
            next: next.to_owned(),
        };
        Ok((address.into(), journey))
    }
}

impl Unreachable {
    /// The page that says so; the log has the cause.
    pub(super) fn page(&self, provider: &Provider) -> Response {
        tracing::warn!(error = %self, "the provider of sign-ins does not answer as it should");
        let text = format!(
            "{} does not answer as it should. Try again in a minute, or sign in with your password here.",
            provider.name
        );
        not_signed_in(text).answer(StatusCode::SERVICE_UNAVAILABLE)
    }
}
