//! Having a provider's code, and asking it who that is: the code is exchanged for an ID token, whose signature and claims are verified
//! (OpenID Connect Core §3.1.3.7), and what that does not say is asked at the provider's address for it.

use actors::identity::external::Told;
use chrono::{DateTime, TimeDelta, Utc};
use entity::clock::Timestamp;
use openidconnect::core::{
    CoreClient, CoreClientAuthMethod, CoreIdToken, CoreIdTokenClaims, CoreJwsSigningAlgorithm, CoreProviderMetadata,
    CoreUserInfoClaims,
};
use openidconnect::{
    AccessToken, AuthType, AuthorizationCode, ClaimsVerificationError, EndpointMaybeSet, EndpointNotSet, EndpointSet,
    Nonce, OAuth2TokenResponse as _, PkceCodeVerifier, RequestTokenError, SignatureVerificationError,
    TokenResponse as _,
};

use super::discovery::{Unreachable, with_causes};
use super::journey::Journey;
use super::provider::Provider;

/// By how much the clocks of two machines may differ, in minutes.
const SKEW: i64 = 1;

/// Only signatures that the provider alone can make: neither none, nor one with a secret that both know.
const SIGNATURES: [CoreJwsSigningAlgorithm; 9] = [
    CoreJwsSigningAlgorithm::RsaSsaPkcs1V15Sha256,
    CoreJwsSigningAlgorithm::RsaSsaPkcs1V15Sha384,
    CoreJwsSigningAlgorithm::RsaSsaPkcs1V15Sha512,
    CoreJwsSigningAlgorithm::RsaSsaPssSha256,
    CoreJwsSigningAlgorithm::RsaSsaPssSha384,
    CoreJwsSigningAlgorithm::RsaSsaPssSha512,
    CoreJwsSigningAlgorithm::EcdsaP256Sha256,
    CoreJwsSigningAlgorithm::EcdsaP384Sha384,
    CoreJwsSigningAlgorithm::EdDsa,
];

/// A client that knows where to send people, and perhaps where to ask.
pub(super) type Asking =
    CoreClient<EndpointSet, EndpointNotSet, EndpointNotSet, EndpointNotSet, EndpointMaybeSet, EndpointMaybeSet>;

/// Why nobody is known.
#[derive(Debug)]
pub(super) enum Unknown {
    /// The provider does not answer as it should.
    Unreachable(Unreachable),
    /// It does not take the code: it is used, or too old.
    Code,
    /// What it says is not verified. The text is for the log.
    Unverified(String),
}

/// The provider as a client of it sees it.
pub(super) fn client(provider: &Provider, metadata: &CoreProviderMetadata) -> Asking {
    let client = CoreClient::from_provider_metadata(metadata.clone(), provider.client_id.clone(), provider.secret())
        .set_redirect_uri(provider.redirect.clone());
    // The usual way to show the secret is a header; not all take it.
    let ways = metadata.token_endpoint_auth_methods_supported();
    let header = ways.is_none_or(|ways| ways.is_empty() || ways.contains(&CoreClientAuthMethod::ClientSecretBasic));
    client.set_auth_type(if header { AuthType::BasicAuth } else { AuthType::RequestBody })
}

impl Provider {
    /// Who has come back with that code.
    pub(super) async fn who(&self, code: String, journey: &Journey, now: Timestamp) -> Result<Told, Unknown> {
        let metadata = self.discovery.metadata().await.map_err(Unknown::Unreachable)?;
        let asking = client(self, &metadata);
        let request = asking.exchange_code(AuthorizationCode::new(code)).map_err(|error| unreachable(&error))?;
        let verifier = PkceCodeVerifier::new(journey.verifier.clone());
        let answer = request.set_pkce_verifier(verifier).request_async(self.discovery.line()).await.map_err(
            |error| match error {
                RequestTokenError::ServerResponse(refused) if refused.error().to_string() == "invalid_grant" => {
                    Unknown::Code
                }
                other => unreachable(&other),
            },
        )?;
        let token = answer.id_token().ok_or_else(|| Unknown::Unverified("there is no ID token".to_owned()))?;
        let claims = self.verify(&asking, token, journey, now).await?;
        if claims.email().is_some() && claims.email_verified().is_some() && claims.name().is_some() {
            return Ok(told(&claims, None));
        }
        let more = self.user_info(&asking, answer.access_token().clone(), &claims).await?;
        Ok(told(&claims, more.as_ref()))
    }

    /// What the token says, if it is the provider's, for us, for this sign-in, and not over.
    async fn verify(
        &self,
        asking: &Asking,
        token: &CoreIdToken,
        journey: &Journey,
        now: Timestamp,
    ) -> Result<CoreIdTokenClaims, Unknown> {
        let unverified = |error: ClaimsVerificationError| Unknown::Unverified(with_causes(&error));
        match claims(asking, token, journey, now) {
            Err(ClaimsVerificationError::SignatureVerification(SignatureVerificationError::NoMatchingKey)) => {
                // It signs with another key since then.
                let metadata = self.discovery.anew().await.map_err(Unknown::Unreachable)?;
                claims(&client(self, &metadata), token, journey, now).map_err(unverified)
            }
            verified => verified.map_err(unverified),
        }
    }

    /// What the provider says where it is asked about somebody, if it can be asked.
    async fn user_info(
        &self,
        asking: &Asking,
        token: AccessToken,
        claims: &CoreIdTokenClaims,
    ) -> Result<Option<CoreUserInfoClaims>, Unknown> {
        let Ok(request) = asking.user_info(token, Some(claims.subject().clone())) else { return Ok(None) };
        request.request_async(self.discovery.line()).await.map(Some).map_err(|error| unreachable(&error))
    }
}

fn claims(
    asking: &Asking,
    token: &CoreIdToken,
    journey: &Journey,
    now: Timestamp,
) -> Result<CoreIdTokenClaims, ClaimsVerificationError> {
    // A time that is none ends whatever has an end.
    let now = now.to_utc().unwrap_or(DateTime::<Utc>::MAX_UTC);
    let verifier =
        asking.id_token_verifier().set_allowed_algs(SIGNATURES).set_time_fn(move || now - TimeDelta::minutes(SKEW));
    token.claims(&verifier, &Nonce::new(journey.nonce.clone())).cloned()
}

fn told(claims: &CoreIdTokenClaims, more: Option<&CoreUserInfoClaims>) -> Told {
    // The address and what is said of it come from the same place.
    let (email, verified) = match more.filter(|more| more.email().is_some()) {
        Some(more) => (more.email(), more.email_verified()),
        None => (claims.email(), claims.email_verified()),
    };
    let name = claims.name().or_else(|| more.and_then(CoreUserInfoClaims::name));
    let name = name.and_then(|name| name.get(None).or_else(|| name.iter().next().map(|(_, name)| name)));
    Told {
        issuer: claims.issuer().to_string(),
        subject: claims.subject().to_string(),
        email: email.map(|email| email.to_string()),
        email_verified: verified,
        name: name.map(|name| name.to_string()),
    }
}

fn unreachable(error: &dyn std::error::Error) -> Unknown {
    Unknown::Unreachable(Unreachable(with_causes(error)))
}
