//! `/oauth/authorize`: a program asks, and the person whose browser shows the page decides.

use actors::identity::authenticate::Identified;
use actors::identity::oauth::OAuthCode;
use actors::identity::oauth::authorize::{Asked, Unasked, Wanted, allow, look};
use actors::problem::Problem;
use entity::identity::oauth::client::SHOWN;
use entity::identity::scope::Scope;
use entity::identity::user;
use entity::visible::Viewable as _;
use poem::http::StatusCode;
use poem::{Request, Response, handler};
use serde::{Deserialize, Serialize};

use super::super::account::form::{Choice, Field, Link, Page};
use super::super::account::guard::{Sent, broken, go_to, shared};
use crate::http::{Shared, account};

/// The parameters of a request, and what was decided.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Parameters {
    #[serde(skip_serializing_if = "String::is_empty")]
    client_id: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    redirect_uri: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    response_type: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    scope: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    state: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    code_challenge: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    code_challenge_method: String,
    /// The address that the person said already.
    #[serde(skip_serializing)]
    login_hint: String,
    #[serde(skip_serializing)]
    choice: String,
}

impl Parameters {
    fn wanted(&self) -> Wanted {
        Wanted {
            client_id: self.client_id.clone(),
            redirect_uri: self.redirect_uri.clone(),
            response_type: self.response_type.clone(),
            scope: self.scope.clone(),
            code_challenge: self.code_challenge.clone(),
            code_challenge_method: self.code_challenge_method.clone(),
        }
    }

    /// This place with these parameters, to come back to.
    fn place(&self) -> String {
        format!("/oauth/authorize?{}", serde_urlencoded::to_string(self).unwrap_or_default())
    }

    fn fields(&self) -> Vec<Field> {
        let fields = [
            ("client_id", &self.client_id),
            ("redirect_uri", &self.redirect_uri),
            ("response_type", &self.response_type),
            ("scope", &self.scope),
            ("state", &self.state),
            ("code_challenge", &self.code_challenge),
            ("code_challenge_method", &self.code_challenge_method),
        ];
        let said = fields.into_iter().filter(|(_, value)| !value.is_empty());
        said.map(|(name, value)| Field::hidden(name, value)).collect()
    }
}

/// Asks the person.
#[handler]
pub async fn show(request: &Request) -> Response {
    let asked: Parameters = match request.params() {
        Ok(asked) => asked,
        Err(_) => return stranger("The request has a parameter twice, or one that cannot be read."),
    };
    let shared = match shared(request) {
        Ok(shared) => shared,
        Err(status) => return status.into(),
    };
    let looked = match look(&shared.deps, &asked.wanted()).await {
        Ok(looked) => looked,
        Err(fault) => return broken(fault),
    };
    let wanted = match looked {
        Ok(wanted) => wanted,
        Err(unasked) => return refuse(&asked, unasked),
    };
    match account::signed_in(request, &shared).await {
        Ok(Some(who)) => match question(&shared, &asked, &wanted, &who).await {
            Ok(page) => page.answer(StatusCode::OK),
            Err(fault) => broken(fault.into()),
        },
        Ok(None) => {
            let pairs = [("next", asked.place()), ("email", asked.login_hint.clone())];
            go_to(&format!("/login?{}", serde_urlencoded::to_string(pairs).unwrap_or_default()))
        }
        Err(fault) => broken(fault),
    }
}

async fn question(
    shared: &Shared,
    asked: &Parameters,
    wanted: &Asked,
    who: &Identified,
) -> Result<Page, sea_orm::DbErr> {
    let own = who.scope.user().unwrap_or_default();
    let person = user::Entity::visible(&who.scope).by_key(shared.deps.db.read(), own).await?;
    let (name, email) = person.map(|person| (person.name, person.email)).unwrap_or_default();
    let may: Vec<&str> = wanted.scopes.iter().map(means).collect();
    let lead = vec![
        format!("You are {name} ({email})."),
        format!(
            "{} wants to act for you here: {}. It will not see your password, and you can end this at any time.",
            wanted.client.name,
            may.join("; ")
        ),
    ];
    Ok(Page {
        title: "Let a program in?",
        lead,
        action: "/oauth/authorize",
        fields: asked.fields(),
        button: vec![Choice { text: "Let it in", value: "allow" }, Choice { text: "Do not", value: "deny" }],
        links: vec![Link::to(
            format!("/login?{}", serde_urlencoded::to_string([("next", asked.place())]).unwrap_or_default()),
            "I am somebody else",
        )],
        leads_to: origin(&wanted.redirect),
        ..Page::default()
    })
}

