//! The documents of the page that comes with Lectern: all that its scripts ask is in its manifest, so that it works as well where
//! nothing but trusted documents is executed.

use std::collections::BTreeMap;
use std::path::Path;

use server::graphql::documents::digest;

const SCRIPTS: [&str; 3] = [
    include_str!("../../../web/page/api.js"),
    include_str!("../../../web/page/app.js"),
    include_str!("../../../web/page/work.js"),
];
/// How a document begins in a script: with its kind, or as a shorthand that is asked where it stands.
const OPENINGS: [(&str, &str); 4] = [("", "query "), ("", "mutation "), ("", "subscription "), ("ask(", "{ ")];
/// Set to anything, the manifest is written instead of compared.
const REWRITE: &str = "LECTERN_REWRITE_DOCUMENTS";

#[test]
fn its_manifest_holds_what_its_scripts_ask() {
    let documents: BTreeMap<String, String> = SCRIPTS
        .iter()
        .flat_map(|script| documents(script))
        .map(|document| (format!("sha256:{}", digest(&document)), document))
        .collect();
    assert!(documents.len() > 10, "{documents:#?}");
    let now = serde_json::to_string_pretty(&documents).expect("JSON") + "\n";
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../web/page/documents.json");
    if std::env::var_os(REWRITE).is_some() {
        std::fs::write(&path, now).expect("the file can be written");
        return;
    }
    let before = std::fs::read_to_string(&path).expect("the manifest");
    assert!(before == now, "web/page/documents.json is not up to date; write it anew with {REWRITE}=1");
}

/// The texts in a script that are documents.
fn documents(script: &str) -> Vec<String> {
    let mut found = Vec::new();
    for quote in ['\'', '`'] {
        for (before, first) in OPENINGS {
            for (at, _) in script.match_indices(&format!("{before}{quote}{first}")) {
                found.push(filled(script, literal(&script[at + before.len()..])));
            }
        }
    }
    found
}

/// What stands in the quotes that begin here.
fn literal(text: &str) -> &str {
    let quote = text.chars().next().expect("a quote");
    let (inside, _) = text[1..].split_once(quote).expect("the quotes end");
    assert!(!inside.contains('\\'), "what is escaped here is something else there: {inside}");
    inside
}

/// A template with its constants.
fn filled(script: &str, template: &str) -> String {
    let Some((before, rest)) = template.split_once("${") else { return template.to_owned() };
    let (name, after) = rest.split_once('}').expect("a name");
    let (_, constant) = script.split_once(&format!("const {name} = ")).expect("a constant of the same script");
    format!("{before}{}{}", literal(constant), filled(script, after))
}
