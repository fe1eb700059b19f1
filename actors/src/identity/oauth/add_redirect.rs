//! Letting answers to a registered program go to one more address.

use entity::identity::audit::Action;
use entity::identity::oauth::client::{self, OK};
use entity::viewer::ViewerScope;
use sea_orm::{ActiveModelTrait as _, Set, Unchanged};
use serde_json::json;

use super::register::{MOST_REDIRECTS, is_redirect};
use crate::deps::Deps;
use crate::identity::audit::{entry, note};
use crate::problem::Problem;
use crate::write::Write;

/// Why they do not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AddRedirectCode {
    NotAllowed,
    ProgramUnknown,
    RedirectInvalid,
}

/// Lets them; the program as it is then. For who runs the site, after a sign-in.
///
/// # Errors
/// When the viewer may not, there is no such program, it is no such address, or something breaks.
pub async fn add_redirect(
    deps: &Deps,
    viewer: &ViewerScope,
    key: &str,
    redirect: &str,
) -> Result<client::Model, Problem<AddRedirectCode>> {
    if !viewer.may_administer() || !viewer.is_unlimited() {
        let message = "Only who runs the site may change programs, after a sign-in.";
        return Err(Problem::refused(AddRedirectCode::NotAllowed, message));
    }
    let write = Write::begin(deps).await?;
    let found = client::find(write.tx(), key).await?.filter(|_| key != OK);
    let unknown = || Problem::refused(AddRedirectCode::ProgramUnknown, format!("No program `{key}` can be changed."));
    let client = found.ok_or_else(unknown)?;
    let mut redirects: Vec<String> = serde_json::from_str(&client.redirects).unwrap_or_default();
    if redirects.iter().any(|known| known == redirect) {
        return Ok(client);
    }
    if !is_redirect(redirect) || redirects.len() >= MOST_REDIRECTS {
        let message = format!("Answers go to at most {MOST_REDIRECTS} addresses of https without a `#`.");
        return Err(Problem::refused_at(AddRedirectCode::RedirectInvalid, message, &["url"]));
    }
    redirects.push(redirect.to_owned());
    let row = client::ActiveModel {
        id: Unchanged(client.id),
        redirects: Set(json!(redirects).to_string()),
        ..Default::default()
    };
    let client = row.update(write.tx()).await?;
    note(&write, entry(viewer, Action::ProgramChanged, None, json!({ "client": key, "redirects": redirects }))).await?;
    write.commit().await?;
    Ok(client)
}
