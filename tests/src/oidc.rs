//! Providers of sign-ins: a real one (the `oidc-provider` package, in node), and one that lies.

use std::net::SocketAddr;

use hyper::StatusCode;
use serde_json::{Value, json};
use server::config::{Oidc, Secret};
use tokio::process::Command;

use crate::browser::Browser;
use crate::child::Talker;
use crate::graphql_ws::program;

/// What the site and its provider both know.
const SECRET: &str = "a secret of the stories";

/// A provider. It ends when this is dropped, and with this process.
#[derive(Debug)]
pub struct Provider {
    talker: Talker,
    pub address: SocketAddr,
}

/// What a real one is made of.
#[derive(Clone, Debug)]
pub struct Makeup {
    /// What it says of whom: claims by subject.
    pub people: Value,
    /// How it signs.
    pub alg: &'static str,
    /// How the secret is shown to it.
    pub method: &'static str,
    /// Whether addresses stand in the token already.
    pub in_token: bool,
}

impl Makeup {
    #[must_use]
    pub fn of(people: Value) -> Self {
        Self { people, alg: "RS256", method: "client_secret_basic", in_token: false }
    }
}

impl Provider {
    /// A real one.
    pub async fn start(makeup: Makeup) -> Self {
        let mut provider = Self::run("provider.mjs").await;
        let Makeup { people, alg, method, in_token } = makeup;
        let redirect = "http://lectern.example/login/oidc/callback";
        provider
            .tell(json!({
                "people": people, "alg": alg, "method": method, "inToken": in_token, "secret": SECRET, "redirect": redirect,
            }))
            .await;
        provider
    }

    /// One that lies.
    pub async fn liar() -> Self {
        Self::run("liar.mjs").await
    }

    async fn run(name: &str) -> Self {
        let mut talker = Talker::start(Command::new("node").arg(program(name).await));
        let said = talker.hear().await.expect("the provider starts");
        let port = said["port"].as_u64().and_then(|port| u16::try_from(port).ok()).expect("it says its port first");
        Self { talker, address: SocketAddr::from(([127, 0, 0, 1], port)) }
    }

    /// Tells it something, and waits until it has done so.
    pub async fn tell(&mut self, line: Value) {
        self.talker.say(&line).await;
        self.talker.hear().await.expect("it goes on");
    }

    /// The settings of a site that believes it.
    #[must_use]
    pub fn settings(&self) -> Oidc {
        Oidc {
            issuer: format!("http://{}", self.address),
            client_id: "lectern".to_owned(),
            client_secret: Some(Secret::new(SECRET)),
            name: "the school".to_owned(),
            makes_accounts: false,
            believes_addresses: false,
        }
    }

    /// Signs in at the real one as that subject, from the address to which the site has sent; where on the site that leads.
    pub async fn sign_in(&self, sent_to: &str, subject: &str) -> String {
        let mut browser = Browser::at(self.address);
        let mut page = browser.get(&self.place(sent_to)).await;
        loop {
            assert_eq!(page.status, StatusCode::SEE_OTHER, "{}", page.text());
            let Some(place) = self.own(page.header("location")) else { return on_site(page.header("location")) };
            page = browser.get(&place).await;
            if page.status == StatusCode::OK {
                let login = page.text().contains("name=\"login\"");
                let fields: &[_] = if login {
                    &[("prompt", "login"), ("login", subject), ("password", "any")]
                } else {
                    &[("prompt", "consent")]
                };
                page = browser.post(&place, fields).await;
            }
        }
    }

    /// Turns back at the real one; where on the site that leads.
    pub async fn turn_back(&self, sent_to: &str) -> String {
        let mut browser = Browser::at(self.address);
        let mut page = browser.get(&self.place(sent_to)).await;
        let interaction = self.own(page.header("location")).expect("it asks who that is");
        page = browser.get(&format!("{interaction}/abort")).await;
        while let Some(place) = self.own(page.header("location")) {
            page = browser.get(&place).await;
        }
        on_site(page.header("location"))
    }

    /// What the one that lies sends back at once; where on the site that leads.
    pub async fn answer(&self, sent_to: &str) -> String {
        let page = Browser::at(self.address).get(&self.place(sent_to)).await;
        on_site(page.header("location"))
    }

    fn place(&self, location: &str) -> String {
        self.own(location).unwrap_or_else(|| panic!("{location} is not at the provider"))
    }

    fn own(&self, location: &str) -> Option<String> {
        let place = location.strip_prefix(&format!("http://{}", self.address)).unwrap_or(location);
        place.starts_with('/').then(|| place.to_owned())
    }
}

/// A place of the site of the stories.
fn on_site(location: &str) -> String {
    location
        .strip_prefix("http://lectern.example")
        .unwrap_or_else(|| panic!("{location} is not at the site"))
        .to_owned()
}
