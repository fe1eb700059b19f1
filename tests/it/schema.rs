//! `schema.graphql` is what the code says, says something about everything, and keeps its conventions and promises.

mod conventions;
mod eslint;
mod graph;
mod release;
mod rules;

use serde_json::Value;

const FILE: &str = include_str!("../../schema.graphql");

#[test]
fn the_file_is_what_the_code_says() {
    let printed = server::graphql::sdl();
    let line = FILE.lines().zip(printed.lines()).position(|(file, code)| file != code);
    assert!(
        FILE == printed,
        "schema.graphql is not up to date (line {line:?}); run: ./target/debug/lectern schema > schema.graphql"
    );
}

const EVERYTHING: &str = "{ __schema { types { name description \
     fields(includeDeprecated: true) { name description args { name description } } \
     enumValues(includeDeprecated: true) { name description } inputFields { name description } } } }";

#[tokio::test]
async fn everything_is_described() {
    let answer = server::graphql::schema().execute(EVERYTHING).await;
    let answer = serde_json::to_value(&answer.data).expect("JSON");
    let mut silent = Vec::new();
    for kind in list(&answer["__schema"]["types"]).filter(|kind| !name(kind).starts_with("__")) {
        // The library that makes connections, and the one that has `ID`, leave no place for a description of the type.
        if !name(kind).ends_with("Connection") && name(kind) != "ID" {
            note(&mut silent, &[], kind);
        }
        for field in list(&kind["fields"]) {
            note(&mut silent, &[kind], field);
            list(&field["args"]).for_each(|argument| note(&mut silent, &[kind, field], argument));
        }
        for part in list(&kind["enumValues"]).chain(list(&kind["inputFields"])) {
            note(&mut silent, &[kind], part);
        }
    }
    assert!(silent.is_empty(), "without a description: {silent:#?}");
}

fn list(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}

fn name(value: &Value) -> &str {
    value["name"].as_str().unwrap_or_default()
}

fn note(silent: &mut Vec<String>, path: &[&Value], value: &Value) {
    if value["description"].as_str().is_none_or(|text| text.trim().is_empty()) {
        silent.push(path.iter().copied().chain([value]).map(name).collect::<Vec<_>>().join("."));
    }
}
