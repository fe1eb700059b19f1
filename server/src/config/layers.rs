//! The layers of the configuration: variables over the file over defaults. Each value is tried alone before it is taken, so that a
//! mistake in one hides none in the others.

use std::path::Path;

use figment::providers::{Format as _, Serialized, Toml};
use figment::value::Value;
use figment::{Figment, Profile, Provider as _};

use super::variables::{is_known, is_number, meant, ours, typed};
use super::written::Written;

/// The settings as they are written down; what cannot be read of them goes to the list, and has its default.
pub(super) fn read(file: &Path, variables: Vec<(String, String)>, mistakes: &mut Vec<String>) -> Written {
    let mut layers = defaults();
    for (name, value) in of_file(file, mistakes) {
        if fits(&name, &value) {
            layers = layers.merge((name.as_str(), value));
        } else {
            mistakes.push(format!("{name} in {} must be {}", file.display(), kind(&name)));
        }
    }
    for (name, text) in ours(variables, mistakes) {
        let value = typed(&name, &text);
        if fits(&name, &value) {
            layers = layers.merge((name.as_str(), value));
        } else {
            // Only numbers can be wrong here, and none of them is a secret.
            mistakes.push(format!("LECTERN_{} is `{text}`; it must be {}", name.to_uppercase(), kind(&name)));
        }
    }
    layers.extract().unwrap_or_else(|error| {
        mistakes.push(format!("the settings cannot be read together: {}", error.kind));
        Written::default()
    })
}

fn defaults() -> Figment {
    Figment::from(Serialized::defaults(Written::default()))
}

/// Whether this value alone can be read.
fn fits(name: &str, value: &Value) -> bool {
    defaults().merge((name, value.clone())).extract::<Written>().is_ok()
}

fn kind(name: &str) -> &'static str {
    if is_number(name) { "a whole number" } else { "a text in quotes" }
}

/// The settings of the file, if there is one.
fn of_file(file: &Path, mistakes: &mut Vec<String>) -> Vec<(String, Value)> {
    let mut found = Vec::new();
    match Toml::file(file).data() {
        Ok(mut profiles) => {
            for (name, value) in profiles.remove(&Profile::Default).unwrap_or_default() {
                if is_known(&name) {
                    found.push((name, value));
                } else {
                    let meant = meant(&name, str::to_owned);
                    mistakes.push(format!("{name} in {} is not a setting{meant}", file.display()));
                }
            }
        }
        // The line is not shown: it may hold a secret.
        Err(error) => mistakes.push(format!("{} cannot be read: {}", file.display(), reason(&error.to_string()))),
    }
    found
}

/// What the parser says, without the lines that it shows.
fn reason(said: &str) -> String {
    let told = said.lines().filter(|line| !line.contains('|') && !line.trim().is_empty());
    told.map(str::trim).collect::<Vec<_>>().join("; ")
}
