//! Clients in TypeScript and Python that generators make of the schema.

use std::process::Command;

use tests::cookbook;

use super::kitchen::cook;

/// What the compiler says to a program beside the generated client.
fn compiled(program: &str) -> (bool, String) {
    let made = cookbook::typescript();
    let folder = tempfile::tempdir().expect("a folder");
    for name in ["generated", "node_modules", "package.json", "tsconfig.json"] {
        std::os::unix::fs::symlink(made.join(name), folder.path().join(name)).expect("a link");
    }
    std::fs::write(folder.path().join("program.ts"), program).expect("room for a file");
    let output = cookbook::bin(folder.path(), "tsc", &["--noEmit"]).output().expect("the compiler is there");
    (output.status.success(), String::from_utf8_lossy(&output.stdout).into_owned())
}

#[test]
fn the_compiler_knows_what_is_there_and_what_may_be_null() {
    let program = |access: &str| {
        format!(
            "import type {{ CourseAssignmentsQuery }} from \"./generated/graphql.js\";\n\
             export const title = (data: CourseAssignmentsQuery): string => {access};\n"
        )
    };
    assert_eq!(compiled(&program("data.course?.title ?? \"\"")), (true, String::new()));
    for (access, said) in [
        ("data.course.title", "possibly 'null'"),
        ("data.course?.titel ?? \"\"", "'titel' does not exist"),
        ("data.course?.assignments.nodes[0].title ?? \"\"", "possibly 'undefined'"),
    ] {
        let (well, told) = compiled(&program(access));
        assert!(!well && told.contains(said), "{access}: {told}");
    }
}

#[test]
fn a_typed_client_in_python_asks_and_follows_a_site() {
    cook(|kitchen| async move {
        let packages = cookbook::ariadne();
        let mut generator = Command::new("python3");
        generator.args(["-m", "ariadne_codegen"]).env("PYTHONPATH", &packages).current_dir(kitchen.folder());
        let made = generator.output().expect("python3 is there");
        assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stdout));
        kitchen.run("ada", "hand_in.py", &[&kitchen.assignment().await, "words.py"]).await;
        let said = kitchen.run("toni", "typed.py", &[]).await;
        let year = &entity::clock::Clock::System.now().to_string()[..4];
        assert_eq!(said.lines().collect::<Vec<_>>(), [&*format!("ada {year} 10"), "content.synced"]);
        kitchen.site.end().await;
    });
}
