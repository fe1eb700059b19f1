//! A page with a form, the only kind of page that is needed before somebody is signed in. It works without scripts.

use std::sync::LazyLock;

use minijinja::{AutoEscape, Environment};
use poem::Response;
use poem::http::StatusCode;
use poem::http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY};
use serde::Serialize;

/// The page.
const TEMPLATE: &str = include_str!("../../../../web/page/form.html");

static PAGES: LazyLock<Environment<'static>> = LazyLock::new(|| {
    let mut pages = Environment::new();
    pages.set_auto_escape_callback(|_| AutoEscape::Html);
    pages
});

/// What the page may load and where it may go: this site, and nothing else.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src data:; base-uri 'none'; frame-ancestors 'none'; \
     form-action 'self'";

/// What a page shows.
#[derive(Debug, Default, Serialize)]
pub(in crate::http) struct Page {
    pub title: &'static str,
    pub lead: Vec<String>,
    /// Why what was sent was not taken.
    pub problem: Option<String>,
    /// Something to be copied from the page.
    pub shown: Option<String>,
    pub action: &'static str,
    pub fields: Vec<Field>,
    pub button: Vec<Choice>,
    pub links: Vec<Link>,
    /// Where else the same can be done, without the form.
    pub elsewhere: Option<Elsewhere>,
    /// Whether it takes the code of a letter from its address.
    pub takes_code: bool,
    /// Where else the answer of the form may lead: a scheme and a host.
    #[serde(skip)]
    pub leads_to: Option<String>,
}

/// A field of the form.
#[derive(Debug, Default, Serialize)]
pub(in crate::http) struct Field {
    pub name: &'static str,
    pub label: &'static str,
    pub kind: &'static str,
    pub value: String,
    pub autocomplete: &'static str,
    pub hint: &'static str,
    pub optional: bool,
}

/// A button; the first is what the return key does.
#[derive(Debug, Default, Serialize)]
pub(in crate::http) struct Choice {
    pub text: &'static str,
    pub value: &'static str,
}

/// A provider at which people sign in.
#[derive(Debug, Serialize)]
pub(in crate::http) struct Elsewhere {
    pub href: String,
    pub name: String,
}

/// A way on.
#[derive(Debug, Serialize)]
pub(in crate::http) struct Link {
    pub href: String,
    pub text: &'static str,
}

impl Page {
    /// A page that says something, and where to go from there.
    pub fn note(title: &'static str, text: impl Into<String>, href: &str, link: &'static str) -> Self {
        Self { title, lead: vec![text.into()], links: vec![Link::to(href, link)], ..Self::default() }
    }

    /// The same page, with why what was sent was not taken.
    pub fn refused(self, problem: impl Into<String>) -> Response {
        Self { problem: Some(problem.into()), ..self }.answer(StatusCode::UNPROCESSABLE_ENTITY)
    }

    /// The page as an answer that nobody keeps.
    pub fn answer(self, status: StatusCode) -> Response {
        let policy = match &self.leads_to {
            Some(origin) => format!("{POLICY} {origin}"),
            None => POLICY.to_owned(),
        };
        match PAGES.render_str(TEMPLATE, &self) {
            Ok(html) => Response::builder()
                .status(status)
                .content_type("text/html; charset=utf-8")
                .header(CACHE_CONTROL, "no-store")
                .header(CONTENT_SECURITY_POLICY, policy)
                .body(html),
            Err(error) => {
                tracing::error!(error = %error, "a page cannot be written");
                StatusCode::INTERNAL_SERVER_ERROR.into()
            }
        }
    }
}

impl Field {
    pub fn email(value: impl Into<String>) -> Self {
        let (name, label, kind, autocomplete) = ("email", "Address", "email", "username");
        Self { name, label, kind, autocomplete, value: value.into(), ..Self::default() }
    }

    /// The password that somebody has.
    pub fn password() -> Self {
        let (name, label, kind, autocomplete) = ("password", "Password", "password", "current-password");
        Self { name, label, kind, autocomplete, ..Self::default() }
    }

    /// A password to be chosen.
    pub fn new_password() -> Self {
        let hint = "At least 10 characters, and nothing that is guessed early. Several words that have nothing to do with each other are good.";
        Self { label: "New password", autocomplete: "new-password", hint, ..Self::password() }
    }

    /// The code of a letter.
    pub fn code(value: impl Into<String>) -> Self {
        let (name, label, kind, autocomplete) = ("code", "Code from the letter", "text", "off");
        Self { name, label, kind, autocomplete, value: value.into(), ..Self::default() }
    }

    pub fn name(value: impl Into<String>) -> Self {
        let (name, label, kind, autocomplete) = ("name", "Your name, as others see it", "text", "name");
        Self { name, label, kind, autocomplete, value: value.into(), ..Self::default() }
    }

    pub fn hidden(name: &'static str, value: impl Into<String>) -> Self {
        Self { name, kind: "hidden", value: value.into(), ..Self::default() }
    }
}

impl Choice {
    /// The only button.
    pub fn only(text: &'static str) -> Vec<Self> {
        vec![Self { text, value: "" }]
    }
}

impl Link {
    pub fn to(href: impl Into<String>, text: &'static str) -> Self {
        Self { href: href.into(), text }
    }
}
