//! The pages around an account, for a browser: to sign in and out, and where letters lead. Each is a form that works without scripts; what
//! they do, GraphQL does as well.

mod act_as;
pub(super) mod form;
pub(super) mod guard;
mod letters;
mod login;

use actors::identity::authenticate::{Identified, by_cookie};
use actors::identity::sign_out;
use actors::problem::{Fault, Problem};
use poem::http::StatusCode;
use poem::{Request, Response, Route, get, handler, post};

use super::{Shared, cookie, cross_site, keys, receipt_keys};

/// Their routes. `registers` is whether people may register by themselves.
pub(super) fn routes(routes: Route, registers: bool) -> Route {
    let routes = routes
        .at("/login", get(login::show).post(login::enter))
        .at("/logout", post(login::leave))
        .at("/account/forgotten", get(letters::show_forgotten).post(letters::send_forgotten))
        .at("/account/welcome", get(letters::show_welcome).post(letters::begin))
        .at("/account/new-password", get(letters::show_new_password).post(letters::change_password))
        .at("/account/act-as", get(act_as::show).post(act_as::begin))
        .at("/account/address", get(letters::show_address).post(letters::change_address))
        .at("/.well-known/jwks.json", get(keys::published))
        .at("/.well-known/receipt-keys.json", get(receipt_keys::published))
        .at("/.well-known/change-password", get(well_known));
    if !registers {
        return routes;
    }
    routes.at("/account/register", get(letters::show_registration).post(letters::send_registration))
}

/// Where programs that keep passwords send their owners to change one.
#[handler]
fn well_known() -> Response {
    Response::builder().status(StatusCode::FOUND).header("location", "/account/forgotten").finish()
}

/// Whose browser this is; none when nobody is signed in with it, or another site has sent the request.
///
/// # Errors
/// When something breaks.
pub(super) async fn signed_in(request: &Request, shared: &Shared) -> Result<Option<Identified>, Fault> {
    let Some(held) = cookie::read(request.headers(), shared) else { return Ok(None) };
    if !cross_site::is_own(request.method(), request.headers(), &shared.deps.site.public_url) {
        return Ok(None);
    }
    match by_cookie(&shared.deps, held).await {
        Ok(who) => Ok(Some(who)),
        Err(Problem::Refused(_)) => Ok(None),
        Err(Problem::Fault(fault)) => Err(fault),
    }
}

/// Ends the session whose cookie a browser holds: with another sign-in it is not needed any more. One that is not good has nothing to end.
pub(super) async fn end_held(request: &Request, shared: &Shared) -> Result<(), Fault> {
    match signed_in(request, shared).await? {
        Some(who) => sign_out::sign_out(&shared.deps, who.scope.user().unwrap_or_default(), who.session).await,
        None => Ok(()),
    }
}