/// What a scope means to the person who is asked.
fn means(scope: Scope) -> &'static str {
    match scope {
        Scope::Email => "know your name, your address and your courses",
        Scope::Read => "see what you see",
        Scope::Submit => "work and hand in as you",
        Scope::Grade => "review work as you",
        Scope::Content => "synchronise content as you",
        Scope::Roster => "change rosters as you",
        Scope::Admin => "run the site as you",
        Scope::All => "do what you may do, but for changing your account",
    }
}

/// Does what was decided.
#[handler]
pub async fn decide(request: &Request, sent: Sent<Parameters>) -> Response {
    let Sent { shared, form: asked, .. } = sent;
    let looked = match look(&shared.deps, &asked.wanted()).await {
        Ok(looked) => looked,
        Err(fault) => return broken(fault),
    };
    let wanted = match looked {
        Ok(wanted) => wanted,
        Err(unasked) => return refuse(&asked, unasked),
    };
    let who = match account::signed_in(request, &shared).await {
        Ok(Some(who)) => who,
        Ok(None) => {
            return go_to(&format!(
                "/login?{}",
                serde_urlencoded::to_string([("next", asked.place())]).unwrap_or_default()
            ));
        }
        Err(fault) => return broken(fault),
    };
    if asked.choice != "allow" {
        let denied = Unasked::Told(OAuthCode::AccessDenied, "The person did not let it in.".to_owned());
        return refuse(&asked, denied);
    }
    match allow(&shared.deps, &who.scope, &wanted).await {
        Ok(code) if wanted.redirect == SHOWN => shown(&code),
        Ok(code) => answer(&asked, &[("code", &code)]),
        Err(Problem::Refused(refused)) => refuse(&asked, Unasked::Told(refused.code, refused.message)),
        Err(Problem::Fault(fault)) => broken(fault),
    }
}

/// The code, for its reader to copy.
fn shown(code: &str) -> Response {
    Page {
        title: "Copy this code",
        lead: vec!["Paste it where the program asks for it. It is good for five minutes, and once.".to_owned()],
        shown: Some(code.to_owned()),
        ..Page::default()
    }
    .answer(StatusCode::OK)
}

fn refuse(asked: &Parameters, unasked: Unasked) -> Response {
    match unasked {
        Unasked::Stranger(message) => stranger(&message),
        Unasked::Told(code, message) if asked.redirect_uri == SHOWN => {
            Page::note("The program was not let in", message, "/", "Go on").answer(status(code))
        }
        Unasked::Told(code, message) => answer(asked, &[("error", code.word()), ("error_description", &message)]),
    }
}

fn status(code: OAuthCode) -> StatusCode {
    if code == OAuthCode::AccessDenied { StatusCode::OK } else { StatusCode::BAD_REQUEST }
}

/// Told to the person, and to nobody else: an answer would go to a stranger.
fn stranger(message: &str) -> Response {
    let text = format!("{message} Nothing was done. If a program sent you here, tell those who made it.");
    Page::note("This request is not in order", text, "/", "Go on").answer(StatusCode::BAD_REQUEST)
}

/// Sends the browser back to the program, with an answer.
fn answer(asked: &Parameters, pairs: &[(&str, &str)]) -> Response {
    let mut pairs = pairs.to_vec();
    if !asked.state.is_empty() {
        pairs.push(("state", &asked.state));
    }
    let query = serde_urlencoded::to_string(pairs).unwrap_or_default();
    let joint = if asked.redirect_uri.contains('?') { '&' } else { '?' };
    go_to(&format!("{}{joint}{query}", asked.redirect_uri))
}

/// The scheme and host of an address, for the page's policy.
fn origin(redirect: &str) -> Option<String> {
    let (scheme, rest) = redirect.split_once("://")?;
    Some(format!("{scheme}://{}", rest.split(['/', '?']).next()?))
}
