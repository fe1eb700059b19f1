//! `schema.graphql` is what the code says, says something about everything, and keeps its conventions and promises.

mod conventions;
mod eslint;
mod graph;
mod release;
mod rules;

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
