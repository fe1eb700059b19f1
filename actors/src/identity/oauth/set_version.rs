//! Saying which version of a client is out: those that look overwrite themselves with it.

use entity::identity::audit::Action;
use entity::identity::oauth::version;
use entity::viewer::ViewerScope;
use serde_json::json;

use crate::deps::Deps;
use crate::identity::audit::{entry, note};
use crate::problem::Problem;
use crate::write::Write;

/// The longest name or version, and the longest link, in bytes.
const WORD: usize = 64;
const LINK: usize = 2_000;

/// A version that is out.
#[derive(Clone, Debug)]
pub struct NewVersion {
    pub name: String,
    pub current_version: String,
    pub download_link: String,
}

/// Why nothing is said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SetVersionCode {
    NotAllowed,
    Invalid,
}

/// Says it. For who runs the site.
///
/// # Errors
/// When the viewer may not, the input is not good, or something breaks.
pub async fn set_version(deps: &Deps, viewer: &ViewerScope, new: NewVersion) -> Result<(), Problem<SetVersionCode>> {
    if !viewer.may_administer() {
        return Err(Problem::refused(SetVersionCode::NotAllowed, "Only who runs the site may do that."));
    }
    let word = |text: &str| (1..=WORD).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic());
    let link = new.download_link.len() <= LINK && new.download_link.bytes().all(|byte| byte.is_ascii_graphic());
    let scheme = ["https://", "http://"].iter().any(|scheme| new.download_link.starts_with(scheme));
    if !word(&new.name) || !word(&new.current_version) || !link || !scheme {
        let message = "A version has a name, a word such as v1.18.1, and a link to where it is.";
        return Err(Problem::refused(SetVersionCode::Invalid, message));
    }
    let write = Write::begin(deps).await?;
    let details = json!({ "client": new.name, "version": new.current_version, "link": new.download_link });
    let row = version::Model {
        name: new.name,
        current_version: new.current_version,
        download_link: new.download_link,
        updated_at: write.now,
    };
    version::set(write.tx(), row).await?;
    note(&write, entry(viewer, Action::ProgramChanged, None, details)).await?;
    write.commit().await?;
    Ok(())
}
