//! Programs as the schema shows them.

use async_graphql::{Description, ID, Object};
use entity::id::{self, Kind};
use entity::identity::oauth::client;
use entity::identity::scope::Scopes;

use super::session::TokenScope;
use crate::graphql::scalar::DateTime;

/// A program that may ask people to be let in by OAuth 2.
#[derive(Description)]
pub struct Program(pub client::Model);

#[Object(use_type_description)]
impl Program {
    /// The global id.
    pub async fn id(&self) -> ID {
        ID(id::encode(Kind::Program, self.0.id))
    }

    /// The name by which it asks, its `client_id`.
    async fn client_id(&self) -> &str {
        &self.0.key
    }

    /// How people know it.
    async fn name(&self) -> &str {
        &self.0.name
    }

    /// Where answers may go; at most 10.
    async fn redirects(&self) -> Vec<String> {
        serde_json::from_str(&self.0.redirects).unwrap_or_default()
    }

    /// What it may ask for at most; at most 7.
    async fn scopes(&self) -> Vec<TokenScope> {
        Scopes::parse(&self.0.scopes).iter().flat_map(Scopes::iter).map(TokenScope::from).collect()
    }

    /// Whether it keeps a secret.
    async fn is_confidential(&self) -> bool {
        self.0.secret_digest.is_some()
    }

    /// When it was registered.
    async fn created_at(&self) -> DateTime {
        DateTime(self.0.created_at)
    }
}
