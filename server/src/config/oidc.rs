//! `LECTERN_OIDC_…`: the provider at which people sign in, by OpenID Connect.

use super::Secret;
use super::written::Written;

/// The provider, and what it is believed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Oidc {
    /// `LECTERN_OIDC_ISSUER`: its address, below which its metadata lies.
    pub issuer: String,
    /// `LECTERN_OIDC_CLIENT_ID`: how it knows this site.
    pub client_id: String,
    /// `LECTERN_OIDC_CLIENT_SECRET`; none where it gave none.
    pub client_secret: Option<Secret>,
    /// `LECTERN_OIDC_NAME`: how people know it; the host of its address otherwise.
    pub name: String,
    /// `LECTERN_OIDC_ACCOUNTS`: whether whoever it knows gets an account here.
    pub makes_accounts: bool,
    /// `LECTERN_OIDC_ADDRESSES`: whether an address counts of which it does not say whether it has verified it.
    pub believes_addresses: bool,
}

impl Oidc {
    /// What the settings mean; what is wrong with them goes to the list.
    pub(super) fn read(written: &Written, mistakes: &mut Vec<String>) -> Option<Self> {
        let given = |setting: &Option<String>| setting.clone().filter(|text| !text.trim().is_empty());
        let (issuer, client_id) = (given(&written.oidc_issuer), given(&written.oidc_client_id));
        let makes_accounts = one_of("ACCOUNTS", &written.oidc_accounts, ["existing", "new"], mistakes);
        let believes_addresses = one_of("ADDRESSES", &written.oidc_addresses, ["verified", "all"], mistakes);
        let (issuer, client_id) = match (issuer, client_id) {
            (Some(issuer), Some(client_id)) => (issuer, client_id),
            (None, None) => return None,
            _ => {
                mistakes.push(
                    "LECTERN_OIDC_ISSUER and LECTERN_OIDC_CLIENT_ID belong together: the provider's address, and how it knows this site"
                        .to_owned(),
                );
                return None;
            }
        };
        let Some(host) = host(&issuer) else {
            mistakes.push(format!(
                "LECTERN_OIDC_ISSUER is `{issuer}`; it must look like https://login.example.org, without `?` or `#` (http only on this machine)"
            ));
            return None;
        };
        let name = given(&written.oidc_name).unwrap_or(host);
        let client_secret = given(&written.oidc_client_secret).map(Secret);
        Some(Self { issuer, client_id, client_secret, name, makes_accounts, believes_addresses })
    }
}

/// The host of a provider. What it says must come over TLS, or not leave this machine.
fn host(issuer: &str) -> Option<String> {
    let address = issuer.parse::<hyper::Uri>().ok()?;
    let host = address.host()?;
    let here = matches!(host, "localhost" | "127.0.0.1" | "[::1]");
    let safe = address.scheme_str() == Some("https") || address.scheme_str() == Some("http") && here;
    (safe && !issuer.contains(['?', '#', '@'])).then(|| host.to_owned())
}

/// Whether a setting is the second of two words.
fn one_of(name: &str, value: &str, [no, yes]: [&str; 2], mistakes: &mut Vec<String>) -> bool {
    if value != no && value != yes {
        mistakes.push(format!("LECTERN_OIDC_{name} is `{value}`; it must be {no} or {yes}"));
    }
    value == yes
}
