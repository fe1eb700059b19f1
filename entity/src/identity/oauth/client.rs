//! A program that may ask people to be let in (RFC 6749). One is built in: the `ok` client, which is known everywhere by the same name.

use sea_orm::{
    ActiveModelBehavior, ColumnTrait, ConnectionTrait, DbErr, DeriveEntityModel, DerivePrimaryKey, DeriveRelation,
    EntityTrait, EnumIter, PrimaryKeyTrait, QueryFilter,
};

use crate::clock::Timestamp;
use crate::viewer::ViewerScope;
use crate::visible::{Arm, Viewable, arms};

#[derive(Clone, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "oauth_client")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: i64,
    /// The name by which it asks: its `client_id`.
    #[sea_orm(unique)]
    pub key: String,
    /// How people know it.
    pub name: String,
    /// Where answers may go, as a JSON list.
    pub redirects: String,
    /// The SHA-256 of its secret; none for a program that cannot keep one, because people have it on their machines.
    pub secret_digest: Option<Vec<u8>>,
    /// What it may ask for at most.
    pub scopes: String,
    pub created_at: Timestamp,
}

impl std::fmt::Debug for Model {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("OAuthClient").field("key", &self.key).finish_non_exhaustive()
    }
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

crate::row!(Model, {
    id: Id,
    key: Key,
    name: Name,
    redirects: Redirects,
    secret_digest: SecretDigest,
    scopes: Scopes,
    created_at: CreatedAt,
});

/// For who sees everything.
impl Viewable for Entity {
    fn arms(scope: &ViewerScope) -> Vec<Arm> {
        arms(scope, [])
    }
}

/// The name of the `ok` client.
pub const OK: &str = "ok-client";
/// Where an answer goes that is shown on a page, for its reader to copy.
pub const SHOWN: &str = "urn:ietf:wg:oauth:2.0:oob";
/// Where an answer goes that a program on the person's own machine waits for, at whatever port there is room (RFC 8252 §7.3).
pub const LOOPBACK: &str = "http://127.0.0.1/";

impl Model {
    /// The `ok` client. Its secret is published with it, so it has none; it cannot prove by PKCE that it is the one who asked; and it
    /// keeps the refresh token that it got first.
    #[must_use]
    pub fn ok() -> Self {
        Self {
            id: 0,
            key: OK.to_owned(),
            name: "The ok client".to_owned(),
            redirects: serde_json::json!([LOOPBACK, SHOWN]).to_string(),
            secret_digest: None,
            scopes: "all".to_owned(),
            created_at: Timestamp(0),
        }
    }

    /// Whether it must prove with each code that it is the one who asked for it (RFC 7636).
    #[must_use]
    pub fn needs_proof(&self) -> bool {
        self.secret_digest.is_none() && self.key != OK
    }

    /// Whether each refresh brings it another refresh token.
    #[must_use]
    pub fn rotates(&self) -> bool {
        self.key != OK
    }

    /// Whether an answer may go there: to an address that is registered, letter for letter; to any port of this machine if one of those is.
    #[must_use]
    pub fn may_answer_at(&self, redirect: &str) -> bool {
        let registered: Vec<String> = serde_json::from_str(&self.redirects).unwrap_or_default();
        registered.iter().any(|known| known == redirect || known == LOOPBACK && is_loopback(redirect))
    }
}

/// Whether an address is of a listener on the person's own machine.
fn is_loopback(redirect: &str) -> bool {
    let Some(rest) = redirect.strip_prefix("http://") else { return false };
    let (authority, path) = rest.split_once('/').unwrap_or((rest, ""));
    let (host, port) = match authority.strip_prefix("[::1]") {
        Some(port) => ("[::1]", port.strip_prefix(':').unwrap_or(port)),
        None => authority.split_once(':').unwrap_or((authority, "")),
    };
    let plain = |text: &str| text.bytes().all(|byte| byte.is_ascii_graphic() && !b"#\\\"<>`{}".contains(&byte));
    matches!(host, "127.0.0.1" | "localhost" | "[::1]")
        && (port.is_empty() || port.parse::<u16>().is_ok())
        && plain(path)
}

/// The program of that name.
///
/// # Errors
/// When the database does not answer.
pub async fn find(db: &impl ConnectionTrait, key: &str) -> Result<Option<Model>, DbErr> {
    if key == OK {
        return Ok(Some(Model::ok()));
    }
    Entity::find().filter(Column::Key.eq(key)).one(db).await
}

#[cfg(test)]
mod tests {
    use super::{Model, SHOWN};

    #[test]
    fn answers_go_to_no_stranger() {
        let ok = Model::ok();
        for good in [
            "http://127.0.0.1:6165/",
            "http://localhost:49152/",
            "http://127.0.0.1/",
            "http://[::1]:6165/callback?x=1",
            SHOWN,
            "http://127.0.0.1:6165",
        ] {
            assert!(ok.may_answer_at(good), "{good}");
        }
        for bad in [
            "https://127.0.0.1:6165/",
            "http://127.0.0.1.evil.example/",
            "http://127.0.0.1@evil.example/",
            "http://evil.example/",
            "http://127.0.0.1:99999/",
            "http://127.0.0.1:80@evil.example/",
            "http://localhost.evil.example/",
            "",
            "javascript:alert(1)",
            "http://127.0.0.1:6165/#x",
            "http://127.0.0.1:6165/\r\nx: y",
            "//127.0.0.1/",
            "http://127.0.0.1\\@evil.example/",
            "urn:ietf:wg:oauth:2.0:oob:auto",
        ] {
            assert!(!ok.may_answer_at(bad), "{bad}");
        }
        let web = Model { redirects: r#"["https://app.example/back"]"#.to_owned(), ..Model::ok() };
        assert!(web.may_answer_at("https://app.example/back"));
        for bad in [
            "https://app.example/back/",
            "https://app.example/back?x",
            "https://app.example/",
            "http://127.0.0.1:1/",
            SHOWN,
        ] {
            assert!(!web.may_answer_at(bad), "{bad}");
        }
    }
}
